"""Constants that meet keep their values: whatever their dtypes, rewriting computes with real numbers."""

import functools

import numpy as np
import pytest

import symdiff as sd

I64, F32, U8, I8 = np.int64, np.float32, np.uint8, np.int8

PROGRAMS = {
    "integers of an array": lambda x: np.full(x.shape, 2) * x * 0.4,
    "an integer and a float": lambda x: 0.4 * (I64(2) * x),
    "like terms": lambda x: I64(2) * x + 0.5 * x,
    "inside of a logarithm": lambda x: np.log(I64(2) * (0.3 * x)),
    "exponents": lambda x: np.exp(I64(2) * x) * np.exp(0.3 * x),
    "narrow and wide floats": lambda x: F32(0.5) * (0.3 * x),
    "like terms of both": lambda x: F32(0.5) * x + 0.3 * x,
    "small integers": lambda x: U8(200) * (U8(3) * x),
    "like terms of small integers": lambda x: U8(200) * x + U8(100) * x,
    "a number twice": lambda x: I8(100) + (I8(100) + x),
    "arrays of small integers": lambda x: np.full(3, 100, I8) + (np.full(3, 100, I8) + x),
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_values_are_numpys(f):
    x = np.array([0.7, 1.0, 1.3])
    np.testing.assert_allclose(sd.function(f)(x), f(x), rtol=1e-14)
    assert sd.check_grads(lambda x: np.sum(f(x)), (x,), order=1) < 1e-7


def test_widths_of_edges_may_be_lengths():
    p = np.array([0.1, 0.2, 0.3])
    jacobian = sd.jacobian("convolve(sin(p), q)", "p", p="n", q="n")(p, p)
    np.testing.assert_allclose(jacobian, np.array([np.convolve(e, p) for e in np.diag(np.cos(p))]).T, rtol=1e-14)


@pytest.mark.parametrize(
    "factors", [(1e-9, 1e9), (1e8, 1e-8), (1e150, 1e-150), (3e7, 1 / 3e7), (1e-300, 1e300)], ids=str
)
@pytest.mark.parametrize("back", [lambda x, f: x * f[1], lambda x, f: x / f[0]], ids=["times", "over"])
@pytest.mark.parametrize("length", [3, 40, 400])
def test_numbers_of_a_long_chain_stay_in_range(factors, back, length):
    """There and back between units: however often, the numbers that gather must not leave the range of floats."""

    def f(x):
        for _ in range(length):
            x = back(x * factors[0] + 1e-3 * factors[0] * np.sin(x), factors)
        return np.sum(x * x)

    x = np.array([0.3, 1.1])
    slope, y = np.ones(2), x
    for _ in range(length):
        slope, y = slope * (1 + 1e-3 * np.cos(y)), y + 1e-3 * np.sin(y)
    np.testing.assert_allclose(sd.grad(f)(x), 2 * y * slope, rtol=1e-10)
    g = sd.grad(lambda x: functools.reduce(lambda v, k: back(v * factors[0], factors), range(length), x) ** 2)
    assert g(0.7) == pytest.approx(1.4, rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_numbers_that_go_to_each_element_meet_as_numbers(power, dtype):
    """The derivative of a sum begins with the same number for each element."""

    def loss(x):
        s = 1 / x**power
        return np.sum(4 * (s**2 - s))

    f = sd.grad(loss)
    x = np.arange(1.0, 7.0, dtype=dtype)
    found = f(x)
    np.testing.assert_allclose(found, 4 * (2 / x**power - 1) * -power / x ** (power + 1), rtol=1e-5)
    assert found.dtype == dtype
    assert "np.full" not in f.source
    assert "np.ones" not in f.source


def test_rows_of_known_numbers_are_one_constant():
    """The matrix of a cross product has three of them as its derivative."""

    def turned(w, x):
        W = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
        return x + W @ x + W @ W @ x

    w, x = np.array([0.1, -0.4, 0.3]), np.array([1.0, 2.0, -0.5])
    jacobian = sd.jacobian(turned)
    differences = [(turned(w + 1e-6 * e, x) - turned(w - 1e-6 * e, x)) / 2e-6 for e in np.eye(3)]
    np.testing.assert_allclose(jacobian(w, x), np.transpose(differences), atol=1e-8)
    assert "np.zeros" not in jacobian.source
    assert "np.stack" not in jacobian.source


def test_functions_of_many_counted_numbers_say_what_they_are():
    def discounted(x):
        return sum(0.9**t * x * (t + 1) for t in range(3)) * np.sum(0.9 ** np.arange(40) * x)

    source = sd.function("sum(x * 0.9 ** arange(40))", x=40).source
    assert "_f_c = np.arange(40.0)\n" in source and "x @ 0.9 ** _f_c" in source

    def adam(x):
        m = 0.0
        for t in range(1, 51):
            m = 0.9 * m + 0.1 * x
            x = x - 0.1 * m / (1 - 0.9**t)
        return x**2

    source = sd.grad(adam, loops="keep").at(1.5).source
    assert "np.arange(1, 51)" in source and len(source) < 900
    h = 1e-6
    assert sd.grad(adam, loops="keep")(1.5) == pytest.approx((adam(1.5 + h) - adam(1.5 - h)) / (2 * h), rel=1e-7)
    assert sd.grad(discounted)(1.5) == pytest.approx((discounted(1.5 + h) - discounted(1.5 - h)) / (2 * h), rel=1e-7)


def test_a_short_vector_of_which_a_half_is_given_is_written_as_one():
    source = sd.grad(lambda p: p[0] * np.sin(p[1])).at(np.ones(3)).source
    assert "return np.array([np.sin(p_1), d_p_1, 0.0])" in source
    assert "np.zeros" in sd.grad(lambda p: p[0] * np.sin(p[1])).at(np.ones(5)).source


def far_and_back(x):
    return x * 1e200 * 1e200 * 1e-300 * 1e-100


def away_and_back(x):
    return x * 1e-300 * 1e-200 / 1e-250 / 1e-250


def twice_the_same(x):
    return x * 1e-300 * 1e-300 * 1e300 * 1e300


def between_others(x):
    return np.sin(x * 1e200) * 1e-200 * 1e-200 * 1e200


@pytest.mark.parametrize(
    "f, x, slope",
    [
        (far_and_back, 1e-150, 1.0),
        (away_and_back, 1e250, 1.0),
        (twice_the_same, 1e300, 1.0),
        (between_others, 1e-201, np.cos(0.1)),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_numbers_of_a_derivative_stay_in_range_where_those_of_the_value_do(f, x, slope):
    """The way back multiplies the same numbers in the other order."""
    assert sd.function(f)(x) == f(x)
    assert sd.grad(f)(x) == pytest.approx(slope, rel=1e-14)
    np.testing.assert_allclose(sd.grad(lambda x: np.sum(f(x)))(np.full(2, x)), slope, rtol=1e-14)
    assert sd.jacobian(f)(np.full(2, x)) == pytest.approx(slope * np.eye(2), rel=1e-14)


def test_a_product_that_stays_out_of_range_is_what_it_is():
    assert sd.function("1e200*1e200*x")(2.0) == np.inf
    assert sd.function("1e-200*1e-200*x")(2.0) == 0.0
    assert sd.function("1e200*1e200*1e-300*x", exact=True)(2.0) == np.inf


def squares(x):
    return x**2 * 1e-300 * 1e-200 / 1e-250 / 1e-250


@pytest.mark.parametrize("f", [far_and_back, away_and_back, twice_the_same, squares], ids=lambda f: f.__name__)
def test_numbers_stay_in_range_in_products_of_matrices(f):
    """Where the normal form of products gathers the numbers, they are multiplied exactly."""
    A = np.array([[1.0, 2.0], [3.0, -1.0]])
    slope = 2 * A.T @ A if f is squares else None
    x = np.array([1.0, 3.0])
    if slope is not None:
        np.testing.assert_allclose(sd.hessian(lambda x: np.sum(f(A @ x)))(x), slope, rtol=1e-13)
    np.testing.assert_allclose(
        sd.jacobian(lambda x: f(A @ x))(x), np.diag(2 * A @ x) @ A if f is squares else A, rtol=1e-13
    )
