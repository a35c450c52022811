"""What Numba compiles: every row of the table, programs with loops, calls, files, and what it has not."""

import contextlib
import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from conftest import GOLDEN
from helpers import ROWS, as_tuple, compiled, samples, values, variables
from programs import PROGRAMS

import symdiff as sd
from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS as LOOPS
from symdiff.codegen.source import Definition
from symdiff.codegen.target import find_target
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.program.pipeline import lowered

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.usefixtures("own_cache")


# ---------------------------------------------------------------------------------------------------------------- rows


def graphs(op):
    """A graph for each sample of a row, with its arguments."""
    for k, (arrays, params) in enumerate(samples(op)):
        if not arrays:
            continue
        inputs = variables(arrays)
        node = op(*inputs, **params)
        outputs = node.parts or (node,)
        tree = tuple(range(len(outputs))) if node.aval.parts else 0
        with np.errstate(all="ignore"):
            expected = as_tuple(compiled(inputs, *values(node))(*arrays))
        graph = Graph(tuple(inputs), tuple(outputs), f"f_{op.name}_{k}", tree=tree)
        yield graph, [a[()] for a in arrays], expected


def text_of(graph):
    target = find_target("numba")
    return target.text([Definition(target.print(lowered(graph, target)))])


class Interpreted:
    """What Numba gives a text, where Python runs it."""

    @staticmethod
    def njit(**options):
        return lambda function: function

    @staticmethod
    def intrinsic(function):
        return lambda a, b: a + b


def interpreted(text, name):
    """The function `name` of a text, run by Python: this takes no time, and says what the text says."""
    lines = [line for line in text.splitlines() if not line.startswith("from numba")]
    fallback = {name: getattr(np, other) for name, other in {"exp": "exp", "log": "log", "sqrt": "sqrt"}.items()}
    found = {"njit": Interpreted.njit, "intrinsic": Interpreted.intrinsic}
    exec(compile("\n".join(lines), name, "exec"), found)
    found.update({name: function for name, function in fallback.items() if name in found})
    return found[name]


def agree(found, expected, name):
    for a, b in zip(as_tuple(found), expected, strict=True):
        assert np.shape(a) == np.shape(b), name
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=name)


def test_every_row_says_what_numpy_computes():
    """All of them as Python runs them: compiled they are a part of the tests of programs."""
    right = set()
    for op in ROWS:
        for graph, arrays, expected in graphs(op):
            with contextlib.suppress(UnsupportedError):
                run = interpreted(text_of(graph), graph.name)
                with np.errstate(all="ignore"):
                    agree(run(*arrays), expected, op.name)
                right.add(op.name)
    assert len(right) > 140


# rows that call what Numba has for itself, or functions of ours
COMPILED = [
    "floor_divide",
    "sign",
    "digamma",
    "rint",
    "solve",
    "eigh",
    "cholesky",
    "scatter_add",
    "running_max",
    "relu",
]


