"""Python programs drawn at random: tracing computes what NumPy computes, and differentiates that.

A program is text: each line is a template with variables filled in, kept if NumPy can run it after those before it.
Counterexamples are therefore programs that can be read and run.
"""

import linecache
from contextlib import contextmanager

import numpy as np
import pytest
from helpers import difference, evaluate
from hypothesis import HealthCheck, assume, given, note, settings, strategies as st

import symdiff as sd
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.tree import take_apart

slow = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# {a} and {b} are variables that exist, {r} and {q} are new ones; what NumPy refuses is left out.
EXPRESSIONS = """
    np.sin({a}) | np.cos({a}) | np.tanh({a}) | np.exp(-{a} ** 2) | np.sqrt(1 + {a} ** 2) | np.arctan2({a}, 2 + np.abs({b}))
    np.log1p(np.abs({a})) | np.square({a}) | np.hypot({a}, {b}) | np.logaddexp({a}, {b}) | np.expm1({a} / 4) | np.power({a}, 3)
    {a} + {b} | {a} - {b} | {a} * {b} | {a} / (1 + {b} * {b}) | -{a} | +{a} | abs({a}) | 2 - {a} | 1 / (2 + {a} ** 2)
    np.maximum({a}, {b}) | np.minimum({a}, 0.3) | np.where({a} > {b}, {a}, 2 * {b}) | np.clip({a}, -0.7, {b} + 2)
    np.sign({a}) * {b} | np.floor({a}) + {b} | np.heaviside({a}, 0.5) | np.fmax({a}, {b}) | {a} % 1.7 | {a} // 0.7 | round({a}, 1)
    np.copysign({a}, {b}) | np.nan_to_num({a}) | np.real({a}) | np.select([{a} < 0, {a} < 1], [{b}, {a} ** 2], 3.0)
    {a}.max() | {a}.min(axis=0) | np.ptp({a})
    np.median({a}) | np.quantile({a}, 0.3, axis=0)
    np.cumsum({a}, axis=0) | np.cumprod({a} / 2) | np.diff({a}) | np.diff({a}, axis=0) | np.maximum.accumulate({a}) | np.gradient({a})
    np.subtract.outer({a}, {b}) | np.add.accumulate({a})
    {a}.T | {a}.reshape(-1) | np.reshape({a}, (2, -1)) | np.ravel({a}) | {a}.flatten() | {a}.copy() | np.array({a}) | np.asarray({a})
    np.transpose({a}) | np.swapaxes({a}, 0, -1) | {a}[None] | {a}[:, None] | {a}[..., None] | np.expand_dims({a}, -1) | np.squeeze({a})
    {a}[0] | {a}[-1] | {a}[1:] | {a}[:-1] | {a}[::2] | {a}[::-1] | {a}[1, 0] | {a}[:, 1] | {a}[1:, :2] | {a}[..., -1] | {a}[[1, 0, 1]]
    {a}[I] | {a}[K] | {a}[I, 0] | {a}[:, I] | {a}[np.argsort({a})] | {a}[np.argmax({a})] | np.take({a}, [2, 0], axis=-1)
    np.concatenate([{a}, {b}]) | np.stack([{a}, {b}]) | np.hstack([{a}, {b}]) | np.vstack([{a}, {b}]) | np.append({a}, {b})
    np.column_stack([{a}, {b}]) | np.tile({a}, 2) | np.repeat({a}, 2, axis=0) | np.flip({a}) | np.roll({a}, 1) | np.pad({a}, 1)
    np.sort({a}) | np.sort({a}, axis=0) | np.tril({a}) | np.triu({a}, 1) | np.diag({a}) | np.diagonal({a}) | np.broadcast_to({a}, (2, 4))
    np.array([{a}, {b}]) | np.array([e * 2 for e in {a}]) | np.stack([e + 1 for e in {a}]) | np.array([[{a}[0], 1.0], [2.0, {b}]])
    np.zeros_like({a}) + {b} | np.ones(3) * {a} | np.full(4, 1.5) - {a} | C * {a} | {a} + np.arange(4) | np.linspace(0, 1, 4) * {a}
    sum({a}) | max({a}.item(0), 0.2) | min([{a}.item(0), 0.1]) | sum(e * e for e in {a}) | float(2) * {a}
    np.where(K, {a}, {b}) | np.compress(K, {a}) | np.interp({a}, C, C ** 2) | np.convolve({a}, [1.0, -2.0]) | np.piecewise({a}, [{a} < 0], [0.0, lambda t: t * t])
    np.apply_along_axis(np.cumsum, 0, {a}) | np.vectorize(lambda e: e * 2)({a}) | np.moveaxis({a}, 0, -1) | np.delete({a}, 1) | np.insert({a}, 1, 9.0)
    (lambda t: t + {b})({a}) | [{a}, {b}][1] | dict(p={a}, q={b})["p"] | ({a}, {b})[0] | np.split({a}, 2)[1] | np.atleast_2d({a}) | {a}.item(0)
"""
ROUNDED = """
    np.sum({a}) | {a}.sum(axis=0) | np.mean({a}, axis=-1) | np.prod({a} / 2, axis=0) | np.var({a}) | np.sqrt(1 + np.var({a}, axis=0, ddof=1))
    np.sum({a}, axis=-1, keepdims=True) | np.add.reduce({a}) | np.nansum({a}) | np.average({a}, axis=0) | np.trace({a})
    {a} @ {b} | np.dot({a}, {b}) | np.outer({a}, {b}) | np.inner({a}, {b}) | np.linalg.norm({a}) | np.einsum("i,j->ij", {a}, {b})
    np.einsum("ij,ij->j", {a}, {a}) | np.matmul({a}, {b}.T) | np.vdot({a}, {b}) | np.linalg.solve(B, {a}) | np.cov({a}) | np.trapezoid({a})
    {a}[{a} > 0].sum() | np.mean({a}[{a} > {b}]) | np.std({a}[{a} < 1]) | {a}[{b} > 0].sum(axis=0) | np.dot({a}[{b} > 0], {b}[{b} > 0])
"""
STATEMENTS = (
    "{a}[0] = {b}", "{a}[-1] = {b}", "{a}[1:] = {b}", "{a}[:2] += {b}", "{a}[::2] *= 0.5", "{a}[..., 0] -= {b}", "{a}[:, 1] = {b}",
    "{a} += {b}", "{a} -= 0.5", "{a} *= {b}", "{a} /= 2", "{a}[{a} > 0.5] = 0.5", "{a}[{a} < 0] *= -1", "{a}[K] = {b}", "{a}[I] = {b}",
    "{a}[:] = {b}", "{a}[...] = 0.0", "{a}[0, 1] = {b}", "{a}[1][0] = {b}", "{a}[[0, 2]] += {b}", "{a}[:, ::-1] = {b}",
    "{a}.sort()", "{a}.fill(0.25)", "np.copyto({a}, {b})", "np.fill_diagonal({a}, {b})",
    "np.put({a}, [0, 2], {b})", "np.multiply({a}, {b}, out={a})", "np.sqrt(1 + {a} * {a}, out={a})", "{a}.T[0] = {b}", "{a}.flat[1] = {b}",
    "{a}[1:] = {a}[:-1]", "{a}[::-1] = {a}", "{a}[0], {a}[1] = {a}[1], {a}[0]", "{a}[0] = {a}[1] = {b}", "{a}.reshape(-1)[1] += {b}",
    "{a}[1:][0] *= 3", "{a}[{a} > {b}] = {b}", "{a}[{b} > 0] = {b}[{b} > 0]", "{a}[{b} > 0] += 1", "np.ravel({a})[0] = {b}",
    "{a}[np.argmax({b})] = {b}[0]", "{r} = {a}[np.argmin({b})]\n{r} *= 2", "{a}[np.argmax({b}), 1:] = {b}",
    "{r} = {q} = {a}\n{r} += 1", "{r}, {q} = {a}, {b}", "{r}, *{q} = {a}", "{r}, {q} = np.split({a}, 2)", "{r}, {q} = np.modf({a})",
    "{r} = 0.0\nfor e in {a}:\n    {r} = {r} * 0.5 + e", "for k in range(len({a})):\n    {a}[k] = {a}[k] * 0.5 + k",
    "for k in range(1, {a}.shape[0]):\n    {a}[k] += 0.5 * {a}[k - 1]", "{r} = []\nfor e in {a}:\n    {r}.append(np.tanh(e))\n{r} = np.array({r})",
    "{r} = np.zeros({a}.shape)\nfor k, e in enumerate({a}):\n    {r}[k] = e * {b}", "{r} = np.empty(3)\n{r}[:] = {b}\n{r}[1] = 2.0",
    "{r} = np.zeros((2, 4))\n{r}[0] = {a}\n{r}[1, 1:] = 1.0\n{r} = {r} * {b}", "{r} = {a}\nwhile np.ndim({r}) > 1:\n    {r} = {r}[0]",
    "{r} = {a} if {a}.ndim == {b}.ndim else {b}", "{r} = np.zeros(4)\n{r} += {a}\n{q} = {r}[1:3]\n{q}[0] = {b}",
    "def helper(t, n=2):\n    for _ in range(n):\n        t = t * 0.5 + 1\n    return t\n{r} = helper({a})",
)  # fmt: skip
EXACT = tuple("{r} = " + e.strip() for line in EXPRESSIONS.strip().splitlines() for e in line.split(" | ")) + STATEMENTS
ROUGH = (
    *("{r} = " + e.strip() for line in ROUNDED.strip().splitlines() for e in line.split(" | ")),
    "np.exp({a} / 4, out={a})", "np.add.at({a}, [0, 1, 0], {b})", "np.subtract.at({a}, I, {b})",
)  # fmt: skip

