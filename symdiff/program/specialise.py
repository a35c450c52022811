"""From a finished graph to source: lowered for a target, printed, and loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from symdiff.codegen.dialect import Dialect, NumPy
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
from symdiff.program.pipeline import choose_dialect, is_float_graph, lowered


@dataclass(frozen=True)
class Lowered:
    """A finished graph as a target prints it.

    Attributes:
        finished: the graph as readers see it.
        dialect: the target.
        graph: what is printed.
        scalar: whether floats, and nothing else, go in and come out.
    """

    finished: Graph
    dialect: Dialect
    graph: Graph
    scalar: bool

    def with_(self, **changes: Any) -> Lowered:
        """The same with fields of the printed graph replaced that no pass looks at: its name, what is asserted."""
        return replace(self, graph=self.graph.with_(**changes))

    @cached_property
    def on_ieee_floats(self) -> Graph:
        """The same for NumPy's floats, which give inf and nan where `math` raises."""
        same = all(map(NumPy().prints, toposort(self.graph.outputs)))
        return self.graph if same else lowered(self.finished, NumPy())


def lower(finished: Graph) -> Lowered:
    """`finished` for `math` if it is all floats, else for NumPy."""
    scalar, dialect = is_float_graph(finished), choose_dialect(finished)
    graph = lowered(finished, dialect)
    if choose_dialect(graph).name != dialect.name:
        dialect = NumPy()
        graph = lowered(finished, dialect)
    return Lowered(finished, dialect, graph, scalar)


def define(program: Lowered, largest: int = LARGEST_LITERAL, taken: Sequence[str] = ()) -> Definition:
    """The function as source.

    Constants of more than `largest` elements are kept beside it. No local variable is called as one of `taken`.
    """
    graph = program.graph
    if program.dialect.name == "math":
        printed = print_function(graph, program.dialect, taken=taken)
        definition = Definition(printed, _fallback(program) if printed.raises else None)
    elif program.scalar:
        definition = Definition(_on_ieee_floats(graph))
    else:
        definition = Definition(print_function(graph, program.dialect, largest=largest, taken=taken))
    definition.first = _relied_on(graph, definition.printed)
    return definition


def _fallback(program: Lowered) -> Printed:
    return _on_ieee_floats(program.on_ieee_floats.with_(name=f"_{program.graph.name}_ieee"))


def _on_ieee_floats(graph: Graph) -> Printed:
    return print_function(graph, NumPy(), fresh=False, ieee=True)


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


# ------------------------------------------------------------------------------------------------------------ loading


def load_definition(definition: Definition, text: str, program: Lowered) -> Callable[..., Any]:
    """The callable. Matrices come back C-contiguous, in whatever order the arguments were stored."""
    name = definition.printed.name
    run: Callable[..., Any] = load(text, name, dict(arrays_of(definition.parts)))[name]
    tree = program.graph.tree
    if not program.scalar and any(x.ndim != 1 for x in program.graph.outputs):
        run = _tidied(run)
    return run if isinstance(tree, int) or _is_plain(tree) else _restoring(run, tree)


def load_guarded(definition: Definition, dispatch: Callable[..., Any]) -> Callable[..., Any]:
    """The callable of a scalar function, which hands everything but floats to `dispatch`.

    The test is inside the function because a call of its own would cost a third of a typical scalar gradient.
    """
    printed = definition.printed
    text = module_text([definition])
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


def on_numpy_floats(run: Callable[..., Any]) -> Callable[..., Any]:
    """Among arrays a Python float must divide by zero as NumPy does, not raise."""

    def call(*args: Any) -> Any:
        return run(*[np.float64(a) if a.__class__ is float else a for a in args])

    return call


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
