"""The engine: applies rules bottom-up until none fires, and writes down what it did.

**Invariant:** the engine knows no rule and no operation. It never changes shape, dtype or weakness (a rule whose result
differs is not applied), it does not recurse, and its result depends on the order of the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from symdiff.errors import SymdiffError
from symdiff.graph.graph import Graph, Origin
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.rewrite.precision import narrows
from symdiff.rewrite.rule import Rule


@dataclass(frozen=True)
class Pass:
    """A rewrite that looks at a whole graph, where a rule looks at a node; its claim, and why that is sound."""

    name: str
    claim: str
    why: str = ""
    safe: str = ""


class Step(NamedTuple):
    """One application: `before` became `after` by `rule`."""

    rule: Rule | Pass
    before: Node
    after: Node


@dataclass
class Journal:
    """The applications, in order."""

    steps: list[Step] = field(default_factory=list)

    def names(self) -> list[str]:
        """The names of the rules, in the order in which they fired."""
        return [step.rule.name for step in self.steps]


Look = tuple[Op, str, frozenset[Op]]  # of a node: its operation, the kind of its numbers, its operands' operations


class Index:
    """Rules in order, found by the look of a node. What is found is kept: the rules of a pass are indexed once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._found: dict[Look, tuple[Rule, ...]] = {}

    @cached_property
    def bits(self) -> Index:
        """Those that change no bit."""
        return Index(rule for rule in self.rules if rule.claim == "BITS")

    def rules_for(self, look: Look) -> tuple[Rule, ...]:
        """The rules that may fire at a node of this look."""
        found = self._found.get(look)
        if found is None:
            found = self._found[look] = tuple(rule for rule in self.rules if rule.may_fire(*look))
        return found


class Engine:
    """Sets of rules, those of the first one first."""

    def __init__(self, *rules: Iterable[Rule] | Index, exact: bool = False) -> None:
        indexes = [part if isinstance(part, Index) else Index(part) for part in rules]
        self._indexes = [index.bits if exact else index for index in indexes]
        self._found: dict[Look, tuple[Rule, ...]] = {}

    def rules_for(self, node: Node) -> tuple[Rule, ...]:
        """The rules that may fire at `node`, as far as its look tells."""
        look = node.op, node.aval.kind, frozenset([x.op for x in node.inputs])
        found = self._found.get(look)
        if found is None:
            found = self._found[look] = tuple(rule for index in self._indexes for rule in index.rules_for(look))
        return found

    def run(self, graph: Graph, journal: Journal | None = None) -> Graph:
        """`graph` with everything rewritten: outputs, forward roots, and what is remembered beside the nodes."""
        journal = journal if journal is not None else Journal()
        first = len(journal.steps)
        settled = self.settle([*graph.forward, *graph.outputs], journal, len(graph.whole))
        return carry_over(graph, settled, journal.steps[first:])

    def settle(self, roots: Sequence[Node], journal: Journal, size: int | None = None) -> dict[Node, Node]:
        """What `roots`, and all that they need, become; `size` is how many nodes that is, where it is known."""
        settled: dict[Node, Node] = {}
        becomes: dict[Node, Node] = {}  # a node that waits for another one to settle
        ordered: dict[object, Node] = {}  # commutative operations, by unordered operands
        fuel = 1000 + 20 * (len(toposort(roots)) if size is None else size)
        stack = list(reversed(roots))
        while stack:
            node = stack[-1]
            if node in settled:
                stack.pop()
                continue
            if node in becomes:
                settled[node] = settled[becomes[node]]
                continue
            waiting = [x for x in node.inputs if x not in settled]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            inputs = tuple(settled[x] for x in node.inputs)
            new = node if inputs == node.inputs else Node(node.op, inputs, node.params)
            if node.op.commutative:
                key = node.op, frozenset(inputs), node.params
                known = ordered.setdefault(key, new)
                if _waits_for(known, new, becomes):  # a rule has just changed the order
                    ordered[key] = new
                else:
                    new = known
            if new is node and fuel:
                new = self._apply(node, journal)
                fuel -= new is not node
            if new is node or _waits_for(new, node, becomes):
                settled[node] = node
            else:
                becomes[node] = new
                stack.append(new)
        return settled

    def _apply(self, node: Node, journal: Journal) -> Node:
        for rule in self.rules_for(node):
            try:
                new = rule.apply(node)
            except SymdiffError:  # the new form is not defined here: a sigmoid of complex numbers
                continue
            if new is None or new is node or new.aval is not node.aval:
                continue
            if rule.claim == "BITS" or not narrows(node, new):
                journal.steps.append(Step(rule, node, new))
                return new
        return node


