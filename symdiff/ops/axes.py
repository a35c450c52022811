"""Axes, and shape rules shared by rows with an ``axis``."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

from symdiff.errors import ArgumentError, ShapeError, ValueDomainError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, size
from symdiff.graph.node import Node

Axes = tuple[int, ...]


def normalize_axis(axis: Any, ndim: int) -> int:
    """`axis` counted from the front; raises ValueDomainError if there is no such axis."""
    try:
        k = index(axis)
    except TypeError:
        raise ArgumentError(f"an axis must be an integer, not {axis!r}") from None
    if not -ndim <= k < ndim:
        axes = "no axes" if ndim == 0 else "one axis" if ndim == 1 else f"{ndim} axes"
        raise ValueDomainError(f"axis {k} is out of bounds for an array with {axes}", code="SD401")
    return k % ndim


def normalize_axes(axis: Any, ndim: int) -> Axes:
    """`axis` (None for all, an int, or several) as sorted non-negative ints."""
    if axis is None:
        return tuple(range(ndim))
    axes = [normalize_axis(a, ndim) for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    if len(set(axes)) != len(axes):
        raise ValueDomainError(f"an axis is repeated in {axis!r}")
    return tuple(sorted(axes))


def reduced_shape(shape: tuple[Dim, ...], axis: Axes, keepdims: bool) -> tuple[Dim, ...]:
    """The shape after a reduction over `axis`."""
    if keepdims:
        return tuple(1 if k in axis else dim for k, dim in enumerate(shape))
    return tuple(dim for k, dim in enumerate(shape) if k not in axis)


def reduction_infer(dtype: Callable[[Aval], Any], *, needs_elements: bool = False) -> Callable[..., Aval]:
    """The shape rule of a reduction with parameters `axis` and `keepdims`."""

    def infer(x: Aval, *, axis: Axes, keepdims: bool, **params: Any) -> Aval:
        if needs_elements and any(x.shape[k] == 0 for k in axis):
            raise ShapeError(f"{x!r} has no elements along axis {axis}, and the reduction has no value for none")
        return Aval(dtype(x), reduced_shape(x.shape, axis, keepdims), False)

    return infer


def axis_arguments(node: Node) -> str:
    """``, axis=0, keepdims=True``: what stands behind the operand of a reduction, defaults left out."""
    params = node.kwargs
    axis: Axes = params["axis"]
    text = "" if len(axis) == node.inputs[0].ndim else f", axis={axis[0] if len(axis) == 1 else axis}"
    return text + (", keepdims=True" if params.get("keepdims") else "")


def axis_letters(node: Node) -> str:
    """``i,j``: the indices that a sum over the node's axes runs through; i numbers the first axis of the operand."""
    axes: Axes = node.kwargs["axis"]
    return ",".join("ijklmnopqrst"[k % 12] for k in axes)


def length_template(dim: Dim) -> str:
    """How a template writes a length: an int literal, or a reference that the printer resolves."""
    return f"_length({str(dim)!r})" if isinstance(dim, Length) else str(dim)


def shape_template(shape: tuple[Dim, ...]) -> str:
    """How a template writes a shape."""
    inner = ", ".join(map(length_template, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def count(x: Node, axis: Axes) -> Dim:
    """The number of elements that a reduction of `x` over `axis` meets."""
    return size(x.shape[k] for k in axis)
