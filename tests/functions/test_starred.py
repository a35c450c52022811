"""Functions of ``*args`` and ``**kwargs``: what a call has at a position or under a name is a target."""

import inspect
import pickle
import runpy

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError
from symdiff.frontends.starred import Named

A, B, C = np.array([0.3, 1.0, 2.0]), np.array([0.7, -1.3, 2.1]), np.array([1.5, 0.2, -0.4])


def plain(a, b, c=C, scale=1.0):
    return np.sum(a**2 * b * scale) + np.sum(np.sin(c) * b)


def all_starred(*xs, **options):
    return plain(*xs, **options)


def one_before(a, *xs, scale=1.0):
    return plain(a, *xs, scale=scale)


def default_before(a=A, *xs, **options):
    return plain(a, *xs, **options)


def with_array(*xs):
    y = np.zeros((2, 3))
    y[0] = xs[0]
    y[1] += xs[1] * xs[0]
    return np.sum(y**3) + np.sum(xs[2])


def same(found, expected):
    assert type(found) is type(expected)
    for x, y in zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]:
        np.testing.assert_allclose(x, y, rtol=1e-14)


@pytest.mark.parametrize("f", [all_starred, one_before, default_before])
@pytest.mark.parametrize("wrt", [0, 1, 2, (0, 1), (2, 0), (1,), None, -1, -2, (-1, -2), (1, -1)])
@pytest.mark.parametrize("make", [sd.grad, sd.value_and_grad, sd.jacobian], ids=lambda make: make.__name__)
def test_positions_are_those_of_the_call(make, f, wrt):
    if (
        f is default_before
        and 0 in (wrt if isinstance(wrt, tuple) else (wrt or 0,))
        and wrt != (0, 1)
        and wrt != (2, 0)
    ):
        pytest.skip("a default alone is named: wrt='a'")
    same(make(f, wrt)(A, B, C), make(lambda a, b, c: plain(a, b, c), wrt)(A, B, C))


@pytest.mark.parametrize("make", [sd.hvp, sd.jvp], ids=lambda make: make.__name__)
@pytest.mark.parametrize("wrt", [(0,), (0, 1), (1, 2), (0, 1, 2)])
def test_vectors_stand_behind_the_last_target(make, wrt):
    args = [A, B, C]
    args[max(wrt) + 1 : max(wrt) + 1] = [np.cos(args[k]) for k in wrt]
    same(make(all_starred, wrt)(*args), make(lambda a, b, c: plain(a, b, c), wrt)(*args))


def test_names_are_those_of_the_inputs():
    same(sd.grad(one_before, ("a", "xs_1"))(A, B, C), sd.grad(plain, (0, "c"))(A, B, C))
    f = sd.grad(all_starred, 1)
    f(A, B, C)
    assert list(inspect.signature(f.at(A, B, C)).parameters)[:2] == ["xs_0", "xs_1"]
    assert "def grad(xs_0, xs_1, xs_2):" in f.source


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("make", [sd.grad, sd.jacobian, sd.hessian], ids=lambda make: make.__name__)
def test_the_name_of_the_star_means_all_of_them(make, count):
    """However many a call has, in a tuple, as those of an argument that is a tuple."""
    args, f = (A, B, C)[:count], lambda *xs: np.sum(sum(xs) ** 3) + np.sum(xs[-1] * xs[0])
    found, expected = make(f, "xs")(*args), make(f, tuple(range(count)))(*args)
    for x, y in zip(np.array(found), np.array(expected), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14)


def test_all_of_them_beside_others():
    alone = sd.grad(one_before, ("scale", "xs"))
    for args in ((A, B), (A, B, C)):
        scale, rest = alone(*args, scale=2.0)
        assert scale == sd.grad(plain, "scale")(*args, scale=2.0)
        same(rest, sd.grad(plain, ("b", "c")[: len(args) - 1])(*args, scale=2.0))
    assert "def grad(a, xs_0, xs_1, scale):" in alone.source


def test_all_of_them_along_vectors_in_a_tuple():
    v = np.cos(A), np.cos(B)
    same(sd.hvp(all_starred, "xs")(A, B, v), sd.hvp(all_starred, (0, 1))(A, B, *v))
    np.testing.assert_allclose(sd.jvp(all_starred, "xs")(A, B, v), sd.jvp(all_starred, (0, 1))(A, B, *v), rtol=1e-14)


