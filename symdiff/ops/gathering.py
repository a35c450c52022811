"""Elements at positions that are computed, each operation beside its transpose.

`gather` is ``x[i]`` with integer arrays among the items of the index, `take_along` is NumPy's take_along_axis, and
`reorder` is take_along for a permutation, whose transpose is the inverse permutation and needs no sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape
from symdiff.graph.loop import counts_steps
from symdiff.graph.node import Literal, Node
from symdiff.graph.op import OPS, Op
from symdiff.ops import array_bounds, bounds, elements
from symdiff.ops.axes import length_template, shape_template
from symdiff.ops.batching import aligned, is_stacked, shift_axes, stacks
from symdiff.ops.families import linear, primitive
from symdiff.ops.in_c import line_call
from symdiff.ops.index import (
    Hole,
    Index,
    Run,
    Slice,
    are_different,
    axes_before,
    indexed_shape,
    is_injective,
    joint_axes,
    leading_axes,
)
from symdiff.ops.index_text import index_latex, index_template, index_tuple_template
from symdiff.ops.links import Moves, Places, along, at, moves_or
from symdiff.ops.shapes import dtype_argument, expand_dims, getitem, permute, reshape

# ----------------------------------------------------------------------------------------------------------- shape rules


def _check_integers(*avals: Aval) -> None:
    for aval in avals:
        if aval.kind not in "iu":
            raise DTypeError(f"an index must be integers, not {aval!r}", help="convert it: i.astype(int64)")


def _gather_infer(x: Aval, *positions: Aval, index: Index) -> Aval:
    _check_integers(*positions)
    return Aval(x.dtype, indexed_shape(x.shape, index, tuple(p.shape for p in positions)))


def _scatter_infer(g: Aval, *positions: Aval, shape: Shape, index: Index) -> Aval:
    _check_integers(*positions)
    if g.shape and indexed_shape(shape, index, tuple(p.shape for p in positions)) != g.shape:  # a number goes everywhere
        raise ShapeError(f"cannot scatter {g!r} to the positions of {positions!r}")
    return Aval(g.dtype, shape)


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _along_infer(x: Aval, order: Aval, axis: int) -> Aval:
    _check_integers(order)
    if x.ndim != order.ndim or _without(x.shape, axis) != _without(order.shape, axis):
        raise ShapeError(f"take_along_axis({x!r}, {order!r}, axis={axis}): all other lengths must be equal")
    return Aval(x.dtype, order.shape)


def _add_along_infer(g: Aval, order: Aval, axis: int, length: Dim) -> Aval:
    _check_integers(order)
    shape = order.shape  # a number goes everywhere
    return Aval(g.dtype, (*shape[:axis], length, *shape[axis + 1 :]))


# ------------------------------------------------------------------------------------------------------------- spellings


def _scatter_statements(node: Node) -> tuple[str, str]:
    shape, index = node.kwargs["shape"], node.kwargs["index"]
    empty = f"np.zeros({shape_template(shape) if len(shape) != 1 else length_template(shape[0])}{dtype_argument(node)})"
    if not picks_once(shape, node.inputs[1:], index):
        return empty, f"np.add.at(target, {index_tuple_template(index)}, a)"
    return empty, f"target[{index_template(index)}] += a"


def picks_once(shape: Shape, positions: Sequence[Node], index: Index) -> bool:
    """Whether it is certain that no element of an array of `shape` is picked twice."""
    holes = tuple(p.shape for p in positions)
    if not joint_axes(index, holes):
        return True
    return is_injective(shape, index, holes, [k for k, p in enumerate(positions, 1) if _differ(p)])


def _differ(x: Node) -> bool:
    """Whether positions that vary along one axis are certainly different: 0, 1, 2, …, or known."""
    if x.literal is not None:
        return are_different(x.literal.value)
    while x.op in (expand_dims, reshape) and [n for n in x.shape if n != 1] == list(x.inputs[0].shape):
        x = x.inputs[0]
    return x.op is positions or counts_steps(x)


def _add_along_statements(node: Node) -> tuple[str, str]:
    shape, axis, n = node.shape, node.kwargs["axis"], node.ndim
    steps = [f"np.arange({length_template(m)}){'[:' + ', None' * (n - 1 - k) + ']' if k < n - 1 else ''}" for k, m in enumerate(shape)]
    index = ", ".join("b" if k == axis else step for k, step in enumerate(steps))
    empty = f"np.zeros({shape_template(shape)}{dtype_argument(node)})"
    if node.inputs[1].shape[axis] == 1:  # no position comes twice
        return empty, f"target[{index}] += a"
    return empty, f"np.add.at(target, ({index}), a)"


def _along_spell(node: Node) -> str:
    return "a[b]" if node.ndim == 1 else f"np.take_along_axis(a, b, axis={node.kwargs['axis']})"


def _argsort_spell(node: Node) -> str:
    axis, kind = node.kwargs["axis"], node.kwargs["kind"]
    where = "" if axis == node.ndim - 1 else f", axis={axis}"
    return f"np.argsort(a{where}{f', kind={kind!r}' if kind else ''})"


# ----------------------------------------------------------------------------------------------------------- derivatives


def _gather_transpose(i: int, g: Node, x: Node, *positions: Node, index: Index) -> Node | None:
    return scatter_add(g, *positions, shape=x.shape, index=index) if i == 0 else None


def _scatter_transpose(i: int, g: Node, x: Node, *positions: Node, shape: Shape, index: Index) -> Node | None:
    return gather(g, *positions, index=index) if i == 0 else None


def inverse_order(order: Node, axis: int) -> Node:
    """The permutation that undoes `order`."""
    if order.op is argsort and order.inputs[0].op is argsort:
        return order.inputs[0]
    return argsort(order, axis=axis, kind=None)


def pick(x: Node, positions: Node, axis: int) -> Node:
    """``x[positions]`` along an axis, for positions that may be known or not."""
    literal, lead = positions.literal, (Slice(),) * axis
    rest = (Slice(),) * (x.ndim - axis - 1)
    if literal is None:
        return gather(x, positions, index=(*lead, Hole(1), *rest))
    item = Literal(literal.value) if literal.value.ndim else int(literal.value)
    return getitem(x, index=(*lead, item, *rest))


def take_along_axis(x: Node, positions: Node, axis: int) -> Node:
    """NumPy's take_along_axis; for vectors an index."""
    return pick(x, positions, 0) if x.ndim == 1 else take_along(x, positions, axis=axis)


