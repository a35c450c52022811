"""Derivatives of what lies between places: the closed form of bands, stencils and networks, without seeds.

Many programs pick elements of their argument, ``x[1:]``, ``x[i]``, ``np.roll(u, 1)``, compute with what they picked,
and lay the results side by side, or add them up at places. The Jacobian then is a product of three matrices, of which
the first and the last hold ones and zeros only. So the graph is cut at both sides: the derivatives of the results with
respect to what was picked are mostly diagonals, which one sweep gives, and each of them is an entry of the whole, or is
added to one. That takes a sweep for each pick, however many of them meet in a row of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symdiff.autodiff.pattern import Array, Pattern
from symdiff.autodiff.sparsity import Known, patterns, size_of
from symdiff.graph.node import Node, variable
from symdiff.graph.walk import between, consumers, substitute
from symdiff.ops.links import Moves, Places

MOST_PARTS = 64  # blocks between picks and results; more are as well taken by colours


@dataclass(frozen=True, eq=False)
class Pick:
    """An array each of whose elements is one of the target's.

    Attributes:
        node: the array.
        columns: which element; -1 for none.
        stand_in: an input that takes its place.
    """

    node: Node
    columns: Array
    stand_in: Node


@dataclass(eq=False)
class Result:
    """An array whose elements are added to elements of the value.

    Attributes:
        node: the array.
        rows: for each time that it is added, with which sign, and to which element; -1 for none.
    """

    node: Node
    rows: list[tuple[int, Array]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Cut:
    """A graph between picks and results.

    Attributes:
        picks, results: the two sides.
        computed: the results in terms of the stand-ins of the picks.
        blocks: the pattern of the Jacobian of each result with respect to each pick.
    """

    picks: tuple[Pick, ...]
    results: tuple[Result, ...]
    computed: tuple[Node, ...]
    blocks: tuple[tuple[Pattern, ...], ...]

    @property
    def back(self) -> Mapping[Node, Node]:
        """What the stand-ins stand for."""
        return {pick.stand_in: pick.node for pick in self.picks}

    def entries(self, m: int, k: int) -> list[tuple[int, Array, Array, Array]]:
        """Each time that block ``[m][k]`` is added: the sign, which of its entries are, and their rows and columns."""
        pattern, found = self.blocks[m][k], []
        columns = self.picks[k].columns[pattern.indices]
        for sign, places in self.results[m].rows:
            rows = places[pattern.rows]
            kept = np.flatnonzero((rows >= 0) & (columns >= 0))
            found.append((sign, kept, rows[kept], columns[kept]))
        return found


def cut_between(y: Node, x: Node) -> Cut | None:
    """The cut of the graph from `x` to `y` if that has picks and results, and not too many of them."""
    order = between([x], y)
    if x not in order or any(node.aval.kind == "c" or node.op.block for node in order):
        return None
    known = Known()
    images = _images(x, order, known)
    results = _results(y, order, images, known)
    if results is None:
        return None
    picks = _picks(order, images, [result.node for result in results])
    if not picks or len(picks) * len(results) > MOST_PARTS:
        return None
    if [pick.node for pick in picks] == [x] and [result.node for result in results] == [y]:
        return None  # nothing is cut off
    stand_ins = {pick.node: pick.stand_in for pick in picks}
    computed = substitute([result.node for result in results], stand_ins)
    blocks = patterns(computed, [pick.stand_in for pick in picks])
    return Cut(tuple(picks), tuple(results), tuple(computed), tuple(map(tuple, blocks)))


def _images(x: Node, order: Sequence[Node], known: Known) -> dict[Node, Array]:
    """For each array that is made of elements of `x` by moving them, which they are."""
    found: dict[Node, Array] = {x: np.arange(size_of(x))}
    within = set(order)
    for node in order:
        rule = node.op.links
        if node in found or node.op.family != "linear" or not isinstance(rule, Moves) or not node.aval.inexact:
            continue
        values = node.inputs if rule.positions is None else node.inputs[: rule.positions]
        if any(v in within and v not in found for v in values) or any(p in within for p in node.inputs[len(values) :]):
            continue
        at = [known(p) for p in node.inputs[len(values) :]]
        if any(p is None for p in at):
            continue
        labels = [_labels(v, found) for v in values]
        found[node] = np.asarray(rule.run(*labels, *at, **node.kwargs)).ravel() - 1
    return found


def _labels(node: Node, images: Mapping[Node, Array]) -> Array:
    """One more than the elements that an array is made of; 0 for what is not of the target."""
    shape = tuple(int(n) for n in node.shape)  # type: ignore[arg-type]
    return images[node].reshape(shape) + 1 if node in images else np.zeros(shape, int)


def _picks(order: Sequence[Node], images: Mapping[Node, Array], results: Sequence[Node]) -> list[Pick]:
    """The images that something is computed of, or that are results as they are."""
    computing = set(between(images, *results)) - set(images)
    users = consumers(order)
    picked = [node for node in images if node in results or any(user in computing for user in users.get(node, ()))]
    return [Pick(node, images[node], variable(f"pick_{k}", node.aval, scope=SCOPE)) for k, node in enumerate(picked)]


SCOPE = -2  # of inputs that stand in for nodes, beside those of users and of bodies


def _results(y: Node, order: Sequence[Node], images: Mapping[Node, Array], known: Known) -> list[Result] | None:
    """What is added to elements of `y`: found from there backwards, through all that only moves and adds."""
    within = set(order)
    reached: dict[Node, Result] = {y: Result(y, [(1, np.arange(size_of(y)))])}
    results = []
    for node in reversed(order):
        if node not in reached:
            continue
        steps = None if node in images else _steps(node, within, known)
        if steps is None:
            results.append(reached[node])
            continue
        for operand, sign, step in steps:
            there = reached.setdefault(operand, Result(operand))
            for outer, rows in reached[node].rows:
                there.rows.append((outer * sign, np.where(step >= 0, rows[step], -1) if len(rows) else step))
            if len(there.rows) > MOST_PARTS:
                return None
    return results[::-1]


def _steps(node: Node, within: set[Node], known: Known) -> list[tuple[Node, int, Array]] | None:
    """For each operand that matters, its sign, and to which element of `node` each of its own is added; None if `node`
    does more than that."""
    found = []
    for i, operand in enumerate(node.inputs):
        if operand not in within or not operand.aval.inexact:
            continue
        sign = _sign(node, i)
        links = None if not sign or node.op.links is None else node.op.links(i, node, known)
        size = size_of(operand)
        if links is None or np.bincount(links.elements, minlength=size).max(initial=0) > 1:
            return None
        step = np.full(size, -1)
        step[links.elements] = links.results
        found.append((operand, sign, step))
    return found or None


def _sign(node: Node, i: int) -> int:
    """1 or -1 if the derivative with respect to operand `i` is that wherever it is not zero; 0 for all others."""
    if node.op.family == "linear" and isinstance(node.op.links, (Moves, Places)):
        return 1
    if node.op.family != "elementwise" or node.aval.parts or not node.aval.inexact:
        return 0
    g = variable("g", node.aval)
    term = node.op.bprop(i, g, node)
    if term is g:
        return 1
    return -1 if isinstance(term, Node) and term is -g else 0
