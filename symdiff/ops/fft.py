"""Discrete Fourier transforms: linear rows, each the transpose of a row beside it.

The matrix of fft is symmetric, so fft is its own transpose, under any `norm`: a cotangent is dz/dx - i dz/dy, and rules
carry no conjugate. A real result holds each frequency but 0 and n/2 for its mirror image too; `_doubled` counts them.
Parameters: `n` are the lengths along `axes` to which the input is cut or filled up with zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim
from symdiff.graph.node import Node, constant
from symdiff.graph.op import Op
from symdiff.ops import array_bounds, bounds
from symdiff.ops.axes import Axes, length_template
from symdiff.ops.batching import shift_axes, stacks
from symdiff.ops.elementwise import equal, mod, real, where
from symdiff.ops.families import linear
from symdiff.ops.index import Slice
from symdiff.ops.inference import float_dtype
from symdiff.ops.links import Moves, along
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import arange, concatenate, expand_dims, getitem

Lengths = tuple[Dim, ...]


def _complex(x: Aval) -> np.dtype:
    return np.result_type(float_dtype((x,)), np.complex64)


def _real(x: Aval) -> np.dtype:
    dtype = float_dtype((x,))
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def known(name: str, n: Dim) -> int:
    """A length that must be a number; raises ShapeError if it is a name."""
    if not isinstance(n, int):
        raise ShapeError(
            f"{name} along an axis of length {n}: half of it must be known",
            help="declare the length as a number, or use fft",
        )
    return n


def _with_lengths(x: Aval, n: Lengths, axes: Axes) -> list[Dim]:
    shape = list(x.shape)
    for k, length in zip(axes, n, strict=True):
        if length == 0:
            raise ShapeError(f"a Fourier transform of {x!r} along axis {k} needs at least one point")
        shape[k] = length
    return shape


def _fft_infer(x: Aval, n: Lengths, axes: Axes, norm: str) -> Aval:
    return Aval(_complex(x), tuple(_with_lengths(x, n, axes)))


def _rfft_infer(x: Aval, n: Lengths, axes: Axes, norm: str) -> Aval:
    if x.kind == "c":
        raise DTypeError(f"rfft of {x!r}: needs real numbers", help="use fft")
    shape = _with_lengths(x, n, axes)
    shape[axes[-1]] = known("rfft", n[-1]) // 2 + 1
    return Aval(_complex(x), tuple(shape))


def _irfft_infer(x: Aval, n: Lengths, axes: Axes, norm: str) -> Aval:
    known("irfft", n[-1])
    return Aval(_real(x), tuple(_with_lengths(x, n, axes)))


def resized(x: Node, shape: tuple[Dim, ...]) -> Node:
    """`x` cut, or filled up with zeros, to `shape`: the transpose of itself the other way round."""
    cut = tuple(Slice(None, n) if _less(n, m) else Slice() for n, m in zip(shape, x.shape, strict=True))
    if any(item != Slice() for item in cut):
        x = getitem(x, index=cut)
    for k, n in enumerate(shape):
        if x.shape[k] != n:
            rest = n - x.shape[k]
            zeros = spread(constant(x.dtype.type(0)), (*x.shape[:k], rest, *x.shape[k + 1 :]))
            x = concatenate(x, zeros, axis=k)
    return x


def _less(n: Dim, m: Dim) -> bool:
    if isinstance(n, int) and isinstance(m, int):
        return n < m
    if n == m:
        return False
    raise ShapeError(f"cannot tell whether {n} or {m} is longer", help="declare the lengths as numbers")


def _doubled(x: Node, n: int, axis: int) -> Node:
    """`x` times 2, but for frequency 0 and, of an even number of points, n/2."""
    own = equal(mod(arange(n=x.shape[axis]), n / 2), 0)
    weight = where(own, *(constant(_real(x.aval).type(w)) for w in (1, 2)))
    behind = tuple(range(1, x.ndim - axis))
    return x * (expand_dims(weight, axis=behind) if behind else weight)


# ------------------------------------------------------------------------------------------------------------ transposes


def _fft_transpose(op: Any) -> Any:
    def transpose(g: Node, x: Node, n: Lengths, axes: Axes, norm: str) -> Node:
        return resized(op()(g, n=n, axes=axes, norm=norm), x.shape)

    return transpose


def _half_transpose(op: Any) -> Any:
    """Of rfft (ihfft): the real part of fft (ifft) of the cotangent, whose missing frequencies are 0."""

    def transpose(g: Node, x: Node, n: Lengths, axes: Axes, norm: str) -> Node:
        return resized(real(op()(g, n=n, axes=axes, norm=norm)), x.shape)

    return transpose


def _whole_transpose(half: Any, full: Any) -> Any:
    """Of irfft (hfft): ihfft (rfft) of the cotangent, doubled; then ifft (fft) along the other axes."""

    def transpose(g: Node, x: Node, n: Lengths, axes: Axes, norm: str) -> Node:
        spectrum = _doubled(half()(g, n=n[-1:], axes=axes[-1:], norm=norm), known("irfft", n[-1]), axes[-1])
        if len(axes) > 1:
            spectrum = full()(spectrum, n=n[:-1], axes=axes[:-1], norm=norm)
        return resized(spectrum, x.shape)

    return transpose


# --------------------------------------------------------------------------------------------------------------- printing


def _spell(name: str, whole: bool = False) -> Any:
    """``np.fft.fft(a)``, ``np.fft.fft2(a)``, ``np.fft.fftn(a, axes=(0, 2))``."""

    def spell(node: Node) -> str:
        n, axes, norm = (node.kwargs[key] for key in ("n", "axes", "norm"))
        x = node.inputs[0]
        lengths = [x.shape[k] for k in axes]
        if whole and not isinstance(lengths[-1], int):
            lengths[-1] = -1
        elif whole:
            lengths[-1] = 2 * (lengths[-1] - 1)
        resize = tuple(lengths) != n
        last = axes == tuple(range(x.ndim - len(axes), x.ndim))
        if len(axes) == 1:
            text = (f", {length_template(n[0])}" if resize else "") + ("" if last else f", axis={axes[0]}")
            call = name
        else:
            shape = f", ({', '.join(map(length_template, n))})" if resize else ""
            two = last and len(axes) == 2
            text = shape + ("" if two or (last and not resize and len(axes) == x.ndim) else f", axes={axes}")
            call = f"{name}2" if two else f"{name}n"
        return f"np.fft.{call}(a{text}{'' if norm == 'backward' else f', norm={norm!r}'})"

    return spell


def _shift_spell(name: str) -> Any:
    def spell(node: Node) -> str:
        axes = node.kwargs["axes"]
        return f"np.fft.{name}(a{'' if len(axes) == node.ndim else f', axes={axes[0] if len(axes) == 1 else axes}'})"

    return spell


def _samples(*rows: tuple[tuple[int, ...], Lengths, Axes, str]) -> Any:
    def samples(rng: np.random.Generator) -> Any:
        for shape, n, axes, norm in rows:
            yield (rng.normal(size=shape),), {"n": n, "axes": axes, "norm": norm}

    return samples


_ONE = (
    ((5,), (5,), (0,), "backward"), ((4,), (6,), (0,), "ortho"), ((6, 2), (4,), (0,), "forward"),
    ((2, 3), (4,), (1,), "backward"), ((1,), (1,), (0,), "backward"),
)
_MANY = (((2, 3, 4), (2, 3, 4), (0, 1, 2), "backward"), ((3, 4), (2, 5), (0, 1), "ortho"), ((2, 3, 2), (3, 4), (2, 0), "forward"))


def _shift_samples(rng: np.random.Generator) -> Any:
    for shape, axes in [((5,), (0,)), ((4, 3), (0, 1)), ((4, 3), (1,))]:
        yield (rng.normal(size=shape),), {"axes": axes}


fft: Op = linear("fft", np.fft.fft, transpose=_fft_transpose(lambda: fft), doc="Discrete Fourier transform along axes.",
        links=along("axes"), infer=_fft_infer, batch=shift_axes("axes"), spell=_spell("fft"), hint="spec", samples=_samples(*_ONE, *_MANY))
ifft: Op = linear("ifft", np.fft.ifft, transpose=_fft_transpose(lambda: ifft), doc="Inverse discrete Fourier transform along axes.",
        links=along("axes"), infer=_fft_infer, batch=shift_axes("axes"), spell=_spell("ifft"), hint="signal", samples=_samples(*_ONE, *_MANY))
rfft: Op = linear("rfft", np.fft.rfft, transpose=_half_transpose(lambda: fft), doc="Frequencies 0 to n/2 of the discrete Fourier transform of real numbers.",
        links=along("axes"), infer=_rfft_infer, batch=shift_axes("axes"), spell=_spell("rfft"), hint="spec", samples=_samples(*_ONE, *_MANY))
irfft: Op = linear("irfft", np.fft.irfft, transpose=_whole_transpose(lambda: ihfft, lambda: ifft),
        doc="The real numbers that have the given frequencies 0 to n/2: the inverse of rfft.", links=along("axes"), infer=_irfft_infer, batch=shift_axes("axes"),
        spell=_spell("irfft", whole=True), hint="signal", samples=_samples(*_ONE, *_MANY))
hfft: Op = linear("hfft", np.fft.hfft, transpose=_whole_transpose(lambda: rfft, lambda: fft),
        doc="Discrete Fourier transform, real, of half of a Hermitian signal.", links=along("axes"), infer=_irfft_infer, batch=shift_axes("axes"),
        spell=_spell("hfft", whole=True), hint="spec", samples=_samples(*_ONE))
ihfft: Op = linear("ihfft", np.fft.ihfft, transpose=_half_transpose(lambda: ifft),
        doc="Half of the Hermitian signal that has the given real spectrum: the inverse of hfft.", links=along("axes"), infer=_rfft_infer, batch=shift_axes("axes"),
        spell=_spell("ihfft"), hint="signal", samples=_samples(*_ONE))
fftshift: Op = linear("fftshift", np.fft.fftshift, transpose=lambda g, x, axes: ifftshift(g, axes=axes), facts=array_bounds.same, doc="Frequency 0 moved to the middle.",
        links=Moves(np.fft.fftshift), infer=lambda x, axes: x, batch=shift_axes("axes"), spell=_shift_spell("fftshift"), hint="shifted", samples=_shift_samples)
ifftshift: Op = linear("ifftshift", np.fft.ifftshift, transpose=lambda g, x, axes: fftshift(g, axes=axes), facts=array_bounds.same, doc="Frequency 0 moved back to the front.",
        links=Moves(np.fft.ifftshift), infer=lambda x, axes: x, batch=shift_axes("axes"), spell=_shift_spell("ifftshift"), hint="shifted", samples=_shift_samples)
fftfreq: Op = linear("fftfreq", np.fft.fftfreq, transpose=(), facts=bounds.entire(-0.5, 0.5), doc="The frequencies of fft, in cycles per sample.",
        infer=lambda n: Aval(np.float64, (n,)), batch=stacks, spell=lambda node: f"np.fft.fftfreq({length_template(node.kwargs['n'])})", hint="freq",
        samples=lambda rng: [((), {"n": 5}), ((), {"n": 4})])
rfftfreq: Op = linear("rfftfreq", np.fft.rfftfreq, transpose=(), facts=bounds.entire(0, 0.5), doc="The frequencies of rfft, in cycles per sample.",
        infer=lambda n: Aval(np.float64, (known("rfftfreq", n) // 2 + 1,)), batch=stacks,
        spell=lambda node: f"np.fft.rfftfreq({node.kwargs['n']})", hint="freq", samples=lambda rng: [((), {"n": 5}), ((), {"n": 4})])
