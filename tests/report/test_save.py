"""Saved files: they run on their own, say what is wrong, and are the same text every time."""

import ast
import os
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import OutputError, SymdiffError

RNG = np.random.default_rng(5)


def spd(n):
    a = RNG.normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


def vector(n, dtype="float64"):
    return RNG.uniform(0.5, 1.5, n).astype(dtype)


f32 = "float32"
SAVED = {  # name: (how it is made, points)
    "scalar": (lambda: sd.grad("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", ("x", "y")),
    [(3.0, -4.0), (0.0, 0.0), (1e308, -1e308), (1, 2)]),
    "scalar that raises": (lambda: sd.value_and_grad("log(x) / (exp(x) - 1)"),
    [(2.0,), (0.0,), (-1.0,), (1000.0,), (float("inf"),), (float("nan"),)]),
    "scalar helpers": (lambda: sd.grad("logaddexp(x, y) + sign(x) * heaviside(y, 0.5)", ("x", "y")),
    [(1.0, 2.0), (-1.0, 0.0)]),
    "fixed shape": (lambda: sd.grad("sum((X @ w - y)**2) / 2", "w", X=(5, 3), w=3, y=5),
    [(RNG.normal(size=(5, 3)), vector(3), vector(5))]),
    "lengths by name": (lambda: sd.value_and_grad("sum((X @ w - y)**2) / 2", "w", X="n d", w="d", y="n"),
    [(RNG.normal(size=(n, d)), vector(d), vector(n)) for n, d in [(5, 3), (1, 1), (2, 7)]]),
    "lengths that are computed": (lambda: sd.grad("sum((x[1:] - y)**2 * mean(x)) / sum(y)", ("x", "y"), x="n+1",
    y="n"), [(vector(4), vector(3)), (vector(2), vector(1))]),
    "logistic": (lambda: sd.value_and_grad("sum(log(1 + exp(-y * (X @ w))))", "w", X="n d", y="n", w="d"),
    [(np.sign(RNG.normal(size=5)), RNG.normal(size=(5, 3)) * 500, vector(3))]),
    "float32": (lambda: sd.value_and_grad("mean(tanh(X @ w)**2) * 3", "w", X=sd.spec("n d", dtype=f32),
    w=sd.spec("d", dtype=f32)), [(RNG.normal(size=(4, 3)).astype(f32), vector(3, f32))]),
    "complex": (lambda: sd.grad("sum(z * z)", z=sd.spec("n", dtype="complex128")), [(vector(3) + 1j * vector(3),)]),
    "mask": (lambda: sd.grad("sum(where(m, sqrt(x), 0))", "x", m=sd.spec("n", dtype=bool), x="n"),
    [(np.array([True, False, True]), np.array([4.0, -1.0, 0.25]))]),
    "dead branch": (lambda: sd.grad("sum(where(x > 0, sqrt(x), 0))", x="n"), [(np.array([4.0, -1.0, 0.0]),)]),
    "inverse": (lambda: sd.value_and_grad("sum(inv(A) @ b)", ("A", "b"), A="n n", b="n"),
    [(spd(3), vector(3)), (spd(1), vector(1))]),
    "determinant": (lambda: sd.grad("det(A)", A="n n"), [(spd(3),), (np.diag([1.0, 0.0, 2.0]),)]),
    "log determinant": (lambda: sd.value_and_grad("s, l = slogdet(A)\nl + sum(solve(A, b))", ("A", "b"), A="n n",
    b="n"), [(spd(4), vector(4))]),
    "cholesky": (lambda: sd.value_and_grad("sum(log(diag(cholesky(A))))", A="n n"), [(spd(4),)]),
    "special": (lambda: sd.value_and_grad("sum(erf(x) + gammaln(y) * digamma(x))", ("x", "y"), x="n", y="n"),
    [(vector(4), vector(4))]),
    "special scalar": (lambda: sd.value_and_grad("erf(x) * gammaln(x)"), [(1.5,), (0.5,)]),
    "softmax": (lambda: sd.value_and_grad("-sum(T * log_softmax(X @ W + b, axis=1))", ("W", "b"), T="n k", X="n d",
    W="d k", b="k"), [(np.eye(3)[[0, 2]], RNG.normal(size=(2, 4)) * 100, RNG.normal(size=(4, 3)), vector(3))]),
    "constants": (lambda: sd.grad("sum(x * [1.5, 0.1, -2.0]) * sum([[1, 2], [3, 4]] @ y)", ("x", "y"), x=3, y=2),
    [(vector(3), vector(2))]),
    "no finite constant": (lambda: sd.function("sum(where(x > 0, x, -inf) + [nan, inf, -0.0])", x=3),
    [(np.array([1.0, -1.0, 2.0]),), (np.ones(3),)]),
    "indexing": (lambda: sd.value_and_grad("sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2) + "
                 "x[[0, 0, 1]] @ x[:3]", x=5), [(vector(5),)]),
    "several axes": (lambda: sd.grad("sum(einsum('bij,bjk->bik', A, B)**2) + sum(max(A, axis=1))", ("A", "B"),
    A="b i j", B="b j k"), [(RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 4, 5)))]),
    "function": (lambda: sd.function("r = X @ w\nr / norm(r)", name="direction", X="n d", w="d"),
    [(RNG.normal(size=(5, 3)), vector(3))]),
    "function of scalars": (lambda: sd.function("x / y", name="ratio"), [(1.0, 2.0), (1.0, 0.0), (0.0, 0.0)]),
    "several results": (lambda: sd.function("x + y, x * y", x="n", y="n"), [(vector(3), vector(3))]),
    "second derivative": (lambda: sd.grad(sd.grad("exp(2 * x) / x")), [(1.5,), (0.0,)]),
    "value and gradient of one": (lambda: sd.value_and_grad("sum(x**3)", ("x",), x="n"), [(vector(3),)]),
    "disconnected": (lambda: sd.grad("sum(x) + 0 * sum(y)", "y", x="n", y="m"), [(vector(3), vector(2))]),
    "no inputs": (lambda: sd.function("1.5 + 2"), [()]),
    "jacobian": (lambda: sd.jacobian("tanh(X @ w) * y", ("X", "w"), X="n d", w="d", y="n"),
    [(RNG.normal(size=(n, d)), vector(d), vector(n)) for n, d in [(5, 3), (1, 1), (2, 7)]]),
    "hessian": (lambda: sd.hessian("sum(log(1 + exp(-y * (X @ w))))", "w", X="n d", y="n", w="d"),
    [(np.sign(RNG.normal(size=5)), RNG.normal(size=(5, 3)), vector(3))]),
    "hessian in blocks": (lambda: sd.hessian("sum((T - U @ V.T)**2)", ("U", "V"), T="n m", U="n k", V="m k"),
    [(RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2)))]),
    "hessian of scalars": (lambda: sd.hessian("exp(x * y) / y", ("x", "y")), [(1.5, 2.0), (0.0, 1.0)]),
    "hessian of a symmetric matrix": (lambda: sd.hessian("sum(log(diag(cholesky(A))))", A="n n"), [(spd(3),)]),
    "product with the hessian": (lambda: sd.hvp("sum(tanh(A @ x))", "x", A="m n", x="n"),
    [(RNG.normal(size=(3, 2)), vector(2), vector(2))]),
    "names that clash": (lambda: sd.value_and_grad("sum(exp(np) * value + log(exp) * lengths + sqrt(grad) * np.T)",
    ("np", "exp"), np="n", value="n", exp="n", grad="n", lengths=""),
    [(vector(3), vector(3), vector(3), 2.0, vector(3))]),
    "scalar names that clash": (lambda: sd.value_and_grad("exp(np) * value / log(exp) + sqrt(grad) * _check * float",
    ("np", "exp")), [(1.1, 1.2, 1.3, 1.4, 1.5, 1.6), (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)]),
    "more names that clash": (lambda: sd.value_and_grad("sum(array * names + shape * dtype + _ARGUMENTS * _self_check) "
                              "* value_and_grad * sum(erf(erf))", ("array", "erf"),
                              array="n", names="n", shape="n", dtype="n", _ARGUMENTS="n", _self_check="n", erf="n"),
                              [(vector(3), vector(3), vector(3), vector(3), vector(3), vector(3), 2.0, vector(3))]),
}  # fmt: skip
GRADIENTS = [
    name
    for name in SAVED
    if not any(word in name for word in ("function", "jacobian", "hessian"))
    and name not in ("no finite constant", "several results", "no inputs")
]
WITH_SCIPY = {"special", "special scalar", "more names that clash"}

