"""Recipes for sparse Jacobians and Hessians: of each block a pattern, a colouring, and the values of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from symdiff.autodiff.compose import are_symmetric
from symdiff.autodiff.compress import (
    AnyPlan,
    CutPlan,
    Values,
    cheapest,
    compressed,
    compressed_between,
    plan_for,
    plan_symmetric,
)
from symdiff.autodiff.sparsity import patterns
from symdiff.frontends.layout import filled
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant
from symdiff.graph.tree import Tree, relabel
from symdiff.ops.sparse import csr
from symdiff.program.beside import WithSecond
from symdiff.program.gradient import Derivative, Gradient
from symdiff.program.jacobian import check_outputs, check_real
from symdiff.program.recipe import Built, Recipe, peeled

Format = Literal["csr", "coo", "csr_parts"]
FORMATS: tuple[str, ...] = get_args(Format)
Plans = tuple[tuple[AnyPlan, ...], ...]


@dataclass(frozen=True)
class SparseDerivative(Derivative):
    """Blocks of derivatives, one for each value and target, of which the entries of a pattern are computed.

    Attributes:
        single: whether each value has one block, not a tuple of them.
        format: what a block is returned as.
    """

    single: bool
    format: Format = "csr"
    needs_numbers: ClassVar[bool] = True  # lengths that are names have no pattern

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def of(self) -> Recipe:
        """What has the values that are differentiated."""
        return self.base

    def planned(self, built: Built) -> Plans:
        """Patterns and colourings, by value and target: they are the same for all values of the arguments."""
        return built.once("planned", self, lambda: self._planned(built))

    def _planned(self, built: Built) -> Plans:
        graph = built.recognised(self.of)
        targets = self.among(graph)
        check_outputs(graph.outputs)
        check_real(targets)
        return self.plan(built, graph.outputs, targets)

    def plan(self, built: Built, values: Sequence[Node], targets: Sequence[Node]) -> Plans:
        """How each block is computed."""
        found = patterns(values, targets)
        return tuple(
            tuple(cheapest(plan_for(pattern, y, x), y, x) for pattern, x in zip(row, targets, strict=True))
            for y, row in zip(values, found, strict=True)
        )

    def arranged_as_blocks(self, built: Built, what: Sequence[Any]) -> Any:
        """One thing for each block, in the containers that the blocks are returned in."""
        return filled(self._tree(built.recognised(self.of)), what)

    def _tree(self, graph: Graph) -> Tree:
        numbers = count()
        rows = [self.arranged(numbers, single=self.single) for _ in graph.outputs]
        return relabel(graph.tree, lambda k: rows[k])

    def derive(self, built: Built) -> Graph:
        graph, values = built.recognised(self.of), Values()
        outputs: list[Node] = []
        trees: list[Tree] = []
        for y, plans in zip(graph.outputs, self.planned(built), strict=True):
            for x, plan in zip(self.among(graph), plans, strict=True):
                if isinstance(plan, CutPlan):
                    compressed_between(y, plan, values)
                else:
                    compressed(y, x, plan, values)
                values.call(values.data[-1], "data")
                parts = _returned(values.data[-1], plan, self.format, values)
                trees.append(_numbered(len(outputs), len(parts)))
                outputs += parts
        return graph.with_(
            name=self.name,
            outputs=tuple(outputs),
            tree=relabel(self._tree(graph), lambda k: trees[k]),
            forward=(),
            origins={**graph.notes.origins, **values.origins},
            names={**graph.names, **values.names},
        )


@dataclass(frozen=True)
class SparseJacobian(SparseDerivative):
    """The derivatives of every element of a recipe's values."""

    @property
    def name(self) -> str:
        return "jacobian"

    @property
    def title(self) -> str:
        return f"Sparse Jacobian of {self.base.title} with respect to {', '.join(self.targets)}"


@dataclass(frozen=True)
class SparseHessian(SparseDerivative):
    """The second derivatives of a recipe's value."""

    @property
    def name(self) -> str:
        return "hessian"

    @property
    def title(self) -> str:
        return f"Sparse second derivatives of {self.base.title} with respect to {', '.join(self.targets)}"

    @cached_property
    def of(self) -> Gradient:
        return Gradient(self.base, self.wrt, self.single)

    def plan(self, built: Built, values: Sequence[Node], targets: Sequence[Node]) -> Plans:
        """Blocks on the diagonal are symmetric."""
        if not are_symmetric(built.recognised(self.base).outputs):
            return super().plan(built, values, targets)
        rows = []
        for i, (y, found) in enumerate(zip(values, patterns(values, targets), strict=True)):
            row = [
                plan_symmetric(pattern, x) if i == k else plan_for(pattern, y, x)
                for k, (x, pattern) in enumerate(zip(targets, found, strict=True))
            ]
            rows.append(tuple(cheapest(plan, y, x) for plan, x in zip(row, targets, strict=True)))
        return tuple(rows)


def sparse_of(recipe: Recipe) -> SparseDerivative | None:
    """The sparse derivative that a recipe is, under whatever name; None for others."""
    own = peeled(recipe)
    while isinstance(own, WithSecond):
        own = peeled(own.base)
    return own if isinstance(own, SparseDerivative) else None


def _numbered(first: int, length: int) -> Tree:
    return first if length == 1 else tuple(range(first, first + length))


def _returned(data: Node, plan: AnyPlan, form: Format, values: Values) -> tuple[Node, ...]:
    """A block as it is returned: a matrix, or its parts."""
    pattern = plan.pattern
    indices, indptr = _index(pattern.indices, "indices", values), _index(pattern.indptr, "indptr", values)
    if form == "coo":
        return _index(pattern.rows, "rows", values), indices, data
    if form == "csr_parts":
        return data, indices, indptr
    return (csr(data, indices, indptr, shape=pattern.shape),)


def _index(positions: np.ndarray, name: str, values: Values) -> Node:
    """Positions as SciPy keeps them: in 32 bits, where these hold them."""
    fits = positions.max(initial=0) < 2**31
    node = constant(positions.astype(np.int32 if fits else np.int64))
    values.call(node, f"_{name}")
    return node
