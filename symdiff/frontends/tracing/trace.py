"""From symbolic values and Python functions to graphs."""

from __future__ import annotations

import functools
import importlib
import inspect
import linecache
import os.path
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from symdiff.control.holding import Memory
from symdiff.errors import ArgumentError, SymdiffError, UnsupportedError
from symdiff.frontends.carried import as_they_were
from symdiff.frontends.kept_loops import Loops
from symdiff.frontends.layout import Layout, taken_apart
from symdiff.frontends.names import check_name, function_name, is_name, plain
from symdiff.frontends.plainer import shown
from symdiff.frontends.spec import spec
from symdiff.frontends.starred import Named
from symdiff.frontends.tracing.attempts import Attempt, arriving, attempt, written_outside
from symdiff.frontends.tracing.copies import traceable
from symdiff.frontends.tracing.flow import one_of_two
from symdiff.frontends.tracing.flow.again import entered
from symdiff.frontends.tracing.flow.guards import guarding, is_raised, note, raised
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.flow.texts import quotes_values
from symdiff.frontends.tracing.holder import unwrapped
from symdiff.frontends.tracing.labelled import Labelled
from symdiff.frontends.tracing.lending import python_function
from symdiff.frontends.tracing.libraries import arrays_elsewhere, library_around
from symdiff.frontends.tracing.memory import strided
from symdiff.frontends.tracing.nesting import one_deeper, without_scope
from symdiff.frontends.tracing.remembered import depends_on_memory, kinds_asked
from symdiff.frontends.tracing.survivors import settling
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.watching import Watched
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, INPUT, Node, as_node, constant, variable
from symdiff.graph.tree import Tree
from symdiff.graph.walk import between, toposort


def var(name: str, shape: Any = (), dtype: Any = None) -> Symbol:
    """A symbolic input.

    Args:
        name: an ASCII identifier; it becomes the argument's name.
        shape: as in `spec`: ``"n d"``, ``("n", 3)``, ``()``.
        dtype: float64 unless given.

    >>> var("x", "n d")
    <symbolic x: f64[n,d]>
    """
    name = plain(name)
    check_name(name)
    return Symbol(variable(name, spec(shape, dtype).aval))


def graph_of(outputs: Any, inputs: Sequence[Any] | None = None, name: str = "f") -> Graph:
    """The graph that computes symbolic values; without `inputs`, from its variables in order of first use."""
    roots, tree = flatten(outputs)
    found = [node for node in toposort(roots) if node.op is INPUT]
    known = {node.name: node for node in found}
    given = found if inputs is None else [_input(x, known) for x in inputs]
    missing = [node.name for node in found if node not in given]
    if missing:
        raise ArgumentError(f"the values depend on {', '.join(map(repr, missing))}, which are not among the inputs")
    names = [node.name for node in given]
    if len(set(names)) != len(names):
        raise ArgumentError(f"two different inputs are called {next(n for n in names if names.count(n) > 1)!r}")
    return Graph(tuple(given), roots, name=name, forward=roots, tree=tree)


def _input(x: Any, known: Mapping[str | None, Node]) -> Node:
    """An input: a symbol, or the name of one that occurs."""
    if not isinstance(x, str):
        return as_node(x)
    if x not in known:
        names = ", ".join(map(str, known)) or "none"
        raise ArgumentError(
            f"there is no input {x!r}; the inputs are {names}", help="a symbol may be one that does not occur"
        )
    return known[x]


def flatten(value: Any) -> tuple[tuple[Node, ...], Tree]:
    """The nodes in a value, and the containers that they lie in.

    >>> flatten({"a": 1.0, "b": (2.0, None)})[1].keys
    ('a', 'b')
    """
    return taken_apart(value, lambda item: as_node(unwrapped(item)), lambda item: type(item) is Symbol)


# ------------------------------------------------------------------------------------------------- Python functions


def trace(
    function: Callable[..., Any],
    layout: Layout,
    avals: Sequence[Aval],
    loops: Loops = "auto",
    memory: Memory = "keep",
) -> Graph:
    """The graph of a Python function that uses NumPy, by calling it on symbolic values: once, or, if that showed what
    it needs, once more (`symdiff.frontends.tracing.attempts`).

    Intermediate values keep the names of the local variables that hold them when the function returns. What the
    function reads from outside (closures, globals, attributes, arrays) is read once, now: a later change of it does not
    change the graph.

    Inside another trace, inputs have a scope of their own as long as the function needs values of the outer one.

    Raises:
        SymdiffError: with the line of the function where something cannot be followed.
    """
    run = Attempt(outcomes=layout.outcomes, loops=loops, memory=memory, function=function)
    while True:
        with attempt(run):
            try:
                graph = _noted(_once(function, layout, avals), run)
            except Exception as error:
                following = run.again(error)
                if following is None:
                    raise
            else:
                following = run.again()
                if following is None:
                    return graph
        run = following


