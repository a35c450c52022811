"""Columns and tables of pandas in functions that are traced: numbers with labels.

They cannot hold symbolic values, and what they do with numbers is not all that NumPy does: operators go by labels,
``std`` divides by n - 1. So a traced function finds a `Labelled` in place of one. It answers as the table does. Where
something symbolic takes part, operators and the sums that mean the same are computed from the values, if the labels
agree; for all else there are the values themselves: ``s.to_numpy()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.labels import axes_of, is_labelled, is_of_pandas
from symdiff.frontends.tracing.holder import is_symbolic, numbers_in
from symdiff.graph.node import as_node

Labels = tuple[Any, ...]  # of each axis; None where it has none
WITHOUT_GAPS: dict[Any, Any] = {np.sum: np.nansum, np.mean: np.nanmean, np.std: np.nanstd, np.var: np.nanvar}


def seen(value: Any) -> Any:
    """A column or table as a traced function sees it, and groups and windows of its rows; other values as they are."""
    if is_labelled(value):
        return Labelled(value)
    return Parts(value) if is_of_pandas(type(value)) and hasattr(type(value), "aggregate") else value


def plain(value: Any) -> Any:
    """The values of a column or table; other values as they are, in lists and tuples too."""
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value.to_numpy() if type(value) is Labelled else value


def known(value: Any) -> Any:
    """What stands behind it, where all is known."""
    if type(value) in (list, tuple):
        return type(value)(map(known, value))
    return value._known if type(value) is Labelled else numbers_in(value)


def is_unknown(value: Any) -> bool:
    """Whether something in it is symbolic."""
    if type(value) in (list, tuple):
        return any(map(is_unknown, value))
    return value._known is None if type(value) is Labelled else is_symbolic(value)


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what} of a column or table with symbolic values", help="compute with the values: s.to_numpy()"
    )


class Labelled(np.lib.mixins.NDArrayOperatorsMixin):
    """A column or a table as a traced function sees it.

    Args:
        known: what it answers as; None where its values are symbolic.
        values: those values.
        labels: the labels along each axis.
        kind: the class that it would have.
        gaps: whether values that it was made of are nan, which sums of pandas leave out.
    """

    __array_priority__ = 2000

    def __init__(
        self, known: Any, values: Any = None, labels: Labels = (), kind: type | None = None, gaps: bool = False
    ) -> None:
        self._known, self._values, self._labels, self._gaps = known, values, labels, gaps
        self._kind = type(known) if kind is None else kind
        if known is not None:
            self._labels = tuple(labels for _, labels in axes_of(known))
            numbers = known.to_numpy()
            self._gaps = numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())

    @property
    def __wrapped__(self) -> Any:
        return self._known

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self._kind

    def to_numpy(self) -> Any:
        """The values as an array."""
        return self._values if self._known is None else self._known.to_numpy()

    @property
    def values(self) -> Any:
        """The values as an array."""
        return self.to_numpy()

    def __symdiff_node__(self) -> Any:
        return as_node(self.to_numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.to_numpy(), dtype=dtype)

    # ------------------------------------------------------------------------------------------------- computing

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        function = getattr(ufunc, method)
        if not is_unknown((*inputs, *kwargs.values())):
            return seen(function(*known(inputs), **{key: known(value) for key, value in kwargs.items()}))
        result = function(*plain(inputs), **{key: plain(value) for key, value in kwargs.items()})
        if method != "__call__" or kwargs.get("out") is not None or isinstance(result, tuple):
            return result
        labels = _of_product(*inputs) if ufunc is np.matmul else _common([x for x in inputs if type(x) is Labelled])
        return self._with(result, labels, any(type(x) is Labelled and x._gaps for x in inputs))

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if is_unknown(self) and self.ndim > 1:
            raise _unsupported(f"np.{func.__name__}")  # it may go by columns
        if args and type(args[0]) is Labelled and args[0]._gaps:  # these call the methods of pandas
            func = WITHOUT_GAPS.get(func, func)
        return func(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    def _with(self, values: Any, labels: Labels, gaps: bool = False) -> Any:
        if np.ndim(values) != len(labels):
            raise _unsupported("an operator that adds axes")
        return Labelled(None, values, labels, self._kind, gaps) if labels else values

    def dot(self, other: Any) -> Any:
        """The product of matrices."""
        return self @ other

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """The sum; of a table, of each column."""
        return self._reduced("sum", args, kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """The mean; of a table, of each column."""
        return self._reduced("mean", args, kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """The standard deviation, with n - 1 as pandas has it."""
        return self._reduced("std", args, kwargs, ddof=1)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """The variance, with n - 1 as pandas has it."""
        return self._reduced("var", args, kwargs, ddof=1)

    def _reduced(self, name: str, args: Any, kwargs: Any, **more: Any) -> Any:
        if self._known is not None:
            return seen(getattr(self._known, name)(*args, **kwargs))
        if args or set(kwargs) - {"axis"}:
            raise _unsupported(f"{name} with these arguments")
        axis = kwargs.get("axis", 0)
        if axis not in range(self.ndim):
            raise _unsupported(f"{name} along axis {axis!r}")
        labels = tuple(label for k, label in enumerate(self._labels) if k != axis)
        function = WITHOUT_GAPS[getattr(np, name)] if self._gaps else getattr(np, name)
        return self._with(function(self._values, axis=axis, **more), labels)

    # -------------------------------------------------------------------------------------------------- the rest

    @property
    def shape(self) -> Any:
        return self.to_numpy().shape

    @property
    def ndim(self) -> int:
        return len(self._labels)

    @property
    def size(self) -> Any:
        return self.to_numpy().size

    @property
    def T(self) -> Any:  # noqa: N802 (pandas' name)
        """Rows as columns."""
        return (
            seen(self._known.T)
            if self._known is not None
            else self._with(self._values.T, self._labels[::-1], self._gaps)
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._known is None:
            raise _unsupported(name)
        value = getattr(self._known, name)
        if name in ("loc", "iloc", "at", "iat"):
            return Places(value)
        return _method(name, value) if callable(value) and not is_labelled(value) else seen(value)

    def __getitem__(self, key: Any) -> Any:
        if self._known is None or is_unknown(key):
            raise _unsupported("an element")
        return seen(self._known[known(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._known is None or is_unknown((key, value)):
            raise _unsupported("an assignment to an element")
        self._known[known(key)] = known(value)

    def __len__(self) -> int:
        return len(self.to_numpy())

    def __iter__(self) -> Any:
        if self._known is None and self.ndim > 1:
            raise _unsupported("a loop over the columns")
        return iter(self._values if self._known is None else self._known)

    def __repr__(self) -> str:
        return repr(self._values if self._known is None else self._known)


def _method(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """A method of something known, on known arguments."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_unknown((*args, *kwargs.values())):
            raise _unsupported(name)
        return seen(value(*known(args), **{key: known(item) for key, item in kwargs.items()}))

    return call


