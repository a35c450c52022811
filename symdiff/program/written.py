"""What users write, as recipes: text, symbolic values, Python functions. (SymPy's expressions are in `from_sympy`.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.layout import Layout, arrange, many, plain_layout, positional, required
from symdiff.frontends.names import function_name
from symdiff.frontends.text.limits import DEFAULT, Limits
from symdiff.frontends.text.parser import Parsed, parse
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, length, solve
from symdiff.graph.graph import Graph
from symdiff.render.text import listing, parse_listing


@lru_cache(maxsize=256)
def _program(source: str, declared: tuple[str, ...], limits: Limits) -> Parsed:
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
    def program(self) -> Parsed:
        names = dict.fromkeys((*(name for name, _ in self.declared), *self.order))
        return _program(self.source, tuple(names), self.limits)

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
    def other_names(self) -> frozenset[str]:
        """The names in the program that can be no inputs: of its lines, and of lengths."""
        return self.program.assigned.union(self.lengths).difference(self.inputs)

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
        return self.graph.input(name).aval if name in self.inputs else None

    def build(self, avals: Sequence[Aval]) -> Graph:
        return self.graph

    def __reduce__(self) -> tuple[Callable[[str], Symbolic], tuple[str]]:
        return _symbolic, (listing(self.graph),)


_OPERATIONS = [
    "control.checkpoint",
    "control.custom",
    "control.external",
    "control.flow",
    "control.implicit",
    "control.scan",
    "ops.sparse",
    "ops.spectra",
    "ops.vocabulary",
]  # which texts need not import


def _symbolic(source: str) -> Symbolic:
    """The recipe of a listing, which may hold any operation: each is known once its module is imported."""
    for module in _OPERATIONS:
        import_module(f"symdiff.{module}")
    return Symbolic(parse_listing(source))


@dataclass(frozen=True)
class Traced:
    """A Python function that uses NumPy.

    Attributes:
        function: what is called, once for each layout and type of the arguments.
        static: parameters whose values belong to the program.
        also: parameters with a default that are inputs all the same.
        declared: the layout that specs of containers imply.
        loops, memory: which loops are kept, and what they hold for the way back: as for `function`.
        layout: how the arguments of the calls are laid out; None as long as that is as declared, or, without a
            declaration, every required argument is an array.
    """

    function: Callable[..., Any]
    static: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    declared: Layout | None = None
    layout: Layout | None = None
    loops: Loops = "auto"
    memory: Memory = "keep"

    @property
    def name(self) -> str:
        return function_name(self.function)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.plain.names

    @cached_property
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
        """The layout of a call, and its inputs; a spec stands for an array."""
        return arrange(self.function, args, kwargs, self.static, self.also)

    def build(self, avals: Sequence[Aval]) -> Graph:
        if self.layout is None and (uncounted := [name for name in many(self.function) if name in self.also]):
            raise ArgumentError(
                f"only a call says how many arguments *{uncounted[0]} are",
                help="call it first, or show it at(…) a call",
            )
        from symdiff.frontends.tracing.trace import trace  # noqa: PLC0415 (texts need no tracing)

        return trace(self.function, self.plain, avals, self.loops, self.memory)