INPUTS = {"x": (4,), "y": (4,), "s": (), "A": (3, 4), "M": (4, 4)}
OUTSIDE = {
    "C": np.array([-1.5, -0.25, 0.5, 2.0]),
    "K": np.array([True, False, True, True]),
    "I": np.array([2, 0, 1]),
    "B": np.eye(4) * 3 + 0.25,
    "np": np,
}
WEIGHTED_SUM = """\
def z(x, y, s, A, M):
    stack, total = [f(x, y, s, A, M)], 0.0
    while stack:
        part = stack.pop()
        if isinstance(part, (tuple, list)):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
        else:
            weights = np.cos(1.0 + np.arange(np.size(part))).reshape(np.shape(part))
            total = total + np.sum(weights * part)
    return total
"""
steps = st.lists(st.tuples(*[st.integers(0, 9999)] * 3), min_size=2, max_size=12)
seeds = st.integers(0, 5)


def arrays_of(seed):
    rng = np.random.default_rng(seed)
    return tuple(np.asarray(rng.normal(size=shape))[()] for shape in INPUTS.values())


def function_of(lines, result):
    """The program as a function, whose lines error messages can show."""
    text = (
        f"def f({', '.join(INPUTS)}):\n"
        + "".join(f"    {line}\n" for line in [*lines, f"return {result}"])
        + WEIGHTED_SUM
    )
    name = f"<program {abs(hash(text))}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space = dict(OUTSIDE)
    exec(compile(text, name, "exec"), space)
    return text, space["f"]


