"""From a graph to a callable: the passes, the printer, and the loader, for one set of input types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.codegen.dialect import NumPy
from symdiff.codegen.load import load
from symdiff.codegen.names import free_name
from symdiff.codegen.printed import LARGEST_LITERAL, Printed
from symdiff.codegen.printer import print_function
from symdiff.codegen.source import Definition, arrays_of, module_text
from symdiff.graph.assumptions import ASSUMPTIONS, assertion
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree, restored
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import Compiled, choose_dialect, compile_graph, is_float_graph


@dataclass(frozen=True)
class Specialisation:
    """A Function compiled for inputs of certain types."""

    avals: tuple[Aval, ...]
    compiled: Compiled
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
        """The callable of a scalar function, which hands everything but floats to `dispatch`.

        The test is inside the function because a call of its own would cost a third of a typical scalar gradient.
        """
        printed = self.definition.printed
        text = module_text([self.definition])
        head = f"def {printed.name}({', '.join(printed.arguments)}):\n"
        ours = ("_missing", "_rest", "_named", "_dispatch", "_float")
        missing, rest, named, hand_over, floats = (free_name(name, printed.arguments) for name in ours)
        test = " is ".join([*(f"{a}.__class__" for a in printed.arguments), floats])
        guard = (
            f"def {printed.name}({', '.join(f'{a}={missing}' for a in printed.arguments)}, /, *{rest}, **{named}):\n"
            f"    if not ({test}) or {rest} or {named}:\n"
            f"        return {hand_over}({missing}, ({', '.join(printed.arguments)},), {rest}, {named})\n"
        )

        def general(sentinel: object, given: tuple[Any, ...], more: tuple[Any, ...], by_name: dict[str, Any]) -> Any:
            return dispatch(*[a for a in given if a is not sentinel], *more, **by_name)

        extra = {missing: object(), hand_over: general, floats: float}
        run: Callable[..., Any] = load(text.replace(head, guard, 1), printed.name, extra)[printed.name]
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


def specialise(graph: Graph, largest: int = LARGEST_LITERAL, taken: Sequence[str] = ()) -> Specialisation:
    """Compiles and prints `graph`: for `math` if it is all floats, else for NumPy.

    Constants of more than `largest` elements are kept beside the source. No local variable is called as one of `taken`.
    """
    avals = tuple(x.aval for x in graph.inputs)
    dialect = choose_dialect(graph)
    compiled = compile_graph(graph, dialect)
    scalar = is_float_graph(graph)
    if dialect.name == "math" and choose_dialect(compiled.graph).name == "math":
        printed = print_function(compiled.graph, dialect, taken=taken)
        fallback = (
            _on_ieee_floats(_for_numpy(graph, compiled).with_(name=f"_{graph.name}_ieee")) if printed.raises else None
        )
        definition = Definition(printed, fallback)
    elif scalar:
        definition = Definition(_on_ieee_floats(compile_graph(graph, NumPy()).graph))
    else:
        if dialect.name != "numpy":
            compiled = compile_graph(graph, NumPy())
        definition = Definition(print_function(compiled.graph, NumPy(), largest=largest, taken=taken))
    definition.first = _relied_on(compiled.graph, definition.printed)
    return Specialisation(avals, compiled, definition, scalar, module_text([definition]))


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


def _for_numpy(graph: Graph, compiled: Compiled) -> Graph:
    """`graph` as NumPy prints it: as it was compiled for `math`, if NumPy has all of its functions too."""
    same = all(map(NumPy().prints, toposort(compiled.graph.outputs)))
    return compiled.graph if same else compile_graph(graph, NumPy()).graph


def _on_ieee_floats(graph: Graph) -> Printed:
    """A function of floats on NumPy's floats, which give inf and nan where `math` raises."""
    return print_function(graph, NumPy(), fresh=False, ieee=True)
