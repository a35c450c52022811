"""Special functions that are made of others: SciPy's values, and two derivatives as differences have them."""

import numpy as np
import pytest
import scipy.special as S

import symdiff as sd

CALLS = {
    "wofz": lambda x: np.real(S.wofz(x)) + np.imag(S.wofz(x * (1 + 0.3j))),
    "voigt_profile": lambda x: (
        S.voigt_profile(x, 0.8, 0.3) + S.voigt_profile(0.5, x, 0.3) + S.voigt_profile(0.5, 0.6, x)
    ),
    "orders": lambda x: S.i0(x) + S.sinc(x) + S.jn(2, x) + S.yn(2, x) + S.kn(2, x),
    "cosm1 and powm1": lambda x: S.cosm1(x) + S.powm1(x, 1.5),
    "counts": lambda x: S.factorial(x + 2) + S.comb(x + 4, 2) + S.comb(5, x) + S.comb(x + 3, 2, repetition=True),
}


def harmonic(n, m):
    return lambda x: np.real(S.sph_harm_y(n, m, x, x * 0.3)) + np.imag(S.sph_harm_y(n, m, x, 0.4))


for n, m in [(0, 0), (1, 0), (1, -1), (1, 1), (2, -2), (3, 1), (3, 3), (3, -2), (2, 3)]:
    CALLS[f"sph_harm_y {n} {m}"] = harmonic(n, m)


@pytest.mark.parametrize("name", CALLS)
def test_value_is_scipys_and_derivatives_are_those_of_differences(name):
    f = CALLS[name]
    assert sd.function(f)(0.7) == pytest.approx(f(0.7), rel=1e-12, abs=1e-13)
    sd.check_grads(f, (0.7,), order=2)
