"""The syntax of control flow, rewritten so that it asks before it goes: what Python would decide, `runtime` decides.

An ``if`` becomes a loop over the sides that must be run, a ``for`` a loop that may take one step only; ``a if c else
b``, ``and``, ``or`` and ``not`` become calls. Where all values are known they do what Python does. Returns inside of
branches are brought to the end first: what follows an ``if`` that returns is its other side.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, TypeVar, cast

FLOW = "__symdiff_flow__"  # the name under which the changed function finds what decides
RESULT = "__symdiff_result__"
_UNTOUCHED = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "isinstance", "type", "len"})
_GOING = ("zip", "enumerate", "reversed")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_CHANGES = frozenset({"append", "extend", "insert", "pop", "update", "setdefault", "remove", "clear"})


def rewritten(tree: ast.FunctionDef | ast.Lambda) -> ast.FunctionDef | ast.Lambda:
    """The tree of a function that does the same, and asks `runtime` at each fork."""
    if isinstance(tree, ast.Lambda):
        return ast.copy_location(ast.Lambda(tree.args, expression(tree.body)), tree)
    body = _Function(tree).body()
    return ast.copy_location(ast.FunctionDef(tree.name, tree.args, body, [], None, None), tree)


class _Function:
    """The statements of one function."""

    def __init__(self, tree: ast.FunctionDef) -> None:
        self.tree = tree
        self.numbers = count(1)
        inside = list(_own(tree.body))
        self.is_plain = any(
            isinstance(n, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await)) for n in inside
        )

    def body(self) -> list[ast.stmt]:
        """The statements, rewritten."""
        if self.is_plain:
            return self.tree.body
        statements = self.tree.body
        if not _returns_within(statements):
            return self.block(statements)
        if not _can_be_moved(statements):
            return self.block(statements)
        at_end = _with_results(_moved(statements))
        last = ast.copy_location(ast.Return(ast.Name(RESULT, ast.Load())), statements[-1])
        first = ast.copy_location(ast.Assign([ast.Name(RESULT, ast.Store())], ast.Constant(None)), statements[0])
        doc = [statements[0]] if ast.get_docstring(self.tree, clean=False) is not None else []
        return self.block([*doc, first, *at_end, last])

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements one after the other."""
        return [new for s in statements for new in self.statement(s)]

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        """What a statement becomes."""
        if isinstance(s, ast.If):
            return self.branch(s)
        if isinstance(s, ast.For):
            return self.loop(s)
        if isinstance(s, ast.FunctionDef):
            defaults = ast.copy_location(
                ast.FunctionDef(s.name, s.args, _Function(s).body(), s.decorator_list, None, None), s
            )
            if "type_params" in ast.FunctionDef._fields:
                defaults.type_params = []  # type: ignore[attr-defined]
            return [defaults]
        if isinstance(s, ast.ClassDef):
            return [s]
        return [cast(ast.stmt, self._parts(s))]

    def _parts(self, node: ast.AST) -> ast.AST:
        """A statement of another kind: its expressions rewritten, and the blocks in it."""
        fields: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                fields[name] = expression(value)
            elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                fields[name] = self.block(value)
            elif isinstance(value, list):
                fields[name] = [
                    self._parts(v)
                    if isinstance(v, ast.AST) and not isinstance(v, ast.expr)
                    else expression(v)
                    if isinstance(v, ast.expr)
                    else v
                    for v in value
                ]
            else:
                fields[name] = value
        return ast.copy_location(type(node)(**fields), node)

    def branch(self, s: ast.If) -> list[ast.stmt]:
        """``for side in if_(test, names): a = enter(…); if side: … else: …; leave(…)``, and ``a = results(…)``."""
        if _leaves_loop([*s.body, *s.orelse]) or _returns_within([s]) or _raises([*s.body, *s.orelse]):
            plain = ast.If(expression(s.test), self.block(s.body), self.block(s.orelse))
            return [ast.copy_location(plain, s)]
        names = _assigned([*s.body, *s.orelse])
        k = next(self.numbers)
        here, side = f"__symdiff_if{k}__", f"__symdiff_side{k}__"
        inner = ast.If(ast.Name(side, ast.Load()), self.block(s.body), self.block(s.orelse))
        new: list[ast.stmt] = [
            _assign(here, _flow("if_", expression(s.test), ast.Constant(cast(Any, tuple(names))))),
            ast.For(
                ast.Name(side, ast.Store()),
                ast.Name(here, ast.Load()),
                [*_take(names, here, "enter", names), inner, _tell(here, "leave", names)],
                [],
            ),
            *_take(names, here, "results", names),
        ]
        return [_placed(statement, s) for statement in new]

    def loop(self, s: ast.For) -> list[ast.stmt]:
        """``for x in for_(…): a, b = enter(…); try: … except: …; leave(…)``, and ``a, b = results(…)``."""
        body = _without_continue(s.body)
        if s.orelse or _leaves_loop(body) or _returns_within(body):
            plain = ast.For(s.target, expression(s.iter), self.block(s.body), self.block(s.orelse))
            return [ast.copy_location(plain, s)]
        names = list(dict.fromkeys([*_names_of(s.target), *_assigned(body)]))
        k = next(self.numbers)
        here, step, error = f"__symdiff_for{k}__", f"__symdiff_step{k}__", f"__symdiff_error{k}__"
        first = ast.Assign([s.target], ast.Name(step, ast.Load()))
        gave_up = ast.If(
            ast.UnaryOp(ast.Not(), _method(here, "gives_up", [ast.Name(error, ast.Load())])),
            [ast.Raise(None, None)],
            [],
        )
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), error, [gave_up])
        inner = ast.Try([_placed(first, s), *self.block(body)], [handler], [], [])
        new: list[ast.stmt] = [
            _assign(here, _flow("for_", self._iterated(s.iter), ast.Constant(cast(Any, tuple(names))))),
            ast.For(
                ast.Name(step, ast.Store()),
                ast.Name(here, ast.Load()),
                [*_take(names, here, "enter", names), inner, _tell(here, "leave", names)],
                [],
            ),
            *_take(names, here, "results", names),
        ]
        return [_placed(statement, s) for statement in new]

    def _iterated(self, node: ast.expr) -> ast.expr:
        """What a loop goes over: ``zip``, ``enumerate`` and ``reversed`` are not begun yet."""
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords
        if not is_call or node.func.id not in _GOING or any(isinstance(a, ast.Starred) for a in node.args):  # type: ignore[attr-defined]
            return expression(node)
        return _flow("going_over", node.func, *map(self._iterated, node.args))  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------- expressions


