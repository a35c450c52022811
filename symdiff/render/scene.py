"""What a picture shows, before it has a geometry: boxes with their texts, wires between them, net labels instead of
long wires. DOT and Mermaid are printed from it as it is; `layout` gives it coordinates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.render.cells import Cell, make_cells, set_rows
from symdiff.render.fonts import shorten
from symdiff.render.groups import find_groups
from symdiff.render.infix import infix
from symdiff.render.labels import LONGEST, formula, is_input, is_text, leaf_text
from symdiff.render.opened import how_often
from symdiff.render.text import name_nodes

REACH = 6  # rows that a wire spans at most
MANY = 4  # readers of an input that get a wire
SHOWN = 6  # operations deep, that the formula of a folded part goes
LARGE = 300  # boxes above which the picture folds by itself

Kind = Literal["input", "constant", "forward", "derivative"]
Role = Literal["sign", "name", "shape", "gate", "value", "gradient"]


@dataclass(frozen=True)
class Look:
    """How a graph is drawn.

    Attributes:
        shapes: each box says its dtype and shape.
        gates: gates say what they do to the gradient: distributor, router, switcher.
        fold: fold repeated and long parts into groups; None folds above 300 boxes.
        values: a short text for a node, for instance its number at a point.
        marked: nodes that are pointed out, for instance the first that is nan.
        title: a heading.
        legend: says what the outlines mean.
        theme: ``"auto"`` follows the page around, or the reader's screen; ``"light"`` and ``"dark"`` do not.
        called: for names of inputs, what they are called in the user's function: ``params[0]["W"]``.
    """

    shapes: bool = False
    gates: bool = False
    fold: bool | None = None
    values: Mapping[Node, str] = field(default_factory=dict)
    marked: Collection[Node] = frozenset()
    title: str = ""
    legend: bool = True
    theme: str = "auto"
    called: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Figure:
    """One box.

    Attributes:
        key: its position in `Scene.parts`.
        kind: which outline it gets.
        derivative: whether it stands on the right.
        row: its height, counted from the top.
        lines: what it says, each with its role.
        labels: keys of parts that it reads without a wire.
        details: what a page tells about it: pairs of heading and text.
        nodes: what is in it.
    """

    key: int
    kind: Kind
    derivative: bool
    row: int
    name: str
    lines: tuple[tuple[Role, str], ...]
    labels: tuple[int, ...] = ()
    anchor: int | None = None
    whole: bool = False
    output: bool = False
    group: bool = False
    marked: bool = False
    details: tuple[tuple[str, str], ...] = ()
    nodes: tuple[Node, ...] = ()

    @property
    def loop(self) -> Node | None:
        """The loop that it is."""
        return self.nodes[0] if len(self.nodes) == 1 and _is_loop(self.nodes[0]) else None


def _is_loop(node: Node | None) -> bool:
    return node is not None and bool(node.op.block)


@dataclass(frozen=True)
class Wire:
    """An arrow; `reads` if a derivative reads a forward value there (dashed)."""

    source: int
    target: int
    reads: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is shown. `note` says what is not."""

    parts: tuple[Figure, ...]
    wires: tuple[Wire, ...]
    name: str = "f"
    title: str = ""
    note: str = ""


def shown_names(graph: Graph, called: Mapping[str, str]) -> dict[Node, str]:
    """What the nodes are called: as in the listing, but inputs and their derivatives as in the user's function."""
    both = {**called, **{f"d_{name}": f"d_{place}" for name, place in called.items()}}
    return {node: both.get(name, name) for node, name in name_nodes(graph).items()}


def make_scene(
    graph: Graph, look: Look, only: Collection[Node] | None = None, names: dict[Node, str] | None = None
) -> Scene:
    """What the picture of `graph` shows.

    Args:
        graph: what is drawn.
        look: how.
        only: restricts the picture to some nodes, whose operands elsewhere become labels.
        names: what the nodes are called, if several pictures are made of one graph.
    """
    cells = make_cells(graph, None, only)
    total = len(cells)
    folded = only is None and (total > LARGE if look.fold is None else look.fold)
    if folded:
        cells = make_cells(graph, find_groups(graph))
    set_rows(cells)
    writer = _Writer(graph, look, names or shown_names(graph, look.called), cells)
    parts = tuple(writer.part(cell) for cell in cells)
    wires = tuple(
        Wire(writer.keys[x], writer.keys[cell], cell.derivative and not x.derivative)
        for cell in cells
        for x in cell.sources
        if writer.is_wire(x, cell)
    )
    note = f"{total} nodes, {len(cells)} shown" if folded and len(cells) < total else ""
    return Scene(parts, wires, graph.name, look.title, note)


