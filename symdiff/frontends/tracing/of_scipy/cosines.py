"""scipy.fft's cosine and sine transforms, as Fourier transforms of twice the length (Makhoul, 1980; Martucci, 1994)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.of_scipy.table import array, means

# Both as real and imaginary parts: the cosine is what is real of exp(-i t), the sine what is imaginary of its opposite.
_PART: dict[str, Callable[[Any], Any]] = {"dct": np.real, "dst": lambda z: -np.imag(z)}
_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _turned(angles: Any) -> Any:
    return np.exp(-1j * np.pi * angles)


def _plain(kind: str, x: Any, type: int) -> Any:
    """A transform along the last axis, of no norm."""
    n = x.shape[-1]
    k, part, first = np.arange(n), _PART[kind], 0 if kind == "dct" else 1
    zero = 0.0 * x[..., :1]
    if type == 1:
        halves = [x, x[..., -2:0:-1]] if kind == "dct" else [zero, x, zero, -x[..., ::-1]]
        return part(np.fft.fft(np.concatenate(halves, axis=-1)))[..., first : n + first]
    if type == 2:
        return 2 * part(np.fft.fft(x, 2 * n)[..., first : n + first] * _turned((k + first) / (2 * n)))
    if type == 3:
        ends = np.where(k == (0 if kind == "dct" else n - 1), 0.5, 1.0)
        turned = x * (ends * _turned((k + first) / (2 * n)))
        turned = turned if kind == "dct" else np.concatenate([zero + 0j, turned], axis=-1)
        return 2 * part(np.fft.fft(turned, 2 * n)[..., :n])
    inner = np.fft.fft(x * _turned(k / (2 * n)), 2 * n)[..., :n]
    return 2 * part(inner * _turned((2 * k + 1) / (4 * n)))


def _ends(kind: str, type: int, n: int) -> tuple[Any, Any]:
    """By what operands and results are multiplied, so that the matrix is orthogonal."""
    before, after = np.ones(n), np.ones(n)
    at = 0 if kind == "dct" else n - 1
    if type == 1 and kind == "dct":
        before[[0, -1]], after[[0, -1]] = 2**0.5, 0.5**0.5
    elif type == 2:
        after[at] = 0.5**0.5
    elif type == 3:
        before[at] = 2**0.5
    return before, after


def _sized(x: Any, n: int | None) -> Any:
    if n is None:
        return x
    have = x.shape[-1]
    pad: Any = np.pad
    return x[..., :n] if n <= have else pad(x, [(0, 0)] * (x.ndim - 1) + [(0, n - have)])


def _transform(kind: str, inverse: bool, x: Any, type: int, n: int | None, axis: int, norm: str | None,
               orthogonalize: bool | None) -> Any:  # fmt: skip
    if type not in _INVERSE:
        raise ArgumentError(f"{kind} of type {type!r}", help="one of 1, 2, 3 and 4")
    if norm not in (None, "backward", "ortho", "forward"):
        raise ArgumentError(f"{kind} with norm={norm!r}", help="one of 'backward', 'ortho' and 'forward'")
    if x.dtype.kind == "c":
        raise UnsupportedError(f"scipy.fft.{kind} of complex values", help="transform the real and imaginary parts")
    x = _sized(np.moveaxis(1.0 * x, axis, -1), n)
    size = x.shape[-1]
    if size == 0:
        raise ShapeError(f"scipy.fft.{kind} of 0 samples")
    if not isinstance(size, int):
        raise ShapeError(f"scipy.fft.{kind} along an axis whose length is a name", help="give the length as a number")
    type = _INVERSE[type] if inverse else type
    before, after = _ends(kind, type, size)
    if norm == "ortho" if orthogonalize is None else orthogonalize:
        found = _plain(kind, x * before, type) * after
    else:
        found = _plain(kind, x, type)
    whole = 2 * (size + (0 if type > 1 else -1 if kind == "dct" else 1))
    if norm == "ortho":
        found = found / whole**0.5
    elif (norm == "forward") != inverse:
        found = found / whole
    return np.moveaxis(found, -1, axis)


def _along_one(name: str) -> None:
    inverse, kind = name.startswith("i"), name.removeprefix("i")

    def call(x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None,
             orthogonalize: bool | None = None) -> Any:  # fmt: skip
        return _transform(kind, inverse, array(x), type, n, axis, norm, orthogonalize)

    def along_all(x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: str | None = None, *,
                  orthogonalize: bool | None = None) -> Any:  # fmt: skip
        x = array(x)
        sizes = None if s is None else [int(n) for n in np.atleast_1d(s)]
        first = x.ndim if sizes is None else len(sizes)
        along = range(x.ndim - first, x.ndim) if axes is None else [int(a) for a in np.atleast_1d(axes)]
        for k, axis in enumerate(along):
            x = _transform(kind, inverse, x, type, None if sizes is None else sizes[k], axis, norm, orthogonalize)
        return x

    means(f"scipy.fft.{name}", dtype="kept")(call)
    means(f"scipy.fft.{name}n", dtype="kept")(along_all)


for _name in ("dct", "idct", "dst", "idst"):
    _along_one(_name)
