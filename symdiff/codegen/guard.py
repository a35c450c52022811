"""The head of a function of floats that hands over every other call.

The test stands inside of the function because a call of its own would cost a third of a typical scalar gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from symdiff.codegen.names import free_name
from symdiff.codegen.printed import INDENT

_MISSING = object()


@dataclass(frozen=True)
class Guard:
    """What the guard calls its own things, so that no argument is called so.

    Attributes:
        missing: the value of an argument that was not given.
        rest, named: further arguments, by position and by name.
        dispatch: takes ``(arguments, rest, named)``, what was missing left out, where one is not a float.
        number: the class of floats.
    """

    missing: str
    rest: str
    named: str
    dispatch: str
    number: str

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Guard:
        """A guard for a function of `arguments`."""
        return cls(*(free_name(name, arguments) for name in ("_missing", "_rest", "_named", "_dispatch", "_float")))

    def parameters(self, arguments: Sequence[str]) -> str:
        """What stands between the brackets of the head."""
        return ", ".join([*(f"{a}={self.missing}" for a in arguments), "/", f"*{self.rest}", f"**{self.named}"])

    def test(self, arguments: Sequence[str]) -> list[str]:
        """The first lines of the body."""
        classes = " is ".join([*(f"{a}.__class__" for a in arguments), self.number])
        given = f"({', '.join(arguments)},)"
        return [
            f"if not ({classes}) or {self.rest} or {self.named}:",
            f"{INDENT}return {self.dispatch}({given}, {self.rest}, {self.named})",
        ]

    def namespace(self, dispatch: Callable[..., Any]) -> dict[str, Any]:
        """What the text needs beside itself; `dispatch` is called as the function was."""

        def hand_over(given: tuple[Any, ...], rest: tuple[Any, ...], named: dict[str, Any]) -> Any:
            return dispatch(*[a for a in given if a is not _MISSING], *rest, **named)

        return {self.missing: _MISSING, self.dispatch: hand_over, self.number: float}
