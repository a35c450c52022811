"""Functions of the neural-network literature, in terms of rows.

Goodfellow, Bengio and Courville, "Deep Learning", sections 6.3.1 to 6.3.3, and the papers named below.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from symdiff.errors import ShapeError
from symdiff.graph.dims import divide
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.selection import clip
from symdiff.ops.table import numpy_function


@numpy_function("softplus", "scipy.special.softplus")
def softplus(x: Any) -> Node:
    """log(1 + exp(x)), without overflow."""
    return ew.logaddexp(0.0, x)


@numpy_function("log_sigmoid", "scipy.special.log_expit", "log_expit")
def log_sigmoid(x: Any) -> Node:
    """log(sigmoid(x)), without overflow."""
    return -ew.logaddexp(0.0, -as_node(x))


@numpy_function("leaky_relu")
def leaky_relu(x: Any, slope: Any = 0.01) -> Node:
    """x where positive, else slope * x."""
    x = as_node(x)
    return ew.where(x > 0, x, slope * x)


@numpy_function("prelu")
def prelu(x: Any, slope: Any) -> Node:
    """Leaky relu whose slope is a parameter (He et al., 2015)."""
    return leaky_relu(x, as_node(slope))


@numpy_function("elu")
def elu(x: Any, alpha: Any = 1.0) -> Node:
    """x where positive, else alpha * (exp(x) - 1) (Clevert et al., 2015)."""
    x = as_node(x)
    # The inner where keeps exp from overflowing on the side that is not selected.
    return ew.where(x > 0, x, alpha * ew.expm1(ew.where(x > 0, 0, x)))


@numpy_function("gelu")
def gelu(x: Any, approximate: bool = False) -> Node:
    """x times the normal distribution function (Hendrycks and Gimpel, 2016); approximate=True uses tanh."""
    x = as_node(x)
    if approximate:
        return ew.multiply(0.5 * x, 1 + ew.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))
    return ew.multiply(0.5 * x, 1 + ew.erf(x / sqrt(2)))


@numpy_function("silu", None, "swish")
def silu(x: Any) -> Node:
    """x * sigmoid(x)."""
    x = as_node(x)
    return ew.multiply(x, ew.sigmoid(x))


@numpy_function("hard_tanh")
def hard_tanh(x: Any) -> Node:
    """clip(x, -1, 1)."""
    return clip(x, -1.0, 1.0)


@numpy_function("absolute_value_rectification")
def absolute_value_rectification(x: Any) -> Node:
    """|x|, the rectifier of Jarrett et al., 2009."""
    return ew.absolute(x)


@numpy_function("maxout")
def maxout(z: Any, k: int) -> Node:
    """Largest of each group of k neighbours along the last axis (Goodfellow et al., 2013)."""
    z = asarray(z)
    groups = divide(z.shape[-1], k) if z.ndim else None
    if groups is None:
        raise ShapeError(f"maxout of {z.aval!r}: the last length is not a multiple of {k}")
    grouped = shapes.reshape(z, shape=(*z.shape[:-1], groups, k))
    return red.amax(grouped, axis=(z.ndim,), keepdims=False)


@numpy_function("rbf")
def rbf(x: Any, centre: Any, sigma: Any = 1.0) -> Node:
    """Radial basis function exp(-|x - centre|**2 / sigma**2), the norm along the last axis."""
    gap = asarray(x) - asarray(centre)
    squared = red.sum_(ew.square(gap), axis=(gap.ndim - 1,), keepdims=False) if gap.ndim else ew.square(gap)
    return ew.exp(-squared / ew.square(sigma))
