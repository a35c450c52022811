"""A Function for arguments that are laid out in one way: how they are converted, and the programs for their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError, shorten
from symdiff.frontends.layout import Layout, filled, plain_layout
from symdiff.frontends.spec import Spec
from symdiff.frontends.tables import as_array, is_labelled, is_table, label_differences, like_tables
from symdiff.frontends.tracing.nesting import is_tracing
from symdiff.functions.arguments import Arguments, given, is_integer
from symdiff.functions.elsewhere import Elsewhere, Library, library_of, named_library
from symdiff.functions.tried import Tries
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.tree import Fixed
from symdiff.graph.walk import substitute
from symdiff.program.recipe import (
    Built,
    Declared,
    Recipe,
    check_goes_on,
    discrete_inputs,
    innermost,
    layers_added,
    needs_numbers,
    wished,
)
from symdiff.program.specialise import on_numpy_floats
from symdiff.program.stages import Stages
from symdiff.program.written import Traced
from symdiff.progress import stage

CACHE = 128  # programs that are kept, of each layout of the arguments

Made = TypeVar("Made")
Key = tuple[Any, ...]  # what tells the types of arguments apart


class CacheInfo(NamedTuple):
    """The programs that a Function has made.

    Attributes:
        size: how many there are.
        maxsize: how many it keeps, of each layout of the arguments.
        types: the types of the inputs of each.
    """

    size: int
    maxsize: int
    types: tuple[str, ...]


class Runner(NamedTuple):
    """What runs for arguments of certain types.

    Attributes:
        run: takes the arguments.
        stages: the program that it is of.
        is_direct: whether calls with arguments of these types may go straight to the program.
        is_shown: whether the program is one to be shown after the call.
        by_kind: the inputs that make another program if they are integers of Python's.
        by_memory: whether it is of arrays that lie in memory as those did that it was made for.
        tries: the calls of which it depends on the values whether they fail, and what the function does then.
    """

    run: Callable[..., Any]
    stages: Stages
    is_direct: bool
    is_shown: bool
    by_memory: bool = False
    by_kind: frozenset[str] = frozenset()
    tries: Tries | None = None

    def with_labels(self, result: Any, values: Sequence[Any]) -> Any:
        """The result for `values`, with the labels of a column or table on what is a derivative with respect to it."""
        return _with_labels(self.stages.derived, result, values)


class Variant:
    """The programs of one layout.

    Attributes:
        recipe: how the graph is made once the types of the inputs are known.
        specs: what is declared of the inputs.
        arguments: how those of a call are converted.
        added: the arguments that each derivative adds to those of the function.
        layout: that of the arguments; None for one array for each input.
        static: the arguments whose values belong to the programs.
        programs: the stages by the types of the inputs; the oldest go first.
    """

    def __init__(self, recipe: Recipe, specs: Mapping[str, Spec], layout: Layout | None = None) -> None:
        self.recipe, self.specs = recipe, {**_known(recipe), **{n: s for n, s in specs.items() if n in recipe.inputs}}
        numbers = needs_numbers(recipe)
        followed = [name for name, _ in layout.tables] if layout else []
        self.arguments = Arguments(recipe.inputs, self.specs, discrete_inputs(recipe), numbers, followed)
        self.added = layers_added(recipe)
        self.programs: dict[tuple[Aval, ...], Stages] = {}
        self._entries: dict[Key, Runner] = {}
        self._lock = Lock()
        self.layout = layout
        self.static = [(n, tree.value) for n, tree in layout.parameters if isinstance(tree, Fixed)] if layout else []
        self._making: dict[tuple[Aval, ...], Stages] = {}
        self._declared: dict[str, Declared] = {}  # the recipe for the targets of arrays that are not NumPy's

    def entry(self, values: Sequence[Any]) -> tuple[Runner, list[Any]]:
        """What runs for `values`, one for each input, and these as it takes them."""
        library = library_of(values) or named_library(self._target)
        if library is not None:
            return self._elsewhere(library, values)
        converted, key = self.arguments.convert(values)
        entry = self._entries.get(key)
        if entry is None:
            with stage("compile"):
                stages = self._stages_of(values, converted)
                if stages.is_open:
                    return self._within(stages), converted
                entry = self._entry(key, stages)
            with self._lock:
                keep(self._entries, key, entry)
        self._check_kinds(entry.by_kind, values)
        return entry, converted

    def _stages_of(self, values: Sequence[Any], converted: Sequence[Any]) -> Stages:
        """The program for the arguments of a call: for lengths by name where these do, else as they are."""
        avals = self.arguments.avals(converted)
        try:
            stages = self.stages(avals)
        except UnsupportedError as error:
            named = dict(zip(self.arguments.names, values, strict=True))
            told = [other for _, _, other in label_differences(named)] if error.code == "SD613" else []
            if len(told) == 1:  # which ones they are, and how they come together
                raise told[0] from None
            raise
        except ShapeError as error:
            if not self.arguments.are_mixed(avals):
                raise
            try:
                return self.stages(given(avals, converted))
            except ShapeError:
                raise error from None
        are_few = self.arguments.are_few(avals, converted, stages.fewest)
        return self.stages(given(avals, converted)) if are_few else stages

    @cached_property
    def _target(self) -> str | None:
        """What source is printed for, if that was asked for."""
        return wished(self.recipe)

    def _elsewhere(self, library: Library, values: Sequence[Any]) -> tuple[Runner, list[Any]]:
        """What runs for arrays of another library than NumPy, and the arguments as it takes them."""
        if self._target not in (None, library.target):
            help = f"leave the target out, or name {library.target!r}"
            raise UnsupportedError(f"the target {self._target!r} takes no arrays of {library.name}", help=help)
        seen = [library.seen(name, value) for name, value in zip(self.arguments.names, values, strict=True)]
        converted, types = self.arguments.convert(seen, (Elsewhere,))
        key = library.target, library.kind, types
        if (entry := self._entries.get(key)) is None:
            with stage("compile"):
                stages = self.stages(self.arguments.avals(converted))
                if stages.derived.notes.tried:
                    what = f"{self.recipe.name} asks whether a computation fails"
                    raise UnsupportedError(f"{what}, which arrays of {library.name} do not tell")
                other = self._declared.setdefault(library.target, Declared(self.recipe, target=library.target))
                own = stages if self._target else stages.beside(other)
                by_kind = stages.derived.notes.by_kind
                entry = Runner(library.running(own.run), own, False, self._is_shown(own), by_kind=by_kind)
            with self._lock:
                keep(self._entries, key, entry)
        self._check_kinds(entry.by_kind, values)
        return entry, [value.value if isinstance(value, Elsewhere) else value for value in converted]

    def _within(self, stages: Stages) -> Runner:
        """What runs for a program that depends on a function around it, which is being traced."""
        if not is_tracing():
            raise ArgumentError(
                f"{self.recipe.name} depends on a symbolic value that is not among its inputs",
                help="make it an argument, or an array",
            )
        return Runner(partial(_put_constants, stages.derived), stages, False, False)

    def integers(self, values: Sequence[Any]) -> frozenset[str]:
        """The inputs that are integers, and not differentiated."""
        free = discrete_inputs(self.recipe)
        named = zip(self.recipe.inputs, values, strict=True)
        return frozenset(name for name, value in named if name in free and is_integer(value))

    def _check_kinds(self, by_kind: frozenset[str], values: Sequence[Any]) -> None:
        """Raises ArgumentError if a program is for floats only, and some of them are integers."""
        if by_kind and (found := by_kind & self.integers(values)):
            raise ArgumentError(f"{self.recipe.name} asks what {', '.join(sorted(found))} is", unknown=found)

    def _entry(self, key: Key, stages: Stages) -> Runner:
        scalar = stages.program.scalar
        run = stages.run if scalar or float not in key else on_numpy_floats(stages.run)
        notes = stages.derived.notes
        is_direct = not (notes.tried or notes.by_memory)
        tries = Tries(stages) if notes.tried else None
        return Runner(run, stages, is_direct, self._is_shown(stages), notes.by_memory, notes.by_kind, tries)

    def otherwise(self, entry: Runner, converted: Sequence[Any]) -> Layout | None:
        """The layout of another program that these arguments need, as they lie in memory, or as a call fails that the
        function tries; None if `entry` is theirs."""
        if entry.by_memory and self._layout.strides != (strides := self._strides(converted)):
            return replace(self._layout, strides=strides)
        if entry.tries is not None and (failures := entry.tries.failures(converted)):
            return replace(self._layout, outcomes=(*self._layout.outcomes, *failures))
        return None

    @cached_property
    def _layout(self) -> Layout:
        """The layout, also where it is one array for each input."""
        return self.layout or layout_of(self.recipe)

    def _strides(self, converted: Sequence[Any]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """How far apart the elements of those arrays are that do not lie in C order."""
        return tuple(
            (name, tuple(s // value.itemsize for s in value.strides))
            for name, value in zip(self.arguments.names, converted, strict=True)
            if isinstance(value, np.ndarray) and not value.flags.c_contiguous
        )

    def stages(self, avals: Sequence[Aval], built: Built | None = None) -> Stages:
        """The program for inputs of these types: kept, unless it depends on a function around it that is being traced.

        Of two threads that ask at the same time one makes it; a program that cannot be made is not kept.
        """
        key = tuple(avals)
        with self._lock:
            if (found := self.programs.get(key)) is not None:
                return found
            others = self._making.get(key)
            made = others or self._making.setdefault(key, Stages(self.recipe, key, built))
        try:
            made.simplified  # noqa: B018
        except Exception as error:
            shorten(error)
            raise
        finally:
            with self._lock:
                if self._making.get(key) is made:
                    del self._making[key]
        if made.is_open:
            return made if others is None else self.stages(avals)  # what is around another thread's is not ours
        with self._lock:
            return self.programs.get(key) or keep(self.programs, key, made)

    def stages_for(self, avals: Sequence[Aval], values: Sequence[Any]) -> Stages:
        """The same, if it is for these values, too, of which some may be integers."""
        stages = self.stages(avals)
        self._check_kinds(stages.derived.notes.by_kind, values)
        return stages

    def _is_shown(self, stages: Stages) -> bool:
        """Whether a program is what a reader expects: of the declared shapes (that of arrays without elements has
        those of the arrays), and for calls that go well."""
        if self._layout.outcomes:
            return False
        if self.arguments.needs_numbers or self.arguments.are_mixed(stages.avals):
            return True
        avals = dict(zip(self.recipe.inputs, stages.avals, strict=True))
        return all(avals[name].shape == spec.shape for name, spec in self.specs.items())

    def inlined(self, values: Sequence[Any], given: Sequence[Any]) -> Any:
        """The function inside of another one that is being traced: its graph, put there, with the labels of `given`."""
        check_goes_on(self.recipe)
        nodes = [as_node(as_array("a value", value) if is_table(value) else value) for value in values]
        avals = {name: node.aval for name, node in zip(self.recipe.inputs, nodes, strict=True)}
        graph = Built(avals).graph(self.recipe)
        self._check_kinds(graph.notes.by_kind, values)
        return _with_labels(graph, _put(graph, nodes), given)

    def types(self, stages: Stages) -> str:
        """The inputs of a program with their types, and the arguments whose values belong to it."""
        return ", ".join([stages.types, *(f"{name}={value!r:.40}" for name, value in self.static)])


def layout_of(recipe: Recipe) -> Layout:
    """The layout of the arguments as the recipe has it, before any call."""
    bottom = innermost(recipe)
    plain = bottom.plain if isinstance(bottom, Traced) else plain_layout(bottom.inputs)
    added = tuple(argument for layer in layers_added(recipe) if layer.is_open for argument in layer.arguments)
    return replace(plain, added=added)


def _known(recipe: Recipe) -> dict[str, Spec]:
    """What the recipe itself says of its inputs: symbolic values carry their types. float64 gives way to what comes."""
    fixed = {name: recipe.fixed(name) for name in recipe.inputs}
    return {n: Spec(a.shape, None if a.dtype == np.float64 else a.dtype) for n, a in fixed.items() if a is not None}


def _with_labels(graph: Graph, result: Any, values: Sequence[Any]) -> Any:
    names, first = [x.name for x in graph.inputs], len(graph.outputs) - len(graph.notes.wrt)
    places = [(first + k, names.index(x.name)) for k, x in enumerate(graph.notes.wrt) if x.name in names]
    tables = {output: values[k] for output, k in places if is_labelled(values[k])}
    return like_tables(result, graph.tree, tables) if tables else result


def _put_constants(graph: Graph, *values: Any) -> Any:
    """The results for these values, which depend on a function around this one, as symbolic values of that one."""
    return _put(graph, [constant(np.asarray(value), weak=False) for value in values])


def _put(graph: Graph, nodes: Sequence[Node]) -> Any:
    from symdiff.frontends.tracing.flow.guards import note  # noqa: PLC0415 (called where a function is followed)
    from symdiff.frontends.tracing.sparse import result  # noqa: PLC0415

    given = dict(zip(graph.inputs, nodes, strict=True))
    outputs = substitute(graph.outputs, given)
    for guard in graph.notes.guards:
        note(guard.moved(dict(zip(guard.reads, substitute(guard.reads, given), strict=True))))
    return filled(graph.tree, list(map(result, outputs)))


def keep(table: dict[Any, Made], key: Any, value: Made) -> Made:
    """Puts `value` into a table of bounded size; the oldest goes."""
    if len(table) >= CACHE:
        table.pop(next(iter(table)))
    table[key] = value
    return value
