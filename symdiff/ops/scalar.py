"""Spellings on Python floats that take more than one expression. Their source is copied into generated files."""

from math import exp, log1p


def sign(x):  # type: ignore[no-untyped-def]
    """-1.0, 0.0 or 1.0; nan for nan."""
    return float((x > 0) - (x < 0)) if x == x else x


def heaviside(x, h):  # type: ignore[no-untyped-def]
    """0.0, h or 1.0 for negative, zero or positive x; nan for nan."""
    return 1.0 if x > 0 else 0.0 if x < 0 else h if x == 0 else x


def logaddexp(a, b):  # type: ignore[no-untyped-def]
    """log(exp(a) + exp(b)) without overflow."""
    if a == b:
        return a + 0.6931471805599453
    return max(a, b) + log1p(exp(-abs(a - b)))