def _waits_for(new: Node, node: Node, becomes: Mapping[Node, Node]) -> bool:
    """Whether `new` already waits for `node`, so that following it would go round in a circle."""
    while new in becomes:
        new = becomes[new]
        if new is node:
            return True
    return False


def replaced(graph: Graph, which: Pass, find: Callable[[Node, Node], Node | None]) -> Graph:
    """`graph` with each node replaced by what `find` finds for it, inputs first, where that has the type of the node.

    Args:
        graph: what is rewritten.
        which: under whose name the replacements are journalled.
        find: is given the node on its new inputs, and the node as it was; None leaves it.
    """
    journal, new = Journal(list(graph.notes.journal)), dict[Node, Node]()
    first = len(journal.steps)
    for n in graph.whole:
        inputs = tuple(new[x] for x in n.inputs)
        same = n if inputs == n.inputs else Node(n.op, inputs, n.params)
        found = find(same, n)
        new[n] = same if found is None or found.aval is not n.aval else found
        if new[n] is not same:
            journal.steps.append(Step(which, n, new[n]))
    return carry_over(graph, new, journal.steps[first:]).with_(journal=tuple(journal.steps))


def carry_over(graph: Graph, settled: Mapping[Node, Node], steps: Sequence[Step]) -> Graph:
    """`graph` on the new nodes; user names, origins and cotangents move along."""
    if not steps and all(old is new for old, new in settled.items()):
        return graph
    forward = set(toposort([settled[x] for x in graph.forward]))
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for old, name in graph.names.items():
        new = settled.get(old, old)
        if (new.inputs or new is old) and new not in names and name not in taken:
            names[new] = name
            taken.add(name)
    origins = {old: _moved(origin, settled) for old, origin in graph.notes.origins.items()}
    for old, new in settled.items():
        if (
            old in graph.notes.origins and new not in forward
        ):  # else the derivative has become a value that was there before
            origins.setdefault(new, origins[old])
    _explain_new_nodes(origins, steps, forward)
    lines = {settled.get(old, old): line for old, line in graph.notes.lines.items()}
    _spread_lines(lines, steps)
    cotangents: dict[Node, Node] = {}
    for old, of in graph.notes.cotangents.items():
        new, new_of = settled.get(old, old), settled.get(of, of)
        if new_of in forward and new not in forward:  # else only one part computes both
            cotangents.setdefault(new, new_of)
    return graph.with_(
        outputs=tuple(settled[x] for x in graph.outputs),
        forward=tuple(settled.get(x, x) for x in graph.forward),
        names=names,
        lines=lines,
        origins=origins,
        cotangents=cotangents,
        guards=tuple(guard.moved(settled) for guard in graph.notes.guards),
    )


def _moved(origin: Origin, settled: Mapping[Node, Node]) -> Origin:
    of = settled.get(origin.of, origin.of)
    return origin if of is origin.of else replace(origin, of=of)


def _spread_lines(lines: dict[Node, str], steps: Sequence[Step]) -> None:
    """A node that a rule made comes from the line of what it replaced."""
    for step in steps if lines else ():
        line = lines.get(step.before)
        if line is not None:
            for node in toposort([step.after], stop=lambda n: n in lines or not n.inputs):
                lines[node] = line


def _explain_new_nodes(origins: dict[Node, Origin], steps: Sequence[Step], forward: set[Node]) -> None:
    """A node that a rule made comes from where the node that it replaced came from."""
    for step in steps:
        origin = origins.get(step.before)
        if origin is not None:
            for node in toposort([step.after], stop=lambda n: n in origins or n in forward or not n.inputs):
                origins[node] = origin
