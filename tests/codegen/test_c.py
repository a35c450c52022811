"""C that stands alone: every row of the table, programs with loops, files and their headers, and what C has not."""

import contextlib
import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from conftest import GOLDEN
from helpers import ROWS, as_tuple, compiled, samples, values, variables
from programs import PROGRAMS

import symdiff as sd
from benchmarks.loop_programs.row import difference
from benchmarks.loops import ROWS as LOOPS
from benchmarks.workloads import arm
from symdiff.codegen.c.build import compiled as library_of
from symdiff.codegen.c.call import by_ctypes, by_extension, caller, load_c
from symdiff.codegen.c.entry import with_entries
from symdiff.codegen.signature import read_signature
from symdiff.codegen.source import Definition
from symdiff.codegen.target import find_target
from symdiff.errors import ArgumentError, MissingDependencyError, UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.program.pipeline import lowered

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
STRICT = ("-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror")
pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="there is no C compiler"),
    pytest.mark.usefixtures("own_cache"),
]


def strictly(*files):
    """Compiles files as the strictest of users do."""
    done = subprocess.run([COMPILER, *STRICT, "-c", *map(str, files)], capture_output=True, text=True, check=False,
                          cwd=files[0].parent)  # fmt: skip
    assert not done.stderr
    assert not done.returncode


def all_rows():
    """A function for each sample of each row that C has, and its arguments."""
    target = find_target("c")
    for op in ROWS:
        for k, (arrays, params) in enumerate(samples(op)):
            if not arrays or any(np.asarray(a).dtype.kind == "c" for a in arrays):
                continue
            inputs = variables(arrays)
            node = op(*inputs, **params)
            outputs = node.parts or (node,)
            tree = tuple(range(len(outputs))) if node.aval.parts else 0
            graph = lowered(Graph(tuple(inputs), tuple(outputs), f"f_{op.name}_{k}", tree=tree), target)
            with contextlib.suppress(UnsupportedError):
                yield graph.name, op, arrays, params, Definition(target.print(graph))


