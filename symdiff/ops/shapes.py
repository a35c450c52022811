"""Operations that move elements without computing: all linear, each beside its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdiff.errors import ShapeError, ValueDomainError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape, divide, show_shape, size
from symdiff.graph.fact import Fact
from symdiff.graph.node import Node, constant
from symdiff.graph.op import OPS, Op
from symdiff.ops import array_bounds, bounds, elements
from symdiff.ops.axes import Axes, length_template, shape_template
from symdiff.ops.batching import shift_axes, stacked, stacks
from symdiff.ops.families import linear
from symdiff.ops.index import (
    Index,
    Slice,
    indexed_shape,
    is_basic,
    is_injective,
    leading_axes,
)
from symdiff.ops.index_text import index_latex, index_template, index_tuple_template
from symdiff.ops.links import Moves, Places, at


def _samples(*rows: tuple[tuple[int, ...], dict[str, Any]]) -> Any:
    def samples(rng: np.random.Generator) -> Any:
        for shape, params in rows:
            yield (rng.normal(size=shape),), params

    return samples


# ----------------------------------------------------------------------------------------------------------- shape rules


def _reshape_infer(x: Aval, shape: Shape) -> Aval:
    if size(shape) != size(x.shape):
        raise ShapeError(f"cannot reshape {x!r} to [{show_shape(shape)}]: {size(x.shape)} elements are not {size(shape)}", code="SD205")
    return Aval(x.dtype, shape)


def resolve_reshape(x: Node, shape: tuple[Dim, ...]) -> Shape:
    """`shape` with the one length -1 worked out."""
    if -1 not in shape:
        return shape
    rest = size(dim for dim in shape if dim != -1)
    missing = divide(size(x.shape), rest) if rest != 0 else None
    if missing is None or shape.count(-1) > 1:
        raise ShapeError(f"cannot reshape {x.aval!r} to [{show_shape(shape)}]")
    return tuple(missing if dim == -1 else dim for dim in shape)


def _permute_infer(x: Aval, axes: Axes) -> Aval:
    if sorted(axes) != list(range(x.ndim)):
        raise ValueDomainError(f"axes {axes} are not an order of the {x.ndim} axes of {x!r}")
    return Aval(x.dtype, tuple(x.shape[k] for k in axes))


def _expand_infer(x: Aval, axis: Axes) -> Aval:
    rest = iter(x.shape)
    return Aval(x.dtype, tuple(1 if k in axis else next(rest) for k in range(x.ndim + len(axis))))


def _squeeze_infer(x: Aval, axis: Axes) -> Aval:
    for k in axis:
        if x.shape[k] != 1:
            raise ShapeError(f"cannot squeeze axis {k} of {x!r}: its length is {x.shape[k]}, not 1")
    return Aval(x.dtype, tuple(n for k, n in enumerate(x.shape) if k not in axis))


def _concatenate_infer(*avals: Aval, axis: int) -> Aval:
    first = avals[0]
    total: Dim = 0
    for a in avals:
        if a.ndim != first.ndim or any(p != q for k, (p, q) in enumerate(zip(a.shape, first.shape, strict=True)) if k != axis):
            raise ShapeError(f"cannot concatenate {', '.join(map(repr, avals))} along axis {axis}: the other lengths differ")
        total = total + a.shape[axis]
    return Aval(_joined_dtype(avals), (*first.shape[:axis], total, *first.shape[axis + 1 :]))


def _joined_dtype(avals: Sequence[Aval]) -> np.dtype:
    """NumPy's promotion of what it makes arrays of first: a Python number among them is a float64."""
    return np.result_type(*[a.dtype for a in avals])


def _stack_infer(*avals: Aval, axis: int) -> Aval:
    shape = avals[0].shape
    if any(a.shape != shape for a in avals):
        raise ShapeError(f"cannot stack {', '.join(map(repr, avals))}: the shapes differ")
    return Aval(_joined_dtype(avals), (*shape[:axis], len(avals), *shape[axis:]))


def _pad_infer(x: Aval, widths: tuple[tuple[int, int], ...]) -> Aval:
    return Aval(x.dtype, tuple(n + (p + q) for n, (p, q) in zip(x.shape, widths, strict=True)))


def _diag_infer(x: Aval, k: int) -> Aval:
    n = x.shape[0] + abs(k)
    return Aval(x.dtype, (n, n))


