"""Derivatives that are never a matrix, and sparse ones, in SciPy's iterative and constrained solvers.

A minimal surface over a square (as in the MINPACK-2 collection: Averick, Carter, Moré and Xue, 1992) is found by Newton
and conjugate gradients, its softest modes by Lanczos, the Bratu equation by a Newton-Krylov method, and a hanging chain
by trust-region steps with sparse curvature and sparse constraints.
"""

import numpy as np
from scipy.optimize import NonlinearConstraint, minimize, newton_krylov
from scipy.sparse.linalg import LinearOperator, cg, eigsh, spsolve

import symdiff as sd


def frame(n):
    """The height of the boundary: a saddle."""
    x, y = np.meshgrid(*2 * [np.linspace(-1, 1, n + 2)], indexing="ij")
    return x**2 - y**2


def area(inner, border):
    """Of the surface over a grid whose inner heights are `inner`."""
    n = border.shape[0] - 2
    z = border.copy()
    z[1:-1, 1:-1] = inner.reshape(n, n)
    h = 2 / (n + 1)
    a, b = np.diff(z, axis=0) / h, np.diff(z, axis=1) / h
    lower, upper = np.sqrt(1 + a[:, :-1] ** 2 + b[:-1] ** 2), np.sqrt(1 + a[:, 1:] ** 2 + b[1:] ** 2)
    return h**2 / 2 * (np.sum(lower) + np.sum(upper))


def a_minimal_surface(n=20):
    """Newton's method whose linear systems conjugate gradients solve, by products with the Hessian alone."""
    border, inner = frame(n), np.zeros(n * n)
    gradient, curvature = sd.grad(area), sd.hessian_operator(area)
    count, g = 0, gradient(inner, border)
    while np.abs(g).max() > 1e-10 and count < 20:
        step, info = cg(curvature(inner, border), -g, rtol=1e-6)
        assert info == 0
        inner = inner + step
        count, g = count + 1, gradient(inner, border)
    print(f"a minimal surface: {inner.size} unknowns, {count} steps, area {area(inner, border):.6f}")
    assert count < 10

    softest = eigsh(curvature(inner, border), k=3, which="SA")[0]
    sparse = sd.hessian(area, sparse=True)(inner, border)
    np.testing.assert_allclose(softest, eigsh(sparse, k=3, sigma=0)[0], rtol=1e-6)
    np.testing.assert_allclose(sparse @ step, curvature(inner, border) @ step, atol=1e-12)


def bratu(n=24):
    """``Δu + 6 exp(u) = 0`` on a square, by Krylov's method, with the sparse Jacobian at the start to precondition."""
    h = 1 / (n + 1)

    def residual(u):
        padded = np.pad(u.reshape(n, n), 1)
        laplacian = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2] - 4 * padded[1:-1, 1:-1]
        return (laplacian / h**2 + 6 * np.exp(padded[1:-1, 1:-1])).ravel()

    start = np.zeros(n * n)
    jacobian = sd.jacobian(residual, sparse=True)
    at_start = jacobian(start).tocsc()
    M = LinearOperator(at_start.shape, lambda r: spsolve(at_start, r))
    u = newton_krylov(residual, start, method="lgmres", inner_M=M, f_tol=1e-9)

    print(f"the Bratu equation: {u.size} unknowns, {jacobian.sparsity.nnz} entries, highest {u.max():.6f}")
    assert np.abs(residual(u)).max() < 1e-9


def a_hanging_chain(links=20):
    """The lowest chain between two nails: each link has a length, which is a constraint that reads four numbers."""

    def energy(p):
        y = np.concatenate([[0.0], p.reshape(2, -1)[1], [0.0]])
        return np.sum((y[1:] + y[:-1]) / 2)

    def lengths(p):
        inner = p.reshape(2, -1)
        x, y = np.concatenate([[0.0], inner[0], [1.0]]), np.concatenate([[0.0], inner[1], [0.0]])
        return ((x[1:] - x[:-1]) ** 2 + (y[1:] - y[:-1]) ** 2) * (links / 1.5) ** 2

    def weighted(p, weights):
        return weights @ lengths(p)

    jacobian, curvature = sd.jacobian(lengths, sparse=True), sd.hessian(weighted, sparse=True)
    t = np.linspace(0, 1, links + 1)[1:-1]
    start = np.concatenate([t, -2 * t * (1 - t)])
    found = minimize(
        energy, start, jac=sd.grad(energy), hess=sd.hessian(energy, sparse=True), method="trust-constr",
        constraints=NonlinearConstraint(lengths, 1, 1, jac=jacobian, hess=curvature),
        options={"maxiter": 1000},
    )  # fmt: skip
    x, y = found.x.reshape(2, -1)

    print(f"a hanging chain: {found.nit} iterations, {jacobian.sparsity.nnz} entries, {y.min():.4f} deep")
    assert np.abs(lengths(found.x) - 1).max() < 1e-6
    np.testing.assert_allclose(y, y[::-1], atol=1e-4)
    np.testing.assert_allclose(x, 1 - x[::-1], atol=1e-4)


def main():
    a_minimal_surface()
    bratu()
    a_hanging_chain()


if __name__ == "__main__":
    main()
