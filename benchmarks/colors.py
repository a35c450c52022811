"""Numbers of colours, beside the fewest that there can be, and beside CasADi's where that is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.runner import table
from symdiff.autodiff.coloring import Coloring, color_columns, color_symmetric
from symdiff.autodiff.pattern import Pattern

TITLE = "colors: how many directions sparse matrices take"


# ------------------------------------------------------------------------------------------------------------- matrices


def band(n: int, below: int, above: int) -> Any:
    return sp.diags_array([1.0] * (below + above + 1), offsets=range(-below, above + 1), shape=(n, n))


def laplacian(*shape: int) -> Any:
    """Each element of a grid, with its neighbours along the axes."""
    total: Any = 0
    for axis in range(len(shape)):
        product: Any = sp.eye_array(1)
        for k, n in enumerate(shape):
            product = sp.kron(product, band(n, 1, 1) if k == axis else sp.eye_array(n))
        total = total + product
    return total


def box(*shape: int) -> Any:
    """Each element of a grid, with all that touch it, also at corners."""
    product: Any = sp.eye_array(1)
    for n in shape:
        product = sp.kron(product, band(n, 1, 1))
    return product


def arrow(n: int) -> Any:
    rest = np.arange(1, n)
    rows = np.concatenate([np.zeros(n, int), rest, rest])
    columns = np.concatenate([np.arange(n), np.zeros(n - 1, int), rest])
    return sp.coo_array((np.ones(3 * n - 2), (rows, columns)))


def unsorted(matrix: Any, rng: np.random.Generator) -> Any:
    """Rows and columns in any order, which hides grids."""
    order = rng.permutation(matrix.shape[0])
    return sp.csr_array(matrix)[order][:, order]


def symmetric(matrix: Any) -> Any:
    return matrix + matrix.T


def curtis_powell_reid(n: int) -> Any:
    """A band beside columns of blocks, as in the examples of Curtis, Powell and Reid, 1974."""
    return sp.hstack([band(n, 1, 1), sp.kron(sp.eye_array(n // 4), np.ones((4, 2)))])


def matrices(quick: bool) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Each with the shape of the array whose elements are the columns."""
    rng = np.random.default_rng(0)
    n, side, edge = (400, 20, 8) if quick else (4000, 64, 16)
    return {
        "tridiagonal": (band(n, 1, 1), (n,)),
        "band of 7": (band(n, 3, 3), (n,)),
        "Curtis, Powell and Reid": (curtis_powell_reid(n), (n + n // 2,)),
        "arrow": (arrow(n), (n,)),
        "Laplacian, 2-D": (laplacian(side, side), (side, side)),
        "Laplacian, 2-D, unsorted": (unsorted(laplacian(side, side), rng), (side * side,)),
        "box of 9, 2-D": (box(side, side), (side, side)),
        "Laplacian, 3-D": (laplacian(edge, edge, edge), (edge, edge, edge)),
        "Laplacian, 3-D, unsorted": (unsorted(laplacian(edge, edge, edge), rng), (edge**3,)),
        "blocks of 6": (sp.block_diag([np.ones((6, 6))] * (n // 6)), (n // 6 * 6,)),
        "random, 5 in a row": (sp.random_array((n, n), density=5 / n, rng=1), (n,)),
        "random, tall": (sp.random_array((2 * n, n), density=4 / n, rng=2), (n,)),
        "random, symmetric": (symmetric(sp.random_array((n, n), density=2 / n, rng=3)) + sp.eye_array(n), (n,)),
        "network": (_network(n, rng), (n,)),
    }


def _network(n: int, rng: np.random.Generator) -> Any:
    """Nodes and those that a line joins them with; some have many."""
    i = rng.integers(0, n, 3 * n // 2)
    j = (rng.random(len(i)) ** 3 * n).astype(int)
    return symmetric(sp.coo_array((np.ones(len(i)), (i, j)), shape=(n, n))) + sp.eye_array(n)


# ------------------------------------------------------------------------------------------------------------ comparing


def pattern_of(matrix: Any) -> Pattern:
    coo = sp.coo_array(matrix)
    return Pattern.of(coo.shape, coo.row, coo.col)


def is_symmetric(pattern: Pattern) -> bool:
    return pattern.shape[0] == pattern.shape[1] and np.array_equal(pattern.keys, pattern.T.keys)


def casadi_colors(pattern: Pattern, star: bool) -> str:
    """What CasADi takes, and how long it takes for it; "" without it."""
    try:
        import casadi
    except ImportError:
        return ""
    sparsity = casadi.Sparsity(*pattern.T.shape, pattern.indptr.tolist(), pattern.indices.tolist()).T
    start = time.process_time()
    found = sparsity.star_coloring() if star else sparsity.uni_coloring()
    return f"{found.size2()} in {time.process_time() - start:.2f} s"


def ours(color: Callable[..., Coloring], pattern: Pattern, grid: tuple[int, ...]) -> str:
    start = time.process_time()
    found = color(pattern, grid)
    return f"{found.count} in {time.process_time() - start:.2f} s"


def report(rounds: int, quick: bool) -> str:
    """One table."""
    rows = [["matrix", "entries", "in a row", "columns", "CasADi", "symmetric", "CasADi"]]
    for name, (matrix, grid) in matrices(quick).items():
        pattern = pattern_of(matrix)
        both = is_symmetric(pattern)
        rows.append([
            name,
            f"{pattern.nnz:,}",
            str(int(pattern.counts.max())),
            ours(color_columns, pattern, grid),
            casadi_colors(pattern, star=False),
            ours(color_symmetric, pattern, grid) if both else "",
            casadi_colors(pattern, star=True) if both else "",
        ])  # fmt: skip
    return table(rows)
