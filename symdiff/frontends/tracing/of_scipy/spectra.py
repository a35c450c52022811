"""scipy.signal's spectra: of the analytic signal, of windows that overlap, and the response of filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.signal import detrend as without_trend
from symdiff.frontends.tracing.of_scipy.table import array, has_none, means, own, refuse


def _one_side(n: int) -> np.ndarray:
    """By what a spectrum is multiplied, so that it has no negative frequencies."""
    weights = np.zeros(n)
    weights[0] = 1
    weights[1 : (n + 1) // 2] = 2
    if n % 2 == 0:
        weights[n // 2] = 1
    return weights


@means("scipy.signal.hilbert", dtype="kept")
def hilbert(x: Any, N: int | None = None, axis: int = -1) -> Any:
    """The analytic signal: x, and i times its Hilbert transform (Marple, 1999)."""
    rows = np.moveaxis(array(x), axis, -1)
    n = rows.shape[-1] if N is None else N
    if not isinstance(n, int) or n <= 0:
        raise ShapeError(f"scipy.signal.hilbert of {n} samples", help="give a positive number, N=…")
    return np.moveaxis(np.fft.ifft(np.fft.fft(rows, n) * _one_side(n)), -1, axis)


@means("scipy.signal.resample", dtype="kept")
def resample(x: Any, num: int, t: Any = None, axis: int = 0, window: Any = None, domain: str = "time") -> Any:
    """As many samples of the trigonometric polynomial through x."""
    refuse("scipy.signal.resample", "scale the times yourself", t=t)
    if domain != "time" or callable(window):
        raise UnsupportedError("scipy.signal.resample of a spectrum", help="domain='time', window a name or an array")
    rows = np.moveaxis(array(x), axis, -1)
    n, few = rows.shape[-1], min(num, rows.shape[-1])
    if rows.dtype.kind == "c":
        raise UnsupportedError("scipy.signal.resample of complex values", help="the real and the imaginary part")
    spectrum = np.fft.rfft(rows)
    if window is not None:
        w = np.fft.ifftshift(_window(window, n)[0])
        both = np.concatenate([w[:1], (w[1:] + w[:0:-1]) / 2])
        spectrum = spectrum * both[: n // 2 + 1]
    kept = spectrum[..., : few // 2 + 1]
    if few % 2 == 0 and num != n:  # the highest frequency stands for two, or comes to be two
        kept = kept * np.where(np.arange(few // 2 + 1) == few // 2, 2.0 if num < n else 0.5, 1.0)
    return np.moveaxis(np.fft.irfft(kept, num) * (num / n), -1, axis)


# ---------------------------------------------------------------------------------------------- windows that overlap


def _window(window: Any, n: int) -> tuple[np.ndarray, int]:
    """The weights of a window, and how many they are."""
    if is_symbolic(window):
        raise UnsupportedError("a symbolic window", help="multiply by it before")
    weights = own("signal.get_window")(window, n) if isinstance(window, (str, tuple)) else np.asarray(window)
    return weights, len(weights)


def _spectra(rows: Any, weights: Any, step: int, nfft: int, detrend: Any) -> Any:
    """The Fourier transforms of the parts of each row, along new axes: parts, frequencies."""
    n = weights.shape[0]
    parts = np.lib.stride_tricks.sliding_window_view(rows, n, axis=-1)[..., ::step, :]
    if callable(detrend):
        raise UnsupportedError("detrend as a function", help="'constant', 'linear' or False")
    parts = without_trend(parts, type=detrend) if detrend else parts
    return np.fft.rfft(parts * weights, nfft)


def _cross(x: Any, y: Any, fs: Any, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any,
           return_onesided: bool, scaling: str, axis: int) -> tuple[Any, Any, Any]:  # fmt: skip
    """Frequencies, times, and the cross spectra of the parts: frequencies, and then parts, are the last axes."""
    x, y = (np.moveaxis(1.0 * array(v), axis, -1) for v in (x, y))
    if not return_onesided or x.dtype.kind == "c" or y.dtype.kind == "c":
        raise UnsupportedError("a spectrum with two sides", help="np.fft.fft, of the parts that you want")
    n = min(x.shape[-1], y.shape[-1])
    x, y = x[..., :n], y[..., :n]
    if not isinstance(n, int):
        raise ShapeError("a spectrum of a signal whose length is a name", help="give the length as a number")
    weights, size = _window(window, min(nperseg or 256, n))
    overlap = size // 2 if noverlap is None else noverlap
    points = size if nfft is None else nfft
    if overlap >= size or points < size:
        raise ArgumentError("noverlap is below nperseg, and nfft is not")
    if scaling not in ("density", "spectrum"):
        raise ArgumentError(f"a spectrum with scaling={scaling!r}", help="'density' or 'spectrum'")
    step = size - overlap
    scale = 1 / (fs * np.sum(weights**2)) if scaling == "density" else 1 / np.sum(weights) ** 2
    of_x = _spectra(x, weights, step, points, detrend)
    of_y = of_x if y is x else _spectra(y, weights, step, points, detrend)
    sides = np.full(points // 2 + 1, 2.0)
    sides[0] = 1
    if points % 2 == 0:
        sides[-1] = 1
    power = np.moveaxis(np.conj(of_x) * of_y * (scale * sides), -1, -2)
    times = np.arange(size / 2, n - size / 2 + 1, step) / fs
    return np.fft.rfftfreq(points, 1 / fs), times, power


def _averaged(power: Any, average: str) -> Any:
    if average != "mean":
        raise UnsupportedError(f"a spectrum with average={average!r}", help="average='mean'")
    return np.mean(power, axis=-1)


@means("scipy.signal.csd", dtype="kept")
def csd(x: Any, y: Any, fs: Any = 1.0, window: Any = "hann_periodic", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
        detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
        average: str = "mean") -> tuple[Any, Any]:  # fmt: skip
    """The cross power spectrum by Welch's method."""
    window = "hann" if window == "hann_periodic" else window
    if has_none(array(x)) or has_none(array(y)):
        raise ShapeError("the spectrum of an array without elements", help="give it one, at least")
    f, _, power = _cross(x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis)
    return f, np.moveaxis(_averaged(power, average), -1, axis)


