"""Einstein summation, contracted pair by pair."""

from __future__ import annotations

from string import ascii_letters
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, LimitError, ShapeError
from symdiff.graph.node import Node
from symdiff.ops import contraction, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, shorten, static_int
from symdiff.ops.api.shapes import permuted
from symdiff.ops.table import numpy_function

MOST_OPERANDS = 100


@numpy_function("einsum", np.einsum, view="perhaps", reorders=True)
def einsum(
    subscripts: Any, *operands: Any, optimize: Any = False, dtype: Any = None, order: str = "K", casting: str = "safe"
) -> Node:
    """Einstein summation; more than two operands are contracted pair by pair."""
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists(subscripts, *operands)
    nodes = [_cast(asarray(x), dtype, casting) for x in operands]
    text = subscripts.replace(" ", "")
    left, arrow, out = text.partition("->")
    labels = left.split(",")
    if len(nodes) > MOST_OPERANDS:
        raise LimitError(f"einsum of {len(nodes)} operands, the limit is {MOST_OPERANDS}")
    if len(labels) != len(nodes):
        raise ShapeError(f"einsum {shorten(subscripts)!r} names {len(labels)} operands, {len(nodes)} were given")
    if "." in text:
        labels, out = _spell_out_ellipsis(labels, out if arrow else None, nodes)
    elif not arrow:
        joined = "".join(labels)
        out = "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    joined = "".join([*labels, out])
    if joined and not joined.isalpha():
        raise ArgumentError(f"einsum {shorten(subscripts)!r}: labels are letters")
    if any(len(names) != x.ndim for x, names in zip(nodes, labels, strict=True)):
        x, names = next((x, names) for x, names in zip(nodes, labels, strict=True) if len(names) != x.ndim)
        raise ShapeError(f"einsum {shorten(subscripts)!r}: {shorten(names)!r} names {len(names)} axes, the operand is {x.aval!r}")
    terms = [_distinct(x, names, subscripts) for x, names in zip(nodes, labels, strict=True)]
    terms = _without_ones(terms)
    missing = set(out) - set("".join(names for _, names in terms))
    if missing or len(set(out)) != len(out):
        raise ShapeError(f"einsum {shorten(subscripts)!r}: output label {sorted(missing or set(out))[0]!r} is not in an operand once")
    return astype(_contract_all(terms, out), np.result_type(*[x.dtype for x in nodes]))  # sums widen integers, einsum does not


def _cast(x: Node, dtype: Any, casting: Any) -> Node:
    if dtype is None:
        return x
    if not np.can_cast(x.dtype, dtype, casting):
        raise DTypeError(f"einsum cannot take {x.aval!r} as {np.dtype(dtype)} with casting={casting!r}", help='casting="unsafe"')
    return astype(x, dtype)


def _spell_out_ellipsis(labels: list[str], out: str | None, nodes: list[Node]) -> tuple[list[str], str]:
    used = set("".join(labels)) | set(out or "")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in used]
    most = max((x.ndim - len(names.replace("...", "")) for x, names in zip(nodes, labels, strict=True) if "..." in names), default=0)
    batch = "".join(spare[:most])
    full = []
    for x, names in zip(nodes, labels, strict=True):
        n = x.ndim - len(names.replace("...", ""))
        full.append(names.replace("...", batch[most - n :] if n else ""))
    if out is None:
        joined = "".join(full)
        return full, batch + "".join(sorted(c for c in set(joined) - set(batch) if joined.count(c) == 1))
    return full, out.replace("...", batch)


def _from_lists(*pairs: Any) -> tuple[str, tuple[Any, ...]]:
    """``einsum(a, [0, 1], b, [1, 2], [0, 2])`` as a string and operands."""
    out = [pairs[-1]] if len(pairs) % 2 else []
    lists = [list(names) if isinstance(names, (list, tuple)) else names for names in (*pairs[1::2], *out)]
    if len(pairs) < 2 or not all(isinstance(names, list) for names in lists):
        raise ArgumentError("einsum needs a string such as 'ij,jk->ik' first, or operands and lists in turn")
    numbers = sorted({static_int(k, "a label") for names in lists for k in names if k is not Ellipsis})
    if len(numbers) > len(ascii_letters):
        raise LimitError(f"einsum with {len(numbers)} labels, the limit is {len(ascii_letters)}")
    letters = dict(zip(numbers, ascii_letters, strict=False))
    texts = ["".join("..." if k is Ellipsis else letters[static_int(k, "a label")] for k in names) for names in lists]
    operands = pairs[0 : 2 * (len(pairs) // 2) : 2]
    joined = ",".join(texts[: len(operands)])
    return f"{joined}->{texts[-1]}" if out else joined, operands


def _without_ones(terms: list[tuple[Node, str]]) -> list[tuple[Node, str]]:
    """An axis of length 1 whose label is longer in another operand broadcasts: it is no axis of this one."""
    longer = {label for x, names in terms for label, n in zip(names, x.shape, strict=True) if n != 1}
    ones = ({label for label, n in zip(names, x.shape, strict=True) if n == 1} & longer for x, names in terms)
    return [contraction.without_axes(x, names, drop) for (x, names), drop in zip(terms, ones, strict=True)]


def _distinct(x: Node, names: str, subscripts: str) -> tuple[Node, str]:
    while len(set(names)) != len(names):
        label = next(c for c in names if names.count(c) > 1)
        p = names.index(label)
        q = names.index(label, p + 1)
        order = (*(k for k in range(x.ndim) if k not in (p, q)), p, q)
        x = shapes.diagonal(permuted(x, order))
        names = "".join(names[k] for k in order[:-1])
    return x, names


def _contract_all(terms: list[tuple[Node, str]], out: str) -> Node:
    while len(terms) > 1:
        i, j = _cheapest_pair(terms, out)
        (x, a), (y, b) = terms[i], terms[j]
        rest = [term for k, term in enumerate(terms) if k not in (i, j)]
        needed = set(out).union(*[names for _, names in rest])
        kept = "".join(c for c in dict.fromkeys(a + b) if c in needed)
        if not rest:
            kept = out
        terms = [(contraction.contract(x, a, y, b, kept), kept), *rest]
    x, names = terms[0]
    alone = tuple(k for k, c in enumerate(names) if c not in out)
    if alone:
        x, names = red.sum_(x, axis=alone, keepdims=False), "".join(c for c in names if c in out)
    return permuted(x, tuple(names.index(c) for c in out))


def _cheapest_pair(terms: list[tuple[Node, str]], out: str) -> tuple[int, int]:
    """The pair whose product has the fewest axes; the first such pair, so that the choice is deterministic."""

    def rank(pair: tuple[int, int]) -> int:
        needed = set(out).union(*[names for k, (_, names) in enumerate(terms) if k not in pair])
        return len({c for k in pair for c in terms[k][1]} & needed)

    return min(((i, j) for i in range(len(terms)) for j in range(i + 1, len(terms))), key=rank)
