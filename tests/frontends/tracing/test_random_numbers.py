"""Random numbers drawn inside of a traced function are constants: modules in C see NumPy as it is."""

import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd

DRAWS = {
    "rand": lambda rng: np.random.rand(3),
    "seeded": lambda rng: (np.random.seed(0), np.random.rand(3))[1],
    "generator": lambda rng: rng.normal(size=3),
    "new generator": lambda rng: np.random.default_rng(0).normal(size=3),
    "old generator": lambda rng: np.random.RandomState(0).normal(size=3),
    "many": lambda rng: rng.multivariate_normal(np.zeros(3), np.eye(3)),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_gradient_holds_what_was_drawn(draw):
    np.random.seed(7)
    drawn = draw(np.random.default_rng(3))
    np.random.seed(7)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(sd.grad(lambda x: np.sum(x * draw(rng)))(np.ones(3)), drawn)


def test_numbers_are_drawn_though_numpy_has_not_loaded_its_generators():
    code = (
        "import numpy as np, symdiff as sd\n"
        "f = sd.function(lambda x: np.sum(x * np.random.normal(size=3)))\n"
        "print(f(np.ones(3)) == f(np.ones(3)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_places_may_be_drawn():
    rng = np.random.default_rng(0)
    found = sd.grad(lambda x: np.sum(x[rng.choice(5, 2, replace=False)]))(np.ones(5))
    assert sorted(found.tolist()) == [0, 0, 0, 1, 1]
    assert np.random.mtrand.np is np


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_was_drawn_may_be_written_into(draw):
    rng = np.random.default_rng(3)
    kinds = []

    def f(x):
        np.random.seed(7)
        y = draw(rng)
        kinds.append(isinstance(rng, np.random.Generator))
        y[1:] *= x[0]
        np.transpose(y)[0] += x[1]
        return np.sum(y**2)

    value, slope = sd.value_and_grad(f)(np.array([2.0, 0.5]))
    assert all(kinds) and type(rng) is np.random.Generator
    assert slope.shape == (2,) and np.all(slope != 0)
    y = value - slope[1] ** 2 / 4  # of the elements that x[0] scales: their sum of squares
    np.testing.assert_allclose(slope[0] * 2.0 / 2, y, rtol=1e-12)