@means("scipy.signal.welch", dtype="kept")
def welch(x: Any, fs: Any = 1.0, *args: Any, **options: Any) -> tuple[Any, Any]:
    """The power spectrum by Welch's method: the mean of those of parts that overlap."""
    f, power = csd(x, x, fs, *args, **options)
    return f, np.real(power)


@means("scipy.signal.periodogram", dtype="kept")
def periodogram(x: Any, fs: Any = 1.0, window: Any = "boxcar", nfft: int | None = None, detrend: Any = "constant",
                return_onesided: bool = True, scaling: str = "density", axis: int = -1) -> tuple[Any, Any]:  # fmt: skip
    """The power spectrum of the whole signal."""
    x = array(x)
    n = x.shape[axis]
    if nfft is not None and nfft < n:
        x, n = np.moveaxis(np.moveaxis(x, axis, -1)[..., :nfft], -1, axis), nfft
    window = "boxcar" if window is None else window
    return welch(x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)


@means("scipy.signal.coherence", dtype="kept")
def coherence(x: Any, y: Any, fs: Any = 1.0, window: Any = "hann", nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
              detrend: Any = "constant", axis: int = -1) -> tuple[Any, Any]:  # fmt: skip
    """The square of the cross spectrum in units of both spectra."""
    options = {"nperseg": nperseg, "noverlap": noverlap, "nfft": nfft, "detrend": detrend, "axis": axis}
    f, xx = welch(x, fs, window, **options)
    yy, xy = welch(y, fs, window, **options)[1], csd(x, y, fs, window, **options)[1]
    return f, (np.real(xy) ** 2 + np.imag(xy) ** 2) / xx / yy


@means("scipy.signal.spectrogram", dtype="kept")
def spectrogram(x: Any, fs: Any = 1.0, window: Any = ("tukey", 0.25), nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
                detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
                mode: str = "psd") -> tuple[Any, Any, Any]:  # fmt: skip
    """The power spectra of parts that overlap."""
    if mode != "psd" or axis not in (-1, np.ndim(x) - 1):
        raise UnsupportedError("scipy.signal.spectrogram of another mode or axis", help="mode='psd', the last axis")
    size = _window(window, min(nperseg or 256, x.shape[-1]))[1]
    overlap = size // 8 if noverlap is None else noverlap
    f, times, power = _cross(x, x, fs, window, size, overlap, nfft, detrend, return_onesided, scaling, -1)
    return f, times, np.real(power)


# --------------------------------------------------------------------------------------------- responses of filters


def _polynomial(c: Any, z: Any) -> Any:
    total: Any = 0.0 * z
    for k in range(c.shape[0] - 1, -1, -1):
        total = total * z + c[k]
    return total


def _frequencies(worN: Any, whole: bool, fs: Any, include_nyquist: bool) -> Any:
    if worN is None or isinstance(worN, int):
        end = fs if whole else fs / 2
        return np.linspace(0, end, worN or 512, endpoint=include_nyquist and not whole)
    return 1.0 * array(worN)


@means("scipy.signal.freqz", dtype="kept")
def freqz(b: Any, a: Any = 1, worN: Any = 512, whole: bool = False, plot: Any = None, fs: Any = 2 * np.pi,
          include_nyquist: bool = False) -> tuple[Any, Any]:  # fmt: skip
    """The response of a digital filter at frequencies."""
    refuse("scipy.signal.freqz", "draw what it returns", plot=plot)
    w = _frequencies(worN, whole, fs, include_nyquist)
    z = np.exp(-2j * np.pi / fs * w)
    top, bottom = (np.atleast_1d(array(c)) for c in (b, a))
    if top.ndim > 1 or bottom.ndim > 1:
        raise ShapeError("scipy.signal.freqz of several filters", help="one after the other")
    return w, _polynomial(top, z) / _polynomial(bottom, z)


@means("scipy.signal.sosfreqz", "scipy.signal.freqz_sos", dtype="kept")
def freqz_sos(sos: Any, worN: Any = 512, whole: bool = False, fs: Any = 2 * np.pi) -> tuple[Any, Any]:
    """The response of a cascade of filters of second order."""
    sections, h = array(sos), 1.0
    w = _frequencies(worN, whole, fs, False)
    for k in range(sections.shape[0]):
        h = h * freqz(sections[k, :3], sections[k, 3:], w, fs=fs)[1]
    return w, h