def expression(node: ast.expr) -> ast.expr:
    """An expression whose forks and calls ask first."""
    if isinstance(node, ast.IfExp):
        new: ast.expr = _flow("chosen", expression(node.test), _later(node.body), _later(node.orelse))
    elif isinstance(node, ast.BoolOp):
        name = "both" if isinstance(node.op, ast.And) else "either"
        new = expression(node.values[-1])
        for value in reversed(node.values[:-1]):
            new = _flow(name, expression(value), _lambda(new))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        new = _flow("negated", expression(node.operand))
    elif isinstance(node, ast.Compare) and len(node.ops) > 1 and all(map(_is_simple, node.comparators[:-1])):
        terms = [node.left, *node.comparators]
        pairs = [ast.Compare(a, [op], [b]) for a, op, b in zip(terms, node.ops, terms[1:], strict=False)]
        return expression(_placed(ast.BoolOp(ast.And(), [_placed(p, node) for p in pairs]), node))
    elif isinstance(node, ast.Lambda):
        new = ast.Lambda(node.args, expression(node.body))
    elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _UNTOUCHED):
        called = ast.copy_location(_flow("called", expression(node.func)), node.func)
        new = ast.Call(called, [expression(a) for a in node.args], [_keyword(k) for k in node.keywords])
    else:
        new = _with_parts(node)
    return _placed(new, node)


def _with_parts(node: ast.AST) -> ast.expr:
    fields = {name: _part(value) for name, value in ast.iter_fields(node)}
    return cast(ast.expr, type(node)(**fields))


def _part(value: object) -> object:
    if isinstance(value, ast.expr):
        return expression(value)
    if isinstance(value, list):
        return [_part(item) for item in value]
    if isinstance(value, (ast.comprehension, ast.keyword, ast.FormattedValue, ast.Slice)):
        return ast.copy_location(_with_parts(value), value) if hasattr(value, "lineno") else _with_parts(value)
    return value


def _keyword(k: ast.keyword) -> ast.keyword:
    return ast.copy_location(ast.keyword(k.arg, expression(k.value)), k)


def _is_simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Constant))


def _later(node: ast.expr) -> ast.expr:
    return _lambda(expression(node))


def _lambda(node: ast.expr) -> ast.expr:
    return _placed(ast.Lambda(ast.arguments([], [], None, [], [], None, []), node), node)


def _flow(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name(FLOW, ast.Load()), name, ast.Load()), list(arguments), [])


def _method(here: str, name: str, arguments: list[ast.expr]) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name(here, ast.Load()), name, ast.Load()), arguments, [])


