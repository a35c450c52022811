"""Sparse matrices of SciPy in functions that are traced: known ones, and their products with symbolic arrays.

SciPy's operators turn what they meet into arrays of numbers, and ask nobody. So a traced function finds a `Sparse` in
place of a sparse matrix. It answers as the matrix does, and knows the products that give something symbolic. The
program keeps no sparse matrix, and needs no SciPy: a small or well-filled one becomes an array; of a large one there
remain the rows, columns and values of its entries, and a product gathers, multiplies, and adds up.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import FunctionType
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.known import KnownStandIn
from symdiff.frontends.tracing.symbol import Symbol, on_numbers
from symdiff.graph.node import Node
from symdiff.ops.sparse import csr

MODULE = "scipy.sparse"

# A product with an array takes about 0.3 ns for each of its elements; gathering and adding up about 12 ns for each
# entry, and some microseconds to begin with.
SMALL, EACH_ENTRY, LARGEST = 10_000, 40, 1_000_000


class Entries:
    """The entries of a sparse matrix, which may be symbolic.

    Attributes:
        rows, columns: where each one is; entries at one place add up.
        values: what it is.
        shape: of the matrix.
        kind: its class in SciPy.
    """

    def __init__(self, rows: Any, columns: Any, values: Any, shape: tuple[int, int], kind: type) -> None:
        self.rows, self.columns, self.values, self.shape, self.kind = rows, columns, values, shape, kind

    @property
    def is_small(self) -> bool:
        """Whether an array of all elements is the better choice."""
        size = self.shape[0] * self.shape[1]
        return size <= min(SMALL + EACH_ENTRY * len(self.rows), LARGEST)

    def transposed(self) -> Entries:
        return Entries(self.columns, self.rows, self.values, self.shape[::-1], self.kind)

    def times(self, x: Any) -> Entries:
        """Element by element."""
        return Entries(self.rows, self.columns, self.values * self._beside(x), self.shape, self.kind)

    def _beside(self, x: Any) -> Any:
        """What stands in an array that broadcasts to this shape where the entries are."""
        shape = np.shape(x)
        np.broadcast_shapes(self.shape, shape)
        places = (self.rows, self.columns)[2 - len(shape) :]
        return x[tuple(0 if n == 1 else at for n, at in zip(shape, places, strict=True))] if shape else x

    def product(self, x: Any) -> Any:
        """With an array of one axis or two."""
        if self.is_small:
            return self.array() @ x
        if np.shape(x)[0] != self.shape[1]:
            raise ValueError(f"dimension mismatch: {self.shape} @ {np.shape(x)}")
        values = self.values if np.ndim(x) == 1 else self.values[:, None]
        return _added_up((self.rows,), values * x[self.columns], (self.shape[0], *np.shape(x)[1:]))

    def beside(self, other: Entries, sign: int, is_second: bool) -> Entries:
        """The entries of the sum of both, or of the difference: those at one place add up."""
        if self.shape != other.shape:
            raise ValueError(f"inconsistent shapes: {self.shape} and {other.shape}")
        mine, theirs = (sign * self.values, other.values) if is_second else (self.values, sign * other.values)
        rows, columns = np.concatenate([self.rows, other.rows]), np.concatenate([self.columns, other.columns])
        return Entries(rows, columns, np.concatenate([mine, theirs]), self.shape, self.kind)

    def array(self) -> Any:
        return _added_up((self.rows, self.columns), self.values, self.shape)

    def sum(self, axis: Any = None) -> Any:
        if axis is None:
            return np.sum(self.values)
        keep = 1 if axis in (0, -2) else 0
        return _added_up(((self.rows, self.columns)[keep],), self.values, (self.shape[keep],))


def _added_up(places: tuple[Any, ...], values: Any, shape: tuple[int, ...]) -> Any:
    """Zeros, and each value added to its place."""
    total = np.zeros(shape, values.dtype)
    if not is_symbolic(values):
        np.add.at(total, places, values)
        return total
    symbol: Any = Symbol(None, total)
    np.add.at(symbol, places if len(places) > 1 else places[0], values)
    return symbol


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what} is not supported on symbolic values", help="make an array of it: S.toarray()", code="SD611"
    )


def _format(name: str) -> Any:
    """The class of this format, of SciPy's older or newer ones."""

    def find(kind: type) -> type:
        found: type = getattr(sys.modules[MODULE], f"{name}_{'matrix' if issubclass(kind, _kinds()[0]) else 'array'}")
        return found

    return find


