"""The terminal: its width, its colours, its encoding."""

from __future__ import annotations

import contextlib
import os
import sys

WIDEST = 110  # columns of prose; longer lines are hard to read
_CODES = {"heading": "1", "forward": "32", "backward": "31"}  # bold; green and red, as circuit diagrams are drawn


def width() -> int:
    """The columns for prose, at most `WIDEST`."""
    columns = WIDEST
    with contextlib.suppress(ValueError, OSError):
        columns = int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size().columns
    return max(40, min(columns, WIDEST))


def has_colour() -> bool:
    """Whether standard output is a terminal with colours, and nobody asked for none (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


def paint(kind: str, text: str) -> str:
    """`text` in the colour of its kind: "heading", "forward" or "backward"."""
    return f"\033[{_CODES[kind]}m{text}\033[0m" if kind in _CODES else text


def encodable(text: str) -> str:
    """`text` if standard output can hold it, else its spelling in ASCII."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        from symdiff.render.infix import to_ascii  # noqa: PLC0415 (a terminal that needs it is rare)

        return to_ascii(text)
    return text
