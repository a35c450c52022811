"""Convolution, correlation, and interpolation on a line.

The derivative of a convolution is a correlation, and the other way round. `convolve` and `correlate` slide their second
operand over the first, which must not be the shorter one in mode "valid".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape, nominal_size, size
from symdiff.graph.element import Element, Elements
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, meeting
from symdiff.ops.axes import count, length_template
from symdiff.ops.batching import is_stacked, stacked
from symdiff.ops.contraction import einsum
from symdiff.ops.elementwise import (
    clip,
    conjugate,
    greater_equal,
    less_equal,
    logical_and,
    maximum,
    minimum,
    subtract,
    where,
)
from symdiff.ops.families import linear, primitive
from symdiff.ops.gathering import pick, scatter_add, take_along
from symdiff.ops.index import Hole, Slice
from symdiff.ops.inference import common_dtype
from symdiff.ops.links import Known, Links, lengths, per_element
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.shapes import expand_dims, flip, getitem, pad, reshape
from symdiff.ops.sorting import searchsorted
from symdiff.ops.windows import windows_behind

# ----------------------------------------------------------------------------------------------------------- convolution


def _slide_infer(a: Aval, v: Aval, mode: str) -> Aval:
    if a.ndim != 1 or v.ndim != 1:
        raise ShapeError(f"convolve({a!r}, {v!r}): both must be vectors", help="np.apply_along_axis takes rows or columns")
    n, m = a.shape[0], v.shape[0]
    if 0 in (n, m):
        raise ShapeError(f"convolve({a!r}, {v!r}): neither may be empty")
    length: Dim = n + (m - 1) if mode == "full" else n - (m - 1)
    return Aval(common_dtype((a, v)), (length,))


def _correlate_infer(a: Aval, v: Aval, mode: str) -> Aval:
    if v.kind == "c":
        raise DTypeError(f"correlate({a!r}, {v!r}): NumPy takes the conjugate of v", help="write np.convolve(a, np.conj(v)[::-1])")
    return _slide_infer(a, v, mode)


def _slide_spell(name: str, default: str) -> Any:
    return lambda node: f"np.{name}(a, b{'' if node.kwargs['mode'] == default else ', mode=' + repr(node.kwargs['mode'])})"


def _slide_element(node: Node) -> Elements:
    """A sum along the second operand, of those elements of the first that there are."""
    (n,), (m,) = (x.shape for x in node.inputs)
    full, last = node.kwargs["mode"] == "full", length_template(m - 1)
    if node.op is convolve:
        place, above = ("i0 - k0", "i0 >= k0") if full else (f"i0 + {last} - k0", "")
    else:
        place, above = (f"i0 + k0 - {last}", f"i0 + k0 >= {last}") if full else ("i0 + k0", "")
    text = f"a[{place}] * b[k0]"
    return (Element(f"({text} if {place} < {length_template(n)} else 0) if {above} else 0" if full else text, (m,)),)


def _flipped(x: Node) -> Node:
    return flip(x, axis=(x.ndim - 1,))


def slide(a: Node, v: Node, mode: str) -> Node:
    """The sums of a[i + j] * v[j], without the conjugate that NumPy's correlate takes."""
    return correlate(a, v, mode=mode) if v.aval.kind != "c" else convolve(a, _flipped(v), mode=mode)


def _convolve_a(g: Node, a: Node, v: Node, mode: str) -> Node:
    return slide(g, v, "valid" if mode == "full" else "full")


def _convolve_v(g: Node, a: Node, v: Node, mode: str) -> Node:
    return slide(g, a, "valid") if mode == "full" else convolve(_flipped(a), g, mode="valid")


def _correlate_a(g: Node, a: Node, v: Node, mode: str) -> Node:
    return convolve(g, v, mode="valid" if mode == "full" else "full")


def _correlate_v(g: Node, a: Node, v: Node, mode: str) -> Node:
    return _flipped(slide(g, a, "valid")) if mode == "full" else slide(a, g, "valid")


