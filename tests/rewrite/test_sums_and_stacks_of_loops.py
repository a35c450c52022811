"""Rules of loops for sums and stacks: values are the same, and steps do no more than the state needs."""

import numpy as np
import pytest

import symdiff as sd


def biased(W, b, c, x):
    h = np.zeros(3)
    for t in range(len(x)):
        h = np.tanh(c - W @ h + x[t] * x[t] + b)
    return h @ h


def free_only(W, b, c, x):
    s = np.zeros(3)
    for t in range(len(x)):
        s = (b + W @ s) - x[t] - c
    return s @ s


def all_taken_away(W, b, c, x):
    s = np.ones(3)
    for t in range(len(x)):
        s = -(W @ s) - x[t] - c
    return s @ s + np.sum(b)


def shared_sum(W, b, c, x):  # the free part is read elsewhere, too
    s, total = np.zeros(3), 0.0
    for t in range(len(x)):
        u = x[t] + b
        s = np.sin(W @ s + u + c)
        total = total + u @ s
    return total


def products_kept(W, b, c, x):
    s = b
    for t in range(len(x)):
        y = np.sin(W @ s)
        z = y * x[t]
        s = np.cos(z) * y - 2 * y + c
    return s @ s


PROGRAMS = (biased, free_only, all_taken_away, shared_sum, products_kept)


def arguments(seed):
    rng = np.random.default_rng(seed)
    return 0.5 * rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(15, 3))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_derivatives_are_those_of_the_steps_one_by_one(f):
    given = arguments(0)
    value, found = sd.value_and_grad(f, wrt=(0, 1, 2, 3))(*given)
    expected, slopes = sd.value_and_grad(f, wrt=(0, 1, 2, 3), loops="unroll")(*given)
    assert value == pytest.approx(f(*given), rel=1e-12)
    assert expected == pytest.approx(value, rel=1e-12)
    for a, b in zip(found, slopes, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("f", [biased, free_only], ids=lambda f: f.__name__)
def test_a_step_adds_one_thing_to_what_depends_on_the_state(f):
    source = sd.value_and_grad(f, wrt=(0, 1, 2)).at(*arguments(0)).source
    forward = source.split("# backward")[0].split("for t in")[1]
    inside = [line.partition("  #")[0] for line in forward.splitlines()[1:] if line.startswith(" " * 8)]
    assert sum(line.count(" + ") + line.count(" - ") for line in inside) == 1
    assert not any(name in "".join(inside) for name in ("b", "c "))


def test_exact_keeps_the_order_of_sums():
    given = arguments(1)
    for f in PROGRAMS:
        assert sd.function(f, exact=True)(*given) == f(*given)


def test_of_gates_that_are_parts_of_one_array_that_array_is_kept():
    def gates(W, x):
        h = np.zeros(4)
        for t in range(len(x)):
            z = np.tanh(W @ h + x[t])
            h = z[:4] * z[4:] + h * z[4:]
        return h @ h

    source = sd.value_and_grad(gates).at(np.ones((8, 4)), np.ones((15, 8))).source
    kept = [line for line in source.split("# backward")[0].splitlines() if "np.empty" in line]
    assert len(kept) == 2  # z, and h, of which the sums of products are made


def test_one_of_two_states_that_end_alike_is_the_other():
    def f(x):
        u, new = x, x
        for _ in range(12):
            new = np.sin(u) + 0.1 * u
            u = new
        return new @ u

    source = sd.value_and_grad(f).at(np.ones(3)).source
    assert source.count("np.sin") == 1
    step = source.split("for ")[1].split("value")[0]
    assert len([line for line in step.splitlines() if line.startswith(" " * 8)]) == 2  # what is kept, and the next
