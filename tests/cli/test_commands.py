"""The table of commands: what the parser, the completions and the hints make of it; and the commands beside derivatives."""

import io
import json
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.cli.commands import COMMANDS, SHELLS

LS = ["sum((X @ w - y)**2) / 2", "--wrt", "w", "--shape", "X=n,d", "w=d", "y=n"]


def out_of(capsys, *argv, code=0):
    try:
        found = main(list(argv))
    except SystemExit as stop:
        found = stop.code
    out, err = capsys.readouterr()
    assert found == code, err
    return out if code != 2 else err


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_help_names_every_argument(capsys, command):
    out = out_of(capsys, command.name, "--help")
    for argument in command.arguments:
        assert argument.more.get("metavar", argument.flags[0]) in out
        assert all(flag in out for flag in argument.flags if argument.is_option)


@pytest.mark.parametrize("argv", [["--help"], ["grad", "--help"], ["--version"], ["completion", "bash"], ["grda"]])
def test_what_needs_no_numbers_imports_no_numpy(argv):
    code = "import sys; from symdiff.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\nassert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, *argv], check=True, capture_output=True)


NEVER = (
    "sympy",
    "scipy",
    "numba",
    "jax",
    "pandas",
    "pathlib",
    "shutil",
    "json",
    "runpy",
    "subprocess",
    "unittest",
    "asyncio",
)
NOT_YET = ("render.svg", "render.dot", "render.html", "report.draw", "report.explain", "report.coverage", "report.save")
NOT_YET += ("frontends.tracing.symbol", "control.scan", "rewrite.loops.tidy", "functions.jacobian", "autodiff.compress")


def test_the_first_gradient_imports_what_it_needs():
    """What a command line waits for: half of it would be the import of what other inputs need."""
    code = "import sys; from symdiff.cli import main; main(['grad', 'sum(x**2)', '--wrt', 'x', '--shape', 'x=n']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    modules = done.stdout.splitlines()[-1].split()
    ours = [name for name in modules if name.startswith("symdiff")]

    assert not set(NEVER).intersection(modules)
    assert not {f"symdiff.{name}" for name in NOT_YET}.intersection(ours)
    assert len(ours) <= 275, "import what few need where it is needed"


def test_the_package_alone_imports_next_to_nothing():
    code = "import sys, numpy; before = set(sys.modules); import symdiff; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert {name for name in done.stdout.split() if name.startswith("symdiff")} == {
        "symdiff",
        "symdiff.errors",
        "symdiff._version",
    }


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["grda", "x"], "did you mean 'grad'"),
        (["jacobain", "x"], "did you mean 'jacobian'"),
        (["hssian", "x"], "did you mean 'hessian'"),
        (["regenrate", "."], "did you mean 'regenerate'"),
        (["completions", "bash"], "did you mean 'completion'"),
        (["zzz"], "the commands are grad, jacobian"),
        (["grad", "x", "--wtr", "x"], "did you mean '--wrt'"),
        (["check", "x", "--ordre", "1"], "did you mean '--order'"),
        (["grad", "x", "--zzzzz"], "unrecognized arguments: --zzzzz"),
        (["grad", "--hepl"], "did you mean '--help'"),
        (["grad", "x", "--sparse"], "it is an option of jacobian, hessian"),
        (["grad", "x", "--zzzzz"], "usage: symdiff grad"),
        (["grad", "x", "y"], "usage: symdiff grad"),
    ],
)
def test_what_may_have_been_meant(capsys, argv, words):
    assert words in out_of(capsys, *argv, code=2)


@pytest.mark.parametrize("argv", [["help"], ["help", "grad"], ["-V"]])
def test_help_is_found_as_others_spell_it(capsys, argv):
    spelled = {"help": [*argv[1:], "--help"], "-V": ["--version"]}[argv[0]]
    assert out_of(capsys, *argv) == out_of(capsys, *spelled)


def test_no_command_is_answered_with_all_of_them(capsys):
    err = out_of(capsys, code=2)
    assert all(f"\n    {name}" in err for name in COMMANDS)


