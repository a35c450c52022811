"""Lines of generated source with their comments, aligned."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_WITH_COMMENT = 106


@dataclass
class Line:
    """A line of code, and what stands behind ``#``."""

    code: str
    comment: str = ""


def layout(lines: list[Line]) -> list[str]:
    """Aligns the comments of a block: at one column, unless the line is longer."""
    widths = [len(line.code) for line in lines if line.comment]
    column = min(max(widths, default=0), 48)
    return [_commented(line, column) for line in lines]


def _commented(line: Line, column: int) -> str:
    """The line and its comment, which is cut to the type where it would run off the page."""
    if not line.comment:
        return line.code
    code = line.code.ljust(column)
    comment = line.comment if len(code) + len(line.comment) + 4 <= LONGEST_WITH_COMMENT else line.comment.split("  ")[0]
    return f"{code}  # {comment}" if not comment.startswith("from") or comment == line.comment else line.code
