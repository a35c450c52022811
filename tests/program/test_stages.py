"""The stages of a program: each is made once, every view is of one run, and what is shown is the last call that succeeded."""

import collections
import copy
import itertools
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import symdiff as sd
from symdiff.program import pipeline, specialise, stages as stages_module
from symdiff.program.stages import GRAPHS

X = np.array([0.5, -1.5, 2.0])
VIEWS = {
    "call": lambda f, path: f(X),
    "print": lambda f, path: str(f),
    "graph": lambda f, path: f.graph,
    "source": lambda f, path: f.source,
    "cost": lambda f, path: f.cost(),
    "explain": lambda f, path: f.explain(),
    "explain with numbers": lambda f, path: f.explain(at=(X,)),
    "rewrites": lambda f, path: f.explain_rewrites(),
    "latex": lambda f, path: f.latex(),
    "debug": lambda f, path: str(f.debug(X)),
    "draw": lambda f, path: f.draw(path / "f.svg", force=True),
    "draw as it was": lambda f, path: f.to_svg(stage="derived"),
    "save": lambda f, path: f.save(path / "f.py", force=True),
    "at": lambda f, path: f.at(X).source,
    "notebook": lambda f, path: f._repr_mimebundle_(),
    "pinned": lambda f, path: f.at(X).save(path / "g.py", force=True),
}
MAKERS = (sd.function, sd.grad, sd.value_and_grad, sd.jacobian, sd.hessian)


def counted():
    runs = []

    def f(x):
        runs.append(1)
        return np.sum(np.sin(x) ** 2 * x)

    return f, runs


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("first", ["call", "save", "print"])
def test_the_users_function_runs_once_whatever_is_asked_for(make, first, tmp_path):
    f, runs = counted()
    made = make(f) if first == "call" else make(f, x="n")
    for view in (first, *VIEWS, *VIEWS):
        VIEWS[view](made, tmp_path)

    assert len(runs) == 1


@pytest.mark.parametrize("make", [sd.jvp, sd.vjp, sd.hvp], ids=lambda make: make.__name__)
def test_products_with_derivatives_run_it_once_too(make):
    f, runs = counted()
    made = make(f, x="n")
    made(X, np.float64(1.0) if make is sd.vjp else X)
    assert made.source and str(made) and len(runs) == 1


def test_no_stage_is_made_twice(monkeypatch, tmp_path):
    made = []
    for module, name in ((pipeline, "simplified"), (stages_module, "lower"), (stages_module, "define")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, f=original, name=name: made.append(name) or f(*a))
    f = sd.grad(lambda x: np.sum(np.exp(x) * x))
    for view in ("call", *(v for v in VIEWS if v not in ("save", "pinned"))):
        VIEWS[view](f, tmp_path)

    assert sorted(made) == ["define", "lower", "simplified"]

    for _ in range(3):  # a file holds value, gradient and both: three programs, each lowered once
        VIEWS["save"](f, tmp_path)
    assert made.count("lower") == made.count("simplified") == 3


def test_threads_that_ask_at_the_same_time_share_one_run():
    runs, barrier = [], threading.Barrier(4)

    def f(x):
        runs.append(1)
        time.sleep(0.05)
        return np.sum(x**3)

    g, found = sd.grad(f), []

    def work():
        barrier.wait()
        found.append(g(X))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(runs) == 1 and len(found) == 4
    np.testing.assert_allclose(found, [3 * X**2] * 4)


def test_two_shapes_are_two_programs():
    f, runs = counted()
    made = sd.grad(f)
    for n in (2, 3, 2, 3):
        made(np.ones(n))
    assert len(runs) == made.cache_info().size == 2


# ------------------------------------------------------------------------------------------------ one program is shown


def test_a_saved_file_is_the_program_that_was_called(tmp_path):
    def noisy(x):
        eps = np.random.normal(size=3)
        return np.sum((x * eps) ** 2)

    g = sd.value_and_grad(noisy)
    value, slope = g(X)
    namespace = {}
    exec(g.save(tmp_path / "noisy.py").read_text(), namespace)

    assert namespace["value"](X) == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(namespace["grad"](X), slope, rtol=1e-15)
    np.testing.assert_allclose(namespace["value_and_grad"](X)[1], slope, rtol=1e-15)
    subprocess.run([sys.executable, str(tmp_path / "noisy.py")], check=True, capture_output=True)  # its own check


def test_what_is_read_outside_is_read_once():
    A = 5 * np.ones(3)
    g = sd.grad(lambda x: np.sum(A * x**2))
    first = g(X)
    A[:] = 1.0
    np.testing.assert_array_equal(g(X), first)
    np.testing.assert_array_equal(g.debug(X).values[g.graph.outputs[0]], first)
    np.testing.assert_array_equal(sd.grad(lambda x: np.sum(A * x**2))(X), first / 5)  # made anew, it reads anew


