"""What a ``for`` of a text goes over: a range, the rows of an array, or several of these side by side."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from symdiff.errors import LimitError, ParseError, ShapeError, SymdiffError
from symdiff.frontends.steps import Steps, backwards, computed_range, cut, first_of, has_name, named_range, side_by_side
from symdiff.graph.dims import Dim, Length, show_shape
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, vocabulary as api

ITERATORS = ("range", "zip", "enumerate", "reversed")  # they mean something behind `in` alone
_EXACT: dict[Op, Callable[..., Any]] = {
    ew.add: operator.add, ew.subtract: operator.sub, ew.multiply: operator.mul, ew.negative: operator.neg,
}  # fmt: skip
LONGEST = 2**23  # steps of a range of known length


class Evaluator(Protocol):
    """What evaluates the text."""

    def evaluate(self, tree: ast.expr) -> Any:
        """The value of an expression."""

    def error(self, error: SymdiffError, node: ast.AST) -> SymdiffError:
        """The error with its place."""


def iterator(tree: ast.expr) -> str | None:
    """The name of what makes an iterator; None for any other expression."""
    is_call = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ITERATORS
    return tree.func.id if is_call else None  # type: ignore[attr-defined]


def goes_over(program: Evaluator, tree: ast.expr) -> Steps:
    """The steps of a loop over the value of `tree`."""
    name = iterator(tree)
    try:
        if name is None:
            return _of_value(program.evaluate(tree))
        assert isinstance(tree, ast.Call)
        if tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
            raise ParseError(f"{name} takes values only here", help=f"write {name}(a, b)")
        if name == "range":
            return _of_range([program.evaluate(a) for a in tree.args])
        parts = [goes_over(program, a) for a in tree.args]
        if name == "zip" and parts:
            return _side_by_side(parts)
        if len(parts) != 1:
            raise ParseError(f"{name} takes one argument here" if name != "zip" else "zip takes two arguments or more")
        return _backwards(parts[0]) if name == "reversed" else _side_by_side([_counting(parts[0].length), parts[0]])
    except SymdiffError as error:
        raise program.error(error, tree) from None


def _of_value(value: Any) -> Steps:
    if isinstance(value, (tuple, list)):
        return Steps(len(value), (), first_of, lambda: iter(value))
    try:
        node = as_node(value)
    except SymdiffError:
        node = constant(0)
    if not node.shape:
        raise ParseError("a loop goes over range(n), or over the rows of an array", help="for k in range(n):")
    n = node.shape[0]
    steps = range(n) if isinstance(n, int) else range(0)
    return Steps(n, (node,), first_of, lambda: (api.getitem(node, k) for k in steps), (False,))


def _of_range(bounds: Sequence[Any]) -> Steps:
    if not 1 <= len(bounds) <= 3:
        raise ParseError("range takes one to three bounds", help="range(n), range(1, n), range(n - 1, -1, -1)")
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    bounds = [_bound(v) for v in (start, stop, step)]
    start, stop, step = bounds
    if not isinstance(step, int) or not step:
        raise ParseError("the step of a range is a whole number, and not 0", help="range(0, n, 2)")
    if isinstance(start, int) and isinstance(stop, int):
        steps = range(start, stop, step)
        if len(steps) > LONGEST:
            raise LimitError(f"a loop has {len(steps):,} steps, the limit is {LONGEST:,}")
        numbers = (constant(np.arange(start, stop, step)),)
        return Steps(len(steps), numbers, first_of, lambda: iter(steps), (True,))
    if any(isinstance(v, Node) for v in bounds) or not has_name(start, stop, step):
        start, stop = (as_node(v) if isinstance(v, Length) else v for v in (start, stop))
        return computed_range(start, stop, step, lambda: iter(()))
    return named_range(start, stop, step, as_node)


def _bound(value: Any) -> Any:
    """A bound of a range: a whole number, a length, or a node without axes that is a whole number."""
    if isinstance(value, Node) and not value.shape and (known := _as_dim(value)) is not None:
        return known
    if isinstance(value, Node) and not value.shape and value.aval.kind in "iu":
        return value
    if isinstance(value, (int, Length)) and not isinstance(value, bool):
        return value
    if isinstance(value, Node):
        raise ParseError(f"a bound of a range is {value.aval!r}, and must be a whole number", help="astype(x, int)")
    raise ParseError(f"a bound of a range is {value!r:.40}, and must be a whole number")


def _as_dim(node: Node) -> Dim | None:
    """What a node is that is computed from lengths and whole numbers; None for any other."""
    found: dict[Node, Dim] = {}
    for x in toposort([node]):
        of = [found[y] for y in x.inputs]
        if isinstance(dim := x.kwargs.get("dim"), (int, Length)) and not x.inputs:
            found[x] = dim
        elif x.literal is not None and x.aval.kind == "i" and not x.shape:
            found[x] = int(x.literal.value)
        elif x.op in _EXACT:
            found[x] = _EXACT[x.op](*of)
        else:
            return None
    return found[node]


def _counting(n: Dim) -> Steps:
    return _of_range([n])


def _side_by_side(parts: Sequence[Steps]) -> Steps:
    lengths = list(dict.fromkeys(p.length for p in parts))
    known = [n for n in lengths if isinstance(n, int)]
    if any(p.count is not None for p in parts) or (len(lengths) > 1 and len(known) < len(lengths)):
        raise ShapeError(
            f"the loop goes over {' and '.join(show_shape((n,)) for n in lengths)} steps side by side",
            help="what it goes over must have one length",
        )
    n = min(known) if known else lengths[0]
    if len(lengths) > 1:
        parts = [cut(p, n) for p in parts]
    found = side_by_side(parts, lambda: zip(*(p.plain() for p in parts)))  # noqa: B905  the shortest ends it
    return found if all(p.arrays for p in parts) else replace(found, arrays=(), weak=())  # a list is taken step by step


def _backwards(going: Steps) -> Steps:
    if going.count is not None:
        raise ParseError("reversed takes a range whose length is known", help="range(n - 1, -1, -1)")
    return backwards(going)
