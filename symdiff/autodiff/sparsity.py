"""Which elements of results can depend on which elements of targets: the patterns of Jacobians, without values.

A pattern is carried through the graph, node by node: the rows of a node are its elements, in C order, the columns are
the elements of all targets. Each row of the vocabulary says which elements of an operand its elements depend on (its
column `links`); a row that does not say depends on all. So a pattern may hold more entries than there are derivatives
that are not zero, never fewer (Griewank and Walther, "Evaluating Derivatives", 2008, section 7.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from symdiff.autodiff.pattern import Pattern, union
from symdiff.errors import ShapeError, UnsupportedError
from symdiff.graph.dims import show_shape
from symdiff.graph.loop import Loop
from symdiff.graph.node import INPUT, ITEM, Node, slot, variable
from symdiff.graph.walk import between, toposort
from symdiff.ops.links import MOST, Links, Moves

Found = Pattern | None  # None: it depends on no target


def patterns(outputs: Sequence[Node], targets: Sequence[Node]) -> list[list[Pattern]]:
    """The pattern of the Jacobian of each of `outputs` with respect to each of `targets`.

    Raises:
        ShapeError: if a length is a name.
        UnsupportedError: if a pattern has more entries than it makes sense to keep.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.ops.shapes import flip
    >>> x = variable("x", Aval("float64", (3,)))
    >>> [[found]] = patterns([x * flip(x, axis=(0,))], [x])
    >>> found.rows, found.indices
    (array([0, 0, 1, 2, 2]), array([0, 2, 1, 0, 2]))
    """
    sizes = [size_of(x) for x in targets]
    ends = np.cumsum([0, *sizes]).tolist()
    start = {
        x: Pattern.identity(n, (n, ends[-1]), first)
        for x, n, first in zip(targets, sizes, ends, strict=False)
    }  # fmt: skip
    found = carried(outputs, start, ends[-1])
    rows = [p or _nothing(size_of(y), ends[-1]) for p, y in zip(found, outputs, strict=True)]
    return [[row.block(a, b) for a, b in pairwise(ends)] for row in rows]


def carried(outputs: Sequence[Node], start: Mapping[Node, Found], columns: int) -> list[Found]:
    """The patterns of `outputs`, given those of nodes that they depend on."""
    known = Known()
    table: dict[Node, Any] = dict(start)  # of a node with parts, a tuple
    for node in _moved(between(start, *outputs), outputs):
        if node not in table:
            table[node] = _of(node, table, known, columns)
    return [table.get(y) for y in outputs]


def _moved(order: Sequence[Node], outputs: Sequence[Node]) -> list[Node]:
    """The nodes that derivatives of `outputs` lead to."""
    wanted = set(outputs)
    for node in reversed(order):
        if node in wanted:
            wanted.update(x for i, x in enumerate(node.inputs) if i not in node.op.still)
    return [node for node in order if node in wanted]


def _of(node: Node, table: Mapping[Node, Any], known: Known, columns: int) -> Any:
    if node.op is ITEM:
        return table[node.inputs[0]][slot(node)]
    given = [table.get(x) for x in node.inputs]
    if node.op.block:
        return _of_loop(Loop.of(node), given, columns)
    if node.aval.parts:
        return tuple(_joined(node, part, given, known) if part.aval.inexact else None for part in node.parts)
    return _joined(node, node, given, known) if node.aval.inexact else None


def _joined(node: Node, result: Node, given: Sequence[Found], known: Known) -> Found:
    """The pattern of `result`, which is `node` or one of its parts."""
    size, found = size_of(result), []
    for i, pattern in enumerate(given):
        if pattern is not None and pattern.nnz and not _is_flat(node, i):
            links = None if node.op.links is None else node.op.links(i, node, known)
            found.append(_through(pattern, links, size, node))
    return union(found) if found else None


def _is_flat(node: Node, i: int) -> bool:
    """Whether the derivative with respect to operand `i` is zero everywhere, by the row's own words."""
    if i in node.op.still:
        return True
    if node.op.family != "elementwise" or node.aval.parts:
        return False
    return node.op.bprop(i, variable("g", node.aval), node) is None


def _through(pattern: Pattern, links: Links | None, size: int, node: Node) -> Pattern:
    """The pattern of a result of `size` elements that depends on one of `pattern` by `links`."""
    if links is None:
        columns = np.flatnonzero(np.bincount(pattern.indices, minlength=pattern.shape[1]))
        _check(size * len(columns), node)
        return Pattern((size, pattern.shape[1]), np.arange(size + 1) * len(columns), np.tile(columns, size))
    results, elements = links
    if len(elements) == size == pattern.shape[0] and _counts_up(results) and _counts_up(elements):
        return pattern
    _check(int(pattern.counts[elements].sum()), node)
    return pattern.take(elements).added(results, size)