def test_every_row_that_c_has_computes_what_numpy_does(tmp_path):
    """All of them in one file, which is compiled once, and without a warning."""
    rows = list(all_rows())
    text = find_target("c").text([definition for *_, definition in rows])
    (tmp_path / "rows.c").write_text(text)
    strictly(tmp_path / "rows.c")

    for name, op, arrays, params, _ in rows:
        found = as_tuple(load_c(text, name)(*arrays))
        with np.errstate(all="ignore"):
            inputs = variables(arrays)
            expected = as_tuple(compiled(inputs, *values(op(*inputs, **params)))(*arrays))
        for a, b in zip(found, expected, strict=True):
            assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), np.asarray(b).dtype), name
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13, err_msg=name)
    assert len({op.name for _, op, *_ in rows}) > 120


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", LOOPS)
def test_programs_with_loops_are_those_by_hand(name):
    row = LOOPS[name]
    arguments = row.data(True)
    found = sd.value_and_grad(row.program, wrt=row.wrt, target="c")(*arguments)
    assert difference(found, row.by_hand(*arguments)) < 1e-10


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_the_experts_or_refused(name):
    program = PROGRAMS[name]
    point = program.point(0)
    try:
        found = sd.function(program.ours(), target="c")(**point)
    except UnsupportedError as error:
        assert "the target 'c' has no" in str(error)
        return
    for a, b in zip(flat(found), flat(program.expert(**point)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * max(1.0, np.max(np.abs(b))))


def flat(result):
    value, gradients = result
    return [value, *(gradients if isinstance(gradients, tuple) else (gradients,))]


# --------------------------------------------------------------------------------------------------------------- texts


def smooth(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for t in range(1, len(x)):
        y[t] = 0.9 * y[t - 1] + 0.1 * x[t]
    return np.sum((y - x) ** 2)


def bisected(a):
    low, high = 0.0, 2.0
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return low * a


TEXTS = {
    "least_squares": lambda: sd.value_and_grad("sum((X @ w - y)**2) / n", "w", X="n d", w="d", y="n", target="c"),
    "scalars": lambda: sd.grad("exp(-x) * sin(y) / (1 + x**2)", ("x", "y"), target="c"),
    "softmax": lambda: sd.grad("-sum(T * log_softmax(X @ W, axis=1)) / n", "W", X="n d", T="n k", W="d k", target="c"),
    "filled": lambda: sd.grad(smooth, x=12, target="c"),
    "counted": lambda: sd.grad(bisected, target="c"),
    "gathered": lambda: sd.grad(
        lambda x, i: np.sum(x[i] ** 2), wrt="x", x="n", i=sd.spec("m", dtype="int64"), target="c"
    ),
    "kalman_gain": lambda: sd.grad("sum(solve(A @ A.T + eye(3), b))", "A", A=(3, 3), b=3, target="c"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_golden_texts(name, request, tmp_path):
    path = GOLDEN / "c" / f"{name}.c"
    text = TEXTS[name]().source
    if request.config.getoption("--update-data"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), "run pytest --update-data, and read the difference"
    (tmp_path / "text.c").write_text(text)
    strictly(tmp_path / "text.c")


# --------------------------------------------------------------------------------------------------------------- calls


def test_arrays_of_any_order_and_length_are_taken():
    f, g = (sd.grad("sum(tanh(X @ w))", "w", X="n d", w="d", target=target) for target in ("c", None))
    rng = np.random.default_rng(3)
    for n, d in [(1, 1), (5, 2), (0, 3), (64, 7)]:
        X, w = rng.normal(size=(d, n)).T, rng.normal(size=2 * d)[::2]
        np.testing.assert_allclose(f(X, w), g(X, w), rtol=1e-13)


def halves_until(x):
    n = 0
    while x > 1.0:
        x = x * 0.99
        n += 1
    return x * n


CALLED = {
    "numbers": (lambda: sd.value_and_grad("x * sin(y)", ("x", "y"), target="c"), [(0.5, 2.0), (np.float64(-1), 3)]),
    "lengths": (
        lambda: sd.grad("sum(tanh(X @ w))", "w", X="n d", w="d", target="c"),
        [(np.ones((n, d)), np.arange(1.0 * d)) for n, d in [(4, 2), (0, 3), (2, 0), (1, 70)]],
    ),
    "twice as long": (lambda: sd.grad("sum(x**3)", x="2*n", target="c"), [(np.arange(6.0),), (np.arange(0.0),)]),
    "containers": (
        lambda: sd.grad(lambda p, k: np.sum(p["a"] ** 2) + p["b"][0] * k, target="c").at({"a": "3", "b": [""]}, ""),
        [(np.arange(3.0), 2.0, 5.0)],
    ),
    "kinds": (
        lambda: sd.function(
            "(sum(x[i]) * k, b, i + 1)",
            x=sd.spec("n", dtype="float32"), i=sd.spec("m", dtype="int32"), k=sd.spec("", dtype="int16"),
            b=sd.spec("", dtype="bool"), inputs=("x", "i", "k", "b"), target="c",
        ),
        [(np.arange(4, dtype=np.float32)[::-1], np.array([0, 3, -1], np.int32), np.int16(-3), np.True_)],
    ),
    "counted": (lambda: sd.value_and_grad(halves_until, target="c"), [(2.0,), (1e9,), (0.5,)]),
}  # fmt: skip


@pytest.fixture
def program():
    if (found := caller()) is None:
        pytest.skip("there are no headers of Python's")
    return found


@pytest.mark.parametrize("name", CALLED)
def test_both_ways_of_calling_give_the_same(name, program):
    make, points = CALLED[name]
    f = make()
    signature = read_signature(f.source, f.stages.program.graph.name)
    library = ctypes.CDLL(str(library_of(with_entries(f.source))))
    fast, slow = by_extension(signature, library, program), by_ctypes(signature, library)
    for point in points * 2:
        for a, b in zip(leaves(fast(*point)), leaves(slow(*point)), strict=True):
            assert (type(a), np.shape(a), np.asarray(a).dtype) == (type(b), np.shape(b), np.asarray(b).dtype)
            np.testing.assert_array_equal(a, b)


def leaves(found):
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, (tuple, list)) else None
    return [found] if parts is None else [x for part in parts for x in leaves(part)]


@pytest.mark.usefixtures("program")
def test_the_extension_takes_nothing_that_it_cannot_hand_over():
    f = sd.grad("sum(w * x**2)", "x", x="n", w="", inputs=("x", "w"), target="c")
    run = load_c(f.source, f.stages.program.graph.name)
    np.testing.assert_array_equal(run([1, 2], 3), [6.0, 12.0])
    for wrong, error in [((), TypeError), ((np.ones((2, 2)), 1.0), ValueError), ((np.ones(2), "x"), TypeError)]:
        with pytest.raises(error):
            run(*wrong)


def test_narrow_floats_stay_narrow():
    f = sd.grad("sum(exp(-x**2))", "x", x=sd.spec("n", dtype="float32"), target="c")
    x = np.array([0.5, -1.5, 3.0], np.float32)
    found = f(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, -2 * x * np.exp(-(x**2)), rtol=1e-6)


def test_sums_beside_what_must_stay_in_order_stay_in_order():
    """`max` and `prod` are carried from one index to the next: several at a time would be another program."""
    f = sd.function("sum(x) + max(x) * prod(x)", x="n", target="c")
    assert "ANY_ORDER" not in f.source
    x = np.linspace(0.9, 1.1, 101)
    np.testing.assert_allclose(f(x), np.sum(x) + np.max(x) * np.prod(x), rtol=1e-13)


def test_nan_and_infinity_pass_as_in_numpy():
    f, g = (sd.function("maximum(x, 1) + sqrt(x) + sign(x)", x="n", target=target) for target in ("c", None))
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 4.0])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(f(x), g(x))


def test_a_loop_may_take_more_steps_than_there_was_room_for():
    def far(x):
        n = 0
        while x > 1.0:
            x = x * 0.99
            n += 1
        return x * n

    f = sd.value_and_grad(far, target="c")
    for start in (1e6, 2.0, 1e30, 0.5):
        np.testing.assert_allclose(f(start), sd.value_and_grad(far)(start), rtol=1e-12)


@pytest.mark.parametrize("limit", [0.5, 3.0, 100.0])
def test_a_range_that_may_be_left_ends_at_its_end(limit):
    def until(x, limit):
        total = 1.0
        for t in range(len(x) - 1, 0, -1):
            if total > limit:
                break
            total = total + x[t] * total
        return total

    x = np.linspace(0.1, 0.4, 14)
    value, gradient = sd.value_and_grad(until, target="c")(x, limit)
    expected, slopes = sd.value_and_grad(until)(x, limit)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-13)


