"""The command line: what it prints, what it writes, and how it exits."""

import ast
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.cli.commands import COMMANDS

LS = "sum((X @ w - y)**2) / 2"


@pytest.fixture
def run(capsys):
    """Runs the command line in this process: exit code, standard output, standard error."""

    def call(*argv):
        try:
            code = main([str(a) for a in argv])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def function_in(text, name):
    space = {}
    exec(text, space)
    return space[name]


SHAPES = [
    ["--shape", "X=n,d", "w=d", "y=n"],
    ["--shape", "X=n,d", "--shape", "w=d", "--shape", "y=n"],
    ["--shape=X=n,d", "--shape=w=d", "--shape=y=n"],
    ["--shape", "X=n d", "w=d", "y=n"],
    ["--shape", "X=n, d", "w=d,", "y=n"],
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_grad_prints_the_source(run, shapes):
    code, out, err = run("grad", LS, "--wrt", "w", *shapes)
    assert (code, err) == (0, "")
    assert out == sd.grad(LS, "w", X="n d", w="d", y="n").source
    X, w, y = np.ones((3, 2)), np.ones(2), np.zeros(3)
    assert function_in(out, "grad")(X, w, y).tolist() == [6.0, 6.0]


@pytest.mark.parametrize("shapes", SHAPES)
def test_options_may_come_before_the_expression(run, shapes):
    code, out, _ = run("grad", "--wrt", "w", *shapes, "--", LS)
    assert code == 0
    assert "def grad(X, w, y):" in out
    assert run("grad", "--wrt", "w", *shapes, LS) == (code, out, "")
    assert run("grad", *shapes, LS, "--wrt", "w") == (code, out, "")


@pytest.mark.parametrize("at", [["--at", "x=3,y=-4"], ["--at", "x=3", "y=-4"], ["--at", "x=3", "--at", "y=-4"]])
def test_points_are_written_as_shapes_are(run, at):
    told = run("explain", "x * y**2", "--wrt", "x", *at)
    assert told[0] == 0
    assert "= 48" in told[1]
    assert run("explain", "--wrt", "x", *at, "x * y**2") == told
    assert run("check", "x * y**2", "--wrt", "x", *at)[0] == 0
    assert run("check", *at, "x * y**2", "--wrt", "x")[0] == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert COMMANDS[command].help[1:] in " ".join(out.split())


def test_numbers_as_shapes_and_scalars(run):
    code, out, _ = run("grad", "sum(a * x)", "--wrt", "a,x", "--shape", "x=3", "a=")
    assert code == 0
    d_a, d_x = function_in(out, "grad")(2.0, np.array([1.0, 2.0, 3.0]))
    assert d_a == 6.0
    assert d_x.tolist() == [2.0, 2.0, 2.0]


def test_what_is_not_declared_is_a_number(run):
    code, out, _ = run("grad", "x**2 * sin(y)", "--wrt", "x")
    assert code == 0
    assert "from math import" in out
    assert function_in(out, "grad")(2.0, 1.0) == 4.0 * np.sin(1.0)


def test_the_only_variable_needs_no_wrt(run):
    assert run("grad", "x**3")[1] == sd.grad("x**3").source


@pytest.mark.parametrize("wrt", ["x,y", "x, y", "x ,y"])
def test_several_targets(run, wrt):
    code, out, _ = run("grad", "x * y**2", "--wrt", wrt)
    assert code == 0
    assert function_in(out, "grad")(2.0, 3.0) == (9.0, 12.0)


def test_value(run):
    code, out, _ = run("grad", "x * y**2", "--wrt", "y", "--value")
    assert code == 0
    assert function_in(out, "value_and_grad")(2.0, 3.0) == (18.0, 12.0)


def test_dtype(run):
    code, out, _ = run("grad", "sum(x**2) / 3", "--shape", "x=n", "--dtype", "x=float32")
    assert code == 0
    assert function_in(out, "grad")(np.ones(2, np.float32)).dtype == np.float32
    code, out, _ = run("grad", "sum(where(m, x, 0))", "--wrt", "x", "--shape", "x=n", "m=n", "--dtype", "m=bool")
    assert code == 0


@pytest.mark.parametrize("expression", ["-x**2", "-x", "-(x + 1)**2", "-exp(-x)"])
@pytest.mark.parametrize("command", ["grad", "graph"])
def test_an_expression_may_begin_with_a_sign(run, command, expression):
    code, out, err = run(command, "--", expression)
    assert (code, err) == (0, "")
    code, again, err = run(command, expression)
    assert (code, err) == (0, "")
    assert again == out


@pytest.mark.parametrize("name", ["name", "what", "limits", "inputs", "wrt", "disconnected", "self", "np"])
def test_every_name_can_be_declared(run, name):
    code, out, err = run("grad", f"sum({name}**2 * z)", "--wrt", name, "--shape", f"{name}=n", "--shape", "z=n")
    assert (code, err) == (0, "")
    assert function_in(out, "grad")(np.array([1.0, 2.0]), np.ones(2)).tolist() == [2.0, 4.0]


def test_a_program_with_lines(run):
    code, out, _ = run("grad", "r = X @ w\nsum(r**2)", "--wrt", "w", "--shape", "X=n,d", "w=d")
    assert code == 0
    assert "r = X @ w" in out


@pytest.mark.parametrize("command", ["jacobian", "hessian"])
def test_jacobians_and_hessians(run, tmp_path, command):
    expression = {"jacobian": "tanh(A @ x)", "hessian": "sum(tanh(A @ x))"}[command]
    argv = [command, expression, "--wrt", "x", "--shape", "A=m,n", "x=n"]
    f = getattr(sd, command)(expression, "x", A="m n", x="n")
    assert run(*argv) == (0, f.source, "")

    path = tmp_path / "saved.py"
    assert run(*argv, "-o", path) == (0, f"wrote {path}\n", "")
    done = subprocess.run([sys.executable, "-W", "error", "-I", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"relative error of {command} against finite differences" in done.stdout


# -------------------------------------------------------------------------------------------------------- graph and ops


def test_graph_prints_a_listing_that_reads_back(run):
    code, out, err = run("graph", LS, "--wrt", "w", *SHAPES[0])
    assert (code, err) == (0, "")
    graph = sd.parse_listing(out)
    assert [node.name for node in graph.inputs] == ["X", "w", "y"]
    assert "# backward" in out
    code, out, _ = run("graph", LS, *SHAPES[0])
    assert code == 0
    assert "# backward" not in out


def test_graph_prints_dot(run):
    code, out, _ = run("graph", "sum(x * y)", "--wrt", "x", "--shape", "x=n", "y=n", "--format", "dot")
    assert code == 0
    assert out.startswith("digraph")
    assert out.count("{") == out.count("}") >= 1
    assert out.count('"') % 2 == 0
    assert '"x' in out


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["tanh"], "arctanh"),
        (["np.TANH"], "arctanh"),
        (["cholesky", "--numpy"], "numpy.linalg.cholesky"),
        (["cholesky", "--scipy"], "scipy.linalg.cholesky "),
        (["tanh", "--format", "markdown"], "| function |"),
    ],
)
def test_ops_with_a_word_prints_what_has_it_in_its_name(run, words, first):
    code, out, _ = run("ops", *words)
    word = words[0].lower().removeprefix("np.")
    assert code == 0 and out.startswith(first)
    assert all(word in line for line in out.splitlines() if not line.startswith(("| function", "|---")))


