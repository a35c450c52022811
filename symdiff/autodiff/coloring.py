"""Colouring the columns of a pattern, so that those of one colour can share a direction.

Columns share a direction if no row has entries in two of them: a distance-2 colouring of the graph of rows and columns
(Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", 1974; Gebremedhin, Manne and Pothen, "What
color is your Jacobian?", 2005). A symmetric matrix needs less: each entry must be alone in its row, or its mirror image
in the other one, which a star colouring gives (Coleman and Moré, "Estimation of sparse Hessian matrices", 1984).

Grids are coloured by a formula, ``(a*i + b*j) % p``, found on the few differences between columns that meet: no search
over columns, and nothing to keep. All else is coloured greedily, where the colours that are taken are the bits of an
integer: one operation for each entry, however many columns meet in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from symdiff.autodiff.pattern import Array, Pattern

WIDEST = 16  # a row with more entries is no row of a grid
DIFFERENCES = 4_000  # between columns that meet; a pattern with more is no grid
LARGEST_GRID = 50_000_000  # differences that there might be
TRIED = 40_000  # formulas for one number of colours
MANY = 1_000_000  # entries of a pattern for which a formula is not improved on, which takes a second for each million
MOST_STARS = 2_000_000  # entries of a pattern for which stars are looked for, which takes 10 microseconds for each
FEW_STARS = 200_000  # for which they are looked for in two ways


@dataclass(frozen=True, eq=False)
class Coloring:
    """The colour of each column, and how that is said.

    Attributes:
        colors: 0, 1, … for each column.
        count: how many there are.
        strides: of the formula ``(strides[0]*i + strides[1]*j + …) % count`` over the indices of a column; empty for a
            colouring without one.
    """

    colors: Array
    count: int
    strides: tuple[int, ...] = ()


def color_columns(pattern: Pattern, grid: tuple[int, ...]) -> Coloring:
    """A distance-2 colouring of the columns, which are the elements of an array of shape `grid`.

    No colouring has fewer colours than some row has entries; orders are tried until one has as many.

    >>> band = Pattern.of((3, 4), [0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 3])
    >>> color_columns(band, (4,)).colors
    array([0, 1, 0, 1])
    """
    fewest = int(pattern.counts.max(initial=0))
    if fewest <= 1:
        return Coloring(np.zeros(pattern.shape[1], int), fewest)
    found = _by_formula(pattern, grid, fewest)
    if found is not None and (found.count == fewest or pattern.nnz > MANY):
        return found
    transposed = pattern.T
    best = found
    for order in _orders(pattern, transposed):
        colors = _greedy(pattern, transposed, order)
        count = int(colors.max()) + 1
        if best is None or count < best.count:
            best = Coloring(colors, count)
        if best.count == fewest:
            break
    assert best is not None
    return best


def color_symmetric(pattern: Pattern, grid: tuple[int, ...]) -> Coloring:
    """A star colouring of a symmetric pattern, or a distance-2 colouring, whichever has fewer colours.

    >>> arrow = Pattern.of((4, 4), [0, 0, 0, 0, 1, 1, 2, 2, 3, 3], [0, 1, 2, 3, 0, 1, 0, 2, 0, 3])
    >>> color_symmetric(arrow, (4,)).colors
    array([0, 1, 1, 1])
    """
    plain = color_columns(pattern, grid)
    is_grid = plain.strides and 5 * pattern.nnz > 4 * plain.count * pattern.shape[0]  # nearly all rows are as full
    if plain.count <= 2 or is_grid or pattern.nnz > MOST_STARS:
        return plain
    best = plain
    ways = [(_smallest_last(pattern, pattern, pattern.counts), False)]
    if pattern.nnz <= FEW_STARS:
        ways.append((np.argsort(-pattern.counts, kind="stable"), True))
    for order, apart in ways:
        colors = _star(pattern, order, apart=apart)
        count = int(colors.max()) + 1
        best = Coloring(colors, count) if count < best.count else best
    return best


# ------------------------------------------------------------------------------------------------------------- formulas


def _by_formula(pattern: Pattern, grid: tuple[int, ...], fewest: int) -> Coloring | None:
    """A colouring by a formula over the indices, of not many more than `fewest` colours, if there is one."""
    axes = [k for k, n in enumerate(grid) if n > 1]
    if fewest > WIDEST or prod(grid) != pattern.shape[1]:
        return None
    differences = _differences(pattern, grid)
    if differences is None:
        return None
    for count in range(fewest, 2 * fewest + 1):
        strides = _strides(differences[:, axes], count)
        if strides is not None:
            indices = np.unravel_index(np.arange(pattern.shape[1]), grid)
            colors = sum(s * indices[k] for s, k in zip(strides, axes, strict=True)) % count
            return Coloring(np.asarray(colors), count, _spread(strides, axes, len(grid)))
    return None


def _spread(strides: Sequence[int], axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    by_axis = dict(zip(axes, strides, strict=True))
    return tuple(by_axis.get(k, 0) for k in range(ndim))


def _differences(pattern: Pattern, grid: tuple[int, ...]) -> Array | None:
    """How far apart, in each index, two columns are that meet in a row; None if these are too many to be a grid's."""
    indices = np.stack(np.unravel_index(pattern.indices, grid), axis=-1)
    found: list[Array] = []
    base = np.array([2 * n for n in grid], dtype=np.int64)
    if prod(base.tolist()) > LARGEST_GRID:
        return None
    total = 0
    for apart in range(1, int(pattern.counts.max())):
        first = np.flatnonzero(pattern.rows[:-apart] == pattern.rows[apart:])
        gaps = indices[first + apart] - indices[first]
        keys = np.ravel_multi_index(tuple((gaps + base // 2).T), tuple(base))
        some = np.flatnonzero(np.bincount(keys, minlength=int(prod(base))))
        total += len(some)
        if total > DIFFERENCES:
            return None
        found.append(some)
    keys = np.unique(np.concatenate(found))
    return np.stack(np.unravel_index(keys, tuple(base)), axis=-1) - base // 2


def _strides(differences: Array, count: int) -> tuple[int, ...] | None:
    """The first strides for which no difference is a multiple of `count`."""
    ndim = differences.shape[1]
    if count**ndim > TRIED:
        return None
    for strides in _candidates(count, ndim):
        if (differences @ np.array(strides) % count).all():
            return strides
    return None


def _candidates(count: int, ndim: int) -> Iterable[tuple[int, ...]]:
    """Strides, small ones first, the last axis before the others."""
    return sorted(product(range(count), repeat=ndim), key=lambda s: (sum(s), s))


# --------------------------------------------------------------------------------------------------------------- greedy


def _orders(pattern: Pattern, transposed: Pattern) -> Iterable[Array]:
    """Orders in which columns are coloured: as they stand, those that meet most others first, and smallest last."""
    n = pattern.shape[1]
    yield np.arange(n)
    met = _sums(transposed, pattern.counts)  # how often others are met
    yield np.argsort(-met, kind="stable")
    yield _smallest_last(pattern, transposed, met)


def _sums(pattern: Pattern, values: Array) -> Array:
    """For each row, the sum of the `values` of its columns."""
    ends = np.concatenate([[0], np.cumsum(values[pattern.indices])])
    return np.asarray(ends[pattern.indptr[1:]] - ends[pattern.indptr[:-1]])


def _smallest_last(pattern: Pattern, transposed: Pattern, met: Array) -> Array:
    """The column that meets fewest others comes last, and so on among those that are left (Matula and Beck, 1983).

    In rounds, of all columns at once that meet as few as the one that meets fewest.
    """
    left, alive = met.astype(np.int64).copy(), np.ones(len(met), bool)
    rounds: list[Array] = []
    per_row = pattern.counts.astype(np.int64).copy()
    while alive.any():
        smallest = left[alive].min()
        gone = np.flatnonzero(alive & (left <= smallest))
        rounds.append(gone)
        alive[gone] = False
        rows = transposed.take(gone).indices
        per_row -= np.bincount(rows, minlength=len(per_row))
        left = _sums(transposed, per_row)
        if len(rounds) > MOST_ROUNDS:
            rounds.append(np.flatnonzero(alive))
            break
    return np.concatenate(rounds)[::-1]


MOST_ROUNDS = 200  # of an order; what is left after them comes first, as it stands


def _greedy(pattern: Pattern, transposed: Pattern, order: Array) -> Array:
    """The smallest colour that no column has which a column meets, one column after the other."""
    taken = [0] * pattern.shape[0]  # of each row, the colours in it, as bits
    begins, rows = transposed.indptr.tolist(), transposed.indices.tolist()
    colors = [0] * pattern.shape[1]
    for column in order.tolist():
        mine = rows[begins[column] : begins[column + 1]]
        used = 0
        for row in mine:
            used |= taken[row]
        bit = ~used & (used + 1)
        colors[column] = bit.bit_length() - 1
        for row in mine:
            taken[row] |= bit
    return np.array(colors)


# ---------------------------------------------------------------------------------------------------------------- stars


def _star(pattern: Pattern, order: Array, *, apart: bool) -> Array:
    """A greedy star colouring: no two neighbours, and no path of four vertices, with two colours only.

    After Gebremedhin, Tarafdar, Manne and Pothen, "New acyclic and star coloring algorithms", 2007: every two colours
    make stars, and a vertex must not reach beyond the leaves of one. With `apart`, neighbours of a vertex that has no
    colour yet differ, too, so that it need not be a hub ("What color is your Jacobian?", algorithm 4.1): with most
    neighbours first, that is best where few vertices have most of them; on grids, without it, smallest last.
    """
    n = pattern.shape[0]
    begins, columns = pattern.indptr.tolist(), pattern.indices.tolist()
    colors = [-1] * n
    around = [0] * n  # the colours of the neighbours, as bits
    hubs = [0] * n  # the colours of the hubs of stars that a vertex is a leaf of
    only: list[dict[int, int]] = [{} for _ in range(n)]  # by colour, the first neighbour of it
    for v in order.tolist():
        others = [w for w in columns[begins[v] : begins[v + 1]] if w != v]
        near = [w for w in others if colors[w] >= 0]
        used = 0
        for w in others if apart else ():
            if colors[w] < 0:
                used |= around[w]
        bit = _free(used, near, colors, around, hubs)
        for w in others:
            around[w] |= bit
        _join(v, bit, near, colors, around, hubs, only)
    return np.array(colors)


def _free(used: int, near: Sequence[int], colors: list[int], around: list[int], hubs: list[int]) -> int:
    """The smallest colour that a vertex may have, as a bit; those in `used` are not free."""
    first = dict[int, int]()
    for w in near:
        used |= 1 << colors[w]
        if colors[w] in first:  # it becomes the hub of both, whose other neighbours must differ from it
            used |= around[w] | around[first[colors[w]]]
        else:
            first[colors[w]] = w
            used |= hubs[w]  # w is a leaf, and stays one
    return ~used & (used + 1)


def _join(
    v: int,
    bit: int,
    near: Sequence[int],
    colors: list[int],
    around: list[int],
    hubs: list[int],
    only: list[dict[int, int]],
) -> None:
    """`v` is given its colour, and the stars that it belongs to grow."""
    mine = colors[v] = bit.bit_length() - 1
    for w in near:
        theirs = 1 << colors[w]
        if mine in only[w]:  # w has several neighbours of this colour: it is their hub
            hubs[v] |= theirs
            hubs[only[w][mine]] |= theirs
        else:
            only[w][mine] = v
        if colors[w] in only[v]:
            hubs[w] |= bit
            hubs[only[v][colors[w]]] |= bit
        else:
            only[v][colors[w]] = w


# ------------------------------------------------------------------------------------------------------------- recovery


def entries_of(pattern: Pattern, colors: Array, count: int) -> tuple[Array, Array]:
    """Where each entry of a symmetric matrix is found in the compressed one: the colour, and the row.

    An entry is alone with its colour in its row, or else its mirror image is alone in the other row.

    >>> arrow = Pattern.of((3, 3), [0, 0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 0, 2])
    >>> entries_of(arrow, np.array([0, 1, 1]), 2)
    (array([0, 0, 0, 0, 1, 0, 1]), array([0, 1, 2, 1, 1, 2, 2]))
    """
    keys = pattern.rows * count + colors[pattern.indices]
    alone = np.bincount(keys, minlength=pattern.shape[0] * count)[keys] == 1
    color = np.where(alone, colors[pattern.indices], colors[pattern.rows])
    return color, np.where(alone, pattern.rows, pattern.indices)
