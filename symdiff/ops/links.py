"""Which elements of a result depend on which elements of an operand: the column `links` of the rows.

``links(i, node, known)`` answers for operand `i` of a node whose lengths are numbers; ``known(x)`` is the value of a
node that depends on no input, None for others. A row that says nothing links everything with everything, which is
always safe: an answer may hold more links than there are derivatives that are not zero, never fewer.

Rows that move elements find their links by moving the numbers of the elements, with the NumPy function that moves
the elements themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.graph.node import Literal, Node
from symdiff.ops.index import Hole, Index, Run, Slice

MOST = 100_000_000  # links of one operand; what has more is not sparse
Known = Callable[[Node], np.ndarray | None]


class Links(NamedTuple):
    """Pairs of positions, counted through all axes in C order: `results` depend on `elements`, one by one."""

    results: np.ndarray
    elements: np.ndarray


Rule = Callable[[int, Node, Known], Links | None]


def lengths(x: Node) -> tuple[int, ...]:
    """The shape of `x`, which is all numbers."""
    return tuple(int(n) for n in x.shape)  # type: ignore[arg-type]  # who asks has made sure


def numbered(x: Node, first: int = 0) -> np.ndarray:
    """The elements of `x`, numbered."""
    shape = lengths(x)
    return np.arange(first, first + prod(shape)).reshape(shape)


def _check(count: int, node: Node) -> None:
    if count > MOST:
        raise UnsupportedError(
            f"the pattern of {node.op.name} has {count:,} entries: this derivative is not sparse",
            help="leave sparse=True out, or take products with it: jvp, vjp, hvp",
        )


# -------------------------------------------------------------------------------------------------------- elementwise


def per_element(i: int, node: Node, known: Known) -> Links:
    """Each element of a result by itself; operands broadcast.

    What is multiplied by a known zero does not count, nor what is known not to be selected.
    """
    shape = lengths(node.parts[0] if node.aval.parts else node)
    elements = np.broadcast_to(numbered(node.inputs[i]), shape).ravel()
    factors = [factor for factor in _factors(i, node, known) if factor is not None and not factor.all()]
    if not factors:
        return Links(np.arange(elements.size), elements)
    results = np.flatnonzero(np.all([np.broadcast_to(factor != 0, shape) for factor in factors], axis=0))
    return Links(results, elements[results])


def _factors(i: int, node: Node, known: Known) -> list[np.ndarray | None]:
    """What the derivative with respect to operand `i` is multiplied by, where that is known."""
    found = [known(x) for k, x in enumerate(node.inputs) if k != i] if node.op.product else []
    if node.op.selects and i:
        condition = known(node.inputs[0])
        found.append(condition if condition is None or i == 1 else np.logical_not(condition))
    where = node.op.selected[i] if i < len(node.op.selected) else None
    mask = where(*node.inputs, **node.kwargs) if where is not None else None
    return found if mask is None else [*found, known(mask)]


# ------------------------------------------------------------------------------------------------------ moved elements


@dataclass(frozen=True)
class Moves:
    """Each element of the result is one of the operands' elements, or a constant.

    Attributes:
        run: ``run(*arrays, **params)``: moves elements of any kind, zeros where none comes from.
        positions: the operands from this number on say where, and are no elements.
    """

    run: Callable[..., Any]
    positions: int | None = None

    def __call__(self, i: int, node: Node, known: Known) -> Links | None:
        given: list[np.ndarray] = []
        for k, x in enumerate(node.inputs):
            if self.positions is not None and k >= self.positions:
                value = known(x)
                if value is None:
                    return None
                given.append(value)
            else:
                given.append(numbered(x, 1) if k == i else np.zeros(lengths(x), int))
        moved = np.asarray(self.run(*given, **node.kwargs)).ravel()
        results = np.flatnonzero(moved)
        return Links(results, moved[results] - 1)


@dataclass(frozen=True)
class Places:
    """The transpose of `Moves`: each element of the operand is added to one element of the result.

    Attributes:
        read: ``read(array, *positions, **params)``: picks, of an array of the shape of the result, what each element of
            the operand is added to.
    """

    read: Callable[..., Any]

    def __call__(self, i: int, node: Node, known: Known) -> Links | None:
        positions = [known(x) for x in node.inputs[1:]]
        if i or any(p is None for p in positions):
            return None
        results = np.asarray(self.read(numbered(node), *positions, **node.kwargs))
        elements = np.broadcast_to(numbered(node.inputs[0]), results.shape)  # a number is added everywhere
        return Links(results.ravel(), elements.ravel())


def at(index: Index, positions: Sequence[Any] = ()) -> tuple[Any, ...]:
    """An index as NumPy takes it; `positions` are the operands from number 1 on."""

    def item(part: Any) -> Any:
        if isinstance(part, Hole):
            return positions[part.operand - 1]
        if isinstance(part, Run):
            first = 0 if part.first is None else int(positions[part.first - 1])
            return slice(first, first + int(part.length) * part.step, part.step)  # type: ignore[arg-type]
        if isinstance(part, Slice):
            return slice(*part)
        return part.value if isinstance(part, Literal) else part

    return tuple(map(item, index))


def put_at(x: np.ndarray, value: Any, where: tuple[Any, ...]) -> np.ndarray:
    """A copy of `x` with `value` at an index."""
    copy = x.copy()
    copy[where] = value
    return copy


def moves_or(other: Rule, run: Callable[..., Any]) -> Rule:
    """Elements moved to known positions; the rule `other` where these are not known."""
    known_positions = Moves(run, positions=1)

    def rule(i: int, node: Node, known: Known) -> Links | None:
        found = known_positions(i, node, known)
        return other(i, node, known) if found is None else found

    return rule


# ----------------------------------------------------------------------------------------------------------- along axes


def reduces(i: int, node: Node, known: Known) -> Links:
    """A reduction: an element of the result depends on those along the axes that are gone. Operands broadcast."""
    axis, full = node.kwargs["axis"], np.broadcast_shapes(*map(lengths, node.inputs))
    kept = tuple(1 if k in axis else n for k, n in enumerate(full))
    results = np.broadcast_to(np.arange(prod(kept)).reshape(kept), full).ravel()
    return Links(results, np.broadcast_to(numbered(node.inputs[i]), full).ravel())


def along(name: str = "axis", *, running: bool = False) -> Rule:
    """Vectors along axes, which the parameter `name` gives, by themselves; all with all in each.

    With `running` an element depends on those before it and on itself only.
    """

    def rule(i: int, node: Node, known: Known) -> Links:
        axes = node.kwargs[name]
        axes = (axes,) if isinstance(axes, int) else tuple(axes)
        results, elements = _vectors(numbered(node), axes), _vectors(numbered(node.inputs[i]), axes)
        return _all_with_all(node, results, elements, running)

    return rule


def _vectors(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The elements along `axes` as rows of a matrix."""
    rest = [k for k in range(x.ndim) if k not in axes]
    moved = x.transpose(*rest, *axes)
    return moved.reshape(prod(moved.shape[: len(rest)]), -1) if x.size else x.reshape(0, 0)


