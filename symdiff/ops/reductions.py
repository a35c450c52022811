"""Reductions and scans along axes. Parameters are normalised: `axis` is a sorted tuple, scans take one int.

Ties of max and min share the derivative equally. Products are in `symdiff.ops.factors`.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Dim, Shape, show_shape
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, bounds, elements, symmetry
from symdiff.ops.axes import Axes, axis_arguments, axis_letters, count, length_template, reduction_infer, shape_template
from symdiff.ops.batching import aligned, shift_axes
from symdiff.ops.costs import result_elements
from symdiff.ops.elementwise import (
    abs2,
    absorbing_product,
    add,
    conjugate,
    equal,
    exp,
    isfinite,
    log,
    norm_quotient,
    sqrt,
    square,
    where,
)
from symdiff.ops.families import linear, primitive
from symdiff.ops.in_c import line_call
from symdiff.ops.inference import float_dtype
from symdiff.ops.links import Moves, along, reduces
from symdiff.ops.shapes import (
    astype,
    expand_dims,
    flip,
    number_everywhere,
    permute,
    reshape,
    squeeze,
)


def keep(value: Node, axis: Axes, keepdims: bool) -> Node:
    """`value` of a reduction with its axes put back as length 1, so that it broadcasts against the operand."""
    return value if keepdims or not axis else expand_dims(value, axis=axis)


def _collapsed(op: Op, x: Node, axis: Axes) -> Node:
    """A reduction shaped to meet `x` again: a number where nothing is left, else with the axes kept as length 1."""
    return op(x, axis=axis, keepdims=len(axis) < x.ndim)


def merging(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """A reduction over all axes, or over one, where NumPy has none over several: they are made one first."""
    (x,), b = inputs, len(lead)
    axis, keepdims = tuple(k + b for k in node.kwargs["axis"]), node.kwargs["keepdims"]
    if len(axis) == 1:
        return node.op(x, axis=axis, keepdims=keepdims)
    order = (*(k for k in range(x.ndim) if k not in axis), *axis)
    kept = tuple(x.shape[k] for k in order[: x.ndim - len(axis)])
    merged = reshape(permute(x, axes=order), shape=(*kept, count(x, axis)))
    return keep(node.op(merged, axis=(len(kept),), keepdims=False), axis, not keepdims)


def _float(x: Aval) -> np.dtype:
    return float_dtype((x,))


def sum_dtype(x: Aval) -> np.dtype:
    """NumPy adds narrow integers up in 64 bits."""
    return np.dtype(np.uint64) if x.kind == "u" else np.dtype(np.int64) if x.kind in "bi" else x.dtype


def _real(x: Aval) -> np.dtype:
    dtype = float_dtype((x,))
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def reduction_samples(**extra: Any) -> Any:
    """What reductions along axes are tested on, with further parameters."""
    def samples(rng: np.random.Generator) -> Any:
        for shape, axis, keepdims in [((4,), (0,), False), ((3, 2), (0, 1), False), ((3, 2), (1,), True), ((2, 3, 2), (0, 2), False)]:
            yield (rng.normal(size=shape),), {"axis": axis, "keepdims": keepdims, **extra}

    return samples


def scan_samples(rng: np.random.Generator) -> Any:
    """What scans along an axis are tested on."""
    yield (rng.normal(size=4),), {"axis": 0}
    yield (rng.normal(size=(2, 3)),), {"axis": 1}
    yield (rng.normal(size=(3, 2)),), {"axis": 0}


# ----------------------------------------------------------------------------------------------------------- derivatives


def _mean_transpose(g: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    return spread(keep(g / count(x, axis), axis, keepdims), x.shape)


def among_ties(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    """g, shared equally by the elements of `x` that equal `y`."""
    mask = equal(x, keep(y, axis, keepdims))
    ties = _collapsed(sum_, mask, axis)
    return keep(g, axis, keepdims) * mask / (ties if x.dtype == np.float64 else astype(ties, dtype=x.dtype.name))


def _var(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool, ddof: float) -> Node:
    centred = x - _collapsed(mean, x, axis)
    return keep(2 * g / _freedom(x, axis, ddof), axis, keepdims) * _conj(centred)


def _std(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool, ddof: float) -> Node:
    """Derivative 0 where all elements are equal, as the norm at 0."""
    centred = x - _collapsed(mean, x, axis)
    return keep(norm_quotient(g, y) / _freedom(x, axis, ddof), axis, keepdims) * _conj(centred)


def _variance(x: Node, axis: Axes, keepdims: bool, ddof: float) -> Node:
    centred = x - _collapsed(mean, x, axis)
    squares = abs2(centred) if x.aval.kind == "c" else square(centred)
    return sum_(squares, axis=axis, keepdims=keepdims) / _freedom(x, axis, ddof)


def _conj(x: Node) -> Node:
    """A square of absolute values pulls back by the conjugate."""
    return conjugate(x) if x.aval.kind == "c" else x


def _freedom(x: Node, axis: Axes, ddof: float) -> Node:
    n: Dim = count(x, axis)
    node = as_node(n - ddof) if isinstance(ddof, int) else as_node(n) - ddof
    return node if node.literal is None else constant(float(node.literal.value))


def running_spell(name: str, node: Node) -> str:
    """A scan along an axis, as it is called."""
    return f"np.{name}(a)" if len(node.shape) == 1 else f"np.{name}(a, axis={node.kwargs['axis']})"


def _suffix_sums(x: Node, axis: int) -> Node:
    return flip(cumsum(flip(x, axis=(axis,)), axis=axis), axis=(axis,))


def _norm(g: Node, y: Node, x: Node, axis: Axes, keepdims: bool) -> Node:
    return keep(norm_quotient(g, y), axis, keepdims) * _conj(x)


def finite_shift(x: Node, axis: Axes) -> Node:
    """The largest element along the axes, or 0 where that is infinite."""
    top = _collapsed(amax, x, axis)
    return where(isfinite(top), top, 0)


def _logsumexp(x: Node, axis: Axes, keepdims: bool) -> Node:
    """log(sum(exp(x - m))) + m with m the largest element, if that is finite."""
    m = finite_shift(x, axis)
    total = log(_collapsed(sum_, exp(x - m), axis)) + m
    if len(axis) == x.ndim:
        return expand_dims(total, axis=axis) if keepdims else total
    return total if keepdims else squeeze(total, axis=axis)


def softmax_beside_logsumexp(x: Node, axis: Axes) -> Node:
    """Softmax with the exponentials that the logsumexp of the same x takes."""
    e = exp(x - finite_shift(x, axis))
    return e / _collapsed(sum_, e, axis)


def _shifted(x: Node, axis: Axes) -> Node:
    """The largest element becomes 0, if there is any."""
    return x if any(x.shape[k] == 0 for k in axis) else x - _collapsed(amax, x, axis)


def _softmax(x: Node, axis: Axes) -> Node:
    e = exp(_shifted(x, axis))
    return e / _collapsed(sum_, e, axis)


def _log_softmax(x: Node, axis: Axes) -> Node:
    z = _shifted(x, axis)
    return z - log(_collapsed(sum_, exp(z), axis))


def _same(x: Aval, **params: Any) -> Aval:
    return Aval(float_dtype((x,)), x.shape)


def scan_infer(x: Aval, axis: int) -> Aval:
    """The type of a scan."""
    return Aval(sum_dtype(x), x.shape)


def _softmax_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4),), {"axis": (0,)}
    yield (rng.normal(size=(2, 3)),), {"axis": (1,)}
    yield (rng.normal(size=(2, 3)),), {"axis": (0, 1)}


def _weighted_samples(rng: np.random.Generator) -> Any:
    for shape, axis, keepdims in [((4,), (0,), False), ((2, 3), (1,), True), ((2, 3), (0, 1), False)]:
        yield (rng.uniform(0.2, 2.0, shape), rng.normal(size=shape)), {"axis": axis, "keepdims": keepdims}


def _bool_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(3, 2)) > 0,), {"axis": (1,), "keepdims": False}


def _distinct_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(3, 2)),), {"axis": (1,), "keepdims": False}


def _sum_sympy(node: Node) -> str:
    """Products with vectors of ones; the trace of a matrix of one element is that element."""
    axis, keepdims = node.kwargs["axis"], node.kwargs["keepdims"]
    total = " * ".join(["OneMatrix(1, rows)"] * (0 in axis) + ["a"] + ["OneMatrix(columns, 1)"] * (1 in axis))
    if keepdims:
        return total
    return f"Trace({total})" if not node.shape else total if 1 in axis else f"Transpose({total})"


def _count_sympy(node: Node) -> str:
    return " * ".join([("rows", "columns")[k] for k in node.kwargs["axis"]])


def _broadcast_sympy(node: Node) -> str:
    x = node.inputs[0]
    if not x.shape:
        return "a * OneMatrix(height, width)"
    if x.ndim < node.ndim:
        return "OneMatrix(height, 1) * Transpose(a)"
    return "OneMatrix(height, 1) * a" if x.shape[0] == 1 != node.shape[0] else "a * OneMatrix(1, width)"


def _call(name: str) -> Any:
    return lambda node: f"np.{name}(a{axis_arguments(node)})"


def call_or_method(name: str) -> dict[str, Any]:
    """In the steps of a loop the method: NumPy's function takes two microseconds more until it calls that."""

    def method(node: Node) -> str | None:
        return f"a.{name}({axis_arguments(node).removeprefix(', ')})" if node.inputs[0].shape else None

    return {"numpy": _call(name), "step": method}


