"""The constructors of rows as users have them: what is tested of ours is not taken for granted of theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from symdiff.graph.op import Op
from symdiff.ops import families

P = ParamSpec("P")
RULES = ("vjp", "jvp")  # beside which a partial derivative is not all that is said


def _own(make: Callable[P, Op]) -> Callable[P, Op]:
    """Rows whose second derivatives may depend on the order: their rules need not be those of any function.

    Of one number's function they do not, whatever its derivative is said to be.
    """

    @wraps(make)
    def row(*args: P.args, **columns: P.kwargs) -> Op:
        said: dict[str, Any] = columns
        is_of_one = make is families.elementwise and len(args) == 3 and not any(said.get(name) for name in RULES)
        said.setdefault("given", not is_of_one)
        return make(*args, **columns)

    return row


elementwise = _own(families.elementwise)
linear = _own(families.linear)
primitive = _own(families.primitive)
