"""Selections by scalar conditions as ``if`` statements: which of them are, and what each branch computes.

**Invariant:** what only a side needs is computed only where that side is taken: inside of its branch if it has a name,
else in an expression ``a if c else b``. So no side warns or raises that the user's own program would not have run.

The place of a value is the branch that alone needs it: the innermost one that all of its uses lie in. What may warn,
raise or take long, and is needed in several branches, has a place in each of them. Selections in one place that ask the
same condition share an ``if``, so that a value and its derivative are decided together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symdiff.graph.branches import NOWHERE_ELSE, Place, all_places
from symdiff.graph.node import ITEM, Node, shares_memory
from symdiff.schedule.statement import Statement

ENOUGH = 4  # operations in the branches that are worth a statement of several lines

Places = tuple[Place, ...]
Key = tuple[Place, Node]  # where an ``if`` stands, and what it asks


@dataclass(frozen=True)
class Choice:
    """An ``if`` statement: what each branch computes, and the values that it decides, selections all of them."""

    condition: Node
    results: tuple[Statement, ...]
    then: tuple[Item, ...]
    otherwise: tuple[Item, ...]

    @property
    def backward(self) -> bool:
        return all(s.backward for s in self.results)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What has a name behind it."""
        return tuple(s.node for s in self.results)


Item = Statement | Choice


@dataclass(frozen=True)
class Branches:
    """The selections that are statements.

    Attributes:
        places: for every node, the branches that it is computed in.
        keys: for each of those selections, the ``if`` that it belongs to, in each of its places.
        merged: of two, one of which only the other one selects, and nothing outside of its side reads: both are one
            variable.
        sides: what is selected and used nowhere else.
        anew: arrays of a constant that are selected and used nowhere else: each side makes its own.
        within: for every node, the sides of whatever selections that alone need it.
        asked: which of those selections are statements, by where they stand in `within`.
    """

    places: Mapping[Node, Places] = field(default_factory=dict)
    keys: Mapping[Node, tuple[Key, ...]] = field(default_factory=dict)
    merged: Mapping[Node, Node] = field(default_factory=dict)
    sides: frozenset[Node] = frozenset()
    anew: frozenset[Node] = frozenset()
    within: Mapping[Node, Places] = field(default_factory=dict)
    asked: frozenset[Key] = frozenset()

    def exposed(self, named: Iterable[Node]) -> set[Key]:
        """The selections that must be statements, for what only a side of them needs has a statement of its own.

        It would be computed whatever the condition says, and only the side that is taken may be.
        """
        inside = {place for node in named for place in self.within.get(node, NOWHERE_ELSE)}
        keys = {(place[:k], place[k][0]) for place in inside for k in range(len(place))}
        return keys - self.asked

    def is_new(self, node: Node) -> bool:
        """Whether what is selected is an array that nothing else holds, whichever side is taken."""
        stack = [node]
        while stack:
            x = stack.pop()
            if x in self.keys and self.sides.union(self.anew).issuperset(x.inputs[1:]):
                stack.extend(x.inputs[1:])
            elif x not in self.anew and (x.op is ITEM or not x.inputs or shares_memory(x)):
                return False
        return True

    @cached_property
    def asked_again(self) -> Counter[Node]:
        """How often each condition is read that an ``if`` has asked before."""
        statements = {key for keys in self.keys.values() for key in keys}
        return Counter(node.inputs[0] for node in self.keys) - Counter(condition for _, condition in statements)


NO_BRANCHES = Branches()


def find_branches(
    order: Sequence[Node],
    outputs: Collection[Node],
    uses: Mapping[Node, int],
    needed: Collection[Key] = (),
) -> Branches:
    """The selections by scalar conditions that are worth a statement, or `needed` as such.

    All others are expressions, ``a if c else b``.
    """
    selections = {node for node in order if node.op.selects and not node.inputs[0].shape}
    if not selections:
        return NO_BRANCHES
    within = all_places(order, outputs, selections)
    keys = {n: _keys(n, within) for n in selections}
    inside = (place for n in order if n.inputs for place in within[n])
    work = Counter((place[:k], place[k][0]) for place in inside for k in range(len(place)))
    results = Counter(key for n in selections for key in keys[n])
    worth = {key for key in results if work[key] > 1 and work[key] + ENOUGH // 2 * (results[key] - 1) >= ENOUGH}
    worth |= results.keys() & set(needed)
    chosen = {n for n in selections if not worth.isdisjoint(keys[n])}
    table = all_places(order, outputs, chosen)
    uses_as_sides = Counter(x for n in chosen for x in n.inputs[1:])
    once = {x: n for n in order if n in chosen for x in n.inputs[1:] if uses_as_sides[x] == 1 and x not in outputs}
    only = {x: n for x, n in once.items() if uses[x] == 1}
    inner = {x: n for x, n in once.items() if n not in outputs}  # what a step carries takes the variable of its state
    numbers = {x: n for x, n in inner.items() if not x.shape and not x.aval.parts}  # read in their side, if made there
    return Branches(
        table,
        {n: _keys(n, table) for n in order if n in chosen},
        {x: n for x, n in (only | numbers).items() if _is_made_in_side(x, n, table)},
        frozenset(only),
        frozenset(x for x, n in uses_as_sides.items() if n == uses[x] and is_filled(x)),
        within,
        frozenset(key for n in chosen for key in keys[n]),
    )


def _keys(selection: Node, table: Mapping[Node, Places]) -> tuple[Key, ...]:
    return tuple((place, selection.inputs[0]) for place in table[selection])


def _is_made_in_side(x: Node, selection: Node, table: Mapping[Node, Places]) -> bool:
    """Whether what is selected is computed in the side that selects it, and can be assigned to its variable there.

    What would lie too deep is computed further out, where both sides, and what is selected around them, have values.
    """
    side = (selection.inputs[0], selection.inputs[1] is x)
    if table[x] != tuple((*place, side) for place in table[selection]):
        return False
    return x.op is not ITEM or table[x.inputs[0]] == table[x]  # else made with others


def is_filled(x: Node) -> bool:
    """Whether an array is one constant everywhere."""
    return bool(x.shape) and len(x.inputs) == 1 and x.op.family == "linear" and x.inputs[0].literal is not None
