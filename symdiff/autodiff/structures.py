"""Matrices that are known by their parts: diagonals, Kronecker products with an identity, blocks, low ranks, and sums.

Each term is a product of arrays with a letter for each axis, as `numpy.einsum` has it. A letter that rows and columns
share is a delta: the matrix is zero where the two indices differ, and nothing is stored of that (Golub and Van Loan,
"Matrix Computations", 2013, sections 1.2, 2.1.4 and 12.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import ShapeError

Array = Any
STACK = "Z"  # the letter of vectors side by side


class Term(NamedTuple):
    """One product.

    Attributes:
        row, column: a letter for each axis of the rows, and of the columns.
        letters: of each array.
        arrays: the factors.
    """

    row: str
    column: str
    letters: tuple[str, ...]
    arrays: tuple[Array, ...]

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
        kept = " + ".join(",".join((*t.letters, t.row, t.column)) for t in self.terms)
        return f"<{type(self).__name__} of {n:,} rows and {m:,} columns, {self.nbytes:,} bytes: {kept or 0}>"

    @property
    def T(self) -> Structured:  # noqa: N802 (as arrays have it)
        """The transposed matrix."""
        return type(self)(self.columns, self.rows, tuple(t._replace(row=t.column, column=t.row) for t in self.terms))

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
            _add(found, term.row + term.column, term.core)
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
        """
        return np.linalg.solve(self.toarray(), np.asarray(right))


class Blocks(Structured):
    """Matrices on the diagonal, one for each index that rows and columns share; other indices are free."""

    def solve(self, right: Any) -> Array:
        """As of `Structured`, block by block."""
        [term] = self.terms
        b = np.asarray(right)
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
        b = np.asarray(right)
        return b / (self.diagonal() if b.ndim == 1 else self.diagonal()[:, None])


class LowRank(Structured):
    """A diagonal, or blocks, in the first term, and products of few columns with few rows in the others."""

    def factors(self) -> tuple[Array, Array]:
        """``U, W`` so that all but the first term is ``U @ W.T``."""
        pairs = [_factors(term, self.rows, self.columns) for term in self.terms[1:]]
        left, right = (np.concatenate(side, axis=1) for side in zip(*pairs, strict=True))
        return left, right

    @property
    def base(self) -> Structured:
        """The first term."""
        [first] = self.terms[:1]
        return kind_of(self.terms[:1])(self.rows, self.columns, (first,))

    def solve(self, right: Any) -> Array:
        """As of `Structured`, by the formula of Sherman, Morrison and Woodbury, if the first term alone is regular."""
        b = np.asarray(right)
        left, across = self.factors()
        if left.shape[1] >= self.shape[0]:  # the rank is not that low
            return Structured.solve(self, b)
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                first, columns = self.base.solve(b), self.base.solve(left)
        except np.linalg.LinAlgError:
            return Structured.solve(self, b)
        if not (np.isfinite(first).all() and np.isfinite(columns).all()):
            return Structured.solve(self, b)
        small = np.eye(left.shape[1]) + across.T @ columns
        return first - columns @ np.linalg.solve(small, across.T @ first)


def kind_of(terms: Sequence[Term]) -> type[Structured]:
    """What a sum of terms is; the arrays are not looked at."""
    if not terms:
        return Structured
    first = terms[0]
    plain = all(len(set(side)) == len(side) for side in (first.row, first.column))
    if not plain or not first.shared:
        return Structured
    if len(terms) > 1:
        return LowRank if all(term.halves() for term in terms[1:]) else Structured
    if first.row == first.column:
        return Diagonal
    return Blocks if set(first.shared) & set("".join(first.letters)) else Kronecker


def _without(letters: str, others: str) -> str:
    return "".join(c for c in letters if c not in others)


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
    product = np.einsum(f"{operands}->{out}{STACK}", *term.arrays, x, optimize=len(term.arrays) > 1)
    view = np.einsum(f"{term.row}{STACK}->{names}{STACK}", found)
    view += np.expand_dims(product, tuple(k for k, c in enumerate(names) if c not in there))


def _factors(term: Term, rows: tuple[int, ...], columns: tuple[int, ...]) -> tuple[Array, Array]:
    """``U, W`` so that a term is ``U @ W.T``."""
    halves = term.halves()
    assert halves is not None
    pairs = list(zip(term.letters, term.arrays, strict=True))
    sizes = {c: n for letters, a in pairs for c, n in zip(letters, np.shape(a), strict=True)}
    inner = _without("".join(sizes), term.row + term.column)  # what is summed over
    sides = []
    for numbers, letters, shape in zip(halves, (term.row, term.column), (rows, columns), strict=True):
        own = Term(letters, inner, tuple(term.letters[k] for k in numbers), tuple(term.arrays[k] for k in numbers))
        side = np.zeros((*shape, *(sizes[c] for c in inner)), np.result_type(*term.arrays))
        _add(side, letters + inner, own.core if own.arrays else lambda names: np.ones((1,) * len(names)))
        sides.append(side.reshape(prod(shape), -1))
    return sides[0], sides[1]
