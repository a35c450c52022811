"""The residuals of the layers: textbook backpropagation is what comes out.

Backpropagation by hand carries a residual through the layers, from the last one to the first:

    delta_l = (W_(l+1).T @ delta_(l+1)) * f'(a_l),    dJ/db_l = delta_l,    dJ/dW_l = outer(delta_l, h_(l-1))

so the gradient of a layer's bias is the residual of the layer. `by_hand` is Algorithms 6.3 and 6.4 of Goodfellow,
Bengio and Courville, "Deep Learning", for tanh units and squared error. Generated code does the same, at any depth.
"""

from itertools import pairwise

import numpy as np

import symdiff as sd


def program(depth):
    lines = ["h0 = x"]
    for k in range(1, depth + 1):
        lines += [f"a{k} = W{k} @ h{k - 1} + b{k}", f"h{k} = tanh(a{k})"]
    return "\n".join([*lines, f"sum((h{depth} - y)**2) / 2"])


def by_hand(x, weights, biases, y):
    h = [x]
    for W, b in zip(weights, biases, strict=True):
        h.append(np.tanh(W @ h[-1] + b))
    g = h[-1] - y
    gradients = []
    for k in reversed(range(len(weights))):
        delta = g * (1 - h[k + 1] ** 2)
        gradients = [np.outer(delta, h[k]), delta, *gradients]
        g = weights[k].T @ delta
    return gradients


def generate(depth):
    layers = range(1, depth + 1)
    shapes = {f"W{k}": f"n{k} n{k - 1}" for k in layers} | {f"b{k}": f"n{k}" for k in layers}
    wrt = tuple(f"{kind}{k}" for k in layers for kind in "Wb")
    return sd.grad(program(depth), wrt=wrt, x="n0", y=f"n{depth}", **shapes)


def main():
    print(generate(3).source)

    rng = np.random.default_rng(0)
    for depth in (1, 2, 3, 5, 10, 20):
        widths = rng.integers(2, 9, size=depth + 1)
        weights = [rng.normal(size=(m, n)) / np.sqrt(n) for n, m in pairwise(widths)]
        biases = [rng.normal(size=m) for m in widths[1:]]
        x, y = rng.normal(size=widths[0]), rng.normal(size=widths[-1])

        parameters = {f"W{k}": W for k, W in enumerate(weights, 1)} | {f"b{k}": b for k, b in enumerate(biases, 1)}
        generated = generate(depth)(x=x, y=y, **parameters)
        expected = by_hand(x, weights, biases, y)
        error = max(np.max(np.abs(g - e)) for g, e in zip(generated, expected, strict=True))
        print(f"{depth:2} layers: largest difference from the loop by hand {error:.1e}")
        assert error < 1e-12


if __name__ == "__main__":
    main()
