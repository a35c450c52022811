"""Recipes for Taylor coefficients: of values along a direction, and of solutions of differential equations."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.autodiff.taylor import Series
from symdiff.errors import ShapeError, UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import stack
from symdiff.program.gradient import Derivative
from symdiff.program.jacobian import Pushforward, check_outputs, check_real, further_inputs, like
from symdiff.program.recipe import Built


@dataclass(frozen=True)
class Taylor(Pushforward):
    """The Taylor coefficients of a recipe's values along directions, up to an order."""

    name: str = "taylor"
    order: int = 1

    @property
    def title(self) -> str:
        return f"Taylor coefficients of {self.base.title}, along {', '.join(self.directions)}"

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        targets = self.among(graph)
        check_outputs(graph.outputs)
        check_real(targets)
        extra = further_inputs(graph, self.directions, built)
        directions = [like(given, x, f"the argument {x.name!r}") for given, x in zip(extra, targets, strict=True)]
        series = Series({x: (x, v) for x, v in zip(targets, directions, strict=True)})
        outputs = tuple(coefficients(series, y, self.order) for y in graph.outputs)
        inputs = self.added.among(graph.inputs, extra)
        return graph.with_(name=self.name, inputs=inputs, outputs=outputs, forward=())


@dataclass(frozen=True)
class SeriesSolution(Derivative):
    """The Taylor coefficients of the solution of y' = f(y), up to an order."""

    order: int

    @property
    def name(self) -> str:
        return "series_solution"

    @property
    def title(self) -> str:
        return f"Taylor coefficients of the solution of d{self.targets[0]}/dt = {self.base.title}"

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        [y] = self.among(graph)
        if len(graph.outputs) != 1 or graph.outputs[0].shape != y.shape:
            given = ", ".join(repr(x.aval) for x in graph.outputs)
            raise ShapeError(
                f"{self.base.name} gives {given} for the slope of {y.name!r}, which is {y.aval!r}",
                help="it must give one array of the same shape; several equations make one vector",
            )
        check_real([y])
        series = Series({y: (y,)}, {y: graph.outputs[0]})
        return graph.with_(name=self.name, outputs=(coefficients(series, y, self.order),), tree=0, forward=())


def coefficients(series: Series, y: Node, order: int) -> Node:
    """All of them, along a new first axis."""
    if y.aval.weak:
        raise UnsupportedError("a number that does not depend on arguments has no series")
    found = [series.coefficient(y, k) for k in range(order + 1)]
    return stack(*[spread(constant(y.dtype.type(0)), y.shape) if c is None else c for c in found], axis=0)
