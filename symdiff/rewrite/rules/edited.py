"""Parts of arrays that are replaced: by zeros to which something is added there, by what was there, by that and more.

``y[i] = 0; y[i] += v`` is ``y[i] = v``, ``y[i] = y[i]`` is nothing, and ``y[i] = y[i] + v`` is ``y[i] += v``: what is
changed in place needs no copy, and no name for what was there.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import reduce

from symdiff.graph.node import Node, constant
from symdiff.ops import elementwise as ew, gathering, shapes
from symdiff.ops.assignment import assign
from symdiff.ops.gathering import picks_once
from symdiff.ops.index import Index, Run, Slice
from symdiff.ops.putting import FIRST, put, put_index, read_index
from symdiff.ops.reductions import is_zero
from symdiff.rewrite.rule import BITS, REAL, Rule

DEEPEST = 8  # terms of a sum that are looked through for one that was there
MOST_TERMS = 32  # that are looked through for zeros and what is added there; the rest is one of them
SIGN = "differs in the sign of a zero only"
SCATTERED = (shapes.scatter, gathering.scatter_add)


@BITS.on("put-what-was-there", assign, put)
def _put_what_was_there(node: Node) -> Node | None:
    """``y[i] = x[i]`` in a copy y of x is that copy."""
    return node.inputs[0] if _is_one_part(node) and node.inputs[1] is _was_there(node) else None


@REAL.on("zeroed-and-put-back", ew.add, why=SIGN, among=(assign,))
def _put_back(node: Node) -> Node | None:
    """What is added where zeros have been put, if it is what was there: the derivative of ``y[i] += v`` by y.

    It is undone at once, before a sum of as many terms as there are statements is made of it.
    """
    for x, total in (node.inputs, node.inputs[::-1]):
        if x.op is not assign or x.aval != total.aval:
            continue
        zeroed = {index for index, part in zip(x.kwargs["indices"], x.inputs[1:], strict=True) if is_zero(part)}
        rest, back = list[Node](), set[Index]()
        for term in _added(total) if zeroed else ():
            if _is_put_back(term, x.inputs[0], zeroed - back):
                back.add(term.kwargs["index"])
            else:
                rest.append(term)
        if back:
            return reduce(ew.add, rest, _without_parts(x, back))
    return None


def _added(total: Node) -> list[Node]:
    """The terms of a sum, in order."""
    terms, waiting = list[Node](), [total]
    while waiting:
        x = waiting.pop()
        if x.op is ew.add and x.aval == total.aval:
            waiting += x.inputs[::-1]
        else:
            terms.append(x)
    return terms


def _is_put_back(term: Node, x: Node, zeroed: AbstractSet[Index]) -> bool:
    """Whether a term is what `x` has at one of these places; what is scaled may be scaled part by part."""
    if term.op is not shapes.scatter or term.kwargs["index"] not in zeroed:
        return False
    part = term.inputs[0]
    while part.op is x.op is ew.multiply and part.inputs[0] is x.inputs[0] and not x.inputs[0].shape:
        part, x = part.inputs[1], x.inputs[1]
    return part is shapes.getitem(x, index=term.kwargs["index"])


def _without_parts(x: Node, places: AbstractSet[Index]) -> Node:
    """`x`, in which nothing is put at these places."""
    kept = [(index, part) for index, part in zip(x.kwargs["indices"], x.inputs[1:], strict=True) if index not in places]
    indices, parts = tuple(index for index, _ in kept), [part for _, part in kept]
    return assign(x.inputs[0], *parts, indices=indices) if kept else x.inputs[0]


PUT_BACK = (_put_back,)


def _is_one_part(node: Node) -> bool:
    return node.op is put or len(node.kwargs["indices"]) == 1


def _was_there(node: Node) -> Node:
    """What the first input has where a part of it is replaced."""
    x = node.inputs[0]
    if node.op is assign:
        return shapes.getitem(x, index=node.kwargs["indices"][0])
    return gathering.gather(x, *node.inputs[FIRST:], index=read_index(node.kwargs["index"]))


def _among_zeros(node: Node, part: Node) -> Node:
    """`part` where `node` replaces something, and zeros elsewhere."""
    shape = node.shape
    if node.op is assign:
        return shapes.scatter(part, shape=shape, index=node.kwargs["indices"][0])
    return gathering.scatter_add(part, *node.inputs[FIRST:], shape=shape, index=read_index(node.kwargs["index"]))


def _zeroed(x: Node, scattered: Node) -> bool:
    """Whether `x` has zeros where something is put among zeros."""
    if x.op not in (assign, put) or not _is_one_part(x) or not is_zero(x.inputs[1]) or x.aval != scattered.aval:
        return False
    index, positions = scattered.kwargs["index"], scattered.inputs[1:]
    if x.op is assign:
        return scattered.op is shapes.scatter and x.kwargs["indices"][0] == index
    return positions == x.inputs[FIRST:] and put_index(index) == x.kwargs["index"]


def _part_of_run(node: Node, x: Node) -> Node | None:
    """What is put at a span among zeros, if that is zeros but for the slice `x`, put at a part of the span."""
    index: Index = node.kwargs["index"]
    runs = [k for k, item in enumerate(index) if isinstance(item, Run)]
    if len(runs) != 1 or any(item != Slice() for k, item in enumerate(index) if k not in runs):
        return None
    [k], run = runs, index[runs[0]]
    cut: Index = x.kwargs["index"]
    item = cut[k]
    if any(each != Slice() for j, each in enumerate(cut) if j != k) or not isinstance(item, Slice):
        return None
    start, stop, step = item.start or 0, item.stop or 0, item.step or 1
    if not (isinstance(run, Run) and isinstance(start, int) and isinstance(stop, int)) or step != 1:
        return None
    if start < 0 or stop > 0:
        return None
    first = None if run.first is None else node.inputs[run.first]
    if start:
        first = constant(start) if first is None else first + start
    places = [node.inputs[run.counted]] if first is None else [first, node.inputs[run.counted]]
    less = Run(None if first is None else 1, len(places), run.length - start + stop, run.to_end and not stop)
    new = tuple(less if j == k else each for j, each in enumerate(index))
    return gathering.scatter_add(x.inputs[0], *places, index=new, shape=node.kwargs["shape"])


def edited(shared: AbstractSet[Node]) -> tuple[Rule, ...]:
    """The rules for a graph in which these nodes are used more than once: sums that are shared keep their form."""

    @REAL.on("put-where-zero", ew.add, ew.subtract, why=SIGN, among=(*SCATTERED, assign, put))
    def put_where_zero(node: Node) -> Node | None:
        """What is added where zeros have been put is put there."""
        terms = _terms(node)
        zeros = [k for k, (minus, x) in enumerate(terms) if not minus and x.op in (assign, put) and x not in shared]
        for k, (minus, scattered) in enumerate(terms):
            found = [j for j in zeros if scattered.op in SCATTERED and _zeroed(terms[j][1], scattered)]
            if found:
                x, part = terms[found[0]][1], scattered.inputs[0]
                total = x.op(x.inputs[0], -part if minus else part, *x.inputs[2:], **x.kwargs)
                for less, term in (each for j, each in enumerate(terms) if j not in (k, found[0])):
                    total = total - term if less else total + term
                return total
        return None

    def _terms(node: Node) -> list[tuple[bool, Node]]:
        """The terms of a sum that nothing else needs, and whether they are subtracted."""
        terms, waiting = list[tuple[bool, Node]](), [(False, node)]
        while waiting:
            minus, x = waiting.pop()
            few = len(terms) + len(waiting) < MOST_TERMS
            if few and x.op in (ew.add, ew.subtract) and x.aval == node.aval and (x is node or x not in shared):
                a, b = x.inputs
                waiting += [(minus ^ (x.op is ew.subtract), b), (minus, a)]
            else:
                terms.append((minus, x))
        return terms

    @REAL.on("added-where-put", assign, put, why=SIGN)
    def added_where_put(node: Node) -> Node | None:
        """What replaces a part by itself and more is added there."""
        if node.aval.kind not in "fc" or not _is_one_part(node):
            return None
        if node.op is put and not picks_once(node.shape, node.inputs[FIRST:], read_index(node.kwargs["index"])):
            return None
        there, part = _was_there(node), node.inputs[1]
        more = _without(part, there, DEEPEST)
        if more is None or more.aval != there.aval:
            return None
        return node.inputs[0] + _among_zeros(node, more)

    def _without(total: Node, term: Node, deepest: int) -> Node | None:
        """What is added to `term` in `total`, a sum that nothing else needs; None if that is none of its terms."""
        if total.op not in (ew.add, ew.subtract) or total.aval != term.aval or not deepest:
            return None
        a, b = total.inputs
        if a is term:
            return b if total.op is ew.add else -b
        if b is term and total.op is ew.add:
            return a
        for k, x in enumerate(total.inputs if total.op is ew.add else (a,)):
            if x not in shared and (rest := _without(x, term, deepest - 1)) is not None:
                return total.op(rest, b) if k == 0 else total.op(a, rest)
        return None

    @REAL.on("added-part-by-part", gathering.scatter_add, among=(ew.add, ew.subtract), why="fewer zeros are added")
    def added_part_by_part(node: Node) -> Node | None:
        """``y[1:n] += a; y[:n - 1] += b`` rather than to add up both among zeros, and that to ``y[:n]``."""
        terms = _terms(node.inputs[0]) if node.inputs[0] not in shared else []
        if not terms or any(x.op is not shapes.scatter or x in shared for _, x in terms):
            return None
        total: Node | None = None
        for minus, x in terms:
            part = _part_of_run(node, x)
            if part is None:
                return None
            total = (-part if minus else part) if total is None else total - part if minus else total + part
        return total

    return (_put_what_was_there, put_where_zero, added_where_put, added_part_by_part)


RULES = edited(frozenset())
