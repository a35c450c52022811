"""Random programs as people write them, judged by NumPy: the value by running them, derivatives by complex steps.

``pytest tests/fuzz/test_natural.py --programs 10000 --seed 3`` takes its time; what fails is printed cut down to what
it takes to fail.
"""

import runpy
import warnings

import numpy as np
import pytest
from natural import Program, natural_program, reduced

import symdiff as sd
from symdiff.errors import SymdiffError

STEP = 1e-30  # of a complex step
H = 1e-3  # of differences
CLOSE = {np.float64: 1e-8, np.float32: 5e-3}
BY_DIFFERENCES = 2e-6


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def moved(point, direction, step):
    return {name: value + step * direction[name] for name, value in point.items()}


def slope(program, point, direction):
    """The derivative along `direction`, and how close it is: by a complex step, or else by differences."""
    f = program.function
    if program.analytic:
        return f(**moved(point, direction, STEP * 1j)).imag / STEP, CLOSE[np.float64]

    def central(h):
        return (f(**moved(point, direction, h)) - f(**moved(point, direction, -h))) / (2 * h)

    rough, fine, finest = central(H), central(H / 2), central(H / 4)
    once = (4 * fine - rough) / 3
    twice = (4 * finest - fine) / 3
    return (16 * twice - once) / 15, max(BY_DIFFERENCES, 100 * abs(twice - once) / (1 + abs(twice)))


def directions(program, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=np.shape(value)) for name, value in program.point.items()}


def along(gradient, direction):
    """The derivative along a direction, and the scale of its terms."""
    terms = [np.sum(np.asarray(g, float) * direction[name]) for name, g in gradient.items()]
    sizes = [np.sum(np.abs(np.asarray(g, float) * direction[name])) for name, g in gradient.items()]
    return sum(terms), 1 + sum(sizes)


def gradient_of(program, point):
    names = tuple(point)
    value, parts = sd.value_and_grad(program.function, wrt=names)(**point)
    return value, dict(zip(names, parts, strict=True))


def wrong_value_or_gradient(program):
    expected = program.function(**program.point)
    value, gradient = gradient_of(program, program.point)
    if not abs(value - expected) <= 1e-9 * (1 + abs(expected)):
        return f"value {value!r}, right is {expected!r}"
    for name, part in gradient.items():
        if np.shape(part) != np.shape(program.point[name]):
            return f"the gradient by {name} has shape {np.shape(part)}"
    direction = directions(program)
    right, close = slope(program, program.point, direction)
    mine, scale = along(gradient, direction)
    return None if abs(mine - right) <= close * scale else f"slope {mine!r}, right is {right!r}"


def wrong_in_float32(program):
    narrow = {name: np.asarray(value, np.float32) for name, value in program.point.items()}
    given = {name: value[()] for name, value in narrow.items()}
    expected = program.function(**given)
    value, gradient = gradient_of(program, given)
    if np.asarray(value).dtype != np.asarray(expected).dtype:
        return f"dtype {np.asarray(value).dtype}, right is {np.asarray(expected).dtype}"
    if not abs(value - expected) <= CLOSE[np.float32] * (1 + abs(expected)):
        return f"value {value!r}, right is {expected!r}"
    if any(np.asarray(part).dtype != np.float32 for part in gradient.values()):
        return "the gradient is no float32"
    direction = directions(program)
    wide = {name: np.asarray(value, np.float64)[()] for name, value in narrow.items()}
    right, close = slope(program, wide, direction)
    mine, scale = along(gradient, direction)
    return None if abs(mine - right) <= max(close, CLOSE[np.float32]) * scale else f"slope {mine!r}, right is {right!r}"


def wrong_second_derivative(program):
    """Hessian times a vector, against a difference of slopes; and jvp against vjp."""
    direction, other = directions(program), directions(program, 1)
    names = tuple(program.point)
    f = program.function
    products = sd.hvp(f, wrt=names)(*program.point.values(), *direction.values())
    mine, scale = along(dict(zip(names, products, strict=True)), other)
    first = sd.jvp(f, wrt=names)(*program.point.values(), *direction.values())
    by_reverse, size = along(gradient_of(program, program.point)[1], direction)
    if not abs(first - by_reverse) <= CLOSE[np.float64] * size:
        return f"jvp {first!r}, by the gradient {by_reverse!r}"
    if not program.analytic:
        return None

    def central(h):
        ups, downs = (slope(program, moved(program.point, other, s), direction)[0] for s in (h, -h))
        return (ups - downs) / (2 * h)

    once, twice = (4 * central(H / 2) - central(H)) / 3, (4 * central(H / 4) - central(H / 2)) / 3
    right = (16 * twice - once) / 15
    close = max(BY_DIFFERENCES, 100 * abs(twice - once) / (1 + abs(twice)))
    return None if abs(mine - right) <= close * scale else f"second slope {mine!r}, right is {right!r}"


