"""Scalar formulas computed on arrays: a derivative is then an array of derivatives, one for each point of the grid."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.autodiff.batch import batch
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, variable
from symdiff.ops.inference import broadcast_shapes
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import permute
from symdiff.program.recipe import Built, Derived, Recipe, innermost


@dataclass(frozen=True)
class OnGrids(Derived):
    """A recipe of numbers, which arrays may take the place of: they broadcast against each other, and each result has
    the axes of the grid behind its own, as `sympy.lambdify` has it. With numbers, the recipe itself."""

    is_wrapping = True

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        avals = [built.avals[name] for name in self.inputs]
        if not any(aval.shape for aval in avals):
            return built.graph(self.base)
        lead = broadcast_shapes(self.name, avals)
        graph = Built({name: Aval(a.dtype) for name, a in zip(self.inputs, avals, strict=True)}).graph(self.base)
        arrays = [variable(name, aval) for name, aval in zip(self.inputs, avals, strict=True)]
        points = {x: spread(array, lead) for x, array in zip(graph.inputs, arrays, strict=True)}
        outputs = tuple(_grid_last(y, len(lead)) for y in batch(graph.outputs, points, lead))
        made = Graph(tuple(arrays), outputs, name=graph.name, forward=(), tree=graph.tree)
        notes = graph.notes
        return made.with_(exact=notes.exact, target=notes.target, most_steps=notes.most_steps)


def _grid_last(y: Node, axes: int) -> Node:
    """The axes of the grid behind all others."""
    if y.ndim == axes or not axes:
        return y
    return permute(y, axes=(*range(axes, y.ndim), *range(axes)))


def on_grids(recipe: Recipe) -> Recipe:
    """The recipe, for grids too if it is made of a scalar formula whose author did not say that symbols are arrays."""
    return OnGrids(recipe) if getattr(innermost(recipe, here=True), "is_scalar", False) else recipe
