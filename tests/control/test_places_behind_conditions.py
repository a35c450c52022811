"""What a condition keeps inside of an array is inside of it on the way back, too."""

from collections import defaultdict

import numpy as np
import pytest

import symdiff as sd

N = 12


def looked_at_first(x, k):
    if k < len(x) and x[k] < 2:
        return x[k] ** 2
    return x[0]


def behind_or(x, k):
    if k >= len(x) or x[k] > 2:
        return x[0] * 2
    return x[k] ** 2


def shifted(x, k):
    s = 0.0
    for i in range(N):
        if i + k < N:
            s += x[i + k] ** 2
        s = s * 0.9
    return s


def written(x, k):
    y = np.zeros(N)
    for i in range(N):
        if i + k < N:
            y[i + k] = x[i] * y[i] + x[i + k]
    return np.sum(y**2)


def in_loops(x, k):
    s = 0.0
    for i in range(N):
        for j in range(i, N):
            if j + k < N and x[j + k] > x[i]:
                s += x[j + k] * x[i]
        s = s * 0.9
    return s


def left_out(x, k):
    return sum([x[i + k] * i for i in range(0, 2 * N, 2) if i + k < N])


def until_the_end(x, k):
    j, s = k, 0.0
    while j < len(x) and x[j] < 2:
        s = s + x[j] ** 2
        j += 1
    return s


def until_the_front(x, k):
    i, s = len(x) - 1 - k % N, 0.0
    while i >= 0 and (x[i] > 0.3 or i % 2 == 0):
        s += x[i] ** 3
        i -= 1
    return s


def unless_at_the_end(x, k):
    i, s = k, 0.0
    while not (i >= len(x) or x[i] > 3):
        s += x[i] ** 3
        i += 1
    return s


def loops_in_a_loop(x, k):
    s = 0.0
    for i in range(N):
        j = i
        while j + 1 < len(x) and x[j + 1] * k > x[i]:
            j += 1
            s += x[j] * x[i]
    return s


def sorted_by_hand(x, k):
    y = x.copy()
    for i in range(1, len(x)):
        key, j = y[i], i - 1
        while j >= 0 and y[j] > key:
            y[j + 1] = y[j]
            j -= 1
        y[j + 1] = key
    return np.sum(y * np.arange(len(x)) ** (k % 3))


PROGRAMS = (
    looked_at_first, behind_or, shifted, written, in_loops, left_out, until_the_end, until_the_front, unless_at_the_end,
    loops_in_a_loop, sorted_by_hand,
)  # fmt: skip
X = np.random.default_rng(3).uniform(0.1, 0.9, N)


def differences(f, x, *args):
    return np.array([(f(x + e, *args) - f(x - e, *args)) / 2e-6 for e in 1e-6 * np.eye(len(x))])


@pytest.mark.parametrize("place", [0, 3, N - 1, N, 2 * N])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_place_that_is_not_asked_for_need_not_exist(f, place):
    value, gradient = sd.value_and_grad(f)(X, np.int64(place))
    assert np.isclose(value, f(X, place), rtol=1e-12)
    np.testing.assert_allclose(gradient, differences(f, X, place), atol=1e-7)


@pytest.mark.parametrize("f", [shifted, written, in_loops, left_out], ids=lambda f: f.__name__)
def test_steps_that_are_written_out_ask_for_the_same_places(f):
    kept, unrolled = (sd.grad(f, loops=loops)(X, np.int64(5)) for loops in ("keep", "unroll"))
    np.testing.assert_allclose(kept, unrolled, rtol=1e-12)


def as_many_as_there_are(x):
    out = np.zeros(N)
    for i in range(N):
        s = 0.0
        j = i
        while j < N and x[j] < 3:
            s = s + x[j] * x[i] ** 2
            j += 1
        out[i] = s
    return out


