"""``x[x > 0]``: the elements that a condition selects, where their number depends on values.

No array of a length that is not known is made. A `Selection` keeps the whole array and the condition: functions of
elements apply to the whole array, reductions leave out what is not selected, and assignment puts values back under the
same condition. Anything that would need the length, or the place of an element, raises UnsupportedError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import MissingAttributeError, UnsupportedError
from symdiff.frontends.tracing.attempts import met_numbers

_HELP = "reduce it (sum, mean, max, …), assign it under the same condition, or write np.where(condition, a, b)"


class Selection(np.lib.mixins.NDArrayOperatorsMixin):
    """Elements of `whole` where `mask` holds; `mask` spans its leading axes, which become one."""

    __slots__ = ("mask", "whole")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, whole: Any, mask: Any) -> None:
        self.whole, self.mask = whole, mask

    # ------------------------------------------------------------------------------------------------- elementwise

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is np.matmul and method == "__call__":
            return _product(*inputs)
        if method != "__call__" or ufunc.signature is not None:
            raise unsupported(f"np.{ufunc.__name__}")
        out = kwargs.pop("out", None)
        result = self._apply(ufunc, inputs, kwargs)
        if out is None:
            return result
        [target] = out
        if not isinstance(target, Selection):
            raise unsupported(f"np.{ufunc.__name__} into another array")
        target.whole = result.whole
        return target

    def _apply(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        found = function(*map(self.beside, args), **{key: self.beside(value) for key, value in kwargs.items()})
        return (
            tuple(Selection(x, self.mask) for x in found) if isinstance(found, tuple) else Selection(found, self.mask)
        )

    def beside(self, x: Any) -> Any:
        """`x` as it meets the whole array: a selection by the same condition, or what broadcasts to each element."""
        if isinstance(x, Selection):
            if x.mask.node is not self.mask.node:
                raise UnsupportedError(
                    "arrays selected by two different conditions have lengths of their own",
                    help="select both by one condition: keep = a & b",
                    code="SD603",
                )
            if x.ndim != self.ndim:
                raise unsupported("broadcasting")
            return x.whole
        shape = np.shape(x)
        extra = len(shape) - (self.ndim - 1)
        if extra <= 0:
            return x
        if set(shape[:extra]) != {1}:
            raise UnsupportedError(
                f"an array of shape {shape} cannot stand beside x[condition], whose length is not known beforehand",
                help="select from it too: y[condition]",
                code="SD603",
            )
        return np.reshape(x, shape[extra:])

    # -------------------------------------------------------------------------------------------------- reductions

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if func in _ELEMENTWISE:
            return self._apply(func, args, kwargs)
        if func in _REDUCE and isinstance(args[0], Selection):
            return args[0]._reduce(func, *args[1:], **kwargs)
        if func in _COMPOSED:
            return _COMPOSED[func](*args, **kwargs)
        raise unsupported(f"np.{func.__name__}")

    def _reduce(self, func: Callable[..., Any], axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue and value is not None}
        mask_ndim = self.mask.ndim
        axes = range(self.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        places = {k % self.ndim for k in axes}
        of_rest = tuple(k + mask_ndim - 1 for k in sorted(places) if k)
        if 0 not in places:
            return Selection(func(self.whole, of_rest, *args, **kwargs), self.mask)
        if kwargs.get("keepdims") and mask_ndim > 1:
            raise unsupported("keepdims")
        if func in _FIRST:
            kwargs.setdefault("initial", _FIRST[func](self.dtype))
        where = self.spread(self.mask)
        return func(self.whole, (*range(mask_ndim), *of_rest), *args, where=where, **kwargs)

    def spread(self, mask: Any) -> Any:
        """The condition with axes of length 1 behind it, as it meets the whole array."""
        return mask[(..., *[None] * (self.ndim - 1))] if self.ndim > 1 else mask

    def filled(self, value: Any) -> Any:
        """The whole array with `value` where nothing is selected."""
        return np.where(self.spread(self.mask), self.whole, value)

    # ------------------------------------------------------------------------------------- attributes and methods

    @property
    def dtype(self) -> np.dtype:
        return self.whole.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return 1 + self.whole.ndim - self.mask.ndim  # type: ignore[no-any-return]

    @property
    def shape(self) -> tuple[Any, ...]:
        return (np.count_nonzero(self.mask), *self.whole.shape[self.mask.ndim :])

    @property
    def size(self) -> Any:
        count, *rest = self.shape
        for n in rest:
            count = count * n
        return count

    def astype(self, dtype: Any, **kwargs: Any) -> Selection:
        """The same elements in another dtype."""
        return Selection(self.whole.astype(dtype), self.mask)

    def copy(self, order: str = "C") -> Selection:
        """A selection of its own, which in-place operators on this one leave alone."""
        return Selection(self.whole, self.mask)

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            return lambda *args, **kwargs: self.__array_function__(_METHODS[name], (), (self, *args), kwargs)
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingAttributeError(f"x[condition] has no attribute {name!r}", help=_HELP)

    def __len__(self) -> int:
        raise UnsupportedError(
            f"len() of x[condition] is not known beforehand: {_UNKNOWN}",
            help="write np.count_nonzero(condition)",
            code="SD602",
        )

    def __getitem__(self, index: Any) -> Any:
        raise unsupported("an index into x[condition]")

    def __iter__(self) -> Any:
        raise unsupported("a loop over x[condition]")

    def __bool__(self) -> bool:
        raise unsupported("the truth value of x[condition]")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        met_numbers()  # where the array that asks is followed, it does not
        return self.__symdiff_node__()

    def __symdiff_node__(self) -> Any:
        raise unsupported("x[condition] as an array of its own")


_UNKNOWN = "it depends on values"


def unsupported(what: str) -> UnsupportedError:
    """The error for what would need the length of a selection."""
    return UnsupportedError(
        f"{what} needs the number of elements that a condition selects: {_UNKNOWN}", help=_HELP, code="SD602"
    )


def _product(a: Any, b: Any) -> Any:
    """``a @ b``: summed over the selected elements, or over axes behind them."""
    if isinstance(a, Selection) and not isinstance(b, Selection) and a.ndim > 1:
        return Selection(a.filled(0) @ b, a.mask)  # behind the product rows that hold nan would meet its cotangent
    if isinstance(a, Selection) and isinstance(b, Selection) and a.ndim == a.mask.ndim == 1:
        a.beside(b)
        return a.filled(0) @ b.filled(0)
    raise unsupported("this product")


def _inner(a: Any, b: Any) -> Any:
    if a.ndim != 1 or b.ndim != 1:
        raise unsupported("this product")
    return np.sum(a * b)


def _norm(x: Selection, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if x.ndim != 1 or ord not in (None, 1, 2, np.inf) or axis not in (None, 0, -1) or keepdims:
        raise unsupported("this norm")
    return np.linalg.norm(np.ravel(x.filled(0)), ord)


def _average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    return np.mean(a, axis) if weights is None else np.sum(a * weights, axis) / np.sum(weights, axis)


def _extreme(sign: int) -> Callable[[np.dtype], Any]:
    """What the largest (or smallest) element is compared with at first."""
    return lambda dtype: sign * np.inf if dtype.kind in "fc" else np.iinfo(dtype).max * sign


_ELEMENTWISE = (
    np.where, np.clip, np.round, np.around, np.real, np.imag, np.sinc, np.nan_to_num, np.zeros_like, np.ones_like,
    np.isclose, np.angle, np.copy,
)  # fmt: skip
_REDUCE = (np.sum, np.prod, np.mean, np.var, np.std, np.any, np.all, np.max, np.min, np.amax, np.amin)
_FIRST = {np.max: _extreme(-1), np.min: _extreme(1), np.amax: _extreme(-1), np.amin: _extreme(1)}
_COMPOSED: dict[Any, Callable[..., Any]] = {
    np.dot: _inner, np.inner: _inner, np.vdot: lambda a, b: _inner(np.conj(a), b), np.linalg.norm: _norm,
    np.average: _average, np.count_nonzero: lambda a: np.sum(a != 0), np.shape: lambda a: a.shape,
    np.ptp: lambda a: np.max(a) - np.min(a), np.size: lambda a: a.size, np.ndim: lambda a: a.ndim,
}  # fmt: skip
_METHODS = {  # methods, by the functions that mean the same
    name: getattr(np, name)
    for name in (
        "sum", "prod", "mean", "var", "std", "any", "all", "max", "min", "ptp", "clip", "round", "dot", "conj",
    )
}  # fmt: skip
