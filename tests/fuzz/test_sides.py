"""Random functions whose branches guard logarithms, roots, quotients, elements and factorisations.

Where the function itself gives no warning and raises no error, its derivatives do not either: the side of a branch
that is not taken is not computed, neither for the value nor for the derivative.
"""

import linecache
import random
import warnings

import numpy as np

import symdiff as sd

N = 7
LONG = 400  # lines; longer programs may compute before a branch what a great many branches need
OF_A_HUNDRED = 5  # of the programs of the budget
POINTS = 4
VARIABLES = ("a", "b", "c")
LARGEST = 1e5  # beyond, differences say nothing

RISKY = (
    "np.log({v})", "np.sqrt({v})", "1 / {v}", "{v} ** 0.7", "np.arccos({v} - 1)", "np.log(np.sum(np.sqrt(x * {v})))",
    "x[int(3 * {v})]", "np.linalg.cholesky({v} * np.eye(2))[1, 1]", "np.sum(np.linalg.solve({v} * np.eye(7), x))",
)  # fmt: skip
SAFE = ("np.sin({v} + {w})", "0.5 * {v} - {w}", "{v} * np.tanh({w})", "{v}", "np.sum(np.cos(x * {v}))")


class Writer:
    """Writes one function."""

    def __init__(self, rng):
        self.rng, self.lines, self.indices = rng, [], []

    def function(self):
        self.say(0, "def f(x, p):")
        self.say(1, "a, b, c = p[0], p[1], p[2] * p[0]")
        self.say(1, f"y = np.zeros({N})")
        self.block(1, self.rng.randint(2, 4), 0)
        self.say(1, "return a + 2 * b - c + np.sum(y * y)")
        return "\n".join(self.lines) + "\n"

    def say(self, level, text):
        self.lines.append("    " * level + text)

    def block(self, level, n, depth):
        kinds = [self.assign] * 2 + ([self.fill] if self.indices else [])
        kinds += [self.branch] * 3 + ([self.loop] if not self.indices else []) if depth < 3 else []
        for _ in range(n):
            self.rng.choice(kinds)(level, depth)

    def assign(self, level, depth):
        self.say(level, f"{self.rng.choice(VARIABLES)} {self.rng.choice(['=', '=', '+='])} {self.expression()}")

    def fill(self, level, depth):
        self.say(level, f"y[{self.indices[-1]}] = {self.expression()}")

    def branch(self, level, depth):
        v = self.term()
        self.say(level, f"if {self.condition(v)}:")
        self.side(level + 1, depth, v)
        if self.rng.random() < 0.3:
            w = self.term()
            self.say(level, f"elif {self.condition(w)}:")
            self.side(level + 1, depth, w)
        if self.rng.random() < 0.6:
            self.say(level, "else:")
            self.block(level + 1, self.rng.randint(1, 2), depth + 1)

    def side(self, level, depth, v):
        """Something that `v` is guarded for, and more."""
        self.say(level, f"{self.rng.choice(VARIABLES)} = {self.risky(v)}")
        if self.rng.random() < 0.5:
            self.block(level, 1, depth + 1)

    def loop(self, level, depth):
        t = f"t{depth}"
        self.say(level, f"for {t} in range({self.rng.choice([3, N])}):")
        self.indices.append(t)
        self.block(level + 1, self.rng.randint(1, 3), depth + 1)
        self.indices.pop()

    def condition(self, v):
        kind = self.rng.random()
        if kind < 0.2:
            return f"{v} > 0.05 and {self.risky(v)} < 1.3"
        return f"not {v} <= 0.05" if kind < 0.3 else f"{v} > 0.05"

    def risky(self, v):
        return self.rng.choice(RISKY).format(v=v)

    def expression(self):
        v, w = self.term(), self.term()
        if self.rng.random() < 0.3:
            return f"({self.risky(v)} if {self.condition(v)} else {w})"
        return self.rng.choice(SAFE).format(v=v, w=w)

    def term(self):
        return self.rng.choice([*VARIABLES, *(f"x[{t}]" for t in self.indices), "p[1]"])


def function_of(source, number):
    name = f"<sides {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {"np": np}
    exec(compile(source, name, "exec"), space)
    return space["f"]


def value_of(f, x, p):
    """What the function gives; None if it warns or raises."""
    try:
        found = f(x, p)
    except (RuntimeWarning, IndexError, np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return found if np.isfinite(found) and abs(found) < LARGEST else None


def slope_near(f, x, p, d, h):
    """The slope along `d`, by differences; None where they leave what the function is defined for."""
    found = [value_of(f, x + s * h * d[:N], p + s * h * d[N:]) for s in (-2, -1, 1, 2)]
    return None if None in found else (found[0] - 8 * found[1] + 8 * found[2] - found[3]) / (12 * h)


def test_the_side_that_is_not_taken_neither_warns_nor_raises(budget):
    seed, programs = budget
    judged = 0
    for number in range(max(1, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"{seed}-{number}")).function()
        f = function_of(source, number)
        points = np.random.default_rng([seed, number])
        shapes = {"x": f"{N}", "p": "3"}
        gradient, forward = (d(f, wrt=("x", "p"), **shapes) for d in (sd.value_and_grad, sd.jvp))
        for _ in range(POINTS):
            x, p, d = points.uniform(-1, 1.4, N), points.uniform(-0.7, 1.3, 3), points.normal(size=N + 3)
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                expected = value_of(f, x, p)
                if expected is None:
                    continue
                slopes = slope_near(f, x, p, d, 3e-4), slope_near(f, x, p, d, 1e-4)
                try:
                    value, (d_x, d_p) = gradient(x, p)
                    along = forward(x, p, d[:N], d[N:])
                except (RuntimeWarning, IndexError, np.linalg.LinAlgError, ZeroDivisionError) as error:
                    if max(d.source.count("\n") for d in (gradient, forward)) > LONG:
                        break
                    raise AssertionError(f"{error!r}\n{source}\n{gradient.source}\n{forward.source}") from None
            text, scale = f"{source}\n{gradient.source}", 1 + np.sum(np.abs(d_x)) + np.sum(np.abs(d_p))
            slope = d_x @ d[:N] + d_p @ d[N:]
            np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-11, err_msg=text)
            assert abs(along - slope) < 1e-8 * scale, text
            if None not in slopes and abs(slopes[0] - slopes[1]) < 1e-6 * scale:  # else a branch is near
                judged += 1
                assert abs(slopes[1] - slope) < 1e-5 * scale, text
    assert judged or programs < 100
