"""Order statistics: sort, median, quantiles, and running extrema.

An order statistic is an element, or a mean of two, so its derivative is a selection. Elements that are equal are told
apart by the stable permutation in sort and quantile; max, min and median share among equal elements.
The quantile's ranks are those of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape
from symdiff.graph.element import Element, Elements
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op, Undefined
from symdiff.ops import array_bounds, bounds, elements, elementwise as ew
from symdiff.ops.axes import Axes, axis_arguments, count, reduction_infer
from symdiff.ops.batching import aligned, is_stacked, shift_axes, stacked
from symdiff.ops.elementwise import equal, greater_equal, isnan, less, less_equal, logical_not, where
from symdiff.ops.families import primitive
from symdiff.ops.gathering import add_along, argsort, inverse_order, pick, positions, reorder, scatter_add, take_along
from symdiff.ops.in_c import line_call
from symdiff.ops.index import Hole, Slice
from symdiff.ops.inference import float_dtype
from symdiff.ops.links import along, reduces
from symdiff.ops.reductions import amax, amin, among_ties, merging, spread, sum_
from symdiff.ops.shapes import astype, diagonal, expand_dims, getitem, permute, reshape

Rank = Any  # a node, or a NumPy array where it is known beforehand

# --------------------------------------------------------------------------------------------------------- sort, median


def _sort(g: Node, y: Node, x: Node, axis: int) -> Node:
    order = argsort(x, axis=axis, kind="stable")
    return reorder(g, inverse_order(order, axis), axis=axis)


def _median(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    n = count(x, axis)
    if isinstance(n, int) and n % 2:
        return among_ties(g, y, x, axis, keepdims)
    return _between_two(g, y, x, axis, keepdims)


def _between_two(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    """Half to the elements that equal the lower middle value, half to those that equal the upper one."""
    middle = y if keepdims else expand_dims(y, axis=axis)
    low = amax(where(x <= middle, x, -np.inf), axis=axis, keepdims=keepdims)
    high = amin(where(x >= middle, x, np.inf), axis=axis, keepdims=keepdims)
    half = 0.5 * g
    return among_ties(half, low, x, axis, keepdims) + among_ties(half, high, x, axis, keepdims)


def _middle_dtype(x: Aval) -> np.dtype:
    return float_dtype((x,))


def _order_spell(name: str) -> Any:
    def spell(node: Node) -> str:
        axis = node.kwargs["axis"]
        return f"np.{name}(a)" if axis == node.ndim - 1 else f"np.{name}(a, axis={axis})"

    return spell


# ------------------------------------------------------------------------------------------------------------- quantiles


def _quantile_in_c(node: Node) -> str | None:
    """Of one known quantile, by straight lines."""
    q = node.inputs[1]
    is_known = q.literal is not None and not q.shape and node.kwargs["method"] == "linear"
    return line_call("quantile", "b, y, room(n)")(node) if is_known else None


CONTINUOUS: dict[str, tuple[float, float]] = {  # Hyndman and Fan's alpha and beta
    "linear": (1, 1), "hazen": (0.5, 0.5), "weibull": (0, 0), "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8), "interpolated_inverted_cdf": (0, 1),
}  # fmt: skip
METHODS = (*CONTINUOUS, "lower", "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf")


def _ranks(n: Rank, q: Rank, method: str) -> tuple[Rank, Rank, Rank]:
    """The lower and the upper rank, and the weight of the upper one."""
    lib: Any = ew if isinstance(n, Node) or isinstance(q, Node) else np
    if method in ("inverted_cdf", "averaged_inverted_cdf"):
        at = q * n - 1
        low = lib.maximum(lib.ceil(at), 0)
        high = low if method == "inverted_cdf" else lib.minimum(lib.floor(at) + 1, n - 1)
        return _integer(low), _integer(high), 0.5 if high is not low else 0.0
    alpha, beta = CONTINUOUS.get(method, (1, 1))
    at = q * (n - 1)
    if not alpha == beta == 1:
        at = lib.minimum(lib.maximum(q * (n + (1 - alpha - beta)) + (alpha - 1), 0), n - 1)
    if method in ("lower", "higher", "nearest"):
        rank = _integer({"lower": lib.floor, "higher": lib.ceil, "nearest": lib.rint}[method](at))
        return rank, rank, 0.0
    low = lib.floor(at)
    return _integer(low), _integer(lib.ceil(at)), 0.5 if method == "midpoint" else at - low


def _integer(k: Rank) -> Rank:
    return astype(k, dtype="int64") if isinstance(k, Node) else np.asarray(k).astype(np.int64)


class _Ranked:
    """The elements of `x` by rank along an axis: where the ranks of a quantile lie, and what is there."""

    def __init__(self, x: Node, q: Node, axis: int, method: str, ignore_nan: bool) -> None:
        self.x, self.axis, self.q = x, axis, q
        self.rest = (*x.shape[:axis], *x.shape[axis + 1 :])
        self.order = argsort(x, axis=axis, kind="stable")  # nan comes last
        n: Any = as_node(x.shape[axis]) if not isinstance(x.shape[axis], int) else x.shape[axis]
        if ignore_nan:
            n = sum_(logical_not(isnan(x)), axis=(axis,), keepdims=False)
        ranks: Any = q.literal.value if q.literal is not None and isinstance(n, int) else q
        if ignore_nan and q.ndim and self.rest:
            ranks = expand_dims(q, axis=tuple(range(q.ndim, q.ndim + len(self.rest))))
        self.n, self.ignore_nan = n, ignore_nan
        self.low, self.high, self.weight = _ranks(n, ranks, method)

    def places(self, k: Rank) -> Node:
        """Where the elements of rank `k` are, with as many axes as `x`; a number for one element of a vector."""
        k = as_node(k)
        if self.ignore_nan and self.rest:
            k = self.along(spread(k, (*self.q.shape, *self.rest)))
            return take_along(self.order, k, axis=self.axis)
        if self.x.ndim == 1 and not self.q.ndim:
            return pick(self.order, k, 0)
        return pick(self.order, reshape(k, shape=(count(k, tuple(range(k.ndim))),)), self.axis)

    def along(self, g: Node) -> Node:
        """Moves the axes of q, which stand in front, to where the axis was."""
        m: Dim = count(self.q, tuple(range(self.q.ndim)))
        flat = reshape(g, shape=(m, *self.rest))
        order = (*range(1, self.axis + 1), 0, *range(self.axis + 1, flat.ndim))
        return flat if self.axis == 0 else permute(flat, axes=order)

    def back(self, v: Node) -> Node:
        """The inverse of `along`."""
        if self.axis:
            v = permute(v, axes=(self.axis, *range(self.axis), *range(self.axis + 1, v.ndim)))
        return reshape(v, shape=(*self.q.shape, *self.rest))

    def values(self, k: Rank) -> Node:
        """The elements of rank `k`, shaped as the quantile is."""
        at = self.places(k)
        if self.x.ndim == 1:
            return reshape(pick(self.x, at, 0), shape=self.q.shape) if at.ndim else pick(self.x, at, 0)
        return self.back(take_along(self.x, at, axis=self.axis))

    def scatter(self, g: Node, k: Rank) -> Node:
        """`g` added up where the elements of rank `k` are."""
        at = self.places(k)
        if self.x.ndim == 1:
            return scatter_add(g if not at.ndim else reshape(g, shape=at.shape), at, shape=self.x.shape, index=(Hole(1),))
        return add_along(self.along(g), at, axis=self.axis, length=self.x.shape[self.axis])

    def weights(self) -> Any:
        """The weight of the upper rank, shaped to meet the quantile."""
        t = self.weight
        if self.ignore_nan or np.ndim(t) == 0 or not self.rest:
            return float(t) if not isinstance(t, Node) and np.ndim(t) == 0 else t
        shape = (*self.q.shape, *(1 for _ in self.rest))
        return reshape(t, shape=shape) if isinstance(t, Node) else t.reshape(shape)


def _quantile_x(g: Node, y: Node, x: Node, q: Node, axis: int, method: str, ignore_nan: bool) -> Node:
    at = _Ranked(x, q, axis, method, ignore_nan)
    t = at.weights()
    if not isinstance(t, Node) and np.all(t == 0):
        return at.scatter(g, at.low)
    return at.scatter(g * (1 - t), at.low) + at.scatter(g * t, at.high)


def _quantile_q(g: Node, y: Node, x: Node, q: Node, axis: int, method: str, ignore_nan: bool) -> Node | Undefined | None:
    if method not in CONTINUOUS:
        return None
    at = _Ranked(x, q, axis, method, ignore_nan)
    slope = at.n + (1 - sum(CONTINUOUS[method]))
    total = g * slope * (at.values(at.high) - at.values(at.low))
    extra = tuple(range(q.ndim, total.ndim))
    return sum_(total, axis=extra, keepdims=False) if extra else total


def _quantile_infer(x: Aval, q: Aval, axis: int, method: str, ignore_nan: bool) -> Aval:
    if "c" in (x.kind, q.kind):
        raise DTypeError(f"complex numbers have no order, so {x!r} has no quantiles")
    if x.shape[axis] == 0:
        raise ShapeError(f"{x!r} has no elements along axis {axis}, so no quantile")
    return Aval(float_dtype((x, q)), (*q.shape, *x.shape[:axis], *x.shape[axis + 1 :]))


def _quantile_spell(name: str) -> Any:
    def spell(node: Node) -> str:
        x, method, axis = node.inputs[0], node.kwargs["method"], node.kwargs["axis"]
        return f"np.{name}(a, b{'' if x.ndim == 1 else f', axis={axis}'}{'' if method == 'linear' else f', method={method!r}'})"

    return spell


def _quantile_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """NumPy takes one list of levels for all: where both are stacked, each item is met by all levels, and keeps its own."""
    (x, q), params, b = inputs, node.kwargs, len(lead)
    own = node.inputs[1].ndim
    rest, m = node.shape[own:], count(q, tuple(range(q.ndim)))
    if is_stacked(node, inputs, 0):
        params["axis"] += b
    levels = reshape(q, shape=(m,)) if is_stacked(node, inputs, 1) else q
    found = node.op(x, levels, **params)
    if not is_stacked(node, inputs, 0):
        return reshape(found, shape=(*lead, *node.shape))
    if not is_stacked(node, inputs, 1):
        return permute(found, axes=(*range(own, own + b), *range(own), *range(own + b, found.ndim))) if own else found
    each, k = count(x, tuple(range(b))), count(node.inputs[1], tuple(range(own)))
    table = reshape(found, shape=(each, k, each, *rest))
    matched = diagonal(permute(table, axes=(1, *range(3, table.ndim), 0, 2)))
    return reshape(permute(matched, axes=(matched.ndim - 1, *range(matched.ndim - 1))), shape=(*lead, *node.shape))


# ------------------------------------------------------------------------------------------------------ running extrema


def _running(g: Node, y: Node, x: Node, axis: int) -> Node:
    """Each result goes back to the latest element that equals it."""
    n = x.shape[axis]
    steps = positions(n=n)
    steps = reshape(steps, shape=tuple(n if k == axis else 1 for k in range(x.ndim))) if x.ndim > 1 else steps
    latest = running_max(where(equal(x, y), steps, 0), axis=axis)
    if x.ndim == 1:
        return scatter_add(g, latest, shape=x.shape, index=(Hole(1),))
    return add_along(g, latest, axis=axis, length=n)


# ------------------------------------------------------------------------------------------------------------------ rows


def _shapes(*rows: tuple[Any, dict[str, Any]]) -> Any:
    return lambda rng: [((rng.normal(size=shape),), params) for shape, params in rows]


def _quantile_samples(rng: np.random.Generator) -> Any:
    rows: list[tuple[Any, Any, int, str]] = [
        (5, 0.3, 0, "linear"), (5, [0.13, 0.61], 0, "linear"), ((4, 3), 0.35, 1, "linear"), ((4, 2), [0.1, 0.7], 0, "hazen"),
        ((2, 5), [[0.32, 0.66]], 1, "weibull"), (6, 0.45, 0, "lower"), (6, 0.45, 0, "higher"), (6, 0.27, 0, "midpoint"),
        (6, 0.27, 0, "nearest"), (6, 0.27, 0, "inverted_cdf"), (6, 0.45, 0, "averaged_inverted_cdf"),
    ]  # fmt: skip
    for shape, q, axis, method in rows:
        yield (rng.normal(size=shape), np.array(q)), {"axis": axis, "method": method, "ignore_nan": False}


def _nanquantile_samples(rng: np.random.Generator) -> Any:
    rows: list[tuple[Any, Any, int]] = [(5, 0.3, 0), (6, [0.13, 0.61], 0), ((4, 3), 0.35, 1), ((4, 2), [0.1, 0.7], 0)]
    for shape, q, axis in rows:
        yield (rng.normal(size=shape), np.array(q)), {"axis": axis, "method": "linear", "ignore_nan": True}


_AXES = (
    (5, {"axis": (0,), "keepdims": False}), (4, {"axis": (0,), "keepdims": True}),
    ((3, 4), {"axis": (1,), "keepdims": False}), ((2, 3), {"axis": (0, 1), "keepdims": False}),
)
_SCAN = ((5, {"axis": 0}), ((2, 4), {"axis": 1}), ((3, 2), {"axis": 0}))

sort: Op = primitive("sort", np.sort, vjp=(_sort,), facts=array_bounds.same, doc="Elements along an axis in ascending order; equal ones keep their order.",
        links=along(), infer=lambda x, axis: Aval(x.dtype, x.shape), batch=shift_axes("axis"), spell={"numpy": _order_spell("sort"), "c": line_call("sort")}, hint="sorted", samples=_shapes(*_SCAN))
median: Op = primitive("median", np.median, vjp=(_median,), masks=True, facts=array_bounds.signs, doc="Median along axes; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(_middle_dtype), batch=shift_axes("axis"), spell={"numpy": lambda node: f"np.median(a{axis_arguments(node)})", "c": line_call("median", "y, room(n)")}, hint="mid",
        samples=_shapes(*_AXES))
nanmedian: Op = primitive("nanmedian", np.nanmedian, vjp=(_between_two,), masks=True, expects=True, doc="Median along axes, ignoring nan; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(_middle_dtype), batch=shift_axes("axis"), spell=lambda node: f"np.nanmedian(a{axis_arguments(node)})", hint="mid",
        samples=_shapes(*_AXES))
nanmax: Op = primitive("nanmax", np.nanmax, vjp=(among_ties,), masks=True, expects=True, facts=bounds.either, doc="Largest element along axes, ignoring nan; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(lambda x: x.dtype, needs_elements=True), batch=shift_axes("axis"),
        spell={"numpy": lambda node: f"np.nanmax(a{axis_arguments(node)})", "c": line_call("extreme_number", "1, y")}, hint="top", samples=_shapes(*_AXES))
nanmin: Op = primitive("nanmin", np.nanmin, vjp=(among_ties,), masks=True, expects=True, facts=bounds.either, doc="Smallest element along axes, ignoring nan; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(lambda x: x.dtype, needs_elements=True), batch=shift_axes("axis"),
        spell={"numpy": lambda node: f"np.nanmin(a{axis_arguments(node)})", "c": line_call("extreme_number", "0, y")}, hint="low", samples=_shapes(*_AXES))
quantile: Op = primitive("quantile", np.quantile, vjp=(_quantile_x, _quantile_q), masks=True, facts=array_bounds.signs, doc="Quantiles along an axis; equal elements keep their order.",
        infer=_quantile_infer, batch=_quantile_batch, spell={"numpy": _quantile_spell("quantile"), "c": _quantile_in_c}, hint="q", samples=_quantile_samples)
nanquantile: Op = primitive("nanquantile", np.nanquantile, vjp=(_quantile_x, _quantile_q), masks=True, expects=True, doc="Quantiles along an axis, ignoring nan.",
        infer=_quantile_infer, batch=_quantile_batch, spell=_quantile_spell("nanquantile"), hint="q", samples=_nanquantile_samples)
running_max: Op = primitive("running_max", None, vjp=(_running,), masks=True, facts=array_bounds.same, doc="Largest element so far along an axis; of equal ones the latest counts.",
        links=along(running=True), infer=lambda x, axis: Aval(x.dtype, x.shape), batch=shift_axes("axis"),
        spell=lambda node: f"np.maximum.accumulate(a{'' if node.kwargs['axis'] == 0 else ', axis=' + str(node.kwargs['axis'])})", hint="top",
        element=elements.running("larger(y, a)", "-inf"), samples=_shapes(*_SCAN))
running_min: Op = primitive("running_min", None, vjp=(_running,), masks=True, facts=array_bounds.same, doc="Smallest element so far along an axis; of equal ones the latest counts.",
        links=along(running=True), infer=lambda x, axis: Aval(x.dtype, x.shape), batch=shift_axes("axis"),
        spell=lambda node: f"np.minimum.accumulate(a{'' if node.kwargs['axis'] == 0 else ', axis=' + str(node.kwargs['axis'])})", hint="low",
        element=elements.running("smaller(y, a)", "inf"), samples=_shapes(*_SCAN))
nanargmax: Op = primitive("nanargmax", np.nanargmax, vjp=(None,), doc="Position of the largest element, ignoring nan.",
        infer=reduction_infer(lambda x: np.int64, needs_elements=True), batch=merging, spell=lambda node: f"np.nanargmax(a{axis_arguments(node)})", hint="k",
        samples=_shapes(*_AXES[:3]))
nanargmin: Op = primitive("nanargmin", np.nanargmin, vjp=(None,), doc="Position of the smallest element, ignoring nan.",
        infer=reduction_infer(lambda x: np.int64, needs_elements=True), batch=merging, spell=lambda node: f"np.nanargmin(a{axis_arguments(node)})", hint="k",
        samples=_shapes(*_AXES[:3]))


def _below(a: Node, v: Node, stack: int, or_equal: bool) -> Node:
    """How many elements of each vector of a stack lie below those of `v`: a search without NumPy's, which takes one vector."""
    table = expand_dims(a, axis=tuple(range(a.ndim - 1, a.ndim - 1 + v.ndim - stack)))
    each = expand_dims(v, axis=(v.ndim,))
    return sum_(less_equal(table, each) if or_equal else less(table, each), axis=(max(table.ndim, each.ndim) - 1,), keepdims=False)


