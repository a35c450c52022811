"""The stages of a program: what was written becomes what runs, each stage made once, when it is first asked for.

Calls, listings, pictures, explanations and files read the same stages; so they are of one program, for which the user's
function ran once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from symdiff.codegen.source import Definition
from symdiff.errors import ArgumentError
from symdiff.frontends.tracing.nesting import is_open
from symdiff.graph.aval import Aval
from symdiff.graph.body import with_insides
from symdiff.graph.dims import Dim, fewest, is_counted
from symdiff.graph.graph import Graph
from symdiff.graph.walk import without_collector
from symdiff.program import pipeline
from symdiff.program.recipe import Built, Derived, Recipe, peeled
from symdiff.program.specialise import (
    Lowered,
    define,
    load_array_guard,
    load_definition,
    load_guarded,
    lower,
    returning,
)
from symdiff.progress import stage
from symdiff.rewrite.engine import Journal
from symdiff.schedule.plan import Plan

Made = TypeVar("Made")
GRAPHS = ("written", "recognised", "derived", "simplified", "lowered")


class Stages:
    """What becomes of a recipe for inputs of certain types.

    The graphs, in order (`GRAPHS`): ``written``, as the front end makes it; ``recognised``, with constants folded and
    stable forms named; ``derived``, with the derivative in it; ``simplified``, finished, in the vocabulary of readers;
    ``lowered``, in the functions that the target has. Then how it is ``planned``, the ``source``, and what runs.

    Attributes:
        recipe: what is computed.
        avals: the types of the inputs.
        built: the graphs that were made on the way, by recipe; `beside` shares them.
    """

    def __init__(self, recipe: Recipe, avals: Sequence[Aval], built: Built | None = None) -> None:
        self.recipe = recipe
        self.avals = tuple(avals)
        self.built = built if built is not None else Built(dict(zip(recipe.inputs, self.avals, strict=True)))
        self._made: dict[str, Any] = {}

    def _once(self, what: str, make: Callable[[], Made]) -> Made:
        """The lock is of this program alone (`cached_property` of Python 3.11 has one for all): a user's function that
        waits for another thread must not stop the programs of that one."""
        if what not in self._made:
            with self.built.lock, stage("compile"):
                if what not in self._made:
                    self._made[what] = make()
        found: Made = self._made[what]
        return found

    def _compiled(self, what: str, make: Callable[[], Made]) -> Made:
        """The same of what is made of nothing but `derived`, by many passes with one rest of the cycle collector."""
        if what not in self._made:
            _ = self.derived  # for which the user's function runs
            with without_collector():
                return self._once(what, make)
        found: Made = self._made[what]
        return found

    def beside(self, recipe: Recipe) -> Stages:
        """The stages of another recipe for the same inputs, such as the value beside its gradient."""
        if recipe is self.recipe:
            return self
        return self.built.once("stages", recipe, lambda: Stages(recipe, self.avals, self.built))

    def graph(self, stage: str = "simplified") -> Graph:
        """The graph of that name; raises ArgumentError, naming them, if there is none."""
        if stage not in GRAPHS:
            raise ArgumentError(f"there is no stage {stage!r}", help=f"the stages are {', '.join(GRAPHS)}")
        found: Graph = self.program.graph if stage == "lowered" else getattr(self, stage)
        return found

    @property
    def base(self) -> Recipe:
        """What is differentiated; the recipe itself, if nothing is."""
        own = peeled(self.recipe)
        return own.base if isinstance(own, Derived) and not own.is_apart else self.recipe

    @property
    def written(self) -> Graph:
        """What is differentiated, as the front end made it."""
        return self.built.graph(self.base)

    @property
    def recognised(self) -> Graph:
        """The same with constants folded and stable forms named."""
        return self.built.recognised(self.base)

    @property
    def derived(self) -> Graph:
        """The union of values and derivatives."""
        return self.recognised if self.base is self.recipe else self.built.graph(self.recipe)

    @property
    def simplified(self) -> Graph:
        """The finished graph, in the vocabulary of readers."""
        return self._compiled("simplified", lambda: pipeline.simplified(self.derived))

    @property
    def program(self) -> Lowered:
        """The graph that is printed, and for what."""
        return self._compiled("program", lambda: lower(self.simplified))

    @property
    def lowered(self) -> Graph:
        """The graph that is printed."""
        return self.program.graph

    @property
    def journal(self) -> Journal:
        """All rewrites, from what was written to what is printed."""
        return Journal(list(self.lowered.notes.journal))

    @property
    def definition(self) -> Definition:
        """The function as source, with all that must stand above it."""
        return self._compiled("definition", lambda: define(self.program))

    @property
    def planned(self) -> Plan | None:
        """What is computed when, and what has a name; None for targets that print without a plan."""
        return self.definition.printed.plan

    @property
    def source(self) -> str:
        """The text that runs."""
        return self._compiled("source", lambda: self.program.target.text([self.definition]))

    @property
    def bare(self) -> Callable[..., Any]:
        """The generated function itself."""
        return self._compiled("bare", lambda: load_definition(self.definition, self.program))

    @property
    def run(self) -> Callable[..., Any]:
        """What runs, for arguments that are of these types."""
        return self._compiled("run", lambda: returning(self.bare, self.program))

    def guarded(self, dispatch: Callable[..., Any]) -> Callable[..., Any] | None:
        """What runs if all arguments are of these types, and else hands them to `dispatch`; None if it cannot tell."""
        if self.program.scalar:
            return load_guarded(self.definition, self.program, dispatch)
        return load_array_guard(self.program, self.avals, self.bare, dispatch, self.fewest)

    @property
    def fewest(self) -> dict[str, int]:
        """The least lengths, by name, that leave no array of the program empty, and no loop without a step.

        For shorter ones ``n - 5`` is not how long ``x[5:]`` is, and ``1 / n`` may divide by zero.
        """
        return self._once("fewest", lambda: fewest(_lengths(self.derived)))

    @property
    def is_open(self) -> bool:
        """Whether the graph depends on inputs that are not its own: those of a function around it that is traced."""
        return self._once("is_open", lambda: is_open(self.derived))

    @property
    def types(self) -> str:
        """The inputs with their types: ``X: f64[n,d], w: f64[d]``."""
        return ", ".join(f"{name}: {aval!r}" for name, aval in zip(self.recipe.inputs, self.avals, strict=True))


def _lengths(graph: Graph) -> Iterator[Dim]:
    """The lengths of all arrays, and how many steps loops take whose lengths are known before."""
    for node in with_insides(graph.whole):
        loops = [node.kwargs["length"]] if node.op.block == "for" else []
        shapes = (part.shape for part in node.aval.parts or (node.aval,))
        yield from (n for n in (*loops, *(n for shape in shapes for n in shape)) if not is_counted(n))
