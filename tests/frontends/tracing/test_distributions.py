"""Distributions of scipy.stats in traced functions: SciPy's values, and derivatives as finite differences have them."""

import numpy as np
import pytest
from helpers import as_tuple
from scipy import stats

import symdiff as sd
from symdiff.errors import UnsupportedError
from symdiff.graph.node import as_node
from symdiff.ops.api.distributions import CONTINUOUS, DISCRETE
from symdiff.ops.table import BY_SCIPY

SHAPES = {"n": 5.0, "p": 0.3, "mu": 2.3, "a": 1.7, "b": 2.1, "df": 3.4, "c": 1.9, "s": 0.8, "dfn": 3.0, "dfd": 6.5, "d": 1.2, "nu": 0.8, "kappa": 1.4,
          "beta": 1.3, "K": 0.7, "chi": 1.4, "skew": 0.6, "mu1": 2.2, "mu2": 1.1, "lambda_": 0.7, "N": 6.0, "alpha": 1.7, "nc": 1.3, "k": 1.6}  # fmt: skip
OWN = {  # of distributions whose shapes of these names mean something else
    "truncnorm": (-0.5, 1.7), "triang": (0.4,), "trapezoid": (0.2, 0.7), "wrapcauchy": (0.4,), "norminvgauss": (1.7, 0.6), "skewcauchy": (0.4,),
    "truncweibull_min": (1.9, 0.3, 2.1), "erlang": (2.0,),
}  # fmt: skip
EVERYWHERE = np.array([-2.0, 0.0, 0.3, 0.9, 1.0, 1.6, 2.5, 4.0, 30.0])
PROBABILITIES = np.array([0.05, 0.3, 0.5, 0.95])
COUNTS = np.array([-1.0, 0.0, 1.0, 2.0, 0.5, 5.0, 7.0])
METHODS = [path.split(".")[2:] for path in BY_SCIPY if path.startswith("scipy.stats.")]
every_method = pytest.mark.parametrize(("name", "method"), METHODS)


def shapes_of(name):
    return list(OWN.get(name) or [SHAPES[shape] for shape in {**CONTINUOUS, **DISCRETE}[name].shapes])


def points(name, method):
    return PROBABILITIES if method in ("ppf", "isf") else COUNTS if name in DISCRETE else EVERYWHERE


@pytest.mark.sampled(2)
@every_method
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
def test_value_is_scipys(name, method):
    distribution = getattr(stats, name)
    where = () if name in DISCRETE else (0.1, 1.3)
    x, shapes = points(name, method), shapes_of(name)

    def f(x):
        return getattr(distribution, method)(x, *shapes, *where)

    np.testing.assert_allclose(sd.function(f)(x), f(x), rtol=1e-9, atol=1e-300)


MODELS = {
    "norm": lambda x: np.sum(stats.norm.logpdf(x, loc=x[0], scale=x[1])),
    "by name": lambda x: np.sum(stats.gamma.logpdf(x, a=x[0] + 1, scale=x[1])),
    "frozen": lambda x: np.sum(stats.norm(x[0], x[1]).logpdf(x) + stats.expon(scale=2.0).logcdf(x)),
    "student": lambda x: np.sum(stats.t.logpdf(x, x[0] + 2, x[1], x[2])),
    "tail": lambda x: np.sum(stats.norm.logsf(40 * x)),
    "beta": lambda x: np.sum(stats.beta.logpdf(x / 4, x[0] + 0.5, x[1] + 0.2)),
    "gamma cdf": lambda x: np.sum(stats.gamma.cdf(x, x[1] + 0.3)),
    "poisson": lambda x: np.sum(stats.poisson.logpmf(np.arange(3), x)),
    "binom": lambda x: np.sum(stats.binom.logpmf(np.arange(3), 4, x / 4)),
    "quantile": lambda x: np.sum(stats.lognorm.ppf(x / 4, x[0] + 0.4)),
}


@pytest.mark.parametrize("model", MODELS)
def test_derivative_is_that_of_differences(model):
    f, x = MODELS[model], np.array([0.7, 1.3, 2.2])
    np.testing.assert_allclose(as_tuple(sd.function(f)(x))[0], f(x), rtol=1e-12)
    sd.check_grads(f, (x,), order=1, rtol=1e-5)


SPECIAL = {"n": 5.0, "p": 0.4, "mu": 2.0, "a": 1.0, "b": 1.0, "df": 2.0, "c": 1.0, "s": 1.0, "dfn": 2.0, "dfd": 4.0, "d": 1.0, "nu": 0.5,
           "kappa": 1.0, "beta": 2.0, "K": 1.0, "chi": 1.0, "skew": 1.0, "mu1": 2.0, "mu2": 2.0, "lambda_": 1.0, "N": 5.0, "alpha": 1.0, "nc": 1.0, "k": 1.0}  # fmt: skip
OWN_SPECIAL = {
    **OWN, "loguniform": (1.0, 2.0), "reciprocal": (1.0, 2.0), "truncpareto": (1.0, 2.0), "truncweibull_min": (1.0, 0.3, 2.1), "genpareto": (1e-3,),
    "genextreme": (1e-3,),
}  # fmt: skip
HELD = {"n", "N"}, {"ncx2": {"df"}}  # counts, and orders of Bessel functions
STEP = 1e-6