class _Writer:
    """Texts of boxes, and which operands come by wire."""

    def __init__(self, graph: Graph, look: Look, names: dict[Node, str], cells: list[Cell]) -> None:
        self.graph = graph
        self.look = look
        self.names = names
        self.keys = {cell: k for k, cell in enumerate(cells)}
        self.cell_of = {node: cell for cell in cells for node in cell.nodes}
        readers: dict[Cell, list[Cell]] = {}
        for cell in cells:
            for x in cell.sources:
                readers.setdefault(x, []).append(cell)
        self.nearest = {
            x: min(found, key=lambda c: abs(c.row - x.row))
            for x, found in readers.items()
            if len(found) > MANY and x.node is not None and is_input(x.node)
        }

    def is_wire(self, source: Cell, reader: Cell) -> bool:
        """Whether an arrow is drawn: not over long distances, and not from an argument that many read."""
        if source not in self.keys or abs(source.row - reader.row) > REACH:
            return False
        return self.nearest.get(source, reader) is reader

    def part(self, cell: Cell) -> Figure:
        lines = self._lines(cell)
        name = next((text for role, text in lines if role == "name"), "")
        anchor = self.keys.get(cell.anchor) if cell.anchor is not None else None
        return Figure(
            self.keys[cell],
            self._kind(cell),
            cell.derivative,
            cell.row,
            name,
            tuple(lines),
            labels=tuple(self.keys[x] for x in cell.sources if x in self.keys and not self.is_wire(x, cell)),
            anchor=anchor,
            whole=cell.whole,
            output=cell.output,
            group=(bool(cell.title) and cell.shows is None) or _is_loop(cell.node),
            marked=any(node in self.look.marked for node in cell.nodes),
            details=tuple(self._details(cell)),
            nodes=cell.nodes,
        )

    def _kind(self, cell: Cell) -> Kind:
        if cell.node is not None and is_input(cell.node):
            return "input"
        if cell.shows is not None and is_text(cell.shows):
            return "constant"
        return "derivative" if cell.derivative else "forward"

    def _lines(self, cell: Cell) -> list[tuple[Role, str]]:
        node = cell.node
        shown = node if node is not None else cell.shows
        lines: list[tuple[Role, str]] = []
        if node is not None and not is_input(node):
            sign = self._formula(cell, node)
            lines += [("sign", sign)] if sign != self.names[node] else []
        if cell.shows is not None:
            lines.append(("sign", f"= {self._text(cell.shows)}"))
        lines.append(("name", shorten(cell.title or (self.names[node] if node is not None else ""), 24)))
        if node is not None and _is_loop(node):
            lines.append(("shape", how_often(node)))
        if node is None and shown is None:
            lines.append(("shape", self._inside(cell)))
        if shown is not None and self.look.shapes:
            lines.append(("shape", repr(shown.aval)))
        if node is not None and self.look.gates and node.op.notation.gate and not cell.derivative:
            lines.append(("gate", node.op.notation.gate))
        if shown is not None and shown in self.look.values:
            lines.append(("gradient" if cell.derivative else "value", shorten(self.look.values[shown], 28)))
        return lines

    def _inside(self, cell: Cell) -> str:
        """What a folded part does: its last line, in terms of what comes from outside."""
        last = [node for node in cell.nodes if node.inputs and not node.aval.parts]
        if not last or cell.derivative:
            return f"{len(cell.nodes)} nodes"
        inside = set(cell.nodes)
        names = {x: name for x, name in self.names.items() if x not in inside or is_input(x)}
        return shorten(infix(last[-1], names, depth=SHOWN), LONGEST)

    def _formula(self, cell: Cell, node: Node) -> str:
        operands: list[str | None] = []
        for x in node.inputs:
            source = self.cell_of.get(x)
            wired = source is not None and self.is_wire(source, cell)
            operands.append(None if wired and node.inputs.count(x) == 1 else self._text(x))
        return formula(node, operands, {x: self._text(x) for x in node.inputs})

    def _text(self, node: Node) -> str:
        return leaf_text(node) if is_text(node) else shorten(self.names[node], 16)

    def _details(self, cell: Cell) -> list[tuple[str, str]]:
        node = cell.node if cell.node is not None else cell.shows
        if node is None:
            inside = [self.names[n] for n in cell.nodes if n in self.graph.names or (is_input(n) and n in self.names)]
            return [("nodes", str(len(cell.nodes)))] + ([("names", ", ".join(inside[:40]))] if inside else [])
        found = []
        if node.inputs and node in self.names:
            found.append(("line", f"{self.names[node]} = {infix(node, self.names, ascii=True)}"))
        found.append(("type", repr(node.aval)))
        if written := self.graph.line_of(node):
            found.append(("written in", written))
        origin = self.graph.notes.origins.get(node) if cell.derivative else None
        if origin is not None:
            found.append(("rule", f"{origin.rule}, at {self.names.get(origin.of) or origin.of.op.name}"))
        if node in self.look.values:
            found.append(("value", self.look.values[node]))
        return found
