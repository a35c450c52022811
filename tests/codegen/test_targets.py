"""Targets: how one is chosen, and that a new one is a class and a registration."""

import re
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.codegen import target as registry
from symdiff.codegen.choose import choose_target
from symdiff.codegen.printed import Printed
from symdiff.codegen.target import DEFAULT, find_target, register
from symdiff.codegen.targets.math import MATH
from symdiff.codegen.targets.numpy import FLOATS, NUMPY, NumPy
from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.graph.op import OPS
from symdiff.program.pipeline import compile_graph
from symdiff.program.specialise import define, load_definition, lower, returning
from symdiff.schedule.plan import schedule


class ReversePolish:
    """Words on a stack: ``x y + sin``."""

    name = "rpn"
    fallback = None
    most_steps = 0

    def takes(self, graph):
        return True

    def prints(self, node):
        return node.op.family == "source" or (node.op.fn is not None and not node.op.is_statement)

    def print(self, graph, options=DEFAULT):
        plan = schedule(graph)
        held = {node: f"t{k}" for k, statement in enumerate(plan.statements) for node in statement.nodes}
        lines = [f"{self.words(s.node, held)} -> {held[s.node]}" for s in plan.statements]
        held |= {x: x.name for x in graph.inputs}
        results = [held.get(node) or self.words(node, held) for node in graph.outputs]
        return Printed(graph.name, [x.name for x in graph.inputs], [*lines, *results])

    def words(self, node, held):
        mine = node.op.infix or ":".join(map(str, (node.op.name, *node.kwargs.values())))
        mine = mine if node.inputs else str(node.name or node.literal)
        return " ".join([*(held.get(x) or self.words(x, held) for x in node.inputs), mine])

    def text(self, definitions):
        return "\n".join(line for d in definitions for line in d.printed.lines) + "\n"

    def load(self, text, name, extra):
        raise UnsupportedError("the target 'rpn' is for reading")


@pytest.fixture
def rpn(monkeypatch):
    monkeypatch.setattr(registry, "TARGETS", dict(registry.TARGETS))
    return register(ReversePolish())


def graph_of(function):
    return function.recipe.build(function.declared_avals())


SQUARES = ("sum((X @ w - y)**2)", {"X": "n d", "w": "d", "y": "n"})


def printed(function, target):
    """The ordinary path: a finished graph, lowered for the target; what is printed of it, and the text."""
    program = lower(compile_graph(graph_of(function), NUMPY, until="contract").with_(target=target))
    definition = define(program)
    return program, definition, program.target.text([definition])


def run(function, target):
    program, definition, _ = printed(function, target)
    return returning(load_definition(definition, program), program)


def source(text, specs, target, wrt=None):
    f = sd.function(text, **specs) if wrt is None else sd.grad(text, wrt, **specs)
    return printed(f, target)[-1]


def test_a_new_target_is_a_class_and_a_registration(rpn):
    assert source(*SQUARES, "rpn") == "X w einsum:ab,b->a y - -> t0\nt0 t0 einsum:a,a->\n"
    assert source(*SQUARES, "rpn", wrt="w") == "2.0 X X w einsum:ab,b->a y - einsum:ab,a->b *\n"


def test_the_word_target_reaches_it_from_the_top(rpn):
    f = sd.grad(SQUARES[0], "w", **SQUARES[1], target="rpn")

    assert f.source == "2.0 X X w einsum:ab,b->a y - einsum:ab,a->b *\n"
    with pytest.raises(UnsupportedError, match="for reading"):
        f(np.ones((2, 3)), np.ones(3), np.ones(2))


def test_every_file_of_targets_registers_one_under_its_name():
    for file in Path(registry.targets.__path__[0]).glob("[a-z]*.py"):
        assert find_target(file.stem).name == file.stem


@pytest.mark.parametrize("make", [sd.function, sd.grad, sd.jacobian, sd.hvp], ids=lambda make: make.__name__)
def test_an_unknown_target_is_told_with_those_that_there_are(make):
    with pytest.raises(
        ArgumentError,
        match=r"no target 'nunpy'; the targets are 'array_api', 'c', .*'math', .*'numpy'\nhelp: .*'numpy'",
    ):
        make("x**2", target="nunpy")


def test_a_gradient_is_printed_for_the_target_of_its_function():
    f = sd.function("x * exp(y)", target="numpy")

    assert "np.exp" in f.source and "math" not in f.source
    assert "np.exp" in sd.grad(f, "x").source and "math" not in sd.grad(f, "x").source
    assert "from math" in sd.grad(f, "x", target="math").source


def mixed(p, how="sum"):
    return p["a"] * (np.sum(p["b"] ** 2) if how == "sum" else np.mean(p["b"]))


@pytest.mark.parametrize("target", ["numpy", "c", "numba", "jax", "dask", "array_api", "fast"])
def test_another_target_shows_the_program_that_was_shown(target):
    given = {"a": 2.0, "b": np.ones(3)}
    f = sd.value_and_grad(mixed)
    f(given, how="mean")
    other = f.to(target)
    assert [x.aval for x in other.graph.inputs] == [x.aval for x in f.graph.inputs]
    assert "b" in other.source and "3" in other.source
    assert sd.value_and_grad(mixed, target=target).to(target).cache_info().size == 0  # nothing was called

    pinned = f.at({"a": (), "b": "n"}).to(target)
    if target in ("numpy", "fast"):
        pinned(given)
    assert pinned.graph.inputs[1].shape == f.at({"a": (), "b": "n"}).graph.inputs[1].shape


