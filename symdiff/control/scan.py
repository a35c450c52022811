"""`scan`: a loop of known length as one node.

Forward mode is a loop whose steps carry tangents beside values. Reverse mode is a loop that runs backwards over what
the forward one left behind (Griewank and Walther, "Evaluating Derivatives", 2008, section 3.3): of each step those
values that the derivative of the step reads and that cannot be had more cheaply. A stack of loops is a loop of stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.autodiff.forward import push_forward
from symdiff.autodiff.reverse import Derivation, pull_back
from symdiff.control.keeping import Kept, keeping
from symdiff.control.taken import among_all
from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.body import Body, Fresh, has_own_length
from symdiff.graph.dims import Dim, Shape, length
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop, called_with, parts_of, stacked
from symdiff.graph.node import Node, Tangents, constant, variable
from symdiff.graph.op import Op
from symdiff.graph.walk import between, substitute, toposort
from symdiff.ops.costs import flops
from symdiff.ops.elementwise import where
from symdiff.ops.families import primitive
from symdiff.ops.reductions import any_, spread
from symdiff.ops.safe_places import closed_body, under
from symdiff.ops.shapes import expand_dims, permute


def _infer(
    *types: Aval,
    asks: bool,
    body: Body,
    carry: int,
    length: Dim,
    reverse: bool,
    sliced: int,
    recomputes: bool = False,
) -> tuple[Aval, ...]:
    arrays = types[carry : carry + sliced]
    for x in arrays:
        if not x.shape or (x.shape[0] != length and not asks):
            raise ShapeError(
                f"a loop of {length} steps takes slices of {x!r}", help="the first axis is that of the steps"
            )
    given = (*types[:carry], *(Aval(x.dtype, x.shape[1:]) for x in arrays), *types[carry + sliced :])
    for v, t in zip(body.inputs, given, strict=True):
        if (v.dtype, v.shape) != (t.dtype, t.shape):
            raise DTypeError(f"a step of the loop takes {v.name} as {v.aval!r}, and is given {t!r}")
    for v, y in zip(body.inputs[:carry], body.outputs[:carry], strict=True):
        if (v.dtype, v.shape) != (y.dtype, y.shape):
            raise ShapeError(
                f"{v.name} is {v.aval!r} at the beginning of a step, and {y.aval!r} at its end",
                help="what a loop carries keeps its shape and dtype",
            )
    last = tuple(v.aval for v in body.inputs[:carry])
    left = body.outputs[carry : len(body.outputs) - asks]
    if any(has_own_length(body, y) for y in left):
        raise ShapeError("what a step leaves behind is as long as a loop in it took steps, which differs")
    return (*last, *(stacked(y.aval, length) for y in left))


# ------------------------------------------------------------------------------------------------------- reverse mode


@lru_cache(maxsize=8)  # the rule is asked for the cotangent of one input after the other
def _pulled(node: Node, g: Tangents) -> Tangents:
    """The cotangents of all inputs, given those of the parts."""
    loop = Loop.of(node)
    back = _Backwards(loop, g)
    return back.cotangents()


class _Backwards:
    """The loop that runs backwards, and what it takes from the other one."""

    def __init__(self, loop: Loop, g: Tangents) -> None:
        self.loop = loop
        c = len(loop.carry)
        self.fresh = Fresh(x.name or "" for x in loop.body.inputs)
        inexact = [h for h in loop.states if h.aval.inexact]
        self.last = {h: g[k] for k, h in enumerate(loop.states) if h.aval.inexact}
        self.d_states = dict(zip(inexact, self.fresh.like(inexact, "d_"), strict=True))
        self.d_left = {
            k: self._input_for(y) for k, y in enumerate(loop.left) if g[c + k] is not None and y.aval.inexact
        }
        self.g_left = [g[c + k] for k in self.d_left]
        self.moving, self.found = self._pull_back()
        self.d_states = {h: self.d_states[h] for h in self.moving}
        self.kept: Kept = keeping(loop, [grad for grad in self.grads.values() if grad is not None], self.fresh)

    def _input_for(self, y: Node) -> Node:
        return self.fresh.input(f"d_{hint(y, self.loop.body.names)}_t", y.aval)

    def _pull_back(self) -> tuple[list[Node], Derivation]:
        """The states that carry a cotangent, and the derivative of a step.

        What only the question reads whether there is another step carries none. So the states are found by going back
        from those that somebody reads after the loop, until no other one is reached.
        """
        moving = [h for h, g in self.last.items() if g is not None]
        while True:
            found = self._step_back(moving)
            more = [h for h in self.d_states if h in moving or h in found.grad_table]
            if len(more) == len(moving):
                return moving, found
            moving = more

    def _step_back(self, moving: Sequence[Node]) -> Derivation:
        loop, seeds = self.loop, dict[Node, Node]()
        ends = dict(zip(loop.states, loop.following, strict=True))
        pairs = [(ends[h], self.d_states[h]) for h in moving] + [(loop.left[k], d) for k, d in self.d_left.items()]
        for y, d in pairs:
            seeds[y] = seeds[y] + d if y in seeds else d
        return pull_back(seeds, [x for x in loop.body.inputs if x.aval.inexact])

    @property
    def grads(self) -> dict[Node, Node | None]:
        """Of each input of a step its cotangent, None where it is zero in every step."""
        targets = [x for x in self.loop.body.inputs if x.aval.inexact]
        table = self.found.grad_table
        pairs = zip(targets, self.found.grads, strict=True)
        return {x: grad if x in table else None for x, grad in pairs}

    def cotangents(self) -> Tangents:
        loop, grads = self.loop, self.grads
        summed = [k for k in loop.constants if grads.get(k) is not None]
        sliced = [x for x in loop.elements if grads.get(x) is not None]
        sums = dict(zip(summed, self.fresh.like(summed, "d_"), strict=True))
        following = [self._or_zero(grads[h], h) for h in self.moving]
        following += [total + self._or_zero(grads[k], k) for k, total in sums.items()]
        arrays = self.kept.arrays(loop)
        outputs = self.kept.inside([*following, *(self._or_zero(grads[x], x) for x in sliced)])
        inputs = (*self.d_states.values(), *sums.values(), *self.d_left.values(), *self.kept.elements)
        body, fixed = closed_body(inputs, outputs)
        beside = dict(zip(loop.constants, loop.fixed, strict=True)) | dict(self.kept.settled.tables)
        back = Loop(
            loop.op,
            body,
            (*(self._or_zero(self.last[h], h) for h in self.moving), *(self._or_zero(None, k) for k in summed)),
            (*(g for g in self.g_left if g is not None), *arrays),
            tuple(substitute(fixed, beside)),
            loop.length,
            not loop.reverse,
            recomputes=loop.recomputes,
        )
        parts = iter(back.node.parts)
        of = {h: next(parts) for h in (*self.moving, *summed)}
        stacks = dict(zip(loop.elements, loop.sliced, strict=True))
        of |= {x: among_all(loop, stacks[x], next(parts)) for x in sliced}
        return tuple(of.get(x) for x in loop.body.inputs)

    @staticmethod
    def _or_zero(d: Node | None, x: Node) -> Node:
        return spread(constant(x.dtype.type(0)), x.shape) if d is None else d


def _vjp(i: int, g: Any, node: Node, *inputs: Node, **params: Any) -> Node | None:
    return _pulled(node, g)[i]


# ------------------------------------------------------------------------------------------------------- forward mode


def _jvp(tangents: Tangents, node: Node) -> Tangents:
    """A loop that carries tangents, of those values only that have one."""
    loop = Loop.of(node)
    inputs, c = loop.body.inputs, len(loop.carry)
    moving = {x for x, t in zip(inputs, tangents, strict=True) if t is not None}
    fresh = Fresh(x.name or "" for x in inputs)
    dots = {x: fresh.input(f"{x.name}_dot", x.aval) for x in inputs if x.aval.inexact}
    while True:  # what is carried moves if it moves in the end
        active = [x for x in inputs if x in moving]
        pushed = push_forward(loop.body.outputs, active, [dots[x] for x in active]).tangents
        more = {h for h, t in zip(loop.states, pushed, strict=False) if t is not None} - moving
        if not more:
            break
        moving |= more
    of = dict(zip(inputs, tangents, strict=True))

    def start(x: Node) -> Node:
        t = of[x]
        return spread(constant(x.dtype.type(0)), x.shape) if t is None else t

    states = [h for h in loop.states if h in moving]
    elements = [x for x in loop.elements if x in moving]
    constants = [k for k in loop.constants if k in moving]
    ends = [_ending(t, h) for h, t in zip(loop.states, pushed, strict=False) if h in moving]
    left = [t for t in pushed[c : c + len(loop.left)] if t is not None]
    body = Body(
        (*loop.states, *(dots[h] for h in states), *loop.elements, *(dots[x] for x in elements),
         *loop.constants, *(dots[k] for k in constants)),
        (*loop.following, *ends, *left, *loop.going),
        loop.body.names,
    )  # fmt: skip
    ahead = Loop(
        loop.op,
        body,
        (*loop.carry, *map(start, states)),
        (*loop.sliced, *map(start, elements)),
        (*loop.fixed, *map(start, constants)),
        loop.length,
        loop.reverse,
        loop.asks,
        loop.recomputes,
    )
    parts = iter(ahead.node.parts[c:])
    found: list[Node | None] = [next(parts) if h in moving else None for h in loop.states]
    found += [next(parts) if t is not None else None for t in pushed[c : c + len(loop.left)]]
    return tuple(found)


def _ending(t: Node | None, h: Node) -> Node:
    return spread(constant(h.dtype.type(0)), h.shape) if t is None else t


# ------------------------------------------------------------------------------------------------------------- stacks


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> tuple[Node, ...]:
    """A loop of stacks: what is carried is one if anything is that it comes from."""
    loop, b = Loop.of(node), len(lead)
    c, s = len(loop.carry), len(loop.carry) + len(loop.sliced)
    many = {x for x, old, new in zip(loop.body.inputs, node.inputs, inputs, strict=True) if new.ndim > old.ndim}
    stacks = {x: variable(x.name or "", Aval(x.dtype, (*lead, *x.shape)), x.kwargs["scope"]) for x in loop.body.inputs}
    safe = under(loop.body.outputs, *loop.going) if loop.asks else loop.body.outputs  # a stack of loops reads on
    while True:
        outputs = batch(safe, {x: stacks[x] for x in many}, lead) if many else loop.body.outputs
        reached = _reached(loop.body.outputs, many)
        more = {h for h, y in zip(loop.states, loop.following, strict=True) if y in reached} - many
        if reached.intersection(loop.going):
            more = set(loop.states) - many
        if not more:
            break
        many |= more
    given = [
        _repeated(x, lead) if v in many and x.ndim == v.ndim else x
        for x, v in zip(inputs, loop.body.inputs, strict=True)
        if v in loop.states
    ]
    arrays = [_steps_first(x, b) if v in many else x for x, v in zip(inputs[c:s], loop.elements, strict=True)]
    ends = [y if h in many else old for h, y, old in zip(loop.states, outputs, loop.following, strict=False)]
    left = [y if old in reached else old for y, old in zip(outputs[c:], loop.left, strict=False)]
    going = list(loop.going)
    if reached.intersection(going):
        ends, going = _as_long_as_each(loop, [stacks[h] for h in loop.states], ends, outputs[-1])
    body = Body(tuple(stacks[x] if x in many else x for x in loop.body.inputs), (*ends, *left, *going), loop.body.names)
    parts = replace(loop, body=body, carry=tuple(given), sliced=tuple(arrays), fixed=inputs[s:]).node.parts
    last = [_repeated(p, lead) if h not in many else p for h, p in zip(loop.states, parts, strict=False)]
    stacked_left = [
        _stack_first(p, b) if y in reached else _repeated(p, lead) for p, y in zip(parts[c:], loop.left, strict=True)
    ]
    return (*last, *stacked_left)


def _as_long_as_each(
    loop: Loop, states: Sequence[Node], ends: Sequence[Node], goes: Node
) -> tuple[list[Node], list[Node]]:
    """The states of a stack of loops that ask, each as it is when it is done; and whether any of them goes on."""
    if loop.left:
        raise UnsupportedError(
            "each loop of a stack of loops takes as many steps as it wants to, and leaves as many values behind",
            help="take the derivatives one after the other, or write a loop of known length",
        )
    fits = [expand_dims(goes, axis=tuple(range(goes.ndim, h.ndim))) if h.ndim > goes.ndim else goes for h in states]
    kept = [where(at, y, h) for at, y, h in zip(fits, ends, states, strict=True)]
    return kept, [any_(goes, axis=tuple(range(goes.ndim)), keepdims=False)]


def _reached(outputs: Sequence[Node], sources: set[Node]) -> set[Node]:
    return set(between(sources, *outputs)) if sources else set()


def _repeated(x: Node, lead: Shape) -> Node:
    return spread(x, (*lead, *x.shape))


def _steps_first(x: Node, b: int) -> Node:
    """A stack of sliced arrays, with the axis of the steps in front of those of the stack."""
    return permute(x, axes=(b, *range(b), *range(b + 1, x.ndim)))


def _stack_first(x: Node, b: int) -> Node:
    return permute(x, axes=(*range(1, b + 1), 0, *range(b + 1, x.ndim)))


# ---------------------------------------------------------------------------------------------------------------- row


def _flops(node: Node) -> Dim:
    """The steps times what one takes; a loop that asks does so once more than it takes steps."""
    loop = Loop.of(node)
    step = sum((flops(x) for x in toposort(loop.body.outputs)), start=_NONE)
    return loop.length * step + sum((flops(x) for x in toposort(loop.going)), start=_NONE)


_NONE: Dim = 0


def _samples(rng: np.random.Generator) -> Any:
    h, a = variable("h", Aval("float64"), -1), variable("a", Aval("float64"), -1)
    x = variable("x", Aval("float64"), -1)
    body = Body((h, x, a), (a * h + x * h, h * x))
    params = {"asks": False, "body": body, "carry": 1, "length": 4, "reverse": False, "sliced": 1}
    yield (rng.normal(), rng.normal(size=4), rng.normal()), params
    asking = Body((h, a), (a * h, h > 1))
    yield (rng.normal(), rng.normal(size=4), rng.normal()), {**params, "recomputes": True}
    yield (8.3, 0.45), {**params, "asks": True, "body": asking, "length": length("steps__0"), "sliced": 0}


def _latex(node: Node) -> str:
    """What the values that are carried, and those that it goes through, are."""
    loop = Loop.of(node)
    return rf"\operatorname{{loop}}({', '.join(f'#{k + 1}' for k in range(len(loop.carry) + len(loop.sliced)))})"


scan: Op = primitive("scan", None, infer=_infer, vjp=_vjp, jvp=_jvp, batch=_batch, block="for", parts=parts_of,
        flops=_flops, samples=_samples, symbol=called_with, spell={"text": called_with}, latex=_latex,
        doc="A loop: carried values, and a stack of what each step leaves behind.")  # fmt: skip