def test_ops_with_a_word_that_is_nowhere(run):
    code, out, err = run("ops", "nosuch")
    assert (code, out) == (1, "") and "no name in this list holds 'nosuch'" in err and "ops --numpy nosuch" in err
    assert json.loads(run("ops", "tanh", "--json")[1])[0]["names"] == ["arctanh", "atanh"]


@pytest.mark.parametrize("style", ["text", "markdown"])
def test_ops_lists_every_function(run, style):
    code, out, err = run("ops", "--format", style)
    assert (code, err) == (0, "")
    for word in ("sum", "linalg.inv", "tanh", "where", "logsumexp", "np.exp", "scipy.special"):
        assert word in out
    lines = out.splitlines()
    assert len(lines) > 100
    assert all(line == line.rstrip() for line in lines)
    if style == "markdown":
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    else:
        assert run("ops")[1] == out


# ---------------------------------------------------------------------------------------------------------------- files


def test_output_writes_what_save_writes(run, tmp_path):
    path = tmp_path / "ls.py"
    code, out, err = run("grad", LS, "--wrt", "w", *SHAPES[0], "-o", path)
    assert (code, out, err) == (0, f"wrote {path}\n", "")
    text = path.read_text()
    assert sd.grad(LS, "w", X="n d", w="d", y="n").save(path).read_text() == text
    assert ast.get_docstring(ast.parse(path.read_text()))
    assert run("grad", "x**2", "-o", path)[0] == 0  # ours: overwritten
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True)
    assert done.returncode == 0
    assert "error" in done.stdout


