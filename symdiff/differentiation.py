"""What differentiates: `grad`, `value_and_grad`, and `gradients` of symbolic values."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.autodiff.reverse import Disconnected, gradients as build_gradients
from symdiff.derivatives import Gradient
from symdiff.errors import ArgumentError
from symdiff.frontends.tracing import Symbol, flatten
from symdiff.function import Function, make_function, no_such_input
from symdiff.graph.node import as_node
from symdiff.recipes import Traced, innermost

Wrt = str | int | tuple[str | int, ...] | list[str | int] | None


def grad(
    what: Any,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
    name: str | None = None,
    inputs: Any = None,
    exact: bool = False,
    **specs: Any,
) -> Function:
    """The gradient of a scalar-valued function, as a Function of the same arguments.

    Args:
        what: anything that `function` takes.
        wrt: a name or position, or a tuple of them (then a tuple comes back). Python functions: the first argument by
            default. Expressions: the only variable; if there are several, it must be given.
        disconnected: ``"zeros"`` or ``"raise"``, for a target that the value does not depend on.
        name, inputs, exact, **specs: as for `function`.

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
    return _gradient(wrt, False, disconnected, make_function(what, name, specs, inputs=inputs, exact=exact))


def value_and_grad(
    what: Any,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
    name: str | None = None,
    inputs: Any = None,
    exact: bool = False,
    **specs: Any,
) -> Function:
    """Value and gradient at once: ``(value, gradient)``. Arguments and errors as for `grad`.

    >>> value_and_grad("x**2 + 3*x")(2.0)
    (10.0, 7.0)
    """
    return _gradient(wrt, True, disconnected, make_function(what, name, specs, inputs=inputs, exact=exact))


def _gradient(wrt: Wrt, with_value: bool, disconnected: Disconnected, base: Function) -> Function:
    if disconnected not in ("zeros", "raise"):
        raise ArgumentError(f'disconnected is "zeros" or "raise", not {disconnected!r}')
    single = not isinstance(wrt, (tuple, list))
    items = (_default_target(base),) if wrt is None else (wrt,) if single else tuple(wrt)  # type: ignore[arg-type]
    positions = tuple(_position(base, item) for item in items)
    recipe = Gradient(base.recipe, positions, single, with_value, disconnected)
    made = Function(recipe, base.specs)
    if made.is_declared():
        made.latest  # noqa: B018 (all types are known: errors come here, not at the first call)
    return made


def _default_target(base: Function) -> int:
    if not base.inputs:
        raise ArgumentError("the expression has no variables, so there is nothing to differentiate with respect to")
    if isinstance(innermost(base.recipe), Traced) or len(base.inputs) == 1:
        return 0
    raise ArgumentError(
        f"wrt is needed: the variables are {', '.join(base.inputs)}", help=f'for instance wrt="{base.inputs[0]}"'
    )


def _position(base: Function, item: Any) -> int:
    if isinstance(item, Symbol):
        item = item.node.name
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