def modes(x, mode="a"):
    return np.sum(x**2) if mode == "a" else np.sum(x**4)


@pytest.mark.parametrize("calls", [("b", "a"), ("a", "b", "a"), ("a", "b"), ("b",)])
def test_the_last_call_that_succeeded_is_shown(calls, tmp_path):
    g = sd.grad(modes)
    for mode in calls:
        expected = g(X, mode=mode)
    namespace = {}
    exec(g.save(tmp_path / "modes.py").read_text(), namespace)

    np.testing.assert_allclose(namespace["grad"](X), expected, rtol=1e-14)
    assert ("**" in g.source) == (calls[-1] == "b")
    assert g.source.startswith("#") == (len(set(calls)) > 1)
    assert {"mode='b'" in types for types in g.cache_info().types} == {mode == "b" for mode in calls}


@pytest.mark.parametrize("calls", list(itertools.product(["a", "b", None], repeat=4)), ids=str)
def test_options_of_a_call_of_floats_are_those_of_that_call(calls):
    """A call that leaves an option alone means its default, whatever the calls before have chosen."""
    g = sd.grad(lambda x, mode="a": x**2 if mode == "a" else x**4)
    for mode in calls:
        options = {} if mode is None else {"mode": mode}
        assert g(2.0, **options) == (32.0 if mode == "b" else 4.0)
        assert g.stages.run(2.0) == (32.0 if mode == "b" else 4.0)
    f = sd.function(lambda x, k: x * k, static="k")
    assert f(2.0, 3.0) == 6.0 and f(2.0, k=-0.0) == 0.0
    with pytest.raises(sd.errors.ArgumentError, match="k"):
        f(2.0)


@pytest.mark.parametrize("first, second", [
    ((1, True), (1, 1)), (0.0, -0.0), ([1], (1,)), ({"a": 1}, {"a": 1.0}), (1, 1.0), (True, 1),
    (np.array([1, 2]), np.array([1, 3]))], ids=str)  # fmt: skip
def test_static_values_that_differ_are_other_programs(first, second):
    seen = []
    f = sd.function(lambda x, k: (seen.append(repr(k)), x)[1], static="k")
    for value in (first, second, first, second):
        f(1.0, value)
    assert seen == [repr(first), repr(second)]


def test_a_static_value_that_was_changed_in_place_is_another_one():
    options = {"a": 3.0, "steps": [1, 2]}
    f = sd.function(lambda x, k: x * k["a"] * len(k["steps"]), static="k")
    assert f(1.0, options) == 6.0
    options["a"] = 5.0
    assert f(1.0, options) == 10.0
    options["steps"].append(3)
    assert f(1.0, options) == 15.0


def test_what_at_shows_is_what_it_calls_and_what_is_pickled():
    f = sd.grad(modes)
    f(X)
    shown = f.at("3", mode="b")
    for g in (shown, copy.copy(shown), copy.deepcopy(shown), pickle.loads(pickle.dumps(shown))):
        np.testing.assert_allclose(g(X), 4 * X**3)
        np.testing.assert_allclose(g(X, mode="a"), 2 * X)
        np.testing.assert_allclose(g.stages.run(X), 4 * X**3)
        g(np.ones(2))
        assert "f64[3]" in str(g)


def test_debug_and_explain_change_nothing_that_is_shown():
    f = sd.grad(lambda x: np.sum(x**2))
    f(X)
    source = f.source
    f.debug(np.ones(2)), f.explain(at=(np.ones(4),))
    assert str(f).count("f64[3]") and f.stages.avals[0].shape == (3,) and source.splitlines()[-1] in f.source


def test_a_value_that_depends_on_something_else_is_refused():
    with pytest.raises(sd.errors.ArgumentError, match="not among its inputs"):
        sd.grad(lambda x: np.sum(x * sd.var("q", 3)))(X)
    kept = []
    with pytest.warns(UserWarning, match="keeps a traced value"):
        sd.grad(lambda x: (kept.append(np.exp(x)), np.sum(x))[1])(X)
    with pytest.raises(sd.errors.UnsupportedError, match="kept while another function was traced"):
        sd.grad(lambda x: np.sum(kept[0] * x))(X)
    assert "traced before" in repr(kept)


@pytest.mark.parametrize(
    "value", ["abc", None, True, collections.deque([1.0]), object(), b"x"], ids=lambda v: type(v).__name__
)
@pytest.mark.parametrize(
    "make", [sd.grad, sd.value_and_grad, sd.jacobian, sd.hessian, sd.hvp, sd.jvp], ids=lambda m: m.__name__
)
def test_what_holds_no_numbers_is_no_target(make, value):
    with pytest.raises(sd.errors.ArgumentError):
        args = (value, value) if make in (sd.hvp, sd.jvp) else (value,)
        make(lambda s: 3.0 * len(str(s)))(*args)


