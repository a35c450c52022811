"""Masks: what `where` does not select is not evaluated out of its domain either.

``where(m, sqrt(x), 0)`` becomes ``where(m, sqrt(where(m, x, 1)), 0)``: the same value, without a warning from the side
that is thrown away, and with a derivative that needs no guard of its own (the "double where", done for the user).
"""

from __future__ import annotations

from symdiff.graph.aval import broadcast
from symdiff.graph.node import Node, as_node
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.families import REALS as ANY, is_singular
from symdiff.rewrite.rule import REAL, Rule, is_scalar_constant, number

LARGEST = 200  # operations in a branch that is looked through


@REAL.on("guard-domain", ew.where, why="the side that is not selected stays inside its domain")
def _guard(node: Node) -> Node | None:
    mask, a, b = node.inputs
    if mask.literal is not None:
        return None
    new = ew.where(mask, _guarded(a, mask, True), _guarded(b, mask, False))
    return new if new is not node else None


def _guarded(branch: Node, mask: Node, selected: bool) -> Node:
    """`branch` with the arguments of its singular operations replaced by a safe point wherever it is not selected."""
    region = toposort([branch], stop=lambda n: n.op.family != "elementwise" or n.op is ew.where)
    if len(region) > LARGEST or not any(map(is_singular, region)):
        return branch
    new: dict[Node, Node] = {}
    for n in region:
        inputs = tuple(new.get(x, x) for x in n.inputs)
        if is_singular(n):
            inputs = tuple(_safe(x, n, i, mask, selected) for i, x in enumerate(inputs))
        new[n] = n if inputs == n.inputs else Node(n.op, inputs, n.params)
    return new[branch]


def _safe(x: Node, user: Node, i: int, mask: Node, selected: bool) -> Node:
    low, high = user.op.domain[i]
    fits = broadcast(mask.shape, x.shape) == x.shape
    if (low, high) == ANY or x.literal is not None or not fits or _is_guarded(x, mask):
        return x
    point = as_node(1.0 if low < 1 < high else 0.0 if low < 0 < high else (low + high) / 2)
    return ew.where(mask, x, point) if selected else ew.where(mask, point, x)


def _is_guarded(x: Node, mask: Node) -> bool:
    return x.op is ew.where and x.inputs[0] is mask


@REAL.on("masked-x-log-x", ew.where, why="x divided by itself, which its derivative holds, is 1 where x is selected")
def _masked_x_log_x(node: Node) -> Node | None:
    """``x * log(x)`` on the side that is selected where x is positive."""
    mask, a, b = node.inputs
    region = toposort([a], stop=lambda n: n.op.family != "elementwise" or n.op is ew.where)
    if len(region) > LARGEST:
        return None
    new: dict[Node, Node] = {}
    for n in region:
        inputs = tuple(new.get(x, x) for x in n.inputs)
        guarded = _x_log_x(n, mask)
        new[n] = n if inputs == n.inputs else Node(n.op, inputs, n.params)
        new[n] = new[n] if guarded is None else ew.xlogx(guarded)
    return None if new.get(a, a) is a else ew.where(mask, new[a], b)


def _x_log_x(n: Node, mask: Node) -> Node | None:
    """``where(mask, x, 1)``, if a node is ``x * log(where(mask, x, 1))`` and x is positive where it is selected."""
    if n.op is not ew.multiply:
        return None
    for x, logarithm in (n.inputs, n.inputs[::-1]):
        guarded = logarithm.inputs[0] if logarithm.op is ew.log else logarithm
        if guarded is not logarithm and guarded.op is ew.where and guarded.inputs[:2] == (mask, x):
            return guarded if _is_positive(mask, x) and guarded.shape == n.shape else None
    return None


def _is_positive(mask: Node, x: Node) -> bool:
    if mask.op not in (ew.greater, ew.less):
        return False
    large, small = mask.inputs if mask.op is ew.greater else mask.inputs[::-1]
    return large is x and is_scalar_constant(small) and number(small) >= 0


RULES: tuple[Rule, ...] = (_guard, _masked_x_log_x)
