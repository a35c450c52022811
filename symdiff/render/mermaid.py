"""Mermaid flowcharts, which GitHub and many notebooks draw. The outlines tell the kinds apart, as in SVG."""

from __future__ import annotations

from dataclasses import replace

from symdiff.errors import LimitError
from symdiff.graph.graph import Graph
from symdiff.render.palette import colour
from symdiff.render.scene import Figure, Kind, Look, Scene, make_scene

MOST_EDGES = 500  # more are refused by Mermaid itself
MOST_TEXT = 50_000  # characters, likewise

_OUTLINE: dict[Kind, tuple[str, str]] = {
    "input": ('(["', '"])'),
    "constant": ('["', '"]'),
    "forward": ('["', '"]'),
    "derivative": ('{{"', '"}}'),
}


def to_mermaid(graph: Graph, look: Look | None = None) -> str:
    """`graph` as a flowchart; folded if it has more arrows than Mermaid draws.

    Raises:
        LimitError: if even the folded graph has too many.
    """
    look = look or Look()
    scene = make_scene(graph, look)
    text = _flowchart(scene, look)
    if _too_large(scene, text) and look.fold is None:
        scene = make_scene(graph, replace(look, fold=True))
        text = _flowchart(scene, look)
    if _too_large(scene, text):
        raise LimitError(
            f"{len(scene.wires)} arrows, and Mermaid draws {MOST_EDGES} (in {MOST_TEXT} characters) at most",
            help="leave out fold=False, or draw .svg or .html",
        )
    return text


def _too_large(scene: Scene, text: str) -> bool:
    return len(scene.wires) > MOST_EDGES or len(text) > MOST_TEXT


def _flowchart(scene: Scene, look: Look) -> str:
    lines = ["flowchart TB"]
    if scene.note:
        lines.append(f"  %% {scene.note}")
    if look.title:
        lines.append(f"  accTitle: {escape(look.title)}")
    sides = (("forward", False), ("derivative", True))
    for side, derivative in sides:
        parts = [part for part in scene.parts if part.derivative == derivative]
        if parts:
            lines += [f"  subgraph {side}_side [{side}]", *(f"    {_vertex(part)}" for part in parts), "  end"]
    for wire in scene.wires:
        lines.append(f"  n{wire.source} {'-.->' if wire.reads else '-->'} n{wire.target}")
    theme = "dark" if look.theme == "dark" else "light"
    for kind in _OUTLINE:
        named = "faint" if kind == "constant" else kind
        fill = "paper" if kind == "constant" else f"{kind}-fill"
        lines.append(
            f"  classDef {kind} fill:{colour(fill, theme)},stroke:{colour(named, theme)},color:{colour('ink', theme)}"
        )
    lines += _pointed_out("output", [p.key for p in scene.parts if p.output], "stroke-width:4px")
    marked = f"stroke:{colour('marked', theme)},stroke-width:4px"
    lines += _pointed_out("marked", [p.key for p in scene.parts if p.marked], marked)
    return "\n".join(lines) + "\n"


def _pointed_out(name: str, keys: list[int], style: str) -> list[str]:
    if not keys:
        return []
    return [f"  classDef {name} {style}", f"  class {','.join(f'n{key}' for key in keys)} {name}"]


def _vertex(part: Figure) -> str:
    left, right = _OUTLINE[part.kind]
    if part.group:
        left, right = '[["', '"]]'
    label = "<br/>".join(escape(text) for _, text in part.lines)
    return f"n{part.key}{left}{label}{right}:::{part.kind}"


def escape(text: str) -> str:
    """`text` inside a quoted label: Mermaid reads entities as ``#code;`` and everything else as Markdown or HTML."""
    kept = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "".join(c if c.isascii() and (c.isalnum() or c in " .,+=()_") else f"#{ord(c)};" for c in kept)
