"""Blocks of statements: loops, written around the lines of their bodies."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from symdiff.codegen.float_loops import divisors, header, is_float_loop
from symdiff.codegen.in_place import update
from symdiff.codegen.lengths import is_count
from symdiff.codegen.lines import Line
from symdiff.codegen.printed import INDENT
from symdiff.codegen.subject import Subject
from symdiff.codegen.target import Target
from symdiff.graph.dims import Dim, is_counted
from symdiff.graph.expression_text import unparse
from symdiff.graph.loop import Loop, counted_from, counts_steps
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, toposort
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.lifetimes import arrays_held
from symdiff.schedule.statement import Statement


class Inside(Protocol):
    """The lines of a body."""

    trees: dict[Node, ast.expr]
    local: dict[Node, str]
    buffers: Buffers
    keeps: dict[Node, list[str]]
    subject: Subject

    def statements(
        self, first: Collection[Node] | None = None, *, rest: bool = False, done: Collection[Node] = ()
    ) -> list[Line]:
        """What is computed, without a return; of it only what `first` needs and `done` not, or only the rest."""


class Around(Protocol):
    """What a block asks of the printer of the function that it stands in."""

    trees: dict[Node, ast.expr]
    local: dict[Node, str]
    buffers: Buffers
    counts: set[str]

    def new_name(self, wanted: str) -> str:
        """A name that is free in the function."""

    floats: Target | None
    as_floats: set[Node]
    lists: bool

    def inside(self, loop: Loop, given: Mapping[Node, ast.expr], *, floats: bool) -> Inside:
        """A printer for the lines of a step, whose inputs are written as `given`."""

    def is_fresh(self, node: Node) -> bool:
        """Whether evaluating the expression of `node` makes an array that nobody else holds."""

    def is_new(self, node: Node) -> bool:
        """Whether the expression of `node` makes an array: np.ones, np.full."""

    def needs_numpy(self, node: Node) -> bool:
        """Whether a number must be one of NumPy's for what reads it."""

    def dim(self, n: Dim) -> str:
        """A length as an expression."""

    def call(self, path: str, *arguments: ast.expr) -> ast.Call:
        """A call of a function of NumPy's, or of Python's."""

    def type_of(self, node: Node) -> str:
        """What stands behind a line that computes `node`."""