# ---------------------------------------------------------------------------------------------------------------- stacks


def _gather_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """Of a stack of arrays, the same positions in each; where the positions are stacked, item by item."""
    x, index, b = inputs[0], node.kwargs["index"], len(lead)
    shapes = tuple(p.shape for p in node.inputs[1:])
    _refuse_runs(node, inputs)
    if not any(is_stacked(node, inputs, i) for i in range(1, len(inputs))):
        picked = gather(*inputs, index=(Slice(),) * b + index)
        return _moved(picked, leading_axes(index, shapes), b)
    joint, before = joint_axes(index, shapes), axes_before(index)
    places = _aligned_positions(node, inputs, b, joint)
    if is_stacked(node, inputs, 0):
        picked = gather(x, *places, *_counted(lead, joint), index=_with_counted(index, len(places), b))
        return _placed(picked, b, joint, before or 0)
    picked = gather(x, *places, index=index)
    return _moved(picked, before or 0, b)


def _scatter_add_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """The transpose of `_gather_batch`."""
    params, b = node.kwargs, len(lead)
    index, shapes = params["index"], tuple(p.shape for p in node.inputs[1:])
    _refuse_runs(node, inputs)
    shape = (*lead, *params["shape"])
    if not any(is_stacked(node, inputs, i) for i in range(1, len(inputs))):
        g = _moved(inputs[0], b, leading_axes(index, shapes))
        return scatter_add(g, *inputs[1:], shape=shape, index=(Slice(),) * b + index)
    g = inputs[0] if is_stacked(node, inputs, 0) else OPS["broadcast_to"](inputs[0], shape=(*lead, *inputs[0].shape))
    joint = joint_axes(index, shapes)
    g = _placed(g, b, axes_before(index) or 0, joint)
    places = _aligned_positions(node, inputs, b, joint)
    return scatter_add(g, *places, *_counted(lead, joint), shape=shape, index=_with_counted(index, len(places), b))


