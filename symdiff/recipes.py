"""Recipes: how a graph is made once the types of the inputs are known.

A recipe is a frozen record, so that a Function built from text pickles by that text. Derivatives are recipes made of
recipes (`symdiff.derivatives`); that is all there is to ``grad(grad(f))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from symdiff.frontends import tracing
from symdiff.frontends.limits import DEFAULT, Limits
from symdiff.frontends.text import Program, parse
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, length, solve
from symdiff.graph.graph import Graph
from symdiff.render.text import listing, parse_listing


class Recipe(Protocol):
    """Makes graphs."""

    @property
    def name(self) -> str:
        """What the function is called."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in the order of the arguments."""

    @property
    def title(self) -> str:
        """What is computed, in a line."""

    def fixed(self, name: str) -> Aval | None:
        """The type of an input, if the recipe itself says it."""

    def build(self, avals: Sequence[Aval]) -> Graph:
        """The graph for inputs of these types."""


@lru_cache(maxsize=256)
def _program(source: str, declared: tuple[str, ...], limits: Limits) -> Program:
    return parse(source, declared, limits)


@dataclass(frozen=True)
class Text:
    """An expression, or a small program."""

    source: str
    declared: tuple[tuple[str, Shape], ...] = ()
    name: str = "f"
    limits: Limits = DEFAULT
    order: tuple[str, ...] = ()

    @property
    def program(self) -> Program:
        return _program(self.source, tuple(name for name, _ in self.declared), self.limits)

    @property
    def lengths(self) -> set[str]:
        """The names in the program that mean lengths of declared inputs, and are no inputs of their own."""
        named = {n for _, shape in self.declared for dim in shape if isinstance(dim, Length) for n in dim.names()}
        return named - {name for name, _ in self.declared}

    @property
    def inputs(self) -> tuple[str, ...]:
        lengths = self.lengths
        found = [name for name in self.program.variables if name not in lengths]
        return (*self.order, *(name for name in found if name not in self.order))

    @property
    def title(self) -> str:
        return self.program.text.splitlines()[-1].strip().removeprefix("return ")

    @property
    def text(self) -> str:
        """The whole program."""
        return self.program.text

    def fixed(self, name: str) -> Aval | None:
        return None

    def build(self, avals: Sequence[Aval]) -> Graph:
        given = dict(zip(self.inputs, avals, strict=True))
        known: dict[str, Dim] = {name: length(name) for name in self.lengths}
        for name, shape in self.declared:
            for dim, actual in zip(shape, given[name].shape, strict=True):
                if isinstance(actual, int) and (found := solve(dim, actual)) is not None and found[0] in known:
                    known[found[0]] = found[1] or 0
        graph = self.program.build(given, self.name, known)
        return graph.with_(inputs=tuple(graph.input(name) for name in self.inputs))


@dataclass(frozen=True)
class Symbolic:
    """Symbolic values: the graph is there already."""

    graph: Graph

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(node.name or "" for node in self.graph.inputs)

    @property
    def title(self) -> str:
        return f"a graph of {len(self.graph.inputs)} inputs"

    def fixed(self, name: str) -> Aval | None:
        return self.graph.input(name).aval

    def build(self, avals: Sequence[Aval]) -> Graph:
        return self.graph

    def __reduce__(self) -> tuple[Callable[[str], Symbolic], tuple[str]]:
        return _symbolic, (listing(self.graph),)


def _symbolic(source: str) -> Symbolic:
    return Symbolic(parse_listing(source))


@dataclass(frozen=True)
class Traced:
    """A Python function that uses NumPy."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return tracing.function_name(self.function)

    @property
    def inputs(self) -> tuple[str, ...]:
        return tracing.argument_names(self.function)

    @property
    def title(self) -> str:
        return f"{self.name}({', '.join(self.inputs)})"

    def fixed(self, name: str) -> Aval | None:
        return None

    def build(self, avals: Sequence[Aval]) -> Graph:
        return tracing.trace(self.function, self.inputs, avals)


@dataclass(frozen=True)
class Renamed:
    """A recipe under another name."""

    base: Recipe
    name: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def title(self) -> str:
        return self.base.title

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def build(self, avals: Sequence[Aval]) -> Graph:
        return self.base.build(avals).with_(name=self.name)


@dataclass(frozen=True)
class Declared:
    """A recipe, and what is declared of its inputs' values.

    Attributes:
        base: the recipe.
        assume: ``(input, properties)`` pairs.
        exact: whether only rewrites that change no bit are wanted.
    """

    base: Recipe
    assume: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exact: bool = False

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def title(self) -> str:
        return self.base.title

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def build(self, avals: Sequence[Aval]) -> Graph:
        graph = self.base.build(avals)
        assume = {**graph.assume, **{graph.input(name): words for name, words in self.assume}}
        return graph.with_(assume=assume, exact=self.exact or graph.exact)


def innermost(recipe: Any) -> Any:
    """What a recipe is made of in the end: a text, symbolic values, or a Python function."""
    while (base := getattr(recipe, "base", None)) is not None:
        recipe = base
    return recipe
