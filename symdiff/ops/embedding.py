"""Diagonals filled: zeros, with an array where axes of one label have one index."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, elements
from symdiff.ops.axes import shape_template
from symdiff.ops.contraction import LABELS
from symdiff.ops.elementwise import not_equal, where
from symdiff.ops.families import linear
from symdiff.ops.links import Known, Links, labelled, lengths
from symdiff.ops.reductions import broadcast_to, sum_
from symdiff.ops.shapes import diagonal, dtype_argument, expand_dims, eye, permute


def _infer(x: Aval, subscripts: str, shape: tuple[Dim, ...]) -> Aval:
    letters, out = subscripts.split("->")
    lengths: dict[str, Dim] = dict(zip(letters, x.shape, strict=True))
    for label, n in zip(out, shape, strict=True):
        if lengths.setdefault(label, n) != n:
            raise ShapeError(f"cannot put {x!r} on a diagonal of {shape}: lengths {lengths[label]} and {n} differ")
    return Aval(x.dtype, shape)


def _transpose(g: Node, x: Node, subscripts: str, shape: tuple[Dim, ...]) -> Node:
    letters, names = subscripts.split("->")
    while len(set(names)) < len(names):
        label = next(c for c in names if names.count(c) > 1)
        p = names.index(label)
        q = names.index(label, p + 1)
        order = (*(k for k in range(g.ndim) if k not in (p, q)), p, q)
        g, names = diagonal(permute(g, axes=order)), "".join(names[k] for k in order[:-1])
    alone = tuple(k for k, c in enumerate(names) if c not in letters)
    g = sum_(g, axis=alone, keepdims=False) if alone else g
    names = "".join(c for c in names if c in letters)
    return permute(g, axes=tuple(names.index(c) for c in letters)) if names != letters else g


def _selected(x: Node, subscripts: str, shape: tuple[Dim, ...]) -> Node:
    """For libraries whose arrays have no parts to assign to: the input where all indices of a label are equal, else 0."""
    letters, out = subscripts.split("->")
    first = {c: out.index(c) for c in out}
    places = [first[c] for c in letters]
    x = permute(x, axes=tuple(np.argsort(places).tolist()))
    x = expand_dims(x, axis=tuple(k for k in range(len(out)) if k not in places))
    for k, label in enumerate(out):
        if k != first[label]:
            equal = not_equal(eye(n=shape[k], dtype="float64"), 0)
            x = where(expand_dims(equal, axis=tuple(q for q in range(len(out)) if q not in (first[label], k))), x, 0)
    return broadcast_to(x, shape=shape) if x.shape != shape else x


def _statements(node: Node) -> tuple[str, str]:
    """The diagonal as a view that can be written to; axes that the input lacks stand in front, where it broadcasts."""
    letters, out = node.kwargs["subscripts"].split("->")
    lacking = "".join(c for c in dict.fromkeys(out) if c not in letters)
    view = f"np.einsum({f'{out}->{lacking}{letters}'!r}, target)[...] += a"
    return f"np.zeros({shape_template(node.shape)}{dtype_argument(node)})", view


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    letters, out = node.kwargs["subscripts"].split("->")
    new = "".join([c for c in LABELS if c not in out][: len(lead)])
    return embed(inputs[0], subscripts=f"{new}{letters}->{new}{out}", shape=(*lead, *node.shape))


def _samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)),), {"subscripts": "ab->abab", "shape": (2, 3, 2, 3)}
    yield (rng.normal(size=(2, 3)),), {"subscripts": "bc->abac", "shape": (4, 2, 4, 3)}
    yield (rng.normal(size=3),), {"subscripts": "a->aaa", "shape": (3, 3, 3)}


def _links(i: int, node: Node, known: Known) -> Links:
    letters, out = node.kwargs["subscripts"].split("->")
    return labelled(node, out, letters, dict(zip(out, lengths(node), strict=True)), None)


embed: Op = linear("embed", None, transpose=_transpose, fills=True, facts=array_bounds.with_zeros, doc="Zeros, with the input where axes of one label have one index: the transpose of a diagonal.",
        links=_links, infer=_infer, lower=_selected, batch=_batch, accumulate=_statements, hint="full", element=elements.embedded, samples=_samples)
