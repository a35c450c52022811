"""Derivatives as recipes: each is made of the recipe that it differentiates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.autodiff.reverse import Disconnected, gradients
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree, leaves, relabel
from symdiff.pipeline import recognise_forms
from symdiff.recipes import Recipe


@dataclass(frozen=True)
class Gradient:
    """The gradient of a recipe's value, with or without the value.

    Attributes:
        base: what is differentiated.
        wrt: positions of the targets; a container of them for a container of arrays.
        single: whether the one gradient comes alone, not in a tuple.
        with_value: whether the value comes first.
        disconnected: what happens to a target that the value does not depend on.
    """

    base: Recipe
    wrt: tuple[Tree, ...]
    single: bool
    with_value: bool = False
    disconnected: Disconnected = "zeros"

    @property
    def name(self) -> str:
        return "value_and_grad" if self.with_value else "grad"

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def targets(self) -> tuple[str, ...]:
        names = self.base.inputs
        return tuple(names[k] for k in leaves(self.wrt))

    @property
    def title(self) -> str:
        what = "Value and derivative" if self.with_value else "Derivative"
        return f"{what} of {self.base.title} with respect to {', '.join(self.targets)}"

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def build(self, avals: Sequence[Aval]) -> Graph:
        graph = recognise_forms(self.base.build(avals))
        if not isinstance(graph.tree, int):
            raise UnsupportedError(
                f"{self.base.name} returns several values, of which only one can be differentiated",
                help="return that one alone",
            )
        z = graph.outputs[graph.tree]
        positions = list(leaves(self.wrt))
        targets = [graph.inputs[k] for k in positions]
        for target in targets:
            if not target.aval.inexact:
                raise ArgumentError(
                    f"{target.name!r} is {target.aval!r}, and only real or complex inputs have derivatives",
                    help="leave it out of wrt",
                )
        found = gradients(z, targets, disconnected=self.disconnected)
        first = 1 if self.with_value else 0
        number = iter(range(first, first + len(targets)))
        trees = tuple(relabel(tree, lambda _: next(number)) for tree in self.wrt)
        grads = trees[0] if self.single else trees
        return graph.with_(
            name=self.name,
            outputs=(z, *found.grads) if self.with_value else found.grads,
            tree=(0, grads) if self.with_value else grads,
            forward=(z,),
            wrt=tuple(targets),
            origins={**graph.origins, **found.origins},
            cotangents={**found.cotangents, **dict(reversed(list(zip(found.grads, targets, strict=True))))},
        )
