"""Random functions whose loops write into arrays: what is overwritten in place is what nobody reads any more.

Arrays change hands, are seen through views, swapped, and kept from the step before. The value is NumPy's, bit for bit
but for the order of sums; the gradient is that of the same program run step by step, and the arguments stay as they are.
"""

import random

import numpy as np
from test_control_flow import function_of

import symdiff as sd

N = 6
PARTS = ("", "1:", ":-1", "1:-1", "::2", "2:5")
OF_A_HUNDRED = 8  # of the programs of the budget: each is compiled twice, and takes seconds


class Writer:
    """Writes one function of two arrays."""

    def __init__(self, rng):
        self.rng, self.lines = rng, []

    def function(self):
        self.say(0, "def f(x, y):")
        self.say(1, self.rng.choice(["u, v = x.copy(), y.copy()", "u, v = x * y, np.zeros(6)"]))
        self.say(1, "w, s = np.ones(6), 0.0")
        for _ in range(self.rng.randint(1, 2)):
            self.loop(1, "t")
            self.statement(1, None)
        self.say(1, "return s + np.sum(u * v) + np.sum(w * x)")
        return "\n".join(self.lines) + "\n"

    def say(self, level, text):
        self.lines.append("    " * level + text)

    def loop(self, level, t):
        if self.rng.random() < 0.15 and level == 1:
            self.say(level, "k = 0")
            self.say(level, "while k < 7 and s < 50:")
            self.say(level + 1, "k += 1")
            t = None
        else:
            steps = self.rng.choice(["range(6)", "range(5, -1, -1)", "range(1, 6)"]) if level > 1 else "range(7)"
            self.say(level, f"for {t} in {steps}:")
        for _ in range(self.rng.randint(1, 4)):
            self.statement(level + 1, t)
        if level == 1 and self.rng.random() < 0.3:
            self.loop(2, "j")
            self.statement(2, t)

    def statement(self, level, t):
        a, b = self.rng.sample("uvw", 2)
        part = self.rng.choice(PARTS) or ":"
        at = self.rng.choice([part, f"({t} + {self.rng.randint(0, 2)}) % 6" if t else "2", self.rng.choice("0123")])
        kinds = [
            f"{a}[{at}] = {self.value(at)}",
            f"{a}[{at}] += {self.value(at)}",
            f"{a}[{at}] = 0.3 * {a}[{at}] + 0.2 * {b}[{at}]",
            f"{a} = 0.5 * {a} + np.sin({b})",
            f"{a}, {b} = {b}, {a}",
            f"{a} = {b}.copy()",
            f"{a} = np.cos({b}[::-1])",
            f"z = {a}[{part}]; {b}[{part}] = 0.4 * {b}[{part}] - np.tanh(z); s += np.sum(z * z)",
            f"s = s + np.sum({a}[{part}] * {b}[{part}])",
            f"z = {a}[1:] - {a}[:-1]; {a}[1:] -= 0.1 * z; {a}[:-1] += 0.1 * z",
        ]
        self.say(level, self.rng.choice(kinds))

    def value(self, at):
        c = self.rng.choice("uvwxy")
        return self.rng.choice([f"0.7 * np.sin({c}[{at}])", f"{c}[{at}]", f"0.5 * {c}[{at}] * x[{at}]", "0.25"])


def gradient(f, x, y):
    return sd.value_and_grad(f, wrt=("x", "y"))(x, y)


def test_arrays_that_loops_overwrite(budget):
    seed, programs = budget
    judged = 0
    for number in range(max(6, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"{seed}-{number}")).function()
        f = function_of(source, f"overwritten {number}")
        rng = np.random.default_rng([seed, number])
        x, y = rng.normal(size=N), rng.normal(size=N)
        before = x.copy(), y.copy()
        kept = sd.value_and_grad(f, wrt=("x", "y"))
        try:
            value, found = kept(x, y)
        except sd.errors.TruthValueError:  # a while loop whose arrays change their names
            continue
        again, _ = kept(x, y)
        text = f"{source}\n{kept.source}"
        np.testing.assert_array_equal([x, y], before, err_msg=text)
        assert value == again, text
        np.testing.assert_allclose(value, f(x, y), rtol=1e-11, atol=1e-12, err_msg=text)
        try:
            expected = sd.grad(f, wrt=("x", "y"), loops="unroll")(x, y)
        except sd.errors.TruthValueError:
            continue
        judged += 1
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10, err_msg=text)
    assert judged
