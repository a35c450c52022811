"""Functions that are traced see stand-ins; libraries are never written, and everybody else has the originals."""

import builtins
import functools
import importlib.util
import math
import pickle
import subprocess
import sys
import threading
import types
from functools import partial
from types import ModuleType

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.copies import traceable
from symdiff.frontends.tracing.nesting import is_tracing

X = np.array([0.7, -0.3, 1.2])
ZEROS, EXP, NUMPY = np.zeros, math.exp, np
REAL = {"np": np, "zeros": np.zeros}  # where a traced function finds them as they are
HELD = {"numpy": np, "numpy.linalg": np.linalg, "math": math, "builtins": builtins, "importlib": importlib}
triple = partial(np.zeros, 3)


@np.vectorize
def square(t):
    return t * t if math.exp(0.0) else 0.0


def filled(make, x):
    y = make(len(x))
    y[0] = x[0] ** 2
    return np.sum(y) + np.sum(x)


WANTED = np.array([1.0 + 2 * X[0], 1.0, 1.0])


class Model:
    """Reaches functions in the ways that objects do."""

    def __init__(self, scale=1.0):
        self.scale, self.steps = scale, [filled]

    def method(self, x):
        return filled(np.zeros, x)

    @property
    def buffer(self):
        return np.zeros(3)

    @staticmethod
    def static(x):
        return filled(np.zeros, x)

    @classmethod
    def made(cls, x):
        return cls(2.0).method(x)

    def __call__(self, x):
        return self.method(x)

    def __matmul__(self, x):
        return filled(np.zeros, x)

    def __iter__(self):
        yield np.zeros(3)

    def __enter__(self):
        return np.zeros(3)

    def __exit__(self, *error):
        return None


model = Model()


def through_a_body_import(x):
    import numpy as inner

    return filled(inner.zeros, x)


def through_a_name_imported_in_the_body(x):
    from numpy import zeros

    return filled(zeros, x)


def through_import_module(x):
    return filled(importlib.import_module("numpy").zeros, x)


def through_a_nested_function(x):
    def inside(make=np.zeros):
        return filled(make, x)

    return inside()


def through_a_generator(x):
    def parts():
        y = np.zeros(3)
        y[0] = x[0] ** 2
        yield np.sum(y)
        yield np.sum(x)

    return sum(parts())


def through_with(x):
    with model as y:
        y[0] = x[0] ** 2
        return np.sum(y) + np.sum(x)


def through_a_property(x):
    y = model.buffer
    y[0] = x[0] ** 2
    return np.sum(y) + np.sum(x)


def through_iteration(x):
    [y] = model
    y[0] = x[0] ** 2
    return np.sum(y) + np.sum(x)


def decorated(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)

    return wrapper


@decorated
def through_a_wrapper(x):
    return filled(np.zeros, x)


