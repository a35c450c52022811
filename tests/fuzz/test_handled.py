"""Errors that a program raises and handles itself: random programs of ``try``, ``raise`` and ``if``, nested and in calls.

The judge is Python, which runs the program on numbers that carry their derivative. What is raised and handled by nobody
must be raised by the derivative too.

``pytest tests/fuzz/test_handled.py --programs 10000 --seed 3`` takes its time.
"""

import linecache
import math
import random

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError

POINTS = (-2.3, -1.1, -0.4, 0.0, 0.3, 0.9, 1.7, 2.6)
ERRORS = ("ValueError", "KeyError", "RuntimeError", "Mine", "IndexError")
CAUGHT = (*ERRORS, "(KeyError, Mine)", "(ValueError, IndexError)", "LookupError", "ZeroDivisionError", "Exception")
CALLS = ("positive", "small", "twice", "math.log", "math.sqrt", "share")
NUMPYS = ("math domain error", "float division by zero")  # nan or inf, if nobody handles it


class Mine(Exception):
    """An error that generated code does not know."""


class Dual:
    """A number and its derivative."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = float(value), float(slope)

    def __add__(self, other):
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = dual(other)
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __sub__(self, other):
        return self + dual(other) * -1.0

    def __rsub__(self, other):
        return dual(other) - self

    def __truediv__(self, other):
        other = dual(other)
        value = self.value / other.value  # raises what Python's numbers raise
        return Dual(value, (self.slope - value * other.slope) / other.value)

    def __rtruediv__(self, other):
        return dual(other) / self

    def __gt__(self, other):
        return self.value > dual(other).value

    def __lt__(self, other):
        return self.value < dual(other).value

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.slope)

    __radd__, __rmul__ = __add__, __mul__


def dual(x):
    return x if isinstance(x, Dual) else Dual(float(x))


class DualMath:
    """`math` for numbers that carry their derivative: it raises what `math` raises."""

    @staticmethod
    def log(x):
        return Dual(math.log(dual(x).value), dual(x).slope / dual(x).value)

    @staticmethod
    def sqrt(x):
        value = math.sqrt(dual(x).value)
        return Dual(value, 0.5 * dual(x).slope / value if value else np.inf)


def positive(x):
    if x < 0:
        raise ValueError("negative")
    return x * 2


def small(x):
    y = x + 1
    if y > 2:
        if x > 2.5:
            raise RuntimeError("very large")
        raise KeyError("large")
    return y * x


def twice(x):
    try:
        y = positive(x - 1)
    except KeyError:
        y = x
    return y + small(x)


def share(x):
    return 1.5 / x


class Writer:
    """Writes one program."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lines = ["def f(x):", "    a, b, c = x, x * 0.5, 1.0 - x"]

    def write(self):
        self.block(1, self.rng.randint(1, 3), self.rng.randint(1, 3))
        self.lines.append("    return a + 2 * b - c * a")
        return "\n".join(self.lines) + "\n"

    def variable(self):
        return self.rng.choice("abcx")

    def expression(self):
        u, v, k = self.variable(), self.variable(), round(self.rng.uniform(-2, 2), 1)
        kinds = (f"{u} + {v}", f"{u} * {v}", f"np.sin({u})", f"{u} - {k}", f"{k}")
        calls = (f"{self.rng.choice(CALLS)}({u})", f"{self.rng.choice(CALLS)}({u}) + {v}", f"{u} / {v}")
        return self.rng.choice(kinds if self.rng.random() < 0.6 else calls)

    def condition(self):
        return f"{self.variable()} {self.rng.choice('<>')} {round(self.rng.uniform(-2, 2), 1)}"

    def block(self, depth, nesting, size):
        for _ in range(size):
            self.statement(depth, nesting)

    def say(self, depth, text):
        self.lines.append("    " * depth + text)

    def statement(self, depth, nesting):
        kind = self.rng.random()
        if kind < 0.35 or not nesting:
            self.say(depth, f"{self.rng.choice('abc')} {self.rng.choice(('=', '=', '+='))} {self.expression()}")
        elif kind < 0.45:
            self.say(depth, f"if {self.condition()}:")
            kind = self.rng.choice(ERRORS)
            quoted = self.rng.choice(("'u'", "'v'", "'w'", "'u'" if kind == "Mine" else self.variable()))
            self.say(depth + 1, f"raise {kind}({quoted})")
        elif kind < 0.5:
            self.say(depth, f"if {self.condition()}:")
            self.say(depth + 1, f"return {self.expression()}")
        elif kind < 0.7:
            self.say(depth, f"if {self.condition()}:")
            self.block(depth + 1, nesting - 1, self.rng.randint(1, 2))
            if self.rng.random() < 0.5:
                self.say(depth, "else:")
                self.block(depth + 1, nesting - 1, self.rng.randint(1, 2))
        else:
            self.attempt(depth, nesting - 1)

    def attempt(self, depth, nesting):
        self.say(depth, "try:")
        self.block(depth + 1, nesting, self.rng.randint(1, 3))
        for caught in self.rng.sample(CAUGHT, self.rng.randint(1, 2)):
            self.say(depth, f"except {caught}:")
            if self.rng.random() < 0.1:
                self.say(depth + 1, "raise")
            else:
                self.block(depth + 1, nesting, self.rng.randint(1, 2))
        if self.rng.random() < 0.2:
            self.say(depth, "else:")
            self.block(depth + 1, nesting, 1)
        if self.rng.random() < 0.2:
            self.say(depth, "finally:")
            self.say(depth + 1, f"{self.rng.choice('abc')} = {self.rng.choice('abc')} * 0.5")


