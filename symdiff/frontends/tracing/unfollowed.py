"""Why a condition is asked for its truth, where control flow is followed elsewhere: what the error says."""

from __future__ import annotations

import inspect
import linecache
import sys
from types import CodeType

from symdiff.frontends.tracing.following import FLOW
from symdiff.frontends.tracing.libraries import is_library_file

CHOOSE = "write np.where(condition, a, b) or sd.cond(condition, f, g, x), or declare the argument static"


def why_not_followed() -> tuple[str, str]:
    """Why the innermost code of the user's is run as it is ("" if that is not known), and what to write instead."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_library_file(frame.f_code.co_filename):
        frame = frame.f_back
    return _why(frame.f_code)


def _why(code: CodeType) -> tuple[str, str]:
    if code.co_name in ("<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"):
        return (
            "how many elements a comprehension leaves in cannot depend on values",
            "let `a if condition else b` choose what each element gives; sum, any and all may leave some out",
        )
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return (
            f"{code.co_name} yields, and what yields is run as it is",
            "write `a if condition else b` instead of the statement, or let the function return a list",
        )
    if code.co_filename == "<stdin>":
        return (
            f"{code.co_name} was typed at a prompt that keeps no source, so its branches cannot be followed",
            "type it into IPython, a notebook, a file, or Python 3.13's prompt; or write np.where(condition, a, b)",
        )
    if not linecache.getlines(code.co_filename):
        return (
            f"the source of {code.co_name} is not there, so its branches cannot be followed",
            "put the function into a file, or write np.where(condition, a, b) or sd.cond(condition, f, g, x)",
        )
    if FLOW in code.co_freevars:
        return (
            "leaving a loop inside of `try` or `with`, and what Python itself asks, are not followed",
            f"leave the loop behind the block; or {CHOOSE}",
        )
    return "", CHOOSE
