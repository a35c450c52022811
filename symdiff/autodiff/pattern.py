"""Patterns: which entries of a sparse matrix may be other than zero, row by row, as arrays.

The form is that of compressed sparse rows (Saad, "Iterative Methods for Sparse Linear Systems", 2003, section 3.4):
the columns of all rows, one row after the other, and where each row begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Array = np.ndarray
LARGEST_PICTURE = 48  # rows and columns of characters


@dataclass(frozen=True, eq=False)
class Pattern:
    """The places of the entries of a matrix of `shape`, sorted by rows, then by columns.

    Attributes:
        shape: rows and columns.
        indptr: where each row begins, and where the last one ends.
        indices: the columns of the entries.

    >>> tridiagonal = Pattern.of((3, 3), [0, 0, 1, 1, 1, 2, 2], [0, 1, 0, 1, 2, 1, 2])
    >>> tridiagonal.nnz, tridiagonal.T.indices
    (7, array([0, 1, 0, 1, 2, 1, 2]))
    >>> print(tridiagonal)
    ■■·
    ■■■
    ·■■
    <pattern of 7 entries in 3 rows and 3 columns>
    """

    shape: tuple[int, int]
    indptr: Array
    indices: Array

    @classmethod
    def of(cls, shape: tuple[int, int], rows: Sequence[int] | Array, columns: Sequence[int] | Array) -> Pattern:
        """The pattern with entries at `rows` and `columns`, in any order; one that comes twice is there once."""
        return cls.sorted(shape, _unique(np.asarray(rows, np.int64) * max(shape[1], 1) + np.asarray(columns)))

    @classmethod
    def sorted(cls, shape: tuple[int, int], keys: Array) -> Pattern:
        """The pattern of entries numbered in C order, which are in ascending order."""
        rows, columns = np.divmod(keys, max(shape[1], 1))
        return cls(shape, _begins(rows, shape[0]), columns)

    @classmethod
    def identity(cls, size: int, shape: tuple[int, int], first: int = 0) -> Pattern:
        """Rows each of which has one entry: row k in column ``first + k``."""
        return cls(shape, np.arange(size + 1), np.arange(first, first + size))

    def __repr__(self) -> str:
        return f"<pattern of {self.nnz:,} entries in {self.shape[0]:,} rows and {self.shape[1]:,} columns>"

    def __str__(self) -> str:
        """A picture: a row of characters for each row, or for several where there are many."""
        height, width = (max(min(n, LARGEST_PICTURE), 1) for n in self.shape)
        down = self.rows * height // max(self.shape[0], 1)
        across = self.indices * width // max(self.shape[1], 1)
        there = np.zeros((height, width), bool)
        there[down, across] = True
        return "\n".join(["".join("·■"[hit] for hit in row.tolist()) for row in there] + [repr(self)])

    @property
    def nnz(self) -> int:
        """How many entries there are."""
        return len(self.indices)

    @cached_property
    def counts(self) -> Array:
        """How many entries each row has."""
        return np.diff(self.indptr)

    @cached_property
    def rows(self) -> Array:
        """The row of each entry."""
        return np.repeat(np.arange(self.shape[0]), self.counts)

    @property
    def keys(self) -> Array:
        """The entries, numbered in C order."""
        found: Array = self.rows * max(self.shape[1], 1) + self.indices
        return found

    @cached_property
    def T(self) -> Pattern:  # noqa: N802 (as arrays have it)
        """The pattern of the transposed matrix."""
        order = np.argsort(self.indices, kind="stable")
        columns = self.indices[order]
        return Pattern(self.shape[::-1], _begins(columns, self.shape[1]), self.rows[order])

    def take(self, rows: Array) -> Pattern:
        """The pattern of ``matrix[rows]``."""
        counts = self.counts[rows]
        indptr = np.concatenate([[0], np.cumsum(counts)])
        if len(rows) and counts.min() == counts.max() == 1:
            return Pattern((len(rows), self.shape[1]), indptr, self.indices[self.indptr[rows]])
        return Pattern((len(rows), self.shape[1]), indptr, self.indices[_runs(self.indptr[rows], counts)])

    def added(self, places: Array, size: int) -> Pattern:
        """A pattern of `size` rows, where row ``places[k]`` has the entries of row k of this one."""
        if len(places) == size and np.array_equal(places, np.arange(size)):
            return self
        rows = np.repeat(places, self.counts)
        keys = rows * max(self.shape[1], 1) + self.indices
        if len(places) > 1 and (np.diff(places) <= 0).any():
            keys = _unique(keys)
        return Pattern.sorted((size, self.shape[1]), keys)

    def block(self, start: int, stop: int) -> Pattern:
        """The columns from `start` to `stop`."""
        if (start, stop) == (0, self.shape[1]):
            return self
        kept = (self.indices >= start) & (self.indices < stop)
        ends = np.concatenate([[0], np.cumsum(kept)])
        return Pattern((self.shape[0], stop - start), ends[self.indptr], self.indices[kept] - start)

    def symmetric(self) -> Pattern:
        """The entries of a square matrix and of its transpose."""
        return union([self, self.T])


def union(patterns: Sequence[Pattern]) -> Pattern:
    """The entries of any of several patterns of one shape."""
    found: Pattern = patterns[0]
    for other in patterns[1:]:
        if other is found or _are_equal(found, other):
            continue
        joined = Pattern.sorted(found.shape, _unique(np.concatenate([found.keys, other.keys])))
        # A pattern that has it all stays the object that it is: the next union sees at a glance that they are the same.
        found = found if joined.nnz == found.nnz else other if joined.nnz == other.nnz else joined
    return found


def _are_equal(a: Pattern, b: Pattern) -> bool:
    return a.nnz == b.nnz and np.array_equal(a.indptr, b.indptr) and np.array_equal(a.indices, b.indices)


def _begins(rows: Array, count: int) -> Array:
    """Where each of `count` rows begins among entries whose rows are given, in any order."""
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))])


def _unique(keys: Array) -> Array:
    keys.sort(kind="stable")  # which merges what is sorted in parts
    return keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys


def _runs(starts: Array, counts: Array) -> Array:
    """``starts[0], starts[0] + 1, …``, `counts` of each, one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: Array = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return found
