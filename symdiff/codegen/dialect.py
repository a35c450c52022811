"""Dialects: how rows are spelled for a target. Everything that may be printed stands in the row.

A dialect that prints for something NumPy-like is a few lines: which template a row has there, and where names that
occur in it are imported from.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from symdiff.graph.node import CONSTANT, ITEM, Node, maker, part_of, slot
from symdiff.graph.op import UNWRITTEN, Op
from symdiff.graph.template import free_names, placeholders

SIGNS: dict[str, str] = {"neg": "-a", "~": "~a"}


class Dialect(Protocol):
    """A target: which nodes it can print, and how."""

    name: str
    shapes: bool  # whether lines are commented with shapes

    def prints(self, node: Node) -> bool:
        """Whether the target has a spelling for `node`; others are lowered first."""

    def template(self, node: Node) -> str:
        """The spelling, over the operands of what computes it: of a part, those of the node that has it."""

    def origin(self, node: Node, name: str) -> str | None:
        """The module that `name`, which occurs in the spelling of `node`, is imported from; None for builtins."""


class NumPy:
    """Arrays: ``np.exp(x)``, ``X.T @ r``."""

    name = "numpy"
    shapes = True

    def prints(self, node: Node) -> bool:
        op = node.op
        return bool(op.family in UNWRITTEN or op.fn or op.spell or op.infix or op.is_statement)

    def template(self, node: Node) -> str:
        op = node.op
        if op is ITEM:
            return part_of(node).alone or f"{self.template(node.inputs[0])}[{slot(node)}]"
        if callable(op.spell):
            return op.spell(node)
        if op.spell is not None:
            return op.spell
        if op.infix is not None:
            return SIGNS.get(op.infix, f"a {op.infix} b")
        return f"{dotted(op.fn)}({', '.join('abc'[: len(node.inputs)])})"

    def origin(self, node: Node, name: str) -> str | None:
        fn = maker(node).op.fn
        module, _, function = fn.partition(":") if isinstance(fn, str) else ("", "", "")
        return module if function == name else None


class Math:
    """Python floats: ``exp(x)`` from `math`, 10 to 30 times faster than NumPy's scalars."""

    name = "math"
    shapes = False

    def prints(self, node: Node) -> bool:
        if node.op is CONSTANT:
            return not node.shape
        node = maker(node)
        return node.op.family == "source" or node.op.math is not None

    def template(self, node: Node) -> str:
        if node.op is ITEM:
            return f"{self.template(node.inputs[0])}[{slot(node)}]"
        spelling = node.op.math
        text = spelling(node) if callable(spelling) else spelling
        assert text is not None
        return f"{text}({', '.join('abc'[: len(node.inputs)])})" if text.isidentifier() and text != "a" else text

    def origin(self, node: Node, name: str) -> str | None:
        return "math" if hasattr(math, name) else None


def is_float_scalar(node: Node) -> bool:
    """Whether a Python float (or bool) holds the value of `node`."""
    if node.aval.parts:
        return all(map(is_float_scalar, node.parts))
    return not node.shape and (
        node.dtype == np.float64 or node.aval.kind == "b" or (node.aval.weak and node.aval.kind == "i")
    )


@lru_cache(maxsize=1024)
def dotted(fn: Callable[..., Any] | str | None) -> str:
    """Under which name NumPy has `fn`: ``np.exp``, ``np.linalg.inv``; the bare name for SciPy's and ours."""
    if isinstance(fn, str):
        return fn.partition(":")[2]
    assert fn is not None
    name = fn.__name__
    for prefix, module in (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft)):
        if getattr(module, name, None) is fn:
            return f"{prefix}.{name}"
    return name


def helpers_of(op: Op) -> tuple[Callable[..., Any], ...]:
    """The functions of ours that the row's spelling may call."""
    fn = op.fn
    if callable(fn) and not isinstance(fn, np.ufunc) and dotted(fn) == fn.__name__:
        return (*op.helpers, fn)
    return op.helpers


def repeated(template: str, total: int) -> list[int]:
    """The operands that a template writes more than once, which must therefore have a name."""
    names = free_names(template)
    return [k for k in range(total) if sum(map(names.count, placeholders(k))) > 1]


def is_sign(template: ast.expr) -> bool:
    """Whether a spelling is a sign between operands: there ``2`` reads better than ``2.0``."""
    return isinstance(template, (ast.BinOp, ast.Compare))
