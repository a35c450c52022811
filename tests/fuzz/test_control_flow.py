"""Random functions with nested loops and branches: what NumPy gives, bit for bit, and its derivative.

Kept loops and loops run step by step must agree, in forward and in reverse mode.
"""

import linecache
import random

import numpy as np

import symdiff as sd

N = 12
VARIABLES = ("a", "b", "c")
OF_A_HUNDRED = 4  # of the programs of the budget: each is compiled thrice, and some take seconds
POINTS = 3
LARGEST = 1e6  # beyond, differences say nothing, of the value or of anything on the way: sin(p + 1e36) is flat to them


class Writer:
    """Writes one function."""

    def __init__(self, rng):
        self.rng, self.lines, self.indices, self.flags = rng, [], [], 0

    def function(self):
        self.say(0, "def f(x, p):")
        self.say(1, "a, b, c = p[0], 0.5, p[1] * p[2]")
        self.say(1, f"y = np.zeros({N})")
        self.say(1, "items = []")
        self.block(1, self.rng.randint(2, 4), depth=0, in_loop=False)
        total = "a + 2 * b - c + np.sum(y * y) + sum(items)"
        self.say(1, f"return {total}")
        return "\n".join(self.lines) + "\n"

    def say(self, level, text):
        self.lines.append("    " * level + text)

    def block(self, level, n, depth, in_loop):
        kinds = [self.assign] * 4 + ([self.fill] if self.indices else [])
        if depth < 3:
            kinds += [self.branch, self.branch, self.for_, self.for_] + ([self.while_] if depth < 2 else [])
        for _ in range(n):
            self.rng.choice(kinds)(level, depth, in_loop)
        if in_loop and depth == 1 and self.rng.random() < 0.2:
            self.append(level, depth, in_loop)
        elif in_loop and self.rng.random() < 0.15:
            self.say(level, f"if {self.condition()}:")
            self.say(level + 1, self.rng.choice(["break", "continue"]))
            self.assign(level, depth, in_loop)

    def assign(self, level, depth, in_loop):
        name = self.rng.choice(VARIABLES)
        how = self.rng.choice(["=", "=", "+=", "*="])
        value = self.expression() if how != "*=" else f"(0.7 + 0.2 * np.sin({self.expression()}))"
        self.say(level, f"{name} {how} {value}")

    def fill(self, level, depth, in_loop):
        t = self.rng.choice(self.indices)
        back = self.rng.choice(["", f" + 0.3 * y[{t} - 1]", f" + 0.2 * y[{t}]"])
        self.say(level, f"y[{t}] = {self.expression()}{back}")

    def append(self, level, depth, in_loop):
        self.say(level, f"items.append({self.expression()})")

    def branch(self, level, depth, in_loop):
        self.say(level, f"if {self.condition()}:")
        self.block(level + 1, self.rng.randint(1, 2), depth + 1, False)
        if self.rng.random() < 0.3:
            self.say(level, f"elif {self.condition()}:")
            self.block(level + 1, 1, depth + 1, False)
        if self.rng.random() < 0.6:
            self.say(level, "else:")
            self.block(level + 1, self.rng.randint(1, 2), depth + 1, False)

    def for_(self, level, depth, in_loop):
        t = f"t{depth}"
        over = self.rng.choice([f"range(1, {N})", f"range({N})", f"range({N - 1}, 0, -1)", f"range(0, {N}, 1)"])
        self.say(level, f"for {t} in {over}:")
        self.indices.append(t)
        self.block(level + 1, self.rng.randint(1, 3), depth + 1, True)
        self.indices.pop()

    def while_(self, level, depth, in_loop):
        k = f"k{level}"
        self.say(level, f"{k} = 0")
        self.say(level, f"while {k} < 15 and ({self.condition()}):")
        self.say(level + 1, f"{k} += 1")
        self.block(level + 1, self.rng.randint(1, 2), depth + 1, False)

    def condition(self):
        first = f"{self.term()} {self.rng.choice(['<', '>'])} {self.rng.choice([-0.31, 0.17, 0.43, 0.89])}"
        if self.rng.random() < 0.2:
            return f"{first} {self.rng.choice(['and', 'or'])} {self.term()} > {self.rng.choice([-0.5, 0.2])}"
        return f"not {first}" if self.rng.random() < 0.1 else first

    def expression(self):
        kind = self.rng.randint(0, 6)
        a, b = self.term(), self.term()
        return [
            f"np.sin({a} + {b})", f"0.5 * {a} - {b}", f"{a} * np.tanh({b})", f"np.exp(-{a} * {a})", f"{a}",
            f"np.log(1.5 + np.cos({a})) * 0.4", f"({a} if {self.condition()} else {b})",
        ][kind]  # fmt: skip

    def term(self):
        choices = [*VARIABLES, "p[1]", "0.3"]
        choices += [f"x[{t}]" for t in self.indices] * 2 + [f"y[{t}]" for t in self.indices[-1:]]
        return self.rng.choice(choices)


