"""Recipes: how a graph is made once the types of the inputs are known.

A recipe is a frozen record, so that a Function built from text pickles by that text. What users write are recipes
(`symdiff.program.written`); derivatives are recipes made of recipes (`symdiff.program.gradient`), and that is all there
is to ``grad(grad(f))``. `Built` makes the graphs, each once: a user's function runs once for inputs of certain types,
whatever is asked for afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any, Protocol, TypeVar, runtime_checkable

from symdiff.errors import ArgumentError
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Fixed, Tree, leaves, relabel
from symdiff.program.pipeline import recognise_forms
from symdiff.program.written import Traced


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


Made = TypeVar("Made")


class Built:
    """What was made of recipes for inputs of certain types: every graph once, also where several are made of one.

    Attributes:
        avals: the types of the inputs of the outermost recipe; what it is made of takes the first of them.
    """

    def __init__(self, avals: Sequence[Aval]) -> None:
        self.avals = tuple(avals)
        self.lock = RLock()
        self._made: dict[tuple[object, ...], tuple[object, Any]] = {}

    def graph(self, recipe: Recipe) -> Graph:
        """The graph of `recipe`, as its front end, or differentiation, makes it."""
        return self.once("graph", recipe, lambda: self._build(recipe))

    def recognised(self, recipe: Recipe) -> Graph:
        """The same with constants folded and stable forms named: what is differentiated."""
        return self.once("recognised", recipe, lambda: recognise_forms(self.graph(recipe)))

    def once(self, what: str, recipe: Recipe, make: Callable[[], Made], *more: object) -> Made:
        """What `make` makes of `recipe`, made when it is first asked for; `more` tells apart what is made of one."""
        key = what, id(recipe), *more  # of this very record: a user's function may not be hashable
        if key not in self._made:
            with self.lock:  # of two threads that ask at the same time, one runs the user's function
                if key not in self._made:
                    self._made[key] = recipe, make()
        found: Made = self._made[key][1]
        return found

    def followed_by(self, *avals: Aval) -> Built:
        """The same with the types of further inputs behind."""
        longer = Built((*self.avals, *avals))
        longer._made, longer.lock = self._made, self.lock
        return longer

    def _build(self, recipe: Recipe) -> Graph:
        if isinstance(recipe, Derived):
            return recipe.derive(self)
        return recipe.build(self.avals[: len(recipe.inputs)])


@dataclass(frozen=True)
class Derived:
    """A recipe that is made of another one, `base`, whose inputs are the first of its own."""

    base: Recipe

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def title(self) -> str:
        return self.base.title

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def derive(self, built: Built) -> Graph:
        """The graph, made of that of `base`."""
        raise NotImplementedError

    def build(self, avals: Sequence[Aval]) -> Graph:
        return Built(avals).graph(self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Renamed(Derived):
    """A recipe under another name."""

    name: str

    def derive(self, built: Built) -> Graph:
        return built.graph(self.base).with_(name=self.name)


@dataclass(frozen=True)
class Declared(Derived):
    """A recipe, and what is declared of its inputs' values and wished of the program.

    Attributes:
        base: the recipe.
        assume: ``(input, properties)`` pairs.
        exact: whether only rewrites that change no bit are wanted.
        asserts: whether the generated code tests the assumptions that it relies on.
        target: what source is printed for, if that was asked for.
    """

    assume: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exact: bool = False
    asserts: bool = False
    target: str | None = None

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        notes = graph.notes
        return graph.with_(
            assume={**notes.assume, **{graph.input(name): words for name, words in self.assume}},
            exact=self.exact or notes.exact,
            asserts=self.asserts or notes.asserts,
            target=self.target or notes.target,
        )


def peeled(recipe: Recipe) -> Recipe:
    """The recipe without other names and what is declared of it."""
    while isinstance(recipe, (Renamed, Declared)):
        recipe = recipe.base
    return recipe


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


def _check_target(tree: Tree, name: str) -> None:
    """Raises ArgumentError for a target that holds no number or array."""
    if next(leaves(tree), None) is None:
        value = tree.value if isinstance(tree, Fixed) else tree
        raise ArgumentError(
            f"argument {name!r} is {value!r:.60}, which holds no numbers to differentiate with respect to",
            help="pass a number or an array, or a dict, list, tuple or dataclass of them; or choose another wrt=",
        )


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
        for old_tree, tree in zip(recipe.wrt, changes["wrt"], strict=True):
            _check_target(tree, parameter_of(old, old_tree))
    return replace(recipe, **changes)  # type: ignore[type-var]
