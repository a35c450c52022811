"""Pictures of derivative graphs, the same to the byte on every machine.

Each picture shows the forward graph on the left, running down, and the derivative graph on the right, climbing up: a
derivative stands at the height of what it differentiates. `python examples/gallery.py` writes them into
`examples/gallery/`.
"""

from pathlib import Path

import symdiff as sd

FOLDER = Path(__file__).parent / "gallery"

STAGED = """
num = x + sigmoid(y)
den = sigmoid(x) + (x + y)**2
num / den
"""
CHAIN = """
x = w**2
y = x**2
z = y**2
"""
NETWORK = """
a1 = X @ W1 + b1
h1 = relu(a1)
z = h1 @ W2 + b2
cross_entropy = -sum(T * log_softmax(z, axis=1)) / X.shape[0]
cross_entropy + lam * (sum(W1**2) + sum(W2**2))
"""
CONVOLUTION = """
c = w[0] * x[:6] + w[1] * x[1:7] + w[2] * x[2:8]
h = relu(c + b)
pooled = maximum(h[::2], h[1::2])
out = pooled @ v
(out - t)**2 / 2
"""
GARCH = """
s = omega / (1 - alpha - beta)
total = 0.0
for t in range(n):
    total = total + log(s) + r[t]**2 / s
    s = omega + alpha * r[t]**2 + beta * s
total / 2
"""
ADDRESSING = """
similarity = M @ k / (norm(M, axis=1) * norm(k))
content = softmax(beta * similarity)
gated = gate * content + (1 - gate) * previous
shifted = s[0] * roll(gated, 1) + s[1] * gated + s[2] * roll(gated, -1)
sharp = shifted**gamma
address = sharp / sum(sharp)
read = address @ M
sum((read - t)**2) / 2
"""
BRUSSELATOR = """
u = y[0]
v = y[1]
du = 1 + u**2 * v - 4.4 * u + roll(u, 1, 0) + roll(u, -1, 0) + roll(u, 1, 1) + roll(u, -1, 1) - 4 * u
dv = 3.4 * u - u**2 * v + roll(v, 1, 0) + roll(v, -1, 0) + roll(v, 1, 1) + roll(v, -1, 1) - 4 * v
concatenate([ravel(du), ravel(dv)])
"""


def functions():
    """Name, Function and options of each picture."""
    circuit = sd.value_and_grad("s = x + y\ns * z", wrt=("x", "y", "z"))
    at = {"x": -2, "y": 5, "z": -4, "s": 3, "v1": -12}
    yield "circuit", circuit, {"title": "(x + y) z at (−2, 5, −4)", "values": at, "gates": True}

    staged = sd.value_and_grad(STAGED, wrt=("x", "y"))
    yield "staged", staged, {"title": "(x + σ(y)) / (σ(x) + (x + y)²)"}

    chain = sd.value_and_grad(CHAIN)
    yield "chain_before", chain, {"title": "f(f(f(w))) for f(x) = x², as build_grad leaves it", "stage": "derived"}
    yield "chain_after", chain, {"title": "f(f(f(w))) for f(x) = x², simplified"}

    shapes = {"X": "n d", "W1": "d h", "b1": "h", "W2": "h k", "b2": "k", "T": "n k", "lam": ()}
    network = sd.value_and_grad(NETWORK, wrt=("W1", "b1", "W2", "b2"), **shapes)
    yield "network", network, {"title": "One hidden layer, cross entropy, weight decay", "shapes": True}

    convolution = sd.value_and_grad(CONVOLUTION, wrt=("w", "b", "v"), x="8", w="3", b=(), v="3", t=())
    yield "convolution", convolution, {"title": "A convolution, a pooling layer, an output"}

    garch = sd.value_and_grad(GARCH, wrt=("omega", "alpha", "beta"), r="n")
    yield "garch", garch, {"title": "The likelihood of a GARCH(1, 1) model: a loop, and the loop back"}

    shapes = {"M": "n m", "k": "m", "beta": (), "gate": (), "previous": "n", "s": "3", "gamma": (), "t": "m"}
    addressing = sd.value_and_grad(ADDRESSING, wrt=("k", "beta", "gate", "s", "gamma"), **shapes)
    yield "addressing", addressing, {"title": "One addressing step of a Neural Turing Machine"}

    brusselator = sd.jacobian(BRUSSELATOR, y="2 6 6", sparse=True)
    title = "Where the Jacobian of a reaction on a grid has entries"
    yield "pattern", brusselator, {"title": title, "sparsity": True}


def pictures():
    """Name and SVG of each picture."""
    for name, f, options in functions():
        yield name, f.to_svg(**options)


def pages():
    """Name and page of each graph: to be moved, searched, opened and stepped through."""
    for name, f, options in functions():
        if not options.get("sparsity"):
            yield name, f.to_html(**options)


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures():
        path = FOLDER / f"{name}.svg"
        path.write_text(svg, encoding="ascii", newline="\n")
        print(f"{path.name:20} {len(svg):6} bytes")


if __name__ == "__main__":
    main()
