"""What a ``for`` of a text goes over: a range, the rows of an array, or several of these side by side."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from symdiff.errors import LimitError, ParseError, ShapeError, SymdiffError
from symdiff.graph.dims import Dim, Length, show_shape
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.op import Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, vocabulary as api
from symdiff.ops.gathering import positions
from symdiff.ops.shapes import flip

ITERATORS = ("range", "zip", "enumerate", "reversed")  # they mean something behind `in` alone
_EXACT: dict[Op, Callable[..., Any]] = {
    ew.add: operator.add, ew.subtract: operator.sub, ew.multiply: operator.mul, ew.negative: operator.neg,
}  # fmt: skip
LONGEST = 2**23  # steps of a range of known length


@dataclass(frozen=True)
class Going:
    """The steps of a loop.

    Attributes:
        length: how many there are.
        arrays: what is sliced along its first axis.
        weak: for each of them whether its elements are Python's numbers.
        element: what the loop variable is, given an element of each array.
        items: the loop variables one after the other, if the number of steps is known.
        count: how many steps there are, if that depends on values; `element` is then given how many were taken.
        is_even: whether all steps go over things of one kind.
    """

    length: Dim
    arrays: tuple[Node, ...]
    weak: tuple[bool, ...]
    element: Callable[[Sequence[Any]], Any]
    items: Callable[[], Iterator[Any]]
    count: Node | None = None
    is_even: bool = True


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


def goes_over(program: Evaluator, tree: ast.expr) -> Going:
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


def _first(items: Sequence[Any]) -> Any:
    return items[0]


def _of_value(value: Any) -> Going:
    if isinstance(value, (tuple, list)):
        return Going(len(value), (), (), _first, lambda: iter(value), is_even=False)
    try:
        node = as_node(value)
    except SymdiffError:
        node = constant(0)
    if not node.shape:
        raise ParseError("a loop goes over range(n), or over the rows of an array", help="for k in range(n):")
    n = node.shape[0]
    steps = range(n) if isinstance(n, int) else range(0)
    return Going(n, (node,), (False,), _first, lambda: (api.getitem(node, k) for k in steps))


def _of_range(bounds: Sequence[Any]) -> Going:
    if not 1 <= len(bounds) <= 3:
        raise ParseError("range takes one to three bounds", help="range(n), range(1, n), range(n - 1, -1, -1)")
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    bounds = [_bound(v) for v in (start, stop, step)]
    start, stop, step = bounds
    if not isinstance(step, int) or not step:
        raise ParseError("the step of a range is a whole number, and not 0", help="range(0, n, 2)")
    if any(isinstance(v, Node) for v in bounds):
        return _of_computed_range(start, stop, step)
    if isinstance(start, int) and isinstance(stop, int):
        steps = range(start, stop, step)
        if len(steps) > LONGEST:
            raise LimitError(f"a loop has {len(steps):,} steps, the limit is {LONGEST:,}")
        numbers = (constant(np.arange(start, stop, step)),)
        return Going(len(steps), numbers, (True,), _first, lambda: iter(steps))
    if step not in (1, -1):
        raise ParseError("a range of a named length goes in steps of 1 or -1", help="range(n)")
    n = stop - start if step == 1 else start - stop
    first: Dim = start if step == 1 else stop + 1
    counted = positions(n=n) if step == 1 else flip(positions(n=n), axis=(0,))
    array = counted if first == 0 else counted + as_node(first)
    return Going(n, (array,), (True,), _first, lambda: iter(()))


def _of_computed_range(start: Any, stop: Any, step: int) -> Going:
    """``range(i + 1)``, where i is a value that is not known."""
    is_plain = isinstance(start, int) and not start
    first = as_node(start)
    span = as_node(stop) if is_plain else as_node(stop) - first
    far = span if step == 1 else (span + (step - 1)) // step if step > 0 else (-span - step - 1) // -step

    def element(items: Sequence[Any]) -> Any:
        offset = items[0] if step == 1 else step * items[0]
        return offset if is_plain else first + offset

    return Going(0, (), (), element, lambda: iter(()), count=far)


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


def _counting(n: Dim) -> Going:
    return _of_range([n])


def _side_by_side(parts: Sequence[Going]) -> Going:
    lengths = list(dict.fromkeys(p.length for p in parts))
    known = [n for n in lengths if isinstance(n, int)]
    if any(p.count is not None for p in parts) or (len(lengths) > 1 and len(known) < len(lengths)):
        raise ShapeError(
            f"the loop goes over {' and '.join(show_shape((n,)) for n in lengths)} steps side by side",
            help="what it goes over must have one length",
        )
    n = min(known) if known else lengths[0]
    ends = np.cumsum([0, *(len(p.arrays) for p in parts)])

    def element(items: Sequence[Any]) -> Any:
        return tuple(p.element(items[a:b]) for p, a, b in zip(parts, ends, ends[1:], strict=False))

    arrays = tuple(a if len(lengths) == 1 else api.getitem(a, slice(0, n)) for p in parts for a in p.arrays)
    weak = tuple(w for p in parts for w in p.weak)
    is_even = all(p.is_even for p in parts)
    return Going(n, arrays, weak, element, lambda: zip(*(p.items() for p in parts)), is_even=is_even)  # noqa: B905


def _backwards(going: Going) -> Going:
    if going.count is not None:
        raise ParseError("reversed takes a range whose length is known", help="range(n - 1, -1, -1)")
    arrays = tuple(api.getitem(a, slice(None, None, -1)) for a in going.arrays)
    items = going.items
    return Going(going.length, arrays, going.weak, going.element, lambda: reversed(list(items())), None, going.is_even)