def _slide_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """NumPy takes two vectors: the windows of the first are multiplied by the second.

    Zeros stand around the longer one: data have gaps more often than what slides over them.
    """
    (a, v), b, full = inputs, len(lead), node.kwargs["mode"] == "full"
    kernel = _flipped(v) if node.op is convolve else conjugate(v) if v.aval.kind == "c" else v
    of_stack = "".join(chr(ord("a") + k) for k in range(b))
    left, right = (of_stack if is_stacked(node, inputs, i) else "" for i in (0, 1))
    if full and nominal_size(v.shape[-1:]) > nominal_size(a.shape[-1:]):
        a, kernel, left, right = _flipped(kernel), _flipped(a), right, left
    m = kernel.shape[-1]
    padded = pad(a, widths=((0, 0),) * (a.ndim - 1) + ((m - 1, m - 1),)) if full else a
    parts = windows_behind(padded, m, a.ndim - 1)
    return einsum(parts, kernel, subscripts=f"{left}yz,{right}z->{of_stack}y")


def _slide_samples(rng: np.random.Generator) -> Any:
    for n, m, mode in [(5, 3, "full"), (2, 4, "full"), (5, 3, "valid"), (3, 3, "valid"), (1, 1, "full")]:
        yield (rng.normal(size=n), rng.normal(size=m)), {"mode": mode}


def _slide_flops(node: Node) -> Dim:
    a, v = node.inputs
    return 2 * size(a.shape) * size(v.shape)


def _slide_links(i: int, node: Node, known: Known) -> Links:
    """Which element of the sums has the product of a[j] and v[k]."""
    n, m = (lengths(x)[0] for x in node.inputs)
    j, k = np.indices((n, m))
    full = node.kwargs["mode"] == "full"
    results = j + k - (0 if full else m - 1) if node.op is convolve else j - k + (m - 1 if full else 0)
    there = (results >= 0) & (results < lengths(node)[0])
    return Links(results[there], (j, k)[i][there])


convolve: Op = linear("convolve", np.convolve, transpose=(_convolve_a, _convolve_v), facts=array_bounds.multilinear, doc="Sums of a[k - j] * v[j]: polynomials multiplied.",
        meets=meeting.met, links=_slide_links, infer=_slide_infer, batch=_slide_batch, flops=_slide_flops, spell=_slide_spell("convolve", "full"), element=_slide_element, hint="conv", samples=_slide_samples)
correlate: Op = linear("correlate", np.correlate, transpose=(_correlate_a, _correlate_v), facts=array_bounds.multilinear, doc="Sums of a[k + j] * v[j].",
        meets=meeting.met, links=_slide_links, infer=_correlate_infer, batch=_slide_batch, flops=_slide_flops, spell=_slide_spell("correlate", "valid"), element=_slide_element, hint="corr", samples=_slide_samples)


# --------------------------------------------------------------------------------------------------------- interpolation


def _interp_infer(x: Aval, xp: Aval, fp: Aval) -> Aval:
    if xp.ndim != 1 or xp.shape != fp.shape:
        raise ShapeError(f"interp({x!r}, {xp!r}, {fp!r}): xp and fp must be vectors of one length")
    if "c" in (x.kind, xp.kind):
        raise DTypeError(f"interp({x!r}, {xp!r}, {fp!r}): only fp may be complex")
    if xp.shape[0] == 0:
        raise ShapeError(f"interp({x!r}, {xp!r}, {fp!r}): there are no points")
    return Aval(np.complex128 if fp.kind == "c" else np.float64, x.shape)


def _cell(x: Node, xp: Node) -> Node:
    """The k for which xp[k] <= x < xp[k + 1], the first or last cell where x lies outside."""
    k = searchsorted(xp, x, side="right") - 1
    last = as_node(xp.shape[0]) - 2 if not isinstance(xp.shape[0], int) else xp.shape[0] - 2
    return minimum(maximum(k, 0), last)


