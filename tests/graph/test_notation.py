"""The short forms in which rows say how they are written."""

import pytest

from symdiff.graph.notation import PLAIN, Notation, written


def test_nothing_said_is_plain():
    assert written() == PLAIN == Notation()


@pytest.mark.parametrize("numpy, math", [("-a", "-a"), (str, "abs(a)"), ("np.f(a)", str)])
def test_short_forms_are_the_table_by_target(numpy, math):
    assert written(spell=numpy, math=math) == written(spell={"numpy": numpy, "math": math})


@pytest.mark.parametrize("usual, hint", [("asin", "asin"), ("a + b", "")])
def test_what_is_usual_holds_for_math_and_sympy_and_a_name_is_a_hint(usual, hint):
    assert written(usual) == written(math=usual, sympy=usual, hint=hint)


def test_what_is_said_goes_before_what_is_usual():
    said = {"math": "exp", "sympy": "Exp", "hint": "e"}

    assert written("other", **said) == written(**said)


def test_a_target_has_its_own_spelling_or_none():
    notation = written(spell={"numpy": "np.f(a)", "other": lambda node: f"f{node}"})

    assert notation.spelling("numpy", 1) == "np.f(a)"
    assert notation.spelling("other", 1) == "f1"
    assert notation.spelling("third", 1) is None
