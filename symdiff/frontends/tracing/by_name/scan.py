"""`scan`: a loop of known length that leaves behind what its steps compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import index
from typing import Any

import numpy as np

from symdiff.control.holding import Memory, check_memory
from symdiff.errors import ArgumentError, ShapeError
from symdiff.frontends.layout import filled
from symdiff.frontends.tracing.by_name.carries import own, parts_of, settled, type_of
from symdiff.frontends.tracing.by_name.steps import Step as Traced, Tracer, names_of
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length
from symdiff.graph.node import Node, as_node
from symdiff.graph.tree import Tree

Step = Callable[[Any, Any], tuple[Any, Any]]


def scan(
    step: Step,
    carry: Any,
    xs: Any = None,
    *,
    length: int | None = None,
    reverse: bool = False,
    memory: Memory | None = None,
) -> tuple[Any, Any]:
    """A loop: ``carry, y = step(carry, x)`` for every `x` along the first axis of `xs`.

    In a function that is traced the loop is one operation, however many steps it has: its derivative is a loop, too,
    and so is the source. On plain numbers and arrays it runs as written.

    Args:
        step: takes the carried values and an element, gives the new carried values and what is left behind.
        carry: a number, an array, or containers of such. A step keeps containers, shapes and dtypes; a number of
            Python's becomes what the step makes of it (0 becomes a float).
        xs: an array, or containers of arrays, whose first axes are equally long; None for none.
        length: the number of steps, needed only where there are no `xs`.
        reverse: whether the last elements come first. What is left behind lies in the order of `xs`.
        memory: what the way back has of the n steps forward. ``"keep"``: whatever the derivative of a step reads, which
            is fastest. ``"recompute"``: what each step carries; the rest of the step is computed a second time.
            ``"sqrt"``: what about 2·√n steps carry; the steps are taken a second time, in segments, and then a third
            time, each with its derivative. Values and derivatives are the same. By default it is what `grad` and the
            others were told with the option of that name, and ``"keep"`` where they were told nothing.

    Returns:
        ``(carry, ys)``: the last carried values, and what the steps left behind, stacked along a new first axis.

    Raises:
        ShapeError, DTypeError: if the first axes differ, or a step changes the shape or dtype of what it carries.
        ArgumentError: if the number of steps is not given, a step changes the containers, or `memory` is none of these.
        UnsupportedError: if a step draws random numbers, or writes into arrays that are not its own; for ``"sqrt"``, if
            the number of steps is a name.

    The signature is that of `jax.lax.scan`, but for `memory`; segments are those of Chen, Xu, Zhang and Guestrin,
    "Training Deep Nets with Sublinear Memory Cost", 2016.

    >>> import numpy as np
    >>> import symdiff as sd
    >>> def decay(rate, n):
    ...     return sd.scan(lambda h, _: (rate * h, h), 1.0, length=n)[0]
    >>> bool(sd.grad(lambda rate: decay(rate, 10))(0.5) == 10 * 0.5**9)
    True
    >>> sd.scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 1., 3.]))
    """
    if memory is not None:
        check_memory(memory)
    if not is_symbolic((carry, xs)):
        numbers = _on_numbers(step, carry, xs, length, reverse)
        if numbers is not None:
            return numbers
    starts, tree = flatten(carry)
    arrays, below = flatten(xs)
    n = _steps([x.aval for x in arrays], length)
    found = _traced(step, starts, tree, arrays, below)
    parts = found.loop(starts, arrays, n, reverse, memory)
    return filled(tree, parts[: len(starts)]), filled(found.tree, parts[len(starts) :])


def _on_numbers(step: Step, carry: Any, xs: Any, length: int | None, reverse: bool) -> tuple[Any, Any] | None:
    """The plain loop; None if a step reads symbolic values around it."""
    items, below = parts_of(xs)
    arrays = [x if hasattr(x, "ndim") else np.asarray(x) for x in items]
    n = _steps([type_of(x) for x in arrays], length)
    if not isinstance(n, int):
        return None
    if not n:
        return _of_no_steps(step, carry, arrays, below)
    values, tree = parts_of(carry)
    types = [type_of(v) for v in values]
    carry = filled(tree, [own(v) for v in values])
    left: list[Any] = [None] * n
    for k in reversed(range(n)) if reverse else range(n):
        carry, y = pair(step(carry, filled(below, [a[k] for a in arrays])))
        if is_symbolic((carry, y)):
            return None
        ends, end_tree = parts_of(carry)
        types = settled(types, tree, [type_of(v) for v in ends], end_tree, "scan")
        parts, y_tree = parts_of(y)
        left[k] = [own(part) for part in parts], y_tree
    if any(y_tree != left[0][1] for _, y_tree in left):
        raise ArgumentError("the steps of scan leave different containers behind", help="the same structure in each")
    return carry, filled(left[0][1], [_stack(each) for each in zip(*(parts for parts, _ in left), strict=True)])


def _stack(values: Sequence[Any]) -> Any:
    shapes = {type_of(v).shape for v in values}
    if len(shapes) > 1:
        raise ShapeError("the steps of scan leave arrays of different shapes behind", help="one shape in all steps")
    return np.stack(values) if shapes != {()} else np.array(values, _dtype_of(values))


def _dtype_of(values: Sequence[Any]) -> np.dtype:
    """The dtype of numbers, among which those of Python give way."""
    strong = {v.dtype for v in values if isinstance(v, (np.ndarray, np.generic))}
    weak = {type(v): v for v in values if isinstance(v, (bool, int, float, complex)) and not isinstance(v, np.generic)}
    return np.result_type(*strong, *weak.values())


def _of_no_steps(step: Step, carry: Any, arrays: Sequence[Any], below: Tree) -> tuple[Any, Any]:
    """What is left behind is empty; of which shape, one step says that is traced."""
    values, tree = parts_of(carry)
    found = _traced(step, [as_node(v) for v in values], tree, [as_node(a) for a in arrays], below)
    return carry, filled(found.tree, [np.empty((0, *y.shape), y.dtype) for y in found.left])


def _traced(step: Step, starts: Sequence[Node], tree: Tree, arrays: Sequence[Node], below: Tree) -> Traced:
    state, element = names_of(step, ("h", "x"))
    tracer = Tracer("scan", partial(_once, step), (state, element))
    return tracer.step(starts, tree, [Aval(x.dtype, x.shape[1:]) for x in arrays], below)


def _once(step: Step, carry: Any, x: Any) -> tuple[Any, Any, tuple[Node, ...]]:
    return (*pair(followed(step)(carry, x)), ())


def pair(result: Any) -> tuple[Any, Any]:
    """What a step gives: what it carries on, and what it leaves behind."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError("a step of scan must return two things", help="return carry, y; None for no y")
    return result


def _steps(types: Sequence[Aval], length: Any) -> Dim:
    """How many steps there are."""
    if any(not t.shape for t in types):
        raise ShapeError("a loop takes the elements of arrays, and one of xs is a number", help="pass an array")
    found: dict[Dim, None] = dict.fromkeys(t.shape[0] for t in types)
    if length is not None:
        found[_number_of(length)] = None
    if len(found) > 1:
        raise ShapeError(
            f"the loop is over {' and '.join(map(str, found))} steps at once",
            help="the first axes of all xs, and length= where it is given, must be equal",
        )
    if not found:
        raise ArgumentError("how many steps the loop has is not given", help="pass xs, or length=")
    return next(iter(found))


def _number_of(length: Any) -> Dim:
    if isinstance(length, Length):
        return length
    try:
        n: int = index(length)
    except TypeError:
        raise ArgumentError(
            f"length is {length!r:.40}, and must be a whole number that is known",
            help="sd.fori_loop and sd.while_loop take a number of steps that is computed",
        ) from None
    if n < 0:
        raise ArgumentError(f"length is {n}", help="the number of steps, 0 or more")
    return n
