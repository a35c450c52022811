"""Some rows by themselves, in reverse mode, and the others by columns: where a few rows read nearly everything.

One dense row makes every column a colour of its own, one dense column every row. Rows that are taken out first are
compressed in reverse mode, and the rest in forward mode (Coleman and Verma, "The efficient computation of sparse
Jacobian matrices using automatic differentiation", 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symdiff.autodiff.coloring import Coloring, color_columns
from symdiff.autodiff.pattern import Array, Pattern

TRIED = 6  # how many entries a row must have to be taken out
FEW = 8  # colours; with as few nothing is mixed
LARGEST = 1_000_000  # entries of a pattern for which it is tried


@dataclass(frozen=True, eq=False)
class Split:
    """A pattern in two parts.

    Attributes:
        rows: the entries of the rows that are taken out, and their colours; -1 for all other rows.
        columns: the other entries, and the colours of the columns.
        order: where each entry is among those of the first part, followed by those of the second.
    """

    rows: tuple[Pattern, Coloring]
    columns: tuple[Pattern, Coloring]
    order: Array

    @property
    def count(self) -> int:
        """How many colours there are."""
        return self.rows[1].count + self.columns[1].count


def split(pattern: Pattern, y_grid: tuple[int, ...], x_grid: tuple[int, ...], most: int) -> Split | None:
    """The best way to take the fullest rows out, if it needs fewer than `most` colours.

    >>> rows = np.concatenate([np.zeros(20, int), np.arange(20), np.arange(20)])
    >>> columns = np.concatenate([np.arange(20), np.zeros(20, int), np.arange(20)])
    >>> split(Pattern.of((20, 20), rows, columns), (20,), (20,), 20).count
    3
    """
    if most <= FEW or pattern.nnz > LARGEST:
        return None
    best: Split | None = None
    for least in np.unique(pattern.counts)[::-1][:TRIED]:
        full = pattern.counts >= least
        kept, rest = _only(pattern, full), _only(pattern, ~full)
        enough = best.count if best is not None else most
        if int(kept.T.counts.max(initial=0)) + int(rest.counts.max(initial=0)) >= enough:
            continue
        by_rows, by_columns = color_columns(kept.T, y_grid), color_columns(rest, x_grid)
        marked = Coloring(np.where(full, by_rows.colors, -1), by_rows.count)
        order = np.argsort(np.argsort(~full[pattern.rows], kind="stable"), kind="stable")
        found = Split((kept, marked), (rest, by_columns), order)
        best = found if found.count < enough else best
    return best


def _only(pattern: Pattern, rows: Array) -> Pattern:
    """The entries in some of the rows."""
    return Pattern.sorted(pattern.shape, pattern.keys[rows[pattern.rows]])
