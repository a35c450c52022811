"""One page without network: the picture, the insides of its groups, and a script that moves, searches and tells."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.render.layout import Picture, layout
from symdiff.render.opened import loop_title, steps_in
from symdiff.render.page import PAGE
from symdiff.render.palette import STYLE, page_colours, style_sheet
from symdiff.render.scene import Figure, Look, Scene, make_scene, shown_names
from symdiff.render.svg import draw_svg, xml_text


def to_html(graph: Graph, look: Look | None = None) -> str:
    """The picture of `graph` as a page. A group opens into a picture of its own, with its derivative beside it."""
    look = look or Look()
    plain = replace(look, legend=False, title="")
    names = shown_names(graph, look.called)
    scene = make_scene(graph, look, names=names)
    insides = _insides(scene)
    groups = list(dict.fromkeys(insides.values()))
    loops = steps_in(graph)
    opening: list[Inside | Node] = [*groups, *(node for node, _ in loops)]
    places: Places = {opens: k for k, opens in enumerate(opening, 1)}
    views = [_view(layout(scene), replace(look, title=""), insides, places)]
    for title, nodes in groups:
        views.append(_view(layout(make_scene(graph, plain, nodes, names)), plain, {}, places, title))
    for node, step in loops:
        views.append(_view(layout(make_scene(step, plain)), plain, {}, places, f"{loop_title(node)}: a step"))
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
Places = dict[Inside | Node | None, int]  # for what opens the number of its view


def _is_folded(part: Figure) -> bool:
    return part.group and part.loop is None


def _insides(scene: Scene) -> dict[int, Inside]:
    """For each folded part what opens: the nodes of the group and of its derivative, whichever of both was chosen."""
    inside: dict[int, list[Figure]] = {}
    for part in scene.parts:
        if _is_folded(part) or (part.anchor is not None and _is_folded(scene.parts[part.anchor])):
            head = part.anchor if part.derivative and part.anchor is not None else part.key
            inside.setdefault(head, []).append(part)
    found: dict[int, Inside] = {}
    for head, parts in inside.items():
        made = (scene.parts[head].name, frozenset(node for part in parts for node in part.nodes))
        found.update({part.key: made for part in (*parts, scene.parts[head])})
    return found


def _view(picture: Picture, look: Look, insides: dict[int, Inside], places: Places, title: str = "") -> dict[str, Any]:
    parts = [
        {
            "name": part.name,
            "text": " ".join(text for _, text in part.lines),
            "reads": part.labels,
            "told": part.details,
            "opens": places.get(insides.get(part.key) or part.loop, 0),
        }
        for part in picture.scene.parts
    ]
    wires = [(wire.source, wire.target) for wire in picture.scene.wires]
    return {"title": title, "parts": parts, "wires": wires, "svg": draw_svg(picture, look, hooks=True)}
