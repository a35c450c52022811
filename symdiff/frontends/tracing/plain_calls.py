"""What most of a trace is: elementwise functions of symbolic arrays that nothing is to be asked of, and of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.frontends.tracing.holder import Holder
from symdiff.graph.node import Node
from symdiff.graph.op import Op
from symdiff.ops.api.convert import strong
from symdiff.ops.table import BY_NUMPY


def plain_call(
    ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any], kind: type[Holder], is_operator: bool
) -> Holder | None:
    """``ufunc(*inputs)``, at a fifth of the price of all that may have to be asked; None where it must be.

    Args:
        ufunc: NumPy's function.
        inputs: its arguments.
        kwargs: its keywords.
        kind: the class of symbolic arrays.
        is_operator: whether Python's operator is meant: of numbers of Python's it gives one of them.
    """
    row = BY_NUMPY[ufunc].call if ufunc in BY_NUMPY else None
    if not isinstance(row, Op) or (kwargs and not _makes_another(kwargs, kind)):
        return None
    operands: list[Any] = []
    for x in inputs:
        if type(x) is kind and x.is_plain:
            operands.append(x.node)
        elif type(x) is float or type(x) is int:
            operands.append(x)
        else:
            return None
    node: Node = row(*operands)
    return None if node.aval.parts else kind(strong(node) if node.aval.weak and not is_operator else node)


def numpys(value: Any) -> Any:
    """What a function of NumPy's gives: numbers of NumPy's also of Python's."""
    if type(value) is tuple:
        return tuple(map(numpys, value))
    is_pythons = isinstance(value, Holder) and value.aval.weak and not value.is_array
    return type(value)(strong(value.node)) if is_pythons else value


def calls_nobody(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any], kind: type[Holder]) -> bool:
    """Whether it runs nothing of the user's."""
    return not kwargs and ufunc in BY_NUMPY and {kind, *_NUMBERS}.issuperset(map(type, inputs))


_NUMBERS = (bool, int, float, np.float64, np.int64)


def _makes_another(kwargs: dict[str, Any], kind: type[Holder]) -> bool:
    """Whether all that is asked for is that a number is written into: ``s += x`` makes another number."""
    out = kwargs["out"][0] if kwargs.keys() == {"out"} and len(kwargs["out"]) == 1 else None
    return type(out) is kind and out.is_plain and not out.is_array
