"""Explanations: golden texts of the teaching examples, and what holds of every explanation."""

import io
import re
import sys

import numpy as np
import pytest
import scipy.special
from hypothesis import assume, given
from random_graphs import build, moderate, point, programs, slow

import symdiff as sd
from symdiff.autodiff.reverse import gradients
from symdiff.cli import main
from symdiff.errors import ArgumentError
from symdiff.functions.grad import value_and_grad
from symdiff.graph.graph import Graph
from symdiff.program.pipeline import recognise_forms
from symdiff.program.written import Symbolic
from symdiff.render.document import Code, Document, Formula, Paragraph, Row, Section, Snippet, Table, write

NETWORK = """
a1 = X @ W1 + b1
h1 = relu(a1)
z = h1 @ W2 + b2
cross_entropy = -sum(T * log_softmax(z, axis=1)) / X.shape[0]
cross_entropy + lam * (sum(W1**2) + sum(W2**2))
"""
CHAIN = "x = sigmoid(w)\ny = sigmoid(x)\nz = sigmoid(y)"
STAGED = "num = x + sigmoid(y)\nden = sigmoid(x) + (x + y)**2\nnum / den"
EXAMPLES = {
    "circuit": lambda: (value_and_grad("q = x + y\nq * z", ("x", "y", "z")), {"x": -2.0, "y": 5.0, "z": -4.0}),
    "gates": lambda: (value_and_grad("2 * (x * y + maximum(z, w))", ("x", "y", "z", "w")), (3.0, -4.0, 2.0, -1.0)),
    "chain": lambda: (value_and_grad(CHAIN), 0.5),
    "staged": lambda: (value_and_grad(STAGED, ("x", "y")), (3.0, -4.0)),
    "logistic": lambda: (
        value_and_grad("sum(log(1 + exp(-y*(X @ w)))) + lam*sum(w**2)", "w", X="n d", y="n", w="d", lam=()), None,
    ),
    "network": lambda: (
        value_and_grad(NETWORK, ("W1", "b1", "W2", "b2"), X="n d", T="n k", W1="d h", b1="h", W2="h k", b2="k", lam=()),
        None,
    ),
    "dead_branch": lambda: (sd.grad("sum(where(x > 0, sqrt(x), 0))", x="n"), (np.array([4.0, 0.0]),)),
    "second": lambda: (sd.grad(sd.grad("x**3")), 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("format, ending", [("text", "txt"), ("md", "md")])
def test_golden(golden, name, format, ending):
    f, at = EXAMPLES[name]()
    golden(f"explain/{name}.{ending}", f.explain(format, at=at))


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden_latex(golden, name):
    golden(f"explain/{name}.tex", EXAMPLES[name]()[0].latex())


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("format", ["text", "md", "latex", "html"])
def test_the_same_each_time(name, format):
    f, at = EXAMPLES[name]()
    g, _ = EXAMPLES[name]()
    assert f.explain(format, at=at) == g.explain(format, at=at)


# ------------------------------------------------------------------------------------------------ what it says is so


def part(text, title):
    """The lines of a section, without its heading."""
    [found] = re.findall(rf"^\d\. {title}[^\n]*\n(.*?)(?=^\d\. |\Z)", text, re.S | re.M)
    return found.splitlines()


def steps(text):
    """The lines of the backward pass: (name, sign, formula, value) with an empty name where a sum goes on."""
    lines = part(text, "The derivative")
    return [
        re.match(r"    (\w*)\s+([=+-]) (.*?)(?:  |$)", line).groups()
        for line in lines[lines.index("Line by line:") :]
        if re.match(r"    (\w*)\s+[=+-] ", line) and not line.endswith("the sum")
    ]


def python(formula):
    """The formula as Python."""
    for sign, plain in (("·", "*"), ("²", "**2"), ("³", "**3"), ("ᵀ", ".T"), ("≥", ">="), ("≤", "<="), ("≠", "!=")):
        formula = formula.replace(sign, plain)
    return formula


WORDS = {
    **{name: getattr(np, name) for name in dir(np) if callable(getattr(np, name))}, **vars(scipy.special),
    "sigmoid": scipy.special.expit, "pi": np.pi, "relu": lambda x: np.maximum(x, 0),
    "sign_product": lambda g, x: g * np.sign(x), "norm_quotient": lambda g, r: g / np.where(r == 0, 1, r),
    "absorbing_product": lambda a, b: np.where(b != 0, a * b, 0),
}  # fmt: skip


def carry_out(text, values):
    """Does what the explanation says, by Python: the program line by line, then the steps."""
    titles = re.findall(r"^\d\. (.*)$", text, re.M)
    program = part(text, titles[0])
    if titles[1] == "Before differentiating":
        program = part(text, titles[1])
        program = program[program.index("What is differentiated is the program that results:") :]
    env = dict(values)
    for line in program:
        found = re.match(r"    (\w+) = (.*?)(?:  |$)", line)
        if found:
            env[found[1]] = eval(python(found[2]), dict(WORDS), env)
    name = ""
    for wanted, sign, formula in [step[:3] for step in steps(text)]:
        term = eval(python(formula), dict(WORDS), env)
        if wanted:
            assert wanted not in env, "a derivative is found once"
            name = wanted
            env[name] = term
        else:
            env[name] = env[name] + term if sign == "+" else env[name] - term
    return env


@slow
@given(programs)
def test_the_explanation_carried_out_is_the_gradient(program):
    inputs, z = build(program, False)
    values = point(inputs)
    assume(moderate(inputs, z, values))
    names = [x.name for x in inputs]
    f = sd.grad(sd.Function(Symbolic(Graph(inputs, (z,))), {}), tuple(names))
    text = f.explain(limit=1000)
    assume("…" not in "".join(step[2] for step in steps(text)))
    with np.errstate(all="ignore"):
        env = carry_out(text, dict(zip(names, values, strict=True)))
    for name, expected in zip(names, f(*values), strict=True):
        np.testing.assert_allclose(env.get(f"d_{name}", 0.0), expected, rtol=1e-4, atol=1e-5)


def test_the_explanation_of_the_network_carried_out_is_the_gradient():
    f, _ = EXAMPLES["network"]()
    rng = np.random.default_rng(0)
    shapes = {"X": (5, 3), "W1": (3, 4), "b1": (4,), "W2": (4, 2), "b2": (2,), "T": (5, 2), "lam": ()}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    env = carry_out(f.explain(), {**values, "n": 5, "d": 3, "h": 4, "k": 2})
    _, grads = f(**values)
    for name, expected in zip(("W1", "b1", "W2", "b2"), grads, strict=True):
        np.testing.assert_allclose(env[f"d_{name}"], expected, rtol=1e-12)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_line_between_targets_and_value_has_one_step(name):
    f = EXAMPLES[name]()[0]
    recipe, avals = f.recipe, f.stages.avals
    graph = recognise_forms(recipe.base.build(avals))
    found = gradients(graph.outputs[0], [graph.inputs[k] for k in recipe.wrt])
    names = [step[0] for step in steps(f.explain()) if step[0]]
    assert len(names) == len(set(names)) == len(found.grad_table)


def test_numbers_are_those_of_the_function():
    f, at = EXAMPLES["staged"]()
    text = f.explain(at=at)
    value, (d_x, d_y) = f(*at)
    assert f"z = num / den    f64[]  = {value:.6g}" in text
    assert re.search(rf"= {d_x:.6g} +the sum", text)
    assert re.search(rf"= {d_y:.6g} +the sum", text)


def test_numbers_choose_the_types():
    f = sd.grad("sum(x**2)", "x")
    assert re.search(r"x +f64\[3\] +=( )\[1, 2, 3\]", f.explain(at=(np.array([1.0, 2.0, 3.0]),)))
    assert re.search(r"x +f32\[2\] +=( )\[1, 2\]", f.explain(at={"x": np.array([1, 2], np.float32)}))
    assert "is empty" in f.explain(at=(np.zeros(0),))


def test_long_programs_are_folded():
    x = sd.var("x", "k")
    h = x
    for _ in range(300):
        h = np.tanh(h * 0.5)
    f = sd.grad(np.sum(h))
    text = f.explain()
    assert len(text.splitlines()) < 200
    assert re.search(r"… and \d\d\d more like these", text)
    assert len(f.explain(limit=5000).splitlines()) > 1000


def test_a_value_that_does_not_depend_on_the_target():
    assert "does not depend on it: the derivative is zero" in sd.grad("y * 2", "x", x="", y="").explain()


def test_a_function_without_a_derivative():
    text = sd.function("log(1 + exp(x))").explain()
    assert re.findall(r"^\d\. (.*)$", text, re.M) == ["The program", "The rewrites", "The source"]
    assert "logaddexp" in text


def test_unknown_formats_and_points_are_refused():
    f = sd.grad("x**2")
    with pytest.raises(ArgumentError, match="the formats are 'text', 'md', 'latex', 'html'"):
        f.explain("pdf")
    with pytest.raises(ArgumentError, match="no argument 'y'"):
        f.explain(at={"y": 1.0})


def test_a_page_shows_as_what_it_is():
    f = sd.grad("x**2")
    assert repr(f.explain()) == f.explain()
    assert f.explain()._repr_markdown_() is None
    assert f.explain("md")._repr_markdown_() == f.explain("md")
    assert f.explain("html")._repr_html_() == f.explain("html")


def test_a_page_styles_nothing_but_itself():
    """A notebook that shows it keeps its own looks."""
    style = re.search(r"<style>(.*?)</style>", sd.grad("x**2").explain("html"), re.S)[1]
    rules = [rule.strip() for rule in re.sub(r"@supports[^{]*", "", style).replace("{\n.", "}.").split("}")]
    selectors = [part.strip() for rule in rules if "{" in rule for part in rule.partition("{")[0].split(",")]
    assert len(selectors) > 8
    assert all("symdiff-document" in selector for selector in selectors)


# ------------------------------------------------------------------------------------------------------- escaping


def test_titles_and_names_are_escaped():
    evil = "<b>&\"'`*_|$\\end{document}%#~^{}\n# x"
    row = Row(([evil], [Formula("a < b", "a < b")], [Snippet(evil)]))
    blocks = (Paragraph([evil]), Table((row,)), Code("```\n</pre>\\end{verbatim}"))
    document = Document(evil, (Section(evil, blocks),))
    page = write(document, "html")
    assert "<b>" not in page and page.count("</pre>") == 1 and "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in page
    page = write(document, "latex")
    assert page.count(r"\end{document}") == 1 and page.count(r"\end{verbatim}") == 1
    assert not re.search(r"(?<!\\)[%#]", page)
    page = write(document, "md")
    assert not re.search(r"(?<!\\)<b>", re.sub("``.*?``", "", page)) and "````" in page
    assert len(re.findall(r"^#+ ", page, re.M)) == 2


# ---------------------------------------------------------------------------------------------------- command line


@pytest.fixture
def run(capsys):
    def call(*argv):
        code = main([str(a) for a in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def test_the_command_line_explains(run):
    code, out, err = run("explain", STAGED, "--wrt", "x,y", "--at", "x=3,y=-4")
    assert (code, err) == (0, "")
    assert out == value_and_grad(STAGED, ("x", "y")).explain(at=(3.0, -4.0)) + "\n" or "= 2.05957" in out
    assert "\033" not in out


@pytest.mark.parametrize("format", ["md", "latex", "html"])
def test_other_formats(run, format, tmp_path):
    code, out, _ = run("explain", "x**2", "--format", format)
    assert code == 0
    assert out == value_and_grad("x**2").explain(format) + "\n"
    path = tmp_path / f"page.{format}"
    for _ in range(2):  # our own file may be overwritten
        assert run("explain", "x**2", "--format", format, "-o", path)[0] == 0
    assert path.read_text().endswith(out)


def test_arrays_as_points(run):
    code, out, _ = run("explain", "sum(w * x)", "--wrt", "w", "--shape", "w=n", "x=n", "--at", "w=[1, 2], x=[3, -4]")
    assert code == 0
    assert "= [3, -4]" in out


@pytest.mark.parametrize("at", ["x", "x=", "x=y", "x=__import__('os')", "=3"])
def test_points_that_are_none(run, at):
    code, out, err = run("explain", "x**2", "--at", at)
    assert (code, out) == (1, "")
    assert "--at" in err or "no argument" in err


def test_functions_of_files(run, tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\ndef loss(w, x):\n    return np.sum((w * x) ** 2)\n")
    code, out, err = run("explain", f"{path}:loss", "--wrt", "w", "--shape", "w=n", "x=n")
    assert (code, err) == (0, "")
    assert "d_w" in out
    assert run("grad", f"{path}:loss", "--wrt", "w", "--shape", "w=n", "x=n")[0] == 0
    assert "no function 'los'" in run("explain", f"{path}:los")[2]
    assert "no file" in run("explain", f"{tmp_path}/other.py:loss")[2]


def test_colours_only_on_a_terminal(run, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    painted = run("explain", "x**2")[1]
    assert "\033[32m" in painted and "\033[31m" in painted
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run("explain", "x**2")[1]
    assert "\033" not in plain
    assert re.sub(r"\033\[\d+m", "", painted) == plain


@pytest.mark.parametrize("columns, widest", [("60", 60), ("400", 110), ("5", 40)])
def test_prose_keeps_to_the_terminal(run, monkeypatch, columns, widest):
    monkeypatch.setenv("COLUMNS", columns)
    prose = [line for line in run("explain", "x**2 + x")[1].splitlines() if line[:1].isalpha()]
    assert max(map(len, prose)) <= widest


def test_a_terminal_without_unicode(monkeypatch, capsysbinary):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["explain", "x**2 * x"]) == 0
    stream.flush()
    assert b"x**2" in stream.buffer.getvalue()


def test_a_node_with_parts_is_explained_by_one_rule():
    told = str(sd.grad("w, V = eigh(A)\nsum(exp(w) * V[0])", A="n n").explain())
    rule = next(line for line in told.splitlines() if "w, V = eigh(x)" in line)
    assert "x receives V @ " in rule and "g_w" in rule and "g_V" in rule
    assert "w = eigvalsh(A)" in told and "V = eigh(A)[1]" in told
    step = next(line for line in told.splitlines() if line.lstrip().startswith("d_A"))
    assert "d_w" in step and "d_V" in step and step.endswith("from w, V = eigh(A)")


def test_of_parts_only_those_that_something_flows_into_are_in_the_rule():
    told = str(sd.grad("logdet(A)", A="n n").explain())
    rule = next(line for line in told.splitlines() if "sign, logdet = slogdet(x)" in line)
    assert "g_logdet" in rule and "g_sign" not in rule