WRONG = (
    ["jacobian", "x**2", "--shape", "x=n", "--sparse"],
    ["jacobian", "x**2", "--shape", "x=n", "--returns", "coo"],
    ["grad", "x * y"],
    ["grad", "A @ w"],
    ["grad", "sum(x[k])", "--wrt", "x"],
    ["grad", "x.T + x[0]"],
    ["check", "log(-x**2)"],
    ["check", "tanh(x)", "--shape", "x=3"],
    ["hessian", "x", "--shape", "x=n"],
    ["grad", "argmax(x)", "--shape", "x=n"],
    ["grad", "x, y", "--wrt", "x"],
    ["jvp", "floor(x) + x.foo"],
)


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
def test_help_is_what_one_can_type_here(capsys, argv):
    """And not what helps in Python: ``sparse=True``, ``x="n"``, ``f.at(…)``."""
    assert main(argv) == 1
    help = "".join(line for line in capsys.readouterr().err.splitlines() if line.startswith("help: "))
    assert not re.search(r"=(True|False|['\"])|\b(sd|f)\.\w|call the function", help), help


@pytest.mark.parametrize("command", ["grad", "hessian", "jvp", "check", "bench", "graph", "explain", "latex"])
def test_a_misspelt_target_is_told_from_one_that_does_not_occur(capsys, command):
    """In Python both are taken, and give zeros."""
    assert main([command, "alpha * y", "--wrt", "alhpa"]) == 1
    assert "did you mean 'alpha'?" in capsys.readouterr().err
    assert main([command, "x * y", "--wrt", "z"]) == 1
    assert "the inputs are x, y\nhelp: --shape z= declares" in capsys.readouterr().err
    if command != "bench":  # nothing is to be measured
        out_of(capsys, command, "x * y", "--wrt", "z", "--shape", "z=")


def test_names_of_targets_may_stand_apart(capsys):
    assert out_of(capsys, "grad", "x * y", "--wrt", "x y") == out_of(capsys, "grad", "x * y", "--wrt", "x,y")


@pytest.mark.parametrize("argv", [["grad", "gone.txt"], ["grad", "gone.py:f"], ["play", "gone.py", "--no-browser"], ["grad", "gone.json"]])  # fmt: skip
def test_a_file_that_is_not_there_is_no_expression(capsys, argv):
    assert main(argv) == 1
    assert f"there is no file {argv[1].partition(':')[0]}" in capsys.readouterr().err


def test_files_may_begin_with_a_mark_of_their_encoding(capsys, tmp_path, monkeypatch):
    (tmp_path / "f.txt").write_bytes(b"\xef\xbb\xbfx**2\r\n")
    (tmp_path / "s.json").write_bytes(b'\xef\xbb\xbf{"x": 3}')
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeffx**2\n"))
    assert out_of(capsys, "grad", str(tmp_path / "f.txt")) == out_of(capsys, "grad", "-")
    assert "f64[3]" in out_of(capsys, "jvp", "x**2", "--shape", str(tmp_path / "s.json"))
    (tmp_path / "f.txt").write_bytes(b"\xff\xfex\0")
    assert main(["grad", str(tmp_path / "f.txt")]) == 1
    assert "no text in UTF-8" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_an_error_like_others():
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "symdiff.cli", "ops"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and done.stderr == b"symdiff: OutputError: cannot write: No space left on device\n"


def test_targets_that_shells_complete_are_those_that_are_known():
    from symdiff.cli.commands import TARGETS
    from symdiff.codegen import targets

    known = {module.name for module in pkgutil.iter_modules(targets.__path__)}
    assert set(TARGETS) == known - {"fast"}  # which is --style fast


# ------------------------------------------------------------------------------------------------------------- --json


@pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].module == "derivatives"])
def test_json_of_a_derivative(capsys, name):
    expression = "tanh(A @ x)" if name in ("jacobian", "jvp", "vjp") else "sum(tanh(A @ x))"
    found = json.loads(out_of(capsys, name, expression, "--wrt", "x", "--shape", "A=3,n", "x=n", "--json"))
    f = getattr(sd, name)(expression, "x", A="3 n", x="n")

    assert found["source"] == f.source
    assert [given["name"] for given in found["inputs"]] == list(f.inputs)
    assert {"name": "A", "dtype": "float64", "shape": [3, "n"]} in found["inputs"]


def test_json_of_errors(capsys):
    found = json.loads(out_of(capsys, "grad", "sum(sigmiod(x))", "--shape", "x=n", "--json", code=1))["error"]

    assert found["type"] == "ParseError"
    assert found["help"] == "did you mean 'sigmoid'?"
    assert "^^^^^^^" in found["where"]


