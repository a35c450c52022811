"""To what a target writes: rows that it lacks become rows that it has, and what it does by itself is not written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from symdiff.graph.branches import ventures
from symdiff.graph.node import Node, constant
from symdiff.graph.op import OPS, Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.inference import common_dtype, loop_dtypes
from symdiff.ops.reductions import spread
from symdiff.ops.safe_places import conditions
from symdiff.ops.shapes import astype
from symdiff.rewrite.rule import BITS, Rule


def lowering(keep: Callable[[Node], bool]) -> tuple[Rule, ...]:
    """The rule for what a target prints: every row with a `lower` column is expanded, unless `keep` says that it can
    print it."""

    def apply(node: Node) -> Node | None:
        return None if node.op.lower is None or keep(node) else node.op.lower(*node.inputs, **node.kwargs)

    return (BITS.on("lower", *_lowered(len(OPS)), why="the definition, in functions that NumPy has")(apply),)


@lru_cache(maxsize=1)
def _lowered(total: int) -> tuple[Op, ...]:
    """The rows with a `lower` column, among so many."""
    return tuple(op for op in OPS.values() if op.lower is not None)


@BITS.on("implicit-conversion", among=(astype,), why="NumPy converts what meets floats")
def _implicit_conversion(node: Node) -> Node | None:
    """``i * x`` rather than ``i.astype(np.float64) * x``."""
    if node.op.family != "elementwise" or not any(map(_is_conversion, node.inputs)):
        return None
    plain = Node(node.op, tuple(x.inputs[0] if _is_conversion(x) else x for x in node.inputs), node.params)
    return plain if plain.aval is node.aval and _computes_alike(plain, node) else None


def _is_conversion(x: Node) -> bool:
    return x.op is astype and x.aval.kind == "f" and x.inputs[0].aval.kind in "iu"


def _computes_alike(plain: Node, node: Node) -> bool:
    """Whether NumPy converts the operands of `plain` to the dtypes that those of `node` have."""
    mine, theirs = (tuple(x.aval for x in n.inputs) for n in (plain, node))
    if isinstance(node.op.fn, np.ufunc):
        return loop_dtypes(node.op.fn, mine) == loop_dtypes(node.op.fn, theirs)
    return common_dtype(mine) == common_dtype(theirs)


@BITS.on("in-order", ew.logical_and, ew.logical_or, why="what follows is not asked where what precedes it decides")
def _in_order(node: Node) -> Node | None:
    """``a and b`` as a branch, where asking for b may warn or raise: b is asked only if a holds."""
    first, second = node.inputs
    if node.shape or first.aval.kind != "b" or second.aval.kind != "b":
        return None
    if not any(map(ventures, toposort([second]))):
        return None
    before = {x for x, asked in conditions(toposort([first]), [first]).items() if not asked}
    if not any(map(ventures, toposort([second], stop=before.__contains__))):
        return None
    return ew.where(first, second, False) if node.op is ew.logical_and else ew.where(first, True, second)


@BITS.on("sides-alike", ew.where, why="a statement takes one side as it is")
def _sides_alike(node: Node) -> Node | None:
    """``np.zeros(n) if c else x`` rather than ``0.0 if c else x``, where `np.where` would make the shapes equal."""
    condition, *sides = node.inputs
    if condition.shape or node.aval.weak:
        return None
    alike = [_like(x, node) for x in sides]
    return None if alike == sides else Node(node.op, (condition, *alike))


def _like(x: Node, node: Node) -> Node:
    """`x` in the dtype and shape of a selection."""
    if x.dtype != node.dtype or x.aval.weak:
        literal = x.literal
        x = astype(x, dtype=node.dtype.name) if literal is None else constant(literal.value.astype(node.dtype))
    return spread(x, node.shape)


IMPLICIT: tuple[Rule, ...] = (_implicit_conversion,)
IN_ORDER: tuple[Rule, ...] = (_in_order,)
ALIKE: tuple[Rule, ...] = (_sides_alike,)
