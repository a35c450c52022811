"""What differentiates: `grad`, `value_and_grad`, and `gradients` of symbolic values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.autodiff.reverse import Disconnected, gradients as build_gradients
from symdiff.derivatives import Gradient
from symdiff.errors import ArgumentError
from symdiff.frontends.layout import optional
from symdiff.frontends.symbol import Symbol
from symdiff.frontends.sympy import is_sympy
from symdiff.frontends.tracing import flatten
from symdiff.function import Function
from symdiff.graph.node import as_node
from symdiff.graph.tree import Tree
from symdiff.making import function, no_such_input
from symdiff.recipes import Traced, innermost, rebased

Wrt = str | int | tuple[str | int, ...] | list[str | int] | None


def grad(
    what: Any,
    /,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
    **options: Any,
) -> Function:
    """The gradient of a scalar-valued function, as a Function of the same arguments.

    Args:
        what: anything that `function` takes.
        wrt: a name or position, or a tuple of them (then a tuple comes back). Python functions: the first argument by
            default. Expressions: the only variable; if there are several, it must be given.
        disconnected: ``"zeros"`` or ``"raise"``, for a target that the value does not depend on.
        **options: those of `function` (name, inputs, static, exact, asserts, limits), and what is declared of inputs.

    Returns:
        A Function whose result has the shape and dtype of each target.

    Raises:
        ShapeError: if the value is not a scalar.
        ArgumentError: if `wrt` names no input.
        UndefinedGradientError: if a derivative on the way does not exist.

    The method is Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning", on graphs.

    >>> grad("x**2 + 3*x")(2.0)
    7.0
    """
    return _gradient(wrt, False, disconnected, function(what, **options))


def value_and_grad(
    what: Any,
    /,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
    **options: Any,
) -> Function:
    """Value and gradient at once: ``(value, gradient)``. Arguments and errors as for `grad`.

    >>> value_and_grad("x**2 + 3*x")(2.0)
    (10.0, 7.0)
    """
    return _gradient(wrt, True, disconnected, function(what, **options))


def _gradient(wrt: Wrt, with_value: bool, disconnected: Disconnected, base: Function) -> Function:
    if disconnected not in ("zeros", "raise"):
        raise ArgumentError(f'disconnected is "zeros" or "raise", not {disconnected!r}')
    base, wanted, single = positions(base, wrt)
    recipe = Gradient(base.recipe, wanted, single, with_value, disconnected)
    made = Function(recipe, base.specs)
    if made.is_declared():
        made.latest  # noqa: B018 (all types are known: errors come here, not at the first call)
    return made


def positions(base: Function, wrt: Wrt) -> tuple[Function, tuple[Tree, ...], bool]:
    """Which inputs `wrt` means, and whether it means one alone, so that no tuple comes back.

    The function comes back too: an argument with a default is one of its inputs if `wrt` names it.
    """
    single = not isinstance(wrt, (tuple, list))
    items = (_default_target(base),) if wrt is None else (wrt,) if single else tuple(wrt)  # type: ignore[arg-type]
    base = _including(base, items)
    return base, tuple(_position(base, item) for item in items), single


def _including(base: Function, items: Sequence[Any]) -> Function:
    """The function with the arguments that have a default and are differentiated among its inputs."""
    traced = innermost(base.recipe)
    if not isinstance(traced, Traced):
        return base
    names = [n for n in optional(traced.function) if n in items and n not in (*traced.also, *traced.static)]
    if not names:
        return base
    return Function(rebased(base.recipe, lambda t: replace(t, also=(*t.also, *names))), base.specs)


def _default_target(base: Function) -> int:
    traced = innermost(base.recipe)
    if isinstance(traced, Traced) and not base.inputs:
        raise ArgumentError(
            f"{traced.name} has no argument that must be given, so none is differentiated by default",
            help="name one: wrt=…; or wrap a function of *args: lambda x, y: f(x, y)",
        )
    if not base.inputs:
        raise ArgumentError("the expression has no variables, so there is nothing to differentiate with respect to")
    if isinstance(traced, Traced) or len(base.inputs) == 1:
        return 0
    raise ArgumentError(
        f"wrt is needed: the variables are {', '.join(base.inputs)}", help=f'for instance wrt="{base.inputs[0]}"'
    )


def _position(base: Function, item: Any) -> Tree:
    if isinstance(item, Symbol):
        item = item.node.name
    if is_sympy(item):
        item = _name_of_sympy(item)
    traced = innermost(base.recipe)
    if isinstance(traced, Traced):
        names = [name for name, _ in traced.plain.parameters]
        if isinstance(item, str) and item in names:
            return traced.plain.find(item)
        if isinstance(item, int) and traced.declared and -len(names) <= item < len(names):
            return traced.plain.parameters[item][1]
    if isinstance(item, str) and item in base.inputs:
        return base.inputs.index(item)
    if (
        isinstance(item, (int, np.integer))
        and not isinstance(item, bool)
        and -len(base.inputs) <= item < len(base.inputs)
    ):
        return int(item) % len(base.inputs)
    if isinstance(item, (int, np.integer)):
        raise ArgumentError(f"wrt={item} is no position of an input; the inputs are {', '.join(base.inputs)}")
    raise no_such_input(f"wrt={item!r} is not an input", item, base.inputs)


def _name_of_sympy(symbol: Any) -> str:
    from symdiff.frontends.sympy.names import python_name  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    return python_name(symbol)


def gradients(z: Any, wrt: Any, *, disconnected: Disconnected = "zeros") -> Any:
    """Symbolic derivatives of the symbolic scalar `z`, one for each of `wrt`.

    >>> from symdiff import var
    >>> x = var("x", "n")
    >>> gradients((x * x).sum(), [x])
    [<symbolic f64[n]>]
    """
    single = not isinstance(wrt, (tuple, list))
    targets = [as_node(x) for x in ([wrt] if single else wrt)]
    (root,), _ = flatten(z)
    found = [Symbol(node) for node in build_gradients(root, targets, disconnected=disconnected).grads]
    return found[0] if single else type(wrt)(found)
