"""Loop nests: a graph as loops over numbers, for targets that print them.

A nest runs over the indices of one shape. What it computes at an index is a list of numbers, each an expression over
elements of arrays: of those that are there before, and, at the same index, of those that it has just computed, which
are then numbers that need no array. A nest may add numbers up that lie along all of its axes. Other sums, parts that
are put into arrays, and loops of the user's are statements between nests.

Which nodes have a name is decided from the outputs backwards, by how often an expression would be asked for: what would
be computed more often than it has elements is computed once. Views and gathers are written where they are read. Then
each node goes into the first nest of its shape that comes after all that it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symdiff.graph.aval import Aval
from symdiff.graph.body import Body
from symdiff.graph.dims import Dim, Shape, nominal_size, parse_dim, size
from symdiff.graph.element import Element
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, constant, slot, variable
from symdiff.graph.template import fill, free_names, parse_template, placeholders
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.axes import length_template

HELD = -2  # the scope of values between two steps
MOST_DEEP = 8  # operations within operations in one expression
IN_EACH_STEP = 1 << 20  # how often a loop may read what it is given

Template = Callable[[Node], str]  # the expression of an elementwise row over its operands


class Read(ast.expr):
    """An element of the array that `node` is; with `flat`, the one index is its place in C order."""

    _fields = ("indices",)

    def __init__(self, node: Node, indices: Sequence[ast.expr], flat: bool = False) -> None:
        self.node, self.indices, self.flat = node, list(indices), flat


@dataclass
class Store:
    """A number that goes into an array: ``array[indices] = value``, or ``+=``.

    `array` is an output's place in the graph, or a node whose array it is.
    """

    array: Node | int
    indices: tuple[ast.expr, ...]
    value: ast.expr
    added: bool = False


@dataclass
class Value:
    """A number that a nest computes at each index, under the name of `node`."""

    node: Node
    value: ast.expr


@dataclass
class Total:
    """What numbers come together to along the last `over` axes: ``y = y + value``, then ``finish``."""

    node: Node
    value: ast.expr
    by: str
    over: Shape = ()
    finish: ast.expr | None = None


@dataclass
class Nest:
    """Loops over the indices ``i0, i1, …`` of `shape`, and what is done at each.

    Attributes:
        steps: numbers, also sums along axes of their own, and where numbers go.
        totals: what comes together of all indices.
    """

    shape: Shape
    steps: list[Value | Total | Store] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)


@dataclass
class Rows:
    """Sums for all indices of an array, added up a row at a time: so memory is read as it lies."""

    total: Total


@dataclass
class Running:
    """Numbers that come together along an axis: ``y = value``, which reads ``y``, the number before."""

    node: Node
    value: ast.expr
    axis: int
    start: ast.expr


@dataclass
class Call:
    """A function of whole arrays: `tree` is the call, over operands and results by name.

    Attributes:
        node: what it computes; one that has several values has them in `results`.
        tree: the call.
        arrays: what the names in it stand for.
        lead: the axes of a stack, for each item of which the function is called.
    """

    node: Node
    tree: ast.Call
    arrays: dict[str, Node]
    lead: Shape = ()


@dataclass
class Base:
    """The array of `node` as it is before parts are put into it: zeros, or a copy."""

    node: Node
    value: ast.expr


@dataclass
class Steps:
    """A loop of the user's: `states` begin as `first`, and become `then` after each step.

    Attributes:
        loop: it.
        index: the variable that counts.
        first: what comes before it: the states' arrays are set.
        asked: what is computed to know whether there is such a step.
        going: whether there is; None for a loop of known length.
        inside: what a step computes.
        then: the states set anew.
    """

    loop: Loop
    index: str
    first: list[Nest]
    asked: list[Item]
    going: ast.expr | None
    inside: list[Item]
    then: list[Nest]


Item = Nest | Rows | Running | Call | Base | Steps


@dataclass
class Program:
    """Nests in order, and the nodes that need an array, or a variable that outlives a nest."""

    items: list[Item]
    arrays: list[Node]
    tables: list[Node]


def nests(graph: Graph, template: Template) -> Program:
    """The program that computes `graph`, all of whose rows are elementwise, or say what their elements are.

    Args:
        graph: lowered.
        template: how numbers of elementwise rows are computed.
    """
    builder = _Builder(template, graph.outputs, set(graph.names))
    builder.run()
    for k, node in enumerate(graph.outputs):
        builder.store(k, node)
    _store_at_once(builder.items, set(builder.arrays))
    return Program(builder.items, list(builder.arrays), list(builder.tables))


def _store_at_once(items: Iterable[Item], arrays: set[Node]) -> None:
    """Numbers that nothing but a store reads are stored as they are computed."""
    often: dict[Node, int] = {}
    for read in (read for tree in expressions(items) for read in reads(tree)):
        often[read.node] = often.get(read.node, 0) + 1
    for nest in all_nests(items):
        stored = {s.value.node: s for s in nest.steps if isinstance(s, Store) and isinstance(s.value, Read)}
        for step in [s for s in nest.steps if isinstance(s, Value)]:
            store = stored.get(step.node)
            if store is not None and often[step.node] == 1 and step.node not in arrays and not step.node.op.view:
                store.value = step.value
                nest.steps.remove(step)


# ---------------------------------------------------------------------------------------------------------- expressions


def counters(n: int, letter: str = "i") -> list[ast.expr]:
    """``i0, i1, …``."""
    return [ast.Name(f"{letter}{k}") for k in range(n)]


def _number(k: int) -> ast.expr:
    return ast.Constant(k)


def _aligned(x: Node, node: Node, indices: Sequence[ast.expr]) -> list[ast.expr]:
    """The indices of an operand of an elementwise row, which may be broadcast."""
    lead = node.ndim - x.ndim
    return [_number(0) if n == 1 else indices[lead + k] for k, n in enumerate(x.shape)]


def is_flat(node: Node) -> bool:
    """Whether a row says what each element of its result is, without a sum."""
    if node.op.family == "elementwise":
        return True
    if node.op.element is None:
        return False
    element = node.op.element(node)[0]
    return not element.over and element.into is None and element.running is None


def is_call(node: Node) -> bool:
    """Whether a row is a function of whole arrays."""
    written = node.op.family in ("linear", "primitive") and "c" in node.op.notation.spell
    return written and node.op.element is None


def weighs(node: Node) -> bool:
    """Whether computing an element takes time that reading it does not."""
    return node.op.family == "elementwise" and bool(node.inputs)


# ------------------------------------------------------------------------------------------------------------- building


class _Builder:
    """Puts the nodes of a graph, or of a step, into nests."""

    def __init__(
        self,
        template: Template,
        outputs: Sequence[Node],
        wanted: set[Node],
        given: Mapping[Node, Callable[[Sequence[ast.expr]], ast.expr]] | None = None,
        around: _Builder | None = None,
        depth: int = 0,
    ) -> None:
        self.template, self.outputs, self.wanted = template, outputs, wanted
        self.given, self.depth = given or {}, depth
        self.items: list[Item] = []
        self.order = toposort(outputs)
        self.arrays: dict[Node, None] = around.arrays if around else {}
        self.tables: dict[Node, None] = around.tables if around else {}
        self.scopes: list[int] = around.scopes if around else []  # one for each loop
        self.named: set[Node] = set()
        self.place: dict[Node, int] = {}  # after which item a node is there
        self.inside: dict[Node, Nest] = {}  # the nest that computes it
        self.barrier = 0
        self._choose()

    # what has a name

    def _choose(self) -> None:
        asked = dict.fromkeys(self.order, 0)
        for node in self.outputs:
            asked[node] += nominal_size(node.shape) if not node.aval.parts else 1
        deep: dict[Node, int] = {}
        for node in self.order:
            below = max((deep[x] for x in node.inputs), default=0)
            deep[node] = below + weighs(node) if below < MOST_DEEP else 0
        outputs = set(self.outputs)
        for node in reversed(self.order):
            if node in self.given or node.op in (CONSTANT, LENGTH, INPUT, ITEM):
                if node.op is ITEM:
                    asked[node.inputs[0]] += 1
                continue
            own = nominal_size(node.shape) if not node.aval.parts else 1
            too_often = weighs(node) and asked[node] > own
            too_deep = weighs(node) and deep[node] == 0 and any(weighs(x) for x in node.inputs)
            if node in outputs or node in self.wanted or too_often or too_deep or not is_flat(node):
                self.named.add(node)
            times = own if node in self.named else asked[node]
            self._ask(node, times, asked)
            if is_call(node):
                self.named.update(x for x in node.inputs if x.op not in (INPUT, ITEM))

    def _ask(self, node: Node, times: int, asked: dict[Node, int]) -> None:
        """Counts how often the operands of `node` are asked for an element if it computes `times` elements."""
        if node.op.element is None or node.op.family == "elementwise":
            names = () if node.op.block else free_names(self.template(node))
            for k, x in enumerate(node.inputs):
                often = sum(map(names.count, placeholders(k)))
                asked[x] += times * (IN_EACH_STEP if node.op.block else max(often, 1))
            return
        for element in node.op.element(node):
            n = times * nominal_size(element.over) if element.into is None else nominal_size(element.shape)
            for k, x in enumerate(node.inputs):
                mentioned = any(name in free_names(element.text) for name in placeholders(k))
                asked[x] += n if mentioned or element.into is None else 0
            if element.into is not None:
                for x in node.inputs[1:]:
                    asked[x] += n

    # expressions

    def read(self, node: Node, indices: Sequence[ast.expr]) -> ast.expr:
        """The element of `node` at `indices`, as an expression over elements of what has a name."""
        if node in self.given:
            return self.given[node](indices)
        if node in self.named or node.op in (INPUT, ITEM):
            return Read(node, indices)
        if node.op is CONSTANT:
            return self._constant(node, indices)
        if node.op is LENGTH:
            return parse_template(f"_length({str(node.params[0][1])!r})")
        if node.op.family == "elementwise":
            operands = [self._operand(node, k, indices) for k in range(len(node.inputs))]
            names = {name: x for k, x in enumerate(operands) for name in placeholders(k)}
            return fill(parse_template(self.template(node)), names, lambda text: parse_template(f"_length({text!r})"))
        return self.element(node, node.op.element(node)[0], indices)  # type: ignore[misc]

    def _operand(self, node: Node, k: int, indices: Sequence[ast.expr]) -> ast.expr:
        x = node.inputs[k]
        value = self.read(x, _aligned(x, node, indices))
        is_condition = node.op.selects and k == 0
        if node.aval.kind == "f" and x.aval.kind in "iub" and not is_condition:
            return value if isinstance(value, ast.Constant) else ast.Call(ast.Name(node.dtype.name), [value], [])
        return value

    def _constant(self, node: Node, indices: Sequence[ast.expr]) -> ast.expr:
        literal = node.literal
        assert literal is not None
        if literal.value.size == 1:
            number = ast.Constant(literal.value.item())
            number.kind = node.dtype.name  # the width of the float that is written
            return number
        self.tables[node] = None
        return Read(node, indices)

    def element(
        self, node: Node, element: Element, indices: Sequence[ast.expr], along: Sequence[ast.expr] = ()
    ) -> ast.expr:
        """The text of `element`, at these indices."""
        known = {f"i{k}": tree for k, tree in enumerate(indices)} | {f"k{k}": tree for k, tree in enumerate(along)}
        return self.filled(node, element, parse_template(element.text), known)

    def filled(self, node: Node, element: Element, tree: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr:
        """A tree of an element's text, with what its names stand for."""
        operands = {name: x for k, x in enumerate(node.inputs) for name in placeholders(k)}
        tables = {f"t{k}": constant(literal.value) for k, literal in enumerate(element.tables)}

        def go(tree: ast.expr) -> ast.expr:
            match tree:
                case ast.Name(id=name):
                    return self.read(operands[name], []) if name in operands else known.get(name, tree)
                case ast.Subscript(value=ast.Name(id=name), slice=inside):
                    indices = [go(x) for x in (inside.elts if isinstance(inside, ast.Tuple) else [inside])]
                    return self.read({**tables, **operands}[name], indices)
                case ast.Call(func=ast.Name(id="flat"), args=[ast.Name(id=name), position]):
                    return self.read_flat(operands[name], go(position))
                case ast.Call(func=ast.Name(id="_length")) | ast.Constant():
                    return tree
                case ast.BinOp(left=left, op=op, right=right):
                    return sum_of_numbers(go(left), op, go(right))
                case ast.Compare(left=left, ops=ops, comparators=others):
                    return ast.Compare(go(left), ops, list(map(go, others)))
                case ast.IfExp(test=test, body=body, orelse=other):
                    return ast.IfExp(go(test), go(body), go(other))
                case ast.Call(func=function, args=arguments):
                    return ast.Call(function, list(map(go, arguments)), [])
                case ast.UnaryOp(op=op, operand=operand):
                    return ast.UnaryOp(op, go(operand))
            raise AssertionError(ast.dump(tree))

        return go(tree)

    def read_flat(self, node: Node, position: ast.expr) -> ast.expr:
        """The element of `node` at a place in C order."""
        if node.ndim == 1:
            return self.read(node, [position])
        if node in self.named or (node.op in (INPUT, ITEM) and node not in self.given):
            return Read(node, [position], flat=True)
        indices: list[ast.expr] = []
        for k, n in enumerate(node.shape):
            behind = size(node.shape[k + 1 :])
            tree = (
                position
                if behind == 1
                else ast.BinOp(position, ast.FloorDiv(), parse_template(length_template(behind)))
            )
            indices.append(tree if k == 0 else ast.BinOp(tree, ast.Mod(), parse_template(length_template(n))))
        return self.read(node, indices)

    # statements

    def run(self, outputs: Sequence[Node] | None = None) -> None:
        """Puts what `outputs` need, or all, into items, in order."""
        needed = None if outputs is None else set(toposort(outputs))
        for node in self.order:
            if (
                (needed is None or node in needed)
                and node in self.named
                and node not in self.place
                and node not in self.inside
            ):
                self._put(node)

    def _put(self, node: Node) -> None:
        if node.op.block:
            self._loop(node)
        elif is_call(node):
            self._call(node)
        elif is_flat(node):
            if node in self.given or node in self.inside:
                return
            indices = counters(node.ndim)
            value = self._written(node, indices)
            self._join(node.shape, Value(node, value), [value])
        else:
            self._whole(node)

    def _written(self, node: Node, indices: Sequence[ast.expr]) -> ast.expr:
        """The expression of a node that has a name."""
        self.named.discard(node)
        try:
            return self.read(node, indices)
        finally:
            self.named.add(node)

    def _call(self, node: Node) -> None:
        """A function of whole arrays, which its operands must be."""
        tree = parse_template(self.template(node))
        assert isinstance(tree, ast.Call)
        arrays: dict[str, Node] = {}
        for k, x in enumerate(node.inputs):
            whole = self.hold(x) if x in self.given or x.op is CONSTANT else x
            if whole in self.inside:
                self.arrays[whole] = None
            arrays |= dict.fromkeys(placeholders(k), whole)
        results = node.parts or (node,)
        for k, result in enumerate(results):
            self.arrays[result] = None
            arrays[f"y{k}" if node.aval.parts else "y"] = result
        for k, part in enumerate(tree.args):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "room":
                room = variable("room", Aval("float64", (self._room(part.args[0]),)), scope=self._scope())
                self.arrays[room] = None
                arrays[f"room{k}"] = room
                tree = ast.Call(tree.func, [*tree.args[:k], ast.Name(f"room{k}"), *tree.args[k + 1 :]], [])
        lead = max((x.shape[:-2] for x in node.inputs), key=len)
        self._append(Call(node, tree, arrays, lead))
        for result in results:
            self.place[result] = len(self.items)

    @staticmethod
    def _room(tree: ast.expr) -> Dim:
        match tree:
            case ast.Call(args=[ast.Constant(value=str(text))]):
                return parse_dim(text)
            case ast.Constant(value=int(n)):
                return n
        raise AssertionError(ast.dump(tree))

    def _scope(self) -> int:
        """A scope that nothing else has."""
        self.scopes.append(len(self.scopes))
        return HELD - len(self.scopes)

    def _whole(self, node: Node) -> None:
        """A row that sums, or puts numbers together."""
        assert node.op.element is not None
        elements = node.op.element(node)
        first = elements[0]
        if first.running is not None:
            self._running(node, first)
            return
        if first.into is None:
            self._total(node, first)
            return
        self.arrays[node] = None
        if first.base:
            indices = counters(node.ndim)
            value = self.read(node.inputs[0], indices) if first.base == "a" else ast.Constant(0)
            self._append(Base(node, value))
        for element in elements:
            known = {f"i{k}": x for k, x in enumerate(counters(len(element.shape)))}
            assert element.into is not None
            into = tuple(self.filled(node, element, parse_template(text), known) for text in element.into)
            value = self.filled(node, element, parse_template(element.text), known)
            nest = Nest(element.shape, [Store(node, into, value, element.added)])
            self._append(nest)
        self.place[node] = len(self.items)

    def _running(self, node: Node, element: Element) -> None:
        assert element.running is not None
        value = self.element(node, element, counters(node.ndim))
        self.arrays[node] = None
        self._append(Running(node, value, element.running, parse_template(element.start)))
        self.place[node] = len(self.items)

    def _total(self, node: Node, element: Element) -> None:
        finish = parse_template(element.finish) if element.finish else None
        if not node.shape or all(n == 1 for n in node.shape):
            along = counters(len(element.over))
            value = self.element(node, element, [_number(0)] * node.ndim, along)
            nest = self._join(element.over, None, [value])
            nest.totals.append(Total(node, value, element.by, finish=finish))
            if node.ndim:
                self.arrays[node] = None
            self.place[node] = self.items.index(nest) + 1
            return
        value = self.element(node, element, counters(node.ndim), counters(len(element.over), "k"))
        total = Total(node, value, element.by, element.over, finish)
        if not goes_along_rows(total):
            self._join(node.shape, total, [value])
            return
        self.arrays[node] = None
        self._append(Rows(total))
        self.place[node] = len(self.items)

    def _append(self, item: Item) -> None:
        for tree in expressions([item]):
            self._keep(tree, None)
        self.items.append(item)

    def _join(self, shape: Shape, step: Value | Total | Store | None, trees: Iterable[ast.expr]) -> Nest:
        """Adds a step to the first nest of that shape that comes after all that is read."""
        least = self.barrier
        found = [read for tree in trees for read in reads(tree)]
        for read in found:
            least = max(least, self._after(read, shape))
        nest = next((x for x in self.items[least:] if isinstance(x, Nest) and x.shape == shape and not _puts(x)), None)
        if nest is None:
            nest = Nest(shape)
            self.items.append(nest)
        for tree in trees:
            self._keep(tree, nest)
        if step is not None:
            nest.steps.append(step)
        if isinstance(step, (Value, Total)):
            self.inside[step.node] = nest
        return nest

    def _after(self, read: Read, shape: Shape) -> int:
        """The first item in which an array can be read so."""
        nest = self.inside.get(read.node)
        if nest is None:
            return self.place.get(read.node, 0)
        here = next(k for k, item in enumerate(self.items) if item is nest)
        return here if nest.shape == shape and is_here(read, shape) else here + 1

    def _keep(self, tree: ast.expr, nest: Nest | None) -> None:
        """Notes which nodes outlive the nest that computes them."""
        for read in reads(tree):
            made = self.inside.get(read.node)
            if made is not None and made.shape and (made is not nest or not is_here(read, made.shape)):
                self.arrays[read.node] = None

    def store(self, array: Node | int, node: Node, prefix: Sequence[ast.expr] = ()) -> None:
        """Puts the whole of `node` into an array."""
        indices = counters(node.ndim)
        value = self.read(node, indices)
        self._join(node.shape, Store(array, (*prefix, *indices), value), [value])

    # loops

    def _loop(self, node: Node) -> None:
        loop, index = self._apart(Loop.of(node)), f"t{self.depth}"
        t = ast.Name(index)
        given: dict[Node, Callable[[Sequence[ast.expr]], ast.expr]] = {}

        def outer(x: Node, *front: ast.expr) -> Callable[[Sequence[ast.expr]], ast.expr]:
            return lambda indices: self.read(x, [*front, *indices])

        for x, source in zip(loop.elements, loop.sliced, strict=True):
            given[x] = outer(source, t)
        for x, source in zip(loop.constants, loop.fixed, strict=True):
            given[x] = outer(source)
        for state in loop.states:
            given[state] = lambda indices, state=state: Read(state, indices)  # type: ignore[misc]
            self.arrays[state] = None
        first = []
        for state, begin in zip(loop.states, loop.carry, strict=True):
            indices = counters(state.ndim)
            first.append(Nest(state.shape, [Store(state, tuple(indices), self.read(begin, indices))]))
        body = _Builder(self.template, loop.body.outputs, set(loop.body.names), given, self, self.depth + 1)
        body.run(loop.going)
        going = body.read(loop.going[0], []) if loop.going else None
        body.barrier = len(body.items)
        body.run()
        front = [t]
        parts = {slot(x): x for x in self.order if x.op is ITEM and x.inputs[0] is node}
        for k, left in enumerate(loop.left, len(loop.carry)):
            if k in parts:
                self.arrays[parts[k]] = None
                body.store(parts[k], left, front)
        changed = [(h, y) for h, y in zip(loop.states, loop.following, strict=True) if y is not h]
        changed = [(h, body.hold(y) if y in loop.states else y) for h, y in changed]
        then = []
        for state, y in changed:
            indices = counters(state.ndim)
            then.append(Nest(state.shape, [Store(state, tuple(indices), body.read(y, indices))]))
        asked, inside = body.items[: body.barrier], body.items[body.barrier :]
        steps = Steps(loop, index, first, asked, going, inside, then)
        for tree in expressions([steps]):
            self._keep(tree, None)
            body._keep(tree, None)
        self.items.append(steps)
        for k, state in enumerate(loop.states):  # the last value is what the part is
            if k in parts:
                self.arrays[parts[k]] = None
                indices = counters(state.ndim)
                self.items.append(Nest(state.shape, [Store(parts[k], tuple(indices), Read(state, indices))]))
        for part in parts.values():
            self.place[part] = len(self.items)

    def _apart(self, loop: Loop) -> Loop:
        """The loop with a step whose inputs are its own: steps of several loops may have equal ones, also nested."""
        scope, body = self._scope(), loop.body
        inputs = tuple(variable(x.name or "", x.aval, scope=scope) for x in body.inputs)
        moved = substitute([*body.outputs, *body.names], dict(zip(body.inputs, inputs, strict=True)))
        outputs, names = moved[: len(body.outputs)], moved[len(body.outputs) :]
        return replace(loop, body=Body(inputs, tuple(outputs), dict(zip(names, body.names.values(), strict=True))))

    def hold(self, y: Node) -> Node:
        """A copy of what has no array of its own, or of a state, which may be set before it is read."""
        held = variable(f"{y.name or 'whole'}_next", y.aval, scope=self._scope())
        value = self.read(y, counters(y.ndim))
        self.named.add(held)
        self._join(y.shape, Value(held, value), [value])
        return held


