"""Conditions as factors are numbers: 1 + 1 is 2, though NumPy adds two true conditions up to one."""

import numpy as np
import pytest

import symdiff as sd

X, Y = np.array([0.6, -0.4, 1.5, 0.05]), np.array([0.7, 1.2, -0.5, 0.3])

TEXTS = [
    "sum(relu(x)*y + relu(x - 1)*y)",
    "sum((relu(x) + relu(x - 0.1))**2)",
    "sum(exp(relu(x) + relu(x - 0.1)))",
    "sum(relu(x)*relu(x - 0.1) + relu(x)*relu(x - 0.2))",
    "sum((y - relu(x) - relu(x - 0.1))**2)",
    "sum((relu(x) - relu(x - 0.1))**3)",
    "sum(tanh(y*relu(x) + y*relu(x - 0.1)))",
    "sum(sin(relu(x)))",
    "sum(log(1 + relu(x)))",
    "sum(y*(x > 0)*x + y*(x > 0.1)*x)",
    "sum(((x > 0) * x) @ outer(x > 0.1, x < 1) * y)",
    "sum(sum((x > 0)[:, None] * (x < 1) * (x[:, None] * y), axis=0))",
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", TEXTS)
def test_derivatives_to_second_order(text, dtype):
    f = sd.function(text, inputs=("x",), x="n", **({"y": "n"} if "y" in text else {}))
    point = (X, Y)[: len(f.inputs)]
    assert sd.check_grads(f, point, wrt="x") < 1e-6
    grad = sd.grad(f, "x")
    steps = 1e-6 * np.eye(4)
    slopes = [(grad(X + h, *point[1:]) - grad(X - h, *point[1:])) / 2e-6 for h in steps]
    np.testing.assert_allclose(sd.hessian(f, "x")(*point), np.array(slopes).T, atol=1e-6)
    narrow = grad(*(a.astype(dtype) for a in point))
    assert narrow.dtype == dtype
    np.testing.assert_allclose(narrow, grad(*point), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text", ["sin(relu(x))", "log(1 + relu(x))", "relu(x)*relu(x + 1)"])
def test_scalars(text):
    h = 1e-6
    slope = (sd.grad(text)(0.6 + h) - sd.grad(text)(0.6 - h)) / (2 * h)
    assert sd.hessian(text)(0.6) == pytest.approx(slope, rel=1e-6)
