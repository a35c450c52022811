"""The statements of ``try`` blocks, so that what stands behind one that may have failed runs only if it has not.

``y = safe(x) + 1`` becomes ``value = safe(x) + 1`` and ``if goes_on: y = value``: what fails has assigned nothing yet.
All this is plain Python, whose branches are rewritten as those of the user's own.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from symdiff.frontends.plainer import LEAVING, SCOPES, leaves, own, placed

FAILURE = "__symdiff_failure__"  # the variable that goes over what has failed


def may_fail(body: Sequence[ast.AST]) -> bool:
    """Whether there is a call, or a ``raise``, in a block."""
    return any(isinstance(node, (ast.Call, ast.Raise)) for node in own(body))


_DIVISIONS: dict[type[ast.operator], str] = {ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod"}
_ARITHMETIC = ("Exception", "BaseException", "ValueError", "ArithmeticError", "ZeroDivisionError", "OverflowError")


def is_arithmetic(handlers: Sequence[ast.ExceptHandler]) -> bool:
    """Whether some handler is for what Python's numbers raise, and those of arrays do not."""
    caught = [h.type for h in handlers]
    names = {node.id for kind in caught if kind for node in ast.walk(kind) if isinstance(node, ast.Name)}
    return None in caught or not names.isdisjoint(_ARITHMETIC)


def divisions_asked(body: Sequence[ast.AST], flow: Callable[..., ast.expr]) -> None:
    """Lets each division in a block ask whether it is one by zero: ``dividend(a) / b``, ``a /= divisor(how, a, b)``.

    Args:
        body: what is changed.
        flow: makes the call that asks, from its name and arguments.
    """
    for node in list(own(body)):
        if not isinstance(node, (ast.BinOp, ast.AugAssign)) or not isinstance(
            node.op, (ast.Div, ast.FloorDiv, ast.Mod)
        ):
            continue
        if isinstance(node, ast.BinOp):
            node.left = placed(flow("dividend", node.left), node.left)
        elif isinstance(node.target, ast.Name):
            how = ast.Constant(_DIVISIONS[type(node.op)])
            node.value = placed(flow("divisor", how, ast.Name(node.target.id, ast.Load()), node.value), node.value)


def looks_at_error(handler: ast.ExceptHandler) -> bool:
    """Whether it matters to a handler which error of its class it is: it has a name for it, or raises it again."""
    return bool(handler.name) or any(isinstance(n, ast.Raise) and n.exc is None for n in own(handler.body))


def is_followed(s: ast.Try) -> bool:
    """Whether the handlers of `s` can be run under a condition: none of them leaves a loop or the function."""
    blocks = [*(h.body for h in s.handlers), s.orelse]
    return not any(leaves(block, *LEAVING) for block in blocks) and not leaves(s.body, *LEAVING)


def handled(s: ast.Try, here: str) -> ast.Try:
    """The statement with its block as said above, and the handlers once more, for what may have failed.

    Args:
        s: the statement.
        here: the variable that holds its `handling.Handling`.
    """
    failed = ast.Name(FAILURE, ast.Load())
    again = ast.Try([ast.Raise(ast.Attribute(failed, "error", ast.Load()), None)], copy.deepcopy(s.handlers), [], [])
    again.is_again = True  # type: ignore[attr-defined]
    each = ast.If(ast.Attribute(failed, "condition", ast.Load()), [again], [])
    loop = ast.For(ast.Name(FAILURE, ast.Store()), _asked(here, "failures"), [each], [])
    loop.is_plain = True  # type: ignore[attr-defined]
    otherwise: list[ast.stmt] = [placed(loop, s)]
    if s.orelse:
        otherwise.append(placed(ast.If(_asked(here, "went_well"), s.orelse, []), s))
    return ast.copy_location(ast.Try(_Block(here).statements(s.body), s.handlers, otherwise, s.finalbody), s)


class _Block:
    """The statements of a block and of the branches in it."""

    def __init__(self, here: str) -> None:
        self.here = here
        self.numbers = count(1)

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements, each under the condition that none before it has failed."""
        new: list[ast.stmt] = []
        has_failed = False
        for s in body:
            parts = list(self._statement(s))
            new += [placed(ast.If(_asked(self.here, "goes_on"), parts, []), s)] if has_failed else parts
            has_failed = has_failed or may_fail([s])
        return new

    def _statement(self, s: ast.stmt) -> Iterator[ast.stmt]:
        if not may_fail([s]) or isinstance(s, (ast.Raise, *SCOPES)):
            yield s
        elif isinstance(s, ast.If):
            test, first = self._before([s.test], s)
            yield from first
            branch = ast.If(test[0], self.statements(s.body), self.statements(s.orelse))
            yield from self._behind(first, ast.copy_location(branch, s))
        elif isinstance(s, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and s.value is not None:
            value, first = self._before([s.value], s)
            yield from first
            changed = copy.copy(s)
            changed.value = value[0]
            yield from self._behind(first, changed)
        elif isinstance(s, ast.Expr) and isinstance(s.value, ast.Call):
            call = s.value
            given, first = self._before(call.args, s)
            yield from first
            new = placed(ast.Expr(ast.Call(call.func, given, call.keywords)), s)
            ends = placed(ast.Expr(_asked(self.here, "goes_on")), s)
            yield from self._behind(first, self._begins(s), new, ends)
        elif isinstance(s, ast.Try) and s.handlers:  # its own block goes on only if nothing has failed for us, either
            handlers = [copy.copy(h) for h in s.handlers]
            for h in handlers:
                h.body = self.statements(h.body)
            yield placed(ast.Try(s.body, handlers, self.statements(s.orelse), self.statements(s.finalbody)), s)
        else:
            yield self._begins(s)
            yield s
            yield placed(ast.Expr(_asked(self.here, "must_not_fail")), s)

    def _before(self, values: Sequence[ast.expr], s: ast.stmt) -> tuple[list[ast.expr], list[ast.stmt]]:
        """The values with variables for those that may fail, and what computes these first."""
        first: list[ast.stmt] = []
        found: list[ast.expr] = []
        for value in values:
            if not may_fail([value]) or isinstance(value, ast.Starred):
                found.append(value)
                continue
            name = f"__symdiff_value{next(self.numbers)}__"
            first.append(placed(ast.Assign([ast.Name(name, ast.Store())], value), s))
            found.append(ast.copy_location(ast.Name(name, ast.Load()), value))
        return found, [self._begins(s), *first] if first else []

    def _behind(self, first: Sequence[ast.stmt], *rest: ast.stmt) -> list[ast.stmt]:
        return [placed(ast.If(_asked(self.here, "goes_on"), list(rest), []), rest[-1])] if first else list(rest)

    def _begins(self, s: ast.stmt) -> ast.stmt:
        return placed(ast.Expr(_asked(self.here, "begins")), s)


def _asked(here: str, what: str) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name(here, ast.Load()), what, ast.Load()), [], [])
