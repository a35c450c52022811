"""Files say how they are made again, and the command that they name makes them."""

import os
import re
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers import interruptible

import symdiff as sd
from symdiff.cli import main
from symdiff.cli.again import command_in

MODEL = """
import numpy as np

TABLE = np.linspace(0.0, 1.0, 200)

def loss(w, X, y):
    return np.sum((X @ w - y) ** 2) / 2

def weighted(x):
    return np.sum(TABLE * x**3)
"""
SHAPES = '{"X": "n d", "w": ["d"], "y": {"shape": "n", "dtype": "float32"}}'
PROGRAM = "r = X @ w   # it's\n'''\"\"\"\nsum(r**2) + lam"
LS = ["--shape", "X=n,d", "w=d", "y=n"]
COMMANDS = {
    "expression": ["grad", "sum(x**2 * a)", "--wrt", "x,a", "--shape", "x=n", "--value"],
    "minus": ["grad", "-x**2"],
    "module": ["grad", "../model.py:loss", "--wrt", "w", *LS],
    "shapes": ["hvp", "../model.py:loss", "--wrt", "w", "--shape", "../shapes.json", "--dtype", "X=float32"],
    "text": ["hessian", "../loss.txt"],
    "arrays": ["grad", "../model.py:weighted", "--shape", "x=200"],
    "jacobian": ["jacobian", "tanh(A @ x)", "--wrt", "x", "--shape", "A=m,n", "--shape", "x=n"],
    "target": ["grad", "exp(x) * y", "--wrt", "x", "--target", "numpy"],
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "shapes.json").write_text(SHAPES)
    (tmp_path / "loss.txt").write_text("a = x**2\na * exp(-a)\n")
    (tmp_path / "made").mkdir()
    monkeypatch.chdir(tmp_path / "made")
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("ending", [".py", ".c"])
def test_the_command_in_a_file_makes_it(project, capsys, name, ending):
    if (name, ending) == ("arrays", ".c"):
        pytest.skip("constants of C stand in its text")
    path = project / "made" / f"{name}{ending}"
    assert main([*COMMANDS[name], "-o", path.name]) == 0
    before = contents(project / "made")

    assert main(["regenerate", "--check", str(project)]) == 0
    assert contents(project / "made") == before
    words = command_in(path)
    for each in (project / "made").iterdir():
        each.unlink()
    assert main(words) == 0
    assert contents(project / "made") == before
    capsys.readouterr()


@pytest.mark.parametrize("folder", [".", "made", "made/deeper"])
def test_paths_are_seen_from_the_file(project, capsys, monkeypatch, folder):
    (project / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(project)
    path = os.path.join(folder, "g.py")
    assert main(["grad", "model.py:loss", "--wrt", "w", *LS, "-o", path]) == 0
    expected = os.path.relpath("model.py", folder).replace(os.sep, "/")

    assert command_in(project / path)[1] == f"{expected}:loss"
    monkeypatch.chdir("/")
    assert main(["regenerate", "--check", str(project / path)]) == 0
    assert "up to date" in capsys.readouterr().out


def test_what_comes_in_stands_in_the_file(project, capsys, monkeypatch):
    import io

    text = PROGRAM.replace("\n'''\"\"\"", "")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["grad", "-", "--wrt", "w", "--shape", "X=n,d", "w=d", "-o", "g.py"]) == 0

    assert command_in(project / "made" / "g.py")[1] == text
    assert main(["regenerate", "--check", "g.py"]) == 0
    capsys.readouterr()


def test_a_source_that_changed_is_noticed_and_followed(project, capsys):
    assert main(["grad", "../model.py:loss", "--wrt", "w", *LS, "-o", "g.py"]) == 0
    assert main(["grad", "x**3", "-o", "other.py"]) == 0
    kept = contents(project / "made")
    (project / "model.py").write_text(MODEL.replace("/ 2", "/ 4"))
    capsys.readouterr()

    assert main(["regenerate", "--check", str(project)]) == 1
    out = capsys.readouterr().out
    assert "g.py: out of date" in out and "other.py: up to date" in out and "r @ r / 4" in out
    assert contents(project / "made") == kept
    assert main(["regenerate", str(project)]) == 0
    assert "g.py: made again" in capsys.readouterr().out
    assert main(["regenerate", "--check", str(project)]) == 0
    assert contents(project / "made")["other.py"] == kept["other.py"]


@pytest.mark.parametrize("change", [lambda t: t.replace("X.T @", "2 * X.T @"), lambda t: t + "# mine\n"])
def test_a_file_that_was_written_into_is_noticed(project, capsys, change):
    assert main(["grad", "../model.py:loss", "--wrt", "w", *LS, "-o", "g.py"]) == 0
    path = project / "made" / "g.py"
    path.write_text(change(path.read_text()))

    assert main(["regenerate", "--check", "g.py"]) == 1
    capsys.readouterr()


