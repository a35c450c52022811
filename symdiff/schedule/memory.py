"""How many bytes a plan needs at its peak, as a polynomial in the lengths."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.graph.body import Body, bodies
from symdiff.graph.dims import Dim, nominal, size
from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, INPUT, Node, shares_memory
from symdiff.graph.walk import toposort
from symdiff.schedule.plan import Plan, schedule
from symdiff.schedule.reads import arrays_held

ELIDED = 256 * 1024  # bytes from which on NumPy computes in a temporary that nothing else holds: its temp_elide.c
IN_TEMPORARIES = frozenset(("+", "-", "*", "/"))  # the operators that do so
COMMUTATIVE = frozenset("+*")


@dataclass(frozen=True)
class Variables:
    """The variables of a plan.

    Attributes:
        names: what values are called; a variable that gets another value gives up its array.
        updated: values that are written into the array of the value that had their name before.
    """

    names: Mapping[Node, str] = field(default_factory=dict)
    updated: Collection[Node] = ()


APART = Variables()  # each value has a variable of its own


def peak(plan: Plan, variables: Variables = APART) -> Dim:
    """The most that is alive at a time. What has a name stays until the name gets another value, or to the end."""
    named, peaks = plan.named, list[Dim]()
    held, alive = arrays_held(plan.graph.order), _Alive()
    for s in plan.statements:
        step = sum((peak(_of_a_step(body)) for _, body in bodies(s.node)), start=alive.total)  # beside the results
        roots = [*s.terms, *[x for part in s.parts for x in part.inputs]] if s.in_place else list(s.nodes)
        if s.node in variables.updated:
            name = variables.names[s.node]
            roots = [x for x in s.node.inputs if variables.names.get(x) != name]
        else:
            peaks.append(sum(map(bytes_of, s.nodes), step))
        buffer = bytes_of(s.node) if s.in_place else 0
        peaks.append(alive.total + buffer + _working(roots, named.difference(s.nodes)))
        for node in s.nodes:
            alive.set(variables.names.get(node, node), held[node])
    peaks.append(alive.total + _working([x for x in plan.graph.outputs if x not in named], named))
    return max(peaks, key=nominal)


class _Alive:
    """The arrays that variables hold, and how many bytes that are."""

    def __init__(self) -> None:
        self.arrays: dict[str | Node, frozenset[Node]] = {}
        self.holders: dict[Node, int] = {}
        self.total: Dim = 0

    def set(self, name: str | Node, arrays: frozenset[Node]) -> None:
        """Gives a variable its value, which is a part of `arrays`."""
        for x in arrays:
            self.holders[x] = self.holders.get(x, 0) + 1
            if self.holders[x] == 1:
                self.total = self.total + bytes_of(x)
        for x in self.arrays.get(name, ()):
            self.holders[x] -= 1
            if not self.holders[x]:
                self.total = self.total - bytes_of(x)
        self.arrays[name] = arrays


def bytes_of(node: Node) -> Dim:
    """What a node allocates: nothing for views, numbers and constants. Of a node with parts, each counts for itself."""
    if node.aval.parts or not node.shape or node.op in (INPUT, CONSTANT) or shares_memory(node):
        return 0
    return node.dtype.itemsize * size(node.shape)


def _of_a_step(body: Body) -> Plan:
    """The plan of a body; bodies nest as deeply as the user's loops do."""
    return schedule(Graph(body.inputs, body.outputs, forward=body.outputs), is_body=True)


def _working(roots: Sequence[Node], named: Collection[Node]) -> Dim:
    """The most that evaluating expressions allocates, their results included; operands are freed once they are used."""
    order = toposort(roots, stop=lambda node: node in named)
    last = {x: node for node in order for x in node.inputs}
    alive: dict[Node, Dim] = {}
    now: Dim = 0
    most: Dim = 0
    for node in order:
        given_up = [x for x in dict.fromkeys(node.inputs) if last[x] is node and x in alive]
        into = _computed_in(node, [x for x in given_up if x not in named])
        if into is not None:
            alive[node] = alive.pop(into)
            given_up.remove(into)
        else:
            alive[node] = bytes_of(node) if node not in named else 0
            now = now + alive[node]
            most = max(most, now, key=nominal)
        for x in given_up:
            if shares_memory(node):  # it keeps its operand alive
                alive[node] = alive[node] + alive.pop(x)
            else:
                now = now - alive.pop(x)
    return most


def _computed_in(node: Node, temporaries: Collection[Node]) -> Node | None:
    """The operand whose array NumPy takes for the result of an operator, since nothing else holds it."""
    total = bytes_of(node)
    if node.op.infix not in IN_TEMPORARIES or not isinstance(total, int) or total < ELIDED:
        return None
    sides = node.inputs if node.op.infix in COMMUTATIVE else node.inputs[:1]
    return next((x for x in sides if x in temporaries and x.aval is node.aval and bytes_of(x)), None)