def _mean_latex(node: Node) -> str:
    n = str(count(node.inputs[0], node.kwargs["axis"])).replace("*", r" \, ")
    return rf"\frac{{1}}{{{n}}} \sum_{{{axis_letters(node)}}} #1"


def _moment(name: str) -> Any:
    def spell(node: Node) -> str:
        ddof = node.kwargs["ddof"]
        return f"np.{name}(a{axis_arguments(node)}{f', ddof={ddof}' if ddof else ''})"

    return spell


# ------------------------------------------------------------------------------------------------------------------ rows

sum_: Op = linear("sum", np.sum, transpose=lambda g, x, axis, keepdims: spread(keep(g, axis, keepdims), x.shape), facts=symmetry.distances, doc="Sum of elements along axes.",
        links=reduces, infer=reduction_infer(sum_dtype), batch=shift_axes("axis"),
        spell=call_or_method("sum"), hint="s", sympy=_sum_sympy, latex=lambda node: rf"\sum_{{{axis_letters(node)}}} #1", element=elements.reduced(), samples=reduction_samples())
mean: Op = linear("mean", np.mean, transpose=_mean_transpose, facts=array_bounds.signs, doc="Mean of elements along axes.",
        links=reduces, infer=reduction_infer(_float), batch=shift_axes("axis"),
        spell=_call("mean"), hint="mean", sympy=lambda node: f"({_sum_sympy(node)}) / ({_count_sympy(node)})", latex=lambda node: _mean_latex(node),
        element=elements.reduced(finish="y / n"), samples=reduction_samples())