@pytest.mark.parametrize("command", [["grad", "x**2"], ["graph", "x**2"], ["graph", "x**2", "--format", "dot"]])
def test_foreign_files_are_kept(run, tmp_path, command):
    path = tmp_path / "notes.py"
    path.write_text("mine\n")
    code, out, err = run(*command, "-o", path)
    assert code == 1
    assert out == ""
    assert "--force" in err
    assert path.read_text() == "mine\n"
    code, out, _ = run(*command, "-o", path, "--force")
    assert code == 0
    assert path.read_text() != "mine\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("style", ["text", "dot"])
def test_a_graph_can_be_written_again(run, tmp_path, style):
    """What symdiff wrote, symdiff may replace, whatever the format."""
    path = tmp_path / f"g.{style}"
    for text in ("x**2", "x**3"):
        code, _, err = run("graph", text, "--format", style, "-o", path)
        assert (code, err) == (0, "")
    assert (
        path.read_text().rstrip() == run("graph", "x**3", "--format", style)[1].rstrip()
        or "Generated by symdiff" in path.read_text()
    )


@pytest.mark.parametrize("path", ["missing/f.py", "."])
def test_what_cannot_be_written(run, tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("grad", "x**2", "-o", path)
    assert code == 1
    assert out == ""
    assert err.startswith("symdiff: OutputError")


# ----------------------------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    "argv",
    [["grad", "x +* y"], ["grad", "x * y"], ["grad", "alpha * y", "--wrt", "alhpa"], ["grad", "foo(x)"],
     ["grad", "sum(x)", "--shape", "x"], ["grad", "sum(x)", "--shape", "=n"], ["grad", "sum(x)", "--shape", "x=n!"],
     ["grad", "x", "--dtype", "x=float31"], ["grad", "x", "--dtype", "x=U3"], ["grad", "x * 2", "--shape", "x=n"],
      ["grad", ""], ["grad", "1"], ["grad", "x", "--wrt", ""], ["grad", "x", "--wrt", "x,"],
     ["graph", "X @ w", "--shape", "X=3,4", "w=5"], ["graph", "x + 'a'"], ["grad", "x" * 100_001], ["grad", "x\0"],
      ["grad", "x.__class__"], ["grad", "sum(x)", "--shape", "1x=n"], ["grad", "sum(lambda x: x)"],
     ["grad", "(x + 1)(x - 1)"], ["grad", "argmax(x)", "--shape", "x=n"], ["grad", "sum(x)", "--shape", "x=-3"],
      ["grad", "sum(x)", "--shape", "x=2.5"], ["grad", "sum(σ)"],
      ["hessian", "2 * x", "--shape", "x=n"], ["jacobian", "x * y"], ["jacobian", "x > 0", "--shape", "x=n"]],
)  # fmt: skip
def test_a_mistake_exits_with_1_and_a_message(run, argv):
    code, out, err = run(*argv)
    assert code == 1
    assert out == ""
    assert err.startswith("symdiff: ")
    assert "Error: " in err.splitlines()[0]
    assert len(err) < 2000


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["grad"],
        ["nonsense"],
        ["grad", "x", "--nonsense"],
        ["grad", "x", "y"],
        ["graph", "x", "--format", "pdf"],
        ["ops", "--format", "dot"],
        ["grad", "x", "--wrt"],
        ["grad", "x", "-o"],
        ["hessian", "x", "--value"],
    ],
)
def test_a_wrong_call_exits_with_2_and_the_usage(run, argv):
    code, out, err = run(*argv)
    assert code == 2
    assert out == ""
    assert "usage: symdiff" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["grad", "--help"],
        ["jacobian", "--help"],
        ["hessian", "--help"],
        ["graph", "--help"],
        ["ops", "--help"],
        ["--version"],
    ],
)
def test_help(run, argv):
    code, out, err = run(*argv)
    assert (code, err) == (0, "")
    assert out
    if argv == ["--version"]:
        assert out == f"symdiff {sd.__version__}\n"
    if argv == ["grad", "--help"]:
        for word in ("--wrt", "--shape", "--dtype", "--value", "--force", "EXPR"):
            assert word in out