def test_items_that_take_no_step_read_nothing():
    jacobian = sd.jacobian(as_many_as_there_are)(X)
    by_differences = [(as_many_as_there_are(X + e) - as_many_as_there_are(X - e)) / 2e-6 for e in 1e-6 * np.eye(N)]
    np.testing.assert_allclose(jacobian, np.transpose(by_differences), atol=1e-7)


def test_places_that_counters_keep_inside_are_read_as_they_are():
    def peaks(x):
        s = 0.0
        for i in range(1, N - 1):
            if x[i] > x[i - 1] and x[i] > x[i + 1]:
                s += x[i]
        return s

    assert "for " not in sd.grad(peaks).at(X).source


def test_what_is_asked_behind_a_question_is_not_computed_before_it():
    def f(x, scale):
        a = scale
        if scale > 0.05 and np.linalg.cholesky(scale * np.eye(2))[1, 1] < 1.3:
            a = np.linalg.cholesky(scale * np.eye(2))[1, 1]
            if a > 0.05:
                a = x[int(3 * a)]
        return a

    gradient = sd.grad(f)
    np.testing.assert_array_equal(gradient(X, -0.2), np.zeros(N))  # which has no factor
    np.testing.assert_array_equal(gradient(X, 0.2), np.eye(N)[1])


def test_a_dict_that_one_side_fills_is_refused_with_the_key_to_give_it():
    def f(x, k):
        found = defaultdict(float)
        if x[0] > 0:
            found["high"] += x[k]
        return found["high"]

    with pytest.raises(sd.errors.UnsupportedError, match=r"d\['high'\] = 0.0"):
        sd.grad(f)(X, 1)


def inverse(x, A):
    s = x
    for _ in range(N):
        s = s + np.linalg.inv(A)[0, 0] if s > 5 else s * 1.01
    return s


def inverse_in_a_loop(x, A):
    s = x
    for _ in range(N):
        if s > 5:
            for k in range(N):
                s = s + np.linalg.inv(A)[0, 0] * k
        else:
            s = s * 1.01
    return s


def inverse_while(x, A):
    s, t = x, x - x
    while t < N:
        s = s + np.linalg.inv(A)[0, 0] if s > 5 else s * 1.01
        t += 1
    return s


def solution(x, A):
    s = x
    for _ in range(N):
        s = s + np.linalg.solve(A * np.abs(s), np.ones(2) * s)[0] if s > 5 else s * 1.01
    return s


@pytest.mark.parametrize("f", [inverse, inverse_in_a_loop, inverse_while, solution], ids=lambda f: f.__name__)
def test_what_fails_is_computed_only_where_a_step_asks_for_it(f):
    singular, regular = np.zeros((2, 2)), np.array([[2.0, 1.0], [1.0, 3.0]])
    made = sd.value_and_grad(f, wrt=(0, 1))
    value, (d_x, d_a) = made(2.0, singular)
    assert (value, np.any(d_a)) == (f(2.0, singular), False)
    assert d_x == pytest.approx(1.01**N, rel=1e-14)
    value, (d_x, d_a) = made(6.0, regular)
    assert (value, d_x) == (pytest.approx(f(6.0, regular), rel=1e-14), pytest.approx(1, rel=1e-12))
    step = 1e-6 * np.array([[0.3, -0.2], [0.5, 0.1]])
    assert np.sum(d_a * step) == pytest.approx((f(6.0, regular + step) - f(6.0, regular - step)) / 2, rel=1e-6)


def test_what_fails_is_computed_only_where_a_checkpoint_asks_for_it():
    def f(x, A):
        return sd.checkpoint(lambda h: h * np.linalg.inv(A)[0, 0] if h > 5 else np.sin(h))(x)

    assert sd.value_and_grad(f)(0.5, np.zeros((2, 2))) == pytest.approx((np.sin(0.5), np.cos(0.5)), rel=1e-14)
    assert sd.value_and_grad(f)(6.0, 2 * np.eye(2)) == pytest.approx((3.0, 0.5), rel=1e-14)
