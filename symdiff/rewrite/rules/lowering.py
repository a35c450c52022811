"""To what a target writes: rows that it lacks become rows that it has, and what it does by itself is not written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symdiff.graph.node import Node
from symdiff.ops.inference import common_dtype, loop_dtypes
from symdiff.ops.shapes import astype
from symdiff.rewrite.rule import BITS, Rule


def lowering(keep: Callable[[Node], bool]) -> tuple[Rule, ...]:
    """The rule that expands every row with a `lower` column, unless `keep` says that the target can print it."""

    def apply(node: Node) -> Node | None:
        return None if node.op.lower is None or keep(node) else node.op.lower(*node.inputs, **node.kwargs)

    return (BITS.on("lower", why="the definition, in functions that NumPy has")(apply),)


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


IMPLICIT: tuple[Rule, ...] = (_implicit_conversion,)
