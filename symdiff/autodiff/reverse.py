"""Reverse mode: Algorithms 6.5 and 6.6 of Goodfellow, Bengio and Courville, "Deep Learning" (2016), on graphs.

The book's names are kept: ``grad_table``, ``get_operation``, ``get_consumers``, ``get_inputs``, ``bprop``,
``build_grad``, and G′ for the graph pruned to ancestors of z that are descendants of the targets. Two things differ.
`build_grad` does not recurse: nodes are visited from z downwards, so that the gradients of all consumers are in the
table when a node's turn comes. And a cotangent that is zero by structure is no node at all. A node with
parts (``w, V = eigh(A)``) has no entry in the table: its gradient is the tuple of those of its parts.

Whatever holds for every operation happens here, once, on the edge: summing a broadcast term down to the shape of the
input, dtypes, masks (see `masks`), and the record of where each node comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Literal, NamedTuple, cast

from symdiff.autodiff.masks import Masks, add_masked, decided, split_decisions
from symdiff.errors import DisconnectedError, DTypeError, ShapeError, SymdiffError, UndefinedGradientError
from symdiff.graph.dims import show_shape
from symdiff.graph.graph import Origin
from symdiff.graph.node import ITEM, Cotangent, Node, constant
from symdiff.graph.op import Op, Undefined
from symdiff.graph.walk import consumers, downstream, toposort, without_collector
from symdiff.ops.elementwise import real
from symdiff.ops.reductions import spread, unbroadcast
from symdiff.ops.shapes import astype

GradTable = dict[Node, Node]
Disconnected = Literal["zeros", "raise"]


class Term(NamedTuple):
    """What a consumer sends back to one of its inputs: `node` goes into the sum for ``consumer.inputs[position]``."""

    consumer: Node
    position: int
    node: Node


@dataclass
class Derivation:
    """What `gradients` found, and how.

    Attributes:
        grads: the gradient of each target, in the target's shape and dtype.
        origins: for each node that was added, the forward node and the rule that it comes from.
        cotangents: for each node that is the whole gradient of a forward node, that node.
        grad_table: the gradient of each forward node that has one, z first, in the order in which they were found.
        terms: for each of them but z, the terms of the sum that it is.
    """

    grads: tuple[Node, ...] = ()
    origins: dict[Node, Origin] = field(default_factory=dict)
    cotangents: dict[Node, Node] = field(default_factory=dict)
    grad_table: GradTable = field(default_factory=dict)
    terms: dict[Node, list[Term]] = field(default_factory=dict)


def gradients(z: Node, targets: Sequence[Node], *, disconnected: Disconnected = "zeros") -> Derivation:
    """The derivatives of the scalar `z` with respect to each target (Algorithm 6.5).

    Args:
        z: a node without axes.
        targets: nodes of inexact dtype.
        disconnected: a target that `z` does not depend on gets zeros, or raises DisconnectedError.

    Raises:
        ShapeError: if `z` has axes.
        DTypeError: if `z` is a condition or an integer.
        UndefinedGradientError: if a derivative on the way does not exist; the message shows the path.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x = variable("x", Aval("float64"))
    >>> gradients(x * x, [x]).grads[0].aval
    f64[]
    """
    if z.shape:
        raise ShapeError(
            f"only a scalar has a gradient, the result is {z.aval!r}",
            help="reduce it, for instance with sum(…) or mean(…); or ask for its jacobian",
            code="SD203",
        )
    if not z.aval.inexact and not z.aval.weak:  # 2 is a number like 2.0
        raise DTypeError(
            f"the result is {z.aval!r}, and only real or complex results have derivatives",
            help="a condition can choose between two values: where(condition, a, b)",
            code="SD251",
        )
    if z.aval.kind == "c" and any(V.aval.kind != "c" for V in targets):
        raise DTypeError(
            f"the result is {z.aval!r}, and has no gradient with respect to real numbers",
            help="differentiate real(…), imag(…) or abs(…) of it",
        )
    return pull_back({z: constant(1.0) if z.aval.weak else constant(z.dtype.type(1))}, targets, disconnected)


def pull_back(
    cotangents: Mapping[Node, Node], targets: Sequence[Node], disconnected: Disconnected = "zeros"
) -> Derivation:
    """The cotangents of `targets`, given those of some nodes: `gradients` from any number of values of any shape.

    Each cotangent has the shape and dtype of its node. Errors as for `gradients`.
    """
    with without_collector():
        return _back_propagate(dict(cotangents), targets, disconnected)


def transposed(seeds: Mapping[Node, Node], inputs: Sequence[Node]) -> tuple[Node, ...] | Undefined:
    """As `pull_back`, through values that a rule says are linear in `inputs`: then their cotangents read none of these.

    A rule that a user gives may be no linear map (clipped gradients); such a one has no transposed map.
    """
    found = pull_back(seeds, inputs).grads
    if not set(inputs).isdisjoint(toposort(found)):
        return Undefined("its rule is not linear in what it is given, so that the other mode has no rule")
    return tuple(found)


def _back_propagate(grad_table: GradTable, targets: Sequence[Node], disconnected: Disconnected) -> Derivation:
    roots = tuple(grad_table)
    forward = toposort(roots)
    G_prime = downstream(targets, forward)
    derivation = Derivation(grad_table=grad_table)
    walk = _BackPropagation(roots, forward, G_prime, grad_table, derivation)
    for V in reversed(G_prime):
        walk.build_grad(V)
    derivation.grads = tuple(_finish(V, grad_table, disconnected) for V in targets)
    for V, grad in zip(targets, derivation.grads, strict=True):
        derivation.cotangents.setdefault(grad, V)
    return derivation


def get_operation(V: Node) -> Op:
    """The operation that computes V."""
    return V.op


def get_inputs(V: Node) -> tuple[Node, ...]:
    """The variables that are inputs of V."""
    return V.inputs


def gradient_of(V: Node, grad_table: Mapping[Node, Node]) -> Cotangent | None:
    """The gradient of V in the table; of a node with parts, those of its parts. None if there is none."""
    if not V.aval.parts:
        return grad_table.get(V)
    grads = tuple(map(grad_table.get, V.parts))
    return None if all(grad is None for grad in grads) else grads


class _BackPropagation:
    """The state of one run: G′ with its consumers, the grad_table, and what is recorded beside it."""

    def __init__(
        self,
        roots: tuple[Node, ...],
        forward: list[Node],
        G_prime: list[Node],
        grad_table: GradTable,
        derivation: Derivation,
    ) -> None:
        self.roots = roots
        self.G_prime = G_prime
        self.consumers = consumers(G_prime)
        self.grad_table = grad_table
        self.derivation = derivation
        self.known = set(forward)
        self.masks = Masks(forward)
        self.apart: dict[Node, list[Node]] = {}  # the summands of cotangents that stay apart

    def get_consumers(self, V: Node) -> list[Node]:
        """The children of V in G′."""
        return self.consumers.get(V, [])

    def build_grad(self, V: Node) -> None:
        """Puts the gradient of V into the grad_table: one term per consumer, summed (Algorithm 6.6)."""
        if V.aval.parts or V.aval.kind == "b":  # its parts have gradients; a condition has derivative zero
            return
        given = total = self.grad_table.get(V)
        flows = [] if given is None else [given]
        for C in self.get_consumers(V):
            D = gradient_of(C, self.grad_table)
            if D is None:  # nothing flows back through C
                continue
            op = get_operation(C)
            for i, x in enumerate(get_inputs(C)):
                if x is not V:
                    continue
                sent = [term for part in self._apart(D) if (term := self.bprop(op, i, C, part)) is not None]
                if sent:
                    term = reduce(partial(self._sum, V), sent)
                    self.derivation.terms.setdefault(V, []).append(Term(C, i, term))
                    total = term if total is None else self._sum(V, total, term)
                    flows += sent
        if total is not None and total is not given:
            self.grad_table[V] = total
            if len(apart := self.masks.by_branches(V, flows)) > 1:
                self.apart[total] = apart
            self.derivation.cotangents.setdefault(total, V)

    def _apart(self, D: Cotangent) -> list[Cotangent]:
        """The summands of a cotangent that arrive from several branches, each of which computes what it needs."""
        if isinstance(D, Node):
            return [*self.apart.get(D, [D])]
        several = [k for k, g in enumerate(D) if g in self.apart]
        rest = tuple(None if k in several else g for k, g in enumerate(D))
        parts = [(k, part) for k in several for part in self.apart[cast(Node, D[k])]]
        apart: list[Cotangent] = [tuple(part if j == k else None for j in range(len(D))) for k, part in parts]
        return apart if all(g is None for g in rest) else [rest, *apart]

    def bprop(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | None:
        """The term of consumer C: its rule, masked, in the shape and dtype of input i."""
        term = self.masks.bprop(op, i, C, D)
        if isinstance(term, Undefined):
            raise UndefinedGradientError(
                f"{op.name} has no derivative: {term.why}; it lies on the path {self._path(C)}",
                help="differentiate something that does not pass there",
                code="SD501",
            )
        if term is None or _vanishes(term):
            return None
        V = C.inputs[i]
        fitted = fit(term, V, C)
        self.masks.follow(i, C, D, fitted)
        self._record([fitted], Origin(C, op.name, V))
        return fitted

    def _sum(self, V: Node, total: Node, term: Node) -> Node:
        result = add_masked(total, term)
        self.masks.join(result, total, term)
        self._record([result], Origin(V, "sum over consumers"))
        return result

    def _record(self, roots: list[Node], origin: Origin) -> None:
        stack = roots
        while stack:
            node = stack.pop()
            if node not in self.known:
                self.known.add(node)
                self.derivation.origins[node] = origin
                stack.extend(node.inputs)

    def _path(self, C: Node) -> str:
        """Target -> … -> C -> … -> z, in the words of the listing."""
        inside = set(self.G_prime)
        down = [C]
        while (below := next((x for x in down[-1].inputs if x in inside), None)) is not None:
            down.append(below)
        up = [C]
        while up[-1] not in self.roots:
            up.append(next(c for c in self.get_consumers(up[-1]) if gradient_of(c, self.grad_table) is not None))
        return " -> ".join(n.name or n.op.name for n in [*reversed(down), *up[1:]] if n.op is not ITEM)


def _vanishes(term: Node) -> bool:
    """Whether a term is zero whatever the inputs are: a product with zeros, such as the first state of a recurrence."""
    return term.op.product and any(_is_zero(x) for x in term.inputs)


def _is_zero(x: Node) -> bool:
    while x.op.family == "linear" and len(x.inputs) == 1:
        x = x.inputs[0]
    return x.literal is not None and x.literal.scalar == 0


def fit(term: Node, V: Node, C: Node) -> Node:
    """Un-broadcasts `term` to the shape of V and converts it to V's dtype: for every rule, here and nowhere else.

    What a scalar condition lets through is fitted behind it.
    """
    layers, core = split_decisions(term)
    assert isinstance(core, Node)
    return decided(layers, _fit(core, V, C))


def _fit(term: Node, V: Node, C: Node) -> Node:
    if term.shape != V.shape:
        if term.ndim <= V.ndim and term.ndim < C.ndim:
            term = spread(term, C.shape)
        term = unbroadcast(term, V.shape)
    if term.shape != V.shape:
        raise SymdiffError(
            f"the rule of {C.op.name} gave [{show_shape(term.shape)}] for an input of [{show_shape(V.shape)}]"
        )
    if term.aval.kind == "c" and V.aval.kind != "c":
        term = real(term)
    if V.aval.inexact and not V.aval.weak and not term.aval.weak and term.dtype != V.dtype:
        term = astype(term, dtype=V.dtype.name)
    return term


def _finish(V: Node, grad_table: GradTable, disconnected: Disconnected) -> Node:
    grad = grad_table.get(V)
    if grad is None:
        if disconnected == "raise":
            name = V.name or V.op.name
            raise DisconnectedError(f"the result does not depend on {name!r}", help='disconnected="zeros" gives zeros')
        return spread(constant(V.dtype.type(0)), V.shape)
    if grad.shape != V.shape:
        grad = spread(grad, V.shape)
    if grad.dtype != V.dtype or (grad.aval.weak and not V.aval.weak):
        grad = astype(grad, dtype=V.dtype.name)
    return grad