def test_a_target_gets_only_what_it_prints(rpn):
    """It has no softmax, so that this comes spelled out."""
    written = source("sum(softmax(x)**2)", {"x": "n"}, "rpn")

    assert "softmax" not in written
    assert "x x max" in written


class Loud(NumPy):
    """As NumPy, but for rows that say otherwise, and for arrays that cannot be written into."""

    name = "loud"
    rows = ("loud", "numpy")
    arrays = ("loud.arrays", "la")

    def accumulation(self, node):
        begin, add = super().accumulation(node)
        place, _, what = add.partition(" += ")
        return begin, f"target = {place.replace('target[', 'target.at[')}.add({what})"


def test_a_target_that_writes_python_shares_the_printer(monkeypatch):
    monkeypatch.setattr(registry, "TARGETS", dict(registry.TARGETS))
    register(Loud())
    if "halved" not in OPS:
        spell = {"numpy": "a / 2", "loud": "HALVED(a)"}
        sd.elementwise("halved", None, lambda y, x: 0.5, dtype="float", spell=spell, doc="x / 2.")

    written = source("halved(sin(x))", {"x": "n"}, "loud")
    assert "import loud.arrays as la\n" in written
    assert "return HALVED(la.sin(x))" in written
    assert "return np.sin(x) / 2" in source("halved(sin(x))", {"x": "n"}, "numpy")


def test_its_statements_may_be_its_own(monkeypatch):
    monkeypatch.setattr(registry, "TARGETS", dict(registry.TARGETS))
    register(Loud())
    written = source("sum(x[1:]**2)", {"x": "n"}, "loud", wrt="x")

    assert "d_x = la.zeros(n)" in written
    assert "d_x = d_x.at[1:].add(" in written


def test_rows_spell_for_targets_that_exist():
    ours = [op for op in OPS.values() if op.name != "halved"]

    assert {name for op in ours for name in op.notation.spell} <= {
        *registry.TARGETS,
        "text",
        "step",
    }  # one line of a listing, of a loop


def test_a_target_is_found_by_its_name(rpn):
    assert all(find_target(each.name) is each for each in (NUMPY, MATH, rpn))


def test_a_target_that_nobody_knows_is_an_error_that_lists_those_there_are():
    with pytest.raises(ArgumentError) as caught:
        find_target("jaxx")

    assert all(repr(name) in caught.value.message for name in registry.TARGETS)


def test_a_misspelt_target_is_recognised():
    with pytest.raises(ArgumentError, match="did you mean 'numpy'"):
        find_target("nunpy")


def test_two_targets_cannot_have_one_name(rpn):
    with pytest.raises(ValueError, match="'rpn' is defined twice"):
        register(ReversePolish())


FLOAT_GRAPH = ("sin(x) * y", {"x": (), "y": ()})
NO_MATH = ("i0(x)", {"x": ()})  # a row that `math` has no function for
ARRAYS = ("sum(sin(x))", {"x": "n"})


@pytest.mark.parametrize(
    "program, wanted, meant",
    [
        (FLOAT_GRAPH, None, MATH), (NO_MATH, None, FLOATS), (ARRAYS, None, NUMPY),
        (FLOAT_GRAPH, "numpy", FLOATS), (ARRAYS, "numpy", NUMPY),
        (FLOAT_GRAPH, "math", MATH), (NO_MATH, "math", FLOATS),
    ],
)  # fmt: skip
def test_the_target_fits_the_graph(program, wanted, meant):
    text, specs = program
    graph = graph_of(sd.function(text, **specs))

    assert choose_target(graph, wanted) is meant
    assert meant.takes(graph)


def test_a_target_that_cannot_have_the_graph_says_so():
    text, specs = ARRAYS
    with pytest.raises(UnsupportedError, match=r"'math' does not take f\(x: f64\[n\]\)"):
        choose_target(graph_of(sd.function(text, **specs)), "math")


@pytest.mark.parametrize("text", ["sin(x) / y", "log(x) ** y", "maximum(x, y) - erf(x)", "where(x > y, exp(x), y)"])
@pytest.mark.parametrize("point", [(0.5, 2.0), (0.0, 0.0), (-1.0, 1000.0), (1000.0, 0.5)])
def test_targets_of_floats_compute_the_same(text, point):
    f = sd.value_and_grad(text, ("x", "y"), x=(), y=())
    on_math, on_numpy = (run(f, name)(*point) for name in ("math", "numpy"))

    np.testing.assert_allclose(np.hstack(np.ravel(on_math[1])), np.hstack(np.ravel(on_numpy[1])), rtol=1e-13)
    np.testing.assert_allclose(on_math[0], on_numpy[0], rtol=1e-13)


def test_floats_of_python_come_back_from_numpy_too():
    assert type(run(sd.function("sin(x)", x=()), "numpy")(0.5)) is float


def test_nothing_asks_for_the_name_of_a_target():
    root = Path(sd.__file__).parent
    asked = re.compile(r"(target|chosen|spelling)\.name\s*(==|!=)|[!=]=\s*(target|chosen|spelling)\.name")

    assert not [path for path in root.rglob("*.py") if asked.search(path.read_text())]
