"""Names in generated code: the user's where there are any, short telling ones otherwise, and none that clash."""

from __future__ import annotations

import builtins
import keyword
from bisect import insort
from collections.abc import Container, Iterable, Mapping
from heapq import heappop, heappush

from symdiff.graph.graph import Graph
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, slot
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.lifetimes import Kind, Reuse
from symdiff.schedule.plan import Plan
from symdiff.schedule.renewed import Begun

RESERVED = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"np", "target"}


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, with underscores appended until it is not taken."""
    while name in taken:
        name += "_"
    return name


class Names:
    """A set of identifiers that are taken, and what each module-level thing is called."""

    def __init__(self, taken: Iterable[str], joint: str = "_") -> None:
        self._joint = joint  # what stands before the number of a name that is taken
        self._inputs = set(taken)
        self._taken = self._inputs | RESERVED
        self._globals: dict[str, str] = {}
        self._next: dict[str, int] = {}  # the next number to try, so that many equal hints take linear time

    def new(self, wanted: str) -> str:
        """`wanted`, or with the first number that makes it free."""
        name, k = wanted, self._next.get(wanted, 2)
        while name in self._taken:
            name, k = f"{wanted}{self._joint}{k}", k + 1
        self._next[wanted] = k
        self._taken.add(name)
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Takes names that no variable is to have; of module-level ones `module_level` finds another for an input's."""
        self._taken.update(names)

    def module_level(self, name: str) -> str:
        """What the import or helper `name` is called, given that an input may be called so too."""
        if name not in self._globals:
            here = name
            while here in self._inputs:
                here = f"_{here}"
            self._globals[name] = here
            self._taken.add(here)
        return self._globals[name]


