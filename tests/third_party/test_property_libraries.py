"""Functions of public libraries of physical properties, unmodified: values and gradients at their documented examples.

``pip install chemicals fluids ht && pytest tests/third_party --functions 0 --junitxml=counts.xml`` tries all of them, and
says how many are right and why the others are refused; without the option a sample is tried, which ``--seed`` draws. Without
these packages nothing runs. What takes longer than `LIMIT` counts as refused. Where an example stands on a jump or a kink, as
some do, the slope of either side is right; where the program has a formula for that one point, it stands in `POINTS`.
"""

import ast
import collections
import contextlib
import doctest
import importlib
import inspect
import math
import pkgutil
import random
import signal
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
LEAST_RIGHT = 0.95
LIMIT = 20.0  # seconds of the processor's time

# Examples at a point for which the program has a formula of its own: its slope is that of the formula, not of the function.
POINTS = {
    "Campbell_Thodos": "T == Tc has an exponent of its own",
    "temperature_effectiveness_plate": "the example has R1 * Np1 / Np2 == 1, whose limit is a formula without R1",
    "bend_miter": "the example has Re == 1e6, from where on one of two friction factors is a number, and min(1e6, Re) a tie",
    "V_from_h": "the example is filled to where the upper head begins: neither side's formula is taken",
}


class Late(BaseException):
    """A function takes longer than the limit; no `except Exception` of what is traced may hold it."""


@contextlib.contextmanager
def limited(seconds):
    """Raises Late when the processor has worked that long, again each second in case that it was held."""

    def late(number, frame):
        raise Late

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


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

    before = None
    for step in STEPS:
        h = step * abs(x) or step * 1e-3
        try:
            above, below = at(x + h), at(x - h)
        except Exception:
            continue  # outside of where the function is defined
        sides = np.array([(above - center) / h, (center - below) / h])
        yield from ((above - below) / (2 * h), *sides)
        if before is not None:  # beside a jump, where no difference between both sides helps (Richardson)
            yield from (10 * sides - before) / 9
        before = sides


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


def outcome(f):
    """``("right" | "wrong" | "refused", why)``, or None for what has no example with a number."""
    try:
        with limited(LIMIT):
            found = case(f)
            if found is None:
                return None
            bound, value, floats = found
            gradient = sd.value_and_grad(f, wrt=floats)(*bound.args, **bound.kwargs)
            if not np.all(np.isfinite(gradient[1])):
                return "refused", "a slope that is not finite"
            return ("right" if is_right(f, bound, value, gradient, floats) else "wrong"), ""
    except Late:
        return "refused", f"more than {LIMIT:.0f} s"
    except (SymdiffError, NotImplementedError) as error:  # some functions turn every error into the second one
        return "refused", str(error).partition("\n")[0]


def drawn(library, count, seed):
    """That many functions of a library, the same for each seed; 0 means all."""
    known = sorted((functions(library).items()), key=lambda item: item[0])
    known = [(name, f) for name, f in known if name not in ILL_CONDITIONED | POINTS.keys() and case(f)]
    return known if count == 0 else random.Random(seed).sample(known, min(count, len(known)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_none_is_wrong(library, record_property, request):
    pytest.importorskip(library)
    found = collections.defaultdict(list)
    for name, f in drawn(library, request.config.getoption("--functions"), request.config.getoption("--seed")):
        found[outcome(f)].append(name)
    right, tried = len(found["right", ""]), sum(map(len, found.values()))
    for (what, why), names in sorted(found.items(), key=lambda item: -len(item[1])):
        if what == "refused":
            record_property(why, ", ".join(names))
    record_property("right", f"{right} of {tried}")
    assert not found["wrong", ""]
    refused_at_most = max(2, round((1 - LEAST_RIGHT) * tried))  # of a small sample, one more by chance
    assert tried - right <= refused_at_most, dict(found)
