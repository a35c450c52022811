"""Scheduling: what is computed when, and what gets a name.

A plan is a list of statements, forward ones first, then the derivative in the reverse order of the forward lines that
it comes from. Whatever has no statement is written inside the statement that uses it. A node gets a statement if

- the user named it, or it is used more than once and is not free (a view, a one-step scalar);
- it is one of several outputs;
- it is a whole cotangent, and takes more than one operation;
- the expression around it would grow beyond what one reads at a glance (`MAX_WEIGHT`, `MAX_DEPTH`);
- it is summed up in place (the transpose of indexing);
- it is a part of a node (``w, V = np.linalg.eigh(A)``), and another part is needed too;
- the printer asks for it.

A part that is needed alone is written as an expression, ``np.linalg.eigvalsh(A)``, and the node that has it not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, slot
from symdiff.graph.walk import consumers, toposort
from symdiff.schedule.arranging import arranged
from symdiff.schedule.branches import NO_BRANCHES, Branches, Item, Key, find_branches, is_filled
from symdiff.schedule.counting import after_counting
from symdiff.schedule.order import in_order, sizes_above_arguments
from symdiff.schedule.reads import readers_first
from symdiff.schedule.statement import Statement

MAX_WEIGHT = 8  # operations in one expression
ADDEND = 3  # operations in a cotangent that has no name, since it is used in but one term of a long sum
MAX_DEPTH = 12  # brackets within brackets


@dataclass(frozen=True)
class Plan:
    """The statements, in order; every other node is written where it is used."""

    graph: Graph
    statements: tuple[Statement, ...]
    forward: frozenset[Node] = field(repr=False, default=frozenset())
    branches: Branches = field(repr=False, default=NO_BRANCHES)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The statements, those that a branch alone needs inside of it."""
        return arranged(self.statements, self.branches, self.named)

    def parts(self, first: Iterable[Node], done: Iterable[Node] = ()) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
        """The items that compute what `first` needs, and the others; without what `done` needs."""
        computed = set(toposort(done))
        needed, left = set(toposort(first)), [s for s in self.statements if s.node not in computed]
        before = [s for s in left if s.node in needed]
        after = [s for s in left if s.node not in needed]
        return arranged(before, self.branches, self.named), arranged(after, self.branches, self.named)

    @cached_property
    def named(self) -> set[Node]:
        """The nodes that have a statement."""
        return {node for s in self.statements for node in s.nodes}


class Scheduler:
    """The plans of one graph: what they have in common is found once, however often lines are cut otherwise.

    Args:
        graph: what is to be computed.
        is_body: whether the outputs are not returned, but written into variables that are there.
        branching: whether selections may be ``if`` statements.
    """

    def __init__(self, graph: Graph, *, is_body: bool = False, branching: bool = False) -> None:
        self.graph, self.branching, self.is_body = graph, branching, is_body
        self.order = graph.order
        self.ops, self.avals = {node.op for node in self.order}, {node.aval for node in self.order}
        self.several = _several(self.order)
        self.shared = {x for results in self.several.values() for x in results if x is not None}
        checked = graph.outputs[len(graph.returned) :]  # what guards read is checked where the user's values are there
        values = toposort((*graph.forward, *checked)) if checked else graph.values
        self.stage = {node: k for k, node in enumerate(values)}
        self.forward = frozenset(self.stage)
        # a name that only the derivative has left may go
        self.kept = {node for node in graph.names if node in self.stage}
        self.one_by_one = len(set(graph.returned)) > 1 and not is_body
        self.read = _count_uses(self.order, graph.outputs)
        self.sizes = sizes_above_arguments(graph, self.order)
        self.loops = any(op.block for op in self.ops)
        self.begun_with = _begun_with(self.order, graph.outputs) if self.loops else frozenset()
        self.accumulates = any(op.accumulate is not None for op in self.ops)
        self.is_scalar = all(not aval.shape for aval in self.avals if not aval.parts)
        self.made: dict[frozenset[Node], Plan] = {}

    def serves(self, graph: Graph, *, branching: bool) -> bool:
        """Whether its plans are those of `graph` too, which may have another name."""
        mine = self.graph
        same = mine.same_as(graph) and mine.notes is graph.notes and mine.forward == graph.forward
        return same and mine.names is graph.names and self.branching == branching

    def plan(self, atoms: Iterable[Node] = ()) -> Plan:
        """The plan in which `atoms` have a name, if they are not leaves."""
        key = frozenset(atoms)
        if key not in self.made:
            self.made[key] = self._plan(key)
        return self.made[key]

    def _plan(self, atoms: frozenset[Node]) -> Plan:
        graph, order, several, forward = self.graph, self.order, self.several, self.forward
        needed: set[Key] = set()
        while True:
            branches = find_branches(order, graph.outputs, self.read, needed) if self.branching else NO_BRANCHES
            again = branches.asked_again
            uses = {node: n - again[node] for node, n in self.read.items()} if again else self.read
            sums = _sums_in_place(order, uses) if self.accumulates else {}
            inside = {leaf for s in sums.values() for leaf in _inner(s)}
            wanted = self.kept.union(atoms, self.shared, branches.keys)
            anew = branches.anew | self.begun_with
            named = _choose(graph, order, uses, wanted, sums, inside, self.one_by_one, branches, anew, self.is_scalar)
            exposed = branches.exposed(named)
            if exposed <= needed:
                break
            needed |= exposed
        statements = []
        for n in order:
            if n in several:
                statements.append(Statement(n, results=several[n], backward=n not in forward))
            elif n in sums:
                statements.append(replace(sums[n], backward=n not in forward))
            elif n in named and n not in self.shared:
                statements.append(Statement(n, backward=n not in forward))
        ordered = in_order(graph, statements, order, self.stage, self.sizes)
        if self.is_body:
            ordered = readers_first(ordered, order)
        return Plan(graph, tuple(after_counting(ordered) if self.loops else ordered), forward, branches)