def _diagonal_infer(x: Aval) -> Aval:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{x!r} is not square, it has no main diagonal of known length")
    return Aval(x.dtype, x.shape[:-1])


def _scatter_infer(g: Aval, shape: Shape, index: Index) -> Aval:
    if g.shape and indexed_shape(shape, index) != g.shape:  # a number goes everywhere
        raise ShapeError(f"cannot scatter {g!r} into [{show_shape(shape)}]")
    return Aval(g.dtype, shape)


# ------------------------------------------------------------------------------------------------------------- spellings


def number_everywhere(node: Node) -> str:
    """An array of one number, which has a plainer name for some."""
    shape = shape_template(node.shape)
    shape = shape[1:-2] if node.ndim == 1 else shape
    literal = node.inputs[0].literal
    if literal is not None and literal.scalar in (0, 1):
        return f"np.{'ones' if literal.scalar else 'zeros'}({shape}{dtype_argument(node)})"
    return f"np.full({shape}, a)"


def _expand_spell(node: Node) -> str:
    axis = node.kwargs["axis"]
    if not node.inputs[0].shape:  # a number has no axes to index
        return number_everywhere(node)
    return f"a[{', '.join('None' if k in axis else ':' for k in range(node.ndim))}]"


def _expand_sympy(node: Node) -> str | None:
    return {(1, (1,)): "a", (1, (0,)): "Transpose(a)"}.get((node.inputs[0].ndim, node.kwargs["axis"]))


def _squeeze_sympy(node: Node) -> str | None:
    return {(2, (1,)): "a", (2, (0,)): "Transpose(a)", (2, (0, 1)): "Trace(a)", (1, (0,)): "Trace(a)"}.get((node.inputs[0].ndim, node.kwargs["axis"]))


def _permute_spell(node: Node) -> str:
    axes = node.kwargs["axes"]
    if not axes:
        return "a"
    if axes == tuple(reversed(range(len(axes)))):
        return "a.T"
    return f"np.transpose(a, {axes})"


def _reshape_spell(node: Node) -> str:
    shape = node.kwargs["shape"]
    return "np.ravel(a)" if node.ndim == 1 else f"np.reshape(a, {shape_template(shape)})"


def _flip_spell(node: Node) -> str:
    axes = node.kwargs["axis"]
    if not axes or max(axes) > 2:
        return f"np.flip(a, axis={axes})"
    return f"a[{', '.join('::-1' if k in axes else ':' for k in range(max(axes) + 1))}]"


def _axis_spell(name: str) -> Any:
    def spell(node: Node) -> str:
        axis = node.kwargs["axis"]
        if isinstance(axis, tuple):
            axis = axis[0] if len(axis) == 1 else axis
        if name == "stack" and not node.inputs[0].shape:
            return f"np.array([{', '.join(f'x{k}' for k in range(len(node.inputs)))}])"
        inputs = "a" if len(node.inputs) == 1 and name not in ("concatenate", "stack") else f"[{', '.join(f'x{k}' for k in range(len(node.inputs)))}]"
        return f"np.{name}({inputs}{'' if axis == 0 and name in ('concatenate', 'stack') else f', axis={axis}'})"

    return spell


def _pad_spell(node: Node) -> str:
    widths = [shape_template(pair) for pair in node.kwargs["widths"]]
    together = widths[0] if len(widths) == 1 else f"({', '.join(widths)})"
    return f"np.pad(a, {together})"


def _triangle_spell(name: str) -> Any:
    return lambda node: f"np.{name}(a{', ' + str(node.kwargs['k']) if node.kwargs['k'] else ''})"


def _diagonal_spell(node: Node) -> str:
    return "np.diagonal(a)" if node.inputs[0].ndim == 2 else "np.diagonal(a, axis1=-2, axis2=-1)"


def _part_hint(node: Node) -> str:
    """``x_0`` for x[0]."""
    index = node.kwargs["index"]
    return "{}_" + "_".join(map(str, index)) if all(isinstance(k, int) and k >= 0 for k in index) else "part"


def _scatter_statements(node: Node) -> tuple[str, str]:
    """How to begin, and how to add in place; the printer gives the target its name."""
    shape, index = node.kwargs["shape"], node.kwargs["index"]
    empty = f"np.zeros({shape_template(shape) if len(shape) != 1 else length_template(shape[0])}{dtype_argument(node)})"
    if is_basic(index) or is_injective(shape, index):
        return empty, f"target[{index_template(index)}] += a"
    return empty, f"np.add.at(target, {index_tuple_template(index)}, a)"