def program(text, name, math=math):
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    space = {"np": np, "Mine": Mine, "positive": positive, "small": small, "twice": twice, "share": share, "math": math}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def outcome(call):
    try:
        return call()
    except SymdiffError:
        raise
    except (ValueError, KeyError, RuntimeError, Mine, IndexError, ZeroDivisionError) as error:
        if isinstance(error, Mine):  # generated code has Python's own classes
            return "RuntimeError", (f"Mine: {error.args[0]}",)
        said = (x.value if isinstance(x, Dual) else x for x in error.args)
        return type(error).__name__, tuple(x if isinstance(x, str) else pytest.approx(x, abs=1e-10) for x in said)


def test_handled_programs(budget):
    seed, programs = budget
    refused = handled = 0
    for k in range(programs):
        text = Writer(f"{seed} {k}").write()
        f = program(text, f"<handled {seed} {k}>", DualMath)
        ours = program(text, f"<handled {seed} {k}>")
        g = sd.value_and_grad(ours)
        try:
            found = [outcome(lambda x=x, g=g: g(x)) for x in POINTS]
        except UnsupportedError as error:
            refused += 1
            assert "raise" in str(error), f"{error}\n{text}"
            continue
        if all(isinstance(got[0], str) for got in found):  # what always fails raises what is known to be raised
            continue
        handled += "try" in text
        for x, got in zip(POINTS, found, strict=True):
            want = outcome(lambda x=x, f=f: dual(f(Dual(x, 1.0))))
            if isinstance(want, tuple) and want[1][:1] and want[1][0] in NUMPYS:
                continue
            if isinstance(want, Dual) and not np.isfinite(want.slope):  # a root at 0, whose derivative others see
                continue
            if isinstance(want, Dual) == isinstance(
                got[0], str
            ):  # at a border rounding decides, which rewriting changes
                got = outcome(lambda x=x, f=ours: sd.value_and_grad(f, exact=True)(x))
            if isinstance(want, Dual):
                assert not isinstance(got[0], str), f"{got} at {x}\n{text}"
                np.testing.assert_allclose(
                    got, (want.value, want.slope), rtol=1e-10, atol=1e-10, err_msg=f"{x}\n{text}"
                )
            else:
                assert got == want, f"{x}\n{text}"
    assert programs < 10 or refused < programs / 3
    assert programs < 10 or handled > programs / 4
