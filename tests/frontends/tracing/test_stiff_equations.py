"""solve_ivp by the methods for stiff equations, odeint where it is stiff, and solve_bvp: values and derivatives."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError

integrate = pytest.importorskip("scipy.integrate")
RATES = np.array([0.04, 1e4, 3e7])


def reactions(t, y, k):
    """Robertson's."""
    slow, fast = k[0] * y[0], k[1] * y[1] * y[2]
    last = k[2] * y[1] ** 2
    return [fast - slow, slow - fast - last, last]


def oscillator(t, y, mu):
    """Van der Pol's."""
    return [y[1], mu * ((1 - y[0] ** 2) * y[1] - y[0])]


def differences(f, x, share=1e-3):
    """Derivatives along each element of x, of fourth order, behind the axes of what f gives."""
    x, found = np.asarray(x, float), []
    for index in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[index] = share * max(abs(x[index]), 1e-3)
        near, far = f((x + e)[()]) - f((x - e)[()]), f((x + 2 * e)[()]) - f((x - 2 * e)[()])
        found.append((8 * near - far) / (12 * e[index]))
    return np.reshape(np.stack(found, axis=-1), (*np.shape(found[0]), *x.shape))


TIMES = np.array([0.0, 0.4, 4.0, 40.0])


def concentrations(k, method="Radau", rtol=1e-8):
    options = {"rtol": rtol, "atol": 1e-3 * rtol, "args": (k,), "t_eval": TIMES}
    return integrate.solve_ivp(reactions, (0.0, TIMES[-1]), [1.0, 0, 0], method, **options).y.T


@pytest.fixture(scope="module")
def exactly():
    """Values, and derivatives by the logarithms of the rates."""
    return concentrations(RATES, rtol=1e-10), differences(lambda k: concentrations(k, rtol=1e-10), RATES, 1e-2) * RATES


@pytest.mark.sampled(2)
@pytest.mark.parametrize("method", ["BDF", "LSODA"])
def test_reactions(method, exactly):
    found = sd.function(concentrations)(RATES, method), sd.jacobian(concentrations)(RATES, method) * RATES
    for value, meant in zip(found, exactly, strict=True):
        np.testing.assert_allclose(value, meant, rtol=1e-4, atol=1e-7)


def oscillation(y0, times, method="Radau", rtol=1e-9):
    """At some times."""
    options = {"rtol": rtol, "atol": 1e-11, "args": (30.0,), "t_eval": times}
    return np.sum(integrate.solve_ivp(oscillator, (0.05, 0.9), y0, method, **options).y ** 2)


def last_of_oscillation(mu, start, end, method="LSODA", rtol=1e-9):
    """At its end."""
    options = {"rtol": rtol, "atol": 1e-11, "args": (mu,)}
    y = integrate.solve_ivp(oscillator, (start, end), np.array([2.0, 0.1]), method, **options).y
    return y[0, -1] * y[1, -1]


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (oscillation, (np.array([2.0, 0.1]), np.array([0.2, 0.6, 0.899]))),
        (last_of_oscillation, (30.0, 0.05, 0.9)),
    ],
)
def test_what_one_differentiates_by(f, point):
    found = sd.grad(f, tuple(range(len(point))))(*point)
    for k, slope in enumerate(found):
        meant = differences(lambda x, k=k: f(*point[:k], x, *point[k + 1 :], "LSODA", 1e-11), point[k], 1e-4)
        np.testing.assert_allclose(slope, meant, rtol=2e-5, atol=1e-7)


def test_second_derivatives():
    def decay(p):
        return integrate.solve_ivp(
            lambda t, y: [-p[0] * y[0], 1e4 * (y[0] - y[1])], (0.0, 1.5), [p[1], 0.0], "Radau", rtol=1e-6, atol=1e-9
        ).y[0, -1]

    a, y0 = 0.7, 2.0
    e = np.exp(-1.5 * a)
    meant = np.array([[2.25 * y0 * e, -1.5 * e], [-1.5 * e, 0.0]])
    np.testing.assert_allclose(sd.hessian(decay)(np.array([a, y0])), meant, rtol=1e-4, atol=1e-5)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("method", "seed"), [("Radau", 0), ("LSODA", 1)])
def test_linear_equations_of_any_stiffness(method, seed):
    """The law: of y' = A y + b the solution is an exponential, and so are its derivatives; forwards and backwards."""
    linalg, rng = pytest.importorskip("scipy.linalg"), np.random.default_rng(seed)
    n = 2 + seed
    vectors, rates = rng.normal(size=(n, n)), -(10.0 ** rng.uniform(-1, 4, size=n))
    matrix, span = vectors @ np.diag(rates) @ np.linalg.inv(vectors), (0.0, 2.0)
    if seed == 1:
        matrix, span = -matrix, (2.0, 0.0)
    b, y0 = rng.normal(size=n), rng.normal(size=n)
    whole = np.block([[matrix, b[:, None]], [np.zeros((1, n + 1))]])
    exponential = linalg.expm((span[1] - span[0]) * whole)

    def end(y0, b):
        return integrate.solve_ivp(lambda t, y: matrix @ y + b, span, y0, method, rtol=1e-9, atol=1e-9).y[:, -1]

    found = sd.jacobian(end, ("y0", "b"))(y0, b)
    by_constant = np.linalg.solve(matrix, exponential[:n, :n] - np.eye(n))
    size = np.max(np.abs(vectors)) * np.max(np.abs(np.linalg.inv(vectors)))
    np.testing.assert_allclose(sd.function(end)(y0, b), exponential[:n] @ [*y0, 1.0], rtol=1e-6, atol=1e-7 * size)
    np.testing.assert_allclose(found[0], exponential[:n, :n], rtol=1e-6, atol=1e-7 * size)
    np.testing.assert_allclose(found[1], by_constant, rtol=1e-6, atol=1e-7 * size)


