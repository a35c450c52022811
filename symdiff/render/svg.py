"""SVG that works alone: no script, no network, light and dark, nothing that clashes with a second picture on a page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from symdiff.graph.graph import Graph
from symdiff.render.fonts import FAMILY, text_width
from symdiff.render.layout import LEADING, MARGIN, SIZE, Box, Edge, Picture, Piece, Point, layout
from symdiff.render.opened import how_often, loop_title, steps_in
from symdiff.render.palette import STYLE, style_sheet
from symdiff.render.scene import Look, make_scene

HEAD = 30.0  # height of a heading
FOOT = 34.0  # height of the legend
TIP = 6.0  # length of an arrow head
CUT = 8.0  # corner of a derivative's outline

Panel = tuple[str, Picture]  # with its heading
LEGEND = {"input": "input", "constant": "constant", "forward": "forward", "derivative": "derivative"}


def to_svg(graph: Graph, look: Look | None = None) -> str:
    """The picture of `graph` as an SVG document.

    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> to_svg(parse("x * x").build({"x": Aval("float64")})).startswith("<svg")
    True
    """
    look = look or Look()
    return draw_svg(layout(make_scene(graph, look)), look, steps=step_pictures(graph, look))


def step_pictures(graph: Graph, look: Look) -> list[Panel]:
    """A step of each loop, with a heading, to be drawn below the picture."""
    return [
        (f"{loop_title(node)}: a step ({how_often(node)})", layout(make_scene(step, look)))
        for node, step in steps_in(graph)
    ]


def draw_svg(picture: Picture, look: Look, hooks: bool = False, steps: Sequence[Panel] = ()) -> str:
    """`picture` as SVG; `hooks` adds the numbers by which a page finds boxes and wires; `steps` stand below it."""
    palette = style_sheet(look.theme)
    body = _body(picture, look, hooks, steps)
    prefix = "sd-" + hashlib.sha256((palette + body).encode()).hexdigest()[:10]
    width, height = _size(picture, look, steps)
    styles = "" if hooks else f"<style>{palette.replace(STYLE, '#' + prefix)}</style>\n"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{prefix}" class="symdiff" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img" aria-labelledby="{prefix}-t {prefix}-d" '
        f'font-family="{FAMILY}">\n'
        f'<title id="{prefix}-t">{xml_text(look.title or f"Computation graph of {picture.scene.name}")}</title>\n'
        f'<desc id="{prefix}-d">{xml_text(describe(picture))}</desc>\n{styles}'
        f'<rect class="paper" width="{_n(width)}" height="{_n(height)}" rx="6"/>\n{body}</svg>\n'
    )


def describe(picture: Picture) -> str:
    """The picture in a sentence, for those who do not see it."""
    counts = {kind: sum(part.kind == kind for part in picture.scene.parts) for kind in LEGEND}
    shown = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    outputs = ", ".join(part.name for part in picture.scene.parts if part.output)
    note = f" {picture.scene.note}." if picture.scene.note else ""
    return f"Boxes: {shown}. Arrows: {len(picture.edges)}. Outputs: {outputs}.{note}"


def _size(picture: Picture, look: Look, steps: Sequence[Panel]) -> tuple[float, float]:
    width = max(
        [picture.width, *(max(step.width, text_width(title, 15, bold=True) + 2 * MARGIN) for title, step in steps)]
    )
    if look.title or picture.scene.note:
        width = max(width, text_width(look.title, 15, bold=True) + text_width(picture.scene.note, 11) + 2 * MARGIN + 24)
    if look.legend:
        width = max(width, sum(w for *_, w in _legend_entries([picture, *(step for _, step in steps)])) + 2 * MARGIN)
    below = sum(HEAD + step.height for _, step in steps)
    return width, picture.height + below + _head(picture, look) + (FOOT if look.legend else 0.0)


def _head(picture: Picture, look: Look) -> float:
    return HEAD if look.title or picture.scene.note else 0.0


def _body(picture: Picture, look: Look, hooks: bool, steps: Sequence[Panel]) -> str:
    width, height = _size(picture, look, steps)
    out = []
    if look.title:
        out.append(f'<text class="title" x="{_n(MARGIN)}" y="30">{xml_text(look.title)}</text>')
    if picture.scene.note:
        out.append(f'<text class="note" x="{_n(width - MARGIN)}" y="30">{xml_text(picture.scene.note)}</text>')
    y = _head(picture, look)
    out += _panel(picture, width, y, hooks)
    y += picture.height
    for title, step in steps:
        out.append(f'<text class="title" x="{_n(MARGIN)}" y="{_n(y + 22)}">{xml_text(title)}</text>')
        out += _panel(step, width, y + HEAD, hooks)
        y += HEAD + step.height
    if look.legend:
        out.append(_legend([picture, *(step for _, step in steps)], width, height))
    return "\n".join(out) + "\n"


def _panel(picture: Picture, width: float, y: float, hooks: bool) -> list[str]:
    """Boxes and wires, in the middle of the width."""
    left = round((width - picture.width) / 2, 1)
    edges = [_edge(edge, picture, hooks) for edge in picture.edges]
    boxes = [_box(box, hooks) for box in picture.boxes]
    return [f'<g transform="translate({_n(left)} {_n(y)})">', *edges, *boxes, "</g>"]


# --------------------------------------------------------------------------------------------------------------- boxes


def _box(box: Box, hooks: bool) -> str:
    part = box.part
    classes = f"box {part.kind}" + " output" * part.output + " group" * part.group + " marked" * part.marked
    said = xml_text(" ".join(text for _, text in part.lines))
    hook = f' data-k="{part.key}" tabindex="-1" role="button" aria-label="{said}"' if hooks else ""
    told = "; ".join(f"{heading}: {text}" for heading, text in part.details)
    lines = [f'<g class="{classes}"{hook}>', "" if hooks else f"<title>{xml_text(told or part.name)}</title>"]
    if part.group:
        lines.append(_outline(box, shift=4))
    if part.marked:
        lines.append(_outline(box, grow=4, extra=' class="halo"'))
    lines.append(_outline(box))
    if part.output:
        lines.append(_outline(box, grow=-3, extra=' class="inner"'))
    y = box.y + 5
    for k, (role, text) in enumerate(part.lines):
        y += LEADING[role]
        base = y - LEADING[role] / 2 + SIZE[role] * 0.36
        style = f"{role} first" if k == 0 and role == "name" else role
        lines.append(f'<text class="{style}" x="{_n(box.centre[0])}" y="{_n(base)}">{xml_text(text)}</text>')
    return "".join([*lines, "</g>"])


def _outline(box: Box, grow: float = 0.0, shift: float = 0.0, extra: str = "") -> str:
    """The outline that tells the kind: round ends, square corners, cut corners, or none but a dashed line."""
    x, y = box.x - grow + shift, box.y - grow + shift
    w, h = box.width + 2 * grow, box.height + 2 * grow
    if box.part.kind == "derivative":
        c = CUT + grow * 0.4
        corners = [(x + c, y), (x + w - c, y), (x + w, y + c), (x + w, y + h - c)]
        corners += [(x + w - c, y + h), (x + c, y + h), (x, y + h - c), (x, y + c)]
        return f'<path{extra} d="M{" ".join(f"{_n(a)} {_n(b)}" for a, b in corners)}z"/>'
    radius = {"input": h / 2, "forward": 3.0, "constant": 0.0}[box.part.kind]
    return f'<rect{extra} x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}"/>'


# --------------------------------------------------------------------------------------------------------------- wires


def _edge(edge: Edge, picture: Picture, hooks: bool) -> str:
    kind = "reads" if edge.wire.reads else "back" if picture.scene.parts[edge.wire.source].derivative else "flow"
    hook = f' data-s="{edge.wire.source}" data-t="{edge.wire.target}"' if hooks else ""
    pieces, head = _with_head(edge.pieces)
    return f'<g class="wire {kind}"{hook}><path d="{path_data(pieces)}"/><path class="tip" d="{head}"/></g>'


def _with_head(pieces: list[Piece]) -> tuple[list[Piece], str]:
    """The wire, shortened by its arrow head, and the head. Wires end with a straight line or a level tangent."""
    last = pieces[-1]
    (x, y), before = last[-1], last[-2]
    dx, dy = (0.0, _sign(y - before[1])) if abs(y - before[1]) > abs(x - before[0]) else (_sign(x - before[0]), 0.0)
    bx, by = x - dx * TIP, y - dy * TIP
    px, py = dy * 3.2, dx * 3.2
    head = f"M{_n(x)} {_n(y)}L{_n(bx - px)} {_n(by - py)} {_n(bx + px)} {_n(by + py)}z"
    cut: Point = (x - dx * (TIP - 1), y - dy * (TIP - 1))
    return [*pieces[:-1], (*last[:-1], cut)], head


def path_data(pieces: Iterable[Piece]) -> str:
    """The ``d`` of a path."""
    out: list[str] = []
    at: Point | None = None
    for piece in pieces:
        if piece[0] != at:
            out.append(f"M{_pair(piece[0])}")
        out.append(("L" if len(piece) == 2 else "C") + " ".join(_pair(p) for p in piece[1:]))
        at = piece[-1]
    return "".join(out)


def _sign(value: float) -> float:
    return 1.0 if value >= 0 else -1.0


def _pair(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


# -------------------------------------------------------------------------------------------------------------- legend


def _legend_entries(pictures: Sequence[Picture]) -> list[tuple[str, str, float]]:
    """(class, text, width) of what occurs."""
    parts = [part for picture in pictures for part in picture.scene.parts]
    kinds = {part.kind for part in parts}
    entries = [(f"box {kind}", word) for kind, word in LEGEND.items() if kind in kinds]
    entries += [("box forward output", "output")] if any(part.output for part in parts) else []
    reads = any(edge.wire.reads for picture in pictures for edge in picture.edges)
    entries += [("wire reads", "reads a forward value")] if reads else []
    return [(kind, word, 30 + text_width(word, 10) + 14) for kind, word in entries]


def _legend(pictures: Sequence[Picture], width: float, height: float) -> str:
    entries = _legend_entries(pictures)
    x = (width - sum(w for *_, w in entries)) / 2
    y = height - 22
    out = ['<g class="legend">']
    for kind, word, wide in entries:
        if kind == "wire reads":
            mark = f'<g class="{kind}"><path d="M{_n(x)} {_n(y)}h22"/></g>'
        else:
            mark = f'<g class="{kind}">{_sample(kind, x, y)}</g>'
        out.append(f'{mark}<text class="key" x="{_n(x + 28)}" y="{_n(y + 3.6)}">{word}</text>')
        x += wide
    return "".join([*out, "</g>"])


def _sample(kind: str, x: float, y: float) -> str:
    y -= 6
    if "derivative" in kind:
        return f'<path d="M{_n(x + 4)} {_n(y)}h14l4 4v4l-4 4h-14l-4 -4v-4z"/>'  # the outline of a derivative, small
    inner = f'<rect class="inner" x="{_n(x + 2)}" y="{_n(y + 2)}" width="18" height="8"/>' if "output" in kind else ""
    radius = 6 if "input" in kind else 2 if "forward" in kind else 0
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="22" height="12" rx="{radius}"/>{inner}'


# ---------------------------------------------------------------------------------------------------------------- text


def xml_text(text: str) -> str:
    """`text` escaped, in ASCII, without the characters that XML does not have."""
    kept = "".join(
        c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    return escape(kept, quote=True).encode("ascii", "xmlcharrefreplace").decode()


def _n(value: float) -> str:
    """A coordinate: one digit behind the point is as fine as any screen."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"
