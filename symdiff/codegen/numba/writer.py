"""Functions that Numba compiles, from loop nests."""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.codegen.nest_writer import INDENT, NestWriter
from symdiff.codegen.numba.expression import BUILTINS, PLAIN, Expressions
from symdiff.codegen.numba.prelude import PRELUDE
from symdiff.graph.dims import Dim, Length, Shape, is_counted, length, linear
from symdiff.graph.expression_text import unparse
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.schedule.nests import Call, Item, Nest, Program, Read, Running, Steps, Store, Total, all_nests

MATH = frozenset(name for name in dir(math) if not name.startswith("_"))
RESERVED = MATH | frozenset([*keyword.kwlist, *BUILTINS, "np", "njit", "prange", "intrinsic", "range", "len"])
RESERVED |= {f"_{name}" for name in PRELUDE}
ROOM = 64  # rows for which a history has room at first


class Writer(NestWriter):
    """Writes one function.

    Attributes:
        parallel: the nests whose outermost loop several threads share.
    """

    def __init__(self, graph: Graph, program: Program, parallel: bool = False) -> None:
        super().__init__(graph, program, RESERVED, "" if parallel else "_")  # Numba's own x_2 is the second x
        self.parallel = (
            [nest for nest in program.items if isinstance(nest, Nest) and is_parallel(nest)] if parallel else []
        )
        self.spoken = Expressions(self.index, self._read, self._length, self.use)
        self.assigned_whole = {
            result
            for item in _all(program.items)
            if isinstance(item, Call) and not item.lead
            for result in _results(item)
        }
        self.kept = kept_by_steps(program.items)
        self.name_all()

    # expressions

    def text(self, tree: ast.expr) -> str:
        return self.spoken.text(tree)

    def _length(self, text: str) -> ast.expr:
        tree = self.known_lengths(text)
        return Expressions(lambda name: self.lengths[name], self._read, self._length, self.use).tree(tree)

    def named_length(self, text: str) -> str:
        return unparse(self._length(text))

    def _read(self, read: Read) -> ast.expr:
        name = ast.Name(self.name_of(read.node))
        if self.is_number(read):
            return name
        if read.flat:
            return ast.Subscript(ast.Attribute(name, "flat"), self.spoken.tree(read.indices[0]))
        return self._subscript(name, read.indices)

    def _subscript(self, name: ast.expr, indices: Sequence[ast.expr]) -> ast.expr:
        trees = [self.spoken.tree(x) for x in indices]
        return ast.Subscript(name, trees[0] if len(trees) == 1 else ast.Tuple(trees))

    def element(self, name: str, indices: Sequence[ast.expr], shape: Shape) -> str:
        return unparse(self._subscript(ast.Name(name), indices))

    # statements

    def body(self, returned: str) -> list[str]:
        """The lines of the body, not indented."""
        lines = self.lines()
        several = returned.startswith("(") and not returned.endswith(",)")
        lines = [*self._declarations(), *lines, f"return {returned[1:-1] if several else returned}"]
        return [*self._lengths_read("\n".join(lines)), *lines]

    def _lengths_read(self, text: str) -> Iterator[str]:
        """Where the lengths are found that occur."""
        words = set(_words(text))
        for x in self.graph.inputs:
            for k, n in enumerate(x.shape):
                line = linear(n)
                here = self.lengths.get(line[0]) if line is not None and line[1] == 1 else None
                if line is not None and here in words:
                    words.discard(here)
                    yield f"{here} = {self.name_of(x)}.shape[{k}]" + (f" - {line[2]}" if line[2] else "")

    def _declarations(self) -> Iterator[str]:
        made = [(self.local[node], node) for node in self.program.arrays if node not in self.assigned_whole]
        for name, node in [*made, *zip(self.results, self.graph.outputs, strict=True)]:
            counted = [n for n in node.shape if is_counted_length(n)]
            if node.shape and (not counted or node in self.kept):
                yield self._made(name, node, {n: str(ROOM) for n in counted})

    def _made(self, name: str, node: Node, room: Mapping[Dim, str]) -> str:
        lengths = ", ".join(room.get(n) or self.dim(n) for n in node.shape)
        shape = lengths if len(node.shape) == 1 else f"({lengths})"
        kind = "" if node.dtype.name == "float64" else f", np.{np.dtype(node.dtype).type.__name__}"
        return f"{name} = np.empty({shape}{kind})"

    def _typed(self, dtype: np.dtype, value: str) -> str:
        return value if dtype.name in PLAIN else f"np.{dtype.type.__name__}({value})"

    def new(self, name: str, dtype: np.dtype, value: str, *, changes: bool = True) -> str:
        return f"{name} = {self._typed(dtype, value)}"

    def assigned(self, place: str, value: str, sign: str = "=") -> str:
        return f"{place} {sign} {value}"

    def start(self, total: Total) -> str:
        kind = total.node.aval.kind
        if total.by in ("and", "or"):
            return str(total.by == "and")
        if total.by in ("max", "min"):
            return _extreme(total.by == "max", total.node)
        number = 1 if total.by == "*" else 0
        return (
            str(number)
            if kind in "iu"
            else f"{number}.0"
            if kind == "f"
            else f"{number}j"
            if number == 0
            else "1.0 + 0j"
        )

    def begun(self, item: Running) -> str:
        text = self.text(item.start)
        if text in ("np.inf", "-np.inf"):
            return _extreme(text == "-np.inf", item.node)
        return f"{text}.0" if text.isdigit() and item.node.aval.kind == "f" else text

    def outermost(self, nest: Nest, lines: Iterator[str]) -> Iterator[str]:
        first, *others = lines
        if nest not in self.parallel:
            yield first
            yield from others
            return
        yield first.replace(" in range(", " in prange(", 1)
        yield from (self._seen(line, nest) for line in others)

    def _seen(self, line: str, nest: Nest) -> str:
        """What threads add up, written so that Numba sees it."""
        for name in map(self.total_name, nest.totals):
            line = re.sub(rf"^( *){name} = _plus\({name}, (.*)\)$", rf"\1{name} += \2", line)
        return line

    def joined(self, total: Total, place: str, value: str) -> str:
        match total.by:
            case "+" if total.node.dtype.name == "float64":
                self.use("plus")
                return f"{place} = _plus({place}, {value})"
            case "+" | "*":
                return f"{place} {total.by}= {value}"
            case "and" | "or":
                return f"{place} = {place} {total.by} bool({value})"
        helper = "larger" if total.by == "max" else "smaller"
        self.use(helper)
        return f"{place} = _{helper}({place}, {value})"

    def loop(self, index: str, n: Dim, lines: Sequence[str]) -> Iterator[str]:
        yield f"for {index} in range({self.dim(n)}):"
        yield from (INDENT + line for line in lines or ["pass"])

    def call(self, item: Call) -> Iterator[str]:
        results = _results(item)
        indices = ["0" if n == 1 else self.index(f"i{k}") for k, n in enumerate(item.lead)]

        def whole(array: Node) -> ast.expr:
            name = ast.Name(self.name_of(array))
            if item.lead and array.shape[: len(item.lead)] == item.lead:
                return ast.parse(f"{name.id}[{', '.join(indices)}]", mode="eval").body
            return name

        tree = _replaced(item.tree, {name: whole(array) for name, array in item.arrays.items()})
        tree.func = self.spoken.function(tree.func)
        lines = [f"{', '.join(unparse(whole(x)) for x in results)} = {unparse(tree)}"]
        yield from self._loops(item.lead, lines)

    def check(self, condition: str, place: int) -> Iterator[str]:
        yield f"if {condition}:"
        yield f"{INDENT}raise {raised(self.errors()[place])}"

    def steps(self, item: Steps, t: str, asked: Sequence[tuple[list[str], str]], body: list[str]) -> Iterator[str]:
        loop, n = item.loop, self.dim(item.loop.length)
        if not loop.asks:
            last = str(loop.length - 1) if isinstance(loop.length, int) else f"{n} - 1"
            yield f"for {t} in range({last}, -1, -1):" if loop.reverse else f"for {t} in range({n}):"
            yield from (INDENT + line for line in body or ["pass"])
            return
        lines = []
        for before, going in asked:
            lines += [*before, f"if not {going}:" if going.isidentifier() else f"if not ({going}):", f"{INDENT}break"]
        lines[:0] = [f"{t} = {n}"] * any(t in _words(line) for line in [*lines, *body])
        kept = [node for node in self.program.arrays if node in self.kept and node.shape[0] == loop.length]
        for node in kept:  # more room for what is kept of each step
            self.use("grown")
            name = self.local[node]
            lines += [f"if {n} == {name}.shape[0]:", f"{INDENT}{name} = _grown({name})"]
        yield f"{n} = 0"
        yield f"while {n} < {self.dim(loop.sliced[0].shape[0])}:" if loop.sliced else "while True:"
        yield from (INDENT + line for line in [*lines, *body, f"{n} += 1"])
        for node in self.program.arrays:
            if node not in self.kept and node not in self.assigned_whole and _depends(node.shape, loop.length):
                yield self._made(self.local[node], node, {})


