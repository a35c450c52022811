"""Guards: the calls that a function is made for go to its body, all others to `dispatch`, as they were given."""

import numpy as np
import pytest

from symdiff.codegen.guard import ArrayGuard, Guard
from symdiff.codegen.load import load
from symdiff.codegen.printed import Printed
from symdiff.codegen.source import Definition, module_text
from symdiff.graph.aval import Aval
from symdiff.graph.dims import length

NAMES = [("x", "y"), ("_missing", "_rest"), ("_named", "_dispatch"), ("_float", "_float_")]


def guarded(arguments):
    a, b = arguments
    guard = Guard.of(arguments)
    text = module_text([Definition(Printed("f", list(arguments), [f"return {a} - {b}"]), guard=guard)])
    return load(text, "f", guard.namespace(lambda *given, **named: (given, named)))["f"]


@pytest.mark.parametrize("arguments", NAMES)
def test_floats_go_to_the_body(arguments):
    assert guarded(arguments)(3.0, 1.0) == 2.0


@pytest.mark.parametrize("arguments", NAMES)
def test_the_elements_of_arrays_are_made_floats(arguments):
    result = guarded(arguments)(*np.array([3.0, 1.0]))

    assert type(result) is float
    assert result == 2.0


@pytest.mark.parametrize("arguments", NAMES)
@pytest.mark.parametrize(
    "given, named",
    [((3, 1.0), {}), ((3.0,), {}), ((), {}), ((True, 1.0), {}), ((1.0, 2.0, 3.0), {}), ((1.0, 2.0), {"z": 1.0}), ((1.0,), {"y": 2.0})],
)  # fmt: skip
def test_other_calls_are_handed_over_as_they_are(arguments, given, named):
    assert guarded(arguments)(*given, **named) == (given, named)


CLASHES = [
    ("x", "y"),
    ("_ndarray", "_len"),
    ("_shape1", "_run"),
    ("_result1", "_float64"),
    ("_missing", "_MemoryError"),
]


def in_front(arguments, run, results=None):
    n = length("n")
    guard = ArrayGuard(arguments, [Aval("float64", (n, 2 * n)), Aval("float64", (n,))], results)
    namespace = guard.namespace(lambda *given, **named: ("door", given, named), run)
    return load(guard.text("f"), "f", namespace)["f"]


@pytest.mark.parametrize("arguments", CLASHES)
@pytest.mark.parametrize("n", [1, 3])
def test_arrays_of_all_declared_lengths_go_to_the_body(arguments, n):
    X, w = np.ones((n, 2 * n)), np.ones(n)

    assert in_front(arguments, lambda *given: given)(X, w) == (X, w)


@pytest.mark.parametrize("arguments", CLASHES)
def test_other_arrays_are_handed_over_as_they_are(arguments):
    f, X, w = in_front(arguments, lambda *given: given), np.ones((3, 6)), np.ones(3)
    calls = [(X[:, 1:], w), (X, w[1:]), (X[:0, :0], w[:0]), (X[0], w), (X, 1.0), (X, w.tolist()), (X, w.astype("f4")),
             (X,), (), (X, w, w), (X.astype(">f8"), w), (np.ma.array(X), w)]  # fmt: skip

    for given in calls:
        assert f(*given)[::2] == ("door", {})
        assert all(a is b for a, b in zip(f(*given)[1], given, strict=True))


def test_what_is_too_large_for_the_memory_is_told_by_the_door():
    def run(X, w):
        raise MemoryError

    assert in_front(("x", "y"), run)(np.ones((1, 2)), np.ones(1))[0] == "door"


def test_results_come_in_c_order_and_scalars_as_scalars():
    made = np.ones((2, 3)).T, (np.array(1.0), np.ones(3)), ()
    f = in_front(("_result1", "_contiguous"), lambda X, w: made, (2, (0, 1), ()))

    matrix, (scalar, vector), empty = f(np.ones((1, 2)), np.ones(1))
    assert matrix.flags.c_contiguous
    assert type(scalar) is np.float64
    assert vector is made[1][1]
    assert empty == ()


def test_lengths_that_shapes_do_not_tell_have_no_guard():
    assert ArrayGuard(["x"], [Aval("float64", (2 * length("n"),))]).text("f") is None
    assert ArrayGuard([], []).text("f") is None