@pytest.mark.parametrize("argv", [["ops"], ["ops", "--numpy"], ["ops", "--scipy"]])
def test_json_of_tables(capsys, argv):
    found = json.loads(out_of(capsys, *argv, "--json"))
    text = out_of(capsys, *argv)

    assert len(found) > 100
    assert all(str(next(iter(row.values()))).strip("[]'").split("'")[0] in text for row in found)


# ----------------------------------------------------------------------------------------------------- shapes in a file


def test_shapes_may_stand_in_a_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text('{"X": "n d", "w": ["d"], "y": {"shape": "n"}}')

    assert out_of(capsys, "grad", *LS[:3], "--shape", "s.json") == out_of(capsys, "grad", *LS)
    narrow = out_of(capsys, "grad", *LS[:3], "--shape", "s.json", "X=5,d", "y=5", "--dtype", "w=float32")
    assert narrow == sd.grad(LS[0], "w", X="5 d", w=sd.spec("d", "float32"), y="5").source


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"), ("[]", "no names with shapes"), ('{"X": {"shap": "n"}}', "shape, dtype, assume"),
        ('{"X": true}', "not a length"), ('{"X": null}', "not a length"), ('{"X": "n!"}', ""), ("[" * 100_000, "no JSON"),
        ('{"X": {"shape": "n n", "assume": "symetric"}}', "did you mean 'symmetric'"), ('{"1x": "n"}', ""),
    ],
)  # fmt: skip
def test_mistakes_in_a_file_of_shapes(capsys, tmp_path, text, words):
    path = tmp_path / "s.json"
    path.write_text(text)
    assert main(["grad", "sum(X)", "--wrt", "X", "--shape", str(path)]) == 1
    err = capsys.readouterr().err
    assert "Error: " in err and words in err


def test_a_file_of_shapes_that_is_not_there(capsys):
    assert main(["grad", "sum(X)", "--shape", "gone.json"]) == 1
    assert "gone.json cannot be read" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------ check and bench


@pytest.mark.parametrize(
    "argv",
    [
        LS, ["x**2 * y"], ["log(x)"], ["arccosh(x)"], ["linalg.slogdet(A)[1]", "--shape", "A=n,n"], ["sum(sort(x))", "--shape", "x=5"],
        ["sum(linalg.cholesky((A + A.T) / 2))", "--shape", "A=3,3", "--order", "1"], ["x**3", "--at", "x=2"], ["sum(x[k])", "--shape", "x=n", "k=2", "--dtype", "k=int64", "--wrt", "x"],
        ["sum(x * y)", "--shape", "x=n+1", "y=n+1", "--size", "n=7"], ["sum(x**2)", "--shape", "x=0"],
        ["sum(x**2 * y)", "--shape", "x=n", "y=n", "--dtype", "x=float32", "y=float16"], ["sum(where(m, x, x**2))", "--shape", "x=n", "m=n", "--dtype", "m=bool", "--wrt", "x"],
    ],
)  # fmt: skip
def test_right_derivatives_are_found_right(capsys, argv):
    assert out_of(capsys, "check", *argv).startswith("right: order")
    assert json.loads(out_of(capsys, "check", *argv, "--json"))["error"] < 1e-5


def test_a_wrong_derivative_is_found(capsys, tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(
        "import numpy as np, symdiff as sd\n"
        "def cube(x):\n    return x * x * x\n"
        "wrong = sd.elementwise('wrong_cube', cube, lambda y, x: 2.0 * x, doc='A cube.')\n"
        "def f(x):\n    return wrong(x)\n"
    )
    out = out_of(capsys, "check", f"{path}:f", code=1)
    assert out.startswith("wrong, at x: float64") and "by differences" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["x", "--order", "0"], "no order"), (["x", "--at", "y=1"], "no input 'y'"), (["x", "--size", "n=3"], "no length of an input"),
        (["sum(x)", "--shape", "x=n", "--size", "m=3"], "the lengths are n"), (["sum(x)", "--shape", "x=n", "--size", "n"], "NAME=LENGTH"),
        (["log(-x**2)"], "no random point"), (["tanh(x)", "--shape", "x=3"], "only a scalar can be checked"),
        (["sum(x)", "--shape", "x=n", "--size", "n=99999999999999"], "more memory"), (["sum(x)", "--shape", "x=n", "--size", "n=999999999999999999"], "more memory"), (["sum(linalg.cholesky(A))", "--shape", "A=n,n"], "(A + A.T) / 2"),
    ],
)  # fmt: skip
def test_points_that_cannot_be(capsys, argv, words):
    assert main(["check", *argv]) == 1
    assert words in capsys.readouterr().err


