"""`branch`: a choice between two computations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.tracing.by_name.carries import parts_of, type_of
from symdiff.frontends.tracing.flow.branches import IfStatement
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.flow.values import is_open


def branch(condition: Any, then: Callable[..., Any], otherwise: Callable[..., Any], *operands: Any) -> Any:
    """``then(*operands)`` if `condition` holds, else ``otherwise(*operands)``: an ``if`` as one expression.

    Outside of a traced function, and for a condition that is known, one of the two is called. Inside, it is what an
    ``if`` statement is there: the result is selected, and what is not selected contributes nothing to a derivative,
    not even nan. Also called `cond`, as in `jax.lax.cond`, whose signature it has.

    Args:
        condition: a truth value or number without axes; for each element on its own, write `np.where`.
        then, otherwise: functions of the operands, whose results have the same containers and shapes.
        *operands: what both are called with.

    Raises:
        ShapeError: if the condition has axes, or the results differ in shape.
        ArgumentError: if the results are not in the same containers.

    >>> import numpy as np
    >>> import symdiff as sd
    >>> f = sd.grad(lambda x: sd.branch(x > 0, np.sqrt, np.square, x))
    >>> f(4.0), f(-3.0)
    (0.25, -6.0)
    """
    if np.shape(condition):
        raise ShapeError(
            f"the condition of branch is {type_of(condition)!r}, and must be one truth value",
            help="write np.where(condition, a, b) for each element, or condition.all()",
        )
    if not is_open(condition):
        return then(*operands) if condition else otherwise(*operands)
    statement = IfStatement(("the result",), condition)
    for side in statement:
        try:
            statement.leave(followed(then if side else otherwise)(*operands))
        except Exception as error:
            if not statement.gives_up(error):
                raise
    if not statement.errors:
        _check_alike(statement.after[True][0], statement.after[False][0])
    return statement.results()[0]


def _check_alike(yes: Any, no: Any) -> None:
    """Raises if the two results are not of the same containers and shapes."""
    (a, tree), (b, other) = parts_of(yes), parts_of(no)
    if tree != other:
        raise ArgumentError("the two results of branch lie in different containers", help="return the same structure")
    for x, y in zip(map(type_of, a), map(type_of, b), strict=True):
        if x.shape != y.shape:
            raise ShapeError(f"the two results of branch are {x!r} and {y!r}", help="return the same shape")