def test_before_a_call_nobody_knows_how_many_there_are():
    f = sd.grad(all_starred, "xs")
    with pytest.raises(sd.errors.ArgumentError, match=r"only a call says how many arguments \*xs are"):
        _ = f.source
    assert "def grad(xs_0, xs_1):" in f.at(A, B).source
    with pytest.raises(sd.errors.ArgumentError, match="holds no numbers"):
        sd.grad(lambda *xs: np.sum(xs), "xs")()


def test_keywords_are_named_by_keyword():
    expected = sd.grad(plain, "scale")(A, B, scale=3.0)
    assert sd.grad(all_starred, "scale")(A, B, scale=3.0) == expected
    assert sd.grad(default_before, ("scale", "c"))(A, B, scale=3.0, c=C)[0] == expected


def test_arrays_made_inside_hold_what_is_symbolic():
    same(sd.grad(with_array, (0, 2))(A, B, C), sd.grad(lambda x, y, z: with_array(x, y, z), (0, 2))(A, B, C))


def test_a_decorator_hides_nothing():
    def logged(f):
        return lambda *args, **options: f(*args, **options)

    same(sd.grad(logged(plain), (0, 1))(A, B), sd.grad(plain, (0, 1))(A, B))


def test_what_a_starred_function_does_may_depend_on_values():
    def forking(*xs):
        if xs[0] > 0:
            return xs[0] ** 2 * xs[1]
        return xs[1]

    f = sd.grad(forking, (0, 1))
    assert (f(2.0, 3.0), f(-2.0, 3.0)) == ((12.0, 4.0), (0.0, 1.0))


def test_any_number_may_follow():
    f = sd.grad(lambda *xs: sum(np.sum(x**2) for x in xs), 1)
    for n in (2, 3, 5):
        np.testing.assert_array_equal(f(*[A] * n), 2 * A)


def test_saved_and_pickled():
    f = pickle.loads(pickle.dumps(sd.grad(all_starred, (0, 1))))
    same(f(A, B), sd.grad(plain, (0, 1))(A, B))


def test_saved(tmp_path):
    f = sd.grad(all_starred, (0, 1))
    expected = f(A, B)
    same(runpy.run_path(str(f.save(tmp_path / "starred.py")))["grad"](A, B), expected)


@pytest.mark.parametrize(("wrt", "args", "message"), [
    (2, (A, B), "xs_2"), (-3, (A, B), "this call has 2"), ("xs_last_3", (A, B), "this call has 2"), ((0, "xs"), (A, B), "wrt=0 is among"), (("xs_1", "xs"), (A, B), "among wrt='xs'"),
    ("scal", (A, B), "scal"), ("xs_3", (A, B), "xs_3"),
])  # fmt: skip
def test_what_a_call_has_not_is_named(wrt, args, message):
    with pytest.raises(sd.errors.ArgumentError, match=message):
        sd.grad(all_starred, wrt)(*args)


def test_names_stand_in_front_of_the_rest():
    assert str(inspect.signature(Named(default_before, 1, ("scale",)))) == "(a, xs_0, /, *xs, scale, **options)"


def test_each_call_says_which_is_the_last():
    g = sd.grad(one_before, wrt=-1)
    for args in ((A, B), (A, B, C), (A, C, B)):
        same(g(*args), sd.grad(lambda *xs: plain(*xs), wrt=len(args) - 1)(*args))


def test_names_of_two_derivatives_agree():
    second = sd.grad(lambda *xs: np.sum(sd.grad(one_before, wrt=-1)(*xs)), wrt=-1)
    same(sd.grad(lambda a, b: np.sum(sd.grad(one_before, wrt=(0, -1))(a, b)[0]), wrt=1)(A, B), 2 * A)
    same(second(A, B), np.zeros(3))
    assert sd.hessian(one_before, wrt=-1)(A, B, C).shape == (3, 3)
    same(sd.grad(lambda *xs: xs[0] * xs[-1] ** 3, wrt=-1)(2.0, 3.0), 54.0)
    nested = sd.grad(sd.grad(lambda *xs: xs[0] * xs[-1] ** 3, wrt=-1), wrt=-1)
    same(nested(2.0, 3.0), 36.0)


def test_a_name_of_its_own_is_not_taken():
    with pytest.raises(ArgumentError, match="rename the argument"):
        sd.grad(lambda xs_0, *xs: xs_0 * xs[0], wrt=1)