cumsum: Op = linear("cumsum", np.cumsum, transpose=lambda g, x, axis: _suffix_sums(g, axis), facts=array_bounds.signs, doc="Running sum along an axis.",
        links=along(running=True), infer=scan_infer, batch=shift_axes("axis"), flops=result_elements, spell=lambda node: running_spell("cumsum", node), hint="cs",
        element=elements.running("y + a"), samples=scan_samples)

amax: Op = primitive("max", np.max, vjp=(among_ties,), masks=True, facts=array_bounds.same, doc="Largest element along axes; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(lambda x: x.dtype, needs_elements=True), batch=shift_axes("axis"),
        spell=call_or_method("max"), hint="top", gate="router", latex=lambda node: rf"\max_{{{axis_letters(node)}}} #1", element=elements.reduced("max"), samples=reduction_samples())
amin: Op = primitive("min", np.min, vjp=(among_ties,), masks=True, facts=array_bounds.same, doc="Smallest element along axes; ties share the derivative equally.",
        links=reduces, infer=reduction_infer(lambda x: x.dtype, needs_elements=True), batch=shift_axes("axis"),
        spell=call_or_method("min"), hint="low", gate="router", latex=lambda node: rf"\min_{{{axis_letters(node)}}} #1", element=elements.reduced("min"), samples=reduction_samples())
var: Op = primitive("var", np.var, vjp=(_var,), lower=lambda x, **params: _variance(x, **params), facts=array_bounds.deviation, doc="Variance along axes, with ddof degrees of freedom taken off.",
        links=reduces, infer=reduction_infer(_real), batch=shift_axes("axis"), spell=_moment("var"), hint="var", samples=reduction_samples(ddof=0))
std: Op = primitive("std", np.std, vjp=(_std,), lower=lambda x, **params: sqrt(_variance(x, **params)), facts=array_bounds.deviation, doc="Standard deviation along axes; derivative 0 where it is 0.",
        links=reduces, infer=reduction_infer(_real), batch=shift_axes("axis"), spell=_moment("std"), hint="std", samples=reduction_samples(ddof=0))