def run(f, arrays):
    with np.errstate(all="ignore"):
        return f(*[np.array(a) if np.ndim(a) else a for a in arrays])


def leaves(value):
    """The arrays in nested containers."""
    parts = take_apart(value)
    return [np.asarray(value)] if parts is None else [leaf for item in parts[2] for leaf in leaves(item)]


def is_moderate(value):
    found = leaves(value)
    return all(a.dtype.kind == "f" and a.size <= 64 and np.all(np.abs(a) < 1e3) for a in found) and len(found) <= 8


def program(drawn, pool, arrays):
    """The lines that NumPy can run one after the other, and the variables that they make."""
    lines, names, operands = [], list(INPUTS), list(INPUTS)
    for k, (op, i, j) in enumerate(drawn):
        a, b, r, q = operands[-1 - i % len(operands)], operands[-1 - j % len(operands)], f"r{k}", f"q{k}"
        text = pool[op % len(pool)].format(a=a, b=b, r=r, q=q)
        candidate = [*lines, *text.split("\n")]
        made = [name for name in (r, q) if f"{name}," in text or f"{name} =" in text]
        try:
            values = run(function_of(candidate, f"({', '.join([*names, *made])},)")[1], arrays)
        except (TypeError, ValueError, IndexError, AttributeError, KeyError, RuntimeWarning, np.linalg.LinAlgError):
            continue
        is_scalar = np.ndim(values[names.index(a)]) == 0  # which NumPy lets have an axis, in some functions
        if all(map(is_moderate, values)) and not (
            is_scalar and any(s in text for s in ("axis", "[", ".fill", "add.reduce", "+= 1", "out=", "copyto"))
        ):
            lines, names = candidate, [*names, *made]
            operands = [name for name, value in zip(names, values, strict=True) if take_apart(value) is None]
    return lines, names


def drawn_program(drawn, pool, arrays):
    lines, names = program(drawn, pool, arrays)
    assume(lines)
    *_, one, two = names
    text, f = function_of(lines, f"{one}, {{'two': [{two}, x], 'A': A}}")
    note(text.removesuffix(WEIGHTED_SUM))
    return f


@contextmanager
def lengths_by_chance():
    """Programs in which a condition selects are refused where they work by chance of the number selected; so are those
    that read an array in order while they write into it."""
    try:
        yield
    except UnsupportedError as error:
        assume("condition" not in str(error) and "that they are a view of" not in str(error))
        raise