def _value(name: str) -> ast.expr:
    """The value of a variable that may have none."""
    return _flow("value", ast.Call(ast.Name("locals", ast.Load()), [], []), ast.Constant(name))


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _take(names: Sequence[str], here: str, method: str, given: Sequence[str]) -> list[ast.stmt]:
    """``a, b = here.method(a, b)``."""
    call = _method(here, method, [_value(n) for n in given])
    target = ast.Tuple([ast.Name(n, ast.Store()) for n in names], ast.Store())
    return [ast.Assign([target], call) if names else ast.Expr(call)]


def _tell(here: str, method: str, names: Sequence[str]) -> ast.stmt:
    return ast.Expr(_method(here, method, [_value(n) for n in names]))


Syntax = TypeVar("Syntax", bound=ast.AST)


def _placed(node: Syntax, like: ast.AST) -> Syntax:
    """`node` where `like` stands, as far as its parts have no place of their own."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.expr, ast.stmt, ast.ExceptHandler)) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, like)
    return node


# -------------------------------------------------------------------------------------------------------- statements


def _own(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The syntax of a block, without functions and classes in it."""
    stack = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _assigned(body: Sequence[ast.stmt]) -> list[str]:
    """The variables that a block assigns, and those whose lists or dicts it changes."""
    names: dict[str, None] = {}
    for node in _own(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            if isinstance(node.func.value, ast.Name):
                names[node.func.value.id] = None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            names[node.value.id] = None
    return [name for name in sorted(names) if not name.startswith("__symdiff_")] + ([RESULT] if RESULT in names else [])


def _names_of(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _leaves_loop(body: Sequence[ast.stmt]) -> bool:
    """Whether a block leaves a loop around it, or goes on to its next step."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Break, ast.Continue)):
            return True
        if isinstance(node, (ast.For, ast.While, *_SCOPES)):
            stack.extend(node.orelse if isinstance(node, (ast.For, ast.While)) else [])
            continue
        stack.extend(
            n for n in ast.iter_child_nodes(node) if isinstance(n, (ast.stmt, ast.ExceptHandler, ast.match_case))
        )
    return False


def _raises(body: Sequence[ast.stmt]) -> bool:
    """Whether a block raises an error by itself."""
    return any(isinstance(node, (ast.Raise, ast.Assert)) for node in _own(body))


def _returns_within(body: Sequence[ast.stmt]) -> bool:
    """Whether a block returns from inside of another statement."""
    return any(
        isinstance(node, ast.Return) for s in body if not isinstance(s, (ast.Return, *_SCOPES)) for node in _own([s])
    )


def _can_be_moved(statements: Sequence[ast.stmt]) -> bool:
    """Whether all returns stand in branches, and not in loops or other blocks."""
    for s in statements:
        if isinstance(s, ast.If):
            if not (_can_be_moved(s.body) and _can_be_moved(s.orelse)):
                return False
        elif not isinstance(s, (ast.Return, *_SCOPES)) and _returns_within([s]):
            return False
    return True


def _moved(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """What follows an ``if`` that returns, put into the sides that do not."""
    for k, s in enumerate(statements):
        if isinstance(s, (ast.Return, ast.Raise)):
            return list(statements[: k + 1])
        if isinstance(s, ast.If) and _returns_within([s]):
            rest = list(statements[k + 1 :])
            body, other = _moved([*s.body, *rest]), _moved([*s.orelse, *rest])
            return [*statements[:k], ast.copy_location(ast.If(s.test, body, other), s)]
    return list(statements)


def _with_results(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Returns as assignments, where they stand at the end of all that runs."""
    new: list[ast.stmt] = []
    for s in statements:
        if isinstance(s, ast.Return):
            new.append(_placed(_assign(RESULT, s.value or ast.Constant(None)), s))
        elif isinstance(s, ast.If):
            both = ast.If(s.test, _with_results(s.body), _with_results(s.orelse))
            new.append(ast.copy_location(both, s))
        else:
            new.append(s)
    return new or [ast.Pass()]


def _without_continue(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """What follows an ``if`` that goes on to the next step, put into its other side."""
    for k, s in enumerate(body):
        if isinstance(s, ast.Continue):
            return list(body[:k]) or [ast.copy_location(ast.Pass(), s)]
        if isinstance(s, ast.If) and _leaves_loop([s]):
            rest = list(body[k + 1 :])
            yes, no = _without_continue([*s.body, *rest]), _without_continue([*s.orelse, *rest])
            return [*body[:k], ast.copy_location(ast.If(s.test, yes, no), s)]
    return list(body)
