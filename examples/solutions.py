"""Derivatives of solutions, and a gradient for each example.

A penalty is chosen by the derivative of the validation error through training, the stationary state of a chemical
reactor is differentiated by its parameters, and so is a field in which each unknown has an equation of its own: one
linear solve each, whatever the search took (Krantz and Parks, "The Implicit Function Theorem", 2002). Then there are
the gradients of a network for each of a hundred images, by one program without a loop.
"""

import numpy as np

import symdiff as sd

RNG = np.random.default_rng(0)


def the_penalty_that_serves_best():
    """Ridge regression has a closed form, which the derivative through Newton's method must meet."""
    X, Z = RNG.normal(size=(30, 8)), RNG.normal(size=(200, 8))
    w_true = RNG.normal(size=8)
    y, t = X @ w_true + RNG.normal(size=30), Z @ w_true

    def training(w, penalty):
        return np.sum((X @ w - y) ** 2) + np.exp(penalty) * np.sum(w**2)

    def validation(penalty):
        w = sd.minimizer(training, np.zeros(8), penalty)
        return np.mean((Z @ w - t) ** 2)

    def closed(penalty):
        return np.mean((Z @ np.linalg.solve(X.T @ X + np.exp(penalty) * np.eye(8), X.T @ y) - t) ** 2)

    slope, penalty = sd.grad(validation), 0.0
    np.testing.assert_allclose(slope(penalty), sd.grad(closed)(penalty), rtol=1e-9)
    before = validation(penalty)
    for _ in range(20):
        penalty -= 2 * slope(penalty)
    print(f"the penalty: exp({penalty:.3f}), validation error {before:.4f} -> {validation(penalty):.4f}")
    assert validation(penalty) < before


def a_stationary_state():
    """Of a stirred reactor with an exothermic reaction; the derivative meets the one through a hundred Newton steps."""

    def balance(x, feed, cooling):
        conversion, heat = x[0], x[1]
        rate = 0.08 * (1 - conversion) * np.exp(heat / (1 + heat / 20))
        return np.stack([feed * conversion - rate, (feed + cooling) * heat - 8 * rate])

    def stationary(feed, cooling):
        return sd.root(balance, np.array([0.1, 0.5]), feed, cooling)

    def by_steps(feed, cooling):
        x = np.array([0.1, 0.5])
        jacobian = sd.jacobian(balance)
        for _ in range(100):
            x = x - np.linalg.solve(jacobian(x, feed, cooling), balance(x, feed, cooling))
        return x

    ours, theirs = (sd.jacobian(f, ("feed", "cooling"))(1.0, 1.5) for f in (stationary, by_steps))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)
    print(f"a stationary state: conversion {stationary(1.0, 1.5)[0]:.4f}, by the feed {ours[0][0]:.4f}")


def a_field_of_equations(n=500):
    """Each unknown by itself: the derivative is a diagonal, and comes as one."""

    def depth(flow):  # of water in channels of slopes that differ, by Manning's formula
        return sd.root(lambda h: h ** (5 / 3) / (1 + 2 * h) ** (2 / 3) * slopes - flow, np.full(n, 1.0))

    slopes = np.linspace(1.0, 3.0, n)
    jacobian = sd.jacobian(depth, sparse=True)
    flow = np.linspace(0.2, 0.5, n)
    found, h = jacobian(flow), 1e-6
    differences = (depth(flow + h) - depth(flow - h)) / (2 * h)

    print(f"a field: {n} equations, {found.nnz} entries")
    assert found.nnz == n
    np.testing.assert_allclose(found.diagonal(), differences, rtol=1e-7)


def a_gradient_for_each_example(examples=100):
    """What privacy and importance sampling need: the same as a loop over the examples, in array expressions."""

    def loss(p, x, label):
        h = np.maximum(x @ p["W1"] + p["b1"], 0)
        z = h @ p["W2"] + p["b2"]
        return np.log(np.sum(np.exp(z - np.max(z)))) + np.max(z) - z[label]

    W1, W2 = RNG.normal(size=(64, 32)) / 8, RNG.normal(size=(32, 10)) / 6
    p = {"W1": W1, "b1": np.zeros(32), "W2": W2, "b2": np.zeros(10)}
    X, labels = RNG.uniform(0, 1, (examples, 64)), RNG.integers(0, 10, examples)
    one = sd.grad(loss)
    each = sd.vmap(one, in_axes=(None, 0, 0))
    found = each(p, X, labels)
    for k in range(examples):
        by_itself = one(p, X[k], labels[k])
        for name in p:
            np.testing.assert_allclose(found[name][k], by_itself[name], rtol=1e-10, atol=1e-14)
    norms = np.sqrt(sum(np.sum(g.reshape(examples, -1) ** 2, axis=1) for g in found.values()))

    print(f"per example: {examples} gradients, norms from {norms.min():.3f} to {norms.max():.3f}")
    assert "for " not in each.source


def main():
    the_penalty_that_serves_best()
    a_stationary_state()
    a_field_of_equations()
    a_gradient_for_each_example()


if __name__ == "__main__":
    main()
