"""Selections nested in each other around singular functions: what is not selected contributes nothing, at any depth.

A random program is a chain of one-argument steps, judged by numbers that carry two derivatives and take the branch that
NumPy takes: a part with derivative zero stays zero, whatever is multiplied with it. Between the steps elements change
their places, are left out or doubled. At the point 1 many derivatives are 0 by chance: they select nothing.

``pytest tests/fuzz/test_selections.py --programs 10000 --seed 3`` takes its time.
"""

import numpy as np
import pytest

import symdiff as sd

POINTS = (-1.0, -0.3, 0.0, 0.2, 0.7, 1.0, 1.3, 2.6, 5.0, 800.0)
DEPTH = 4
UNKNOWN = (np.nan,) * 4
ROUNDING = 64 * np.finfo(float).eps


def unary(f, first, second, terms=None):
    """A step of the reference: Taylor coefficients (value, slope, curvature) through f, and how large the slope is if
    no terms cancel, which is 0 only where nothing comes through; `terms` is the derivative with all its terms positive."""

    def step(value, slope, curvature, size):
        value = np.float64(value)
        if size == 0:  # not even 0 * inf; where slope and curvature alone are 0, they are so by chance
            return f(value), 0.0, 0.0, 0.0
        size = max(abs((terms or first)(value)) * size, np.finfo(float).tiny)
        a, b = first(value), second(value)
        return f(value), a * slope, b * slope**2 + a * curvature, size

    return step


def chosen(inside, other):
    """A step that lets through what is inside, and is a constant elsewhere."""
    return lambda v, *rest: (v, *rest) if inside(v) else (other(v), 0.0, 0.0, 0.0)


def between(low, high):
    """A step that lets through what lies between, and half of the derivative at either bound."""

    def step(value, *rest):
        share = 1.0 if low < value < high else 0.5 if value in (low, high) else 0.0
        return min(max(value, low), high), *(share * x if share else 0.0 for x in rest)

    return step


def assigned(a):
    b = np.full_like(a, 0.4)
    b[a > 0.4] = a[a > 0.4]
    return b


SINGULAR = {
    "sqrt": (np.sqrt, unary(np.sqrt, lambda v: 0.5 / np.sqrt(v), lambda v: -0.25 * v**-1.5)),
    "log": (np.log, unary(np.log, lambda v: 1 / v, lambda v: -1 / v**2)),
    "reciprocal": (lambda a: 1 / a, unary(lambda v: 1 / v, lambda v: -1 / v**2, lambda v: 2 / v**3)),
    "power": (lambda a: a**0.3, unary(lambda v: v**0.3, lambda v: 0.3 * v**-0.7, lambda v: -0.21 * v**-1.7)),
    "entropy": (
        lambda a: np.log(a) * a,
        unary(lambda v: np.log(v) * v, lambda v: np.log(v) + 1, lambda v: 1 / v, lambda v: abs(np.log(v)) + 1),
    ),
    "growth": (
        lambda a: np.exp(a) * a,
        unary(
            lambda v: np.exp(v) * v,
            lambda v: np.exp(v) * (v + 1),
            lambda v: np.exp(v) * (v + 2),
            lambda v: np.exp(v) * (abs(v) + 1),
        ),
    ),
    "bell": (
        lambda a: np.sqrt(a) * np.exp(-a),
        unary(
            lambda v: np.sqrt(v) * np.exp(-v),
            lambda v: np.exp(-v) * (0.5 / np.sqrt(v) - np.sqrt(v)),
            lambda v: np.exp(-v) * (np.sqrt(v) - 1 / np.sqrt(v) - 0.25 * v**-1.5),
            lambda v: np.exp(-v) * (0.5 / np.sqrt(v) + np.sqrt(v)),
        ),
    ),
}
SMOOTH = {
    "shift": (lambda a: a + 0.1, unary(lambda v: v + 0.1, lambda v: 1.0, lambda v: 0.0)),
    "twice": (lambda a: 2 * a, unary(lambda v: 2 * v, lambda v: 2.0, lambda v: 0.0)),
    "residual": (
        lambda a: (a - 1) ** 2,
        unary(lambda v: (v - 1) ** 2, lambda v: 2 * (v - 1), lambda v: 2.0, lambda v: 2 * abs(v) + 2),
    ),
    "square": (lambda a: a * a, unary(lambda v: v * v, lambda v: 2 * v, lambda v: 2.0)),
}
SELECTING = {
    "relu": (lambda a: np.maximum(a, 0), chosen(lambda v: v > 0, lambda v: 0.0)),
    "larger": (lambda a: np.maximum(0.35, a), between(0.35, np.inf)),
    "smaller": (lambda a: np.minimum(a, 1.9), between(-np.inf, 1.9)),
    "fmax": (lambda a: np.fmax(a, 0.05), between(0.05, np.inf)),
    "clip": (lambda a: np.clip(a, 0, 4), between(0.0, 4.0)),
    "where": (lambda a: np.where(a > 0, a, 0), chosen(lambda v: v > 0, lambda v: 0.0)),
    "other side": (lambda a: np.where(a < 1.1, 1.0, a), chosen(lambda v: v >= 1.1, lambda v: 1.0)),
    "select": (
        lambda a: np.select([a > 0.6, a > 0], [a, 0.2], 0.0),
        chosen(lambda v: v > 0.6, lambda v: 0.2 * (v > 0)),
    ),
    "assigned": (assigned, chosen(lambda v: v > 0.4, lambda v: 0.4)),
}
STEPS = {**SINGULAR, **SMOOTH, **SELECTING}
MOVING = {  # the elements that are left, by their positions
    "rest": (lambda a: a[1:], lambda k: k[1:]),
    "backwards": (lambda a: a[::-2], lambda k: k[::-2]),
    "flip": (np.flip, np.flip),
    "roll": (lambda a: np.roll(a, 1), lambda k: np.roll(k, 1)),
    "picked": (lambda a: a[np.array([0, -1, 0])], lambda k: k[np.array([0, -1, 0])]),
    "triangle": (lambda a: np.tril(np.stack([a, a]))[1, :2], lambda k: k[:2]),
    "some": (lambda a: np.compress(np.arange(len(a)) % 2, a), lambda k: k[1::2]),
    "sorted": (lambda a: np.concatenate([a[2:], a[:2]]), lambda k: np.concatenate([k[2:], k[:2]])),
}


