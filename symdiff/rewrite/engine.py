"""The engine: applies rules bottom-up until none fires, and writes down what it did.

**Invariant:** the engine knows no rule and no operation. It never changes shape, dtype or weakness (a rule whose result
differs is not applied), it does not recurse, and its result depends on the order of the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from symdiff.errors import SymdiffError
from symdiff.graph.graph import Graph, Origin
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.rewrite.precision import is_even, narrows
from symdiff.rewrite.rule import Rule, Says


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


Look = tuple[tuple[str, bool], tuple[Op, ...]]  # of a node of some operation: its sort, its operands' operations
Asked = tuple[tuple[Rule, Says, int | None], ...]  # with the number of the set that makes such a rule for each graph
Known = frozenset["Index"]  # sets of rules of which none fires at a node
Normal = dict[Node, Known]
NOTHING: Known = frozenset()
_op = attrgetter("op")


class Index:
    """Rules in order, found by the look of a node.

    Unless they are `of_one_graph`, that none of them fires at a node is so wherever it stands: see `Notes.normal`.

    Attributes:
        looks: what tells where one of them may fire.
        made: if they are made for each graph, those of this one, by the names that they have in `looks`.
        lasting: as what it is remembered that none of them does; None if it is not.
    """

    made: Mapping[str, Rule]

    def __init__(self, rules: Iterable[Rule], *, of_one_graph: bool = False) -> None:
        self.rules = tuple(rules)
        self.looks = self
        self.lasting: Index | None = None if of_one_graph else self
        self._of: dict[Op, tuple[Rule, ...]] = {}

    @cached_property
    def bits(self) -> Index:
        """Those that change no bit."""
        return Index((rule for rule in self.rules if rule.claim == "BITS"), of_one_graph=self.lasting is None)

    def rules_of(self, op: Op) -> tuple[Rule, ...]:
        """The rules that may say something of nodes of this operation."""
        if op not in self._of:
            self._of[op] = tuple(rule for rule in self.rules if not rule.roots or op in rule.roots)
        return self._of[op]


class Engine:
    """Sets of rules, those of the first one first; rules that are no `Index` are of one graph."""

    def __init__(self, *rules: Iterable[Rule] | Index, exact: bool = False) -> None:
        indexes = [part if isinstance(part, Index) else Index(part, of_one_graph=True) for part in rules]
        chosen = [index.bits if exact else index for index in indexes]
        self._indexes = tuple(index for index in chosen if index.looks.rules)
        sets = tuple((x.looks, x.lasting, x.looks is not x) for x in self._indexes)
        last = all(looks.lasting is not None for looks, _, _ in sets)
        self._table = _lasting(sets) if last else _Table(sets)

    def run(self, graph: Graph, journal: Journal | None = None) -> Graph:
        """`graph` with everything rewritten: outputs, forward roots, and what is remembered beside the nodes."""
        journal = journal if journal is not None else Journal()
        first, normal = len(journal.steps), dict(graph.notes.normal)
        settled = self.settle([*graph.forward, *graph.outputs], journal, graph.whole, normal)
        done = carry_over(graph, settled, journal.steps[first:])
        if done is not graph:
            normal = {node: normal[node] for node in done.whole if node in normal}
        return done.with_(normal=normal)

    def settle(
        self, roots: Sequence[Node], journal: Journal, order: Sequence[Node] = (), normal: Normal | None = None
    ) -> dict[Node, Node]:
        """What `roots`, and all that they need, become: `order`, inputs first, where it is known; `normal` grows."""
        settled: dict[Node, Node] = {}
        becomes: dict[Node, Node] = {}  # a node that waits for another one to settle
        ordered: dict[object, Node] = {}  # commutative operations, by unordered operands
        moved = set[Node]()  # what has become another node
        order = order or toposort(roots)
        normal = {} if normal is None else normal  # what is known of nodes
        even = is_even(order)
        find: Callable[[Node], Any] = settled.get
        fuel = 1000 + 20 * len(order)
        for root in order:
            if (
                root not in settled
                and moved.isdisjoint(root.inputs)
                and (not root.op.commutative or ordered.setdefault(_unordered(root), root) is root)
            ):  # it is as it was, as most nodes of most passes
                new = self._apply(root, journal, normal, even) if fuel else root
                if new is root or (becomes and _waits_for(new, root, becomes)):
                    settled[root] = root
                    continue
                fuel -= 1
                becomes[root] = new
                stack = [root, new]
            else:
                stack = [root]
            while stack:
                node = stack[-1]
                if node in settled:
                    stack.pop()
                    continue
                if node in becomes:
                    settled[node] = settled[becomes[node]]
                    moved.add(node)
                    continue
                inputs = tuple(map(find, node.inputs))
                if None in inputs:
                    stack.extend([x for x in reversed(node.inputs) if x not in settled])
                    continue
                new = node if inputs == node.inputs else Node(node.op, inputs, node.params)
                if node.op.commutative:
                    key = _unordered(new)
                    known = ordered.setdefault(key, new)
                    if known in becomes and _waits_for(known, new, becomes):  # a rule has just changed the order
                        ordered[key] = new
                    else:
                        new = known
                if new is node and fuel:
                    new = self._apply(node, journal, normal, even)
                    fuel -= new is not node
                if new is node or (becomes and _waits_for(new, node, becomes)):
                    settled[node] = node
                else:
                    becomes[node] = new
                    stack.append(new)
        return settled

    def _apply(self, node: Node, journal: Journal, normal: Normal, even: bool) -> Node:
        """What the first rule that fires makes of a node; the node, which then is in normal form, if none does.

        Where all is of one precision, which is `even`, no rewrite can lose digits.
        """
        left = self._table[node.op, normal.get(node, NOTHING)]
        if left.sets:
            for found, says, k in left[node.aval.sort, tuple(map(_op, node.inputs))]:
                rule = found if k is None else self._indexes[k].made[found.name]
                try:
                    new = (says if k is None else rule.apply)(node)
                except SymdiffError:  # the new form is not defined here: a sigmoid of complex numbers
                    continue
                if new is None or new is node or new.aval is not node.aval:
                    continue
                if even or rule.claim == "BITS" or not narrows(node, new):
                    journal.steps.append(Step(rule, node, new))
                    return new
            normal[node] = left.after
        return node


_KNOWN: dict[Known, Known] = {}  # each once: nodes are many, and what is known of them is not


class _Left(dict[Look, Asked]):
    """The rules of sets that are left to be asked of nodes of one operation, by the rest of their look.

    None of them fires at a node of which `after` is known.
    """

    def __init__(self, op: Op, sets: Sequence[tuple[Index, int | None]], after: Known) -> None:
        super().__init__()
        self.op, self.sets, self.after = op, sets, _KNOWN.setdefault(after, after)

    def __missing__(self, look: Look) -> Asked:
        pairs = [(rule, rule.at(self.op, *look), k) for rules, k in self.sets for rule in rules.rules_of(self.op)]
        self[look] = tuple((rule, says, k) for rule, says, k in pairs if says is not None)
        return self[look]


class _Table(dict[tuple[Op, Known], _Left]):
    """What is left to be asked of nodes of an operation of which so much is known.

    Of each set: where its rules may fire, as what it is remembered, and whether they are made for each graph.
    """

    def __init__(self, sets: Sequence[tuple[Index, Index | None, bool]]) -> None:
        super().__init__()
        self.sets = [(looks, lasting, k if made else None) for k, (looks, lasting, made) in enumerate(sets)]
        self.lasting: Known = frozenset(lasting for _, lasting, _ in sets if lasting is not None)

    def __missing__(self, key: tuple[Op, Known]) -> _Left:
        op, known = key
        sets = [(looks, k) for looks, lasting, k in self.sets if lasting not in known and looks.rules_of(op)]
        left = self[key] = _Left(op, sets, known | self.lasting)
        return left


_lasting = cache(_Table)  # found once for all graphs


def _unordered(node: Node) -> tuple[object, ...]:
    return node.op, frozenset(node.inputs), node.params


def _waits_for(new: Node, node: Node, becomes: Mapping[Node, Node]) -> bool:
    while new in becomes:  # following it would go round in a circle
        new = becomes[new]
        if new is node:
            return True
    return False


def carry_over(graph: Graph, settled: Mapping[Node, Node], steps: Sequence[Step]) -> Graph:
    """`graph` on the new nodes; user names, origins and cotangents move along."""
    if not steps and all(settled[x] is x for x in (*graph.outputs, *graph.forward)):
        return graph
    find = settled.get
    new_graph = graph.with_(
        outputs=tuple(settled[x] for x in graph.outputs), forward=tuple(find(x, x) for x in graph.forward)
    )
    forward, notes = new_graph.values, graph.notes
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for old, name in graph.names.items():
        new = find(old, old)
        if (new.inputs or new is old) and new not in names and name not in taken:
            names[new] = name
            taken.add(name)
    lines = {find(old, old): line for old, line in notes.lines.items()}
    _spread_lines(lines, steps)
    cotangents: dict[Node, Node] = {}
    for old, of in notes.cotangents.items():
        new, new_of = find(old, old), find(of, of)
        if new_of in forward and new not in forward:  # else only one part computes both
            cotangents.setdefault(new, new_of)
    return new_graph.with_(
        names=names,
        lines=lines,
        origins=_origins(notes.origins, settled, steps, forward),
        cotangents=cotangents,
        guards=tuple(guard.moved(settled) for guard in notes.guards),
    )


def _spread_lines(lines: dict[Node, str], steps: Sequence[Step]) -> None:
    for step in steps if lines else ():  # what a rule made comes from the line of what it replaced
        line = lines.get(step.before)
        if line is not None:
            for node in toposort([step.after], stop=lambda n: n in lines or not n.inputs):
                lines[node] = line


def _origins(
    before: Mapping[Node, Origin], settled: Mapping[Node, Node], steps: Sequence[Step], forward: Container[Node]
) -> dict[Node, Origin]:
    """A node that a rule made comes from where the node that it replaced came from."""
    origins: dict[Node, Origin] = {}
    for old, origin in before.items():
        of = settled.get(origin.of, origin.of)
        origins[old] = origin if of is origin.of else Origin(of, origin.rule, origin.wrt)
    for old, new in settled.items() if origins else ():
        if new is not old and old in before and new not in forward:  # else it has become a value that was there before
            origins.setdefault(new, origins[old])
    for step in steps if origins else ():
        origin_, stack = origins.get(step.before), [step.after]
        while stack and origin_ is not None:
            node = stack.pop()
            if node.inputs and node not in origins and node not in forward:
                origins[node] = origin_
                stack += node.inputs
    return origins
