"""Sparse terms: their elements put where they stand in the result, zeros around them."""

from __future__ import annotations

from symdiff.graph.dims import Dim, Shape
from symdiff.graph.node import Node
from symdiff.ops import contraction, embedding, reductions as red, shapes
from symdiff.ops.index import Index, Slice, indexed_shape, starts
from symdiff.rewrite.contract.normal_form import NONE, Labels, Monomial


def taken_from(x: Node, term: Monomial) -> tuple[Node, Labels]:
    """What an operand that is broadcast against the result has where `term` stands, and the labels of its axes."""
    place = term.place or (Slice(),) * len(term.out)
    out = iter(term.out)
    labels = [next(out) if isinstance(item, Slice) else None for item in place]
    index, mine = list(place[len(place) - x.ndim :]), labels[len(labels) - x.ndim :]
    for k, n in enumerate(x.shape):
        if n == 1:
            index[k] = Slice() if isinstance(index[k], Slice) else 0
            mine[k] = NONE if isinstance(index[k], Slice) else None
    if any(item != Slice() for item in index):
        x = shapes.getitem(x, index=tuple(index))
    return x, tuple(label for label in mine if label is not None)


def placed_in(x: Node, axes: Labels, term: Monomial, shape: Shape) -> Node:
    """An array of `shape` whose elements where `term` stands are those of `x`, a number or an array with `axes`."""
    if term.place is None:
        return _on_diagonal(x, axes, term.out, shape)
    shifted = _shifted_diagonal(x, term, shape)
    if shifted is not None:
        return shifted
    part = (
        x
        if not x.shape and len(set(term.out)) == len(term.out)
        else _on_diagonal(x, axes, term.out, indexed_shape(shape, term.place))
    )
    return shapes.scatter(part, shape=shape, index=term.place)


def _shifted_diagonal(x: Node, term: Monomial, shape: Shape) -> Node | None:
    """A diagonal of a square matrix, beside the main one or not all of it."""
    begins = starts(shape, term.place or ())
    if len(shape) != 2 or shape[0] != shape[1] or len(set(term.out)) != 1 or len(term.out) != 2 or begins is None:
        return None
    row, column = begins
    k = column - row
    if not isinstance(k, int):
        return None
    length: Dim = shape[0] - abs(k)
    [mine] = term.axes
    begin = row if k > 0 else column
    if term.lengths[mine] == length:
        return shapes.diag(red.spread(x, (length,)), k=k)
    whole: Index = (Slice(begin or None, _stop(begin + term.lengths[mine], length)),)
    return shapes.diag(shapes.scatter(x, shape=(length,), index=whole), k=k)


def _stop(stop: Dim, n: Dim) -> Dim | None:
    left = stop - n
    return left or None if isinstance(left, int) else stop


def _on_diagonal(x: Node, axes: Labels, out: Labels, shape: Shape) -> Node:
    """Zeros, but `x` where the indices of axes with the same label are the same."""
    ones = tuple(k for k, label in enumerate(out) if label == NONE)
    out = tuple(label for label in out if label != NONE)
    shape = tuple(n for k, n in enumerate(shape) if k not in ones)
    labels = axes if x.shape else ()
    if len(set(out)) == len(out):
        x = red.spread(_aligned(x, labels, out), shape)
    elif len(out) == 2 and not labels:
        eye = shapes.eye(n=shape[0], dtype=x.dtype.name)
        x = eye if x.literal is not None and x.literal.scalar == 1 else x * eye
    elif len(out) == 2:
        x = shapes.diag(x, k=0)
    else:
        x = _embedded(x, labels, out, shape)
    return shapes.expand_dims(x, axis=ones) if ones else x


def _aligned(x: Node, labels: Labels, out: Labels) -> Node:
    """`x` with its axes in the order of `out`, and axes of length 1 for those that it does not have."""
    if not labels:
        return x
    kept = [label for label in out if label in labels]
    x = x if tuple(kept) == labels else shapes.permute(x, axes=tuple(labels.index(label) for label in kept))
    missing = tuple(k for k, label in enumerate(out) if label not in labels)
    return shapes.expand_dims(x, axis=missing) if missing else x


def _embedded(x: Node, labels: Labels, out: Labels, shape: Shape) -> Node:
    """As the axes of the elements may come in any order, they are not transposed."""
    while x.op is shapes.permute:
        axes = x.kwargs["axes"]
        x, labels = x.inputs[0], tuple(labels[axes.index(k)] for k in range(len(axes)))
    letters = {label: contraction.LABELS[k] for k, label in enumerate(dict.fromkeys(out))}
    text = "".join(letters[label] for label in labels) + "->" + "".join(letters[label] for label in out)
    return embedding.embed(x, subscripts=text, shape=shape)