def dtype_argument(node: Node) -> str:
    """``, dtype=np.float32`` for creation functions, nothing for float64."""
    return "" if node.dtype == np.float64 else f", dtype=np.{'bool_' if node.dtype.kind == 'b' else node.dtype.name}"


# ----------------------------------------------------------------------------------------------------------- transposes


def _concatenate_transpose(i: int, g: Node, *inputs: Node, axis: int) -> Node:
    start: Dim = 0
    for x in inputs[:i]:
        start = start + x.shape[axis]
    cut = Slice(start if start != 0 else None, start + inputs[i].shape[axis] if i + 1 < len(inputs) else None, None)
    return getitem(g, index=(*[Slice()] * axis, cut, *[Slice()] * (g.ndim - axis - 1)))


def _stack_transpose(i: int, g: Node, *inputs: Node, axis: int) -> Node:
    return getitem(g, index=(*[Slice()] * axis, i, *[Slice()] * (g.ndim - axis - 1)))


def _pad_transpose(g: Node, x: Node, widths: tuple[tuple[int, int], ...]) -> Node:
    return getitem(g, index=tuple(Slice(p or None, -q if q else None, None) for p, q in widths))


def _diag_transpose(g: Node, x: Node, k: int) -> Node:
    n = g.shape[0]
    rows, columns = Slice(-k if k < 0 else None, n - k if k > 0 else None), Slice(k if k > 0 else None, n + k if k < 0 else None)
    return diagonal(g if k == 0 else getitem(g, index=(rows, columns)))


def _diagonal_transpose(g: Node, x: Node) -> Node:
    if g.ndim == 1:
        return diag(g, k=0)
    return expand_dims(g, axis=(g.ndim,)) * eye(n=x.shape[-1], dtype=x.dtype.name)


PYTHONS = {"i": "int", "f": "float", "c": "complex"}  # to which `astype` makes numbers of Python's, by NumPy's letter


def _astype_transpose(g: Node, x: Node, dtype: str) -> Node | None:
    return g if np.dtype(dtype).kind in "fc" else None  # a conversion to integers is piecewise constant


def _astype_infer(x: Aval, dtype: str) -> Aval:
    return Aval(dtype, x.shape, weak=dtype in PYTHONS.values())


def _astype_spell(node: Node) -> str:
    dtype = node.kwargs["dtype"]
    if node.aval.weak:
        return f"a.astype({dtype})" if node.shape else f"{dtype}(a)"
    name = "np.bool_" if dtype == "bool" else f"np.{dtype}"
    return f"a.astype({name})" if node.shape else f"{name}(a)"


def _matrix_infer(*elements: Aval, shape: tuple[int, int]) -> Aval:
    if len(elements) != shape[0] * shape[1] or any(x.shape for x in elements):
        raise ShapeError(f"a matrix of shape {shape} is made of as many numbers, not of {elements!r}")
    return Aval(_joined_dtype(elements), shape)


def _matrix_transpose(i: int, g: Node, *elements: Node, shape: tuple[int, int]) -> Node:
    return getitem(g, index=divmod(i, shape[1]))


def _matrix_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    elements = stack(*stacked(node, inputs, lead), axis=len(lead))
    return reshape(elements, shape=(*lead, *node.shape))


def _matrix_spell(node: Node) -> str:
    n, m = node.kwargs["shape"]
    rows = [", ".join(f"x{i * m + j}" for j in range(m)) for i in range(n)]
    return f"np.array([{', '.join(f'[{row}]' for row in rows)}])"


# --------------------------------------------------------------------------------------------------- tangents and stacks


def jointly(tangents: tuple[Node | None, ...], node: Node) -> Node:
    """A row that is linear in all inputs together: itself on the tangents, zeros where there is none."""
    zeros = [OPS["broadcast_to"](constant(node.dtype.type(0)), shape=x.shape) if x.ndim else constant(node.dtype.type(0)) for x in node.inputs]
    return Node(node.op, tuple(z if t is None else t for z, t in zip(zeros, tangents, strict=True)), node.params)


def _reshape_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return reshape(inputs[0], shape=(*lead, *node.shape))


def _permute_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return permute(inputs[0], axes=(*range(len(lead)), *(k + len(lead) for k in node.kwargs["axes"])))


