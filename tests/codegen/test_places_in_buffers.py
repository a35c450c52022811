"""What is added to a buffer of zeros is assigned where nothing was written before."""

import random

import numpy as np
import pytest

from symdiff.codegen.in_place import Place, Written

SHAPE = (3, 2, 4)


def place(rng: random.Random) -> Place:
    """Of the first axes, single places or a range of them."""
    axes = [(rng.randrange(n), rng.randrange(n + 1)) for n in SHAPE[: rng.randint(1, len(SHAPE))]]
    return Place(range(a, a + 1) if rng.random() < 0.7 else range(a, max(a + 1, b)) for a, b in axes)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_first_in_a_buffer_is_what_counting_finds(seed):
    rng = random.Random(seed)
    for _ in range(20):
        written, count = Written(len(SHAPE)), np.zeros(SHAPE, int)
        for added in [place(rng) for _ in range(8)]:
            there = count[tuple(slice(a.start, a.stop) for a in added)]
            assert written.add(added) == (not there.any())
            there += 1


def test_of_an_unknown_place_nothing_is_known():
    written = Written(1)
    assert written.add(Place())
    assert not written.add(Place((range(1, 2),)))
    assert not written.add(Place())
