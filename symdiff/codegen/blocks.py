"""Blocks of statements: loops, written around the lines of their bodies."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from symdiff.codegen.float_loops import as_number, header, is_float_loop, own_numbers
from symdiff.codegen.in_place import update
from symdiff.codegen.lengths import is_count
from symdiff.codegen.lines import Line
from symdiff.codegen.names import Indices, is_called_alike
from symdiff.codegen.numbered import Index, first_step, name_of_steps
from symdiff.codegen.printed import INDENT
from symdiff.codegen.subject import Subject
from symdiff.codegen.target import Target
from symdiff.graph.dims import Dim, is_counted
from symdiff.graph.expression_text import unparse
from symdiff.graph.loop import Loop, counted_from
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, toposort
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.into import Into
from symdiff.schedule.plan import Plan
from symdiff.schedule.reads import arrays_held
from symdiff.schedule.renewed import Begun, at_once
from symdiff.schedule.statement import Statement


class Inside(Protocol):
    """The lines of a body."""

    trees: dict[Node, ast.expr]
    local: dict[Node, str]
    buffers: Buffers
    keeps: dict[Node, list[str]]
    subject: Subject
    plan: Plan
    counted_up: set[Node]

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
    indices: Indices
    begun: Begun
    plan: Plan
    into: Mapping[Node, Into]

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

    def name_of(self, path: str) -> ast.Name:
        """NumPy, or what stands for it, or something in it, as it is called here."""

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
        is_counted = loop.elements or not loop.asks or counts
        self.index = printer.indices.take(name_of_steps(loop, self.counter)) if is_counted else ""
        self.first = 0 if loop.asks or printer.lists else first_step(loop)
        number = Index(self.index, self.first)
        printer.counts.add(self.index)
        self.carried = [
            printer.local[r] if r is not None else self._new_name(k, h.name or "h")
            for k, (h, r) in enumerate(zip(loop.states, results, strict=False))
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
        self.numbers: list[Line] = []
        for k, divides in own_numbers(loop, printer.as_floats) if self.floats and not printer.lists else ():
            name, tree = printer.new_name(k.name or "den"), self.given[k]
            self.numbers.append(Line(f"{name} = {unparse(as_number(printer.call, tree, divides=divides))}"))
            self.given[k] = ast.Name(name)
        for v, x in zip(loop.elements, loop.sliced, strict=True):
            if printer.lists and not loop.asks:
                name = printer.new_name(v.name or "x")
                self.given[v], self.lists[name] = ast.Name(name), printer.trees[x]
            elif self.floats and (counted := number.element(x)) is not None:
                self.given[v], self.counts = counted, True
            elif self.floats:
                name = printer.new_name(v.name or "x")
                self.given[v], self.lists[name] = ast.Name(name), printer.trees[x]
            else:
                self.given[v], self.head[v] = _element(printer, loop, v, x, number)
        self.first = self.first or self._first()
        self.inside = printer.inside(loop, self.given, floats=self.floats)
        self.inside.counted_up.update(self._counted_up())
        self.at_once = at_once(self.inside.plan, loop)

    def _counted_up(self) -> Iterator[Node]:
        """The numbers that ``+=`` may make of carried ones: none of these is an array, that somebody else holds."""
        for h, start, end in zip(self.loop.states, self.loop.carry, self.loop.following, strict=True):
            if not h.shape and (self.floats or start.literal is not None):
                yield end

    def _first(self) -> int:
        """The number of the first step: not 0 if all that the steps do with it is to write into arrays from there."""
        starts = {self.printer.into[r].start if r in self.printer.into else 0 for _, r, _ in self.left}
        is_read = any(not isinstance(self.given[v], ast.Name) or self.head.get(v) for v in self.loop.elements)
        is_read |= any(ast.unparse(self.given[v]) == self.index for v in self.loop.elements)
        return 0 if self.loop.asks or is_read or len(starts) != 1 else starts.pop()

    def _place(self, name: str, r: Node) -> str:
        """Where a step writes what it leaves behind."""
        into = self.printer.into.get(r)
        array = name if into is None else self.printer.local[into.node]
        return f"{array}[{Index(self.index, self.first).plus(0 if into is None else into.start)}]"

    def _new_name(self, k: int, wanted: str) -> str:
        """The variable of a state that nobody needs behind the loop."""
        start = self.printer.begun.get((self.node, k))
        name = "" if start is None else self.printer.local[start]
        return name if is_called_alike(name, wanted) else self.printer.new_name(wanted)

    def starts(self) -> Iterator[Line]:
        """The carried values at the beginning."""
        overwritten, floats = self.inside.buffers.overwritten, self.printer.as_floats & self.printer.local.keys()
        for k, (name, start, h) in enumerate(zip(self.carried, self.loop.carry, self.loop.states, strict=True)):
            tree = self.printer.trees[start]
            if k == self.counter:
                continue
            if h in overwritten and not self._is_given(k, start):
                tree = self.printer.call("np.array", tree)
            elif self.floats and start.literal is None and start not in floats:
                tree = self.printer.call("bool" if h.aval.kind == "b" else "float", tree)
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
        yield from self.numbers
        if self.printer.lists:
            yield from self.over_lists()
            return
        yield from self._room()
        early = {y for outputs in self.inside.buffers.first.values() for y in outputs}  # written by the step itself
        for name, r, y in self.left:
            if y not in self.at_once:
                self.inside.keeps.setdefault(y, []).append(self._place(name, r))
        statements, leaves = self.inside.statements(), "{place} = {value}"
        body = [line for lines in self.head.values() for line in lines]
        body += [*self.leaving(leaves, self.at_once), *statements]
        body += self.leaving(leaves, {y for _, _, y in self.left} - self.at_once - early)
        bounds = [self.first, self.loop.length + self.first] if self.first else [self.loop.length]
        steps = f"range({', '.join(map(self.printer.dim, bounds))})"
        once, body = self._made_once(body)
        yield from once
        reverse, counts, first = self.loop.reverse, self.counts, self.first
        yield Line(header(self.index, steps, self.lists, reverse=reverse, counts=counts, first=first))
        yield from _indented([*body, *self.updates()])
        if self.floats:
            for name, part in zip(self.carried, self.results, strict=False):
                if part is not None and self.printer.needs_numpy(part):
                    dtype = "np.bool_" if part.aval.kind == "b" else "np.float64"
                    yield Line(f"{name} = {unparse(self.printer.call(dtype, ast.Name(name)))}")

    def _room(self) -> Iterator[Line]:
        """The arrays that the steps fill: those of one type are rows of one, unless they are handed on."""
        outputs = self.printer.plan.graph.outputs
        held = arrays_held(toposort(outputs))
        handed_on = {x for y in outputs for x in held[y]}
        rows: dict[object, list[tuple[str, Node]]] = {}
        for name, r, _ in self.left:
            if r not in self.printer.into:
                rows.setdefault(r if r in handed_on or _is_counted(r) else r.aval, []).append((name, r))
        for several in (part for every in rows.values() for part in _in_lines(every)):
            names, r = ", ".join(name for name, _ in several), several[0][1]
            shape = _shape(self.printer, r)
            if len(several) > 1:
                rest = shape.elts if isinstance(shape, ast.Tuple) else [shape]
                shape = ast.Tuple([ast.Constant(len(several)), *rest])
            made = self.printer.call("np.empty", shape)
            if r.dtype != "float64":
                made.keywords.append(ast.keyword("dtype", ast.Constant(r.dtype.name)))
            yield Line(f"{names} = {unparse(made)}", self.printer.type_of(r), makes="" if _is_counted(r) else names)

    def leaving(self, how: str, what: Collection[Node]) -> list[Line]:
        """The lines by which a step leaves values behind."""
        found = [(name, r, unparse(self.inside.trees[y])) for name, r, y in self.left if y in what]
        return [Line(how.format(name=name, place=self._place(name, r), value=value)) for name, r, value in found]

    def over_lists(self) -> Iterator[Line]:
        """A loop of known length over lists of numbers, which leaves lists behind."""
        steps = self.printer.dim(self.loop.length)
        for name, _, _ in self.left:
            yield Line(f"{name} = [0.0] * {steps}")
        statements, leaves = self.inside.statements(), "{place} = {value}"
        body = [*self.leaving(leaves, self.at_once), *statements]
        body += self.leaving(leaves, {y for _, _, y in self.left} - self.at_once)
        reverse, counts = self.loop.reverse, self.counts
        yield Line(header(self.index, f"range({steps})", self.lists, reverse=reverse, counts=counts, are_lists=True))
        yield from _indented([*body, *self.updates()])

    def _made_once(self, body: Sequence[Line]) -> tuple[list[Line], list[Line]]:
        """The lines of a step that make what loops in it fill, which stand before the loop, and the others.

        Not if the next step may still read the array.
        """
        held, buffers = arrays_held(toposort(self.loop.body.outputs)), self.inside.buffers
        carried, found = set[Node](), list(self.loop.following)
        while found:
            more = {buffers.origin(x) for x in held[found.pop()]} - carried
            carried |= more
            found += [side for x in more if x.op.selects and not x.inputs[0].shape for side in x.inputs[1:]]
        kept = {self.inside.local.get(x, "") for x in carried}
        once = [
            line
            for line in body
            if line.makes and kept.isdisjoint(line.makes.split(", ")) and not line.code.startswith(INDENT)
        ]
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
        rest += self.leaving("{name}.append({value})", self.at_once)
        rest += self.inside.statements(self.inside.subject.conditions, rest=True)
        rest += self.leaving("{name}.append({value})", {y for _, _, y in self.left} - self.at_once)
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
        ends = [
            (name, y)
            for k, (name, y) in enumerate(zip(self.carried, self.loop.following, strict=True))
            if k != self.counter
        ]
        added = {name for name, y in ends if y in self.inside.counted_up}
        return _updates({name: self.inside.trees[y] for name, y in ends}, added)


LONGEST_NAMES = 84  # characters of the names of arrays that are made in one line


def _in_lines(several: Sequence[tuple[str, Node]]) -> Iterator[list[tuple[str, Node]]]:
    """Named arrays, as many at a time as fit in a line."""
    part: list[tuple[str, Node]] = []
    for each in several:
        if part and len(", ".join(name for name, _ in (*part, each))) > LONGEST_NAMES:
            yield part
            part = []
        part.append(each)
    yield part


def _all(conditions: Sequence[ast.expr]) -> ast.expr:
    """``a and b``."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), list(conditions))


