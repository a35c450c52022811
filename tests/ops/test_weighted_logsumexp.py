"""scipy.special.logsumexp with weights and with a sign: SciPy's values, and derivatives by both arguments."""

import numpy as np
import pytest

import symdiff as sd

special = pytest.importorskip("scipy.special")
RNG = np.random.default_rng(5)
A, SIGNED = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 5))
WEIGHTS = np.abs(SIGNED) + 0.1
CALLS = [
    {"b": WEIGHTS}, {"b": WEIGHTS, "axis": 1}, {"b": WEIGHTS[0], "axis": 0, "keepdims": True}, {"b": 2.5, "axis": -1},
    {"b": SIGNED, "axis": 0, "return_sign": True}, {"return_sign": True}, {"b": WEIGHTS[:, :1], "axis": (0, 1)},
]  # fmt: skip


@pytest.mark.parametrize("options", CALLS)
@pytest.mark.parametrize("shift", [0.0, 800.0, -800.0])
def test_values_and_derivatives(options, shift):
    def f(a, b):
        given = {**options, "b": b} if "b" in options else options
        found = special.logsumexp(a + shift, **given)
        return found[0] if "return_sign" in options else found

    b = np.asarray(options.get("b", 1.0))
    value = f(A, b)
    np.testing.assert_allclose(sd.function(f)(A, b), value, rtol=1e-13)
    weights = RNG.normal(size=np.shape(value))
    for name in ("a", "b") if "b" in options else ("a",):
        x = {"a": A, "b": b}
        direction, h = RNG.normal(size=x[name].shape), 1e-5
        ahead, behind = ({**x, name: x[name] + s * direction} for s in (h, -h))
        slope = np.sum(weights * (f(**ahead) - f(**behind))) / (2 * h)
        found = sd.grad(lambda a, b: np.sum(f(a, b) * weights), wrt=name)(A, b)
        np.testing.assert_allclose(np.sum(found * direction), slope, rtol=1e-5, atol=1e-7)


def test_weights_of_zero_leave_out_what_overflows_and_signs_are_told():
    a, b = np.array([1000.0, 1.0, 2.0]), np.array([0.0, 1.0, 3.0])
    np.testing.assert_allclose(
        sd.grad(lambda a: special.logsumexp(a, b=b))(a), [0, *(b[1:] * np.exp(a[1:]) / (b[1:] @ np.exp(a[1:])))]
    )
    value, sign = sd.function(lambda a: special.logsumexp(a, b=-b, return_sign=True))(a)
    assert sign == -1
    np.testing.assert_allclose(value, special.logsumexp(a, b=b))
    assert np.isnan(sd.function(lambda a: special.logsumexp(a, b=-b))(a))
    with np.errstate(divide="ignore"):
        assert sd.function(lambda a: special.logsumexp(a, b=np.zeros(3)))(a) == -np.inf
