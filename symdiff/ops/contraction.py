"""Products that sum over shared axes: one bilinear row, `einsum`, printed back as ``@``, ``.T``, ``np.outer``.

An einsum node has two operands whose labels are distinct, and no label that only one operand has unless it is in the
output. `contract` builds it: it sums what only one operand has, turns a product without a sum into ``*``, one whose
sum needs no matrix product into ``sum(a * b)``, and looks through transposes, so that ``(A.T) @ B`` and its derivatives
never copy. The derivative of a contraction is a
contraction (Laue, Mitterreiter and Giesen, "Computing Higher Order Derivatives of Matrix and Tensor Expressions", 2018).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from symdiff.errors import ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Shape, size
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.op import OPS, Op
from symdiff.ops import array_bounds, elements, meeting, symmetry
from symdiff.ops.axes import Axes
from symdiff.ops.batching import broadcasting, is_stacked
from symdiff.ops.costs import result_elements
from symdiff.ops.families import linear
from symdiff.ops.inference import broadcast_shapes, common_dtype
from symdiff.ops.links import Known, Links, labelled, lengths, numbered
from symdiff.ops.reductions import any_, sum_
from symdiff.ops.shapes import diagonal, expand_dims, eye, permute, reshape

LABELS = "abcdefghijklmnopqrstuvwxyz"


# --------------------------------------------------------------------------------------------------------- building one


def contract(x: Node, x_labels: str, y: Node, y_labels: str, out: str) -> Node:
    """The sum over all labels that are not in `out` of x[x_labels] * y[y_labels].

    Every label in `out` must occur in an operand, and none twice in one operand.
    """
    x, x_labels = _through_transpose(*_presum(x, x_labels, y_labels + out))
    y, y_labels = _through_transpose(*_presum(y, y_labels, x_labels + out))
    shared = [label for label in x_labels if label in y_labels and label not in out]
    if not shared and out == y_labels + x_labels and len(out) == 2 and len(x_labels) == 1:
        x, x_labels, y, y_labels = y, y_labels, x, x_labels
    if not shared and not (out == x_labels + y_labels and len(x_labels) == len(y_labels) == 1):
        return _aligned(x, x_labels, out) * _aligned(y, y_labels, out)
    if shared and (big := _covering(x_labels, y_labels, out)):
        product = _aligned(x, x_labels, big) * _aligned(y, y_labels, big)
        rest = "".join(label for label in big if label in out)
        total = sum_(product, axis=tuple(k for k, label in enumerate(big) if label not in out), keepdims=False)
        return _aligned(total, rest, out)
    row_times_matrix = len(x_labels) == 1 and len(y_labels) == 2 and y_labels[0] == x_labels
    if out and out[0] in y_labels and out[0] not in x_labels and not row_times_matrix:
        x, x_labels, y, y_labels = y, y_labels, x, x_labels
    ordered = dict.fromkeys(x_labels + y_labels)
    names = {label: LABELS[k] for k, label in enumerate(ordered)}
    plain = _matrix_order(x_labels, y_labels, out)
    subscripts = "".join(names.get(c, c) for c in f"{x_labels},{y_labels}->{plain}")
    node = einsum(x, y, subscripts=subscripts)
    return node if plain == out else permute(node, axes=tuple(plain.index(label) for label in out))


def _matrix_order(a: str, b: str, out: str) -> str:
    """The labels of the first operand, then those of the second, if one matrix product of flattened axes does it."""
    if any(label in a and label in b for label in out) or not any(label in a for label in b):
        return out
    return "".join(label for label in (*a, *b) if label in out)


def _covering(a: str, b: str, out: str) -> str:
    """The labels of the operand that has all of them, if no matrix product says the contraction."""
    if any(label in a and label in b for label in out):
        return a if set(b) <= set(a) else b if set(a) <= set(b) else ""
    return a if not out and a != b else ""


def _presum(x: Node, labels: str, needed: str) -> tuple[Node, str]:
    alone = tuple(k for k, label in enumerate(labels) if label not in needed)
    if not alone:
        return x, labels
    return sum_(x, axis=alone, keepdims=False), "".join(label for label in labels if label in needed)


def _through_transpose(x: Node, labels: str) -> tuple[Node, str]:
    while x.op is permute:
        axes = x.kwargs["axes"]
        labels = "".join(labels[axes.index(k)] for k in range(len(axes)))
        x = x.inputs[0]
    return x, labels


def _aligned(x: Node, labels: str, out: str) -> Node:
    """`x` transposed and given axes of length 1, so that it broadcasts against an array with axes `out`."""
    order = sorted(range(len(labels)), key=lambda k: out.index(labels[k]))
    if order != list(range(len(labels))):
        x = permute(x, axes=tuple(order))
    if not labels:
        return x
    new = tuple(k for k, label in enumerate(out) if label not in labels)
    return expand_dims(x, axis=new) if new else x


def split_subscripts(subscripts: str) -> tuple[str, str, str]:
    """``"ab,bc->ac"`` as its three parts."""
    operands, out = subscripts.split("->")
    x, y = operands.split(",")
    return x, y, out


def _einsum_infer(x: Aval, y: Aval, subscripts: str) -> Aval:
    a, b, out = split_subscripts(subscripts)
    lengths: dict[str, Dim] = dict(zip(a, x.shape, strict=True))
    for label, n in zip(b, y.shape, strict=True):
        if lengths.setdefault(label, n) != n:
            raise ShapeError(f"{x!r} @ {y!r}: inner lengths {lengths[label]} and {n} differ")
    return Aval(common_dtype((x, y)), tuple(lengths[label] for label in out))


def _einsum_flops(node: Node) -> Dim:
    """A product, and a sum if something is summed, for each tuple of indices."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    lengths: dict[str, Dim] = dict(zip(a + b, (*node.inputs[0].shape, *node.inputs[1].shape), strict=True))
    return size(lengths.values()) * (1 if set(lengths) == set(out) else 2)


