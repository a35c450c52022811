"""What is told of a sparse derivative beside its values: where its entries are, and how many directions they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symdiff._version import __version__
from symdiff.autodiff.compress import AnyPlan
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError
from symdiff.program.sparse import SparseDerivative, sparse_of
from symdiff.program.stages import Stages
from symdiff.render.png import in_print, svg_to_png
from symdiff.render.spy import HEAD, SIDE, Spied, spy_svg
from symdiff.report.draw import THEMES


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


def _plans(stages: Stages) -> tuple[SparseDerivative, list[AnyPlan]]:
    recipe = sparse_of(stages.recipe)
    if recipe is None:
        raise ArgumentError(
            f"{stages.recipe.name} is no sparse derivative, and has no pattern",
            help="make one: sd.jacobian(f, wrt, sparse=True), or sd.hessian(f, wrt, sparse=True)",
        )
    return recipe, [plan for row in recipe.planned(stages.built) for plan in row]


def spied(stages: Stages) -> Spied:
    """All blocks as one matrix; errors as of `sparsity`."""
    recipe, _ = _plans(stages)
    blocks = [[plan.pattern for plan in row] for row in recipe.planned(stages.built)]
    down = np.cumsum([0, *(row[0].shape[0] for row in blocks)]).tolist()
    across = np.cumsum([0, *(pattern.shape[1] for pattern in blocks[0])]).tolist()
    placed = [
        (pattern.rows + y, pattern.indices + x)
        for row, y in zip(blocks, down, strict=False)
        for pattern, x in zip(row, across, strict=False)
    ]
    rows, columns = (np.concatenate(each) for each in zip(*placed, strict=True))
    return Spied((down[-1], across[-1]), rows, columns, (down[1:-1], across[1:-1]))


def svg_of(stages: Stages, options: Mapping[str, Any], *, printed: bool = False) -> str:
    """The picture of where entries are; light, if it is `printed` and no theme was asked for.

    Raises:
        ArgumentError: if the derivative is not sparse, or for an option that there is not.
    """
    if unknown := sorted(options.keys() - {"theme", "title"}):
        raise ArgumentError(f"pictures of patterns have no option {unknown[0]!r}", help="there are theme and title")
    theme, title = options.get("theme", "auto"), options.get("title") or stages.recipe.title
    if theme not in THEMES:
        raise ArgumentError(f"there is no theme {theme!r}", help=" or ".join(map(repr, THEMES)))
    return spy_svg(spied(stages), title, in_print(theme) if printed else theme)


def picture(stages: Stages, kind: str, options: Mapping[str, Any]) -> str | bytes:
    """The same as a file of a format; errors as of `svg_of`, and for other formats."""
    if kind == "png":
        return svg_to_png(svg_of(stages, options, printed=True), SIDE + HEAD)
    if kind not in ("svg", "html"):
        raise ArgumentError(f"no pictures of patterns of the format {kind!r}", help=".svg, .html, .png")
    mark, svg = f"<!-- {MARK} {__version__} -->", svg_of(stages, options)
    if kind == "svg":
        return f"{mark}\n{svg}"
    head = '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Where the entries are</title>'
    return f"{mark}\n{head}\n{svg}</html>\n"
