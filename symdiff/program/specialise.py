"""From a finished graph to source: lowered for a target, printed, and loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache as once
from typing import Any

import numpy as np

from symdiff.codegen.choose import choose_target
from symdiff.codegen.guard import ArrayGuard, Guard
from symdiff.codegen.load import load
from symdiff.codegen.names import free_name
from symdiff.codegen.printed import INDENT, LARGEST_LITERAL, Printed
from symdiff.codegen.python import Python
from symdiff.codegen.shared import shared_body
from symdiff.codegen.source import Definition, Fallback, arrays_of, functions_of
from symdiff.codegen.spelling import Spelling
from symdiff.codegen.target import RaisedError, Target, Wishes
from symdiff.graph.assumptions import ASSUMPTIONS, assertion
from symdiff.graph.aval import Aval
from symdiff.graph.body import with_insides
from symdiff.graph.floats import is_float_graph
from symdiff.graph.graph import Graph
from symdiff.graph.tree import Tree, relabel, restoring
from symdiff.graph.walk import without_collector
from symdiff.program.pipeline import lowered
from symdiff.progress import stage


@dataclass(frozen=True)
class Lowered:
    """A finished graph as a target prints it.

    Attributes:
        finished: the graph as readers see it.
        target: what it is printed for.
        graph: what is printed.
        scalar: whether floats, and nothing else, go in and come out.
    """

    finished: Graph
    target: Target
    graph: Graph
    scalar: bool

    def with_(self, **changes: Any) -> Lowered:
        """The same with fields of the printed graph replaced that no pass looks at: its name, what is asserted."""
        return replace(self, graph=self.graph.with_(**changes))


def lower(finished: Graph) -> Lowered:
    """`finished` for the target that was asked for, or else for `math` if it is all floats, and for NumPy if not."""
    target = choose_target(finished, finished.notes.target)
    graph = lowered(finished, target)
    if target.fallback is not None and not _is_printable(graph, target):  # rewriting led to what it lacks
        target = target.fallback
        graph = lowered(finished, target)
    return Lowered(finished, target, graph, is_float_graph(finished))


def define(program: Lowered, largest: int = LARGEST_LITERAL, taken: Sequence[str] = ()) -> Definition:
    """The function as source.

    Constants of more than `largest` elements are kept beside it. No local variable is called as one of `taken`.
    """
    graph, target = program.graph, program.target
    with stage("print"), without_collector():
        printed = target.print(
            graph, Wishes(largest=largest, taken=(*taken, _in_case(graph.name), _body_of(graph.name)))
        )
        fallback = None
        if printed.raises and target.fallback is not None:
            fallback = _fallback(program, target.fallback, printed)
    definition = Definition(printed, fallback)
    definition.first = _relied_on(graph, printed)
    return definition


def _in_case(name: str) -> str:
    """What a function is called that computes where `name` raises."""
    return f"_{name}_ieee"


def _fallback(program: Lowered, target: Target, printed: Printed) -> Fallback:
    """What is `printed`, for the target that computes where the functions of another one raise.

    The graph is as it is, if that can print it: then the order of the lines is known.
    """
    name = _in_case(program.graph.name)

    def write() -> Printed:
        graph = program.graph if _is_printable(program.graph, target) else lowered(program.finished, target)
        with without_collector():
            return target.print(graph.with_(name=name), Wishes(scheduler=printed.scheduler))

    of_python = isinstance(program.target, Spelling)
    shared = shared_body(program.graph, _body_of(program.graph.name), program.target, printed) if of_python else None  # type: ignore[arg-type]
    return Fallback(name, once(write), shared=shared)


def _body_of(name: str) -> str:
    """What the body of `name` is called, if it is a function of its own."""
    return f"_{name}_body"


def _is_printable(graph: Graph, target: Target) -> bool:
    return all(map(target.prints, with_insides(graph.order)))


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


def load_definition(definition: Definition, program: Lowered) -> Callable[..., Any]:
    """The generated function itself."""
    run = _load(definition, program, arrays_of([definition.printed]))
    return _raising(run, program) if program.graph.notes.guards and not isinstance(program.target, Python) else run


def _raising(run: Callable[..., Any], program: Lowered) -> Callable[..., Any]:
    """What raises the user's errors as NumPy's program does, which is asked where `run` comes to one of them."""

    def in_numpy() -> Callable[..., Any]:
        other = lower(program.finished.with_(target="numpy"))
        return load_definition(define(other), other)

    other = once(in_numpy)

    def call(*args: Any) -> Any:
        try:
            return run(*args)
        except (RaisedError, RuntimeError):  # the latter is what Numba raises for errors that it does not know
            return other()(*args)

    return call


def _load(definition: Definition, program: Lowered, beside: Mapping[str, Any]) -> Callable[..., Any]:
    """The function, which finds `beside` it what it needs; what it falls back on is made when it is first called."""
    fallback, target = definition.fallback, program.target
    beside = {**functions_of([definition.printed]), **beside}
    if fallback is not None and fallback.shared is None:
        other = once(lambda: target.load(target.text([Definition(fallback.write())]), fallback.name, {}))

        def fall_back(*args: Any) -> Any:
            return other()(*args)

        beside = {**beside, fallback.name: fall_back}
        definition = replace(definition, fallback=replace(fallback, is_apart=True))
    with stage("load"):
        return target.load(target.text([definition]), definition.printed.name, beside)


def returning(run: Callable[..., Any], program: Lowered) -> Callable[..., Any]:
    """The function with its results as users get them: matrices C-contiguous, in whatever order the arguments were
    stored, and in the containers that the user's function returns."""
    graph = program.graph
    restore = restoring(graph.tree, lambda k: None if program.scalar or graph.outputs[k].ndim == 1 else _tidy)
    if restore is None:
        return run

    def call(*args: Any) -> Any:
        return restore(run(*args))

    return call


