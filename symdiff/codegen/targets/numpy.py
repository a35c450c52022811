"""NumPy: ``np.exp(x)``, ``X.T @ r``, on arrays; and on its own floats, which give inf and nan where Python's raise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from symdiff.codegen.printed import INDENT
from symdiff.codegen.python import Python
from symdiff.codegen.spelling import called, dotted
from symdiff.codegen.target import Target, register
from symdiff.graph.aval import Aval
from symdiff.graph.floats import is_float_graph
from symdiff.graph.graph import Graph
from symdiff.graph.node import ITEM, Node, maker, part_of, slot
from symdiff.graph.op import UNWRITTEN

LONGEST_CONVERSION = 88  # characters of the line that makes NumPy's floats of all arguments


class NumPy(Python):
    """Arrays. Graphs of nothing but floats are for `Floats`."""

    name = "numpy"
    rows: tuple[str, ...] = ("numpy",)
    branches = True
    floats = "math"

    @property
    def steps(self) -> NumPy:
        return STEPS

    def __init__(self, fallback: Target | None = None) -> None:
        self.fallback = fallback

    def takes(self, graph: Graph) -> bool:
        return not is_float_graph(graph)

    def prints(self, node: Node) -> bool:
        op = node.op
        return bool(op.family in UNWRITTEN or op.fn or op.infix or op.is_statement or self.has_spelling(node))

    def template(self, node: Node) -> str:
        if node.op is ITEM:
            return part_of(node).alone or f"{self.template(node.inputs[0])}[{slot(node)}]"
        op, text = node.op, self.spelled(node)
        if text is not None:
            return text
        if op.infix is not None:
            return f"a {op.infix} b"
        return called(dotted(op.fn), node)

    def origin(self, node: Node, name: str) -> str:
        fn = maker(node).op.fn
        module, _, function = fn.partition(":") if isinstance(fn, str) else ("", "", "")
        return module if function == name else ""

    def type_comment(self, node: Node) -> str:
        return _shown(node.aval)


@lru_cache(maxsize=1024)
def _shown(aval: Aval) -> str:
    return repr(aval).rstrip("~")


class Steps(NumPy):
    """In the steps of a loop calls are many, and what they cost beside their work counts: methods of arrays."""

    rows = ("step", "numpy")


class Floats(NumPy):
    """NumPy's functions on its own floats, silently: Python's floats go in and come out."""

    def takes(self, graph: Graph) -> bool:
        return is_float_graph(graph)

    def alias(self, module: str, name: str) -> str:
        """Beside a function of `math` the name may be taken: erf is there in both."""
        return f"special_{name}" if module == "scipy.special" else name

    def converted(self, node: Node) -> str:
        return "bool" if node.aval.kind == "b" else "float"

    def body(self, lines: list[str], arguments: Sequence[str], reach: Callable[[str], str]) -> list[str]:
        float64, names = reach("np.float64"), ", ".join(arguments)
        first = [f"{names} = map({float64}, ({names}))" if len(arguments) > 1 else f"{names} = {float64}({names})"]
        if len(first[0]) > LONGEST_CONVERSION:
            first = [f"{a} = {float64}({a})" for a in arguments]
        inner = [INDENT + line if line else line for line in [*first, *lines]]
        return [f'with {reach("np.errstate")}(all="ignore"):', *inner]


FLOATS = Floats()
STEPS = Steps(fallback=FLOATS)
NUMPY = register(NumPy(fallback=FLOATS))
