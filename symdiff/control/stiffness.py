"""Explicit steps as long as they are the cheaper ones, and Radau's from there on.

An explicit step is stiff where its length is what stability allows, and not what the error allows: the slopes at two
states that lie at one time tell how fast the equation turns what is apart there (Hairer and Wanner, "Solving Ordinary
Differential Equations II", 1996, section IV.2). Where that happens again and again, Radau's method goes on.
"""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.control.radau import Radau
from symdiff.control.runge_kutta import TINY, Control, Explicit, Slope, State, Tableau, weighted
from symdiff.control.scan import scan
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant, new_scope, variable
from symdiff.ops.elementwise import absolute, equal, logical_and, logical_not, maximum, minimum, sqrt, where
from symdiff.ops.reductions import sum_
from symdiff.ops.safe_places import closed_body

LIMIT = 6.1  # of the step times the fastest rate, for DOP853, whose last stage but one is at the end of the step, too
OFTEN = 15.0


class _Watched(Explicit):
    """Explicit steps, until there are that many more stiff ones than others.

    They begin short, and are not longer than is stable if the rate grows as fast as the step: far beyond that, what is
    tried overflows.
    """

    def remembered(self, t: Node, y: Node, f: Node, dense: bool) -> Mapping[str, Node]:
        return {"stiff": constant(0.0), **super().remembered(t, y, f, dense)}

    def tried(self, now: State) -> tuple[State, dict[Node, str]]:
        after, names = super().tried(_plain(now))
        _, h, _ = self.ahead(now)
        y_new, stages = self.step(now, h)
        y_last = now.y + h * weighted(self.tableau.a[-1], stages[:-2])
        turned, apart = _size(stages[-1] - stages[-2]), _size(y_new - y_last)
        rate = absolute(h) * turned / where(equal(apart, 0.0), 1.0, apart)
        count = now.last[0]
        count = where(after.rejected, count, where(rate > LIMIT, count + 1, maximum(count - 1, 0.0)))
        longest = absolute(h) * sqrt(3 * LIMIT / maximum(rate, TINY))
        h_new = where(after.rejected, after.h, minimum(after.h, longest))
        return after._replace(h=h_new, last=(count, *after.last)), names

    @property
    def order_of_first(self) -> int:
        return 1

    def between(self, now: State, goal: Node) -> Node:
        return super().between(_plain(now), goal)

    def goes(self, now: State, goal: Node) -> Node:
        return logical_and(super().goes(now, goal), logical_not(_is_stiff(now)))


def _plain(now: State) -> State:
    return now._replace(last=now.last[1:])


def _size(x: Node) -> Node:
    return sqrt(sum_(x * x, axis=tuple(range(x.ndim)), keepdims=False))


def _is_stiff(now: State) -> Node:
    return now.last[0] >= OFTEN


class Switching:
    """A solution by explicit steps first, and by Radau's from where these are stiff."""

    def __init__(
        self, slope: Slope, stiff: Radau, start: Node, end: Node, y0: Node, tableau: Tableau, control: Control
    ) -> None:
        self.explicit, self.stiff = _Watched(slope, start, end, y0, tableau, control), stiff

    def at_end(self) -> Node:
        """The solution at the end."""
        end = self.explicit.end
        first = self.explicit.until(end, self.explicit.begin(dense=False), dense=False)
        second = self._goes_on(first, self._taken_over(first), end)
        value = where(_is_stiff(first), second.y, first.y)
        return where(where(_is_stiff(first), second.h, first.h) >= 0, value, float("nan"))

    def at(self, times: Node) -> Node:
        """The solution at times between start and end, in order; along the first axis."""
        explicit, stiff = self.explicit, self.stiff
        begin = explicit.begin(dense=True)
        second = self._taken_over(begin)
        goal, now = variable("goal", Aval("float64"), new_scope()), begin.inputs(explicit.names(dense=True))
        late = second.inputs(stiff.names(dense=True), prefix="stiff_")
        first = explicit.until(goal, now, dense=True)
        fresh = logical_and(_is_stiff(first), logical_not(_is_stiff(now)))
        starts = State.of(
            [where(fresh, new, old) for new, old in zip(self._taken_over(first).nodes, late.nodes, strict=True)]
        )
        after = self._goes_on(first, starts, goal)
        is_before = logical_not((goal - first.t) * explicit.direction > 0)
        value = where(is_before, explicit.between(first, goal), stiff.between(after, goal))
        value = where(where(is_before, first.h, after.h) >= 0, value, float("nan"))
        outputs = (*first.nodes, *after.nodes, value)
        body, fixed = closed_body((*now.nodes, *late.nodes, goal), outputs, {value: "y_goal"})
        carry = (*begin.nodes, *second.nodes)
        return Loop(scan, canonical(body), carry, (times,), tuple(fixed), times.shape[0]).node.parts[-1]

    def _taken_over(self, now: State) -> State:
        return self.stiff.begin_at(now.t, now.y, now.f, now.h, dense=True)

    def _goes_on(self, first: State, starts: State, goal: Node) -> State:
        """Radau's steps, where the explicit ones are stiff; else none."""
        return self.stiff.until(where(_is_stiff(first), goal, starts.t), starts, dense=True)
