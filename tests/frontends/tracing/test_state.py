"""Functions whose loops and branches change what others know: objects, lists, dicts. Right, or refused; never wrong."""

import math

import numpy as np
import pytest

import symdiff as sd


def variation(x):
    prev = None
    tv = 0.0
    for v in x:
        if prev is not None:
            tv += abs(v - prev)
        prev = v
    return tv


def largest(x):
    best = None
    for v in x:
        if best is None or v > best:
            best = v
    return best**2


class Plain:
    pass


def attribute(x):
    s = Plain()
    s.v = x[0]
    if s.v > 1:
        s.v = s.v - 1
    return s.v


def attribute_in_a_loop(x):
    a = Plain()
    a.v = 0.0
    for i in x:
        a.v = 0.5 * a.v + i
        if a.v > 1:
            a.v = 1 + 0 * i
    return a.v


def _update(d, x):
    if x > 1:
        d["v"] = x * x


def dict_of_the_caller(x):
    d = {"v": x[0]}
    _update(d, x[0])
    return d["v"]


def _keep_larger(b, v):
    if v > b[0]:
        b[0] = v


def list_of_the_caller(x):
    best = [0.0]
    for v in x:
        _keep_larger(best, v)
    return best[0]


def closure_that_appends(x):
    out = []

    def push(v):
        out.append(v)

    for v in x:
        if v > 0:
            push(v)
        else:
            push(2 * v)
    return sum(out)


class Doubling:
    def __init__(self):
        self.k = 2.0

    def act(self, i):
        if i > 1:
            return self.k * i
        return i


def method_that_branches(x):
    t = Doubling()
    return t.act(x[0])


class Smoothing:
    def __init__(self):
        self.v = 0.0

    def step(self, i):
        self.v = 0.5 * self.v + i


def object_with_state(x):
    a = Smoothing()
    for i in x:
        a.step(i)
    return a.v


def broken_off(x):
    t = 0.0
    for v in x:
        if v > 1:
            break
        t += v
    return t


def newton_of_eight_steps(x):
    a = x[0] ** 2 + 1
    x = a
    for _ in range(8):
        dx = (x * x - a) / (2 * x)
        x -= dx
        if abs(dx) < 1e-10:
            break
    return x


def integer_state(x):
    n = int(x[0])
    s = 0.0
    for _ in range(12):
        n = n + 1
        s += x[1] / n
    return s


def dict_that_grows(x):
    d = {}
    for i, v in enumerate(x):
        if v > 0:
            d[i] = v
    return sum(d.values())


def list_with_two_names(x):
    sums = [0.0, 0.0]
    other = sums
    for v in x:
        sums[0] = sums[0] + v * v
        sums[1] = sums[1] + other[0]
    return other[0] * other[1]


def _add_squares(sums, x):
    for v in x:
        sums[0] = sums[0] + v * v


def list_that_a_helper_fills(x):
    sums = [0.0]
    _add_squares(sums, x)
    return sums[0]


def dict_with_two_names(x):
    sums = {"s": 0.0}
    other = sums
    for v in x:
        sums["s"] = sums["s"] + v * v
    return other["s"]


def list_that_is_bound_anew(x):
    last = [0.0]
    first = last
    for v in x:
        last[0] = last[0] + v
        last = [v]
    return first[0] * last[0]


def list_under_a_name_of_the_step(x):
    sums = [0.0]
    for v in x:
        here = sums
        here[0] = here[0] + v * v
    return sums[0]


def list_that_is_swapped(x):
    pair = [0.5, 1.0]
    for v in x:
        pair[0], pair[1] = pair[1], 0.5 * pair[0] + v
    return pair[0] * pair[1]


def tolerant(x):
    return x[0] ** 2 if math.isclose(1.0, 1.1, rel_tol=0.5) else x[0]


def handled_logarithm(x):
    try:
        return math.log(x[0])
    except ValueError:
        return -1.0


def handled_division(x):
    try:
        return 1 / x[0]
    except ZeroDivisionError:
        return 0.0 * x[0]


FOLLOWED = (
    variation, largest, dict_of_the_caller, list_of_the_caller, method_that_branches, object_with_state, broken_off,
    newton_of_eight_steps, integer_state, list_with_two_names, list_that_a_helper_fills, dict_with_two_names,
    list_that_is_bound_anew, list_under_a_name_of_the_step, list_that_is_swapped, tolerant, attribute,
    attribute_in_a_loop, closure_that_appends, handled_logarithm, handled_division,
)  # fmt: skip
REFUSED = (
    dict_that_grows,
)  # fmt: skip


@pytest.mark.parametrize("n", [2, 5, 12])
@pytest.mark.parametrize("f", FOLLOWED, ids=lambda f: f.__name__)
def test_state_is_carried(f, n):
    g = sd.value_and_grad(f)
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=n) * 2 + 0.5
        value, gradient = g(x)
        np.testing.assert_allclose(value, f(x), rtol=1e-12)
        near = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(n)]
        np.testing.assert_allclose(gradient, near, atol=1e-5)


@pytest.mark.parametrize("n", [2, 12])
@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_what_cannot_be_carried_is_refused(f, n):
    with pytest.raises(sd.errors.SymdiffError):
        sd.value_and_grad(f)(np.linspace(-1.0, 2.0, n) + 0.3)
