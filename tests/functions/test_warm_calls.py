"""Calls that go straight to a program: what they return, and what is told of wrong ones, is as in any other call."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import symdiff as sd


def logistic(w, X, y):
    return np.sum(np.logaddexp(0.0, X @ w) - y * (X @ w))


def penalty(w, rate):
    return rate * np.sum(w**2) + rate


def network(W, b, X):
    return np.tanh(X @ W + b)


def diagonal(A):
    return np.where(A[0, 0] > 0, A[0, 0] * A.T, A)


def pair(x, y):
    return x * y, {"sum": x + y}


def quotient(x, y):
    return x / y + np.log(x)


RNG = np.random.default_rng(3)
W, X, Y = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.integers(0, 2, 5).astype(float)
MAKERS = {
    "value": (lambda: sd.function(logistic), (W, X, Y)),
    "gradient": (lambda: sd.grad(logistic, (0, 1)), (W, X, Y)),
    "both": (lambda: sd.value_and_grad(logistic, ("w", "X")), (W, X, Y)),
    "declared": (lambda: sd.grad(logistic, X="n d", w="d", y="n"), (W, X, Y)),
    "derived": (lambda: sd.function("sum(x) + sum(z)", x="n", z="2*n+1"), (W, RNG.normal(size=7))),
    "derived alone": (lambda: sd.function("sum(z)", z="2*n+1"), (RNG.normal(size=7),)),
    "first is one": (lambda: sd.function("x * z", x="1 n", z="n"), (W[None], W)),
    "weight": (lambda: sd.value_and_grad(penalty, (0, 1)), (W, 0.5)),
    "single": (lambda: sd.value_and_grad(penalty), (W.astype(np.float32), 0.5)),
    "mixed": (lambda: sd.function(penalty), (W.astype(np.float32), np.float64(0.5))),
    "declared single": (lambda: sd.function("x * a", x=sd.spec("n", dtype="float32"), a=()), (W.astype("f4"), 2.0)),
    "complex": (lambda: sd.function(pair), (W + 1j, W)),
    "integers": (lambda: sd.function(pair), (np.arange(3), W)),
    "conditions": (lambda: sd.function(lambda c, x: np.where(c, x, -x)), (W > 0, W)),
    "matrix": (lambda: sd.hessian(lambda w: np.sum(w**3)), (W,)),
    "transposed": (lambda: sd.function(diagonal), (RNG.normal(size=(3, 4))[:, :3],)),
    "layer": (lambda: sd.jacobian(network, ("W", "b")), (RNG.normal(size=(3, 2)), RNG.normal(size=2), X)),
    "numbers": (lambda: sd.grad(quotient, ("x", "y")), (2.0, 3.0)),
    "number": (lambda: sd.grad("x * sin(x) + log(x)"), (2.0,)),
    "_run _rest len": (lambda: sd.function("_run * _rest * len", _run="n", len="n"), (W, 2.0, W)),
}  # fmt: skip


def odd(array):
    """What else may come where an array or number was: of other types, shapes, orders in memory and values."""
    yield from (array, np.float64(2.5), 2.5, 3, True, -0.0, 0.0, np.nan, np.inf, np.float32(2.5), np.int64(3), 1 + 1j)
    yield from (
        None,
        "x",
        [1.0, 2.0, 3.0],
        [[1.0], [1.0, 2.0]],
        np.array(2.0),
        np.array(2.0, np.float32),
        {},
        np.bool_(1),
    )
    if np.ndim(array):
        yield from (
            array.astype(kind)
            for kind in (np.float64, ">f8", np.float32, np.float16, np.int64, np.bool_, complex, object)
        )
        yield from (array[:0], array[1:], array[..., :1], array[None], array[0], np.array([]), array.tolist())
        yield from (
            np.asfortranarray(array),
            array[::-1],
            np.repeat(array, 2, axis=0)[::2],
            np.full_like(array, np.nan),
        )
        yield from (
            np.repeat(array, 2, axis=0),
            np.ma.array(array),
            array.view(Subclass),
            pickle.loads(pickle.dumps(array)),
        )


class Subclass(np.ndarray):
    pass


def calls(arguments):
    """Arguments by position and by name, each of which differs from `arguments` in one place."""
    for k, each in enumerate(arguments):
        for other in odd(each):
            yield (*arguments[:k], other, *arguments[k + 1 :]), {}
    yield arguments[:-1], {}
    yield (), {}
    yield (*arguments, 1.0), {}
    yield arguments, {"misspelt": 1.0}


def outcome(f, args, kwargs):
    """What a call gives, as text that shows types, bits and the order in memory; or the error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return shown(f(*args, **kwargs))
        except Exception as error:
            return type(error), str(error)


