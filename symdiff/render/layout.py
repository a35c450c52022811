"""The mirror: a scene with coordinates. The forward graph runs down on the left, the derivative climbs up on the right.

Nothing here knows a text format. Boxes do not overlap, because rows and lanes keep them apart; wires do not run through
boxes, because within a row they keep to a straight corridor, and bend only between rows or in the gutter between the
two lanes, where no box stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from symdiff.render.fonts import text_width
from symdiff.render.lanes import Lane
from symdiff.render.scene import Figure, Scene, Wire

SIZE = {"sign": 14.0, "name": 11.0, "shape": 10.0, "gate": 10.0, "value": 11.0, "gradient": 11.0}
LEADING = {"sign": 18.0, "name": 14.0, "shape": 13.0, "gate": 13.0, "value": 14.0, "gradient": 14.0}
PADDING = {"input": 14.0, "constant": 10.0, "forward": 10.0, "derivative": 12.0}
NARROWEST = 40.0
CHANNEL = 30.0  # between rows
TRACK = 6.0  # between parallel wires
GUTTER = 72.0  # between the lanes
MARGIN = 24.0

Point = tuple[float, float]
Piece = tuple[Point, ...]  # two points: a line; four: a cubic


@dataclass
class Box:
    """A part with a place: its upper left corner and its size."""

    part: Figure
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass
class Edge:
    """A wire as lines and cubics, from its source to its tip."""

    wire: Wire
    pieces: list[Piece]


@dataclass
class Picture:
    """Boxes and edges with coordinates."""

    scene: Scene
    boxes: list[Box]
    edges: list[Edge]
    width: float = 0.0
    height: float = 0.0
    tops: list[float] = field(default_factory=list)


def layout(scene: Scene) -> Picture:
    """Coordinates for everything in `scene`, from (0, 0) down and to the right."""
    boxes = [_measure(part) for part in scene.parts]
    rows = 1 + max((part.row for part in scene.parts), default=0)
    lanes = [Lane([[] for _ in range(rows)]), Lane([[] for _ in range(rows)])]
    items = [lanes[part.derivative].add(part.row, box.width) for part, box in zip(scene.parts, boxes, strict=True)]
    chains = [_chain(wire, scene, lanes, items) for wire in scene.wires]
    for lane in lanes:
        lane.settle()
    picture = Picture(scene, boxes, [])
    _set_x(picture, lanes, items)
    router = _Router(picture, lanes, items, chains)
    router.set_y(rows)
    picture.edges = [router.edge(k) for k in range(len(scene.wires))]
    return picture


def _measure(part: Figure) -> Box:
    widths = [text_width(text, SIZE[role], bold=role == "sign" or k == 0) for k, (role, text) in enumerate(part.lines)]
    width = max([NARROWEST, *(w + 2 * PADDING[part.kind] for w in widths)])
    return Box(part, round(width), sum(LEADING[role] for role, _ in part.lines) + 10)


def _chain(wire: Wire, scene: Scene, lanes: list[Lane], items: list[int]) -> list[int]:
    """The places where a wire passes through the rows between its ends, in its own lane."""
    a, b = scene.parts[wire.source], scene.parts[wire.target]
    if a.derivative != b.derivative:
        return []
    lane = lanes[a.derivative]
    step = 1 if a.row < b.row else -1
    passes = [lane.add(row, 0.0) for row in range(a.row + step, b.row, step)] if a.row != b.row else []
    path = [items[wire.source], *passes, items[wire.target]]
    if a.row != b.row:
        for p, q in pairwise(path):
            lane.join(p, q)
    return passes


def _set_x(picture: Picture, lanes: list[Lane], items: list[int]) -> None:
    (left, middle), (begin, end) = (lane.extent() for lane in lanes)
    mirrored = any(part.derivative for part in picture.scene.parts)
    crossing = sum(wire.reads for wire in picture.scene.wires)
    gutter = GUTTER + min(crossing * 3.0, 60.0) if mirrored else 0.0
    shifts = (MARGIN - left, MARGIN - left + middle + gutter - begin)
    for lane, shift in zip(lanes, shifts, strict=True):
        lane.x = [round(x + shift, 1) for x in lane.x]
    for box, item in zip(picture.boxes, items, strict=True):
        box.x = round(lanes[box.part.derivative].x[item] - box.width / 2, 1)
    picture.width = round(2 * MARGIN + middle - left + (gutter + end - begin if mirrored else 0.0))


class _Router:
    """Where wires run, once the boxes have their x."""

    def __init__(self, picture: Picture, lanes: list[Lane], items: list[int], chains: list[list[int]]) -> None:
        self.picture = picture
        self.boxes = picture.boxes
        self.wires = picture.scene.wires
        self.lanes = lanes
        self.chains = chains
        forward = [box for box in self.boxes if not box.part.derivative]
        derivative = [box for box in self.boxes if box.part.derivative]
        self.gutter = (
            max((box.x + box.width for box in forward), default=0.0) + 8,
            min((box.x for box in derivative), default=0.0) - 8,
        )
        self.right: dict[int, float] = {}  # where the forward boxes of a row end
        self.left: dict[int, float] = {}  # where its derivative boxes begin
        for box in forward:
            self.right[box.part.row] = max(self.right.get(box.part.row, 0.0), box.x)
        for box in derivative:
            self.left[box.part.row] = min(self.left.get(box.part.row, box.x), box.x)
        self.runs = self._runs()
        self.ports = self._ports()

    # -------------------------------------------------------------------------------------------------------- heights

    def set_y(self, rows: int) -> None:
        """Rows as high as their highest box, channels as high as what runs there needs."""
        heights = [0.0] * rows
        for box in self.boxes:
            heights[box.part.row] = max(heights[box.part.row], box.height)
        spread = [0.0] * rows
        for k, wire in enumerate(self.wires):
            if not wire.reads:
                for row, x1, x2 in self._hops(k):
                    spread[row] = max(spread[row], abs(x1 - x2))
        y, tops = MARGIN, []
        for row in range(rows):
            tops.append(y)
            tracks = len(self.runs.get(row, ()))
            y += round(heights[row] + CHANNEL + min(spread[row] * 0.05, 26.0) + TRACK * max(tracks - 1, 0))
        self.tops, self.heights = tops, heights
        self.ends = [*tops[1:], y]  # where the channel below each row ends
        for box in self.boxes:
            box.y = round(tops[box.part.row] + (heights[box.part.row] - box.height) / 2, 1)
        self.picture.height = round(tops[-1] + heights[-1] + MARGIN + (CHANNEL if self.runs.get(rows - 1) else 0.0))
        self.picture.tops = tops

    def _hops(self, k: int) -> list[tuple[int, float, float]]:
        """(row above the channel, x, x) for each channel that a wire of one lane passes."""
        wire = self.wires[k]
        a, b = self.boxes[wire.source], self.boxes[wire.target]
        xs = [a.centre[0], *(self.lanes[a.part.derivative].x[i] for i in self.chains[k]), b.centre[0]]
        step = 1 if a.part.row < b.part.row else -1
        rows = range(a.part.row if step > 0 else a.part.row - 1, b.part.row if step > 0 else b.part.row - 1, step)
        return list(zip(rows, xs, xs[1:], strict=False))

    # ----------------------------------------------------------------------------------------------- channels, ports

    def _leaves_sideways(self, wire: Wire) -> bool:
        box = self.boxes[wire.source]
        return box.x >= self.right[box.part.row]

    def _arrives_sideways(self, wire: Wire) -> bool:
        box = self.boxes[wire.target]
        return box.x <= self.left[box.part.row]

    def _runs(self) -> dict[int, dict[tuple[str, int], int]]:
        """For each channel, the tracks of dashed wires that leave or reach a box behind other boxes; one per box."""
        runs: dict[int, dict[tuple[str, int], int]] = {}
        for wire in self.wires:
            if wire.reads:
                if not self._leaves_sideways(wire):
                    run = runs.setdefault(self.boxes[wire.source].part.row, {})
                    run.setdefault(("from", wire.source), len(run))
                if not self._arrives_sideways(wire):
                    run = runs.setdefault(self.boxes[wire.target].part.row, {})
                    run.setdefault(("to", wire.target), len(run))
        return runs

    def _ports(self) -> dict[tuple[int, int], float]:
        """Where on its target's edge a wire ends: offsets along the edge, in the order in which wires arrive."""
        arriving: dict[tuple[int, str], list[tuple[float, int]]] = {}
        for k, wire in enumerate(self.wires):
            source, target = self.boxes[wire.source], self.boxes[wire.target]
            if wire.reads and self._arrives_sideways(wire):
                arriving.setdefault((wire.target, "left"), []).append((float(source.part.row), k))
                continue
            if wire.reads:
                arriving.setdefault((wire.target, "bottom"), []).append((self.gutter[1], k))
                continue
            hops = self._hops(k)
            x = hops[-1][1] if hops else source.centre[0]
            side = "top" if source.part.row <= target.part.row else "bottom"
            arriving.setdefault((wire.target, side), []).append((x, k))
        ports: dict[tuple[int, int], float] = {}
        for (reader, side), found in arriving.items():
            box = self.boxes[reader]
            room = (box.height if side == "left" else box.width) - 24
            pitch = min(9.0 if side == "left" else 16.0, room / len(found))
            for place, (_, k) in enumerate(sorted(found)):
                ports[reader, k] = round((place - (len(found) - 1) / 2) * pitch, 1)
        return ports

    def _track(self, row: int, key: tuple[str, int]) -> float:
        """The height of a track in the channel below a row."""
        run = self.runs[row]
        top = self.tops[row] + self.heights[row]
        bottom = self.ends[row]
        return round((top + bottom) / 2 + (run[key] - (len(run) - 1) / 2) * TRACK, 1)

    # ---------------------------------------------------------------------------------------------------------- edges

    def edge(self, k: int) -> Edge:
        wire = self.wires[k]
        if wire.reads:
            return Edge(wire, self._reading(k, wire))
        if self.boxes[wire.source].part.row == self.boxes[wire.target].part.row:
            return Edge(wire, self._arch(k, wire))
        return Edge(wire, self._flowing(k, wire))

    def _flowing(self, k: int, wire: Wire) -> list[Piece]:
        """Within a lane: straight through rows, a bend in each channel."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        down = source.part.row < target.part.row
        x = source.centre[0]
        at = (x, source.y + source.height if down else source.y)
        pieces: list[Piece] = []
        stops = [(item, self.lanes[source.part.derivative].x[item]) for item in self.chains[k]]
        rows = range(source.part.row, target.part.row, 1 if down else -1)
        for row, (_, x2) in zip(rows, [*stops, (-1, target.centre[0] + self.ports[wire.target, k])], strict=True):
            begin = self.tops[row] + self.heights[row] if down else self.tops[row]
            end = self.ends[row] if down else self.tops[row - 1] + self.heights[row - 1]
            pieces.append((at, (at[0], begin)))
            pieces.append(_bend((at[0], begin), (x2, end)))
            at = (x2, end)
        pieces.append((at, (at[0], target.y if down else target.y + target.height)))
        return _tidy(pieces)

    def _arch(self, k: int, wire: Wire) -> list[Piece]:
        """Between boxes of one row: through the channel above."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        x1, x2 = source.centre[0], target.centre[0] + self.ports[wire.target, k]
        row = self.tops[source.part.row]
        high = row - CHANNEL / 2 + 4
        middle = (x1 + x2) / 2
        bend1 = ((x1, row), (x1, high), (x1, high), (middle, high))
        bend2 = ((middle, high), (x2, high), (x2, high), (x2, row))
        return _tidy([((x1, source.y), (x1, row)), bend1, bend2, ((x2, row), (x2, target.y))])

    def _reading(self, k: int, wire: Wire) -> list[Piece]:
        """From lane to lane: out sideways or by the channel below, through the gutter, and in likewise."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        left, right = self.gutter
        pieces: list[Piece] = []
        if self._leaves_sideways(wire):
            start = (left, source.centre[1])
            pieces.append(((source.x + source.width, source.centre[1]), start))
        else:
            start = (left, self._track(source.part.row, ("from", wire.source)))
            foot = (round(source.centre[0] + min(10.0, source.width / 4), 1), source.y + source.height)
            pieces += self._turn(foot, source.part.row, start)
        port = self.ports[wire.target, k]
        if self._arrives_sideways(wire):
            end = (right, round(target.centre[1] + port, 1))
            last: list[Piece] = [(end, (target.x, end[1]))]
        else:
            end = (right, self._track(target.part.row, ("to", wire.target)))
            foot = (round(target.centre[0] + port, 1), target.y + target.height)
            last = [tuple(reversed(piece)) for piece in reversed(self._turn(foot, target.part.row, end))]
        middle = (left + right) / 2
        gutter = (start, (middle, start[1]), (middle, end[1]), end)
        return _tidy([*pieces, gutter if start[1] != end[1] else (start, end), *last])

    def _turn(self, foot: Point, row: int, to: Point) -> list[Piece]:
        """From the lower edge of a box down into the channel, and along it."""
        bottom = self.tops[row] + self.heights[row]
        reach = min(abs(to[0] - foot[0]), 18.0) * (1 if to[0] > foot[0] else -1)
        turned = (round(foot[0] + reach, 1), to[1])
        corner = (foot[0], to[1])
        return [(foot, (foot[0], bottom)), ((foot[0], bottom), corner, corner, turned), (turned, to)]


def _bend(a: Point, b: Point) -> Piece:
    if abs(a[0] - b[0]) < 0.5:
        return (a, b)
    middle = round((a[1] + b[1]) / 2, 1)
    return (a, (a[0], middle), (b[0], middle), b)


def _tidy(pieces: list[Piece]) -> list[Piece]:
    """Without lines of no length."""
    return [piece for piece in pieces if len(piece) > 2 or piece[0] != piece[-1]]
