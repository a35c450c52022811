"""Means, variances, deviations, entropies, medians and intervals of distributions are SciPy's, and so are their slopes."""

import numpy as np
import pytest
from scipy import stats

import symdiff as sd
from symdiff.errors import UnsupportedError
from symdiff.ops.api.distributions import CONTINUOUS, DISCRETE
from symdiff.ops.api.moments import MOMENTS

SHAPES = {
    "binom": (7.0, 0.3),
    "nbinom": (3.5, 0.3),
    "bernoulli": (0.3,),
    "geom": (0.3,),
    "beta": (1.7, 2.6),
    "f": (3.2, 5.5),
}


def shapes_of(name, value=3.3):
    count = len((CONTINUOUS if name in CONTINUOUS else DISCRETE)[name].shapes)
    return SHAPES.get(name, (value,) * count)


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("method", ["mean", "var", "std", "entropy", "median"])
def test_values_are_scipys_and_slopes_those_of_differences(name, method):
    formula = {"std": "var", "median": "mean"}.get(method, method)
    if method == "median" and (name in DISCRETE or CONTINUOUS[name].ppf is None):
        pytest.skip("no row is its quantile")
    if getattr(MOMENTS[name], formula) is None:
        pytest.skip("no formula")
    place = (0.4, 1.3) if name in CONTINUOUS else (0.4,)

    def along(p):
        return getattr(getattr(stats, name), method)(*p)

    def by_elements(p):
        return getattr(getattr(stats, name), method)(*[p[k] for k in range(p.shape[0])])

    p = np.array([*shapes_of(name), *place])
    value, slope = sd.value_and_grad(by_elements)(p)
    np.testing.assert_allclose(value, along(p), rtol=1e-12)
    h = 1e-5
    steps = [h * np.eye(p.size)[k] for k in range(p.size)]
    known = [(along(p + step) - along(p - step)) / (2 * h) for step in steps]
    first = 1 if name == "binom" else 0  # of which SciPy has whole numbers only
    np.testing.assert_allclose(slope[first:], known[first:], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["t", "pareto", "lomax", "invgamma", "f"])
@pytest.mark.parametrize("shape", [0.5, 1.0, 1.5, 2.0, 4.0, -1.0])
def test_moments_that_do_not_exist_are_scipys(name, shape):
    distribution = getattr(stats, name)
    for method in "mean", "var":
        found = sd.function(lambda *a, method=method: getattr(distribution, method)(*a))(*shapes_of(name, shape))
        np.testing.assert_allclose(found, getattr(distribution, method)(*shapes_of(name, shape)), rtol=1e-12)


def test_frozen_ones_and_intervals():
    value, slope = sd.value_and_grad(lambda a: stats.gamma(a, scale=2.0).std())(1.5)
    np.testing.assert_allclose((value, slope), (2 * np.sqrt(1.5), 1 / np.sqrt(1.5)), rtol=1e-12)
    low, high = sd.function(lambda m: stats.norm.interval(0.9, loc=m))(1.0)
    np.testing.assert_allclose((low, high), stats.norm.interval(0.9, loc=1.0), rtol=1e-12)


@pytest.mark.parametrize("method", ["rvs", "expect", "moment", "fit"])
def test_what_is_refused_says_why(method):
    with pytest.raises(UnsupportedError, match=rf"scipy.stats.norm.{method} is not supported on symbolic values: \w+"):
        sd.grad(lambda x: getattr(stats.norm, method)(x) * 1.0)(1.0)
