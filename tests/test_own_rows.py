"""Users add operations through the same door as ours."""

import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.graph.op import OPS


def soft_step(x):
    """A step that is smooth: x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def slope(y, x):
    return (1 - abs_(y)) * (1 - abs_(y))


def abs_(y):
    return OPS["absolute"](y)


@pytest.fixture(scope="module")
def row():
    return sd.elementwise("soft_step", soft_step, slope, dtype="float", doc="x / (1 + |x|).")


def test_an_own_row_is_a_function_of_the_language(row):
    x = np.array([-1.5, 0.25, 2.0])
    f = sd.value_and_grad("sum(soft_step(x)*x)", x="n")
    value, d_x = f(x)

    assert value == pytest.approx(np.sum(soft_step(x) * x))
    np.testing.assert_allclose(d_x, soft_step(x) + x / (1 + np.abs(x)) ** 2)
    assert sd.check_grads(sd.function("sum(soft_step(x)*x)", x="n"), (x,)) < 1e-6


def test_its_source_travels_with_the_file(row, tmp_path):
    path = sd.grad("sum(soft_step(x)**2)", x="n").save(tmp_path / "own.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)

    assert "def _soft_step(x):" in path.read_text()
    assert done.returncode == 0, done.stderr


def test_a_row_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="lacks doc"):
        sd.elementwise("nameless", np.sin, lambda y, x: 1, doc="")
