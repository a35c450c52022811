"""How much is held for the way back is asked for, and nothing else depends on it: neither values nor derivatives."""

import tracemalloc

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError

RNG = np.random.default_rng(3)
POLICIES = ("keep", "recompute", "sqrt")
ROUND = pytest.approx  # sums are taken in another order


def folded(memory, length, reverse):
    """A loop with everything: containers, slices, constants, and what is left behind."""

    def f(a, xs):
        def step(carry, x):
            h, total = carry
            y = np.tanh(a * h + x["u"])
            return (np.sin(y) * x["v"], total + y @ h), (y[0] * total, {"h": h})

        given = {"u": xs, "v": xs[:, 0]}
        (h, total), (left, more) = sd.scan(
            step, (np.ones(2), 0.0), given, length=length, reverse=reverse, memory=memory
        )
        return np.sum(h) * total + np.sum(left * np.arange(length)) + np.sum(more["h"] ** 3)

    return f


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 9, 12, 16, 17])
@pytest.mark.parametrize("reverse", [False, True])
def test_every_policy_gives_the_same(length, reverse):
    xs = RNG.normal(size=(length, 2))
    keep, *others = [folded(memory, length, reverse) for memory in POLICIES]
    value, gradients = keep(0.7, xs), sd.grad(keep, (0, 1))(0.7, xs)
    for f in others:
        assert f(0.7, xs) == value  # on arrays: a plain loop
        assert sd.function(f, exact=True)(0.7, xs) == value
        for mine, theirs in zip(sd.grad(f, (0, 1))(0.7, xs), gradients, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-13)
        assert sd.jvp(f, 0)(0.7, 1.0, xs) == ROUND(gradients[0], rel=1e-12)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("memory", POLICIES)
def test_to_any_order(memory):
    xs = RNG.normal(size=(7, 2))
    f, plain = folded(memory, 7, False), folded("keep", 7, False)
    for derive in (sd.hessian, lambda f: sd.grad(sd.grad(sd.grad(f)))):
        assert derive(f)(0.7, xs) == ROUND(derive(plain)(0.7, xs), rel=1e-11)
    np.testing.assert_allclose(sd.hessian(f, 1)(0.7, xs), sd.hessian(plain, 1)(0.7, xs), rtol=1e-10, atol=1e-11)


def test_of_lengths_with_names():
    def f(a, xs, memory):
        return sd.scan(lambda h, x: (np.sin(a * h + x), None), 0.3, xs, memory=memory)[0]

    xs = RNG.normal(size=6)
    g = [sd.grad(lambda a, xs, m=m: f(a, xs, m), a=(), xs="n") for m in ("keep", "recompute")]
    assert g[1](0.4, xs) == ROUND(g[0](0.4, xs), rel=1e-13)
    with pytest.raises(UnsupportedError, match="is not known"):
        sd.grad(lambda a, xs: f(a, xs, "sqrt"), a=(), xs="n").source  # noqa: B018


# ------------------------------------------------------------------------------------------------------------- counts

SIZE, STEPS = 2000, 64
A_FEW = 16  # arrays that a step works with


def arrays_alive(f, *args):
    """The most arrays of `SIZE` numbers that a call holds at a time."""
    f(*args)
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1] / (8 * SIZE)
    finally:
        tracemalloc.stop()


def long_loop(memory):
    def f(x, a):
        def step(h, _):
            return np.sin(a * np.exp(-(np.sin(a * h) ** 2))), None

        return np.sum(sd.scan(step, x, length=STEPS, memory=memory)[0])

    return f


