"""Blocks of a text program: ``if``, ``for`` and ``while``, as selections and loops of the graph.

They mean what they mean in Python, and what tracing a Python function makes of them: an ``if`` on a value that is not
known chooses between what its two sides give to each name, a loop of nine steps or more is a loop of the graph, whose
step is evaluated once for all, and a shorter one is evaluated step by step.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from symdiff.errors import ParseError, ShapeError, SymdiffError
from symdiff.frontends.carried import carried_as, has_narrow, meet, plain_type, strong
from symdiff.frontends.plainer import over, own, shown
from symdiff.frontends.steps import ASKING, Steps
from symdiff.frontends.text.goes_over import goes_over
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.dims import Dim, counted, show_shape
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, as_node, constant, new_scope, variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.reductions import spread
from symdiff.ops.safe_places import closed_body
from symdiff.ops.shapes import reshape

FEWEST = 9  # steps; shorter loops are evaluated step by step
MISSING = object()


class Program(Protocol):
    """What evaluates the text."""

    env: dict[str, Any]

    def evaluate(self, tree: ast.expr) -> Any:
        """The value of an expression."""

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Runs statements."""

    def assign(self, target: ast.expr, value: Any) -> None:
        """Gives a name, or several, to a value."""

    def error(self, error: SymdiffError, node: ast.AST) -> SymdiffError:
        """The error with its place."""


def truth(program: Program, test: ast.expr) -> Node | bool:
    """The truth of a test: a node, if it is not known."""
    value = program.evaluate(test)
    if not isinstance(value, Node):
        return bool(value)
    if value.literal is not None and not value.shape:
        return bool(value.literal.value)
    if any(n != 1 for n in value.shape):
        raise program.error(
            ShapeError(
                f"the condition is [{show_shape(value.shape)}], and must be one truth value",
                help="any(…) or all(…); element by element it is where(condition, a, b)",
            ),
            test,
        )
    one = reshape(value, shape=()) if value.shape else value
    return one if one.aval.kind == "b" else ew.not_equal(one, 0)


# ------------------------------------------------------------------------------------------------------------ branches


def branch(program: Program, s: ast.If) -> None:
    """``if``: both sides run, unless it is known which one is taken."""
    test = truth(program, s.test)
    if isinstance(test, bool):
        program.block(s.body if test else s.orelse)
    else:
        _choose(program, test, (partial(program.block, s.body), partial(program.block, s.orelse)), s)


def _choose(program: Program, test: Node, runs: Sequence[Callable[[], None]], at: ast.stmt) -> None:
    """Each name is what the side that is taken makes of it."""
    before, sides = program.env, []
    for run in runs:
        program.env = dict(before)
        run()
        sides.append(program.env)
    found = dict(before)
    for name in {**sides[0], **sides[1]}:
        a, b = (side.get(name, MISSING) for side in sides)
        try:
            found[name] = _selected(test, a, b, shown(name))
        except SymdiffError as error:
            raise program.error(error, at) from None
    program.env = found


def _selected(test: Node, a: Any, b: Any, name: str) -> Any:
    """A value of which there are two. Who reads a name that only one side has is on that side."""
    if a is b or b is MISSING or a is MISSING:
        return b if a is MISSING else a
    if a is None or b is None:
        raise ParseError("one side of the branch gives no result", help="return a value on both sides")
    if isinstance(a, (tuple, list)) and type(a) is type(b) and len(a) == len(b):
        return type(a)(_selected(test, x, y, name) for x, y in zip(a, b, strict=True))
    x, y = as_node(a), as_node(b)
    if x.shape != y.shape and x.shape and y.shape:
        raise ShapeError(
            f"{name!r} is [{show_shape(x.shape)}] on one side of the branch, [{show_shape(y.shape)}] on the other",
            help="both sides must give arrays of one shape",
        )
    return x if x is y else ew.where(test, x, y)


# --------------------------------------------------------------------------------------------------------------- loops


def loop(program: Program, s: ast.For | ast.While) -> None:
    """``for`` and ``while``."""
    if isinstance(s, ast.While):
        _while(program, s)
        return
    going = goes_over(program, s.iter)
    is_known = going.count is None and isinstance(going.length, int)
    if is_known and (going.length < FEWEST or not going.arrays):  # type: ignore[operator]
        _unrolled(program, s, going.plain())
    else:
        _Kept(program, s, going).run()


def _unrolled(program: Program, s: ast.For, items: Iterator[Any]) -> None:
    """Step by step; behind a ``break`` that depends on values a step is taken if none was met."""

    def step(item: Any) -> None:
        program.assign(s.target, item)
        program.block(s.body)

    for item in items:
        ended = program.env.get(over(s), False)
        if isinstance(ended, Node):
            _choose(program, ew.logical_not(ended), (partial(step, item), lambda: None), s)
        elif ended:
            return
        else:
            step(item)


def _while(program: Program, s: ast.While) -> None:
    """Step by step as long as the test is known; the rest is a loop of the graph."""
    while True:
        ended = program.env.get(over(s), False)
        test: Node | bool = truth(program, s.test)
        if isinstance(ended, Node) or isinstance(test, Node):
            _Kept(program, s, ASKING).run()
            return
        if ended or not test:
            return
        program.block(s.body)


