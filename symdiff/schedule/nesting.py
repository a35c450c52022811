"""From a graph to loop nests.

Which nodes have a name is decided from the outputs backwards, by how often an expression would be asked for: what would
be computed more often than it has elements is computed once. Then each node goes into the first nest of its shape that
comes after all that it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symdiff.graph.aval import Aval
from symdiff.graph.body import Body
from symdiff.graph.dims import Dim, Shape, nominal_size, parse_dim
from symdiff.graph.element import Element
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, slot, variable
from symdiff.graph.template import free_names, parse_template, placeholders
from symdiff.graph.walk import consumers, substitute, toposort
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
    Value,
    all_nests,
    counters,
    expressions,
    goes_along_rows,
    is_here,
    reads,
)
from symdiff.schedule.reading import Reading, Rule, Template, Whole, in_turn, is_flat, puts_into, weighs

HELD = -2  # scopes of the steps of loops, and of copies, count down from here
MOST_DEEP = 8  # operations within operations in one expression
IN_EACH_STEP = 1 << 20  # how often a loop may read what it is given


def nests(graph: Graph, template: Template, whole: Whole = lambda node: False) -> Program:
    """The program that computes `graph`, all of whose rows are elementwise, or say what their elements are.

    Args:
        graph: lowered.
        template: how numbers of elementwise rows are computed.
        whole: which other rows are functions of whole arrays, beside those that do not say what their elements are.
    """
    guards = graph.notes.guards
    outputs = (*graph.returned, *(guard.condition for guard in guards))
    builder = _Builder(template, whole, outputs, set(graph.names))
    for k, guard in enumerate(guards):
        builder.check(guard.condition, k)
    builder.run()
    for k, node in enumerate(graph.returned):
        builder.store(k, node)
    _store_at_once(builder.items, set(builder.arrays))
    return Program(builder.items, list(builder.arrays), list(builder.tables), builder.aliases)


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


class _Builder(Reading):
    """Puts the nodes of a graph, or of a step, into nests."""

    def __init__(
        self,
        template: Template,
        whole: Whole,
        outputs: Sequence[Node],
        wanted: set[Node],
        given: Mapping[Node, Rule] | None = None,
        around: _Builder | None = None,
        depth: int = 0,
    ) -> None:
        super().__init__(template, whole, given or {}, around.tables if around else {})
        self.outputs, self.wanted, self.depth = outputs, wanted, depth
        self.items: list[Item] = []
        self.order = toposort(outputs)
        self.arrays: dict[Node, None] = around.arrays if around else {}
        self.scopes: list[int] = around.scopes if around else []  # one for each loop
        self.aliases: dict[Node, Node] = around.aliases if around else {}  # nodes that have another one's array
        self.ends: dict[Node, set[Node]] = {}  # by state, the nodes of which each puts parts into the one before
        self.users = consumers(self.order)
        self.place: dict[Node, int] = {}  # after which item a node is there
        self.inside: dict[Node, int] = {}  # the item, a nest, that computes it
        self.barrier = 0
        self._choose()

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
            if self.is_call(node):
                self.named.update(x for x in node.inputs if x.op not in (CONSTANT, INPUT, ITEM))

    def _ask(self, node: Node, times: int, asked: dict[Node, int]) -> None:
        """Counts how often the operands of `node` are asked for an element if it computes `times` elements."""
        if node.op.element is None or node.op.family == "elementwise" or self.is_call(node):
            names = () if node.op.block else free_names(self.template(node))
            for k, x in enumerate(node.inputs):
                often = sum(map(names.count, placeholders(k)))
                asked[x] += times * (IN_EACH_STEP if node.op.block else max(often, 1))
            return
        for element in node.op.element(node):
            n = times * nominal_size(element.over) if element.into is None else nominal_size(element.shape)
            mentioned = {name for text in (element.text, *(element.into or ())) for name in free_names(text)}
            for k, x in enumerate(node.inputs):
                asked[x] += n if mentioned.intersection(placeholders(k)) else 0
            if element.base == "a":
                asked[node.inputs[0]] += nominal_size(node.shape)

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
        if node.op.block or self.is_call(node):
            self._loop(node) if node.op.block else self._call(node)
            self.place[node] = len(self.items)  # also of one that is there in parts
        elif is_flat(node):
            if node in self.given or node in self.inside:
                return
            indices = counters(node.shape)
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
        for k, x in enumerate(map(self.argument, node.inputs)):
            whole = self.hold(x) if x in self.given or x.op is CONSTANT else x
            if whole in self.inside and whole.shape:
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
        root = self._reused(node) if first.base == "a" else None
        if root is not None:
            self.aliases[node] = root
        else:
            self.arrays[node] = None
        if first.base and root is None:
            indices = counters(node.shape)
            value = self.read(node.inputs[0], indices) if first.base == "a" else ast.Constant(0)
            self._append(Base(node, value))
        for element in elements:
            known = {f"i{k}": x for k, x in enumerate(counters(element.shape))}
            assert element.into is not None
            into = tuple(self.filled(node, element, parse_template(text), known) for text in element.into)
            value = self.filled(node, element, parse_template(element.text), known)
            if root is not None and any(self._root(read.node) is root for read in reads(value)):
                value = Read(self._copied(value, element.shape, node), counters(element.shape))
            nest = Nest(element.shape, [Store(node, into, value, element.added)], puts=True)
            self._append(nest)
        self.place[node] = len(self.items)

    def _root(self, node: Node) -> Node:
        """The node whose array a node has."""
        return self.aliases.get(node, node)

    def _reused(self, node: Node) -> Node | None:
        """The node in whose array parts may be put, because nothing reads what was there before any more."""
        x = node.inputs[0]
        is_state = x in self.ends
        if not (is_state or (x in self.named and self._root(x) in self.arrays)) or x in self.outputs:
            return None
        if (is_state or self._root(x) in self.ends) and node not in self.ends[self._root(x)]:
            return None
        seen, stack = {x}, [x]
        while stack:
            for user in self.users[stack.pop()]:
                if user is node or user in seen or user in self.inside or user in self.place:
                    continue
                if user in self.named or user in self.outputs:
                    return None
                seen.add(user)
                stack.append(user)
        return self._root(x)

    def _copied(self, value: ast.expr, shape: Shape, like: Node) -> Node:
        """A node that has numbers which are put where some of them are read."""
        held = variable("part", Aval(like.dtype, shape), scope=self._scope())
        self.named.add(held)
        self._join(shape, Value(held, value), [value])
        self.arrays[held] = None
        return held

    def _running(self, node: Node, element: Element) -> None:
        assert element.running is not None
        value = self.element(node, element, counters(node.shape))
        self.arrays[node] = None
        self._append(Running(node, value, element.running, parse_template(element.start)))
        self.place[node] = len(self.items)

    def _total(self, node: Node, element: Element) -> None:
        finish = parse_template(element.finish) if element.finish else None
        if not node.shape or all(n == 1 for n in node.shape):
            along = counters(element.over)
            value = self.element(node, element, [ast.Constant(0)] * node.ndim, along)
            place = self._join(element.over, None, [value])
            self._nest(place).totals.append(Total(node, value, element.by, finish=finish))
            if node.ndim:
                self.arrays[node] = None
            self.place[node] = place + 1
            return
        value = self.element(node, element, counters(node.shape), counters(element.over, "k"))
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

    def _nest(self, place: int) -> Nest:
        nest = self.items[place]
        assert isinstance(nest, Nest)
        return nest

    def _join(self, shape: Shape, step: Value | Total | Store | None, trees: Iterable[ast.expr]) -> int:
        """Adds a step to the first nest of that shape that comes after all that is read; says which item that is."""
        found = [read for tree in trees for read in reads(tree)]
        least = max((self._after(read, shape) for read in found), default=0)
        place = next((k for k in range(max(least, self.barrier), len(self.items)) if self._is_open(k, shape)), None)
        if place is None:
            place = len(self.items)
            self.items.append(Nest(shape))
        for tree in trees:
            self._keep(tree, place)
        if step is not None:
            self._nest(place).steps.append(step)
        if isinstance(step, (Value, Total)):
            self.inside[step.node] = place
        return place

    def _is_open(self, place: int, shape: Shape) -> bool:
        """Whether other numbers may be computed in an item, too."""
        item = self.items[place]
        return isinstance(item, Nest) and item.shape == shape and not item.puts

    def _after(self, read: Read, shape: Shape) -> int:
        """The first item in which an array can be read so."""
        here = self.inside.get(read.node)
        if here is None:
            return self.place.get(read.node, 0)
        return here if self._nest(here).shape == shape and is_here(read, shape) else here + 1

    def _keep(self, tree: ast.expr, place: int | None) -> None:
        """Notes which nodes outlive the nest that computes them."""
        for read in reads(tree):
            made = self.inside.get(read.node)
            shape = self._nest(made).shape if made is not None else ()
            if shape and (made != place or not is_here(read, shape)):
                self.arrays[read.node] = None

    def store(self, array: Node | int, node: Node, prefix: Sequence[ast.expr] = ()) -> None:
        """Puts the whole of `node` into an array."""
        indices = counters(node.shape)
        value = self.read(node, indices)
        self._join(node.shape, Store(array, (*prefix, *indices), value), [value])

    def check(self, condition: Node, place: int) -> None:
        """Computes what a guard asks for, and asks; what comes behind it is computed if it does not hold."""
        _, holds = self._asked(condition)
        self._append(Check(holds, place))
        self.barrier = len(self.items)

    # loops

    def _loop(self, node: Node) -> None:
        loop, index = self._apart(Loop.of(node)), f"t{self.depth}"
        given = self._given(loop, ast.Name(index))
        first = [self._copy(state, begin) for state, begin in zip(loop.states, loop.carry, strict=True)]
        conditions = in_turn(loop.going, self.template)
        outputs = (*loop.following, *loop.left, *conditions)
        body = _Builder(self.template, self.whole, outputs, set(loop.body.names), given, self, self.depth + 1)
        for state, y in zip(loop.states, loop.following, strict=True):
            body.ends[state] = puts_into(state, y)
        asked = [body._asked(condition) for condition in conditions]
        first_inside = body.barrier
        body.run()
        parts = {slot(x): x for x in self.order if x.op is ITEM and x.inputs[0] is node}
        for k, left in enumerate(loop.left, len(loop.carry)):
            if k in parts:
                self.arrays[parts[k]] = None
                body.store(parts[k], left, [ast.Name(index)])
        then = body._moved_on(loop)
        steps = Steps(loop, index, first, asked, body.items[first_inside:], then)
        for tree in expressions([steps]):
            self._keep(tree, None)
            body._keep(tree, None)
        self.items.append(steps)
        for k, state in enumerate(loop.states):  # the last value is what the part is
            if k in parts:
                self.arrays[parts[k]] = None
                self.items.append(body._copy(parts[k], state))
        for part in parts.values():
            self.place[part] = len(self.items)

    def _given(self, loop: Loop, t: ast.expr) -> dict[Node, Rule]:
        """How what a step is given is read: from arrays out here, and from the states, which have their own."""

        def outer(x: Node, *front: ast.expr) -> Rule:
            return lambda indices: self.read(x, [*front, *indices])

        given = {x: outer(source, t) for x, source in zip(loop.elements, loop.sliced, strict=True)}
        given |= {x: outer(source) for x, source in zip(loop.constants, loop.fixed, strict=True)}
        for state in loop.states:
            given[state] = lambda indices, state=state: Read(state, indices)  # type: ignore[misc]
            self.arrays[state] = None
        return given

    def _copy(self, array: Node, x: Node) -> Nest:
        """A nest of its own that puts the whole of `x` into an array."""
        indices = counters(array.shape)
        return Nest(array.shape, [Store(array, tuple(indices), self.read(x, indices))])

    def _asked(self, condition: Node) -> tuple[list[Item], ast.expr]:
        """What a step must compute before it can ask whether to go on, and the question."""
        self.run([condition])
        going = self.read(condition, [])
        self._keep(going, None)
        before = self.items[self.barrier :]
        self.barrier = len(self.items)
        return before, going

    def _moved_on(self, loop: Loop) -> list[Nest]:
        """How the states of a loop, whose step this is, become the next ones: all but those that it puts into."""
        changed = [(h, y) for h, y in zip(loop.states, loop.following, strict=True) if y is not h]
        changed = [(h, self.hold(y) if y in loop.states else y) for h, y in changed]
        return [self._copy(h, y) for h, y in changed if self._root(y) is not h]

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
        value = self.read(y, counters(y.shape))
        self.named.add(held)
        self._join(y.shape, Value(held, value), [value])
        return held