def test_arrays_that_a_loop_holds():
    x = RNG.normal(size=SIZE)
    held = {memory: arrays_alive(sd.grad(long_loop(memory)), x, 0.7) for memory in POLICIES}
    assert held["keep"] >= 3 * STEPS  # of each step the state, and what the derivative of the step reads
    assert STEPS <= held["recompute"] <= STEPS + A_FEW
    assert held["sqrt"] <= 2 * STEPS**0.5 + A_FEW
    cost = {memory: sd.grad(long_loop(memory)).at(x, 0.7).cost() for memory in POLICIES}
    assert [cost[m].flops for m in POLICIES] == sorted(cost[m].flops for m in POLICIES)
    for memory in ("recompute", "sqrt"):
        assert held[memory] <= cost[memory].bytes / (8 * SIZE) + A_FEW


def test_arrays_that_a_checkpoint_holds():
    def layer(h, a):
        for _ in range(6):
            h = np.sin(a * np.exp(-np.sin(a * h)))
        return h

    def net(layer):
        def f(x, a):
            for _ in range(8):
                x = layer(x, a)
            return np.sum(x)

        return f

    x = RNG.normal(size=SIZE)
    kept, freed = (arrays_alive(sd.grad(net(g)), x, 0.7) for g in (layer, sd.checkpoint(layer)))
    assert kept >= 8 * 6 * 2
    assert freed <= 8 + 6 * 3 + A_FEW  # a value for each layer, and the insides of one


# -------------------------------------------------------------------------------------------------------- checkpoints


def helper(h, w, *, scale=1.0):
    a = np.sin(h * w)
    return {"sum": np.tanh(a + h) * scale, "both": (a * a, h)}


def with_loops(h, w):
    for _ in range(12):
        h = np.sin(h * w) + 0.1
    return {"sum": h, "both": (h * w, h[::-1])}


def with_branches(h, w):
    if w * np.sum(h) > 0.5:
        return {"sum": h * w, "both": (np.exp(h), h)}
    return {"sum": h / w, "both": (np.log(w) * h, h)}


def in_place(h, w):
    y = np.zeros(4)
    y[1:] = h[:-1] * w
    y[0] += w
    return {"sum": y, "both": (y[1:] * w, h.T)}


class Model:
    def __init__(self, bias):
        self.bias = bias

    @sd.checkpoint
    def layer(self, h, w):
        return {"sum": np.sin(h * w) + self.bias, "both": (w, np.cos(h))}


FUNCTIONS = [helper, with_loops, with_branches, in_place, Model(0.3).layer]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_checkpoint_is_the_function(f):
    plain = f.__func__.__wrapped__.__get__(f.__self__) if hasattr(f, "__func__") else f

    def loss(f):
        def g(w, x):
            first = f(x, w)
            second = f(first["sum"] * w, w)
            (p, q), s = second["both"], second["sum"]
            return np.sum(s) + np.sum(p) * np.sum(q**2) + np.sum(first["both"][0])

        return g

    x = RNG.normal(size=4)
    mine, theirs = loss(f if hasattr(f, "__func__") else sd.checkpoint(f)), loss(plain)
    exact, along, gradient = sd.function(mine, exact=True), sd.jvp(mine, 1), sd.grad(theirs, 1)
    pairs = [(derive(mine, i), derive(theirs, i)) for i in (0, 1) for derive in (sd.grad, sd.hessian)]
    for w in (0.9, 0.2) if f is with_branches else (0.9, -0.6, 0.2):  # it takes the logarithm of w
        assert mine(w, x) == theirs(w, x), w
        assert exact(w, x) == theirs(w, x), w
        for ours, plainly in pairs:
            np.testing.assert_allclose(ours(w, x), plainly(w, x), rtol=1e-11, atol=1e-12, err_msg=f"w = {w}")
        np.testing.assert_allclose(along(w, x, x), gradient(w, x) @ x, rtol=1e-11, err_msg=f"w = {w}")