def assigned(s: ast.For | ast.While) -> list[str]:
    """The names that a step gives values to, in order of first appearance."""
    targets = [s.target] if isinstance(s, ast.For) else []
    names = [node for node in own([*targets, *s.body]) if isinstance(node, (ast.Name, ast.Subscript))]
    stored = [node for node in names if isinstance(node.ctx, ast.Store)]
    bases = [node.value if isinstance(node, ast.Subscript) else node for node in stored]
    found = [node for node in bases if isinstance(node, ast.Name)]
    return list(dict.fromkeys(node.id for node in sorted(found, key=lambda n: (n.lineno, n.col_offset))))


@dataclass
class _Kept:
    """A loop of the graph: its step is evaluated until what is carried has the types with which it begins."""

    program: Program
    s: ast.For | ast.While
    going: Steps
    starts: dict[str, Node] = field(default_factory=dict)
    types: dict[str, Aval] = field(default_factory=dict)

    def run(self) -> None:
        """Evaluates the loop; behind it the names are what the last step has made of them."""
        program, around = self.program, self.program.env
        self.names = assigned(self.s)
        for name in self.names:
            if name in around:
                self.starts[name] = start = self._carried(name, around[name])
                self.types[name] = Aval(start.dtype, start.shape, start.aval.weak)
        try:
            while not self._step(around):
                pass
        finally:
            program.env = around
        parts = self._loop().node.parts
        program.env = {**around, **dict(zip(self.ends, parts, strict=False))}

    def _carried(self, name: str, value: Any) -> Node:
        try:
            return as_node(value)
        except SymdiffError:
            error = ParseError(
                f"{shown(name)!r} is no number or array, and a loop cannot carry it",
                help="give each of its parts a name",
            )
            raise self.program.error(error, self.s) from None

    def _step(self, around: dict[str, Any]) -> bool:
        """One attempt; whether the types stayed as they were."""
        program, scope, inner = self.program, new_scope(), new_scope()  # a state may be called as an element is
        self.states = {name: variable(shown(name), t, scope) for name, t in self.types.items()}
        going = self.going
        self.elements = [
            variable(name, Aval(a.dtype, a.shape[1:], weak), inner)
            for name, a, weak in zip(self._called(), going.arrays, going.weak, strict=True)
        ]
        self.taken = [] if going.count is None else [variable("taken", Aval(np.int64, (), True), inner)]
        program.env = {**around, **self.states}
        self.goes = self._whether_it_goes()
        if isinstance(self.s, ast.For):
            program.assign(self.s.target, going.element([*self.taken, *self.elements]))
        program.block(self.s.body)
        self.ends = {name: self._carried(name, program.env[name]) for name in self.names if name in program.env}
        return self._is_settled()

    def _called(self) -> list[str]:
        """What the elements are called: as the loop variables are, if there is one for each."""
        target = self.s.target if isinstance(self.s, ast.For) else ast.Tuple([])
        names = [f"{node.id}_t" for node in ast.walk(target) if isinstance(node, ast.Name)]
        numbered = [f"x{k}" for k in range(1, len(self.going.arrays) + 1)]
        return names if len(names) == len(numbered) else numbered

    def _whether_it_goes(self) -> list[Node]:
        """Whether a step is taken, of a loop that asks."""
        conditions = [ew.less(self.taken[0], self.going.count)] if self.going.count is not None else []
        if (flag := self.states.get(over(self.s))) is not None:
            conditions.append(ew.logical_not(flag))
        if isinstance(self.s, ast.While):
            test = truth(self.program, self.s.test)
            conditions.append(test if isinstance(test, Node) else constant(np.bool_(test)))
        if len(conditions) == 2:
            conditions = [ew.logical_and(*conditions)]
        return conditions

    def _is_settled(self) -> bool:
        changed = given_up = False
        for name, end in self.ends.items():
            before = self.types.get(name)
            if before is None:  # a name of the step alone, so far: nobody reads what it is before the first one
                self.types[name] = plain_type(end.aval)
                self.starts[name] = spread(constant(end.dtype.type(0)), end.shape)
                changed = True
                continue
            after = meet(before, end.aval)
            if after.shape != end.shape:
                error = ShapeError(
                    f"{shown(name)!r} is [{show_shape(before.shape)}] before a step of the loop, "
                    f"[{show_shape(end.shape)}] behind it",
                    help="what a loop carries keeps its shape: make it before the loop, as in zeros(n)",
                )
                raise self.program.error(error, self.s)
            changed |= plain_type(after) != plain_type(before)
            given_up |= after != before
            self.types[name] = after
        return not (changed or (given_up and has_narrow(self.ends.values())))

    def _loop(self) -> Loop:
        states = [*(self.states[name] for name in self.ends), *self.taken]
        ends = [carried_as(end, self.states[name].aval) for name, end in self.ends.items()]
        ends += [ew.add(h, 1) for h in self.taken]
        starts = [carried_as(self.starts[name], self.states[name].aval) for name in self.ends]
        starts += [constant(np.int64(0)) for _ in self.taken]
        outputs = [*ends, *self.goes]
        read = set(toposort(outputs))
        names = {end: shown(name) for name, end in self.ends.items() if end.inputs and self.states[name] not in read}
        inputs, outputs, names = strong((*states, *self.elements), outputs, names)
        body, fixed = closed_body(inputs, outputs, names)
        from symdiff.control.scan import scan  # noqa: PLC0415 (most texts have no loops)

        asks = bool(self.goes)
        length: Dim = counted() if asks else self.going.length
        return Loop(scan, canonical(body), tuple(starts), self.going.arrays, tuple(fixed), length, asks=asks)
