"""Sparse Jacobians: one direction for each colour, all of them in one batched sweep, then one gather.

The product of the Jacobian with directions that sum the columns of one colour each holds every entry of the pattern by
itself (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 8). Rows are compressed in the same way, in
reverse mode, where that takes fewer colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from math import prod
from typing import Literal

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.coloring import Coloring, color_columns, color_symmetric, entries_of
from symdiff.autodiff.compose import as_precise
from symdiff.autodiff.cut import Cut, cut_between
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.mixed import split
from symdiff.autodiff.pattern import Array, Pattern
from symdiff.autodiff.reverse import pull_back
from symdiff.autodiff.sparsity import Known, size_of
from symdiff.graph.dims import Shape
from symdiff.graph.graph import Origin
from symdiff.graph.node import Literal as ArrayLiteral, Node, constant, variable
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.assignment import assign
from symdiff.ops.elementwise import equal, mod
from symdiff.ops.gathering import gather, positions, scatter_add
from symdiff.ops.index import Hole, Slice
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype, concatenate, expand_dims, reshape, scatter

Side = Literal["columns", "rows"]
NEVER_FEWER = 2  # colours; with as few, rows are not looked at
READ_BY_ROWS = 10_000  # entries of a pattern that a reader may follow


@dataclass(frozen=True, eq=False)
class Plan:
    """How a block is computed.

    Attributes:
        pattern: of the block, as a matrix.
        side: what has colours: columns, in forward mode, or rows, in reverse mode.
        coloring: which.
        symmetric: whether entries may be read from their mirror images.
    """

    pattern: Pattern
    side: Side
    coloring: Coloring
    symmetric: bool = False

    @property
    def count(self) -> int:
        """How many colours there are."""
        return self.coloring.count

    @property
    def places(self) -> tuple[Array, Array]:
        """Of each entry the colour, and the row (or column) of the compressed matrix, where its value is found."""
        pattern, colors = self.pattern, self.coloring.colors
        if self.symmetric:
            return entries_of(pattern, colors, self.coloring.count)
        if self.side == "rows":
            return colors[pattern.rows], pattern.indices
        return colors[pattern.indices], pattern.rows


@dataclass(frozen=True, eq=False)
class MixedPlan:
    """How a block is computed of which some rows are taken in reverse mode, and the others in forward mode.

    Attributes:
        pattern: of the block, as a matrix.
        parts: the two.
        order: where each entry is among theirs, one behind the other.
    """

    pattern: Pattern
    parts: tuple[Plan, Plan]
    order: Array

    @property
    def count(self) -> int:
        """How many colours rows and columns take together."""
        return sum(plan.count for plan in self.parts)


@dataclass
class Values:
    """The entries of blocks.

    Attributes:
        data: of each block the values of its entries, in the order of its pattern.
        origins: for each node that was added, the forward node and the rule that it comes from.
        names: what arrays are called that are known beforehand.
    """

    data: list[Node] = field(default_factory=list)
    origins: dict[Node, Origin] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)

    def call(self, node: Node, name: str) -> None:
        """Gives a node a name, with a number where another one has it."""
        if node not in self.names:
            taken = set(self.names.values())
            wanted = chain([name], (f"{name}_{k}" for k in count(2)))
            self.names[node] = next(each for each in wanted if each not in taken)


@dataclass(frozen=True, eq=False)
class CutPlan:
    """How a block is computed whose graph is cut.

    Attributes:
        pattern: of the block, as a matrix.
        cut: where.
        plans: of each block of the cut that has entries.
        colored: how it would be computed otherwise.
    """

    pattern: Pattern
    cut: Cut
    plans: Mapping[tuple[int, int], Plan]
    colored: Plan | MixedPlan

    @property
    def count(self) -> int:
        """How many colours its columns, or rows, take."""
        return self.colored.count

    @property
    def work(self) -> int:
        """How many elements there are in all directions together."""
        sizes = [size_of(y) for y in self.cut.computed]
        return sum(plan.coloring.count * sizes[m] for (m, _), plan in self.plans.items())


AnyPlan = Plan | MixedPlan | CutPlan


def cheapest(plan: Plan, y: Node, x: Node) -> AnyPlan:
    """`plan`, or one with some rows apart, or the graph cut, whichever takes least work."""
    mixed = _mixed(plan, y, x)
    found = cut_between(y, x) if mixed.count > 1 else None
    if found is None:
        return mixed
    plans = {
        (m, k): plan_for(pattern, result, pick.stand_in)
        for m, (result, row) in enumerate(zip(found.computed, found.blocks, strict=True))
        for k, (pick, pattern) in enumerate(zip(found.picks, row, strict=True))
        if pattern.nnz
    }
    entries = [entry for at in plans for entry in found.entries(*at)]
    rows, columns = (np.concatenate([np.zeros(0, int), *(e[k] for e in entries)]) for k in (2, 3))
    cut = CutPlan(Pattern.of(plan.pattern.shape, rows, columns), found, plans, mixed)
    by_colors = mixed.count * sum(size_of(result) for result in found.computed)
    return cut if cut.work <= by_colors and cut.pattern.nnz <= plan.pattern.nnz else mixed


def _mixed(plan: Plan, y: Node, x: Node) -> Plan | MixedPlan:
    """`plan`, or one with the fullest rows apart, if that takes fewer colours."""
    if plan.symmetric or y.aval.kind == "c":
        return plan
    found = split(plan.pattern, _numbers(y.shape), _numbers(x.shape), plan.count)
    if found is None:
        return plan
    parts = Plan(found.rows[0], "rows", found.rows[1]), Plan(found.columns[0], "columns", found.columns[1])
    return MixedPlan(plan.pattern, parts, found.order)


def plan_for(pattern: Pattern, y: Node, x: Node) -> Plan:
    """The cheaper of columns and rows; columns if there is no difference, for forward mode does less."""
    columns = color_columns(pattern, _numbers(x.shape))
    fewest = int(pattern.T.counts.max(initial=0))  # no colouring of rows has fewer
    if columns.count <= max(NEVER_FEWER, fewest) or y.aval.kind == "c":
        return Plan(pattern, "columns", columns)
    rows = color_columns(pattern.T, _numbers(y.shape))
    return Plan(pattern, "rows", rows) if rows.count < columns.count else Plan(pattern, "columns", columns)


def plan_symmetric(pattern: Pattern, x: Node) -> Plan:
    """For a block that is symmetric; entries whose mirror image is there are there, too."""
    both = pattern.symmetric()
    return Plan(both, "columns", color_symmetric(both, _numbers(x.shape)), symmetric=True)


def compressed(y: Node, x: Node, plan: Plan | MixedPlan, found: Values) -> None:
    """Adds the entries of the Jacobian of `y` with respect to `x` to what was `found`.

    Raises:
        UndefinedGradientError: if a derivative on the way does not exist.
    """
    if isinstance(plan, MixedPlan):
        both = Values(origins=found.origins, names=found.names)
        for part in plan.parts:
            compressed(y, x, part, both)
        joined = concatenate(*both.data, axis=0)
        in_order = np.array_equal(plan.order, np.arange(len(plan.order)))
        found.data.append(joined if in_order else gather(joined, _named(plan.order, "order", found), index=(Hole(1),)))
        return
    swept = x if plan.side == "columns" else y
    colors = plan.coloring.count
    if not plan.pattern.nnz:
        found.data.append(spread(constant(y.dtype.type(0)), (0,)))
        return
    ones = spread(constant(swept.dtype.type(1)), swept.shape)
    is_whole = colors == 1 and bool((plan.coloring.colors >= 0).all())
    seed = ones if is_whole else variable("seed", swept.aval)
    result = _pushed(y, x, seed, found) if plan.side == "columns" else _pulled(y, x, seed, found)
    if not is_whole:
        [result] = batch([result], {seed: _seeds(swept, plan, found)}, (colors,))
    found.data.append(_gathered(result, colors, plan, found))


def compressed_between(y: Node, plan: CutPlan, found: Values) -> None:
    """Adds the entries of a block whose graph is cut; arguments and errors as of `compressed`."""
    known, inner = Known(), Values(names=found.names)
    placed = _Placed(plan.pattern, y)
    for (m, k), block in plan.plans.items():
        compressed(plan.cut.computed[m], plan.cut.picks[k].stand_in, block, inner)
        [values] = substitute([inner.data[-1]], plan.cut.back)
        for sign, kept, rows, columns in plan.cut.entries(m, k):
            placed.put(values, known(values), sign, kept, placed.at(rows, columns))
    data = placed.data(found)
    for node in toposort([data], stop=set(toposort([y])).__contains__):
        found.origins[node] = Origin(y, "parts of the Jacobian")
    found.data.append(data)


class _Placed:
    """The entries of a block as they are put together: what is known as numbers, and what is computed."""

    def __init__(self, pattern: Pattern, y: Node) -> None:
        self.pattern, self.y, self.keys = pattern, y, pattern.keys
        self.base = np.zeros(pattern.nnz, y.dtype)
        self.parts: list[tuple[Node, Array]] = []

    def at(self, rows: Array, columns: Array) -> Array:
        """Where entries lie among all."""
        found: Array = np.searchsorted(self.keys, rows * max(self.pattern.shape[1], 1) + columns)
        return found

    def put(self, values: Node, known: Array | None, sign: int, kept: Array, at: Array) -> None:
        """Adds those of `values` that are `kept`."""
        if not len(at):
            return
        if known is not None and not (_progression(at) and np.ptp(known) == 0):
            np.add.at(self.base, at, sign * known[kept])
            return
        if known is not None:
            part = constant(self.y.dtype.type(sign * known[0]))
        else:
            part = values if len(kept) == values.shape[0] else gather(values, constant(kept), index=(Hole(1),))
            part = -part if sign < 0 else part
        self.parts.append((part, at))

    def data(self, found: Values) -> Node:
        """All entries: numbers, and what is computed in its places, or added there."""
        size, dtype = self.pattern.nnz, self.y.dtype
        base = spread(constant(dtype.type(0)), (size,))
        if self.base.any():
            base = constant(self.base)
            found.call(base, "_known")
        hits = np.bincount(np.concatenate([np.zeros(0, int), *(at for _, at in self.parts)]), minlength=size)
        if len(self.parts) == 1 and np.array_equal(self.parts[0][1], np.arange(size)) and not self.base.any():
            return spread(self.parts[0][0], (size,))
        is_long = any(len(at) > READ_BY_ROWS and not _progression(at) for _, at in self.parts)
        if not is_long and hits.max(initial=0) <= 1 and not self.base[hits > 0].any():
            values, places = [part for part, _ in self.parts], tuple((_index(at, size),) for _, at in self.parts)
            return assign(base, *values, indices=places) if values else base
        total = base
        for part, at in self.parts:
            added = spread(part, (len(at),))
            if len(at) > READ_BY_ROWS and not _progression(at):
                total = total + scatter_add(added, _named(at, "places", found), shape=(size,), index=(Hole(1),))
            else:
                total = total + scatter(added, shape=(size,), index=(_index(at, size),))
        return total


def _progression(at: Array) -> bool:
    """Whether places follow in equal steps."""
    return bool(len(at) == 1 or (at[1] > at[0] and (np.diff(at) == at[1] - at[0]).all()))


def _index(at: Array, size: int) -> Slice | ArrayLiteral:
    """Places as a slice, where they follow in equal steps."""
    if not _progression(at):
        return ArrayLiteral(at.astype(np.int64))
    step = int(at[1] - at[0]) if len(at) > 1 else 1
    start, stop = int(at[0]), int(at[-1]) + 1
    return Slice(start or None, stop if stop + step <= size else None, step if step != 1 else None)


def _pushed(y: Node, x: Node, seed: Node, found: Values) -> Node:
    pushed = push_forward([y], [x], [seed])
    found.origins.update(pushed.origins)
    [tangent] = pushed.tangents
    return spread(constant(y.dtype.type(0)), y.shape) if tangent is None else tangent


def _pulled(y: Node, x: Node, seed: Node, found: Values) -> Node:
    derivation = pull_back({y: seed}, [x])
    found.origins.update(derivation.origins)
    return as_precise(derivation.grads[0], y)


def _seeds(swept: Node, plan: Plan, found: Values) -> Node:
    """For each colour 1.0 where an element has it, else 0.0."""
    colors = plan.coloring.count
    each = expand_dims(positions(n=colors), axis=tuple(range(1, 1 + swept.ndim)))
    seeds = astype(equal(_colors(swept, plan, found), each), dtype=swept.dtype.name)
    found.call(seeds, "seeds")
    return seeds


def _colors(swept: Node, plan: Plan, found: Values) -> Node:
    """The colour of each element: by a formula, where there is one."""
    coloring, shape = plan.coloring, _numbers(swept.shape)
    if not coloring.strides:
        return _named(coloring.colors.reshape(shape), "colors", found)
    terms = []
    for k, (n, step) in enumerate(zip(shape, coloring.strides, strict=True)):
        if step:
            others = tuple(axis for axis in range(swept.ndim) if axis != k)
            along = expand_dims(positions(n=n), axis=others) if others else positions(n=n)
            terms.append(along if step == 1 else step * along)
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    highest = sum(step * (n - 1) for n, step in zip(shape, coloring.strides, strict=True))
    colors = mod(total, constant(coloring.count)) if highest >= coloring.count else total
    return colors if colors.shape == swept.shape else spread(colors, swept.shape)


def _gathered(result: Node, colors: int, plan: Plan, found: Values) -> Node:
    """The entries among the products, in the order of the pattern."""
    color, place = plan.places
    length = prod(_numbers(result.shape)) if colors == 1 else prod(_numbers(result.shape[1:]))
    if colors == 1:
        flat = reshape(result, shape=(length,)) if result.ndim != 1 else result
        if len(place) == length and np.array_equal(place, np.arange(length)):
            return flat
        return gather(flat, _named(place, "rows" if plan.side == "columns" else "columns", found), index=(Hole(1),))
    matrix = reshape(result, shape=(colors, length)) if result.ndim != 2 else result
    found.call(matrix, "compressed")
    if len(place) > READ_BY_ROWS:  # one index takes a third of the time of two
        flat = reshape(matrix, shape=(colors * length,))
        return gather(flat, _named(color * length + place, "entries", found), index=(Hole(1),))
    at = _named(color, "color_of", found), _named(place, "row_of" if plan.side == "columns" else "column_of", found)
    return gather(matrix, *at, index=(Hole(1), Hole(2)))


def _named(values: Array, name: str, found: Values) -> Node:
    """A constant array of positions, called `name` in the source."""
    node = constant(np.asarray(values, dtype=np.int64))
    found.call(node, f"_{name}")
    return node


def _numbers(shape: Shape) -> tuple[int, ...]:
    return tuple(int(n) for n in shape)  # type: ignore[arg-type]
