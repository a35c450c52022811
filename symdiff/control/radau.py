"""Radau's implicit method of order five with error control, as a loop of a graph: for stiff equations.

The three stages of a step solve a system of equations, by Newton's method with the Jacobian at the start of the step
(Hairer and Wanner, "Solving Ordinary Differential Equations II", 1996, section IV.8, where the error estimate and the
choice of steps are found, too). SciPy's `Radau` is that method, but for the Jacobian, which it uses for several steps.

Where a state has its derivatives beside it, all of them share one Jacobian, that of the state (Maly and Petzold,
"Numerical methods and software for sensitivity analysis of differential-algebraic systems", 1996): what acts from the
state on them is right where the iteration ends, for it is in the slope.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symdiff.control.runge_kutta import LEAST_CHANGE, MOST_CHANGE, SAFETY, TINY, Control, Slope, Solver, State
from symdiff.control.scan import scan
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical
from symdiff.graph.dims import counted
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, constant, new_scope, variable
from symdiff.ops.contraction import tensordot
from symdiff.ops.elementwise import absolute, equal, fmax, logical_and, logical_not, logical_or, maximum, minimum, where
from symdiff.ops.index import Slice
from symdiff.ops.linalg import inv
from symdiff.ops.safe_places import closed_body
from symdiff.ops.shapes import expand_dims, eye, getitem, permute, reshape, stack

ITERATIONS = 6  # of Newton's method
ROOT = 6**0.5
TIMES = np.array([(4 - ROOT) / 10, (4 + ROOT) / 10, 1.0])  # of the stages, in a step
_POWERS = TIMES[:, None] ** np.arange(1, 4)
WEIGHTS = _POWERS / np.arange(1, 4) @ np.linalg.inv(TIMES[:, None] ** np.arange(3))  # of the slopes in the stages
POLYNOMIAL = np.linalg.inv(_POWERS)  # that goes through the stages, without a constant term: of them, its coefficients
GAMMA = 1 / (3 + 3 ** (2 / 3) - 3 ** (1 / 3))  # the real one of the eigenvalues of the weights
ERROR = GAMMA / 3 * np.array([-13 - 7 * ROOT, -13 + 7 * ROOT, -1.0])  # of the stages in the error


class Radau(Solver):
    """By Radau's method.

    Args:
        jacobian: of the slope with respect to the state, at a time and a state.
    """

    order = 3

    def __init__(self, slope: Slope, jacobian: Slope, start: Node, end: Node, y0: Node, control: Control) -> None:
        super().__init__(slope, start, end, y0, control)
        self.jacobian = jacobian
        eps = np.finfo(float).eps
        least = float(np.min(control.rtol))
        self.tolerance = max(10 * eps / least, min(0.03, least**0.5))  # of Newton's method, in units of that of a step

    def remembered(self, t: Node, y: Node, f: Node, dense: bool) -> Mapping[str, Node]:
        return {"t_old": t, "y_old": y, "error_old": constant(np.inf), **{f"c{j}": 0 * y for j in (1, 2, 3)}}

    def tried(self, now: State) -> tuple[State, dict[Node, str]]:
        t_new, h, least = self.ahead(now)
        jacobian = self.jacobian(now.t, now.y)
        scale = self.atol + absolute(now.y) * self.rtol
        stages, converged, count = self._stages(now, h, jacobian, scale)
        end = getitem(stages, index=(2, *(Slice(),) * now.y.ndim))
        y_new = now.y + end
        error = self._error(now, h, jacobian, stages, self.atol + maximum(absolute(now.y), absolute(y_new)) * self.rtol)
        taken = logical_and(converged, error < 1)
        following = absolute(h) * where(converged, self._change(now, h, error, count), 0.5)
        following = where(logical_or(taken, following >= least), following, float("nan"))
        f_new = self.slope(t_new, y_new)
        old = (now.t, now.y, now.f, *now.last)
        new = (t_new, y_new, f_new, now.t, now.y, maximum(error, TINY), *self._polynomial(stages))
        t, y, f, *last = (where(taken, a, b) for a, b in zip(new, old, strict=True))
        names = {
            y_new: "y_new",
            t_new: "t_new",
            error: "error",
            h: "step",
            scale: "scale",
            stages: "stages",
            f_new: "f_new",
        }
        return State(t, y, f, following, logical_not(taken), tuple(last)), names

    # ---------------------------------------------------------------------------------------------- Newton's method

    def _stages(self, now: State, h: Node, jacobian: Node, scale: Node) -> tuple[Node, Node, Node]:
        """The three stages, as what is added to the state; whether they were found; in how many iterations."""
        begin = (self._predicted(now, h), constant(0.0), constant(0), constant(False), constant(False))
        names = ("stages", "size", "count", "converged", "fails")
        scope = new_scope()
        z, size, count, converged, fails = (
            variable(name, Aval(x.dtype, x.shape), scope) for name, x in zip(names, begin, strict=True)
        )
        inverse = self._inverse(h, jacobian)
        change = self._solved(inverse, self._slopes(now, h, z) - z)
        size_new = self._norm(change / scale)
        rate = where(count > 0, size_new / where(equal(size, 0.0), 1.0, size), 1.0)
        left = where(rate < 1, rate / where(rate < 1, 1 - rate, 1.0) * size_new, np.inf)  # what is still to come
        hopeless = logical_and(count > 0, logical_not(left * rate ** (ITERATIONS - 1.0 - count) <= self.tolerance))
        done = logical_or(equal(size_new, 0.0), logical_and(count > 0, left < self.tolerance))
        after = (z + change, size_new, count + 1, logical_and(done, logical_not(hopeless)), hopeless)
        goes = logical_and(count < ITERATIONS, logical_not(logical_or(converged, fails)))
        body, fixed = closed_body([z, size, count, converged, fails], (*after, goes), {change: "change"})
        found = Loop(scan, canonical(body), begin, (), tuple(fixed), counted(), asks=True).node.parts
        return found[0], found[3], found[2]

    def _predicted(self, now: State, h: Node) -> Node:
        """The stages if the last step went on as it was."""
        y_old = now.last[1]
        return stack(*(y_old + self._rise(now, now.t + float(c) * h) - now.y for c in TIMES), axis=0)

    def _slopes(self, now: State, h: Node, stages: Node) -> Node:
        """What the slopes at the stages make of these."""
        at = [getitem(stages, index=(k, *(Slice(),) * now.y.ndim)) for k in range(3)]
        slopes = [self.slope(now.t + float(c) * h, now.y + z) for c, z in zip(TIMES, at, strict=True)]
        return tensordot(h * constant(WEIGHTS), stack(*slopes, axis=0), (1,), (0,))

    @staticmethod
    def _inverse(h: Node, jacobian: Node) -> Node:
        """Of the derivative of the equations of the three stages with respect to these."""
        n = jacobian.shape[0]
        weights, blocks = expand_dims(constant(WEIGHTS), axis=(1, 3)), expand_dims(h * jacobian, axis=(0, 2))
        matrix = eye(n=3 * n, dtype="float64") - reshape(weights * blocks, shape=(3 * n, 3 * n))
        return reshape(inv(matrix), shape=(3, n, 3, n))

    @staticmethod
    def _solved(inverse: Node, right: Node) -> Node:
        """The inverse times the stages: of each derivative that lies beside the state, too."""
        found = tensordot(inverse, right, (2, 3), (0, right.ndim - 1))
        return found if right.ndim == 2 else _last(found, 1)

    # --------------------------------------------------------------------------------------------- error and length

    def _error(self, now: State, h: Node, jacobian: Node, stages: Node, scale: Node) -> Node:
        n = jacobian.shape[0]
        smooth = inv(eye(n=n, dtype="float64") - GAMMA * h * jacobian)
        by_stages = tensordot(constant(ERROR), stages, (0,), (0,))

        def smoothed(f: Node) -> Node:
            found = tensordot(smooth, GAMMA * h * f + by_stages, (1,), (now.y.ndim - 1,))
            return found if now.y.ndim == 1 else _last(found, 0)

        first = smoothed(now.f)
        size = self._norm(first / scale)
        again = self._norm(smoothed(self.slope(now.t, now.y + first)) / scale)
        return where(logical_and(now.rejected, size >= 1), again, size)

    def _change(self, now: State, h: Node, error: Node, count: Node) -> Node:
        """How much longer the next step is, from two errors; less, the more iterations Newton's method takes."""
        t_old, _, error_old, *_ = now.last
        small = maximum(error, TINY)
        length = absolute(now.t - t_old)
        trend = absolute(h) / where(equal(length, 0.0), 1.0, length) * (error_old / small) ** 0.25
        safety = SAFETY * (2 * ITERATIONS + 1) / (2 * ITERATIONS + count)
        wanted = safety * where(error < 1, minimum(trend, 1.0), 1.0) * small**-0.25
        return minimum(fmax(wanted, LEAST_CHANGE), MOST_CHANGE)  # of nan the least

    # -------------------------------------------------------------------------------------------------- in between

    @staticmethod
    def _polynomial(stages: Node) -> list[Node]:
        found = tensordot(constant(POLYNOMIAL), stages, (1,), (0,))
        return [getitem(found, index=(k, *(Slice(),) * (stages.ndim - 1))) for k in range(3)]

    def between(self, now: State, goal: Node) -> Node:
        return now.last[1] + self._rise(now, goal)

    def _rise(self, now: State, goal: Node) -> Node:
        """From the beginning of the last step to a time."""
        t_old, _, _, first, second, third = now.last
        h = now.t - t_old
        x = (goal - t_old) / where(equal(h, 0.0), 1.0, h)
        return ((third * x + second) * x + first) * x


def _last(x: Node, axis: int) -> Node:
    """`x` with one of its axes behind the others."""
    return permute(x, axes=(*(k for k in range(x.ndim) if k != axis), axis))
