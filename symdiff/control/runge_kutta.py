"""Explicit Runge-Kutta methods with error control, as loops of a graph.

A step is tried, its error estimated by a second formula of the same stages, and taken if that is within the tolerance;
the next one is as long as the error allows (Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I",
1993, sections II.4 and II.5). The rules for the first step and for its changes are those of SciPy's `solve_ivp`, which
takes the same steps. What lies between two steps is interpolated by the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from symdiff.control.scan import scan
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.dims import counted
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant, new_scope, variable
from symdiff.ops.elementwise import (
    absolute,
    equal,
    fmax,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    sign,
    sqrt,
    square,
    where,
)
from symdiff.ops.reductions import amax, mean
from symdiff.ops.safe_places import closed_body

Slope = Callable[[Node, Node], Node]  # of t and y
Row = tuple[float, ...]
SAFETY, LEAST_CHANGE, MOST_CHANGE = 0.9, 0.2, 10.0
TINY = 1e-300  # an error, where there is none
SPACING = 2.0**-51  # ten times the distance of numbers near 1, at least: a step of less is none


@dataclass(frozen=True)
class Tableau:
    """The coefficients of a method.

    Attributes:
        name: of the method.
        order: of the error that is estimated.
        a, c: of each stage but the first, of the stages before it the weights; and its time.
        b: the weights of the stages in a step.
        errors: the weights of the stages, and of the slope after the step, in its error; two rows are weighed against
            each other as DOP853 does.
        dense: of each stage, and of that slope, the coefficients of x, x**2, … in what lies between.
        more: of each further stage for that, the weights of all before it, and its time.
        hermite: whether `dense` is, of each stage, what is added to a cubic between the steps, after DOP853.
    """

    name: str
    order: int
    a: tuple[Row, ...]
    c: Row
    b: Row
    errors: tuple[Row, ...]
    dense: tuple[Row, ...]
    more: tuple[tuple[Row, float], ...] = ()
    hermite: bool = False


@dataclass(frozen=True)
class Control:
    """How exact a solution is to be; tolerances are numbers, or one for each element along the last axis."""

    rtol: float | Row = 1e-3
    atol: float | Row = 1e-6
    first_step: float | None = None
    max_step: float = inf


class State(NamedTuple):
    """What is known after a step: where it is, the slope there, and how long the next step is to be.

    `h` is nan where no step was short enough. The others are of the last step: whether it was not taken, and, where
    what lies between steps is asked for, where it began, and its stages.
    """

    t: Node
    y: Node
    f: Node
    h: Node
    rejected: Node
    last: tuple[Node, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of it in a row."""
        return (*self[:-1], *self.last)

    @classmethod
    def of(cls, nodes: Sequence[Node]) -> State:
        """A state that was laid in a row."""
        t, y, f, h, rejected, *last = nodes
        return cls(t, y, f, h, rejected, tuple(last))

    def inputs(self, remembered: Sequence[str], prefix: str = "") -> State:
        """An input for each part; `remembered` are the names of what is known of the last step."""
        scope = new_scope()
        pairs = zip((*self._fields[:-1], *remembered), self.nodes, strict=True)
        return State.of([variable(prefix + name, Aval(x.dtype, x.shape), scope) for name, x in pairs])


