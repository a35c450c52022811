"""What must not stand in a source: work on numbers that are known, and terms that are zero."""

import ast
import itertools
import math
import re

import numpy as np
import pytest
from natural import natural_program

import symdiff as sd
from symdiff.codegen.literal import number_source

NUMBER = r"-?\d+(?:\.\d*)?"
CLUTTER = {
    "a comparison of numbers": rf"(?<![\w.]){NUMBER} (?:[<>]|[!=<>]=) {NUMBER}(?![\w.])",
    "a sign behind a sign": r"[+-] -[\d.]",
    "an element of ones": r"np\.(?:ones|zeros|full)\([^()]*\)\[",
    "an identity in a product": r"np\.eye\(\d+\) @",
}


def source(program):
    made = sd.value_and_grad(program.function, wrt=tuple(program.point))
    made(**program.point)
    return made.source


@pytest.mark.parametrize("k", range(60))
def test_no_clutter_in_the_sources_of_random_programs(k):
    with np.errstate(all="ignore"):
        lines = source(natural_program(np.random.default_rng([11, k]))).splitlines()
    code = [line.split("  #")[0] for line in lines]
    assert not [(what, line) for what, p in CLUTTER.items() for line in code if re.search(p, line)]


def recurrent(cell):
    """Two steps from a state of zeros."""

    def loss(W, u):
        h = np.zeros(u.shape[1])
        for k in range(2):
            h = cell(W, h, u[k])
        return np.sum(h)

    return loss


CELLS = {
    "a product": lambda W, h, u: np.tanh(W @ h + u),
    "transposed": lambda W, h, u: np.tanh(h @ W + u),
    "elementwise": lambda W, h, u: np.tanh(np.sum(W, axis=0) * h + u),
    "einsum": lambda W, h, u: np.tanh(np.einsum("ij,j->i", W, h) + u),
}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_term_that_is_a_product_with_zeros_is_no_term(cell):
    g = sd.value_and_grad(recurrent(cell), W="m m", u="2 m")
    assert not re.search(r"(?<![\w.])0(\.0)? \*", g.source.split("# backward")[1])
    W, u, loss = np.array([[0.3, -0.2], [0.5, 0.1]]), np.array([[0.4, 0.9], [-0.3, 0.2]]), recurrent(cell)
    steps = 1e-30j * np.eye(4).reshape(4, 2, 2)
    expected = [loss(W + step, u).imag / 1e-30 for step in steps]
    np.testing.assert_allclose(g(W, u)[1].ravel(), expected, rtol=1e-12)


@pytest.mark.parametrize("base", [0.5, 1.0, 2.0, 10.0])
def test_a_power_of_a_known_base_needs_no_guard(base):
    g = sd.grad(f"{base}**(-x)", "x")
    assert "==" not in g.source
    for x in (0.0, 1.0, -2.0, 200.0):
        assert g(x) == pytest.approx(-math.log(base) * float(np.power(base, -x)), rel=1e-14)


NAMED = {"maximum": np.maximum, "minimum": np.minimum}


@pytest.mark.parametrize(("name", "number"), list(itertools.product(NAMED, ["0", "1.5", "-2"])))
def test_beside_a_number_one_question_is_asked(name, number):
    for text in (f"{name}(x, {number})", f"{name}({number}, x)"):
        f = sd.function(text)
        assert " or " not in f.source
        for x in (0.0, 1.5, -2.0, 3.0, -7.0, math.inf, -math.inf, math.nan):
            np.testing.assert_equal(f(x), float(NAMED[name](x, float(number))))


PARTS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize(("real", "imag"), list(itertools.product(PARTS, PARTS)))
def test_complex_numbers_keep_every_bit(real, imag):
    text = ast.unparse(number_source(complex(real, imag), lambda path: path))
    found = eval(text, {"np": np, "complex": complex})
    for mine, right in ((found.real, real), (found.imag, imag)):
        np.testing.assert_equal(mine, right)
        assert math.copysign(1, mine) == math.copysign(1, right) or math.isnan(right)


@pytest.mark.parametrize("n", [2, 4, 6])
def test_full_hessians_in_few_variables_are_written_row_by_row(n):
    def energy(q):
        return sum(np.sin(q[i] * q[j]) for i in range(n) for j in range(i + 1))

    q = np.random.default_rng(n).normal(size=n)
    hessian = sd.hessian(energy)
    found = hessian(q)

    assert "np.array([" in hessian.source and "+=" not in hessian.source
    steps = 1e-6 * np.eye(n)
    right = [(sd.grad(energy)(q + h) - sd.grad(energy)(q - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(found, right, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "pairs", [np.triu_indices(4, 1), np.tril_indices(4), (np.array([0, 0, 1]), np.array([0, 1, 0]))]
)
@pytest.mark.parametrize("twice", [False, True])
def test_places_that_differ_are_assigned_and_others_added_up(pairs, twice):
    rows, columns = (np.append(p, p[:1]) if twice else p for p in pairs)
    gradient = sd.grad(lambda x: np.sum(np.sin(x[rows, columns])))
    x = np.random.default_rng(0).normal(size=(4, 4))
    right = np.zeros((4, 4))
    np.add.at(right, (rows, columns), np.cos(x[rows, columns]))

    np.testing.assert_allclose(gradient(x), right, rtol=1e-12)
    assert ("add.at" in gradient.source) == twice


def test_a_multiple_of_the_identity_is_named():
    f = sd.function(lambda x: np.linalg.solve(np.outer(x, x) + 0.1 * np.eye(5), x))
    x = np.arange(5.0)

    np.testing.assert_array_equal(f(x), np.linalg.solve(np.outer(x, x) + 0.1 * np.eye(5), x))
    assert "0.1 * np.eye(5)" in f.source
