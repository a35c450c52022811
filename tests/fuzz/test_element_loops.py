"""Random functions that fill tables element by element in nested loops, with positions made of the counters.

What is known of counters decides whether a table is kept at each step, whether steps are taken all at once, and whether
positions are slices. The value is NumPy's; the gradient is that of the same program run step by step. Positions below
zero count from the end, as they do in Python; what lies behind an end is refused in both.
"""

import random
import warnings

import numpy as np
from test_control_flow import function_of

import symdiff as sd

N = 5
OF_A_HUNDRED = 10  # of the programs of the budget: each is compiled twice, and takes seconds
RANGES = ("range({n})", "range({i} + 1)", "range({i})", "range({i} + 1, {n})", "range({i}, {n})", "range({n} - {i})",
          "range({n} - 1, -1, -1)", "range(1, {n})")  # fmt: skip


class Writer:
    """Writes one function of a square table and of a vector."""

    def __init__(self, rng):
        self.rng, self.lines = rng, []

    def function(self):
        self.say(0, "def f(A, b):")
        self.say(1, "n = 5")
        self.say(1, self.rng.choice(["T = A.copy()", "T = np.zeros((n, n))", "T = 0.5 * A + np.eye(n)"]))
        self.say(1, self.rng.choice(["v = np.zeros(n)", "v = b.copy()"]))
        self.say(1, "s = 0.0")
        for _ in range(self.rng.choice([1, 1, 2])):
            self.loops(1, [])
        self.say(1, "return np.sum(T * np.sin(T)) + v @ v + s")
        return "\n".join(self.lines) + "\n"

    def say(self, level, text):
        self.lines.append("    " * level + text)

    def loops(self, level, around):
        """A loop, with another one in it as a rule, that ends with statements."""
        counter = "ijk"[len(around)]
        choices = RANGES if around else (RANGES[0], RANGES[0], RANGES[6], RANGES[7])
        steps = self.rng.choice(choices).format(n="n", i=around[-1] if around else "")
        self.say(level, f"for {counter} in {steps}:")
        inside = [*around, counter]
        if len(inside) < 2 or (len(inside) < 3 and self.rng.random() < 0.4):
            if self.rng.random() < 0.3:
                self.statement(level + 1, inside)
            self.loops(level + 1, inside)
        for _ in range(self.rng.randint(len(inside) > 1, 2)):
            self.statement(level + 1, inside)

    def statement(self, level, counters):
        at, other, third = self.place(counters), self.place(counters), self.place(counters)
        i, j = self.position(counters), self.position(counters)
        value = self.rng.choice([
            f"0.5 * T[{at}] + 0.3 * T[{other}]", f"0.4 * T[{other}] - 0.2 * T[{third}] * A[{at}]",
            f"np.sin(T[{other}]) + 0.1 * b[{i}]", f"A[{at}] + 0.2 * v[{i}]", f"T[{at}] - 0.3 * T[{other}] * T[{third}]",
        ])  # fmt: skip
        kinds = [f"T[{at}] = {value}", f"T[{at}] = {value}", f"T[{at}] = {value}", f"T[{at}] -= 0.2 * T[{other}]",
                 f"v[{i}] = 0.5 * v[{j}] + 0.2 * T[{at}]", f"v[{i}] += 0.1 * T[{at}] * v[{j}]",
                 f"s += 0.3 * T[{at}] * v[{i}]", f"s = 0.5 * s + T[{at}]"]  # fmt: skip
        if len(counters) > 1 and self.rng.random() < 0.35:
            a, b = self.rng.sample(counters, 2)
            self.say(level, f"if {a} {self.rng.choice(['==', '!=', '<', '>='])} {b}:")
            self.say(level + 1, self.rng.choice(kinds))
            if self.rng.random() < 0.6:
                self.say(level, "else:")
                self.say(level + 1, self.rng.choice(kinds))
        else:
            self.say(level, self.rng.choice(kinds))

    def place(self, counters):
        return f"{self.position(counters)}, {self.position(counters)}"

    def position(self, counters):
        """Mostly a counter; one before or behind it, which may lie before the front; or a number."""
        c = self.rng.choice(counters)
        return self.rng.choice([c, c, c, c, f"{c} - 1", f"n - 1 - {c}", f"({c} + 1) % n", str(self.rng.randrange(N))])


def derivatives(f, A, b, loops):
    """Value and derivatives; what NumPy would warn of is no fault here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        g = sd.value_and_grad(f, wrt=("A", "b"), loops=loops)
        return (*g(A, b), g.source)


def test_tables_that_loops_fill(budget):
    seed, programs = budget
    for number in range(max(4, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"{seed}-{number}")).function()
        f = function_of(source, f"elements {number}")
        rng = np.random.default_rng([seed, number])
        A, b = rng.normal(size=(N, N)), rng.normal(size=N)
        before = A.copy(), b.copy()
        expected = f(A, b)
        value, (d_A, d_b), written = derivatives(f, A, b, "keep")
        _, (slope_A, slope_b), _ = derivatives(f, A, b, "unroll")
        text = f"{source}\n{written}"
        np.testing.assert_allclose(value, expected, rtol=1e-11, atol=1e-12, err_msg=text)
        np.testing.assert_allclose(d_A, slope_A, rtol=1e-9, atol=1e-10, err_msg=text)
        np.testing.assert_allclose(d_b, slope_b, rtol=1e-9, atol=1e-10, err_msg=text)
        assert np.array_equal(A, before[0]) and np.array_equal(b, before[1]), text
