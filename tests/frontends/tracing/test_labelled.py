"""Columns and tables like those of pandas in traced functions; pandas itself need not be there."""

import importlib.util
import operator
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

X = np.array([0.5, -1.2, 2.0])


def _stand_in():
    """A module as if it were a part of pandas: a library, whose code is not traced."""
    spec = importlib.util.spec_from_file_location("pandas.stand_in", Path(__file__).with_name("like_pandas.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Column, module.Table


Column, Table = _stand_in()
S, OTHER, T = Column([1.0, 2.0, 3.0]), Column([0.5, 0.25, -1.0]), Table(np.arange(6.0).reshape(2, 3), "abc")
Y, MIXED, BY_NAME = Column([1.0, -1.0]), Column([1.0, 2.0, 3.0], [2, 1, 0]), {"s": S, "parts": [OTHER]}


class Model:
    def __init__(self):
        self.weights = S

    def total(self, x):
        return np.sum(self.weights * x) ** 2


PROGRAMS = {
    "in front": lambda x: np.sum((S * x) ** 2),
    "behind": lambda x: np.sum((x * S) ** 2),
    "values": lambda x: np.sum(S.values * x) + np.sum(T["b"].to_numpy() * x[:2]),
    "dot": lambda x: S.dot(x) ** 2 + np.dot(S, x) * np.dot(x, S),
    "at": lambda x: (S @ x) * (x @ S),
    "function": lambda x: np.sum(np.maximum(x, S) * np.exp(-S)) + np.sum(np.sin(S * x[0])),
    "with a number": lambda x: np.sum((2 * S - x[0] / S) ** 2),
    "of two": lambda x: np.sum(S * x + OTHER * x[1]) + (S + OTHER).sum() * x[2],
    "sums": lambda x: (S * x).sum() + (S - x).mean() ** 2 + (S * x).std() + S.std() * x[0],
    "element": lambda x: sum(S[k] * x[k] for k in range(len(S))) + S.iloc[1] * x[0],
    "loop": lambda x: sum(v * w for v, w in zip(S, x, strict=True)),
    "joined": lambda x: np.sum(np.concatenate([x, S]) ** 2) + np.sum(np.where(np.asarray(S) > 1, x, 0) ** 2),
    "table": lambda x: np.sum((T @ x - Y) ** 2) + np.sum(T.dot(x) * Y),
    "table of values": lambda x: np.sum((T.values @ x) ** 2) + np.sum((T * x).to_numpy() ** 2),
    "in containers": lambda x: np.sum(BY_NAME["s"] * x) * np.sum(BY_NAME["parts"][0] * x),
    "written": lambda x: written(x),
    "known": lambda x: np.sum(S.rank().values * x) + np.mean(S) * x[0] + (S > 1.5).values.sum() * x[1],
    "attribute": Model().total,
}


def written(x):
    y = np.zeros(3)
    y += (S * x).to_numpy()
    y[1:] = (S * x[0]).to_numpy()[1:]
    return np.sum(y**2)


def numerical(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_are_those_without_us(name):
    f = PROGRAMS[name]
    value, slope = sd.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(slope, numerical(f, X), rtol=1e-5, atol=1e-6)
    assert type(S) is Column and type(BY_NAME["s"]) is Column


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(S * x + MIXED),  # pandas goes by labels
        lambda x: (S * x)[0],
        lambda x: (S * x).rank().sum(),
        lambda x: (T * x).sum().sum(),
        lambda x: np.sum(T * x),
        lambda x: S.rank(x),
        lambda x: operator.setitem(S, 0, x[0]),
    ],
)
def test_what_goes_by_labels_is_refused_or_right(f):
    before = S.values.copy()
    try:
        expected = f(X)
    except Exception:
        expected = None
    try:
        found = sd.function(f)(X)
    except UnsupportedError as error:
        assert "to_numpy" in str(error)
    else:
        np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(S.values, before)


class Quantity:
    """A user's own kind of array, which says what functions do with it."""

    __array_priority__ = 1000

    def __init__(self, values):
        self.data = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        found = getattr(ufunc, method)(*[x.data if isinstance(x, Quantity) else x for x in inputs], **kwargs)
        return Quantity(found) if np.ndim(found) else found

    def __mul__(self, other):
        return np.multiply(self, other)


Q = Quantity([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum((x * Q).data ** 2),
        lambda x: np.sum((Q * x).data ** 2),
        lambda x: np.sum(np.maximum(x, Q).data ** 2),
        lambda x: np.dot(x, Q) * np.dot(Q, x),
        lambda x: np.sum(np.concatenate([x, Q]) ** 2) + np.sum(np.where(x > 0, Q, x) ** 2),
        lambda x: np.sum(np.asarray(Q) * x),
    ],
)
def test_a_kind_of_array_of_the_users_own_decides_what_functions_do(f):
    value, slope = sd.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(slope, numerical(f, X), rtol=1e-5, atol=1e-6)
