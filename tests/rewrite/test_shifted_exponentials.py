"""Logarithms of sums of exponentials, shifted as one does it by hand so that nothing overflows."""

import re

import numpy as np
import pytest

import symdiff as sd

SOFT = {
    "largest taken out": lambda m, c, *xs: m + np.log(sum(np.exp(x - m) for x in xs)),
    "smallest": lambda m, c, *xs: m - np.log(sum(np.exp(m - x) for x in xs)),
    "over a temperature": lambda m, c, *xs: m - c * np.log(sum(np.exp((m - x) / c) for x in xs)),
    "temperature behind": lambda m, c, *xs: xs[0] + (m + np.log(sum(np.exp((x - m) / c) for x in xs)) * c),
    "negated": lambda m, c, *xs: m - c * np.log(sum(np.exp(-(x - m) / c) for x in xs)) - xs[1],
    "known temperature": lambda m, c, *xs: m + 0.5 * np.log(sum(np.exp((x - m) / 0.5) for x in xs)),
    "a multiple": lambda m, c, *xs: m - np.log(sum(np.exp(4 * (m - x)) for x in xs)) / 4,
    "with weights": lambda m, c, *xs: m + np.log(sum(k * np.exp(x - m) for k, x in enumerate(xs, 1))),
    "one is the shift": lambda m, c, *xs: m + np.log(1 + sum(np.exp(x - m) for x in xs)),
}
KEPT = {
    "twice": lambda m, c, *xs: m + m + np.log(sum(np.exp(x - m) for x in xs)),
    "other way": lambda m, c, *xs: m - np.log(sum(np.exp(x - m) for x in xs)),
    "not everywhere": lambda m, c, *xs: m + np.log(np.exp(xs[0]) + sum(np.exp(x - m) for x in xs)),
    "another factor": lambda m, c, *xs: m - c * np.log(sum(np.exp(m - x) for x in xs)),
    "twice inside": lambda m, c, *xs: m + np.log(sum(np.exp(x - m - m) for x in xs)),
}
GIVEN = (0.3, 0.7, 1.2, -0.4, 0.9)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("name", SOFT | KEPT)
def test_values_and_slopes_stay(name, count):
    soft, given = (SOFT | KEPT)[name], (*GIVEN, 0.1)[: 2 + count]
    value, slopes = sd.value_and_grad(soft, wrt=tuple(range(len(given))))(*given)
    assert value == pytest.approx(soft(*given), rel=1e-13)
    for k, slope in enumerate(slopes):
        moved = [x + 1e-30j * (i == k) for i, x in enumerate(given)]
        assert slope == pytest.approx(np.imag(soft(*moved)) / 1e-30, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("name", [name for name in SOFT if name != "one is the shift"])
def test_the_shift_is_gone(name):
    f = sd.function(SOFT[name])
    f(*GIVEN)
    computed = [line for line in f.source.split("):")[-1].splitlines() if "map(" not in line]
    assert not re.search(r"\bm\b", "".join(computed))
    assert sd.grad(SOFT[name], wrt=0)(*GIVEN) == 0


def test_no_slope_runs_through_the_choice_of_the_shift():
    def softmin(a, b, c, gamma):
        low = min(a, b, c)
        s = np.exp((low - a) / gamma) + np.exp((low - b) / gamma) + np.exp((low - c) / gamma)
        return low - gamma * np.log(s)

    g = sd.value_and_grad(softmin, wrt=(0, 1, 2))
    assert g(1.0, 1.0, 1.0, 0.5)[1] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert "min" not in g.source
