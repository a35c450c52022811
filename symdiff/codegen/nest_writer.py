"""Functions from loop nests: what they have in common in the languages that write loops.

A writer goes through the items of a program and puts lines together; how a statement, an element or a loop is spelled,
the language says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence, Set as AbstractSet

import numpy as np

from symdiff.codegen.names import Names, free_name
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, Shape, called
from symdiff.graph.graph import Graph
from symdiff.graph.hints import hint
from symdiff.graph.node import CONSTANT, INPUT, Node
from symdiff.graph.template import parse_template
from symdiff.schedule.nests import (
    Base,
    Call,
    Check,
    Item,
    Nest,
    Program,
    Read,
    Rows,
    Running,
    Steps,
    Store,
    Total,
    counters,
    outermost_first,
)

INDENT = "    "


class NestWriter:
    """Writes one function.

    Attributes:
        graph, program: what it computes.
        name: of the function.
        needs: the functions of ours that it calls.
        arguments: the lengths that it reads.
        results: what its results are called.
        local: what nodes are called.
        stored: the nodes that have an array, or a variable that outlives a nest.
    """

    def __init__(self, graph: Graph, program: Program, reserved: AbstractSet[str], joint: str = "_") -> None:
        self.graph, self.program = graph, program
        self.name = free_name(graph.name, reserved)
        self.names = Names([self.name, *reserved, *(x.name or "" for x in graph.inputs)], joint)
        self.local = {x: free_name(x.name or "", reserved | {self.name}) for x in graph.inputs}
        self.lengths = self._lengths()
        self.results = [self._result(k, node) for k, node in enumerate(graph.outputs)]
        self.counters: dict[str, str] = {}
        self.stored = set(program.arrays)
        self.needs: dict[str, None] = {}

    def name_all(self) -> None:
        """Gives names to all arrays, in order."""
        for node in [*self.program.arrays, *self.program.tables]:
            self.name_of(node)
        self.local |= {node: self.name_of(root) for node, root in self.program.aliases.items()}
        self.stored |= self.program.aliases.keys()

    # --------------------------------------------------------------------------------------------- what languages say

    def text(self, tree: ast.expr) -> str:
        """An expression."""
        raise NotImplementedError

    def named_length(self, text: str) -> str:
        """A length that is no number."""
        raise NotImplementedError

    def element(self, name: str, indices: Sequence[ast.expr], shape: Shape) -> str:
        """An element of an array."""
        raise NotImplementedError

    def new(self, name: str, dtype: np.dtype, value: str, *, changes: bool = True) -> str:
        """The statement that makes a variable."""
        raise NotImplementedError

    def assigned(self, place: str, value: str, sign: str = "=") -> str:
        """An assignment."""
        raise NotImplementedError

    def joined(self, total: Total, place: str, value: str) -> str:
        """The statement by which what is met at an index comes to what was met before."""
        raise NotImplementedError

    def start(self, total: Total) -> str:
        """What a total is of nothing."""
        raise NotImplementedError

    def loop(self, index: str, n: Dim, lines: Sequence[str]) -> Iterator[str]:
        """Lines within a loop."""
        raise NotImplementedError

    def steps(self, item: Steps, t: str, asked: Sequence[tuple[list[str], str]], body: list[str]) -> Iterator[str]:
        """A loop of the user's: what is asked in turn, and what a step does."""
        raise NotImplementedError

    def call(self, item: Call) -> Iterator[str]:
        """A function of whole arrays."""
        raise NotImplementedError

    def check(self, condition: str, place: int) -> Iterator[str]:
        """Where the error of a guard is raised, if a condition holds."""
        raise NotImplementedError

    def adding(self, sums: Sequence[str], lines: Sequence[str]) -> list[str]:
        """What stands before an innermost loop that adds up `sums`, if several may be taken at once."""
        return []

    def block(self, lines: list[str]) -> list[str]:
        """Lines whose variables are their own."""
        return lines

    def outermost(self, nest: Nest, lines: Iterator[str]) -> Iterator[str]:
        """The loops of a nest."""
        return lines

    # ---------------------------------------------------------------------------------------------------------- names

    def _lengths(self) -> dict[str, str]:
        dims = [n for x in self.graph.inputs for n in x.shape if isinstance(n, Length)]
        names = dict.fromkeys(name for n in dims for name in sorted(n.names()))
        self.arguments = [self.names.new(name) for name in names]
        return dict(zip(names, self.arguments, strict=True))

    def _result(self, k: int, node: Node) -> str:
        of = self.graph.notes.cotangents.get(node)
        wanted = self.graph.names.get(node)
        if node not in self.graph.forward and of is not None and of.name:
            wanted = f"d_{of.name}"
        wanted = wanted or ("value" if k == 0 else f"value_{k}")
        return self.names.new("result" if wanted == self.name else wanted)

    def index(self, key: str) -> str:
        """What a counter is called: ``i0`` is i, ``k0``, along which a sum runs, is p."""
        if key not in self.counters and re.fullmatch(r"[ik]\d+", key):
            letters, k = "ijklmn" if key[0] == "i" else "pquvwz", int(key[1:])
            self.counters[key] = self.names.new(letters[k] if k < len(letters) else f"{letters[0]}{k}")
        return self.counters.get(key, key)

    def name_of(self, node: Node) -> str:
        """What a node is called."""
        if node not in self.local:
            of = self.graph.notes.cotangents.get(node)
            wanted = self.graph.names.get(node) or (
                f"d_{hint(of, self.graph.names)}" if of is not None else hint(node, self.graph.names)
            )
            self.local[node] = self.names.new((node.name or wanted) if node.op is INPUT else wanted)
        return self.local[node]

    def type_of(self, node: Node) -> Aval:
        """The type of an input or output, with lengths as they are called here."""
        return Aval(node.dtype, tuple(called(n, self.lengths) for n in node.shape))

    def errors(self) -> list[str]:
        """What the guards raise, as written, over the names of inputs; other values that are quoted are ``...``."""
        found = []
        for guard in self.graph.notes.guards:
            text = guard.error
            for k, node in enumerate(guard.quoted):
                name = self.local[node] if node.op is INPUT else "..."
                text = re.sub(rf"\{{value{k}\b", "{" + name, text)
            found.append(text)
        return found

    def use(self, name: str) -> None:
        """Notes that a function of ours is called."""
        self.needs[name] = None

    def dim(self, n: Dim) -> str:
        """A length."""
        return str(n) if isinstance(n, int) else self.named_length(str(n))

    def known_lengths(self, text: str) -> ast.expr:
        """A length as an expression, all of whose names are known here."""
        tree = parse_template(text)
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and part.id not in self.lengths:
                self.lengths[part.id] = self.names.new("steps")
        return tree

    def counted(self) -> list[str]:
        """What the lengths of loops are called that go on until a condition holds."""
        return list(dict.fromkeys(here for name, here in self.lengths.items() if name.startswith("steps__")))

    def is_number(self, read: Read) -> bool:
        """Whether what is read is a variable: a number, or what the nest around has just computed."""
        return not read.node.shape or (read.node not in self.stored and read.node.op not in (CONSTANT, INPUT))

    # ----------------------------------------------------------------------------------------------------- statements

    def lines(self) -> list[str]:
        """The lines of all items."""
        return [line for item in self.program.items for line in self.item(item)]

    def item(self, item: Item) -> Iterator[str]:
        """The lines of one."""
        match item:
            case Nest():
                yield from self._nest(item)
            case Rows(total=total):
                yield from self._rows(total)
            case Running():
                yield from self._running(item)
            case Call():
                yield from self.call(item)
            case Base(node=node, value=value):
                yield from self._loops(node.shape, [self.assigned(self.here(node), self.text(value))])
            case Steps():
                yield from self._steps(item)
            case Check(condition=condition, place=place):
                yield from self.check(self.text(condition), place)

    def _nest(self, nest: Nest) -> Iterator[str]:
        for total in nest.totals:
            yield self.new(self.total_name(total), total.node.dtype, self.start(total))
        lines = [*self._at_each(nest), *(self._gathered(total, self.total_name(total)) for total in nest.totals)]
        sums = [self.total_name(x) for x in nest.totals if all(other.by == "+" for other in nest.totals)]
        loops = self._loops(nest.shape, lines, sums=sums)
        yield from self.outermost(nest, loops) if nest.shape else loops
        for total in nest.totals:
            yield from self._finished(total, self.total_name(total), self._place(total.node))

    def total_name(self, total: Total) -> str:
        """The variable in which a total comes together."""
        return self.name_of(total.node) if not total.node.shape else f"{self.name_of(total.node)}_0"

    def _place(self, node: Node) -> str:
        zeros = [ast.Constant(0) for _ in node.shape]
        return self.name_of(node) if not node.shape else self.element(self.name_of(node), zeros, node.shape)

    def _finished(self, total: Total, variable: str, place: str) -> Iterator[str]:
        if total.finish is not None:
            self.counters["y"] = variable
            yield self.assigned(place, self.text(total.finish))
        elif place != variable:
            yield self.assigned(place, variable)

    def _running(self, item: Running) -> Iterator[str]:
        node, axis = item.node, item.axis
        name = self.names.new("s")
        self.counters["y"] = name
        lines = [self.assigned(name, self.text(item.value)), self.assigned(self.here(node), name)]
        if node.shape[axis] != 1:
            lines = list(self.loop(self.index(f"i{axis}"), node.shape[axis], lines))
        lines.insert(0, self.new(name, node.dtype, self.begun(item)))
        for k in reversed([k for k, n in enumerate(node.shape) if k != axis and n != 1]):
            lines = list(self.loop(self.index(f"i{k}"), node.shape[k], lines))
        yield from lines if node.ndim > 1 else self.block(lines)

    def begun(self, item: Running) -> str:
        """What comes before the first number that comes together along an axis."""
        raise NotImplementedError

    def _gathered(self, total: Total, variable: str) -> str:
        return self.joined(total, variable, self.text(total.value))

    def _at_each(self, nest: Nest) -> Iterator[str]:
        for step in nest.steps:
            if isinstance(step, Total):
                yield from self._sum(step)
            elif isinstance(step, Store):
                yield self._stored(step)
            elif step.node in self.stored and step.node.shape:
                yield self.assigned(self.here(step.node), self.text(step.value))
            else:
                yield self.new(self.name_of(step.node), step.node.dtype, self.text(step.value), changes=False)

    def _stored(self, step: Store) -> str:
        if isinstance(step.array, int):
            node, place = self.graph.outputs[step.array], self.result(step.array)
        else:
            node = step.array
            place = self.name_of(node)
        if node.shape:
            name = self.results[step.array] if isinstance(step.array, int) else place
            place = self.element(name, step.indices, node.shape)
        return self.assigned(place, self.text(step.value), "+=" if step.added else "=")

    def result(self, k: int) -> str:
        """The place of a result that is a number."""
        return self.results[k]

    def _loops(self, shape: Shape, lines: Sequence[str], letter: str = "i", sums: Sequence[str] = ()) -> Iterator[str]:
        """`lines` within a loop for each axis; the innermost may add up `sums` several at a time, if nothing else is
        carried from one index to the next."""
        inner = list(lines)
        order = self.adding(sums, lines) if sums else []
        for k in reversed([k for k, n in enumerate(shape) if n != 1]):
            inner = [*order, *self.loop(self.index(f"{letter}{k}"), shape[k], inner)]
            order = []
        yield from inner

    def _rows(self, total: Total) -> Iterator[str]:
        place = self.here(total.node)
        yield from self._loops(total.node.shape, [self.assigned(place, "0")])
        yield from self._row_by_row(total, place)
        if total.finish is not None:
            yield from self._loops(total.node.shape, list(self._finished(total, place, place)))

    def here(self, node: Node) -> str:
        """The element at the index at which the loops are."""
        return self.element(self.name_of(node), counters(node.shape), node.shape)

    def _sum(self, total: Total) -> Iterator[str]:
        """A sum at each index of a nest."""
        is_stored = total.node in self.stored
        name = self.names.new("s") if is_stored else self.name_of(total.node)
        yield self.new(name, total.node.dtype, self.start(total))
        sums = [name] if total.by == "+" else []
        yield from self._loops(total.over, [self._gathered(total, name)], "k", sums)
        yield from self._finished(total, name, self.here(total.node) if is_stored else name)

    def _row_by_row(self, total: Total, place: str) -> Iterator[str]:
        lengths = total.lengths
        lines = [self.assigned(place, self.text(total.value), "+=")]
        for name in reversed([name for name in outermost_first(total) if lengths[name] != 1]):
            lines = list(self.loop(self.index(name), lengths[name], lines))
        yield from lines

    def _steps(self, item: Steps) -> Iterator[str]:
        t = self.names.new("t")
        self.counters[item.index] = t
        for nest in item.first:
            yield from self._nest(nest)
        asked = [([x for inside in items for x in self.item(inside)], self.text(going)) for items, going in item.asked]
        body = [line for inside in [*item.inside, *item.then] for line in self.item(inside)]
        yield from self.steps(item, t, asked, body)
