"""What is SymPy's. This module does not import SymPy; those beside it do, when they are met."""

from typing import Any


def is_sympy(value: Any) -> bool:
    """Whether `value` is an object of SymPy, found out without importing SymPy."""
    return any(str(kind.__module__).partition(".")[0] == "sympy" for kind in type(value).__mro__)