def raised(error: str) -> str:
    """An error as Numba can raise it: a class of Python's with known arguments; else a RuntimeError that quotes it."""
    match ast.parse(error, mode="eval").body:
        case ast.Call(func=ast.Name(), args=arguments) if all(isinstance(x, ast.Constant) for x in arguments):
            return error
    return f"RuntimeError({error!r})"


def _depends(shape: Shape, n: Dim) -> bool:
    """Whether an array is as long as a loop takes steps, or longer by some."""
    names = n.names() if isinstance(n, Length) else set[str]()
    return any(isinstance(k, Length) and bool(k.names() & names) for k in shape)


def is_parallel(nest: Nest) -> bool:
    """Whether what is done at one index does not depend on another, but for sums."""
    stores = [step for step in nest.steps if isinstance(step, Store)]
    own = all(any(isinstance(i, ast.Name) and i.id == "i0" for i in s.indices) and not s.added for s in stores)
    return bool(nest.shape) and own and all(total.by == "+" for total in nest.totals)


def is_counted_length(n: Dim) -> bool:
    """Whether it is how many steps a loop takes that goes on until a condition holds."""
    return isinstance(n, Length) and any(is_counted(length(name)) for name in n.names())


def kept_by_steps(items: Sequence[Item]) -> set[Node]:
    """The arrays in which loops that ask whether to go on put something at each step."""
    loops = [item for item in _all(items) if isinstance(item, Steps) and item.loop.asks]
    stores = [
        (loop, step)
        for loop in loops
        for nest in all_nests([*loop.inside, *(x for items, _ in loop.asked for x in items)])
        for step in nest.steps
        if isinstance(step, Store)
    ]
    return {s.array for loop, s in stores if isinstance(s.array, Node) and s.array.shape[:1] == (loop.loop.length,)}


