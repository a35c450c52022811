"""Targets: what source can be printed for, and how one is found by its name.

A target is a class in a file of its own under `targets/`, and one `register`: nothing else knows its name. The file is
imported when it is first asked for. Those whose
text is Python inherit the printer (`symdiff.codegen.python`) and say how rows are spelled; others bring their own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from symdiff.codegen import targets
from symdiff.codegen.printed import LARGEST_LITERAL, Printed
from symdiff.codegen.source import Definition
from symdiff.errors import ArgumentError, did_you_mean
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.schedule.plan import Scheduler


@dataclass(frozen=True)
class Wishes:
    """What is wished of a printed function.

    Attributes:
        fresh: copy outputs that would otherwise be an argument, or a view of one.
        largest: elements of a constant that is written out; larger ones are kept beside the source.
        taken: names that nothing in the body may have.
        scheduler: has the plans of what computes the same, and is asked for them if the graph is the same.
    """

    fresh: bool = True
    largest: int = LARGEST_LITERAL
    taken: tuple[str, ...] = ()
    scheduler: Scheduler | None = None


DEFAULT = Wishes()


class RaisedError(Exception):
    """A program that is no Python came to an error of the user's, of which it knows how it is written."""


class Target(Protocol):
    """Something that source is printed for.

    Attributes:
        name: the word under which users ask for it.
        fallback: what prints the graphs that this target does not take, and computes where its functions raise.
        most_steps: for how many steps of a loop that asks whether to go on there is room, if that must be known
            beforehand; 0 where such a loop has as much room as it takes.
    """

    name: str
    fallback: Target | None
    most_steps: int

    def takes(self, graph: Graph) -> bool:
        """Whether `graph`, as it was written, is one for this target."""

    def prints(self, node: Node) -> bool:
        """Whether there is a spelling for `node`; other rows are lowered to those that have one."""

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        """The function that computes `graph`, all of whose nodes can be printed."""

    def text(self, definitions: Sequence[Definition]) -> str:
        """The source as a whole: the functions, and all that they need."""

    def load(self, text: str, name: str, extra: Mapping[str, Any]) -> Callable[..., Any]:
        """The function `name` of that text, which finds `extra` beside it.

        Raises:
            UnsupportedError: if such text does not run here.
        """


T = TypeVar("T", bound=Target)
TARGETS: dict[str, Target] = {}


def register(target: T) -> T:
    """Makes `target` known under its name; raises ValueError if that is taken."""
    if target.name in TARGETS:
        raise ValueError(f"target {target.name!r} is defined twice")
    TARGETS[target.name] = target
    return target


def find_target(name: str) -> Target:
    """The target called `name`; raises ArgumentError, which lists those that there are.

    >>> from symdiff.codegen.choose import choose_target
    >>> find_target("numpi")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    symdiff.errors.ArgumentError: there is no target 'numpi'; the targets are 'array_api', 'c', ...
    help: did you mean 'numpy'?
    SD313: `symdiff explain SD313` says more
    """
    known = target_names()
    if name not in TARGETS and name in known:
        importlib.import_module(f"{targets.__name__}.{name}")  # which registers it, and finds what it needs
    if name in TARGETS:
        return TARGETS[name]
    raise ArgumentError(
        f"there is no target {name!r}; the targets are {', '.join(map(repr, known))}",
        help=did_you_mean(name, known),
        code="SD313",
    )


def target_names() -> list[str]:
    """The names of all targets, those too that nobody has asked for yet.

    >>> {"c", "math", "numpy"}.issubset(target_names())
    True
    """
    return sorted({module.name for module in pkgutil.iter_modules(targets.__path__)}.union(TARGETS))
