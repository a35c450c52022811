"""Learning XOR with a hidden layer of rectified linear units.

No linear model computes XOR; a network with two hidden units does. The exact solution, the mean squared error and the
network are those of section 6.1 of Goodfellow, Bengio and Courville, "Deep Learning". There the loss is zero, so the
gradient is zero too; gradient descent from random weights finds such a point with a few more units.
"""

import numpy as np

import symdiff as sd

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = np.array([0.0, 1.0, 1.0, 0.0])

NETWORK = """
h = relu(X @ W + c)
out = h @ w + b
"""
LOSS = NETWORK + "mean((out - t)**2)"
SHAPES = {"X": "n 2", "W": "2 h", "c": "h", "w": "h", "b": ()}


def main():
    network = sd.function(NETWORK, **SHAPES)
    loss_and_grad = sd.value_and_grad(LOSS, wrt=("W", "c", "w", "b"), t="n", **SHAPES)
    print(loss_and_grad.source)

    W, c, w, b = np.ones((2, 2)), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0
    print("the book's solution:", network(X, W, c, w, b))
    assert np.array_equal(network(X, W, c, w, b), T)
    loss, gradients = loss_and_grad(X, W, c, w, b, T)
    assert loss == 0
    assert all(np.all(g == 0) for g in gradients)

    rng = np.random.default_rng(0)
    parameters = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=8), 0.0]
    for step in range(501):
        loss, gradients = loss_and_grad(X, *parameters, T)
        parameters = [p - 0.1 * g for p, g in zip(parameters, gradients, strict=True)]
        if step % 100 == 0:
            print(f"step {step:3}   loss {loss:.2e}")
    output = network(X, *parameters)
    print("learnt:", np.round(output, 4))
    assert loss < 1e-3
    assert np.array_equal(output > 0.5, T == 1)


if __name__ == "__main__":
    main()
