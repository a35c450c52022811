"""Functions that return more than what is differentiated: ``(value, aux)``, or several values and one is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.errors import ArgumentError, did_you_mean
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree, children, described, is_dict, labels, leaves, relabel
from symdiff.program.gradient import Gradient
from symdiff.program.recipe import Built, Derived, Recipe


@dataclass(frozen=True)
class Chosen(Derived):
    """One of the things that a recipe returns.

    Attributes:
        output: its key, the name of its field, or its position.
    """

    output: str | int

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def title(self) -> str:
        return f"output {self.output!r} of {self.base.title}"

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        return _only(graph, children(graph.tree)[self._position(graph.tree)])

    def _position(self, tree: Tree) -> int:
        parts, known = len(children(tree)), labels(tree)
        if self.output in known:
            return known.index(self.output)
        if isinstance(self.output, int) and -parts <= self.output < parts and not is_dict(tree):
            return self.output % parts
        what = f"{self.name} returns {described(tree)}"
        if not parts:
            raise ArgumentError(
                f"output={self.output!r} chooses one of several values, and {what}",
                help=f"leave it out; of an element: lambda *args: {self.name}(*args)[{self.output!r}]",
            )
        help = did_you_mean(self.output, [k for k in known if isinstance(k, str)])
        raise ArgumentError(f"there is no output {self.output!r}: {what}", help=help)


@dataclass(frozen=True)
class First(Derived):
    """The first of the two things that a recipe returns: what is differentiated."""

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        return _only(graph, pair_of(graph)[0])


def _only(graph: Graph, tree: Tree) -> Graph:
    """The graph of a part of what it returns."""
    numbers = {k: n for n, k in enumerate(leaves(tree))}
    outputs = tuple(graph.outputs[k] for k in numbers)
    return graph.with_(outputs=outputs, forward=outputs, tree=relabel(tree, numbers.__getitem__))


@dataclass(frozen=True)
class WithSecond(Derived):
    """A derivative of the `First`, and beside it the second thing that the same recipe returns.

    It comes behind the derivative, or, where the value comes too, behind the value: ``((value, aux), gradient)``.
    """

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph, whole = built.graph(self.base), built.recognised(self._pair)
        _, second = pair_of(whole)
        found = tuple(whole.outputs[k] for k in leaves(second))
        first = 1 if self._has_value else 0  # it keeps its place, and derivatives are the last outputs
        numbers = {k: first + n for n, k in enumerate(leaves(second))}
        aux = relabel(second, numbers.__getitem__)
        own = relabel(graph.tree, lambda k: k if k < first else k + len(found))
        return graph.with_(
            outputs=(*graph.outputs[:first], *found, *graph.outputs[first:]),
            forward=(*graph.forward, *found) if graph.forward else (),
            tree=_beside_value(own, aux) if self._has_value else (own, aux),
        )

    @property
    def _has_value(self) -> bool:
        return isinstance(self.base, Gradient) and self.base.with_value

    @property
    def _pair(self) -> Recipe:
        """What returns the two."""
        recipe: Recipe = self.base
        while not isinstance(recipe, First):
            recipe = recipe.base  # type: ignore[attr-defined]
        return recipe.base


def _beside_value(own: Tree, aux: Tree) -> Tree:
    value, grads = children(own)
    return (value, aux), grads


def pair_of(graph: Graph) -> tuple[Tree, Tree]:
    """The two things that a function returns; raises ArgumentError if it returns anything else."""
    if isinstance(graph.tree, tuple) and len(graph.tree) == 2:
        return graph.tree
    raise ArgumentError(
        f"with has_aux=True, {graph.name} must return two things: what is differentiated, and what comes beside",
        help="return (value, aux), where aux may be a tuple, list or dict of anything",
    )