RUN = """
import importlib.abc, importlib.util, pickle, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(name + " is not there")
files, blocked = pickle.loads(sys.stdin.buffer.read())
BLOCKED = {"symdiff", "sympy", *blocked}
sys.meta_path.insert(0, Blocked())
import warnings
warnings.simplefilter("error")
import numpy as np
answers = {}
for name, (path, function, points) in files.items():
    spec = importlib.util.spec_from_file_location("saved", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with np.errstate(all="ignore"):
        answers[name] = [getattr(module, function)(*point) for point in points], sorted(module.__all__)
assert "symdiff" not in sys.modules
sys.stdout.buffer.write(pickle.dumps(answers))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(scope="module")
def files(folder):
    """Every Function of the table, saved; the ones that cannot be are left out, and their tests fail."""
    found = {}
    for name, (make, _) in SAVED.items():
        try:
            f = make()
            found[name] = f, f.save(folder / f"{name.replace(' ', '_')}.py")
        except Exception as error:
            found[name] = error, None
    return found


@pytest.fixture(scope="module")
def answers(files):
    """What the files compute in a bare interpreter that has no symdiff."""
    pytest.importorskip("scipy")
    found = {}
    groups = [[n for n in SAVED if n not in WITH_SCIPY], sorted(WITH_SCIPY)]
    todo = [(group, set() if k else {"scipy"}) for k, group in enumerate(groups)]
    while todo:
        group, blocked = todo.pop()
        jobs = {n: (str(files[n][1]), files[n][0].__name__, SAVED[n][1]) for n in group if files[n][1] is not None}
        done = subprocess.run(
            [sys.executable, "-I", "-c", RUN], input=pickle.dumps((jobs, blocked)), capture_output=True
        )
        if done.returncode == 0:
            found.update(pickle.loads(done.stdout))
        elif len(group) > 1:  # one of them fails: find out which
            todo += [([n], blocked) for n in group]
        else:
            found[group[0]] = done.stderr.decode(), None
    return found


def results(value):
    return [value] if not isinstance(value, tuple) else [item for part in value for item in results(part)]


def saved(files, name):
    f, path = files[name]
    if path is None:
        raise f
    return f, path, path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAVED)
def test_a_file_computes_what_the_function_computes(files, answers, name):
    """Bit for bit, in an interpreter where symdiff cannot be imported, and warnings are errors."""
    f, _, _ = saved(files, name)
    found, _ = answers[name]
    assert not isinstance(found, str), found
    for point, mine in zip(SAVED[name][1], found, strict=True):
        with np.errstate(all="ignore"):
            expected = f(*point)
        for a, b in zip(results(mine), results(expected), strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.result_type(a) == np.result_type(b)
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes() or np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("name", SAVED)
def test_what_a_file_exports(files, answers, name):
    f, _, _ = saved(files, name)
    exported = ["grad", "value", "value_and_grad"] if name in GRADIENTS else BESIDE.get(f.__name__, [f.__name__])
    assert answers[name][1] == exported, answers[name][0]


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_parts_of_a_file_agree(files, name):
    _, path, _ = saved(files, name)
    space = namespace(path)
    for point in SAVED[name][1]:
        with np.errstate(all="ignore"):
            value, grad, both = space["value"](*point), space["grad"](*point), space["value_and_grad"](*point)
        for a, b in zip(results((value, grad)), results(both), strict=True):
            finite = np.isfinite(a) & np.isfinite(b)  # at a pole, what is inf in one may be nan in the other
            np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
            np.testing.assert_allclose(
                np.where(finite, a, 0), np.where(finite, b, 0), rtol=1e-5 if name == "float32" else 1e-12
            )


def namespace(path):
    space = {"__name__": "saved"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)
    return space


SELF_CHECKED = ["scalar", "scalar that raises", "lengths by name", "lengths that are computed", "float32", "mask",
    "inverse", "log determinant", "cholesky", "special", "softmax", "constants", "indexing",
                "several axes", "second derivative", "disconnected", "names that clash", "scalar names that clash",
                "more names that clash", "jacobian", "hessian", "hessian in blocks", "hessian of scalars",
                "hessian of a symmetric matrix"]  # fmt: skip
BESIDE = {"jacobian": ["jacobian", "value"], "hessian": ["grad", "hessian", "value"]}


@pytest.fixture(scope="module")
def checks(files, folder):
    """``python FILE`` for each file, all at once."""
    started = {}
    for name in SELF_CHECKED:
        if files[name][1] is not None:
            command = [sys.executable, "-W", "error", "-I", files[name][1].name]
            started[name] = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
    return {name: (*process.communicate(timeout=60), process.returncode) for name, process in started.items()}


@pytest.mark.parametrize("name", SELF_CHECKED)
def test_the_self_check_runs(files, checks, name):
    saved(files, name)
    out, err, code = checks[name]
    assert code == 0, err + out
    assert err == ""
    assert len(out.splitlines()) == 1
    error = float(re.search(r"(\S+)$", out.strip())[1])
    assert error < (1e-2 if name == "float32" else 1e-6)


def test_the_self_check_notices_a_wrong_gradient(folder):
    path = sd.grad("sum(x**2 * y)", "x", x="n", y="n").save(folder / "wrong.py", force=True)
    text = path.read_text(encoding="utf-8")
    head, body, rest = text.partition("def grad(x, y):")
    assert body
    path.write_text(head + body + rest.replace("2 * x * y", "2.01 * x * y", 1), encoding="utf-8")
    assert "2.01" in path.read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------------------------ wrong arguments


@pytest.mark.parametrize(
    ("shapes", "words"),
    [(((5, 3), (4,), (5,)), ["w", "(4,)", "d", "3"]), (((5, 3), (3,), (4,)), ["y", "(4,)", "n", "5"]),
     (((5,), (3,), (5,)), ["X", "(5,)", "(n, d)"]), (((5, 3), (3, 1), (5,)), ["w", "(3, 1)"]),
     (((5, 3), (), (5,)), ["w", "()"]), (((5, 3), (3,), (1,)), ["y", "(1,)"])],
)  # fmt: skip
@pytest.mark.parametrize("which", ["value", "grad", "value_and_grad"])
def test_a_wrong_shape_is_a_value_error_that_names_the_argument(files, shapes, words, which):
    _, path, _ = saved(files, "lengths by name")
    with pytest.raises(ValueError) as caught:
        namespace(path)[which](*map(np.ones, shapes))
    assert type(caught.value) is ValueError
    for word in words:
        assert word in str(caught.value)
    assert str(caught.value).startswith(words[0])


def test_computed_lengths_are_checked_in_files_too(files):
    _, path, _ = saved(files, "lengths that are computed")
    grad = namespace(path)["grad"]
    for shapes in [(3, 3), (4, 2), (2, 2)]:
        with pytest.raises(ValueError, match=r"^[xy] has shape"):
            grad(*map(np.ones, shapes))


@pytest.mark.parametrize(("name", "values"), [("fixed shape", (np.ones((5, 3), complex), np.ones(3), np.ones(5))),
    ("float32", (np.ones((4, 3)), np.ones(3, f32))), ("mask", (np.ones(3), np.ones(3))),
                                              ("lengths by name", (np.array([["a"]]), np.ones(1), np.ones(1))),
                                              ("lengths by name", (None, np.ones(1), np.ones(1)))])  # fmt: skip
def test_a_wrong_dtype_is_a_value_error_that_names_the_argument(files, name, values):
    f, path, _ = saved(files, name)
    with pytest.raises(ValueError, match=f"^{f.inputs[0]} "):
        namespace(path)["grad"](*values)


@pytest.mark.parametrize("value", [np.ones(2), "a", None, 1j, [1.0], {}])
def test_a_scalar_file_takes_numbers_only(files, value):
    _, path, _ = saved(files, "scalar")
    with pytest.raises(ValueError, match=r"^y "):
        namespace(path)["grad"](1.0, value)


def test_files_take_lists_and_integers(files):
    _, path, _ = saved(files, "lengths by name")
    value, d = namespace(path)["value_and_grad"]([[1, 2], [3, 4]], [1, 1], [0, 0])
    assert value == (9 + 49) / 2
    assert np.asarray(d).tolist() == [24.0, 34.0]
    _, path, _ = saved(files, "scalar")
    assert namespace(path)["grad"](np.float64(3), np.array(-4)) == namespace(path)["grad"](3.0, -4.0)


# ------------------------------------------------------------------------------------------------------------- the text


@pytest.mark.parametrize("name", SAVED)
def test_the_text_is_clean(files, name):
    _, _, text = saved(files, name)
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    assert "\r" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    if "clash" not in name:  # the lists of arguments are as long as they are, and so is the user's text
        code = [
            line.split("  # ")[0]
            for line in text.splitlines()
            if not any(words in line for words in ("Generated by", "with respect to", "Made again by"))
        ]
        assert [line for line in code if len(line) > 120] == []
    assert "\n\n\n\n" not in text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(text)
        compile(text, name, "exec")
    assert "Generated by symdiff" in ast.get_docstring(tree)
    for part in tree.body:
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
            doc = ast.get_docstring(part)
            assert doc
            assert all(f"{argument.arg} : " in doc for argument in part.args.args)
            assert "Returns" in doc
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"numpy", "math", "scipy.special", "builtins"}
    assert ("scipy.special" in imported) == ("scipy" in text.split("Needs:")[1].split("\n")[0])


@pytest.mark.parametrize("name", SAVED)
def test_the_text_names_nothing_that_it_does_not_use(files, name):
    """Each import and each private helper is read somewhere."""
    _, _, text = saved(files, name)
    tree = ast.parse(text)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert {(a.asname or a.name) for a in node.names} <= read
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_"):
            assert node.name in read


@pytest.mark.parametrize("name", SAVED)
def test_every_line_of_a_function_is_used(files, name):
    """No assignment to a name that nobody reads."""
    _, _, text = saved(files, name)
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, ast.FunctionDef):
            read = {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            arguments = {a.arg for a in part.args.args}
            stored = {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            assert stored - arguments <= read, part.name


def test_the_header_says_where_it_comes_from(files):
    _, _, text = saved(files, "lengths by name")
    doc = ast.get_docstring(ast.parse(text))
    assert "sum((X @ w - y)**2) / 2" in doc
    assert sd.__version__ in doc
    assert re.search(r"\b[0-9a-f]{12}\b", doc)
    assert "with respect to w" in text


@pytest.mark.parametrize(
    "text", ["x + 1  # '''", '"""\n', "x  # \"\"\" + '''", "x  # \\", "x  # {}%s", "x + 1  # \\N{DIGIT ONE}"]
)
def test_the_users_text_cannot_leave_the_docstring(folder, text):
    try:
        f = sd.grad(text, x="n") if "x" in text else None
        f = f or sd.function(text)
    except SymdiffError:
        f = sd.grad("sum(x)  " + (text[text.find("#") :] if "#" in text else "# " + text.strip()), x="n")
    path = f.save(folder / "quotes.py", force=True)
    space = namespace(path)
    assert space["grad"](np.ones(2)).tolist() == [1.0, 1.0]


