"""Recipes: how a graph is made once the types of the inputs are known.

A recipe is a frozen record, so that a Function built from text pickles by that text. `Gradient` is a recipe made of a
recipe; that is all there is to ``grad(grad(f))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from symdiff.autodiff.reverse import Disconnected, gradients
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends import tracing
from symdiff.frontends.limits import DEFAULT, Limits
from symdiff.frontends.text import Program, parse
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, length, solve
from symdiff.graph.graph import Graph
from symdiff.graph.node import constant, variable
from symdiff.ops.table import FUNCTIONS
from symdiff.pipeline import recognise_forms
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
class Gradient:
    """The gradient of a recipe's value, with or without the value.

    Attributes:
        base: what is differentiated.
        wrt: positions of the targets.
        single: whether the one gradient comes alone, not in a tuple.
        with_value: whether the value comes first.
        disconnected: what happens to a target that the value does not depend on.
    """

    base: Recipe
    wrt: tuple[int, ...]
    single: bool
    with_value: bool = False
    disconnected: Disconnected = "zeros"

    @property
    def name(self) -> str:
        return "value_and_grad" if self.with_value else "grad"

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base.inputs

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.base.inputs[k] for k in self.wrt)

    @property
    def title(self) -> str:
        what = "Value and derivative" if self.with_value else "Derivative"
        return f"{what} of {self.base.title} with respect to {', '.join(self.targets)}"

    def fixed(self, name: str) -> Aval | None:
        return self.base.fixed(name)

    def build(self, avals: Sequence[Aval]) -> Graph:
        graph = recognise_forms(self.base.build(avals))
        if not isinstance(graph.tree, int):
            raise UnsupportedError(
                f"{self.base.name} returns several values, of which only one can be differentiated",
                help="return that one alone",
            )
        z = graph.outputs[graph.tree]
        targets = [graph.inputs[k] for k in self.wrt]
        for target in targets:
            if not target.aval.inexact:
                raise ArgumentError(
                    f"{target.name!r} is {target.aval!r}, and only real or complex inputs have derivatives",
                    help="leave it out of wrt",
                )
        found = gradients(z, targets, disconnected=self.disconnected)
        first = 1 if self.with_value else 0
        grads = first if self.single else tuple(range(first, first + len(targets)))
        return graph.with_(
            name=self.name,
            outputs=(z, *found.grads) if self.with_value else found.grads,
            tree=(0, grads) if self.with_value else grads,
            forward=(z,),
            origins={**graph.origins, **found.origins},
            cotangents={**found.cotangents, **dict(reversed(list(zip(found.grads, targets, strict=True))))},
        )


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
class Directional:
    """The inner product of a recipe's gradient with directions, which are further inputs."""

    base: Recipe
    wrt: tuple[int, ...]

    @property
    def name(self) -> str:
        return "directional"

    @property
    def directions(self) -> tuple[str, ...]:
        """What the further inputs are called."""
        return tuple(f"{self.base.inputs[k]}_direction_{len(self.base.inputs)}" for k in self.wrt)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.base.inputs, *self.directions)

    @property
    def title(self) -> str:
        return f"Derivative of {self.base.title} along a direction"

    def fixed(self, name: str) -> Aval | None:
        if name in self.directions:
            name = self.base.inputs[self.wrt[self.directions.index(name)]]
        return self.base.fixed(name)

    def build(self, avals: Sequence[Aval]) -> Graph:
        n = len(self.base.inputs)
        graph = Gradient(self.base, self.wrt, single=False).build(avals[:n])
        along = [variable(name, aval) for name, aval in zip(self.directions, avals[n:], strict=True)]
        total = constant(0.0)
        for g, direction in zip(graph.outputs, along, strict=True):
            total = total + FUNCTIONS["sum"].call(g * direction)
        inputs = (*graph.inputs, *along)
        return graph.with_(inputs=inputs, outputs=(total,), forward=(total,), tree=0, origins={}, cotangents={})
