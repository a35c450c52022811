"""Forward mode: tangents of the inputs become tangents of the outputs, one node at a time.

What a row does to tangents follows from its family. An elementwise row multiplies by its partial derivatives, which is
what its reverse rule does to a cotangent. A linear row is its own derivative, once per input. Of other rows the reverse
rule is known, and linear in the cotangent: transposing it, by reverse mode again, gives the forward rule (Radul et al.,
"You Only Linearize Once", 2023, in the opposite direction). A row says more, in its `jvp`, only where it knows better.
Of a node with parts each part has a tangent, as it has a cotangent in reverse mode; the node itself has none.

A tangent that is zero by structure is no node. Masks keep unselected branches out as they do in reverse mode: what
`where` set to zero stays zero behind an infinite derivative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.autodiff.masks import Masks
from symdiff.autodiff.reverse import fit, transposed
from symdiff.errors import SymdiffError, UndefinedGradientError
from symdiff.graph.graph import Origin
from symdiff.graph.node import ITEM, Node, Tangents, maker, slot, variable
from symdiff.graph.op import Undefined
from symdiff.graph.walk import downstream, substitute, toposort, without_collector
from symdiff.ops.elementwise import real
from symdiff.ops.families import is_singular
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype


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
        return _PushForward(outputs, dict(zip(inputs, tangents, strict=True))).run()


@dataclass(frozen=True)
class _Missing:
    """In place of a tangent: it does not exist. An error only if something is made of it."""

    reason: Undefined
    path: tuple[Node, ...]


class _PushForward:
    """The state of one run: the tangents found so far, and what masks know of them."""

    def __init__(self, outputs: Sequence[Node], tangents: dict[Node, Node]) -> None:
        self.outputs = outputs
        forward = toposort(outputs)
        self.order = downstream(tangents, forward)
        self.known = {*forward, *tangents.values()}
        self.table: dict[Node, Node | _Missing] = dict(tangents)
        self.masks = Masks(forward, operands=False)
        self.pushed = Pushed()

    def run(self) -> Pushed:
        wanted = set(self.order)
        for node in self.order:
            if node in self.table or node.op is ITEM:
                continue
            found = self._tangents(node, [y for y in node.parts or (node,) if y in wanted])
            self.table.update({y: t for y, t in found.items() if t is not None})
        self.pushed.tangents = tuple(self._result(y) for y in self.outputs)
        return self.pushed

    def _tangents(self, node: Node, values: Sequence[Node]) -> Mapping[Node, Node | _Missing | None]:
        """The tangents of the `values` that `node` computes: itself, or its parts."""
        found = [self.table.get(x) for x in node.inputs]
        tangents = tuple(None if isinstance(t, _Missing) else t for t in found)
        given = self._given(node, tangents)
        return {y: self._missing(y, found) or self._tangent(y, tangents, given) for y in values if y.aval.kind != "b"}

    def _given(self, node: Node, tangents: Tangents) -> Tangents | None:
        """What the `jvp` of a row that gives several values says, once for all of them."""
        if node.op.jvp is None or not node.aval.parts or all(t is None for t in tangents):
            return None
        result = node.op.jvp(tangents, node)
        if not isinstance(result, tuple) or len(result) != len(node.parts):
            raise SymdiffError(f"the jvp of {node.op.name} must return {len(node.parts)} tangents, None for zeros")
        return result

    def _missing(self, y: Node, found: Sequence[Node | _Missing | None]) -> _Missing | None:
        for i, t in enumerate(found):
            if isinstance(t, _Missing) and _reverse_rule(y, i) is not None:
                return _Missing(t.reason, (*t.path, maker(y)))
        return None

    def _tangent(self, y: Node, tangents: Tangents, given: Tangents | None) -> Node | _Missing | None:
        if all(t is None for t in tangents):
            return None
        result = given[slot(y)] if given is not None else self._derived(y, tangents)
        if isinstance(result, Undefined):
            return _Missing(result, (maker(y),))
        if result is not None:
            flowing = [result] if _has_terms(y) else [t for t in tangents if t is not None]
            result = _fit(result, y)
            self.masks.inherit(result, flowing, singular=is_singular(y))
            self._record(result, Origin(maker(y), maker(y).op.name))
        return result

    def _derived(self, y: Node, tangents: Tangents) -> Node | Undefined | None:
        if not y.aval.inexact:  # an integer: there is no tangent, and the row knows why
            rules = [_reverse_rule(y, i) for i, t in enumerate(tangents) if t is not None]
            return next((rule for rule in rules if isinstance(rule, Undefined)), None)
        if _has_terms(y):
            return self._elementwise(y, tangents)
        return _by_rule(y, tangents)

    def _elementwise(self, node: Node, tangents: Tangents) -> Node | Undefined | None:
        total: Node | None = None
        for i, t in enumerate(tangents):
            if t is None:
                continue
            term = self.masks.bprop(node.op, i, node, t)
            if isinstance(term, Undefined):
                return term
            if term is None:
                continue
            self.masks.follow(i, node, t, term)
            before, total = total, term if total is None else total + term
            if before is not None:
                self.masks.join(total, before, term)
        return total

    def _result(self, y: Node) -> Node | None:
        t = self.table.get(y)
        if isinstance(t, _Missing):
            down = [t.path[0]]
            while (below := next((x for x in maker(down[-1]).inputs if x in self.table), None)) is not None:
                down.append(below)
            path = " -> ".join(n.name or maker(n).op.name for n in [*reversed(down), *t.path[1:]])
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


def _has_terms(y: Node) -> bool:
    """Whether the tangent of y is a sum of partial derivatives times tangents."""
    return y.op.family == "elementwise" and y.op.jvp is None


def _by_rule(y: Node, tangents: Tangents) -> Node | Undefined | None:
    """The forward rule of a row that is not elementwise: its own, itself if it is linear, else the transposed one."""
    if y.op.jvp is not None:
        result = y.op.jvp(tangents, y)
        assert not isinstance(result, tuple)
        return result
    return _itself(tangents, y) if y.op.family == "linear" else _transposed(tangents, y)


def _itself(tangents: Tangents, node: Node) -> Node:
    """One term for each input: the row with the tangent in the input's place."""
    terms = [
        Node(node.op, (*node.inputs[:i], t, *node.inputs[i + 1 :]), node.params)
        for i, t in enumerate(tangents)
        if t is not None
    ]
    return sum(terms[1:], start=terms[0])