def _results(item: Call) -> tuple[Node, ...]:
    return item.node.parts or (item.node,)


def _all(items: Sequence[Item]) -> Iterator[Item]:
    """All items, also those of steps."""
    stack = list(items)
    while stack:
        item = stack.pop()
        yield item
        if isinstance(item, Steps):
            stack += [*(x for items, _ in item.asked for x in items), *item.inside]


def _words(text: str) -> list[str]:
    return re.findall(r"(?<![.\w])[A-Za-z_]\w*", text)


def _replaced(tree: Any, names: dict[str, ast.expr]) -> Any:
    """A call, with what its names stand for."""
    if isinstance(tree, ast.Name):
        return names.get(tree.id, tree)
    if isinstance(tree, ast.Call):
        return ast.Call(tree.func, [_replaced(x, names) for x in tree.args], tree.keywords)
    if isinstance(tree, ast.Attribute):
        return ast.Attribute(_replaced(tree.value, names), tree.attr)
    return tree


def _extreme(least: bool, node: Node) -> str:
    """What is smaller, or larger, than all others."""
    if node.aval.kind == "f":
        return "-np.inf" if least else "np.inf"
    if node.aval.kind == "b":
        return str(not least)
    bounds = np.iinfo(node.dtype)
    return str(bounds.min if least else bounds.max)
