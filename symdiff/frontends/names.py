"""Names: which ones inputs may have, and which ones generated code can use."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any

from symdiff.errors import ParseError


def check_name(name: str) -> None:
    """Raises ParseError unless `name` can be an argument of generated code."""
    if (
        not isinstance(name, str)
        or not name.isascii()
        or not name.isidentifier()
        or keyword.iskeyword(name)
        or name.startswith("__")
    ):
        help = "it is a word of Python's" if keyword.iskeyword(name) else "use an ASCII identifier, such as x or W1"
        raise ParseError(f"{name!r} is not a name for a variable", help=help, code="SD106")


def plain(value: Any) -> Any:
    """A text as one of Python's own class, whose methods are those that it has there; all else as it is."""
    return str.__str__(value) if isinstance(value, str) and type(value) is not str else value


def is_name(name: str) -> bool:
    """Whether generated code can use `name`."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and not name.startswith("_")


def function_name(function: Callable[..., Any]) -> str:
    """The name of a function, if it has one that can be written."""
    name = str(getattr(function, "__name__", "f"))
    return name if is_name(name) else "f"
