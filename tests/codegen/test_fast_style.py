"""style="fast": blocks of rows that stay in the cache give what the readable source gives, for every row of the table."""

import subprocess
import sys

import numpy as np
import pytest
from helpers import ROWS, as_tuple, meaning, samples, values, variables
from programs import PROGRAMS

import symdiff as sd
from symdiff.codegen import row_blocks
from symdiff.codegen.target import find_target
from symdiff.errors import ArgumentError
from symdiff.graph.graph import Graph
from symdiff.ops import elementwise as ew
from symdiff.ops.reductions import sum_
from symdiff.program.pipeline import lowered
from symdiff.program.specialise import Lowered, define, load_definition
from symdiff.schedule import rows


@pytest.fixture
def small_blocks(monkeypatch):
    """All that can be is computed two rows at a time."""
    monkeypatch.setattr(rows, "LARGE", 0)
    monkeypatch.setattr(rows, "ENOUGH", 0)
    monkeypatch.setattr(row_blocks, "ELEMENTS", 1)
    monkeypatch.setattr(row_blocks, "FEWEST", 2)


def is_plain(node):
    return node.aval.kind == "f" and node.ndim and not node.aval.parts


NOT_HERE = ("ellipem1", "pseudo_huber_loss", "slope_of_hyperbola")  # whose meaning is lowered


@pytest.mark.parametrize("op", [op for op in ROWS if not op.block and op.name not in NOT_HERE], ids=lambda op: op.name)
def test_every_row_in_blocks(op, small_blocks):
    """A row between others: what goes in is made by rows, and what comes out is read by rows, and added up."""
    for arrays, params in samples(op):
        inputs = variables(arrays)
        given = [ew.multiply(x, 1.0) if is_plain(x) else x for x in inputs]
        nodes = values(op(*given, **params))
        outputs = [*nodes, *[ew.square(y) for y in nodes if is_plain(y)]]
        outputs += [sum_(y * 2.0, axis=tuple(range(y.ndim)), keepdims=False) for y in nodes if is_plain(y)]
        finished = Graph(tuple(inputs), tuple(outputs), "f", tree=tuple(range(len(outputs))))
        target = find_target("fast")
        program = Lowered(finished, target, lowered(finished, target), False)
        with np.errstate(all="ignore"):
            expected = [np.asarray(y) for y in as_tuple(meaning(op)(*arrays, **params))]
            result = load_definition(define(program), program)(*arrays)
            plain = [y for y, node in zip(expected, nodes, strict=True) if is_plain(node)]
            expected += [y * y for y in plain] + [np.sum(y * 2.0) for y in plain]
        for node, mine, theirs in zip(outputs, result, expected, strict=True):
            assert (np.shape(mine), np.asarray(mine).dtype) == (node.shape, node.dtype)
            tiny = 1e-5 if node.dtype in ("float32", "complex64") else 1e-2 if node.dtype == "float16" else 1e-12
            np.testing.assert_allclose(mine, theirs, rtol=tiny, atol=tiny)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_in_blocks(name, small_blocks):
    program = PROGRAMS[name]
    point = program.point(0)
    f = sd.value_and_grad(program.function, program.wrt, style="fast", **program.specs)
    value, slopes = f(**point)
    expected, others = sd.value_and_grad(program.function, program.wrt, **program.specs)(**point)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    pairs = zip(slopes, others, strict=True) if isinstance(slopes, tuple) else [(slopes, others)]
    for mine, theirs in pairs:
        assert np.shape(mine) == np.shape(theirs) and np.asarray(mine).flags.c_contiguous
        assert np.asarray(mine).dtype == np.asarray(theirs).dtype
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12 * max(1.0, np.max(np.abs(theirs), initial=0)))


def softmin(x, A, b):
    s = np.tanh(A @ x) + b
    t = np.hypot(s, 1.0) * np.exp(-s * s)
    return np.sum(t * t) / np.sum(np.abs(t)) + np.sum((s - 1) ** 2)


@pytest.mark.parametrize("rows_of_data", [0, 1, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_number_of_rows(rows_of_data, dtype):
    """No row is left out, and none counts twice, whatever the number of rows of a block."""
    rng = np.random.default_rng(1)
    x, A, b = (rng.normal(size=s).astype(dtype) for s in ((16,), (rows_of_data, 16), (rows_of_data,)))
    specs = {"x": sd.spec("d", dtype), "A": sd.spec("n d", dtype), "b": sd.spec("n", dtype)}
    fast, plain = (sd.grad(softmin, (0, 1, 2), style=style, **specs) for style in ("fast", "readable"))
    assert "for start in range(0, n, step)" in fast.source and "for " not in plain.source
    with np.errstate(all="ignore"):
        for mine, theirs in zip(fast(x, A, b), plain(x, A, b), strict=True):
            assert mine.dtype == theirs.dtype
            scale = np.max(np.abs(theirs), initial=0)
            np.testing.assert_allclose(mine, theirs, rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-6 * scale)


def test_the_helper_is_hypot():
    x = np.array([0.0, -0.0, 1e-200, 3.0, 1e200, np.inf, np.nan, -4.0])
    f = sd.function("sum(hypot(x, y) * y)", style="fast", x="n", y="n")
    for k in range(len(x)):
        for a, b in ((x, np.roll(x, k)), (np.abs(x[3:4]), np.array([4.0]))):
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(f(a, b), np.sum(np.hypot(a, b) * b), rtol=1e-15)


@pytest.mark.parametrize("text", ["sum(exp(x) * sin(x)) / sum(x**2 * exp(x))", "sum(exp(x) * sin(x)**2) / x.shape[0]"])
def test_without_rows_totals_divide_as_those_of_numpy(text):
    f = sd.value_and_grad(text, x="n", style="fast")
    assert "for start" in f.source
    scope = {}
    exec(f.source, scope)
    with np.errstate(all="ignore"):
        value, slope = scope["value_and_grad"](np.zeros(0))
    assert np.isnan(value) and slope.shape == (0,)


def test_arguments_are_left_alone_and_results_are_fresh():
    def f(x, y):
        a = np.sin(x) * y
        a = a * a + x
        return np.sum(a * np.exp(-a))

    x, y = np.random.default_rng(0).normal(size=(2, 40_000))
    before = x.copy(), y.copy()
    slopes = sd.grad(f, (0, 1), style="fast")(x, y)
    np.testing.assert_array_equal((x, y), before)
    assert not any(np.shares_memory(s, a) for s in slopes for a in (x, y))


def test_numbers_are_as_fast_as_ever():
    assert sd.grad("x * sin(y)", ("x", "y"), style="fast").source == sd.grad("x * sin(y)", ("x", "y")).source


def test_saved_and_from_the_command_line(tmp_path):
    text, path = "sum(exp(-x**2) * sin(x) / (1 + x**2))", tmp_path / "g.py"
    sd.grad(text, x="n", style="fast").save(path)
    assert "for start in range" in path.read_text()
    assert subprocess.run([sys.executable, str(path)], check=False).returncode == 0  # its self-check
    other = tmp_path / "h.py"
    command = ["-m", "symdiff.cli", "grad", text, "--wrt", "x", "--shape", "x=n", "--style", "fast", "-o", str(other)]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    assert "for start in range" in other.read_text()


def test_there_is_no_other_style():
    with pytest.raises(ArgumentError, match="style is 'fats'"):
        sd.grad("x * x", style="fats")
    with pytest.raises(ArgumentError, match="and the target 'c'"):
        sd.grad("x * x", style="fast", target="c")