def loop_lines(printer: Around, statement: Statement) -> Iterator[Line]:
    """A loop."""
    lines = _Loop(printer, statement)
    yield from lines.counting() if lines.counter is not None else lines.asking() if lines.loop.asks else lines.known()
    printer.indices.give_back(lines.index)


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


def _element(printer: Around, loop: Loop, v: Node, x: Node, number: Index) -> tuple[ast.expr, list[Line]]:
    """How an element of a sliced array is written; with a line that names it, if it is read more than once."""
    if (counted := number.element(x)) is not None:
        return counted, []
    element = ast.parse(f"{unparse(printer.trees[x])}[{number.plus(0)}]", mode="eval").body
    uses = consumers(toposort(loop.body.outputs))
    if len(uses.get(v, ())) + loop.body.outputs.count(v) < 2:
        return element, []
    name = printer.new_name(v.name or "x")
    return ast.Name(name), [Line(f"{name} = {unparse(element)}")]


def _updates(ends: Mapping[str, ast.expr], added: Collection[str]) -> list[Line]:
    """The carried values take those of the next step: one line each, where none is read after it has changed."""
    pairs = [(name, tree) for name, tree in ends.items() if unparse(tree) != name]
    changed: set[str] = set()
    for name, tree in pairs:
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if read & changed:
            return [Line(f"{', '.join(n for n, _ in pairs)} = {', '.join(unparse(tree) for _, tree in pairs)}")]
        changed.add(name)
    return [Line((update(x, name) if name in added else None) or f"{name} = {unparse(x)}") for name, x in pairs]


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
    made = dict.fromkeys(name for line in lines for name in line.code.partition(" = ")[0].split(", "))
    if given_up := [name for name in made if name in arrays]:
        yield Line(f"del {', '.join(given_up)}")


BLOCKS: Mapping[str, Callable[[Around, Statement], Iterator[Line]]] = {"for": loop_lines, "once": once_lines}
