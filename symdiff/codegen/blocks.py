"""Blocks of statements: loops, written around the lines of their bodies."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.graph.body import Body
from symdiff.graph.dims import Dim
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node
from symdiff.graph.walk import consumers, toposort
from symdiff.schedule.statement import Statement


class Inside(Protocol):
    """The lines of a body."""

    trees: dict[Node, ast.expr]

    def statements(self) -> Iterator[Line]:
        """What is computed, without a return."""


class Around(Protocol):
    """What a block asks of the printer of the function that it stands in."""

    trees: dict[Node, ast.expr]
    local: dict[Node, str]

    def new_name(self, wanted: str) -> str:
        """A name that is free in the function."""

    def inside(self, body: Body, given: Mapping[Node, ast.expr]) -> Inside:
        """A printer for the lines of a body, whose inputs are written as `given`."""

    def dim(self, n: Dim) -> str:
        """A length as an expression."""

    def call(self, path: str, *arguments: ast.expr) -> ast.expr:
        """A call of a function of NumPy's."""

    def type_of(self, node: Node) -> str:
        """What stands behind a line that computes `node`."""


def for_lines(printer: Around, statement: Statement) -> Iterator[Line]:
    """A loop of known length: carried values are variables, what is left behind is written into arrays."""
    loop = Loop.of(statement.node)
    c = len(loop.carry)
    results = statement.results
    index = printer.new_name("t")
    given: dict[Node, ast.expr] = {}
    carried = [
        printer.local[r] if r is not None else printer.new_name(f"{h.name}_t" if h in loop.left else h.name or "h")
        for h, r in zip(loop.states, results, strict=False)
    ]
    given |= {h: ast.Name(name) for h, name in zip(loop.states, carried, strict=True)}
    given |= {k: printer.trees[x] for k, x in zip(loop.constants, loop.fixed, strict=True)}
    head: list[Line] = []
    for v, x in zip(loop.elements, loop.sliced, strict=True):
        given[v], first = _element(printer, loop, v, x, index)
        head += first
    inside = printer.inside(loop.body, given)
    body = [*head, *inside.statements()]
    for name, start, h in zip(carried, loop.carry, loop.states, strict=True):
        yield Line(f"{name} = {ast.unparse(printer.trees[start])}", printer.type_of(h))
    for r, y in zip(results[c:], loop.left, strict=True):
        if r is not None:
            shape = f"({', '.join(printer.dim(n) for n in r.shape)}{',' * (len(r.shape) == 1)})"
            tree = (
                ast.parse(shape, mode="eval").body
                if r.ndim > 1
                else ast.parse(printer.dim(r.shape[0]), mode="eval").body
            )
            made = printer.call("np.empty", tree)
            assert isinstance(made, ast.Call)
            if y.dtype != "float64":
                made.keywords.append(ast.keyword("dtype", ast.Constant(y.dtype.name)))
            yield Line(f"{printer.local[r]} = {ast.unparse(made)}", printer.type_of(r))
    steps = f"range({printer.dim(loop.length)})"
    yield Line(f"for {index} in {f'reversed({steps})' if loop.reverse else steps}:")
    body += [
        Line(f"{printer.local[r]}[{index}] = {ast.unparse(inside.trees[y])}")
        for r, y in zip(results[c:], loop.left, strict=True)
        if r is not None
    ]
    body += _updates(carried, [ast.unparse(inside.trees[y]) for y in loop.following])
    for line in body or [Line("pass")]:
        yield Line(INDENT + line.code, line.comment)


def _element(printer: Around, loop: Loop, v: Node, x: Node, index: str) -> tuple[ast.expr, list[Line]]:
    """How an element of a sliced array is written; with a line that names it, if it is read more than once."""
    element = ast.parse(f"{ast.unparse(printer.trees[x])}[{index}]", mode="eval").body
    uses = consumers(toposort(loop.body.outputs))
    if len(uses.get(v, ())) + loop.body.outputs.count(v) < 2:
        return element, []
    name = printer.new_name(v.name or "x")
    return ast.Name(name), [Line(f"{name} = {ast.unparse(element)}")]


def _updates(names: Sequence[str], values: Sequence[str]) -> list[Line]:
    """The carried values take those of the next step: one line each, where none is read after it has changed."""
    pairs = [(name, value) for name, value in zip(names, values, strict=True) if name != value]
    changed: set[str] = set()
    for name, value in pairs:
        read = {node.id for node in ast.walk(ast.parse(value)) if isinstance(node, ast.Name)}
        if read & changed:
            return [Line(f"{', '.join(n for n, _ in pairs)} = {', '.join(v for _, v in pairs)}")]
        changed.add(name)
    return [Line(f"{name} = {value}") for name, value in pairs]


BLOCKS: Mapping[str, Callable[[Around, Statement], Iterator[Line]]] = {"for": for_lines}


def operands_by_name(node: Node) -> Sequence[Node]:
    """The operands that the lines of a body read, which must therefore have a name: all but what is carried."""
    loop = Loop.of(node)
    return [x for x in (*loop.sliced, *loop.fixed) if x.inputs or x.op is ITEM]
