"""Handwritten digits: a network trained with a gradient that was generated, saved and read.

One hidden layer of rectified linear units, softmax with cross entropy, and weight decay: this is the example of section
6.5.7 of Goodfellow, Bengio and Courville, "Deep Learning", with biases. The images come with scikit-learn.

Then two claims are checked. The saved gradient needs NumPy alone: it is imported where symdiff cannot be, and gives the
same bits. And weight decay adds exactly 2 * lam * W to the gradient of each weight matrix.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import symdiff as sd

NETWORK = """
a1 = X @ W1 + b1
h1 = relu(a1)
z = h1 @ W2 + b2
"""
COST = """
cross_entropy = -sum(T * log_softmax(z, axis=1)) / X.shape[0]
cross_entropy + lam * (sum(W1**2) + sum(W2**2))
"""
SHAPES = {"X": "n d", "W1": "d h", "b1": "h", "W2": "h k", "b2": "k"}

ELSEWHERE = """
import sys
sys.modules["symdiff"] = None  # from here on, importing symdiff fails
import numpy as np
from digits_gradient import value_and_grad
with np.load("point.npz") as point:
    value, gradients = value_and_grad(**point)
np.savez("result.npz", value, *gradients)
"""


def train(loss_and_grad, X, T, *, hidden=64, lam=1e-4, rate=0.2, momentum=0.9, batch=32, epochs=20, seed=0):
    rng = np.random.default_rng(seed)
    (n, d), k = X.shape, T.shape[1]
    W1, W2 = rng.normal(size=(d, hidden)) * np.sqrt(2 / d), rng.normal(size=(hidden, k)) * np.sqrt(2 / hidden)
    parameters = [W1, np.zeros(hidden), W2, np.zeros(k)]
    velocities = [np.zeros_like(p) for p in parameters]
    for epoch in range(1, epochs + 1):
        losses = []
        for rows in np.array_split(rng.permutation(n), n // batch):
            loss, gradients = loss_and_grad(X[rows], *parameters, T[rows], lam)
            losses.append(loss)
            velocities = [momentum * v - rate * g for v, g in zip(velocities, gradients, strict=True)]
            parameters = [p + v for p, v in zip(parameters, velocities, strict=True)]
        if epoch % 5 == 0:
            print(f"epoch {epoch:2}   loss {np.mean(losses):.4f}")
    return parameters


def check_saved_file(loss_and_grad, point):
    """The saved file gives the same bits in a process that cannot import symdiff."""
    with tempfile.TemporaryDirectory() as folder:
        loss_and_grad.save(Path(folder) / "digits_gradient.py")
        np.savez(Path(folder) / "point.npz", **point)
        subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=folder, check=True)
        with np.load(Path(folder) / "result.npz") as result:
            there = [result[name].tobytes() for name in result.files]
    value, gradients = loss_and_grad(**point)
    here = [np.asarray(array).tobytes() for array in (value, *gradients)]
    assert here == there
    print(f"the saved file gives the same {sum(map(len, here))} bytes, without symdiff")


def check_weight_decay(loss_and_grad, point):
    """The gradient at lam is the gradient at 0, and 2 * lam * W."""
    lam = point["lam"]
    _, (d_W1, d_b1, d_W2, d_b2) = loss_and_grad(**point)
    _, (data_W1, data_b1, data_W2, data_b2) = loss_and_grad(**{**point, "lam": 0.0})
    assert np.array_equal(d_W1, data_W1 + 2 * lam * point["W1"])
    assert np.array_equal(d_W2, data_W2 + 2 * lam * point["W2"])
    assert np.array_equal(d_b1, data_b1)
    assert np.array_equal(d_b2, data_b2)
    print("weight decay adds exactly 2 * lam * W")


def main():
    images, labels = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(images / 16, labels, test_size=0.25, random_state=0, stratify=labels)
    T = np.eye(10)[y]

    network = sd.function(NETWORK, **SHAPES)
    loss_and_grad = sd.value_and_grad(NETWORK + COST, wrt=("W1", "b1", "W2", "b2"), T="n k", lam=(), **SHAPES)
    print(loss_and_grad.source)
    W1, b1, W2, b2 = train(loss_and_grad, X, T)
    accuracy = np.mean(np.argmax(network(X_test, W1, b1, W2, b2), axis=1) == y_test)
    print(f"accuracy on {len(y_test)} test images: {accuracy:.1%}")
    assert accuracy >= 0.96

    point = {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "T": T, "lam": 1e-4}
    check_saved_file(loss_and_grad, point)
    check_weight_decay(loss_and_grad, point)


if __name__ == "__main__":
    main()
