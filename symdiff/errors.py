"""Everything that symdiff raises on purpose.

Every class is also the built-in exception that a caller would expect, so that ``except ValueError`` keeps working.
A message says what is wrong; `help` says what to do; `at` adds where in the user's text.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class _Collecting(threading.local):
    def __init__(self) -> None:
        self.lists: list[list[SymdiffError]] = []


_collecting = _Collecting()


@contextmanager
def errors_made() -> Iterator[list[SymdiffError]]:
    """The errors of symdiff that are made in this thread within, those too that are caught there."""
    made: list[SymdiffError] = []
    _collecting.lists.append(made)
    try:
        yield made
    finally:
        _collecting.lists.pop()
        made.clear()  # they hold the frames that they have passed


class SymdiffError(Exception):
    """Root of all errors of symdiff.

    Args:
        message: what is wrong, in lower case, in words of the user's world.
        help: what to write instead, one line.
        unknown: the symbolic value that had to be a number, where that is what is wrong.
        also_numpys: NumPy raises an error in its place, too, so that a program may count on it.
        code: the number of its page, if it has one that says more than that of its class.

    Attributes:
        code: as ``symdiff explain CODE`` knows it; also in a note (PEP 678), which tracebacks show and `str` does not.
    """

    code = "SD000"
    also_numpys = False
    is_answered = False  # by ourselves, who have tried something and do it in another way

    def __init__(
        self,
        message: str,
        *,
        help: str | None = None,
        unknown: object = None,
        also_numpys: bool | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.add_note(self.more)
        self.message = message
        self.help = help
        self.unknown = unknown
        self.where: str | None = None
        self.place: tuple[int, int, int] | None = None  # line from 1, column from 0, and width, in the user's text
        self.note: str | None = None
        if also_numpys is not None or unknown is not None:
            self.also_numpys = bool(also_numpys)
        for made in _collecting.lists:
            made.append(self)

    @property
    def more(self) -> str:
        """Where more is said of it."""
        return f"{self.code}: `symdiff explain {self.code}` says more"

    def at(
        self, text: str, line: int, column: int, width: int = 1, *, file: str = "", number: int | None = None
    ) -> SymdiffError:
        """Adds the place: `line` (from 1) and `column` (from 0) in `text`. The innermost place wins.

        `file` and `number` say where the text comes from, if it is a part of something longer.
        """
        if self.where is None:
            self.place = (line, column, max(1, width))
            lines = text.splitlines() or [""]
            source = lines[min(line, len(lines)) - 1]
            if file:  # the indentation of code says nothing
                column -= len(source) - len(source.lstrip())
                source = source.lstrip()
            start = max(0, column - 70)
            shown = ("…" if start else "") + source[start : start + 100]
            indent = column - start + (1 if start else 0)
            carets = "^" * max(1, min(width, len(shown) - indent))
            place = f"line {number or line}: " if len(lines) > 1 or number else ""
            if file:
                place = f"{file.replace(chr(92), '/').rpartition('/')[2]}, {place}"
            self.where = f"  {place}{shown}\n  {' ' * (len(place) + indent)}{carets}"
        return self

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the user's own lines on the way, and what is wrong; none of ours."""
        import traceback  # noqa: PLC0415 (takes longer than this whole module)

        frames = traceback.extract_tb(self.__traceback__)
        own = [frame for frame in frames if not _is_library(frame.filename)]
        said = [f"{frame.filename}, line {frame.lineno}:\n    {frame.line}" for frame in own if frame.line]
        return [*said, f"{type(self).__name__}: {self}", self.more]

    def __str__(self) -> str:
        parts = [self.message]
        if self.where:
            parts.append(self.where)
        if self.note:
            parts.append(f"note: {self.note}")
        if self.help:
            parts.append(f"help: {self.help}")
        said = "\n".join(parts)
        return said.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be printed