class Places:
    """``loc`` and ``iloc``."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def __getitem__(self, key: Any) -> Any:
        if is_unknown(key):
            raise _unsupported("an element at a position that is computed")
        return seen(self._known[known(key)])


class Parts:
    """Groups of rows, or windows of them: what they give is a column or a table again."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self._known, name)
        return _method(name, value) if callable(value) else seen(value)

    def __getitem__(self, key: Any) -> Any:
        if is_unknown(key):
            raise _unsupported("a column whose label is computed")
        return seen(self._known[known(key)])

    def __iter__(self) -> Any:
        return (tuple(map(seen, item)) if type(item) is tuple else seen(item) for item in self._known)

    def __len__(self) -> int:
        return len(self._known)


def _common(operands: list[Labelled]) -> Labels:
    """The labels of all operands, which must be the same: else pandas puts elements beside those with their label."""
    first = operands[0]._labels
    if not all(len(x._labels) == len(first) and all(map(_agree, x._labels, first)) for x in operands):
        raise _unsupported("an operator that goes by different labels")
    return first


def _agree(a: Any, b: Any) -> bool:
    return a is not None and b is not None and list(a) == list(b)


def _of_product(a: Any, b: Any) -> Labels:
    """The labels of ``a @ b``."""
    if type(a) is Labelled and type(b) is Labelled and not _agree(a._labels[-1], b._labels[0]):
        raise _unsupported("a product that goes by different labels")
    left, right = (x._labels if type(x) is Labelled else (None,) * np.ndim(x) for x in (a, b))
    return (*left[:-1], *right[1:])
