"""NIST's certified nonlinear regressions: sums of squares, gradients, deviations, and fits from both official starts."""

import re
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "nist_strd"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="NIST's data sets are not beside the project")

MODELS = {
    "Misra1a": "b1*(1 - exp(-b2*x))",
    "Gauss1": "b1*exp(-b2*x) + b3*exp(-(x - b4)**2/b5**2) + b6*exp(-(x - b7)**2/b8**2)",
    "MGH17": "b1 + b2*exp(-x*b4) + b3*exp(-x*b5)",
    "ENSO": "b1 + b2*cos(2*pi*x/12) + b3*sin(2*pi*x/12) + b5*cos(2*pi*x/b4) + b6*sin(2*pi*x/b4)"
    " + b8*cos(2*pi*x/b7) + b9*sin(2*pi*x/b7)",
    "Hahn1": "(b1 + b2*x + b3*x**2 + b4*x**3) / (1 + b5*x + b6*x**2 + b7*x**3)",
    "Rat43": "b1 / (1 + exp(b2 - b3*x))**(1/b4)",
}


class Problem:
    """One data file, and the model with its parameters as one vector b."""

    def __init__(self, name):
        text = (DATA / f"{name}.dat").read_text()
        rows = re.findall(r"^\s*b\d+\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", text, re.M)
        self.start1, self.start2, self.certified, self.deviations = np.array(rows, float).T
        self.rss = float(re.search(r"Residual Sum of Squares:\s*(\S+)", text)[1])
        data = text.rpartition("Data:")[2].splitlines()[1:]
        self.y, self.x = np.array([line.split() for line in data if line.strip()], float).T
        model = re.sub(r"\bb(\d+)\b", lambda m: f"b[{int(m[1]) - 1}]", MODELS[name])
        n = len(self.certified)
        self.residual = sd.function(f"{model} - y", x="n", y="n", b=n)
        self.loss = sd.function(f"sum(({model} - y)**2)", x="n", y="n", b=n)
        self.grad = sd.grad(self.loss, "b")
        self.value_and_grad = sd.value_and_grad(self.loss, "b")
        self.columns = [sd.grad(f"sum(({model} - y)*v)", "b", x="n", y="n", b=n, v="n")]

    def jacobian(self, b):
        """d residual / d b, a row per observation."""
        rows = []
        for k in range(len(self.x)):
            v = np.zeros(len(self.x))
            v[k] = 1.0
            rows.append(self.columns[0](b=b, x=self.x, y=self.y, v=v))
        return np.array(rows)


@pytest.fixture(scope="module", params=MODELS)
def problem(request):
    return Problem(request.param)


def test_residual_sum_of_squares(problem):
    found = problem.loss(b=problem.certified, x=problem.x, y=problem.y)

    assert found == pytest.approx(problem.rss, rel=1e-8)


def test_gradient_vanishes_at_the_optimum(problem):
    here = problem.grad(b=problem.certified, x=problem.x, y=problem.y)
    there = problem.grad(b=problem.start2, x=problem.x, y=problem.y)

    assert np.max(np.abs(here * problem.certified)) <= 1e-5 * max(np.max(np.abs(there * problem.start2)), problem.rss)


def test_standard_deviations(problem):
    jacobian = problem.jacobian(problem.certified)
    n, p = jacobian.shape
    scale = np.linalg.norm(jacobian, axis=0)
    inverse = np.linalg.inv((jacobian / scale).T @ (jacobian / scale)) / np.outer(scale, scale)
    found = np.sqrt(problem.rss / (n - p) * np.diag(inverse))

    np.testing.assert_allclose(found, problem.deviations, rtol=1e-6)


@pytest.mark.parametrize("start", ["start1", "start2"])
def test_fit(problem, start):
    optimize = pytest.importorskip("scipy.optimize")
    with np.errstate(all="ignore"):
        found = optimize.least_squares(
            lambda b: problem.residual(b=b, x=problem.x, y=problem.y),
            getattr(problem, start),
            jac=problem.jacobian,
            x_scale="jac",
            method="lm" if start == "start2" else "trf",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            max_nfev=5000,
        )

    np.testing.assert_allclose(found.x, problem.certified, rtol=1e-6)