class Solver:
    """The solution of ``y' = slope(t, y)`` between two times, by steps that are tried.

    Attributes:
        order: of the error that a step estimates.
    """

    order: int

    def __init__(self, slope: Slope, start: Node, end: Node, y0: Node, control: Control) -> None:
        self.slope, self.start, self.end, self.control = slope, start, end, control
        self.y0, self.f0 = y0, slope(start, y0)
        self.direction = sign(end - start)
        self.rtol, self.atol = constant(control.rtol), constant(control.atol)

    def at_end(self) -> Node:
        """The solution at the end."""
        found = self.until(self.end, self.begin(dense=False), dense=False)
        return where(found.h >= 0, found.y, float("nan"))

    def at(self, times: Node) -> Node:
        """The solution at times between start and end, in order; along the first axis."""
        begin = self.begin(dense=True)
        goal, now = variable("goal", Aval("float64"), new_scope()), begin.inputs(self.names(dense=True))
        after = self.until(goal, now, dense=True)
        between = where(after.h >= 0, self.between(after, goal), float("nan"))
        body, fixed = closed_body((*now.nodes, goal), (*after.nodes, between), {between: "y_goal"})
        made = Loop(scan, canonical(body), begin.nodes, (times,), tuple(fixed), times.shape[0])
        return made.node.parts[-1]

    # ----------------------------------------------------------------------------------------- what a method says

    def remembered(self, t: Node, y: Node, f: Node, dense: bool) -> Mapping[str, Node]:
        """What is known of the last step, as it is before the first one; `dense` if one asks what lies between."""
        raise NotImplementedError

    def tried(self, now: State) -> tuple[State, dict[Node, str]]:
        """A step that is taken if its error is small enough; and what one calls the values on the way."""
        raise NotImplementedError

    def between(self, now: State, goal: Node) -> Node:
        """The solution at a time in the last step."""
        raise NotImplementedError

    def goes(self, now: State, goal: Node) -> Node:
        """Whether there is a step to be taken before `goal` is reached or passed."""
        return logical_and((goal - now.t) * self.direction > 0, now.h > 0)

    # ------------------------------------------------------------------------------------------------------ steps

    def begin(self, dense: bool) -> State:
        """Before the first step."""
        return self.begin_at(self.start, self.y0, self.f0, self._first(), dense)

    def begin_at(self, t: Node, y: Node, f: Node, h: Node, dense: bool) -> State:
        """Before a first step of that length."""
        return State(t, y, f, h, constant(False), tuple(self.remembered(t, y, f, dense).values()))

    def names(self, dense: bool) -> tuple[str, ...]:
        """Of what is known of the last step."""
        return tuple(self.remembered(self.start, self.y0, self.f0, dense))

    @property
    def order_of_first(self) -> int:
        """The order that the length of the first step is chosen by."""
        return self.order

    def _first(self) -> Node:
        """The length of the first step."""
        return self._tried_first() if self.control.first_step is None else constant(self.control.first_step)

    def _norm(self, x: Node) -> Node:
        """The root of the mean square along the last axis; the largest one, of several."""
        return (
            amax(sqrt(self._squares(x)), axis=tuple(range(x.ndim - 1)), keepdims=False)
            if x.ndim > 1
            else sqrt(self._squares(x))
        )

    @staticmethod
    def _squares(x: Node) -> Node:
        return mean(square(x), axis=(x.ndim - 1,), keepdims=False) if x.ndim else square(x)

    def _tried_first(self) -> Node:
        span = absolute(self.end - self.start)
        scale = self.atol + absolute(self.y0) * self.rtol
        size, speed = self._norm(self.y0 / scale), self._norm(self.f0 / scale)
        small = minimum(where(minimum(size, speed) < 1e-5, 1e-6, 0.01 * size / maximum(speed, 1e-5)), span)
        ahead = small * self.direction
        turned = self.slope(self.start + ahead, self.y0 + ahead * self.f0)
        bend = self._norm((turned - self.f0) / scale) / where(small > 0, small, 1.0)
        fastest = maximum(speed, bend)
        by_error = (0.01 / maximum(fastest, 1e-15)) ** (1 / (self.order_of_first + 1))
        wanted = where(fastest <= 1e-15, maximum(1e-6, 1e-3 * small), by_error)
        return self._at_most(minimum(minimum(100 * small, wanted), span))

    def _at_most(self, h: Node) -> Node:
        return h if self.control.max_step == inf else minimum(h, self.control.max_step)

    def until(self, goal: Node, begin: State, dense: bool) -> State:
        """Steps until `goal` is reached or passed."""
        now = begin.inputs(self.names(dense))
        after, called = self.tried(now)
        body, fixed = closed_body(now.nodes, (*after.nodes, self.goes(now, goal)), called)
        loop = Loop(scan, canonical(body), begin.nodes, (), tuple(fixed), counted(), asks=True)
        return State.of(loop.node.parts[: len(begin.nodes)])

    def ahead(self, now: State) -> tuple[Node, Node, Node]:
        """Where the next step leads, how long it is, and how long it is at least."""
        least = SPACING * absolute(now.t)
        ahead = now.t + self._at_most(maximum(now.h, least)) * self.direction
        t_new = where((ahead - self.end) * self.direction > 0, self.end, ahead)
        return t_new, t_new - now.t, least