class Indices:
    """The variables that count steps: loops one after the other have the same one, loops in loops have others."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._free: dict[str, list[str]] = {}
        self._wanted: dict[str, str] = {}

    def take(self, wanted: str) -> str:
        """A variable called `wanted`, or nearly so, that counts no steps now."""
        free = self._free.setdefault(wanted, [])
        name = free.pop(0) if free else self._names.new(wanted)
        self._wanted[name] = wanted
        return name

    def give_back(self, name: str) -> None:
        """The loop has ended, whose steps it counts."""
        if name:
            free = self._free[self._wanted[name]]
            free.append(name)
            free.sort(key=lambda each: (len(each), each))


def stem(name: str) -> str:
    """A name without its number.

    >>> stem("d_v_2")
    'd_v'
    """
    head, _, number = name.rpartition("_")
    return head if head and number.isdigit() else name


def is_called_alike(name: str, wanted: str) -> bool:
    """Whether a variable that a loop begins with may go on as what a step makes of it: derivatives always may."""
    return stem(name) == stem(wanted) or (name.startswith("d_") and wanted.startswith("d_"))


def name_statements(
    plan: Plan,
    names: Names,
    inputs: Mapping[Node, str],
    buffers: Buffers,
    begun: Begun,
    reuse: Reuse | None = None,
) -> dict[Node, str]:
    """A name for every statement of `plan`, in order, beside those of its `inputs`: one for what is in one array.

    Among `inputs` may be values that are computed, and have a name already. What a loop has `begun` with has the name
    of what it ends with, if it is called so. With `reuse`, a name serves again for the next value that would be called
    so, when nobody reads the first any more.
    """
    graph = plan.graph
    found = dict(inputs)
    families = _Families(names, found, reuse)
    wanted_by_user = {n: graph.names[n] for s in plan.statements for n in s.nodes if n in graph.names}
    ours = {buffers.origin(n) for n in inputs}
    wanted_by_user = {n: name for n, name in wanted_by_user.items() if buffers.origin(n) not in ours}
    before = {part: x for (loop, k), x in begun.items() for part in loop.parts[k : k + 1]}
    for node, wanted in wanted_by_user.items():  # the user's names first: they keep them unchanged
        x = before.get(node)
        alike = x is not None and wanted_by_user.get(x) == wanted
        found[node] = found[x] if x is not None and alike else families.name(node, wanted, (wanted, True))
    for node in graph.outputs:  # then the derivatives with respect to the arguments
        of = graph.notes.cotangents.get(node)
        if of is not None and of.name and node in plan.named and node not in found and node not in plan.forward:
            found[node] = names.new(f"d_{of.name}")
    backward = [node for s in plan.statements for node in s.nodes if s.backward and node not in plan.branches.merged]
    for node in backward:  # and to what else the user has named
        wrt = graph.notes.cotangents.get(node)
        if wrt is not None and wrt in graph.names and node not in found and buffers.origin(node) is node:
            found[node] = names.new(f"d_{graph.names[wrt]}")
    for (loop, k), x in begun.items():  # one array, which a loop goes on to fill
        if (loop, k) in buffers.given and x not in found and loop.parts[k] in found:
            found[x] = found[loop.parts[k]]
    if not is_body(graph):
        others = set(graph.inputs) - set(graph.notes.cotangents.values())
        names.reserve(sorted(f"d_{x.name}" for x in others))  # nothing else is called so
    roles, merged = _roles(plan), plan.branches.merged
    inner = dict.fromkeys(
        n for n in merged if n in plan.named and n not in wanted_by_user
    )  # assigned by the selection around it
    arrays = {buffers.origin(n): name for n, name in reversed(found.items())}
    of_user = {x for x, of in graph.notes.cotangents.items() if of.name or of in graph.names}
    after = {
        x: loop.parts[k]
        for (loop, k), x in begun.items()
        if x.op is not ITEM and x not in plan.forward and x not in of_user
    }
    for node in (node for statement in plan.statements for node in statement.nodes):
        if node not in found and node not in inner:
            array = buffers.origin(node)
            if array not in arrays:
                wanted, x = _suggest(after.get(node, node), graph, found, roles, plan.forward), before.get(node)
                alike = x is not None and x in found and is_called_alike(found[x], wanted)
                chosen = found[x] if x is not None and alike else families.name(node, wanted, (stem(wanted), False))
                arrays[array] = chosen
            found[node] = arrays[array]
    families.end(graph.outputs)
    for node in reversed(inner):  # the outermost one has its name
        found[node] = found[merged[node]]
    return found


Family = tuple[str, bool]  # what its members would be called, and whether the user calls them so


class _Families:
    """The names that serve more than one value, by what these would be called."""

    def __init__(self, names: Names, found: dict[Node, str], reuse: Reuse | None) -> None:
        self.names, self.found, self.reuse = names, found, reuse
        self.holders: dict[Family, list[Node]] = {}
        self.slots: dict[tuple[Family, Kind], _Slots] = {}

    def name(self, node: Node, wanted: str, family: Family) -> str:
        """The name of one of the family that is done with, or a new one."""
        holders = self.holders.setdefault(family, [])
        if self.reuse is None or (kind := self.reuse.kind(node)) is None:
            holders.append(node)
            return self.names.new(wanted)
        slots = self.slots.setdefault((family, kind), _Slots())
        done = {holders[k]: k for k in slots.until(self.reuse.times.place[node])}
        before = self.reuse.taken(node, done)
        if before is None:
            slots.fill(len(holders), self.reuse.last(node))
            holders.append(node)
            return self.names.new(wanted)
        slots.fill(done[before], self.reuse.last(node))
        holders[done[before]] = node
        return self.found[before]

    def end(self, outputs: Iterable[Node]) -> None:
        """A name that has served for several derivatives goes on as that of the output that they lead to."""
        ours = [found for (name, by_user), found in self.holders.items() if name.startswith("d_") and not by_user]
        last = dict.fromkeys(x for holders in ours for x in holders)
        for y in outputs:
            before = self.reuse.taken(y, last) if self.reuse is not None and y in self.found else None
            if before is None:
                continue
            name = self.found[before]
            several = [x for x in self.found if self.found[x] == name]
            if len(several) > 1:
                self.found.update(dict.fromkeys(several, self.found[y]))
            del last[before]


class _Slots:
    """The places in a list of holders that hold values of one kind: those that are read, and those that are done with.

    So a name is not looked for among all values that wait for the way back.
    """

    def __init__(self) -> None:
        self.read: list[tuple[int, int]] = []  # until when, and which; a heap
        self.done: list[int] = []  # in order

    def until(self, here: int) -> list[int]:
        """Those that no statement behind `here` reads."""
        while self.read and self.read[0][0] <= here:
            insort(self.done, heappop(self.read)[1])
        return self.done

    def fill(self, place: int, last: int) -> None:
        """Says that a value is held there that is read last by the statement `last`."""
        if place in self.done:
            self.done.remove(place)
        heappush(self.read, (last, place))


def is_body(graph: Graph) -> bool:
    """Whether a graph is a step of a loop: it returns nothing."""
    return graph.tree == ()


def _derived(node: Node) -> str:
    """What a derivative that a loop carries backwards is called in its steps; "" for anything else."""
    if node.op is not ITEM or node.inputs[0].op.block != "for":
        return ""
    states = Loop.of(node.inputs[0]).states
    name = (states[slot(node)].name or "") if slot(node) < len(states) else ""
    return stem(name) if name.startswith("d_") else ""


def _suggest(node: Node, graph: Graph, found: dict[Node, str], roles: dict[Node, str], forward: frozenset[Node]) -> str:
    of = graph.notes.cotangents.get(node)
    if node not in forward and (name := _derived(node)):
        return name
    if of is not None and node not in forward:
        return f"d_{found.get(of) or hint(of, graph.names)}"
    if node in graph.forward and not is_body(graph):
        return "value"
    return (roles.get(node) if node.op is not ITEM else None) or hint(node, graph.names)


def _roles(plan: Plan) -> dict[Node, str]:
    """What an operation calls its operands (num, den), for nodes that have a single role, and as a whole."""
    roles: dict[Node, str] = {}
    clashing: set[Node] = set()
    for node in plan.forward:
        clashing.update(node.inputs[: node.op.drops])
        for x, role in zip(node.inputs, node.op.notation.roles, strict=False):
            if roles.setdefault(x, role) != role:
                clashing.add(x)
    return {node: role for node, role in roles.items() if node not in clashing and node in plan.named}