class _Loop:
    """The lines of one loop: carried values are variables, what is left behind is written into arrays."""

    def __init__(self, printer: Around, statement: Statement) -> None:
        self.printer = printer
        self.node = statement.node
        loop = self.loop = Loop.of(statement.node)
        c, results = len(loop.carry), statement.results
        self.results = results
        self.counter = _counter(loop, results)
        counts = self.counter is not None
        name = (loop.states[self.counter].name if self.counter is not None else "") or "t"
        self.index = printer.new_name(name) if loop.elements or not loop.asks or counts else ""
        printer.counts.add(self.index)
        self.carried = [
            printer.local[r] if r is not None else printer.new_name(h.name or "h")
            for h, r in zip(loop.states, results, strict=False)
        ]
        left = [(printer.local[r], r, y) for r, y in zip(results[c:], loop.left, strict=True) if r is not None]
        counter = loop.states[self.counter] if self.counter is not None else None
        self.counted = [(name, r) for name, r, y in left if y is counter]
        self.left = [(name, r, y) for name, r, y in left if y is not counter]
        self.given: dict[Node, ast.expr] = {
            h: ast.Name(name) for h, name in zip(loop.states, self.carried, strict=True)
        }
        if self.counter is not None:
            self.carried[self.counter] = self.index
            self.given[loop.states[self.counter]] = ast.Name(self.index)
        self.given |= {k: printer.trees[x] for k, x in zip(loop.constants, loop.fixed, strict=True)}
        self.head: dict[Node, list[Line]] = {}
        self.lists: dict[str, ast.expr] = {}  # what is sliced, of a loop over Python's floats
        self.floats = is_float_loop(statement.node, printer.floats)
        self.counts = bool(self.left)
        self.divisors: list[Line] = []
        for by in divisors(loop) if self.floats and not printer.lists else []:
            name, tree = printer.new_name(by.name or "den"), self.given[by]
            number = ast.BoolOp(ast.Or(), [printer.call("float", tree), printer.call("np.float64", tree)])
            self.divisors.append(Line(f"{name} = {ast.unparse(number)}"))
            self.given[by] = ast.Name(name)
        for v, x in zip(loop.elements, loop.sliced, strict=True):
            if printer.lists and not loop.asks:
                name = printer.new_name(v.name or "x")
                self.given[v], self.lists[name] = ast.Name(name), printer.trees[x]
            elif self.floats and (counted := _counting(x, self.index)) is not None:
                self.given[v], self.counts = counted, True
            elif self.floats:
                name = printer.new_name(v.name or "x")
                self.given[v], self.lists[name] = ast.Name(name), printer.trees[x]
            else:
                self.given[v], self.head[v] = _element(printer, loop, v, x, self.index)
        self.inside = printer.inside(loop, self.given, floats=self.floats)

    def starts(self) -> Iterator[Line]:
        """The carried values at the beginning."""
        overwritten = self.inside.buffers.overwritten
        for k, (name, start, h) in enumerate(zip(self.carried, self.loop.carry, self.loop.states, strict=True)):
            tree = self.printer.trees[start]
            if k == self.counter:
                continue
            if h in overwritten and not self._is_given(k, start):
                tree = self.printer.call("np.array", tree)
            elif self.floats and start.literal is None and start not in self.printer.as_floats:
                tree = self.printer.call("float", tree)
            if unparse(tree) != name:
                yield Line(f"{name} = {unparse(tree)}", self.printer.type_of(h))

    def _is_given(self, k: int, start: Node) -> bool:
        """Whether the array that is there at the beginning may be overwritten."""
        written = start not in self.printer.local and bool(start.inputs)
        ours = self.printer.is_fresh(start) or (written and self.printer.is_new(start))
        return ours or (self.node, k) in self.printer.buffers.given

    def known(self) -> Iterator[Line]:
        """A loop of known length."""
        yield from self.starts()
        yield from self.divisors
        if self.printer.lists:
            yield from self.over_lists()
            return
        for name, r, y in self.left:
            made = self.printer.call("np.empty", _shape(self.printer, r))
            if y.dtype != "float64":
                made.keywords.append(ast.keyword("dtype", ast.Constant(y.dtype.name)))
            yield Line(f"{name} = {unparse(made)}", self.printer.type_of(r), makes="" if _is_counted(r) else name)
        early = {y for outputs in self.inside.buffers.first.values() for y in outputs}  # written by the step itself
        for name, _, y in self.left:
            self.inside.keeps.setdefault(y, []).append(f"{name}[{self.index}]")
        body = [*(line for lines in self.head.values() for line in lines), *self.inside.statements()]
        body += [
            Line(f"{name}[{self.index}] = {unparse(self.inside.trees[y])}")
            for name, _, y in self.left
            if y not in early
        ]
        steps = f"range({self.printer.dim(self.loop.length)})"
        once, body = self._made_once(body)
        yield from once
        yield Line(header(self.index, steps, self.lists, reverse=self.loop.reverse, counts=self.counts))
        yield from _indented([*body, *self.updates()])
        if self.floats:
            for name, part in zip(self.carried, self.results, strict=False):
                if part is not None and self.printer.needs_numpy(part):
                    yield Line(f"{name} = {unparse(self.printer.call('np.float64', ast.Name(name)))}")

    def over_lists(self) -> Iterator[Line]:
        """A loop of known length over lists of numbers, which leaves lists behind."""
        steps = self.printer.dim(self.loop.length)
        for name, _, _ in self.left:
            yield Line(f"{name} = [0.0] * {steps}")
        body = self.inside.statements()
        body += [Line(f"{name}[{self.index}] = {unparse(self.inside.trees[y])}") for name, _, y in self.left]
        reverse, counts = self.loop.reverse, self.counts
        yield Line(header(self.index, f"range({steps})", self.lists, reverse=reverse, counts=counts, are_lists=True))
        yield from _indented([*body, *self.updates()])

    def _made_once(self, body: Sequence[Line]) -> tuple[list[Line], list[Line]]:
        """The lines of a step that make what loops in it fill, which stand before the loop, and the others.

        Not if the next step may still read the array.
        """
        held, buffers = arrays_held(self.loop.body.outputs), self.inside.buffers
        carried, found = set[Node](), list(self.loop.following)
        while found:
            more = {buffers.origin(x) for x in held[found.pop()]} - carried
            carried |= more
            found += [side for x in more if x.op.selects and not x.inputs[0].shape for side in x.inputs[1:]]
        kept = {self.inside.local.get(x, "") for x in carried}
        once = [line for line in body if line.makes and line.makes not in kept and not line.code.startswith(INDENT)]
        return once, [line for line in body if line not in once]

    def asking(self) -> Iterator[Line]:
        """A loop that asks in each step whether to go on; it counts its steps, if somebody wants to know."""
        printer = self.printer
        yield from self.starts()
        for name, _, _ in self.left:
            yield Line(f"{name} = []")
        steps = printer.dim(self.loop.length)
        count = [] if self.left else [Line(f"{steps} += 1", unless_read=steps)]
        if not self.left:
            yield Line(f"{steps} = 0", unless_read=steps)
        asked: list[tuple[list[Line], list[ast.expr]]] = []  # lines, and the conditions that they are for
        done = set[Node]()
        for condition in self.inside.subject.conditions:
            lines = [line for v in toposort([condition], stop=done.__contains__) for line in self.head.get(v, ())]
            lines += self.inside.statements({condition}, done=done)
            done |= set(toposort([condition]))
            if lines or not asked:
                asked.append((lines, []))
            asked[-1][1].append(self.inside.trees[condition])
        tests = [_all(conditions) for _, conditions in asked]
        is_first = not asked[0][0] and not self.loop.sliced
        before = [
            line
            for (lines, _), test in list(zip(asked, tests, strict=True))[is_first:]
            for line in (*lines, Line(f"if {unparse(_negated(test))}:"), Line(f"{INDENT}break"))
        ]
        rest = [line for v, lines in self.head.items() if v not in done for line in lines]
        rest += self.inside.statements(self.inside.subject.conditions, rest=True)
        rest += [Line(f"{name}.append({unparse(self.inside.trees[y])})") for name, _, y in self.left]
        rest += [*count, *self.updates()]
        if self.loop.sliced:
            yield Line(f"for {self.index} in range({printer.dim(self.loop.sliced[0].shape[0])}):")
        else:
            yield Line(f"while {unparse(tests[0]) if is_first else 'True'}:")
        yield from _indented([*before, *rest])
        if self.left:
            yield Line(f"{steps} = len({self.left[0][0]})", unless_read=steps)
        for name, r, y in () if printer.lists else self.left:
            made: ast.Call = printer.call("np.array", ast.Name(name))
            if y.dtype != "float64":
                made.keywords.append(ast.keyword("dtype", ast.Constant(y.dtype.name)))
            if r.ndim > 1:  # of no steps, too
                made = ast.Call(ast.Attribute(made, "reshape"), [_shape(printer, r)], [])
            yield Line(f"{name} = {unparse(made)}", printer.type_of(r))

    def counting(self) -> Iterator[Line]:
        """A loop that asks whether its counter is below a bound, and so knows how many steps it takes."""
        bound = self.loop.going[0].inputs[1]
        tree = self.printer.trees[dict(zip(self.loop.constants, self.loop.fixed, strict=True))[bound]]
        steps = self.printer.dim(self.loop.length)
        if not is_count(tree, self.printer.counts):
            tree = self.printer.call("max", tree, ast.Constant(0))
        yield Line(f"{steps} = {ast.unparse(tree)}", unless_read=steps)
        for name, r in self.counted:
            made = self.printer.call("np.arange", ast.Name(steps))
            yield Line(f"{name} = {ast.unparse(made)}", self.printer.type_of(r), unless_read=name)
        if len(self.carried) > 1 or self.left:
            yield from self.known()

    def updates(self) -> list[Line]:
        """The carried values take those of the next step."""
        pairs = [
            (name, unparse(self.inside.trees[y]))
            for k, (name, y) in enumerate(zip(self.carried, self.loop.following, strict=True))
            if k != self.counter
        ]
        lines = _updates([name for name, _ in pairs], [value for _, value in pairs])
        if len(lines) == len({name for name, value in pairs if name != value}):  # one each
            in_place = {f"{name} = {unparse(tree)}": code for name, tree, code in self._in_place()}
            lines = [replace(line, code=in_place.get(line.code, line.code)) for line in lines]
        return lines

    def _in_place(self) -> Iterator[tuple[str, ast.expr, str]]:
        """The arrays that change where they are, ``d_w += …``: that nothing else holds, neither here nor before."""
        loop, ends = self.loop, self.loop.following
        if self.floats or loop.asks or not any(h.ndim for h in loop.states):
            return
        held = arrays_held(loop.body.outputs)
        named = [x for x in self.inside.local if x in held and x not in loop.body.inputs]
        for k, (name, h, end) in enumerate(zip(self.carried, loop.states, ends, strict=True)):
            others = [*named, *[y for j, y in enumerate(ends) if j != k]]
            alone = h.ndim and h.aval is end.aval and not any(h in held[x] or end in held[x] for x in others)
            if alone and end.op.infix and self._is_given(k, loop.carry[k]):
                tree = self.inside.trees[end]
                if (code := update(tree, name)) is not None:
                    yield name, tree, code


