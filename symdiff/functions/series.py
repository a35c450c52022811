"""`taylor`, `series_solution`: Taylor coefficients of functions along a direction, and of differential equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.text.limits import Limits
from symdiff.functions.function import Function
from symdiff.functions.options import Options, Style, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.program.taylor import SeriesSolution, Taylor


def taylor(
    what: Any,
    /,
    order: int,
    wrt: Wrt = None,
    *,
    name: str | None = None,
    inputs: Any = None,
    static: str | Sequence[str] = (),
    exact: bool = False,
    asserts: bool = False,
    limits: Limits | None = None,
    target: str | None = None,
    style: Style = "readable",
    loops: Loops = "auto",
    memory: Memory = "keep",
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The Taylor coefficients of a function along a direction: those of ``f(x + t v)`` in powers of t, up to `order`.

    Args:
        what: anything that `function` takes, of real values of any shape.
        order: the highest power, 0 or more. Coefficient k, times k!, is the directional derivative of order k.
        wrt, name, inputs, static, exact, asserts, limits, target, style, loops, memory, output, specs, **more_specs: as
            for `jvp`.

    Returns:
        A Function of the same arguments, with a direction ``<name>_dot`` for each target, of its shape, right behind
        the last target. The result has an axis of the length ``order + 1`` in front of those of the value.

    Raises:
        ArgumentError: if `order` is no whole number, or negative.
        UnsupportedError: if a loop is kept on the way. Otherwise as for `jvp`.

    The method is Taylor arithmetic: Griewank and Walther, "Evaluating Derivatives", 2008, chapter 13. The cost grows
    with the square of the order, not exponentially as that of derivatives of derivatives does.

    >>> taylor("exp(2 * x)", 3)(0.0, 1.0)
    array([1.        , 2.        , 2.        , 1.33333333])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, False, loops, output, style, memory)
    highest = _order(order)
    base, wanted, _ = differentiable(what, wrt, options, declared(specs, more_specs))
    recipe = Taylor(base.recipe, wanted, order=highest)
    pairs = zip(recipe.directions, recipe.targets, strict=True)
    same = {direction: base.specs[x] for direction, x in pairs if x in base.specs}
    return derived(recipe, {**base.specs, **same}, options)


def series_solution(
    what: Any,
    /,
    order: int,
    wrt: str | int | None = None,
    *,
    name: str | None = None,
    inputs: Any = None,
    static: str | Sequence[str] = (),
    exact: bool = False,
    asserts: bool = False,
    limits: Limits | None = None,
    target: str | None = None,
    style: Style = "readable",
    loops: Loops = "auto",
    memory: Memory = "keep",
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The Taylor coefficients in time of the solution of ``dy/dt = f(y, …)``, up to `order`.

    Args:
        what: anything that `function` takes: the slope of y, in its shape. Time, if it occurs, is an element of y whose
            slope is 1.
        order: the highest power, 0 or more.
        wrt: the name or position of y, one array or number.
        name, inputs, static, exact, asserts, limits, target, style, loops, memory, specs, **more_specs: as for `jvp`.

    Returns:
        A Function of the same arguments, where y is what it is at time 0. The result has an axis of the length
        ``order + 1`` in front of those of y; ``sum(c[k] * h**k)`` is the solution at time h.

    Raises:
        ShapeError: if the slope has not the shape of y. Otherwise as for `taylor`.

    The method is that of `taylor`: coefficient k + 1 of y is coefficient k of its slope, divided by k + 1 (Griewank and
    Walther, section 13.2).

    >>> series_solution("-y", 3)(1.0)
    array([ 1.        , -1.        ,  0.5       , -0.16666667])
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, loops=loops, style=style, memory=memory)
    highest = _order(order)
    if isinstance(wrt, (tuple, list)):
        raise ArgumentError("a differential equation is of one array", help="several unknowns make one vector")
    base, wanted, _ = differentiable(what, wrt, options, declared(specs, more_specs))
    return derived(SeriesSolution(base.recipe, wanted, highest), base.specs, options)


def _order(order: Any) -> int:
    if not isinstance(order, (int, np.integer)) or isinstance(order, bool) or order < 0:
        raise ArgumentError(f"order is {order!r:.40}", help="the highest power, a whole number, 0 or more")
    return int(order)
