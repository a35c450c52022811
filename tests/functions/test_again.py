"""What `save` writes is made again by the command in its header, where there is one; else the header says why not."""

import importlib
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main

LS = "sum((X @ w - y)**2) / 2"
SHAPES = {"X": "n d", "w": "d", "y": "n"}
MODEL = """
import numpy as np

SCALE = 2.0

def loss(w, X, y):
    return np.sum((X @ w - y) ** 2) / SCALE
"""
MADE_AGAIN = {
    "of_one_variable": lambda: sd.grad("x**2"),
    "of_several": lambda: sd.grad("a * x**2 + b", wrt=("a", "b")),
    "value_too": lambda: sd.value_and_grad(LS, "w", **SHAPES),
    "dtypes": lambda: sd.grad(LS, "w", X=sd.spec("n d", "float32"), w=sd.spec("d", "float32"), y="n"),
    "lengths": lambda: sd.grad("sum(x[1:] * y)", "x", x="n+1", y="n"),
    "numbers": lambda: sd.jacobian("A @ x", "x", A=(2, 3), x=3),
    "a_number_declared": lambda: sd.grad("a * sum(x)", "x", x="n", a=""),
    "hessian": lambda: sd.hessian(LS, "w", **SHAPES),
    "jvp": lambda: sd.jvp(LS, "w", **SHAPES),
    "vjp": lambda: sd.vjp("A @ x", "x", A="m n", x="n"),
    "hvp": lambda: sd.hvp(LS, "w", **SHAPES),
    "lines": lambda: sd.grad("r = X @ w - y\nsum(r**2)", "w", **SHAPES),
    "quotes": lambda: sd.grad("norm(A, 'fro')", A="n n"),
}
NOT_MADE_AGAIN = {
    "none says asserts=True": lambda: (sd.grad("x**2"), {"asserts": True}),
    "those of a call": lambda: (called(sd.grad(LS, "w")), {}),
    "no words for what is declared": lambda: (sd.grad("sum(log(x))", x=sd.spec("n", assume="positive")), {}),
    "no words for what is declared or wished": lambda: (sd.grad("x**2", name="slope"), {}),
    "at the top of a file": lambda: (sd.grad(lambda x: x**2), {}),
    "not made of a text": lambda: (sd.grad(sd.var("x", "n").sum(), "x"), {}),
    "there is none for value_grad_hessian": lambda: (sd.value_grad_hessian("x**2"), {}),
}


def called(f):
    f(np.ones((5, 3)), np.ones(3), np.ones(5))
    return f


@pytest.mark.parametrize("name", MADE_AGAIN)
@pytest.mark.parametrize("ending", ["py", "c"])
def test_the_command_makes_the_same_file(name, ending, tmp_path, capsys):
    try:
        path = MADE_AGAIN[name]().save(tmp_path / f"made.{ending}")
    except sd.errors.UnsupportedError:
        pytest.skip("C has no such thing")
    assert "Made again by:  symdiff " in path.read_text()

    assert main(["regenerate", "--check", str(path)]) == 0, capsys.readouterr().out
    before = path.read_text()
    path.write_text(before.replace("return", "return  "))
    if path.read_text() != before:
        assert main(["regenerate", str(path)]) == 0
        assert path.read_text() == before


@pytest.mark.parametrize("why", NOT_MADE_AGAIN)
def test_the_header_says_why_there_is_no_command(why, tmp_path, capsys):
    f, options = NOT_MADE_AGAIN[why]()
    path = f.save(tmp_path / "made.py", **options)

    assert "Made again by no command: " in path.read_text()
    assert why in path.read_text()
    assert main(["regenerate", "--check", str(path)]) == 0
    assert "no file here says" in capsys.readouterr().out


def test_a_function_is_named_by_its_file(tmp_path, monkeypatch, capsys):
    """As seen from the folder of what is saved, so that both can move."""
    (tmp_path / "code").mkdir()
    (tmp_path / "made").mkdir()
    (tmp_path / "code" / "model_again.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    model = importlib.import_module("model_again")
    try:
        path = sd.value_and_grad(model.loss, w="d", X="n d", y="n").save(tmp_path / "made" / "g.py")
    finally:
        del sys.modules["model_again"]
    assert "symdiff grad ../code/model_again.py:loss --wrt w --shape w=d X=n,d y=n --value -o g.py" in path.read_text()
    assert main(["regenerate", "--check", str(path)]) == 0, capsys.readouterr().out

    (tmp_path / "code" / "model_again.py").write_text(MODEL.replace("2.0", "3.0"))
    assert main(["regenerate", "--check", str(path)]) == 1


def test_what_a_command_line_writes_is_what_save_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["grad", LS, "--wrt", "w", "--shape", "X=n,d", "w=d", "y=n", "--value", "-o", "a.py"])
    text = (tmp_path / "a.py").read_text()
    sd.value_and_grad(LS, "w", **SHAPES).save("a.py")

    assert (tmp_path / "a.py").read_text() == text
