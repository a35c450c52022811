"""Arrays that are known, made inside of a function or found outside of it: symbolic values meet them as NumPy's do."""

import threading

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError

A = np.array([[1.2, -0.4, 0.3], [0.5, 2.1, -0.7], [-0.2, 0.6, 1.5]])
GRID = np.linspace(0.0, 1.0, 3)
X = np.array([0.5, -1.2, 2.0])
BUFFER = np.zeros(3)
PARAMETERS = {"W": A + 1, "layers": [2 * A, (GRID + 1, 2)]}


class Model:
    def __init__(self):
        self.A = A.copy()
        self.several = [A.T.copy()]
        self.parent = [self]  # objects may hold each other

    def linear(self, x):
        return np.sum(self.A.dot(x) ** 2) + np.sum(self.several[0].dot(x)) + len(self.parent)


def dot(x):
    return np.sum(A.dot(x) ** 2)


def copy_then_subtract(x):
    W = A.copy()
    W -= x
    return np.sum(W**2)


def result_then_part(x):
    u = np.exp(-GRID)
    u[1:3] *= x[0]
    return np.sum(u * u)


def view_of_result(x):
    Z = GRID[:, None] + GRID
    np.transpose(Z)[0] = x
    return np.sum(Z**2)


def flat_view_of_result(x):
    Z = GRID[:, None] + GRID
    Z.reshape(-1)[1] = x[0]
    return np.sum(Z**2)


def result_of_lists(x):
    C = np.outer([1.0, 2.0, 3.0], [3.0, 4.0, 5.0])
    C -= x
    R = np.sqrt([1.0, 2.0, 3.0])
    R[1] *= x[0]
    return np.sum(C**2) + R @ R


def containers(x):
    deep = PARAMETERS["layers"]
    return np.sum(PARAMETERS["W"].dot(x) ** 2) + np.sum(deep[0].dot(x)) + deep[1][0].dot(x)


def default(x, A=A):
    return np.sum(A.dot(x) ** 2)


def closure(x):
    W = A + 0.5

    def inner(v):
        return W.dot(v)

    return inner(x) @ inner(2 * x)


def diagonal(x):
    K = np.exp(-(A**2))
    K[np.diag_indices_from(K)] += x[0]
    return np.linalg.slogdet(K @ K.T)[1]


def triangle(x):
    D = np.zeros((3, 3))
    D[np.triu_indices_from(D)] = np.r_[x, x**2]
    return np.sum(D @ D)


def where(x):
    y = x * 1.0
    y[np.where(x < 0)] = 7.0
    return np.sum(y**2)


def positions(x):
    y = x * 1.0
    k = np.nonzero(x < 0)[0]
    y[k] *= 3.0
    j = np.flatnonzero(x > 0)
    return np.sum(y**2) + np.sum(x[j] * j) + k.size * x[0]


def mask_of_rows(x):
    Y = np.outer(x, x)
    Y[np.where(x > 0)] = x
    Y[np.where(Y > 1)] *= 2
    return np.sum(Y**2)


def looked_up(x):
    return x[0] * GRID[np.argmax(x)]


def columns(x):
    return (
        np.sum(np.c_[x, GRID] ** 2 @ np.array([1.0, 2.0]))
        + np.r_["0,2", x, x**2][1, 2]
        + np.r_[x, 1.0, 0:3:4j][3:].sum()
    )


def enumerated(x):
    total = 0.0
    for (i, j), value in np.ndenumerate(np.outer(x, x)):
        total = total + value * (i + 2 * j)
    for i in np.ndindex(*x.shape):
        total = total + x[i] ** 2
    return total


def scalar_types(x):
    return np.float64(x[0]) ** 2 * np.float64(x.sum()) + np.ndarray((3,), dtype=np.float64).size * x[1]


