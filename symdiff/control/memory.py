"""How much a loop holds for the way back.

``"keep"``: of each step what its derivative reads. ``"recompute"``: of each step what it carries; the rest is computed
again. ``"sqrt"``: a loop in segments, so that about 2·√n of the values that it carries are held instead of n. The outer
loop keeps what it carries at the beginning of each segment. On the way back the steps of a segment are taken again from
there, and what they carry is kept until that segment is done (Chen, Xu, Zhang and Guestrin, "Training Deep Nets with
Sublinear Memory Cost", 2016, after Griewank's checkpoints).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt

from symdiff.control.holding import Memory
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh
from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.ops.index import Slice
from symdiff.ops.shapes import concatenate, getitem, reshape

FEWEST = 4  # steps of a loop that has segments


def parts_with(loop: Loop, memory: Memory) -> tuple[Node, ...]:
    """What the parts of `loop` are, if it holds so much for the way back."""
    if memory == "sqrt":
        return in_segments(loop)
    return replace(loop, recomputes=memory == "recompute").node.parts


def has_segments(loop: Loop) -> bool:
    """Whether it is known how many steps a loop takes."""
    return isinstance(loop.length, int) and not loop.asks


def in_segments(loop: Loop) -> tuple[Node, ...]:
    """What the parts of `loop` are, taken in segments of about √n steps; those that are left over come last.

    Raises:
        UnsupportedError: if how many steps it takes is not known.
    """
    n = loop.length
    if not has_segments(loop) or not isinstance(n, int):
        raise UnsupportedError(
            'memory="sqrt" divides a loop into segments, and how many steps this one takes is not known',
            help='memory="recompute", or a length that is a number',
        )
    loop = replace(loop, recomputes=True)
    if n < FEWEST:
        return loop.node.parts
    m = isqrt(n - 1) + 1
    whole = n - n % m
    first, rest = (n - whole, n), (0, n - whole)  # a loop that begins with the last elements
    if not loop.reverse:
        first, rest = (0, whole), (whole, n)
    c = len(loop.carry)
    parts = _segments(replace(loop, sliced=_between(loop.sliced, *first), length=whole), whole // m, m)
    if whole == n:
        return parts
    tail = replace(loop, carry=parts[:c], sliced=_between(loop.sliced, *rest), length=n - whole).node.parts
    pairs = zip(tail[c:], parts[c:], strict=True) if loop.reverse else zip(parts[c:], tail[c:], strict=True)
    return (*tail[:c], *(concatenate(a, b, axis=0) for a, b in pairs))


def _between(arrays: Sequence[Node], start: int, stop: int) -> tuple[Node, ...]:
    """The elements from `start` to `stop` of each array."""
    index = Slice(start, stop)
    is_whole = [a.shape[0] == stop - start for a in arrays]
    pairs = zip(arrays, is_whole, strict=True)
    return tuple(a if whole else getitem(a, index=(index, *[Slice()] * (a.ndim - 1))) for a, whole in pairs)


def _segments(loop: Loop, k: int, m: int) -> tuple[Node, ...]:
    """The parts of `loop`, which has `k` segments of `m` steps."""
    fresh = Fresh()
    states, constants = fresh.like(loop.states), fresh.like(loop.constants)
    slices = [fresh.input(f"{x.name}_steps", Aval(x.dtype, (m, *x.shape))) for x in loop.elements]
    steps = replace(loop, carry=tuple(states), sliced=tuple(slices), fixed=tuple(constants), length=m)
    body = Body((*states, *slices, *constants), steps.node.parts)
    arrays = tuple(reshape(a, shape=(k, m, *a.shape[1:])) for a in loop.sliced)
    parts = replace(loop, body=body, sliced=arrays, length=k).node.parts
    c = len(loop.carry)
    return (*parts[:c], *(reshape(y, shape=(k * m, *y.shape[2:])) for y in parts[c:]))
