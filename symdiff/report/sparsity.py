"""What is told of a sparse derivative beside its values: where its entries are, and how many directions they take."""

from __future__ import annotations

from typing import Any

from symdiff.autodiff.compress import CutPlan, Plan
from symdiff.errors import ArgumentError
from symdiff.program.sparse import SparseDerivative, sparse_of
from symdiff.program.stages import Stages


def sparsity(stages: Stages) -> Any:
    """The pattern of each block, in the containers that the blocks are returned in.

    Raises:
        ArgumentError: if the derivative is not sparse.
    """
    recipe, plans = _plans(stages)
    return recipe.arranged_as_blocks(stages.built, [plan.pattern for plan in plans])


def colors(stages: Stages) -> Any:
    """The number of colours of each block; errors as of `sparsity`."""
    recipe, plans = _plans(stages)
    return recipe.arranged_as_blocks(stages.built, [plan.count for plan in plans])


def _plans(stages: Stages) -> tuple[SparseDerivative, list[Plan | CutPlan]]:
    recipe = sparse_of(stages.recipe)
    if recipe is None:
        raise ArgumentError(
            f"{stages.recipe.name} is no sparse derivative, and has no pattern",
            help="make one: sd.jacobian(f, wrt, sparse=True), or sd.hessian(f, wrt, sparse=True)",
        )
    return recipe, [plan for row in recipe.planned(stages.built) for plan in row]
