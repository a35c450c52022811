"""The syntax of control flow, rewritten so that it asks before it goes: what Python would decide, `runtime` decides.

An ``if`` becomes a loop over the sides that must be run, a ``for`` a loop that may take one step only; ``a if c else
b``, ``and``, ``or`` and ``not`` become calls. Where all values are known they do what Python does. Returns inside of
branches are brought to the end first: what follows an ``if`` that returns is its other side.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from itertools import count
from typing import Any, cast

from symdiff.frontends.named import binds_later
from symdiff.frontends.plainer import LEAVING, Plainer, leaves, over, own, placed
from symdiff.frontends.tracing.attempts import OUR_ERROR
from symdiff.frontends.tracing.flow.assigned import (
    CARRIED,
    CHANGES,
    assigned_in,
    base_of,
    bound_elsewhere,
    bound_in,
    names_of,
)
from symdiff.frontends.tracing.flow.chains import Link, links_of
from symdiff.frontends.tracing.flow.comprehensions import as_list, parts_of
from symdiff.frontends.tracing.flow.conditions import over_conditions
from symdiff.frontends.tracing.flow.failing import divisions_asked, handled, is_arithmetic, is_followed, looks_at_error
from symdiff.frontends.tracing.following import FLOW

_UNTOUCHED = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "isinstance"})
_GOING = ("zip", "enumerate", "reversed", "range")


def rewritten(
    tree: ast.FunctionDef | ast.Lambda, *, handlers: bool = True, divisions: bool = False
) -> ast.FunctionDef | ast.Lambda:
    """The tree of a function that does the same, and asks `runtime` at each fork.

    Args:
        tree: of the function.
        handlers: whether handlers are followed for errors that depend on values, which takes more blocks.
        divisions: whether what calls the function handles divisions by zero.
    """
    if divisions:
        tree = copy.deepcopy(tree)
        divisions_asked([tree.body] if isinstance(tree, ast.Lambda) else tree.body, _flow)
    if isinstance(tree, ast.Lambda):
        return ast.copy_location(ast.Lambda(tree.args, expression(tree.body)), tree)
    body = _Function(tree, handlers=handlers).body()
    return ast.copy_location(ast.FunctionDef(tree.name, tree.args, body, [], None, None), tree)


class _Function:
    """The statements of one function."""

    def __init__(self, tree: ast.FunctionDef, *, handlers: bool) -> None:
        self.tree = tree
        self.handlers = handlers
        self.numbers = count(1)
        a = tree.args
        given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]
        bound = {n.id for n in own(tree.body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.given = {x.arg for x in given}
        self.bound = bound | bound_in(tree.body)
        self.local = self.given | self.bound
        self.elsewhere = {x for n in own(tree.body) if isinstance(n, (ast.Nonlocal, ast.Global)) for x in n.names}
        self.taken = bound_elsewhere(tree.body)
        self.made = self.bound - self.given - self.taken - self.elsewhere
        self.is_plain = any(isinstance(n, (ast.Global, ast.Yield, ast.YieldFrom, ast.Await)) for n in own(tree.body))

    def body(self) -> list[ast.stmt]:
        """The statements, rewritten."""
        statements = copy.deepcopy(self.tree.body)  # the tree is kept
        for node in list(own(statements)):
            self._mark(node)
        fewer = Plainer().function(statements)
        if self.is_plain or binds_later(fewer):
            return [*self._rebinding(), *statements]
        return [*self._rebinding(), *self.block(fewer)]

    def _rebinding(self) -> list[ast.stmt]:
        """Asks whether the variables of other functions may be bound anew, by a function that does so."""
        bound = sorted(self.elsewhere & self.bound)
        reader = _lambda(ast.Tuple([ast.Name(name, ast.Load()) for name in bound], ast.Load()))
        asked = ast.Expr(_flow("rebinding", reader, ast.Constant(cast(Any, tuple(bound)))))
        declared = [s for s in self.tree.body if isinstance(s, (ast.Nonlocal, ast.Global))]
        return [*declared, placed(asked, self.tree.body[0])] if bound else []

    def _mark(self, node: ast.AST) -> None:
        """What is changed asks before: but for what the function has made itself, others may know it."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            place: Any = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            place = node
        else:
            return
        name = base_of(place.value)
        is_made = name in self.made
        is_own = not isinstance(node, ast.Attribute) and name in self.given and name not in self.taken
        asked = _flow("changed", place.value, ast.Constant(is_own), ast.Constant(is_made))
        place.value = placed(asked, place.value)

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements one after the other."""
        return [new for s in statements for new in self.statement(s)]

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        """What a statement becomes."""
        if isinstance(s, ast.If):
            return self.branch(s)
        if isinstance(s, (ast.For, ast.While)) and not hasattr(s, "is_plain"):
            return self.loop(s)
        if isinstance(s, ast.FunctionDef):
            defaults = ast.copy_location(
                ast.FunctionDef(
                    s.name, s.args, _Function(s, handlers=self.handlers).body(), s.decorator_list, None, None
                ),
                s,
            )
            if "type_params" in ast.FunctionDef._fields:
                defaults.type_params = []  # type: ignore[attr-defined]
            return [defaults]
        if isinstance(s, ast.ClassDef):
            return [s]
        if isinstance(s, ast.Try) and s.handlers and not hasattr(s, "is_again"):
            return self.tried(s)
        return [cast(ast.stmt, self._parts(s))]

    def tried(self, s: ast.Try) -> list[ast.stmt]:
        """``with handling(…): …``, and behind it the handlers once more, for what may have been raised in it."""
        arithmetic = is_arithmetic(s.handlers)
        if arithmetic:
            divisions_asked(s.body, _flow)
        here = f"__symdiff_here{next(self.numbers)}__"
        follows = self.handlers and is_followed(s)
        asked = [ast.Constant(arithmetic), ast.Constant(follows), ast.Constant(any(map(looks_at_error, s.handlers)))]
        caught = [h.type or ast.Name("BaseException", ast.Load()) for h in s.handlers]
        made = _assign(here, _flow("handling", *asked, _lambda(ast.Tuple(caught, ast.Load()))))
        s = handled(s, here) if follows else s
        inside = ast.With([ast.withitem(ast.Name(here, ast.Load()))], self.block(s.body))
        fields = {name: self.block(getattr(s, name)) for name in ("orelse", "finalbody")}
        handlers = [cast(ast.ExceptHandler, self._parts(h)) for h in s.handlers]
        new = ast.Try([placed(inside, s)], handlers, fields["orelse"], fields["finalbody"])
        return [placed(made, s), placed(new, s)]

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
        new = type(node)(**fields)
        if isinstance(new, ast.Raise) and new.exc is not None:
            new.exc = placed(_flow("raising", new.exc), node)
        return ast.copy_location(new, node)

    def branch(self, s: ast.If) -> list[ast.stmt]:
        """``for side in if_(test, names): a = enter(…); try: … except: …; leave(…)``, and ``a = results(…)``."""
        if leaves([*s.body, *s.orelse], *LEAVING):
            plain = ast.If(expression(s.test), self.block(s.body), self.block(s.orelse))
            return [ast.copy_location(plain, s)]
        names = self._changed([*s.body, *s.orelse])
        side = f"__symdiff_side{next(self.numbers)}__"
        links, last = links_of(s)
        if len(links) > 1:
            return self._chain(s, names, side, links, last)
        inner = ast.If(ast.Name(side, ast.Load()), self.block(s.body), self.block(s.orelse))
        made = _flow("if_", ast.Constant(cast(Any, tuple(names))), expression(s.test))
        return self._attempts(s, made, side, names, [inner])

    def _chain(
        self, s: ast.If, names: list[str], step: str, links: Sequence[Link], last: Sequence[ast.stmt]
    ) -> list[ast.stmt]:
        """``if … elif … else`` as one loop, whose steps ask for a condition or run a side: Python nests few blocks."""
        here = f"__symdiff_here{next(self.numbers)}__"
        first, *others = links
        steps = [self.block(first.body)]
        for link in others:
            asked = placed(ast.Expr(_method(here, "ask", [expression(link.test)])), link.test)
            steps += [[*self.block(link.before), asked], self.block(link.body)]
        steps.append(self.block(last))
        taken = [
            placed(ast.If(ast.Compare(ast.Name(step, ast.Load()), [ast.Eq()], [ast.Constant(k)]), body, []), s)
            for k, body in enumerate(steps)
            if body
        ]
        made = _flow("chain", ast.Constant(cast(Any, tuple(names))), expression(first.test))
        return self._attempts(s, made, step, names, cast(list[ast.stmt], taken), here)

    def loop(self, s: ast.For | ast.While) -> list[ast.stmt]:
        """``for x in for_(…): a, b = enter(…); try: … except: …; leave(…)``, and ``a, b = results(…)``."""
        if s.orelse or leaves(s.body, *LEAVING):
            if isinstance(s, ast.For):
                plain: ast.stmt = ast.For(s.target, expression(s.iter), self.block(s.body), self.block(s.orelse))
            else:
                plain = ast.While(expression(s.test), self.block(s.body), self.block(s.orelse))
            return [ast.copy_location(plain, s)]
        flag, step = over(s), f"__symdiff_step{next(self.numbers)}__"
        goes: ast.expr = ast.UnaryOp(ast.Not(), ast.Name(flag, ast.Load())) if flag else ast.Constant(True)
        names, body = self._changed(s.body), self.block(s.body)
        bound = bound_in(s.body)
        if isinstance(s, ast.For):
            names = list(dict.fromkeys([*names_of(s.target), *names]))
            bound |= set(names_of(s.target))
            body = [placed(ast.Assign([s.target], ast.Name(step, ast.Load())), s), *body]
            given = [_iterated(s.iter), *([_lambda(expression(placed(goes, s)))] if flag else [])]
            made = _flow("for_", *_listed(names, bound), *given)
        else:
            test = ast.BoolOp(ast.And(), [goes, s.test]) if flag else s.test
            made = _flow("while_", *_listed(names, bound), _lambda(expression(placed(test, s))))
        here = f"__symdiff_here{next(self.numbers)}__"
        head = s.iter if isinstance(s, ast.For) else s.test
        asked = placed(ast.If(placed(_method(here, "goes", []), head), body, []), head)
        return self._attempts(s, made, step, names, [asked], here)

    def _changed(self, body: Sequence[ast.stmt]) -> list[str]:
        """The variables that a block changes; what it changes of other functions is noted when it does."""
        return list(filter(self._is_own, assigned_in(body)))

    def _is_own(self, name: str) -> bool:
        return name in self.local or name.startswith(CARRIED)

    def _attempts(
        self,
        s: ast.If | ast.For | ast.While,
        made: ast.expr,
        item: str,
        names: Sequence[str],
        body: list[ast.stmt],
        here: str = "",
    ) -> list[ast.stmt]:
        """The block that is run as often as it takes, by what `made` makes."""
        k = next(self.numbers)
        here, error = here or f"__symdiff_here{k}__", f"{OUR_ERROR}{k}__"
        gave_up = ast.If(
            ast.UnaryOp(ast.Not(), _method(here, "gives_up", [ast.Name(error, ast.Load())])),
            [ast.Raise(None, None)],
            [ast.Continue()],
        )
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), error, [gave_up])
        tried = ast.Try([placed(b, s) for b in body], [handler], [], [])
        new: list[ast.stmt] = [
            _assign(here, made),
            ast.For(
                ast.Name(item, ast.Store()),
                ast.Name(here, ast.Load()),
                [*_take(names, here, "enter", names), tried, _tell(here, "leave", names)],
                [],
            ),
            *_take(names, here, "results", names),
        ]
        head = s.iter if isinstance(s, ast.For) else s.test  # an error, or a note, names the first line
        return [placed(statement, head) for statement in new]


# ------------------------------------------------------------------------------------------------------- expressions


def _iterated(node: ast.expr) -> ast.expr:
    """What a loop goes over: ``zip``, ``enumerate`` and ``reversed`` are not begun yet."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _GOING:
        return expression(node)
    by_name = {k.arg: k.value for k in node.keywords}
    numbered = node.func.id == "enumerate" and len(node.args) == 1 and set(by_name) == {"start"}
    checked = node.func.id == "zip" and set(by_name) == {"strict"}
    if (by_name and not numbered and not checked) or any(isinstance(a, ast.Starred) for a in node.args):
        return expression(node)
    if checked:
        return _flow("going_over", node.func, *map(_iterated, node.args), strict=expression(by_name["strict"]))
    return _flow("going_over", node.func, *map(_iterated, [*node.args, *by_name.values()]))


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
        return expression(placed(ast.BoolOp(ast.And(), [placed(p, node) for p in pairs]), node))
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        new = _flow("among", expression(node.left), expression(node.comparators[0]))
        new = _flow("negated", new) if isinstance(node.ops[0], ast.NotIn) else new
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        new = _flow("is_same", expression(node.left), expression(node.comparators[0]))
        new = _flow("negated", new) if isinstance(node.ops[0], ast.IsNot) else new
    elif isinstance(node, ast.JoinedStr):
        new = _flow("joined", *map(_piece, node.values))
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _may_be_computed(node.slice):
        new = _flow("item", expression(node.value), expression(node.slice))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        new = _flow("percent", node.left, expression(node.right))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_text(node.func.value):
        new = _flow("of_text", node.func.value, ast.Constant(node.func.attr))
        new = ast.Call(new, [expression(a) for a in node.args], [_keyword(k) for k in node.keywords])
    elif isinstance(node, ast.Lambda):
        new = ast.Lambda(node.args, expression(node.body))
    elif (summed := over_conditions(node)) is not None:
        plain = _flow("is_of_python", summed.func)
        new = ast.IfExp(plain, expression(summed), _called(cast(ast.Call, node)))
    elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _UNTOUCHED):
        new = _called(as_list(node))
    elif isinstance(node, ast.ListComp) and (parts := parts_of(node)) is not None:
        new = _flow("listed", _iterated(parts[0]), expression(parts[1]))
    else:
        new = _with_parts(node)
    return placed(new, node)


