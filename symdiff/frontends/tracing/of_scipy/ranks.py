"""scipy.ndimage: filters that choose among the elements of a window, and what is computed of labelled elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.ndimage import around, each, extended
from symdiff.frontends.tracing.of_scipy.table import array, has_none, means, refuse


def _windows(input: Any, size: Any, footprint: Any, mode: str, cval: Any, origin: Any, axes: Any) -> Any:
    """The elements around each one, along a last axis."""
    x = array(input)
    if axes is not None or not isinstance(mode, str):
        raise UnsupportedError("a filter along some axes, or with several modes", help="a size of 1 along the others")
    if has_none(x):
        raise ShapeError("a filter of an array without elements", help="give it one, at least")
    if footprint is None and size is None:
        raise ArgumentError("a filter of no size", help="size=3")
    chosen = np.ones(each(size, x.ndim), bool) if footprint is None else np.asarray(footprint, bool)
    widths = [around(n, o) for n, o in zip(chosen.shape, each(origin, x.ndim), strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(extended(x, widths, mode, cval), chosen.shape)
    rows = np.reshape(windows, (*x.shape, chosen.size))
    return rows if chosen.all() else rows[..., np.flatnonzero(chosen)]


def _median(n: int) -> int:
    return n // 2


def _chosen(windows: Any, rank: int) -> Any:
    n = windows.shape[-1]
    if not -n <= rank < n:
        raise ArgumentError(f"the element of rank {rank} among {n}")
    if rank in (0, -n, n - 1, -1):
        return np.min(windows, axis=-1) if rank in (0, -n) else np.max(windows, axis=-1)
    return np.sort(windows, axis=-1)[..., rank]


def _filter(name: str, rank: Callable[[int], int]) -> None:
    def call(input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
             origin: Any = 0, *, axes: Any = None) -> Any:  # fmt: skip
        refuse(f"scipy.ndimage.{name}", "cast the result", output=output)
        windows = _windows(input, size, footprint, mode, cval, origin, axes)
        return _chosen(windows, rank(windows.shape[-1]))

    means(f"scipy.ndimage.{name}", dtype="first")(call)


_filter("minimum_filter", lambda n: 0)
_filter("maximum_filter", lambda n: n - 1)
_filter("median_filter", _median)


def _filter_along(name: str, rank: int) -> None:
    def call(input: Any, size: int, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
             origin: int = 0) -> Any:  # fmt: skip
        refuse(f"scipy.ndimage.{name}", "cast the result", output=output)
        x = array(input)
        sizes, origins = [1] * x.ndim, [0] * x.ndim
        sizes[axis], origins[axis] = size, origin
        return _chosen(_windows(x, sizes, None, mode, cval, origins, None), rank)

    means(f"scipy.ndimage.{name}", dtype="first")(call)


_filter_along("minimum_filter1d", 0)
_filter_along("maximum_filter1d", -1)


@means("scipy.ndimage.rank_filter", dtype="first")
def rank_filter(input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
                cval: Any = 0.0, origin: Any = 0, *, axes: Any = None) -> Any:  # fmt: skip
    """The element of a rank among those around each one."""
    refuse("scipy.ndimage.rank_filter", "cast the result", output=output)
    return _chosen(_windows(input, size, footprint, mode, cval, origin, axes), rank)


@means("scipy.ndimage.percentile_filter", dtype="first")
def percentile_filter(input: Any, percentile: float, size: Any = None, footprint: Any = None, output: Any = None,
                      mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *, axes: Any = None) -> Any:  # fmt: skip
    """The element below which a share of those around each one lies, in percent."""
    refuse("scipy.ndimage.percentile_filter", "cast the result", output=output)
    windows = _windows(input, size, footprint, mode, cval, origin, axes)
    n, share = windows.shape[-1], percentile + 100.0 if percentile < 0 else percentile
    return _chosen(windows, n - 1 if share == 100.0 else int(n * share / 100.0))


@means("scipy.signal.medfilt", dtype="kept")
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """The median of the elements around each one, with zeros beyond the edges."""
    x = array(volume)
    return _chosen(*_middle(_windows(x, kernel_size or 3, None, "constant", 0.0, 0, None)))


def _middle(windows: Any) -> tuple[Any, int]:
    return windows, _median(windows.shape[-1])


# ------------------------------------------------------------------------------------------------------ morphology


def _erosion(x: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any) -> Any:
    return _chosen(_windows(x, size, footprint, mode, cval, origin, None), 0)


def _dilation(x: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any) -> Any:
    """The largest element around each one, of a window that is turned about it."""
    footprint = None if footprint is None else np.flip(np.asarray(footprint, bool))
    shape = each(size, x.ndim) if footprint is None else footprint.shape
    turned = [-o - (n % 2 == 0) for o, n in zip(each(origin, x.ndim), shape, strict=True)]
    return _chosen(_windows(x, size, footprint, mode, cval, turned, None), -1)


_MORPHOLOGY: dict[str, Callable[..., Any]] = {
    "grey_erosion": lambda x, erode, dilate: erode(x),
    "grey_dilation": lambda x, erode, dilate: dilate(x),
    "grey_opening": lambda x, erode, dilate: dilate(erode(x)),
    "grey_closing": lambda x, erode, dilate: erode(dilate(x)),
    "morphological_gradient": lambda x, erode, dilate: dilate(x) - erode(x),
    "morphological_laplace": lambda x, erode, dilate: dilate(x) + erode(x) - 2 * x,
    "white_tophat": lambda x, erode, dilate: x - dilate(erode(x)),
    "black_tophat": lambda x, erode, dilate: erode(dilate(x)) - x,
}


def _morphological(name: str, formula: Callable[..., Any]) -> None:
    def call(input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None, mode: Any = "reflect",
             cval: Any = 0.0, origin: Any = 0, *, axes: Any = None) -> Any:  # fmt: skip
        refuse(
            f"scipy.ndimage.{name}", "a flat footprint=; cast the result", structure=structure, output=output, axes=axes
        )
        rest = size, footprint, mode, cval, origin
        return formula(array(input), lambda x: _erosion(x, *rest), lambda x: _dilation(x, *rest))

    means(f"scipy.ndimage.{name}", dtype="first")(call)


for _name, _formula in _MORPHOLOGY.items():
    _morphological(_name, _formula)


# ------------------------------------------------------------------------------------------------ labelled elements


def _of_labels(*names: str, reduce: Callable[[Any], Any], kept: bool = False) -> None:
    """A function of the elements of each label, which are known."""

    def call(input: Any, labels: Any = None, index: Any = None) -> Any:
        x = array(input)
        if is_symbolic((labels, index)):
            raise UnsupportedError(f"scipy.ndimage.{names[0]} of symbolic labels", help="labels are whole numbers")
        if labels is None:
            return reduce(np.ravel(x))
        labels = np.broadcast_to(np.asarray(labels), x.shape)
        if index is None:
            return reduce(x[labels > 0])
        found = [reduce(x[labels == k]) for k in np.ravel(index)]
        return np.reshape(np.stack(found), np.shape(index)) if np.ndim(index) else found[0]

    means(*(f"scipy.ndimage.{name}" for name in names), dtype="first" if kept else "double")(call)


_of_labels("sum", "sum_labels", reduce=np.sum)
_of_labels("mean", reduce=np.mean)
_of_labels("variance", reduce=np.var)
_of_labels("standard_deviation", reduce=np.std)
_of_labels("maximum", reduce=np.max, kept=True)
_of_labels("minimum", reduce=np.min, kept=True)
_of_labels("median", reduce=np.median, kept=True)


@means("scipy.ndimage.center_of_mass", dtype="double")
def center_of_mass(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The mean place, weighted by the elements: of all, or of those of labels."""
    x = array(input)
    if is_symbolic((labels, index)):
        raise UnsupportedError("scipy.ndimage.center_of_mass of symbolic labels", help="labels are whole numbers")

    def place(weights: Any) -> Any:
        return tuple(np.sum(grid * weights) / np.sum(weights) for grid in np.indices(x.shape))

    if labels is None:
        return place(x)
    inside = np.asarray(labels)
    if index is None or not np.ndim(index):
        return place(x * (inside > 0 if index is None else inside == index))
    return [place(x * (inside == k)) for k in np.ravel(index)]