def _noted(graph: Graph, run: Attempt) -> Graph:
    """`graph` with what is known of the run that made it.

    Of the calls that were tried, those which its inputs alone give: what a step of a loop calls is not there before.
    """
    others = {x for x in toposort(run.calls) if x.op is INPUT}.difference(graph.inputs)
    inside = set(between(others, *run.calls))
    loops = tuple((_show_place(*place), why) for place, why in sorted(run.met.items()))
    return _settled(graph.with_(tried=tuple(c for c in run.calls if c not in inside), loops=loops))


def _settled(graph: Graph) -> Graph:
    """`graph` where every value has its dtype: those that were Python's have met others, or never will."""
    notes = graph.notes
    read = [x for guard in notes.guards for x in guard.reads]
    noted = [*graph.outputs, *graph.names, *notes.lines, *read, *notes.tried]
    if not any(x.aval.weak and x.inputs for x in toposort(noted) if not x.aval.parts):
        return graph
    new = as_they_were(noted)
    outputs = tuple(new[x] for x in graph.outputs)
    return graph.with_(
        outputs=outputs,
        forward=outputs,
        names={new[x]: name for x, name in graph.names.items()},
        lines={new[x]: line for x, line in notes.lines.items() if new[x].inputs},
        guards=tuple(guard.moved(new) for guard in notes.guards),
        tried=tuple(new[x] for x in notes.tried),
    )


def _once(function: Callable[..., Any], layout: Layout, avals: Sequence[Aval]) -> Graph:
    with settling(), one_deeper() as scope:
        inputs = [variable(name, aval, scope) for name, aval in zip(layout.names, avals, strict=True)]
        try:
            graph = _traced(function, layout, inputs)
        except SymdiffError as error:
            error.unknown = _inputs_of(error.unknown, inputs)
            raise
    return without_scope(graph) if scope else graph


def _inputs_of(unknown: object, inputs: Sequence[Node]) -> object:
    """The names of the inputs that a value depends on which had to be known; itself, if others take part."""
    if not isinstance(unknown, Node):
        return unknown
    found = {node for node in toposort([unknown]) if node.op is INPUT}
    return frozenset(node.name or "" for node in found) if found <= set(inputs) else unknown


def _as_followed(function: Callable[..., Any], watched: Watched) -> Callable[..., Any]:
    """The function whose control flow asks before it goes, if its source is there."""
    found = followed(function)
    if found is not function:
        watched.code = python_function(found).__code__
    return found  # type: ignore[no-any-return]


def _traced(function: Callable[..., Any], layout: Layout, inputs: Sequence[Node]) -> Graph:
    named = function if isinstance(function, Named) else None
    function = named.__wrapped__ if named else function
    try:
        with arriving(), Watched(function) as watched, guarding() as guards, one_of_two.watching():
            inside, called = [_symbol(x, layout) for x in inputs], traceable(function)
            with entered(called):
                inner = _as_followed(called, watched)
                arguments = (named.calling(inner), inside, named.__signature__) if named else (inner, inside)
                result = _returned(functools.partial(layout.call, *arguments))
            roots, tree = flatten(result)
    except SymdiffError as error:
        _locate(error, error.__traceback__)
        raise
    except (TypeError, ValueError) as error:  # NumPy's own, because of one of ours; or another library's
        ours = _because_of(error, function)
        if ours is None:
            raise
        _locate(ours, error.__traceback__)
        raise ours from None
    graph = Graph(tuple(inputs), roots, name=function_name(function), forward=roots, tree=tree)
    return graph.with_(
        names=_names(graph, watched.values, function),
        lines=_lines(graph, watched.returned),
        by_memory=depends_on_memory(),
        guards=tuple(guards),
        by_kind=frozenset(x.name or "" for x in kinds_asked().intersection(inputs)),
    )


def _returned(call: Callable[[], Any]) -> Any:
    """What the function returns. An error that it always raises, and that quotes values which are not known yet, is
    raised when the program runs, with their numbers; nothing is returned then, for which 0 stands."""
    try:
        return call()
    except Exception as error:
        if not is_raised(error) or not quotes_values(error):
            raise
        note(raised(constant(np.True_), error))
        return 0.0


