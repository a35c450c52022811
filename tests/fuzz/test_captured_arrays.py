"""Random programs that mix symbolic values with arrays that are known: captured ones, and what NumPy makes of them.

A program is text that can be read and run. Each line is a template, filled with variables that exist, and kept if NumPy
can run it after those before. Values are NumPy's, slopes those of differences. What was captured is as it was before.
"""

import linecache
import random
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

RNG = np.random.default_rng(5)
G = np.array([[1.2, -0.4, 0.3], [0.5, 2.1, -0.7], [-0.2, 0.6, 1.5]])
GRID = np.linspace(0.0, 1.0, 3)
TABLE = {"W": RNG.normal(size=(2, 3)), "parts": [RNG.normal(size=3), (RNG.normal(size=3), 2)]}
STACK = [RNG.normal(size=(3, 3)), RNG.normal(size=3)]
K = 2


@dataclass
class Settings:
    """Arrays as attributes of an object."""

    scale: np.ndarray = field(default_factory=lambda: np.array([0.5, 1.0, 2.0]))
    shifts: list = field(default_factory=lambda: [np.array([0.1, 0.2, 0.3])])


class Constants:
    """Arrays as attributes of a class."""

    BASE = np.array([[0.3, 0.1, -0.2], [0.7, -0.5, 0.4]])

    @staticmethod
    def shifted(v):
        """A function that reads them."""
        return v + Constants.BASE[0]


