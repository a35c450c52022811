"""Rows of pictures: arrows are as short as a linear program can make them."""

import numpy as np
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog

from symdiff.render.rows import Tie, shortest


@st.composite
def ties(draw):
    """A number of items, and ties that lead from items to later ones."""
    count = draw(st.integers(1, 12))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).map(sorted).filter(lambda p: p[0] < p[1])
    found = st.builds(lambda p, least, weight: Tie(*p, least, weight), pairs, st.integers(0, 2), st.integers(0, 3))
    return count, draw(st.lists(found, max_size=3 * count)) if count > 1 else []


def length(rows, among):
    return sum(tie.weight * (rows[tie.lower] - rows[tie.upper]) for tie in among)


@settings(max_examples=200, deadline=None)
@given(ties())
def test_arrows_are_as_short_as_can_be(given):
    count, among = given
    rows = shortest(count, among)
    assert all(rows[tie.lower] - rows[tie.upper] >= tie.least for tie in among)
    assert min(rows) == 0
    if among:
        apart = np.zeros((len(among), count))
        for k, tie in enumerate(among):
            apart[k, tie.upper], apart[k, tie.lower] = 1, -1
        cost = -np.array([tie.weight for tie in among]) @ apart
        best = linprog(cost, A_ub=apart, b_ub=[-tie.least for tie in among], bounds=(0, None))
        assert length(rows, among) == round(best.fun)


def test_a_long_chain_needs_no_search():
    n = 20_000
    assert shortest(n, [Tie(k, k + 1, 1, 1) for k in range(n - 1)]) == list(range(n))