def _einsum_transpose(i: int, g: Node, x: Node, y: Node, subscripts: str) -> Node:
    a, b, out = split_subscripts(subscripts)
    return contract(g, out, y, b, a) if i == 0 else contract(x, a, g, out, b)


def _weighted(i: int, *operands: Node, subscripts: str) -> Node | None:
    """Which elements of operand `i` the other one, if it is known, weights with numbers other than 0; None for all."""
    labels, other = split_subscripts(subscripts)[: 2][:: -1 if i else 1]
    weights = operands[1 - i].literal
    if weights is None:
        return None
    shared = [label for label in other if label in labels]
    reached = np.any(weights.value, axis=tuple(k for k, label in enumerate(other) if label not in labels))
    if np.all(reached):
        return None
    in_order = reached.transpose(sorted(range(len(shared)), key=lambda k: labels.index(shared[k])))
    return constant(np.expand_dims(in_order, tuple(k for k, label in enumerate(labels) if label not in other)))


def _met(arrives: Node, source: int, target: int, node: Node) -> Node | None:
    """As `meeting.met`, told by the labels."""
    parts = split_subscripts(node.kwargs["subscripts"])
    given, labels = parts[source], parts[target]
    shared = [label for label in given if label in labels]
    if not shared:
        return None
    others = tuple(k for k, label in enumerate(given) if label not in labels)
    found = any_(arrives, axis=others, keepdims=False) if others else arrives
    found = permute(found, axes=tuple(sorted(range(len(shared)), key=lambda k: labels.index(shared[k]))))
    rest = tuple(k for k, label in enumerate(labels) if label not in given)
    return expand_dims(found, axis=rest) if rest else found


# -------------------------------------------------------------------------------------------------------- printing one


