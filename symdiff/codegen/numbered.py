"""The numbers of steps in source: a loop counts from where the user's does, and what counts along is written so."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from symdiff.graph.loop import Loop, counting
from symdiff.graph.node import Node


@dataclass(frozen=True)
class Index:
    """The variable that counts the steps of a loop.

    Attributes:
        name: of the variable.
        first: what it is in the first step.
    """

    name: str
    first: int = 0

    def plus(self, n: int) -> str:
        """The number of a step, the first one being 0, and `n`.

        >>> Index("t", 1).plus(0), Index("t", 1).plus(1), Index("t").plus(2)
        ('t - 1', 't', 't + 2')
        """
        more = n - self.first
        return f"{self.name} {'-+'[more > 0]} {abs(more)}" if more else self.name

    def element(self, array: Node) -> ast.expr | None:
        """The element of an array that counts; None of any other one."""
        found = counting(array)
        if found is None:
            return None
        first, by = found
        if by == 1:
            return ast.parse(self.plus(first), mode="eval").body
        step = self.plus(0) if not self.first else f"({self.plus(0)})"
        term = step if by == -1 else f"{abs(by)} * {step}"
        if by > 0:
            text = term if not first else f"{term} {'-+'[first > 0]} {abs(first)}"
        else:
            text = f"{first} - {term}" if first else f"-{term}"
        return ast.parse(text, mode="eval").body


def name_of_steps(loop: Loop, counter: int | None) -> str:
    """What the number of a step is called: as what counts in the user's program, if anything does."""
    if counter is not None:
        return loop.states[counter].name or "t"
    numbers = [v.name for v, x in zip(loop.elements, loop.sliced, strict=True) if _first(x) is not None]
    return (next(iter(numbers), None) or "t").removesuffix("_t")


def first_step(loop: Loop) -> int:
    """From where the user's loop counts, if that is 0 or more: 0 where it does not count."""
    return next((first for x in loop.sliced if (first := _first(x))), 0)


def _first(x: Node) -> int | None:
    """Where an array begins that counts, one by one, from 0 or above; None for others."""
    found = counting(x)
    return found[0] if found is not None and found[1] == 1 and found[0] >= 0 else None
