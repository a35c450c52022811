"""Several inputs in one vector: ``inputs=[(x0, x1), t]``, as optimisers and integrators call functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.frontends.names import is_name
from symdiff.frontends.spec import Spec
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import substitute
from symdiff.ops.api.selection import getitem
from symdiff.program.recipe import Recipe

Group = tuple[str, tuple[str, ...]]  # what the vector is called, and the inputs that are its elements


@dataclass(frozen=True)
class Packed:
    """A recipe of numbers, of which some come as the elements of vectors.

    Attributes:
        of: the recipe whose inputs are the elements.
        groups: the arguments in order; one alone is a group that is called as it is.
    """

    of: Recipe
    groups: tuple[Group, ...]

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def title(self) -> str:
        return self.of.title

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.groups)

    @property
    def other_names(self) -> frozenset[str]:
        """The elements, which are no inputs by themselves."""
        return frozenset(self.of.inputs).difference(self.inputs)

    @property
    def specs(self) -> dict[str, Spec]:
        """What is known of the vectors: their lengths."""
        return {name: Spec((len(members),)) for name, members in self.groups if members != (name,)}

    def fixed(self, name: str) -> Aval | None:
        return None

    def build(self, avals: Sequence[Aval]) -> Graph:
        arrays = [variable(name, aval) for name, aval in zip(self.inputs, avals, strict=True)]
        values: dict[str, Node] = {}
        for (name, members), array in zip(self.groups, arrays, strict=True):
            values |= {m: array if members == (name,) else getitem(array, k) for k, m in enumerate(members)}
        graph = self.of.build([values[name].aval for name in self.of.inputs])
        outputs = substitute(graph.outputs, {x: values[str(x.name)] for x in graph.inputs})
        return graph.with_(inputs=tuple(arrays), outputs=tuple(outputs), forward=tuple(outputs), names={})


def vector_name(members: Sequence[str]) -> str:
    """What a vector of these elements is called: x for x0 and x1, else by all of them."""
    stems = {member.rstrip("_0123456789") for member in members}
    stem = stems.pop()
    return stem if not stems and is_name(stem) and stem not in members else "_".join(members)
