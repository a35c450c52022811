"""Loops by name: `scan`. On numbers they are plain loops, so that a function can be tried without any graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symdiff.control.scan import scan as scan_row
from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.flow.kept import carried_as
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.nesting import new_scope
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.aval import Aval
from symdiff.graph.body import canonical, close
from symdiff.graph.dims import Dim, show_shape
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node, variable
from symdiff.graph.tree import Tree

Step = Callable[[Any, Any], tuple[Any, Any]]


def scan(
    step: Step, carry: Any, xs: Any = None, *, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """A loop: ``carry, y = step(carry, x)`` for every `x` along the first axis of `xs`.

    In a function that is traced the loop is one operation, however many steps it has: its derivative is a loop, too,
    and so is the source. On plain numbers and arrays it runs as written.

    Args:
        step: takes the carried values and the elements, gives the new carried values and what is left behind.
        carry: a number, an array, or containers of such; a step keeps the shapes.
        xs: an array, or containers of arrays, whose first axes are equally long; None for none.
        length: the number of steps, needed only where there are no `xs`.
        reverse: whether the last elements come first. What is left behind lies in the order of `xs`.

    Returns:
        ``(carry, ys)``: the last carried values, and what the steps left behind, stacked along a new first axis.

    Raises:
        ShapeError: if the first axes differ, or a step changes the shape of what it carries.
        ArgumentError: if the number of steps is not given, or a step changes the containers.

    >>> import numpy as np
    >>> import symdiff as sd
    >>> def decay(rate, n):
    ...     return sd.scan(lambda h, _: (rate * h, h), 1.0, length=n)[0]
    >>> bool(sd.grad(lambda rate: decay(rate, 10))(0.5) == 10 * 0.5**9)
    True
    """
    if not is_symbolic((carry, xs)):
        numbers = _on_numbers(step, carry, xs, length, reverse)
        if numbers is not None:
            return numbers
    return _traced(step, carry, xs, length, reverse)


def _on_numbers(step: Step, carry: Any, xs: Any, length: int | None, reverse: bool) -> tuple[Any, Any] | None:
    """The plain loop; None if a step reads symbolic values around it."""
    arrays, tree = flatten(xs)
    n = _steps(arrays, length)
    if not isinstance(n, int):
        return None
    left: list[Any] = [None] * n
    for k in reversed(range(n)) if reverse else range(n):
        element = filled(tree, [a.literal.value[k] for a in arrays if a.literal is not None])
        carry, left[k] = step(carry, element)
        if is_symbolic((carry, left[k])):
            return None
    trees = [flatten(y) for y in left]
    if not trees:
        return None
    stacks = [np.stack([leaves[i].literal.value for leaves, _ in trees]) for i in range(len(trees[0][0]))]  # type: ignore[union-attr]
    return carry, filled(trees[0][1], stacks)


def _steps(arrays: Sequence[Node], length: Dim | None) -> Dim:
    """How many steps there are."""
    for x in arrays:
        if not x.shape:
            raise ShapeError("a loop takes the elements of arrays, and one of xs is a number", help="pass an array")
    found = {x.shape[0] for x in arrays}
    if length is not None:
        found.add(length)
    if len(found) > 1:
        raise ShapeError(f"the loop is over {show_shape(tuple(found))} steps at once", help="equally long arrays")
    if not found:
        raise ArgumentError("how many steps the loop has is not given", help="pass xs, or length=")
    return found.pop()


def _traced(step: Step, carry: Any, xs: Any, length: int | None, reverse: bool) -> tuple[Any, Any]:
    starts, tree = flatten(carry)
    arrays, below = flatten(xs)
    n = _steps(arrays, length)
    types = [Aval(x.dtype, x.shape) for x in starts]
    while True:
        states, elements, ends, left, ys = _one_step(step, tree, types, arrays, below)
        wider = [_meet(t, y) for t, y in zip(types, ends, strict=True)]
        if wider == types:
            break
        types = wider
    ends = [carried_as(y, t) for y, t in zip(ends, types, strict=True)]
    body, fixed = close((*states, *elements), (*ends, *left))
    loop = Loop(
        scan_row,
        canonical(body),
        tuple(carried_as(x, t) for x, t in zip(starts, types, strict=True)),
        tuple(arrays),
        tuple(fixed),
        n,
        reverse,
    )
    parts = [Symbol(part) for part in loop.node.parts]
    return filled(tree, parts[: len(states)]), filled(ys, parts[len(states) :])


def _one_step(
    step: Step, tree: Tree, types: Sequence[Aval], arrays: Sequence[Node], below: Tree
) -> tuple[list[Node], list[Node], list[Node], list[Node], Tree]:
    """The inputs of a step, what it gives, and the containers of what it leaves behind."""
    scope = new_scope()
    states = [variable(f"h{k}", t, scope) for k, t in enumerate(types, 1)]
    elements = [variable(f"x{k}", Aval(x.dtype, x.shape[1:]), scope) for k, x in enumerate(arrays, 1)]
    given = filled(tree, [Symbol(h) for h in states]), filled(below, [Symbol(x) for x in elements])
    result = step(*given)
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError("a step of the loop must return two things", help="return carry, y; None for no y")
    (ends, end_tree), (left, ys) = flatten(result[0]), flatten(result[1])
    if end_tree != tree:
        raise ArgumentError("a step of the loop returns other containers than it carries", help="the same structure")
    return states, elements, list(ends), list(left), ys


def _meet(start: Aval, end: Node) -> Aval:
    """The type of a carried value that begins as `start` and is `end` after a step."""
    if start.shape != end.shape:
        raise ShapeError(
            f"a step turns [{show_shape(start.shape)}] into [{show_shape(end.shape)}]",
            help="what a loop carries keeps its shape: begin with np.zeros of that shape",
        )
    return start if end.aval.weak else Aval(np.result_type(start.dtype, end.dtype), start.shape)
