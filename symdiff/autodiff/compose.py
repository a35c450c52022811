"""Jacobians: an identity pushed through the graph as a stack of seeds, so that nothing loops over rows.

Forward mode takes one seed per element of the input, reverse mode one per element of the output (Griewank and Walther,
"Evaluating Derivatives", 2008, section 3.2); the cheaper of the two is taken. Rewriting then removes the identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from symdiff.autodiff.batch import batch
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.reverse import pull_back
from symdiff.graph.body import with_insides
from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Origin
from symdiff.graph.node import Node, constant, variable
from symdiff.graph.walk import between, toposort
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype, expand_dims, eye, permute, reshape, stack

Mode = Literal["forward", "reverse"]
MOST_NUMBERS = 16  # of an array, that are differentiated one by one


@dataclass
class Blocks:
    """Jacobians of several outputs with respect to several targets.

    Attributes:
        blocks: ``blocks[i][k]`` is that of output `i` with respect to target `k`, of shape output + target.
        origins: for each node that was added, the forward node and the rule that it comes from.
    """

    blocks: tuple[tuple[Node, ...], ...] = ()
    origins: dict[Node, Origin] = field(default_factory=dict)


def jacobians(outputs: Sequence[Node], targets: Sequence[Node], mode: Mode | None = None) -> Blocks:
    """The Jacobians of real `outputs` with respect to real `targets`; complex outputs take forward mode.

    Raises:
        UndefinedGradientError: if a derivative on the way does not exist.

    >>> from symdiff.graph.aval import Aval
    >>> x = variable("x", Aval("float64", (3,)))
    >>> jacobians([x * x], [x]).blocks
    ((<transpose: f64[3,3]>,),)
    """
    apart = [None if mode else _numbers_of(y, targets) for y in outputs]
    if any(apart):
        return _by_numbers(outputs, apart, targets)
    mode = mode or cheaper_mode(outputs, targets)
    found = _by_rows(outputs, targets) if mode == "reverse" else _by_columns(outputs, targets)
    return _with_origins(found, outputs)


def _numbers_of(y: Node, targets: Sequence[Node]) -> list[Node] | None:
    """The few numbers that a real array is put together of, in C order, if they are computed of numbers alone."""
    found = [y]
    while y.aval.kind == "f" and all(x.op is stack and x.kwargs["axis"] == 0 for x in found):
        found = [part for x in found for part in x.inputs]
        if len(found) > MOST_NUMBERS:
            return None
    if found[0] is y or any(x.shape or (x.literal is None and x.dtype != y.dtype) for x in found):
        return None
    found = [x if x.literal is None else constant(y.dtype.type(x.literal.value)) for x in found]
    return found if not any(n.aval.parts or n.shape for n in between(targets, *found) if n not in targets) else None


def _by_numbers(outputs: Sequence[Node], apart: Sequence[list[Node] | None], targets: Sequence[Node]) -> Blocks:
    """Arrays put together of numbers have Jacobians put together of the derivatives of these."""
    found, rows = Blocks(), []
    for y, own in zip(outputs, apart, strict=True):
        mode: Mode | None = "reverse" if own and any(x.shape for x in targets) else None
        made = jacobians(own or [y], targets, mode)
        rows.append(made.blocks[0] if own is None else _put_together(y, made.blocks))
        found.origins.update(made.origins)
    found.blocks = tuple(rows)
    return _with_origins(found, outputs)


def _put_together(y: Node, rows: Sequence[tuple[Node, ...]]) -> tuple[Node, ...]:
    blocks = [stack(*column, axis=0) for column in zip(*rows, strict=True)]
    return tuple(reshape(x, shape=(*y.shape, *x.shape[1:])) if y.ndim > 1 else x for x in blocks)


def hessians(gradients: Sequence[Node], targets: Sequence[Node], *, symmetric: bool = True) -> Blocks:
    """The Jacobians of the gradients of one value with respect to the same `targets`, in the same order.

    Second derivatives do not depend on the order (Schwarz), so that what forward mode gives for the columns are the
    rows, and the blocks below the diagonal are those above it with their axes exchanged.
    """
    if not symmetric:
        return jacobians(gradients, targets, "forward")
    found = Blocks()
    n = len(targets)
    table: dict[tuple[int, int], Node] = {}
    for k, x in enumerate(targets):
        stacks = _push_identity(gradients[k:], x, found)
        for i, block in enumerate(stacks, start=k):
            table[k, i] = block
            table[i, k] = block if i == k else _rows_first(block, x.ndim)
    found.blocks = tuple(tuple(table[i, k] for k in range(n)) for i in range(n))
    return _with_origins(found, gradients)


def are_symmetric(values: Iterable[Node]) -> bool:
    """Whether the second derivatives of `values` do not depend on the order: not if a user says what a first one is."""
    return not any(_is_given(node) for node in with_insides(toposort(values)))


def _is_given(node: Node) -> bool:
    """Whether a user says what the derivative of a node is."""
    given = node.op.given
    return given(node) if callable(given) else given


def _with_origins(found: Blocks, outputs: Sequence[Node]) -> Blocks:
    known = set(toposort(outputs))
    for y, row in zip(outputs, found.blocks, strict=True):
        for node in toposort(row, stop=lambda n: n in known or n in found.origins):
            found.origins[node] = Origin(y, "identity")
    return found


def cheaper_mode(outputs: Sequence[Node], targets: Sequence[Node]) -> Mode:
    """Reverse if there are fewer elements in the outputs than in the targets; symbolic lengths count as equal."""
    if any(y.aval.kind == "c" for y in outputs):
        return "forward"
    return "reverse" if _elements(outputs) < _elements(targets) else "forward"


def _elements(nodes: Iterable[Node]) -> int:
    return sum(nominal_size(node.shape) for node in nodes)


def _by_rows(outputs: Sequence[Node], targets: Sequence[Node]) -> Blocks:
    found = Blocks()
    for y in outputs:
        seed = variable("seed", y.aval) if y.shape else identity(y)
        derivation = pull_back({y: seed}, targets)
        rows = batch(derivation.grads, {seed: identity(y)}, y.shape) if y.shape else derivation.grads
        found.blocks = (*found.blocks, tuple(as_precise(row, y) for row in rows))
        found.origins.update(derivation.origins)
    return found


def as_precise(x: Node, y: Node) -> Node:
    """A derivative of `y` in the dtype of it, where that of the target is another one."""
    return x if x.dtype == y.dtype else astype(x, dtype=y.dtype.name)


def _by_columns(outputs: Sequence[Node], targets: Sequence[Node]) -> Blocks:
    found = Blocks()
    columns: list[list[Node]] = []
    for x in targets:
        columns.append([_rows_first(stack, x.ndim) for stack in _push_identity(outputs, x, found)])
    found.blocks = tuple(zip(*columns, strict=True))
    return found


def _push_identity(outputs: Sequence[Node], x: Node, found: Blocks) -> Sequence[Node]:
    """The tangents of `outputs` along each element of `x`, of shape x + output."""
    seed = variable("seed", x.aval) if x.shape else identity(x)
    pushed = push_forward(outputs, [x], [seed])
    found.origins.update(pushed.origins)
    tangents = [
        spread(constant(y.dtype.type(0)), y.shape) if t is None else t
        for y, t in zip(outputs, pushed.tangents, strict=True)
    ]
    return batch(tangents, {seed: identity(x)}, x.shape) if x.shape else tangents


def _rows_first(x: Node, stack: int) -> Node:
    """The first `stack` axes behind the others."""
    return permute(x, axes=(*range(stack, x.ndim), *range(stack))) if 0 < stack < x.ndim else x


def identity(x: Node) -> Node:
    """The derivative of `x` with respect to itself, of shape ``x.shape + x.shape``: a product of identity matrices."""
    factors = [
        expand_dims(one, axis=tuple(j for j in range(2 * x.ndim) if j not in (k, x.ndim + k))) if x.ndim > 1 else one
        for k, n in enumerate(x.shape)
        if n != 1
        for one in [eye(n=n, dtype=x.dtype.name)]
    ]
    if not factors:
        return spread(constant(x.dtype.type(1)), (*x.shape, *x.shape))
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return product