def _pad_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return pad(inputs[0], widths=(((0, 0),) * len(lead) + node.kwargs["widths"]))


def _getitem_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    index, b = node.kwargs["index"], len(lead)
    picked = getitem(inputs[0], index=(Slice(),) * b + index)
    joint = leading_axes(index)  # which NumPy puts in front of everything, the axes of the stack included
    return permute(picked, axes=(*range(joint, joint + b), *range(joint), *range(joint + b, picked.ndim))) if joint else picked


def _scatter_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    (g,), index, b = inputs, node.kwargs["index"], len(lead)
    joint = leading_axes(index)
    if not node.inputs[0].shape:
        part = indexed_shape(node.shape, index)
        g = OPS["broadcast_to"](reshape(g, shape=(*g.shape, *[1] * len(part))), shape=(*g.shape, *part)) if part else g
    if joint:
        g = permute(g, axes=(*range(b, b + joint), *range(b), *range(b + joint, g.ndim)))
    return scatter(g, shape=(*lead, *node.shape), index=(Slice(),) * b + index)


def _diag_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """Rows of an identity scaled, moved off the main diagonal by zeros around them."""
    x, k, b = inputs[0], node.kwargs["k"], len(lead)
    square = expand_dims(x, axis=(x.ndim,)) * eye(n=x.shape[-1], dtype=x.dtype.name)
    above, below = max(k, 0), max(-k, 0)
    return pad(square, widths=((0, 0),) * b + ((below, above), (above, below))) if k else square


# ------------------------------------------------------------------------------------------------------------------ rows

reshape: Op = linear("reshape", np.reshape, transpose=lambda g, x, shape: reshape(g, shape=x.shape), facts=array_bounds.same, doc="The same elements in another shape.",
        links=Moves(np.reshape), infer=_reshape_infer, batch=_reshape_batch, view=True, spell=_reshape_spell,
        element=elements.reshaped, samples=_samples(((2, 3), {"shape": (3, 2)}), ((4,), {"shape": (2, 1, 2)})))
permute: Op = linear("transpose", np.transpose, transpose=lambda g, x, axes: permute(g, axes=tuple(axes.index(k) for k in range(len(axes)))),
        facts=array_bounds.turned, doc="Axes in another order.", links=Moves(np.transpose), infer=_permute_infer, batch=_permute_batch, view=True,
        spell=_permute_spell, sympy="Transpose(a)", latex=lambda node: r"#1^{\top}" if node.kwargs["axes"] == (1, 0) else r"\operatorname{transpose}(#1)",
        element=elements.permuted, samples=_samples(((2, 3), {"axes": (1, 0)}), ((2, 3, 4), {"axes": (2, 0, 1)})))
expand_dims: Op = linear("expand_dims", np.expand_dims, transpose=lambda g, x, axis: squeeze(g, axis=axis), facts=array_bounds.same, doc="New axes of length 1.",
        links=Moves(np.expand_dims), infer=_expand_infer, batch=shift_axes("axis"), view=True,
        spell=_expand_spell, sympy=_expand_sympy, latex=lambda node: r"#1^{\top}" if node.inputs[0].ndim == 1 and node.kwargs["axis"] == (0,) else "#1",
        element=elements.expanded, samples=_samples(((3,), {"axis": (1,)}), ((2, 3), {"axis": (0, 3)})))
squeeze: Op = linear("squeeze", np.squeeze, transpose=lambda g, x, axis: expand_dims(g, axis=axis), facts=array_bounds.same, doc="Without the given axes of length 1.",
        links=Moves(np.squeeze), infer=_squeeze_infer, batch=shift_axes("axis"), view=True, spell=_axis_spell("squeeze"), sympy=_squeeze_sympy, latex="#1",
        element=elements.squeezed, samples=_samples(((3, 1), {"axis": (1,)})))
def _of_all_axes(node: Node) -> str | None:
    """The standard wants an ellipsis where axes are left out."""
    index, axes = node.kwargs["index"], node.inputs[0].ndim
    are_left_out = len(index) < axes or (len(index) > 1 and index[-1] == Slice())
    return f"a[{index_template(index)}, ...]" if index and are_left_out else None


