"""Loops as calls: a step is a function, which ``lax.scan`` or ``lax.while_loop`` runs as often as is asked."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from symdiff.codegen.blocks import Around, once_lines
from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.graph.expression_text import unparse
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.schedule.statement import Statement


class _Scan:
    """The lines of one loop."""

    def __init__(self, printer: Around, statement: Statement) -> None:
        self.printer = printer
        loop = self.loop = Loop.of(statement.node)
        self.results, c = statement.results, len(loop.carry)
        self.states = [printer.new_name(h.name or "h") for h in loop.states]
        self.elements = [printer.new_name(v.name or "x") for v in loop.elements]
        self.parts = [None if r is None else printer.local[r] for r in self.results]
        self.left = [(name, y) for name, y in zip(self.parts[c:], loop.left, strict=True) if name is not None]
        given: dict[Node, ast.expr] = {
            x: ast.Name(name)
            for x, name in zip((*loop.states, *loop.elements), (*self.states, *self.elements), strict=True)
        }
        given |= {k: printer.trees[x] for k, x in zip(loop.constants, loop.fixed, strict=True)}
        self.inside = printer.inside(loop, given, floats=False)

    def start(self, k: int) -> str:
        """What is carried into the first step, in the type in which it is carried further."""
        state, x = self.loop.states[k], self.loop.carry[k]
        tree = self.printer.trees[x]
        if x.literal is not None and not x.shape and state.dtype == "int64":
            return str(int(x.literal.value))  # as wide as integers are there
        if x.shape and not x.aval.weak and x.aval == state.aval:
            return unparse(tree)
        made = self.printer.call("np.asarray", tree)
        made.keywords.append(ast.keyword("dtype", self.printer.name_of(f"np.{_kind(state)}")))
        return unparse(self.printer.call("np.broadcast_to", made, self._shape(state)) if state.shape else made)

    def _shape(self, x: Node) -> ast.expr:
        return ast.Tuple([ast.parse(self.printer.dim(n), mode="eval").body for n in x.shape])

    def carried(self, y: Node, state: Node) -> str:
        """What is carried out of a step: what no step computes may be a number of Python's."""
        tree = self.inside.trees[y]
        if y.inputs and not y.aval.weak and y.aval == state.aval:
            return unparse(tree)
        made = self.printer.call("np.asarray", tree)
        made.keywords.append(ast.keyword("dtype", self.printer.name_of(f"np.{_kind(state)}")))
        return unparse(made)

    def known(self) -> Iterator[Line]:
        """A loop of known length."""
        loop, step = self.loop, self.printer.new_name("step")
        body = self.inside.statements()
        carry, unpacked = self._parameter("carry", self.states)
        elements, more = self._parameter("elements", self.elements)
        following = [self.carried(y, h) for y, h in zip(loop.following, loop.states, strict=True)]
        left = [unparse(self.inside.trees[y]) for _, y in self.left]
        yield Line(f"def {step}({carry}, {elements}):")
        yield from _indented([*unpacked, *more, *body])
        yield Line(f"{INDENT}return {_several(following)}, {_several(left)}")
        starts = _several([self.start(k) for k in range(len(loop.carry))])
        sliced = _several([unparse(self.printer.trees[x]) for x in loop.sliced])
        options = [f"length={self.printer.dim(loop.length)}", *["reverse=True"] * loop.reverse]
        scan = unparse(self.printer.name_of("lax.scan"))
        parts = [name or "_" for name in self.parts[: len(self.states)]]
        received = (
            f"{_several(parts) if parts else '_'}, {_several([name for name, _ in self.left]) if self.left else '_'}"
        )
        yield Line(f"{received} = {scan}({step}, {starts}, {sliced}, {', '.join(options)})")

    def _parameter(self, wanted: str, names: Sequence[str]) -> tuple[str, list[Line]]:
        """What a step takes, and the line that takes it apart if there are several."""
        if len(names) == 1:
            return names[0], []
        name = self.printer.new_name(wanted)
        return name, [Line(f"{', '.join(names)} = {name}")] if names else []

    def asking(self) -> Iterator[Line]:
        """A loop that asks in each step whether to go on, and keeps nothing of its steps."""
        loop, printer = self.loop, self.printer
        going, step, carry = map(printer.new_name, ("going", "step", "carry"))
        index = [printer.new_name("t")] if loop.sliced else []
        conditions = self.inside.subject.conditions
        heads = [
            Line(f"{name} = {unparse(printer.trees[x])}[{index[0]}]")
            for name, x in zip(self.elements, loop.sliced, strict=True)
        ]
        asked = self.inside.statements(set(conditions))
        tests = [self.inside.trees[x] for x in conditions]
        if loop.sliced:
            tests.insert(0, ast.parse(f"{index[0]} < {printer.dim(loop.sliced[0].shape[0])}", mode="eval").body)
        whole = tests[0]
        for test in tests[1:]:
            whole = printer.call("np.logical_and", whole, test)
        names = [*index, *self.states]
        carry, apart = (names[0], []) if len(names) == 1 else (carry, [Line(f"{', '.join(names)} = {carry}")])
        yield Line(f"def {going}({carry}):")
        yield from _indented([*apart, *heads, *asked])
        yield Line(f"{INDENT}return {unparse(whole)}")
        following = [self.carried(y, h) for y, h in zip(loop.following, loop.states, strict=True)]
        yield Line(f"def {step}({carry}):")
        yield from _indented([*apart, *heads, *self.inside.statements()])
        yield Line(f"{INDENT}return {', '.join([*(f'{t} + 1' for t in index), *following])}")
        starts = ["0"] * len(index) + [self.start(k) for k in range(len(loop.carry))]
        received = ", ".join(["_"] * len(index) + [name or "_" for name in self.parts[: len(self.states)]])
        loops = unparse(printer.name_of("lax.while_loop"))
        yield Line(f"{received} = {loops}({going}, {step}, {_several(starts)})")


def _kind(x: Node) -> str:
    return "bool_" if x.aval.kind == "b" else x.dtype.name


def _several(parts: Sequence[str]) -> str:
    """One, or a tuple."""
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _indented(lines: Sequence[Line]) -> Iterator[Line]:
    return (replace(line, code=INDENT + line.code, unless_read="") for line in lines)


def scan_lines(printer: Around, statement: Statement) -> Iterator[Line]:
    """A loop."""
    lines = _Scan(printer, statement)
    yield from lines.asking() if lines.loop.asks else lines.known()


SCANS: Mapping[str, Callable[[Around, Statement], Iterator[Line]]] = {"for": scan_lines, "once": once_lines}
