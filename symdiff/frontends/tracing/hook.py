"""Python's profiling hook, by which a trace sees what is called: without it for what is ours alone.

It is called for each step of a library, too, several times for a microsecond of work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


@contextmanager
def unseen() -> Iterator[None]:
    """What runs within is ours, and of no interest to the hook."""
    hook = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        hook_again(hook)


def quietly(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``function(*args, **kwargs)``, which is ours and calls nobody else, unseen; without the price of `unseen`."""
    hook = sys.getprofile()
    sys.setprofile(None)
    try:
        return function(*args, **kwargs)
    finally:
        hook_again(hook)


def unwatched(method: Method) -> Method:
    """A method that is ours, and calls nobody else but to convert what it is given, unseen."""

    @wraps(method)
    def call(*args: Any) -> Any:
        return quietly(method, args, {})

    return call  # type: ignore[return-value]


def hook_again(hook: Any) -> None:
    """Puts a hook back."""
    if hook is None or callable(hook):
        sys.setprofile(hook)
    else:
        hook.enable()  # cProfile's, which is no function
