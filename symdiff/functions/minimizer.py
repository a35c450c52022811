"""`minimizer`: where a function is smallest, by Newton's method, differentiated by its gradient being zero there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from symdiff.autodiff.reverse import gradients
from symdiff.errors import ShapeError
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.by_name.branch import branch
from symdiff.frontends.tracing.by_name.carries import parts_of, type_of
from symdiff.frontends.tracing.by_name.loops import while_loop
from symdiff.frontends.tracing.by_name.solving import begin, check_found, differentiated, equation, newton_step, search
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.functions.make import make_function
from symdiff.functions.options import Options
from symdiff.graph.node import as_node
from symdiff.graph.tree import Tree

Loss = Callable[..., Any]
HALVINGS = 50
ENOUGH = 1e-4  # of the decrease that the slope promises


def minimizer(
    f: Loss,
    x0: Any,
    /,
    *args: Any,
    solve: Callable[..., Any] | None = None,
    tolerance: float = 1e-12,
    steps: int = 100,
) -> Any:
    """The x at which ``f(x, *args)`` is smallest, near `x0`, found by Newton's method with halved steps.

    The derivative is that of the equation ``gradient(f) = 0``, by the implicit function theorem: one linear solve with
    the Hessian at the solution, however it was found. It is right to any order, in both modes, with respect to `args`
    and to whatever else `f` reads; with respect to `x0` it is zero.

    Args:
        f: takes x, and `args`; gives a number. Its Hessian at the solution must be regular.
        x0: a number, an array, or containers of such.
        *args: what else `f` takes.
        solve: another method, called as ``solve(f, x0, *args)``; SciPy's serve outside of traced functions.
        tolerance: the search ends where a step changes no number by more than that, compared with 1 + its size.
        steps: so many are taken at most.

    Raises:
        ValueDomainError: if the search does not end; a traced function raises a ValueError when it runs.
        numpy.linalg.LinAlgError: where the Hessian is singular.
        ShapeError: if `f` gives an array. DTypeError, ArgumentError: as `root`.

    A step that does not decrease the function enough is halved; where Newton's direction leads upwards, the gradient's
    is taken (Nocedal and Wright, "Numerical Optimization", 2006, algorithms 3.1 and 3.2).

    >>> import numpy as np, symdiff as sd
    >>> def nearest(t):  # to t, on a parabola
    ...     return sd.minimizer(lambda x: (x - t) ** 2 + (x**2 - 1) ** 2, 1.0)
    >>> slope = (nearest(2.0 + 1e-6) - nearest(2.0 - 1e-6)) / 2e-6
    >>> bool(abs(sd.grad(nearest)(2.0) - slope) < 1e-8)
    True
    """
    x0 = begin("minimizer", f, x0, tolerance, steps)
    if solve is None and not is_symbolic((x0, args, followed(f)(x0, *args))):
        found = make_function(lambda given: _newton(f, given[0], given[1], tolerance, steps), Options(exact=True), {})
        x, is_found = found((x0, args))
        check_found(is_found, "minimizer", steps)
        return x
    if solve is None:
        x, is_found = _newton(f, x0, args, tolerance, steps)
        check_found(is_found, "minimizer", steps)
    else:
        x = followed(solve)(f, x0, *args)
    return differentiated(_slope(f, args), x, relative=False)


def _slope(f: Loss, args: Sequence[Any]) -> Callable[[Any], Any]:
    """The gradient, in the containers of x."""

    def slope(x: Any) -> Any:
        values, tree = parts_of(x)
        value = followed(f)(x, *args)
        if np.shape(value):
            raise ShapeError(
                f"minimizer takes a function that gives a number, and this one gives {type_of(value)!r}",
                help="reduce it, for instance with np.sum",
            )
        [z], _ = flatten(value)
        nodes = [as_node(v) for v in values]
        return filled(tree, [Symbol(g) for g in gradients(z, nodes).grads])

    return slope


class _Line(NamedTuple):
    """How far along a direction a step goes."""

    share: Any
    value: Any
    count: Any


def _newton(f: Loss, x0: Any, args: Sequence[Any], tolerance: float, steps: int) -> tuple[Any, Any]:
    values, tree = parts_of(x0)
    types = [type_of(v) for v in values]
    slope = _slope(f, args)
    residual = equation(slope, types, tree, relative=False)
    noise = 8 * float(np.finfo(np.result_type(*(t.dtype for t in types))).eps)

    def better(x: Any) -> Any:
        ahead = newton_step(residual, x, tree)
        (old, _), (new, _) = parts_of(x), parts_of(ahead)
        ups = parts_of(slope(filled(tree, [Symbol(as_node(v)) for v in old])))[0]
        newton = [b - a for a, b in zip(old, new, strict=True)]
        is_down = _inner(ups, newton) < 0
        direction = [
            branch(is_down, lambda d=d: 1.0 * d, lambda g=g: -1.0 * g) for d, g in zip(newton, ups, strict=True)
        ]
        return _on_a_line(lambda x: followed(f)(x, *args), old, direction, tree, _inner(ups, direction), noise)

    return search(better, x0, better(x0), tolerance, steps)


def _inner(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return reduce(add, [np.sum(a * b) for a, b in zip(left, right, strict=True)])


def _on_a_line(f: Loss, x: Sequence[Any], direction: Sequence[Any], tree: Tree, slope: Any, noise: float) -> Any:
    """x moved along a direction, as far as that decreases f enough; what rounding adds is no increase."""

    def at(share: Any) -> Any:
        return filled(tree, [a + share * d for a, d in zip(x, direction, strict=True)])

    before = f(filled(tree, list(x)))
    slack = before + noise * (1 + abs(before))

    def goes(s: _Line) -> Any:
        return np.logical_and(s.count < HALVINGS, s.value > slack + ENOUGH * s.share * slope)

    def halve(s: _Line) -> _Line:
        return _Line(s.share / 2, f(at(s.share / 2)), s.count + 1)

    one = 1.0 + 0 * slope
    return at(while_loop(goes, halve, _Line(one, f(at(one)), 0)).share)