def _all(conditions: Sequence[ast.expr]) -> ast.expr:
    """``a and b``."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), list(conditions))


def loop_lines(printer: Around, statement: Statement) -> Iterator[Line]:
    """A loop."""
    lines = _Loop(printer, statement)
    yield from lines.counting() if lines.counter is not None else lines.asking() if lines.loop.asks else lines.known()


def _counter(loop: Loop, results: Sequence[Node | None]) -> int | None:
    """The state of a loop that is 0, 1, 2, … as long as it is below a bound, and is not needed afterwards."""
    if not loop.asks or loop.sliced or loop.going[0].op.infix != "<" or loop.going[0].inputs[1] not in loop.constants:
        return None
    state = loop.going[0].inputs[0]
    if counted_from(loop, state) != 0 or results[k := loop.states.index(state)] is not None:
        return None
    return k


def _is_counted(x: Node) -> bool:
    return any(map(is_counted, x.shape))


def _shape(printer: Around, x: Node) -> ast.expr:
    lengths: list[ast.expr] = [ast.parse(printer.dim(n), mode="eval").body for n in x.shape]
    return lengths[0] if len(lengths) == 1 else ast.Tuple(lengths)


def _indented(lines: Iterable[Line]) -> Iterator[Line]:
    for line in list(lines) or [Line("pass")]:
        yield replace(line, code=INDENT + line.code)


def _negated(test: ast.expr) -> ast.expr:
    """The opposite of a condition."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, (ast.Not, ast.Invert)):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _element(printer: Around, loop: Loop, v: Node, x: Node, index: str) -> tuple[ast.expr, list[Line]]:
    """How an element of a sliced array is written; with a line that names it, if it is read more than once."""
    if (counted := _counting(x, index)) is not None:
        return counted, []
    element = ast.parse(f"{unparse(printer.trees[x])}[{index}]", mode="eval").body
    uses = consumers(toposort(loop.body.outputs))
    if len(uses.get(v, ())) + loop.body.outputs.count(v) < 2:
        return element, []
    name = printer.new_name(v.name or "x")
    return ast.Name(name), [Line(f"{name} = {unparse(element)}")]


