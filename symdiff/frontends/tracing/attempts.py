"""How often a function is run to trace it: once, and once more if that showed what it needs.

Arrays that a function finds outside of itself, and what NumPy computes from numbers alone, are NumPy's own: nothing is
in the way of a library that is handed one, and nothing is slow. But NumPy's own array cannot take a symbolic value:
``A.dot(x)``, ``W = A.copy(); W -= x``, ``np.float64(x)`` end in an error. Then the function is run again, and this time
*constants are followed*: each array that is known is a symbolic array that holds numbers, as those of ``np.zeros`` are
always.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from symdiff.control.holding import Memory
from symdiff.errors import SymdiffError, TruthValueError, UnsupportedError, errors_made
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.tracing.libraries import is_library_file
from symdiff.graph.node import Node

OUR_ERROR = "__symdiff_error"  # begins the name of an error that our own handlers take


@dataclass
class Attempt:
    """One run of a function.

    Attributes:
        follows_constants: whether arrays that are known are symbolic arrays too.
        follows_calls: whether all functions that are called are followed, those without control flow too.
        outcomes: how the first of the calls go whose failure the function may handle: "" if well, else what NumPy says.
        fell_short: whether a symbolic value met an array of NumPy's that cannot hold it.
        left_alone: whether a function runs as it is, since no control flow was found in it.
        tried: what those calls gave that went well, and None for the others.
        loops: which loops are kept (`symdiff.frontends.tracing.flow.policy`).
        memory: what they hold for the way back, where a loop by name says nothing else.
        met: what became of the loops, by file and line: "" if they were kept, else why they were not.
        function: what is run.
    """

    follows_constants: bool = False
    follows_calls: bool = False
    outcomes: tuple[str, ...] = ()
    fell_short: bool = False
    left_alone: bool = False
    tried: list[Node | None] = field(default_factory=list)
    loops: Loops = "auto"
    memory: Memory = "keep"
    met: dict[tuple[str, int], str] = field(default_factory=dict)
    function: object = None

    def again(self, error: Exception | None = None) -> Attempt | None:
        """The run that follows this one, which has ended, perhaps in an error; None if it is the last.

        What fell short may have been caught by the function itself, which NumPy would not have made go there.
        """
        constants = self.follows_constants or self.fell_short
        calls = self.follows_calls or (self.left_alone and isinstance(error, TruthValueError))
        if (constants, calls) == (self.follows_constants, self.follows_calls):
            return None
        return Attempt(constants, calls, self.outcomes, loops=self.loops, memory=self.memory, function=self.function)

    @property
    def calls(self) -> tuple[Node, ...]:
        """The calls of which it is not said how they go."""
        return tuple(node for node in self.tried[len(self.outcomes) :] if node is not None)


class _Attempts(threading.local):
    def __init__(self) -> None:
        self.stack: list[Attempt] = []


_attempts = _Attempts()


@contextmanager
def attempt(run: Attempt) -> Iterator[None]:
    """A run that begins here. What runs inside of one that follows constants, or calls, does so too."""
    run.follows_constants |= are_constants_followed()
    run.follows_calls |= are_calls_followed()
    _attempts.stack.append(run)
    try:
        yield
    finally:
        _attempts.stack.pop()


def are_constants_followed() -> bool:
    """Whether arrays that are known are symbolic arrays too."""
    return bool(_attempts.stack) and _attempts.stack[-1].follows_constants


def are_calls_followed() -> bool:
    """Whether functions without control flow of their own are followed too."""
    return bool(_attempts.stack) and _attempts.stack[-1].follows_calls


def is_in_vain() -> bool:
    """Whether the function will be run again, so that nothing more is to be learnt from this run."""
    return bool(_attempts.stack) and _attempts.stack[-1].fell_short and not _attempts.stack[-1].follows_constants


def running() -> Attempt | None:
    """The run that goes on now in this thread."""
    return _attempts.stack[-1] if _attempts.stack else None


def met_numbers() -> None:
    """Told when a symbolic value meets an array of numbers that cannot hold it."""
    if _attempts.stack:
        _attempts.stack[-1].fell_short = True


def left_alone() -> None:
    """Told when a function runs as it is, since no control flow was found in it."""
    if _attempts.stack:
        _attempts.stack[-1].left_alone = True


def written_outside() -> UnsupportedError:
    """The error for a symbolic value that is written into an array from outside."""
    met_numbers()
    return UnsupportedError(
        "a symbolic value cannot be written into an array that was made outside of the function",
        help="copy it first, inside the function: y = np.array(y)",
        code="SD605",
    )


@contextmanager
def arriving() -> Iterator[None]:
    """Raises the errors of ours that a handler within has caught where NumPy would have gone on."""
    with errors_made() as made:
        try:
            yield
        except SymdiffError:
            raise
        except Exception as error:
            if (refusal := _caught(made)) is not None:
                raise refusal from error
            raise
        if (refusal := _caught(made)) is not None:
            raise refusal


def answered(error: BaseException) -> None:
    """Told that an error says only that something we tried is to be done in another way."""
    if isinstance(error, SymdiffError):
        error.is_answered = True


def _caught(errors: Iterable[SymdiffError]) -> SymdiffError | None:
    """The first of the errors that somebody's handler has caught where NumPy would have gone on; None if there is none.

    What is caught by NumPy or by us is a question that has been answered.
    """
    for error in errors:
        reached = error.__traceback__
        if (
            not (error.also_numpys or error.is_answered)
            and reached is not None
            and not is_library_file(reached.tb_frame.f_code.co_filename)
        ):
            error.note = "the function has caught this error, and would have gone another way than with NumPy"
            return error
    return None