def _refuse_runs(node: Node, inputs: tuple[Node, ...]) -> None:
    """Slices whose beginning differs from item to item make no array."""
    runs = [item for item in node.kwargs["index"] if isinstance(item, Run) and item.first is not None]
    if any(is_stacked(node, inputs, item.first or 0) for item in runs):
        raise UnsupportedError("a stack of slices that begin at different places", help="write x[i + np.arange(n)]")


def _aligned_positions(node: Node, inputs: tuple[Node, ...], b: int, joint: int) -> list[Node]:
    return [aligned(p, b, joint) if is_stacked(node, inputs, i) else p for i, p in enumerate(inputs) if i]


def _counted(lead: Shape, joint: int) -> list[Node]:
    """For each axis of the stack its positions, which meet the other positions of an index."""
    b = len(lead)
    return [reshape(positions(n=n), shape=(n, *(1,) * (b - k - 1 + joint))) for k, n in enumerate(lead)]


def _with_counted(index: Index, holes: int, b: int) -> Index:
    return (*(Hole(holes + k + 1) for k in range(b)), *index)


def _moved(x: Node, first: int, second: int) -> Node:
    """The first axes and the `second` ones that follow them, exchanged."""
    return _placed(x, 0, first, second)


def _placed(x: Node, b: int, first: int, second: int) -> Node:
    """The `first` axes behind those of the stack and the `second` ones that follow them, exchanged."""
    middle, end = b + first, b + first + second
    order = (*range(b), *range(middle, end), *range(b, middle), *range(end, x.ndim))
    return permute(x, axes=order) if first and second else x


def _along_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """Vectors at the same positions are rows of an index; all else is the same operation, an axis further."""
    if node.ndim == 1 and not is_stacked(node, inputs, 1):
        return pick(inputs[0], inputs[1], len(lead))
    return shift_axes("axis")(node, inputs, lead)


def _is_view(node: Node) -> bool:
    """Whether NumPy gives a view, or a number: where no array of integers is among the items of the index."""
    return not any(isinstance(i, Literal) or (isinstance(i, Hole) and node.inputs[i.operand].shape) for i in node.kwargs["index"])


# ------------------------------------------------------------------------------------------------------------------ rows


def _gather_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4), np.array([2, 0, 2])), {"index": (Hole(1),)}
    yield (rng.normal(size=4), np.array(2)), {"index": (Hole(1),)}
    yield (rng.normal(size=(3, 4)), np.array([[1, 0], [-1, 1]])), {"index": (Slice(), Hole(1))}
    yield (rng.normal(size=(3, 4)), np.array([2, 2]), np.array([-1, 3])), {"index": (Hole(1), Hole(2))}
    yield (rng.normal(size=(3, 2, 4)), np.array([2, 1]), np.array([[3], [0]])), {"index": (Hole(1), Slice(), Hole(2))}
    yield (rng.normal(size=(2, 3, 4)), np.array([2, 1])), {"index": (Slice(), Hole(1), Literal(np.array([0, 3])))}


def _scatter_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=3), np.array([2, 0, 2])), {"shape": (4,), "index": (Hole(1),)}
    yield (rng.normal(size=3), np.array(1)), {"shape": (2, 3), "index": (Hole(1), Slice())}
    yield (rng.normal(size=(2, 3)), np.array([2, 0])), {"shape": (3, 3, 4), "index": (Hole(1), Slice(), 1)}
    yield (rng.normal(size=(3, 2)), np.array([2, 0])), {"shape": (3, 4), "index": (Slice(), Hole(1))}


def _along_samples(*positions: Any, **params: Any) -> Any:
    return lambda rng: [((rng.normal(size=(3, 2)), np.array(p)), {"axis": k, **params}) for p, k in positions]


def _reorder_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=4), np.array([2, 0, 3, 1])), {"axis": 0}
    yield (rng.normal(size=(2, 3)), np.array([[2, 0, 1], [0, 2, 1]])), {"axis": 1}
    yield (rng.normal(size=(3, 2)), np.array([[2, 0], [0, 2], [1, 1]])), {"axis": 0}