def schedule(graph: Graph, atoms: Iterable[Node] = (), *, is_body: bool = False, branching: bool = False) -> Plan:
    """The plan of `graph` in which `atoms` have a name; see `Scheduler`."""
    return Scheduler(graph, is_body=is_body, branching=branching).plan(atoms)


def _count_uses(order: Sequence[Node], outputs: tuple[Node, ...]) -> dict[Node, int]:
    """How often each node is read, be it through views, which are written wherever they are used."""
    uses = dict.fromkeys(order, 0)
    for node in outputs:
        uses[node] += 1
    for node in reversed(order):
        more = uses[node] if node.op.view else 1
        for x in node.inputs:
            uses[x] += more
    return uses


def _several(order: Sequence[Node]) -> dict[Node, tuple[Node | None, ...]]:
    """For each node of which more than one part is needed, those parts in their places."""
    needed: dict[Node, dict[int, Node]] = {node: {} for node in order if node.aval.parts}
    for node in order if needed else ():
        if node.op is ITEM:
            needed[node.inputs[0]][slot(node)] = node
    return {
        node: tuple(map(parts.get, range(len(node.aval.parts))))
        for node, parts in needed.items()
        if len(parts) > 1 or node.op.is_statement
    }


def _begun_with(order: Sequence[Node], outputs: Collection[Node]) -> frozenset[Node]:
    """Arrays of a constant that nothing reads but loops, and what is written in place, to begin with: each one makes
    its own, for it would copy it otherwise."""

    def begins(user: Node, x: Node) -> bool:
        first = user.kwargs["carry"] if user.op.block == "for" else int(user.op.edits is not None)
        return x in user.inputs[:first] and x not in user.inputs[first:]

    filled = [x for x in order if not x.aval.parts and is_filled(x) and x not in outputs]
    users = consumers(order) if filled else {}
    return frozenset(x for x in filled if all(begins(user, x) for user in users[x]))


# ------------------------------------------------------------------------------------ sums in place


def _sums_in_place(order: Sequence[Node], uses: dict[Node, int]) -> dict[Node, Statement]:
    """Trees of ``+`` with scattered terms: each becomes one buffer that the terms are added to, or subtracted from."""
    taken = {node.inputs[1] for node in order if _takes_away(node, uses)}
    adds = {node for node in order if node.op.infix == "+" or _takes_away(node, uses)}
    inner = {x for node in adds for x in node.inputs if uses[x] == 1 and x in adds and _holds(x, node)}
    sums: dict[Node, Statement] = {}
    for node in order:
        if node.op.accumulate is not None:
            sums.setdefault(node, Statement(node, (), (node,)))
        if node not in adds or node in inner:
            continue
        leaves = _leaves(node, inner)
        parts = [x for x in leaves if x.op.accumulate is not None and uses[x] == 1 and x.shape == node.shape]
        scattered = set(parts)
        terms = [leaf for leaf in leaves if leaf not in scattered]
        if parts and _holds((terms or parts)[0], node):
            sums[node] = Statement(node, tuple(terms), tuple(parts), minus=frozenset(taken.intersection(parts)))
            for part in parts:
                sums.pop(part, None)
    return sums


def _holds(first: Node, total: Node) -> bool:
    """Whether a copy of a term can take up the others: it has their length, and their precision."""
    return first.shape == total.shape and first.dtype == total.dtype


def _takes_away(node: Node, uses: dict[Node, int]) -> bool:
    """Whether a scattered term that nothing else needs is subtracted."""
    if node.op.infix != "-" or len(node.inputs) != 2 or node.inputs[0] is node.inputs[1]:
        return False
    return node.inputs[1].op.accumulate is not None and uses[node.inputs[1]] == 1