@pytest.mark.parametrize("shape", ["2*n+1", "2*n", "n+1", "n-1", "n*d", "n n+1"])
def test_saved_files_of_lengths_that_are_no_names(shape, tmp_path):
    path = sd.grad("sum(x*x)", x=shape).save(tmp_path / "f.py")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "self-check" in done.stdout


def test_floats_and_arrays_take_turns():
    g = sd.grad("x**3", "x")
    for _ in range(3):
        assert g(2.0) == 12.0
        assert "math" not in g.source and "f64[3]" not in g.source
        with pytest.raises(sd.errors.ShapeError):
            g(X)
        assert g(np.float32(2.0)) == 12.0
        assert "f32" in g.source


@pytest.mark.parametrize("bad", [(X, None), (X, "a"), (X[:2], X), (np.ones((2, 2)), X)], ids=str)
def test_a_bad_call_changes_nothing(bad, tmp_path):
    h = sd.grad(lambda x, y: np.sum(x * y * x))
    h(X, X)
    before = [h.source, str(h), h.explain(), h.latex(), str(h.cost()), h.cache_info().size]
    with pytest.raises((sd.errors.SymdiffError, ValueError)):
        h(*bad)
    assert [h.source, str(h), h.explain(), h.latex(), str(h.cost()), h.cache_info().size] == before
    assert h.save(tmp_path / "h.py").exists() and h.draw(tmp_path / "h.svg").exists()


def test_a_bad_first_call_does_not_poison():
    h = sd.grad(lambda x, y: np.sum(x * y))
    with pytest.raises(sd.errors.SymdiffError):
        h(X, None)
    np.testing.assert_array_equal(h(X, 2 * X), 2 * X)
    assert "f64[3]" in str(h)


def test_a_declared_function_shows_what_was_declared():
    f = sd.function("sum(x**2)", x="n")
    source = f.source
    for n in (3, 0, 1):
        f(np.ones(n))
        assert f.source == source


def test_a_text_is_shown_before_any_call():
    assert "call it" in str(sd.hvp(lambda v: v[0] ** 2))
    assert str(sd.grad("x**2")).startswith('def grad(x: "f64[]"):')


# ------------------------------------------------------------------------------------------------ at


@pytest.mark.parametrize("args", [(np.ones((5, 3)), np.ones(3)), ("5 3", "3"), (sd.spec("5 3"), np.ones(3))], ids=str)
def test_at_names_a_program(args, tmp_path):
    f = sd.grad(lambda X, w: np.sum((X @ w) ** 2), "w")
    f(np.ones((2, 4)), np.ones(4))
    shown = f.at(*args)
    f(np.ones((7, 1)), np.ones(1))

    assert "f64[3]" in shown.source and "f64[1]" in f.source
    assert "X: f64[5,3], w: f64[3]" in shown.save(tmp_path / "f.py").read_text()
    np.testing.assert_array_equal(shown(np.eye(3), np.ones(3)), f(np.eye(3), np.ones(3)))
    assert "f64[3]" in shown.source and shown.at(X="2 4", w="4").stages is f.at(X="2 4", w="4").stages


def test_at_takes_names_lengths_options_and_containers():
    assert "f64[n]" in str(sd.grad(modes).at(x="n", mode="b"))
    f = sd.grad(lambda p, t: np.sum(p["W"] @ t))
    assert "f64[2,3]" in str(f.at({"W": "2 3"}, "3"))
    assert "f64[]" in str(sd.grad(lambda p: np.sum(p["w"]) * p["b"]).at({"w": "n", "b": ()}))
    with pytest.raises(sd.errors.SymdiffError, match="no argument"):
        f.at(q="3")


# ------------------------------------------------------------------------------------------------ stages by name


def test_views_show_the_finished_stage_and_others_by_name():
    h = sd.hessian("sum((X @ w - y)**2)", "w", X="n d", w="d", y="n")
    for shown in (str(h), h.latex(), h.to_svg()):
        assert "eye" not in shown and " I " not in shown
    assert "eye" in h.listing(stage="derived")
    assert {stage: h.stages.graph(stage).inputs for stage in GRAPHS} == dict.fromkeys(GRAPHS, h.graph.inputs)
    with pytest.raises(sd.errors.ArgumentError, match="no stage 'final'"):
        h.listing(stage="final")


def test_the_stages_of_a_gradient_are_what_their_names_say():
    s = sd.grad("log(1 + exp(x))").stages

    assert [n.op.name for n in s.written.outputs] == ["log"]
    assert [n.op.name for n in s.recognised.outputs] == ["logaddexp"]
    assert s.derived.forward == s.recognised.outputs
    assert s.planned.graph is s.lowered
    assert s.simplified is s.simplified and s.lowered is s.program.graph
    assert specialise.lower(s.simplified).graph.outputs == s.lowered.outputs
