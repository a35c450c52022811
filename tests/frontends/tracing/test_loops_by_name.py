"""Loops and branches by name: on arrays they are plain Python, in a traced function one loop, with the same values."""

from typing import NamedTuple

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, ShapeError, SymdiffError, UnsupportedError

RNG = np.random.default_rng(0)
V, A = RNG.normal(size=12), RNG.normal(size=(3, 3)) / 3


class State(NamedTuple):
    position: object
    speed: object


def recurrence(a, xs):
    last, path = sd.scan(lambda h, x: (np.tanh(a * h + x), h * x), 0.3, xs)
    return last + np.sum(path**2)


def backwards(a, xs):
    last, path = sd.scan(lambda h, x: (a * h + np.sin(x), h), 0.3, xs, reverse=True)
    return last * path[2] + np.sum(path)


def containers(a, xs):
    def step(carry, x):
        (p, q), d = carry
        return ((q + x["u"], p * a), {"s": d["s"] * 0.5 + x["v"][0] * p}), (p, {"q": q * q})

    (pair, d), (ps, qs) = sd.scan(step, ((0.1, 1), {"s": 0}), {"u": xs, "v": [xs**2]})
    return pair[0] * d["s"] + np.sum(ps * qs["q"])


def named_tuples(a, xs):
    def step(s, x):
        return State(s.position + 0.1 * s.speed, s.speed - a * 0.1 * np.sin(s.position) + x), None

    last, nothing = sd.scan(step, State(0.2, 0.0), xs)
    assert nothing is None
    return last.position**2 + last.speed


def matrices(a, xs):
    def step(h, x):
        h = np.tanh(A @ h * a + x)
        return h, h[0] * h[1]

    last, left = sd.scan(step, np.zeros(3), np.reshape(xs, (4, 3)))
    return np.sum(last) + np.sum(left)


def written_into(a, xs):
    def step(h, x):
        h[1:] = h[:-1] * a
        h[0] = x
        return h, h

    last, left = sd.scan(step, np.ones(3), xs)
    return np.sum(last**2) + np.sum(left[3] * left[4])


def counted(a, xs):
    return sd.fori_loop(2, 14, lambda i, h: np.sin(a * h) + xs[i - 2] / i, 0.1)


def counted_to_what_is_computed(a, xs):
    return sd.fori_loop(0, np.sum(xs > 0).astype(int), lambda i, h: np.sin(a * h) + h, 0.4)


def until(a, xs):
    c = np.sum(xs**2)
    return sd.while_loop(lambda s: abs(s * s - c * a) > 1e-13 * c, lambda s: 0.5 * (s + c * a / s), c)


def until_of_two(a, xs):
    x, n = sd.while_loop(lambda s: (s[1] < 20) & (np.max(s[0]) < 9), lambda s: (s[0] * (1 + a * a), s[1] + 1), (xs, 0))
    return np.sum(x) * n


def nested(a, xs):
    def row(h, x):
        inner = sd.fori_loop(0, 10, lambda j, s: np.cos(s * a + x), h)
        return inner, inner * h

    last, left = sd.scan(row, 0.5, xs)
    return last + np.sum(left)


def branching(a, xs):
    def step(h, x):
        return sd.branch(h > x, lambda t: (np.sin(t - x) * a, t), lambda t: (x * x - t, a * t), h)

    last, left = sd.scan(step, 1.0, xs)
    return last + np.sum(left)


def conditions_in_steps(a, xs):
    def step(h, x):
        if x > 0:
            h = h * a + x
        elif h > 1:
            h = h - a
        return h, max(h, x)

    last, left = sd.scan(step, 1.0, xs)
    return last + np.sum(left)


PROGRAMS = [
    recurrence, backwards, containers, named_tuples, matrices, written_into, counted, counted_to_what_is_computed, until,
    until_of_two, nested, branching, conditions_in_steps,
]  # fmt: skip


