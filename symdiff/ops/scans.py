"""Scans whose steps decay: a linear recurrence, and the running logsumexp, whose derivative is one.

The derivative of ``L[i] = log(sum(exp(x[:i+1])))`` weighs ``x[j]`` in ``L[i]`` with ``exp(x[j] - L[i])``. As a product of
``exp(x[j])`` with a sum over ``exp(-L[i])`` it overflows; but ``L`` never falls, so ``exp(L[t] - L[t+1])`` is at most 1, and
sums that decay by it are what is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, nominal, size
from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, elements, runtime
from symdiff.ops.batching import shift_axes
from symdiff.ops.elementwise import exp
from symdiff.ops.families import primitive
from symdiff.ops.index import Slice
from symdiff.ops.inference import float_dtype
from symdiff.ops.links import along
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import concatenate, flip, getitem, roll


def _recurrence_infer(a: Aval, b: Aval, axis: int) -> Aval:
    if a.shape != b.shape:
        raise ShapeError(f"a recurrence over {a!r} and {b!r}: their shapes differ")
    return Aval(float_dtype((a, b)), b.shape)


def _logcumsumexp_infer(x: Aval, axis: int) -> Aval:
    if x.kind == "c":
        raise DTypeError("np.logaddexp takes real numbers", help="take the real part first")
    return Aval(float_dtype((x,)), x.shape)


def _part(x: Node, axis: int, start: int | None, stop: int | None) -> Node:
    return getitem(x, index=tuple(Slice(start, stop) if k == axis else Slice() for k in range(x.ndim)))


def adjoint(g: Node, a: Node, axis: int) -> Node:
    """``s[t] = g[t] + a[t+1] * s[t+1]``, from the end: what a recurrence hands back."""
    backward = flip(roll(a, shift=-1, axis=axis), axis=(axis,))
    return flip(recurrence(backward, flip(g, axis=(axis,)), axis=axis), axis=(axis,))


def _previous(y: Node, axis: int) -> Node:
    """``y[t-1]``, and 0 before the first."""
    zero = spread(constant(y.dtype.type(0)), tuple(1 if k == axis else n for k, n in enumerate(y.shape)))
    return concatenate(zero, _part(y, axis, None, -1), axis=axis)


def _logcumsumexp(g: Node, y: Node, x: Node, axis: int) -> Node:
    following = concatenate(_part(y, axis, 1, None), _part(y, axis, -1, None), axis=axis)
    decay = flip(exp(y - following), axis=(axis,))
    return exp(x - y) * flip(recurrence(decay, flip(g, axis=(axis,)), axis=axis), axis=(axis,))


def _recurrence_flops(node: Node) -> Dim:
    """Three operations for each element and pass; a length that is a name counts as the nominal one in the logarithm."""
    passes = (max(nominal(node.shape[node.kwargs["axis"]]), 1) - 1).bit_length()
    return 3 * passes * size(node.shape)


def _samples(*arrays: int) -> Any:
    def samples(rng: np.random.Generator) -> Any:
        for shape, axis in (((4,), 0), ((2, 3), 1), ((5, 2), 0), ((1,), 0)):
            yield tuple(rng.uniform(-1, 1, shape) for _ in arrays), {"axis": axis}

    return samples


def _associative(node: Node) -> str:
    """JAX's scan, of the steps as maps: doing one after the other is such a step."""
    joined = "lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1])"
    return f"lax.associative_scan({joined}, (a, b), axis={node.kwargs['axis']})[1]"


# ------------------------------------------------------------------------------------------------------------------ rows

recurrence: Op = primitive("recurrence", runtime.recurrence,
        vjp=(lambda g, y, a, b, axis: adjoint(g, a, axis) * _previous(y, axis), lambda g, y, a, b, axis: adjoint(g, a, axis)),
        doc="y[0] = b[0], y[t] = a[t] * y[t-1] + b[t] along an axis.", links=along(running=True), infer=_recurrence_infer, batch=shift_axes("axis"), flops=_recurrence_flops,
        spell={"numpy": lambda node: f"recurrence(a, b, {node.kwargs['axis']})", "jax": _associative}, hint="s", element=elements.running("a * y + b", first="b"), samples=_samples(0, 1))
logcumsumexp: Op = primitive("logcumsumexp", None, vjp=(_logcumsumexp,), facts=array_bounds.log_of_sums, doc="log(cumsum(exp(x))) along an axis, without overflow.",
        links=along(running=True), infer=_logcumsumexp_infer, batch=shift_axes("axis"), flops=lambda node: 3 * size(node.shape),
        spell=lambda node: f"np.logaddexp.accumulate(a{f', axis={axis}' if (axis := node.kwargs['axis']) else ''})", hint="lse", element=elements.running("logaddexp(y, a)", "-inf"), samples=_samples(0))