def _called(node: ast.Call) -> ast.expr:
    """A call that asks what is called."""
    called = ast.copy_location(_flow("called", expression(node.func)), node.func)
    return ast.Call(called, [expression(a) for a in node.args], [_keyword(k) for k in node.keywords])


def _piece(node: ast.expr) -> ast.expr:
    """A piece of an f-string: a text, or a value with conversion and format."""
    if not isinstance(node, ast.FormattedValue):
        return node
    spec = ast.Constant("") if node.format_spec is None else expression(node.format_spec)
    return placed(ast.Tuple([expression(node.value), ast.Constant(node.conversion), spec], ast.Load()), node)


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


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _may_be_computed(node: ast.expr) -> bool:
    """Whether an index may be a single number that is not known: a list cannot look that up by itself."""
    return isinstance(node, (ast.Name, ast.BinOp, ast.Call, ast.Subscript, ast.Attribute, ast.IfExp))


def _is_simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Constant))


def _later(node: ast.expr) -> ast.expr:
    return _lambda(expression(node))


def _lambda(node: ast.expr) -> ast.expr:
    return placed(ast.Lambda(ast.arguments([], [], None, [], [], None, []), node), node)


def _flow(name: str, *arguments: ast.expr, **by_name: ast.expr) -> ast.expr:
    keywords = [ast.keyword(name, value) for name, value in by_name.items()]
    return ast.Call(ast.Attribute(ast.Name(FLOW, ast.Load()), name, ast.Load()), list(arguments), keywords)


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


def _listed(names: Sequence[str], bound: set[str]) -> list[ast.expr]:
    """The variables, and which of them are written into only."""
    into = tuple(name for name in names if name not in bound)
    return [ast.Constant(cast(Any, tuple(names))), ast.Constant(cast(Any, into))]
