"""Pictures of graphs in all formats, and the options that they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from symdiff._version import __version__
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError, did_you_mean
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.render.dot import to_dot
from symdiff.render.html import to_html
from symdiff.render.labels import short_number
from symdiff.render.mermaid import to_mermaid
from symdiff.render.png import to_png
from symdiff.render.scene import Look
from symdiff.render.svg import to_svg
from symdiff.render.text import name_nodes

Renderer = Callable[[Graph, Look], "str | bytes"]
FORMATS: Mapping[str, Renderer] = {
    "svg": to_svg, "html": to_html, "dot": to_dot, "gv": to_dot, "mmd": to_mermaid, "png": to_png,
}  # fmt: skip
_COMMENT = {"svg": "<!-- {} -->", "html": "<!-- {} -->", "dot": "// {}", "gv": "// {}", "mmd": "%% {}"}
_KINDS = {
    "shapes": bool,
    "gates": bool,
    "fold": bool,
    "legend": bool,
    "title": str,
    "theme": str,
    "values": Mapping,
    "called": Mapping,
}
THEMES = ("auto", "light", "dark")


def render(graph: Graph, kind: str, options: Mapping[str, Any]) -> str | bytes:
    """The picture of `graph` as a file of the format `kind`, with the mark that says who wrote it."""
    if kind not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS if name != "gv")
        raise ArgumentError(f"no pictures of the format {kind!r}" if kind else "the file has no ending", help=known)
    made = FORMATS[kind](graph, make_look(graph, options))
    if isinstance(made, bytes):
        return made
    mark = _COMMENT[kind].format(f"{MARK} {__version__}")
    return f"{mark}\n{made}"


def make_look(graph: Graph, options: Mapping[str, Any]) -> Look:
    """The options of `Drawable.draw`, checked.

    Raises:
        ArgumentError: for an option that there is not, or a value that it cannot have.
    """
    known = [field.name for field in fields(Look)]
    for name, value in options.items():
        if name not in known:
            meant = did_you_mean(name, [*known, "stage"], f"the options are {', '.join([*known, 'stage'])}")
            raise ArgumentError(f"pictures have no option {name!r}", help=meant)
        if name in _KINDS and not isinstance(value, _KINDS[name]) and not (name == "fold" and value is None):
            raise ArgumentError(f"{name} is {value!r}", help=f"a {_KINDS[name].__name__.lower()}")
    if options.get("theme", "auto") not in THEMES:
        raise ArgumentError(f"there is no theme {options['theme']!r}", help=" or ".join(map(repr, THEMES)))
    changes = dict(options)
    if "values" in options or "marked" in options:
        by_name = {name: node for node, name in name_nodes(graph).items()}
        values = {_node(key, by_name): _shown(value) for key, value in options.get("values", {}).items()}
        changes |= {"values": values, "marked": frozenset(_node(key, by_name) for key in options.get("marked", ()))}
    return Look(**changes)


def _node(key: Any, by_name: Mapping[str, Node]) -> Node:
    if isinstance(key, Node):
        return key
    if key in by_name:
        return by_name[key]
    help = did_you_mean(key, by_name, "print(f) shows the names")
    raise ArgumentError(f"the graph has nothing called {key!r}", help=help)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else short_number(value)
