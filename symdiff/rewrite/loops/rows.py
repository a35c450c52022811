"""Tables that nested loops fill: the inner loop writes into one row, and carries that row, not the table.

What it reads of other rows is as it was before the loop. The table is put together behind the inner loop, one row at a
time, so that the outer loop fills it in order (`symdiff.rewrite.loops.filled`) and carries its last rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.assignment import assign
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Index, Slice
from symdiff.ops.putting import FIRST, put
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import getitem
from symdiff.rewrite.loops.filled import shifted


@dataclass(frozen=True)
class _Table:
    """State `k`, of which a loop writes row `row` only, in `writes`; `reads` read that row, or others."""

    k: int
    row: Node
    writes: list[Node]
    reads: list[Node]


def one_row(loop: Loop, used: set[int]) -> dict[int, Node] | None:
    """Of a table in which a loop writes one row, it carries the row."""
    found = next((t for k in range(len(loop.carry)) if (t := _table(loop, k)) is not None), None)
    if found is None:
        return None
    k, state, before = found.k, loop.states[found.k], loop.carry[found.k]
    given = dict(zip(loop.constants, loop.fixed, strict=True))
    fresh = Fresh(x.name or "" for x in loop.body.inputs)
    own = fresh.input(f"{state.name or 'row'}_row", _row_of(before, given[found.row]).aval)
    others = {p: fresh.input(f"{own.name}_{i}", own.aval) for i, p in enumerate(_other_rows(found), 2)}
    new: dict[Node, Node] = {state: own}
    for node in toposort(loop.body.outputs):
        if node in found.writes:
            x, part, *_ = new_inputs = substitute(node.inputs, new)
            new[node] = _put(x, part, node.kwargs["index"][1:], new_inputs, own)
        elif node in found.reads:
            at = _first(node)
            x = others[at] if at is not None and at is not found.row else new[node.inputs[0]]
            new[node] = _get(x, node.kwargs["index"][1:], substitute(node.inputs, new))
    outputs = substitute(loop.body.outputs, new)
    states = tuple(own if h is state else h for h in loop.states)
    body = Body((*states, *loop.elements, *loop.constants, *others.values()), tuple(outputs), loop.body.names)
    carry = tuple(_row_of(before, given[found.row]) if i == k else x for i, x in enumerate(loop.carry))
    fixed = (*loop.fixed, *(_row_of(before, given[p]) for p in others))
    parts = replace(loop, body=body, carry=carry, fixed=fixed).node.parts
    whole = put(before, parts[k], given[found.row], index=(Hole(FIRST), *[Slice()] * own.ndim))
    return {i: whole if i == k else parts[i] for i in used}


def _table(loop: Loop, k: int) -> _Table | None:
    """State k as a table of which one row is written."""
    state, end = loop.states[k], loop.following[k]
    row = _first(end) if state.ndim >= 2 and end.op is put else None
    if row is None or row not in loop.constants:
        return None
    uses = consumers(toposort(loop.body.outputs))
    versions, writes, reads = [state], list[Node](), list[Node]()
    for version in versions:
        if loop.body.outputs.count(version) != (version is end):
            return None
        for user in uses[version]:
            if user.op is put and user.inputs[0] is version and user.inputs.count(version) == 1:
                if _first(user) is not row:
                    return None
                writes.append(user)
                versions.append(user)
            elif user.op is gather and user.inputs[0] is version and _first(user) in loop.constants:
                if _first(user) is not row and not _differ(loop, row, _first(user), state):
                    return None
                reads.append(user)
            else:
                return None
    return _Table(k, row, writes, reads) if end in versions else None


def _first(node: Node) -> Node | None:
    """The position along the first axis at which `put` writes, or `gather` reads, if that is one number."""
    item = node.kwargs["index"][0]
    at = node.inputs[item.operand] if isinstance(item, Hole) else None
    return at if at is not None and not at.shape else None


def _other_rows(table: _Table) -> list[Node]:
    """The positions of the rows that are read, and not written."""
    found = dict.fromkeys(_first(node) for node in table.reads)
    return [p for p in found if p is not None and p is not table.row]


def _differ(loop: Loop, a: Node, b: Node | None, table: Node) -> bool:
    """Whether two rows of `table` are never one, also where a position counts from the end."""
    if b is None:
        return False
    given = dict(zip(loop.constants, loop.fixed, strict=True))
    (base, i), (other, j) = shifted(given[a]), shifted(given[b])
    n = table.shape[0]
    return base is other and i != j and isinstance(n, int) and abs(i - j) < n


def _row_of(table: Node, at: Node) -> Node:
    return gather(table, at, index=(Hole(1), *[Slice()] * (table.ndim - 1)))


def _places(index: Index, inputs: Sequence[Node], first: int) -> tuple[list[Node], Index]:
    """The positions that an index needs, and the index with their new numbers, from `first`."""
    positions = [inputs[item.operand] for item in index if isinstance(item, Hole)]
    numbers = iter(range(first, first + len(positions)))
    return positions, tuple(Hole(next(numbers)) if isinstance(item, Hole) else item for item in index)


def _put(row: Node, part: Node, index: Index, inputs: Sequence[Node], like: Node) -> Node:
    positions, index = _places(index, inputs, FIRST)
    if positions:
        return put(row, part, *positions, index=index)
    return spread(part, like.shape) if all(i == Slice() for i in index) else assign(row, part, indices=(index,))


def _get(row: Node, index: Index, inputs: Sequence[Node]) -> Node:
    positions, index = _places(index, inputs, 1)
    if positions:
        return gather(row, *positions, index=index)
    return row if all(i == Slice() for i in index) else getitem(row, index=index)
