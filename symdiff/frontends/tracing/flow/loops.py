"""``for`` and ``while``: a loop of many steps is traced in one of them, and becomes one operation.

Whatever cannot be had so (a list indexed by the step, a shape that grows) is no error: the loop is then run step by
step, as if nobody had looked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import count
from typing import Any

from symdiff.errors import TruthValueError, UnsupportedError
from symdiff.frontends.carried import has_narrow
from symdiff.frontends.steps import ASKING, Steps, behind_first
from symdiff.frontends.tracing.attempts import answered, is_in_vain
from symdiff.frontends.tracing.flow.branches import IfStatement, condition_of
from symdiff.frontends.tracing.flow.carrying import asks_for_what_is_known
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.guards import note, noting
from symdiff.frontends.tracing.flow.kept import Kept
from symdiff.frontends.tracing.flow.policy import BeginsOtherwise, fewest, most_known, reason, tell, too_short
from symdiff.frontends.tracing.flow.rows import Rows
from symdiff.frontends.tracing.flow.steps import gone_over, steps_of
from symdiff.frontends.tracing.flow.twice import within
from symdiff.frontends.tracing.flow.values import is_open
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Dim, Length, evaluate
from symdiff.graph.guard import Guard
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, as_node
from symdiff.ops.elementwise import less, logical_and

MOST_TRIES = 12
MOST_FIRST = 2  # steps that may be others than all that follow
Values = tuple[Any, ...]


class _Loop:
    """One loop. Iterating over it gives the item of a step that stands for all, or of each step.

    ``enter`` and ``leave`` see the variables that a step assigns, before and after it; ``goes`` says whether the step
    is taken; ``results`` says what the variables are behind the loop; ``gives_up`` is told of what a step raised.
    """

    def __init__(
        self,
        names: Sequence[str],
        into: Sequence[str],
        steps: Steps | None,
        goes: Callable[[], Any] | None,
    ) -> None:
        self.names, self.into, self.asked = names, into, goes
        self.frame = sys._getframe(2)
        self.line = self.frame.f_lineno
        self.why = "" if steps is not None else "what it goes over has no elements of one kind"
        self.steps = steps
        self.over: Sequence[Any] = ()
        self.kept: Kept | None = None
        self.rows: Rows
        self.failed = False
        self.is_over = False
        self.before: Values | None = None
        self.entered: Values = ()
        self.sides: Generator[bool]
        self.perhaps: IfStatement | None = None  # the step that runs now, if whether it is taken is not known

    def _tries(self) -> Iterator[Any]:
        """Attempts to keep the loop; `kept` says whether one was successful. Lists of numbers are tried as arrays."""
        yield from self._tries_with(Rows(self.names, self.into, self.frame, self.over))
        if self.kept is None and self.rows.is_narrow:
            yield from self._tries_with(Rows(self.names, self.into, self.frame, self.over, wide=True))
        if self.kept is None and self.rows.has_lists:
            why = self.why
            yield from self._tries_with(Rows((), (), self.frame))
            self.why = self.why if not self.why or isinstance(self.why, BeginsOtherwise) else why

    def _tries_with(self, rows: Rows) -> Iterator[Any]:
        """Attempts to keep the loop, whose lists are as `rows` sees them."""
        assert self.steps is not None
        self.rows, self.failed = rows, False
        self.kept = Kept(self.steps, self.names, self.into, self.frame, self.over)
        found: Loop | None = None
        first_why = ""
        for _ in range(MOST_TRIES):
            with rows.away(), noting() as self.kept.guards, within("step", self.frame) as self.kept.scope:
                yield self.kept.begin()
            is_outermost = self.kept.scope.is_outermost
            if rows.is_changed(self.kept.scope.journal.places):
                self.failed, self.why = True, "a step changes a list under another name"
            if not self.failed:
                self.why = self.kept.end()
                self.failed = bool(self.why)
            if self.failed and self.kept.tries_lengths():
                self.failed, found, first_why = False, None, self.why
                continue
            if self.failed or (self.kept.is_done and (not is_outermost or self.kept.loop == found)):
                break
            found = self.kept.loop  # once more: a step that does otherwise then does not stand for all
        if self.failed or not self.kept.is_done or (is_outermost and self.kept.loop != found):
            self.why = first_why or self.why or "its steps do not do the same"
            self._give_up()
        elif rows.has_lists and self.kept.loop is not None and has_narrow(self.kept.loop.body.outputs):
            self.why = "a list holds numbers of several types"
            self._give_up()

    def _give_up(self) -> None:
        assert self.kept is not None
        self.kept.take_back()
        self.before = self.rows.first(self.kept.before[: len(self.names)])
        self.kept = None

    def _settle(self) -> None:
        assert self.kept is not None
        self.why = ""
        self.kept.settle()
        self._tell()

    def _tell(self) -> None:
        tell(self.frame, self.line, self.why)

    def _until_over(self, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            yield item
            if self.is_over:
                return

    def goes(self) -> bool:
        """Whether the step is taken."""
        if self.asked is None:
            return True
        goes = self.asked()
        if self.kept is not None and is_open(goes):
            more = condition_of(goes)
            self.kept.goes = more if self.kept.goes is None else logical_and(self.kept.goes, more)
            return True
        if self.kept is not None:
            if not goes:
                self.failed, self.why = True, "its first step ends it"
            return True
        if is_open(goes):
            self._begin_perhaps(goes)
            return True
        self.is_over = not goes
        return not self.is_over

    def _begin_perhaps(self, goes: Any) -> None:
        """A step that is run step by step begins, and whether it is taken depends on a value: it is a side of a branch.

        Raises:
            TruthValueError: in a loop that has no last step then.
        """
        if self.steps is ASKING:
            raise _endless(as_node(goes), self.why)
        self.perhaps = IfStatement(self.names, goes)
        self.perhaps.frame = self.frame
        self.sides = iter(self.perhaps)
        next(self.sides)
        self.perhaps.begin(self.entered)

    def _end_perhaps(self) -> None:
        assert self.perhaps is not None
        for _ in self.sides:  # nothing happens on the other side
            self.perhaps.leave(*self.perhaps.given[False])
        self.before = self.perhaps.results()
        self.perhaps = None

    def enter(self, *values: Any) -> Values:
        """The variables at the beginning of a step."""
        if self.before is not None:  # the first step, after one was tried in vain
            values, self.before = self.before, None
        if self.kept is not None:
            seen = self.rows.seen(values)
            if not self.kept.starts:
                self.kept.contents = Contents()  # of what stands for lists, too
            return self.rows.marked(self.kept.enter(seen))
        self.entered = values
        return values

    def leave(self, *values: Any) -> None:
        """The variables at its end."""
        if self.kept is not None:
            self.kept.after = self.rows.left(values)
        elif self.perhaps is not None:
            self.perhaps.leave(*values)
            self._end_perhaps()

    def gives_up(self, error: BaseException) -> bool:
        """Whether the step was an attempt only, so that what it raised does not matter."""
        if self.perhaps is not None:
            return self._gives_up_perhaps(error)
        self.failed = self.kept is not None and not is_in_vain()
        if self.failed:
            self.why = reason(error)
            self.rows.note(error)
            answered(error)
        return self.failed

    def _gives_up_perhaps(self, error: BaseException) -> bool:
        assert self.perhaps is not None
        if not self.perhaps.gives_up(error):
            self.sides.close()
            return False
        self._end_perhaps()
        return True

    def results(self, *values: Any) -> Values:
        """The variables behind the loop: as they are where it was run step by step."""
        found = values if self.before is None else self.before
        if self.kept is not None:
            found = self.rows.lists(self.kept.results(), self.kept.steps.length if self.asked is None else 0)
        self.kept = None
        del self.frame  # as a branch does
        return found


def _endless(asked: Node, why: str) -> TruthValueError:
    """The error for a loop that can neither be kept nor be run step by step."""
    reason = f", and {why}" if why else ""
    return TruthValueError(
        f"how many steps this loop takes depends on a value{reason}",
        help="let each step do the same; or bound the loop, `for _ in range(100)`, and leave it by `if …: break`",
        unknown=asked,
        code="SD352",
    )


class ForLoop(_Loop):
    """A loop over something."""

    def __init__(
        self,
        names: Sequence[str],
        into: Sequence[str],
        iterable: Any,
        goes: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(names, into, steps_of(iterable), goes)
        self.iterable, self.over = iterable, gone_over(iterable)

    def __iter__(self) -> Iterator[Any]:
        if self.steps is not None and (_is_long(self.steps) or self.asked is not None):
            yield from self._tries()
            for _ in range(MOST_FIRST):
                if self.kept is not None or not self._may_begin_otherwise():
                    break
                yield next(self.steps.plain())
                self.steps, self.failed = behind_first(self.steps), False
                yield from self._tries()
            if self.kept is not None:
                _check_length(self.steps.length)
                self._settle()
                return
        elif self.steps is not None:
            self.why = too_short(self.steps.length)
        self._tell()
        if self.steps is not None and self.steps.count is not None and is_open(Symbol(self.steps.count)):
            raise _endless(self.steps.count, self.why)
        if self.steps is not None and isinstance(self.steps.length, Length):
            raise UnsupportedError(
                f"the length {self.steps.length} is not known now, so it cannot count a loop of steps that differ"
                + (f": {self.why}" if self.why else ""),
                help="use functions of whole arrays; or leave the shape undeclared, to compile for each length",
                code="SD604",
            )
        yield from self._until_over(self.steps.plain() if self.steps is not None else iter(self.iterable))

    def _may_begin_otherwise(self) -> bool:
        """Whether the first step may be one of its own: ``s = s * np.exp(z[t])`` makes an array of a number once."""
        assert self.steps is not None
        n = self.steps.length if self.steps.count is None and self.asked is None else 0
        return isinstance(n, int) and n > 1 and isinstance(self.why, BeginsOtherwise)


def _check_length(n: Dim) -> None:
    """Notes that a loop of n - 2 steps is none of an array of one element: Python takes no step there."""
    if not isinstance(n, Length) or evaluate(n, dict.fromkeys(n.names(), 1)) >= 0:
        return
    text = f"a loop takes {n} steps, compiled for any {' and '.join(sorted(n.names()))}: there must be 0 or more"
    note(Guard(less(as_node(n), 0), f"ValueError({text!r})"))


def _is_long(steps: Steps) -> bool:
    least = fewest()
    is_known = steps.count is None and isinstance(steps.length, int)
    return not is_known or (least is not None and steps.length >= least)  # type: ignore[operator]


class WhileLoop(_Loop):
    """A loop as long as a condition holds."""

    def __init__(self, names: Sequence[str], into: Sequence[str], goes: Callable[[], Any]) -> None:
        super().__init__(names, into, ASKING, goes)

    def __iter__(self) -> Iterator[Any]:
        if self.steps is not None:
            yield from self._tries()
        found = self.kept
        if found is not None and found.loop is not None and asks_for_what_is_known(found.loop):
            self._give_up()
            most = most_known()
            yield from self._until_over(count() if most is None else iter(range(most)))
            if self.is_over:
                self.why = "how many steps it takes depends on numbers alone, and is not large"
                self._tell()
                return
            found.take_back()
            self.kept = found
        if self.kept is not None:
            self._settle()
            return
        self._tell()
        yield from self._until_over(count())
