"""Pictures of a Function: ``draw``, ``to_svg`` and the like, and what notebooks show."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symdiff._version import __version__
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError, SymdiffError
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
from symdiff.saving import write_whole

Renderer = Callable[[Graph, Look], "str | bytes"]
FORMATS: Mapping[str, Renderer] = {
    "svg": to_svg, "html": to_html, "dot": to_dot, "gv": to_dot, "mmd": to_mermaid, "png": to_png,
}  # fmt: skip
_COMMENT = {"svg": "<!-- {} -->", "html": "<!-- {} -->", "dot": "// {}", "gv": "// {}", "mmd": "%% {}"}
_KINDS = {"shapes": bool, "gates": bool, "fold": bool, "legend": bool, "title": str, "theme": str, "values": Mapping}
THEMES = ("auto", "light", "dark")


class Drawable:
    """What a Function can show of its graph. Every method takes the options of `draw`."""

    if TYPE_CHECKING:

        @property
        def graph(self) -> Graph:
            """The simplified graph."""

        @property
        def unsimplified(self) -> Graph:
            """The graph as the front end and build_grad made it."""

        def latex(self) -> str:
            """The function as equations in LaTeX."""

    def draw(self, path: str | Path, *, force: bool = False, **options: Any) -> Path:
        """Writes a picture of the graph: the forward graph on the left, the derivative on the right.

        Args:
            path: where to; its ending says how: ``.svg``, ``.html``, ``.png``, ``.dot`` or ``.mmd`` (Mermaid). SVG and
                HTML need no other program and no network; PNG needs the extra ``png``.
            force: overwrite a file that symdiff did not write.
            **options: ``shapes=True`` writes dtype and shape into each box, ``gates=True`` what a gate does to the
                gradient; ``fold`` folds repeated and long parts (by default above 300 boxes); ``simplify=False`` draws
                the graph before it is simplified; ``title`` is a heading; ``legend=False`` leaves out the legend;
                ``theme`` is "auto", "light" or "dark"; ``values`` maps nodes, or names of the listing, to numbers or
                short texts; ``marked`` points out some of them.

        Returns:
            The path.

        Raises:
            ArgumentError: for an ending or option that there is not.
            MissingDependencyError: for PNG without the extra.
            OutputError: if the file cannot be written, or is somebody else's.
        """
        target = Path(path)
        write_whole(target, render(self._graph(options), target.suffix.removeprefix("."), options), force=force)
        return target

    def to_svg(self, **options: Any) -> str:
        """The picture as SVG, which works alone, in light and dark."""
        graph = self._graph(options)
        return to_svg(graph, make_look(graph, options))

    def to_html(self, **options: Any) -> str:
        """The picture as one page that pans, zooms, searches, and explains each node; it needs no network."""
        graph = self._graph(options)
        return to_html(graph, make_look(graph, options))

    def to_mermaid(self, **options: Any) -> str:
        """The graph as a Mermaid flowchart; folded where it would have more arrows than renderers take."""
        graph = self._graph(options)
        return to_mermaid(graph, make_look(graph, options))

    def to_dot(self, **options: Any) -> str:
        """The graph in Graphviz's language."""
        graph = self._graph(options)
        return to_dot(graph, make_look(graph, options))

    def _graph(self, options: dict[str, Any]) -> Graph:
        simplify = options.pop("simplify", True)
        if not isinstance(simplify, bool):
            raise ArgumentError(f"simplify is {simplify!r}", help="True or False")
        return self.graph if simplify else self.unsimplified

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What notebooks show: the picture, else equations, else the listing; each shows the best it can."""
        try:
            picture = f'<div style="overflow:auto">{self.to_svg()}</div>'
            return {"text/plain": str(self), "text/html": picture, "text/latex": f"$${self.latex()}$$"}
        except SymdiffError:  # the shapes are not known yet
            return {"text/plain": repr(self)}


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
            close = difflib.get_close_matches(name, [*known, "simplify"], n=1)
            meant = f"did you mean {close[0]!r}?" if close else f"the options are {', '.join([*known, 'simplify'])}"
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
    close = difflib.get_close_matches(str(key), by_name, n=1)
    meant = f"did you mean {close[0]!r}?" if close else "print(f) shows the names"
    raise ArgumentError(f"the graph has nothing called {key!r}", help=meant)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else short_number(value)
