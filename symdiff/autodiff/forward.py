"""Forward mode: tangents of the inputs become tangents of the outputs, one node at a time.

What a row does to tangents follows from its family. An elementwise row multiplies by its partial derivatives, which is
what its reverse rule does to a cotangent. A linear row is its own derivative, once per input. Of other rows the reverse
rule is known, and linear in the cotangent: transposing it, by reverse mode again, gives the forward rule (Radul et al.,
"You Only Linearize Once", 2023, in the opposite direction). A row says more, in its `jvp`, only where it knows better.

A tangent that is zero by structure is no node. Masks keep unselected branches out as they do in reverse mode: what
`where` set to zero stays zero behind an infinite derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from symdiff.autodiff.masks import split_mask
from symdiff.autodiff.reverse import fit, pull_back
from symdiff.errors import UndefinedGradientError
from symdiff.graph.graph import Origin
from symdiff.graph.node import Node, variable
from symdiff.graph.op import Undefined
from symdiff.graph.walk import between, substitute, toposort, without_collector
from symdiff.ops.elementwise import not_equal, real, where
from symdiff.ops.families import is_singular
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype

Tangents = tuple[Node | None, ...]


@dataclass
class Pushed:
    """What `push_forward` found, and how.

    Attributes:
        tangents: of each output, in its shape and dtype; None where no input reaches it.
        origins: for each node that was added, the forward node and the rule that it comes from.
    """

    tangents: Tangents = ()
    origins: dict[Node, Origin] = field(default_factory=dict)


def push_forward(outputs: Sequence[Node], inputs: Sequence[Node], tangents: Sequence[Node]) -> Pushed:
    """The tangents of `outputs` along the `tangents` of `inputs`, which have their shapes and dtypes.

    Raises:
        UndefinedGradientError: if a derivative on the way to an output does not exist; the message shows the path.

    >>> from symdiff.graph.aval import Aval
    >>> x, t = variable("x", Aval("float64")), variable("t", Aval("float64"))
    >>> push_forward([x * x], [x], [t]).tangents
    (<add: f64[]>,)
    """
    with without_collector():
        return _Walk(outputs, dict(zip(inputs, tangents, strict=True))).run()


@dataclass(frozen=True)
class _Missing:
    """In place of a tangent: it does not exist. An error only if something is made of it."""

    reason: Undefined
    path: tuple[Node, ...]


class _Walk:
    """The state of one run: the tangents found so far, and which of them hold zeros that a mask put there."""

    def __init__(self, outputs: Sequence[Node], tangents: dict[Node, Node]) -> None:
        self.outputs = outputs
        self.order = between(tangents, *outputs)
        self.known = {*toposort(outputs), *tangents.values()}
        self.table: dict[Node, Node | _Missing] = dict(tangents)
        self.masked: set[Node] = set()
        self.pushed = Pushed()

    def run(self) -> Pushed:
        for node in self.order:
            if node not in self.table and node.aval.kind != "b":  # a condition has derivative zero
                self._visit(node)
        self.pushed.tangents = tuple(self._result(y) for y in self.outputs)
        return self.pushed

    def _visit(self, node: Node) -> None:
        found = [self.table.get(x) for x in node.inputs]
        for i, t in enumerate(found):
            if isinstance(t, _Missing) and _reverse_rule(node, i) is not None:
                self.table[node] = _Missing(t.reason, (*t.path, node))
                return
        tangents = tuple(None if isinstance(t, _Missing) else t for t in found)
        if all(t is None for t in tangents):
            return
        result = self._tangent(node, tangents)
        if isinstance(result, Undefined):
            self.table[node] = _Missing(result, (node,))
        elif result is not None:
            self.table[node] = result
            self._record(result, Origin(node, node.op.name))

    def _tangent(self, node: Node, tangents: Tangents) -> Node | Undefined | None:
        if not node.aval.inexact:  # an integer: there is no tangent, and the row knows why
            rules = [_reverse_rule(node, i) for i, t in enumerate(tangents) if t is not None]
            return next((rule for rule in rules if isinstance(rule, Undefined)), None)
        if node.op.family == "elementwise" and node.op.jvp is None:
            return self._elementwise(node, tangents)
        result = _rule(node)(tangents, node)
        if not isinstance(result, Node):
            return result
        fitted = _fit(result, node)
        if any(t in self.masked or t.op is where for t in tangents if t is not None):
            self.masked.add(fitted)
        return fitted

    def _elementwise(self, node: Node, tangents: Tangents) -> Node | Undefined | None:
        total: Node | None = None
        masked = node.op.masks
        for i, t in enumerate(tangents):
            if t is None:
                continue
            mask, value = split_mask(t)
            term = node.op.bprop(i, value, node)
            if isinstance(term, Undefined):
                return term
            if term is None:
                continue
            if mask is not None:
                term = where(mask, term, 0)
            elif t in self.masked and is_singular(node):
                term = where(not_equal(t, 0), term, 0)
            masked = masked or mask is not None or t in self.masked
            total = term if total is None else total + term
        if total is None:
            return None
        fitted = _fit(total, node)
        if masked:
            self.masked.add(fitted)
        return fitted

    def _result(self, y: Node) -> Node | None:
        t = self.table.get(y)
        if isinstance(t, _Missing):
            down = [t.path[0]]
            while (below := next((x for x in down[-1].inputs if x in self.table), None)) is not None:
                down.append(below)
            path = " -> ".join(n.name or n.op.name for n in [*reversed(down), *t.path[1:]])
            raise UndefinedGradientError(
                f"{t.path[0].op.name} has no derivative: {t.reason.why}; it lies on the path {path}",
                help="differentiate something that does not pass there",
            )
        return t

    def _record(self, root: Node, origin: Origin) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            if node not in self.known:
                self.known.add(node)
                self.pushed.origins[node] = origin
                stack.extend(node.inputs)


def _rule(node: Node) -> Callable[[Tangents, Node], Node | Undefined | None]:
    """The forward rule of a row that is not elementwise: its own, itself if it is linear, else the transposed one."""
    return node.op.jvp or (_itself if node.op.family == "linear" else _transposed)


def _itself(tangents: Tangents, node: Node) -> Node:
    """One term for each input: the row with the tangent in the input's place."""
    terms = [
        Node(node.op, (*node.inputs[:i], t, *node.inputs[i + 1 :]), node.params)
        for i, t in enumerate(tangents)
        if t is not None
    ]
    return sum(terms[1:], start=terms[0])


