"""Products along axes. Their derivatives never divide by a factor, which may be zero."""

from __future__ import annotations

import numpy as np

from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, elements
from symdiff.ops.axes import Axes, axis_letters, count, reduction_infer
from symdiff.ops.batching import shift_axes
from symdiff.ops.families import primitive
from symdiff.ops.index import Slice
from symdiff.ops.links import along, reduces
from symdiff.ops.reductions import (
    call_or_method,
    keep,
    reduction_samples,
    running_spell,
    scan_infer,
    scan_samples,
    spread,
    sum_dtype,
)
from symdiff.ops.scans import adjoint
from symdiff.ops.shapes import concatenate, flip, getitem, permute, reshape


def _prod(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    """g times the product of all *other* elements: exclusive products from the left and from the right."""
    order = tuple(k for k in range(x.ndim) if k not in axis) + axis
    kept = tuple(x.shape[k] for k in order[: x.ndim - len(axis)])
    flat = reshape(permute(x, axes=order), shape=(*kept, count(x, axis)))
    last = flat.ndim - 1
    others = _products_before(flat, last) * flip(_products_before(flip(flat, axis=(last,)), last), axis=(last,))
    moved = reshape(others, shape=tuple(x.shape[k] for k in order))
    back = permute(moved, axes=tuple(order.index(k) for k in range(x.ndim)))
    return keep(g, axis, keepdims) * back


def _products_before(x: Node, axis: int) -> Node:
    one = spread(as_node(np.ones((), x.dtype)), tuple(1 if k == axis else n for k, n in enumerate(x.shape)))
    products = cumprod(concatenate(one, x, axis=axis), axis=axis)
    return getitem(products, index=tuple(Slice(None, -1) if k == axis else Slice() for k in range(x.ndim)))


def _before(y: Node, axis: int) -> Node:
    """Running products up to the element before: 1 before the first."""
    one = spread(as_node(np.ones((), y.dtype)), tuple(1 if k == axis else n for k, n in enumerate(y.shape)))
    index = tuple(Slice(None, -1) if k == axis else Slice() for k in range(y.ndim))
    return getitem(concatenate(one, y, axis=axis), index=index)


def _cumprod(g: Node, y: Node, x: Node, axis: int) -> Node:
    """What comes before an element, times ``s[i] = g[i] + x[i+1] * s[i+1]``: no division, so that any number of zeros,
    and derivatives of any order, are right."""
    return _before(y, axis) * adjoint(g, x, axis)


prod: Op = primitive("prod", np.prod, vjp=(_prod,), facts=array_bounds.factors, doc="Product of elements along axes; the derivative never divides.",
        links=reduces, infer=reduction_infer(sum_dtype), batch=shift_axes("axis"), spell=call_or_method("prod"), hint="prod", latex=lambda node: rf"\prod_{{{axis_letters(node)}}} #1",
        element=elements.reduced("*"), samples=reduction_samples())
cumprod: Op = primitive("cumprod", np.cumprod, vjp=(_cumprod,), facts=array_bounds.factors, doc="Running product along an axis; zeros are fine.",
        links=along(running=True), infer=scan_infer, batch=shift_axes("axis"), spell=lambda node: running_spell("cumprod", node), hint="cp", element=elements.running("y * a", "1"), samples=scan_samples)