def random_chain(rng):
    """A selection, then singular and selecting steps in turn, with smooth and moving ones between them."""
    chain, left = [], np.arange(len(POINTS))
    for _ in range(rng.integers(1, DEPTH + 1)):
        for group, often in ((SELECTING, 0.8), (SMOOTH, 0.4), (MOVING, 0.3), (SINGULAR, 0.8), (MOVING, 0.3)):
            name = str(rng.choice(sorted(group)))
            if rng.random() < often and (group is not MOVING or len(left) > 3):
                left = MOVING[name][1](left) if group is MOVING else left
                chain.append(name)
    return chain


def program(chain):
    def f(x):
        for name in chain:
            x = (MOVING[name] if name in MOVING else STEPS[name])[0](x)
        return np.sum(x)

    return f


def reference(chain, x):
    """Slope, curvature and size of an element, in those that are left; not finite where one is singular."""
    positions, points = np.arange(len(x)), [(np.float64(p), 1.0, 0.0, 1.0) for p in x]
    for name in chain:
        if name in MOVING:
            left = MOVING[name][1](np.arange(len(positions)))
            positions, points = positions[left], [points[k] for k in left]
        else:
            points = [STEPS[name][1](*point) if np.isfinite(point[0]) else UNKNOWN for point in points]
    found = np.zeros((len(x), 3))
    known = [point[1:] if np.isfinite(point[0]) else UNKNOWN[1:] for point in points]
    np.add.at(found, positions, np.array(known).reshape(-1, 3))
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nested_selections(budget):
    seed, programs = budget
    x, ones = np.array(POINTS), np.ones(len(POINTS))
    for k in range(programs):
        chain = random_chain(np.random.default_rng([seed, k]))
        f = program(chain)
        with np.errstate(all="ignore"):
            *expected, sizes = reference(chain, x).T
            expected = np.array(expected).T
            slope = sd.grad(f)(x)
            curvatures = {"reverse": sd.grad(lambda x, f=f: np.sum(sd.grad(f)(x)))(x), "hvp": sd.hvp(f)(x, ones)}
            forward = sd.jvp(f)(x, np.where(np.isfinite(expected[:, 0]), ones, 0))
        known = np.isfinite(expected).all(axis=1)
        np.testing.assert_allclose(slope[known], expected[known, 0], rtol=1e-8, atol=1e-11, err_msg=str(chain))
        for how, found in curvatures.items():
            np.testing.assert_allclose(
                found[known], expected[known, 1], rtol=1e-7, atol=1e-9, err_msg=f"{how}: {chain}"
            )
        if known.all():
            floor = ROUNDING * np.abs(sizes).sum()
            np.testing.assert_allclose(
                forward, expected[:, 0].sum(), rtol=1e-8, atol=floor, err_msg=f"forward: {chain}"
            )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("outer", ["where", "if", "none"])
def test_nested_selections_of_a_number(budget, outer):
    """A number decides for all, and what is computed on a side is what is computed alone."""
    seed, programs = budget
    for k in range(programs // 4):
        chain = [name for name in random_chain(np.random.default_rng([seed, k, 1])) if name not in MOVING]
        if {"assigned", "select"} & {*chain}:
            continue  # made of arrays
        alone = program(chain)
        sides = {
            "where": lambda x, f=alone: np.where(x > -5, f(x), 1.0),
            "if": lambda x, f=alone: f(x) if x > -5 else 1.0,
            "none": alone,
        }
        for x in POINTS:
            with np.errstate(all="ignore"):
                [[*expected, _]] = reference(chain, np.array([x]))
                if np.isfinite(expected).all():
                    found = [sd.grad(sides[outer])(x), sd.hessian(sides[outer])(x)]
                    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9, err_msg=f"{chain} at {x}")
