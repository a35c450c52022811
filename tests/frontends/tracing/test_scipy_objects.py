"""Series of numpy.polynomial, splines of two variables, systems with sparse matrices, and integrals within integrals.

The law of all: values are those without us, slopes those of differences.
"""

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.sparse.linalg as solvers
from numpy.polynomial import Chebyshev, Hermite, HermiteE, Laguerre, Legendre, Polynomial
from scipy.integrate import dblquad, nquad, quad, tplquad
from scipy.interpolate import RectBivariateSpline, bisplev, bisplrep

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError

C, X = np.array([1.0, -2.0, 0.5, 0.3]), np.array([0.3, -0.2, 0.7])
ROWS, COLUMNS = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])
D = np.array([4.0, 1.0, 1.0, 3.0, 2.0])
A = sp.csc_matrix(np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]]))
GX, GY = np.linspace(0, 1, 7), np.linspace(0, 2, 8)
SURFACE = RectBivariateSpline(GX, GY, np.sin(3 * GX[:, None]) * np.cos(GY))
TCK = bisplrep(np.repeat(GX, 8), np.tile(GY, 7), (np.sin(3 * GX[:, None]) * np.cos(GY)).ravel(), s=0)
INSIDE, BEYOND = np.array([0.3, 0.7]), np.array([1.3, 2.7])


def differences(f, x, h=1e-6):
    steps = np.eye(x.size).reshape(x.size, *x.shape) * h
    return np.reshape([(f(x + step) - f(x - step)) / (2 * h) for step in steps], x.shape)


def check(f, x):
    x = np.asarray(x, float)
    value, slope = sd.value_and_grad(f)(x if x.ndim else float(x))
    np.testing.assert_allclose(value, f(x), rtol=1e-9)
    np.testing.assert_allclose(slope, differences(f, x), rtol=1e-5, atol=1e-7)


SERIES = {
    "places": (lambda K: lambda x: np.sum(K(C)(x) ** 2), X),
    "coefficients": (lambda K: lambda c: np.sum(K(c)(X) ** 2), C),
    "both": (lambda K: lambda c: np.sum(K(c)(c[:2]) ** 2), C),
    "domain": (lambda K: lambda c: np.sum(K(c, domain=[0, 2])(X) ** 2), C),
    "derivative": (lambda K: lambda c: np.sum(K(c, domain=[0, 3]).deriv(2)(X) ** 2), C),
    "integral": (lambda K: lambda c: K(c, domain=[0, 3]).integ(1, 2.0, 0.5)(1.0) ** 2, C),
    "known derivative": (lambda K: lambda x: np.sum(K(C).deriv()(x) * K(C).integ()(x)), X),
    "sums": (lambda K: lambda c: np.sum((2 * K(c) - K([1.0, 2.0]) + 1 - (3 - K(c)))(X) ** 2), C),
    "products": (lambda K: lambda c: np.sum((K(c) * K([1.0, 2.0]) * K(c) / 2 + K(c) ** 2)(X)), C),
    "converted": (lambda K: lambda c: np.sum(K(c).convert(kind=Polynomial, domain=[0, 2]).coef ** 2), C),
    "fitted": (lambda K: lambda y: K.fit(np.arange(4.0), y, 2)(1.5) ** 2, C),
    "basis": (lambda K: lambda x: np.sum(K.basis(3)(x)), X),
    "parts": (lambda K: lambda c: np.sum(K(c).coef ** 2) * K(c).degree() * len(K(c)), C),
}


@pytest.mark.parametrize("kind", [Polynomial, Chebyshev, Legendre, Hermite, HermiteE, Laguerre])
@pytest.mark.parametrize("name", SERIES)
def test_series(name, kind):
    made, x = SERIES[name]
    check(made(kind), x)


def test_series_that_are_known_stay_numpys():
    p = Chebyshev(C)
    check(lambda x: p(x[0]) * p.roots()[0] + np.sum(p.coef) * p(0.5) * x[1] * isinstance(p, Chebyshev), X)
    with pytest.raises(TypeError, match="other classes"):
        sd.grad(lambda c: (Chebyshev(c) + Legendre(c))(0.5))(C)
    with pytest.raises(UnsupportedError, match="roots"):
        sd.grad(lambda c: np.sum(Polynomial(c).roots()))(C)
    with pytest.raises(UnsupportedError, match="symbolic domain"):
        sd.grad(lambda a: Polynomial(C, domain=[0.0, a])(0.5))(2.0)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: SURFACE.ev(x[0], x[1]) ** 2, INSIDE), (lambda x: SURFACE(x[0], x[1], grid=False) ** 2, INSIDE),
        (lambda x: np.sum(SURFACE(x[:2], x[2:]) ** 2), [0.3, 0.7, 0.2, 1.5]), (lambda x: SURFACE.ev(x[0], x[1], dx=1, dy=1), INSIDE),
        (lambda x: np.sum(SURFACE.ev(x[:2], x[2:]) ** 2), [0.3, 0.7, 0.2, 1.5]), (lambda x: bisplev(x[0], x[1], TCK) ** 2, INSIDE),
        (lambda x: bisplev(x[0], x[1], TCK, dx=1) ** 2, INSIDE), (lambda x: np.sum(bisplev(x[:2], x[2:], TCK)), [0.3, 0.7, 0.2, 1.5]),
        (lambda x: SURFACE.ev(x[0], x[1]) ** 2, BEYOND), (lambda x: bisplev(x[0], x[1], TCK) ** 2, BEYOND),
    ],
)  # fmt: skip
def test_splines_of_two_variables(f, x):
    check(f, x)


