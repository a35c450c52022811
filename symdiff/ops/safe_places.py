"""Places that a branch alone asks for, made safe: ``x[i + 1] if i + 1 < n else 0`` reads nothing behind the end.

What is derived from such a value may be computed whatever the condition says: kept for the way back, added at the same
place, or stacked. Where the condition does not hold, it stands at place 0, which is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice

from symdiff.graph.body import Body, close
from symdiff.graph.branches import Decision
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import logical_and, logical_not, logical_or, where
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Slice
from symdiff.ops.putting import FIRST, put
from symdiff.ops.reductions import spread

MOST = 64  # decisions that are looked at for one node: of a question of thousands of parts, the first
CONNECTIVES = (logical_and, logical_or)  # whose second operand is asked for only where the first decides nothing
Conditions = Mapping[Node, frozenset[Decision]]


def is_placed(node: Node) -> bool:
    """Whether a node reads at places that are computed, and so may lie outside."""
    return node.op.drops and len(node.inputs) > 1


def implied(condition: Node, says: bool) -> Iterator[Decision]:
    """What is known where a condition holds, or fails: of ``a and b``, a and b."""
    stack = [(condition, says)]
    while stack:
        node, holds = stack.pop()
        if node.op is logical_not:
            stack.append((node.inputs[0], not holds))
            continue
        yield node, holds
        if node.op is (logical_and if holds else logical_or):
            stack.extend((x, holds) for x in node.inputs)


def told(decisions: frozenset[Decision]) -> frozenset[Decision]:
    """`decisions` without those that others of them imply."""
    return decisions - {part for each in decisions for part in implied(*each) if part != each}


def conditions(order: Sequence[Node], outputs: Sequence[Node], goes: Node | None = None) -> Conditions:
    """For each node of `order` what conditions say wherever it is asked for: of ``a and b``, b is where a holds.

    Args:
        order: nodes, inputs before users.
        outputs: those that are asked for at any rate.
        goes: one of them, under which alone all others are asked for.
    """
    nowhere = frozenset[Decision]()
    there = nowhere if goes is None else frozenset(implied(goes, True))
    found = {y: nowhere if y is goes else there for y in outputs}
    for node in reversed(order):
        decides = (node.op.selects or node.op in CONNECTIVES) and not node.inputs[0].shape
        for k, x in enumerate(node.inputs):
            says = node.op is logical_and or (node.op.selects and k == 1)
            more = islice(implied(node.inputs[0], says), MOST) if k and decides and len(found[node]) < MOST else ()
            here = found[node].union(more)
            found[x] = found[x] & here if x in found else here
    return found


def ventured(outputs: Sequence[Node]) -> list[Node]:
    """What is computed on one side of a branch only, and may fail on the other.

    Positions may be out of bounds there, and matrices singular; where numbers are out of a domain, masks see to it.
    What follows ``a and`` or ``a or`` is such a side, too.
    """
    order = toposort(outputs)
    may_fail = [node for node in order if node.op.family == "primitive" or is_placed(node)]
    table = conditions(order, outputs) if may_fail else {}
    return [node for node in may_fail if table[node]]


def closed_body(
    inputs: Sequence[Node], outputs: Sequence[Node], names: Mapping[Node, str] | None = None
) -> tuple[Body, list[Node]]:
    """A body as `close` makes it: around it nothing is computed that may fail where no branch of it asks for that."""
    return close(inputs, outputs, names, ventured(outputs))


def places_of(node: Node) -> tuple[Node, ...]:
    """The places that a `gather` reads at, or a `put` writes at; none of other nodes, and of slices of computed places."""
    first = {gather: 1, put: FIRST}.get(node.op)
    if first is None or not all(isinstance(item, (int, Slice, Hole)) for item in node.kwargs["index"]):
        return ()
    return node.inputs[first:]


def at_safe_places(node: Node, inputs: Sequence[Node], asked: Sequence[Decision]) -> Node:
    """`node` on other inputs, with its places 0 wherever what is asked does not hold.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> from symdiff.ops.gathering import pick
    >>> x, i = variable("x", Aval("float64", (3,))), variable("i", Aval("int64"))
    >>> part = pick(x, i, 0)
    >>> at_safe_places(part, part.inputs, [(i < 3, True)]).inputs[1].op
    <op where>
    """
    count = len(places_of(node)) if asked else 0
    if not count:
        return node if tuple(inputs) == node.inputs else Node(node.op, tuple(inputs), node.params)
    holds = _all_of(asked)
    safe = (where(holds, p, constant(p.dtype.type(0))) for p in inputs[-count:])
    return Node(node.op, (*inputs[:-count], *safe), node.params)


def _all_of(asked: Iterable[Decision]) -> Node:
    return reduce(logical_and, (c if says else logical_not(c) for c, says in asked))


def asked_in_vain(nodes: Sequence[Node], outputs: Sequence[Node]) -> list[Node]:
    """Those of `nodes` that might fail if they were computed wherever `outputs` are, which ask for them in a branch.

    Places are not looked at: they are made safe.
    """
    alone = {node for node in ventured(outputs) if not places_of(node)}
    return [node for node in nodes if not alone <= set(ventured((*outputs, node)))] if alone else []


def where_asked_for(nodes: Sequence[Node], outputs: Sequence[Node]) -> dict[Node, Node]:
    """For those of `nodes` that might fail elsewhere: what they are where `outputs` ask for them, and zero elsewhere."""
    if not (found := asked_in_vain(nodes, outputs)):
        return {}
    order = toposort(outputs)
    table, place = conditions(order, outputs), {node: k for k, node in enumerate(order)}

    def safe(x: Node) -> Node:
        holds = _all_of(sorted(told(table[x]), key=lambda each: place[each[0]]))
        return where(holds, x, spread(constant(x.dtype.type(0)), x.shape))

    return {x: safe(x) for x in found if table.get(x)}


def in_turn(goes: Node) -> Iterator[Decision]:
    """The conditions of ``a and b``, which a loop asks one after the other; each is computed where those before hold."""
    stack = [goes]
    while stack:
        node = stack.pop()
        yield node, True
        stack.extend(node.inputs if node.op is logical_and else ())


def under(outputs: Sequence[Node], goes: Node) -> list[Node]:
    """`outputs`, among them `goes`, with places 0 wherever they are not asked for: all others, where that fails."""
    order = toposort([goes, *outputs])  # what asks for a node, before it
    if not any(map(places_of, order)):
        return list(outputs)
    table, place = conditions(order, outputs, goes), {node: k for k, node in enumerate(order)}
    new: dict[Node, Node] = {}
    for node in order:
        asked = sorted(told(table[node]), key=lambda each: place[each[0]]) if places_of(node) else []
        inputs = [new[x] for x in node.inputs]
        new[node] = at_safe_places(node, inputs, [(new[c], says) for c, says in asked])
    return [new[y] for y in outputs]
