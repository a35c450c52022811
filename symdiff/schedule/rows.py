"""Statements that may be computed some rows at a time: what they make of a block of rows stays in the cache.

Rows are counted along the first axis. A value is made *by rows* if each row of it comes from the same rows of its
operands, and from what is the same for all rows; a *total* adds up something of each row. What the elements of a row's
result are says which: see `symdiff.graph.element`.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from symdiff.graph.dims import Dim, Length, nominal, nominal_size, size
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node
from symdiff.graph.template import parse_template, placeholders
from symdiff.schedule.lifetimes import LARGE, Reuse
from symdiff.schedule.plan import Plan
from symdiff.schedule.statement import Statement

ENOUGH = 3  # passes over whole arrays that a block saves, so that it is worth a loop

Uses = dict[Node, bool]  # of what has a name: whether it is read by rows, or as a whole


@dataclass
class Block:
    """Statements that are computed together, some rows at a time.

    Attributes:
        statements: in order.
        totals: those of them that add up.
        sliced: what is there before, and read by rows.
        kept: what is made by rows, and read afterwards.
        uses: how what has a name is read.
        reads: what each statement reads of that.
        passes: how often an array would be passed over without blocks.
        multiplies: whether matrices are multiplied in it.
    """

    statements: list[Statement] = field(default_factory=list)
    totals: set[Node] = field(default_factory=set)
    sliced: dict[Node, None] = field(default_factory=dict)
    kept: set[Node] = field(default_factory=set)
    uses: Uses = field(default_factory=dict)
    reads: dict[Node, set[Node]] = field(default_factory=dict)
    passes: int = 0
    multiplies: bool = False


Part = Statement | Block


class Rows:
    """How the nodes of a plan depend on rows.

    Args:
        order: the nodes, inputs before users.
        text: how a node is spelled over its operands.
    """

    def __init__(self, order: Sequence[Node], text: Callable[[Node], str]) -> None:
        self.order, self.text = order, text
        self.total = _most_common(order)
        self.made = {node: how for node in order if (how := self._how(node)) is not None} if self.total else {}

    def atoms(self, outputs: Sequence[Node]) -> set[Node]:
        """What needs a name: totals, what is the same for all rows, and rows that something else reads as a whole."""
        found = {node for node in self.made if not self._is_by_rows(node)}
        found |= {node for node in outputs if node in self.made}
        for node in self.order:
            how = self.made.get(node, (False,) * len(node.inputs))
            found |= {x for x, rows in zip(node.inputs, how, strict=True) if not rows and self._is_array(x)}
        return found

    def _is_array(self, x: Node) -> bool:
        return bool(x.inputs) and not x.aval.parts and x.ndim > 0 and not x.op.view and x.op is not ITEM

    def _is_by_rows(self, node: Node) -> bool:
        return not node.aval.parts and bool(node.shape) and node.shape[0] == self.total

    def _how(self, node: Node) -> tuple[bool, ...] | None:
        """Of each operand, whether it is read by rows; None if the node is made otherwise."""
        if not node.inputs or node.aval.parts or any(x.aval.parts for x in node.inputs):
            return None
        if self._is_by_rows(node) and node.op.family == "elementwise":
            found = tuple(x.ndim == node.ndim and x.shape[0] == self.total for x in node.inputs)
        elif node.op.element is None or node.op.is_statement or self._says_length(node):
            return None
        else:
            [*elements] = node.op.element(node)
            if len(elements) != 1 or elements[0].into is not None or elements[0].running is not None:
                return None
            counter = "i0" if self._is_by_rows(node) else ""
            if not counter:
                along = [k for k, n in enumerate(elements[0].over) if n == self.total]
                if len(along) != 1 or elements[0].by != "+" or elements[0].finish or not node.aval.inexact:
                    return None
                counter = f"k{along[0]}"
            read = _read_along(elements[0].text, counter, len(node.inputs))
            if read is None:
                return None
            found = read
        return found if any(found) else None

    def _says_length(self, node: Node) -> bool:
        """Whether how a node is written depends on how many rows there are."""
        names = {"_length"} | {str(self.total)}
        tree = parse_template(self.text(node))
        words = {
            x.id if isinstance(x, ast.Name) else repr(x.value)
            for x in ast.walk(tree)
            if isinstance(x, ast.Name | ast.Constant)
        }
        return not names.isdisjoint(words)

    # ------------------------------------------------------------------------------------------------------- blocks

    def parts(self, plan: Plan) -> list[Part]:
        """The statements of a plan, those in blocks that it pays for; what needs a total comes after its block."""
        if not self.made or plan.branches.keys:
            return list(plan.statements)
        place = {node: s for s in plan.statements for node in s.nodes}
        waiting, found = list(plan.statements), list[Part]()
        while waiting:
            before, block, after = self._first(waiting, place)
            found += before
            if block.statements:
                found += [block] if self._pays(block) else block.statements
            waiting = after
        _find_kept(found, plan, place)
        return found

    def _first(
        self, waiting: Sequence[Statement], place: dict[Node, Statement]
    ) -> tuple[list[Part], Block, list[Statement]]:
        """The statements before the first block, this, and those after it."""
        before, block, after = list[Part](), Block(), list[Statement]()
        inside, later = set[Node](), set[Node]()
        for s in waiting:
            uses, nodes = self._uses(s, place)
            read = set(_named(s, place)) if uses is None else set(uses)
            if read & later or read & block.totals:
                after.append(s)
                later.update(s.nodes)
            elif uses is not None and self._fits(uses, block, inside):
                block.statements.append(s)
                block.passes += sum(not node.op.view for node in nodes)
                block.multiplies |= any(len(node.inputs) > 1 and node.op.family != "elementwise" for node in nodes)
                block.uses.update(uses)
                block.reads[s.node] = set(uses)
                block.sliced.update(dict.fromkeys(x for x, rows in uses.items() if rows and x not in inside))
                inside.add(s.node)
                if not self._is_by_rows(s.node):
                    block.totals.add(s.node)
            elif read & inside:
                after.append(s)
                later.update(s.nodes)
            else:
                before.append(s)
        return before, block, after

    def _fits(self, uses: Uses, block: Block, inside: set[Node]) -> bool:
        """Whether nothing is read both ways, and what the block makes by rows only."""
        return all((x not in inside or rows) and block.uses.get(x, rows) == rows for x, rows in uses.items())

    def _uses(self, s: Statement, place: dict[Node, Statement]) -> tuple[Uses | None, set[Node]]:
        """How a statement reads what has a name, and the nodes in it; None if it is not made by rows."""
        if s.results or s.in_place or s.node not in self.made or s.node.op.block:
            return None, set()
        uses: Uses = {}
        stack, seen = [(s.node, True)], set[Node]()
        while stack:
            node, rows = stack.pop()
            leaf = node is not s.node and (node in place or not node.inputs)
            if leaf or not rows:
                if node.op in (CONSTANT, LENGTH) and not node.ndim:
                    continue
                if not leaf and self._is_array(node):
                    return None, set()
                if leaf and rows and not (node in place or node.op is INPUT or (node.op is CONSTANT and node.ndim)):
                    return None, set()
                for x in [node] if leaf else _named_in(node, place):
                    if uses.setdefault(x, rows and leaf) != (rows and leaf):
                        return None, set()
                continue
            if node in seen:
                continue
            seen.add(node)
            if node not in self.made or (node is not s.node and not self._is_by_rows(node)):
                return None, set()
            stack += zip(node.inputs, self.made[node], strict=True)
        return uses, seen

    def _pays(self, block: Block) -> bool:
        rows = [s.node for s in block.statements if self._is_by_rows(s.node)]
        large = max([_bytes(x) for x in (*rows, *block.sliced)], default=0)
        return block.passes > ENOUGH and large >= LARGE


def find_reuse(plan: Plan, parts: Sequence[Part], busy: set[Node]) -> Reuse:
    """Which variables may get another value, in the order in which the lines of `parts` are written."""
    blocks = [part for part in parts if isinstance(part, Block)]
    if not blocks:
        return Reuse(plan, busy)
    lines = [s for part in parts for s in (part.statements if isinstance(part, Block) else [part])]
    inside = {s.node: k for k, block in enumerate(blocks) for s in block.statements}
    return Reuse(plan, busy.union(*[block.kept | block.totals for block in blocks]), lines, inside)


def _bytes(node: Node) -> int:
    """Those of an array; one whose length is not known may be of any size."""
    if any(isinstance(n, Length) for n in node.shape):
        return LARGE
    return node.dtype.itemsize * nominal(size(node.shape))


def _most_common(order: Sequence[Node]) -> Dim:
    """The first length of those arrays in which elementwise rows make most elements; 0 if there are none."""
    made = Counter[Dim]()
    for node in order:
        if node.op.family == "elementwise" and node.ndim and node.inputs:
            made[node.shape[0]] += nominal_size(node.shape)
    most = [n for n, _ in made.most_common(1)]
    return most[0] if most and most[0] != 1 else 0


def _read_along(text: str, counter: str, total: int) -> tuple[bool, ...] | None:
    """Of each operand, whether `counter` is its first index; None if it occurs elsewhere."""
    of = {name: k for k in range(total) for name in placeholders(k)}
    found: dict[int, bool] = {}
    counted = 0
    tree = parse_template(text)
    for part in ast.walk(tree):
        if not isinstance(part, ast.Subscript) or not isinstance(part.value, ast.Name) or part.value.id not in of:
            continue
        inside = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
        by_rows = bool(inside) and isinstance(inside[0], ast.Name) and inside[0].id == counter
        if found.setdefault(of[part.value.id], by_rows) != by_rows:
            return None
        counted += by_rows
    if sum(isinstance(x, ast.Name) and x.id == counter for x in ast.walk(tree)) != counted:
        return None
    return tuple(found.get(k, False) for k in range(total))


def _named_in(node: Node, place: dict[Node, Statement]) -> Iterator[Node]:
    """What has a name, or comes from outside, among what an expression reads."""
    seen, stack = {node}, [node]
    while stack:
        x = stack.pop()
        if x in place or x.op is INPUT or (x.op is CONSTANT and x.ndim):
            yield x
        else:
            stack.extend(y for y in x.inputs if y not in seen)
            seen.update(x.inputs)


def _named(s: Statement, place: dict[Node, Statement]) -> Iterator[Node]:
    """What a statement reads that has a name."""
    own = set(s.nodes)
    for x in (*s.node.inputs, *s.terms, *[y for part in s.parts for y in part.inputs]):
        yield from (y for y in _named_in(x, place) if y not in own)


def _find_kept(parts: Sequence[Part], plan: Plan, place: dict[Node, Statement]) -> None:
    """Which of what blocks make is read elsewhere."""
    asked = [x for guard in plan.graph.notes.guards for x in guard.reads]
    read = {x for y in (*plan.graph.outputs, *asked) for x in _named_in(y, place)}
    for part in parts:
        statements = [part] if isinstance(part, Statement) else []
        read.update(x for s in statements for x in _named(s, place))
    for k, part in enumerate(parts):
        if isinstance(part, Block):
            others = {
                x
                for other in parts[k + 1 :]
                if isinstance(other, Block)
                for s in other.statements
                for x in _named(s, place)
            }
            part.kept = {s.node for s in part.statements if s.node in read or s.node in others} - part.totals
