"""Graphviz DOT, in the visual language of the mirror: outlines tell the kinds apart, and rows are ranks."""

from __future__ import annotations

from symdiff.graph.graph import Graph
from symdiff.render.palette import colour
from symdiff.render.scene import Figure, Kind, Look, Scene, make_scene

_SHAPE: dict[Kind, str] = {"input": "ellipse", "constant": "plaintext", "forward": "box", "derivative": "octagon"}


def to_dot(graph: Graph, look: Look | None = None) -> str:
    """`graph` in the DOT language. Dashed arrows go from forward values to the derivative nodes that read them."""
    look = look or Look()
    scene = make_scene(graph, look)
    theme = "dark" if look.theme == "dark" else "light"
    ink = f'fontcolor="{colour("ink", theme)}"'
    lines = [
        "digraph symdiff {",
        f'  graph [rankdir=TB, ranksep=0.35, nodesep=0.3, bgcolor="{colour("paper", theme)}", {ink}{_heading(scene)}];',
        f'  node [fontname="Helvetica", fontsize=11, style=filled, {ink}];',
        "  edge [arrowsize=0.7];",
    ]
    lines += [f"  n{part.key} [{_attributes(part, theme)}];" for part in scene.parts]
    for wire in scene.wires:
        # back is true: the derivative climbs, so that Graphviz keeps it beside what it differentiates
        climbing = scene.parts[wire.source].derivative
        name = "reads" if wire.reads else "derivative" if climbing else "forward"
        style = f'color="{colour(name, theme)}"' + (", style=dashed, constraint=false" if wire.reads else "")
        ends = f"n{wire.target} -> n{wire.source}" if climbing else f"n{wire.source} -> n{wire.target}"
        lines.append(f"  {ends} [{style}{', dir=back' if climbing else ''}];")
    lines += [f"  {{rank=same; {'; '.join(f'n{key}' for key in keys)}}}" for keys in _level(scene)]
    lines.append("}")
    return "\n".join(lines) + "\n"


def _heading(scene: Scene) -> str:
    text = " - ".join(filter(None, [scene.title, scene.note]))
    return f', labelloc=t, label="{escape(text)}"' if text else ""


def _level(scene: Scene) -> list[list[int]]:
    """A forward node and its whole cotangent, which stand at one height."""
    return [[part.anchor, part.key] for part in scene.parts if part.whole and part.anchor is not None]


def _attributes(part: Figure, theme: str) -> str:
    named = "faint" if part.kind == "constant" else part.kind
    fill = "paper" if part.kind == "constant" else f"{part.kind}-fill"
    line = colour("marked" if part.marked else named, theme)
    label = escape("\n".join(text for _, text in part.lines))
    told = escape("\n".join(f"{heading}: {text}" for heading, text in part.details))
    extra = (", peripheries=2" if part.output else "") + (", penwidth=3" if part.marked else "")
    extra += ", shape=box3d" if part.group and not part.derivative else ""
    shape = "" if part.group and not part.derivative else f", shape={_SHAPE[part.kind]}"
    return f'label="{label}", tooltip="{told}"{shape}, fillcolor="{colour(fill, theme)}", color="{line}"{extra}'


def escape(text: str) -> str:
    """`text` inside a quoted DOT string, in ASCII: Graphviz reads the entities of HTML."""
    plain = "".join(c if c == "\n" or c.isprintable() else " " for c in text).replace("&", "&amp;")
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return quoted.encode("ascii", "xmlcharrefreplace").decode()