MODEL = Settings()
KNOWN = """
    G | GRID | TABLE["W"] | TABLE["parts"][0] | TABLE["parts"][1][0] | STACK[0] | STACK[-1] | MODEL.scale | MODEL.shifts[0] | Constants.BASE | Constants.BASE[1] | G[0] | GRID[1:] | G.T | G[:, None, 0]
    np.exp(-{a}) | {a}.copy() | np.copy({a}) | np.array({a}) | np.zeros_like({a}) | np.ones_like({a}) | np.empty_like({a}) * 0 | np.full_like({a}, 0.5) | {a} * 2 | {a} + {b} | np.outer({a}, GRID) | {a}.astype(float) | np.sqrt(0.1 + {a} * {a})
    np.zeros({a}.shape) | np.zeros(3) | np.ones((2, 3)) | np.eye(3) | np.arange(3.0) | np.linspace(0, 1, 3) | np.diag({a}) | np.sort({a}) | np.cumsum({a}, axis=0) | np.repeat({a}, 2) | {a}.reshape(-1) | {a}.ravel() | np.stack([{a}, {a}])
    np.tile({a}, 2) | np.concatenate([{a}, {a}]) | np.random.default_rng(3).normal(size=3) | np.random.default_rng(4).random((2, 3)) | np.broadcast_to({a}, (2, 3)).copy() | np.clip({a}, 0, 1) | np.where({a} > 0.3, {a}, 0.3) | np.roll({a}, 1)
    np.linalg.inv(G + 3 * np.eye(3)) | {a} @ G | np.tril(G) | np.triu({a}) | np.vander(GRID, 3) | np.r_[GRID, 1.0] | np.c_[GRID, GRID] | np.meshgrid(GRID, GRID)[0] | np.float64(0.5) * {a} | np.ones(3) * K | np.array([1.0, K, 3]) | {a}[::-1]
    np.asarray([GRID, GRID]) | np.fliplr(G) | np.interp([0.1, 0.4, 0.8], GRID, GRID**2) | np.full(3, 0.25) | np.array(STACK[1]) | np.einsum("ij->j", G) | np.einsum("ii->i", G) | np.swapaxes(G, 0, 1) | np.asfortranarray(G) | np.moveaxis(G, 0, 1)
"""
MIXED = """
    {a} * x | {a} + x | {a} - x | x - {a} | {a} / (2 + x * x) | {a} @ x | {a}.dot(x) | x @ {a}.T | np.dot({a}, x) | np.maximum({a}, x) * x | {a} * x[0] | x[1] - {a} | {a} ** 2 * x | np.outer({a}, x) | np.float64(0.5) * x | np.sin({a} * x)
    np.stack([{a}, {a} * x]) | np.array([x, {a}]) | np.concatenate([x, {a}]) | np.where({a} > 0.3, {a}, x) | np.r_[x, {a}] | np.c_[x, {a}] | {a} * np.array([x[0], 1.0, x[2]]) | Constants.shifted(x) | np.vstack([{a}, x]) | {a}[None] * x[:, None]
    {a}[[2, 0, 1]] * x | {a}[:, 1] * x | np.diag(x) @ {a} | np.sum({a}) * x | np.mean({a} * x) * GRID | np.interp(0.3, GRID, {a}) * x | np.einsum("...i,i->...", {a}, x) | {a}.sum(axis=0) * x | np.cross({a}, x) | np.kron({a}, x) | x[K] * {a} | np.tensordot({a}, x, 1) * 1.0 | {a}.mean() + x
"""
WRITE = """
    {a} += x | {a} -= {b} | {a} *= x[0] | {a} *= x | {a} /= 2 + x * x | {a}[0] = x[0] | {a}[0] = x | {a}[1:] = x[1:] | {a}[...] = x | {a}[:] = {b} * x | {a}[-1] += x[2] | {a}[1:3] *= x[0] | {a}[[0, 1]] = x[:2] | {a}[[0, -1]] *= x[1] | {a}[:, 0] = x | {a}[:, 1] += x[1]
    {a}[{a} > 0.3] = x[0] | {a}[{a} > 0.3] *= 2 | {a}[x > 0.2] = 1.5 | {a}[np.diag_indices(3)] = x | {a}[np.diag_indices_from({a})] += x[0] | {a}[np.triu_indices(3, 1)] = x | {a}[np.ix_([0, 2], [1])] = x[0] | np.fill_diagonal({a}, x) | np.copyto({a}, x) | np.put({a}, [0, 2], x[:2])
    np.add({a}, x, out={a}) | np.multiply({a}, x[0], out={a}) | np.add.at({a}, [0, 0, 1], x) | {a}.fill(x[0]) | {a}.flat[0] = 2 * x[1] | {a}.T[0] = x | {a}.T[...] *= x[0] | {a}.ravel()[1] = x[1] | {a}.reshape(-1)[0] += x[0] | {a}[::-1][0] = x[0] | {a}[0], {a}[1] = {a}[1] * x[0], {a}[0] * 1.0 | np.transpose({a})[1] -= x[0]
    {a}[0] = 0.25 | {a} += 1 | {a} *= 0.5 | {a}[1:] -= 0.5 | {a}[np.argmax(x)] = x[0] | {a}[int(GRID[2])] = x[1] | {a}[K - 1] = x[K] | {a}.sort() | {a}.put([0], [0.5])
"""
LOOPS = (
    "for k in range(len({a})):\n    {a}[k] = {a}[k] * x[k % 3]",
    "for k, v in enumerate(GRID):\n    {a}[k] += v * x[k]",
    "for r in {a}:\n    r *= x[0]",
    "for (i, j), v in np.ndenumerate(G):\n    {a}[i] += v * x[j]",
    "for part in STACK:\n    {a} = {a} + np.sum(part) * x[0]",
    "for W in (TABLE['W'], Constants.BASE):\n    {a} = {a} + np.sum(W @ x)",
)


def templates(text):
    return [item.strip() for line in text.strip().splitlines() for item in line.split(" | ")]


POOLS = tuple(map(templates, (KNOWN, MIXED, WRITE)))