def slope(f, x, d, h=2e-3):
    """The derivative along d by Richardson's extrapolation of central differences."""
    rows = [[(f(x + s * d) - f(x - s * d)) / (2 * s) for s in (h / 2**k for k in range(5))]]
    for j in range(1, 5):
        rows.append([(4**j * b - a) / (4**j - 1) for a, b in zip(rows[-1], rows[-1][1:], strict=False)])
    return rows[-1][0]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_value_is_that_of_the_plain_run(f):
    plain = f(0.7, V)
    assert np.float64(sd.function(f, exact=True)(0.7, V)) == np.float64(plain)  # bit for bit
    np.testing.assert_allclose(sd.function(f)(0.7, V), plain, rtol=1e-14)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives_are_those_of_the_plain_run(f):
    along = RNG.normal(size=12)
    da, dv = sd.grad(f, (0, 1))(0.7, V)
    np.testing.assert_allclose(da, slope(lambda a: f(a, V), 0.7, 1.0), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(dv @ along, slope(lambda v: f(0.7, v), V, along), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(sd.jvp(f, 1)(0.7, V, along), dv @ along, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(sd.jacobian(f, 1)(0.7, V), dv, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_second_derivatives(f):
    g = sd.grad(f, 0)
    np.testing.assert_allclose(sd.hessian(f, 0)(0.7, V), slope(lambda a: g(a, V), 0.7, 1.0), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_loop_by_name_is_a_loop_in_the_source(f):
    source = sd.value_and_grad(f, (0, 1)).at(0.7, V).source
    assert "    for " in source or "    while " in source


def test_float32_stays_float32():
    xs = V.astype(np.float32)

    def f(a, xs):
        return sd.scan(lambda h, x: (a * h + x, 2 * h), 1.0, xs)

    for a, b in zip(f(np.float32(0.5), xs), sd.function(f)(np.float32(0.5), xs), strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype == np.float32
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_loops_of_few_steps(n):
    def f(a, xs):
        last, path = sd.scan(lambda h, x: (a * h + x, (h, x * np.ones(2))), 1.0, xs)
        return last, path

    plain, made = f(0.5, V[:n]), sd.function(f)(0.5, V[:n])
    for x, y in zip((plain[0], *plain[1]), (made[0], *made[1]), strict=True):
        np.testing.assert_array_equal(x, y, strict=True)
    assert sd.grad(lambda a, xs: sd.scan(lambda h, x: (a * h, h), 1.0, xs)[0])(0.5, V[:n]) == n * 0.5 ** (n - 1)


def test_one_program_for_every_length():
    f = sd.value_and_grad(sd.function(recurrence, a=(), xs="n"), "a")
    for n in (1, 3, 12):
        value, gradient = f(0.7, V[:n])
        assert value == recurrence(0.7, V[:n])
        np.testing.assert_allclose(gradient, slope(lambda a, n=n: recurrence(a, V[:n]), 0.7, 1.0), rtol=1e-9)


def test_a_step_changes_nothing_of_others():
    start = np.ones(3)
    last, path = sd.scan(lambda h, x: (h.__imul__(x), h), start, np.array([2.0, 3.0]))
    assert start.tolist() == [1, 1, 1]
    assert last.tolist() == [6, 6, 6]
    assert path.tolist() == [[2, 2, 2], [6, 6, 6]]


def test_errors_of_a_step_are_raised_by_the_derivative():
    def f(a, xs):
        def step(h, x):
            if x > 2:
                raise ValueError("too large")
            return h * a, None

        return sd.scan(step, 1.0, xs)[0]

    g = sd.grad(f)
    assert g(2.0, np.ones(3)) == 12.0
    with pytest.raises(ValueError, match="too large"):
        g(2.0, np.array([1.0, 3.0, 1.0]))


def draws(h, x):
    return h + np.random.default_rng().normal() * x, None


SEEN = []


def notes(h, x):
    SEEN.append(x)
    return h + x, None


REFUSED = {
    "another_shape": (lambda x: sd.scan(lambda h, t: (np.append(h, t), None), np.zeros(1), x), ShapeError),
    "another_dtype": (lambda x: sd.scan(lambda h, t: (h + t, None), np.zeros((), int), x), DTypeError),
    "other_containers": (lambda x: sd.scan(lambda h, t: ([h[0], t], None), (0.0, 1.0), x), ArgumentError),
    "a_key_less": (lambda x: sd.scan(lambda h, t: ({"a": t}, None), {"a": 0.0, "b": 1.0}, x), ArgumentError),
    "one_result": (lambda x: sd.scan(lambda h, t: h + t, 0.0, x), ArgumentError),
    "no_length": (lambda x: sd.scan(lambda h, t: (h + x[0], t), 0.0), ArgumentError),
    "two_lengths": (lambda x: sd.scan(lambda h, t: (h + t[0], None), 0.0, (x, x[1:])), ShapeError),
    "length_of_another": (lambda x: sd.scan(lambda h, t: (h + t, None), 0.0, x, length=4), ShapeError),
    "length_that_is_no_number": (lambda x: sd.scan(lambda h, t: (h + x[0], t), 0.0, length=1.5), ArgumentError),
    "negative_length": (lambda x: sd.scan(lambda h, t: (h + x[0], t), 0.0, length=-1), ArgumentError),
    "xs_that_are_numbers": (lambda x: sd.scan(lambda h, t: (h + t, None), 0.0, [1.0, x[0]]), ShapeError),
    "while_of_an_array": (lambda x: sd.while_loop(lambda h: h > 0, lambda h: h - 1, x), ShapeError),
    "while_that_changes_a_shape": (lambda x: sd.while_loop(lambda h: h[0] < 3, lambda h: h[:1] + 1, x), ShapeError),
    "for_up_to_a_float": (lambda x: sd.fori_loop(0, 3 * x[0], lambda i, h: h + x[0], 0.0), ArgumentError),
    "branches_of_two_shapes": (lambda x: sd.branch(x[0] < 9, lambda: x, lambda: x[0]), ShapeError),
    "branch_on_an_array": (lambda x: sd.branch(x < 9, lambda: x, lambda: x), ShapeError),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_on_arrays_too(case):
    f, kind = REFUSED[case]
    x = np.arange(1.0, 4.0)
    assert type(refusal(f, x)) is kind
    if case != "branches_of_two_shapes":  # one side alone has one shape
        with pytest.raises(SymdiffError) as plain:
            f(x)
        assert type(plain.value) is kind


def refusal(f, x):
    with pytest.raises(SymdiffError) as traced:
        sd.function(lambda x: f(x)).at(x)
    return traced.value


def test_what_refusals_say(golden):
    errors = {case: refusal(f, np.arange(1.0, 4.0)) for case, (f, _) in REFUSED.items()}
    golden(
        "control_flow/by_name_errors.txt",
        "\n\n".join(f"{case}\n{e.message}\nhelp: {e.help}" for case, e in errors.items()),
    )


def test_a_condition_that_never_changes_is_refused():
    with pytest.raises(ArgumentError, match="whatever is carried"):
        sd.grad(lambda x: sd.while_loop(lambda h: True, lambda h: h * x, x))(2.0)


@pytest.mark.parametrize("step", [draws, notes])
def test_what_is_not_the_same_in_each_step_is_refused(step):
    with pytest.raises(UnsupportedError, match="stands for all steps"):
        sd.grad(lambda x: sd.scan(step, 0.0, x)[0])(V)


def test_a_step_that_writes_into_the_array_of_another_is_refused():
    def f(x):
        out = np.zeros(3)

        def step(h, t):
            out[0] = h
            return h + t, None

        return sd.scan(step, 0.0, x)[0] + out[0]

    with pytest.raises(UnsupportedError, match="not its own"):
        sd.grad(f)(V)