def test_bench_measures(capsys, monkeypatch):
    monkeypatch.setattr("symdiff.cli.bench.SECONDS", 1e-4)
    found = json.loads(out_of(capsys, "bench", *LS, "--size", "n=20,d=3", "--json"))

    assert found["lengths"] == {"d": 3, "n": 20}
    assert found["value"] > 0 and 0 < found["value_and_grad"] < found["compile"]
    out = out_of(capsys, "bench", *LS)
    assert "d = 100, n = 101" in out and "times the value" in out


# ----------------------------------------------------------------------------------------------------------- completion


def completed(shell, script, line, tmp_path):
    """What a shell offers for a line."""
    path = tmp_path / "script"
    path.write_text(script)
    words = line.split(" ")
    code = {
        "bash": f'source {path}; COMP_WORDS=({" ".join(w or chr(34) * 2 for w in words)}); COMP_CWORD={len(words) - 1}; _symdiff; printf "%s\\n" "${{COMPREPLY[@]}}"',
        "fish": f"source {path}; complete -C '{line}'",
    }[shell]
    start = [shell, "--norc"] if shell == "bash" else [shell, "--no-config"]
    done = subprocess.run([*start, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    return {found.split("\t")[0] for found in done.stdout.splitlines()}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_shells_complete(capsys, tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (tmp_path / "model.py").write_text("")
    script = out_of(capsys, "completion", shell)

    assert completed(shell, script, "symdiff he", tmp_path) == {"hessian"}
    assert {"grad", "check", "regenerate"} <= completed(shell, script, "symdiff ", tmp_path)
    assert completed(shell, script, "symdiff grad --w", tmp_path) == {"--wrt"}
    assert completed(shell, script, "symdiff graph x --format me", tmp_path) == {"mermaid"}
    assert completed(shell, script, "symdiff completion z", tmp_path) == {"zsh"}
    assert completed(shell, script, "symdiff grad x --target numb", tmp_path) == {"numba", "numba_parallel"}
    assert "model.py" in completed(shell, script, "symdiff grad mo", tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_know_every_option(capsys, shell):
    script = out_of(capsys, "completion", shell)
    for command in COMMANDS.values():
        assert command.name in script
        for argument in command.arguments:
            for flag in argument.flags if argument.is_option else ():
                assert (flag.lstrip("-") if shell == "fish" else flag) in script


def test_zsh_reads_its_script(capsys, tmp_path):
    if shutil.which("zsh") is None:
        pytest.skip("there is no zsh")
    path = tmp_path / "script"
    path.write_text(out_of(capsys, "completion", "zsh"))
    code = f"autoload -Uz compinit; compinit -u -d {tmp_path}/dump; source {path}; print $_comps[symdiff]"
    done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("_symdiff\n", "")


# ----------------------------------------------------------------------------------------------------------------- vjp


@pytest.mark.parametrize(("name", "vector"), [("jvp", "x_dot"), ("vjp", "cotangent"), ("hvp", "v_x")])
def test_products_with_vectors(capsys, name, vector):
    expression = "sum(x**3)" if name == "hvp" else "x**3"
    space = {}
    exec(out_of(capsys, name, expression, "--shape", "x=n"), space)
    x, v = np.array([1.0, 2.0]), np.array([1.0, 10.0])
    expected = v * (6 * x if name == "hvp" else 3 * x**2)

    np.testing.assert_allclose(space[name](**{"x": x, vector: v}), expected)


def test_stdin_with_json(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("x**2\n"))
    assert "return 2 * x" in json.loads(out_of(capsys, "grad", "-", "--json"))["source"]


# -------------------------------------------------------------------------------------------------------------- sparse


def test_what_sparse_derivatives_are_returned_as_is_what_the_program_knows():
    from symdiff.cli.commands import RETURNS
    from symdiff.program.sparse import FORMATS

    assert RETURNS == FORMATS
