"""check_grads: derivatives against finite differences, order by order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, GradientMismatchError, ShapeError
from symdiff.frontends.tables import as_array
from symdiff.functions.by_hand import Written, check_by_hand, targets_of
from symdiff.functions.function import Function
from symdiff.functions.grad import grad
from symdiff.functions.jacobian import jvp
from symdiff.functions.make import function
from symdiff.program.recipe import discrete_inputs

DOUBT = "at a kink, a tie or a pole a difference means nothing; try another point"


def check_grads(
    what: Any,
    args: Sequence[Any],
    *,
    wrt: Any = None,
    jac: Written = None,
    hess: Written = None,
    order: int = 2,
    rtol: float = 1e-5,
    step: float = 1e-5,
) -> float:
    """Compares derivatives with central differences; or derivatives that were written by hand with those of symdiff.

    Without `jac` and `hess` the function must give a number. At every order reverse mode and forward mode are both
    compared. Higher orders differentiate the derivative along a random direction, so that every order is one more
    derivative of a scalar.

    Args:
        what: anything that `function` takes.
        args: the point, inside the domain of everything in the function; containers are taken apart.
        wrt: names or positions of arguments; everything that is not a condition by default, the first argument where
            `jac` or `hess` is given.
        jac, hess: the derivative and the second derivatives, written by hand: functions of the same arguments, or
            formulas in their names. They are compared element by element with the Jacobian of symdiff, of values of any
            shape, and its Hessian, of a number. For several targets they give a block for each, or one array with all
            numbers in a row (as ``jacobian(…, stack=True)`` does).
        order: how many times to differentiate; not used where `jac` or `hess` is given.
        rtol: largest accepted error, relative to the size of the derivative (and to 1); of `jac` and `hess`, relative
            to each element, and 1e-9 of the largest one, or of the value.
        step: of the differences, relative to the size of the argument.

    Returns:
        The largest relative error found.

    Raises:
        GradientMismatchError: naming the input, the order and both numbers; of `jac` and `hess`, in how many elements
            they are wrong, where most, by how much, and what differences say there.
        ShapeError: if the result is no scalar; if `jac` or `hess` has another shape than the derivative.

    >>> check_grads("sin(x) * y", (0.3, 2.0)) < 1e-6
    True
    >>> check_grads("x * exp(-x)", [2.0], jac="exp(-x) * (1 + x)")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    symdiff.errors.GradientMismatchError: jac is wrong in its one element, most at d f / d x: it gives 0.40600585, ...
    SD552: `symdiff explain SD552` says more
    """
    args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    if jac is not None or hess is not None:
        return check_by_hand(what, args, wrt, jac, hess, rtol)
    f = function(what)
    f, values = f.laid_out(args, {})
    given = dict(zip(f.inputs, values, strict=True))
    given |= {n: as_array(f"argument {n!r}", x) for n, x in given.items() if not np.isscalar(x)}
    targets = [n for n in targets_of(f, wrt) if np.asarray(given[n]).dtype.kind != "b"]
    if wrt is None:
        targets = [n for n in targets if not _stays_integer(f, n, given[n])] or targets
    if not targets:
        raise ArgumentError("no argument is a real number, so there is nothing to check")
    point = {n: np.asarray(given[n], dtype=np.result_type(np.asarray(given[n]), np.float64)) for n in targets}
    given |= point
    rng = np.random.default_rng(0)
    worst = 0.0
    for level in range(1, order + 1):
        for name in targets:
            direction = rng.normal(size=point[name].shape)
            numeric = _difference(f, given, name, direction, step)
            reverse = np.sum(np.asarray(grad(f, name)(**given)) * direction)
            along = jvp(f, name)
            [tangent] = set(along.inputs).difference(f.inputs)
            forward = along(**given, **{tangent: direction})
            for mode, found in (("reverse", reverse), ("forward", forward)):
                exact = float(np.real(found))
                error = abs(exact - numeric) / max(1.0, abs(exact), abs(numeric))
                worst = max(worst, error)
                if not error <= rtol:
                    raise GradientMismatchError(
                        f"derivative of order {level} with respect to {name!r}, {mode} mode: {exact!r}, "
                        f"by differences {numeric!r}",
                        help=DOUBT,
                        code="SD551",
                    )
        if level < order:
            f, given = _along(f, targets, given, rng)
    return worst


def _stays_integer(f: Function, name: str, value: Any) -> bool:
    """Whether the program gets integers, labels or positions, where these are given."""
    return name in discrete_inputs(f.recipe) and not isinstance(value, int) and np.asarray(value).dtype.kind in "iu"


def _difference(f: Function, given: dict[str, Any], name: str, direction: np.ndarray, step: float) -> float:
    h = step * max(1.0, float(np.max(np.abs(given[name]), initial=0.0)))
    above = f(**{**given, name: given[name] + h * direction})
    below = f(**{**given, name: given[name] - h * direction})
    difference = np.asarray(above - below)
    if difference.ndim:
        raise ShapeError(
            f"only a scalar can be checked, the result has shape {difference.shape}",
            help="reduce it, for instance with sum(…) or mean(…)",
        )
    return float(np.real(difference)) / (2 * h)


def _along(
    f: Function, targets: Sequence[str], given: dict[str, Any], rng: np.random.Generator
) -> tuple[Function, dict[str, Any]]:
    """The derivative of `f` along random directions, as a scalar function."""
    along = jvp(f, tuple(targets))
    directions = [name for name in along.inputs if name not in f.inputs]
    return along, {**given, **{d: rng.normal(size=given[n].shape) for d, n in zip(directions, targets, strict=True)}}
