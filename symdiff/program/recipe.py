"""Recipes: how a graph is made once the types of the inputs are known.

A recipe is a frozen record, so that a Function built from text pickles by that text. What users write are recipes
(`symdiff.program.written`); derivatives are recipes made of recipes (`symdiff.program.gradient`), and that is all there
is to ``grad(grad(f))``. `Built` makes the graphs, each once: a user's function runs once for inputs of certain types,
whatever is asked for afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import variable
from symdiff.graph.tree import Fixed, Tree, described, leaves, relabel
from symdiff.program.limits import with_limits
from symdiff.program.pipeline import recognise_forms
from symdiff.program.spectra import with_spectra
from symdiff.program.written import Traced
from symdiff.progress import stage


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
Item = TypeVar("Item")


class Built:
    """What was made of recipes for inputs of certain types: every graph once, also where several are made of one.

    Attributes:
        avals: the types of the inputs, by name, of the outermost recipe, whose inputs include those of its bases.
    """

    def __init__(self, avals: Mapping[str, Aval]) -> None:
        self.avals = dict(avals)
        self.lock = RLock()
        self._made: dict[tuple[object, ...], tuple[object, Any]] = {}

    def graph(self, recipe: Recipe) -> Graph:
        """The graph of `recipe`, as its front end, or differentiation, makes it."""
        return self.once("graph", recipe, lambda: self._build(recipe))

    def recognised(self, recipe: Recipe) -> Graph:
        """The same with constants folded, what has a stable form named, and limits found: what is differentiated."""
        return self.once("recognised", recipe, lambda: self._recognise(recipe))

    def once(self, what: str, recipe: Recipe, make: Callable[[], Made], *more: object) -> Made:
        """What `make` makes of `recipe`, made when it is first asked for; `more` tells apart what is made of one."""
        key = what, id(recipe), *more  # of this very record: a user's function may not be hashable
        if key not in self._made:
            with self.lock:  # of two threads that ask at the same time, one runs the user's function
                if key not in self._made:
                    self._made[key] = recipe, make()
        found: Made = self._made[key][1]
        return found

    def with_inputs(self, **avals: Aval) -> Built:
        """The same with the types of further inputs."""
        longer = Built({**self.avals, **avals})
        longer._made, longer.lock = self._made, self.lock
        return longer

    def _recognise(self, recipe: Recipe) -> Graph:
        """Spectral functions first, for products with them are rearranged; then what has become one."""
        graph = self.graph(recipe)
        with stage("recognise"):
            return with_spectra(with_limits(recognise_forms(with_spectra(graph))))

    def _build(self, recipe: Recipe) -> Graph:
        if isinstance(recipe, Derived):
            with stage("differentiate"):
                return recipe.derive(self)
        with stage("trace"):
            return recipe.build([self.avals[name] for name in recipe.inputs])


@dataclass(frozen=True)
class Added:
    """Arguments that a derivative has beside those of what is differentiated: tangents, a cotangent.

    Attributes:
        place: before which input of what is differentiated the new ones stand.
        behind: the argument that they follow; None if they follow all.
        arguments: their names, and what containers they are; leaves number the new inputs.
        inputs: what the new inputs are called.
        is_open: whether a call says what containers they are.
    """

    place: int
    behind: str | None
    arguments: tuple[tuple[str, Tree], ...]
    inputs: tuple[str, ...]
    is_open: bool = False

    def among(self, items: Sequence[Item], new: Sequence[Item]) -> tuple[Item, ...]:
        """What there is for each input of what is differentiated, with `new` for the new inputs."""
        return (*items[: self.place], *new, *items[self.place :])

    def beside(self, given: Sequence[tuple[str, Tree]]) -> tuple[tuple[str, Tree], ...]:
        """The arguments of what is differentiated, and these, in the order of a call."""
        names, new = [name for name, _ in given], len(self.inputs)
        first = len(names) if self.behind is None else names.index(self.behind) + 1
        others = [(name, relabel(tree, lambda k: k + new * (k >= self.place))) for name, tree in given]
        own = [(name, relabel(tree, lambda k: k + self.place)) for name, tree in self.arguments]
        return (*others[:first], *own, *others[first:])


@dataclass(frozen=True)
class Derived:
    """A recipe that is made of another one, `base`, whose inputs are among its own."""

    base: Recipe
    is_wrapping: ClassVar[bool] = False  # whether it computes what `base` does
    needs_numbers: ClassVar[bool] = False  # whether lengths that are names say too little
    is_apart: ClassVar[bool] = False  # whether `base` takes inputs of other types, and is not computed beside it
    is_last: ClassVar[bool] = False  # whether its results are parts of something, and no arrays to go on with

    @property
    def added(self) -> Added | None:
        """The arguments that it has beside those of `base`."""
        return None

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs if self.added is None else self.added.among(self.base.inputs, self.added.inputs)

    @property
    def title(self) -> str:
        return self.base.title

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def derive(self, built: Built) -> Graph:
        """The graph, made of that of `base`."""
        raise NotImplementedError

    def build(self, avals: Sequence[Aval]) -> Graph:
        return Built(dict(zip(self.inputs, avals, strict=True))).graph(self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Renamed(Derived):
    """A recipe under another name."""

    is_wrapping = True

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
        most_steps: for how many steps of a loop that asks there is room, where the target needs to know.
    """

    is_wrapping = True

    assume: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exact: bool = False
    asserts: bool = False
    target: str | None = None
    most_steps: int | None = None

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
            most_steps=self.most_steps or notes.most_steps,
        )