def test_a_position_out_of_bounds_is_an_index_error():
    f = sd.grad(lambda x, i: np.sum(x[i] ** 2), wrt="x", target="c")
    x, i = np.arange(3.0), np.array([0, -3, 2, 2])
    np.testing.assert_allclose(f(x, i), [0, 0, 8])
    with pytest.raises(IndexError, match="out of bounds"):
        f(x, np.array([0, 3]))


def test_a_file_is_compiled_with_its_header_and_called_from_c(tmp_path):
    """The gradient of Rosenbrock's function at (-1.2, 1) is (-215.6, -88): Moré, Garbow and Hillstrom, problem 1."""
    f = sd.grad("100 * (y - x**2)**2 + (1 - x)**2", ("x", "y"))
    path = f.save(tmp_path / "rosenbrock.c")
    (tmp_path / "main.c").write_text("""
#include <stdio.h>
#include "rosenbrock.h"

int main(void)
{
    double f, dx, dy;
    value_and_grad(1.0, -1.2, &f, &dx, &dy);
    printf("%.6f %.6f %.6f", f, dx, dy);
    return 0;
}
""")
    strictly(path, tmp_path / "main.c")
    made = tmp_path / "main"
    subprocess.run([COMPILER, *STRICT, str(path), str(tmp_path / "main.c"), "-o", str(made), "-lm"], check=True)
    printed = subprocess.run([str(made)], capture_output=True, text=True, check=True).stdout
    assert printed == "24.200000 -215.600000 -88.000000"
    f.save(path)  # it is ours, and may be written again


