"""What is not the same twice: random numbers, the next item of an iterator.

A step that stands for all steps is traced several times, and once for all; a branch that is not known runs both sides.
So where such a thing is asked for in one of them, nobody may have asked before: the loop is run step by step.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

STATEFUL = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
MODULES = ("numpy.random", "random")


class OnceOnlyError(Exception):
    """A step asked for what is not the same twice."""


class _Tries(threading.local):
    def __init__(self) -> None:
        self.depth = 0


_tries = _Tries()


@contextmanager
def trying() -> Iterator[bool]:
    """An attempt to trace a step begins; gives whether it is inside of no other one."""
    _tries.depth += 1
    try:
        yield _tries.depth == 1
    finally:
        _tries.depth -= 1


def is_trying() -> bool:
    """Whether a step is tried."""
    return _tries.depth > 0


def is_same_twice(function: Any) -> bool:
    """Whether a function that is called with the same arguments gives the same."""
    owner = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None)
    draws = isinstance(owner, STATEFUL) or (isinstance(module, str) and module.split("._")[0] in MODULES)
    return not draws and function is not next


def check_is_same_twice(function: Any) -> None:
    """Raises `OnceOnlyError` in a step that is only tried, if `function` may give something else each time."""
    if _tries.depth and not is_same_twice(function):
        raise OnceOnlyError
