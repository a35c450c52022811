"""From a graph to a callable: the passes, the printer, and the loader, for one set of input types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symdiff.codegen.choose import choose_target
from symdiff.codegen.guard import Guard
from symdiff.codegen.load import load
from symdiff.codegen.printed import LARGEST_LITERAL, Printed
from symdiff.codegen.source import Definition, arrays_of
from symdiff.codegen.target import Options, Target
from symdiff.graph.assumptions import ASSUMPTIONS, assertion
from symdiff.graph.aval import Aval
from symdiff.graph.floats import is_float_graph
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree, restored
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import Compiled, compile_graph


@dataclass(frozen=True)
class Specialisation:
    """A Function compiled for inputs of certain types."""

    avals: tuple[Aval, ...]
    compiled: Compiled
    target: Target
    definition: Definition
    scalar: bool
    source: str

    def load(self) -> Callable[..., Any]:
        """The callable. Matrices come back C-contiguous, in whatever order the arguments were stored."""
        name = self.definition.printed.name
        run: Callable[..., Any] = load(self.source, name, dict(arrays_of(self.definition.parts)))[name]
        tree = self.compiled.graph.tree
        if not self.scalar and any(x.ndim != 1 for x in self.compiled.graph.outputs):
            run = _tidied(run)
        return run if isinstance(tree, int) or _is_plain(tree) else _restoring(run, tree)

    def load_guarded(self, dispatch: Callable[..., Any]) -> Callable[..., Any]:
        """The callable of a scalar function, which hands everything but floats to `dispatch`."""
        printed = self.definition.printed
        guard = Guard.of(printed.arguments)
        text = self.target.text([replace(self.definition, guard=guard)])
        run: Callable[..., Any] = load(text, printed.name, guard.namespace(dispatch))[printed.name]
        return run


def _tidied(run: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        return _tidy(run(*args))

    return call


def _is_plain(tree: Tree) -> bool:
    return isinstance(tree, int) or (isinstance(tree, tuple) and all(map(_is_plain, tree)))


def _restoring(run: Callable[..., Any], tree: Tree) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        return restored(tree, run(*args))

    return call


def _tidy(result: Any) -> Any:
    """Matrices in C order; scalars as scalars, where np.where or np.squeeze made an array without axes of them."""
    if isinstance(result, (tuple, list)):
        return type(result)(map(_tidy, result))
    if isinstance(result, dict):
        return {key: _tidy(item) for key, item in result.items()}
    if isinstance(result, np.ndarray) and result.ndim != 1:
        return np.ascontiguousarray(result) if result.ndim else result[()]
    return result


def specialise(
    graph: Graph, largest: int = LARGEST_LITERAL, taken: Sequence[str] = (), target: str | None = None
) -> Specialisation:
    """Compiles and prints `graph` for `target`; if none is asked for, for `math` if it is all floats, else for NumPy.

    Constants of more than `largest` elements are kept beside the source. No local variable is called as one of `taken`.
    """
    chosen = choose_target(graph, target)
    compiled = compile_graph(graph, chosen)
    if chosen.fallback is not None and not _is_printable(compiled.graph, chosen):  # rewriting led to what it lacks
        chosen = chosen.fallback
        compiled = compile_graph(graph, chosen)
    printed = chosen.print(compiled.graph, Options(largest=largest, taken=(*taken, f"_{graph.name}_ieee")))
    fallback = _in_case(graph, compiled, chosen.fallback) if printed.raises and chosen.fallback is not None else None
    definition = Definition(printed, fallback)
    definition.first = _relied_on(compiled.graph, definition.printed)
    avals = tuple(x.aval for x in graph.inputs)
    return Specialisation(avals, compiled, chosen, definition, is_float_graph(graph), chosen.text([definition]))


def _relied_on(graph: Graph, printed: Printed) -> list[str]:
    """What the program relies on of its inputs: a comment each, or an assertion."""
    place = dict(zip([x.name for x in graph.inputs], zip(printed.arguments, graph.inputs, strict=True), strict=True))
    found = [(word, *place[name]) for name, word in graph.notes.relied_on]
    if not graph.notes.asserts:
        return [f"# {name} is declared to {ASSUMPTIONS[word].says}" for word, name, _ in found]
    lines = []
    for word, name, x in found:
        number = not x.shape and x.aval is Aval("float64")
        np = "" if number else printed.imports.setdefault("numpy", {}).setdefault("numpy", "_numpy")
        lines.append(assertion(word, name, np, number))
    return lines


def _in_case(graph: Graph, compiled: Compiled, target: Target) -> Printed:
    """`graph` for the target that computes where another one's functions raise: as compiled for that, if it can be."""
    found = compiled.graph if _is_printable(compiled.graph, target) else compile_graph(graph, target).graph
    return target.print(found.with_(name=f"_{graph.name}_ieee"))


def _is_printable(graph: Graph, target: Target) -> bool:
    return all(map(target.prints, toposort(graph.outputs)))
