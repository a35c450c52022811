"""Spelling: how Python source is written for a target. Everything that may be printed stands in the row.

The printer asks a `Spelling` whatever differs from target to target; a target that prints Python is one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from symdiff.codegen.lines import Line
from symdiff.graph.node import Node
from symdiff.graph.template import free_names, placeholders


class Spelling:
    """The questions of the printer, with the answers that serve most targets.

    Attributes:
        rows: the names under which rows are spelled for it: its own, then those of targets that it resembles.
        arrays: the module that templates call ``np``, and what the source calls it.
        constants: the module that ``inf`` and ``nan`` are imported from by name; "" for NumPy's ``np.inf``.
        forward: the comment above the forward part, where a derivative follows.
        branches: whether all values are numbers, and selections are written as ``if`` statements.
        nests: whether loops over elements are printed, in which arithmetic is cheaper than any call.
        lists: whether what the steps of a loop leave behind are lists, not arrays.
        in_blocks: whether statements are computed some rows at a time where that is faster.
        blocks: how blocks of statements are written, if not as Python's.
        modules: further modules that lines reach, by the names that they have there.
        floats: the target that loops over numbers are written for; "" if they are written as all else.
        most_steps: for how many steps of a loop that asks there is room, if that must be known; see `Target`.
    """

    rows: tuple[str, ...] = ()
    arrays: tuple[str, str] = ("numpy", "np")
    constants: str = ""
    forward: str = ""
    branches: bool = False
    nests: bool = False
    lists: bool = False
    blocks: ClassVar[Mapping[str, Callable[..., Iterator[Line]]] | None] = None
    modules: ClassVar[Mapping[str, str]] = MappingProxyType({})
    floats: str = ""
    in_blocks: bool = False
    most_steps: int = 0

    @property
    def steps(self) -> Spelling:
        """How the steps of loops are written, if that differs."""
        return self

    def has_spelling(self, node: Node) -> bool:
        """Whether the row of `node` has a spelling of its own for this target."""
        return any(name in node.op.notation.spell for name in self.rows)

    def spelled(self, node: Node) -> str | None:
        """That spelling, or None."""
        for name in self.rows:
            text = node.op.notation.spelling(name, node)
            if text is not None:
                return text
        return None

    def reached(self, path: str) -> str:
        """``np.pow`` for ``np.power``, where a function of NumPy's has another name."""
        return path

    def written(self, line: str) -> str:
        """An assignment to a part of an array, where that is not written so."""
        return line

    def typed(self, number: ast.expr, dtype: ast.expr) -> ast.expr:
        """A number of a type: ``np.float32(0.5)``."""
        return ast.Call(dtype, [number], [])

    def copied(self, tree: ast.expr, name_of: Callable[[str], ast.expr]) -> ast.Call | None:
        """A copy of an array; None where it is ``np.array(tree)``. `name_of` says what functions are called here."""
        return None

    def prints(self, node: Node) -> bool:
        """Whether `node` has an expression, or statements, in the source."""
        raise NotImplementedError

    def template(self, node: Node) -> str:
        """The expression of `node`, over the operands of what computes it: of a part, of the node that has it."""
        raise NotImplementedError

    def accumulation(self, node: Node) -> tuple[str, str]:
        """For a row that adds up in place: how a buffer begins, and how ``a`` is added to the buffer ``target``."""
        assert node.op.accumulate is not None
        return node.op.accumulate(node)

    def edits(self, node: Node) -> tuple[str, ...]:
        """For a row that assigns in place: what turns ``target``, a copy of its first input, into the result."""
        assert node.op.edits is not None
        return node.op.edits(node)

    def origin(self, node: Node, name: str) -> str:
        """The module that `name`, which occurs in the expression of `node`, is imported from; "" for built-ins."""
        return ""

    def alias(self, module: str, name: str) -> str:
        """What ``name``, imported from ``module``, is called in the source."""
        return name

    def raises(self, node: Node) -> bool:
        """Whether the expression of `node` may raise where NumPy gives inf or nan."""
        return False

    def type_comment(self, node: Node) -> str:
        """What stands behind a line that computes `node`."""
        return ""

    def converted(self, node: Node) -> str:
        """The built-in that an output goes through on its way out; "" for none."""
        return ""

    def body(self, lines: list[str], arguments: Sequence[str], reach: Callable[[str], str]) -> list[str]:
        """The body of a function, given its lines; ``reach("np.errstate")`` says how that is spelled here."""
        return lines


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


def helpers_of(node: Node) -> tuple[Callable[..., Any], ...]:
    """The functions that the spelling of a node may call by their own names."""
    op, fn = node.op, node.op.fn
    if op.beside is not None:
        return (*op.notation.helpers, op.beside(node))
    if callable(fn) and not isinstance(fn, np.ufunc) and dotted(fn) == fn.__name__:
        return (*op.notation.helpers, fn)
    return op.notation.helpers


def helper_name(helper: Callable[..., Any]) -> str:
    """What a helper is called, where nothing else is called so."""
    return getattr(helper, "called", None) or f"_{helper.__name__}"


def called(name: str, node: Node) -> str:
    """A function of `name`, called with the operands of `node`."""
    return f"{name}({', '.join(f'x{k}' for k in range(len(node.inputs)))})"


@lru_cache(maxsize=4096)
def repeated(template: str, total: int) -> tuple[int, ...]:
    """The operands that a template writes more than once, which must therefore have a name."""
    names = free_names(template)
    return tuple(k for k in range(total) if sum(map(names.count, placeholders(k))) > 1)


def is_sign(template: ast.expr) -> bool:
    """Whether a spelling is a sign between operands: there ``2`` reads better than ``2.0``."""
    return isinstance(template, (ast.BinOp, ast.Compare))