def test_arrays_beside_a_file_are_compared(project, capsys):
    assert main(["grad", "../model.py:weighted", "--shape", "x=200", "-o", "g.py"]) == 0
    (project / "model.py").write_text(MODEL.replace("1.0, 200", "2.0, 200"))
    text = (project / "made" / "g.py").read_text()

    assert main(["regenerate", "--check", "g.py"]) == 1
    assert main(["regenerate", "g.py"]) == 0
    assert main(["regenerate", "--check", "g.py"]) == 0
    assert (project / "made" / "g.py").read_text() == text or "graph" in text
    [table] = np.load("g.npz").values()
    assert table[-1] == 2.0
    capsys.readouterr()


def test_another_version_of_symdiff_is_no_difference(project, capsys):
    assert main(["grad", "x**2", "-o", "g.py"]) == 0
    path = project / "made" / "g.py"
    path.write_text(re.sub(r"(Generated by symdiff) \S+", r"\1 0.0.1", path.read_text()))

    assert main(["regenerate", "--check", "g.py"]) == 0
    capsys.readouterr()


def test_what_is_not_ours_is_left_alone(project, capsys):
    (project / "made" / "mine.py").write_text('"""Mine.\n\nMade again by:  symdiff grad x**2 -o mine.py\n"""\n')
    (project / "made" / "broken.py").write_text('"""Generated by symdiff 1\nMade again by:  symdiff grad \'x')
    (project / "made" / "harm.py").write_text('"""Generated by symdiff 1\n\nMade again by:  rm -rf /\n"""\n')
    (project / "made" / "odd.py").write_text(
        '"""Generated by symdiff 1\n\nMade again by:  symdiff graph x -o odd.py\n"""\n'
    )
    for hidden in (".hidden", "env"):
        (project / "made" / hidden).mkdir()
        sd.grad("x**2").save(project / "made" / hidden / "g.py", command="symdiff grad x**3 -o g.py")
    (project / "made" / "env" / "pyvenv.cfg").write_text("")
    kept = contents(project / "made") if os.name != "posix" else None

    assert main(["regenerate", "."]) == 0
    assert "no file here" in capsys.readouterr().out
    assert main(["regenerate", "--check", str(project / "made" / "mine.py")]) == 1  # who names a file wants it checked
    assert "mine.py does not say how it is made" in capsys.readouterr().err
    assert kept is None or contents(project / "made") == kept
    assert (project / "made" / "mine.py").read_text().startswith('"""Mine.')


@pytest.mark.parametrize(
    "command",
    ["symdiff grad 'sum(sigmiod(x))' -o g.py", "symdiff grad ../gone.py:f -o g.py", "symdiff grad x --wat x -o g.py"],
)
def test_a_command_that_fails_is_told_and_the_others_go_on(project, capsys, command):
    sd.grad("x**2").save("g.py", command=command)
    sd.grad("x**2").save("h.py", command="symdiff grad x**2 -o h.py")

    assert main(["regenerate", "."]) == 1
    out = capsys.readouterr().out
    assert ("Error: " in out or "is not understood" in out) and "h.py: " in out


def test_the_command_is_what_one_can_type(project, capsys):
    assert main(["grad", "sum(x**2 * a)", "--wrt", "x,a", "--shape", "x=n", "-o", "g.py"]) == 0
    [line] = [x for x in (project / "made" / "g.py").read_text().splitlines() if x.startswith("Made again by:")]

    assert shlex.split(line.removeprefix("Made again by:  ")) == [
        "symdiff", "grad", "sum(x**2 * a)", "--wrt", "x,a", "--shape", "x=n", "-o", "g.py",
    ]  # fmt: skip
    capsys.readouterr()


def test_files_are_made_again_when_what_they_are_made_from_changes(tmp_path, monkeypatch):
    """Also when a module that the source imports changes, and again within the same second, which Python does not see."""
    helper = tmp_path / "helper.py"
    helper.write_text("def half(x):\n    return x / 2\n")
    os.utime(helper, ns=(second := 1_700_000_000_000_000_000, second))
    (tmp_path / "model.py").write_text("from helper import half\n\ndef loss(x):\n    return half(x**2)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "made.py"
    assert main(["grad", "model.py:loss", "-o", "made.py"]) == 0
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = interruptible("regenerate", "made.py", "--watch")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert "helper.py" in process.stdout.readline()
            assert "up to date" in process.stdout.readline()
            other = tmp_path / "other"
            other.write_text("def half(x):\n    return x / 4\n")
            os.utime(other, ns=(second + 1000, second + 1000))
            other.replace(helper)
            assert "made again" in process.stdout.readline()
            assert "x / 2" in path.read_text() or "0.5 * x" in path.read_text()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_without_sources_there_is_nothing_to_watch(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["grad", "x**2", "-o", "made.py"]) == 0
    assert main(["regenerate", ".", "--watch"]) == 1
    assert "nothing to watch" in capsys.readouterr().err
