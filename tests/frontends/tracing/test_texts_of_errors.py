"""Errors whose texts quote values: what is generated raises the error that the function itself would raise."""

import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.flow.texts import QuotingText, joined


def number(x):
    if x < 0:
        raise ValueError(f"bad {x}: {x + 1:.3f} and {x:>10} are {{too}} 'small'\n")
    return np.sqrt(x)


def array(x):
    s = np.sum(x)
    if not s > 0:
        raise AssertionError(f"the sum is {s:8.2f} for {x}")
    return np.log(s) * x[0]


def in_a_loop(x):
    total = 0.0
    for t in range(len(x)):
        total = total * 0.5 + x[t]
        if total < 0.0:
            raise RuntimeError(f"step {t}: {total} is too little")
    return total


def over_elements(x):
    for e in x:
        if e < 0:
            raise ValueError(f"negative: {e}")
    return np.sum(np.sqrt(x))


def to_convergence(x):
    n = 0
    while abs(x) > 1:
        x = x / 2
        n += 1
        if x < -1:
            raise ArithmeticError(f"{x:g} in step {n}")
    return x * x


def in_branches(x):
    if x < 1:
        if x < -1:
            raise OverflowError("too small", x)
        y = x * 3
        if x < 0:
            raise ValueError(f"{x} times 3 is {y}")
        x = y
    return x * x


def put_together(x):
    text = f"x is {x}"
    if x < 0:
        raise ValueError("sorry, " + text + f", which is {'less'} than {0:{2}d}")
    return x * x


def by_name(x):
    def step(h, e):
        if h < -1:
            raise ValueError(f"{h} before {e}")
        return h / 2 + e, h

    return sd.scan(step, 0.5, x)[0]


def of_a_helper(x):
    return 2 * number(x) + 1


def bare(x):
    if x < 0:
        raise ValueError(x)
    return x * x


def of_an_array(x):
    total = np.sum(x)
    if total <= 0:
        raise AssertionError("no sum", total)
    return x[0] * x[1]


class Mine(Exception):
    """An error that generated code does not know."""


def of_another_class(x):
    if x < 0:
        raise Mine(x, "and more")
    return x * x


def passed_on(x):
    try:
        return bare(x)
    except ValueError as e:
        raise RuntimeError(f"no: {e}, " + str(e)) from e


def handled(x):
    try:
        y = bare(x)
        if x > 2:
            raise ValueError(3 * x)
    except ValueError as e:
        y = e.args[0] * x
    return y


ONE, SEVERAL = [4.0, 0.5], [np.linspace(1.0, 2.0, 12)]
CASES = {
    number: (ONE, [-2.0, -1e-30, -np.inf]),
    array: (SEVERAL, [-np.ones(12), np.zeros(12)]),
    in_a_loop: (SEVERAL, [-np.arange(12.0), np.cos(np.arange(12.0)), np.full(12, -np.inf)]),
    over_elements: (SEVERAL, [np.cos(np.arange(12.0)), np.r_[np.ones(11), -1.0]]),
    to_convergence: ([3.0, 0.5], [-1000.0, -2.5]),
    in_branches: (ONE, [-0.5, -2.0, -0.25]),
    put_together: (ONE, [-1.0]),
    by_name: (SEVERAL, [-np.arange(12.0)]),
    of_a_helper: (ONE, [-2.0]),
    bare: (ONE, [-2.0]),
    of_an_array: (SEVERAL, [-np.ones(12)]),
    of_another_class: (ONE, [-2.0]),
    passed_on: (ONE, [-2.0]),
}
VIEWS = {
    "function": sd.function, "value_and_grad": sd.value_and_grad, "hessian": sd.hessian, "jacobian": sd.jacobian,
    "exact": lambda f: sd.grad(f, exact=True), "unrolled": lambda f: sd.grad(f, loops="unroll"),
    "float32": lambda f: sd.grad(f),
}  # fmt: skip


def raised(f, x):
    with np.errstate(all="ignore"), pytest.raises(Exception) as caught:
        f(x)
    return type(caught.value), caught.value.args


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_raises_what_the_function_raises(f, view):
    if view == "unrolled" and f in (to_convergence, by_name):
        pytest.skip("such a loop is not written out")
    dtype = np.float32 if view == "float32" else np.float64
    good, bad = ([np.asarray(x, dtype)[()] for x in values] for values in CASES[f])
    g = VIEWS[view](f)
    for x in good:
        assert np.all(np.isfinite(g(x)[0] if isinstance(g(x), tuple) else g(x)))
    for x in bad:
        kind, args = raised(f, x)
        if kind is Mine:
            kind, args = RuntimeError, (f"Mine: {args[0]}",)
        assert raised(g, x) == (kind, args)


