"""A choice between two computations, for functions that are traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.node import as_node
from symdiff.ops.api.selection import where


def cond(condition: Any, then: Callable[..., Any], otherwise: Callable[..., Any], *operands: Any) -> Any:
    """``then(*operands)`` if `condition` holds, else ``otherwise(*operands)``: an ``if`` on a value that is traced.

    Outside of a traced function, and for a condition that is known, one of the two is called. Inside, both are
    computed and the result is selected, so both must be computable; what is not selected contributes nothing to a
    derivative, not even nan (as with `np.where`).

    Args:
        condition: a truth value or number without axes; for each element on its own, write `np.where`.
        then, otherwise: functions of the operands, whose results have the same containers, shapes and dtypes.
        *operands: what both are called with.

    Raises:
        ShapeError: if the condition has axes, or the results differ in shape.
        ArgumentError: if the results are not in the same containers.

    >>> import numpy as np
    >>> import symdiff as sd
    >>> f = sd.grad(lambda x: sd.cond(x > 0, np.sqrt, np.square, x))
    >>> f(4.0), f(-3.0)
    (0.25, -6.0)
    """
    if not is_symbolic(condition):
        return then(*operands) if condition else otherwise(*operands)
    node = as_node(condition)
    if node.shape:
        raise ShapeError(
            f"the condition of cond is {node.aval!r}, and must be one truth value",
            help="write np.where(condition, a, b) for each element, or condition.all()",
        )
    (yes, tree), (no, other) = flatten(then(*operands)), flatten(otherwise(*operands))
    if tree != other:
        raise ArgumentError("the two results of cond lie in different containers", help="return the same structure")
    for a, b in zip(yes, no, strict=True):
        if a.shape != b.shape:
            raise ShapeError(f"the two results of cond are {a.aval!r} and {b.aval!r}", help="return the same shape")
    return filled(tree, [Symbol(where(node, a, b)) for a, b in zip(yes, no, strict=True)])
