"""Functions with NumPy's signatures: arguments are normalised here, then rows are applied.

Composite functions (var is not one, ptp is) are written in terms of rows where that loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError, ValueDomainError
from symdiff.graph.dims import Dim, Length, parse_dim
from symdiff.graph.node import Literal, Node, as_node, constant
from symdiff.ops import contraction, elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.axes import count, normalize_axes, normalize_axis
from symdiff.ops.index import Slice, normalize_index
from symdiff.ops.table import add_elementwise_rows, numpy_function

add_elementwise_rows()

# ------------------------------------------------------------------------------------------------------------ conversion


@numpy_function("asarray", np.asarray, "array")
def asarray(a: Any, dtype: Any = None) -> Node:
    """The argument as an array; lists may hold symbolic values."""
    node = _stacked(a) if isinstance(a, (list, tuple)) else as_node(a)
    if node.aval.weak:
        node = _strong(node)
    return node if dtype is None else astype(node, dtype)


def _stacked(items: Sequence[Any]) -> Node:
    if not any(_symbolic(item) for item in items):
        return as_node(list(items))
    parts = [_stacked(item) if isinstance(item, (list, tuple)) else as_node(item) for item in items]
    strong = parts if any(not p.aval.weak for p in parts) else [_strong(p) for p in parts]
    return shapes.stack(*strong, axis=0)


def _symbolic(item: Any) -> bool:
    stack = [item]
    while stack:
        top = stack.pop()
        if isinstance(top, (list, tuple)):
            stack.extend(top)
        elif isinstance(top, (Node, Length)) or hasattr(top, "__symdiff_node__"):
            return True
    return False


def _strong(node: Node) -> Node:
    literal = node.literal
    return constant(literal.value, weak=False) if literal is not None else shapes.astype(node, dtype=node.dtype.name)


@numpy_function("astype", getattr(np, "astype", None))
def astype(x: Any, dtype: Any) -> Node:
    """The same values in another dtype."""
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        raise ArgumentError(f"{dtype!r} is not a dtype") from None
    x = as_node(x)
    return x if x.dtype == wanted and not x.aval.weak else shapes.astype(x, dtype=wanted.name)


def _dims(shape: Any) -> tuple[Dim, ...]:
    items = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(item if isinstance(item, Length) else parse_dim(item) if isinstance(item, str) else _int(item, "a length") for item in items)


def _int(value: Any, what: str) -> int:
    if isinstance(value, Node) and value.literal is not None and value.ndim == 0 and value.aval.kind in "iu":
        value = value.literal.scalar
    try:
        return as_index(value)
    except TypeError:
        raise ArgumentError(f"{what} must be an integer, not {value!r}") from None


# ------------------------------------------------------------------------------------------------- elementwise, selection


@numpy_function("where", np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Node:
    """x where the condition holds, else y; the other side contributes nothing, not even nan."""
    if x is None or y is None:
        raise UnsupportedError("where(condition) alone gives positions", help="write where(condition, x, y)")
    c = as_node(condition)
    return ew.where(c if c.aval.kind == "b" else ew.not_equal(c, 0), x, y)


@numpy_function("clip", np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Node:
    """minimum(maximum(a, a_min), a_max); either bound may be None."""
    if a_min is None or a_max is None:
        lower = as_node(a) if a_min is None else ew.maximum(a, a_min)
        return lower if a_max is None else ew.minimum(lower, a_max)
    return ew.clip(a, a_min, a_max)


@numpy_function("round", np.round, "around")
def round_(a: Any, decimals: int = 0) -> Node:
    """To the given number of decimals, halves to even."""
    if decimals == 0:
        return ew.rint(a)
    scale = 10.0**decimals
    return ew.rint(a * as_node(scale)) / scale


@numpy_function("polygamma")
def polygamma(n: int, x: Any) -> Node:
    """n-th derivative of digamma."""
    return ew.polygamma(x, n=_int(n, "the order"))


# ------------------------------------------------------------------------------------------------------------ reductions


def _reduce(op: Any, a: Any, axis: Any, keepdims: bool, **params: Any) -> Node:
    x = asarray(a)
    return op(x, axis=normalize_axes(axis, x.ndim), keepdims=bool(keepdims), **params)  # type: ignore[no-any-return]


@numpy_function("sum", np.sum)
def sum_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Sum of elements along axes."""
    return _reduce(red.sum_, a, axis, keepdims)


