"""Long chains of operators: the tree is the one of Python's parser, and length is no depth."""

import ast
import random

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import LimitError, SymdiffError
from symdiff.frontends.text import chains

OPERANDS = ["x", "1e-5", "0xE", "f(y)", "-x", "~x", "x[1:2]", "'a+b'", "x.T", ".5", "not_x", "(a,b)", "(x + # c\n y)"]
SIGNS = ["+", "-", "*", "/", "@", "%", "//", "&", "|", "^", "<<", ">>"]
OTHERS = ["**", " and ", " or ", "<", "==", " if x else ", ", "]


def chain(rng, length, depth=0):
    parts = []
    for _ in range(length):
        nested = depth < 2 and rng.random() < 0.02
        parts.append(f"({chain(rng, rng.randrange(1, length + 1), depth + 1)})" if nested else rng.choice(OPERANDS))
        sign = rng.choice(SIGNS if rng.random() < 0.9 else OTHERS)
        parts.append(rng.choice(["", " "]) + sign + rng.choice(["", " "]))
    return "".join(parts[:-1])


def test_the_tree_and_its_places_are_those_of_the_parser_of_python(monkeypatch):
    monkeypatch.setattr(chains, "LONG", 0)
    monkeypatch.setattr(chains, "PIECE", 3)
    compared = 0
    for seed in range(400):
        rng = random.Random(seed)
        text = chain(rng, rng.randrange(2, 40))
        if rng.random() < 0.3:
            text = f"a = {text}\nb += {chain(rng, 20)}\n{chain(rng, 20)}"
        try:
            expected = ast.dump(ast.parse(text), include_attributes=True)
        except SyntaxError:
            continue
        compared += 1
        assert ast.dump(chains._Cutter().run(text), include_attributes=True) == expected, text
    assert compared > 200


LONG = {
    "sum": ("+".join(["x"] * 3000), 3000.0),
    "differences": ("-".join(["x"] * 3000), -2998.0),
    "product": ("*".join(["x"] * 3000), 3000.0),
    "within brackets": ("sum(" + " + ".join(["x"] * 3000) + ") * 2", 6000.0),
    "sum of products": ("+".join(["x*x*x"] * 1500), 4500.0),
    "conditions": (" and ".join(["x > 0"] * 1000) + " and x or x", None),
    "comparisons": ("x if " + " <= ".join(["x"] * 1000) + " else 0", 1.0),
}


@pytest.mark.parametrize("name", LONG)
def test_length_is_no_depth(name):
    text, slope = LONG[name]
    if slope is None:
        assert sd.function(text)(1.0) is not None
    else:
        assert sd.grad(text)(1.0) == slope


def test_a_mistake_in_a_long_chain_has_its_place():
    text = "+".join(["x"] * 2000) + "\n + sigmiod(x)"
    with pytest.raises(SymdiffError) as caught:
        sd.function(f"({text})")
    assert "line 2:  + sigmiod(x)" in str(caught.value)
    assert str(caught.value.where).splitlines()[-1].count("^") == len("sigmiod")


def test_syntax_errors_in_long_chains_are_those_of_short_ones():
    for damage in ("x +* x", "x x", "x +", "(x"):
        with pytest.raises(SymdiffError) as short:
            sd.function(damage)
        with pytest.raises(SymdiffError) as long:
            sd.function("+".join(["x"] * 2000) + "+" + damage)
        assert type(short.value) is type(long.value)
        assert short.value.message == long.value.message


def test_the_limit_is_on_nesting():
    deep = "(" * 150 + "x" + " + 1)" * 150
    assert sd.function(deep)(0.0) == 150.0
    with pytest.raises(LimitError):
        sd.function("(" * 300 + "x" + " + 1)" * 300)


def test_rounding_is_that_of_the_order_written():
    numbers = np.random.default_rng(3).normal(size=1200) * 10.0 ** np.arange(1200).clip(0, 12)
    text = "+".join(f"x*{abs(float(v))!r}" for v in numbers)
    total = 0.7 * abs(float(numbers[0]))
    for v in numbers[1:]:
        total += 0.7 * abs(float(v))
    assert sd.function(text, exact=True)(0.7) == total