norm2: Op = primitive("norm", np.linalg.norm, vjp=(_norm,), singular=True, facts=symmetry.lengths, doc="Root of the sum of squares along axes; derivative 0 at 0.",
        links=reduces, infer=reduction_infer(_real), batch=merging, spell=lambda node: f"np.linalg.norm(a{axis_arguments(node)})", hint="norm", latex=r"\lVert #1 \rVert",
        element=elements.reduced(text="a * a", finish="sqrt(y)"), samples=reduction_samples())
logsumexp: Op = primitive("logsumexp", None, vjp=(lambda g, y, x, axis, keepdims: keep(g, axis, keepdims) * exp(x - keep(y, axis, keepdims)),),
        lower=_logsumexp, facts=array_bounds.log_of_sums, doc="log(sum(exp(x))) along axes, without overflow.", links=reduces, infer=reduction_infer(_float, needs_elements=True), batch=shift_axes("axis"),
        hint="lse", latex=lambda node: rf"\log \sum_{{{axis_letters(node)}}} e^{{#1}}", samples=reduction_samples())
weighted_logsumexp: Op = primitive("weighted_logsumexp", None,
        vjp=(lambda g, y, p, c, axis, keepdims: keep(g, axis, keepdims) * exp(c - keep(y, axis, keepdims)),
             lambda g, y, p, c, axis, keepdims: keep(g, axis, keepdims) * absorbing_product(exp(c - keep(y, axis, keepdims)), p)),
        lower=lambda p, c, axis, keepdims: logsumexp(log(p) + c, axis=axis, keepdims=keepdims), batch=shift_axes("axis"), singular=True, hint="lse",
        links=reduces, infer=lambda p, c, axis, keepdims: logsumexp.infer(add.infer(p, c), axis=axis, keepdims=keepdims),
        doc="log(sum(p * exp(c))) along axes, without overflow; its derivative is finite where a weight is 0.",
        latex=lambda node: rf"\log \sum_{{{axis_letters(node)}}} #1 \, e^{{#2}}", samples=_weighted_samples)
softmax: Op = primitive("softmax", None, vjp=(lambda g, y, x, axis: y * (g - _collapsed(sum_, g * y, axis)),), lower=_softmax,
        facts=array_bounds.shares, doc="exp(x) / sum(exp(x)) along axes, without overflow.", links=along(), infer=_same, batch=shift_axes("axis"), hint="p", samples=_softmax_samples)
log_softmax: Op = primitive("log_softmax", None, vjp=(lambda g, y, x, axis: g - softmax(x, axis=axis) * _collapsed(sum_, g, axis),), lower=_log_softmax,
        facts=bounds.entire(-inf, 0), doc="log(softmax(x)) along axes, without overflow.", links=along(), infer=_same, batch=shift_axes("axis"), hint="logp", samples=_softmax_samples)

all_: Op = primitive("all", np.all, vjp=(None,), doc="Whether all elements along axes are true.",
        infer=reduction_infer(lambda x: np.bool_), batch=shift_axes("axis"), spell=call_or_method("all"), hint="mask", element=elements.reduced("and", text="a != 0"), samples=_bool_samples)
any_: Op = primitive("any", np.any, vjp=(None,), doc="Whether any element along axes is true.",
        infer=reduction_infer(lambda x: np.bool_), batch=shift_axes("axis"), spell=call_or_method("any"), hint="mask", element=elements.reduced("or", text="a != 0"), samples=_bool_samples)
count_nonzero: Op = primitive("count_nonzero", np.count_nonzero, vjp=(None,),
        facts=bounds.counts, doc="Number of elements along axes that are not zero.", infer=reduction_infer(lambda x: np.int64), batch=shift_axes("axis"),
        spell=_call("count_nonzero"), hint="count", element=elements.reduced(text="int64(a != 0)"), samples=_bool_samples)
argmax: Op = primitive("argmax", np.argmax, vjp=(None,), facts=bounds.counts, doc="Position of the largest element.",
        infer=reduction_infer(lambda x: np.int64, needs_elements=True), batch=merging, spell={"numpy": _call("argmax"), "c": line_call("extreme_at", "1, y")}, hint="k", samples=_distinct_samples)
argmin: Op = primitive("argmin", np.argmin, vjp=(None,), facts=bounds.counts, doc="Position of the smallest element.",
        infer=reduction_infer(lambda x: np.int64, needs_elements=True), batch=merging, spell={"numpy": _call("argmin"), "c": line_call("extreme_at", "0, y")}, hint="k", samples=_distinct_samples)


