"""Values on the graph: what every node is at given arguments, and what stands out.

A run is compiled like any function, with every node as an output; so what is shown is what the rows' own spellings
compute. Marks: a cotangent of which the root mean square is below `VANISHING` or above `EXPLODING` times the seed (the
derivative of the value with respect to itself, 1), or that is zero throughout; and any value that holds a nan or inf.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdiff.codegen.source import Definition
from symdiff.codegen.target import Wishes
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import ArgumentError
from symdiff.graph.body import Body, bodies
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, maker
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import lowered
from symdiff.program.stages import Stages
from symdiff.render.infix import infix, is_leaf, short_number
from symdiff.render.text import STEP, as_graph, listing, name_bodies, name_nodes, split_order
from symdiff.report.steps import Found, Path, Stacks, first_bad, is_finite, opened
from symdiff.rewrite.bodies import through_bodies
from symdiff.rewrite.engine import Engine
from symdiff.rewrite.rules.lowering import lowering

VANISHING = 1e-8
EXPLODING = 1e8
SHOWN = 4  # elements that are written out; larger arrays are summed up


@dataclass(frozen=True, eq=False)
class Record:
    """A run: the value of every node.

    Attributes:
        graph: what ran; its listing is what `print` shows.
        values: the value of each node, inputs among them.
        stages: the program whose graph it is, if it is one that runs.
        labels: for each node, its value in a few words (``= 0.5``, ``min -1  max 3  norm 4.2``), with its mark.
        marks: for each node that stands out, why.
        stacks: for each loop, behind those that it is in, the values of its steps, stacked along the first axes.
        first_bad: the first node that makes a nan or inf from finite inputs, or None; in a loop, a node of its step.
        first_steps: the steps in which that happens, from 0: one for each loop that it is in, the outermost first.
    """

    graph: Graph
    values: Mapping[Node, Any]
    stages: Stages | None = None
    stacks: Stacks = field(default_factory=dict)
    labels: Mapping[Node, str] = field(init=False)
    marks: Mapping[Node, str] = field(init=False)
    first_bad: Node | None = field(init=False)
    first_steps: tuple[int, ...] = field(init=False)
    _found: Found | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "marks", _marks(self.graph, self.values))
        marked = {node: f"  <- {mark}" for node, mark in self.marks.items()}
        put(self, "labels", {node: summary(value) + marked.get(node, "") for node, value in self.values.items()})
        found = first_bad(list(itertools.chain(*split_order(self.graph))), self.values, self.stacks)
        put(self, "_found", found)
        put(self, "first_bad", found and found.node)
        put(self, "first_steps", found.steps if found else ())

    def __getitem__(self, name: str) -> Any:
        """The value of the line called `name` in the listing; of a line of a step, ``"step1.v2"``, those of all steps.

        Raises:
            ArgumentError: if there is no such line.
        """
        graph, values, prefix = self.graph, self.values, STEP
        path: Path = ()
        *steps, line = name.split(".")
        for step in steps:
            here = name_bodies(graph, name_nodes(graph), prefix)
            loops = [node for node in graph.order if any(here[body] == step for _, body in bodies(node))]
            if not loops:
                raise self._no_line(name)
            path, prefix = (*path, loops[0]), f"{step}_"
            graph, values = as_graph(Loop.of(loops[0]).body), self.stacks[path]
        named = {here: node for node, here in name_nodes(graph).items()}
        if line not in named or named[line] not in values:
            raise self._no_line(name)
        return values[named[line]]

    @staticmethod
    def _no_line(name: str) -> ArgumentError:
        return ArgumentError(f"there is no line {name!r}", help="print the record to see what its lines are called")

    def diff(self, other: Record) -> Difference:
        """What differs between two runs of the same function; types may differ (float32 and float64), lines not.

        Raises:
            ArgumentError: if the two are runs of different functions.
        """
        mine, theirs = _lines(self.graph), _lines(other.graph)
        if [n.op for n in mine] != [n.op for n in theirs] or [n.shape for n in mine] != [n.shape for n in theirs]:
            raise ArgumentError("the two runs are of different functions", help="compare f.debug(…) with f.debug(…)")
        values = {a: other.values[b] for a, b in zip(mine, theirs, strict=True)}
        return Difference(self.graph, {node: _gap(self.values[node], values[node]) for node in mine})

    def __str__(self) -> str:
        return "\n".join([*self._comments(), listing(self.graph, self.labels, self._step_labels())])

    def _step_labels(self) -> dict[Body, dict[Node, str]]:
        """The values of steps in a few words; where loops have equal steps, those of the first one."""
        labels: dict[Body, dict[Node, str]] = {}
        for path, values in self.stacks.items():
            found = {node: summary(v) + ("" if is_finite(v) else "  <- not finite") for node, v in values.items()}
            labels.setdefault(Loop.of(path[-1]).body, found)
        return labels

    def _repr_html_(self) -> str:
        from symdiff.render.document import write  # noqa: PLC0415
        from symdiff.report.run_table import run_document  # noqa: PLC0415 (which reads records)

        return write(run_document(self, f"{self.graph.name}, line by line"), "html")

    def __repr__(self) -> str:
        return f"<symdiff.Record of {self.graph.name}: {len(self.values)} values, {len(self.marks)} marked>"

    def _comments(self) -> list[str]:
        found = self._found
        if found is None:
            return []
        node = found.node
        graph = as_graph(Loop.of(found.path[-1]).body) if found.path else self.graph
        names = name_nodes(graph)
        operands = [f"{names[x]} {summary(found.value_of(x))}" for x in dict.fromkeys(maker(node).inputs) if x in names]
        known = self.stages if not found.path else None
        said = [
            f"# the first value that is not finite: {names[node]} = {infix(node, names, ascii=True)}",
            *(f"#     in {self._step(found, k)}" for k in range(len(found.path))),
            f"#     at {', '.join(operands)}" if operands else "",
            f"#     in {line}" if (line := self.graph.line_of(node)) else "",
            f"#     in the source: {line}" if known and (line := source_line(known, node)) else "",
        ]
        return [comment for comment in said if comment]

    def _step(self, found: Found, k: int) -> str:
        """``step 4 of 30 of E = loop(E=M)``."""
        node, total = found.path[k], len(next(iter(self.stacks[found.path[: k + 1]].values()))[found.steps[:k]])
        back = "the way back through " if Loop.of(node).reverse else ""
        return f"{back}step {found.steps[k] + 1} of {total} of {infix(node, {}, ascii=True, depth=2)}"


@dataclass(frozen=True, eq=False)
class Difference:
    """What differs between two runs.

    Attributes:
        graph: that of the first run.
        gaps: for each node the largest absolute difference, and the largest one relative to the larger norm.
        first: the first node that differs, inputs before all others; None if nothing does.
    """

    graph: Graph
    gaps: Mapping[Node, tuple[float, float]]

    @property
    def labels(self) -> dict[Node, str]:
        """For each node, its difference in a few words."""
        return {
            node: f"differs by {short_number(gap)} (relative {relative:.1e})" if gap else "same"
            for node, (gap, relative) in self.gaps.items()
        }

    @property
    def first(self) -> Node | None:
        return next((node for node, (gap, _) in self.gaps.items() if gap), None)

    def __str__(self) -> str:
        return listing(self.graph, self.labels)


def record(graph: Graph, arguments: Sequence[Any], stages: Stages | None = None) -> Record:
    """Runs `graph` and keeps every value.

    Args:
        graph: simplified; rows that NumPy has no function for may be there.
        arguments: numbers and arrays, one for each input, of the graph's types.
        stages: the program whose finished graph it is, so that the record can point at lines of its source.
    """
    nodes = [node for node in graph.order if not is_leaf(node) and not node.aval.parts]
    all_of_it = opened(nodes)
    places = [(path, n) for path, each in all_of_it.stacks.items() for n in each]
    wanted = (*all_of_it.roots, *(all_of_it.stacks[path][n] for path, n in places))
    every = Graph(graph.inputs, wanted, "run", tree=tuple(range(len(wanted))))
    lower = Engine(lowering(NUMPY.prints)).run
    printed = NUMPY.print(lower(through_bodies(lower, every)), Wishes(fresh=False))
    run = NUMPY.load(NUMPY.text([Definition(printed)]), "run", {})
    given = [np.float64(a) if a.__class__ is float else a for a in arguments]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
        found = [_entries(value) for value in run(*given)]
    stacks: dict[Path, dict[Node, Any]] = {path: {} for path in all_of_it.stacks}
    for (path, n), value in zip(places, found[len(nodes) :], strict=True):
        stacks[path][n] = value
    values = {**dict(zip(graph.inputs, given, strict=True)), **dict(zip(nodes, found, strict=False))}
    return Record(graph, values, stages, stacks)


def _entries(value: Any) -> Any:
    """A sparse matrix as the values of its entries; arrays as they are."""
    return value.data if hasattr(value, "tocsr") else value


# ------------------------------------------------------------------------------------------------- what stands out


def _lines(graph: Graph) -> list[Node]:
    forward, backward = split_order(graph)
    return [node for node in (*graph.inputs, *forward, *backward) if not node.aval.parts]  # whose parts have lines


def _marks(graph: Graph, values: Mapping[Node, Any]) -> dict[Node, str]:
    forward = set(toposort(graph.forward))
    marks: dict[Node, str] = {}
    for node, value in values.items():
        if not is_finite(value):
            marks[node] = "not finite"
        elif node in graph.notes.cotangents and node not in forward and np.size(value):
            marks[node] = _magnitude(value)
    return {node: mark for node, mark in marks.items() if mark}


def _magnitude(value: Any) -> str:
    size = np.abs(np.asarray(value)).astype(np.float64)
    largest = float(size.max())
    if largest == 0:
        return "zero"
    mean_square = largest * float(np.sqrt(np.mean(np.square(size / largest))))
    return "vanishing" if mean_square < VANISHING else "exploding" if mean_square > EXPLODING else ""


def summary(value: Any) -> str:
    """A value in a few words."""
    array = np.asarray(value)
    if array.size == 0:
        return "is empty"
    if array.size <= SHOWN and array.dtype.kind != "c":
        return f"= {_written(array.tolist())}"
    if array.dtype.kind == "c":
        return f"= {short_number(array.item())}" if array.ndim == 0 else f"norm {_norm(array)}"
    if array.dtype.kind == "b":
        return f"true {np.count_nonzero(array)} of {array.size}"
    known = array[~np.isnan(array)]
    if not known.size:
        return f"nan {array.size} of {array.size}"
    text = f"min {short_number(known.min().item())}  max {short_number(known.max().item())}  norm {_norm(known)}"
    return text + (f"  nan {array.size - known.size} of {array.size}" if known.size < array.size else "")


def _norm(array: np.ndarray) -> str:
    largest = float(np.abs(array).max())
    if largest == 0 or not np.isfinite(largest):
        return short_number(largest)
    return short_number(largest * float(np.linalg.norm(array.ravel() / largest)))


def _written(value: Any) -> str:
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, list) else short_number(value)


def _gap(a: Any, b: Any) -> tuple[float, float]:
    p, q = np.asarray(a), np.asarray(b)
    if p.shape != q.shape:
        return float("inf"), float("inf")
    kind = np.complex128 if "c" in (p.dtype.kind, q.dtype.kind) else np.float64
    p, q = p.astype(kind), q.astype(kind)
    with np.errstate(all="ignore"):
        same = (p == q) | (np.isnan(p) & np.isnan(q))
        gap = np.where(same, 0.0, np.abs(p - q))
        gap = np.where(np.isnan(gap), np.inf, gap)
        largest = float(gap.max(initial=0.0))
        scale = float(np.maximum(np.abs(p), np.abs(q)).max(initial=0.0))
    return largest, largest / scale if scale and np.isfinite(scale) else largest


def source_line(stages: Stages, node: Node) -> str:
    """The line of the generated source in which `node` is computed; "" if the last rewrites left nothing of it."""
    finished = stages.simplified
    found = lowered(finished.with_(outputs=(*finished.outputs, node)), stages.program.target).outputs[-1]
    code = stages.definition.printed.code
    for root, line in code.items():
        if found in toposort([root], stop=lambda n, root=root: n in code and n is not root):  # type: ignore[misc]
            return line
    return ""