def shown(result):
    if isinstance(result, dict):
        return {key: shown(value) for key, value in result.items()}
    if isinstance(result, tuple):
        return tuple(map(shown, result))
    order = result.flags.c_contiguous if isinstance(result, np.ndarray) else None
    return type(result), np.asarray(result).dtype.str, np.shape(result), np.asarray(result).tobytes(), order


def warm(name):
    make, arguments = MAKERS[name]
    f = make()
    for _ in range(3):
        f(*arguments)
    return f, arguments


def inside(f, arguments):
    """The program of a function that calls `f`: symbolic values come where arrays and numbers came before."""
    return sd.function(lambda *given: f(*given)).at(*arguments).source


@pytest.mark.parametrize("name", [name for name in MAKERS if "derived" not in name])
def test_a_warm_function_is_part_of_a_program_that_calls_it(name):
    f, arguments = warm(name)

    assert inside(f, arguments) == inside(MAKERS[name][0](), arguments)


def test_a_warm_function_of_which_the_source_has_choices_is_differentiated():
    g = sd.grad(lambda x: np.std(x) * x[0])
    want = sd.hessian(lambda x: np.std(x) * x[0])(W).sum(axis=0)
    for _ in range(3):
        g(W)

    np.testing.assert_allclose(sd.grad(lambda x: np.sum(g(x)))(W), want, rtol=1e-12)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.filterwarnings("ignore")
def test_a_warm_function_does_what_the_door_for_all_calls_does(name):
    """Also for the usual arguments, whatever came in between."""
    f, arguments = warm(name)
    door = MAKERS[name][0]()._dispatch
    usual = outcome(door, arguments, {})
    for args, kwargs in calls(arguments):
        assert outcome(f, args, kwargs) == outcome(door, args, kwargs), (args, kwargs)
        assert outcome(f, arguments, {}) == usual


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in ("derived alone", "integers")])
def test_the_calls_that_a_program_is_for_go_straight_to_it(name, monkeypatch):
    f, arguments = warm(name)
    expected = shown(f(*arguments))
    monkeypatch.setattr(type(f), "_dispatch", None)  # the bound one is kept where other calls are handed over
    monkeypatch.setattr(type(f), "_arrange", None)

    assert shown(f(*arguments)) == expected


@pytest.mark.parametrize("name", ["value", "gradient", "declared", "numbers"])
def test_by_name_is_by_position(name):
    f, arguments = warm(name)

    assert outcome(f, (), dict(zip(f.inputs, arguments, strict=True))) == outcome(f, arguments, {})


def test_one_declared_program_takes_all_lengths_and_is_entered_directly(monkeypatch):
    f, _ = warm("declared")
    expected = sd.grad(logistic)
    given = [(RNG.normal(size=d), RNG.normal(size=(n, d)), RNG.normal(size=n)) for n in (1, 2, 7) for d in (1, 4)]
    wanted = [expected(*arguments) for arguments in given]
    monkeypatch.setattr(type(f), "_arrange", None)

    for arguments, gradient in zip(given, wanted, strict=True):
        np.testing.assert_allclose(f(*arguments), gradient, rtol=1e-13)


def test_the_program_that_is_shown_is_that_of_the_last_call():
    f = sd.function(lambda x: np.sum(x))
    for n in (2, 2, 2, 3, 3, 3, 2, 3, 2):
        f(np.ones(n))
        assert f.graph.inputs[0].shape == (n,)


def test_results_are_fresh():
    f, arguments = warm("both")

    first, second = f(*arguments), f(*arguments)
    first[1][0][:] = 0

    assert np.all(second[1][0] != 0)


def test_a_pickled_function_is_called_as_any_other():
    f, arguments = warm("gradient")

    assert outcome(pickle.loads(pickle.dumps(f)), arguments, {}) == outcome(f, arguments, {})


def test_threads_that_call_with_other_shapes_get_their_own_results():
    f = sd.grad(lambda x: np.sum(x**3))

    def ask(n):
        x = np.arange(1.0, n + 1)
        return all(np.array_equal(f(x), 3 * x**2) for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, [1, 2, 3, 4] * 4))


def test_what_computes_where_math_raises_is_written_when_it_is_first_needed():
    f = sd.grad("log(x) + 1 / x")
    fallback = f.stages.definition.fallback
    f(2.0), f(3.0)
    assert fallback.write.cache_info().currsize == 0

    assert f(0.0) == -np.inf
    assert fallback.write.cache_info().currsize == 1
    assert f"def {fallback.name}(x):" in f.source
