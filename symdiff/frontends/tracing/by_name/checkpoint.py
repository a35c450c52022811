"""`checkpoint`: a function of which nothing is kept for the way back but what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from symdiff.control.checkpoint import block_of
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.carried import carried_as, strong
from symdiff.frontends.layout import filled, signature_of
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.frontends.tracing.flow.contents import Contents
from symdiff.frontends.tracing.flow.guards import guarding, note
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.frontends.tracing.trace import flatten
from symdiff.graph.body import canonical
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node, new_scope, variable
from symdiff.graph.walk import between, substitute, toposort
from symdiff.ops.safe_places import closed_body

SHORT = 8  # operations of a check that stands before the block
P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """`f`, of which nothing is kept for the way back but its arguments: what it computes inside is computed again.

    In reverse mode the values in between are otherwise held from the way forward until they are read on the way back.
    Of a checkpoint they are freed when it returns, and computed a second time when the way back comes to it. Values and
    derivatives are the same, to any order, in both modes; on plain numbers and arrays it is `f` itself.

    Args:
        f: a function of numbers and arrays, in containers or not; what else it is given, and numbers and arrays that
            are known, belong to the program. What depends on none of its arguments, but on variables around it, is
            computed outside, and kept.

    Raises:
        ArgumentError: if `f` is no function.
        UnsupportedError: when it is traced, if it writes into arrays that are not its own.

    The name is that of `jax.checkpoint`; the method is that of Chen, Xu, Zhang and Guestrin, "Training Deep Nets with
    Sublinear Memory Cost", 2016. For the steps of a loop: ``scan(…, memory="recompute")``.

    >>> import numpy as np
    >>> import symdiff as sd
    >>> @sd.checkpoint
    ... def layer(h, w):
    ...     return np.tanh(np.sin(h * w) + h)
    >>> def net(w, x):
    ...     return np.sum(layer(layer(x, w), w))
    >>> x = np.array([0.5, 1.0])
    >>> sd.check_grads(net, (0.3, x)) < 1e-6
    True
    """
    if not callable(f):
        raise ArgumentError(f"checkpoint is given {f!r:.40}, and takes a function", help="sd.checkpoint(f)(x)")

    @wraps(f)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        return _in_a_block(f, args, kwargs) if is_symbolic((args, kwargs)) else f(*args, **kwargs)

    return again


def _in_a_block(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What `f` gives, traced as a block of its own."""
    bound = signature_of(f).bind(*args, **kwargs)
    operands, inputs = [], []
    scope = new_scope()
    for name, argument in bound.arguments.items():
        values, tree = parts_of(argument)
        open_ones = [v for v in values if type(v) is Symbol]
        names = [name if len(open_ones) == 1 else f"{name}{k + 1}" for k in range(len(open_ones))]
        stand_ins = [variable(n, v.aval, scope) for n, v in zip(names, open_ones, strict=True)]
        operands += [v.node for v in open_ones]
        inputs += stand_ins
        symbols = map(Symbol, stand_ins)
        bound.arguments[name] = filled(tree, [next(symbols) if type(v) is Symbol else v for v in values])
    contents = Contents()
    try:
        with guarding() as guards:
            outputs, tree = flatten(followed(f)(*bound.args, **bound.kwargs))
        written = contents.written()
    finally:
        contents.put_back()
    if written:
        raise UnsupportedError(
            "a function under checkpoint writes into an array that is not its own",
            help="let it write into a copy, and return that",
        )
    return filled(tree, [Symbol(y) for y in _blocked(operands, inputs, outputs, guards)])


def _blocked(
    operands: Sequence[Node], inputs: Sequence[Node], outputs: Sequence[Node], guards: Sequence[Guard]
) -> list[Node]:
    """`outputs` as those of a block; what depends on none of the inputs stays outside."""
    outside = dict(zip(inputs, operands, strict=True))
    checks = {guard: _with(guard, substitute(guard.reads, outside)) for guard in guards if _is_short(guard)}
    read = [x for guard in guards if guard not in checks for x in guard.reads]
    inside = {*inputs, *between(set(inputs), *outputs, *read)}
    made = [y for y in dict.fromkeys((*outputs, *read)) if y in inside]
    found: dict[Node, Node] = {}
    if made:
        states, ends, _ = strong(inputs, made, {})
        body, fixed = closed_body(states, ends)
        given = [carried_as(x, v.aval) for x, v in zip(operands, states, strict=True)]
        found = dict(zip(made, block_of(canonical(body), (*given, *fixed)), strict=True))
    for guard in guards:
        note(checks.get(guard) or guard.moved(found))
    return [found.get(y, y) for y in outputs]


def _with(guard: Guard, reads: Sequence[Node]) -> Guard:
    return guard.moved(dict(zip(guard.reads, reads, strict=True)))


def _is_short(guard: Guard) -> bool:
    """Whether a check is as well made before the block, where it raises before anything else is computed."""
    return sum(bool(node.inputs) for node in toposort(guard.reads)) <= SHORT
