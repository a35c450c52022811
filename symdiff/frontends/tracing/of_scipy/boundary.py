"""scipy.integrate.solve_bvp inside of a function that is traced: the equations of its mesh, differentiated implicitly.

The solution is a cubic between the nodes of a mesh, with the slopes that the equation has at the nodes and halfway
(Kierzenka and Shampine, "A BVP solver based on residual control and the MATLAB PSE", 2001; SciPy's is that method, too).
SciPy adds nodes where what the equation leaves is larger than `tol`. How many a program needs is not known when it is
written: here the given mesh is made finer evenly, and a solution that leaves more than `tol` raises.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError
from symdiff.frontends.tracing.by_name.loops import while_loop
from symdiff.frontends.tracing.by_name.solving import check_found, check_holds, differentiated, equation, newton_step
from symdiff.frontends.tracing.flow.guards import noting
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.differential import Steps, array_of
from symdiff.frontends.tracing.of_scipy.found import Found
from symdiff.frontends.tracing.of_scipy.interpolate import hermite_spline
from symdiff.frontends.tracing.of_scipy.table import functional, refuse
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.node import as_node

Slope = Callable[..., Any]
WHO = "scipy.integrate.solve_bvp"
FEWEST, MOST = 60, 400  # intervals of the mesh
ITERATIONS, HALVINGS = 60, 10
EXACT = 1e-12
# Where the residual is measured, from the middle of an interval: it is 0 at ends and middle.
LOBATTO = (3 / 7) ** 0.5 / 2


@functional(WHO)
def solve_bvp(
    original: Slope, fun: Slope, bc: Slope, x: Any, y: Any, p: Any = None, S: Any = None, fun_jac: Any = None,
    bc_jac: Any = None, tol: Any = 1e-3, max_nodes: Any = 1000, verbose: int = 0, bc_tol: Any = None,
) -> Any:  # fmt: skip
    """The solution of a boundary value problem, and its parameters."""
    rest = () if p is None else (p,)
    if not is_symbolic((x, y, rest)) and np.ndim(y) == 2:
        mesh, start = np.array(x, float), np.array(y, float)
        with noting():
            asked = followed(fun)(mesh, start, *rest), followed(bc)(start[:, 0], start[:, -1], *rest)
        if not is_symbolic(asked):
            return original(fun, bc, x, y, p, S, fun_jac, bc_jac, tol, max_nodes, verbose, bc_tol)
    refuse(WHO, "begin a little behind the singular point, with what the series of the solution says there", S=S)
    if is_symbolic(tol) or not tol > 0:
        raise ArgumentError(f"{WHO} with tol={tol!r:.40}", help="give it as a number above 0")
    problem = _Problem.of(fun, bc, x, y, p, tol)
    unknowns = differentiated(problem.left, problem.solved(), relative=False)
    values, parameters = problem.parted(unknowns)
    slopes = problem.slopes(problem.mesh, values, parameters)
    check_holds(
        np.max(problem.residuals(values, parameters, slopes)) <= tol,
        f"solve_bvp needs a finer mesh: what the equation leaves is above tol={tol:g}",
        "give the nodes x and values y of the solution that SciPy finds for numbers",
    )
    n = values.shape[0]
    return Found(
        sol=hermite_spline(problem.mesh, values, slopes, axis=1), p=None if p is None else parameters,
        y=Steps((n,), values[:, 0], values[:, -1]), yp=Steps((n,), slopes[:, 0], slopes[:, -1]),
        x=Steps((), problem.mesh[0], problem.mesh[-1]), message="The algorithm converged to the desired accuracy.",
    )  # fmt: skip


class _Problem(NamedTuple):
    """What is to be solved, for values at the nodes of a mesh and parameters, in one vector."""

    fun: Slope
    bc: Slope
    mesh: Any
    start: Any
    parameters: Any  # where they are searched from; None if there are none

    @classmethod
    def of(cls, fun: Slope, bc: Slope, x: Any, y: Any, p: Any, tol: float) -> _Problem:
        """With a mesh that is fine enough for most."""
        x, y = array_of(x), array_of(y)
        if np.ndim(x) != 1 or np.ndim(y) != 2 or y.shape[1] != x.shape[0] or not isinstance(x.shape[0], int):
            raise ShapeError(f"{WHO} with a mesh of shape {np.shape(x)} and values of shape {np.shape(y)}",
                             help="x is a vector, and y has a row for each unknown, with a value at each x")  # fmt: skip
        if as_node(y).aval.kind == "c":
            raise DTypeError(f"{WHO} begins with complex numbers", help="take real and imaginary parts apart")
        wanted = min(MOST, ceil(FEWEST * (1e-3 / min(tol, 1e-3)) ** (1 / 3)))
        parts = ceil(wanted / (x.shape[0] - 1))
        start = None if p is None else np.atleast_1d(array_of(p))
        return cls(followed(fun), followed(bc), _finer(x, parts), _finer(y, parts), start)

    def parted(self, unknowns: Any) -> tuple[Any, Any]:
        """The values at the nodes, and the parameters."""
        n, m = self.start.shape
        return np.reshape(unknowns[: n * m], (n, m)), unknowns[n * m :]

    def slopes(self, x: Any, y: Any, parameters: Any) -> Any:
        """What the equation says."""
        given = () if self.parameters is None else (parameters,)
        return _rows(self.fun(x, y, *given), y)

    def _within(self, y: Any, slopes: Any, parameters: Any) -> tuple[Any, Any]:
        """The slopes halfway, and how far the rise over each interval is from what the slopes say."""
        h = np.diff(self.mesh)
        x_mid = self.mesh[:-1] + h / 2
        y_mid = (y[:, 1:] + y[:, :-1]) / 2 - h / 8 * (slopes[:, 1:] - slopes[:, :-1])
        middle = self.slopes(x_mid, y_mid, parameters)
        return middle, np.diff(y, axis=1) - h / 6 * (slopes[:, :-1] + slopes[:, 1:] + 4 * middle)

    def left(self, unknowns: Any) -> Any:
        """What is zero at the solution."""
        y, parameters = self.parted(unknowns)
        _, rises = self._within(y, self.slopes(self.mesh, y, parameters), parameters)
        given = () if self.parameters is None else (parameters,)
        ends = np.ravel(array_of(self.bc(y[:, 0], y[:, -1], *given)))
        return np.concatenate([np.ravel(rises), ends])

    def residuals(self, y: Any, parameters: Any, slopes: Any) -> Any:
        """Of each interval the root of the mean square of what the equation leaves, in units of 1 + its slope."""
        h = np.diff(self.mesh)
        rise = np.diff(y, axis=1) / h
        total: Any = 0.0
        for s in (0.5 - LOBATTO, 0.5 + LOBATTO):
            bend = slopes[:, :-1] + slopes[:, 1:] - 2 * rise
            value = y[:, :-1] + h * s * (slopes[:, :-1] + s * ((rise - slopes[:, :-1]) - (1 - s) * bend))
            slope = slopes[:, :-1] + s * (2 * (rise - slopes[:, :-1]) + (3 * s - 2) * bend)
            asked = self.slopes(self.mesh[:-1] + s * h, value, parameters)
            total = total + np.sum(((slope - asked) / (1 + np.abs(asked))) ** 2, axis=0)
        return np.sqrt(49 / 180 * total)

    def solved(self) -> Any:
        """The unknowns, by Newton's method with steps that are shortened until they help."""
        begin = np.ravel(self.start + np.zeros(self.start.shape))
        begin = begin if self.parameters is None else np.concatenate([begin, self.parameters])
        _, tree = flatten(begin)
        residual = equation(self.left, [as_node(begin).aval], tree, relative=False)

        def goes(s: _Search) -> Any:
            return np.logical_and(s.count < ITERATIONS, np.logical_not(s.change <= EXACT))

        def better(s: _Search) -> _Search:
            step = newton_step(residual, s.x, tree) - s.x
            x = _shortened(self.left, s.x, step)
            return _Search(x, np.max(np.abs(x - s.x) / (1 + np.abs(x))), s.count + 1)

        found = while_loop(goes, better, _Search(begin, np.inf + 0 * begin[0], 0))
        check_found(found.change <= EXACT, "solve_bvp", ITERATIONS)
        return found.x


