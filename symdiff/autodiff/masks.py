"""Masks: an element that is not selected contributes nothing to a derivative, not even 0 * inf.

A flow is a cotangent, in reverse mode, or a tangent, in forward mode. Zeros that a selection puts into it are no
numbers but absences, and stay zero whatever they meet. They are known in four ways, and elementwise rules keep them:

- ``where(mask, value, 0)``: the rule is applied to `value`, and the product is masked, at no cost.
- *placed*: zeros but for a part, as the cotangent of ``y[1:]`` is. Where the derivative may be infinite somewhere, it
  is taken of that part alone, and what comes out is placed: ``out[1:] = 0.5 / root[1:]``.
- a sum of masked flows is masked by where one of them arrives at least, as soon as it meets a value.
- *masked*: zeros among other numbers, as they are behind sums and matrix products. Where such a flow meets a derivative
  that may be infinite, the product is an `absorbing_product`. Only there does a mask cost an operation. (A guard
  ``where(g != 0, …, 0)`` would not do: a flow may be 0 by chance, where a residual is, and its derivative is not.)

The other way round, a flow that may be infinite meets the derivative zero of what is not selected: there the product is
masked by where the row says that an input is selected. So it is in derivatives of an `absorbing_product`: what it keeps
out stays out, see `absences`.

Promised, for value, gradient and second derivatives: an element of an input that reaches z only through operands that
are not selected contributes nothing, whatever it is, if elementwise operations alone lie between it and the selection.
If linear operations lie there, too (a flip, a matrix product), it contributes nothing where it is finite: zeros travel
as numbers there, and only operations that can turn finite numbers into others are guarded: by dividing by zero, or by
overflow (exp). Where nan and infinities are expected, all are: behind constants that hold some, and behind the inputs
of a program that asks for them (`np.isnan`, `np.nansum`).

A matrix product adds up what it multiplies: where an operand of it is expected not to be finite, what of it meets only
absences is 0 in the derivative (see `absences`). Not covered: an operand that holds nan unasked for, as A does in
``where(m, A @ x, 0)``: masking A would cost as much as the product itself, and hardly any program needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property, reduce

from symdiff.autodiff.absences import Arrivals
from symdiff.autodiff.placed import filled, is_placed, leaves_zeros, picked, put_back
from symdiff.graph.branches import NOWHERE_ELSE, Decision, Place, all_places, decisions, ventures
from symdiff.graph.node import Cotangent, Node, constant
from symdiff.graph.op import Op, Undefined
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.elementwise import (
    absorbing_product,
    add,
    bitwise_and,
    invert,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    where,
)
from symdiff.ops.families import is_pole, is_singular
from symdiff.ops.index import Slice, cover, lies_in
from symdiff.ops.range import Overflows, not_finite, not_finite_behind
from symdiff.ops.reductions import is_zero

# ------------------------------------------------------------------------------------------------ what masks look like


def split_mask(g: Node) -> tuple[Node | None, Node]:
    """``(mask, value)`` of a flow behind a mask, ``(None, g)`` of any other."""
    mask: Node | None = None
    while g.op is where:
        condition, value, other = g.inputs
        if is_zero(value):
            condition, value = logical_not(condition), other
        elif not is_zero(other):
            break
        mask, g = both(mask, condition), value
    return mask, g


def split_decisions(D: Cotangent) -> tuple[list[Decision], Cotangent]:
    """What scalar conditions let a flow through, outermost first, and the flow behind them.

    Of several cotangents, the decisions that all of them wait for.
    """
    if isinstance(D, Node) and D.op is not where:
        return [], D
    layers: list[Decision] = []
    while (layer := _common([_outermost(g) for g in _flowing(D)])) is not None:
        layers.append(layer)
        side = 1 if layer[1] else 2
        D = D.inputs[side] if isinstance(D, Node) else tuple(g if g is None else g.inputs[side] for g in D)
    return layers, D


def _before_filling(g: Node) -> Node:
    """A flow whose zeros were put around a decided part, as one that is decided as a whole."""
    fills, layers = list[Node](), list[Decision]()
    while is_placed(g):
        fills.append(g)
        more, part = split_decisions(g.inputs[0])
        assert isinstance(part, Node)
        layers, g = [*layers, *more], part
    for fill in reversed(fills if layers else ()):
        g = Node(fill.op, (g, *fill.inputs[1:]), fill.params)
    return decided(layers, g) if layers else fills[0] if fills else g


def _outermost(g: Node) -> Decision | None:
    if g.op is not where or g.inputs[0].shape:
        return None
    condition, value, other = g.inputs
    return (condition, True) if is_zero(other) else (condition, False) if is_zero(value) else None


def _common(layers: Sequence[Decision | None]) -> Decision | None:
    return layers[0] if layers and layers.count(layers[0]) == len(layers) else None


def decided(layers: Sequence[Decision], term: Node) -> Node:
    """`term` where it is decided so, else 0. Each decision stays one of its own: a program asks them one by one."""
    for condition, holds in reversed(layers):
        term = where(condition, term, 0) if holds else where(condition, 0, term)
    return term


def masked(mask: Node | None, term: Node) -> Node:
    """`term` where the mask holds, else 0."""
    if mask is None:
        return term
    if not mask.shape:
        return where(mask, term, 0)
    layers, core = split_decisions(term)
    assert isinstance(core, Node)
    inner, value = split_mask(core)
    return decided(layers, where(mask if inner is None else both(mask, inner), value, 0))


def both(mask: Node | None, condition: Node) -> Node:
    """Where both hold; None holds everywhere."""
    if mask is None or condition is mask:
        return condition
    return mask if mask.op is logical_and and condition in mask.inputs else logical_and(mask, condition)


def add_masked(a: Node, b: Node) -> Node:
    """a + b; what one mask, or one decision, lets through is added behind it."""
    if a.op is not where and b.op is not where:
        return a + b
    (first, p), (second, q) = split_decisions(a), split_decisions(b)
    shared: list[Decision] = []
    while (layer := next((x for x in (*first[:1], *second[:1]) if x in first and x in second), None)) is not None:
        shared.append(layer)
        first.remove(layer)
        second.remove(layer)
    assert isinstance(p, Node)
    assert isinstance(q, Node)
    return decided(shared, _sum_behind_mask(decided(first, p), decided(second, q)))


def _sum_behind_mask(a: Node, b: Node) -> Node:
    (mask, p), (other, q) = split_mask(a), split_mask(b)
    if mask is None or other is None or mask.shape != other.shape:
        return a + b
    first, second = _conjuncts(mask), _conjuncts(other)
    if first.keys() <= second.keys():  # what both wait for is asked once, around the sum
        return where(mask, p + masked(_without(second, first), q), 0)
    return where(other, masked(_without(first, second), p) + q, 0) if second.keys() <= first.keys() else a + b


def _conjuncts(mask: Node) -> dict[Node, None]:
    """The conditions all of which hold where a mask does, and nowhere else."""
    found: dict[Node, None] = {}
    stack = [mask]
    while stack:
        node = stack.pop()
        if node.op is logical_and or (node.op is bitwise_and and node.aval.kind == "b"):
            stack += reversed(node.inputs)
        else:
            found[node] = None
    return found


def _without(conditions: Iterable[Node], known: Collection[Node]) -> Node | None:
    left = [c for c in conditions if c not in known]
    return reduce(both, left) if left else None


def _either(mask: Node, other: Node) -> Node | None:
    """Where one of two masks holds at least; None for everywhere."""
    if any(a.op in (logical_not, invert) and a.inputs[0] is b for a, b in ((mask, other), (other, mask))):
        return None
    first, second = _conjuncts(mask).keys(), _conjuncts(other).keys()
    return mask if first <= second else other if second <= first else logical_or(mask, other)


def selection(op: Op, i: int, C: Node) -> Node | None:
    """Where input `i` of C is selected, and has a derivative at all; None for everywhere."""
    chosen = op.selected[i] if op.selected else None
    return None if chosen is None else chosen(*C.inputs, **C.kwargs)


# ------------------------------------------------------------------------------------------------------------- flows


def _flowing(D: Cotangent) -> list[Node]:
    """The cotangents that flow back: one, or those of the parts that have one."""
    return [D] if isinstance(D, Node) else [g for g in D if g is not None]


def _values(C: Node, D: Cotangent) -> list[Node]:
    """What D is the cotangent of: C, or those of its parts that something flows into."""
    return [C] if isinstance(D, Node) else [y for y, g in zip(C.parts, D, strict=True) if g is not None]


class Masks:
    """What is known of the flows, and of the operations, in one run of reverse or forward mode.

    A flow is masked if zeros stand among its numbers for what is not selected, and unbounded if an operation whose
    derivative may be infinite lies behind it. An operation is a hazard if its derivative may be infinite, and in
    reverse mode if that of one that it rests on may be; forward mode meets no infinite operand that has not made the
    value infinite, too, so that both are left out together. Of sums of slices it is known which, for where they reach
    every element there is no zero.
    """

    def __init__(self, forward: list[Node], *, operands: bool = True) -> None:
        self._masked: set[Node] = set()
        self._unbounded: set[Node] = set()
        self._hazards: set[Node] = set()
        self._risks: set[Node] = set()  # values that may not be finite, whatever has made them so
        self._slices: dict[Node, list[tuple[Slice, ...]]] = {}
        self._reached: dict[Node, Node] = {}  # sums of masked flows, and where one of these arrives at least
        self._arrivals = Arrivals()
        self._forward = dict.fromkeys(forward)
        self._overflows = Overflows()
        self._large: set[Node] = set()  # what may not be finite, if elementwise operations alone have made it of that
        self._missing = not_finite(forward)
        self._unknown = not_finite_behind(forward, self._missing) if operands and self._missing else set[Node]()
        for node in forward:
            begins = (operands and node in self._missing) or self._overflows.at(node)
            if begins or (node.op.family == "elementwise" and any(x in self._large for x in node.inputs)):
                self._large.add(node)
            if begins or is_singular(node) or (operands and any(x in self._hazards for x in node.inputs)):
                self._hazards.add(node)
            if begins or is_pole(node) or (operands and any(x in self._risks for x in node.inputs)):
                self._risks.add(node)
        self._is_derived = any(node.op is absorbing_product for node in forward)
        selects = any(node.op.masks or node.op.selects for node in forward)
        self._is_plain = not (selects or self._hazards or self._large or self._missing)

    def _knows_nothing_of(self, flow: Cotangent) -> bool:
        """Whether there is nothing to be known of a flow: nothing selects, and no derivative may be infinite."""
        return self._is_plain and isinstance(flow, Node) and flow.op is not where

    def bprop(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | Undefined | None:
        """The rule of `op` for the flow D, applied so that what is not selected stays out.

        Rules are linear in the flow: what a scalar condition lets through is computed behind it, as a whole. But zeros
        are put around a part of what lies outside of the branch after the decision, whatever it is.
        """
        if self._knows_nothing_of(D):
            return op.bprop(i, D, C)
        if ventures(C):
            D = _before_filling(D) if isinstance(D, Node) else tuple(g if g is None else _before_filling(g) for g in D)
        layers, core = split_decisions(D)
        if op.drops and self._branches[0].get(C, frozenset()).isdisjoint(layers):
            return self._let_through(op, i, C, D)
        term = self._let_through(op, i, C, core)
        return decided(layers, term) if isinstance(term, Node) else term

    def by_branches(self, V: Node, flows: Sequence[Node]) -> list[Node]:
        """The cotangent of V, a sum over branches if several compute V, each by itself, and nothing else does."""
        sums: dict[Place | None, Node] = {}
        for given in flows if len(flows) > 1 and self._branches[1] else ():
            flow = _before_filling(given) if ventures(V) else given
            self.inherit(flow, [given], singular=False)
            layers = split_decisions(flow)[0]
            place = next((p for p in self._branches[1].get(V, NOWHERE_ELSE) if p and set(p).issubset(layers)), None)
            before = sums.get(place)
            sums[place] = flow if before is None else add_masked(before, flow)
            if before is not None:
                self.join(sums[place], before, flow)
        return list(sums.values())

    @cached_property
    def _branches(self) -> tuple[dict[Node, frozenset[Decision]], dict[Node, tuple[Place, ...]]]:
        """What was decided wherever an operation is needed, and the branches that it is computed in."""
        order = list(self._forward)
        selections = {node for node in order if node.op.selects and not node.inputs[0].shape}
        if not selections:
            return {}, {}
        read = {x for node in order for x in node.inputs}
        outputs = [node for node in order if node not in read]
        return decisions(order, outputs, selections), all_places(order, outputs, selections)

    def _let_through(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | Undefined | None:
        if op.family == "elementwise" and isinstance(D, Node):
            return self._elementwise(op, i, C, D)
        flowing = _flowing(D)
        numbers = op.family == "primitive" and all(not g.shape for g in flowing)
        if numbers and self._holds_zeros(flowing) and not self._hazards.isdisjoint(_values(C, D)):
            return self._absorbing(op, i, C, D)
        if isinstance(D, Node) and self._holds_zeros(flowing):
            arrives = self._arrives(D)
            term = op.bprop(i, D, self._arrivals.of_numbers(C, D, arrives, self._unknown, self._risks))
        else:
            term = op.bprop(i, D, C)
        return masked(self._chosen(op, i, C, D), term) if isinstance(term, Node) else term

    def _elementwise(self, op: Op, i: int, C: Node, D: Node) -> Node | Undefined | None:
        layers: list[Node] = []  # masks and placed flows, outermost first
        node, y, hazard = C, C, C in self._hazards
        mask, g = split_mask(D)
        while hazard and is_placed(g):
            layers += [g] if mask is None else [mask, g]
            inputs = tuple(picked(x, g) for x in node.inputs)
            node, y = Node(op, inputs, node.params), picked(y, g)
            mask, g = split_mask(g.inputs[0])
        guarded = hazard and g in self._masked and g not in self._reached and not self._reach_all(g)
        term = self._absorbing(op, i, node, g) if guarded else op.bprop(i, g, node)
        if not isinstance(term, Node):
            return term
        if (arrives := self._reached.get(g)) is not None:
            if self._reads_values(term, g):
                term = masked(arrives, term)
            elif (value := split_mask(term)[1]).literal is None:
                self._reached.setdefault(value, arrives)
        if node is not y:
            [term] = substitute([term], {**{x: x for x in (*node.inputs, g)}, node: y})
        chosen = selection(op, i, node) if guarded else self._chosen(op, i, node, D)
        if g in self._masked or (chosen is None and selection(op, i, node) is not None):
            self._masked.add(split_mask(term)[1])
        if op is absorbing_product and i == 1:  # what it keeps out may be infinite, and is kept out of its derivative
            term = masked(self._arrivals.at(node.inputs[1]), term)
        term = masked(mask, masked(chosen, term))
        for layer in reversed(layers):
            term = masked(layer, term) if layer.aval.kind == "b" else put_back(term, layer)
        return term

    def _absorbing(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | Undefined | None:
        """The rule of `op` for flows whose zeros stay zero: rules are linear, it is that for ones, times them."""
        if isinstance(D, Node) and D.aval.kind == "c":  # linear over real numbers alone, as the sign is
            term = op.bprop(i, D, C)
            return where(not_equal(D, 0), term, 0) if isinstance(term, Node) else term
        total: Node | None = None
        for slot, g in enumerate((D,) if isinstance(D, Node) else D):
            if g is None:
                continue
            one = constant(1.0) if g.aval.weak else constant(g.dtype.type(1))
            ones = one if isinstance(D, Node) else tuple(one if k == slot else None for k in range(len(D)))
            term = op.bprop(i, ones, C)
            if isinstance(term, Undefined):
                return term
            if term is None:  # this part does not come from input i, others may
                continue
            if not self._may_be_infinite(term, C):
                return op.bprop(i, D, C)
            product = absorbing_product(term, g)
            total = product if total is None else total + product
        return total

    def _may_be_infinite(self, factor: Node, C: Node) -> bool:
        """Whether a derivative of C may be infinite, or rests on a value that may be."""
        if any(map(self._is_hazard, (C, *C.parts))):
            return True
        new = toposort([factor], stop=lambda n: n in self._forward)
        read = {factor, *(x for n in new for x in n.inputs)}
        return any(x in self._hazards and x.aval.kind != "b" for x in read)

    def _is_hazard(self, node: Node) -> bool:
        return is_singular(node) or self._overflows.at(node)

    def _reads_values(self, term: Node, g: Node) -> bool:
        """Whether a rule has made `term` of a flow and of values: 0 times inf is nan."""
        new = toposort([term], stop=lambda n: n is g or n in self._forward)
        read = {term, *(x for n in new for x in n.inputs)} - {g}
        values = (x for x in read if x in self._forward and x.aval.kind != "b")
        return any(x.literal is None or x in self._missing for x in values)

    def _chosen(self, op: Op, i: int, C: Node, D: Cotangent) -> Node | None:
        """Where C selects input `i`, if an infinite flow, or operand, may meet the derivative 0 elsewhere."""
        if C.inputs[i] not in self._large and self._unbounded.isdisjoint(_flowing(D)):
            return None
        chosen = selection(op, i, C)
        return self._present(i, C) if chosen is None else chosen

    def _holds_zeros(self, flowing: Sequence[Node]) -> bool:
        masked = self._masked
        return any(g in masked or (g.op is where and split_mask(g)[0] is not None) for g in flowing)

    def follow(self, i: int, C: Node, D: Cotangent, term: Node) -> None:
        """Remembers what `term`, a flow that has passed C, is known to hold."""
        if self._knows_nothing_of(term):
            return
        mask, value = split_mask(term)
        selects = selection(C.op, i, C) is not None and self._chosen(C.op, i, C, D) is None
        if selects or (C.op.masks and mask is None) or self._present(i, C) is not None:
            self._masked.add(value)
        self.inherit(term, _flowing(D), singular=any(map(is_singular, _values(C, D))))

    def _present(self, i: int, C: Node) -> Node | None:
        """Where input `i` meets what may be other than zero in a product of an earlier derivative; None: everywhere."""
        if not (self._is_derived and C.op.product and C.op.family == "elementwise"):
            return None
        return self._arrivals.at(C.inputs[1 - i])

    def inherit(self, term: Node, flowing: Sequence[Node], *, singular: bool) -> None:
        """Remembers what a flow has from those that it is made of, by a row that may be `singular`."""
        inherited = self._holds_zeros(flowing) and not self._is_reached(term)
        if (inherited or term.op.fills) and split_mask(term)[0] is None and (inherited or leaves_zeros(term)):
            self._masked.add(term)
        if term.op.fills and not inherited and (places := filled(term)):
            self._slices[term] = places
        if singular or not self._unbounded.isdisjoint(flowing):
            self._mark_unbounded(term)

    def _mark_unbounded(self, flow: Node) -> None:
        """It is so behind each scalar condition that lets it through, too: rules are applied there."""
        flows = [flow]
        while (layer := _outermost(flows[-1])) is not None:
            flows.append(flows[-1].inputs[1 if layer[1] else 2])
        self._unbounded.update(flows)

    def join(self, total: Node, *terms: Node) -> None:
        """A sum is unbounded if a term is, and zero where all of them are."""
        if all(map(self._knows_nothing_of, terms)):
            return
        if not self._unbounded.isdisjoint(terms):
            self._mark_unbounded(total)
        core = split_mask(total)[1]
        flows = core.inputs if core.op is add else terms  # behind what all of them wait for, which is asked around them
        if all(flow in self._slices for flow in flows):
            self._slices[core] = [index for flow in flows for index in self._slices[flow]]
        if all(self._holds_zeros([flow]) for flow in flows) and not self._reach_all(core):
            self._masked.add(core)
        if core.op is add and core not in self._reached:
            first, second = map(self._arrives, core.inputs)
            somewhere = None if first is None or second is None else _either(first, second)
            if somewhere is not None:
                self._reached[core] = somewhere

    def _arrives(self, g: Node) -> Node | None:
        """Where a flow is let through; None for everywhere, or where a mask does not tell all that is kept out."""
        mask, value = split_mask(g)
        if value in self._reached:
            return both(mask, self._reached[value])
        return None if value in self._masked else mask

    def _reach_all(self, g: Node) -> bool:
        """Whether the slices that a flow is a sum of reach every element: no zero is left."""
        return cover(self._slices.get(g, []), g.shape)

    def _is_reached(self, term: Node) -> bool:
        """Whether all of a part of such a flow is reached by one of them."""
        index, flow = term.kwargs.get("index") if term.op.drops else None, term.inputs[0]
        if index is None or len(index) != flow.ndim:
            return False
        return any(lies_in(index, place, flow.shape) for place in self._slices.get(flow, ()))
