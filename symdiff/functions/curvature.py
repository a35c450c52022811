"""`value_grad_hessian`, and `partial`: derivatives of several orders at once, and of one order as it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.text.limits import Limits
from symdiff.functions.function import Function
from symdiff.functions.options import Options, Style, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.program.curvature import ValueGradHessian
from symdiff.program.jacobian import Jacobian
from symdiff.program.recipe import Recipe


def value_grad_hessian(
    what: Any,
    /,
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
    """Value, gradient and Hessian of a scalar-valued function: one program, in which what they share is computed once.

    Arguments and errors as for `hessian`.

    Returns:
        A Function of the same arguments that gives ``(value, gradient, hessian)``, the last two as `grad` and `hessian`
        give them.

    The method is that of `hessian`: Newton's method needs the three at the same point.

    >>> value_grad_hessian("x**3")(2.0)
    (8.0, 12.0, 12.0)
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, False, loops, output, style, memory)
    base, wanted, single = differentiable(what, wrt, options, declared(specs, more_specs))
    return derived(ValueGradHessian(base.recipe, wanted, single), base.specs, options)


def partial(
    what: Any,
    /,
    *wrt: str | int,
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
    """One partial derivative, of any order: ``partial(f, "x", "x", "y")`` is ∂³f / ∂y ∂x ∂x.

    Args:
        what: anything that `function` takes, of values of any shape.
        wrt: names or positions, one for each order, in the order of differentiation.
        name, inputs, static, exact, asserts, limits, target, style, loops, memory, output, specs, **more_specs: as for
            `jacobian`.

    Returns:
        A Function of the same arguments. Its result has the value's shape, followed by that of each of `wrt` in turn: a
        number for numbers, an array with three axes for the third derivatives of a scalar function of a vector.

    Raises:
        ArgumentError: if nothing is differentiated, or a name is none of an argument.
        Otherwise as for `jacobian`.

    Each order is a Jacobian of the one before (`jacobian`).

    >>> partial("x**3 * y", "x", "x", "y")(2.0, 5.0)
    12.0
    >>> partial("sum(x**3)", "x", "x", "x")([1.0, 2.0]).shape
    (2, 2, 2)
    """
    if not wrt:
        raise ArgumentError(
            "partial is with respect to nothing", help='name one argument for each order: "x", "x", "y"'
        )
    options = Options(
        name or "partial", inputs, static, exact, asserts, limits, target, False, loops, output, style, memory
    )
    base, wanted, _ = differentiable(what, tuple(wrt), options, declared(specs, more_specs))
    recipe: Recipe = base.recipe
    for tree in wanted:
        recipe = Jacobian(recipe, (tree,), True)
    return derived(recipe, base.specs, options)