def _leaves(root: Node, inner: set[Node]) -> list[Node]:
    leaves: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node is root or node in inner:
            stack.extend(reversed(node.inputs))
        else:
            leaves.append(node)
    return leaves


def _inner(s: Statement) -> list[Node]:
    """The nodes that a sum in place swallows: its partial sums and scattered terms."""
    keep = {*s.terms, *[x for part in s.parts for x in part.inputs]}
    parts = set(s.parts)
    swallowed: list[Node] = []
    stack = list(s.node.inputs) if s.parts != (s.node,) else []
    while stack:
        node = stack.pop()
        if node not in keep:
            swallowed.append(node)
            stack.extend(node.inputs if node not in parts else ())
    return swallowed


# ------------------------------------------------------------------------------------ what has a name


def _choose(
    graph: Graph,
    order: Sequence[Node],
    uses: dict[Node, int],
    atoms: set[Node],
    sums: dict[Node, Statement],
    inside: set[Node],
    several: bool,
    branches: Branches,
    anew: Container[Node],
    scalar_graph: bool,
) -> set[Node]:
    outputs = frozenset(graph.returned)
    plain = outputs | branches.sides  # what is assigned anyway
    named: set[Node] = set()
    weight: dict[Node, int] = {}
    depth: dict[Node, int] = {}
    cotangents = graph.notes.cotangents
    addends = _addends(order, uses)
    for node in order:
        op = node.op
        if not node.inputs:
            weight[node] = depth[node] = 0
            continue
        if node in inside:
            weight[node], depth[node] = 1, 1
            continue
        if op is ITEM:
            weight[node], depth[node] = weight[node.inputs[0]], depth[node.inputs[0]]
        else:
            heavy, deep = sum([weight[x] for x in node.inputs]), max([depth[x] for x in node.inputs])
            is_long = heavy >= MAX_WEIGHT or deep >= MAX_DEPTH
            if is_long and node not in sums and op.edits is None and node not in branches.keys:
                _split(node, named, weight, depth)
                heavy, deep = sum([weight[x] for x in node.inputs]), max([depth[x] for x in node.inputs])
            weight[node], depth[node] = heavy + (not op.view), deep + 1
        if node.aval.parts:
            continue
        wanted = (
            node in sums
            or op.edits is not None
            or node in atoms
            or (several and node in outputs)
            or (uses[node] > 1 and not op.view and node not in anew and not _is_trivial(node, scalar_graph))
            or (node in cotangents and weight[node] > (ADDEND if node in addends else 1) and node not in plain)
        )
        if wanted:
            named.add(node)
            weight[node] = depth[node] = 0
    return named


def _addends(order: Sequence[Node], uses: Mapping[Node, int]) -> set[Node]:
    """What is used in one term of a long sum of arrays, and nowhere else: each is added as soon as it is there."""
    terms: dict[Node, int] = {}  # how many are added up
    inside: dict[Node, list[Node]] = {}
    for node in order:
        if node.op.infix not in ("+", "-", "*") or len(node.inputs) != 2 or not node.ndim:
            continue
        if node.op.infix == "*":
            inside[node] = [x for x in node.inputs if uses[x] == 1 and x.ndim]
            continue
        parts = [x for x in node.inputs if uses[x] == 1]
        terms[node] = sum([terms.get(x, 1) if x in parts else 1 for x in node.inputs])
        inside[node] = parts
    found: set[Node] = set()
    for node in reversed(order):
        if node in found or terms.get(node, 0) > MAX_WEIGHT:
            found.update(x for x in inside.get(node, ()))
    return found


def _split(node: Node, named: set[Node], weight: dict[Node, int], depth: dict[Node, int]) -> None:
    """Names operands of `node`, the heaviest first, until the expression is short enough."""
    operands = sorted(dict.fromkeys(node.inputs), key=lambda x: -weight[x])
    total = 1 + sum(weight[i] for i in node.inputs)
    for x in operands:
        if total <= MAX_WEIGHT:
            break
        total -= weight[x] * node.inputs.count(x) if len(node.inputs) < 8 else weight[x]
        if weight[x] > 0 and not x.op.view:
            named.add(x)
            weight[x] = depth[x] = 0
    for x in operands:  # a chain of views weighs nothing, and still nests
        if depth[x] >= MAX_DEPTH:
            named.add(x)
            weight[x] = depth[x] = 0


def _is_trivial(node: Node, scalar_graph: bool) -> bool:
    """One step on scalars beside arrays, such as ``2 * lam``: shorter said twice than named."""
    return not scalar_graph and not node.shape and node.op.infix is not None and not any(x.inputs for x in node.inputs)
