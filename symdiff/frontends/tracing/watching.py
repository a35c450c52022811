"""What is seen of a function while it is traced, by Python's profiling hook."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Self

from symdiff.frontends.tracing.following import import_begins, import_ends, is_following
from symdiff.frontends.tracing.hook import hook_again
from symdiff.frontends.tracing.lending import Lender, python_function, restore
from symdiff.frontends.tracing.libraries import is_library_file, is_library_module
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
        self.libraries: dict[int, CodeType] = {}  # code that is known to be a library's
        self.values: dict[str, Any] = {}
        self.returned: list[tuple[Symbol | Node, str, int]] = []

    def __enter__(self) -> Self:
        self.previous: Any = sys.getprofile()
        try:
            self.lender.to_closure(self.function)
            sys.setprofile(self._see)
        except BaseException:
            self.lender.take_back()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            hook_again(self.previous)
        finally:
            self.lender.take_back()

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        """The hook. It is called a million times in a long trace: what is of no interest is left at the first test."""
        if event == "call":
            if id(frame.f_code) not in self.libraries:
                self._enter(frame)
        elif event == "return":
            if type(argument) is Symbol or frame.f_code is self.code:
                self._see_return(frame, argument)
            if frame.f_code.co_name == "<module>":
                self._leave_module(frame)

    def _enter(self, frame: FrameType) -> None:
        if _makes_module(frame):
            import_begins()
        elif is_library_module(frame.f_globals):
            self.libraries[id(frame.f_code)] = frame.f_code
        elif is_following():
            self.lender.to_frame(frame)

    def _leave_module(self, frame: FrameType) -> None:
        if _makes_module(frame):
            import_ends()
            restore(frame.f_globals, list(frame.f_globals))  # what it has from a module that is being traced

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
