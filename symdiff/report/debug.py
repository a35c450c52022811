"""Values on the graph: what every node is at given arguments, and what stands out.

A run is compiled like any function, with every node as an output; so what is shown is what the rows' own spellings
compute. Marks: a cotangent of which the root mean square is below `VANISHING` or above `EXPLODING` times the seed (the
derivative of the value with respect to itself, 1), or that is zero throughout; and any value that holds a nan or inf.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdiff.codegen.source import Definition
from symdiff.codegen.target import Wishes
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import ArgumentError
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, maker
from symdiff.graph.walk import toposort
from symdiff.program.pipeline import lowered
from symdiff.program.stages import Stages
from symdiff.render.infix import infix, is_leaf, short_number
from symdiff.render.text import listing, name_nodes, split_order
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
        first_bad: the first node that makes a nan or inf from finite inputs, or None.
    """

    graph: Graph
    values: Mapping[Node, Any]
    stages: Stages | None = None
    labels: Mapping[Node, str] = field(init=False)
    marks: Mapping[Node, str] = field(init=False)
    first_bad: Node | None = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "marks", _marks(self.graph, self.values))
        marked = {node: f"  <- {mark}" for node, mark in self.marks.items()}
        put(self, "labels", {node: summary(value) + marked.get(node, "") for node, value in self.values.items()})
        put(self, "first_bad", _first_bad(self.graph, self.values))

    def __getitem__(self, name: str) -> Any:
        """The value of the line called `name` in the listing; raises ArgumentError if there is none."""
        named = {here: node for node, here in name_nodes(self.graph).items()}
        if name not in named:
            raise ArgumentError(f"there is no line {name!r}", help="print the record to see what its lines are called")
        return self.values[named[name]]

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
        return "\n".join([*self._comments(), listing(self.graph, self.labels)])

    def __repr__(self) -> str:
        return f"<symdiff.Record of {self.graph.name}: {len(self.values)} values, {len(self.marks)} marked>"

    def _comments(self) -> list[str]:
        node = self.first_bad
        if node is None:
            return []
        names = name_nodes(self.graph)
        operands = [f"{names[x]} {summary(self.values[x])}" for x in dict.fromkeys(maker(node).inputs) if x in names]
        found = [
            f"# the first value that is not finite: {names[node]} = {infix(node, names, ascii=True)}",
            f"#     at {', '.join(operands)}" if operands else "",
            f"#     in {line}" if (line := self.graph.line_of(node)) else "",
            f"#     in the source: {line}" if self.stages and (line := source_line(self.stages, node)) else "",
        ]
        return [comment for comment in found if comment]


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
    nodes = [node for node in toposort(graph.outputs) if not is_leaf(node) and not node.aval.parts]
    every = Graph(graph.inputs, tuple(nodes), "run", tree=tuple(range(len(nodes))))
    printed = NUMPY.print(Engine(lowering(NUMPY.prints)).run(every), Wishes(fresh=False))
    run = NUMPY.load(NUMPY.text([Definition(printed)]), "run", {})
    given = [np.float64(a) if a.__class__ is float else a for a in arguments]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
        found = run(*given)
    return Record(
        graph, {**dict(zip(graph.inputs, given, strict=True)), **dict(zip(nodes, found, strict=True))}, stages
    )


# ------------------------------------------------------------------------------------------------- what stands out


def _lines(graph: Graph) -> list[Node]:
    forward, backward = split_order(graph)
    return [node for node in (*graph.inputs, *forward, *backward) if not node.aval.parts]  # whose parts have lines


def is_finite(value: Any) -> bool:
    """Whether no element is nan or infinite."""
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _first_bad(graph: Graph, values: Mapping[Node, Any]) -> Node | None:
    for node in _lines(graph)[len(graph.inputs) :]:
        if not is_finite(values[node]) and all(map(is_finite, _operands(node, values))):
            return node
    return None


def _operands(node: Node, values: Mapping[Node, Any]) -> list[Any]:
    return [x.literal.value if x.literal is not None else values.get(x, 0) for x in maker(node).inputs]


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
