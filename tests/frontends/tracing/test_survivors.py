"""What a program keeps while it is traced is ordinary NumPy afterwards, or the user is told where it is not."""

import functools
import gc
import pickle
import types
import warnings
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.symbol import Symbol

pytestmark = pytest.mark.usefixtures("thawed")  # what keeps arrays here is older than the tests

X = np.array([0.7, -0.3, 1.2])
WEIGHTS = np.array([2.0, 2.0, 2.0])
Pair = namedtuple("Pair", "first second")
KEPT = types.ModuleType("kept")


class Model:
    weights = None

    def __init__(self):
        self.cache = {}

    def loss(self, x):
        if self.weights is None:
            self.weights = np.ones(3) * 2
        return np.sum(self.weights * x)


class Slots:
    __slots__ = ("first", "second")


@dataclass(frozen=True)
class Frozen:
    value: object


@functools.lru_cache(maxsize=4)
def bounded(n):
    return np.ones(n) * 2


@functools.cache
def unbounded(n):
    return np.ones(n) * 2, "two"


def defaults(x, made=(None,)):
    return x


def in_attribute(make):
    model = Model()
    model.weights = make()
    return lambda: model.weights


def in_class(make):
    Model.shared = make()
    return lambda: Model().shared


def in_slot(make):
    slots = Slots()
    slots.first, slots.second = make(), 1
    return lambda: slots.first


def in_frozen_dataclass(make):
    frozen = Frozen(make())
    return lambda: frozen.value


def in_module(make):
    KEPT.weights = make()
    return lambda: KEPT.weights


def in_global(make):
    global _weights
    _weights = make()
    return lambda: _weights


def in_closure(make):
    weights = make()
    return lambda: weights


def in_default(make):
    defaults.__defaults__ = (make(),)
    return lambda: defaults.__defaults__[0]


def in_containers(make):
    kept = {"a": [make()], "b": (1, (make(), 2)), "c": Pair(make(), 0), "d": deque([make()])}
    kept["e"] = OrderedDict(k=make())
    kept["f"] = defaultdict(list, k=[{"x": (make(),)}])
    values = lambda: [  # noqa: E731
        kept["a"][0], kept["b"][1][0], kept["c"].first, kept["d"][0], kept["e"]["k"], kept["f"]["k"][0]["x"][0]
    ]  # fmt: skip
    return lambda: np.stack(values())[0] if {type(v) for v in values()} == {np.ndarray} else None


def in_bounded_cache(make):
    bounded.cache_clear()
    bounded(3)
    return lambda: bounded(3)


def in_unbounded_cache(make):
    unbounded.cache_clear()
    unbounded(3)
    return lambda: unbounded(3)[0]


@pytest.mark.parametrize(
    "keep",
    [in_attribute, in_class, in_slot, in_frozen_dataclass, in_module, in_global, in_closure, in_default, in_containers,
     in_bounded_cache, in_unbounded_cache],
    ids=lambda keep: keep.__name__,
)  # fmt: skip
@pytest.mark.parametrize("fails", [False, True], ids=["", "in a trace that fails"])
def test_what_is_kept_is_ordinary(keep, fails):
    found = []

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


def test_lazy_attributes_and_caches_serve_traces_and_calls():
    model, g = Model(), []

    def cached(n):
        if n not in model.cache:
            model.cache[n] = np.ones(n) * 2
        return model.cache[n]

    for f in (model.loss, lambda x: np.sum(bounded(3) * x), lambda x: np.sum(cached(3) * x)):
        g = sd.grad(f)
        np.testing.assert_array_equal(g(X), WEIGHTS)
        np.testing.assert_array_equal(g(X.astype(np.float32)), WEIGHTS)
        np.testing.assert_allclose(f(X), 2 * X.sum())


def test_views_that_are_kept_share_their_memory():
    model = Model()

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


def test_the_user_is_told_where_a_value_without_number_is_kept():
    model, history = Model(), []

    def f(x):
        model.last = 2 * x
        Model.latest = 3 * x
        KEPT.last = 4 * x
        model.cache["squares"] = x * x
        history.append(np.sum(x))
        return np.sum(x)

    with pytest.warns(UserWarning) as told:
        sd.grad(f)(X)
    places = {str(w.message).split(" in ", 1)[1].split(":")[0] for w in told}

    assert places == {"Model.last", "Model.latest", "kept.last", "a dictionary, under 'squares'", "a list"}
    assert {w.filename for w in told} == {__file__}


def test_an_error_is_not_followed_by_warnings():
    model = Model()

    def f(x):
        model.last = x * x
        raise KeyError("ours")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyError, match="ours"):
            sd.grad(f)(X)
    del model.last
