"""Pictures of a Function: ``draw``, ``to_svg`` and the like, and what notebooks show."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symdiff.errors import ArgumentError, SymdiffError
from symdiff.graph.graph import Graph
from symdiff.report.save import write_whole


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
        write_whole(
            target, _pictures().render(self._graph(options), target.suffix.removeprefix("."), options), force=force
        )
        return target

    def to_svg(self, **options: Any) -> str:
        """The picture as SVG, which works alone, in light and dark."""
        return self._picture("to_svg", options)

    def to_html(self, **options: Any) -> str:
        """The picture as one page that pans, zooms, searches, and explains each node; it needs no network."""
        return self._picture("to_html", options)

    def to_mermaid(self, **options: Any) -> str:
        """The graph as a Mermaid flowchart; folded where it would have more arrows than renderers take."""
        return self._picture("to_mermaid", options)

    def to_dot(self, **options: Any) -> str:
        """The graph in Graphviz's language."""
        return self._picture("to_dot", options)

    def _picture(self, how: str, options: dict[str, Any]) -> str:
        graph, pictures = self._graph(options), _pictures()
        made: str = getattr(pictures, how)(graph, pictures.make_look(graph, options))
        return made

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


def _pictures() -> ModuleType:
    from symdiff.report import draw as pictures  # noqa: PLC0415 (what draws takes a fifth of the time of `import symdiff`)

    return pictures
