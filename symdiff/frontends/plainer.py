"""Control flow in fewer words: ``assert``, ``break``, ``continue``, ``return`` inside of blocks, ``else`` of loops.

What is left are branches whose sides run to their end, loops that say by a variable that they are over, and one return
at the end. A block that cannot be put so (``break`` inside of ``try``) stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any, TypeVar, cast

from symdiff.frontends.named import before_each, bound_before, one_inside_the_other

RESULT = "result__"
RETURNED = "returned__"
BROKEN = "done__"
LEFT = "left__"
SUBJECT = "subject__"
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LOOPS = (ast.For, ast.While)
Syntax = TypeVar("Syntax", bound=ast.AST)


def shown(name: str) -> str:
    """What a variable is called where people see it."""
    return name.partition("__")[0] if name.startswith((RESULT, RETURNED, BROKEN, LEFT, SUBJECT)) else name


def placed(node: Syntax, like: ast.AST) -> Syntax:
    """`node` where `like` stands, as far as its parts have no place of their own."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.expr, ast.stmt, ast.pattern, ast.ExceptHandler, ast.keyword)) and not hasattr(
            inner, "lineno"
        ):
            ast.copy_location(inner, like)
    return node


def own(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The syntax of a block, without functions and classes in it."""
    stack = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def over(loop: ast.For | ast.While) -> str:
    """The variable that says that `loop` is over, of one that has a ``break``; "" otherwise."""
    return getattr(loop, "over", "")


class Plainer:
    """Puts the statements of one function in fewer words."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def function(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The body of a function, with a return at its end only, if that can be had."""
        statements = self.block(body)
        if not returns_within(statements) or not _can_be_moved(statements):
            return statements
        nothing = placed(ast.Return(ast.Constant(None)), body[-1])  # what a function returns that does not say
        last = placed(ast.Return(ast.Name(RESULT, ast.Load())), body[-1])
        return [*_with_results(_moved([*statements, nothing])), last]

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Statements one after the other."""
        return [new for s in body for new in self._statement(s)]

    def _statement(self, s: ast.stmt) -> list[ast.stmt]:
        if isinstance(s, ast.Assert):
            error = ast.Call(ast.Name("AssertionError", ast.Load()), [s.msg] if s.msg else [], [])
            return [placed(ast.If(ast.UnaryOp(ast.Not(), s.test), [ast.Raise(error, None)], []), s)]
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.BoolOp):
            return self._statement(placed(_if(s.value), s))
        if isinstance(s, ast.If):
            s = one_inside_the_other(s)
            return [ast.copy_location(ast.If(s.test, self.block(s.body), self.block(s.orelse)), s)]
        if isinstance(s, LOOPS):
            return self._loop(s)
        if isinstance(s, ast.Match) and not hasattr(s, "is_plain"):
            from symdiff.frontends.matches import as_branches  # noqa: PLC0415 (most programs have no such statements)

            return self.block([placed(new, s) for new in as_branches(s, next(self.numbers))])
        if isinstance(s, ast.Try) and s.handlers:
            return self._try(s)
        if isinstance(s, (ast.With, ast.Try)):
            fields: dict[str, Any] = dict(ast.iter_fields(s))
            fields |= {k: self.block(fields[k]) for k in ("body", "orelse", "finalbody") if k in fields}
            return [ast.copy_location(type(s)(**fields), s)]
        return [s]

    def _try(self, s: ast.Try) -> list[ast.stmt]:
        """A block that runs to its end, and handlers that do: a variable says whether one of them has returned."""
        handlers = [ast.copy_location(ast.ExceptHandler(h.type, h.name, self.block(h.body)), h) for h in s.handlers]
        body, otherwise, final = self.block(s.body), self.block(s.orelse), self.block(s.finalbody)
        parts = [body, otherwise, *(h.body for h in handlers)]
        plain = ast.copy_location(ast.Try(body, handlers, otherwise, final), s)
        may_be_moved = all(_can_be_ordered(part) and not leaves(part, ast.Break, ast.Continue) for part in parts)
        if not may_be_moved or not returns_within([plain]) or leaves(final, *LEAVING):
            return [plain]
        always = all(map(_always_ends, (otherwise or body, *(h.body for h in handlers))))
        for h in handlers:
            h.body = self._ordered(h.body, "")
        otherwise = self._ordered(otherwise, "")
        if otherwise and leaves(body, ast.Return):
            otherwise = [placed(ast.If(ast.UnaryOp(ast.Not(), ast.Name(RETURNED, ast.Load())), otherwise, []), s)]
        new = ast.copy_location(ast.Try(self._ordered(body, ""), handlers, otherwise, final), s)
        back: ast.stmt = ast.Return(ast.Name(RESULT, ast.Load()))
        if not always:
            back = ast.If(ast.Name(RETURNED, ast.Load()), [back], [])
        return [placed(_assigned(RETURNED, ast.Constant(False)), s), new, placed(back, s)]

    def _loop(self, s: ast.For | ast.While) -> list[ast.stmt]:
        """A loop whose steps run to their end: a variable says that there is no further one."""
        if isinstance(s, ast.While):
            if _binds_behind_and(s.test) and not s.orelse:
                return self._loop(_asks_in_turn(s))
            binding, test = bound_before(s.test)
            if binding:
                again = ast.copy_location(ast.While(test, before_each(s.body, binding), s.orelse), s)
                return [*binding, *self._loop(again)]
        body, otherwise = self.block(s.body), self.block(s.orelse)
        breaks, returns = leaves(body, ast.Break), returns_within(body)
        if not _can_be_ordered(body):
            return [ast.copy_location(_with(s, body, otherwise), s)]
        if not breaks and not returns:
            plain = ast.copy_location(_with(s, self._ordered(body, ""), []), s)
            return [plain, *otherwise]
        flag = f"{BROKEN}{next(self.numbers)}"
        new = ast.copy_location(_with(s, self._ordered(body, flag), []), s)
        new.over = flag  # type: ignore[union-attr]
        done: list[ast.stmt] = [placed(_assigned(flag, ast.Constant(False)), s), new]
        if returns:
            done.insert(0, placed(_assigned(RETURNED, ast.Constant(False)), s))
            back: ast.stmt = ast.Return(ast.Name(RESULT, ast.Load()))
            if breaks or otherwise or not _is_endless(s):
                back = ast.If(ast.Name(RETURNED, ast.Load()), [back], [])
            done.append(placed(back, s))
        if otherwise:
            done.append(placed(ast.If(ast.UnaryOp(ast.Not(), ast.Name(flag, ast.Load())), otherwise, []), s))
        return done

    def _ordered(self, body: Sequence[ast.stmt], flag: str) -> list[ast.stmt]:
        """The statements of a step, or of a block, that ends where it did; `flag` says that the loop is over."""
        return _Order(flag, f"{LEFT}{next(self.numbers)}").of(body)


def _if(value: ast.BoolOp) -> ast.If:
    """``a and f()``, whose value nobody asks for, is ``if a: f()``; with ``or``, ``if not a: f()``."""
    *first, last = value.values
    test = first[0] if len(first) == 1 else ast.BoolOp(value.op, first)
    is_or = isinstance(value.op, ast.Or)
    return ast.If(ast.UnaryOp(ast.Not(), test) if is_or else test, [ast.Expr(last)], [])


def _binds_behind_and(test: ast.expr) -> bool:
    """Whether a later part of ``a and b`` binds a name by ``:=``, which is not reached where an earlier one fails."""
    later = test.values[1:] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else []
    return any(isinstance(node, ast.NamedExpr) for node in own(later))


def _asks_in_turn(s: ast.While) -> ast.While:
    """``while a and b: …`` as ``while True:``, whose steps begin with ``if not a: break`` and ``if not b: break``."""
    parts = cast(ast.BoolOp, s.test).values
    asked = [placed(ast.If(ast.UnaryOp(ast.Not(), part), [ast.Break()], []), part) for part in parts]
    return ast.copy_location(ast.While(placed(ast.Constant(True), s.test), [*asked, *s.body], []), s)


def _is_endless(s: ast.For | ast.While) -> bool:
    """Whether nothing follows a loop that nobody leaves: ``while True``."""
    return isinstance(s, ast.While) and isinstance(s.test, ast.Constant) and bool(s.test.value)


def _with(s: ast.For | ast.While, body: list[ast.stmt], otherwise: list[ast.stmt]) -> ast.For | ast.While:
    if isinstance(s, ast.For):
        return ast.For(s.target, s.iter, body, otherwise)
    return ast.While(s.test, body, otherwise)


def _assigned(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


# ------------------------------------------------------------------------------------------------- leaving a step early

LEAVING = (ast.Break, ast.Continue, ast.Return)


def leaves(body: Sequence[ast.stmt], *kinds: type[ast.stmt]) -> bool:
    """Whether a block leaves the loop around it, its step, or the function, by one of these statements."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, kinds):
            return True
        if isinstance(node, LOOPS):
            stack.extend(node.orelse)
            stack.extend(n for n in own(node.body) if isinstance(n, ast.Return) and ast.Return in kinds)
        elif not isinstance(node, SCOPES):
            stack.extend(
                n for n in ast.iter_child_nodes(node) if isinstance(n, (ast.stmt, ast.ExceptHandler, ast.match_case))
            )
    return False


def _always_ends(body: Sequence[ast.stmt]) -> bool:
    """Whether a block never comes to what follows it."""
    last = body[-1] if body else ast.Pass()
    if isinstance(last, ast.If):
        return _always_ends(last.body) and _always_ends(last.orelse)
    return isinstance(last, (ast.Return, ast.Raise))


def is_left_halfway(s: ast.If) -> bool:
    """Whether a branch is left from within, while each of its sides may go on as well: what follows is there twice."""
    sides = (s.body, s.orelse)
    return leaves([s], *LEAVING) and not any(
        _always_ends(side) or (side and isinstance(side[-1], (ast.Break, ast.Continue))) for side in sides
    )


def _can_be_ordered(body: Sequence[ast.stmt]) -> bool:
    """Whether all that leaves a step stands in branches, and not in other blocks."""
    for s in body:
        if isinstance(s, ast.If):
            if not (_can_be_ordered(s.body) and _can_be_ordered(s.orelse)):
                return False
        elif not isinstance(s, (*LEAVING, *SCOPES)) and leaves([s], *LEAVING):
            return False
    return True


@dataclass(frozen=True)
class _Order:
    """Puts the statements of a step, or of a block, so that they run to its end.

    What follows an ``if`` that leaves goes into its other side. If both sides may go on, it would be there twice, and
    what follows another one in it four times: then a variable says whether the step was left, and it is asked.

    Attributes:
        flag: the variable that says that the loop is over; "" outside of loops.
        left: the one that says that the step is.
    """

    flag: str
    left: str

    def of(self, body: Sequence[ast.stmt], *, marks: bool = False) -> list[ast.stmt]:
        """`body` in order; if it `marks`, whatever leaves says so."""
        for k, s in enumerate(body):
            before, rest = list(body[:k]), list(body[k + 1 :])
            if isinstance(s, LEAVING):
                return [*before, *(placed(e, s) for e in self._end(s, marks))] or [placed(ast.Pass(), s)]
            if isinstance(s, ast.If) and leaves([s], *LEAVING):
                if _is_asked(s, rest):
                    return [*before, *self.one_by_one([s, *rest], marks=marks)]
                branch = ast.If(
                    s.test, self._side([*s.body, *rest], marks, s), self.of([*s.orelse, *rest], marks=marks)
                )
                return [*before, ast.copy_location(branch, s)]
        return list(body)

    def one_by_one(self, body: Sequence[ast.stmt], *, marks: bool = False) -> list[ast.stmt]:
        """The parts of `body` up to each ``if`` that is left halfway, of which each runs if none before it has left."""
        ends = [k + 1 for k, s in enumerate(body) if isinstance(s, ast.If) and is_left_halfway(s)]
        parts = [list(body[a:b]) for a, b in pairwise([0, *ends, len(body)]) if a < b]
        found = [placed(_assigned(self.left, ast.Constant(False)), body[0])]
        for k, part in enumerate(parts):
            last = k == len(parts) - 1
            new = self._side(part, marks or not last, part[0])
            going = ast.UnaryOp(ast.Not(), ast.Name(self.left, ast.Load()))
            found += [placed(ast.If(going, new, []), part[0])] if k else new
        return found

    def _side(self, body: Sequence[ast.stmt], marks: bool, like: ast.stmt) -> list[ast.stmt]:
        return self.of(body, marks=marks) or [placed(ast.Pass(), like)]

    def _end(self, s: ast.stmt, marks: bool) -> Iterator[ast.stmt]:
        """What a statement that leaves says instead."""
        if isinstance(s, ast.Return):
            yield _assigned(RESULT, s.value or ast.Constant(None))
            yield _assigned(RETURNED, ast.Constant(True))
        if self.flag and isinstance(s, (ast.Return, ast.Break)):
            yield _assigned(self.flag, ast.Constant(True))
        if marks and (self.left != RETURNED or not isinstance(s, ast.Return)):
            yield _assigned(self.left, ast.Constant(True))


def _is_asked(s: ast.If, rest: Sequence[ast.stmt]) -> bool:
    """Whether what follows a branch is asked for by a variable: where a further branch in it is left halfway, too."""
    return is_left_halfway(s) and any(isinstance(node, ast.If) and is_left_halfway(node) for node in own(list(rest)))


# ----------------------------------------------------------------------------------------------------- returning early


def returns_within(body: Sequence[ast.stmt]) -> bool:
    """Whether a block returns from inside of another statement."""
    return any(
        isinstance(node, ast.Return) for s in body if not isinstance(s, (ast.Return, *SCOPES)) for node in own([s])
    )


def _can_be_moved(statements: Sequence[ast.stmt]) -> bool:
    """Whether all returns stand in branches, and not in loops or other blocks."""
    for s in statements:
        if isinstance(s, ast.If):
            if not (_can_be_moved(s.body) and _can_be_moved(s.orelse)):
                return False
        elif not isinstance(s, (ast.Return, *SCOPES)) and returns_within([s]):
            return False
    return True


def _moved(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """What follows an ``if`` that returns, put into the sides that do not; see `_Order`."""
    for k, s in enumerate(statements):
        if isinstance(s, (ast.Return, ast.Raise)):
            return list(statements[: k + 1])
        if isinstance(s, ast.If) and returns_within([s]):
            rest = list(statements[k + 1 :])
            if _is_asked(s, rest):
                return [*statements[:k], *_Order("", RETURNED).one_by_one([s, *rest])]
            body, other = _moved([*s.body, *rest]), _moved([*s.orelse, *rest])
            return [*statements[:k], ast.copy_location(ast.If(s.test, body, other), s)]
    return list(statements)


def _with_results(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Returns as assignments, where they stand at the end of all that runs."""
    new: list[ast.stmt] = []
    for s in statements:
        if isinstance(s, ast.Return):
            new.append(placed(_assigned(RESULT, s.value or ast.Constant(None)), s))
        elif isinstance(s, ast.If):
            both = ast.If(s.test, _with_results(s.body), _with_results(s.orelse))
            new.append(ast.copy_location(both, s))
        else:
            new.append(s)
    return new or [ast.Pass()]