WAYS = {
    "method": model.method,
    "object": model,
    "partial of a method": partial(Model.method, model),
    "static method": lambda x: Model.static(x),
    "class method": lambda x: Model.made(x),
    "operator": lambda x: model @ x,
    "list of functions": lambda x: model.steps[0](np.zeros, x),
    "map": lambda x: next(map(Model.static, [x])),
    "reduce": lambda x: functools.reduce(filled, [np.zeros, x]),
    "partial from outside": lambda x: filled(lambda n: triple(), x),
    "partial made inside": lambda x: filled(lambda n: partial(np.zeros, n)(), x),
    "default": lambda x, make=np.zeros: filled(make, x),
    "module as a default": lambda x, xp=np: filled(xp.zeros, x),
    "sorted": lambda x: sorted([x], key=Model.static)[0][0] ** 2 + np.sum(x),
    "vectorized outside": lambda x: square(x[:1]).sum() + np.sum(x),
    "vectorized inside": lambda x: np.vectorize(lambda t: t * t)(x[:1]).sum() + np.sum(x),
    **{f.__name__: f for f in list(globals().values()) if getattr(f, "__name__", "").startswith("through_")},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_function_is_followed_in_whatever_way_it_is_reached(way):
    np.testing.assert_allclose(sd.grad(WAYS[way])(X), WANTED)


WRITTEN = {"__import__": builtins.__import__}  # the one name of a library that is lent


def state():
    return {name: dict(vars(module)) for name, module in HELD.items()}


def test_libraries_are_never_written():
    seen = []

    def f(x):
        seen.append({name: dict(vars(sys.modules[name])) for name in HELD if name != "builtins"})
        return filled(np.zeros, x) + math.exp(x[0])

    sd.grad(f)(X)  # NumPy loads parts of itself when it first needs them
    before = state()
    seen.clear()
    sd.grad(f)(X + 1.0)
    sd.grad(f)(X)

    assert [{**inside, "builtins": before["builtins"]} for inside in seen] == [before] * 2
    assert state() == before


def test_afterwards_every_name_means_what_it_meant():
    before = dict(globals())

    def f(x):
        global _kept
        _kept = np.zeros
        return max(x[0], x[1]) + filled(np.zeros, x)

    sd.grad(f)(X)
    kept = globals().pop("_kept")

    assert kept is ZEROS
    assert all(globals()[name] is value for name, value in before.items())
    assert "max" not in globals()
    assert np is sys.modules["numpy"]


def test_after_an_error_too():
    np_here = np

    def f(x):
        assert is_tracing()
        np_here.zeros(2)
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        sd.grad(f)(X)

    assert np_here is NUMPY
    assert not is_tracing()
    assert vars(builtins)["__import__"] is WRITTEN["__import__"]


def test_written_globals_reach_the_module_and_names_defined_later_are_seen():
    def count(x):
        global _counter, _later
        _counter += 1
        _later = lambda v: filled(np.zeros, v)  # noqa: E731
        return call_later(x)

    def call_later(x):
        return _later(x)

    globals()["_counter"] = 5
    try:
        np.testing.assert_allclose(sd.grad(count)(X), WANTED)
        assert globals()["_counter"] == 6
        assert _later.__globals__ is globals()
    finally:
        del globals()["_counter"], globals()["_later"]


def test_what_is_seen_passes_for_the_original():
    seen = {}

    def f(x):
        seen.update(
            equal=np.zeros == REAL["zeros"] and REAL["zeros"] == np.zeros and {REAL["zeros"]: 1}[np.zeros] == 1,
            ufunc=np.sin is REAL["np"].sin and np.float64 is REAL["np"].float64 and isinstance(x, np.ndarray),
            module=isinstance(np, ModuleType) and vars(np) is vars(REAL["np"]) and np.__name__ == "numpy",
            same=np == REAL["np"] and {REAL["np"]: 1}[np] == 1 and dir(np) == dir(REAL["np"]),
            name=np.zeros.__name__,
            pickled=[pickle.loads(pickle.dumps(v)) for v in (np.zeros, math.exp, partial(np.zeros, 3), np)],
            vectorized=pickle.loads(pickle.dumps(np.vectorize(math.exp))),
            kept=np.zeros,
        )
        return x[0]

    sd.grad(f)(X)

    assert all(seen[key] for key in ("equal", "ufunc", "module", "same"))
    assert seen["name"] == "zeros"
    zeros, exp, made, module = seen["pickled"]
    assert zeros is ZEROS
    assert exp is EXP
    assert made.func is ZEROS
    assert module is NUMPY
    assert type(seen["vectorized"]) is np.vectorize
    assert type(seen["kept"](3)) is np.ndarray


MODULE = """
import numpy as np
from numpy import zeros
from math import exp
from test_lending import np as theirs
import test_lending
def table():
    C = np.zeros(3)
    C[1] += exp(0.0)
    return C
C, D, E = table(), zeros(2), theirs.zeros(2)
class Made:
    values = np.ones(2)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "test_lending", sys.modules[__name__])
    (tmp_path / "first_seen.py").write_text(MODULE)
    yield "first_seen"
    sys.modules.pop("first_seen", None)


@pytest.mark.parametrize("spelling", ["statement", "import_module"])
def test_modules_that_are_first_imported_meanwhile_have_the_originals(module, spelling):
    def f(x):
        y = np.zeros(3)
        if spelling == "statement":
            import first_seen as found
        else:
            found = importlib.import_module(module)
        y += x * found.C[1] * found.Made.values[0]
        return np.sum(y * found.table()[1])

    np.testing.assert_allclose(sd.grad(f)(X), np.ones(3))
    found = sys.modules[module]

    assert (found.np, found.zeros, found.exp, found.theirs) == (NUMPY, ZEROS, EXP, NUMPY)
    assert found.zeros is ZEROS
    assert found.theirs is NUMPY
    assert [type(v) for v in (found.C, found.D, found.E, found.Made.values)] == [np.ndarray] * 4
    assert pickle.loads(pickle.dumps(found.Made())) is not None
    np.testing.assert_array_equal(found.C, [0.0, 1.0, 0.0])


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ["scipy.stats", "scipy.signal", "scipy.optimize", "sklearn.linear_model", "numba"])
def test_libraries_that_are_first_imported_meanwhile_have_the_originals(name):
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    code = f"""
import sys, numpy as np, symdiff as sd
from symdiff.frontends.tracing.stand_ins import StandIn
from symdiff.frontends.tracing.views import ModuleView
from symdiff.frontends.tracing.symbol import Symbol
assert {name!r} not in sys.modules
def f(x):
    y = np.zeros(3)
    import {name}
    y[0] = x[0] ** 2
    return np.sum(y)
assert sd.grad(f)(np.ones(3)).tolist() == [2.0, 0.0, 0.0]
bad = [(m, n) for m, module in list(sys.modules.items()) if not m.startswith("symdiff")
       for n, value in list(vars(module).items()) if type(value) in (StandIn, ModuleView, Symbol)]
print(bad)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_another_thread_has_the_originals_all_the_time(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for k in range(40):
        (tmp_path / f"meanwhile_{k}.py").write_text("import numpy as np\nfrom numpy import zeros\nC = zeros(3)\n")
    np.testing.assert_allclose(
        sd.grad(WAYS["method"])(X), WANTED
    )  # NumPy loads parts of itself when it first needs them
    before, wrong, ready, done = state(), [], threading.Event(), threading.Event()

    def look():
        k = 0
        while not done.is_set():
            made = np.zeros(3)
            same = np.zeros is ZEROS and vars(NUMPY) == before["numpy"] and vars(np) == before["numpy"]
            found = importlib.import_module(f"meanwhile_{k % 40}")
            if not (same and type(made) is np.ndarray and found.zeros is ZEROS and type(found.C) is np.ndarray):
                wrong.append((made, found))
            k += 1
            ready.set()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        assert ready.wait(10)
        for way in ("method", "through_a_body_import", "vectorized inside", "partial from outside"):
            for _ in range(5):
                np.testing.assert_allclose(sd.grad(WAYS[way])(X), WANTED)
    finally:
        done.set()
        thread.join()
        for k in range(40):
            sys.modules.pop(f"meanwhile_{k}", None)

    assert wrong == []
    assert state() == before


def test_concurrent_traces_do_not_take_from_each_other():
    names, found = list(WAYS) * 3, {}

    def work(part):
        for k in range(part, len(names), 4):
            found[k] = sd.grad(WAYS[names[k]])(X)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == list(range(len(names)))
    for gradient in found.values():
        np.testing.assert_allclose(gradient, WANTED)
    assert np is NUMPY


def test_a_trace_inside_of_a_trace_leaves_the_outer_one_its_loans():
    def outer(x):
        inner = sd.grad(WAYS["method"])(np.ones(3))
        return filled(np.zeros, x) * inner[0]

    np.testing.assert_allclose(sd.grad(outer)(X), 3 * WANTED)
    assert np is NUMPY


def test_a_function_of_a_library_is_traced_in_a_copy():
    optimize = pytest.importorskip("scipy.optimize")
    spaces = [vars(sys.modules[name]) for name in (optimize.rosen.__module__, "scipy._lib._array_api")]
    before = [dict(space) for space in spaces]
    copy = traceable(optimize.rosen)

    assert copy is not optimize.rosen
    assert copy.__code__ is optimize.rosen.__code__
    assert {id(copy.__globals__)}.isdisjoint(map(id, spaces))
    np.testing.assert_allclose(sd.grad(optimize.rosen)(X), optimize.rosen_der(X), rtol=1e-12)
    assert [dict(space) for space in spaces] == before
    assert traceable(filled) is filled


def written(xp, x):
    y = xp.zeros(2)
    y[1] = x
    return xp.sum(y**2)


class Holding:
    def __init__(self, xp):
        self.xp, self.make = xp, xp.zeros

    def loss(self, x):
        return written(self.xp, x)

    def made(self, x):
        y = self.make(2)
        y[0] = x
        return y[0] * 3.0


def test_modules_and_functions_that_the_users_objects_hold():
    """``self.xp``, ``config.xp``, ``helpers.np``: they are lent, too, and are as they were afterwards."""
    helpers = types.ModuleType("helpers_of_a_test")
    helpers.np = np
    model = Holding(np)
    for loss in (model.loss, lambda x: model.loss(x), lambda x: written(helpers.np, x), lambda x: written(model.xp, x)):
        assert sd.grad(loss)(3.0) == 6.0
    assert sd.grad(model.made)(3.0) == 3.0
    assert vars(model) == {"xp": np, "make": np.zeros}
    assert model.xp is sys.modules["numpy"] and model.make is vars(np)["zeros"] and helpers.np is model.xp
