"""Where the vectors of `jvp` and `hvp` stand: right behind the last target, as ``hessp(x, p, *args)`` of SciPy has them."""

import inspect
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize

import symdiff as sd
from symdiff.errors import ArgumentError

A = np.array([[2.0, 1.0], [0.0, 3.0]])
x, y, v, w = np.array([1.0, 2.0]), np.array([0.5, -1.0]), np.array([3.0, -1.0]), np.array([0.1, 0.2])


def two(x, y, scale=1.0, *, power=2):
    return np.sum(A @ x * y**power) * scale + np.sum(x**3)


def fields(p, y):
    return np.sum(p["a"] ** 3 * y) * p["b"] ** 2


class Model:
    def loss(self, x, y):
        return np.sum(x**3 * y)


def orders():
    """``(function, wrt, arguments, names of the vectors, where they stand)``."""
    yield "a program", "sum(x**3 * y)", "x", (x, y), ("v_x",), 1
    yield "a program, last", "sum(x**3 * y**2)", "y", (x, y), ("v_y",), 2
    yield "a program, both", "sum(x**3 * y**2)", ("x", "y"), (x, y), ("v_x", "v_y"), 2
    yield "a program, both the other way", "sum(x**3 * y**2)", ("y", "x"), (x, y), ("v_y", "v_x"), 2
    yield "a function", two, "x", (x, y), ("v_x",), 1
    yield "the second argument", two, "y", (x, y), ("v_y",), 2
    yield "options behind", two, "x", (x, y, 2.5), ("v_x",), 1
    yield "a target with a default", two, "scale", (x, y, 2.5), ("v_scale",), 3
    yield "a method", Model().loss, "x", (x, y), ("v_x",), 1
    yield "a dict", fields, "p", ({"a": x, "b": 2.0}, y), ("v_p",), 1
    yield "what is in a dict", fields, "a", ({"a": x, "b": 2.0}, y), ("v_a",), 1


def like(value, rng):
    if isinstance(value, dict):
        return {key: like(item, rng) for key, item in value.items()}
    return rng.normal(size=np.shape(value)) if np.ndim(value) else float(rng.normal())


def target(name, names, args):
    found = dict(zip(names, args, strict=False)).get(name)
    return args[0][name] if found is None else found


@pytest.fixture(params=list(orders()), ids=lambda case: case[0])
def case(request):
    _, f, wrt, args, vectors, place = request.param
    names = ("p", "y") if f is fields else ("x", "y", "scale")
    specs = {"p": {"a": "2", "b": ""}, "y": "2"} if f is fields else {}
    rng = np.random.default_rng(3)
    directions = [like(target(name[2:], names, args), rng) for name in vectors]
    return SimpleNamespace(
        f=f, wrt=wrt, args=args, names=names, vectors=vectors, directions=directions, place=place, specs=specs
    )


@pytest.mark.parametrize("make", [sd.jvp, sd.hvp])
def test_the_vectors_stand_behind_the_last_target(case, make):
    f = make(case.f, case.wrt, **case.specs)
    names = case.vectors if make is sd.hvp else [f"{name[2:]}_dot" for name in case.vectors]
    by_position = f(*case.args[: case.place], *case.directions, *case.args[case.place :])
    by_name = f(*case.args, **dict(zip(names, case.directions, strict=True)))
    all_by_name = f(**dict(zip(case.names, case.args, strict=False)), **dict(zip(names, case.directions, strict=True)))
    again = pickle.loads(pickle.dumps(f)) if isinstance(case.f, str) else f
    others = again(*case.args[: case.place], *case.directions, *case.args[case.place :])
    for other in (by_name, all_by_name, others):
        np.testing.assert_equal(other, by_position)
    assert list(inspect.signature(f).parameters)[case.place : case.place + len(names)] == list(names)


def test_the_product_is_with_the_hessian(case):
    gradient = sd.grad(case.f, case.wrt, **case.specs)
    product = sd.hvp(case.f, case.wrt, **case.specs)
    got = product(*case.args, **dict(zip(case.vectors, case.directions, strict=True)))
    want = sd.jvp(gradient, case.wrt)(
        *case.args, **{f"{n[2:]}_dot": d for n, d in zip(case.vectors, case.directions, strict=True)}
    )
    np.testing.assert_equal(got, want)


def test_saved_files_have_the_order_of_the_call(case, tmp_path):
    f = sd.hvp(case.f, case.wrt, **case.specs)
    args = (*case.args[: case.place], *case.directions, *case.args[case.place :])
    want = f(*args)
    space = {"__name__": "saved", "__file__": str(tmp_path / "saved.py")}
    exec(f.save(tmp_path / "saved.py").read_text(), space)
    names = list(inspect.signature(space["hvp"]).parameters)
    assert names[case.place : case.place + len(case.vectors)] == list(case.vectors)
    np.testing.assert_equal(space["hvp"](*args), want)


def test_vectors_of_vectors_stand_behind_what_they_move():
    f = sd.jvp(sd.hvp("sum(x**4 * y)", "x"), ("x", "v_x"))
    assert f.inputs == ("x", "v_x", "x_dot", "v_x_dot", "y")
    h = sd.hvp(sd.jvp(lambda x, y: np.sum(x**4 * y)), "x")
    assert list(inspect.signature(h).parameters) == ["x", "v_x", "x_dot", "y"]
    np.testing.assert_allclose(h(x, w, v, y), 24 * x * y * v * w)
    third = sd.grad(sd.jvp(sd.jvp(lambda x, y: np.sum(x**4 * y))), "y")
    np.testing.assert_allclose(third(x, v, w, y), 12 * x**2 * v * w)


def test_scipy_passes_the_vector_before_the_other_arguments():
    def loss(x, matrix, shift=0.0):
        return np.sum((matrix @ x - 1) ** 2) + np.sum((x - shift) ** 4)

    found = [
        minimize(loss, np.zeros(2), args, "trust-ncg", sd.grad(loss), hessp=sd.hvp(loss), options={"gtol": 1e-9}).x
        for args in [(A,), (A, 0.5)]
    ]
    for args, at in zip([(A,), (A, 0.5)], found, strict=True):
        np.testing.assert_allclose(sd.grad(loss)(at, *args), 0, atol=1e-8)


def test_a_vector_that_is_missing_is_named():
    with pytest.raises(ArgumentError, match="v_x is missing") as caught:
        sd.hvp(two)(x)
    assert caught.value.help == "by position, behind 'x'; or by name"
    for f in (two, "sum(x**3 * y)"):
        with pytest.raises(ArgumentError, match="the arguments are x, v_x, y") as caught:
            sd.hvp(f, "x")(x, y, v_X=v)
        assert caught.value.help == "did you mean 'v_x'?"
    with pytest.raises(ArgumentError, match="cotangent is missing") as caught:
        sd.vjp(two)()
    assert caught.value.help == "by position, behind all other arguments; or by name"
