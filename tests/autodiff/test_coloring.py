"""Colourings: every entry can be read off, and known chromatic numbers are met."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings, strategies as st

from symdiff.autodiff.coloring import color_columns, color_symmetric, entries_of
from symdiff.autodiff.pattern import Pattern, union


def pattern_of(matrix):
    coo = sp.coo_array(matrix)
    return Pattern.of(coo.shape, coo.row, coo.col)


def band(n, below, above):
    return sp.diags_array([1.0] * (below + above + 1), offsets=range(-below, above + 1), shape=(n, n))


def laplacian(*shape):
    """Each element of a grid, with its neighbours along the axes."""
    total = 0
    for axis, n in enumerate(shape):
        factors = [sp.eye_array(m) for m in shape]
        factors[axis] = band(n, 1, 1)
        product = factors[0]
        for factor in factors[1:]:
            product = sp.kron(product, factor)
        total = total + product
    return total


def arrow(n):
    rest = np.arange(1, n)
    rows = np.concatenate([np.zeros(n, int), rest, rest])
    columns = np.concatenate([np.arange(n), np.zeros(n - 1, int), rest])
    return sp.coo_array((np.ones(3 * n - 2), (rows, columns)))


def unsorted(matrix):
    order = np.random.default_rng(0).permutation(matrix.shape[0])
    return sp.csr_array(matrix)[order][:, order]


def assert_separates(pattern, coloring):
    """No row has two entries of one colour."""
    pairs = pattern.rows * coloring.count + coloring.colors[pattern.indices]
    assert len(np.unique(pairs)) == pattern.nnz
    assert pattern.nnz == 0 or coloring.colors.max() < coloring.count


def assert_recovers(pattern, coloring):
    """Every entry is read where nothing else is added to it."""
    values = np.random.default_rng(0).uniform(1, 2, pattern.nnz)
    matrix = sp.csr_array((values, pattern.indices, pattern.indptr), shape=pattern.shape).toarray()
    matrix = matrix + matrix.T
    seeds = np.equal.outer(coloring.colors, np.arange(coloring.count)).astype(float)
    color, place = entries_of(pattern, coloring.colors, coloring.count)
    np.testing.assert_allclose((matrix @ seeds)[place, color], matrix[pattern.rows, pattern.indices])


@pytest.mark.parametrize(
    ("matrix", "grid", "colors"),
    [
        (sp.eye_array(9), (9,), 1),
        (band(40, 1, 1), (40,), 3),
        (band(40, 2, 1), (40,), 4),
        (laplacian(8, 9), (8, 9), 5),
        (laplacian(60, 70), (60, 70), 5),
        (laplacian(6, 7, 8), (6, 7, 8), 7),
        (sp.block_diag([np.ones((3, 4))] * 5), (20,), 4),
        (sp.kron(sp.eye_array(50), np.ones((6, 3))), (50, 3), 3),
        (arrow(30), (30,), 30),
        (np.ones((3, 5)), (5,), 5),
    ],
    ids=["diagonal", "tridiagonal", "band", "grid", "large grid", "space", "blocks", "groups", "arrow", "dense"],
)
def test_columns_take_as_few_colours_as_there_are(matrix, grid, colors):
    """A row needs a colour for each of its entries: where that many do, it is the chromatic number."""
    pattern = pattern_of(matrix)
    coloring = color_columns(pattern, grid)

    assert coloring.count == colors == pattern.counts.max()
    assert_separates(pattern, coloring)


@pytest.mark.parametrize(
    ("matrix", "grid", "colors"),
    [
        (sp.eye_array(9), (9,), 1),
        (band(40, 1, 1), (40,), 3),  # the star chromatic number of a path of four or more
        (laplacian(8, 9), (8, 9), 5),  # of a grid (Fertin, Raspaud and Reed, 2004)
        (arrow(1000), (1000,), 2),  # of a star
        (unsorted(laplacian(8, 9)), (72,), 5),  # which hides the grid
        (np.ones((4, 4)), (4,), 4),
    ],
    ids=["diagonal", "tridiagonal", "grid", "arrow", "unsorted grid", "dense"],
)
def test_symmetric_matrices_take_the_star_chromatic_number(matrix, grid, colors):
    pattern = pattern_of(matrix)
    coloring = color_symmetric(pattern, grid)

    assert coloring.count == colors
    assert_recovers(pattern, coloring)


def test_few_vertices_with_most_neighbours_take_few_colours():
    """Hubs that share neighbours get colours of their own: their neighbours need only a few more."""
    rng, n = np.random.default_rng(0), 600
    i, j = rng.integers(0, n, 900), (rng.random(900) ** 3 * n).astype(int)
    matrix = sp.coo_array((np.ones(900), (i, j)), shape=(n, n)).tocsr()
    pattern = pattern_of(matrix + matrix.T + sp.eye_array(n))
    coloring = color_symmetric(pattern, (n,))

    assert pattern.counts.max() > 60
    assert coloring.count <= 9
    assert_recovers(pattern, coloring)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), st.floats(0.02, 0.6), st.integers(0, 10**6))
def test_random_patterns(rows, columns, density, seed):
    pattern = pattern_of(sp.random_array((rows, columns), density=density, rng=seed))
    coloring = color_columns(pattern, (columns,))
    assert_separates(pattern, coloring)
    assert coloring.count >= pattern.counts.max(initial=0)

    square = pattern_of(sp.random_array((rows, rows), density=density, rng=seed)).symmetric()
    assert_recovers(square, color_symmetric(square, (rows,)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_patterns_are_sets_of_places(rows, columns, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.random((rows, columns)) < 0.4 for _ in range(2))
    first, second = (Pattern.of((rows, columns), *np.nonzero(m)) for m in (a, b))

    def dense(pattern):
        found = np.zeros(pattern.shape, bool)
        found[pattern.rows, pattern.indices] = True
        return found

    np.testing.assert_array_equal(dense(union([first, second])), a | b)
    np.testing.assert_array_equal(dense(first.T), a.T)
    np.testing.assert_array_equal(dense(first.block(1, columns)), a[:, 1:])
    if rows:
        picked = rng.integers(0, rows, 4)
        np.testing.assert_array_equal(dense(first.take(picked)), a[picked])
        summed = np.zeros((7, columns), bool)
        np.logical_or.at(summed, picked, a[picked])
        np.testing.assert_array_equal(dense(first.take(picked).added(picked, 7)), summed)
