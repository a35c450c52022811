"""scipy.signal: filters that run forwards and backwards, and changes of the sampling rate."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.signal import convolve, lfilter, sosfilt
from symdiff.frontends.tracing.of_scipy.table import CALLS, array, means, own, refuse


@means("scipy.signal.lfilter_zi", dtype="kept")
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of a filter that has met ones for ever (Gustafsson, 1996)."""
    b, a = np.atleast_1d(array(b)), np.atleast_1d(array(a))
    n = max(a.shape[0], b.shape[0])
    b, a = (np.concatenate([c, np.zeros(n - c.shape[0])]) / a[0] for c in (b, a))
    shifted = np.eye(n - 1) - np.eye(n - 1, k=1)  # of the companion matrix, all but its first column
    matrix = shifted + np.concatenate([a[1:, None], np.zeros((n - 1, n - 2))], axis=1)
    return np.linalg.solve(matrix, b[1:] - a[1:] * b[0])


_REFLECT = {"odd": "reflect", "even": "reflect", "constant": "edge"}


def _lengthened(rows: Any, padtype: str | None, edge: int) -> Any:
    """The samples of the last axis, and as many beyond each end."""
    if padtype is not None and padtype not in _REFLECT:
        raise ArgumentError(f"an edge of type {padtype!r}", help="one of 'odd', 'even', 'constant' and None")
    if padtype is None or edge == 0:
        return rows
    if rows.shape[-1] <= edge:
        raise ShapeError(f"a signal of {rows.shape[-1]} samples, and {edge} beyond each end", help="give padlen=…")
    options: dict[str, Any] = {"reflect_type": "odd"} if padtype == "odd" else {}
    pad: Any = np.pad
    return pad(rows, [(0, 0)] * (rows.ndim - 1) + [(edge, edge)], mode=_REFLECT[padtype], **options)


def _both_ways(once: Any, zi: Any, rows: Any, padtype: str | None, edge: int) -> Any:
    """A filter of rows, forwards and then backwards."""
    edge = edge if padtype is not None else 0
    y = _lengthened(rows, padtype, edge)
    for _ in range(2):
        y = once(y, zi * y[..., :1])[..., ::-1]
    return y[..., edge : y.shape[-1] - edge]


@means("scipy.signal.filtfilt")
def filtfilt(b: Any, a: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None, method: str = "pad",
             irlen: int | None = None) -> Any:  # fmt: skip
    """A filter run forwards and backwards, so that nothing is delayed."""
    if method != "pad":
        raise UnsupportedError(f"scipy.signal.filtfilt with method={method!r}", help="method='pad'")
    b, a = np.atleast_1d(array(b)), np.atleast_1d(array(a))
    rows, n = np.moveaxis(1.0 * array(x), axis, -1), max(a.shape[0], b.shape[0])
    edge = 3 * n if padlen is None else padlen
    zi = (
        (CALLS["scipy.signal.lfilter_zi"](b, a) if is_symbolic((a, b)) else own("signal.lfilter_zi")(b, a))
        if n > 1
        else np.zeros(0)
    )

    def once(y: Any, state: Any) -> Any:
        return lfilter(b, a, y, zi=state)[0] if n > 1 else y * (b[0] / a[0])

    return np.moveaxis(_both_ways(once, zi, rows, padtype, edge), -1, axis)


@means("scipy.signal.sosfiltfilt")
def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None) -> Any:
    """A cascade of filters of second order run forwards and backwards."""
    if is_symbolic(sos):
        raise UnsupportedError("scipy.signal.sosfiltfilt of symbolic sections", help="filtfilt takes symbolic b and a")
    sections = np.asarray(sos, float)
    taps = 2 * len(sections) + 1 - min(np.sum(sections[:, 2] == 0), np.sum(sections[:, 5] == 0))
    rows = np.moveaxis(1.0 * array(x), axis, -1)
    zi = np.reshape(own("signal.sosfilt_zi")(sections), (len(sections), *(1,) * (rows.ndim - 1), 2))

    def once(y: Any, state: Any) -> Any:
        return sosfilt(sections, y, zi=state)[0]

    found = _both_ways(once, zi, rows, padtype, int(3 * taps) if padlen is None else padlen)
    return np.moveaxis(found, -1, axis)


# ------------------------------------------------------------------------------------------------- sampling rates


@means("scipy.signal.upfirdn")
def upfirdn(h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant", cval: Any = 0) -> Any:
    """Zeros put between samples, filtered by the weights h, of which one in `down` is kept."""
    if mode != "constant":
        raise UnsupportedError(f"scipy.signal.upfirdn with mode={mode!r}", help="pad before")
    refuse("scipy.signal.upfirdn", "pad before", cval=cval)
    h, rows = array(h), np.moveaxis(array(x), axis, -1)
    n = rows.shape[-1]
    if up > 1:
        apart = np.stack([rows] + [0.0 * rows] * (up - 1), axis=-1)
        rows = np.reshape(apart, (*rows.shape[:-1], n * up))[..., : (n - 1) * up + 1]
    full = convolve(rows, np.reshape(h, (1,) * (rows.ndim - 1) + (-1,)))
    return np.moveaxis(full[..., ::down], -1, axis)


@means("scipy.signal.resample_poly", dtype="kept")
def resample_poly(x: Any, up: int, down: int, axis: int = 0, window: Any = ("kaiser", 5.0), padtype: str = "constant",
                  cval: Any = None) -> Any:  # fmt: skip
    """Samples at `up / down` of the rate, with a filter of zero phase."""
    if padtype != "constant" or is_symbolic(window):
        raise UnsupportedError("scipy.signal.resample_poly with another padtype or window", help="pad before")
    refuse("scipy.signal.resample_poly", "pad before", cval=cval)
    up, down = up // gcd(up, down), down // gcd(up, down)
    rows = np.moveaxis(array(x), axis, -1)
    if up == down == 1:
        return 1 * array(x)
    most = max(up, down)
    if isinstance(window, (list, np.ndarray)):
        h, half = np.asarray(window, float), (len(window) - 1) // 2
    else:
        half = 10 * most
        h = own("signal.firwin")(2 * half + 1, 1.0 / most, window=window)
    count = -(-rows.shape[-1] * up // down)
    before = down - half % down
    found = upfirdn(np.concatenate([np.zeros(before), h * up, np.zeros(count * down + most)]), rows, up, down)
    first = (half + before) // down
    return np.moveaxis(found[..., first : first + count], -1, axis)


@means("scipy.signal.decimate", dtype="kept")
def decimate(x: Any, q: int, n: int | None = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True) -> Any:
    """Every q-th sample, of a signal whose high frequencies are filtered out first."""
    rows = np.moveaxis(1.0 * array(x), axis, -1)
    if ftype == "fir" and zero_phase:
        weights = own("signal.firwin")((20 * q if n is None else n) + 1, 1.0 / q, window="hamming")
        found = resample_poly(rows, 1, q, axis=-1, window=weights)
    elif ftype == "iir" and zero_phase:
        sections = own("signal.cheby1")(8 if n is None else n, 0.05, 0.8 / q, output="sos")
        found = sosfiltfilt(sections, rows)[..., ::q]
    else:
        raise UnsupportedError("scipy.signal.decimate with a delay, or a filter of yours", help="filter, then x[::q]")
    return np.moveaxis(found, -1, axis)