@slow
@given(steps, seeds)
def test_the_graph_of_a_program_computes_its_bits(drawn, seed):
    arrays = arrays_of(seed)
    f = drawn_program(drawn, EXACT, arrays)
    with lengths_by_chance():
        graph = sd.function(f).recipe.build([Aval(np.float64, np.shape(a)) for a in arrays])
    for found, expected in zip(evaluate(graph, *arrays), leaves(run(f, arrays)), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


@slow
@given(steps, seeds)
def test_the_function_of_a_program_computes_its_values(drawn, seed):
    arrays = arrays_of(seed)
    f = drawn_program(drawn, EXACT + ROUGH, arrays)
    expected = run(f, arrays)
    with lengths_by_chance():
        found = sd.function(f)(*arrays)
    assert type(found) is type(expected) and found[1].keys() == expected[1].keys()
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9, strict=True)


PROGRAMS = (  # what random programs have found, and what is rare among them
    "r = np.real(x)\nr[...] = 0.0\nreturn x",
    "r = np.diag(M)\nM[1:] = 1.0\nreturn r",
    "r = np.diagonal(A)\nA[:] = y\nreturn r",
    "r = np.broadcast_to(x, (2, 4))\nx[0] = 7.0\nreturn r",
    "r = A.T + 1\nnp.ravel(r)[0] = 5.0\nreturn r",
    "r = A.T\nq = r.reshape(-1)\nA[0] = 1.0\nreturn q",
    "r = A.T.copy()\nr.reshape(-1)[1] = 5.0\nreturn r",
    "r = x[::2].ravel()\nr[0] = 9.0\nreturn x",
    "r = x[::2].reshape(-1)\nr[0] = 9.0\nreturn x",
    "r = A.T\nr.flat[1] = 9.0\nreturn A",
    "np.put(A.T, [0, 2], x[:2])\nreturn A",
    "r = x[..., -1]\nx[3] = 9.0\nreturn r * 2",
    "r = M[np.argmax(x)]\nr[0] = 9.0\nreturn M",
    "r = M[np.argmax(x)]\nM[:] = 0.5\nreturn r * x",
    "M[np.argmax(x), 1:] = y[1:]\nreturn M",
    "M[:, np.argmin(x) - 4] *= s\nreturn M",
    "x[np.argmax(y)] += s\nreturn x",
    "np.fill_diagonal(A, y)\nreturn A",
    "np.add.at(x, np.argsort(y), y)\nreturn x",
    "return np.column_stack([s, x[:1]])",
    "return [x[0], x[1]] * y[:2]",
    "x[:, None] = y[:, None]\nreturn x",
    "return np.maximum.reduce(A, axis=None)",
    "return np.subtract.reduce(A, axis=0)",
    "return np.add(x, y, out=x)",
    "return np.log(x, where=x > 0, out=np.zeros(4))",
    "r = np.zeros((3, 1))\nr[:, 0] = s\nq = np.diff(r)\nreturn A + np.sum(q) + r",
    "r = np.cos(M)\nnp.put(x, [0, 2], M.sum(axis=0))\nreturn x + r + M * M",
)  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs(text):
    *lines, last = text.split("\n")
    arrays = arrays_of(0)
    _, f = function_of(lines, last.removeprefix("return "))

    np.testing.assert_allclose(sd.function(f)(*arrays), run(f, arrays), rtol=1e-14, strict=True)
    assert_gradient(f.__globals__["z"], arrays)


@slow
@given(steps, seeds)
def test_the_gradient_of_a_program_is_that_of_finite_differences(drawn, seed):
    arrays = arrays_of(seed)
    f = drawn_program(drawn, EXACT + ROUGH, arrays)

    with lengths_by_chance():
        assert_gradient(f.__globals__["z"], arrays)


def test_numbers_that_are_known_are_found_at_tables_of_positions():
    """What is done number by number reads an array as NumPy does, whatever its index is."""
    lines = ["r0 = np.sin(M)", "r1 = np.apply_along_axis(np.cumsum, 0, r0)"]
    _, f = function_of(lines, "r0, {'two': [r1, x], 'A': A}")
    assert_gradient(f.__globals__["z"], arrays_of(0))


def assert_gradient(z, arrays):
    rng = np.random.default_rng(3)
    for k, found in enumerate(sd.grad(z, wrt=tuple(INPUTS))(*arrays)):
        direction = np.asarray(rng.normal(size=np.shape(arrays[k])))[()]
        slope, other = (difference(lambda *a: run(z, a), arrays, k, direction, h) for h in (2e-4, 5e-5))
        if slope == pytest.approx(other, rel=1e-6, abs=1e-6):  # else there is a kink or a jump nearby
            assert np.sum(found * direction) == pytest.approx(slope, rel=1e-5, abs=1e-5)
