"""Statements that are computed some rows at a time: a loop over blocks that stay in the cache.

Loops over blocks are what Goto and van de Geijn do for products of matrices ("Anatomy of high-performance matrix
multiplication", 2008), and numexpr for expressions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.graph.dims import Dim, nominal_size, size
from symdiff.graph.node import Node
from symdiff.schedule.rows import Block, Part
from symdiff.schedule.statement import Statement

ELEMENTS = 16384  # of an array in a block: some eight of them fit into a cache of one megabyte
FEWEST = 256  # rows of a block in which matrices are multiplied: of fewer, BLAS makes less


class Writer(Protocol):
    """What a block asks of the printer of the function that it stands in."""

    trees: dict[Node, ast.expr]
    local: dict[Node, str]

    def new_name(self, wanted: str) -> str:
        """A name that is free in the function."""

    def name_of(self, path: str) -> ast.Name:
        """NumPy, as it is called here."""

    def builtin(self, name: str) -> str:
        """A built-in function, as it is called here."""

    def dim(self, n: Dim) -> str:
        """A length as an expression."""

    def type_of(self, node: Node) -> str:
        """What stands behind a line that computes `node`."""

    def assign(self, statement: Statement) -> Iterator[Line]:
        """The lines of a statement."""


class Checks(Protocol):
    """The questions that a function asks on its way."""

    def ready(self, computed: Iterable[Node]) -> Iterator[Line]:
        """The lines of those that can be asked once these are there."""


def lines_in_blocks(writer: Writer, parts: Sequence[Part], count: Dim, guards: Checks) -> Iterator[Line]:
    """The lines of a function some of which stand in loops over blocks of `count` rows."""
    names: dict[str, str] = {}  # of loops, which come one after the other: the same in each

    def name(wanted: str) -> str:
        if wanted not in names:
            names[wanted] = writer.new_name(wanted)
        return names[wanted]

    for part in parts:
        if isinstance(part, Block):
            yield from _block(writer, part, count, name)
            yield from guards.ready([s.node for s in part.statements])
        else:
            yield from writer.assign(part)
            yield from guards.ready(part.nodes)


def _block(writer: Writer, block: Block, count: Dim, new: Callable[[str], str]) -> Iterator[Line]:
    """The loop, behind what it fills: arrays of `count` rows, and totals that begin with zero."""
    for node in (s.node for s in block.statements):
        if node in block.kept:
            yield Line(f"{writer.local[node]} = {_filled(writer, 'np.empty', node)}", writer.type_of(node))
        elif node in block.totals:
            yield Line(f"{writer.local[node]} = {_zero(writer, node)}", writer.type_of(node))
    start, rows = new("start"), new("rows")
    step = _step(writer, block)
    if not step.isdigit():
        name = new("step")
        yield Line(f"{name} = {step}")
        step = name
    yield Line(f"for {start} in {writer.builtin('range')}(0, {writer.dim(count)}, {step}):")
    yield Line(f"{INDENT}{rows} = {writer.builtin('slice')}({start}, {start} + {step})")
    read = {x for s in block.statements for x in block.reads[s.node]}
    here = {x: new(f"{_name(writer, x)}_rows") for x in block.sliced}
    for x, name in here.items():
        yield Line(f"{INDENT}{name} = {_name(writer, x)}[{rows}]")
    here |= {x: new(f"{writer.local[x]}_rows") for x in block.kept if x in read}
    names = {_name(writer, x): name for x, name in here.items()}
    for s in block.statements:
        for line in writer.assign(s):
            yield Line(INDENT + _in_block(line.code, s.node, block, names, rows), "")
        if s.node in here:
            yield Line(f"{INDENT}{writer.local[s.node]}[{rows}] = {here[s.node]}")


def _in_block(code: str, node: Node, block: Block, names: dict[str, str], rows: str) -> str:
    """A line as it stands in the loop: of totals it adds, and what nothing in the loop reads goes where it is kept."""
    [tree] = ast.parse(code).body
    assert isinstance(tree, ast.Assign | ast.AugAssign)
    target = tree.target if isinstance(tree, ast.AugAssign) else tree.targets[0]
    assert isinstance(target, ast.Name)
    name = target.id
    for part in ast.walk(tree):
        if isinstance(part, ast.Name):
            part.id = names.get(part.id, part.id)
    if isinstance(tree, ast.AugAssign):
        return ast.unparse(tree)
    value = ast.unparse(tree.value)
    if node in block.totals:
        return f"{name} += {value}"
    return f"{name}[{rows}] = {value}" if node in block.kept and name not in names else f"{target.id} = {value}"


def _name(writer: Writer, x: Node) -> str:
    tree = writer.trees[x]
    assert isinstance(tree, ast.Name)
    return tree.id


def _filled(writer: Writer, function: str, node: Node) -> str:
    lengths = ", ".join(map(writer.dim, node.shape))
    shape = lengths if node.ndim == 1 else f"({lengths})"
    if node.dtype == "float64":
        return f"{writer.name_of(function).id}({shape})"
    dtype = writer.builtin("bool") if node.dtype == "bool" else f"{writer.name_of('np').id}.{node.dtype.name}"
    return f"{writer.name_of(function).id}({shape}, {dtype})"


def _zero(writer: Writer, node: Node) -> str:
    if node.ndim:
        return _filled(writer, "np.zeros", node)
    return f"{writer.name_of('np').id}.{node.dtype.name}(0)"  # NumPy's, which may be divided by zero


def _step(writer: Writer, block: Block) -> str:
    """How many rows are computed at a time, so that the largest array of them has about as many elements as fit."""
    behind = [x.shape[1:] for x in (*block.sliced, *[s.node for s in block.statements if s.node not in block.totals])]
    most, least = size(max(behind, key=nominal_size, default=())), FEWEST if block.multiplies else 1
    if isinstance(most, int):
        return str(max(least, ELEMENTS // max(most, 1)))
    largest = writer.builtin("max")
    return f"{largest}({least}, {ELEMENTS} // {largest}(1, {writer.dim(most)}))"
