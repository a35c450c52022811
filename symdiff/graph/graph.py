"""Graph: what every pass takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from symdiff.graph.node import Node
from symdiff.graph.tree import Tree


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a derivative node exists: `rule` applied to the forward node `of`, for its input `wrt`.

    A sum over consumers has ``rule="sum over consumers"`` and `of` is the variable whose cotangent it is.
    """

    of: Node
    rule: str
    wrt: Node | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs, outputs, and what is remembered beside the nodes (an interned node may serve several graphs).

    Attributes:
        inputs: input nodes, in the order of the arguments.
        outputs: the nodes to be computed.
        name: what the function is called.
        names: the user's names for intermediate nodes.
        forward: roots of the forward part (the differentiated values); everything that they do not need is derivative.
        origins: for each node that `build_grad` added, the forward node and the rule that it comes from.
        cotangents: for each cotangent, the forward node whose derivative it is; ``d_<name>`` in generated code.
        wrt: the targets, if the last outputs are the derivatives with respect to them.
        tree: how the outputs are returned: an int indexes `outputs`, containers nest.
        assume: what is declared of the values of inputs ("positive"), by node.
        exact: whether only rewrites that change no bit are wanted.
        asserts: whether the generated code tests the assumptions that it relies on.
        journal: the rewrites that were made so far.
        relied_on: which assumptions they used, as ``(input, property)``.
        lines: the user's line that a node of the forward part comes from, where it is known.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    name: str = "f"
    names: Mapping[Node, str] = field(default_factory=dict)
    forward: tuple[Node, ...] = ()
    origins: Mapping[Node, Origin] = field(default_factory=dict)
    cotangents: Mapping[Node, Node] = field(default_factory=dict)
    wrt: tuple[Node, ...] = ()
    tree: Tree = 0
    assume: Mapping[Node, tuple[str, ...]] = field(default_factory=dict)
    exact: bool = False
    asserts: bool = False
    journal: tuple[object, ...] = ()
    relied_on: tuple[tuple[str, str], ...] = ()
    lines: Mapping[Node, str] = field(default_factory=dict)

    def with_(self, **changes: object) -> Graph:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def input(self, name: str) -> Node:
        """The input called `name`; KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str | None, Node]:
        return {node.name: node for node in self.inputs}

    def line_of(self, node: Node) -> str:
        """The user's line that `node` comes from, or that it is a derivative of; "" if that is not known."""
        seen: set[Node] = set()
        while node not in self.lines and node in self.origins and node not in seen:  # a derivative of a derivative
            seen.add(node)
            node = self.origins[node].of
        return self.lines.get(node, "")

    def same_as(self, other: Graph) -> bool:
        """Whether both compute the same nodes from the same inputs (identity, since nodes are interned)."""
        return (self.inputs, self.outputs, self.tree) == (other.inputs, other.outputs, other.tree)