def drawn_line(rng, names, k):
    """A line, and the variables that it makes."""
    a, b = rng.choice([*names[-5:], "GRID", "x"] if names else ["GRID", "G"]), rng.choice([*names, "GRID", "G"])
    kind = rng.choices(range(4), (35, 25, 35, 5))[0]
    if kind > 1:
        if not names:
            return "", []
        a = rng.choice(names[-4:])  # what the program has made itself
    line = rng.choice(LOOPS if kind == 3 else POOLS[kind]).format(a=a, b=b)
    return (f"v{k} = {line}", [f"v{k}"]) if kind < 2 else (line, [])


def function_of(lines, names):
    text = "def f(x):\n" + "".join(f"    {part}\n" for line in lines for part in line.split("\n"))
    for name in names:
        text += f"    w_{name} = np.cos(1.0 + np.arange({name}.size)).reshape({name}.shape)\n"
    total = " + ".join(f"np.sum(w_{name} * {name} * {name})" for name in names)
    text += f"    return {total} + np.sum(x)\n"
    place = f"<captured {abs(hash(text))}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    names_outside = ("G", "GRID", "TABLE", "STACK", "K", "MODEL", "Constants")
    space = {"np": np, **{name: globals()[name] for name in names_outside}}
    exec(compile(text, place, "exec"), space)
    return text, space["f"]


def snapshot():
    """Copies of what is captured, and the arrays themselves."""
    first, (second, _) = TABLE["parts"]
    parts = (G, GRID, TABLE["W"], first, second, *STACK, MODEL.scale, *MODEL.shifts, Constants.BASE)
    return [part.copy() for part in parts], parts


def restore(before):
    """Puts the copies back."""
    copies, parts = before
    for part, copy in zip(parts, copies, strict=True):
        part[...] = copy


def runs(lines, names, x):
    """Whether NumPy can run the program, and it leaves alone what is outside."""
    before = snapshot()
    checks = [f"assert type({n}) is np.ndarray and 0 < {n}.size < 60 and {n}.dtype == float" for n in names]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return abs(function_of([*lines, *checks], names)[1](x.copy())) < 1e6 and all(map(np.array_equal, *before))
        except (TypeError, ValueError, IndexError, AttributeError, AssertionError, NameError):
            return False
        finally:
            restore(before)


def program(rng, x):
    """Lines that NumPy can run one after the other, and the variables that are arrays at the end."""
    lines, names = [], []
    for k in range(rng.randint(3, 9)):
        line, made = drawn_line(rng, names, k)
        if line and runs([*lines, line], [*names, *made], x):
            lines, names = [*lines, line], [*names, *made]
    return lines, names


def slope(f, x, step):
    """The slope along a direction, by differences of the fourth order."""
    h = step * DIRECTION
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * step)


DIRECTION = np.array([0.3, -1.0, 0.7])


def expected(f, x):
    """Value and slope, by NumPy; None where the function has a kink nearby."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        slopes = [slope(f, x, step) for step in (1e-3, 3e-4)]
        return (f(x.copy()), slopes[0]) if slopes[0] == pytest.approx(slopes[1], rel=1e-6, abs=1e-6) else None


def outcome(f, x):
    """Value and slope, by symdiff; or None where it says that it does not do it."""
    try:
        value, gradient = sd.value_and_grad(f)(x.copy())
    except SymdiffError:
        return None
    return value, gradient @ DIRECTION


def test_programs_with_captured_arrays(budget):
    seed, programs = budget
    refused = 0
    for i in range(programs):
        x = np.random.default_rng([seed, i]).normal(size=3)
        text, f = function_of(*program(random.Random(f"{seed}-{i}"), x))
        known = expected(f, x)
        if known is None:
            continue
        before = snapshot()
        found = outcome(f, x)
        same = all(map(np.array_equal, *before))
        restore(before)
        shown = f"program {i} of seed {seed}, x = {x.tolist()}:\n{text}"
        assert same, shown
        refused += found is None
        if found is not None:
            assert found == pytest.approx(known, rel=1e-6, abs=1e-6), shown
    assert refused <= max(3, programs // 50), f"{refused} of {programs} programs were refused"
