"""Python that Numba compiles: loops over numbers, one function for each function."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.codegen.literal import array
from symdiff.codegen.nested import in_container
from symdiff.codegen.numba.build import load_numba
from symdiff.codegen.numba.prelude import OPTIONS, texts
from symdiff.codegen.numba.writer import MATH, Writer, is_counted_length
from symdiff.codegen.printed import INDENT, Printed
from symdiff.codegen.refusing import ELSEWHERE, check_printable
from symdiff.codegen.signature import MARK, Signature, as_tuples
from symdiff.codegen.source import Definition
from symdiff.codegen.spelling import Spelling, called
from symdiff.codegen.target import DEFAULT, Target, Wishes, register
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import UnsupportedError
from symdiff.graph.dims import size
from symdiff.graph.expression_text import unparse
from symdiff.graph.graph import Graph
from symdiff.graph.loop import ONCE
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node
from symdiff.graph.template import parse_template
from symdiff.schedule.nesting import nests

PRODUCT = re.compile(r"([ab](?:\.T)?) @ ([ab](?:\.T)?)")
LARGEST = 512  # products of numbers in a product of matrices that is written as loops
LARGEST_BY_VECTOR = 2048  # the same of a matrix and a vector
KINDS = "biufc"
PREFIX = {"neg": "-"}
SMALL = 16  # rows of a matrix that is solved without a library
MATRICES = frozenset(  # functions of one matrix, or of a stack of them, one by one
    f"np.linalg.{name}(a)" for name in ("inv", "det", "slogdet", "cholesky", "eigh", "eigvalsh", "pinv", "qr")
)
VECTORS = {  # functions of vectors, as NumPy's text has them, and how Numba takes them
    "np.argsort(a, kind='stable')": "np.argsort(a, kind='mergesort')",
    "np.argsort(a)": "np.argsort(a, kind='mergesort')",
    **dict.fromkeys(
        ["np.interp(a, b, c)", "np.searchsorted(a, b)", "np.digitize(a, b)", "np.convolve(a, b)"]
        + [f"np.{name}(a)" for name in ("sort", "argmax", "argmin", "median", "nanmedian", "nanmax", "nanmin")]
    ),
}


class Numba(Spelling):
    """Numbers and arrays of any kind that NumPy has, but for half floats."""

    fallback: Target | None = None
    nests = True
    rows = ("numba", "c", "math")

    def __init__(self, parallel: bool = False) -> None:
        self.parallel = parallel
        self.name = "numba_parallel" if parallel else "numba"

    def takes(self, graph: Graph) -> bool:
        return True

    def prints(self, node: Node) -> bool:
        if node.op.block:
            return node.op.block != ONCE
        if node.op is ITEM:
            return self.prints(node.inputs[0])
        if any(aval.kind not in KINDS or (aval.dtype.itemsize == 2 and aval.kind == "f") for aval in _avals(node)):
            return False
        if node.op in (INPUT, CONSTANT, LENGTH):
            return True
        if node.op.family == "elementwise":
            return self._element(node) is not None
        if node.aval.parts or node.op.element is None:
            return self._call(node) is not None
        return not any(x.aval.kind == "c" for x in node.inputs) or (
            node.aval.kind == "c" and all(part.by in ("+", "*") for part in node.op.element(node))
        )

    def template(self, node: Node) -> str:
        text = self._element(node) if node.op.family == "elementwise" else self._call(node)
        assert text is not None
        return text

    def _element(self, node: Node) -> str | None:
        """The expression of a row on numbers."""
        is_complex = any(aval.kind == "c" for aval in _avals(node)) and not node.op.selects
        if not is_complex and self.has_spelling(node) and (text := self.spelled(node)) is not None:
            return called(text, node) if text.isidentifier() and text != "a" else text
        if node.op.infix is not None:
            return f"a {node.op.infix} b" if len(node.inputs) == 2 else f"{PREFIX.get(node.op.infix, node.op.infix)}a"
        return NUMPY.template(node) if is_complex and isinstance(node.op.fn, np.ufunc) else None

    def _call(self, node: Node) -> str | None:
        """A function of whole arrays, as it is called."""
        if self.whole(node):
            return _product(node)
        if not NUMPY.prints(node) or node.op.is_statement:
            return None
        text, first = ast.unparse(parse_template(_of_letters(NUMPY.template(node)))), node.inputs[0]
        if text == "np.linalg.solve(a, b)":
            axes = node.inputs[1].ndim
            if node.inputs[1].dtype != first.dtype:
                return None  # one type for both is what Numba takes
            own = {1: "solve_vector(a, b)", first.ndim: "solve(a, b)"}.get(axes)
            return text if own and not _is_small(first) else own
        if text == "np.linalg.inv(a)" and _is_small(first):
            return f"solve(a, np.eye({first.shape[-1]}))"
        if text in MATRICES and first.ndim >= 2:
            return text
        is_vector = all(x.ndim == 1 and x.aval.kind != "c" for x in node.inputs)
        return (VECTORS[text] or text) if text in VECTORS and is_vector else None

    def whole(self, node: Node) -> bool:
        """Whether a row that says what its elements are is left to a library of matrices: large products."""
        return _product(node) is not None

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        check_printable(graph, self, raises=True)
        graph = graph.with_(outputs=graph.returned)
        if any(map(is_counted_length, (n for node in graph.outputs for n in node.shape))):
            raise UnsupportedError(
                "the target 'numba' gives no arrays that are as long as a loop takes steps", help=ELSEWHERE
            )
        program = nests(graph, self.template, self.whole)
        writer = Writer(graph, program, self.parallel)
        results = in_container(graph.tree, [ast.Name(name) for name in writer.results])
        body = writer.body(as_tuples(results))
        signature = Signature(
            writer.name,
            {writer.local[x]: writer.type_of(x) for x in graph.inputs},
            (),
            results,
            dict(zip(writer.results, map(writer.type_of, graph.outputs), strict=True)),
            "0",
            False,
        )
        printed = Printed(writer.name, list(signature.inputs))
        printed.lines = [
            f"# {MARK}{signature}",
            f"@njit({OPTIONS}{', parallel=True' * bool(writer.parallel)})",
            f"def {writer.name}({', '.join(signature.inputs)}):",
            *(INDENT + line for line in body),
        ]
        printed.imports = {
            "numba": {},
            **({"scipy": {}} if any("np.dot(" in x or "np.linalg." in x for x in body) else {}),
        }
        printed.constants = {name: name for name in writer.needs}
        for node in program.tables:
            assert node.literal is not None
            table = f"{writer.local[node]} = {unparse(array(node.literal, str))}"
            printed.constants[f" {writer.local[node]}"] = table
        return printed

    def text(self, definitions: Sequence[Definition]) -> str:
        parts = [definition.printed for definition in definitions]
        needs = dict.fromkeys(name for printed in parts for name in printed.constants if not name.startswith(" "))
        tables = [text for printed in parts for name, text in printed.constants.items() if name.startswith(" ")]
        blocks = [*texts(needs), *("\n".join(printed.lines) for printed in parts)]
        head = "\n\n".join(filter(None, ["\n".join(_imports("\n".join([*blocks, *tables]))), "\n".join(tables)]))
        return "\n\n\n".join([head, *blocks]) + "\n"

    def load(self, text: str, name: str, extra: Mapping[str, Any]) -> Callable[..., Any]:
        return load_numba(text, name, extra)


def _avals(node: Node) -> list[Any]:
    return [*(node.aval.parts or (node.aval,)), *(x.aval for x in node.inputs)]


def _is_small(x: Node) -> bool:
    n = x.shape[-1]
    return isinstance(n, int) and n <= SMALL and x.dtype == np.float64


def _of_letters(text: str) -> str:
    """The operands of a template as ``a, b, c``."""
    return re.sub(r"\bx([012])\b", lambda found: "abc"[int(found[1])], text)


def _product(node: Node) -> str | None:
    """A product of two matrices, or of a matrix and a vector, unless it is small."""
    if node.op.element is None or len(node.inputs) != 2 or not node.op.product or node.op.family == "elementwise":
        return None
    a, b = node.inputs
    by_vector = a.ndim + b.ndim == 3 and node.ndim == 1
    if not (a.ndim == b.ndim == node.ndim == 2 or by_vector) or a.dtype != b.dtype or a.aval.kind not in "fc":
        return None
    if any(map(is_counted_length, (*a.shape, *b.shape))):
        return None
    found = PRODUCT.fullmatch(node.op.notation.spelling("numpy", node) or "")
    many = size(a.shape if a.ndim == 2 else b.shape) * (1 if by_vector else node.shape[1])
    if by_vector:  # which loops over what is made of it may take in, where nobody knows how long it is
        is_large = isinstance(many, int) and many > LARGEST_BY_VECTOR
    else:
        is_large = not isinstance(many, int) or many > LARGEST
    return f"np.dot({found[1]}, {found[2]})" if found and is_large else None


def _imports(text: str) -> Iterator[str]:
    words = set(re.findall(r"(?<![.\w])\w+", text))
    if functions := sorted((MATH & words) - {"e", "pi", "tau", "inf", "nan", "pow"}):
        yield f"from math import {', '.join(functions)}"
        yield ""
    if "np" in words:
        yield "import numpy as np"
    yield f"from numba import njit{', prange' * ('prange' in words)}"
    if "intrinsic" in words:
        yield "from numba.extending import intrinsic"


NUMBA = register(Numba())
