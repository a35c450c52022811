"""`external`: functions that cannot be traced, such as those of C, as parts of programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from typing import Any

import numpy as np

from symdiff.control.external import Call, Shaped, external as external_row, name_of
from symdiff.errors import ArgumentError, DTypeError, did_you_mean
from symdiff.frontends.carried import carried_as
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.frontends.tracing.by_name.custom import Rule, custom_gradient
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, as_node

STEP = 1e-20  # along the imaginary axis, where nothing is taken away that could cancel
WAYS = ("complex step", "differences")


def external(
    f: Callable[..., Any],
    shape: int | Sequence[int] | Shaped,
    *,
    dtype: Any = "float64",
    vjp: Rule | None = None,
    jvp: Rule | None = None,
    derivative: str | None = None,
) -> Callable[..., Any]:
    """`f`, which cannot be traced, as a part of programs: they call it as it is.

    Args:
        f: takes numbers and arrays, by position, and gives one number or array, the same one for the same arguments.
        shape: of the result: a shape, or a function of the arguments that gives it, ``lambda x, p: x.shape``.
        dtype: of the result.
        vjp, jvp: the derivative, as of `custom_gradient`. Rules are traced: one that cannot be traced is ``external``
            itself.
        derivative: where there is no rule, how the derivative is measured: by a "complex step", if `f` takes complex
            numbers and is analytic, or by "differences", central ones, which half of the digits are right of. Either
            calls `f` once or twice for each number in the arguments that is differentiated by.

    Returns:
        A function as `f`. On plain numbers and arrays it is `f` itself. In loops, branches and stacks it is called once
        for each step and item. A program that calls it cannot be saved to a file.

    Raises:
        ArgumentError: if `derivative` is no such way, or there is a rule, too; if arguments are containers.
        ShapeError: when it runs, if `f` gives an array of another shape.
        UndefinedGradientError: where it is differentiated and nothing says how.

    The complex step is that of Squire and Trapp, "Using complex variables to estimate derivatives", 1998.

    >>> import numpy as np, symdiff as sd
    >>> cube = sd.external(lambda x: x**3, shape=lambda x: x.shape, vjp=lambda g, y, x: 3 * x**2 * g)
    >>> sd.grad(lambda x: np.sum(cube(x)))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    if not callable(f):
        raise ArgumentError(f"external is given {f!r:.40}, and takes a function", help="sd.external(f, shape=…)")
    if derivative is not None and derivative not in WAYS:
        help = did_you_mean(derivative, WAYS, f"the ways are {WAYS[0]!r} and {WAYS[1]!r}", 0.4)
        raise ArgumentError(f"there is no derivative by {derivative!r:.40}", help=help)
    if derivative is not None and (vjp or jvp):
        raise ArgumentError("external is given a rule, and derivative=", help="one of the two says what it is")
    shaped = shape if callable(shape) else _constant(shape)
    called = name_of(f)
    missing = f"{called} cannot be looked into: vjp=, jvp= or derivative= of external says what its derivative is"
    opaque = _symbolic(f, shaped, np.dtype(dtype), missing, called)
    if derivative is not None:
        vjp, jvp = _measured(f, shaped, np.dtype(dtype), derivative, called)
    whole = custom_gradient(opaque, vjp, jvp) if vjp or jvp else opaque

    @wraps(f)
    def as_part(*args: Any, **kwargs: Any) -> Any:
        if not is_symbolic((args, kwargs)):
            return f(*args, **kwargs)
        if kwargs:
            raise ArgumentError(f"{called} takes its arguments by position in a program", help="without their names")
        for argument in args:
            if not isinstance(parts_of(argument)[1], int):
                raise ArgumentError(f"{called} is given a container in a program", help="its arrays, one by one")
        return whole(*args)

    return as_part


def _constant(shape: int | Sequence[int]) -> Shaped:
    fixed = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return lambda *args: fixed


def _symbolic(f: Callable[..., Any], shape: Shaped, dtype: np.dtype, why: str, called: str) -> Callable[..., Any]:
    """A call of `f` as a node."""
    call = Call(f, shape, dtype, why, called)

    def node_of(*args: Any) -> Any:
        nodes = [as_node(x) for x in args]
        operands = tuple(carried_as(x, Aval(x.dtype, x.shape)) for x in nodes)
        result = Aval(dtype, tuple(shape(*map(Symbol, operands))))
        return Symbol(Node(external_row, operands, (("call", call), ("result", result))))

    return node_of


def _measured(f: Callable[..., Any], shape: Shaped, dtype: np.dtype, way: str, called: str) -> tuple[Rule, Rule]:
    """Rules by Jacobians that are measured."""
    if dtype.kind != "f":
        raise DTypeError(f"{called} gives {dtype.name}, and derivatives are measured of floats", help="give a rule")
    measure = _by_complex_step if way == "complex step" else _by_differences
    why = f"the derivative of {called} is measured ({way}), and has no derivative itself"

    name = f"{called}_jacobian_by_{way.replace(' ', '_')}"

    @cache
    def by(k: int) -> Callable[..., Any]:
        return _symbolic(partial(measure, f, k), lambda *given: (*shape(*given), *given[k].shape), dtype, why, name)

    def jacobian(k: int, args: Sequence[Any]) -> Any:
        return by(k)(*args)

    def vjp(g: Any, y: Any, *args: Any) -> Any:
        found = [np.tensordot(g, jacobian(k, args), g.ndim) if is_float(x) else None for k, x in enumerate(args)]
        return found[0] if len(found) == 1 else tuple(found)

    def jvp(tangents: Sequence[Any], y: Any, *args: Any) -> Any:
        moving = [(k, t) for k, (t, x) in enumerate(zip(tangents, args, strict=True)) if is_float(x)]
        return sum(np.tensordot(jacobian(k, args), t, t.ndim) for k, t in moving)

    def is_float(x: Any) -> bool:
        return bool(as_node(x).aval.kind == "f")

    return vjp, jvp


def _by_complex_step(f: Callable[..., Any], k: int, *args: Any) -> Any:
    """The derivatives of `f` by the elements of argument `k`."""
    x = np.asarray(args[k])
    columns = []
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * STEP
        columns.append(np.imag(f(*args[:k], moved[()], *args[k + 1 :])) / STEP)
    return _side_by_side(columns, f, args, x.shape)


def _by_differences(f: Callable[..., Any], k: int, *args: Any) -> Any:
    """The derivatives of `f` by the elements of argument `k`."""
    x = np.asarray(args[k])
    columns = []
    for index in np.ndindex(x.shape):
        step = np.cbrt(np.finfo(x.dtype).eps) * max(1.0, abs(x[index]))
        ahead, behind = x.copy(), x.copy()
        ahead[index] += step
        behind[index] -= step
        apart = ahead[index] - behind[index]
        rise = np.asarray(f(*args[:k], ahead[()], *args[k + 1 :])) - f(*args[:k], behind[()], *args[k + 1 :])
        columns.append(rise / apart)
    return _side_by_side(columns, f, args, x.shape)


def _side_by_side(columns: Sequence[Any], f: Callable[..., Any], args: Sequence[Any], shape: tuple[int, ...]) -> Any:
    lead = np.shape(columns[0]) if columns else np.shape(f(*args))
    found = np.stack(columns, axis=-1) if columns else np.zeros((*lead, 0))
    return found.reshape((*lead, *shape))