@numpy_function("mean", np.mean, "average")
def mean(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Mean of elements along axes."""
    return _reduce(red.mean, a, axis, keepdims)


@numpy_function("var", np.var)
def var(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """Variance along axes."""
    return _reduce(red.var, a, axis, keepdims, ddof=ddof)


@numpy_function("std", np.std)
def std(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Node:
    """Standard deviation along axes."""
    return _reduce(red.std, a, axis, keepdims, ddof=ddof)


@numpy_function("prod", np.prod)
def prod(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Product of elements along axes."""
    return _reduce(red.prod, a, axis, keepdims)


@numpy_function("max", np.max, "amax")
def amax(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest element along axes; ties share the derivative equally."""
    return _reduce(red.amax, a, axis, keepdims)


@numpy_function("min", np.min, "amin")
def amin(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Smallest element along axes; ties share the derivative equally."""
    return _reduce(red.amin, a, axis, keepdims)


@numpy_function("ptp", np.ptp)
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Largest minus smallest element along axes."""
    return amax(a, axis, keepdims) - amin(a, axis, keepdims)


@numpy_function("all", np.all)
def all_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether all elements along axes are true."""
    return _reduce(red.all_, a, axis, keepdims)


@numpy_function("any", np.any)
def any_(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether any element along axes is true."""
    return _reduce(red.any_, a, axis, keepdims)


@numpy_function("count_nonzero", np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Number of elements that are not zero."""
    return _reduce(red.count_nonzero, a, axis, keepdims)


@numpy_function("argmax", np.argmax)
def argmax(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the largest element."""
    return _reduce(red.argmax, a, axis, keepdims)


@numpy_function("argmin", np.argmin)
def argmin(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Position of the smallest element."""
    return _reduce(red.argmin, a, axis, keepdims)


@numpy_function("logsumexp", "scipy.special.logsumexp")
def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """log(sum(exp(a))) along axes, without overflow."""
    return _reduce(red.logsumexp, a, axis, keepdims)


@numpy_function("softmax", "scipy.special.softmax")
def softmax(x: Any, axis: Any = None) -> Node:
    """exp(x) / sum(exp(x)) along axes (all of them by default, as SciPy does), without overflow."""
    x = asarray(x)
    return red.softmax(x, axis=normalize_axes(axis, x.ndim))


@numpy_function("log_softmax", "scipy.special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Node:
    """log(softmax(x)) along axes (all of them by default, as SciPy does), without overflow."""
    x = asarray(x)
    return red.log_softmax(x, axis=normalize_axes(axis, x.ndim))


def _scan(op: Any, a: Any, axis: Any) -> Node:
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    return op(x, axis=normalize_axis(axis, x.ndim))  # type: ignore[no-any-return]


@numpy_function("cumsum", np.cumsum)
def cumsum(a: Any, axis: Any = None) -> Node:
    """Running sum along an axis, or over all elements in order."""
    return _scan(red.cumsum, a, axis)


@numpy_function("cumprod", np.cumprod)
def cumprod(a: Any, axis: Any = None) -> Node:
    """Running product along an axis, or over all elements in order."""
    return _scan(red.cumprod, a, axis)


@numpy_function("norm", np.linalg.norm, "linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """Norm of a vector (2, 1, inf, -inf, p) or a matrix ('fro', 1, inf); derivative 0 at 0."""
    x = asarray(x)
    if isinstance(ord, Node):
        ord = ord.literal.scalar if ord.literal is not None else ord
    axes = normalize_axes(axis, x.ndim)
    if ord is None:
        return red.norm2(x, axis=axes, keepdims=keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    if len(axes) != 1 or not isinstance(ord, (int, float)):
        raise ValueDomainError(f"no norm of order {ord!r} over {len(axes)} axes", help="orders are 1, 2, inf, p; 'fro' for a matrix")
    if ord == 2:
        return red.norm2(x, axis=axes, keepdims=keepdims)
    size = ew.absolute(x)
    if ord == 1:
        return red.sum_(size, axis=axes, keepdims=keepdims)
    if np.isinf(ord):
        return (red.amax if ord > 0 else red.amin)(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return red.sum_(shapes.astype(ew.not_equal(x, 0), dtype="float64"), axis=axes, keepdims=keepdims)
    return red.sum_(size ** float(ord), axis=axes, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x: Node, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Node:
    if ord == "fro":
        return red.norm2(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        inner, outer = axes if abs(ord) == 1 else axes[::-1]
        sums = red.sum_(ew.absolute(x), axis=(inner,), keepdims=True)
        result = (red.amax if ord > 0 else red.amin)(sums, axis=(outer,), keepdims=True)
        return result if keepdims else shapes.squeeze(result, axis=axes)
    raise UnsupportedError(f"the matrix norm of order {ord!r} needs singular values", help="orders are 'fro', 1, -1, inf, -inf")


# -------------------------------------------------------------------------------------------------------------- products


@numpy_function("matmul", np.matmul)
def matmul(a: Any, b: Any) -> Node:
    """Matrix product a @ b."""
    return contraction.matmul(asarray(a), asarray(b))


@numpy_function("dot", np.dot)
def dot(a: Any, b: Any) -> Node:
    """NumPy's dot: the product of scalars, else the sum over the last axis of a and the last but one of b."""
    x, y = asarray(a), asarray(b)
    if not x.ndim or not y.ndim:
        return x * y
    if x.ndim <= 2 and y.ndim <= 2:
        return contraction.matmul(x, y)
    return contraction.tensordot(x, y, (x.ndim - 1,), (max(y.ndim - 2, 0),))


@numpy_function("inner", np.inner)
def inner(a: Any, b: Any) -> Node:
    """Sum over the last axes of both."""
    x, y = asarray(a), asarray(b)
    return x * y if not x.ndim or not y.ndim else contraction.tensordot(x, y, (x.ndim - 1,), (y.ndim - 1,))


@numpy_function("outer", np.outer)
def outer(a: Any, b: Any) -> Node:
    """Outer product of two vectors."""
    return contraction.contract(ravel(a), "a", ravel(b), "b", "ab")


@numpy_function("vdot", np.vdot)
def vdot(a: Any, b: Any) -> Node:
    """Sum of conj(a) * b over all elements."""
    x, y = asarray(a), asarray(b)
    x = ew.conjugate(x) if x.aval.kind == "c" else x
    if x.shape != y.shape:
        x, y = ravel(x), ravel(y)
    return contraction.tensordot(x, y, tuple(range(x.ndim)), tuple(range(y.ndim))) if x.ndim else x * y


@numpy_function("tensordot", np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    """Sum over pairs of axes."""
    x, y = asarray(a), asarray(b)
    if isinstance(axes, (tuple, list)):
        p, q = (tuple(side) if isinstance(side, (tuple, list)) else (side,) for side in axes)
    else:
        n = _int(axes, "the number of axes")
        p, q = tuple(range(x.ndim - n, x.ndim)), tuple(range(n))
    return contraction.tensordot(x, y, tuple(normalize_axis(k, x.ndim) for k in p), tuple(normalize_axis(k, y.ndim) for k in q))


@numpy_function("einsum", np.einsum)
def einsum(subscripts: str, *operands: Any) -> Node:
    """Einstein summation; more than two operands are contracted pair by pair."""
    nodes = [asarray(x) for x in operands]
    if not isinstance(subscripts, str):
        raise ArgumentError("einsum needs a string such as 'ij,jk->ik' first")
    text = subscripts.replace(" ", "")
    left, arrow, out = text.partition("->")
    labels = left.split(",")
    if len(labels) != len(nodes):
        raise ShapeError(f"einsum {subscripts!r} names {len(labels)} operands, {len(nodes)} were given")
    if "." in text:
        labels, out = _spell_out_ellipsis(labels, out if arrow else None, nodes)
    elif not arrow:
        joined = "".join(labels)
        out = "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    if not "".join([*labels, out]).isalpha():
        raise ArgumentError(f"einsum {subscripts!r}: labels are letters")
    terms = [_distinct(x, names, subscripts) for x, names in zip(nodes, labels, strict=True)]
    missing = set(out) - set("".join(names for _, names in terms))
    if missing or len(set(out)) != len(out):
        raise ShapeError(f"einsum {subscripts!r}: output label {sorted(missing or set(out))[0]!r} is not in an operand once")
    return _contract_all(terms, out)


def _spell_out_ellipsis(labels: list[str], out: str | None, nodes: list[Node]) -> tuple[list[str], str]:
    used = set("".join(labels)) | set(out or "")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in used]
    most = max((x.ndim - len(names.replace("...", "")) for x, names in zip(nodes, labels, strict=True) if "..." in names), default=0)
    batch = "".join(spare[:most])
    full = []
    for x, names in zip(nodes, labels, strict=True):
        n = x.ndim - len(names.replace("...", ""))
        full.append(names.replace("...", batch[most - n :] if n else ""))
    if out is None:
        joined = "".join(full)
        return full, batch + "".join(sorted(c for c in set(joined) - set(batch) if joined.count(c) == 1))
    return full, out.replace("...", batch)


def _distinct(x: Node, names: str, subscripts: str) -> tuple[Node, str]:
    if len(names) != x.ndim:
        raise ShapeError(f"einsum {subscripts!r}: {names!r} names {len(names)} axes, the operand is {x.aval!r}")
    while len(set(names)) != len(names):
        label = next(c for c in names if names.count(c) > 1)
        p = names.index(label)
        q = names.index(label, p + 1)
        order = (*(k for k in range(x.ndim) if k not in (p, q)), p, q)
        x = shapes.diagonal(_permuted(x, order))
        names = "".join(names[k] for k in order[:-1])
    return x, names


def _contract_all(terms: list[tuple[Node, str]], out: str) -> Node:
    while len(terms) > 1:
        i, j = _cheapest_pair(terms, out)
        (x, a), (y, b) = terms[i], terms[j]
        rest = [term for k, term in enumerate(terms) if k not in (i, j)]
        needed = set(out).union(*[names for _, names in rest])
        kept = "".join(c for c in dict.fromkeys(a + b) if c in needed)
        if not rest:
            kept = out
        terms = [(contraction.contract(x, a, y, b, kept), kept), *rest]
    x, names = terms[0]
    alone = tuple(k for k, c in enumerate(names) if c not in out)
    if alone:
        x, names = red.sum_(x, axis=alone, keepdims=False), "".join(c for c in names if c in out)
    return _permuted(x, tuple(names.index(c) for c in out))


def _cheapest_pair(terms: list[tuple[Node, str]], out: str) -> tuple[int, int]:
    """The pair whose product has the fewest axes; the first such pair, so that the choice is deterministic."""

    def rank(pair: tuple[int, int]) -> int:
        needed = set(out).union(*[names for k, (_, names) in enumerate(terms) if k not in pair])
        return len({c for k in pair for c in terms[k][1]} & needed)

    return min(((i, j) for i in range(len(terms)) for j in range(i + 1, len(terms))), key=rank)


@numpy_function("trace", np.trace)
def trace(a: Any) -> Node:
    """Sum of the main diagonal."""
    return contraction.trace(asarray(a))


@numpy_function("kron", np.kron)
def kron(a: Any, b: Any) -> Node:
    """Kronecker product."""
    x, y = asarray(a), asarray(b)
    if x.ndim < y.ndim:
        x = shapes.expand_dims(x, axis=tuple(range(y.ndim - x.ndim)))
    if y.ndim < x.ndim:
        y = shapes.expand_dims(y, axis=tuple(range(x.ndim - y.ndim)))
    return contraction.kron(x, y) if x.ndim else x * y


@numpy_function("cross", np.cross)
def cross(a: Any, b: Any) -> Node:
    """Cross product of vectors of length 3 along the last axis."""
    return contraction.cross(asarray(a), asarray(b))


# ---------------------------------------------------------------------------------------------------------------- shapes


@numpy_function("reshape", np.reshape)
def reshape(a: Any, *shape: Any) -> Node:
    """The same elements in another shape; one length may be -1."""
    x = asarray(a)
    wanted = shape[0] if len(shape) == 1 else shape
    resolved = shapes.resolve_reshape(x, _dims(wanted))
    return x if resolved == x.shape else shapes.reshape(x, shape=resolved)


@numpy_function("ravel", np.ravel, "flatten")
def ravel(a: Any) -> Node:
    """All elements in one axis."""
    return reshape(a, (-1,)) if asarray(a).ndim != 1 else asarray(a)


def _permuted(x: Node, axes: tuple[int, ...]) -> Node:
    return x if axes == tuple(range(x.ndim)) else shapes.permute(x, axes=axes)


@numpy_function("transpose", np.transpose, "permute_dims")
def transpose(a: Any, *axes: Any) -> Node:
    """Axes in another order; reversed by default."""
    x = asarray(a)
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    if order in (None, ()):
        return _permuted(x, tuple(reversed(range(x.ndim))))
    if len(order) != x.ndim:
        raise ValueDomainError(f"axes {tuple(order)} are not an order of the {x.ndim} axes of {x.aval!r}")
    return _permuted(x, tuple(normalize_axis(k, x.ndim) for k in order))


@numpy_function("matrix_transpose", getattr(np, "matrix_transpose", None))
def matrix_transpose(x: Any) -> Node:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


@numpy_function("swapaxes", np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Node:
    """Two axes exchanged."""
    x = asarray(a)
    p, q = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    order = list(range(x.ndim))
    order[p], order[q] = q, p
    return _permuted(x, tuple(order))


@numpy_function("moveaxis", np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Node:
    """Axes moved to other positions."""
    x = asarray(a)
    source, destination = ([normalize_axis(k, x.ndim) for k in (v if isinstance(v, (tuple, list)) else (v,))] for v in (source, destination))
    order = [k for k in range(x.ndim) if k not in source]
    for to, which in sorted(zip(destination, source, strict=True)):
        order.insert(to, which)
    return _permuted(x, tuple(order))


@numpy_function("expand_dims", np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Node:
    """New axes of length 1."""
    x = asarray(a)
    n = len(axis) if isinstance(axis, (tuple, list)) else 1
    return shapes.expand_dims(x, axis=normalize_axes(axis, x.ndim + n))


@numpy_function("squeeze", np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Node:
    """Without axes of length 1."""
    x = asarray(a)
    axes = tuple(k for k, n in enumerate(x.shape) if n == 1) if axis is None else normalize_axes(axis, x.ndim)
    return shapes.squeeze(x, axis=axes) if axes else x


@numpy_function("broadcast_to", np.broadcast_to)
def broadcast_to(a: Any, shape: Any) -> Node:
    """The argument repeated to fill a shape."""
    return red.spread(asarray(a), _dims(shape))


@numpy_function("atleast_1d", np.atleast_1d)
def atleast_1d(a: Any) -> Node:
    """At least one axis."""
    x = asarray(a)
    return x if x.ndim else shapes.reshape(x, shape=(1,))


@numpy_function("atleast_2d", np.atleast_2d)
def atleast_2d(a: Any) -> Node:
    """At least two axes."""
    x = asarray(a)
    return x if x.ndim >= 2 else shapes.expand_dims(atleast_1d(x), axis=(0,))


@numpy_function("concatenate", np.concatenate, "concat")
def concatenate(arrays: Sequence[Any], axis: Any = 0) -> Node:
    """Arrays joined along an axis."""
    nodes = [asarray(x) for x in _sequence(arrays)]
    if axis is None:
        nodes, axis = [ravel(x) for x in nodes], 0
    k = normalize_axis(axis, nodes[0].ndim)
    return nodes[0] if len(nodes) == 1 else shapes.concatenate(*nodes, axis=k)


def _sequence(arrays: Any) -> Sequence[Any]:
    if not isinstance(arrays, (tuple, list)) or not arrays:
        raise ArgumentError("needs a tuple or list of arrays", help="write concatenate((a, b))")
    return arrays


@numpy_function("stack", np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Node:
    """Arrays joined along a new axis."""
    nodes = [asarray(x) for x in _sequence(arrays)]
    return shapes.stack(*nodes, axis=normalize_axis(axis, nodes[0].ndim + 1))


@numpy_function("hstack", np.hstack)
def hstack(arrays: Sequence[Any]) -> Node:
    """Arrays joined along the second axis, vectors along the first."""
    nodes = [atleast_1d(x) for x in _sequence(arrays)]
    return concatenate(nodes, axis=0 if nodes[0].ndim == 1 else 1)


@numpy_function("vstack", np.vstack)
def vstack(arrays: Sequence[Any]) -> Node:
    """Arrays joined as rows."""
    return concatenate([atleast_2d(x) for x in _sequence(arrays)], axis=0)


@numpy_function("column_stack", np.column_stack)
def column_stack(arrays: Sequence[Any]) -> Node:
    """Vectors joined as columns."""
    nodes = [asarray(x) for x in _sequence(arrays)]
    return concatenate([x if x.ndim == 2 else shapes.expand_dims(x, axis=(1,)) for x in nodes], axis=1)


@numpy_function("split", np.split)
def split(a: Any, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts of an array along an axis: a number of equal ones, or cut at the given positions."""
    x = asarray(a)
    k = normalize_axis(axis, x.ndim)
    n = x.shape[k]
    if isinstance(indices_or_sections, (tuple, list)):
        cuts = [None, *[_int(c, "a position") for c in indices_or_sections], None]
    else:
        parts = _int(indices_or_sections, "the number of parts")
        if not isinstance(n, int) or n % parts:
            raise ShapeError(f"cannot split axis {k} of {x.aval!r} into {parts} equal parts")
        cuts = [None, *range(n // parts, n, n // parts), None]
    lead = (Slice(),) * k
    return [getitem(x, (*[slice(None)] * len(lead), slice(p, q))) for p, q in zip(cuts, cuts[1:], strict=False)]


@numpy_function("tile", np.tile)
def tile(a: Any, reps: Any) -> Node:
    """The array repeated as a whole along each axis."""
    x, counts = asarray(a), _dims(reps)
    if len(counts) < x.ndim:
        counts = (1,) * (x.ndim - len(counts)) + counts
    if x.ndim < len(counts):
        x = shapes.expand_dims(x, axis=tuple(range(len(counts) - x.ndim)))
    return red.tile(x, reps=counts)


@numpy_function("repeat", np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Node:
    """Each element repeated along an axis, or over all elements in order."""
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    k = normalize_axis(axis, x.ndim)
    if isinstance(repeats, (tuple, list, np.ndarray)):
        return getitem(x, (*[slice(None)] * k, np.repeat(np.arange(x.shape[k]), repeats)))
    return red.repeat(x, repeats=_int(repeats, "the number of repeats"), axis=k)


@numpy_function("roll", np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Node:
    """Elements shifted around the end, along an axis or over all elements in order."""
    x = asarray(a)
    if axis is None:
        return reshape(shapes.roll(ravel(x), shift=_int(shift, "the shift"), axis=0), x.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    for s, k in zip(shifts, axes, strict=True):
        x = shapes.roll(x, shift=_int(s, "the shift"), axis=normalize_axis(k, x.ndim))
    return x


@numpy_function("flip", np.flip)
def flip(m: Any, axis: Any = None) -> Node:
    """Elements along axes in reverse order."""
    x = asarray(m)
    return shapes.flip(x, axis=normalize_axes(axis, x.ndim))


@numpy_function("fliplr", np.fliplr)
def fliplr(m: Any) -> Node:
    """Columns in reverse order."""
    return flip(m, 1)


@numpy_function("flipud", np.flipud)
def flipud(m: Any) -> Node:
    """Rows in reverse order."""
    return flip(m, 0)


@numpy_function("pad", np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Node:
    """Constants around the edges."""
    x = asarray(array)
    if mode != "constant" or isinstance(constant_values, (tuple, list)):
        raise UnsupportedError(f"pad with mode {mode!r} and values {constant_values!r}", help="one constant is supported")
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    frozen = tuple((int(p), int(q)) for p, q in widths)
    if constant_values == 0:
        return shapes.pad(x, widths=frozen)
    return shapes.pad(x - as_node(constant_values), widths=frozen) + constant_values


@numpy_function("diag", np.diag)
def diag(v: Any, k: int = 0) -> Node:
    """A matrix with the vector on a diagonal, or the diagonal of a matrix."""
    x, k = asarray(v), _int(k, "the diagonal")
    return shapes.diag(x, k=k) if x.ndim == 1 else diagonal(x, k)


@numpy_function("diagonal", np.diagonal, "linalg.diagonal")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """Elements on a diagonal of two axes."""
    x = asarray(a)
    if x.ndim < 2:
        raise ShapeError(f"diagonal of {x.aval!r}: needs two axes")
    p, q = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    x = _permuted(x, (*(k for k in range(x.ndim) if k not in (p, q)), p, q))
    n, m = x.shape[-2:]
    if offset == 0 and n == m:
        return shapes.diagonal(x)
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError(f"diagonal {offset} of {x.aval!r} needs known lengths")
    rows = np.arange(max(0, min(n + min(offset, 0), m - max(offset, 0)))) + max(-offset, 0)
    return getitem(x, (..., rows, rows + offset))


@numpy_function("tril", np.tril)
def tril(m: Any, k: int = 0) -> Node:
    """Lower triangle, zeros above diagonal k."""
    return shapes.tril(_matrix(m, "tril"), k=_int(k, "the diagonal"))


@numpy_function("triu", np.triu)
def triu(m: Any, k: int = 0) -> Node:
    """Upper triangle, zeros below diagonal k."""
    return shapes.triu(_matrix(m, "triu"), k=_int(k, "the diagonal"))


def _matrix(a: Any, name: str) -> Node:
    x = asarray(a)
    if x.ndim < 2:
        raise ShapeError(f"{name} of {x.aval!r}: needs a matrix")
    return x


@numpy_function("diff", np.diff)
def diff(a: Any, n: int = 1, axis: int = -1) -> Node:
    """Differences of neighbours along an axis, n times."""
    x = asarray(a)
    k = normalize_axis(axis, x.ndim)
    lead = (slice(None),) * k
    for _ in range(_int(n, "the number of times")):
        x = getitem(x, (*lead, slice(1, None))) - getitem(x, (*lead, slice(None, -1)))
    return x


def getitem(a: Any, index: Any) -> Node:
    """``a[index]``."""
    x = asarray(a)
    frozen, new = normalize_index(_plain(index), x.ndim)
    if any(item != Slice() for item in frozen):
        x = shapes.getitem(x, index=frozen)
    return shapes.expand_dims(x, axis=new) if new else x


def _plain(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(_plain, index))
    if isinstance(index, Node):
        if index.literal is None:
            raise UnsupportedError(
                "an index that is computed from the inputs is not static",
                help="select with where(condition, a, b), or index with integers known beforehand",
            )
        return Literal(index.literal.value)
    return index


@numpy_function("take", np.take)
def take(a: Any, indices: Any, axis: Any = None) -> Node:
    """Elements at static integer positions along an axis."""
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    if isinstance(indices, (tuple, list)):
        indices = np.array(indices)
    return getitem(x, (*[slice(None)] * normalize_axis(axis, x.ndim), indices))


# ---------------------------------------------------------------------------------------------------------------- linalg


@numpy_function("linalg.inv", np.linalg.inv, "inv")
def inv(a: Any) -> Node:
    """Inverse of a matrix."""
    return linalg.inv(asarray(a))


@numpy_function("linalg.solve", np.linalg.solve, "solve")
def solve(a: Any, b: Any) -> Node:
    """Solution of a @ x = b."""
    return linalg.solve(asarray(a), asarray(b))


@numpy_function("linalg.det", np.linalg.det, "det")
def det(a: Any) -> Node:
    """Determinant."""
    return linalg.det(asarray(a))


@numpy_function("logdet")
def logdet(a: Any) -> Node:
    """Logarithm of |det(a)|."""
    return linalg.logdet(asarray(a))


@numpy_function("linalg.slogdet", np.linalg.slogdet, "slogdet")
def slogdet(a: Any) -> tuple[Node, Node]:
    """Sign of the determinant, and logarithm of its absolute value."""
    x = asarray(a)
    return linalg.signdet(x), linalg.logdet(x)


@numpy_function("linalg.cholesky", np.linalg.cholesky, "cholesky")
def cholesky(a: Any) -> Node:
    """Lower Cholesky factor; the argument is read as symmetric."""
    return linalg.cholesky(asarray(a))


@numpy_function("linalg.eigvalsh", np.linalg.eigvalsh, "eigvalsh")
def eigvalsh(a: Any) -> Node:
    """Eigenvalues of a symmetric matrix, in ascending order; the argument is read as symmetric."""
    return linalg.eigvalsh(asarray(a))


@numpy_function("linalg.eigh", np.linalg.eigh, "eigh")
def eigh(a: Any) -> tuple[Node, Node]:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    x = asarray(a)
    return linalg.eigvalsh(x), linalg.eigvecs(x)


@numpy_function("linalg.svdvals", getattr(np.linalg, "svdvals", None), "svdvals")
def svdvals(a: Any) -> Node:
    """Singular values, in descending order."""
    return linalg.svdvals(asarray(a))


@numpy_function("linalg.pinv", np.linalg.pinv, "pinv")
def pinv(a: Any) -> Node:
    """Moore-Penrose pseudo-inverse."""
    return linalg.pinv(asarray(a))


@numpy_function("linalg.matrix_power", np.linalg.matrix_power, "matrix_power")
def matrix_power(a: Any, n: int) -> Node:
    """Integer power of a matrix, by repeated squaring."""
    x, n = asarray(a), _int(n, "the power")
    linalg.check_square("matrix_power", x.aval)
    if n < 0:
        x, n = linalg.inv(x), -n
    result: Node | None = None
    while n:
        if n & 1:
            result = x if result is None else contraction.matmul(result, x)
        n >>= 1
        x = contraction.matmul(x, x) if n else x
    return result if result is not None else linalg.identity_power(x)


# -------------------------------------------------------------------------------------------------------------- creation


def _filled(shape: Any, value: Any, dtype: Any) -> Node:
    node = as_node(value)
    if dtype is not None:
        node = astype(node, dtype)
    return red.spread(_strong(node) if node.aval.weak else node, _dims(shape))


@numpy_function("zeros", np.zeros)
def zeros(shape: Any, dtype: Any = None) -> Node:
    """An array of zeros."""
    return _filled(shape, 0.0, dtype)


@numpy_function("ones", np.ones)
def ones(shape: Any, dtype: Any = None) -> Node:
    """An array of ones."""
    return _filled(shape, 1.0, dtype)


@numpy_function("full", np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Node:
    """An array filled with one value."""
    return _filled(shape, fill_value, dtype)


def _like(a: Any, value: Any, dtype: Any) -> Node:
    x = asarray(a)
    return _filled(x.shape, value, dtype if dtype is not None else x.dtype)


@numpy_function("zeros_like", np.zeros_like)
def zeros_like(a: Any, dtype: Any = None) -> Node:
    """Zeros in the shape and dtype of the argument."""
    return _like(a, 0.0, dtype)


@numpy_function("ones_like", np.ones_like)
def ones_like(a: Any, dtype: Any = None) -> Node:
    """Ones in the shape and dtype of the argument."""
    return _like(a, 1.0, dtype)


@numpy_function("full_like", np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Node:
    """One value in the shape and dtype of the argument."""
    return _like(a, fill_value, dtype)


@numpy_function("eye", np.eye, "identity")
def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """Ones on a diagonal, zeros elsewhere."""
    n = _dims(N)[0]
    name = np.dtype(dtype or np.float64).name
    if (M is None or _dims(M)[0] == n) and k == 0:
        return shapes.eye(n=n, dtype=name)
    m = n if M is None else _dims(M)[0]
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError("eye with two symbolic lengths or a shifted diagonal", help="write eye(n)")
    return constant(np.eye(n, m, _int(k, "the diagonal"), name))


@numpy_function("arange", np.arange)
def arange(start: Any, stop: Any = None, step: Any = 1) -> Node:
    """Evenly spaced numbers, the stop excluded."""
    if stop is None:
        start, stop = 0, start
    if isinstance(stop, Length):
        if (start, step) != (0, 1):
            return shapes.arange(n=stop - _int(start, "the start")) * step + start
        return shapes.arange(n=stop)
    values = [v.literal.scalar if isinstance(v, Node) and v.literal is not None else v for v in (start, stop, step)]
    if any(isinstance(v, (Node, complex)) or v is None for v in values):
        raise ArgumentError("arange needs numbers that are known beforehand")
    return constant(np.arange(*values))


@numpy_function("linspace", np.linspace)
def linspace(start: Any, stop: Any, num: Any = 50) -> Node:
    """Evenly spaced numbers, the stop included."""
    a, b = as_node(start), as_node(stop)
    if a.literal is not None and b.literal is not None and not isinstance(num, Length):
        return constant(np.linspace(a.literal.value, b.literal.value, _int(num, "num")))
    n = num if isinstance(num, Length) else _int(num, "num")
    steps = shapes.arange(n=n) if isinstance(n, Length) else constant(np.arange(float(n)))
    return a + (b - a) / as_node(n - 1) * steps


def attribute(x: Node, name: str) -> Any:
    """``x.T``, ``x.shape`` and the like; AttributeError for anything else."""
    if name == "T":
        return transpose(x)
    if name == "mT":
        return matrix_transpose(x)
    if name in ("shape", "ndim", "dtype"):
        return getattr(x, name)
    if name == "size":
        return count(x, tuple(range(x.ndim)))
    if name in ("real", "imag"):
        return getattr(ew, name)(x)
    raise AttributeError(name)


ATTRIBUTES = ("T", "mT", "shape", "ndim", "size", "dtype", "real", "imag")
METHODS = (
    "all", "any", "argmax", "argmin", "astype", "clip", "conj", "conjugate", "cumprod", "cumsum", "diagonal", "dot",
    "flatten", "max", "mean", "min", "prod", "ptp", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "transpose", "var",
)  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "nan": np.nan, "newaxis": None}