# --------------------------------------------------------------------------------------------------------- as a process


def process(*argv, environment=None, **kwargs):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "symdiff.cli", *argv],
        capture_output=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
        **kwargs,
    )


def test_as_a_process(tmp_path):
    done = process("grad", "x**2 * y", "--wrt", "x,y", text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert function_in(done.stdout, "grad")(2.0, 3.0) == (12.0, 4.0)
    done = process("grad", "sigmiod(x)", text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean 'sigmoid'" in done.stderr
    assert "Traceback" not in done.stderr
    assert process("nonsense").returncode == 2


def test_a_terminal_that_knows_ascii_only():
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    for argv in (
        ["ops"],
        ["ops", "--format", "markdown"],
        ["graph", "sum(exp(x))", "--wrt", "x", "--shape", "x=n"],
        ["graph", "x**2", "--format", "dot", "--wrt", "x"],
        ["grad", "x**3"],
        ["bench", "x**2"],
        ["explain", "x**2"],
    ):
        done = process(*argv, environment=environment)
        assert (done.returncode, done.stderr) == (0, b"")
        assert argv[0] != "bench" or b"?" not in done.stdout
        done.stdout.decode("ascii")
    done = process("grad", "x * 2", "--shape", "x=n", environment=environment)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes are those of POSIX")
def test_a_reader_that_stops_reading():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "symdiff.cli", "ops"], stdout=writer, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writer)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_program_comes_from_a_file_or_from_the_standard_input(tmp_path, capsys, monkeypatch):
    text = "s = 0.0\nfor v in x:\n    s += v**2 if v > 0 else 0.0\ns\n"
    path = tmp_path / "loss.txt"
    path.write_text(text)

    assert main(["grad", str(path), "--wrt", "x", "--shape", "x=n"]) == 0
    from_file = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["grad", "-", "--wrt", "x", "--shape", "x=n"]) == 0

    assert capsys.readouterr().out == from_file
    assert "np.where(x > 0, 2 * x, 0.0)" in from_file


# ------------------------------------------------------------------------------------------------ loops and branches

LOOPS = """
import numpy as np

def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x

def unpacked(theta):
    omega, alpha = theta
    return omega * alpha

def side(x):
    return np.log(x) if x > 1.0 else x * x
"""


@pytest.fixture
def loops(tmp_path):
    path = tmp_path / "loops.py"
    path.write_text(LOOPS)
    return path


@pytest.mark.parametrize("command", ["grad", "jacobian", "hessian", "graph", "explain", "latex"])
@pytest.mark.parametrize("name", ["newton", "side"])
def test_every_command_takes_loops_and_branches(capsys, loops, command, name):
    assert main([command, f"{loops}:{name}"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    signs = {"newton": ("loop", "while ", "scan", "as long as"), "side": ("log", "if ")}[name]
    assert any(sign in out for sign in signs)


def test_a_saved_loop_runs_where_there_is_numpy_alone(capsys, loops, tmp_path):
    assert main(["grad", f"{loops}:newton", "--value", "-o", str(tmp_path / "saved.py")]) == 0
    code = "import saved, sys; print(*saved.value_and_grad(2.0)); assert not {'symdiff', 'sympy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    value, slope = map(float, done.stdout.split())
    assert value == pytest.approx(2.0**0.5, rel=1e-12) and slope == pytest.approx(0.5 / 2.0**0.5, rel=1e-6)


def test_an_error_in_a_function_of_a_file_names_its_line_and_how_shapes_are_told(capsys, loops):
    assert main(["grad", f"{loops}:unpacked"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "loops.py, line 11: omega, alpha = theta" in err and "--shape" in err
    assert main(["grad", f"{loops}:unpacked", "--shape", "theta=2"]) == 0


def test_latex_of_an_expression_and_of_its_gradient(capsys):
    assert main(["latex", "x**2 * y"]) == 0
    assert capsys.readouterr().out == sd.function("x**2 * y").latex() + "\n"
    assert main(["latex", "x**2 * y", "--wrt", "y"]) == 0
    assert capsys.readouterr().out == sd.grad("x**2 * y", "y").latex() + "\n"