def _puts(nest: Nest) -> bool:
    """Whether a nest puts numbers where other indices than its own say, so that others must not be computed in it."""
    stores = [step for step in nest.steps if isinstance(step, Store)]
    return any(isinstance(step.array, Node) and step.array.op is not ITEM for step in stores)


def goes_along_rows(total: Total) -> bool:
    """Whether the last index of a result runs along rows of what is read, in whose columns the sum is."""
    last, along = f"i{total.node.ndim - 1}", {f"k{k}" for k in range(len(total.over))}
    found = [
        [{x.id for x in ast.walk(index) if isinstance(x, ast.Name)} for index in r.indices] for r in reads(total.value)
    ]
    in_rows = any(names[-1] == {last} and any(n & along for n in names[:-1]) for names in found if names)
    return total.by == "+" and in_rows


def sum_of_numbers(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    """``left op right``, where what is known of integers is worked out."""
    match left, op, right:
        case ast.Constant(value=int(a)), ast.Add(), ast.Constant(value=int(b)):
            return ast.Constant(a + b)
        case ast.Constant(value=int(a)), ast.Sub(), ast.Constant(value=int(b)) if a >= b:
            return ast.Constant(a - b)
        case ast.Constant(value=0), ast.Add(), _ if not isinstance(right, ast.Constant):
            return right
        case ast.Constant(value=0), ast.Mult() | ast.FloorDiv() | ast.Mod(), _ if isinstance(left.value, int):  # type: ignore[attr-defined]
            return left
        case _, ast.Add() | ast.Sub(), ast.Constant(value=0):
            return left
        case ast.Constant(value=int(a)), ast.Mult(), ast.Constant(value=int(b)):
            return ast.Constant(a * b)
    return ast.BinOp(left, op, right)


def reads(tree: ast.expr) -> Iterator[Read]:
    """The elements that an expression reads."""
    return (x for x in ast.walk(tree) if isinstance(x, Read))


def is_here(read: Read, shape: Shape) -> bool:
    """Whether an element is read at the index at which the nest around is."""
    if read.flat or len(read.indices) != len(shape):
        return False
    return all(isinstance(x, ast.Name) and x.id == f"i{k}" for k, x in enumerate(read.indices))


def all_nests(items: Iterable[Item]) -> Iterator[Nest]:
    """All nests in items, also those of steps."""
    stack = list(items)
    while stack:
        item = stack.pop()
        if isinstance(item, Nest):
            yield item
        elif isinstance(item, Steps):
            stack += [*item.first, *item.asked, *item.inside, *item.then]


def expressions(items: Iterable[Item]) -> Iterator[ast.expr]:
    """All expressions in items, also those of steps."""
    stack = list(items)
    while stack:
        item = stack.pop()
        match item:
            case Nest(steps=steps, totals=totals):
                for step in steps:
                    yield step.value
                    if isinstance(step, Store):
                        yield from step.indices
                yield from (total.value for total in totals)
            case Rows(total=total):
                yield total.value
            case Base(value=value) | Running(value=value):
                yield value
            case Call(arrays=arrays):
                yield from (Read(x, counters(x.ndim, "whole")) for x in arrays.values())
            case Steps():
                stack += [*item.first, *item.asked, *item.inside, *item.then]
                if item.going is not None:
                    yield item.going