def einsum_template(node: Node) -> str:
    """The plainest NumPy that says the contraction."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    shared = [label for label in a if label in b and label not in out]
    batch = "".join(label for label in out if label in a and label in b)
    left = "".join(label for label in a if label in out and label not in b)
    right = "".join(label for label in b if label in out and label not in a)
    plain = out == batch + left + right
    if not shared and plain:
        return "np.outer(a, b)"
    if plain and len(shared) == 1:
        template = _matmul_template(a, b, batch, left, right, shared[0])
        if template:
            return template
    if not out and a == b and node.dtype.kind != "c":
        return "np.vdot(a, b)"
    if plain and not batch:
        axes = [a.index(label) for label in shared], [b.index(label) for label in shared]
        return f"np.tensordot(a, b, axes=({axes[0]}, {axes[1]}))"
    return f"np.einsum({node.kwargs['subscripts']!r}, a, b)"


def _matmul_template(a: str, b: str, batch: str, left: str, right: str, k: str) -> str | None:
    if not batch:
        if len(a) == 2 and len(b) <= 2:
            return f"{'a' if a[1] == k else 'a.T'} @ {'b' if b[0] == k else 'b.T'}"
        if len(a) == 1 and len(b) <= 2:
            return f"a @ {'b' if b[0] == k else 'b.T'}"
        return "a @ b" if a[-1] == k and len(b) <= 2 and b[0] == k else None
    if len(left) == len(right) == 1 and a.startswith(batch) and b.startswith(batch):
        x = "a" if a[-1] == k else "np.swapaxes(a, -1, -2)"
        y = "b" if b[-1] != k else "np.swapaxes(b, -1, -2)"
        return f"{x} @ {y}"
    return None


def _einsum_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """One more label for each axis of the stack."""
    new = LABELS.upper()[: len(lead)]
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    mine, theirs = (new * is_stacked(node, inputs, i) for i in range(2))
    return contract(inputs[0], mine + a, inputs[1], theirs + b, new + out)


def _einsum_sympy(node: Node) -> str | None:
    """A product of matrices, vectors being columns; None if more than one axis is summed, or none, or some are kept in both."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    shared = [label for label in a if label in b]
    if (a, out) == (b, ""):
        return "Trace(Transpose(a) * b)"
    if (len(a), len(b), out) == (1, 1, a + b):
        return "a * Transpose(b)"
    if len(shared) != 1 or shared[0] in out or max(len(a), len(b)) > 2:
        return None
    [k] = shared
    left = "a" if len(a) == 2 and a[1] == k else "Transpose(a)"
    right = "b" if b[0] == k else "Transpose(b)"
    product = f"{left} * {right}"
    if not out:
        return f"Trace({product})"
    return product if out[0] in a and (len(out) == 1 or out[1] in b) else f"Transpose({product})"


def einsum_latex(node: Node) -> str:
    """Matrix notation; vectors are columns, but for the row that a vector times a matrix is."""
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    text = einsum_template(node)
    if text == "np.outer(a, b)":
        return r"#1 #2^{\top}"
    if text == "np.vdot(a, b)" or (text == "a @ b" and not out):
        return r"#1^{\top} #2" if len(a) == 1 else r"\langle #1, #2 \rangle"
    x, at, y = text.partition(" @ ")
    if not at or node.ndim > 2:
        return rf"\operatorname{{einsum}}_{{\mathrm{{{a},{b} \to {out}}}}}(#1, #2)"
    left = "#1" if x == "a" and len(a) == 2 else r"#1^{\top}"
    return f"{left} " + ("#2" if y == "b" else r"#2^{\top}")


def _einsum_links(i: int, node: Node, known: Known) -> Links:
    a, b, out = split_subscripts(node.kwargs["subscripts"])
    sizes = dict(zip(a + b, (*lengths(node.inputs[0]), *lengths(node.inputs[1])), strict=True))
    other = known(node.inputs[1 - i])
    return labelled(node, out, (a, b)[i], sizes, None if other is None else ((b, a)[i], other))


def _einsum_samples(rng: np.random.Generator) -> Any:
    for a, b, subscripts in [
        ((2, 3), (3, 4), "ab,bc->ac"), ((2, 3), (3,), "ab,b->a"), ((3,), (3,), "a,a->"), ((2,), (3,), "a,b->ab"),
        ((3, 2), (3, 4), "ab,ac->bc"), ((2, 3), (2, 3), "ab,ab->"), ((2, 3, 4), (2, 4, 2), "abc,acd->abd"),
        ((2, 3, 4), (4,), "abc,c->ab"), ((2, 3, 4), (3, 4, 2), "abc,bcd->ad"), ((2, 3), (2, 3), "ab,ab->a"),
        ((2, 3, 4), (2,), "abc,a->cb"), ((2, 3, 4), (4, 3), "abc,cb->a"), ((2, 3, 4), (2, 5), "abc,ad->dcb"),
    ]:  # fmt: skip
        yield (rng.normal(size=a), rng.normal(size=b)), {"subscripts": subscripts}