def _because_of(error: Exception, function: Callable[..., Any]) -> SymdiffError | None:
    """What an error of another library's is in our words, if it comes of a symbolic value there."""
    if str(error).startswith(_NOT_WRITTEN):
        return written_outside()
    if isinstance(error.__cause__, SymdiffError):
        return error.__cause__
    for name, library in arrays_elsewhere(function).items():
        return UnsupportedError(
            f"{name}, which the function reads beside its arguments, is an array of {library}",
            help=f"make {name} an argument: the program then runs on arrays of {library}",
        )
    return None


_NOT_WRITTEN = ("setting an array element", "Error setting single item")  # what NumPy says


def _symbol(x: Node, layout: Layout) -> Any:
    """An input as the function sees it, in the memory that its argument has, and with its labels."""
    symbol, steps = Symbol(x), dict(layout.strides).get(x.name or "")
    if steps is not None:
        symbol._storage.lies = strided(x.aval, steps)
    symbol.is_list = x.name in layout.lists
    symbol.was_made(x.name in layout.arrays)
    marks = dict(layout.tables).get(x.name or "")
    return symbol if marks is None else Labelled.of(symbol, marks)


def _lines(graph: Graph, returned: Sequence[tuple[Symbol | Node, str, int]]) -> dict[Node, str]:
    """The user's line for each node: the one that made it, else one that reads it."""
    found: dict[Node, tuple[str, int]] = {}
    for value, filename, number in returned:
        node = value if isinstance(value, Node) else value.standing
        if node is not None:
            found.setdefault(node, (filename, number))
    for node in reversed(graph.order):
        if node in found:
            for x in node.inputs:
                found.setdefault(x, found[node])
    return {node: _show_place(*place) for node, place in found.items() if node.inputs}


@functools.lru_cache(maxsize=4096)
def _show_place(filename: str, number: int) -> str:
    return f"{os.path.basename(filename)}:{number}: {linecache.getline(filename, number).strip()}".rstrip(": ")


def _names(graph: Graph, values: dict[str, Any], function: Callable[..., Any]) -> dict[Node, str]:
    """Names for intermediate values, from local variables, and for constants, from what holds them outside."""
    inside = set(graph.order)
    names: dict[Node, str] = {}
    taken = {node.name for node in graph.inputs}
    for variable_name, value in values.items():
        name = shown(variable_name)
        if type(value) is Symbol and value.numbers is None and is_name(name) and name not in taken:
            if value.is_in_doubt:  # nobody reads it any more
                continue
            node = value.node
            if node in inside and node.inputs:
                names.setdefault(node, name)
    constants = [node for node in inside if node.op is CONSTANT and node.shape]
    if constants:
        for name, value in _arrays_outside(function):
            node = constant(value)
            if node in inside and is_name(name) and name not in taken:
                names.setdefault(node, name)
    return names


def _arrays_outside(function: Callable[..., Any]) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays that a function finds in its closure, its globals, and the object that it is a method of."""
    found = getattr(function, "__func__", function)
    spaces: list[dict[str, Any]] = [getattr(getattr(function, "__self__", None), "__dict__", {})]
    if inspect.isfunction(found):
        outside = inspect.getclosurevars(found)
        spaces += [dict(outside.nonlocals), dict(outside.globals)]
    for space in spaces:
        for name, value in list(space.items()):
            if type(value) is np.ndarray and value.dtype.kind in "biufc" and value.ndim:
                yield name, value


def _locate(error: SymdiffError, step: TracebackType | None) -> None:
    """Adds the innermost line of the user's that led to the error, and says if it came about in SciPy's own code."""
    place: TracebackType | None = None
    inner: str | None = None
    called: list[str] = []
    while step is not None:
        library = library_around(step.tb_frame.f_code.co_filename)
        place, inner = (step, None) if library is None else (place, library if library == "scipy" else inner)
        own = [step.tb_frame.f_code.co_qualname] if library == "scipy" else []
        called = [] if library is None else [*called, *own]
        step = step.tb_next
    if place is None:
        return
    if inner is not None and error.where is None:
        named = importlib.import_module("symdiff.frontends.tracing.of_scipy.reasons").said_of(called)
        error.note = error.note or f"this is within SciPy, whose own code is not followed{named}"
        error.help = "write its formula out; `symdiff ops --scipy` lists the functions that are supported"
    code = place.tb_frame.f_code
    line = linecache.getline(code.co_filename, place.tb_lineno).rstrip()
    if not line:
        return
    positions = list(code.co_positions())[place.tb_lasti // 2]
    start, stop = positions[2] or 0, positions[3] or 0
    one_line = positions[0] == positions[1]
    error.at(
        line, 1, start, stop - start if one_line else len(line) - start, file=code.co_filename, number=place.tb_lineno
    )