def _argsort_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(3, 2)),), {"axis": 0, "kind": "stable"}
    yield (rng.normal(size=(3, 2)),), {"axis": 1, "kind": "stable"}
    yield (rng.normal(size=4),), {"axis": 0, "kind": None}


gather: Op = linear("gather", None, transpose=_gather_transpose, variadic=True, drops=True, facts=array_bounds.same, doc="Elements at positions that are computed.",
        links=Moves(lambda x, *positions, index: x[at(index, positions)], positions=1), infer=_gather_infer, batch=_gather_batch, integers=True, aliases=_is_view,
        spell=lambda node: f"a[{index_template(node.kwargs['index'])}]", hint="part", element=elements.picked, samples=_gather_samples,
        latex=lambda node: f"#1[{index_latex(node.kwargs['index'])}]")
scatter_add: Op = linear("scatter_add", None, transpose=_scatter_transpose, variadic=True,
        fills=True, facts=array_bounds.sums_among_zeros, doc="Zeros, to which the input is added at positions that are computed: the transpose of gather.",
        links=Places(lambda y, *positions, shape, index: y[at(index, positions)]), infer=_scatter_infer, batch=_scatter_add_batch, integers=True, accumulate=_scatter_statements, hint="full", element=elements.put_back, samples=_scatter_samples,
        symbol=lambda node: f"x0 into [{index_template(node.kwargs['index'])}]", latex=lambda node: rf"\operatorname{{into}}_{{[{index_latex(node.kwargs['index'])}]}}(#1)")
take_along: Op = linear("take_along", np.take_along_axis,
        transpose=(lambda g, x, i, axis: add_along(g, i, axis=axis, length=x.shape[axis]), lambda g, x, i, axis: None),
        drops=True, facts=array_bounds.same, doc="Elements at one position per row or column along an axis.", links=moves_or(along(), np.take_along_axis), infer=_along_infer, batch=_along_batch, integers=True, spell=_along_spell, hint="part",
        element=elements.along, samples=_along_samples(([[2, 0], [2, 1]], 0), ([[0], [1], [1]], 1)))
add_along: Op = linear("add_along", None, transpose=(lambda g, x, i, axis, length: take_along_axis(g, i, axis), lambda g, x, i, axis, length: None),
        fills=True, facts=array_bounds.sums_among_zeros, doc="Zeros, to which the input is added along an axis: the transpose of take_along.",
        links=Places(lambda y, i, axis, length: np.take_along_axis(y, i, axis)), infer=_add_along_infer, batch=shift_axes("axis"), integers=True, accumulate=_add_along_statements, hint="full",
        element=elements.added_along, samples=_along_samples(([[2, 0], [2, 1], [4, 1]], 0), ([[2, 4], [2, 1], [4, 1]], 1), length=5))
reorder: Op = linear("reorder", np.take_along_axis, transpose=(lambda g, x, i, axis: reorder(g, inverse_order(i, axis), axis=axis), lambda g, x, i, axis: None),
        facts=array_bounds.same, doc="Elements along an axis in another order, a permutation.", links=moves_or(along(), np.take_along_axis), infer=_along_infer, batch=_along_batch, integers=True, spell=_along_spell, hint="part",
        element=elements.along, samples=_reorder_samples)
argsort: Op = primitive("argsort", np.argsort, vjp=(None,), facts=bounds.counts, doc="Positions of the elements in ascending order.",
        infer=lambda x, axis, kind: Aval(np.int64, x.shape), batch=shift_axes("axis"), spell={"numpy": _argsort_spell, "c": line_call("argsort", integers="argsort_integers")}, hint="order", samples=_argsort_samples)
positions: Op = linear("positions", np.arange, transpose=(), counts=True, facts=bounds.counts, doc="0, 1, … n - 1, as integers.",
        links=Moves(np.arange), infer=lambda n: Aval(np.int64, (n,)), batch=stacks, spell=lambda node: f"np.arange({length_template(node.kwargs['n'])})", hint="k",
        latex=lambda node: rf"(0, \ldots, {node.shape[0] - 1})",
        element=elements.counted, samples=lambda rng: [((), {"n": 3})])