class _Search(NamedTuple):
    x: Any
    change: Any
    count: Any


class _Share(NamedTuple):
    share: Any
    size: Any
    count: Any


def _shortened(left: Slope, x: Any, step: Any) -> Any:
    """`x` moved by as much of a step as makes what is left smaller; what rounding adds is no growth."""
    before = np.sum(left(x) ** 2) * (1 + 1e-8) + 1e-20

    def goes(s: _Share) -> Any:
        return np.logical_and(s.count < HALVINGS, np.logical_not(s.size <= before))

    def halve(s: _Share) -> _Share:
        return _Share(s.share / 2, np.sum(left(x + s.share / 2 * step) ** 2), s.count + 1)

    one = 1.0 + 0 * before
    return x + while_loop(goes, halve, _Share(one, np.sum(left(x + one * step) ** 2), 0)).share * step


def _finer(x: Any, parts: int) -> Any:
    """What lies on the straight lines between the elements of the last axis, `parts` for each of them."""
    if parts == 1:
        return x
    between = x[..., :-1, None] + np.diff(x, axis=-1)[..., None] * (np.arange(parts) / parts)
    lead = x.shape[:-1]
    return np.concatenate([np.reshape(between, (*lead, (x.shape[-1] - 1) * parts)), x[..., -1:]], axis=-1)


def _rows(slopes: Any, like: Any) -> Any:
    """Slopes as an array; what a row says once holds at all nodes."""
    if isinstance(slopes, (list, tuple)):
        slopes = np.stack([row + 0 * like[0] for row in slopes])
    if slopes.shape != like.shape:
        raise ShapeError(
            f"the slopes have shape {slopes.shape}, and the values {like.shape}", help="a row for each unknown"
        )
    return slopes
