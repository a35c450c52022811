"""What is seen of a function while it is traced, by Python's profiling hook."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from symdiff.frontends.tracing.lending import Lender, python_function, restore
from symdiff.frontends.tracing.libraries import is_library_file
from symdiff.frontends.tracing.nesting import importing, is_following
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node


class Watched:
    """Sees which functions are called and what they return, and lends them what they need.

    Attributes:
        values: the local variables of the traced function, as they are when it returns.
        returned: what a library's function returned to a line of the user's, with file and number of the line.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.code = getattr(python_function(inspect.unwrap(python_function(function))), "__code__", None)
        self.lender = Lender()
        self.values: dict[str, Any] = {}
        self.returned: list[tuple[Symbol | Node, str, int]] = []

    def __enter__(self) -> Self:
        self.lender.to_closure(self.function)
        self.previous: Any = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def __exit__(self, *error: object) -> None:
        if self.previous is None or callable(self.previous):
            sys.setprofile(self.previous)
        else:
            self.previous.enable()  # cProfile's, which is no function
        self.lender.take_back()

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if event not in ("call", "return"):
            return
        if _makes_module(frame):
            importing(1 if event == "call" else -1)
            if event == "return":
                restore(frame.f_globals, list(frame.f_globals))  # what it has from a module that is being traced
        elif event == "call":
            if is_following():
                self.lender.to_frame(frame)
        else:
            self._see_return(frame, argument)

    def _see_return(self, frame: FrameType, result: Any) -> None:
        if frame.f_code is self.code:
            self.values.update(frame.f_locals)
        caller = frame.f_back
        if type(result) is not Symbol or caller is None:
            return
        if is_library_file(frame.f_code.co_filename) and not is_library_file(caller.f_code.co_filename):
            node = result.standing
            value = result if node is None else node  # a view is read when it is needed
            self.returned.append((value, caller.f_code.co_filename, caller.f_lineno))


def _makes_module(frame: FrameType) -> bool:
    """Whether it is the code of a module that is imported for the first time."""
    return (
        frame.f_code.co_name == "<module>"
        and frame.f_back is not None
        and frame.f_back.f_code.co_filename.startswith("<frozen importlib")
    )
