"""Random loops that read and write slices which begin or end at the counter, views of them among those.

The value is NumPy's; the gradient is that of a complex step. What of these is known to lie within its array is kept as
a loop; positions below zero count from the end, and slices end where arrays do, as they do in Python.
"""

import random
import warnings

import numpy as np
from test_control_flow import function_of

import symdiff as sd

N, SMALL = 12, 1e-30
OF_A_HUNDRED = 15  # of the programs of the budget
RANGES = [f"range({N})", f"range(1, {N})", f"range({N - 1})", f"range(1, {N - 1})", f"range({N - 1}, -1, -1)",
          f"range({N - 2}, 0, -1)"]  # fmt: skip
BOUNDS = ["", "i", "i", "i", "i + 1", "i - 1", "i + 2", "2", "-1", f"{N - 1} - i"]


class Writer:
    """Writes one function of a square array and of a vector."""

    def __init__(self, rng):
        self.rng = rng

    def function(self):
        lines = ["def f(A, b):", "    y, M, s = b.copy(), A.copy(), 0.0", f"    for i in {self.rng.choice(RANGES)}:"]
        for _ in range(self.rng.randint(1, 4)):
            lines += [f"        {text}" for text in self.statements()]
        return "\n".join([*lines, "    return s + np.sum(y * y) + 0.1 * np.sum(M * M)"]) + "\n"

    def span(self):
        first, last = self.rng.choice(BOUNDS), self.rng.choice(BOUNDS)
        which = self.rng.random()
        return f":{last}" if which < 0.5 else f"{first}:" if which < 0.75 else f"{first}:{last}"

    def vector(self):
        span = self.span()
        inner = self.rng.choice(["b[{}]", "y[{}]", "y[{}]", "A[i, {}]", "M[{}, i]", "b[{}][::-1]"]).format(span)
        return self.rng.choice(["{}", "{}", "np.sin({})", "0.5 * {}"]).format(inner)

    def number(self):
        span, one = self.span(), self.vector()
        pair = self.rng.choice(["b[{}] @ A[i, {}]", "y[{}] @ y[{}]", "M[{}, i] @ b[{}]"]).format(span, span)
        return self.rng.choice([f"np.sum({one})", f"np.sum({one} ** 2)", "b[i]", "y[i]", pair, pair, "A[i, i]",
                                f"0.1 * i * np.sum({one})"])  # fmt: skip

    def statements(self):
        span = self.span()
        seen = self.rng.choice(["s += 0.1 * np.sum(v)", "v *= 0.9", "y[i] = 0.3", "v[:] = np.sin(v)"])
        return self.rng.choice([
            [f"s = s + 0.1 * {self.number()}"], [f"y[i] = np.tanh({self.number()})"], [f"y[i] += 0.1 * {self.number()}"],
            [f"y[{span}] = 0.9 * y[{span}] + 0.1 * b[{span}]"], [f"y[{span}] *= np.cos({self.number()})"],
            [f"y[{span}] += 0.1 * b[{span}]"], [f"M[i, {span}] = 0.5 * np.sin(M[i, {span}]) + 0.1 * y[{span}]"],
            [f"M[{span}, i] -= 0.1 * M[{span}, i] * {self.number()}"], [f"s += 0.1 * np.sum(M[{span}, {self.span()}])"],
            [f"v = y[{span}]", seen, "s += 0.1 * np.sum(v)"],
        ])  # fmt: skip


def test_slices_of_counters(budget):
    seed, programs = budget
    for number in range(max(5, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"{seed}-{number}")).function()
        f = function_of(source, f"slices {number}")
        rng = np.random.default_rng([seed, number])
        (A, v), (b, w) = rng.normal(size=(2, N, N)), rng.normal(size=(2, N))
        try:
            expected = f(A, b)
        except (ValueError, IndexError):  # lengths that do not fit each other
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            g = sd.value_and_grad(f, wrt=("A", "b"))
            value, (d_A, d_b) = g(A, b)
            exact = sd.function(f, exact=True)(A, b)
        text = f"{source}\n{g.source}"
        slope = f(A + SMALL * 1j * v, b + SMALL * 1j * w).imag / SMALL
        np.testing.assert_allclose(exact, expected, rtol=1e-15, err_msg=text)
        np.testing.assert_allclose(value, expected, rtol=1e-12, err_msg=text)
        np.testing.assert_allclose(np.sum(d_A * v) + d_b @ w, slope, rtol=1e-9, atol=1e-9, err_msg=text)
