"""One loss, four spellings (text, SymPy, NumPy function, symbolic values), one graph."""

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.program.pipeline import compile_graph

a, b, c, m, x, y, z, s = sp.symbols("a b c m x y z s")
n, d = sp.symbols("n d")
X, w, t = sp.MatrixSymbol("X", n, d), sp.MatrixSymbol("w", d, 1), sp.MatrixSymbol("y", n, 1)
A, B, v = sp.MatrixSymbol("A", n, n), sp.MatrixSymbol("B", n, n), sp.MatrixSymbol("v", n, 1)
r = X * w - t

# name: (text, SymPy, NumPy, specs); the NumPy function is also called on symbolic values.
LOSSES = {
    "polynomial": ("x**2 + 3*x + 1", x**2 + 3 * x + 1, lambda x: x**2 + 3 * x + 1, {"x": ""}),
    "difference": ("y - x", y - x, lambda x, y: y - x, {"x": "", "y": ""}),
    "decay": ("a*exp(-b*x) + c", a * sp.exp(-b * x) + c, lambda a, b, c, x: a * np.exp(-b * x) + c, dict.fromkeys("abcx", "")),
    "gauss": (
        "exp(-(x - m)**2/(2*s**2))/s", sp.exp(-((x - m) ** 2) / (2 * s**2)) / s,
        lambda m, s, x: np.exp(-((x - m) ** 2) / (2 * s**2)) / s, dict.fromkeys("msx", ""),
    ),
    "softplus": ("log(1 + exp(-x*y))", sp.log(1 + sp.exp(-y * x)), lambda x, y: np.log(1 + np.exp(-x * y)), {"x": "", "y": ""}),
    "logistic": ("1/(1 + exp(-x))", 1 / (1 + sp.exp(-x)), lambda x: 1 / (1 + np.exp(-x)), {"x": ""}),
    "rosenbrock": (
        "b*(y - x**2)**2 + (a - x)**2", (a - x) ** 2 + b * (y - x**2) ** 2,
        lambda a, b, x, y: b * (y - x**2) ** 2 + (a - x) ** 2, dict.fromkeys("abxy", ""),
    ),
    "hinge": ("maximum(1 - x*y, 0)", sp.Max(0, 1 - x * y), lambda x, y: np.maximum(1 - x * y, 0), {"x": "", "y": ""}),
    "huber": (
        "where(x < 1, x**2/2, x - 1/2)", sp.Piecewise((x**2 / 2, x < 1), (x - sp.Rational(1, 2), True)),
        lambda x: np.where(x < 1, x**2 / 2, x - 1 / 2), {"x": ""},
    ),
    "distance": ("sqrt(x**2 + y**2)", sp.sqrt(x**2 + y**2), lambda x, y: np.sqrt(x**2 + y**2), {"x": "", "y": ""}),
    "poisson": ("x*log(y) - y", x * sp.log(y) - y, lambda x, y: x * np.log(y) - y, {"x": "", "y": ""}),
    "angle": ("arctan2(y, x)/2", sp.atan2(y, x) / 2, lambda x, y: np.arctan2(y, x) / 2, {"x": "", "y": ""}),
    "least squares": ("(X @ w - y) @ (X @ w - y)/2", (r.T * r) / 2, lambda X, w, y: (X @ w - y) @ (X @ w - y) / 2, {"X": "n d", "w": "d", "y": "n"}),
    "quadratic form": ("v @ (A @ v)", v.T * A * v, lambda A, v: v @ (A @ v), {"A": "n n", "v": "n"}),
    "log det": ("log(det(A)) + trace(A @ B)", sp.log(sp.Determinant(A)) + sp.Trace(A * B), lambda A, B: np.log(np.linalg.det(A)) + np.trace(A @ B), {"A": "n n", "B": "n n"}),
    "inverse": ("trace(inv(A) @ B)", sp.Trace(A**-1 * B), lambda A, B: np.trace(np.linalg.inv(A) @ B), {"A": "n n", "B": "n n"}),
    "elements": ("trace((A * B) @ tanh(A))", sp.Trace(sp.HadamardProduct(A, B) * A.applyfunc(sp.tanh)), lambda A, B: np.trace((A * B) @ np.tanh(A)), {"A": "n n", "B": "n n"}),
}  # fmt: skip


def spellings(name):
    text, expr, function, specs = LOSSES[name]
    symbols = {key: sd.var(key, shape) for key, shape in specs.items()}
    yield "text", sd.function(text, inputs=tuple(specs), **specs)
    yield "SymPy", sd.function(expr, inputs=tuple(specs), **specs)
    yield "NumPy", sd.function(function, **specs)
    yield "symbols", sd.function(function(**symbols), inputs=list(symbols.values()))


def simplified(f):
    return compile_graph(f.recipe.build(f.declared_avals()), NUMPY, until="simplify")


@pytest.mark.parametrize("name", LOSSES)
def test_four_spellings_are_one_graph(name):
    graphs = {kind: simplified(f) for kind, f in spellings(name)}
    for kind, graph in graphs.items():
        assert graph.same_as(graphs["text"]), kind


@pytest.mark.parametrize("name", LOSSES)
def test_four_spellings_have_one_gradient(name):
    sources = {}
    for kind, f in spellings(name):
        g = sd.grad(f, f.inputs[-1])
        sources[kind] = g.source

    assert set(sources.values()) == {sources["text"]}
