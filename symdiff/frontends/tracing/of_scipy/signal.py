"""scipy.signal: convolutions, and filters along an axis."""

from __future__ import annotations

import importlib
from itertools import pairwise
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.by_name.scan import scan
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import means, refuse

_pad: Any = np.pad


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _middle(full: Any, shape: tuple[int, ...], odd: int = 0) -> Any:
    """The part of this shape around the middle."""
    starts = [(have - want + odd) // 2 for have, want in zip(full.shape, shape, strict=True)]
    return full[tuple(slice(start, start + n) for start, n in zip(starts, shape, strict=True))]


def _full(a: Any, v: Any) -> Any:
    if a.ndim == 1:
        return np.convolve(a, v)
    if all(isinstance(n, int) for n in (*a.shape, *v.shape)) and np.prod(v.shape) > np.prod(a.shape):
        a, v = v, a
    padded = _pad(a, [(n - 1, n - 1) for n in v.shape])
    windows = np.lib.stride_tricks.sliding_window_view(padded, v.shape)
    return np.tensordot(windows, np.flip(v), axes=v.ndim)


@means("scipy.signal.convolve", "scipy.signal.fftconvolve", "scipy.signal.oaconvolve")
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto", axes: Any = None) -> Any:
    """Sums of in1[k - j] * in2[j]; how they are computed does not matter."""
    refuse("scipy.signal.fftconvolve", "convolve along one axis after the other", axes=axes)
    a, v = _array(in1), _array(in2)
    if a.ndim != v.ndim:
        raise ShapeError("convolve takes arrays with as many axes", help="insert axes: in2[None, :]")
    if a.ndim == 0:
        return a * v
    if mode == "valid":
        longer = all(n >= m for n, m in zip(a.shape, v.shape, strict=True))
        if not longer and any(n > m for n, m in zip(a.shape, v.shape, strict=True)):
            raise ShapeError("mode='valid' takes one array that is at least as long as the other along each axis")
        if a.ndim == 1:
            return np.convolve(a, v, mode="valid")
        large, small = (a, v) if longer else (v, a)
        windows = np.lib.stride_tricks.sliding_window_view(large, small.shape)
        return np.tensordot(windows, np.flip(small), axes=small.ndim)
    if mode not in ("full", "same"):
        raise ArgumentError(f"a convolution in mode {mode!r}", help="one of 'full', 'same' and 'valid'")
    full = _full(a, v)
    return full if mode == "full" else _middle(full, a.shape)


@means("scipy.signal.correlate")
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Sums of in1[k + j] * conj(in2[j])."""
    a, v = _array(in1), _array(in2)
    if mode == "valid" and any(n < m for n, m in zip(a.shape, v.shape, strict=True)):
        return np.flip(np.conj(correlate(v, a, mode)))
    return convolve(a, np.flip(np.conj(v)), mode)


_EDGES = {"wrap": "wrap", "symm": "symmetric"}


@means("scipy.signal.convolve2d")
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Sums of in1[i - k, j - l] * in2[k, l]; beyond the edges is `fillvalue`, or what `boundary` says."""
    a, v = _array(in1), _array(in2)
    if mode == "valid" or (boundary == "fill" and not is_symbolic(fillvalue) and fillvalue == 0):
        return convolve(a, v, mode)
    widths = [(n - 1, n - 1) for n in v.shape]
    if boundary == "fill":
        padded = _pad(a, widths, constant_values=fillvalue)
    elif boundary in _EDGES:
        padded = _pad(a, widths, mode=_EDGES[boundary])
    else:
        raise ArgumentError(f"convolve2d with boundary={boundary!r}", help="one of 'fill', 'wrap' and 'symm'")
    full = convolve(padded, v, "valid")
    return full if mode == "full" else _middle(full, a.shape)


@means("scipy.signal.correlate2d")
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Sums of in1[i + k, j + l] * conj(in2[k, l])."""
    a, v = _array(in1), np.flip(np.conj(_array(in2)))
    if mode != "same":
        return convolve2d(a, v, mode, boundary, fillvalue)
    return _middle(convolve2d(a, v, "full", boundary, fillvalue), a.shape, 1)  # an even window lies behind


# -------------------------------------------------------------------------------------------------------------- filters


@means("scipy.signal.lfilter")
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The linear filter with numerator b and denominator a, as a difference equation (direct form II, transposed)."""
    b, a, x = np.atleast_1d(_array(b)), np.atleast_1d(_array(a)), _array(x)
    b, a = b / a[0], a / a[0]
    order = max(b.shape[0], a.shape[0]) - 1
    rows = np.moveaxis(x, axis, 0)
    if order == 0:
        return b[0] * x if zi is None else (b[0] * x, zi)
    behind, back = (np.concatenate([c[1:], np.zeros(order - c.shape[0] + 1, c.dtype)]) for c in (b, a))
    columns = (slice(None),) + (None,) * (rows.ndim - 1)
    state = 0.0 * np.stack([rows[0] + b[0] + a[0]] * order)
    if zi is not None:
        state = state + np.moveaxis(_array(zi), axis, 0)

    def step(z: Any, now: Any) -> tuple[Any, Any]:
        y = b[0] * now + z[0]
        shifted = np.concatenate([z[1:], 0.0 * z[:1]])
        return shifted + behind[columns] * now - back[columns] * y, y

    last, found = scan(step, state, rows)
    y = np.moveaxis(found, 0, axis)
    return y if zi is None else (y, np.moveaxis(last, 0, axis))


@means("scipy.signal.sosfilt")
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A cascade of filters of second order."""
    sections, y, last = _array(sos), _array(x), []
    for k in range(sections.shape[0]):
        if zi is None:
            y = lfilter(sections[k, :3], sections[k, 3:], y, axis)
        else:
            y, state = lfilter(sections[k, :3], sections[k, 3:], y, axis, zi[k])
            last.append(state)
    return y if zi is None else (y, np.stack(last))


def _smoothing(window_length: int, polyorder: int, options: dict[str, Any]) -> tuple[Any, Any]:
    signal = importlib.import_module("scipy.signal")
    weights = signal.savgol_coeffs(window_length, polyorder, use="dot", **options)
    edges = signal.savgol_filter(np.eye(window_length), window_length, polyorder, axis=0, mode="interp", **options)
    return weights, edges


@means("scipy.signal.savgol_filter", dtype="kept")
def savgol_filter(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """Each value of the polynomial of least squares through the samples around it (Savitzky and Golay, 1964)."""
    if window_length % 2 == 0:
        raise UnsupportedError("savgol_filter with a window of even length", help="take an odd one")
    weights, edges = _smoothing(window_length, polyorder, {"deriv": deriv, "delta": delta})
    rows, half = np.moveaxis(_array(x), axis, -1), window_length // 2
    window = np.lib.stride_tricks.sliding_window_view
    if mode == "interp":
        if window_length > rows.shape[-1]:
            raise ArgumentError("savgol_filter with a window that is longer than x", help="take mode='nearest'")
        inner = window(rows, window_length, axis=-1) @ weights
        first, last = (
            rows[..., :window_length] @ edges[:half].T,
            rows[..., -window_length:] @ edges[window_length - half :].T,
        )
        found = np.concatenate([first, inner, last], axis=-1)
    else:
        modes = {"mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}
        if mode not in modes:
            raise ArgumentError(f"savgol_filter with mode={mode!r}", help=f"one of interp, {', '.join(modes)}")
        widths = [(0, 0)] * (rows.ndim - 1) + [(half, window_length - 1 - half)]
        padded = _pad(rows, widths, mode=modes[mode], **({"constant_values": cval} if mode == "constant" else {}))
        found = window(padded, window_length, axis=-1) @ weights
    return np.moveaxis(found, -1, axis)


@means("scipy.signal.detrend", dtype="kept")
def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False) -> Any:
    """What is left when the mean, or the line of least squares, is taken away."""
    rows = np.moveaxis(_array(data), axis, -1)
    if type not in ("linear", "l", "constant", "c"):
        raise ArgumentError(f"detrend of type {type!r}", help="'linear' or 'constant'")
    if type in ("constant", "c"):
        return np.moveaxis(rows - np.mean(rows, axis=-1, keepdims=True), -1, axis)
    ends = np.unique([0, *np.atleast_1d(bp), rows.shape[-1]])
    pieces = [_levelled(rows[..., low:high]) for low, high in pairwise(ends)]
    return np.moveaxis(pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=-1), -1, axis)


def _levelled(rows: Any) -> Any:
    n = rows.shape[-1]
    line = np.stack([np.ones(n), np.arange(n) / n], axis=-1)
    return rows - rows @ (line @ np.linalg.pinv(line)).T