def test_jacobians_of_checkpoints():
    f, x = sd.checkpoint(lambda x: np.sin(np.cumsum(x)) * x[0]), RNG.normal(size=3)
    np.testing.assert_allclose(sd.jacobian(f)(x), sd.jacobian(f.__wrapped__)(x), rtol=1e-13, atol=1e-15)
    again = sd.checkpoint(sd.checkpoint(f))
    np.testing.assert_allclose(sd.jacobian(again)(x), sd.jacobian(f)(x), rtol=1e-13, atol=1e-15)


def test_checkpoints_in_loops_and_loops_in_checkpoints():
    def body(h, a):
        return np.sin(a * h) + np.exp(-h * h)

    def f(x, a, wrap):
        g = wrap(body)

        @wrap
        def block(h):
            return sd.scan(lambda h, _: (g(h, a), None), h, length=5)[0]

        for _ in range(10):
            x = block(x) * a
        return np.sum(x)

    x = RNG.normal(size=3)
    mine, theirs = (sd.grad(lambda x, a, w=wrap: f(x, a, w), (0, 1))(x, 0.3) for wrap in (sd.checkpoint, lambda g: g))
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose(mine[1], theirs[1], rtol=1e-12)


def test_what_is_returned_is_the_callers_own():
    f = sd.checkpoint(lambda x: (x, x.T, x * 1.0, np.zeros(2)))
    x = RNG.normal(size=(2, 3))
    outputs = sd.function(lambda x: f(x))(x)
    for y in outputs[:3]:
        assert not np.shares_memory(y, x)
        assert y.flags.c_contiguous
    np.testing.assert_array_equal(outputs[1], x.T)


def test_dtypes_and_known_arguments():
    @sd.checkpoint
    def f(x, n, how="sin", table=None):
        assert isinstance(n, int)
        assert how == "sin"
        return sum(np.sin(k * x) for k in range(n)) * (1.0 if table is None else table[n])

    g = sd.grad(lambda x: np.sum(f(x, 3, table={3: 2.0})))
    x = np.ones(3, np.float32)
    assert g(x).dtype == np.float32
    np.testing.assert_allclose(g(x), 2 * (np.cos(1) + 2 * np.cos(2)), rtol=1e-6)
    assert sd.grad(f)(0.5, 3) == ROUND(np.cos(0.5) + 2 * np.cos(1.0))
    assert sd.grad(lambda x, a: np.sum(sd.checkpoint(lambda x, a: x * a)(x, a)))(x, 0.5).dtype == np.float32
    assert sd.grad(lambda x: np.sum(sd.checkpoint(np.sin)(x)))(np.zeros(0)).shape == (0,)


def test_errors_that_a_checkpoint_raises():
    @sd.checkpoint
    def root(x):
        if np.any(x < 0):
            raise ValueError("no root")
        return np.sqrt(x)

    f = sd.grad(lambda x: np.sum(root(x)))
    np.testing.assert_allclose(f(np.ones(2)), 0.5)
    with pytest.raises(ValueError, match="no root"):
        f(-np.ones(2))
    with pytest.raises(ValueError, match="no root"):
        sd.function(lambda x: root(x))(-np.ones(2))


def test_the_source_of_a_checkpoint(golden):
    @sd.checkpoint
    def layer(h, w):
        return np.tanh(np.sin(h @ w) + h)

    def loss(w, x):
        return np.sum(layer(layer(x, w), w) ** 2)

    source = sd.value_and_grad(loss).at(np.eye(3), np.ones(3)).source
    root = sd.grad(long_loop("sqrt")).at(np.ones(SIZE), 0.7).source
    golden("control_flow/held.txt", f"{source}\n\n{root}")


