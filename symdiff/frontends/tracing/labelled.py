"""Columns and tables of pandas, polars and xarray in functions that are traced: numbers with labels.

They cannot hold symbolic values, and what they do with numbers is not all that NumPy does: operators go by labels,
``std`` divides by n - 1, the sums of a table are those of its columns. So a traced function finds a `Labelled` in place
of one, of its arguments too. It answers as the table does. Where something symbolic takes part, operators, elements,
and the sums that mean the same are computed from the values, if the labels agree; for all else there are the values
themselves: ``s.to_numpy()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.frontends import tables
from symdiff.frontends.symbolic import as_labelled
from symdiff.frontends.tables import Marks
from symdiff.frontends.tracing import columns
from symdiff.frontends.tracing.columns import agree, differing, unsupported
from symdiff.frontends.tracing.holder import is_symbolic, numbers_in
from symdiff.graph.node import as_node

Labels = tuple[Any, ...]  # of each axis; None where it has none


def seen(value: Any) -> Any:
    """A column or table as a traced function sees it, and groups and windows of its rows; other values as they are."""
    if tables.is_table(value):
        return Labelled(value)
    return Parts(value) if tables.root_of(type(value)) == "pandas" and hasattr(type(value), "aggregate") else value


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


@as_labelled
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
            axes, numbers = tables.axes_of(known), tables.numbers_of(known)
            self._labels = columns.along(self._kind, [n for n, _ in axes], [a for _, a in axes])
            self._gaps = numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())

    @classmethod
    def of(cls, symbol: Any, marks: Marks) -> Any:
        """An argument as the function sees it; an item of it, where that is what a program is for, is an array."""
        shape = symbol.aval.shape
        if not shape or len(shape) != len(marks.labels):
            return symbol
        return cls(None, symbol, columns.labels_of(marks, shape), marks.kind, marks.has_gaps)

    @property
    def __symdiff_known__(self) -> Any:
        return self if self._known is None else self._known

    @property
    def __symdiff_handed_on__(self) -> Any:
        return self._values if self._known is None else self._known

    @property
    def __symdiff_marks__(self) -> Marks:
        return columns.marks_around(self._kind, self._labels, self._gaps)

    def like(self, values: Any) -> Any:
        """Symbolic values with the labels of this one, if they have its shape."""
        return Labelled(None, values, self._labels, self._kind) if values.shape == self.shape else values

    @property
    def __wrapped__(self) -> Any:
        return self._known

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self._kind

    def to_numpy(self) -> Any:
        """The values as an array."""
        return self._values if self._known is None else tables.numbers_of(self._known)

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
            columns.check_goes_by_elements(self, func)
        if args and type(args[0]) is Labelled and args[0]._gaps:  # these call the methods of pandas
            func = columns.WITHOUT_GAPS.get(func, func)
        return func(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    def _with(self, values: Any, labels: Labels, gaps: bool = False) -> Any:
        if np.ndim(values) != len(labels):
            raise unsupported("an operator that adds axes")
        kind = self._kind if len(labels) == self.ndim else columns.kind_for(self._kind, len(labels))
        return Labelled(None, values, labels, kind, gaps) if labels else values

    def dot(self, other: Any) -> Any:
        """The product of matrices."""
        return self @ other

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
    def dtype(self) -> Any:
        return self._values.dtype if self._known is None else self._known.dtype

    @property
    def T(self) -> Any:  # noqa: N802 (pandas' name)
        """Rows as columns."""
        return (
            seen(self._known.T)
            if self._known is not None
            else self._with(self._values.T, self._labels[::-1], self._gaps)
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in columns.SUMS:
            return lambda *args, **kwargs: self._summed(name, args, kwargs)
        if self._known is None:
            return columns.behind_dot(self, name)
        value = getattr(self._known, name)
        if name in ("loc", "iloc", "at", "iat"):
            return Places(value)
        return _method(name, value) if callable(value) and not tables.is_table(value) else seen(value)

    def __getitem__(self, key: Any) -> Any:
        if self._known is None:
            return columns.element(self, key)
        if is_unknown(key):
            raise unsupported("an element")
        return seen(self._known[known(key)])

    def _summed(self, name: str, args: Any, kwargs: Any) -> Any:
        if self._known is not None and not is_unknown((*args, *kwargs.values())):
            return seen(getattr(self._known, name)(*args, **kwargs))
        return columns.summed(self, name, args, kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._known is None or is_unknown((key, value)):
            raise unsupported("an assignment to an element")
        self._known[known(key)] = known(value)

    def __len__(self) -> int:
        return len(self.to_numpy())

    def __iter__(self) -> Any:
        if self._known is None and self.ndim > 1 and tables.root_of(self._kind) == "pandas":
            return iter(columns.index_of(self, 1))
        if self._known is None and self.ndim > 1:
            raise unsupported("a loop over the rows or columns")
        return iter(self._values if self._known is None else self._known)

    def __repr__(self) -> str:
        return repr(self._values if self._known is None else self._known)


def _method(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """A method of something known, on known arguments."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_unknown((*args, *kwargs.values())):
            raise unsupported(name)
        return seen(value(*known(args), **{key: known(item) for key, item in kwargs.items()}))

    return call


class Places:
    """``loc`` and ``iloc``."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def __getitem__(self, key: Any) -> Any:
        if is_unknown(key):
            raise unsupported("an element at a position that is computed")
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
            raise unsupported("a column whose label is computed")
        return seen(self._known[known(key)])

    def __iter__(self) -> Any:
        return (tuple(map(seen, item)) if type(item) is tuple else seen(item) for item in self._known)

    def __len__(self) -> int:
        return len(self._known)


def _common(operands: list[Labelled]) -> Labels:
    """The labels of all operands, which must be the same: else pandas puts elements beside those with their label.

    A column beside a table belongs to the rows of it, its labels are those of the columns.
    """
    whole = max((x._labels for x in operands), key=len)
    if not all(all(map(agree, reversed(x._labels), reversed(whole))) for x in operands):
        raise differing("an operator")
    return whole


def _of_product(a: Any, b: Any) -> Labels:
    """The labels of ``a @ b``."""
    if any(type(x) is Labelled and tables.root_of(x._kind) == "xarray" for x in (a, b)):
        raise unsupported("a product that goes by names of dimensions")
    if type(a) is Labelled and type(b) is Labelled and not agree(a._labels[-1], b._labels[0]):
        raise differing("a product")
    left, right = (x._labels if type(x) is Labelled else (None,) * np.ndim(x) for x in (a, b))
    return (*left[:-1], *right[1:])