def _broadcast_infer(x: Aval, shape: tuple[Dim, ...]) -> Aval:
    if broadcast(x.shape, shape) != shape:
        raise ShapeError(f"cannot broadcast {x!r} to [{show_shape(shape)}]", code="SD210")
    return Aval(x.dtype, shape)


def _broadcast_spell(node: Node) -> str:
    """Constants have plainer names than broadcast_to."""
    if not node.inputs[0].shape:
        return number_everywhere(node)
    return f"np.broadcast_to(a, {shape_template(node.shape)})"


def _broadcast_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return spread(aligned(inputs[0], len(lead), node.ndim), (*lead, *node.shape))


broadcast_to: Op = linear("broadcast_to", np.broadcast_to, transpose=lambda g, x, shape: unbroadcast(g, x.shape),
        facts=array_bounds.spread, doc="The input repeated to fill a shape: the transpose of a sum.", links=Moves(np.broadcast_to), infer=_broadcast_infer, batch=_broadcast_batch, aliases=True,
        spell=_broadcast_spell, hint="full", sympy=_broadcast_sympy, latex=lambda node: "#1" if node.inputs[0].shape else r"#1 \, \mathbf{1}",
        element=elements.broadcast, samples=lambda rng: [((rng.normal(size=(3, 1)),), {"shape": (2, 3, 4)}), ((rng.normal(),), {"shape": (3,)})])


def spread(x: Node, shape: tuple[Dim, ...]) -> Node:
    """`x` broadcast to `shape`, or `x` itself if it has it."""
    return x if x.shape == shape else broadcast_to(x, shape=shape)


def is_zero(x: Node) -> bool:
    """Whether a node is zero everywhere."""
    literal = (x.inputs[0] if x.op is broadcast_to else x).literal
    return literal is not None and not literal.value.any()


def unbroadcast(x: Node, shape: tuple[Dim, ...]) -> Node:
    """Sums `x` down to `shape`: the transpose of broadcasting."""
    lead = x.ndim - len(shape)
    if lead:
        x = sum_(x, axis=tuple(range(lead)), keepdims=False)
    stretched = tuple(k for k, (n, m) in enumerate(zip(x.shape, shape, strict=True)) if n != m)
    return sum_(x, axis=stretched, keepdims=True) if stretched else x


# --------------------------------------------------------------------------------------------------------------- copies


def _repeat_transpose(g: Node, x: Node, repeats: int, axis: int) -> Node:
    split = reshape(g, shape=(*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
    return sum_(split, axis=(axis + 1,), keepdims=False)


def _tile_transpose(g: Node, x: Node, reps: tuple[Dim, ...]) -> Node:
    split = reshape(g, shape=tuple(n for pair in zip(reps, x.shape, strict=True) for n in pair))
    return sum_(split, axis=tuple(range(0, 2 * x.ndim, 2)), keepdims=False)


def _tile_spell(node: Node) -> str:
    reps = node.kwargs["reps"]
    return f"np.tile(a, {shape_template(reps) if len(reps) != 1 else length_template(reps[0])})"


def _tile_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return tile(inputs[0], reps=((1,) * len(lead) + node.kwargs["reps"]))


repeat: Op = linear("repeat", np.repeat, transpose=_repeat_transpose, facts=array_bounds.same, doc="Each element repeated along an axis.",
        links=Moves(np.repeat), infer=lambda x, repeats, axis: Aval(x.dtype, (*x.shape[:axis], x.shape[axis] * repeats, *x.shape[axis + 1 :])), batch=shift_axes("axis"),
        spell=lambda node: f"np.repeat(a, {node.kwargs['repeats']}, axis={node.kwargs['axis']})", hint="rep",
        element=elements.repeated, samples=lambda rng: [((rng.normal(size=(2, 3)),), {"repeats": 2, "axis": 1}), ((rng.normal(size=(2, 3)),), {"repeats": 2, "axis": 0}), ((rng.normal(size=3),), {"repeats": 3, "axis": 0})])
tile: Op = linear("tile", np.tile, transpose=_tile_transpose, facts=array_bounds.same, doc="The array repeated as a whole along axes.",
        links=Moves(np.tile), infer=lambda x, reps: Aval(x.dtype, tuple(n * r for n, r in zip(x.shape, reps, strict=True))), batch=_tile_batch, spell=_tile_spell, hint="tiled",
        element=elements.tiled, samples=lambda rng: [((rng.normal(size=(2, 3)),), {"reps": (2, 1)}), ((rng.normal(size=3),), {"reps": (3,)})])