getitem: Op = linear("getitem", None, transpose=lambda g, x, index: scatter(g, shape=x.shape, index=index),
        facts=array_bounds.same, doc="Elements picked by integers, slices and integer arrays.", drops=True,
        links=Moves(lambda x, index: x[at(index)]), infer=lambda x, index: Aval(x.dtype, indexed_shape(x.shape, index)), batch=_getitem_batch, aliases=lambda node: is_basic(node.kwargs["index"]),
        spell={"numpy": lambda node: f"a[{index_template(node.kwargs['index'])}]" if node.inputs[0].shape else "a", "array_api": _of_all_axes}, hint=_part_hint,
        latex=lambda node: f"#1[{index_latex(node.kwargs['index'])}]",
        element=elements.picked, samples=_samples(((4,), {"index": (Slice(1, None),)}), ((3, 4), {"index": (1, Slice(None, None, 2))}), ((4,), {"index": (Slice(None, None, -1),)})))
scatter: Op = linear("scatter", None, transpose=lambda g, x, shape, index: getitem(g, index=index),
        facts=array_bounds.sums_among_zeros, doc="Zeros, to which the input is added at the index: the transpose of getitem.", fills=True,
        links=Places(lambda y, shape, index: y[at(index)]), infer=_scatter_infer, batch=_scatter_batch, accumulate=_scatter_statements,
        hint="full", symbol=lambda node: f"into [{index_template(node.kwargs['index'])}]",
        element=elements.put_back, samples=_samples(((3,), {"shape": (4,), "index": (Slice(1, None),)}), ((2,), {"shape": (3, 4), "index": (1, Slice(None, None, 2))})))
flip: Op = linear("flip", np.flip, transpose=lambda g, x, axis: flip(g, axis=axis), facts=array_bounds.same, doc="Elements along axes in reverse order.",
        links=Moves(np.flip), infer=lambda x, axis: x, batch=shift_axes("axis"), view=True, spell=_flip_spell,
        element=elements.flipped, samples=_samples(((4,), {"axis": (0,)}), ((2, 3), {"axis": (0, 1)})))
roll: Op = linear("roll", np.roll, transpose=lambda g, x, shift, axis: roll(g, shift=-shift, axis=axis), facts=array_bounds.same, doc="Elements shifted along an axis, around the end.",
        links=Moves(np.roll), infer=lambda x, shift, axis: x, batch=shift_axes("axis"),
        spell=lambda node: f"np.roll(a, {node.kwargs['shift']}, axis={node.kwargs['axis']})", hint="rolled",
        element=elements.rolled, samples=_samples(((4,), {"shift": 1, "axis": 0}), ((2, 3), {"shift": -2, "axis": 1}), ((3, 2), {"shift": 1, "axis": 0})))
pad: Op = linear("pad", np.pad, transpose=_pad_transpose, facts=array_bounds.with_zeros, doc="Zeros around the edges.", fills=True,
        links=Moves(lambda x, widths: np.pad(x, widths)), infer=_pad_infer, batch=_pad_batch, spell=_pad_spell, hint="padded",
        element=elements.padded, samples=_samples(((3,), {"widths": ((1, 2),)}), ((2, 2), {"widths": ((0, 1), (2, 0))})))
concatenate: Op = linear("concatenate", np.concatenate, transpose=_concatenate_transpose, variadic=True, jvp=jointly, fills=True, facts=bounds.either, doc="Arrays joined along an axis.",
        links=Moves(lambda *x, axis: np.concatenate(x, axis)), infer=_concatenate_infer, batch=shift_axes("axis"), spell=_axis_spell("concatenate"), hint="joined",
        element=elements.joined, samples=lambda rng: [((rng.normal(size=2), rng.normal(size=3)), {"axis": 0}), ((rng.normal(size=(2, 1)), rng.normal(size=(2, 3))), {"axis": 1}), ((rng.normal(size=(1, 2)), rng.normal(size=(3, 2))), {"axis": 0})])
stack: Op = linear("stack", np.stack, transpose=_stack_transpose, variadic=True, jvp=jointly, fills=True, facts=bounds.either, doc="Arrays joined along a new axis.",
        links=Moves(lambda *x, axis: np.stack(x, axis)), infer=_stack_infer, batch=shift_axes("axis"), spell=_axis_spell("stack"), hint="stacked",
        element=elements.stacked, samples=lambda rng: [((rng.normal(size=2), rng.normal(size=2)), {"axis": 1}), ((rng.normal(size=2), rng.normal(size=2)), {"axis": 0}), ((rng.normal(), rng.normal()), {"axis": 0})])
