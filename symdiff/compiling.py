"""From a graph to a callable: the passes, the printer, and the loader, for one set of input types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symdiff.codegen.dialect import NumPy
from symdiff.codegen.load import load
from symdiff.codegen.printer import Printed, print_function
from symdiff.codegen.source import Definition, module_text
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.pipeline import Compiled, choose_dialect, compile_graph


@dataclass(frozen=True)
class Specialisation:
    """A Function compiled for inputs of certain types."""

    avals: tuple[Aval, ...]
    compiled: Compiled
    definition: Definition
    scalar: bool
    source: str

    def load(self) -> Callable[..., Any]:
        """The callable."""
        run: Callable[..., Any] = load(self.source, self.definition.printed.name)[self.definition.printed.name]
        return run

    def load_guarded(self, dispatch: Callable[..., Any]) -> Callable[..., Any]:
        """The callable of a scalar function, which hands everything but floats to `dispatch`.

        The test is inside the function because a call of its own would cost a third of a typical scalar gradient.
        """
        printed = self.definition.printed
        arguments = ", ".join(printed.arguments)
        test = " and ".join(f"{a}.__class__ is float" for a in printed.arguments)
        guarded = Definition(printed, self.definition.fallback)
        text = module_text([guarded])
        head = f"def {printed.name}({arguments}):\n"
        text = text.replace(head, f"{head}    if not ({test}):\n        return _dispatch({arguments})\n", 1)
        run: Callable[..., Any] = load(text, printed.name, {"_dispatch": dispatch})[printed.name]
        return run


def specialise(graph: Graph) -> Specialisation:
    """Compiles and prints `graph`."""
    dialect = choose_dialect(graph)
    compiled = compile_graph(graph, dialect)
    if dialect.name == "math":
        dialect = choose_dialect(compiled.graph)
        compiled = compiled if dialect.name == "math" else compile_graph(graph, dialect)
    printed = print_function(compiled.graph, dialect)
    fallback = None
    if dialect.name == "math" and printed.raises:
        fallback = scalar_fallback(graph)
    definition = Definition(printed, fallback)
    avals = tuple(x.aval for x in graph.inputs)
    return Specialisation(avals, compiled, definition, dialect.name == "math", module_text([definition]))


def scalar_fallback(graph: Graph) -> Printed:
    """The same function on NumPy's floats, which give inf and nan where `math` raises."""
    numpy = NumPy()
    compiled = compile_graph(graph.with_(name=f"_{graph.name}_ieee"), numpy)
    return print_function(compiled.graph, numpy, fresh=False, as_floats=True)
