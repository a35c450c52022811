"""What is measured: a program as users write it, and the derivative that an expert writes by hand for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.runner import flat

ENOUGH = 0.02  # seconds of CPU for a sample


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        name: what is computed, and how large.
        goal: the time of ours over that of the expert that is to be reached.
        expert, ours: they take the same arguments and give the same arrays.
        why: what a goal that is not reached is missed by.
    """

    name: str
    goal: float
    expert: Callable[..., Any]
    ours: Callable[..., Any]
    arguments: tuple[Any, ...]
    why: str = ""

    def difference(self) -> float:
        """How far the results are from the expert's, relative to the largest element of each array."""
        pairs = zip(flat(self.ours(*self.arguments)), flat(self.expert(*self.arguments)), strict=True)
        return max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in pairs)

    def times(self, rounds: int) -> tuple[float, float]:
        """CPU seconds per call of the expert and of ours: minima, the two taken in turn."""
        calls = (self.expert, self.ours)
        numbers = [self._number(call) for call in calls]
        found = [[self._sample(call, n) for call, n in zip(calls, numbers, strict=True)] for _ in range(rounds)]
        expert, ours = (min(column) for column in zip(*found, strict=True))
        return expert, ours

    def _sample(self, call: Callable[..., Any], number: int) -> float:
        start = time.process_time()
        for _ in range(number):
            call(*self.arguments)
        return (time.process_time() - start) / number

    def _number(self, call: Callable[..., Any]) -> int:
        number = 1
        while (taken := self._sample(call, number) * number) < ENOUGH:
            number = number * 4 if taken < ENOUGH / 8 else number * 2
        return number
