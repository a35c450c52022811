"""What steps and sides of branches change under way: lists, arrays and objects that others know, or that are gone over."""

from collections import defaultdict

import numpy as np
import pytest
from helpers import assert_slopes

import symdiff as sd

X = np.array([0.3, 0.9, -0.4, 1.2, 0.7, 2.2, 0.1, -1.5, 0.66, 0.25, 1.9, -0.2])


def changed_by_a_helper(x):
    l = [x[0], x[1]]

    def f():
        l[0] = l[0] * x[2]

    for k in range(12):
        if x[k] > 0.5:
            f()
        l[0] = l[0] + x[k]
    return l[0] - 2 * l[1]


def a_dict_that_is_given(x):
    l = {"a": x[0]}

    def f(m):
        m["a"] = m["a"] * x[2]

    for k in range(12):
        if x[k] > 0.5:
            f(l)
        l["a"] = l["a"] + x[k]
    return l["a"]


def changed_in_a_nested_loop(x):
    l = [x[0], x[1]]

    def f(k):
        l[0] = l[0] * x[k]

    for i in range(12):
        for k in range(12):
            f(k)
        l[0] = l[0] * 0.1 + x[i]
    return l[0]


def one_array_many_times(x):
    a = x[:2] * 1.0
    l = [a for _ in range(12)]
    a[0] = 4 * x[5]
    return np.sum(np.array(l) ** 2)


def rows_of_an_array(x):
    y = x.reshape(12, 1) * 1.0
    rows = [r for r in y]  # noqa: C416
    rows[2][0] = 9 * x[0]
    return np.sum(y**2)


def appended_and_written(x):
    b = x[:2] * 1.0
    l = []
    for k in range(12):
        b = b * x[k] + 1
        l.append(b)
    b[0] = 4 * x[2]
    return np.sum(np.array(l) ** 2)


def appended_and_read(x):
    b = x[:2] * 1.0
    l = []
    for k in range(12):
        b = b * x[k] + 1
        l.append(b)
    return np.sum(np.array(l) ** 2) + b[0]


def its_last_element_again(x):
    l = [x[:2] * 1.0]
    for _ in range(12):
        l.append(l[-1])
    l[3][0] = 5.0 * x[1]
    return np.sum(np.array(l) ** 2)


def twice_in_a_step(x):
    l = []
    for k in range(12):
        a = x[:2] * x[k]
        l.append(a)
        l.append(a)
    l[3][0] = 5.0 * x[1]
    return np.sum(np.array(l) ** 2)


def in_two_lists(x):
    l, m = [], []
    for k in range(12):
        a = x[:2] * x[k]
        l.append(a)
        m.append(a)
    l[3][0] = 5.0 * x[1]
    return np.sum(np.array(m) ** 2)


def a_list_that_is_gone_over(x):
    l = [x[k] for k in range(12)]
    t = 0.0
    for v in l:
        l[11] = v * 0.5
        t = t + v
    return t


def a_list_that_is_gone_over_in_other_ways(x):
    l = [x[k] for k in range(12)]
    held = {"l": l}
    t = 0.0
    for i, v in enumerate(l):
        l[11 - i // 2] = v * 0.5
        t = t + v * i
    for v, w in zip(l, range(12), strict=True):
        l[11] = v * 0.5 + w
        t = t + v * w
    for v in reversed(l):
        l[0] = v * 0.5
        t = t * 0.9 + v
    for v in held["l"]:
        l[11] = v * 0.25
        t = t * 0.9 + v
    for v in map(np.sin, l):
        l[11] = v * 0.5
        t = t + v
    return t


def an_array_that_is_gone_over(x):
    y = x * 1.0
    t = 0.0
    for v in y:
        y[11] = v * 0.5
        t = t + v
    return t


def parts_that_are_gone_over(x):
    y = x * 1.0
    t = 0.0
    for a, b in zip(y[:-1], y[1:], strict=True):  # noqa: RUF007
        y[11] = a * 0.5
        t = t + a * b
    return t


def written_where_it_is_read(x):
    y = x * 1.0
    t = 0.0
    for i, v in enumerate(y):
        y[i] = v * 0.5
        t = t + v
    return t + np.sum(y**2)


def a_row_many_times(x):
    a = x[:2] * 1.0
    rows = [a] * 12
    t = 0.0
    for r in rows:
        a[0] = a[0] * 0.9 + 0.1
        t = t + np.sum(r)
    return t


def backwards(x):
    y = x * 1.0
    t = 0.0
    for a in reversed(y):
        y[0] += a
        t = t * a + a
    return t


def functions_made_in_steps(x):
    fs = [lambda v: v * k for k in range(3)]  # noqa: B023
    return sum([f(x[1]) for f in fs])


def looked_up_and_written(x):
    l = [x[0:2] * 1.0, x[2:4] * 2]
    a = l[int(x[0] > 0)]
    a[0] = 7 * x[5]
    return np.sum(l[0] * l[1])


def looked_up_and_read(x):
    l = [x[0:2] * 1.0, x[2:4] * 2]
    a = l[int(x[0] > 0)]
    return np.sum(a * l[1])


def a_mode_that_is_none(x):
    s = "up"
    t = 0.0
    for k in range(12):
        if x[k] > 1:
            s = None
        t = t + (2 * x[k] if s is None else x[k])
    return t


def none_or_not(x):
    s = "a" if x[0] > 0.5 else None
    return x[1] if s is None else x[2]


def a_key_of_two(x):
    s = "a" if x[0] > 0.5 else "b"
    return {"a": 2.0, "b": 3.0}[s] * x[1] + (x[2] if s in ("b", "c") else 0.0)


def a_default_dict(x):
    d = defaultdict(float, p=0.0, n=0.0)
    for k in range(12):
        if x[k] > 0:
            d["p"] += x[k]
        else:
            d["n"] += x[k]
    return d["p"] * 2 - d["n"]


def changed_behind_and(x):
    l = [x[0]]

    def f():
        l[0] = l[0] * 2

    for k in range(12):
        x[k] > 0.5 and f()
    return l[0]


PROGRAMS = (
    changed_by_a_helper,
    a_dict_that_is_given,
    changed_in_a_nested_loop,
    one_array_many_times,
    rows_of_an_array,
    appended_and_written,
    appended_and_read,
    its_last_element_again,
    twice_in_a_step,
    in_two_lists,
    a_list_that_is_gone_over,
    a_list_that_is_gone_over_in_other_ways,
    an_array_that_is_gone_over,
    parts_that_are_gone_over,
    written_where_it_is_read,
    a_row_many_times,
    backwards,
    functions_made_in_steps,
    looked_up_and_written,
    looked_up_and_read,
    a_mode_that_is_none,
    none_or_not,
    a_key_of_two,
    a_default_dict,
    changed_behind_and,
)
REFUSED = (appended_and_written, looked_up_and_written)


@pytest.mark.parametrize("loops", ["keep", "unroll"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_it_is_as_in_python_or_refused(f, loops):
    g = sd.value_and_grad(lambda x, _: f(x), loops=loops)
    if f in REFUSED and not (f is appended_and_written and loops == "unroll"):
        with pytest.raises(sd.errors.UnsupportedError, match="depends"):
            g(X, 0.0)
    else:
        assert_slopes(g, lambda x, _: f(x), X, 0.0)


@pytest.mark.parametrize("f", [changed_by_a_helper, a_dict_that_is_given, appended_and_read, written_where_it_is_read])
def test_their_loops_are_kept(f):
    assert len(sd.value_and_grad(f).at(X).source.splitlines()) < 30