def shorten(error: BaseException) -> None:
    """Takes our frames, and NumPy's, out of the traceback of an error of ours; the caller's own and the user's stay.

    So it is with what a user's function raises while it is called with symbols. ``SYMDIFF_TRACEBACK=full`` in the
    environment keeps them all.
    """
    steps: list[TracebackType] = []
    step = error.__traceback__
    while step is not None:
        steps.append(step)
        step = step.tb_next
    if not steps or os.environ.get("SYMDIFF_TRACEBACK") == "full":
        return
    if isinstance(error, SymdiffError):
        kept = [steps[0], *(step for step in steps[1:] if not _is_internal(step.tb_frame))]
    else:
        kept = _users(steps)
    rest: TracebackType | None = None
    for step in reversed(kept):
        rest = TracebackType(rest, step.tb_frame, step.tb_lasti, step.tb_lineno)
    error.__traceback__ = rest


def _users(steps: list[TracebackType]) -> list[TracebackType]:
    """Of an error that is not ours the frames of the user's function; all of them, if symdiff itself raised it."""
    users = [step for step in steps if not _is_internal(step.tb_frame)]
    return steps if not users or _is_ours(steps[-1].tb_frame) else users


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == "symdiff"


def _is_internal(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in ("symdiff", "numpy")


def _is_library(file: str) -> bool:
    """Whether a frame is of symdiff, or of what runs the cells of notebooks."""
    return file.startswith(__file__.removesuffix("errors.py")) or "IPython" in file.replace("\\", "/").split("/")


class ParseError(SymdiffError, ValueError):
    """Text that is not an expression of symdiff's language."""

    code = "SD100"


class ShapeError(SymdiffError, ValueError):
    """Shapes that do not go together."""

    code = "SD200"
    also_numpys = True


class DTypeError(SymdiffError, TypeError):
    """A dtype on which an operation is not defined."""

    code = "SD250"


class ArgumentError(SymdiffError, TypeError):
    """An argument that is missing, unknown, or of the wrong kind."""

    code = "SD300"
    also_numpys = True


class TruthValueError(ArgumentError, ValueError):
    """A branch on a value that is not known yet; NumPy's error for an array in its place is a ValueError, too."""

    code = "SD350"
    also_numpys = False


class ValueDomainError(SymdiffError, ValueError):
    """An argument whose value cannot be used (an axis out of bounds, an unknown norm)."""

    code = "SD400"
    also_numpys = True


class OutOfBoundsError(ValueDomainError, IndexError):
    """A position that an array does not have."""

    code = "SD450"


class UndefinedGradientError(SymdiffError, NotImplementedError):
    """A derivative that was asked for does not exist; the message shows the path."""

    code = "SD500"


class GradientMismatchError(SymdiffError, AssertionError):
    """A derivative that differs from finite differences, or one written by hand that differs from ours."""

    code = "SD550"


class DisconnectedError(SymdiffError, ValueError):
    """A target that the differentiated value does not depend on, with ``disconnected="raise"``."""

    code = "SD570"


class UnsupportedError(SymdiffError, NotImplementedError):
    """Something that symdiff knows of and does not do."""

    code = "SD600"


class MissingAttributeError(SymdiffError, AttributeError):
    """An attribute or method of arrays that symbolic ones do not have."""

    code = "SD650"


class MissingDependencyError(SymdiffError, ImportError):
    """An optional package that is needed and not installed."""

    code = "SD700"


class LimitError(SymdiffError, ValueError):
    """Input over one of the limits that keep untrusted text harmless."""

    code = "SD800"


class MemoryLimitError(LimitError, MemoryError):
    """A call whose arrays need more memory than there is."""

    code = "SD850"


class OutputError(SymdiffError, OSError):
    """A file that could not be written."""

    code = "SD900"


def closest(word: object, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one of `names` that differs from `word` by case, or by a slip of the keyboard.

    >>> closest("dT", ["u", "x0", "dt"]), closest("sigmiod", ["sin", "sigmoid"]), closest("q", ["w"])
    ('dt', 'sigmoid', None)
    """
    from difflib import get_close_matches  # noqa: PLC0415 (of those that are mistaken)

    written, known = str(word), list(names)
    same = [name for name in known if name.lower() == written.lower()]
    return next(iter(same or get_close_matches(written, known, n=1, cutoff=cutoff)), None)


def did_you_mean(word: object, names: Iterable[str], otherwise: str | None = None, cutoff: float = 0.6) -> str | None:
    """The help for a word that is none of `names`: the one that was probably meant, or else what `otherwise` says."""
    close = closest(word, names, cutoff)
    return otherwise if close is None else f"did you mean {close!r}?"