def as_model(name, method):
    """The method as a function of the variate, the shapes, the location and the scale."""
    names = ["x", *{**CONTINUOUS, **DISCRETE}[name].shapes, "loc", *(() if name in DISCRETE else ("scale",))]
    call = f"stats.{name}.{method}({', '.join(k if k not in ('loc', 'scale') else f'{k}={k}' for k in names)})"
    namespace = {"stats": stats}
    exec(f"def f({', '.join(names)}): return {call}", namespace)
    return namespace["f"], names


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
@pytest.mark.parametrize("method", ["log", "cdf", "ppf"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_derivatives_are_those_of_differences_where_shapes_are_special(name, method):
    """Where a shape is 1, its power or logarithm vanishes in the formula, and its derivative does not."""
    method = ("logpmf" if name in DISCRETE else "logpdf") if method == "log" else method
    if [name, method] not in METHODS:
        pytest.skip(f"no {method}")
    f, names = as_model(name, method)
    x = points(name, method)
    shapes = OWN_SPECIAL.get(name) or [SPECIAL[shape] for shape in {**CONTINUOUS, **DISCRETE}[name].shapes]
    args = [x, *(np.full(x.shape, v) for v in (*shapes, *((0.0,) if name in DISCRETE else (0.03, 1.3))))]
    held = HELD[0] | HELD[1].get(name, set())
    moved = [k for k in names if k not in held and (name not in DISCRETE or k not in ("x", "loc"))]
    found = sd.grad(lambda *args: np.sum(f(*args)), tuple(map(names.index, moved)))(*args)
    for k, slope in zip(moved, found, strict=True):
        i = names.index(k)
        ahead, behind = list(args), list(args)
        ahead[i], behind[i] = args[i] + STEP, args[i] - STEP
        expected = (f(*ahead) - f(*behind)) / (2 * STEP)
        finite = (
            np.isfinite(expected) & (np.abs(expected) < 1e3) & (np.abs(f(*args)) < 1e6)
        )  # beyond that all is rounding
        np.testing.assert_allclose(slope[finite], expected[finite], rtol=1e-5, atol=1e-8, err_msg=k)


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_shapes_and_scales_that_are_none_give_nan(name):
    f, names = as_model(name, "logpmf" if name in DISCRETE else "logpdf")
    fine = [1.0, *shapes_of(name), *((0.0,) if name in DISCRETE else (0.1, 1.3))]
    for k in range(1, len(fine)):
        if names[k] == "loc":
            continue
        args = [-1.5 if i == k else value for i, value in enumerate(fine)]
        assert np.isnan(f(*args)) == np.isnan(sd.function(f)(*args)), names[k]
        assert np.isnan(f(*args)) or {**CONTINUOUS, **DISCRETE}[name].valid is not None, names[k]


@pytest.mark.parametrize("name", [name for name, method in METHODS if method == "isf"])
def test_small_probabilities_keep_their_digits(name):
    """sf(isf(p)) is p, cdf(ppf(p)) too, and beyond 0 and 1 there is no quantile."""
    d, distribution, shapes = CONTINUOUS[name], getattr(stats, name), shapes_of(name)
    low, high = (end(*map(as_node, shapes)) if callable(end) else end for end in (d.low, d.high))
    low, high = (end if isinstance(end, float) else np.nan for end in (low, high))
    for inverse, probability, end in (("isf", "sf", high), ("ppf", "cdf", low)):
        quantile = sd.function(lambda p: getattr(distribution, inverse)(p, *shapes))  # noqa: B023
        back = sd.function(lambda x: getattr(distribution, probability)(x, *shapes))  # noqa: B023
        for p in (1e-10, 0.3, 0.9) if end == 0 or np.isinf(end) else (0.3, 0.9):
            np.testing.assert_allclose(back(quantile(p)), p, rtol=1e-11)
        with np.errstate(all="ignore"):
            assert np.isnan(quantile(-0.1)) and np.isnan(quantile(1.1))


def test_outside_of_the_support_there_is_no_derivative():
    g = sd.grad(lambda x: np.sum(np.exp(stats.expon.logpdf(x))))
    np.testing.assert_array_equal(g(np.array([-1.0, -0.1])), [0.0, 0.0])
    by_scale = sd.grad(lambda s: np.sum(stats.gamma.logpdf(np.array([-1.0, 2.0]), 2.0, scale=s)))
    np.testing.assert_allclose(by_scale(1.0), 0.0, atol=1e-15)  # of 2 alone: -2 / s + 2 / s**2


def test_what_is_not_known_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"scipy\.stats\.levy_stable\.logpdf"):
        sd.grad(lambda x: stats.levy_stable.logpdf(x, 1.5, 0.5))(0.3)


def test_distributions_of_numbers_are_scipys():
    f = sd.function(lambda x: x * stats.norminvgauss.logpdf(0.2, 1.0, 0.5) + stats.norm.a)
    assert f(0.0) == -np.inf or np.isnan(f(0.0))
