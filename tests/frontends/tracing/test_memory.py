"""What depends on memory: which results are views, who may write, and which of several writes to one element stays."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError

X = np.array([0.7, -1.3, 2.1])
A = np.arange(6.0).reshape(2, 3) - 2.5


def through_ravel(A):
    flat = np.ravel(A)
    flat[0] = 5 * flat[1]
    return np.sum(A * A) + np.sum(flat**3)


@pytest.mark.parametrize("lay", [np.array, np.asfortranarray, np.flip, lambda a: np.repeat(a, 2, axis=1)[:, ::2]])
def test_arguments_lie_in_memory_as_they_do(lay):
    f = sd.value_and_grad(through_ravel)
    f(A)
    slope = [through_ravel(lay(A + 1e-30j * e)).imag / 1e-30 for e in np.eye(6).reshape(6, 2, 3)]
    value, gradient = f(lay(A))

    np.testing.assert_allclose(value, through_ravel(lay(A)), rtol=1e-14)
    np.testing.assert_allclose(gradient, lay(np.reshape(slope, (2, 3))), rtol=1e-14)


def test_a_program_that_writes_nothing_is_one_for_all_orders():
    f = sd.grad(lambda A: np.sum(np.ravel(A) ** 2))
    f(A)
    f(np.asfortranarray(A))

    assert f.cache_info().size == 1


READ_ONLY = {
    "diagonal": lambda y: np.diagonal(y),
    "diag": lambda y: np.diag(y),
    "broadcast": lambda y: np.broadcast_to(y, (2, 3, 3)),
    "windows": lambda y: np.lib.stride_tricks.sliding_window_view(y, (2, 2)),
    "part of one": lambda y: np.diagonal(y)[1:],
}


@pytest.mark.parametrize("view", READ_ONLY)
def test_what_numpy_lets_nobody_write_into_is_not_written(view):
    def f(x):
        READ_ONLY[view](np.outer(x, x))[...] = 0.0
        return np.sum(x)

    with pytest.raises(ValueError, match="read-only"):
        f(X)
    with pytest.raises(SymdiffError, match="read-only") as error:
        sd.grad(f)(X)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("index", [[0, -3], [0, 1, 0], [-1, 0, 1, 2], [1, 1]])
def test_of_two_values_for_one_element_the_last_stays(index):
    def f(x):
        y = x * x
        y[index] = np.cos(x)[np.arange(len(index)) % 3]
        y[index] += x[0]
        return np.sum(y * X)

    slope = [f(X + 1e-30j * e).imag / 1e-30 for e in np.eye(3)]

    np.testing.assert_allclose(sd.grad(f)(X), slope, rtol=1e-12)


def test_where_lengths_are_names_an_index_from_both_ends_is_refused():
    def f(x):
        y = x * 1.0
        y[[0, -3]] = x[:2]
        return np.sum(y)

    with pytest.raises(UnsupportedError, match="twice"):
        sd.grad(f, x="n")


def test_where_lengths_are_names_a_write_through_what_may_be_a_copy_is_refused():
    def f(A):
        y = (A * 1.0).T
        flat = np.ravel(y)
        flat[0] = 1.0
        return np.sum(y) + np.sum(flat)

    def certain(A):
        y = A * 1.0
        np.ravel(y)[0] = 1.0
        return np.sum(y**2)

    with pytest.raises(UnsupportedError, match="a view or a copy"):
        sd.grad(f, A="n m")
    np.testing.assert_array_equal(sd.grad(certain, A="n m")(A), 2 * A * (np.arange(6) > 0).reshape(2, 3))


def test_views_of_views_may_be_many():
    def f(A):
        y = A * 1.0
        for k in range(120):
            y = y.T[:]
            y[0, k % 2] *= 1.001
        return np.sum(y**2)

    slope = [f(A + 1e-30j * e).imag / 1e-30 for e in np.eye(6).reshape(6, 2, 3)]

    np.testing.assert_allclose(sd.grad(f)(A), np.reshape(slope, (2, 3)), rtol=1e-12)


def test_real_and_imaginary_parts_and_shapes_can_be_set():
    def f(x):
        c = np.zeros(3, dtype=complex)
        c.real, c.imag = x, x * x
        row = c[:2]
        c.shape = (1, 3)
        row *= 2
        return np.sum(np.abs(c) ** 2)

    np.testing.assert_allclose(sd.grad(f)(X), (2 * X + 4 * X**3) * [4, 4, 1])


def test_a_shape_that_would_need_a_copy_cannot_be_set():
    def f(A):
        y = (A * 1.0).T
        y.shape = (6,)
        return np.sum(y)

    with pytest.raises(AttributeError, match="incompatible shape"):
        sd.grad(f)(A)


def test_what_is_read_from_flat_is_a_copy():
    def f(A):
        y = A * 1.0
        part = y.flat[1:3]
        part[...] = 0.0
        y.flat[[0, -1]] = part + 2
        return np.sum(y**2)

    np.testing.assert_array_equal(sd.grad(f)(A), 2 * A * np.array([[0, 1, 1], [1, 1, 0]]))


MADE = {
    "ones_like": lambda A, order: np.ones_like(A * 1.0, order=order),
    "zeros_like": lambda A, order: np.zeros_like(A * 1.0, order=order) + A[0, 0],
    "full_like": lambda A, order: np.full_like(A * 1.0, A[0, 0], order=order),
    "array": lambda A, order: np.array(A * 1.0, order=order),
    "copy": lambda A, order: np.copy(A * 1.0, order=order),
    "method copy": lambda A, order: (A * 1.0).copy(order=order),
    "astype": lambda A, order: (A * 1.0).astype(A.dtype, order=order),
    "add": lambda A, order: np.add(A, 1.0, order=order),
}


@pytest.mark.parametrize("lay", [np.array, np.asfortranarray], ids=["C", "F"])
@pytest.mark.parametrize("order", "CFAK")
@pytest.mark.parametrize("name", MADE)
def test_an_array_lies_as_its_maker_was_told(name, order, lay):
    """Whether a reshape is a view, and sees what is written, says how the array lies."""

    def f(A):
        y = MADE[name](A, order)
        view = y.reshape(-1, 1)
        y[0, 1] = 7.0 * A[1, 1]
        return np.sum(view**2) + np.sum(y**3)

    found = sd.value_and_grad(f)(lay(A))
    slope = [f(lay(A + 1e-30j * e)).imag / 1e-30 for e in np.eye(6).reshape(6, 2, 3)]
    np.testing.assert_allclose(found[0], f(lay(A)), rtol=1e-14)
    np.testing.assert_allclose(found[1], np.reshape(slope, (2, 3)), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    "write",
    [
        lambda y, none: np.fill_diagonal(y, none),
        lambda y, none: np.put(y, [0, 1], none),
        lambda y, none: np.put(y, [], none),
        lambda y, none: np.putmask(y, y > 0, none),
        lambda y, none: np.place(y, np.zeros(y.shape, bool), none),
        lambda y, none: y.flat.__setitem__(slice(None, None, 2), none),
    ],
)
def test_no_values_are_written_nowhere(write):
    """Values that are written begin again when they end; of none there is no first one, and NumPy leaves the array."""

    def f(A):
        y = A * 2
        write(y, A[:, 3:].ravel())
        return np.sum(y * y)

    A = np.arange(9.0).reshape(3, 3)
    value, slope = sd.value_and_grad(f)(A)
    assert value == f(A)
    np.testing.assert_array_equal(slope, 8 * A)


def test_what_is_broadcast_is_looked_at_without_a_warning():
    """Where constants are followed, arrays that np.broadcast_arrays makes of numbers are known: NumPy warns of writing
    into them, and nobody does."""

    def f(x):
        a, _ = np.broadcast_arrays(np.arange(3.0), np.zeros((2, 3)))
        made = np.zeros(3)
        made += x
        return np.sum(np.diag(a[:, :2]) * made[:2]) + np.sum(a[0] * made) + np.sum(np.transpose(a) @ np.ones(2) * x)

    np.testing.assert_allclose(sd.grad(f)(X), [0.0, 4.0, 6.0])


def test_elements_that_are_written_again_and_again_are_put_into_the_array_once():
    def syrk(a, c):
        c = c.copy()
        for i in range(3):
            for j in range(i + 1):
                for k in range(4):
                    c[i, j] += a[i, k] * a[j, k]
                    c[-3, 0] *= 1.5  # the same place by another name, if i and j are 0
        return np.sum(c * c)

    a, c = np.random.default_rng(0).normal(size=(3, 4)), np.random.default_rng(1).normal(size=(3, 3))
    f = sd.value_and_grad(syrk, wrt=(0, 1), loops="unroll")
    value, (of_a, of_c) = f(a, c)

    np.testing.assert_allclose(value, syrk(a, c), rtol=1e-14)
    for x, grad, call in ((a, of_a, lambda x: syrk(x, c.astype(complex))), (c, of_c, lambda x: syrk(a, x))):
        slope = [call(x + 1e-30j * e.reshape(x.shape)).imag / 1e-30 for e in np.eye(x.size)]
        np.testing.assert_allclose(grad, np.reshape(slope, x.shape), rtol=1e-12)


def test_the_derivative_by_an_array_whose_elements_are_added_to_is_there_already():
    def syrk(a, c):
        c = c.copy()
        for i in range(3):
            for j in range(i + 1):
                for k in range(4):
                    c[i, j] += a[i, k] * a[j, k]
        return np.sum(c * c)

    f = sd.grad(syrk, wrt=1, loops="unroll").at(np.ones((3, 4)), np.ones((3, 3)))

    assert "return 2 * out " in f.source, f.source
    assert sum(node.op.name == "assign" for node in f.graph.order) == 1


TURNED = np.random.default_rng(3).normal(size=(3, 3)).T  # captured, in Fortran's order
WITH_CAPTURED = {
    "product": lambda x: TURNED * x,
    "power of numbers": lambda x: TURNED**2 - x,
    "selection": lambda x: np.where(TURNED > 0.3, TURNED, x),
    "by a mask": lambda x: np.where(TURNED > 0.3, x, 0.0),
    "beside the other order": lambda x: np.where(TURNED.T > 0.3, TURNED, x),
    "both orders": lambda x: TURNED.T + TURNED * x,
    "clip": lambda x: np.clip(TURNED, x, 5.0),
    "maximum": lambda x: np.maximum(TURNED, x),
    "made anew": lambda x: np.ascontiguousarray(TURNED) * x,
    "an outer product": lambda x: np.outer(x, x).T + TURNED,
    "repeated rows": lambda x: np.broadcast_to(TURNED[0], (3, 3)) * x,
    "every second": lambda x: np.repeat(TURNED, 2, axis=0)[::2] * x,
    "backwards": lambda x: TURNED[::-1] * x,
    "a matrix product": lambda x: TURNED @ np.outer(x, x),
    "joined": lambda x: np.concatenate([TURNED, TURNED * x]),
}


@pytest.mark.parametrize("name", WITH_CAPTURED)
def test_results_lie_as_captured_operands_do(name):
    """So that reshape(-1) is a view, or a copy, as in NumPy, and what is written into it is seen, or not."""

    def f(x):
        v = WITH_CAPTURED[name](x)
        v.reshape(-1)[1] += x[0]
        v.ravel(order="F")[2] *= x[1]
        return np.sum(v * np.arange(1.0, v.size + 1).reshape(v.shape))

    x, steps = np.array([0.5, -0.2, 2.0]), 1e-6 * np.eye(3)
    value, slope = sd.value_and_grad(f)(x)

    np.testing.assert_allclose(value, f(x), rtol=1e-13)
    np.testing.assert_allclose(slope, [(f(x + h) - f(x - h)) / 2e-6 for h in steps], rtol=1e-6, atol=1e-7)