def load_guarded(definition: Definition, program: Lowered, dispatch: Callable[..., Any]) -> Callable[..., Any]:
    """The callable of a scalar function, which hands everything but floats to `dispatch`.

    A text that is no Python of ours has no head that tests, and gets one in front.
    """
    arguments = definition.printed.arguments
    guard = Guard.of(arguments)
    namespace = guard.namespace(dispatch)
    if isinstance(program.target, Python):
        return _load(replace(definition, guard=guard), program, namespace)
    run = free_name("_run", arguments)
    head = f"def {program.graph.name}({guard.parameters(arguments)}):"
    lines = [*guard.test(arguments), f"return {run}({', '.join(arguments)})"]
    text = "\n".join([head, *(INDENT + line for line in lines)]) + "\n"
    loaded = load(text, program.graph.name, {**namespace, run: load_definition(definition, program)})
    return loaded[program.graph.name]  # type: ignore[no-any-return]


def load_array_guard(
    program: Lowered,
    avals: Sequence[Aval],
    bare: Callable[..., Any],
    dispatch: Callable[..., Any],
    fewest: Mapping[str, int],
) -> Callable[..., Any] | None:
    """The callable of a function of arrays, which hands everything but arrays of these types, of the `fewest` elements
    at least, to `dispatch`.

    None where that cannot be told from the arrays' shapes.
    """
    graph = program.graph
    tidies = _is_plain(graph.tree)
    results = relabel(graph.tree, lambda k: graph.outputs[k].ndim) if tidies else None
    guard = ArrayGuard([f"a{k}" for k in range(len(avals))], avals, results, fewest)
    text = guard.text(graph.name)
    if text is None:
        return None
    run = bare if tidies else returning(bare, program)
    made: Callable[..., Any] = load(text, graph.name, guard.namespace(dispatch, run))[graph.name]
    return made


def on_numpy_floats(run: Callable[..., Any]) -> Callable[..., Any]:
    """Among arrays a Python float must divide by zero as NumPy does, not raise."""

    def call(*args: Any) -> Any:
        return run(*[np.float64(a) if a.__class__ is float else a for a in args])

    return call


def _is_plain(tree: Tree) -> bool:
    return isinstance(tree, int) or (isinstance(tree, tuple) and all(map(_is_plain, tree)))


def _tidy(result: Any) -> Any:
    """A matrix in C order; a scalar as a scalar, where np.where or np.squeeze made an array without axes of it."""
    if isinstance(result, np.ndarray) and result.ndim != 1:
        return np.ascontiguousarray(result) if result.ndim else result[()]
    return result