SEEDS = """
import pathlib, sys, tempfile, symdiff as sd
texts = []
folder = pathlib.Path(tempfile.mkdtemp())
FIRST = "sum(log(1 + exp(-y * (X @ w)))) + norm(w) * a"
SECOND = "(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)"
THIRD = "-sum(T * log_softmax(X @ W + b, axis=1)) + sum(inv(A)) + x[0] * x[1] + x[2]"
for make in (
    lambda: sd.value_and_grad(FIRST, ("w", "X", "a"), X="n d", y="n", w="d", a=""),
    lambda: sd.grad(SECOND, ("x", "y")),
    lambda: sd.value_and_grad(THIRD, ("W", "b", "A", "x"), T="n k", X="n d", W="d k", b="k", A="m m", x=4),
):
    f = make()
    texts += [f.save(folder / "a.py").read_text(), f.source, str(f), f.to_dot()]
sys.stdout.write("\\n".join(texts))
"""


def test_the_text_is_the_same_on_every_run():
    """Reviewable in git: neither the hash seed, nor what was compiled before, nor the addresses of objects show."""
    runs = []
    for seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        before = f"import symdiff as sd; [sd.grad(f'x**{{k}} * y', 'x').source for k in range({seed} % 7)]\n"
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", before + SEEDS],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    texts = []
    for run in runs:
        out, err = run.communicate(timeout=60)
        assert run.returncode == 0, err
        texts.append(out)
    assert len(set(texts)) == 1
    assert len(texts[0]) > 3000