def facts(x):
    W = A * 1
    W[0] = x
    known = A.sum() + float(A.max()) + A.argmax() + A.nbytes + len(A.nonzero()[0]) + isinstance(A[0, 0], np.float64)
    return np.sum(W) * known + (x[2] if A.min() < 0 else 0)


def called_on_rows(x):
    residuals = np.apply_along_axis(lambda row: row @ x - row[0], 1, A)
    return np.sum(np.apply_along_axis(lambda row, p: row * x * p, 0, A, 2.0)[1] ** 2) + residuals @ residuals


PROGRAMS = [
    value for value in list(globals().values()) if getattr(value, "__module__", "") == __name__ and value is not Model
]


def numerical(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@pytest.mark.parametrize("f", [*PROGRAMS, Model().linear], ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_of_numpy(f):
    value, gradient = sd.value_and_grad(f)(X)

    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(gradient, numerical(f, X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("key", ["r", "0,2", "0,2,0", "0,2,1", "1,2,0", "0,3,1", "0,3,-2", "1"])
def test_the_text_in_front_of_r_means_what_it_means_to_numpy(key):
    M = np.arange(4.0).reshape(2, 2)
    known = (M, M) if key == "1" else (X, X)

    def f(x):
        made = np.zeros_like(x)
        made[...] = x  # so that constants are not needed for anything but r_
        return np.r_[(key, made, made)]

    if key == "r":
        with pytest.raises(SymdiffError, match="matrix"):
            sd.function(f)(X)
    else:
        np.testing.assert_array_equal(sd.function(f)(known[0]), np.r_[(key, *known)])


def test_everything_is_as_it_was_afterwards():
    model = Model()
    before = dict(PARAMETERS), list(PARAMETERS["layers"]), model.A, model.several[0]
    sd.grad(containers)(X)
    sd.grad(model.linear)(X)

    after = dict(PARAMETERS), list(PARAMETERS["layers"]), model.A, model.several[0]
    assert type(A) is np.ndarray
    assert before[0].keys() == after[0].keys()
    assert all(new is old for new, old in zip(before[1] + list(before[2:]), after[1] + list(after[2:]), strict=True))


def test_an_array_from_outside_takes_numbers_but_no_symbols():
    counts = np.zeros(1)

    def counting(x):
        counts[0] += 1
        return np.sum(A.dot(x))

    def storing(x):
        BUFFER[:] = x
        return np.sum(BUFFER**2)

    sd.grad(counting)(X)
    assert counts[0] == 2  # the function has run twice
    with pytest.raises(UnsupportedError, match="made outside"):
        sd.grad(storing)(X)
    np.testing.assert_array_equal(BUFFER, np.zeros(3))


def test_a_function_that_needs_no_constants_followed_runs_once():
    runs = []

    def f(x):
        runs.append(type(A))
        return np.sum(A @ x)

    sd.grad(f)(X)
    assert runs == [np.ndarray]


def test_another_thread_meets_numpys_own_arrays():
    inside, done, seen = threading.Event(), threading.Event(), []

    def f(x):
        y = A.dot(x)
        inside.set()
        done.wait(10)
        return np.sum(y)

    def other():
        inside.wait(10)
        seen.append((type(A @ X), type(np.exp(A)), np.array_equal(A, A.copy())))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    sd.grad(f)(X)
    thread.join()
    assert seen == [(np.ndarray, np.ndarray, True)]


def test_whether_real_numbers_are_complex_is_known():
    def f(x):
        return 0.0 * x[0] if np.any(np.iscomplex(x)) or not np.isreal(x).all() else np.sum(x**2)

    np.testing.assert_array_equal(sd.grad(f)(X), 2 * X)


def test_what_falls_short_is_no_error_that_a_handler_sees():
    """NumPy computes ``A.dot(x)``: the program that its handler would make is none that NumPy runs."""

    def f(x):
        try:
            return np.sum(A.dot(x) ** 2)
        except Exception:
            return 0.0 * x[0]

    np.testing.assert_allclose(sd.grad(f)(X), 2 * A.T @ (A @ X))