def wrong_elsewhere(program):
    """At a point of other signs and sizes: no rewrite may hold near the first point alone."""
    if not program.analytic:
        return None
    rng = np.random.default_rng(1)
    point = {n: np.asarray(rng.normal(size=np.shape(v)) * 2)[()] for n, v in program.point.items()}
    expected = program.function(**point)
    if not abs(expected) < 1e6:
        return None
    value, gradient = gradient_of(program, point)
    if not abs(value - expected) <= 1e-7 * (1 + abs(expected)):
        return f"value {value!r}, right is {expected!r}"
    direction = directions(program)
    right, _ = slope(program, point, direction)
    mine, scale = along(gradient, direction)
    if not abs(right) < 1e6 or np.isnan(mine) or abs(mine - right) <= 1e-6 * scale:
        return None  # out of range, or outside of a domain, nan is honest
    return f"slope {mine!r}, right is {right!r}"


def wrong_for_named_lengths(program):
    """One program for all lengths: refused, or the same numbers."""
    lengths = {}
    specs = {n: tuple(lengths.setdefault(size, f"n{size}") for size in np.shape(v)) for n, v in program.point.items()}
    try:
        made = sd.value_and_grad(program.function, wrt=tuple(specs), **specs)
        value, parts = made(**program.point)
    except SymdiffError:
        return None
    _, expected = gradient_of(program, program.point)
    right = program.function(**program.point)
    if not abs(value - right) <= 1e-9 * (1 + abs(right)):
        return f"value {value!r}, right is {right!r}"
    same = all(
        np.allclose(mine, theirs, rtol=1e-8, atol=1e-9 * (1 + np.max(np.abs(theirs))))
        for mine, theirs in zip(parts, expected.values(), strict=True)
    )
    return None if same else "gradient by named lengths is another"


def wrong_exactly(program):
    """``exact=True``: the same bits as the program's own."""
    made = sd.function(program.function, exact=True)
    value, expected = made(**program.point), program.function(**program.point)
    if not abs(value - expected) <= 1e-12 * (1 + abs(expected)):
        return f"value {value!r}, right is {expected!r}"
    return None


def wrong_file(program, directory):
    """The saved file computes what the function does."""
    names = tuple(program.point)
    given = {n: v if np.ndim(v) else float(v) for n, v in program.point.items()}
    made = sd.value_and_grad(program.function, wrt=names)
    value, parts = made(**given)
    path = directory / "saved.py"
    made.save(path, force=True)
    value_again, parts_again = runpy.run_path(str(path))["value_and_grad"](*given.values())
    same = np.array_equal(value, value_again) and all(map(np.array_equal, parts, parts_again))
    return None if same else "the saved file computes something else"


def fault(program: Program, judge) -> str | None:
    """What is wrong, in words."""
    try:
        return judge(program)
    except Exception as error:  # whatever it is: nothing may be raised where NumPy computes
        return f"{type(error).__name__}: {error}"


def shown(program, judge):
    """The failure, and the least program that has one of its kind."""
    kind = fault(program, judge).split()[0]  # "slope", "TypeError:"
    least = reduced(program, lambda candidate: (fault(candidate, judge) or "fine").split()[0] == kind)
    return f"{fault(least, judge)}\n\n{least.shown()}\n\nof the program\n\n{program.shown()}"


EVERY = {  # one in so many programs is judged so, beginning with which
    wrong_value_or_gradient: (1, 0), wrong_elsewhere: (3, 1), wrong_for_named_lengths: (6, 2), wrong_in_float32: (8, 4),
    wrong_second_derivative: (10, 9), wrong_exactly: (15, 3),
}  # fmt: skip


def judges(k, directory):
    yield from (judge for judge, (period, first) in EVERY.items() if k % period == first)
    if k % 20 == 10:
        yield lambda program: wrong_file(program, directory)


def test_random_programs(budget, tmp_path):
    seed, programs = budget
    for k in range(programs):
        program = natural_program(np.random.default_rng([seed, k]))
        for judge in judges(k, tmp_path):
            if fault(program, judge) is not None:
                pytest.fail(f"program {k} of seed {seed}: {shown(program, judge)}", pytrace=False)
