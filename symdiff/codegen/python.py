"""What targets share whose text is Python: the printer, and the text of a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdiff.codegen.load import load
from symdiff.codegen.printed import Printed
from symdiff.codegen.printer import print_function
from symdiff.codegen.source import Definition, module_text
from symdiff.codegen.spelling import Spelling
from symdiff.codegen.target import DEFAULT, Target, Wishes
from symdiff.graph.graph import Graph


class Python(Spelling):
    """A target that writes Python, spelled as its methods say."""

    fallback: Target | None = None

    def takes(self, graph: Graph) -> bool:
        return True

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        return print_function(graph, self, options)

    def text(self, definitions: Sequence[Definition]) -> str:
        return module_text(definitions)

    def load(self, text: str, name: str, extra: Mapping[str, Any]) -> Callable[..., Any]:
        found: Callable[..., Any] = load(text, name, dict(extra))[name]
        return found