@pytest.mark.parametrize("name", COMPILED)
def test_rows_that_call_functions_compile(name):
    op = next(op for op in ROWS if op.name == name)
    for graph, arrays, expected in graphs(op):
        try:
            text = text_of(graph)
        except UnsupportedError:
            continue
        found = find_target("numba").load(text, graph.name, {})(*arrays)
        agree(found, expected, name)
        for a, b in zip(as_tuple(found), expected, strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
        return
    raise AssertionError(f"no sample of {name} is one that the target has")


# ------------------------------------------------------------------------------------------------------------ programs

QUICK = ("autoregression, T = 100,000", "bisection", "American put, 500 steps")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", QUICK)
def test_programs_with_loops_are_those_by_hand(name):
    row = LOOPS[name]
    arguments = row.data(True)
    found = sd.value_and_grad(row.program, wrt=row.wrt, target="numba")(*arguments)
    assert difference(found, row.by_hand(*arguments)) < 1e-10


def flat(result):
    value, gradients = result
    return [value, *(gradients if isinstance(gradients, tuple) else (gradients,))]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_say_what_experts_do(name):
    program = PROGRAMS[name]
    point = program.point(0)
    f = sd.function(program.ours(), target="numba")
    f = f.at(**{key: sd.spec(np.shape(a), dtype=np.asarray(a).dtype) for key, a in point.items()})
    run = interpreted(f.source, f.__name__)
    with np.errstate(all="ignore"):
        found = flat(run(*[np.asarray(point[key])[()] for key in f.inputs]))
    for a, b in zip(found, flat(program.expert(**point)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * max(1.0, np.max(np.abs(b))))


# --------------------------------------------------------------------------------------------------------------- texts


def bisected(a):
    low, high = 0.0, 2.0
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return low * a


def smooth(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for t in range(1, len(x)):
        y[t] = 0.9 * y[t - 1] + 0.1 * x[t]
    return np.sum((y - x) ** 2)


SQUARES = "sum((X @ w - y)**2) / n"
TEXTS = {
    "least_squares": lambda: sd.value_and_grad(SQUARES, "w", X="n d", w="d", y="n", target="numba"),
    "least_squares_parallel": lambda: sd.value_and_grad(SQUARES, "w", X="n d", w="d", y="n").to("numba", parallel=True),
    "scalars": lambda: sd.grad("exp(-x) * sin(y) / (1 + x**2)", ("x", "y"), target="numba"),
    "filled": lambda: sd.grad(smooth, x=12, target="numba"),
    "counted": lambda: sd.grad(bisected, target="numba"),
    "products": lambda: sd.grad("sum((X @ Y)**2)", "X", X="n k", Y="k m", target="numba"),
    "kalman_gain": lambda: sd.grad("sum(solve(A @ A.T + eye(3), b))", "A", A=(3, 3), b=3, target="numba"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_golden_texts(name, request):
    path = GOLDEN / "numba" / f"{name}.txt"
    text = TEXTS[name]().source
    if request.config.getoption("--update-data"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), "run pytest --update-data, and read the difference"


# --------------------------------------------------------------------------------------------------------------- calls


@pytest.mark.parametrize("target", ["numba", "numba_parallel"])
def test_arrays_of_any_order_and_length_are_taken(target):
    f, g = (sd.value_and_grad("sum(tanh(X @ w))", "w", X="n d", w="d", target=name) for name in (target, None))
    rng = np.random.default_rng(3)
    for n, d in [(1, 1), (5, 2), (0, 3), (64, 7)]:
        X, w = rng.normal(size=(d, n)).T, rng.normal(size=2 * d)[::2]
        for a, b in zip(f(X, w), g(X, w), strict=True):
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_narrow_floats_complex_numbers_and_containers():
    x = np.array([0.5, -1.5, 3.0], np.float32)
    found = sd.grad("c * sum(exp(-x**2))", ("x", "c"), inputs=("x", "c"), target="numba")(x, np.float32(2.0))
    assert [np.asarray(a).dtype for a in found] == [np.float32] * 2
    np.testing.assert_allclose(found[0], -4 * x * np.exp(-(x**2)), rtol=1e-6)
    z = np.array([1 + 2j, 3j])
    f = sd.function(lambda z: np.sum(z * np.conj(z) + np.exp(z)), target="numba")
    np.testing.assert_allclose(f(z), np.sum(z * np.conj(z) + np.exp(z)))
    slopes = sd.grad(lambda p: np.sum(p["a"] ** 2) + p["b"], target="numba")({"a": np.ones(2), "b": 3.0})
    np.testing.assert_array_equal(slopes["a"], [2.0, 2.0])
    assert slopes["b"] == 1.0


def test_nan_and_infinity_pass_as_in_numpy():
    f, g = (sd.function("maximum(x, 1) + sqrt(x) + 1 / x", x="n", target=target) for target in ("numba", None))
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 4.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(f(x), g(x))
    assert sd.grad("1 / x", target="numba")(0.0) == -np.inf


def test_errors_are_numpys():
    f = sd.grad(lambda x, i: np.sum(x[i] ** 2), wrt="x", target="numba")
    np.testing.assert_allclose(f(np.arange(3.0), np.array([0, -3, 2, 2])), [0, 0, 8])
    with pytest.raises(IndexError, match="out of bounds"):
        f(np.arange(3.0), np.array([0, 3]))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        sd.function("solve(A, b)", A=(2, 2), b=2, target="numba")(np.ones((2, 2)), np.ones(2))


def test_other_compiled_functions_call_it():
    slope = sd.grad(SQUARES, "w", X="n d", w="d", y="n").numba

    @numba.njit
    def descend(X, w, y):
        for _ in range(500):
            w = w - 0.5 * slope(X, w, y)
        return w

    X = np.random.default_rng(0).normal(size=(40, 2))
    np.testing.assert_allclose(descend(X, np.zeros(2), X @ np.array([1.0, 2.0])), [1.0, 2.0], rtol=1e-8)
    assert isinstance(sd.grad("x**3").numba, numba.core.dispatcher.Dispatcher)


def test_it_is_compiled_once_on_a_machine(tmp_path):
    code = "import symdiff as sd; f = sd.grad('exp(x) * x**2', target='numba'); print(f(2.0), f.numba.stats)"
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    texts = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout
        for _ in range(2)
    ]
    assert "cache_hits=Counter()" in texts[0].replace("cache_hits={}", "cache_hits=Counter()")
    assert "cache_hits=Counter({(float64,): 1})" in texts[1]
    assert texts[0].split()[0] == texts[1].split()[0]


def test_a_file_stands_alone(tmp_path):
    path = sd.grad(SQUARES, "w", X="n d", w="d", y="n").save(tmp_path / "squares.py", target="numba")
    spec = importlib.util.spec_from_file_location("squares", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["squares"] = module
    try:
        spec.loader.exec_module(module)
        value, slope = module.value_and_grad(np.ones((5, 3)), np.ones(3), np.ones(5))
    finally:
        del sys.modules["squares"]
    assert value == 4.0
    np.testing.assert_allclose(slope, [4.0, 4.0, 4.0])
    assert "Needs: numpy, numba." in path.read_text()
    assert "symdiff" not in [line.split()[1] for line in path.read_text().splitlines() if line.startswith("from ")]


def test_the_page_shows_what_happens(shown):
    found = shown("numba")
    value, slope = found["f"](np.ones((100, 3)), np.ones(3), np.zeros(100))
    assert value == 9.0
    np.testing.assert_allclose(slope, [6.0, 6.0, 6.0])


# ------------------------------------------------------------------------------------------------------- what it has not


def test_what_it_has_not_is_told():
    with pytest.raises(UnsupportedError, match=r"the target 'numba' has no rfft of f64\[4\]"):
        sd.grad(lambda x: np.sum(np.abs(np.fft.rfft(x))), x=4, target="numba").source  # noqa: B018
    with pytest.raises(UnsupportedError, match="the target 'numba' has no input of f16"):
        sd.function("sum(x)", x=sd.spec("n", dtype="float16"), target="numba").source  # noqa: B018
    with pytest.raises(ArgumentError, match="no target 'c_parallel'"):
        sd.grad("x**2").to("c", parallel=True)
