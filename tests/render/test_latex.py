"""LaTeX and infix: well-formed for every row, and with brackets that keep the meaning."""

import re

import numpy as np
import pytest
from helpers import ROWS, evaluate, graph_of, samples, values, variables
from hypothesis import given, settings, strategies as st

import symdiff as sd
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.render.infix import infix, to_ascii
from symdiff.render.latex import formula
from symdiff.render.typeset import latex_name


def check_balanced(text):
    """Groups, environments and \\left … \\right nest."""
    stack = []
    for token in re.findall(r"\\(?:begin|end)\{\w+\}|\\left|\\right|\\.|[{}]", text):
        if token == "{" or token == r"\left" or token.startswith(r"\begin"):
            stack.append(token)
        elif token == "}" or token == r"\right" or token.startswith(r"\end"):
            assert stack, text
            opened = stack.pop()
            assert (opened, token) in (("{", "}"), (r"\left", r"\right")) or opened[6:] == token[4:], text
    assert not stack, text
    assert not re.search(r"[_^]\{[^{}]*\}(_|\^)\{[^{}]*\}\1", text), f"a double index: {text}"


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_is_well_formed(op):
    for arrays, params in samples(op)[:4]:
        for node in values(op(*variables(arrays), **params)):
            wrapped = [node] if not node.aval.inexact else [node, -(node + 1) * node, (node**2 - node) / node]
            for each in wrapped:
                text = formula(each, {})
                check_balanced(text)
                assert "#" not in text.replace(r"\#", "")
                assert "…" not in infix(each, {})


x, y = variable("x", Aval("float64")), variable("y", Aval("float64"))
trees = st.recursive(
    st.sampled_from([x, y, x + 2.0, 0.5 * y, y - -3.0, x / -3.0]),
    lambda t: st.tuples(st.sampled_from("+-*/n2"), t, t).map(lambda p: _apply(*p)),
    max_leaves=6,
)


def _apply(sign, a, b):
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b, "n": lambda: -a,
            "2": lambda: a**2}[sign]()  # fmt: skip


def _python(text):
    """LaTeX of arithmetic as Python, whose signs bind as those on paper do."""
    text = text.replace(r"\left", "").replace(r"\right", "").replace(r"\, ", "* ").replace(r"\cdot", "*")
    while r"\frac{" in text:  # innermost first
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", re.sub(r"\^\{2\}", "**2", text))
    return text.replace("^{2}", "**2")


@settings(derandomize=True, deadline=None, max_examples=300)
@given(trees)
def test_brackets_keep_the_meaning(node):
    values = {"x": np.float64(1.7), "y": np.float64(-0.6)}
    [expected] = evaluate(graph_of((x, y), node), *values.values())
    shown = [infix(node, {}, ascii=True, depth=30), to_ascii(infix(node, {}, depth=30))]
    for source in [*shown, _python(formula(node, {}, depth=30))]:
        with np.errstate(all="ignore"):
            found = eval(source, {}, dict(values))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["x", "x_1", "__x", "_", "x__y", "d_", "alpha", "W12", "lam", "a_very_long_name", "_1"]
)
def test_names_are_set_whole(name):
    check_balanced(latex_name(name))
    assert not re.search(r"(?<!\\)_(?!\{)", latex_name(name))


def test_matrix_notation():
    f = sd.grad("sum(log(1 + exp(-y*(X @ w)))) + lam*sum(w**2)", "w", X="n d", y="n", w="d", lam="")
    assert r"2 \, \lambda \, w - X^{\top} (y \odot \sigma(-y \odot X w))" in f.latex()
    assert r"X^{\top} (\sigma(X w) - y)" in sd.function("X.T @ (sigmoid(X @ w) - y)", X="n d", w="d", y="n").latex()


def test_parts_are_set_as_their_row_says():
    assert r"\log \lvert \det(A) \rvert" in sd.function("logdet(A)", A="n n").latex()
    assert r"V &= \operatorname{eigh}(A)_{V}" in sd.function("w, V = eigh(A)\nsum(w * V[0] + V[1])", A="n n").latex()


def test_second_derivatives_are_called_so():
    h = sd.hessian(sd.function("sum(x**3) * y * z", x="n"), ("x", "y", "z"))
    left = [line.partition(" &=")[0] for line in h.latex().splitlines() if r"\partial" in line or r"\nabla" in line]
    assert left[0] == r"\nabla_{x}^{2} f" and len(left) == 9
    assert left[5] == r"\frac{\partial^{2} f}{\partial y \, \partial z}"
    assert "hessian" not in h.latex()


def test_formulas_say_where_things_go():
    """Which diagonal, and which elements of zeros; nothing is left out, however deep it is."""
    valley = sd.function("sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", x=5)
    latex = sd.hessian(valley, "x").latex()
    assert r"\operatorname{diag}_{1}" in latex and r"\operatorname{diag}_{-1}" in latex
    assert r"\operatorname{into}_{[{1}{:}]}" in latex
    assert r"\ldots" not in latex + sd.function("+".join("(" * 12 + "x" + f"* {k} - y)" * 12 for k in (2, 3))).latex()
