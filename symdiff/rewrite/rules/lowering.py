"""To what a target writes: rows that it lacks become rows that it has, and what it does by itself is not written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from symdiff.graph.branches import ventures
from symdiff.graph.dims import nominal_size
from symdiff.graph.node import Node, constant
from symdiff.graph.op import OPS, Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.contraction import einsum
from symdiff.ops.inference import common_dtype, loop_dtypes
from symdiff.ops.reductions import spread, sum_
from symdiff.ops.safe_places import conditions
from symdiff.ops.shapes import astype, expand_dims
from symdiff.rewrite.rule import BITS, REAL, Rule

FEW_TERMS = (
    64  # of sums that are products of einsum: up to four times as fast, its rounding 2 units of the sizes at most
)
MANY_SUMS = 512  # of them at least, for which that pays
MANY_PRODUCTS = 4096  # at least, of which an array does not pay
LETTERS = "ijklmnopqrstuvw"


def lowering(keep: Callable[[Node], bool], shared: Callable[[Node], bool] = lambda node: False) -> tuple[Rule, ...]:
    """The rules for what a target prints: every row with a `lower` column is expanded, unless `keep` says that it can
    print it. What is `shared`, with several users, is made for all of them."""

    def apply(node: Node) -> Node | None:
        return None if node.op.lower is None or keep(node) else node.op.lower(*node.inputs, **node.kwargs)

    lower = BITS.on("lower", *_lowered(len(OPS)), why="the definition, in functions that NumPy has")(apply)
    return lower, *(_without_array(rule, keep, shared) for rule in (_short_sums, _repeated_products))


def _without_array(rule: Rule, keep: Callable[[Node], bool], shared: Callable[[Node], bool]) -> Rule:
    """A rule that sums without an array, which says nothing where that is needed, or where it could not be printed."""

    def apply(node: Node) -> Node | None:
        new = rule.apply(node)
        return new if new is not None and keep(new) and not shared(node.inputs[0]) else None

    return replace(rule, apply=apply)


@lru_cache(maxsize=1)
def _lowered(total: int) -> tuple[Op, ...]:
    """The rows with a `lower` column, among so many."""
    return tuple(op for op in OPS.values() if op.lower is not None)


@REAL.on("sum-of-short-products", sum_, why="the same products, without an array of them")
def _short_sums(node: Node) -> Node | None:
    """Many sums of short products, as of squared distances: `np.sum` takes as long for 3 terms as for 30."""
    x, last = node.inputs[0], node.inputs[0].ndim - 1
    if x.op not in (ew.square, ew.multiply) or node.kwargs["axis"] != (last,):
        return None
    n = x.shape[last]
    if x.ndim > len(LETTERS):
        return None
    if not isinstance(n, int) or not 2 <= n <= FEW_TERMS or x.dtype.kind != "f" or nominal_size(node.shape) < MANY_SUMS:
        return None
    pair = [_labelled(y, x) for y in (x.inputs if x.op is ew.multiply else x.inputs * 2)]
    labels = [letters for _, letters in pair]
    if not all(letters.endswith(LETTERS[last]) for letters in labels):
        return None
    (a, _), (b, _) = pair
    made = einsum(a, b, subscripts=f"{','.join(labels)}->{LETTERS[:last]}")
    return expand_dims(made, axis=(last,)) if node.kwargs["keepdims"] else made


@REAL.on("sum-of-repeated-products", sum_, why="the same products and sums, without an array of them")
def _repeated_products(node: Node) -> Node | None:
    """``np.einsum('ij,ikj->kj', d, E)`` rather than ``np.sum(d[:, None, :] * E, axis=0)``: half the time."""
    x = node.inputs[0]
    if x.op is not ew.multiply or node.kwargs["axis"] != (0,) or node.kwargs["keepdims"] or x.ndim > len(LETTERS):
        return None
    if x.dtype.kind != "f" or x.dtype.itemsize < 4 or nominal_size(x.shape) < MANY_PRODUCTS:
        return None
    pair = [_labelled(y, x) for y in x.inputs]
    letters = LETTERS[: x.ndim]
    whole = [own for _, own in pair if own == letters]
    if len(whole) != 1 or not all(own.startswith(letters[0]) and len(own) > 1 for _, own in pair):
        return None
    (a, first), (b, second) = pair
    return einsum(a, b, subscripts=f"{first},{second}->{letters[1:]}")


def _labelled(y: Node, x: Node) -> tuple[Node, str]:
    """An operand of the elementwise `x` and the letters of its axes; none where it is repeated along one as it is."""
    own = LETTERS[x.ndim - y.ndim : x.ndim]
    if y.op is expand_dims:
        new = y.kwargs["axis"]
        y, own = y.inputs[0], "".join(letter for k, letter in enumerate(own) if k not in new)
    lengths = (x.shape[LETTERS.index(letter)] for letter in own)
    return y, own if y.dtype == x.dtype and all(n == m for n, m in zip(y.shape, lengths, strict=True)) else ""


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
