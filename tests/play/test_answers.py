"""What the page is told: a pure function from JSON to JSON, which raises nothing, whatever it is asked."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from play_examples import EXAMPLES

import symdiff as sd
from symdiff.functions.again import MAKERS
from symdiff.play.answers import answer
from symdiff.play.request import numbers
from symdiff.play.views import VIEWS

LS = {
    "text": "sum((X @ w - y)**2) / 2",
    "wrt": ["w"],
    "inputs": {"X": {"shape": "n d"}, "w": {"shape": "d"}, "y": {"shape": "n"}},
}


def asked(**request):
    found = answer(request)
    assert json.loads(json.dumps(found)) == found
    return found


def blocks(found, view):
    assert "error" not in found, found
    assert "error" not in found["views"][view], found["views"][view]
    return found["views"][view]["blocks"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_right(name):
    """Each has a source, and differences that agree with it."""
    found = asked(**{**EXAMPLES[name], "views": ["source", "formulas", "check"]})
    assert "def " in blocks(found, "source")[0]["text"]
    assert "✓" in blocks(found, "check")[0]["html"]
    ElementTree.fromstring(blocks(found, "formulas")[0]["html"])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("make", MAKERS)
def test_every_view_of_every_derivative(make, view):
    text = "tanh(A @ x)" if make in ("jacobian", "jvp", "vjp") else "sum(tanh(A @ x))"
    inputs = {"A": {"shape": "3 n"}, "x": {"shape": "n"}}
    found = asked(text=text, make=make, wrt=["x"], inputs=inputs, views=[view])
    assert blocks(found, view)
    inputs["x"]["at"] = "[1, 2]"
    assert blocks(asked(text=text, make=make, wrt=["x"], inputs=inputs, sizes={"n": 2}, views=[view]), view)


def test_the_source_is_that_of_the_function():
    f = sd.grad(sd.function(LS["text"], X="n d", w="d", y="n"), "w")
    assert blocks(asked(**LS, views=["source"]), "source")[0]["text"] == f.source
    assert "double" in blocks(asked(**LS, target="c", views=["source"]), "source")[0]["text"]


def test_the_file_is_that_of_save(tmp_path):
    f = sd.grad(sd.function(LS["text"], X="n d", w="d", y="n"), "w")
    kept = f.save(tmp_path / "grad.py").read_text()
    assert [(b["name"], b["text"]) for b in blocks(asked(**LS, views=["file"]), "file")] == [("grad.py", kept)]
    names = [b["name"] for b in blocks(asked(**LS, target="c", views=["file"]), "file")]
    assert names == ["grad.c", "grad.h"]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "text, shapes",
    [
        ("sum(x**3) * y + sum(x) * y**2", {"x": "3"}),
        ("sum(A @ x) * y", {"A": "2 3", "x": "3"}),
        ("x**2 * y", {}),
    ],
)
def test_a_wrong_derivative_is_seen(monkeypatch, make, text, shapes):
    """What is shown is checked: doubled, it is apart from differences."""
    request = {"text": text, "make": make, "inputs": {k: {"shape": s} for k, s in shapes.items()}, "views": ["check"]}
    assert "✓" in blocks(asked(**request), "check")[0]["html"]
    if make in ("grad", "value_and_grad", "jacobian", "hessian", "vjp"):
        true = np.tensordot if make in ("jacobian", "hessian") else np.sum
        name = "tensordot" if make in ("jacobian", "hessian") else "sum"
        monkeypatch.setattr(np, name, lambda *a, **k: 1.001 * true(*a, **k))
        if make != "vjp":  # whose differences are summed, too
            assert "✗" in blocks(asked(**request), "check")[0]["html"]


def test_inputs_are_told_also_when_there_is_no_derivative():
    found = asked(text=LS["text"], views=["source"])
    assert [x["name"] for x in found["inputs"]] == ["X", "w", "y"] and found["views"] == {}
    assert found["error"]["type"] == "ShapeError" and "X, w, y" in found["error"]["help"]
    assert (found["error"]["line"], found["error"]["column"]) == (1, 7)


def test_the_place_of_an_error_is_that_of_its_text():
    error = asked(text="a = x**2\nb = sin(a)\nsum(sigmiod(b))", views=[])["error"]
    line = "a = x**2\nb = sin(a)\nsum(sigmiod(b))".splitlines()[error["line"] - 1]
    assert line[error["column"] : error["column"] + error["width"]] == "sigmiod"


def test_what_was_said_of_inputs_that_are_gone_does_no_harm():
    more = {"z": {"shape": "7 7"}, "xs": {"dtype": "float32"}}
    found = asked(text="sum(x**2)", wrt=["z"], inputs={"x": {"shape": "n"}, **more}, views=["source"])
    assert [x["name"] for x in found["inputs"]] == ["x"] and "2 * x" in blocks(found, "source")[0]["text"]


def test_a_length_may_stand_in_the_text():
    found = asked(text="sum(x**2) / n", inputs={"x": {"shape": "n"}}, views=["values"])
    assert [x["name"] for x in found["inputs"]] == ["x"] and list(found["lengths"]) == ["n"]


def test_python_is_not_run(tmp_path):
    evil = f"import pathlib\npathlib.Path({str(tmp_path / 'here')!r}).touch()\ndef f(x):\n    return x**2"
    found = asked(text=evil, views=list(VIEWS))
    assert "no code is run" in found["error"]["message"] and not list(tmp_path.iterdir())


def test_python_is_run_where_it_is_trusted(tmp_path):
    text = "import numpy as np\n\ndef g(x):\n    return np.sin(x)\n\ndef f(x, y):\n    return g(x) * y\n"
    found = answer({"text": text, "views": ["source", "steps", "check"]}, tmp_path)
    assert "cos(x)" in blocks(found, "source")[0]["text"] and "✓" in blocks(found, "check")[0]["html"]
    error = answer({"text": "def f(x):\n    y = x\n    return y.nope(3)", "views": ["source"]}, tmp_path)["error"]
    assert "nope" in error["message"]
    error = answer({"text": "def f(x:\n    return", "views": []}, tmp_path)["error"]
    assert error["type"] == "ParseError" and error["line"] == 1
    error = answer({"text": "import math\ndef f(x):\n    return undefined_name(x)", "views": ["source"]}, tmp_path)[
        "error"
    ]
    assert "undefined_name" in error["message"] and error["line"] == 3


@pytest.mark.parametrize("assume", ["positive", "nonnegative", "symmetric", "sums_to_one", "orthogonal"])
def test_points_are_as_declared(assume):
    f = sd.function("sum(A)", A=sd.spec("3 3", assume=assume))
    from symdiff.functions.points import finite_point

    found = finite_point(f, {}, {}, 0)["A"]
    holds = {
        "positive": np.all(found > 0),
        "nonnegative": np.all(found >= 0),
        "symmetric": np.allclose(found, found.T),
        "sums_to_one": np.allclose(found.sum(axis=-1), 1),
        "orthogonal": np.allclose(found.T @ found, np.eye(3)),
    }
    assert holds[assume]


def test_values_that_are_not_finite_are_shown():
    html = blocks(asked(text="log(x) * y", inputs={"x": {"at": "0"}, "y": {"at": "2"}}, views=["values"]), "values")
    assert "-inf" in html[-1]["html"]
    assert "✗" in blocks(asked(text="x * y", inputs={"x": {"at": "nan"}}, views=["check"]), "check")[0]["html"]


# ------------------------------------------------------------------------------------------------ untrusted requests

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=6), more, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["text", "make", "wrt", "inputs", "sizes", "seed", "target", "views", "options"])


@settings(max_examples=60, deadline=None)
@given(JUNK | st.dictionaries(KEYS, JUNK))
def test_nothing_is_raised(data):
    found = answer(data)
    assert "error" in found or found["views"] is not None


@pytest.mark.parametrize(
    "change",
    [
        {"text": "9**9**9**9 * x"},
        {"text": "(" * 300 + "x" + ")" * 300},
        {"text": "x" * 200_000},
        {"text": "__import__('os').system('true') + x"},
        {"text": "x.__class__"},
        {"make": "nope"},
        {"target": "nope"},
        {"target": "../x"},
        {"inputs": {"x": {"shape": "10000000000000000000000"}}},
        {"inputs": {"x": {"dtype": "nope"}}},
        {"inputs": {"x": {"assume": "nope"}}},
        {"sizes": {"n": "-1"}},
        {"sizes": {"n": "1e9"}},
        {"sizes": {"n": 10**9}},
    ],
)
def test_what_is_refused_is_said(change):
    found = asked(**{"text": "sum(x**2)", "inputs": {"x": {"shape": "n"}}, "views": ["source"], **change})
    assert (found.get("error") or found["views"]["source"]["error"])["message"]


def test_names_are_no_markup():
    """Whatever is typed, nothing but our elements comes back."""
    evil = "<img src=x onerror=alert(1)>"
    for data in ({"text": evil}, {"text": f"x + '{evil}'"}, {"text": "x", "inputs": {"x": {"at": evil}}}):
        found = asked(**data, views=list(VIEWS))
        for view in found["views"].values():
            for block in view.get("blocks", ()):
                assert "<img" not in block.get("html", "") and "<img" not in block.get("svg", "")


@pytest.mark.parametrize(
    "text, value",
    [("3", 3), (" -1e-3 ", -1e-3), ("[1, 2]", [1, 2]), ("[[1], [-2]]", [[1], [-2]]), ("inf", np.inf), ("[]", [])],
)
def test_numbers(text, value):
    np.testing.assert_array_equal(numbers("x", text), value)


@pytest.mark.parametrize("text", ["x", "1 + 1", "[1, [2]]", "'3'", "9**9", "[", "f(3)", "1j", "(" * 1000])
def test_what_are_no_numbers(text):
    with pytest.raises(sd.errors.ArgumentError, match="x is"):
        numbers("x", text)


def test_nan_is_a_number():
    assert np.isnan(numbers("x", "nan")) and np.isnan(numbers("x", "[nan, 1]")[0])


# -------------------------------------------------------------------------------------------------------------- plots


def figures(**request):
    found = blocks(asked(**request, views=["plot"]), "plot")
    return [b for b in found if b["kind"] == "figure"], found


def test_a_plot_shows_value_and_derivative():
    """The points of both curves, read back from the picture, are those of the function and of its derivative."""
    [first, *_], _ = figures(text="x**2", inputs={"x": {"at": "1"}})
    tree = ElementTree.fromstring(first["svg"])
    curves = [e for e in tree.iter() if "curve" in e.get("class", "")]
    assert [c.get("class") for c in curves] == ["curve value", "curve slope"]
    for curve, power in zip(curves, (2, 1), strict=True):
        xy = np.array(re.findall(r"[ML](\S+) ([\d.-]+)", curve.get("d")), dtype=float)
        fitted = np.polyfit(xy[:, 0], xy[:, 1], power)
        assert np.abs(np.polyval(fitted, xy[:, 0]) - xy[:, 1]).max() < 0.2
        assert np.abs(np.polyval(np.polyfit(xy[:, 0], xy[:, 1], power - 1), xy[:, 0]) - xy[:, 1]).max() > 5
    assert "is 1;" in tree.get("aria-label") and tree.get("aria-label").endswith("is 2")


@pytest.mark.parametrize(
    "text", ["1/x", "log(x)", "sqrt(x)", "exp(1000*x)", "0*x", "x**0.5", "tan(x)", "where(x > 0, 1/x, 2)"]
)
def test_plots_of_what_has_poles_and_ends(text):
    [figure], _ = figures(text=text, inputs={"x": {"at": "0.5"}})
    assert "nan" not in re.sub(r'aria-label="[^"]*"', "", figure["svg"]) and "inf" not in figure["svg"]
    ElementTree.fromstring(figure["svg"])


def test_a_plot_goes_along_an_element():
    _, found = figures(text="sum(x**2) * y", inputs={"x": {"shape": "2 2"}})
    [choice] = [b for b in found if b["kind"] == "choice"]
    assert choice["values"] == ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]", "y"] and choice["value"] == "x[0, 0]"
    _, found = figures(text="sum(x**2) * y", inputs={"x": {"shape": "2 2"}}, options={"along": "y"})
    assert next(b for b in found if b["kind"] == "choice")["value"] == "y"


def test_two_numbers_have_a_map():
    found, _ = figures(text="x**2 * y", inputs={"x": {"at": "1"}, "y": {"at": "1"}})
    assert len(found) == 2 and "data:image/png;base64," in found[1]["svg"]


def test_a_pattern_is_that_of_the_matrix():
    found, _ = figures(text="x[1:] * x[:-1]", make="jacobian", inputs={"x": {"shape": "6"}})
    assert found[0]["svg"] == sd.jacobian("x[1:] * x[:-1]", x="6", sparse=True).to_svg(sparsity=True)
    assert found[0]["title"].startswith("10 of 30 entries")
