"""Formulas as MathML: all that is written in LaTeX can be shown, and nothing of it is lost or markup."""

import re
from xml.etree import ElementTree

import pytest
from helpers import ROWS, samples, values, variables

import symdiff as sd
from symdiff.render.latex import formula
from symdiff.render.mathml import to_mathml

CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "mroot": 2, "mover": 2}


def read(latex, **options):
    """The formula as a tree that a browser can show: elements have the children that they need, no command is left."""
    tree = ElementTree.fromstring(to_mathml(latex, **options))
    for element in tree.iter():
        assert len(element) == CHILDREN.get(element.tag, len(element)), ElementTree.tostring(element)
    return tree


def said(tree):
    return "".join(tree.itertext())


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_every_row_can_be_shown(op):
    for arrays, params in samples(op)[:2]:
        for node in values(op(*variables(arrays), **params)):
            latex = formula((node**2 - node) / node if node.aval.inexact else node, {})
            text = said(read(latex))
            assert "\\" not in text and "#" not in text
            assert sorted(re.findall(r"\d", text)) == sorted(re.findall(r"\d", latex)), "every number is there"


@pytest.mark.parametrize(
    "latex, text",
    [
        (r"\frac{x_{1}^{2}}{2}", "x122"),
        (r"x^{2}_{1}", "x12"),
        (r"-\left(a + b\right)", "−(a+b)"),
        (r"\mathrm{cross\_entropy}", "cross_entropy"),
        (r"\mathrm{a\textbackslash{}b}", "a\\b"),
        (r"\text{if } a < b", "if\u00a0a<b"),
        (r"\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}", "a=1b=2"),
        (r"\operatorname{Ai}'(x)", "Ai′(x)"),
        (r"\sqrt[3]{x + 1}", "x+13"),
        (r"2 \cdot 10^{-3}", "2⋅10−3"),
        (r"{}_{1}F_{1}(a; b)", "1F1(a;b)"),
        ("", ""),
        ("^", ""),
        (r"\frac{1}", ""),
        ("}{", "}"),
        (r"\right)", ""),
        (r"\unknown x", r"\unknownx"),
    ],
)
def test_what_is_said(latex, text):
    assert said(read(latex)) == text


def test_names_are_no_markup():
    assert "<script" not in to_mathml(r"\mathrm{<script>} < a & \text{<b>}") and said(read(r"\mathrm{<b>}")) == "<b>"


def test_no_depth_is_too_much():
    assert to_mathml("{" * 20_000 + "x" + "}" * 20_000) == "<math><mi>x</mi></math>"
    assert to_mathml("(" * 2_000 + "x" + ")" * 2_000).count("<mo") == 4_000


def test_loops_and_branches():
    f = sd.function("s = 0\nfor k in range(20):\n    s = tanh(s * x) if s > 1 else s + x\ns")
    text = said(read(sd.value_and_grad(f).latex(), block=True))
    assert "\\" not in text and "for\u00a0t=0,…,19:" in text and "otherwise" in text