def test_errors_say_what_to_write(golden):
    def written(x):
        x[0] = 1.0
        return x

    wrong = {
        "a misspelt policy": lambda: sd.scan(lambda h, x: (h, x), 0.0, np.ones(3), memory="recomputed"),
        "no policy": lambda: sd.scan(lambda h, x: (h, x), 0.0, np.ones(3), memory=True),
        "no function": lambda: sd.checkpoint(np.ones(3)),
        "a write into an argument": lambda: sd.grad(lambda x: np.sum(sd.checkpoint(written)(x * 2)))(np.ones(2)),
    }
    texts = []
    for what, run in wrong.items():
        with pytest.raises(SymdiffError) as raised:
            run()
        texts.append(f"# {what}\n{raised.value.message}\nhelp: {raised.value.help}")
    golden("control_flow/held_errors.txt", "\n\n".join(texts))


def refuses_large(x):
    s = np.sum(np.sin(x) * np.cos(x) + np.exp(x) * x - np.tanh(x) * 3 + np.sqrt(x * x + 1) / 2)
    if s > 2:
        raise ValueError(f"{s:.2f} of {x[0]}")
    return s


def refuses_first(x):
    if x[0] > 2:
        raise ValueError(f"{x[0]:.2f} is too large")
    return np.sum(np.sin(x) ** 2)


@pytest.mark.parametrize("f", [refuses_large, refuses_first])
def test_errors_under_checkpoint_quote_what_they_quote_outside(f):
    small, large = np.full(3, -0.1), np.full(3, 3.0)
    gradient = sd.grad(lambda x: 2 * sd.checkpoint(f)(x), x="3")

    with pytest.raises(ValueError) as expected:
        f(large)
    with pytest.raises(ValueError) as found:
        gradient(large)

    assert str(found.value) == str(expected.value)
    np.testing.assert_allclose(gradient(small), 2 * sd.grad(f)(small), rtol=1e-12)


def test_numbers_that_a_block_is_given_meet_those_in_it():
    source = sd.grad(lambda x: 2 * sd.checkpoint(refuses_large)(x), x="3").source

    assert "6 * (1 / np.cosh(np.minimum(np.abs(x), 709.0))) ** 2" in source


# -------------------------------------------------------------------------------------------------------- no cotangent


def to_rest(x):
    change, previous = 1.0, 2.0
    while change > 1e-9:
        new = 0.5 * (x / previous + previous)
        change, previous = np.abs(np.log(new / previous)), new
    return previous


def test_what_only_the_question_reads_has_no_way_back():
    f = sd.value_and_grad(to_rest)
    value, slope = f(3.0)
    assert value == ROUND(np.sqrt(3.0))
    assert slope == ROUND(0.5 / np.sqrt(3.0))
    assert "log" not in f.source.split("# backward")[1].split("def ")[0]


def to_rest_and_change(x):
    change, previous = 1.0, 2.0
    while change > 1e-1:
        new = 0.5 * (x / previous + previous)
        change, previous = np.abs(np.log(new / previous)), new
    return previous + change


def test_what_is_read_afterwards_has_one():
    step = 1e-6
    expected = (to_rest_and_change(3.0 + step) - to_rest_and_change(3.0 - step)) / (2 * step)
    assert sd.grad(to_rest_and_change)(3.0) == ROUND(expected, rel=1e-7)
    assert sd.hessian(to_rest)(3.0) == ROUND(-0.25 * 3.0**-1.5, rel=1e-7)


def test_functions_of_arrays_are_kept_unless_they_are_much_larger_than_what_they_are_made_of():
    def end(y, w):
        for _ in range(20):
            y = y + 0.1 * np.sin(w * (y + 0.05 * np.sin(w * y)))
        return np.sum(y * y)

    f = sd.value_and_grad(end, wrt=(0, 1))
    rng = np.random.default_rng(0)
    f(rng.normal(size=50), rng.normal(size=50))
    assert f.source.count("np.sin(") == 2 and f.source.count("np.cos(") == 2

    def spread(y):
        for _ in range(20):
            y = np.cos(y) + np.sum(np.sin(y[:, None] * y)) / 1e4
        return np.sum(y)

    g = sd.grad(spread)
    g(rng.normal(size=50))
    assert "np.empty((20, 50, 50))" not in g.source
