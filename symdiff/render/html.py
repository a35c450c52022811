"""One page without network: the picture, the insides of its groups, and a script that moves, searches and tells."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.render.layout import Picture, layout
from symdiff.render.page import PAGE
from symdiff.render.palette import STYLE, page_colours, style_sheet
from symdiff.render.scene import Figure, Listed, Look, Scene, make_scene
from symdiff.render.svg import draw_svg, xml_text


def to_html(graph: Graph, look: Look | None = None) -> str:
    """The picture of `graph` as a page. A group opens into a picture of its own, with its derivative beside it."""
    look = look or Look()
    plain = replace(look, legend=False, title="")
    listed = Listed.of(graph)
    scene = make_scene(graph, look, listed=listed)
    insides = _insides(scene)
    views = [_view(layout(scene), look, insides)]
    for title, nodes in dict.fromkeys(insides.values()):
        views.append(_view(layout(make_scene(graph, plain, nodes, listed)), plain, {}, title))
    drawings = "\n".join(
        f'<section class="view" data-view="{k}"{" hidden" * (k > 0)}>{view.pop("svg")}</section>'
        for k, view in enumerate(views)
    )
    heading = look.title or f"Computation graph of {graph.name}"
    filled = {
        "TITLE": xml_text(heading),
        "COLOURS": page_colours(look.theme),
        "STYLE": style_sheet(look.theme).replace(STYLE, "svg.symdiff"),
        "NOTE": xml_text(scene.note or f"{len(scene.parts)} nodes"),
        "DATA": in_script(views),
        "VIEWS": drawings,
    }
    return re.sub(r"@([A-Z]+)@", lambda mark: filled[mark[1]], PAGE)  # one pass: what users wrote is not searched


def in_script(data: Any) -> str:
    """`data` as JSON that may stand inside a script element: no character of it can end the element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


Inside = tuple[str, frozenset[Node]]


def _insides(scene: Scene) -> dict[int, Inside]:
    """For each folded part what opens: the nodes of the group and of its derivative, whichever of both was chosen."""
    inside: dict[int, list[Figure]] = {}
    for part in scene.parts:
        if part.group or (part.anchor is not None and scene.parts[part.anchor].group):
            head = part.anchor if part.derivative and part.anchor is not None else part.key
            inside.setdefault(head, []).append(part)
    found: dict[int, Inside] = {}
    for head, parts in inside.items():
        made = (scene.parts[head].name, frozenset(node for part in parts for node in part.nodes))
        found.update({part.key: made for part in (*parts, scene.parts[head])})
    return found


def _view(picture: Picture, look: Look, insides: dict[int, Inside], title: str = "") -> dict[str, Any]:
    opens = {inside: k for k, inside in enumerate(dict.fromkeys(insides.values()), 1)}
    parts = [
        {
            "name": part.name,
            "text": " ".join(text for _, text in part.lines),
            "reads": part.labels,
            "told": part.details,
            "opens": opens[insides[part.key]] if part.key in insides else 0,
        }
        for part in picture.scene.parts
    ]
    wires = [(wire.source, wire.target) for wire in picture.scene.wires]
    return {"title": title, "parts": parts, "wires": wires, "svg": draw_svg(picture, look, hooks=True)}
