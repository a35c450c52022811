"""Decisions on numbers: a condition that many selections ask is asked once, before all of them.

Each selection asks its own condition: the derivative of three pieces is a sum of terms ``where(c, a, 0)``. Here the
program is written twice, for a condition that holds and for one that fails, with a selection between the two around
it, wherever that is no longer than what was there; and so on with what is left in either half. The halves share what
does not depend on the condition. (Splitting on a predicate, as in Aho, Lam, Sethi and Ullman, section 9.5: here in a
graph without order, so that nothing has to be moved.)

**Invariant:** every value is the one that was selected before, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symdiff.graph.body import bodies
from symdiff.graph.branches import DEEPEST, Decision, decisions, ventures
from symdiff.graph.graph import Graph, Origin
from symdiff.graph.node import Node, constant
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.rewrite.engine import Engine, Journal, Pass, Step, carry_over

DECIDE = Pass("decide", "BITS", "a condition that is known selects a side")
MOST_CONDITIONS = 6  # that are tried at a place
FUEL = 8000  # operations that are looked at while halves are tried
DECIDING = 2  # operations that a selection, or a condition made of others, counts as
CONNECTIVES = (ew.logical_and, ew.logical_or, ew.logical_not)

Roots = tuple[Node, ...]


def decide_first(graph: Graph, journal: Journal, *, engine: Engine) -> Graph:
    """`graph`, all of whose values are numbers, with its decisions outside; `engine` simplifies the halves."""
    order = graph.order
    if not _asked_twice(order):
        return graph
    search = _Search(engine)
    roots = (*graph.outputs, *graph.forward)
    decided = search.simplified(search.inside(search.decided(roots, len(graph.outputs))))
    if decided == roots:
        return graph
    steps = [Step(DECIDE, old, new) for old, new in zip(roots, decided, strict=True) if old is not new]
    journal.steps += steps
    return carry_over(_noted(graph, search.moves), dict(zip(roots, decided, strict=True)), [])


def decide_inside(graph: Graph, journal: Journal, *, engine: Engine) -> Graph:
    """`graph` without selections that ask what a selection around them has asked: their other sides are never run."""
    order = graph.order
    if sum(_is_decision(node) for node in order) < 2:
        return graph
    search = _Search(engine)
    roots = (*graph.outputs, *graph.forward)
    changed = search.inside(roots)
    if changed == roots:
        return graph
    decided = search.simplified(changed)
    journal.steps += [Step(DECIDE, old, new) for old, new in zip(roots, decided, strict=True) if old is not new]
    return carry_over(_noted(graph, search.moves), dict(zip(roots, decided, strict=True)), [])


@dataclass
class _Search:
    """Decides as long as that makes no program longer; `moves` says what became of each node, half by half."""

    engine: Engine
    moves: list[dict[Node, Node]] = field(default_factory=list)
    fuel: int = FUEL
    sizes: dict[Node, int] = field(default_factory=dict)

    def decided(self, roots: Roots, results: int, beside: Roots = (), depth: int = 0) -> Roots:
        """What computes `roots`, beside others; only the first of them, the `results`, count for the length."""
        if depth == DEEPEST:
            return roots
        order, length = toposort(roots[:results]), self._length((*roots[:results], *beside))
        table = decisions(order, roots[:results], {n for n in order if _is_decision(n)})
        for condition in _asked_twice(order):
            if any(table[x] and ventures(x) for x in toposort([condition])):
                continue  # no program asks it but in a branch
            self.fuel -= 2 * len(order)
            if self.fuel < 0:
                break
            (first, yes), (second, no) = self._half(roots, condition, True), self._half(roots, condition, False)
            if self._length((*_joined(condition, first, second)[:results], *beside)) <= length:
                self.moves += [yes, no]
                first = self.decided(first, results, (*second[:results], *beside), depth + 1)
                second = self.decided(second, results, (*first[:results], *beside), depth + 1)
                return _joined(condition, first, second)
        return roots

    def _length(self, roots: Roots) -> int:
        """The operations of a program."""
        order = toposort(roots)
        self.sizes |= {node: _size(node) for node in order if node not in self.sizes}
        return sum(map(self.sizes.__getitem__, order))

    def inside(self, roots: Roots) -> Roots:
        """`roots`, with what a branch reads taken from the sides of selections that ask what the branch has asked."""
        order = toposort(roots)
        table = decisions(order, roots, {n for n in order if _is_decision(n)}, _implied)
        new: dict[Node, Node] = {}
        for node in order:
            known = {c: constant(np.bool_(holds)) for c, holds in table[node]}
            read = [_side(x, known) for x in node.inputs]
            if _is_decision(node):
                read = [
                    known.get(node.inputs[0], node.inputs[0]),
                    *(
                        _side(x, {**known, **_known(node.inputs[0], holds)})
                        for x, holds in zip(node.inputs[1:], (True, False), strict=True)
                    ),
                ]
            inputs = tuple(new.get(x, x) for x in read)
            new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)
        self.moves.append(new)
        return tuple(new[x] for x in roots)

    def simplified(self, roots: Roots) -> Roots:
        """`roots`, rewritten by the engine."""
        settled = self.engine.settle(roots, Journal())
        self.moves.append(settled)
        return tuple(settled[x] for x in roots)

    def _half(self, roots: Roots, condition: Node, holds: bool) -> tuple[Roots, dict[Node, Node]]:
        """`roots` under a condition that is known, and what became of all nodes."""
        assumed = _assuming(toposort(roots), condition, holds)
        settled = self.engine.settle([assumed[x] for x in roots], Journal())
        moved = {old: settled[new] for old, new in assumed.items() if new in settled}
        return tuple(moved[x] for x in roots), moved


def _is_decision(node: Node) -> bool:
    return node.op is ew.where and not node.inputs[0].shape


def _side(x: Node, known: Mapping[Node, Node]) -> Node:
    """What a selection gives where its condition is known, if it is of that type; of all else, that."""
    while known and _is_decision(x) and (condition := known.get(x.inputs[0])) is not None:
        assert condition.literal is not None
        side = x.inputs[1 if condition.literal.value else 2]
        if side.aval != x.aval:
            break
        x = side
    return x


def _asked_twice(order: Sequence[Node]) -> list[Node]:
    """The conditions that several selections ask, alone or among others, as they come; last those made of others."""
    asked = _asked(order)
    several = [n for n in order if asked[n] > 1 and n.op is not ew.logical_not and n.literal is None]
    return sorted(several, key=lambda condition: condition.op in CONNECTIVES)[:MOST_CONDITIONS]  # outer ones first


def _asked(order: Sequence[Node]) -> Counter[Node]:
    """How often selections ask each condition, alone or among others, up to twice.

    Conditions share parts, and are no trees: each is looked at once.
    """
    asked: Counter[Node] = Counter()
    for node in reversed(order):
        if _is_decision(node):
            asked[node.inputs[0]] += 1
        if asked[node]:
            for x in _parts(node):
                asked[x] = min(2, asked[x] + asked[node])
    return asked


def _parts(condition: Node) -> Sequence[Node]:
    """The conditions that a condition is made of."""
    is_made = condition.op in CONNECTIVES or _decides(condition) is not None
    return [x for x in condition.inputs if x.aval.kind == "b"] if is_made else ()


def _known(condition: Node, holds: bool) -> dict[Node, Node]:
    """What is known of the conditions that a condition is made of, if it holds, or fails."""
    return {node: constant(np.bool_(value)) for node, value in _implied(condition, holds)}


def _implied(condition: Node, holds: bool) -> Iterable[Decision]:
    found: dict[Node, bool] = {}
    stack = [(condition, holds)]
    while stack:
        node, value = stack.pop()
        if found.get(node) is value:
            continue
        found[node] = value
        if node.op is ew.logical_not:
            stack.append((node.inputs[0], not value))
        elif node.op is (ew.logical_and if value else ew.logical_or) or _decides(node) is (not value):
            stack.extend((x, value) for x in node.inputs if x.aval.kind == "b" and x.literal is None)
    return found.items()


def _decides(node: Node) -> bool | None:
    """What ``a and b``, asked in order, is where a fails, or ``a or b`` where a holds; None for anything else."""
    if node.op is not ew.where or node.shape or node.aval.kind != "b":
        return None
    _, yes, no = node.inputs
    if no.literal is not None and not no.literal.value:
        return False
    return True if yes.literal is not None and yes.literal.value else None


def _assuming(order: Iterable[Node], condition: Node, holds: bool) -> dict[Node, Node]:
    """What becomes of each node where it is known whether a condition holds."""
    new = _known(condition, holds)
    for node in order:
        if node not in new:
            inputs = tuple(new[x] for x in node.inputs)
            new[node] = node if inputs == node.inputs else Node(node.op, inputs, node.params)
    return new


def _joined(condition: Node, first: Roots, second: Roots) -> Roots:
    return tuple(a if a is b else ew.where(condition, a, b) for a, b in zip(first, second, strict=True))


def _size(node: Node) -> int:
    """How many operations one stands for: a loop, for those of a step."""
    if node.op.block:
        return sum(_size(inner) for _, body in bodies(node) for inner in toposort(body.outputs))
    if not node.inputs or node.op.view:
        return 0
    return DECIDING if node.op is ew.where or node.op in CONNECTIVES else 1


def _noted(graph: Graph, moves: Sequence[dict[Node, Node]]) -> Graph:
    """`graph` with its names, and what is known of its derivatives, on what became of the nodes in each half too."""
    names, origins = dict(graph.names), dict(graph.notes.origins)
    cotangents = dict(graph.notes.cotangents)
    for moved in moves:
        for old, new in moved.items():
            if not new.inputs or new is old:
                continue
            if old in origins:
                origin = origins[old]
                origins.setdefault(new, Origin(moved.get(origin.of, origin.of), origin.rule, origin.wrt))
            if old in cotangents:
                cotangents.setdefault(new, moved.get(cotangents[old], cotangents[old]))
            if old in names:
                names.setdefault(new, names[old])
    return graph.with_(names=names, origins=origins, cotangents=cotangents)
