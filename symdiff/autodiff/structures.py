"""Matrices known by their parts: diagonals, bands, Kronecker products with an identity, blocks, low ranks, and sums.

Each term is a product of arrays with a letter for each axis, as `numpy.einsum` has it. A letter that rows and columns
share is a delta: the matrix is zero where the two indices differ, and nothing is stored of that (Golub and Van Loan,
"Matrix Computations", 2013, sections 1.2, 2.1.4, 4.3 and 12.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import DTypeError, ShapeError

Array = Any
STACK = "Z"  # the letter of vectors side by side
ROUNDINGS = 1e4  # that a residual may be of


class Term(NamedTuple):
    """One product.

    Attributes:
        row, column: a letter for each axis of the rows, and of the columns.
        letters: of each array.
        arrays: the factors.
        place: where the product stands, zeros around it: from where to where on each axis of the rows, and of the
            columns; empty if it is everywhere.
    """

    row: str
    column: str
    letters: tuple[str, ...]
    arrays: tuple[Array, ...]
    place: tuple[tuple[int | None, int | None], ...] = ()

    @property
    def row_window(self) -> Any:
        """The index of the rows in which it stands; of an array that may have further axes."""
        return (*(slice(*ends) for ends in self.place[: len(self.row)]), ...)

    @property
    def column_window(self) -> Any:
        """The same of the columns."""
        return (*(slice(*ends) for ends in self.place[len(self.row) :]), ...)

    @property
    def T(self) -> Term:  # noqa: N802 (as arrays have it)
        """The transposed term."""
        n = len(self.row)
        return Term(self.column, self.row, self.letters, self.arrays, self.place[n:] + self.place[:n])

    @property
    def shared(self) -> str:
        """The letters of the deltas."""
        return "".join(c for c in dict.fromkeys(self.row) if c in self.column)

    def core(self, wanted: str) -> Array:
        """The product, with an axis for each of the letters, of length 1 where it does not depend on one."""
        there = set("".join(self.letters))
        text = f"{','.join(self.letters)}->{''.join(c for c in wanted if c in there)}"
        found = np.einsum(text, *self.arrays, optimize=len(self.arrays) > 2)
        return np.expand_dims(found, tuple(k for k, c in enumerate(wanted) if c not in there))

    @property
    def is_band(self) -> bool:
        """Whether it is one diagonal, or a part of one."""
        return self.row == self.column and len(set(self.row)) == len(self.row)

    def halves(self) -> tuple[list[int], list[int]] | None:
        """The factors that stand on the side of the rows, and on that of the columns; None if some are on both."""
        sides: tuple[list[int], list[int]] = ([], [])
        for k, letters in enumerate(self.letters):
            on = [bool(set(letters) & set(side)) for side in (self.row, self.column)]
            if all(on):
                return None
            sides[on[1]].append(k)
        return None if self.shared else sides


@dataclass(eq=False, repr=False)
class Structured:
    """A matrix that is a sum of terms.

    It multiplies vectors and matrices with ``@``, and has what SciPy's iterative solvers ask of an operator.

    Attributes:
        rows, columns: the shapes of the arrays whose elements number the rows and the columns, in C order.
        terms: what is added.

    >>> two = Diagonal((2,), (2,), (Term("a", "a", ("a",), (np.array([1.0, 4.0]),)),))
    >>> two @ np.array([1.0, 1.0]), two.solve(np.array([1.0, 1.0])), two.nbytes
    (array([1., 4.]), array([1.  , 0.25]), 16)
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[Term, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return prod(self.rows), prod(self.columns)

    @cached_property
    def dtype(self) -> np.dtype:
        """Of the elements."""
        return np.result_type(*(a for term in self.terms for a in term.arrays)) if self.terms else np.dtype(float)

    @property
    def nbytes(self) -> int:
        """What the parts take."""
        return sum(np.asarray(a).nbytes for term in self.terms for a in term.arrays)

    def __repr__(self) -> str:
        n, m = self.shape
        return f"<{type(self).__name__} of {n:,} rows and {m:,} columns, {self.nbytes:,} bytes: {self._kept()}>"

    def _kept(self) -> str:
        return " + ".join(",".join((*t.letters, t.row, t.column)) for t in self.terms) or "0"

    @property
    def T(self) -> Structured:  # noqa: N802 (as arrays have it)
        """The transposed matrix."""
        return type(self)(self.columns, self.rows, tuple(term.T for term in self.terms))

    def __matmul__(self, other: Any) -> Array:
        """The product with a vector, or with a matrix of vectors side by side."""
        x = np.asarray(other)
        if x.ndim not in (1, 2) or x.shape[0] != self.shape[1]:
            raise ShapeError(f"a matrix of shape {self.shape} times an array of shape {x.shape}")
        stacked = x.reshape(*self.columns, -1 if x.size else x.shape[1] if x.ndim > 1 else 1)
        found = np.zeros((*self.rows, stacked.shape[-1]), np.result_type(self.dtype, x))
        for term in self.terms:
            _add_product(found, term, stacked)
        return found.reshape(self.shape[0], *x.shape[1:])

    def matvec(self, x: Any) -> Array:
        """The product with a vector."""
        return self @ x

    def rmatvec(self, x: Any) -> Array:
        """The product of the transposed matrix with a vector."""
        return self.T @ x

    matmat, rmatmat = matvec, rmatvec

    def toarray(self) -> Array:
        """The whole matrix."""
        found = np.zeros((*self.rows, *self.columns), self.dtype)
        for term in self.terms:
            _add(found[(*term.row_window[:-1], *term.column_window)], term.row + term.column, term.core)
        return found.reshape(self.shape)

    def todense(self) -> Array:
        """The whole matrix, as an array."""
        return self.toarray()

    def diagonal(self) -> Array:
        """The elements on the diagonal."""
        return np.diagonal(self.toarray()).copy()

    def solve(self, right: Any) -> Array:
        """What the matrix takes to `right`, a vector or vectors side by side: of a general sum by the whole matrix.

        Raises:
            numpy.linalg.LinAlgError: if the matrix is singular.
            ShapeError: if it is not square, or `right` does not fit.
            DTypeError: if numbers are of 16 bits, which no solver takes.
        """
        return self._whole(self._right(right))

    def _whole(self, b: Array) -> Array:
        return np.linalg.solve(self.toarray(), b)

    def _right(self, right: Any) -> Array:
        """A right-hand side as an array; errors as of `solve`."""
        b, (n, m) = np.asarray(right), self.shape
        if n != m:
            raise ShapeError(f"a matrix of shape {(n, m)} is not square, and has no solutions")
        if b.ndim not in (1, 2) or b.shape[0] != n:
            raise ShapeError(f"a matrix of shape {(n, m)} is solved for an array of shape {b.shape}")
        if b.dtype == np.float16 or self.dtype == np.float16:
            raise DTypeError("float16 has no solver", help="np.linalg.solve(H.toarray().astype(np.float32), b)")
        return b


class Blocks(Structured):
    """Matrices on the diagonal, one for each index that rows and columns share; other indices are free."""

    def solve(self, right: Any) -> Array:
        """As of `Structured`, block by block."""
        [term] = self.terms
        b = self._right(right)
        shared, free, across = term.shared, _without(term.row, term.shared), _without(term.column, term.shared)
        sizes = dict(zip(term.row + term.column, self.rows + self.columns, strict=True))
        wide, tall = prod(sizes[c] for c in across), prod(sizes[c] for c in free)
        core = term.core(shared + free + across)
        core = np.broadcast_to(core, (*core.shape[: len(shared)], *(sizes[c] for c in free + across)))
        stacked = np.einsum(f"{term.row}{STACK}->{shared}{free}{STACK}", b.reshape(*self.rows, _width(b)))
        there = [sizes[c] for c in shared]
        x = np.linalg.solve(core.reshape(*core.shape[: len(shared)], tall, wide), stacked.reshape(*there, tall, -1))
        found = x.reshape(*there, *(sizes[c] for c in across), -1)
        return np.einsum(f"{shared}{across}{STACK}->{term.column}{STACK}", found).reshape(b.shape)


class Kronecker(Blocks):
    """The same matrix for every index that rows and columns share: a Kronecker product with an identity."""


class Diagonal(Structured):
    """Nothing but a diagonal."""

    def diagonal(self) -> Array:
        """The elements on the diagonal."""
        [term] = self.terms
        return np.broadcast_to(term.core(term.row), self.rows).ravel()

    def solve(self, right: Any) -> Array:
        """As of `Structured`, by a division; where an element is zero, that gives inf or nan."""
        b = self._right(right)
        return b / (self.diagonal() if b.ndim == 1 else self.diagonal()[:, None])


class Banded(Structured):
    """Some diagonals.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> above = Term("a", "a", ("",), (1.0,), ((None, -1), (1, None)))
    >>> two = Banded((3,), (3,), (Term("a", "a", ("a",), (x,)), above))
    >>> two.offsets, two.bands[1]
    ((0, 1), array([1., 1.]))
    >>> two.solve(np.array([2.0, 3.0, 3.0]))
    array([1., 1., 1.])
    """

    @property
    def offsets(self) -> tuple[int, ...]:
        """By how much the column of an element is larger than its row, from below to above."""
        return tuple(self.bands)

    @cached_property
    def bands(self) -> dict[int, Array]:
        """The whole diagonals by their offsets: what `scipy.sparse.diags_array` takes."""
        n, m = self.shape
        found: dict[int, Array] = {}
        for term in self.terms:
            row, column = (
                np.arange(size).reshape(shape)[window]
                for size, shape, window in ((n, self.rows, term.row_window), (m, self.columns, term.column_window))
            )
            if row.size:
                k = int(column.flat[0]) - int(row.flat[0])
                band = found.setdefault(k, np.zeros(min(n + min(k, 0), m - max(k, 0)), self.dtype))
                band[np.minimum(row, column)] += term.core(term.row)
        return dict(sorted(found.items()))

    def _kept(self) -> str:
        return f"offsets {', '.join(map(str, self.offsets)) or 'none'}"

    def diagonal(self) -> Array:
        """The elements on the diagonal."""
        found = self.bands.get(0)
        return np.zeros(min(self.shape), self.dtype) if found is None else found.copy()

    def solve(self, right: Any) -> Array:
        """As of `Structured`, by elimination within the bands, if SciPy is installed."""
        b, n = self._right(right), self.shape[0]
        try:
            from scipy.linalg import solve_banded  # noqa: PLC0415 (an extra)
        except ImportError:
            return self._whole(b)
        if not self.bands or not b.size:
            return self._whole(b)
        below, above = max(-min(self.offsets), 0), max(*self.offsets, 0)
        table = np.zeros((below + above + 1, n), self.dtype)
        for k, band in self.bands.items():
            table[above - k, max(k, 0) : n + min(k, 0)] = band
        return solve_banded((below, above), table, b, check_finite=False)


class LowRank(Structured):
    """A diagonal, bands, or blocks in the first terms, and products of few columns with few rows in the others."""

    def factors(self) -> tuple[Array, Array]:
        """``U, W`` so that all but the `base` is ``U @ W.T``."""
        pairs = [_factors(term, self.rows, self.columns) for term in self.terms if not term.shared]
        left, right = (np.concatenate(side, axis=1) for side in zip(*pairs, strict=True))
        return left, right

    @property
    def base(self) -> Structured:
        """The terms with a delta."""
        terms = tuple(term for term in self.terms if term.shared)
        return kind_of(terms, self.rows, self.columns)(self.rows, self.columns, terms)

    def diagonal(self) -> Array:
        """The elements on the diagonal."""
        left, right = self.factors()
        n = min(self.shape)
        return self.base.diagonal() + np.sum(left[:n] * right[:n], axis=1)

    def solve(self, right: Any) -> Array:
        """As of `Structured`, by the formula of Sherman, Morrison and Woodbury, if the `base` alone is regular.

        What it gives is improved once by its own residual, and taken if that is then as small as rounding leaves it
        (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, sections 7.1 and 12.1).
        """
        b = self._right(right)
        left, across = self.factors()
        if left.shape[1] >= self.shape[0]:  # the rank is not that low
            return self._whole(b)
        with np.errstate(all="ignore"):
            try:
                columns = self.base.solve(left)
                small = np.eye(left.shape[1], dtype=self.dtype) + across.T @ columns
                found = self._solved(b, columns, small, across)
                found = found + self._solved(b - self @ found, columns, small, across)
            except np.linalg.LinAlgError:
                return self._whole(b)
            norm = max(
                _largest(self.diagonal()), _largest(self @ np.ones(self.shape[1], self.dtype))
            )  # no norm is smaller
            size = norm * _largest(found) + _largest(b)
            is_exact = _largest(b - self @ found) <= ROUNDINGS * np.finfo(self.dtype).eps * size
            is_known = all(np.all(np.isfinite(x)) for x in (b, *(a for term in self.terms for a in term.arrays)))
        return found if np.all(is_exact) or not is_known else self._whole(b)

    def _solved(self, b: Array, columns: Array, small: Array, across: Array) -> Array:
        first = self.base.solve(b)
        return first - columns @ np.linalg.solve(small, across.T @ first)


def kind_of(terms: Sequence[Term], rows: Sequence[Any], columns: Sequence[Any]) -> type[Structured]:
    """What a sum of terms is; the arrays are not looked at, and lengths only compared."""
    others = [term for term in terms if not term.shared]
    if others and len(others) < len(terms):
        base = kind_of([term for term in terms if term.shared], rows, columns)
        return LowRank if base is not Structured and all(term.halves() for term in others) else Structured
    if others or not terms:
        return Structured
    first = terms[0]
    if all(term.is_band for term in terms) and (len(terms) > 1 or first.place):
        return Banded if len(rows) == 1 or tuple(rows) == tuple(columns) else Structured
    plain = all(len(set(side)) == len(side) for side in (first.row, first.column))
    if len(terms) > 1 or first.place or not plain:
        return Structured
    if first.row == first.column:
        return Diagonal
    return Blocks if set(first.shared) & set("".join(first.letters)) else Kronecker


def _without(letters: str, others: str) -> str:
    return "".join(c for c in letters if c not in others)


def _largest(x: Array) -> Array:
    """The largest absolute value of a vector, or of each of several side by side."""
    return np.max(np.abs(x), axis=0, initial=0)


def _width(b: Array) -> int:
    return int(b.shape[1]) if b.ndim > 1 else 1


def _add(found: Array, letters: str, core: Any) -> None:
    """Adds a product where its letters say: on the diagonals of those that come twice."""
    names = "".join(dict.fromkeys(letters))
    view = found if names == letters else np.einsum(f"{letters}->{names}", found)
    view += core(names)


def _add_product(found: Array, term: Term, x: Array) -> None:
    """Adds what a term takes `x` to."""
    names = "".join(dict.fromkeys(term.row))
    there = set("".join(term.letters) + term.column)
    out = "".join(c for c in names if c in there)
    operands = ",".join((*term.letters, term.column + STACK))
    taken = x[term.column_window]
    product = np.einsum(f"{operands}->{out}{STACK}", *term.arrays, taken, optimize=len(term.arrays) > 1)
    view = np.einsum(f"{term.row}{STACK}->{names}{STACK}", found[term.row_window])
    view += np.expand_dims(product, tuple(k for k, c in enumerate(names) if c not in there))


def _factors(term: Term, rows: tuple[int, ...], columns: tuple[int, ...]) -> tuple[Array, Array]:
    """``U, W`` so that a term is ``U @ W.T``."""
    halves = term.halves()
    assert halves is not None
    pairs = list(zip(term.letters, term.arrays, strict=True))
    sizes = {c: n for letters, a in pairs for c, n in zip(letters, np.shape(a), strict=True)}
    inner = _without("".join(sizes), term.row + term.column)  # what is summed over
    sides = []
    windows = (term.row_window, term.column_window)
    for numbers, letters, shape, window in zip(halves, (term.row, term.column), (rows, columns), windows, strict=True):
        own = Term(letters, inner, tuple(term.letters[k] for k in numbers), tuple(term.arrays[k] for k in numbers))
        side = np.zeros((*shape, *(sizes[c] for c in inner)), np.result_type(*term.arrays))
        _add(side[window], letters + inner, own.core if own.arrays else lambda names: np.ones((1,) * len(names)))
        sides.append(side.reshape(prod(shape), -1))
    return sides[0], sides[1]
