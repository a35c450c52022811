"""Functions that another compiler has compiled, Numba's: they take numbers only, and say so in words of their own."""

from __future__ import annotations

from typing import Any

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.known import KnownStandIn
from symdiff.frontends.tracing.symbol import on_numbers


def compiled(value: Any) -> KnownStandIn | None:
    """What stands for a function that keeps the Python function which it was compiled from; None for other values."""
    members = getattr(value, "__dict__", None) if type(value).__dictoffset__ and not isinstance(value, type) else None
    if type(members) is not dict or not callable(members.get("py_func")):
        return None
    name = str(getattr(members["py_func"], "__name__", "f"))

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            raise UnsupportedError(
                f"{name} is compiled, and takes numbers only",
                help=f"call the Python function that it was compiled from: {name}.py_func(…)",
            )
        return on_numbers(value, args, kwargs)

    return KnownStandIn(value, call)