def _counts_up(positions: np.ndarray) -> bool:
    return bool(positions[0] == 0 and (np.diff(positions) == 1).all()) if len(positions) else True


def _check(count: int, node: Node) -> None:
    if count > MOST:
        raise UnsupportedError(
            f"the pattern of {node.op.name} has {count:,} entries: this derivative is not sparse",
            help="leave sparse=True out, or take products with it: jvp, vjp, hvp",
        )


# --------------------------------------------------------------------------------------------------------------- loops


def _of_loop(loop: Loop, given: Sequence[Found], columns: int) -> tuple[Found, ...]:
    """A loop is followed step by step: what a step carries depends on what those before it have met."""
    if loop.asks or not isinstance(loop.length, int):
        return _of_open_loop(loop, given, columns)
    c, s = len(loop.carry), len(loop.carry) + len(loop.sliced)
    states = list(given[:c])
    left: list[list[Found]] = [[None] * loop.length for _ in loop.left]
    for step in reversed(range(loop.length)) if loop.reverse else range(loop.length):
        elements = [_rows_of_step(p, x, step) for p, x in zip(given[c:s], loop.elements, strict=True)]
        ends = _after(loop, [*states, *elements, *given[s:]], columns)
        states = list(ends[:c])
        for k, end in enumerate(ends[c:]):
            left[k][step] = end
    if loop.is_block:
        return tuple(steps[0] for steps in left)
    stacks = [_stacked(steps, size_of(y), columns) for steps, y in zip(left, loop.left, strict=True)]
    return (*states, *stacks)


def _of_open_loop(loop: Loop, given: Sequence[Found], columns: int) -> tuple[Found, ...]:
    """A loop that asks takes any number of steps: its states depend on whatever any of them depends on."""
    raise UnsupportedError(
        "how many steps a loop takes depends on values, and so does what its results depend on",
        help="leave sparse=True out, or write a loop of known length",
    )


def _after(loop: Loop, given: Sequence[Found], columns: int) -> list[Found]:
    start = dict(zip(loop.body.inputs, given, strict=True))
    moving = {x: p for x, p in start.items() if p is not None and p.nnz}
    return carried((*loop.following, *loop.left), moving, columns)


def _rows_of_step(pattern: Found, element: Node, step: int) -> Found:
    if pattern is None:
        return None
    n = size_of(element)
    return pattern.take(np.arange(step * n, (step + 1) * n))


def _stacked(steps: Sequence[Found], size: int, columns: int) -> Found:
    """The patterns of the steps, one below the other."""
    parts = [p or _nothing(size, columns) for p in steps]
    if not any(p.nnz for p in parts):
        return None
    counts = np.concatenate([p.counts for p in parts])
    indices = np.concatenate([p.indices for p in parts])
    return Pattern((size * len(parts), columns), np.concatenate([[0], np.cumsum(counts)]), indices)


def _nothing(rows: int, columns: int) -> Pattern:
    return Pattern((rows, columns), np.zeros(rows + 1, int), np.zeros(0, int))


# -------------------------------------------------------------------------------------------------------------- values


class Known:
    """The values of nodes that depend on no input: positions, masks, matrices of numbers."""

    def __init__(self) -> None:
        self._values: dict[Node, np.ndarray | None] = {}

    def __call__(self, x: Node) -> np.ndarray | None:
        for node in toposort([x], stop=lambda n: n in self._values):
            self._values[node] = self._evaluated(node)
        return self._values[x]

    def _evaluated(self, node: Node) -> np.ndarray | None:
        if node.literal is not None:
            return node.literal.value
        given = [self._values[x] for x in node.inputs]
        run = node.op.links.run if isinstance(node.op.links, Moves) else node.op.fn
        if node.op is INPUT or node.op is ITEM or not callable(run) or any(v is None for v in given):
            return None
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(run(*given, **node.kwargs))
        except (TypeError, ValueError, ArithmeticError, IndexError):
            return None  # how the row calls it is not known here
        return value.astype(node.dtype) if value.shape == node.shape else None


def size_of(x: Node) -> int:
    """How many elements a node has; raises ShapeError if a length is a name."""
    names = [n for n in x.shape if not isinstance(n, int)]
    if names:
        raise ShapeError(
            f"a pattern needs lengths that are numbers, and {x.name or 'a value'} has shape [{show_shape(x.shape)}]",
            help="declare numbers, as in x=5, call the function first, or look at f.at(x=…)",
        )
    return prod(x.shape)  # type: ignore[arg-type]