@pytest.mark.parametrize("compiler", ["gcc", "clang", "clang-14"])
def test_the_arm_of_a_robot_is_compiled_by_all_and_gives_its_geometric_jacobian(compiler, tmp_path):
    """Warnings are errors; the numbers are those of axis times lever, joint by joint."""
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    q = np.linspace(-0.9, 1.1, 6)
    path = sd.jacobian(arm.tip, q=6).save(tmp_path / "arm.c")
    (tmp_path / "main.c").write_text(f"""
#include <stdio.h>
#include "arm.h"

int main(void)
{{
    const double q[6] = {{{", ".join(map(repr, q.tolist()))}}};
    double J[18];
    jacobian(q, J);
    for (int k = 0; k < 18; k++)
        printf("%.17g\\n", J[k]);
    return 0;
}}
""")
    files = [str(path), str(tmp_path / "main.c")]
    done = subprocess.run([compiler, *STRICT, "-O2", *files, "-o", str(tmp_path / "main"), "-lm"], check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert not done.stderr
    printed = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True).stdout
    np.testing.assert_allclose(np.reshape(printed.split(), (3, 6)).astype(float), arm.expert(q), rtol=0, atol=1e-14)


def test_integers_and_names_that_c_has_for_itself():
    f = sd.function(lambda i: np.max(i) + np.minimum.accumulate(i), target="c")
    np.testing.assert_array_equal(f(np.array([-5, -7, 3])), [-2, -4, -4])

    def double(exp, α):  # noqa: PLC2401 (as people call it)
        return np.sum(exp**2) * α

    f = sd.function(double, target="c")
    assert f(np.array([1.0, 2.0]), 3.0) == 15.0
    assert sd.grad(double, "α", target="c")(np.array([1.0, 2.0]), 3.0) == 5.0


def test_a_function_goes_over_to_another_target():
    f = sd.grad("sum(exp(x) * y)", "x", x="n", y="n")
    x, y = np.array([0.5, -1.0]), np.array([2.0, 3.0])
    np.testing.assert_allclose(f.to("c")(x, y), f(x, y), rtol=1e-15)
    assert f.to("c").to("numpy").source == f.source
    assert sd.grad("x**2").to("c")(3.0).__class__ is float


# ------------------------------------------------------------------------------------------------------- what it has not


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sd.grad(lambda x: np.sum(np.abs(np.fft.rfft(x))), x=4, target="c").source, r"has no rfft of f64\[4\]"),
        (lambda: sd.function("sum(x)", x=sd.spec("n", dtype="complex128"), target="c").source, "has no input of c128"),
        (lambda: sd.grad("x**2", target="cc"), "there is no target 'cc'"),
    ],
)
def test_what_c_has_not_is_told(make, said):
    with pytest.raises((UnsupportedError, ArgumentError), match=said):
        make()


def test_containers_are_the_users():
    slopes = sd.grad(lambda p: np.sum(p["d_a"] ** 2) + p["b"][0], target="c")({"d_a": np.ones(2), "b": [3.0]})
    np.testing.assert_array_equal(slopes["d_a"], [2.0, 2.0])
    assert slopes["b"] == [1.0]


@pytest.mark.parametrize(
    ("name", "target", "said"),
    [
        ("x.cc", None, "neither a file of Python nor of C\nhelp: write x.py, or x.c"),
        ("x.c", "numba", "is a file of C, and the target 'numba'"),
        ("x.py", "c", "is no file of C\nhelp: write x.c"),
    ],
)
def test_files_have_the_ending_of_their_language(name, target, said, tmp_path):
    with pytest.raises(ArgumentError, match=said):
        sd.grad("x**2").save(tmp_path / name, target=target)
    assert not list(tmp_path.iterdir())


def test_without_a_compiler_the_source_is_there_and_calls_say_what_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    f = sd.grad("x**2 + 3.25", target="c")
    assert "*d_x = 2" in f.source
    with pytest.raises(MissingDependencyError, match="no C compiler"):
        f(1.0)
