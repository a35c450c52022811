"""Recipes: how a graph is made once the types of the inputs are known.

A recipe is a frozen record, so that a Function built from text pickles by that text. Derivatives are recipes made of
recipes (`symdiff.program.gradient`); that is all there is to ``grad(grad(f))``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Protocol, runtime_checkable

from symdiff.frontends.layout import Layout, arrange, plain_layout, positional, required
from symdiff.frontends.text.limits import DEFAULT, Limits
from symdiff.frontends.text.parser import Program, parse
from symdiff.frontends.tracing import trace as tracing
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, length, solve
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Fixed, Tree, leaves, relabel
from symdiff.render.text import listing, parse_listing


@runtime_checkable
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

    @cached_property
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
    """A Python function that uses NumPy.

    Attributes:
        function: what is called, once for each layout and type of the arguments.
        static: parameters whose values belong to the program.
        also: parameters with a default that are inputs all the same.
        declared: the layout that specs of containers imply.
        layout: how the arguments of the calls are laid out; None as long as that is as declared, or, without a
            declaration, every required argument is an array.
    """

    function: Callable[..., Any]
    static: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    declared: Layout | None = None
    layout: Layout | None = None

    @property
    def name(self) -> str:
        return tracing.function_name(self.function)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.plain.names

    @property
    def plain(self) -> Layout:
        """The layout, or what it is without one."""
        if found := self.layout or self.declared:
            return found
        names = (*required(self.function), *self.also)
        return plain_layout([name for name in names if name not in self.static])

    @property
    def title(self) -> str:
        return f"{self.name}({', '.join(self.inputs)})"

    def fixed(self, name: str) -> Aval | None:
        return None

    @property
    def is_positional(self) -> bool:
        """Whether a call with as many arrays as there are inputs needs no further look at the signature."""
        if self.static or self.also or self.declared:
            return False
        return required(self.function) == positional(self.function)

    def arrange(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Layout, list[Any]]:
        """The layout of a call, and its inputs."""
        return arrange(self.function, args, kwargs, self.static, self.also)

    def build(self, avals: Sequence[Aval]) -> Graph:
        return tracing.trace(self.function, self.plain, avals)


def innermost(recipe: Recipe) -> Recipe:
    """What a derivative is a derivative of, in the end."""
    while isinstance(base := getattr(recipe, "base", None), Recipe):
        recipe = base
    return recipe


def parameters(recipe: Recipe) -> tuple[tuple[str, Tree], ...]:
    """The arguments as the user passes them, containers and all; leaves number the inputs."""
    traced = innermost(recipe)
    if not isinstance(traced, Traced):
        return tuple((name, k) for k, name in enumerate(recipe.inputs))
    given = tuple((name, tree) for name, tree in traced.plain.parameters if not isinstance(tree, Fixed))
    return (*given, *extras_of(recipe))


def extras_of(recipe: Recipe) -> tuple[tuple[str, Tree], ...]:
    """The arguments that derivatives add behind those of the function: tangents and cotangents."""
    found: tuple[tuple[str, Tree], ...] = ()
    top: Any = recipe
    while isinstance(top, Recipe):
        found = (*getattr(top, "extras", ()), *found)
        top = getattr(top, "base", None)
    return found


def discrete_inputs(recipe: Recipe) -> frozenset[str]:
    """The inputs that stay integers if integers are given: those of Python functions, but for targets and tangents."""
    continuous = {recipe.inputs[k] for _, tree in extras_of(recipe) for k in leaves(tree)}
    top: Any = recipe
    while not isinstance(top, Traced):
        if not hasattr(top, "base"):
            return frozenset()
        continuous.update(getattr(top, "targets", ()))
        top = top.base
    return frozenset(recipe.inputs).difference(continuous)


def parameter_of(recipe: Recipe, tree: Tree) -> str:
    """What the argument is called of which the inputs are the leaves of `tree`."""
    if isinstance(tree, int):
        return recipe.inputs[tree]
    return next(name for name, other in parameters(recipe) if other == tree)


def rebased(recipe: Recipe, change: Callable[[Traced], Traced]) -> Recipe:
    """The recipe with `change` applied to the Python function at its bottom; targets follow their parameters."""
    if isinstance(recipe, Traced):
        return change(recipe)
    old: Recipe = recipe.base  # type: ignore[attr-defined]
    new = rebased(old, change)
    changes: dict[str, Any] = {"base": new}
    if hasattr(recipe, "wrt"):
        traced = innermost(new)
        assert isinstance(traced, Traced)
        found = dict((*traced.plain.parameters, *extras_of(new)))
        trees = {k: found.get(name) for k, name in enumerate(old.inputs)}
        there = {k: new.inputs.index(old.inputs[k]) if tree is None else tree for k, tree in trees.items()}
        changes["wrt"] = tuple(relabel(tree, there.__getitem__) for tree in recipe.wrt)
    return replace(recipe, **changes)  # type: ignore[type-var]


@dataclass(frozen=True)
class Derived:
    """A recipe that is made of another one, `base`, and has its inputs."""

    base: Recipe

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def title(self) -> str:
        return self.base.title

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)


@dataclass(frozen=True)
class Renamed(Derived):
    """A recipe under another name."""

    name: str

    def build(self, avals: Sequence[Aval]) -> Graph:
        return self.base.build(avals).with_(name=self.name)


@dataclass(frozen=True)
class Declared(Derived):
    """A recipe, and what is declared of its inputs' values.

    Attributes:
        base: the recipe.
        assume: ``(input, properties)`` pairs.
        exact: whether only rewrites that change no bit are wanted.
        asserts: whether the generated code tests the assumptions that it relies on.
    """

    assume: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exact: bool = False
    asserts: bool = False

    @property
    def name(self) -> str:
        return self.base.name

    def build(self, avals: Sequence[Aval]) -> Graph:
        graph = self.base.build(avals)
        assume = {**graph.notes.assume, **{graph.input(name): words for name, words in self.assume}}
        return graph.with_(
            assume=assume, exact=self.exact or graph.notes.exact, asserts=self.asserts or graph.notes.asserts
        )
