"""What can be declared of the values of an input: the words, what they say, and how to test it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """One property.

    Attributes:
        says: as in "x is declared to …".
        test: an expression over ``{x}`` and ``{np}``, true where it holds.
        number: the same for a Python float, where that differs.
        make: an expression that makes such an array of any other.
        axes: how many axes the input must have.
    """

    says: str
    test: str
    make: str
    number: str = ""
    axes: int = 0


_TURNED = "{np}.swapaxes({x}, -1, -2)"
ASSUMPTIONS: dict[str, Assumption] = {
    "positive": Assumption("be positive", "{np}.all({x} > 0)", "{np}.abs({x}) + 0.1", "{x} > 0"),
    "nonnegative": Assumption("be nowhere negative", "{np}.all({x} >= 0)", "{np}.abs({x})", "{x} >= 0"),
    "symmetric": Assumption("be symmetric", f"{{np}}.allclose({{x}}, {_TURNED})", f"({{x}} + {_TURNED}) / 2", axes=2),
    "sums_to_one": Assumption(
        "sum to one along the last axis",
        "{np}.allclose({np}.sum({x}, axis=-1), 1)",
        "{np}.abs({x}) / {np}.sum({np}.abs({x}), axis=-1, keepdims=True)",
        axes=1,
    ),
    "orthogonal": Assumption(
        "have orthonormal columns",
        f"{{np}}.allclose({{np}}.matmul({_TURNED}, {{x}}), {{np}}.eye({{x}}.shape[-1]))",
        "{np}.linalg.qr({x})[0]",
        axes=2,
    ),
}


def made(word: str, value: str, np: str) -> str:
    """An expression for an array that is so, made of the array `value`."""
    return ASSUMPTIONS[word].make.format(x=value, np=np)


def assertion(word: str, name: str, np: str, is_number: bool) -> str:
    """The line that tests the assumption.

    >>> assertion("positive", "x", "np", False)
    'assert np.all(x > 0), "x is declared to be positive"'
    """
    known = ASSUMPTIONS[word]
    test = known.number if is_number and known.number else known.test
    return f'assert {test.format(x=name, np=np)}, "{name} is declared to {known.says}"'