def function_of(source, number):
    name = f"<control flow {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {"np": np}
    exec(compile(source, name, "exec"), space)
    return space["f"]


def slope_near(f, x, p, d, h):
    """The slope along `d`, by differences of order four."""

    def at(s):
        return f(x + s * d[:N], p + s * d[N:])

    return (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)


def largest(source, x, p):
    """The largest number that a variable holds on the way."""
    lines = source.splitlines()
    starts = tuple(f"{name} " for name in VARIABLES)
    seen = [
        line + f"; sizes.append(abs({line.split()[0]}))" if line.lstrip().startswith(starts) else line for line in lines
    ]
    space = {"np": np, "sizes": [0.0]}
    exec("\n".join(seen), space)
    space["f"](x, p)
    return max(space["sizes"])


def stepwise(f, x, p):
    """The gradient without a loop, if there can be one: what ends a loop must be known for that."""
    try:
        return sd.grad(f, wrt=("x", "p"), loops="unroll")(x, p)
    except sd.errors.TruthValueError:
        return None


def test_kept_loops_and_branches_are_those_of_numpy(budget):
    seed, programs = budget
    judged = 0
    for number in range(max(1, programs * OF_A_HUNDRED // 100)):
        source = Writer(random.Random(f"{seed}-{number}")).function()
        f = function_of(source, number)
        points = np.random.default_rng([seed, number])
        kept, forward = sd.value_and_grad(f, wrt=("x", "p")), sd.jvp(f, wrt=("x", "p"))
        for k in range(POINTS):
            x, p, d = points.normal(size=N), points.normal(size=3), points.normal(size=N + 3)
            with np.errstate(all="ignore"):
                expected = f(x, p)
                near, nearer = slope_near(f, x, p, d, 4e-4), slope_near(f, x, p, d, 1e-5)
                sizes = largest(source, x, p)
            if not np.isfinite(expected) or abs(expected) > LARGEST:
                continue
            value, (d_x, d_p) = kept(x, p)
            text = f"{source}\n{kept.source}"
            scale = 1 + np.sum(np.abs(d_x)) + np.sum(np.abs(d_p))
            slope = d_x @ d[:N] + d_p @ d[N:]
            np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-11, err_msg=text)
            assert abs(forward(x, p, d[:N], d[N:]) - slope) < 1e-9 * scale, f"{source}\n{forward.source}"
            is_short = source.count("for ") < 4 and "for t2" not in source  # three loops in one another: 1,500 steps
            if k == 0 and is_short and (found := stepwise(f, x, p)) is not None:
                np.testing.assert_allclose(d_x, found[0], rtol=1e-9, atol=1e-10 * scale, err_msg=text)
                np.testing.assert_allclose(d_p, found[1], rtol=1e-9, atol=1e-10 * scale, err_msg=text)
            if abs(near - nearer) < 1e-6 * scale and sizes < LARGEST:  # else a branch is near
                judged += 1
                assert abs(nearer - slope) < 1e-5 * scale, text
    assert judged
