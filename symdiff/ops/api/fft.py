"""numpy.fft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew, fft as rows
from symdiff.ops.api.convert import asarray, dims
from symdiff.ops.axes import normalize_axes, normalize_axis
from symdiff.ops.table import numpy_function

WHOLE = (rows.irfft, rows.hfft)  # whose result is longer than half of their input


def _transform(op: Op, a: Any, s: Any, axes: Any, norm: Any) -> Node:
    """`op` along `axes`, the last ones by default, cut or filled up to the lengths `s`."""
    x = asarray(a)
    norm = "backward" if norm is None else norm
    if norm not in ("backward", "ortho", "forward"):
        raise ArgumentError(f"norm is {norm!r}, it must be 'backward', 'ortho' or 'forward'")
    given = dims(s) if s is not None else None
    if axes is None:
        axes = range(x.ndim) if given is None else range(-len(given), 0)
    where = tuple(normalize_axis(k, x.ndim) for k in axes)
    if not where or len(set(where)) != len(where):
        raise ShapeError(f"a Fourier transform of {x.aval!r} needs axes, each once; they are {where}")
    lengths = given if given is not None else _own_lengths(op, x, where)
    if len(lengths) != len(where):
        raise ShapeError(f"{len(lengths)} lengths were given for {len(where)} axes")
    lengths = tuple(x.shape[k] if n == -1 else n for n, k in zip(lengths, where, strict=True))
    node: Node = op(x, n=lengths, axes=where, norm=norm)
    return node


def _own_lengths(op: Op, x: Node, axes: tuple[int, ...]) -> tuple[Dim, ...]:
    lengths = [x.shape[k] for k in axes]
    if op in WHOLE:
        lengths[-1] = 2 * (lengths[-1] - 1)
    return tuple(lengths)


def _one(op: Op) -> Callable[..., Node]:
    def transform(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Node:
        return _transform(op, a, None if n is None else (n,), (axis,), norm)

    return transform


def _two(op: Op) -> Callable[..., Node]:
    def transform(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Node:
        return _transform(op, a, s, axes, norm)

    return transform


def _many(op: Op) -> Callable[..., Node]:
    def transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Node:
        return _transform(op, a, s, axes, norm)

    return transform


for _op, _several in [
    (rows.fft, True), (rows.ifft, True), (rows.rfft, True), (rows.irfft, True), (rows.hfft, False), (rows.ihfft, False),
]:  # fmt: skip
    for _make, _suffix in ((_one, ""), (_two, "2"), (_many, "n")) if _several else ((_one, ""),):
        _call = _make(_op)
        _call.__doc__ = _op.doc if not _suffix else f"{_op.doc.removesuffix('.')}: along {'two' if _suffix == '2' else 'all'} axes by default."
        numpy_function(f"fft.{_op.name}{_suffix}", getattr(np.fft, f"{_op.name}{_suffix}"))(_call)


def _shift(op: Op, x: Any, axes: Any) -> Node:
    a = asarray(x)
    node: Node = op(a, axes=normalize_axes(axes, a.ndim))
    return node


@numpy_function("fft.fftshift", np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Node:
    """Frequency 0 moved to the middle."""
    return _shift(rows.fftshift, x, axes)


@numpy_function("fft.ifftshift", np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Node:
    """Frequency 0 moved back to the front."""
    return _shift(rows.ifftshift, x, axes)


def _frequencies(op: Op, n: Any, d: Any) -> Node:
    spacing = as_node(d)
    freq: Node = op(n=dims(n)[0])
    return freq if spacing.literal is not None and spacing.literal.scalar == 1 else ew.divide(freq, spacing)


@numpy_function("fft.fftfreq", np.fft.fftfreq, derivative=False)
def fftfreq(n: Any, d: Any = 1.0) -> Node:
    """The frequencies of fft, for samples at distance d."""
    return _frequencies(rows.fftfreq, n, d)


@numpy_function("fft.rfftfreq", np.fft.rfftfreq, derivative=False)
def rfftfreq(n: Any, d: Any = 1.0) -> Node:
    """The frequencies of rfft, for samples at distance d."""
    return _frequencies(rows.rfftfreq, n, d)
