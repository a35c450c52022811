"""check_grads: derivatives against finite differences, order by order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ShapeError, SymdiffError
from symdiff.functions.function import Function
from symdiff.functions.grad import grad
from symdiff.functions.jacobian import jvp
from symdiff.functions.make import function, no_such_input
from symdiff.graph.tree import leaves
from symdiff.program.recipe import discrete_inputs, parameters


class GradientMismatchError(SymdiffError, AssertionError):
    """A derivative that differs from finite differences."""


def check_grads(
    what: Any, args: Sequence[Any], *, wrt: Any = None, order: int = 2, rtol: float = 1e-5, step: float = 1e-5
) -> float:
    """Compares derivatives of a scalar-valued function with central differences, up to `order`.

    At every order reverse mode and forward mode are both compared. Higher orders differentiate the derivative along a
    random direction, so that every order is one more derivative of a scalar.

    Args:
        what: anything that `function` takes.
        args: the point, inside the domain of everything in the function; containers are taken apart.
        wrt: names or positions of arguments; everything that is not a condition by default.
        order: how many times to differentiate.
        rtol: largest accepted error, relative to the size of the derivative (and to 1).
        step: of the differences, relative to the size of the argument.

    Returns:
        The largest relative error found.

    Raises:
        GradientMismatchError: naming the input, the order and both numbers.
        ShapeError: if the result is no scalar.

    >>> check_grads("sin(x) * y", (0.3, 2.0)) < 1e-6
    True
    """
    f = function(what)
    f, values = f.laid_out(tuple(args) if isinstance(args, (tuple, list)) else (args,), {})
    given = dict(zip(f.inputs, values, strict=True))
    targets = [n for n in _targets(f, wrt) if np.asarray(given[n]).dtype.kind != "b"]
    if wrt is None:
        targets = [n for n in targets if not _stays_integer(f, n, given[n])] or targets
    point = {n: np.asarray(given[n], dtype=np.result_type(given[n], np.float64)) for n in targets}
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
                        f"by differences {numeric!r}"
                    )
        if level < order:
            f, given = _along(f, targets, given, rng)
    return worst


def _targets(f: Function, wrt: Any) -> Sequence[str]:
    """The inputs that `wrt` means, arguments that are containers with all that is in them."""
    if wrt is None:
        return f.inputs
    arguments = dict(parameters(f.recipe))
    found: list[str] = []
    for item in wrt if isinstance(wrt, (tuple, list)) else (wrt,):
        name = list(arguments)[item] if isinstance(item, int) and -len(arguments) <= item < len(arguments) else item
        if name in arguments:
            found += [f.inputs[k] for k in leaves(arguments[name])]
        elif name in f.inputs:
            found.append(name)
        else:
            raise no_such_input(f"wrt={item!r} is not an input", item, f.inputs)
    return found


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
