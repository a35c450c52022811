"""Recipes of second order beside the Hessian: value, gradient and Hessian together, and Gauss and Newton's product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count

from symdiff.autodiff.compose import are_symmetric, hessians
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.reverse import pull_back
from symdiff.errors import DTypeError
from symdiff.graph.graph import Graph
from symdiff.graph.tree import relabel
from symdiff.program.gradient import Derivative, Gradient
from symdiff.program.jacobian import Pushforward, check_outputs, check_real, further_inputs, like
from symdiff.program.recipe import Built


@dataclass(frozen=True)
class ValueGradHessian(Derivative):
    """A recipe's value, its gradient, and the Jacobian of that; `single` as of `Jacobian`."""

    single: bool

    @property
    def name(self) -> str:
        return "value_grad_hessian"

    @property
    def title(self) -> str:
        return f"Value, first and second derivatives of {self.base.title} with respect to {', '.join(self.targets)}"

    @cached_property
    def gradient(self) -> Gradient:
        """The first two of the three."""
        return Gradient(self.base, self.wrt, self.single, with_value=True)

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.gradient)
        targets = self.among(graph)
        check_real(targets)
        value, *grads = graph.outputs
        found = hessians(grads, targets, symmetric=are_symmetric([value]))
        numbers = count(1)
        rows = [self.arranged(numbers, single=self.single) for _ in targets]
        first = self.arranged(numbers, single=self.single)
        second = relabel(self.arranged(count(), single=self.single), rows.__getitem__)
        return graph.with_(
            name=self.name,
            outputs=(value, *(block for row in found.blocks for block in row), *grads),
            tree=(0, first, second),
            origins={**graph.notes.origins, **found.origins},
        )


@dataclass(frozen=True)
class GaussNewton(Pushforward):
    """Of residuals r with the Jacobian J, the product of J.T @ J with a vector: forward mode, and then reverse."""

    name: str = "gauss_newton"
    pattern: str = "v_{}"
    single: bool = True

    @property
    def title(self) -> str:
        return f"The Gauss-Newton matrix of {self.base.title}, times {', '.join(self.directions)}"

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        targets = self.among(graph)
        check_outputs(graph.outputs)
        check_real(targets)
        if any(y.aval.kind == "c" for y in graph.outputs):
            raise DTypeError(
                f"{self.base.name} gives complex residuals", help="give their real and imaginary parts, as two arrays"
            )
        extra = further_inputs(graph, self.directions, built)
        tangents = [like(given, x, f"the argument {x.name!r}") for given, x in zip(extra, targets, strict=True)]
        pushed = push_forward(graph.outputs, targets, tangents)
        seeds = {y: t for y, t in zip(graph.outputs, pushed.tangents, strict=True) if t is not None}
        found = pull_back(seeds, targets)
        return graph.with_(
            name=self.name,
            inputs=self.added.among(graph.inputs, extra),
            outputs=found.grads,
            tree=self.arranged(count(), single=self.single),
            forward=(),
            wrt=tuple(targets),
            origins={**graph.notes.origins, **pushed.origins, **found.origins},
        )
