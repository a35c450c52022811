"""What differentiates: `grad`, `value_and_grad`, and `gradients` of symbolic values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdiff.autodiff.reverse import Disconnected, gradients as build_gradients
from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.names import plain
from symdiff.frontends.text.limits import Limits
from symdiff.functions.function import Function
from symdiff.functions.options import Options, Style, declared
from symdiff.functions.targets import Wrt, derived, differentiable
from symdiff.graph.node import as_node
from symdiff.program.gradient import Gradient


def grad(
    what: Any,
    /,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
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
    has_aux: bool = False,
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """The gradient of a scalar-valued function, as a Function of the same arguments.

    Args:
        what: anything that `function` takes.
        wrt: a name or position, or a tuple of them (then a tuple comes back). Python functions: the first argument by
            default. Expressions: the only variable; if there are several, it must be given.
        disconnected: ``"zeros"`` or ``"raise"``, for a target that the value does not depend on.
        has_aux: the function returns ``(value, aux)``: only the value is differentiated, and aux, which may be any
            container of anything, comes beside, as ``(derivative, aux)``.
        output: which of several values that the function returns is differentiated: its key in a dict, the name of its
            field, or its position. The others are not computed.
        name, inputs, static, exact, asserts, limits, target, style, loops, memory, specs, **more_specs: as for
            `function`; the name is that of the result.

    Returns:
        A Function whose result has the shape and dtype of each target.

    Raises:
        ShapeError: if the value is not a scalar.
        ArgumentError: if `wrt` names no input.
        UndefinedGradientError: if a derivative on the way does not exist.

    The method is Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning", on graphs.

    >>> grad("x**2 + 3*x")(2.0)
    7.0
    >>> grad(lambda x: (x**2, {"root": x}), has_aux=True)(2.0)
    (4.0, {'root': 2.0})
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    return _gradient(what, wrt, False, disconnected, options, declared(specs, more_specs))


def value_and_grad(
    what: Any,
    /,
    wrt: Wrt = None,
    *,
    disconnected: Disconnected = "zeros",
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
    has_aux: bool = False,
    output: str | int | None = None,
    specs: Mapping[str, Any] | None = None,
    **more_specs: Any,
) -> Function:
    """Value and gradient at once: ``(value, gradient)``. Arguments and errors as for `grad`.

    With ``has_aux=True`` what comes beside the value stays there: ``((value, aux), gradient)``.

    >>> value_and_grad("x**2 + 3*x")(2.0)
    (10.0, 7.0)
    """
    options = Options(name, inputs, static, exact, asserts, limits, target, has_aux, loops, output, style, memory)
    return _gradient(what, wrt, True, disconnected, options, declared(specs, more_specs))


def _gradient(
    what: Any, wrt: Wrt, with_value: bool, disconnected: Disconnected, options: Options, specs: Mapping[str, Any]
) -> Function:
    disconnected = plain(disconnected)
    if disconnected not in ("zeros", "raise"):
        raise ArgumentError(f'disconnected is "zeros" or "raise", not {disconnected!r}')
    base, wanted, single = differentiable(what, wrt, options, specs)
    return derived(Gradient(base.recipe, wanted, single, with_value, disconnected), base.specs, options)


def gradients(z: Any, wrt: Any, *, disconnected: Disconnected = "zeros") -> Any:
    """Symbolic derivatives of the symbolic scalar `z`, one for each of `wrt`.

    >>> from symdiff import var
    >>> x = var("x", "n")
    >>> gradients((x * x).sum(), [x])
    [<symbolic f64[n]>]
    """
    from symdiff.frontends.tracing.symbol import Symbol  # noqa: PLC0415 (texts need no tracing)
    from symdiff.frontends.tracing.trace import flatten  # noqa: PLC0415

    single = not isinstance(wrt, (tuple, list))
    targets = [as_node(x) for x in ([wrt] if single else wrt)]
    (root,), _ = flatten(z)
    found = [Symbol(node) for node in build_gradients(root, targets, disconnected=disconnected).grads]
    return found[0] if single else type(wrt)(found)