def _transposed(tangents: Tangents, y: Node) -> Node | Undefined | None:
    """The reverse rule transposed: it maps g to the cotangents of the inputs, and its own cotangents are the tangents.

    Worked out on placeholders, so that the walk sees this one operation and not all that leads to it.
    """
    node = maker(y)
    inputs = tuple(x if x.literal else variable(f"input {i}", x.aval) for i, x in enumerate(node.inputs))
    output = Node(node.op, inputs, node.params)
    value = output.parts[slot(y)] if y.op is ITEM else output
    g = variable("cotangent", y.aval)
    seeds: dict[Node, Node] = {}
    values = {**dict(zip(inputs, node.inputs, strict=True)), output: node}
    for i, t in enumerate(tangents):
        if t is None:
            continue
        term = _reverse(value, i, g)
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
    found = transposed(seeds, [g])
    return found if isinstance(found, Undefined) else substitute(found, values)[0]


def _reverse(y: Node, i: int, g: Node) -> Node | Undefined | None:
    """The cotangent of input `i` of what computes y, given that of y alone."""
    node = maker(y)
    alone = tuple(g if k == slot(y) else None for k in range(len(node.parts))) if y.op is ITEM else g
    return node.op.bprop(i, alone, node)


def _reverse_rule(y: Node, i: int) -> Node | Undefined | None:
    """What the row says of the derivative of y with respect to input `i`."""
    return _reverse(y, i, variable("cotangent", y.aval))


def _fit(tangent: Node, node: Node) -> Node:
    """`tangent` in the shape and dtype of the node that it belongs to: for every rule, here and nowhere else."""
    if tangent.aval.kind == "c" and node.aval.kind != "c":
        tangent = real(tangent)
    if tangent.dtype != node.dtype and not tangent.aval.weak and not node.aval.weak:
        tangent = astype(tangent, dtype=node.dtype.name)
    return spread(tangent, node.shape)
