"""Where programs keep what they make while they are traced: see `test_survivors`."""

import functools
import types
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass

import numpy as np

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