einsum: Op = linear("einsum", np.einsum, transpose=_einsum_transpose, variadic=True, product=True, facts=symmetry.contracted, doc="Products of two arrays, summed over shared axes.",
        links=_einsum_links, infer=_einsum_infer, batch=_einsum_batch, flops=_einsum_flops, selected=(partial(_weighted, 0), partial(_weighted, 1)), meets=_met,
        spell=einsum_template, hint="prod", sympy=_einsum_sympy, latex=lambda node: einsum_latex(node), element=elements.contracted, samples=_einsum_samples)


# ------------------------------------------------------------------------------------------------------- NumPy's products


def matmul(a: Any, b: Any) -> Node:
    """NumPy's ``a @ b``, stacks of matrices included."""
    x, y = as_node(a), as_node(b)
    if not x.ndim or not y.ndim:
        raise ShapeError(f"{x.aval!r} @ {y.aval!r}: a matrix product needs axes", help="multiply by a scalar with *")
    inner, other = x.shape[-1], y.shape[0 if y.ndim == 1 else -2]
    if inner != other:
        hint = "transpose one of them with .T" if inner in y.shape else None
        raise ShapeError(f"{x.aval!r} @ {y.aval!r}: inner lengths {inner} and {other} differ", help=hint, code="SD201")
    left, right = "" if x.ndim == 1 else "y", "" if y.ndim == 1 else "z"
    return stacked("@", x, left + "x", y, "x" + right, left + right)


def stacked(name: str, x: Node, x_labels: str, y: Node, y_labels: str, out: str) -> Node:
    """The contraction over the last axes, which have labels; the axes before them broadcast."""
    lead = x.shape[: x.ndim - len(x_labels)], y.shape[: y.ndim - len(y_labels)]
    broadcast_shapes(name, [Aval(x.dtype, lead[0]), Aval(y.dtype, lead[1])])
    batch = LABELS[: max(map(len, lead))]
    x, x_batch = _drop_ones(x, lead[0], lead[1], batch)
    y, y_batch = _drop_ones(y, lead[1], lead[0], batch)
    return contract(x, x_batch + x_labels, y, y_batch + y_labels, batch + out)


def _drop_ones(x: Node, mine: tuple[Dim, ...], others: tuple[Dim, ...], batch: str) -> tuple[Node, str]:
    """Batch axes of length 1 that stretch against the other operand are no axes of the contraction."""
    labels = batch[len(batch) - len(mine) :]
    theirs = dict(zip(reversed(batch), reversed(others), strict=False))
    return without_axes(x, labels, {c for c, n in zip(labels, mine, strict=True) if n == 1 and theirs.get(c, 1) != 1})


def without_axes(x: Node, labels: str, drop: set[str]) -> tuple[Node, str]:
    """`x` without the axes of length 1 that `drop` names; `labels` are those of its first axes."""
    gone = [k for k, label in enumerate(labels) if label in drop]
    if not gone:
        return x, labels
    shape = tuple(n for k, n in enumerate(x.shape) if k not in gone)
    return reshape(x, shape=shape), "".join(label for label in labels if label not in drop)


OPS.infix["@"] = matmul


def tensordot(a: Node, b: Node, a_axes: Axes, b_axes: Axes) -> Node:
    """Sum over the pairs of axes; the remaining axes of `a`, then those of `b`."""
    for p, q in zip(a_axes, b_axes, strict=True):
        if a.shape[p] != b.shape[q]:
            raise ShapeError(f"tensordot of {a.aval!r} and {b.aval!r}: lengths {a.shape[p]} and {b.shape[q]} differ")
    a_labels = LABELS[: a.ndim]
    b_labels = list(LABELS[a.ndim : a.ndim + b.ndim])
    for p, q in zip(a_axes, b_axes, strict=True):
        b_labels[q] = a_labels[p]
    out = "".join(c for c in a_labels if c not in b_labels) + "".join(c for c in b_labels if c not in a_labels)
    return contract(a, a_labels, b, "".join(b_labels), out)


# ------------------------------------------------------------------------------------------------------- related products


def _trace_infer(x: Aval) -> Aval:
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        raise ShapeError(f"{x!r} is not a square matrix, it has no trace")
    return Aval(x.dtype, ())


