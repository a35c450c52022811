"""``if … elif … else`` in one statement: conditions are asked one after the other, as far as they must be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from symdiff.frontends.tracing.flow.branches import IfStatement, Values


class Link(NamedTuple):
    """A condition, what is run before it is asked, and what is run if it holds."""

    before: Sequence[ast.stmt]
    test: ast.expr
    body: Sequence[ast.stmt]


def links_of(s: ast.If) -> tuple[list[Link], Sequence[ast.stmt]]:
    """The conditions of a statement whose other side ends with one of the kind, and so on; and its last side."""
    links, rest = [Link((), s.test, s.body)], s.orelse
    while rest and isinstance(inner := rest[-1], ast.If):
        links.append(Link(rest[:-1], inner.test, inner.body))
        rest = inner.orelse
    return links, rest


class Chain:
    """Such a statement. Iterating over it gives the steps that must be run.

    Step 2k runs the side of condition k; the step behind it is its other side: it asks for the next condition, or is
    the last side. Each condition is an `IfStatement`, whose other side holds the next one.
    """

    def __init__(self, names: Sequence[str], test: Any) -> None:
        self.names = names
        self.frame = sys._getframe(1)
        self.statements: list[IfStatement] = []
        self.error: BaseException | None = None
        self.values: Values = ()  # of the variables at the end of the last step
        self.ask(test)

    def ask(self, test: Any) -> None:
        """The next condition."""
        statement = IfStatement(self.names, test)
        statement.frame = self.frame
        self.statements.append(statement)

    def __iter__(self) -> Generator[int]:
        yield from self._steps(0)

    def _steps(self, k: int) -> Generator[int]:
        """The steps of condition k and of those behind it, and what the variables are then."""
        statement = self.statements[k]
        for side in statement:
            try:
                yield from self._step(2 * k + (not side))
                if not side and len(self.statements) > k + 1:
                    yield from self._steps(k + 1)
            except Exception as error:
                if not statement.gives_up(error):
                    raise
            else:
                statement.leave(*self.values)
            del self.statements[k + 1 :]
        self.values = statement.results(*self.values)

    def _step(self, number: int) -> Generator[int]:
        """One step; what it raised is raised here, where the conditions around it are asked one after the other."""
        yield number
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def enter(self, *values: Any) -> Values:
        """The variables at the beginning of a step."""
        return self.statements[-1].enter(*values)

    def gives_up(self, error: BaseException) -> bool:
        """Notes what a step has raised."""
        self.error = error
        return True

    def leave(self, *values: Any) -> None:
        """The variables at its end."""
        self.values = values

    def results(self, *values: Any) -> Values:
        """The variables behind the statement."""
        del self.frame  # a frame that holds us, and is held by us, would outlive the trace with all its arrays
        return self.values
