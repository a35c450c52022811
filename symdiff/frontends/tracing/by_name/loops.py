"""`fori_loop` and `while_loop`: loops of which only the last carried values are wanted."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from operator import index
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.by_name.carries import own, parts_of, settled, type_of
from symdiff.frontends.tracing.by_name.scan import scan
from symdiff.frontends.tracing.by_name.steps import Tracer, names_of
from symdiff.frontends.tracing.flow.branches import condition_of
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.dims import counted
from symdiff.graph.node import Node
from symdiff.graph.tree import Fixed


def fori_loop(lower: Any, upper: Any, body: Callable[[Any, Any], Any], init: Any) -> Any:
    """``for i in range(lower, upper): value = body(i, value)``, from ``value = init``; gives the last value.

    Args:
        lower, upper: whole numbers, that may be computed: the loop then asks in each step whether to go on.
        body: takes the number of the step and the carried values, gives the new carried values.
        init: a number, an array, or containers of such. A step keeps containers, shapes and dtypes.

    Raises:
        ShapeError, DTypeError, ArgumentError: if a step changes what it carries, or a bound is no whole number.
        UnsupportedError: if a step draws random numbers, or writes into arrays that are not its own.

    Derivatives of all orders exist in both modes, whether the bounds are known or not. The signature is that of
    `jax.lax.fori_loop`.

    >>> import symdiff as sd
    >>> def power(x, n):
    ...     return sd.fori_loop(0, n, lambda i, p: p * x, 1.0)
    >>> power(3.0, 4), float(sd.grad(power)(3.0, 4))
    (81.0, 108.0)
    """
    first, end = _bound(lower), _bound(upper)
    if is_symbolic((first, end)):
        return _while_below(first, end, body, init)
    numbers = np.arange(first, end)
    if not len(numbers):
        return init
    return scan(_Counted(body), init, numbers)[0]


class _Counted:
    """A step of `scan` that takes the number of the step."""

    def __init__(self, body: Callable[[Any, Any], Any]) -> None:
        self.body = body
        i, value = names_of(body, ("i", "h"))
        kind = inspect.Parameter.POSITIONAL_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in (value, i)])

    def __call__(self, carry: Any, i: Any) -> tuple[Any, None]:
        return followed(self.body)(i, carry), None


def _while_below(lower: Any, upper: Any, body: Callable[[Any, Any], Any], init: Any) -> Any:
    def step(carried: tuple[Any, Any]) -> tuple[Any, Any]:
        return carried[0] + 1, followed(body)(*carried)

    return while_loop(lambda carried: carried[0] < upper, step, (lower, init))[1]


def _bound(value: Any) -> Any:
    """A bound of a range, known or not."""
    if is_symbolic(value):
        if type_of(value).shape or type_of(value).kind not in "iu":
            raise ArgumentError(f"a bound of fori_loop is {type_of(value)!r}", help="a whole number: .astype(int)")
        return value
    try:
        return index(value)
    except TypeError:
        raise ArgumentError(f"a bound of fori_loop is {value!r:.40}", help="a whole number: int(…)") from None


def while_loop(condition: Callable[[Any], Any], body: Callable[[Any], Any], init: Any) -> Any:
    """``while condition(value): value = body(value)``, from ``value = init``; gives the last value.

    Args:
        condition: takes the carried values, gives a truth value.
        body: takes the carried values, gives new ones in the same containers, shapes and dtypes.
        init: a number, an array, or containers of such.

    Raises:
        ShapeError, DTypeError, ArgumentError: if a step changes what it carries, or the condition has axes.
        UnsupportedError: if a step draws random numbers, or writes into arrays that are not its own.

    Derivatives of all orders exist in both modes: the loop forward keeps what the way back reads, however many steps
    it takes. The signature is that of `jax.lax.while_loop`, which has none in reverse mode.

    >>> import symdiff as sd
    >>> def root(a):
    ...     return sd.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: 0.5 * (x + a / x), a)
    >>> round(root(4.0), 12), round(float(sd.grad(root)(4.0)), 12)
    (2.0, 0.25)
    """
    if not is_symbolic(init):
        numbers = _on_numbers(condition, body, init)
        if numbers is not None:
            return numbers[0]
    starts, tree = flatten(init)
    name, _ = names_of(body, ("h", "x"))
    found = Tracer("while_loop", partial(_once, condition, body), (name, "x")).step(starts, tree, [], Fixed(None))
    parts = found.loop(starts, (), counted())
    return filled(tree, parts[: len(starts)])


def _on_numbers(condition: Callable[[Any], Any], body: Callable[[Any], Any], init: Any) -> tuple[Any] | None:
    """The plain loop; None if it reads symbolic values around it."""
    values, tree = parts_of(init)
    types = [type_of(v) for v in values]
    carry = filled(tree, [own(v) for v in values])
    while True:
        goes = condition(carry)
        if is_symbolic(goes):
            return None
        if np.shape(goes):
            raise _has_axes(np.shape(goes))
        if not goes:
            return (carry,)
        carry = body(carry)
        if is_symbolic(carry):
            return None
        ends, end_tree = parts_of(carry)
        types = settled(types, tree, [type_of(v) for v in ends], end_tree, "while_loop")


def _once(
    condition: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any, _: Any
) -> tuple[Any, Any, tuple[Node, ...]]:
    goes = followed(condition)(carry)
    if not is_open(goes):
        raise ArgumentError(
            f"the condition of while_loop is {bool(goes)}, whatever is carried", help="ask for what the loop carries"
        )
    if goes.shape:
        raise _has_axes(goes.shape)
    return followed(body)(carry), None, (condition_of(goes),)


def _has_axes(shape: Any) -> ShapeError:
    return ShapeError(
        f"the condition of while_loop has the shape {tuple(shape)}, and must be one truth value",
        help="np.any(…) or np.all(…)",
    )