def test_a_slope_without_the_state_and_one_number():
    def f(a):
        return integrate.solve_ivp(lambda t, y: a * np.cos(a * t), (0.0, 2.0), [0.0], "Radau", rtol=1e-9).y[0, -1]

    np.testing.assert_allclose(sd.value_and_grad(f)(1.3), (np.sin(2.6), 2 * np.cos(2.6)), rtol=1e-6)


def test_stiff_from_a_time_on():
    """Explicit steps are taken while the rate is small, and Radau's where it is 1e5."""
    times = np.linspace(0.0, 2.0, 9)

    def f(a):
        return integrate.odeint(lambda y, t: -(10.0 ** (5 * np.tanh(4 * t - 4))) * (y - np.sin(a * t)), 1.0, times)[
            :, 0
        ]

    np.testing.assert_allclose(sd.function(f)(1.5), f(1.5), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(sd.jacobian(f)(1.5), differences(f, 1.5), rtol=1e-4, atol=1e-5)


def test_methods_that_are_none():
    with pytest.raises(UnsupportedError, match="Radua"):
        sd.grad(lambda a: integrate.solve_ivp(lambda t, y: a * y, (0.0, 1.0), [1.0], "Radua").y[0, -1])(1.0)


# ------------------------------------------------------------------------------------------------------------- solve_bvp


def bratu(k, guess=0.0, **options):
    x = np.linspace(0, 1, 5)
    return integrate.solve_bvp(
        lambda x, y: np.vstack((y[1], -k * np.exp(y[0]))), lambda a, b: np.array([a[0], b[0]]), x,
        np.stack([guess * np.ones(5), np.zeros(5)]), **options,
    )  # fmt: skip


@pytest.mark.parametrize("guess", [0.0, 3.0])
def test_boundary_values(guess):
    """Of Bratu's problem, both solutions, at a place and as a slope at the end."""

    def f(k, **options):
        found = bratu(k, guess, **options)
        return found.sol(0.3)[0] + found.sol(0.3, 1)[1] / 7 + found.y[1, 0] * found.sol(np.array([0.1, 0.5]))[0, 1]

    exactly = {"tol": 1e-8, "max_nodes": 5_000}
    value, slope = sd.value_and_grad(f)(1.0)
    np.testing.assert_allclose(value, f(1.0, **exactly), rtol=1e-5)
    np.testing.assert_allclose(slope, differences(lambda k: f(k, **exactly), 1.0), rtol=1e-5)
    if guess:
        return
    second = sd.hessian(lambda k: f(k[0]))(np.array([1.0]))
    meant = f(1.01, **exactly) - 2 * f(1.0, **exactly) + f(0.99, **exactly)
    np.testing.assert_allclose(second[0, 0], meant / 1e-4, rtol=1e-3)


def test_parameters_are_found():
    """An eigenvalue: k with y'' + k**2 y = 0 between 0 and L is 2 pi / L."""

    def f(length):
        x, y = length * np.linspace(0, 1, 5), np.zeros((2, 5))
        y[0, 1], y[0, 3] = 1, -1
        found = integrate.solve_bvp(
            lambda x, y, p: (y[1], -(p[0] ** 2) * y[0]),
            lambda a, b, p: [a[0], b[0], a[1] - p[0]],
            x,
            y,
            p=[6],
            tol=1e-6,
        )
        return found.p[0]

    np.testing.assert_allclose(sd.value_and_grad(f)(1.1), (2 * np.pi / 1.1, -2 * np.pi / 1.21), rtol=1e-6)


def test_a_mesh_that_is_too_coarse_raises_and_one_of_scipys_helps():
    def layer(width, x, y):
        return integrate.solve_bvp(
            lambda x, y: [y[1], y[1] / width], lambda a, b: [a[0], b[0] - 1.0], x, y, max_nodes=10_000
        )  # fmt: skip

    x = np.linspace(0, 1, 5)
    with pytest.raises(ValueError, match="finer mesh"):
        sd.grad(lambda w: layer(w, x, np.zeros((2, 5))).sol(0.99)[0])(1e-3)
    known = layer(1e-2, x, np.zeros((2, 5)))
    found = sd.grad(lambda w: layer(w, known.x, known.y).sol(0.99)[0])(1e-2)
    np.testing.assert_allclose(found, 0.01 / 1e-4 * np.exp(-1), rtol=1e-3)


def test_what_solve_bvp_is_not_given():
    with pytest.raises(UnsupportedError, match="S="):
        sd.grad(lambda k: bratu(k, S=np.zeros((2, 2))).sol(0.5)[0])(1.0)
    with pytest.raises(ArgumentError, match="tol"):
        sd.grad(lambda k: bratu(k, tol=0.0).sol(0.5)[0])(1.0)
    with pytest.raises(UnsupportedError, match="solver chooses"):
        sd.grad(lambda k: np.sum(bratu(k).y))(1.0)
    with pytest.raises(ShapeError, match="mesh"):
        sd.grad(lambda k: integrate.solve_bvp(lambda x, y: k * y, lambda a, b: a, np.zeros(4), np.zeros(4)).sol(0.5))(
            1.0
        )
