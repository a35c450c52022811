"""scipy.stats of samples inside of functions: SciPy's values with every keyword, and derivatives by differences."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

stats = pytest.importorskip("scipy.stats")
rng = np.random.default_rng(3)
X, Y = rng.gamma(3.0, size=(7, 3)), rng.gamma(2.0, size=(7, 3))
WEIGHTS = rng.uniform(0.5, 2.0, size=7)
CALLS = [
    lambda x: stats.gmean(x), lambda x: stats.gmean(x, axis=1, keepdims=True), lambda x: stats.gmean(x[:, 0], weights=WEIGHTS),
    lambda x: stats.hmean(x, axis=None), lambda x: stats.hmean(x[:, 1], weights=WEIGHTS), lambda x: stats.pmean(x, 2.5, axis=-1),
    lambda x: stats.pmean(x, 0), lambda x: stats.zscore(x), lambda x: stats.zscore(x, axis=1, ddof=1), lambda x: stats.zscore(x, axis=None),
    lambda x: stats.gzscore(x), lambda x: stats.zmap(x, Y, axis=0, ddof=1), lambda x: stats.zmap(Y, x),
    lambda x: stats.sem(x), lambda x: stats.sem(x, axis=None, ddof=0), lambda x: stats.sem(x, axis=1, keepdims=True),
    lambda x: stats.variation(x, ddof=1), lambda x: stats.moment(x, 3), lambda x: stats.moment(x, 2, axis=1, center=0.5),
    lambda x: stats.skew(x), lambda x: stats.skew(x, axis=None, bias=False), lambda x: stats.kurtosis(x, axis=0, bias=False),
    lambda x: stats.kurtosis(x, fisher=False), lambda x: stats.kurtosis(x[:, 0], fisher=False, bias=False),
    lambda x: stats.trim_mean(x, 0.2), lambda x: stats.trim_mean(x, 0.1, axis=None),
    lambda x: stats.entropy(x), lambda x: stats.entropy(x, Y, base=2), lambda x: stats.entropy(Y, x, axis=1),
    lambda x: np.stack(stats.pearsonr(x[:, 0], Y[:, 0])), lambda x: stats.pearsonr(x, Y, axis=0).statistic,
    lambda x: np.stack(stats.linregress(x[:, 0], x[:, 1])), lambda x: stats.linregress(Y[:, 0], x[:, 1]).intercept_stderr,
    lambda x: np.stack(stats.ttest_1samp(x, 1.3)), lambda x: stats.ttest_rel(x, Y).pvalue, lambda x: np.stack(stats.ttest_ind(x, Y, axis=1)),
    lambda x: stats.ttest_ind(x[:5], Y, equal_var=False).pvalue, lambda x: stats.ttest_ind(x[:5], Y, equal_var=False).df,
]  # fmt: skip


@pytest.mark.parametrize("f", CALLS, ids=[str(k) for k in range(len(CALLS))])
def test_values_and_derivatives(f):
    value, direction = f(X), rng.normal(size=X.shape)
    np.testing.assert_allclose(sd.function(f)(X), value, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(np.shape(sd.function(f)(X)), np.shape(value))
    h = 1e-4
    near, far = f(X + h * direction) - f(X - h * direction), f(X + 2 * h * direction) - f(X - 2 * h * direction)
    slope = (8 * near - far) / (12 * h)
    np.testing.assert_allclose(sd.jvp(f, "x")(X, direction), slope, rtol=1e-6, atol=1e-8)
    weights = rng.normal(size=np.shape(value))
    found = sd.grad(lambda x: np.sum(f(x) * weights))(X)
    np.testing.assert_allclose(np.sum(found * direction), np.sum(slope * weights), rtol=1e-6, atol=1e-8)


def test_single_precision_stays():
    x = X.astype(np.float32)
    for f in (stats.gmean, stats.zscore, stats.skew, stats.sem):
        assert sd.function(lambda x, f=f: f(x))(x).dtype == np.float32


@pytest.mark.parametrize("f", [
    lambda x: stats.zscore(x, nan_policy="omit"), lambda x: stats.pearsonr(x[:, 0], x[:, 1], alternative="less").statistic,
    lambda x: stats.gmean(x, dtype=np.float32),
])  # fmt: skip
def test_what_is_refused(f):
    with pytest.raises(UnsupportedError):
        sd.function(f)(X)


@pytest.mark.parametrize("options", [{}, {"base": 2}, {"axis": 1}, {"axis": 1, "keepdims": True, "base": 3.0}])
def test_jensenshannon(options):
    distance = pytest.importorskip("scipy.spatial.distance")

    def f(x):
        return distance.jensenshannon(x, Y, **options)

    np.testing.assert_allclose(sd.function(f)(X), f(X), rtol=1e-12)
    sd.check_grads(lambda x: np.sum(f(x) ** 2), (X,), order=1, rtol=1e-6)
