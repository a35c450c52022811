"""What a program keeps while it is traced is ordinary NumPy afterwards, or the user is told where it is not."""

import gc
import importlib.util
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.symbol import Symbol

X = np.array([0.7, -0.3, 1.2])
WEIGHTS = np.array([2.0, 2.0, 2.0])
PLACES = [
    "in_attribute", "in_class", "in_slot", "in_frozen_dataclass", "in_module", "in_global", "in_closure", "in_default",
    "in_containers", "in_bounded_cache", "in_unbounded_cache",
]  # fmt: skip


@pytest.fixture(scope="module")
def keepers():
    """What keeps arrays, made anew: the run of the tests has hidden from the collector whatever is older than a test."""
    spec = importlib.util.spec_from_file_location("keepers", Path(__file__).with_name("keepers.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fails", [False, True], ids=["", "in a trace that fails"])
def test_what_is_kept_is_ordinary(keepers, place, fails):
    keep, found = getattr(keepers, place), []

    def f(x):
        found.append(keep(lambda: np.ones(3) * 2))
        if fails:
            raise KeyError("ours")
        return np.sum(x)

    if fails:
        with pytest.raises(KeyError, match="ours"):
            sd.grad(f)(X)
    else:
        sd.grad(f)(X)
    value = found[0]()

    assert type(value) is np.ndarray
    np.testing.assert_array_equal(value, WEIGHTS)
    assert type(pickle.loads(pickle.dumps(value))) is np.ndarray


def test_lazy_attributes_and_caches_serve_traces_and_calls(keepers):
    model = keepers.Model()

    def cached(n):
        if n not in model.cache:
            model.cache[n] = np.ones(n) * 2
        return model.cache[n]

    for f in (model.loss, lambda x: np.sum(keepers.bounded(3) * x), lambda x: np.sum(cached(3) * x)):
        g = sd.grad(f)
        np.testing.assert_array_equal(g(X), WEIGHTS)
        np.testing.assert_array_equal(g(X.astype(np.float32)), WEIGHTS)
        np.testing.assert_allclose(f(X), 2 * X.sum())


def test_views_that_are_kept_share_their_memory(keepers):
    model = keepers.Model()

    def f(x):
        model.whole = np.zeros((2, 3))
        model.row = model.whole[1]
        return np.sum(x)

    sd.grad(f)(X)
    model.row[:] = 5.0

    assert type(model.whole) is type(model.row) is np.ndarray
    np.testing.assert_array_equal(model.whole, [[0.0] * 3, [5.0] * 3])


def test_what_a_trace_inside_of_another_keeps_can_still_be_written_into():
    def outer(x):
        y = None

        def inner(t):
            nonlocal y
            y = np.zeros(3)
            return t * t

        slope = sd.grad(inner)(2.0)
        y[0] = x[0] * slope
        return np.sum(y)

    np.testing.assert_array_equal(sd.grad(outer)(X), [4.0, 0.0, 0.0])


def test_a_function_that_calls_itself_leaves_nothing():
    def f(x):
        def go(k):
            return x[0] if k == 0 else np.sin(go(k - 1)) * x[k % 3]

        return go(5)

    gc.collect()
    before = [x for x in gc.get_objects() if type(x) is Symbol]  # of other tests, whose errors are kept
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sd.grad(f)(X)
    gc.collect()

    known = set(map(id, before))
    assert not [x for x in gc.get_objects() if type(x) is Symbol and id(x) not in known]


def test_the_user_is_told_where_a_value_without_number_is_kept(keepers):
    model, history = keepers.Model(), []

    def f(x):
        model.last = 2 * x
        keepers.Model.latest = 3 * x
        keepers.KEPT.last = 4 * x
        model.cache["squares"] = x * x
        history.append(np.sum(x))
        return np.sum(x)

    with pytest.warns(UserWarning) as told:
        sd.grad(f)(X)
    places = {str(w.message).split(" in ", 1)[1].split(":")[0] for w in told}

    assert places == {"Model.last", "Model.latest", "kept.last", "a dictionary, under 'squares'", "a list"}
    assert {w.filename for w in told} == {__file__}


def test_an_error_is_not_followed_by_warnings(keepers):
    model = keepers.Model()

    def f(x):
        model.last = x * x
        raise KeyError("ours")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyError, match="ours"):
            sd.grad(f)(X)
    del model.last