def csr(d):
    return sp.csr_matrix((d, COLUMNS, np.array([0, 2, 4, 5])), shape=(3, 3))


SYSTEMS = [
    (lambda b: np.sum(solvers.spsolve(A, b) ** 2), X), (lambda b: np.sum(solvers.spsolve(A, b[:, None]) ** 2), X),
    (lambda b: np.sum(solvers.spsolve(A.tocsr(), np.outer(b, b)) ** 2), X),
    (lambda d: np.sum(solvers.spsolve(sp.csc_matrix((d, (ROWS, COLUMNS)), shape=(3, 3)), X) ** 2), D),
    (lambda d: np.sum(solvers.spsolve(csr(d).tocsc(), X * d[:3]) ** 2), D),
    (lambda d: np.sum(solvers.spsolve(sp.csc_array((d, COLUMNS, np.array([0, 2, 4, 5])), shape=(3, 3)), X) ** 2), D),
    (lambda d: np.sum(solvers.spsolve(sp.diags([d[:3], d[3:]], [0, 1]).tocsc(), X) ** 2), D),
    (lambda d: np.sum(solvers.spsolve(sp.diags(d[:3]).tocsr() + A, X) ** 2), D),
    (lambda s: np.sum(solvers.spsolve((A * s).tocsc(), X) ** 2), 2.0), (lambda s: np.sum(solvers.spsolve((A + s * sp.identity(3)).tocsc(), X) ** 2), 2.0),
    (lambda s: np.sum(solvers.spsolve((s * sp.identity(3) - A).tocsc(), X) ** 2), 0.3), (lambda d: np.sum((csr(d) @ X) ** 2), D),
    (lambda b: np.sum(solvers.factorized(A)(b) ** 2), X), (lambda b: np.sum(solvers.splu(A).solve(b, "T") ** 2), X),
    (lambda b: np.sum(solvers.cg(A, b, rtol=1e-13)[0] ** 2), X), (lambda b: np.sum(solvers.gmres(A, b, rtol=1e-13)[0] ** 2), X),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
@pytest.mark.parametrize("k", range(len(SYSTEMS)))
def test_systems_with_sparse_matrices(k):
    check(*SYSTEMS[k])


def test_large_systems_and_operators_are_refused_with_a_hint():
    large = sp.identity(3000, format="csc")
    with pytest.raises(UnsupportedError, match="external"):
        sd.grad(lambda b: np.sum(solvers.spsolve(large, b)))(np.ones(3000))
    with pytest.raises(SymdiffError, match="symbolic places"):
        sd.grad(lambda x: np.sum(sp.csr_matrix((X, (x, x)), shape=(3, 3)) @ X))(np.arange(3.0))
    with pytest.raises(UnsupportedError, match="give the matrix"):
        sd.grad(lambda b: np.sum(solvers.cg(solvers.aslinearoperator(A), b)[0]))(X)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: quad(lambda x: quad(lambda y: np.exp(-a * x * y), 0, 2)[0], 0, 1)[0],
        lambda a: dblquad(lambda y, x: np.exp(-a * x * y), 0, 1, 0, 2)[0],
        lambda a: dblquad(lambda y, x: np.exp(-a * x * y), 0, 1, lambda x: x / 4, lambda x: a * x)[0],
        lambda a: dblquad(lambda y, x: x * y * y, 0, a, 0, lambda x: x)[0],
        lambda a: nquad(lambda x, y: np.exp(-a * x * y), [[0, 1], [0, 2]])[0],
        lambda a: nquad(lambda x, y: np.exp(-a * x * y), [lambda y: [0, y], [0, a]])[0],
        lambda a: nquad(lambda x, y, k: np.exp(-k * x * y), [[0, 1], [0, 2]], args=(a,))[0],
        lambda a: a * dblquad(lambda y, x: x * y, 0, 1, 0, 2)[0] * nquad(lambda x: x, [[0, 1]])[0],
        lambda a: a * tplquad(lambda z, y, x: x, 0, 1, 0, 2, 0, 1)[0],
    ],
)
def test_integrals_within_integrals(f):
    check(f, 0.7)


def test_of_three_variables_are_refused():
    with pytest.raises(UnsupportedError, match="3 variables"):
        sd.grad(lambda a: tplquad(lambda z, y, x: a * x, 0, 1, 0, 2, 0, 1)[0])(0.7)