_FORMATS = {f"to{name}": _format(name) for name in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")}


class Sparse:
    """A sparse matrix as a traced function sees it.

    Args:
        known: what it answers as; None where its entries are symbolic.
        entries: what they are, where that is known already.
    """

    __array_ufunc__ = None  # NumPy leaves the operators to us

    def __init__(self, known: Any, entries: Entries | None = None) -> None:
        self._known, self._symbolic = known, entries

    @property
    def __wrapped__(self) -> Any:
        return self._known

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self._entries.kind if self._known is None else type(self._known)

    @property
    def _entries(self) -> Entries:
        if self._symbolic is None:
            coo, kind = self._known.tocoo(), type(self._known)
            self._symbolic = Entries(coo.row.astype(np.intp), coo.col.astype(np.intp), coo.data, coo.shape, kind)
        return self._symbolic

    @property
    def _is_matrix(self) -> bool:
        """Whether ``*`` is the product of matrices, as of SciPy's older classes."""
        return issubclass(self.__class__, _kinds()[0])

    def _answer(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What the known matrix answers to something known."""
        if self._known is None or is_symbolic((args, kwargs)):
            raise _unsupported(f"{name} of a sparse matrix")
        args = tuple(map(original, args))
        return seen(on_numbers(getattr(self._known, name), args, kwargs))

    def _is_known_beside(self, *others: Any) -> bool:
        are_known = all(getattr(x, "_known", x) is not None for x in others if type(x) is Sparse)
        return self._known is not None and are_known and not is_symbolic(others)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._known is None and name in _FORMATS:
            return lambda copy=False: self.of_kind(_FORMATS[name](self.__class__))
        if self._known is None:
            raise _unsupported(f"{name} of a sparse matrix")
        value = getattr(self._known, name)
        return functools.partial(self._answer, name) if callable(value) else seen(value)

    def __repr__(self) -> str:
        return repr(self._known) if self._known is not None else f"<symbolic sparse matrix, {self.shape}>"

    @property
    def shape(self) -> Any:
        return self._known.shape if self._known is not None else self._entries.shape

    @property
    def ndim(self) -> int:
        return 2

    @property
    def T(self) -> Any:  # noqa: N802 (SciPy's name)
        """Rows as columns."""
        return self.transpose()

    def transpose(self, *args: Any, **kwargs: Any) -> Any:
        """Rows as columns."""
        if self._known is not None:
            return self._answer("transpose", *args, **kwargs)
        return Sparse(None, self._entries.transposed())

    def toarray(self, *args: Any, **kwargs: Any) -> Any:
        """An array of all elements."""
        return self._answer("toarray", *args, **kwargs) if self._known is not None else self._entries.array()

    def of_kind(self, kind: type) -> Sparse:
        """The same entries as a matrix of another class."""
        e = self._entries
        return Sparse(None, Entries(e.rows, e.columns, e.values, e.shape, kind))

    def sum(self, axis: Any = None, **kwargs: Any) -> Any:
        """The sum of all elements, or along an axis."""
        if self._known is not None:
            return self._answer("sum", axis, **kwargs)
        if kwargs or (axis is not None and self._is_matrix):  # it would be an np.matrix
            raise _unsupported("sum(axis=…) of a sparse matrix")
        return self._entries.sum(axis)

    def dot(self, other: Any) -> Any:
        """The product of matrices."""
        return self @ other

    def multiply(self, other: Any) -> Any:
        """Element by element: a sparse matrix."""
        if self._is_known_beside(other):
            return self._answer("multiply", other)
        if type(other) is Sparse:
            raise _unsupported("multiply of two sparse matrices")
        return Sparse(None, self._entries.times(other))

    def __matmul__(self, other: Any) -> Any:
        if self._is_known_beside(other):
            return self._answer("__matmul__", other)
        if type(other) is Sparse:
            raise _unsupported("the product of two sparse matrices")
        return self._entries.product(other)

    def __rmatmul__(self, other: Any) -> Any:
        if self._is_known_beside(other):
            return self._answer("__rmatmul__", other)
        return np.transpose(self._entries.transposed().product(np.transpose(other)))

    def __mul__(self, other: Any) -> Any:
        if self._is_known_beside(other):
            return self._answer("__mul__", other)
        return self @ other if self._is_matrix and np.ndim(other) else self.multiply(other)

    def __rmul__(self, other: Any) -> Any:
        if self._is_known_beside(other):
            return self._answer("__rmul__", other)
        return other @ self if self._is_matrix and np.ndim(other) else self.multiply(other)

    def __truediv__(self, other: Any) -> Any:
        if self._is_known_beside(other):
            return self._answer("__truediv__", other)
        if np.ndim(other):
            raise _unsupported("a sparse matrix divided by an array")
        return self.multiply(1 / other)

    def __neg__(self) -> Any:
        return self * -1

    def __add__(self, other: Any) -> Any:
        return self._added("__add__", other, 1)

    def __sub__(self, other: Any) -> Any:
        return self._added("__sub__", other, -1)

    def __radd__(self, other: Any) -> Any:
        return self._added("__radd__", other, 1)

    def __rsub__(self, other: Any) -> Any:
        return self._added("__rsub__", other, -1)

    def _added(self, name: str, other: Any, sign: int) -> Any:
        if self._is_known_beside(other):
            return self._answer(name, other)
        if type(other) is Sparse:
            return Sparse(None, self._entries.beside(other._entries, sign, name.startswith("__r")))
        if self._is_matrix or np.ndim(other) != 2:  # SciPy gives an np.matrix, or nothing
            raise _unsupported("a sum with a sparse matrix")
        own = self.toarray()
        return other + sign * own if name.startswith("__r") else own + sign * other

    def __getitem__(self, index: Any) -> Any:
        return self._answer("__getitem__", index)

    def __abs__(self) -> Any:
        return self._answer("__abs__")

    def __pow__(self, power: Any) -> Any:
        return self._answer("__pow__", power)


def seen(value: Any) -> Any:
    """A sparse matrix as a traced function sees it; other values as they are."""
    return Sparse(value) if is_sparse(value) else value


def result(node: Node) -> Any:
    """What a program computes that a traced function calls, as that sees it: sparse matrices as such."""
    if node.op is not csr:
        return Symbol(node)
    scipy = importlib.import_module(MODULE)
    data, *places = node.inputs
    indices, indptr = (x.literal.value.astype(np.intp) for x in places if x.literal is not None)
    rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    return Sparse(None, Entries(rows, indices, Symbol(data), node.kwargs["shape"], scipy.csr_array))


def original(value: Any) -> Any:
    """What a traced function sees as a `Sparse`, as SciPy knows it; in lists and tuples too."""
    if type(value) in (list, tuple):
        return type(value)(map(original, value))
    if type(value) is not Sparse:
        return value
    if value._known is None:
        raise _unsupported("this function of a sparse matrix")
    return value._known


def _is_unknown(value: Any) -> bool:
    """Whether something in it is symbolic, or a sparse matrix with symbolic entries."""
    if type(value) in (list, tuple):
        return any(map(_is_unknown, value))
    if type(value) is dict:
        return any(map(_is_unknown, value.values()))
    return value._known is None if type(value) is Sparse else is_symbolic(value)


def is_sparse(value: Any) -> bool:
    """Whether it is a sparse matrix of SciPy's."""
    return issubclass(type(value), _kinds()) and len(value.shape) == 2


def _kinds() -> tuple[type, ...]:
    """The classes of sparse matrices, if they are loaded."""
    scipy = sys.modules.get(MODULE)
    return () if scipy is None else (scipy.spmatrix, scipy.sparray)


def maker(function: Any) -> KnownStandIn | None:
    """What stands for a function or class of SciPy's that may make sparse matrices; None for other values."""
    if isinstance(function, type):
        if not issubclass(function, _kinds()):
            return None
    elif type(function) is not FunctionType or not str(function.__module__).startswith(MODULE):
        return None

    def make(*args: Any, **kwargs: Any) -> Any:
        calls = importlib.import_module(f"{__package__}.sparse_calls")
        call = calls.CALLS.get(function.__name__)
        if call is not None and (function.__name__ in calls.KEPT or _is_unknown((args, kwargs))):
            return call(*args, **kwargs)
        if _is_unknown((args, kwargs)):
            raise UnsupportedError(
                f"{MODULE}.{function.__name__} is not supported on symbolic values",
                help="make the matrix of numbers, and multiply: S.multiply(x), S @ x",
            )
        args, kwargs = tuple(map(original, args)), {key: original(value) for key, value in kwargs.items()}
        return seen(on_numbers(function, args, kwargs))

    return KnownStandIn(function, make)
