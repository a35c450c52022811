"""Derivatives as recipes: each is made of the recipe that it differentiates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from symdiff.autodiff.reverse import Derivation, Disconnected, gradients
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.tree import Fixed, Tree, described, labels, leaves, relabel
from symdiff.program.recipe import Built, Derived


@dataclass(frozen=True)
class Derivative(Derived):
    """What is made of a recipe by differentiating it.

    Attributes:
        base: what is differentiated.
        wrt: positions of the targets; a container of them for a container of arrays.
    """

    wrt: tuple[Tree, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        names = self.base.inputs
        return tuple(names[k] for k in leaves(self.wrt))

    def among(self, graph: Graph) -> list[Node]:
        """The targets, as inputs of the `graph` of what is differentiated.

        Raises:
            ArgumentError: one of them is an integer or a condition.
        """
        targets = [graph.inputs[k] for k in leaves(self.wrt)]
        for target in targets:
            if not target.aval.inexact:
                raise ArgumentError(
                    f"{target.name!r} is {target.aval!r}, and only real or complex inputs have derivatives",
                    help="leave it out of wrt",
                    code="SD310",
                )
        return targets

    def arranged(self, numbers: Iterator[int], *, single: bool) -> Tree:
        """The containers that hold one of `numbers` in the place of each target."""
        trees = tuple(relabel(tree, lambda _: next(numbers)) for tree in self.wrt)
        return trees[0] if single else trees


@dataclass(frozen=True)
class Gradient(Derivative):
    """The gradient of a recipe's value, with or without the value.

    Attributes:
        single: whether the one gradient comes alone, not in a tuple.
        with_value: whether the value comes first.
        disconnected: what happens to a target that the value does not depend on.
    """

    single: bool
    with_value: bool = False
    disconnected: Disconnected = "zeros"

    @property
    def name(self) -> str:
        return "value_and_grad" if self.with_value else "grad"

    @property
    def title(self) -> str:
        what = "Value and derivative" if self.with_value else "Derivative"
        return f"{what} of {self.base.title} with respect to {', '.join(self.targets)}"

    @cached_property
    def alone(self) -> Gradient:
        """The gradient without the value."""
        return replace(self, with_value=False) if self.with_value else self

    @cached_property
    def with_its_value(self) -> Gradient:
        """The gradient with the value."""
        return self if self.with_value else replace(self, with_value=True)

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        found = self.derivation(built)
        z, targets = value_of(graph), self.among(graph)
        grads = self.arranged(count(1 if self.with_value else 0), single=self.single)
        return graph.with_(
            name=self.name,
            outputs=(z, *found.grads) if self.with_value else found.grads,
            tree=(0, grads) if self.with_value else grads,
            forward=(z,),
            wrt=tuple(targets),
            origins={**graph.notes.origins, **found.origins},
            cotangents={**found.cotangents, **dict(reversed(list(zip(found.grads, targets, strict=True))))},
        )

    def derivation(self, built: Built) -> Derivation:
        """How the value is differentiated: the same whether it comes beside the gradient or not."""
        return built.once("derivation", self.base, lambda: self._differentiate(built), self.wrt, self.disconnected)

    def _differentiate(self, built: Built) -> Derivation:
        graph = built.recognised(self.base)
        if isinstance(graph.tree, Fixed):
            raise ArgumentError(
                f"{self.base.name} returns {graph.tree.value!r:.40}, which is no number that could be differentiated",
                help="is a return statement missing?" if graph.tree.value is None else "return a number",
                code="SD314",
            )
        if not isinstance(graph.tree, int):
            raise UnsupportedError(
                f"{self.base.name} returns {described(graph.tree)}, of which only one can be differentiated",
                help=f"choose one: output={next(iter(labels(graph.tree)), 0)!r}; of a pair (value, aux): has_aux=True; "
                "of all: jacobian, or vjp with a cotangent for each",
                code="SD608",
            )
        return gradients(value_of(graph), self.among(graph), disconnected=self.disconnected)


def value_of(graph: Graph) -> Node:
    """The one output of a graph that returns a number or an array by itself."""
    assert isinstance(graph.tree, int)
    return graph.outputs[graph.tree]