def _kron_infer(a: Aval, b: Aval) -> Aval:
    return Aval(common_dtype((a, b)), tuple(p * q for p, q in zip(a.shape, b.shape, strict=True)))


def _kron_transpose(i: int, g: Node, a: Node, b: Node) -> Node:
    pairs = tuple(n for pair in zip(a.shape, b.shape, strict=True) for n in pair)
    labels = LABELS[: 2 * a.ndim]
    blocks = reshape(g, shape=pairs)
    if i == 0:
        return contract(blocks, labels, b, labels[1::2], labels[0::2])
    return contract(blocks, labels, a, labels[0::2], labels[1::2])


def _cross_infer(a: Aval, b: Aval) -> Aval:
    for x in (a, b):
        if not x.ndim or x.shape[-1] != 3:
            raise ShapeError(f"cross of {a!r} and {b!r}: the last axis must have length 3")
    return Aval(common_dtype((a, b)), broadcast_shapes("cross", (a, b)))


def _trace_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    return sum_(diagonal(inputs[0]), axis=(len(lead),), keepdims=False)


def _kron_batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """The outer product, its axes in pairs, each pair made one."""
    labels, new = LABELS[: 2 * node.ndim], LABELS.upper()[: len(lead)]
    mine, theirs = (new * is_stacked(node, inputs, i) for i in range(2))
    product = contract(inputs[0], mine + labels[0::2], inputs[1], theirs + labels[1::2], new + labels)
    return reshape(product, shape=(*lead, *node.shape))


def _pairs(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Any:
    return lambda rng: [((rng.normal(size=a), rng.normal(size=b)), {}) for a, b in shapes]


def _trace_links(i: int, node: Node, known: Known) -> Links:
    diagonal = np.diagonal(numbered(node.inputs[0]))
    return Links(np.zeros_like(diagonal), diagonal)


def _kron_links(i: int, node: Node, known: Known) -> Links:
    """Each element is a product of one of either operand."""
    factors = [numbered(x) if k == i else np.ones(lengths(x), int) for k, x in enumerate(node.inputs)]
    return Links(numbered(node).ravel(), np.kron(*factors).ravel())


def _cross_links(i: int, node: Node, known: Known) -> Links:
    """A component of the product does not depend on that component of a factor."""
    elements = np.broadcast_to(numbered(node.inputs[i]), lengths(node))
    pairs = [(..., slice(k, k + 1), j) for k in range(3) for j in range(3) if k != j]
    results = numbered(node)
    return Links(
        np.concatenate([results[..., at[1]].ravel() for at in pairs]),
        np.concatenate([elements[..., at[2]].ravel() for at in pairs]),
    )


trace: Op = linear("trace", np.trace, transpose=lambda g, x: g * eye(n=x.shape[0], dtype=x.dtype.name), facts=array_bounds.signs, doc="Sum of the main diagonal of a square matrix.",
        links=_trace_links, infer=_trace_infer, batch=_trace_batch, flops=lambda node: node.inputs[0].shape[0], hint="tr", sympy="Trace(a)", latex=r"\operatorname{tr}(#1)",
        element=elements.traced, samples=lambda rng: [((rng.normal(size=(3, 3)),), {})])
kron: Op = linear("kron", np.kron, transpose=_kron_transpose, variadic=True, facts=array_bounds.multilinear, doc="Kronecker product.",
        meets=meeting.met, links=_kron_links, infer=_kron_infer, batch=_kron_batch, flops=result_elements, hint="kron", sympy="KroneckerProduct(a, b)", latex=r"#1 \otimes #2",
        element=elements.kronecker, samples=_pairs(((2,), (3,)), ((2, 3), (3, 2))))
cross: Op = linear("cross", np.cross, transpose=(lambda g, a, b: cross(b, g), lambda g, a, b: cross(g, a)),
        doc="Cross product of vectors of length 3 along the last axis.", links=_cross_links, infer=_cross_infer, batch=broadcasting, flops=lambda node: 3 * size(node.shape),
        hint="cross", latex=r"#1 \times #2", element=elements.crossed, samples=_pairs(((3,), (3,)), ((2, 3), (3,))))
