"""Functions of public libraries of physical properties, unmodified: values and gradients at their documented examples.

``pip install chemicals fluids ht && pytest tests/third_party --junitxml=counts.xml`` says how many are right, and why the
others are refused; without these packages nothing runs. Where an example stands on a jump or a kink, as some do, the slope of
either side is right.
"""

import ast
import collections
import doctest
import importlib
import inspect
import math
import pkgutil
import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

LIBRARIES = ("chemicals", "fluids", "ht")
LEFT_OUT = ("numba", "vectorized", "units")  # modules that hold the same functions once more
ILL_CONDITIONED = {"time_v_terminal_Stokes"}  # of which rounding shows in the fourth digit
STEPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
CLOSE = 3e-5
LEAST_RIGHT = 0.93


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def functions(library):
    """All functions of a library, by their names."""
    package = importlib.import_module(library)
    found = {}
    for module in pkgutil.walk_packages(package.__path__, f"{library}."):
        if any(word in module.name for word in LEFT_OUT):
            continue
        members = vars(importlib.import_module(module.name)).items()
        found |= {name: f for name, f in members if inspect.isfunction(f) and f.__module__ == module.name}
    return found


def examples(f):
    """The calls of a function in its documentation, as bound arguments."""
    known = {"pi": math.pi, "np": np, **f.__globals__}
    for example in doctest.DocTestParser().get_examples(f.__doc__ or ""):
        try:
            nodes = list(ast.walk(ast.parse(example.source.strip(), mode="eval")))
        except SyntaxError:
            continue
        for call in nodes:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == f.__name__:
                text = f"dict(a=[{', '.join(map(ast.unparse, call.args))}], k=dict({', '.join(map(ast.unparse, call.keywords))}))"
                try:
                    given = eval(text, known)
                    yield inspect.signature(f).bind(*given["a"], **given["k"])
                except (NameError, TypeError, SyntaxError):
                    continue


def case(f):
    """The first example that gives a number, its value, and which arguments are floats."""
    for bound in examples(f):
        try:
            value = f(*bound.args, **bound.kwargs)
        except Exception:
            continue  # an example of an error
        floats = tuple(name for name, x in bound.arguments.items() if type(x) is float)
        if type(value) in (float, np.float64) and floats and math.isfinite(value):
            return bound, value, floats
    return None


def slopes(f, bound, name):
    """Differences to both sides, and between them."""
    x, center = bound.arguments[name], f(*bound.args, **bound.kwargs)

    def at(y):
        moved = inspect.signature(f).bind(**{**bound.arguments, name: y})
        return f(*moved.args, **moved.kwargs)

    for step in STEPS:
        h = step * abs(x) or step * 1e-3
        try:
            above, below = at(x + h), at(x - h)
        except Exception:
            continue  # outside of where the function is defined
        yield from ((above - below) / (2 * h), (above - center) / h, (center - below) / h)


def is_right(f, bound, value, gradient, floats):
    found, parts = gradient
    if not np.isclose(found, value, rtol=1e-9, atol=0):
        return False
    for name, part in zip(floats, parts, strict=True):
        known = list(slopes(f, bound, name))
        floor = 1e-9 * abs(value) / max(abs(bound.arguments[name]), 1e-9)
        if known and not any(abs(part - s) <= CLOSE * abs(s) + floor for s in known):
            return False
    return True


@pytest.mark.parametrize("library", LIBRARIES)
def test_none_is_wrong(library, record_property):
    pytest.importorskip(library)
    right, wrong, refused = [], [], collections.defaultdict(list)
    for name, f in functions(library).items():
        found = case(f) if name not in ILL_CONDITIONED else None
        if found is None:
            continue
        bound, value, floats = found
        try:
            gradient = sd.value_and_grad(f, wrt=floats)(*bound.args, **bound.kwargs)
        except SymdiffError as error:
            refused[error.message].append(name)
            continue
        (right if is_right(f, bound, value, gradient, floats) else wrong).append(name)
    tried = len(right) + len(wrong) + sum(map(len, refused.values()))
    for why, names in sorted(refused.items(), key=lambda item: -len(item[1])):
        record_property(why, ", ".join(names))
    record_property("right", f"{len(right)} of {tried}")
    assert not wrong
    assert len(right) >= LEAST_RIGHT * tried