def _transposed(tangents: Tangents, node: Node) -> Node | Undefined | None:
    """The reverse rule transposed: it maps g to the cotangents of the inputs, and its own cotangents are the tangents.

    Worked out on placeholders, so that the walk sees this one operation and not all that leads to it.
    """
    inputs = tuple(x if x.literal else variable(f"input {i}", x.aval) for i, x in enumerate(node.inputs))
    output = Node(node.op, inputs, node.params)
    g = variable("cotangent", node.aval)
    seeds: dict[Node, Node] = {}
    values = {**dict(zip(inputs, node.inputs, strict=True)), output: node}
    for i, t in enumerate(tangents):
        if t is None:
            continue
        term = node.op.bprop(i, g, output)
        if isinstance(term, Undefined):
            return term
        if term is None:
            continue
        seed = variable(f"tangent {i}", t.aval)
        values[seed] = t
        term = fit(term, inputs[i], output)
        seeds[term] = seeds[term] + seed if term in seeds else seed
    if not seeds:
        return None
    return substitute(pull_back(seeds, [g]).grads, values)[0]


def _reverse_rule(node: Node, i: int) -> Node | Undefined | None:
    """What the row says of the derivative with respect to input `i`."""
    return node.op.bprop(i, variable("cotangent", node.aval), node)


def _fit(tangent: Node, node: Node) -> Node:
    """`tangent` in the shape and dtype of the node that it belongs to: for every rule, here and nowhere else."""
    if tangent.aval.kind == "c" and node.aval.kind != "c":
        tangent = real(tangent)
    if tangent.dtype != node.dtype and not tangent.aval.weak and not node.aval.weak:
        tangent = astype(tangent, dtype=node.dtype.name)
    return spread(tangent, node.shape)
