"""Loops that ask, with room for their steps: for libraries whose arrays have lengths that are known beforehand.

How many steps such a loop takes is known when it has ended. So what its steps leave behind is put into arrays of as
many elements as it may take steps, whose first ones count, and a loop over these asks whether there is another one.
What goes through whole arrays of them computes what does not count, too; where it would be seen (in a sum), it is
zero. Whether it would be, nobody has to say of a row: `Probe` tries it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh, with_insides
from symdiff.graph.dims import Dim, Length, counted, is_counted, length, lengths_in, linear
from symdiff.graph.graph import Graph
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop, counted_from, counts_steps
from symdiff.graph.node import ITEM, LENGTH, Node, as_node, constant
from symdiff.graph.walk import toposort
from symdiff.ops.elementwise import add, less, logical_and, logical_not, maximum, where
from symdiff.ops.gathering import gather, positions
from symdiff.ops.index import Hole, Run, Slice
from symdiff.ops.putting import put
from symdiff.ops.reductions import spread
from symdiff.ops.safe_places import closed_body
from symdiff.ops.shapes import expand_dims
from symdiff.rewrite.engine import carry_over

Probe = Callable[[Node], str]  # "plain" if what does not count stays by itself, "zero" if it may be zero, "" if neither


class NotPaddedError(Exception):
    """What stands in the way: a node."""

    def __init__(self, node: Node) -> None:
        self.node = node


def padded(graph: Graph, most_steps: int, probe: Probe) -> Graph:
    """`graph` with room for `most_steps` steps of each loop that asks and leaves something behind.

    Where a loop takes more of them, what is computed of it is nan. The graph as it was, if something in it depends on
    the number of steps otherwise.
    """
    order = list(with_insides(graph.order))
    if not any(node.op.block == "for" and Loop.of(node).asks and Loop.of(node).left for node in order):
        return graph
    if any(is_counted(n) for y in graph.outputs for n in y.shape):
        return graph
    try:
        settled = _Padding(most_steps, probe, order).through([*graph.outputs, *graph.forward], {})
    except NotPaddedError:
        return graph
    return carry_over(graph, settled, ())


class _Padding:
    """What has become of the nodes of a graph, and of the lengths that loops in it count.

    Attributes:
        room: how long what counts as a length may be.
        counts: how long it is.
        fits: whether there was room enough.
    """

    def __init__(self, most_steps: int, probe: Probe, order: Sequence[Node]) -> None:
        self.most_steps, self.probe = most_steps, probe
        self.room: dict[str, Dim] = {}
        self.counts: dict[str, Node] = {}
        self.fits: dict[str, Node] = {}
        shapes = [n for node in order for part in node.aval.parts or (node.aval,) for n in part.shape]
        shapes += [node.kwargs["dim"] for node in order if node.op is LENGTH]
        self.clean = set[Node]()  # with zeros where nothing counts
        self.found = _rooms(order)
        self.read = {name for n in shapes if is_counted(n) for name in n.names()}  # type: ignore[union-attr]

    def through(self, roots: Sequence[Node], given: Mapping[Node, Node]) -> dict[Node, Node]:
        """What has become of `roots` and of what they come from, some of which are `given`."""
        new, parts = dict(given), dict[Node, tuple[Node, ...]]()
        order = toposort(roots)
        counting = {name: x for x in order if x.op.block == "for" for name in _names([Loop.of(x).length])}

        def make(nodes: Iterable[Node]) -> None:
            for node in nodes:
                if node in new or node in parts:
                    continue
                for name in self._names_of(node) - self.counts.keys():
                    maker = counting.get(name)
                    if maker is None:
                        raise NotPaddedError(node)
                    if maker is not node:
                        make(toposort([maker], stop=lambda x: x in new or x in parts))
                if node in new or node in parts:
                    continue
                if node.op is ITEM:
                    whole, k = node.inputs[0], node.kwargs["k"]
                    new[node] = parts[whole][k] if whole in parts else Node(ITEM, (new[whole],), node.params)
                elif node.op.block == "for":
                    parts[node] = self._loop(Loop.of(node), [new[x] for x in node.inputs])
                else:
                    new[node] = self._node(node, [new[x] for x in node.inputs])

        make(order)
        return new

    def _names_of(self, node: Node) -> set[str]:
        """The counted lengths that a node needs."""
        if node.op.block == "for":
            loop = Loop.of(node)
            return set() if loop.asks else _names([loop.length])
        return _names([*_shapes(node), *lengths_in(node.params)])

    # ---------------------------------------------------------------------------------------------------------- nodes

    def _node(self, node: Node, inputs: Sequence[Node]) -> Node:
        lengths = _names([*_shapes(node), *(n for x in node.inputs for n in _shapes(x)), *lengths_in(node.params)])
        if not lengths:
            return Node(node.op, tuple(inputs), node.params) if list(node.inputs) != list(inputs) else node
        if node.op is LENGTH:
            return self.value(node.kwargs["dim"])
        if any(_names(_shapes(x)) for x in _places(node)):
            return self._placed(node, inputs)
        how = self.probe(node)
        if not how:
            raise NotPaddedError(node)
        if how == "zero":
            inputs = [self._masked(new, old) for new, old in zip(inputs, node.inputs, strict=True)]
        params = tuple((key, _with(value, self.size)) for key, value in node.params)
        return self._checked(Node(node.op, tuple(inputs), params), lengths - _names(_shapes(node)))

    def _placed(self, node: Node, inputs: Sequence[Node]) -> Node:
        """What reads or writes at places, of which those that do not count are out of bounds: JAX leaves them alone."""
        index, first = node.kwargs["index"], len(node.inputs) - len(_places(node))
        shape = node.kwargs.get("shape") or node.inputs[0].shape
        places, items = list[Node](), list[Any]()
        alone = sum(not isinstance(item, Slice) for item in index) == 1
        for axis, item in enumerate(index):
            if isinstance(item, Run):
                if not alone:
                    raise NotPaddedError(node)
                start = as_node(0) if item.first is None else inputs[item.first]
                at = positions(n=self.size(item.length))
                at = start + (at if item.step == 1 else item.step * at)
                counts: Node | None = less(positions(n=self.size(item.length)), self.value(item.length))
            elif isinstance(item, Hole):
                at, counts = inputs[item.operand], self._counts(node.inputs[item.operand])
            else:
                items.append(item)
                continue
            items.append(Hole(first + len(places)))
            places.append(at if counts is None else where(counts, at, as_node(self.size(shape[axis]))))
        params = {key: _with(value, self.size) for key, value in node.params} | {"index": tuple(items)}
        lengths = _names(n for x in node.inputs for n in _shapes(x)) - _names(_shapes(node))
        return self._checked(Node(node.op, (*inputs[:first], *places), tuple(sorted(params.items()))), lengths)

    def _counts(self, old: Node) -> Node | None:
        """Which elements of an array count; None for all."""
        found = None
        for axis, n in enumerate(old.shape):
            if is_counted(n):
                counts = less(positions(n=self.size(n)), self.value(n))
                others = tuple(k for k in range(old.ndim) if k != axis)
                mask = expand_dims(counts, axis=others) if others else counts
                found = mask if found is None else logical_and(found, mask)
        return found

    def _checked(self, x: Node, lengths: Iterable[str]) -> Node:
        """`x`, or nan if a loop that took so many steps had no room."""
        fits = [self.fits[name] for name in sorted(lengths) if name in self.fits]
        return where(_both(fits), x, constant(x.dtype.type(np.nan))) if fits and x.aval.inexact else x

    def _masked(self, new: Node, old: Node) -> Node:
        """An operand with zeros where nothing counts."""
        if new in self.clean:
            return new
        counts = self._counts(old)
        return new if counts is None else where(counts, new, constant(new.dtype.type(0)))

    def size(self, n: Dim) -> Dim:
        """How long arrays are that have a length which is counted."""
        total: Dim = 0
        for monomial, factor in n.terms if isinstance(n, Length) else (((), n),):
            term: Dim = factor
            for name in monomial:
                by = self.room.get(name, length(name))
                term = by * term if isinstance(by, Length) else term * by
            total = total + term if isinstance(total, Length) else term + total
        return total

    def value(self, n: Dim) -> Node:
        """How much a length counts."""
        if not isinstance(n, Length):
            return as_node(n)
        total: Node | None = None
        for monomial, factor in n.terms:
            term: Node | None = None if factor == 1 and monomial else as_node(factor)
            for name in monomial:
                part = self.counts[name] if name in self.counts else as_node(length(name))
                term = part if term is None else term * part
            assert term is not None
            total = term if total is None else total + term
        assert total is not None
        return total

    # ---------------------------------------------------------------------------------------------------------- loops

    def _loop(self, loop: Loop, inputs: Sequence[Node]) -> tuple[Node, ...]:
        c, s = len(loop.carry), len(loop.carry) + len(loop.sliced)
        carry, sliced, fixed = inputs[:c], inputs[c:s], inputs[s:]
        given = dict(zip(loop.constants, fixed, strict=True))
        names = _names([loop.length])
        if loop.asks:
            ends = [self.value(x.shape[0]) for x in loop.sliced if is_counted(x.shape[0])]
            if not loop.left and not names & self.read and not ends:
                return self._same(loop, carry, sliced, given)
            return self._asking(loop, carry, sliced, given, ends)
        if names:
            return self._known(loop, carry, sliced, given)
        return self._same(loop, carry, sliced, given)

    def _same(
        self, loop: Loop, carry: Sequence[Node], sliced: Sequence[Node], given: Mapping[Node, Node]
    ) -> tuple[Node, ...]:
        """A loop whose steps are known, or of which nobody asks how many there are."""
        fresh = Fresh()
        own = [fresh.input(x.name or "x", x.aval) for x in (*loop.states, *loop.elements)]
        inside = self._inside(loop, {**given, **dict(zip((*loop.states, *loop.elements), own, strict=True))})
        body, fixed = closed_body(own, inside.outputs, inside.names)
        return replace(loop, body=body, carry=tuple(carry), sliced=tuple(sliced), fixed=tuple(fixed)).node.parts

    def _inside(self, loop: Loop, given: Mapping[Node, Node]) -> Body:
        """A step of a loop, whose inputs are something else."""
        inner = _Padding(self.most_steps, self.probe, ())
        inner.read, inner.room, inner.found = self.read, dict(self.room), self.found
        inner.counts, inner.fits, inner.clean = dict(self.counts), dict(self.fits), self.clean
        new, body = inner.through(loop.body.outputs, given), loop.body
        names = {new[y]: name for y, name in body.names.items() if y in new and y not in given}
        return Body((), tuple(new[y] for y in body.outputs), names)

    def _asking(
        self,
        loop: Loop,
        carry: Sequence[Node],
        sliced: Sequence[Node],
        given: Mapping[Node, Node],
        ends: Sequence[Node],
    ) -> tuple[Node, ...]:
        """A loop that asks: it counts its steps, and puts what they leave behind where there is room."""
        if (found := self._range(loop, carry, given)) is not None:
            return found
        room = sliced[0].shape[0] if sliced else self.most_steps
        bounds = [as_node(room)] if loop.left and not sliced else []
        t, states, elements, buffers = self._states(loop, room)
        inside = self._inside(
            loop, {**given, **dict(zip((*loop.states, *loop.elements), (*states, *elements), strict=True))}
        )
        c = len(states)
        asked = [less(t, end) for end in (*bounds, *ends)]
        outputs = inside.outputs
        kept = [_put(buffer, y, t) for buffer, y in zip(buffers, outputs[c : c + len(buffers)], strict=True)]
        outputs = (t + 1, *outputs[:c], *kept, _both([*asked, outputs[-1]]))
        body, fixed = closed_body([t, *states, *buffers, *elements], outputs, inside.names)
        starts = (constant(0), *carry, *(_zeros(x) for x in buffers))
        more = replace(
            loop, body=body, carry=starts, sliced=tuple(sliced), fixed=tuple(fixed), length=counted(), reverse=False
        )
        taken, *parts = more.node.parts
        self.clean.update(parts[c:])
        for name in _names([loop.length]):
            self.room[name], self.counts[name] = room, taken
            if bounds:
                last = self._inside(loop, {**given, **dict(zip(loop.states, parts[:c], strict=True))}).outputs[-1]
                self.fits[name] = logical_not(last)
                parts[:c] = [self._checked(x, [name]) for x in parts[:c]]
        return tuple(parts)

    def _range(self, loop: Loop, carry: Sequence[Node], given: Mapping[Node, Node]) -> tuple[Node, ...] | None:
        """The parts of a loop that does nothing but count, up to a bound: all its numbers at once."""
        going = loop.going[0]
        if len(loop.states) != 1 or loop.sliced or going.op is not less or going.inputs[0] is not loop.states[0]:
            return None
        names, bound = _names([loop.length]), going.inputs[1]
        if counted_from(loop, loop.states[0]) != 0 or set(loop.left) - {loop.states[0]} or len(names) != 1:
            return None
        if loop.states[0] in toposort([bound]):
            return None
        name = names.pop()
        end = maximum(self._inside(replace(loop, body=Body(loop.body.inputs, (bound,))), given).outputs[0], as_node(0))
        room = self.found.get(name, self.most_steps)
        self.room[name], self.counts[name] = room, end
        if name not in self.found:
            self.fits[name] = logical_not(less(as_node(room), end))
        return (end, *(positions(n=room) for _ in loop.left))

    def _states(self, loop: Loop, room: Dim) -> tuple[Node, list[Node], list[Node], list[Node]]:
        """The number of a step, and what it is given: states, elements, and what earlier steps have left behind."""
        fresh = Fresh()
        states = [fresh.input(x.name or "h", x.aval) for x in loop.states]
        elements = [fresh.input(x.name or "x", x.aval) for x in loop.elements]
        t = fresh.input("steps", Aval(np.dtype(np.int64), ()))
        shapes = [tuple(map(self.size, y.shape)) for y in loop.left]
        buffers = [
            fresh.input(f"{hint(y, loop.body.names)}_steps", Aval(y.dtype, (room, *shape)))
            for y, shape in zip(loop.left, shapes, strict=True)
        ]
        return t, states, elements, buffers

    def _known(
        self, loop: Loop, carry: Sequence[Node], sliced: Sequence[Node], given: Mapping[Node, Node]
    ) -> tuple[Node, ...]:
        """A loop over what another one has left behind: it takes as many steps as count."""
        room, steps = self.size(loop.length), self.value(loop.length)
        t, states, _, buffers = self._states(loop, room)
        at = steps - 1 - t if loop.reverse else t
        own = dict(zip(loop.states, states, strict=True))
        own |= {x: _element(array, at) for x, array in zip(loop.elements, sliced, strict=True)}
        inside = self._inside(loop, {**given, **own})
        c = len(states)
        kept = [_put(buffer, y, at) for buffer, y in zip(buffers, inside.outputs[c:], strict=True)]
        outputs = (t + 1, *inside.outputs[:c], *kept, less(t, steps))
        body, fixed = closed_body([t, *states, *buffers], outputs, inside.names)
        starts = (constant(0), *carry, *(_zeros(x) for x in buffers))
        over = Loop(loop.op, body, starts, (), tuple(fixed), counted(), asks=True)
        parts, lengths = over.node.parts[1:], _names([loop.length])
        self.clean.update(parts[c:])
        return (*(self._checked(x, lengths) for x in parts[:c]), *parts[c:])


def _places(node: Node) -> Sequence[Node]:
    """The operands that are the places at which a row reads or writes."""
    index = node.kwargs.get("index")
    if index is None or not any(isinstance(item, (Hole, Run)) for item in index):
        return ()
    holes = [item.operand for item in index if isinstance(item, Hole)]
    holes += [k for item in index if isinstance(item, Run) for k in (item.first, item.counted) if k is not None]
    return node.inputs[min(holes) :]


def _rooms(order: Sequence[Node]) -> dict[str, int]:
    """How long lengths may be at most, for they are those of parts of arrays."""
    found: dict[str, int] = {}
    for node in order:
        if not _places(node):
            continue
        shape = node.kwargs.get("shape") or node.inputs[0].shape
        for item, n in zip(node.kwargs["index"], shape, strict=False):
            dim: Dim = (
                item.length
                if isinstance(item, Run)
                else _run_of(node.inputs[item.operand])
                if isinstance(item, Hole)
                else 0
            )
            line = linear(dim) if isinstance(dim, Length) else None
            if line is not None and isinstance(n, int) and is_counted(length(line[0])) and line[1] > 0:
                most = max((n - line[2]) // line[1], 0)
                found[line[0]] = min(found.get(line[0], most), most)
    return found


def _run_of(place: Node) -> Dim:
    """How many places there are that follow one another: a range, and numbers added to it."""
    while not place.op.counts and place.op.block == "" and not counts_steps(place):
        arrays = [x for x in place.inputs if x.ndim]
        if len(arrays) != 1 or not (place.op is add or place.op is expand_dims):
            return 0
        place = arrays[0]
    return place.shape[0] if place.shape else 0


def _zeros(x: Node) -> Node:
    return spread(constant(x.dtype.type(0)), x.shape)


def _index(x: Node, operand: int) -> tuple[Any, ...]:
    return (Hole(operand), *[Slice()] * (x.ndim - 1))


def _put(buffer: Node, y: Node, at: Node) -> Node:
    return put(buffer, y, at, index=_index(buffer, 2))


def _element(array: Node, at: Node) -> Node:
    return gather(array, at, index=_index(array, 1))


def _both(conditions: Sequence[Node]) -> Node:
    whole = conditions[0]
    for condition in conditions[1:]:
        whole = logical_and(whole, condition)
    return whole


def _shapes(node: Node) -> list[Dim]:
    return [n for part in node.aval.parts or (node.aval,) for n in part.shape]


def _names(lengths: Iterable[Dim]) -> set[str]:
    return {name for n in lengths if isinstance(n, Length) for name in n.names() if is_counted(length(name))}


def _with(value: Any, size: Callable[[Dim], Dim]) -> Any:
    """A parameter with other lengths."""
    if isinstance(value, Length):
        return size(value)
    if isinstance(value, tuple):
        parts = [_with(part, size) for part in value]
        return tuple(parts) if type(value) is tuple else type(value)(*parts)
    return value