matrix: Op = linear("matrix", None, transpose=_matrix_transpose, variadic=True, jvp=jointly, fills=True, facts=bounds.either, doc="A matrix of numbers, row by row.",
        links=Moves(lambda *x, shape: np.reshape(x, shape)), infer=_matrix_infer, batch=_matrix_batch, spell=_matrix_spell, hint="m", flops=lambda node: 0,
        element=elements.matrix, samples=lambda rng: [(tuple(rng.normal(size=6)), {"shape": (2, 3)}), ((rng.normal(),), {"shape": (1, 1)})])
tril: Op = linear("tril", np.tril, transpose=lambda g, x, k: tril(g, k=k), drops=True, fills=True, facts=array_bounds.triangle("lower"), doc="Lower triangle, zeros above.",
        links=Moves(np.tril), infer=lambda x, k: x, batch=stacks, spell=_triangle_spell("tril"), hint="low", element=elements.triangle(below=True), samples=_samples(((3, 3), {"k": 0}), ((2, 3), {"k": 1})))
triu: Op = linear("triu", np.triu, transpose=lambda g, x, k: triu(g, k=k), drops=True, fills=True, facts=array_bounds.triangle("upper"), doc="Upper triangle, zeros below.",
        links=Moves(np.triu), infer=lambda x, k: x, batch=stacks, spell=_triangle_spell("triu"), hint="up", element=elements.triangle(below=False), samples=_samples(((3, 3), {"k": 0}), ((3, 2), {"k": -1})))
diag: Op = linear("diag", np.diag, transpose=_diag_transpose, fills=True, facts=array_bounds.diagonal_matrix, doc="Square matrix with the input on a diagonal.",
        links=Moves(np.diag), infer=_diag_infer, batch=_diag_batch,
        spell=_triangle_spell("diag"), hint="diag", sympy=lambda node: None if node.kwargs["k"] else "DiagMatrix(a)", latex=r"\operatorname{diag}(#1)",
        element=elements.diag, samples=_samples(((3,), {"k": 0}), ((2,), {"k": -1}), ((2,), {"k": 2})))
diagonal: Op = linear("diagonal", np.diagonal, transpose=_diagonal_transpose, drops=True, facts=array_bounds.main_diagonal, doc="Main diagonal of the last two axes.",
        links=Moves(lambda x: np.diagonal(x, axis1=-2, axis2=-1)), infer=_diagonal_infer, batch=stacks, aliases=True, spell=_diagonal_spell, hint="diag", sympy="DiagonalOf(a)", latex=r"\operatorname{diag}(#1)",
        element=elements.diagonal, samples=_samples(((3, 3), {}), ((2, 3, 3), {})))
contiguous: Op = linear("contiguous", None, transpose=lambda g, x: g, facts=lambda node, of: of(node.inputs[0]), doc="The same elements in C order, copied if need be.",
        links=Moves(lambda x: x), infer=lambda x: x, batch=stacks, aliases=True, spell="np.ascontiguousarray(a)", hint="copy", sympy="a", latex="#1", element=elements.same, samples=_samples(((2, 3), {})))
astype: Op = linear("astype", None, transpose=_astype_transpose, facts=array_bounds.converted, doc="The same values in another dtype.",
        links=Moves(lambda x, dtype: x), infer=_astype_infer, batch=stacks, integers=True, spell=_astype_spell, latex="#1",
        element=elements.converted, samples=_samples(((3,), {"dtype": "float64"})))
eye: Op = linear("eye", np.eye, transpose=(), facts=lambda node, of: Fact(0.0, 1.0, finite=True, integer=True, words=array_bounds.IDENTITY), doc="Identity matrix.",
        infer=lambda n, dtype: Aval(dtype, (n, n)), batch=stacks,
        spell=lambda node: f"np.eye({length_template(node.kwargs['n'])}{dtype_argument(node)})", hint="eye", sympy="Identity(height)", latex="I",
        element=elements.eye, samples=lambda rng: [((), {"n": 3, "dtype": "float64"})])
arange: Op = linear("arange", np.arange, transpose=(), facts=bounds.counts, doc="0.0, 1.0, … n - 1.",
        infer=lambda n: Aval(np.float64, (n,)), batch=stacks, spell=lambda node: f"np.arange({length_template(node.kwargs['n'])}, dtype=np.float64)", hint="k",
        element=elements.counted, samples=lambda rng: [((), {"n": 3})])
