"""Graph: what every pass takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from symdiff.graph.guard import Guard
from symdiff.graph.node import Node
from symdiff.graph.tree import Tree
from symdiff.graph.walk import toposort

T = TypeVar("T")


class Origin(NamedTuple):
    """Why a derivative node exists: `rule` applied to the forward node `of`, for its input `wrt`.

    A sum over consumers has ``rule="sum over consumers"`` and `of` is the variable whose cotangent it is.
    """

    of: Node
    rule: str
    wrt: Node | None = None


@dataclass(frozen=True, eq=False)
class Notes:
    """What is remembered of a graph beside its nodes, and wished of what becomes of it.

    Attributes:
        origins: for each node that `build_grad` added, the forward node and the rule that it comes from.
        cotangents: for each cotangent, the forward node whose derivative it is; ``d_<name>`` in generated code.
        wrt: the targets, if the last outputs are the derivatives with respect to them.
        lines: the user's line that a node of the forward part comes from, where it is known.
        journal: the rewrites that were made so far.
        assume: what is declared of the values of inputs ("positive"), by node.
        relied_on: which of that the rewrites have used, as ``(input, property)``.
        exact: whether only rewrites that change no bit are wanted.
        asserts: whether the generated code tests the assumptions that it relies on.
        target: what source is wanted for; None for what suits the graph.
        by_kind: the inputs that may be computed with otherwise if they are integers of Python's.
        most_steps: for how many steps of a loop that asks there is room, if that was said.
        guards: what is checked before anything is computed, and the errors that are raised.
        tried: the calls that may fail, and whose failure the user's function may handle, in order.
        loops: the loops of the user's function, by line: "" if one was kept, else why it was not.
        normal: of nodes, the sets of rewrite rules of which none says anything more.
        by_memory: what is computed may depend on the order in which the elements of the inputs lie in memory.
    """

    origins: Mapping[Node, Origin] = field(default_factory=dict)
    cotangents: Mapping[Node, Node] = field(default_factory=dict)
    wrt: tuple[Node, ...] = ()
    lines: Mapping[Node, str] = field(default_factory=dict)
    journal: tuple[Any, ...] = ()
    assume: Mapping[Node, tuple[str, ...]] = field(default_factory=dict)
    relied_on: tuple[tuple[str, str], ...] = ()
    exact: bool = False
    asserts: bool = False
    target: str | None = None
    most_steps: int | None = None
    guards: tuple[Guard, ...] = ()
    tried: tuple[Node, ...] = ()
    loops: tuple[tuple[str, str], ...] = ()
    normal: Mapping[Node, frozenset[Any]] = field(default_factory=dict)
    by_memory: bool = False
    by_kind: frozenset[str] = frozenset()


LARGE = 2_500  # nodes; what nobody reads line by line is compiled with less effort, which the journal says
NOTED = frozenset(note.name for note in fields(Notes))


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs, outputs, and notes (an interned node may serve several graphs, so that it carries none itself).

    Attributes:
        inputs: input nodes, in the order of the arguments.
        outputs: the nodes to be computed.
        name: what the function is called.
        names: the user's names for intermediate nodes.
        forward: roots of the forward part (the differentiated values); everything that they do not need is derivative.
        tree: how the outputs are returned: an int indexes `outputs`, containers nest.
        notes: what is remembered beside.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    name: str = "f"
    names: Mapping[Node, str] = field(default_factory=dict)
    forward: tuple[Node, ...] = ()
    tree: Tree = 0
    notes: Notes = field(default_factory=Notes)

    def with_(self, **changes: object) -> Graph:
        """A copy with some fields replaced, its own or those of its notes; walks that stay the same are kept."""
        noted = {key: changes.pop(key) for key in NOTED & changes.keys()}
        if noted:
            changes["notes"] = _changed(self.notes, noted)
        new = _changed(self, {key: value for key, value in changes.items() if value is not vars(self).get(key)})
        if new.outputs != self.outputs:
            vars(new).pop("order", None)
        if new.forward != self.forward:
            vars(new).pop("values", None)
        if new.outputs != self.outputs or new.forward != self.forward:
            vars(new).pop("whole", None)
            vars(new).pop("has_blocks", None)
        if new.inputs != self.inputs:
            vars(new).pop("_by_name", None)
        return new

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """Every node that the outputs need, inputs before users. Walked once: a pass that changes nothing passes it on.

        >>> from symdiff.frontends.text.parser import parse
        >>> from symdiff.graph.aval import Aval
        >>> [node.op.name for node in parse("sin(x)").build({"x": Aval("float64")}).order]
        ['input', 'sin']
        """
        return tuple(toposort(self.outputs))

    @cached_property
    def whole(self) -> tuple[Node, ...]:
        """The same of the forward part and the outputs together, the forward part first."""
        if not self.forward:
            return self.order
        values = self.values
        return (*values, *[node for node in self.order if node not in values])  # which needs no other walk

    @cached_property
    def has_blocks(self) -> bool:
        """Whether there are loops, or other operations with bodies."""
        return any(node.op.block for node in self.whole)

    @cached_property
    def values(self) -> Mapping[Node, None]:
        """The forward part: every node that its roots need, inputs before users."""
        return dict.fromkeys(toposort(self.forward))

    @property
    def returned(self) -> tuple[Node, ...]:
        """The outputs that are returned; what guards read, which a lowered graph computes too, is behind them."""
        read = tuple(x for guard in self.notes.guards for x in guard.reads)
        n = len(self.outputs) - len(read)
        return self.outputs[:n] if read and self.outputs[n:] == read else self.outputs

    def guarded(self) -> Graph:
        """The graph that computes what its guards read too."""
        return self.with_(outputs=(*self.returned, *(x for guard in self.notes.guards for x in guard.reads)))

    def unguarded(self) -> Graph:
        """The graph that computes what it returns, and nothing else."""
        return self.with_(outputs=self.returned)

    def input(self, name: str) -> Node:
        """The input called `name`; KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str | None, Node]:
        return {node.name: node for node in self.inputs}

    def line_of(self, node: Node) -> str:
        """The user's line that `node` comes from, or that it is a derivative of; "" if that is not known."""
        seen: set[Node] = set()
        lines, origins = self.notes.lines, self.notes.origins
        while node not in lines and node in origins and node not in seen:  # a derivative of a derivative
            seen.add(node)
            node = origins[node].of
        return lines.get(node, "")

    def same_as(self, other: Graph) -> bool:
        """Whether both compute the same nodes from the same inputs (identity, since nodes are interned)."""
        return (self.inputs, self.outputs, self.tree) == (other.inputs, other.outputs, other.tree)


def _changed(old: T, changes: Mapping[str, Any]) -> T:
    """What `dataclasses.replace` gives, for one that checks nothing when it is made: with all that it has found."""
    if not changes.keys() <= vars(old).keys():
        raise TypeError(f"{type(old).__name__} has no {', '.join(changes.keys() - vars(old).keys())}")
    new = object.__new__(type(old))
    vars(new).update(vars(old), **changes)
    return new