def _below_it(node: Node) -> Elements:
    """How many elements lie below: a search that goes through all of them."""
    a, v = node.inputs
    here = elements.read("b", [f"i{k}" for k in range(v.ndim)])
    if node.kwargs["side"] == "left":
        text = f"1 if a[k0] < {here} else 0 if {here} == {here} else 1 if a[k0] == a[k0] else 0"
    else:
        text = f"1 if a[k0] <= {here} else 0 if {here} == {here} else 1"
    return (Element(text, a.shape),)


def _search_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    if not is_stacked(node, inputs, 0):
        return Node(node.op, inputs, node.params)
    a, v = stacked(node, inputs, lead)
    return _below(a, v, len(lead), node.kwargs["side"] == "right")


def _digitize_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    if not is_stacked(node, inputs, 1):
        return Node(node.op, inputs, node.params)
    (x, bins), right, b = stacked(node, inputs, lead), node.kwargs["right"], len(lead)
    first, last = (aligned(getitem(bins, index=(*(Slice(),) * b, k)), b, x.ndim - b) for k in (0, -1))
    falling = _below(-bins, -x, b, right)
    return where(greater_equal(last, first), _below(bins, x, b, not right), falling)


def _search_infer(a: Aval, v: Aval, side: str) -> Aval:
    if a.ndim != 1:
        raise ShapeError(f"searchsorted in {a!r}: needs a sorted vector")
    return Aval(np.int64, v.shape)


searchsorted: Op = primitive("searchsorted", np.searchsorted, vjp=(None, None),
        facts=bounds.counts, doc="Positions at which elements belong in a sorted vector.", infer=_search_infer, batch=_search_batch,
        element=_below_it, spell=lambda node: f"np.searchsorted(a, b{'' if node.kwargs['side'] == 'left' else ', side=' + repr(node.kwargs['side'])})", hint="k",
        samples=lambda rng: [((np.arange(4.0), rng.uniform(0, 3, 5)), {"side": "right"}), ((np.arange(4.0), np.array(1.5)), {"side": "left"})])
digitize: Op = primitive("digitize", np.digitize, vjp=(None, None),
        facts=bounds.counts, doc="In which bin elements lie.", infer=lambda x, bins, right: Aval(np.int64, x.shape), batch=_digitize_batch,
        spell=lambda node: f"np.digitize(a, b{', right=True' if node.kwargs['right'] else ''})", hint="k",
        samples=lambda rng: [((rng.uniform(0, 3, 5), np.arange(4.0)), {"right": False}), ((rng.uniform(0, 3, (2, 2)), np.arange(4.0)[::-1]), {"right": True})])
