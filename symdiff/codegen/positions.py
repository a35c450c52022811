"""Positions: long lists of numbers are made once, beside the function, and say how they count if they do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from symdiff.codegen import literal
from symdiff.codegen.printed import Printed
from symdiff.graph.expression_text import unparse
from symdiff.graph.node import Literal

LARGEST_RANK = 4
EXACT = 2**31  # below which sums of whole numbers are exact in floats, too
FEW = 8  # numbers that are as well written where they are used


def without_long_lists(tree: ast.AST, name_of: Callable[[np.ndarray], ast.expr]) -> ast.AST:
    """A template with its long lists of numbers replaced by what `name_of` calls them.

    >>> tree = ast.parse("a[[3, 1, 4, 1, 5, 9, 2, 6, 5]] + a[[0, 1]]", mode="eval").body
    >>> ast.unparse(without_long_lists(tree, lambda value: ast.Name(f"of_{value.size}")))
    'a[of_9] + a[[0, 1]]'
    """
    if isinstance(tree, ast.List) and tree.elts:
        value = _numbers(tree)
        return tree if value is None or value.size <= FEW else name_of(value)
    fields: dict[str, Any] = {}
    for name, part in ast.iter_fields(tree):
        if isinstance(part, list):
            fields[name] = [without_long_lists(x, name_of) if isinstance(x, ast.AST) else x for x in part]
        else:
            fields[name] = without_long_lists(part, name_of) if isinstance(part, (ast.expr, ast.keyword)) else part
    return type(tree)(**fields)


def has_long_lists(tree: ast.AST) -> bool:
    """Whether `without_long_lists` may find one."""
    lists = (part for part in ast.walk(tree) if isinstance(part, ast.List) and part.elts)
    return any((value := _numbers(part)) is not None and value.size > FEW for part in lists)


def _numbers(tree: ast.List) -> np.ndarray | None:
    try:
        value = np.array(ast.literal_eval(tree))
    except ValueError:  # it holds operands
        return None
    return value if value.dtype.kind in "bi" else None


def counting(value: np.ndarray, arange: str) -> ast.expr | None:
    """Whole numbers that count in equal steps along each axis, as a sum of ranges; None for others.

    >>> ast.unparse(counting(np.arange(5, 32, 3), "np.arange"))
    'np.arange(5, 32, 3)'
    >>> ast.unparse(counting(np.arange(6)[:, None] + np.arange(3), "np.arange"))
    'np.arange(6)[:, None] + np.arange(3)'
    >>> ast.unparse(counting(np.arange(-4.0, 5.0), "np.arange"))
    'np.arange(-4.0, 5.0)'
    """
    if value.dtype not in (np.int64, np.float64) or value.size <= FEW or value.ndim > LARGEST_RANK:
        return None
    if value.dtype == np.float64 and not _are_whole(value):
        return None
    kind, first = type(value.flat[0].item()), int(value.flat[0])
    steps = [int(np.take(value, 1, axis).flat[0]) - first if n > 1 else 0 for axis, n in enumerate(value.shape)]
    ranges = [np.arange(n) * step for n, step in zip(value.shape, steps, strict=True)]
    whole = first + sum(np.ix_(*ranges))
    if 0 in steps or not np.array_equal(whole, value):
        return None
    terms = []
    for axis, (n, step) in enumerate(zip(value.shape, steps, strict=True)):
        start = first if axis == 0 else 0
        bounds = [start, start + n * step, step] if step != 1 else [start, start + n] if start else [n]
        bounds = [kind(bound) for bound in bounds]
        behind = ", ".join([":"] + ["None"] * (value.ndim - 1 - axis))
        terms.append(f"{arange}({', '.join(map(str, bounds))})" + (f"[{behind}]" if axis < value.ndim - 1 else ""))
    return ast.parse(" + ".join(terms), mode="eval").body


def _are_whole(value: np.ndarray) -> bool:
    """Whether floats are whole numbers, none of them -0, so small that sums of them are exact."""
    small = bool(np.all(np.abs(value) < EXACT))
    return small and bool(np.all(value == np.trunc(value))) and not np.any(np.signbit(value) & (value == 0))


class MadeOnce:
    """The arrays that stand beside a function; equal ones are one."""

    def __init__(
        self, printed: Printed, new_name: Callable[[str], str], reach: Callable[[str], str], largest: int
    ) -> None:
        self.printed, self.new_name, self.reach, self.largest = printed, new_name, reach, largest
        self.made: dict[Literal, ast.expr] = {}

    def array(self, value: Literal, wanted: str) -> ast.expr:
        """The name of an array: `wanted` if that is free, unless it has one."""
        if value not in self.made:
            self.made[value] = self._new(value, wanted)
        return self.made[value]

    def _new(self, value: Literal, wanted: str) -> ast.expr:
        name, counted = self.new_name(wanted), counting(value.value, self.reach("np.arange"))
        if counted is None and value.value.ndim == 1 and value.value.size > FEW:
            from symdiff.codegen.patterns import patterned  # noqa: PLC0415 (few functions have such arrays)

            counted = patterned(value.value, self.reach)
        if counted is None and value.value.size > self.largest:
            self.printed.arrays[name] = value.value
        else:
            self.printed.constants[name] = unparse(counted or literal.array(value, self.reach))
        return ast.Name(name)

    def drop_unread(self, lines: Iterable[str]) -> None:
        """Forgets the arrays that no line reads: a loop that counts does without what it goes over."""
        if not self.printed.constants and not self.printed.arrays:
            return
        read = set(re.findall(r"\w+", " ".join(lines)))
        for table in (self.printed.constants, self.printed.arrays):
            for name in table.keys() - read:
                del table[name]

    def within(self, template: ast.AST) -> ast.AST:
        """A template whose long lists of positions have names; the same list has one."""

        def name_of(value: np.ndarray) -> ast.expr:
            return self.array(Literal(value), f"_{self.printed.name}_i")

        return without_long_lists(template, name_of)