class Explicit(Solver):
    """By an explicit method."""

    def __init__(self, slope: Slope, start: Node, end: Node, y0: Node, tableau: Tableau, control: Control) -> None:
        super().__init__(slope, start, end, y0, control)
        self.tableau, self.order = tableau, tableau.order

    def remembered(self, t: Node, y: Node, f: Node, dense: bool) -> Mapping[str, Node]:
        stages = {f"k{j}": f for j in range(1, len(self.tableau.c) + 3)}
        return {"t_old": t, "y_old": y, **stages} if dense else {}

    def step(self, now: State, h: Node) -> tuple[Node, list[Node]]:
        """The state after a step, and the slopes of its stages, the last one behind it."""
        stages = [now.f]
        for weights, c in zip(self.tableau.a, self.tableau.c, strict=True):
            stages.append(self.slope(now.t + c * h, now.y + h * weighted(weights, stages)))
        y_new = now.y + h * weighted(self.tableau.b, stages)
        return y_new, [*stages, self.slope(now.t + h, y_new)]

    def tried(self, now: State) -> tuple[State, dict[Node, str]]:
        t_new, h, least = self.ahead(now)
        y_new, stages = self.step(now, h)
        scale = self.atol + maximum(absolute(now.y), absolute(y_new)) * self.rtol
        error = self._error(h, [weighted(row, stages) / scale for row in self.tableau.errors])
        taken = error < 1
        best = SAFETY * maximum(error, TINY) ** (-1 / (self.order + 1))
        change = minimum(fmax(best, LEAST_CHANGE), where(now.rejected, 1.0, MOST_CHANGE))  # of nan the least
        following = absolute(h) * change
        following = where(logical_or(taken, following >= least), following, float("nan"))
        t, y, f = (where(taken, new, old) for new, old in ((t_new, now.t), (y_new, now.y), (stages[-1], now.f)))
        last = (now.t, now.y, *stages) if now.last else ()
        names = {y_new: "y_new", t_new: "t_new", error: "error", h: "step", scale: "scale", change: "change"}
        names |= {k: f"k{j}" for j, k in enumerate(stages[1:], 2)}
        return State(t, y, f, following, logical_not(taken), last), names

    def _error(self, h: Node, errors: Sequence[Node]) -> Node:
        if len(errors) == 1:
            return self._norm(h * errors[0])
        fifth, third = map(self._squares, errors)
        both = fifth + 0.01 * third
        found = absolute(h) * fifth / sqrt(where(both > 0, both, 1.0))
        return amax(found, axis=tuple(range(found.ndim)), keepdims=False) if found.ndim else found

    def between(self, now: State, goal: Node) -> Node:
        t_old, y_old, *stages = now.last
        h = now.t - t_old
        x = (goal - t_old) / where(equal(h, 0.0), 1.0, h)
        table = self.tableau
        for weights, c in table.more:
            stages.append(self.slope(t_old + c * h, y_old + h * weighted(weights, stages)))
        if not table.hermite:
            return y_old + h * weighted([_polynomial(row, x) for row in table.dense], stages)
        rise = now.y - y_old
        parts = [rise, h * stages[0] - rise, 2 * rise - h * (now.f + stages[0])]
        parts += [h * weighted(row, stages) for row in table.dense]
        total = parts[-1] * (x if len(parts) % 2 else 1 - x)
        for j in range(len(parts) - 2, -1, -1):
            total = (total + parts[j]) * (1 - x if j % 2 else x)
        return y_old + total


def weighted(weights: Sequence[float | Node], stages: Sequence[Node]) -> Node:
    """The sum of the stages with weights that are not known to be zero."""
    terms = [w * k for w, k in zip(weights, stages, strict=True) if not (isinstance(w, float) and w == 0)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _polynomial(coefficients: Row, x: Node) -> Node | float:
    """Without a constant term; in powers of x, the lowest one first."""
    if not any(coefficients):
        return 0.0
    total: Node = constant(coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total * x