@dataclass(frozen=True)
class Widened(Derived):
    """A recipe with further inputs, which its value does not depend on.

    Attributes:
        base: the recipe.
        further: the inputs behind those of `base`, with their types where they are known.
    """

    is_wrapping = True

    further: tuple[tuple[str, Aval | None], ...]

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def added(self) -> Added:
        names = tuple(name for name, _ in self.further)
        return Added(len(self.base.inputs), None, tuple((name, k) for k, name in enumerate(names)), names)

    def fixed(self, name: str) -> Aval | None:
        return dict(self.further).get(name) or self.base.fixed(name)

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        more = tuple(variable(name, built.avals[name]) for name, _ in self.further)
        return graph.with_(inputs=(*graph.inputs, *more))


def peeled(recipe: Recipe) -> Recipe:
    """The recipe without other names, further inputs and what is declared of it."""
    while isinstance(recipe, Derived) and recipe.is_wrapping:
        recipe = recipe.base
    return recipe


def check_goes_on(recipe: Recipe) -> None:
    """Raises UnsupportedError if results are parts of something, of which nothing further is made."""
    while isinstance(recipe, Derived):
        if recipe.is_last:
            raise UnsupportedError(
                f"{recipe.name} gives the parts of a matrix, whose derivatives, stacks and products are not its own",
                help="the matrix itself can be differentiated, mapped, and used in functions: without form=",
            )
        recipe = recipe.base


def wished(recipe: Recipe) -> str | None:
    """What source is printed for, if that was asked for, last."""
    while isinstance(recipe, Derived):
        top: Derived = recipe
        if isinstance(top, Declared) and top.target is not None:
            return top.target
        recipe = top.base
    return None


def needs_numbers(recipe: Recipe) -> bool:
    """Whether it is made for lengths that are numbers only, as it is or below."""
    while isinstance(recipe, Derived):
        if recipe.needs_numbers:
            return True
        recipe = recipe.base
    return False


def innermost(recipe: Recipe, *, here: bool = False) -> Recipe:
    """What a derivative is a derivative of, in the end; with `here`, as far as the inputs are of the same types."""
    while isinstance(recipe, Derived) and not (here and recipe.is_apart):
        recipe = recipe.base
    return recipe


def arguments(recipe: Recipe) -> tuple[tuple[str, Tree], ...]:
    """The arguments as the user passes them, containers and options and all; leaves number the inputs."""
    if isinstance(recipe, Traced):
        return recipe.plain.parameters
    if not isinstance(recipe, Derived):
        return tuple((name, k) for k, name in enumerate(recipe.inputs))
    below = arguments(recipe.base)
    return recipe.added.beside(below) if recipe.added else below


def parameters(recipe: Recipe) -> tuple[tuple[str, Tree], ...]:
    """The arguments that hold inputs: without options."""
    return tuple((name, tree) for name, tree in arguments(recipe) if not isinstance(tree, Fixed))


def argument_with(recipe: Recipe, k: int) -> tuple[str, Tree]:
    """The argument that holds input k."""
    return next((name, tree) for name, tree in parameters(recipe) if k in leaves(tree))


def layers_added(recipe: Recipe) -> list[Added]:
    """What each derivative adds to the arguments of the function, the first derivative first."""
    found: list[Added] = []
    while isinstance(recipe, Derived):
        found += [recipe.added] if recipe.added else []
        recipe = recipe.base
    return found[::-1]


def discrete_inputs(recipe: Recipe) -> frozenset[str]:
    """The inputs that stay integers if integers are given: those of Python functions, but for targets and tangents."""
    continuous = {name for added in layers_added(recipe) for name in added.inputs}
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
        value = repr(tree.value) if isinstance(tree, Fixed) else described(tree)
        raise ArgumentError(
            f"argument {name!r} is {value:.60}, which holds no numbers to differentiate with respect to",
            help="pass a number or an array, or a dict, list, tuple or dataclass of them; or choose another wrt=",
        )


def parameter_of(recipe: Recipe, tree: Tree) -> str:
    """What the argument is called of which the inputs are the leaves of `tree`."""
    if isinstance(tree, int):
        return recipe.inputs[tree]
    return next(name for name, other in parameters(recipe) if other == tree)


def rebased(
    recipe: Recipe, change: Callable[[Traced], Traced], containers: Mapping[str, Tree] = MappingProxyType({})
) -> Recipe:
    """The recipe with `change` applied to the Python function at its bottom; targets follow their parameters.

    Args:
        recipe: a function, or derivatives of one.
        change: makes another record of the same function.
        containers: of the arguments that derivatives add, those of which a call says what containers they are.
    """
    if isinstance(recipe, Traced):
        return change(recipe)
    if not isinstance(recipe, Derived):
        return recipe
    old, new = recipe.base, rebased(recipe.base, change, containers)
    changes: dict[str, Any] = {"base": new}
    if hasattr(recipe, "wrt"):
        found = dict(arguments(new))
        trees = {k: found.get(name) for k, name in enumerate(old.inputs)}
        there = {k: new.inputs.index(old.inputs[k]) if tree is None else tree for k, tree in trees.items()}
        changes["wrt"] = tuple(relabel(tree, there.__getitem__) for tree in recipe.wrt)
        for old_tree, tree in zip(recipe.wrt, changes["wrt"], strict=True):
            _check_target(tree, parameter_of(old, old_tree))
    if (name := getattr(recipe, "cotangent", "")) in containers:
        changes["given"] = containers[name]
    return replace(recipe, **changes)


def by_element(recipe: Recipe) -> Recipe | None:
    """The recipe with the elements of a vector of SymPy's as several results, None if it is of anything else."""
    if not hasattr(recipe, "base"):
        return getattr(recipe, "by_element", None)
    inner = by_element(recipe.base) if getattr(recipe, "is_wrapping", False) else None
    return replace(recipe, base=inner) if inner is not None else None  # type: ignore[type-var]