def _slope(x: Node, xp: Node, fp: Node) -> Node:
    """Of the cell to the right of x; 0 outside of the points."""
    k = _cell(x, xp)
    slope = (pick(fp, k + 1, 0) - pick(fp, k, 0)) / (pick(xp, k + 1, 0) - pick(xp, k, 0))
    first, last = (getitem(xp, index=(i,)) for i in (0, -1))
    return where(logical_and(greater_equal(x, first), less_equal(x, last)), slope, 0)


def _shared(g: Node, x: Node, xp: Node) -> Node:
    """Each element of `g` shared by the two ends of its cell: the transpose of interpolation."""
    k = _cell(x, xp)
    left = pick(xp, k, 0)
    t = clip((x - left) / (pick(xp, k + 1, 0) - left), 0.0, 1.0)
    ends = (subtract(1, t) * g, k), (t * g, k + 1)
    lower, upper = (scatter_add(part, at, shape=xp.shape, index=(Hole(1),)) for part, at in ends)
    return lower + upper


def _alone(xp: Node) -> bool:
    return xp.shape[0] == 1


def _interp_x(g: Node, y: Node, x: Node, xp: Node, fp: Node) -> Node | None:
    return None if _alone(xp) else g * _slope(x, xp, fp)


def _interp_xp(g: Node, y: Node, x: Node, xp: Node, fp: Node) -> Node | None:
    return None if _alone(xp) else -_shared(g * _slope(x, xp, fp), x, xp)


def _interp_fp(g: Node, y: Node, x: Node, xp: Node, fp: Node) -> Node:
    if _alone(xp):
        return spread(sum_(g, axis=tuple(range(g.ndim)), keepdims=False), fp.shape)
    return _shared(g, x, xp)


def _interp_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """NumPy takes one line: for a stack of lines the cells are looked up, and the ends of each weighted."""
    if not any(is_stacked(node, inputs, i) for i in (1, 2)):
        return Node(node.op, inputs, node.params)
    x, xp, fp = stacked(node, inputs, lead)
    b, n = len(lead), xp.shape[-1]
    x = reshape(x, shape=(*lead, count(node, tuple(range(node.ndim)))))
    if n == 1:
        return reshape(spread(fp, x.shape) + 0 * x, shape=(*lead, *node.shape))
    inner = getitem(xp, index=(*(Slice(),) * b, Slice(1, -1)))
    k = sum_(less_equal(expand_dims(inner, axis=(b,)), expand_dims(x, axis=(b + 1,))), axis=(b + 1,), keepdims=False)
    (left, low), (right, high) = ([take_along(p, at, axis=b) for p in (xp, fp)] for at in (k, k + 1))
    t = clip((x - left) / (right - left), 0.0, 1.0)
    return reshape(low * (1 - t) + high * t, shape=(*lead, *node.shape))


def _interp_samples(rng: np.random.Generator) -> Any:
    xp = np.cumsum(rng.uniform(0.5, 1.5, 5))
    yield (np.array([xp[0] - 0.3, *(xp[:-1] + 0.3), xp[-1] + 0.3]), xp, rng.normal(size=5)), {}
    yield (np.array(xp[2] + 0.2), xp, rng.normal(size=5)), {}
    yield (rng.normal(size=(2, 2)), xp[:1], rng.normal(size=1)), {}


def _interp_links(i: int, node: Node, known: Known) -> Links | None:
    """All points of the line may matter to each value."""
    return per_element(i, node, known) if i == 0 else None


interp: Op = primitive("interp", np.interp, vjp=(_interp_x, _interp_xp, _interp_fp),
        doc="Values of the broken line through points (xp, fp); the slope at a point is that to its right.", links=_interp_links, infer=_interp_infer, batch=_interp_batch,
        hint="line", samples=_interp_samples)