def _counting(x: Node, index: str) -> ast.expr | None:
    """The element of an array that counts, 0, 1, 2, … or 5, 7, 9, …, in terms of the index."""
    if counts_steps(x):
        return ast.Name(index)
    if x.literal is None or x.literal.value.ndim != 1 or x.aval.kind != "i" or x.literal.value.size < 2:
        return None
    first, second = (int(n) for n in x.literal.value[:2])
    by = second - first
    if not by or not np.array_equal(x.literal.value, np.arange(x.literal.value.size) * by + first):
        return None
    term = index if abs(by) == 1 else f"{abs(by)} * {index}"
    if by > 0:
        text = term if not first else f"{term} {'-+'[first > 0]} {abs(first)}"
    else:
        text = f"{first} - {term}" if first else f"-{term}"
    return ast.parse(text, mode="eval").body


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


def once_lines(printer: Around, statement: Statement) -> Iterator[Line]:
    """A block that runs once; the arrays that it gives up are freed, for a function's variables last as long as it."""
    loop = Loop.of(statement.node)
    results = {y: printer.local[r] for r, y in zip(statement.results, loop.left, strict=True) if r is not None}
    given = {k: printer.trees[x] for k, x in zip(loop.constants, loop.fixed, strict=True)}
    inside = printer.inside(loop, given, floats=False)
    inside.local.update({y: name for y, name in results.items() if y in inside.local})
    lines = [replace(line, makes="") for line in inside.statements()]  # each has its end in the block
    for y, name in results.items():
        if y not in inside.local:
            lines.append(Line(f"{name} = {unparse(inside.trees[y])}", printer.type_of(y)))
    yield from lines
    arrays = {name for y, name in inside.local.items() if y.ndim and y not in results}
    made = dict.fromkeys(line.code.partition(" = ")[0] for line in lines)
    if given_up := [name for name in made if name in arrays]:
        yield Line(f"del {', '.join(given_up)}")


BLOCKS: Mapping[str, Callable[[Around, Statement], Iterator[Line]]] = {"for": loop_lines, "once": once_lines}
