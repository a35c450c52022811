"""Sparse derivatives where solvers want them: least squares, a stiff equation, a constrained minimum, optimal control.

The problems are the extended Rosenbrock function (Moré, Garbow and Hillstrom, "Testing unconstrained optimization
software", 1981), the Brusselator in one dimension (Hairer and Wanner, "Solving Ordinary Differential Equations II",
1996, section IV.1), and a double integrator that is driven to rest with least effort, all of its states and controls
being unknowns (direct transcription: Betts, "Practical Methods for Optimal Control", 2010). Its optimum is known: the
control falls linearly from 6 to -6, and the effort is 12.
"""

import numpy as np
import scipy.sparse as sp
from scipy.integrate import solve_ivp
from scipy.optimize import LinearConstraint, least_squares, minimize
from scipy.sparse.linalg import spsolve

import symdiff as sd


def least_squares_with_a_sparse_jacobian(n=2000):
    def residuals(x):
        return np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])

    jacobian = sd.jacobian(residuals, sparse=True)
    found = least_squares(residuals, np.full(n, 0.5), jac=jacobian)

    print(f"least squares: {n} unknowns, {found.nfev} evaluations, cost {found.cost:.1e}")
    assert found.cost < 1e-12


def a_stiff_equation(n=100):
    """The Brusselator: the Jacobian has at most four entries in a row."""

    def slopes(t, y):
        u, v = y.reshape(2, n)
        grid = (n + 1) ** 2 / 50
        left, right = np.concatenate([[1.0], u[:-1]]), np.concatenate([u[1:], [1.0]])
        du = 1 + u**2 * v - 4 * u + grid * (left - 2 * u + right)
        left, right = np.concatenate([[3.0], v[:-1]]), np.concatenate([v[1:], [3.0]])
        dv = 3 * u - u**2 * v + grid * (left - 2 * v + right)
        return np.concatenate([du, dv])

    x = np.arange(1, n + 1) / (n + 1)
    start = np.concatenate([1 + np.sin(2 * np.pi * x), np.full(n, 3.0)])
    jacobian = sd.jacobian(slopes, "y", sparse=True)
    found = solve_ivp(slopes, (0, 10), start, method="Radau", jac=jacobian, rtol=1e-6, atol=1e-6)
    dense = solve_ivp(slopes, (0, 1), start, method="Radau", rtol=1e-8, atol=1e-8)
    middle = solve_ivp(slopes, (0, 1), start, method="Radau", jac=jacobian, rtol=1e-8, atol=1e-8)

    print(f"a stiff equation: {2 * n} unknowns, {found.nfev} evaluations, {jacobian.sparsity.nnz} entries")
    assert found.success
    np.testing.assert_allclose(middle.y[:, -1], dense.y[:, -1], rtol=1e-5)


def a_constrained_minimum(n=50):
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    hessian = sd.hessian(f, sparse=True)
    found = minimize(
        f, np.zeros(n), jac=sd.grad(f), hess=hessian, method="trust-constr",
        constraints=LinearConstraint(sp.csr_array(np.ones((1, n))), n / 2, n / 2), options={"maxiter": 500},
    )  # fmt: skip

    print(f"a constrained minimum: {found.nit} iterations, {hessian.colors} colours, value {found.fun:.3f}")
    assert abs(found.x.sum() - n / 2) < 1e-8
    assert found.optimality < 1e-4


def optimal_control(steps=1000):
    """Newton's method on the conditions of optimality, all of whose blocks are banded."""
    h = 1 / steps

    def effort(z):
        _, _, u = z.reshape(3, steps + 1)
        return h * (np.sum(u[1:-1] ** 2) + (u[0] ** 2 + u[-1] ** 2) / 2)

    def defects(z):
        """What the trapezoidal rule leaves between neighbours, and the ends: from rest at 0 to rest at 1."""
        x, v, u = z.reshape(3, steps + 1)
        moved = x[1:] - x[:-1] - h / 2 * (v[1:] + v[:-1])
        driven = v[1:] - v[:-1] - h / 2 * (u[1:] + u[:-1])
        return np.concatenate([moved, driven, [x[0], v[0], x[-1] - 1, v[-1]]])

    jacobian, hessian, gradient = sd.jacobian(defects, sparse=True), sd.hessian(effort, sparse=True), sd.grad(effort)
    z = np.zeros(3 * (steps + 1))
    A, c = jacobian(z), defects(z)
    kkt = sp.block_array([[hessian(z), A.T], [A, None]]).tocsc()
    z = z + spsolve(kkt, -np.concatenate([gradient(z), c]))[: len(z)]  # it is quadratic: one step
    control = z.reshape(3, -1)[2]

    print(f"optimal control: {len(z)} unknowns, {A.nnz} entries, effort {effort(z):.4f}")
    assert abs(effort(z) - 12) < 1e-2
    np.testing.assert_allclose(control[1:-1], 6 - 12 * h * np.arange(1, steps), atol=0.05)


def structure_first_then_values(n=6):
    """As IPOPT wants it: where the entries are, once, and their values at every point."""
    f = sd.hessian("sum((x[1:] - x[:-1]**2)**2)", x=str(n), sparse=True, format="coo")
    rows, columns = f.sparsity.rows, f.sparsity.indices
    lower = rows >= columns  # what is symmetric is given once
    _, _, data = f(np.ones(n))

    print(f"structure first: entries {list(zip(rows[lower].tolist(), columns[lower].tolist(), strict=True))[:3]} …")
    assert len(data) == f.sparsity.nnz == 3 * n - 2


def main():
    least_squares_with_a_sparse_jacobian()
    a_stiff_equation()
    a_constrained_minimum()
    optimal_control()
    structure_first_then_values()


if __name__ == "__main__":
    main()