def _all_with_all(node: Node, results: np.ndarray, elements: np.ndarray, running: bool = False) -> Links:
    """In each row, all of `results` with all of `elements`."""
    shape = len(results), results.shape[1], elements.shape[1]
    _check(prod(shape), node)
    pairs = [np.broadcast_to(x, shape).reshape(len(results), -1) for x in (results[:, :, None], elements[:, None, :])]
    if running:
        before = np.flatnonzero(np.tri(shape[1], shape[2], dtype=bool))
        pairs = [x[:, before] for x in pairs]
    return Links(pairs[0].ravel(), pairs[1].ravel())


def per_matrix(i: int, node: Node, known: Known) -> Links | None:
    """Matrices in the last two axes, each by itself; the axes in front are the same in the operand and the result."""
    x = node.inputs[i]
    lead = lengths(x)[:-2]
    if node.aval.parts or not lead or lengths(node)[: len(lead)] != lead or not prod(lead):
        return None
    results, elements = (numbered(y).reshape(prod(lead), -1) for y in (node, x))
    return _all_with_all(node, results, elements)


# ------------------------------------------------------------------------------------------------------- labelled axes


def labelled(node: Node, out: str, mine: str, sizes: dict[str, int], mask: tuple[str, np.ndarray] | None) -> Links:
    """One link for each tuple of indices that labels run through.

    Args:
        node: of the row.
        out, mine: the labels of the axes of the result and of the operand; one that comes twice is a diagonal.
        sizes: how far each label runs.
        mask: another factor, with the labels of its axes, if it is known: where it is zero, there is no link.
    """
    names = "".join(sizes)
    grid = tuple(sizes.values())
    _check(prod(grid), node)
    results, elements = (np.broadcast_to(_flat(labels, sizes), grid).ravel() for labels in (out, mine))
    if mask is None:
        return Links(results, elements)
    labels, value = mask
    order = value.transpose([labels.index(c) for c in names if c in labels])
    there = order.reshape([sizes[c] if c in labels else 1 for c in names]) != 0
    kept = np.flatnonzero(np.broadcast_to(there, grid))
    return Links(results[kept], elements[kept])


def _flat(labels: str, sizes: dict[str, int]) -> np.ndarray:
    """The position, in C order, of the element at each tuple of indices."""
    total, step = np.zeros((1,) * len(sizes), int), 1
    for label in reversed(labels):
        shape = [n if c == label else 1 for c, n in sizes.items()]
        total = total + step * np.arange(sizes[label]).reshape(shape)
        step *= sizes[label]
    return total