@pytest.mark.parametrize("x, slope", [(1.5, 3.0), (3.0, 18.0), (-2.0, -4.0)])
def test_a_handler_computes_with_what_was_raised(x, slope):
    assert sd.grad(handled)(x) == slope


@pytest.mark.parametrize("f", [number, in_a_loop, in_branches], ids=lambda f: f.__name__)
def test_the_source(golden, f):
    g = sd.value_and_grad(f)
    g(CASES[f][0][0])
    golden(f"control_flow/quoting_{f.__name__}.py.txt", g.source)


def test_a_saved_file_raises_it_too(tmp_path):
    f = sd.grad(in_a_loop)
    x = np.linspace(1.0, 2.0, 12)
    f(x)
    f.save(tmp_path / "guarded.py")
    text = (
        "import numpy as np, guarded\ntry:\n    guarded.grad(-np.arange(12.0))\nexcept RuntimeError as e:\n    print(e)"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{raised(in_a_loop, -np.arange(12.0))[1][0]}\n"


def test_texts_of_what_is_known_are_plain():
    assert type(joined("x = ", (3.14159, -1, ".2f"), (" ", ord("r"), ""))) is str
    assert joined("x = ", (3.14159, -1, ".2f"), ("a", ord("r"), ">5")) == "x = 3.14  'a'"


def test_a_text_that_quotes_shows_a_symbolic_value_as_what_it_is():
    seen = []

    def f(x):
        text = f"{x}"
        seen.append((text, type(text), text + "!", "?" + text))
        return x * x if x > 0 else x

    sd.grad(f)(1.0)
    shown = "<symbolic x: f64[]>"
    assert {each[0] for each in seen} == {shown}
    assert all(each == (shown, QuotingText, shown + "!", "?" + shown) for each in seen)


def behind_a_loop(x):
    total = np.sin(x)
    for t in range(12):
        total = 0.5 * np.sin(total) + x * t
        if total < 0:
            raise RuntimeError(f"step {t}: {total} is too little")
    if total * x > 100:
        raise ValueError("too much")
    return np.exp(total)


@pytest.mark.parametrize("f", [*CASES, behind_a_loop], ids=lambda f: f.__name__)
def test_what_is_checked_is_checked_before_the_way_back(f):
    g = sd.value_and_grad(f)
    g(CASES[f][0][0] if f in CASES else 1.0)
    for back in g.source.split("# backward")[1:]:
        assert "raise " not in back.partition("except ")[0]  # behind which all is computed in another way


class Odd(Exception):
    """An error that generated code does not know."""


def always_number(x):
    raise RuntimeError(1.0 - x)


def always_text(x):
    level = 0.6
    if level > 0.4:
        raise ValueError(f"bad {x:.2f}", x)
    return x


def always_own(x):
    raise Odd(x)


def always_in_a_loop(x):
    total = 0.0
    for _ in range(50):
        total += always_number(x)
    return total


@pytest.mark.parametrize("f", [always_number, always_text, always_own, always_in_a_loop], ids=lambda f: f.__name__)
@pytest.mark.parametrize("derivative", [sd.function, sd.grad, sd.value_and_grad, sd.hessian], ids=lambda d: d.__name__)
def test_what_is_always_raised_quotes_numbers(f, derivative):
    g = derivative(f)
    for x in (0.7, -1.2):  # the second call runs what the first has made
        with pytest.raises(Exception) as expected:
            f(x)
        with pytest.raises(RuntimeError if f is always_own else type(expected.value)) as raised:
            g(x)
        said = (f"Odd: {x}",) if f is always_own else expected.value.args
        assert raised.value.args == said


def test_what_is_always_raised_is_handled_around_it():
    def f(x):
        try:
            return always_text(x)
        except ValueError:
            return x * x

    assert sd.value_and_grad(f)(3.0) == (9.0, 6.0)


def test_a_lookup_that_fails_is_no_error_of_the_program():
    with pytest.raises(Exception) as raised:  # what the number is would decide
        sd.grad(lambda k: {1.0: 2.0}[k] * k)(1.0)
    assert "symbolic" in str(raised.value) or "hash" in str(raised.value)
