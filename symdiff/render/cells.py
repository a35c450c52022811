"""The graph as cells: one per node or per folded group, forward cells and derivative cells, each with its height.

A derivative cell stands at the height of the forward cell that it differentiates. The forward graph runs down; the
steps of a rule climb from the cotangent of a value to those of its operands, and partial sums to the cotangent that
they make. Which way a derivative climbs is said by bands, one for each level of the forward graph, and by offsets
within them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import toposort
from symdiff.render.labels import is_input, is_text
from symdiff.render.rows import Tie, shortest

FLOWING, READING = 2, 1  # how much a row more of an arrow counts, within a side and between the sides
ABREAST, ROWS = 6, 5  # arguments of one box: so many in a row, before there are more rows; so many rows at most


@dataclass(eq=False)
class Cell:
    """What becomes one box.

    Attributes:
        nodes: the nodes in it; none for the terminal of an output that has no box of its own.
        derivative: on which side it stands.
        sources: the cells that it reads, each once, in the order of the operands.
        anchor: for a derivative cell the forward cell that it differentiates.
        whole: whether it is the whole cotangent of `anchor`, and not a step on the way.
        title: what a group or a terminal is called.
        shows: the node whose value a terminal repeats.
        row: its height, counted from the top.
        drawn: whether the outputs need it.
        output: whether it is returned.
    """

    nodes: tuple[Node, ...]
    derivative: bool = False
    sources: list[Cell] = field(default_factory=list)
    anchor: Cell | None = None
    whole: bool = False
    title: str = ""
    shows: Node | None = None
    band: int = 0
    offset: int = 0
    row: int = 0
    drawn: bool = True
    output: bool = False

    @property
    def node(self) -> Node | None:
        """The node, if it is only one."""
        return self.nodes[0] if len(self.nodes) == 1 and not self.title else None


@dataclass(frozen=True)
class Groups:
    """Which forward nodes fold together, and what the groups are called."""

    of: Mapping[Node, int] = field(default_factory=dict)
    titles: tuple[str, ...] = ()


def make_cells(graph: Graph, groups: Groups | None = None, only: Collection[Node] | None = None) -> list[Cell]:
    """The cells of `graph`, sources before readers; `set_rows` says how high they stand.

    Args:
        graph: what is drawn.
        groups: how forward nodes fold; the derivative nodes of a group fold with it.
        only: leaves out all other nodes, and the terminals.
    """
    inside = None if only is None else set(only)
    roots = toposort(graph.forward or graph.outputs)
    forward = [n for n in dict.fromkeys([*graph.inputs, *roots]) if _has_cell(n, inside) and not _arrives(n, graph)]
    needed = graph.order
    known = set(forward)
    beside = [n for n in needed if n not in known and _has_cell(n, inside) and is_input(n) and not _arrives(n, graph)]
    forward = [*beside, *forward]
    known.update(beside)
    derivative = [n for n in needed if n not in known and _has_cell(n, inside)]

    cell_of: dict[Node, Cell] = {}
    cells = _forward_cells(forward, groups, cell_of)
    bands = _set_bands(cells)
    backward = _derivative_cells(graph, derivative, cell_of, fold=groups is not None)
    drawn = {*needed, *graph.inputs}
    for cell in cells:
        cell.drawn = any(node in drawn for node in cell.nodes)
    cells += backward
    if only is None:
        cells += _terminals(graph, cell_of, bands)
    _set_offsets([c for c in cells if c.derivative])
    return [c for c in cells if c.drawn]


def _arrives(node: Node, graph: Graph) -> bool:
    """Whether a node is an argument that is a derivative, of a value that it stands beside."""
    return is_input(node) and node in graph.notes.origins


def _has_cell(node: Node, inside: Collection[Node] | None) -> bool:
    return not is_text(node) and (inside is None or node in inside)


def _forward_cells(nodes: list[Node], groups: Groups | None, cell_of: dict[Node, Cell]) -> list[Cell]:
    """Cells in an order in which sources come before readers; groups are stretches of such an order."""
    members: dict[object, list[Node]] = {}
    for node in nodes:
        group = groups.of.get(node) if groups else None
        members.setdefault(node if group is None else group, []).append(node)
    position = {node: k for k, node in enumerate(nodes)}
    ordered = sorted(members.items(), key=lambda item: (not is_input(item[1][-1]), position[item[1][-1]]))
    cells = []
    for key, inside in ordered:
        title = groups.titles[key] if groups and isinstance(key, int) and len(inside) > 1 else ""
        cell = Cell(tuple(inside), title=title)
        cells.append(cell)
        cell_of.update(dict.fromkeys(inside, cell))
    _connect(cells, cell_of)
    return cells


def _connect(cells: Iterable[Cell], cell_of: Mapping[Node, Cell]) -> None:
    for cell in cells:
        found = dict.fromkeys(cell_of[x] for node in cell.nodes for x in node.inputs if x in cell_of)
        found.pop(cell, None)
        cell.sources = list(found)


def _set_bands(cells: list[Cell]) -> int:
    """As far down as the readers allow: a value stands close to where it is read. Returns the number of bands."""
    below: dict[Cell, int] = {}
    for cell in reversed(cells):
        mine = below.setdefault(cell, 0)
        for x in cell.sources:
            below[x] = max(below.get(x, 0), mine + 1)
    depth = max(below.values(), default=0)
    readers = {x for cell in cells for x in cell.sources}
    for cell in cells:
        alone = not cell.sources and cell not in readers  # an argument that the value does not use
        cell.band = 0 if alone else depth - below[cell]
    return depth + 1


def _derivative_cells(graph: Graph, nodes: list[Node], cell_of: dict[Node, Cell], fold: bool) -> list[Cell]:
    anchors = _anchors(graph, nodes, cell_of)
    members: dict[object, list[Node]] = {}
    for node in nodes:
        members.setdefault(anchors[node][0] if fold else node, []).append(node)
    cells = []
    for inside in members.values():
        anchor, whole = anchors[inside[-1]]
        grouped = fold and (len(inside) > 1)
        cell = Cell(tuple(inside), True, anchor=anchor, whole=whole or grouped)
        if grouped:
            cell.title = f"d {anchor.title}" if anchor and anchor.title else "derivative"
        cell.band = anchor.band if anchor else 0
        cells.append(cell)
    cell_of.update({node: cell for cell in cells for node in cell.nodes})
    _connect(cells, cell_of)
    for cell in cells:  # a cotangent on the way to the one in full shape is a step
        for x in cell.sources:
            if x.derivative and x.whole and cell.whole and x.anchor is cell.anchor:
                x.whole = False
    return cells


def _anchors(graph: Graph, nodes: list[Node], cell_of: Mapping[Node, Cell]) -> dict[Node, tuple[Cell | None, bool]]:
    """What each derivative node differentiates, and whether it is the whole cotangent.

    Where rewriting left no record: a node that reads a forward value belongs to it, another one to what it continues;
    but not above its readers.
    """
    found: dict[Node, tuple[Cell | None, bool]] = {}
    lowest: dict[Node, Cell] = {}  # among the anchors of a node's readers
    for node in nodes:
        of, origin = graph.notes.cotangents.get(node), graph.notes.origins.get(node)
        if of is not None and of in cell_of:
            found[node] = (cell_of[of], True)
        elif origin is not None and origin.of in cell_of:
            found[node] = (cell_of[origin.of], False)
        anchor = found[node][0] if node in found else None
        if anchor is not None:
            for x in node.inputs:
                lowest[x] = max(lowest.get(x, anchor), anchor, key=_band)
    for node in nodes:
        if node not in found:
            read = [cell_of[x] for x in node.inputs if x in cell_of and not is_input(x)]
            continued = [found[x][0] for x in node.inputs if x in found]
            guess = max(read, key=_band) if read else min(continued, key=_band, default=None)
            found[node] = (max(guess, lowest.get(node), key=_band), False)
    return _beside_readers(nodes, found)


def _beside_readers(
    nodes: list[Node], found: dict[Node, tuple[Cell | None, bool]]
) -> dict[Node, tuple[Cell | None, bool]]:
    """What differentiates nothing and reads arguments alone belongs to the first that reads it."""
    lonely = {node for node, (anchor, _) in found.items() if anchor is None}
    for node in reversed(nodes):
        for x in lonely.intersection(node.inputs):
            found[x] = (max(found[x][0], found[node][0], key=_band), False)
    return found


def _band(cell: Cell | None) -> int:
    return -1 if cell is None else cell.band


def _terminals(graph: Graph, cell_of: Mapping[Node, Cell], bands: int) -> list[Cell]:
    """Cells for outputs that are no derivative node at the right height: an input, a constant, one node twice."""
    cells = []
    first = len(graph.outputs) - len(graph.notes.wrt)
    for k, node in enumerate(graph.outputs):
        target = graph.notes.wrt[k - first] if k >= first else None
        cell = cell_of.get(node)
        if cell is not None and (target is None or (cell.derivative and cell.anchor is cell_of.get(target))):
            cell.output = True
            continue
        anchor = cell_of.get(target) if target is not None else None
        terminal = Cell((), True, [cell] if cell else [], anchor, anchor is not None, shows=node, output=True)
        terminal.title = f"d_{target.name}" if target is not None else graph.name
        terminal.band = anchor.band if anchor else bands - 1
        cells.append(terminal)
    return cells


def _set_offsets(cells: list[Cell]) -> None:
    """Rows within a band: 0 for whole cotangents, above them the steps of the rule, below them partial sums."""
    inside = {cell: [x for x in cell.sources if x.derivative and x.band == cell.band] for cell in cells}
    for cell in reversed(cells):  # below: what a whole cotangent of the same band is made of
        if cell.whole or cell.offset > 0:
            for x in inside[cell]:
                if not x.whole:
                    x.offset = max(x.offset, cell.offset + 1)
    for cell in cells:
        if not cell.whole and cell.offset <= 0:
            cell.offset = min([x.offset for x in inside[cell] if x.offset <= 0], default=0) - 1


def set_rows(cells: list[Cell]) -> None:
    """Rows without a gap that nothing asks for: arrows as short as the order of bands and offsets allows."""
    item = {cell: k for k, cell in enumerate(cells)}
    item |= {cell: item[cell.anchor] for cell in cells if cell.whole and cell.anchor in item}  # beside its value
    ties: list[Tie] = []
    count = len(cells)
    readers = Counter(source for cell in cells if not cell.derivative for source in cell.sources)
    for reader in cells:
        above = _distances(reader, readers)
        for source in reader.sources:
            a, b = item[source], item[reader]
            if reader.derivative and not source.derivative:  # level, if that makes nothing else longer
                ties += [Tie(count, a, 0, READING), Tie(count, b, 0, READING)]
                count += 1
            elif not reader.derivative:
                ties.append(Tie(a, b, above.get(source, 1), FLOWING))
            elif climbs(source, reader):
                ties.append(Tie(b, a, 1, FLOWING))
    rows = shortest(count, ties)
    used = {row: k for k, row in enumerate(sorted({rows[item[cell]] for cell in cells}))}
    for cell in cells:
        cell.row = used[rows[item[cell]]]


def _distances(reader: Cell, readers: Counter[Cell]) -> dict[Cell, int]:
    """How far above a box its own arguments stand: where they are many, in several rows, and not in a wide one."""
    own = [x for x in reader.sources if not x.sources and not x.derivative and readers[x] == 1]
    abreast = max(ABREAST, -(-len(own) // ROWS))
    return {x: 1 + k // abreast for k, x in enumerate(own)}


def climbs(source: Cell, reader: Cell) -> bool:
    """Whether a derivative that reads another one stands above it."""
    return (source.band, source.offset) > (reader.band, reader.offset)