def test_the_text_does_not_depend_on_calls_before(tmp_path):
    f = sd.grad("sum(x**2 * a)", "x", x="n", a="")
    before = f.save(tmp_path / "a.py").read_text()
    f(np.ones(3), 2.0)
    f(np.ones(5), 2.0)
    assert f.save(tmp_path / "a.py").read_text() == before
    assert pickle.loads(pickle.dumps(f)).save(tmp_path / "a.py").read_text() == before


# ------------------------------------------------------------------------------------------------------------- the file


def test_save_returns_the_path_and_takes_text(tmp_path):
    f = sd.grad("x**2")
    path = f.save(str(tmp_path / "a.py"))
    assert path == tmp_path / "a.py"
    first = path.read_bytes()
    assert f.save(tmp_path / "a.py").read_bytes() == first


def test_our_files_are_overwritten_and_others_are_not(tmp_path):
    f, g = sd.grad("x**2"), sd.grad("x**3")
    path = f.save(tmp_path / "a.py")
    first = path.read_text()
    assert g.save(path).read_text() != first
    path.write_text("important = 1\n")
    with pytest.raises(OutputError, match="did not write"):
        f.save(path)
    assert path.read_text() == "important = 1\n"
    f.save(path, force=True)
    assert path.read_text() == first


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "# Generated by somebody else\n",
        '"""My notes on a file Generated by symdiff 0.1."""\n',
        "x" * 10_000,
        b"\xff\xfe\x00binary",
    ],
)
def test_what_is_not_quite_ours_is_not_ours(tmp_path, content):
    path = tmp_path / "a.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(OutputError):
        sd.grad("x**2").save(path)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(OutputError):
        sd.grad("x**2").save(tmp_path / "no" / "a.py")
    with pytest.raises(OutputError, match="folder"):
        sd.grad("x**2").save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """Neither a failure on the way nor one at the end leaves half a file, or litter."""
    f = sd.grad("x**2")
    path = f.save(tmp_path / "a.py")
    before = path.read_text()

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    for name in ("replace", "fdopen"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OutputError, match="No space left"):
                sd.grad("x**3").save(path)
        assert path.read_text() == before
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_permissions_are_the_usual_ones(tmp_path):
    path = sd.grad("x**2").save(tmp_path / "a.py")
    (tmp_path / "plain").write_text("")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path):
    """The file that the link names is replaced, not the link."""
    real = tmp_path / "real.py"
    sd.grad("x**2").save(real)
    link = tmp_path / "link.py"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("no links here")
    sd.grad("x**3").save(link)
    assert link.is_symlink()
    assert "x**3" in real.read_text()


def test_undeclared_shapes_are_those_of_the_last_call(tmp_path):
    f = sd.grad("sum(x**2)")
    f(np.ones((2, 3)))
    space = namespace(f.save(tmp_path / "a.py"))
    assert space["grad"](np.ones((2, 3))).tolist() == [[2.0] * 3] * 2
    with pytest.raises(ValueError, match="x has shape"):
        space["grad"](np.ones(3))


def test_an_error_writes_nothing(tmp_path):
    f = sd.grad("sum(inv(x))")
    with pytest.raises(SymdiffError):
        f.save(tmp_path / "a.py")
    assert list(tmp_path.iterdir()) == []
