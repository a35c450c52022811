"""What the lines of a statement read, and in which arrays that lies."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush

from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, shares_memory, slot
from symdiff.schedule.order import dependencies
from symdiff.schedule.statement import Statement

MANY = 400  # statements; longer programs are left in their order


def arrays_held(order: Iterable[Node], apart: Container[Node] = ()) -> dict[Node, frozenset[Node]]:
    """For each node of `order`, inputs first, the nodes whose arrays its value may be a part of; those `apart` have
    their own."""
    held: dict[Node, frozenset[Node]] = {}
    for node in order:
        held[node] = frozenset({node}).union(*[held[x] for x in _passed_on(node) if node not in apart])
    return held


def _passed_on(node: Node) -> tuple[Node, ...]:
    """The operands that the value of a node may be a part of: of a loop, what it begins with, if it takes no step."""
    if node.op is ITEM and node.inputs[0].op.block:
        loop, k = Loop.of(node.inputs[0]), slot(node)
        return loop.carry[k : k + 1]
    if node.op.drops and not node.aval.parts and not node.ndim:  # one element is a number
        return ()
    return node.inputs if shares_memory(node) or node.op is ITEM else ()


def leaves(nodes: Iterable[Node], named: Container[Node]) -> Iterator[Node]:
    """What has a name among what the expressions of `nodes` read."""
    stack = list(nodes)
    seen = set(stack)
    while stack:
        node = stack.pop()
        if node in named or not node.inputs:
            yield node
        else:
            stack.extend(x for x in node.inputs if x not in seen)
            seen.update(node.inputs)


def base_of(s: Statement) -> Node | None:
    """What a statement in place begins with a copy of."""
    if s.node.op.edits is not None:
        return s.node.inputs[0]
    return s.terms[0] if s.terms else None


def read_late(s: Statement) -> list[Node]:
    """What the lines of a statement in place read when one of them has written already: all but what the first does."""
    if s.node.op.edits is not None:
        return [] if len(s.node.op.edits(s.node)) == 1 else list(s.node.inputs[1:])
    parts = s.parts if len(s.terms) != 1 else s.parts[1:] if adds_at_once(s.parts[0]) else s.parts
    return [*s.terms[2:], *[x for part in parts for x in part.inputs]]


def adds_at_once(part: Node) -> bool:
    """Whether all that is added in place is computed before anything is written: ``x[1:] += …``."""
    assert part.op.accumulate is not None
    return "\n" not in (text := part.op.accumulate(part)[1]) and " += a" in text and text.startswith("target[")


def operands(s: Statement) -> tuple[Node, ...]:
    """What the lines of a statement read."""
    if s.parts and s.node.op.edits is None:
        return (*s.terms, *[x for part in s.parts for x in part.inputs])
    return s.node.inputs


def readers_first(statements: Sequence[Statement], order: Sequence[Node]) -> list[Statement]:
    """The statements, what reads an array before what is made in its place, as far as they do not need each other."""
    writers = [s for s in statements if s.in_place and base_of(s) is not None]
    if not writers or len(statements) > MANY:
        return list(statements)
    named, held = {node for s in statements for node in s.nodes}, arrays_held(order)
    needs = {node: set(before) for node, before in dependencies(statements, order).items()}
    arrays = {s.node: {a for x in leaves(operands(s), named) for a in held.get(x, ())} for s in statements}
    for writer in writers:
        readers = {s.node for s in statements if base_of(writer) in arrays[s.node] and s is not writer}
        if readers.isdisjoint(_behind(writer.node, needs)):
            needs[writer.node] |= readers
    return _in_order(statements, needs)


def _behind(node: Node, needs: Mapping[Node, set[Node]]) -> set[Node]:
    """What needs `node`, be it by way of others."""
    found, waiting = set[Node](), [node]
    while waiting:
        x = waiting.pop()
        more = {user for user, before in needs.items() if x in before} - found
        found |= more
        waiting += more
    return found


def _in_order(statements: Sequence[Statement], needs: Mapping[Node, set[Node]]) -> list[Statement]:
    """The statements behind what they need, else as they were."""
    missing = {s.node: len(needs[s.node]) for s in statements}
    place = {s.node: k for k, s in enumerate(statements)}
    ready = [k for k, s in enumerate(statements) if not missing[s.node]]
    found = []
    while ready:
        s = statements[heappop(ready)]
        found.append(s)
        for user, before in needs.items():
            if s.node in before:
                missing[user] -= 1
                if not missing[user]:
                    heappush(ready, place[user])
    return found
