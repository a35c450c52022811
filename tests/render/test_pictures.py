"""Pictures as files: well-formed, escaped, the same each time, nothing loaded from elsewhere; and the options."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import types
import zlib
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from random_graphs import build, kinds, programs, with_gradient
from test_layout import deep, law, stages

import symdiff as sd
from symdiff.cli import main
from symdiff.errors import ArgumentError, LimitError, MissingDependencyError, OutputError
from symdiff.graph.op import OPS
from symdiff.render import dot, mermaid, png, svg
from symdiff.render.scene import Look
from symdiff.report.draw import FORMATS

HOSTILE = "</script><script>alert(1)</script> \"']]> <!-- & %% \\ --> @DATA@ \x00\x1b\ud800 #35; `x` {} \n end"
EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT_FORMATS = ["svg", "html", "dot", "mmd"]


@pytest.fixture
def f():
    return sd.value_and_grad("r = X @ w - y\nsum(r**2) / 2", wrt="w", X="n d", w="d", y="n")


def texts(markup):
    return [element.text for element in ElementTree.fromstring(markup).iter() if element.text]


# --------------------------------------------------------------------------------------------------------- every graph


@law
@given(programs, kinds, stages)
def test_svg_is_well_formed_and_says_what_it_is(program, arrays, stage):
    markup = svg.to_svg(with_gradient(*build(program, arrays)), Look(shapes=True, gates=True))
    assert markup.isascii()
    root = ElementTree.fromstring(markup)
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "script" not in names
    assert {"title", "desc"} <= {child.tag.rpartition("}")[2] for child in root}
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(label in ids for label in root.get("aria-labelledby").split())
    assert not re.search(r"(?:href|src|url)\s*[=(]", markup)


@law
@given(programs, kinds, stages)
def test_every_format_gives_the_same_text_each_time(program, arrays, stage):
    graphs = [with_gradient(*build(program, arrays)) for _ in range(2)]
    for form in TEXT_FORMATS:
        first, second = (FORMATS[form](graph, Look()) for graph in graphs)
        assert first == second


def test_two_pictures_on_a_page_share_no_id(f):
    ids = [set(re.findall(r' id="([^"]*)"', each.to_svg())) for each in (f, sd.grad("x**3"))]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_styles_reach_no_other_picture(f):
    markup = f.to_svg()
    name = re.search(r'<svg[^>]* id="([^"]+)"', markup)[1]
    style = re.search(r"<style>(.*?)</style>", markup, re.S)[1]
    selectors = [part for rule in re.findall(r"(?:^|[{}])\s*([^{}@]+)\{", style) for part in rule.split(",")]
    assert len(selectors) > 30
    assert all(f"#{name}" in part for part in selectors)
    assert all(
        part.strip().startswith(f"#{name}") or part.endswith(f"] #{name}") or "dark #" in part for part in selectors
    )


def test_light_and_dark(f):
    assert ":root{color-scheme:light dark}" in f.to_svg() and "light-dark(#" in f.to_svg()
    light, dark = f.to_svg(theme="light"), f.to_svg(theme="dark")
    assert "light-dark" not in light + dark and "prefers-color-scheme" not in light + dark
    assert light != dark


SCRIPT = """
import symdiff as sd
f = sd.value_and_grad("h = tanh(X @ W + b)\\nsum(h**2)", wrt=("W", "b"), X="n d", W="d k", b="k")
for text in (f.to_svg(), f.to_html(), f.to_dot(), f.to_mermaid()):
    print(text)
"""


def test_pictures_are_the_same_in_each_process():
    outputs = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        outputs.append(subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, check=True).stdout)
    assert outputs[0] == outputs[1] != b""


# -------------------------------------------------------------------------------------------------------------- escaping


class Markup(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)

    def handle_endtag(self, tag):
        self.inside = None


def hostile():
    f = sd.value_and_grad("s = x * y\ns * sin(x)", wrt=("x", "y"))
    return f, {"title": HOSTILE, "values": {"x": HOSTILE, "s": HOSTILE}}


def test_svg_escapes():
    f, options = hostile()
    told = " ".join(texts(f.to_svg(**options)))
    assert "</script><script>alert(1)</script>" in told
    assert "\x00" not in told
    assert "\x1b" not in told


def test_html_escapes():
    f, options = hostile()
    plain, page = Markup(f.to_html()), Markup(f.to_html(**options))
    assert [tag for tag, _ in page.elements if tag == "script"] == ["script", "script"]
    counts = [sum(tag not in ("text", "tspan") for tag, _ in each.elements) for each in (plain, page)]
    assert counts[0] == counts[1]
    data = json.loads(page.scripts[0])
    assert any(HOSTILE[:30] in text for part in data[0]["parts"] for _, text in part["told"])
    assert page.scripts[1] == plain.scripts[1]


def test_html_loads_nothing(f):
    page = f.to_html()
    assert page.isascii()
    assert "default-src 'none'" in page
    for tag, attributes in Markup(page).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed")
        assert not {"src", "href", "xlink:href"} & set(attributes)
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_dot_escapes():
    f, options = hostile()
    made = f.to_dot(**options)
    assert made.isascii()
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", made)
    assert '"' not in outside
    assert "script" not in outside
    assert made.count("digraph") == 1


@pytest.mark.parametrize("text", [HOSTILE, '"', "\\", '\\"', "a\nb", "&amp;", "é×"])
def test_dot_strings_end_where_they_should(text):
    quoted = f'"{dot.escape(text)}"'
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', quoted)
    assert quoted.isascii()


def test_mermaid_escapes():
    f, options = hostile()
    plain, made = f.to_mermaid(), f.to_mermaid(**options)
    assert made.isascii()
    for label in re.findall(r'"([^"]*)"', made):
        assert not set(label.replace("<br/>", "")) & set("<>\"'`%{}[]\\&")
    assert len(made.splitlines()) == len(plain.splitlines()) + 1  # the title
    assert all(not set(line) & set("<>\"'`\\&") for line in made.splitlines() if "accTitle" in line)
    assert set(mermaid.escape(HOSTILE)) <= set(
        "#;0123456789 .,+=()_" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


def test_long_constants_do_not_widen_the_picture():
    f = sd.function("x * 1.23456789012345e-200 + sum(x * 3)", x="3")
    assert all(len(text) < 60 for text in texts(f.to_svg(legend=False))[4:])


# --------------------------------------------------------------------------------------------------- what pictures say


def test_kinds_differ_in_shape_not_in_colour_alone():
    f = sd.value_and_grad("sum(sin(x))", x="n")
    found = {}
    for group in ElementTree.fromstring(f.to_svg(legend=False)).iter():
        kind = group.get("class") or ""
        if kind.startswith("box "):
            outline = next(c for c in group if c.tag.rpartition("}")[2] in ("rect", "path"))
            size = float(outline.get("height") or 1)
            found[kind.split()[1]] = (outline.tag, outline.get("rx") and float(outline.get("rx")) > size / 3)
    assert len(set(found.values())) == len(found) == 3


def test_signs_come_from_the_rows():
    said = " ".join(texts(sd.function("sigmoid(x) * y - x / y + sqrt(x**2)").to_svg()))
    for sign in ("σ", "×", "−", "÷", "√", "x²"):
        assert sign in said
    said = " ".join(texts(sd.grad("sum((X @ w)**2)", "w", X="n d", w="d").to_svg()))
    assert "Xᵀ @ v1" in said or "Xᵀ @" in said


def test_a_new_row_needs_nothing_here():
    name = "pictured_row"
    op = (
        OPS[name]
        if name in OPS
        else sd.elementwise(name, np.sin, lambda y, x: np.cos(1) * y, symbol="℘", doc="A test.")
    )
    x = sd.var("x")
    assert "℘" in " ".join(texts(sd.function(sd.frontends.tracing.symbol.Symbol(op(x))).to_svg()))


def test_lengths_called_as_operands_are_left_alone():
    said = " ".join(texts(sd.function("reshape(x, (a, 2)) @ y", x="2*a", y="2").to_svg()))
    assert "(a, 2)" in said


def test_shapes_and_gates_on_demand(f):
    assert "f64[n,d]" not in texts(f.to_svg())
    assert "f64[n,d]" in texts(f.to_svg(shapes=True))
    g = sd.function("maximum(x + y, x * y)")
    plain = texts(g.to_svg())
    gates = texts(g.to_svg(gates=True))
    for word in ("distributor", "switcher", "router"):
        assert word not in plain
        assert word in gates


def test_values_stand_on_the_nodes_and_one_is_pointed_out():
    f = sd.value_and_grad("s = x + y\ns * z", wrt=("x", "y", "z"))
    markup = f.to_svg(values={"s": 3.0, "z": -4, "x": "nan"}, marked=["x"])
    root = ElementTree.fromstring(markup)
    by_role = {}
    for element in root.iter():
        by_role.setdefault(element.get("class"), []).append(element.text)
    assert by_role["value"] == ["nan", "−4", "3"]
    assert by_role["gradient"] == ["−4", "−4", "3"]
    assert len(by_role["halo"]) == 1
    assert f.to_svg(values={f.graph.input("x"): "nan"}) == f.to_svg(values={"x": "nan"})


def test_targets_of_one_derivative_are_all_shown():
    f = sd.value_and_grad("sin(x + y)", wrt=("x", "y"))
    said = texts(f.to_svg())
    assert "d_x" in said
    assert "d_y" in said
    said = texts(sd.grad("x * 0 + sin(y)", wrt=("x", "y")).to_svg())
    assert "d_x" in said
    assert "= 0" in said


def test_the_graph_before_it_is_simplified():
    f = sd.value_and_grad("x = w**2\nx**2")
    assert len(texts(f.to_svg(stage="derived"))) != len(texts(f.to_svg()))


def test_folded_pages_open_their_groups():
    f = deep(100)
    page = Markup(f.to_html())
    views = json.loads(page.scripts[0])
    sections = [a for tag, a in page.elements if tag == "section"]
    assert len(sections) == len(views) > 10
    opened = {part["opens"] for part in views[0]["parts"]} - {0}
    assert opened == set(range(1, len(views)))
    shown = sum(len(view["parts"]) for view in views[1:])
    whole = len(ElementTree.fromstring(f.to_svg(fold=False)).findall(".//*[@class='box input']"))
    assert shown > 1.8 * whole


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize(("count", "is_large"), [(30, True), (1, False)])
def test_a_page_has_a_map_where_a_part_is_out_of_sight(count, is_large, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(layered(count).to_html())
    wishes = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,700", f"--user-data-dir={tmp_path}"]
    command = [CHROMIUM, *wishes, "--enable-logging=stderr", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    [canvas] = re.findall(r"<canvas id=\"map\"[^>]*>", done.stdout)

    assert "CONSOLE" not in done.stderr
    assert ("hidden=" not in canvas.replace("aria-hidden=", "")) == is_large, canvas
    assert ("width=" in canvas) == is_large


def layered(count):
    def f(params, X):
        h = X
        for layer in params:
            h = np.tanh(h @ layer["W"] + layer["b"])
        return np.sum(h**2)

    g = sd.value_and_grad(f, loops="unroll")
    g([{"W": np.ones((3, 3)), "b": np.ones(3)} for _ in range(count)], np.ones((5, 3)))
    return g


def parts_of(f):
    return [part for view in json.loads(Markup(f.to_html()).scripts[0]) for part in view["parts"]]


def test_parameters_are_called_as_in_the_function():
    names = {part["name"] for part in parts_of(layered(2))}
    assert {'params[0]["W"]', 'params[1]["b"]', "X", 'd_params[0]["W"]'} <= names
    assert not [name for name in names if "params_" in name]


def test_lines_are_written_as_one_writes_them(f):
    """Each is Python, over names of the picture, and says nothing of subscripts."""
    for each in (f, layered(2), sd.value_and_grad("sum((X @ w)**2)", "w", X="n d", w="d")):
        parts = parts_of(each)
        lines = [dict(map(tuple, part["told"])).get("line") for part in parts]
        assert sum(map(bool, lines)) > 2
        for line in filter(None, lines):
            assert "subscripts" not in line and "einsum" not in line
            ast.parse(line)
    assert any(line and line.endswith('@ params[1]["W"]') for line in [dict(map(tuple, p["told"])).get("line") for p in parts_of(layered(2))])  # fmt: skip


def test_folded_parts_say_what_they_do():
    views = json.loads(Markup(layered(60).to_html()).scripts[0])
    folded = [part["text"] for part in views[0]["parts"] if part["opens"] and not part["name"].startswith("d ")]
    assert len(folded) > 10 and all("tanh(" in text for text in folded[:-1])


def test_drawn_without_a_path_a_picture_is_shown(f, monkeypatch):
    import webbrowser

    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    path = f.draw(title="here")
    assert opened == [path.as_uri()] and "here" in path.read_text()
    path.unlink()
    shown = []
    fake = types.ModuleType("IPython.display")
    fake.HTML, fake.display = str, shown.append
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    assert f.draw() is None and "<svg" in shown[0]


def test_mermaid_folds_rather_than_be_refused():
    f = deep(150)
    assert len(re.findall(r"-->|-\.->", f.to_mermaid())) <= mermaid.MOST_EDGES
    with pytest.raises(LimitError, match="500"):
        f.to_mermaid(fold=False)


# ---------------------------------------------------------------------------------------------------- files and options


@pytest.mark.parametrize("form", [*TEXT_FORMATS, "gv"])
def test_draw_writes_what_the_ending_says(f, tmp_path, form):
    path = f.draw(tmp_path / f"g.{form}")
    text = path.read_text(encoding="ascii")
    assert "Generated by symdiff" in text.splitlines()[0]
    title = f.recipe.title if form == "html" else ""  # a page says whose picture it is
    assert text.partition("\n")[2] == FORMATS[form](f.graph, Look(title=title))
    assert f.draw(path, gates=True) == path  # ours: overwritten
    path.write_text("mine")
    with pytest.raises(OutputError):
        f.draw(path)
    assert path.read_text() == "mine"
    f.draw(path, force=True)
    assert path.read_text(encoding="ascii") == text


def test_svg_files_are_xml(f, tmp_path):
    assert ElementTree.parse(f.draw(tmp_path / "g.svg")).getroot().tag.endswith("svg")


def test_png_names_its_extra(f, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingDependencyError, match=r"symdiff-compiler\[png\]"):
        f.draw(tmp_path / "g.png")
    assert not list(tmp_path.iterdir())


def test_png(f, tmp_path):
    pytest.importorskip("resvg_py")
    path = f.draw(tmp_path / "g.png")
    assert path.read_bytes().startswith(png.SIGNATURE)
    assert f.draw(path, theme="dark") == path  # ours


def test_png_comments_are_chunks():
    header = b"\0\0\0\rIHDR" + bytes(13) + bytes(4)
    made = png.with_comment(png.SIGNATURE + header + b"rest", "who")
    assert made.startswith(png.SIGNATURE + header)
    chunk = made[len(png.SIGNATURE + header) : -4]
    length = int.from_bytes(chunk[:4], "big")
    assert chunk[4:8] == b"tEXt"
    assert chunk[8 : 8 + length] == b"Software\0who"
    assert int.from_bytes(chunk[8 + length :], "big") == zlib.crc32(chunk[4 : 8 + length])


@pytest.mark.parametrize(
    ("options", "said"),
    [({"shape": True}, "did you mean 'shapes'"), ({"nonsense": 1}, "the options are"), ({"shapes": 3}, "shapes is 3"),
     ({"theme": "pink"}, "'dark'"), ({"stage": 1}, "derived"), ({"simplify": True}, "the options are"), ({"values": {"q": 1}}, "print(f)"),
     ({"marked": ["W"]}, "did you mean 'w'"), ({"values": 3}, "mapping")],
)  # fmt: skip
def test_wrong_options_teach(f, options, said):
    with pytest.raises(ArgumentError) as caught:
        f.to_svg(**options)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["g.pdf", "g"])
def test_unknown_endings_teach(f, tmp_path, name):
    with pytest.raises(ArgumentError, match=r"\.svg"):
        f.draw(tmp_path / name)


def test_notebooks_show_the_picture(f):
    shown = f._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html", "text/latex"}
    assert "<svg" in shown["text/html"]
    unknown = sd.grad(lambda x, y: np.sum(x @ y))._repr_mimebundle_()
    assert unknown["text/plain"]


def test_command_line(tmp_path, capsys):
    for form, start in (("svg", "<svg"), ("html", "<!doctype"), ("mermaid", "flowchart"), ("dot", "digraph")):
        assert main(["graph", "sum(x**2)", "--wrt", "x", "--shape", "x=n", "--format", form]) == 0
        assert capsys.readouterr().out.startswith(start)
    target = tmp_path / "g.svg"
    assert main(["graph", "x * y", "--wrt", "x,y", "--gates", "-o", str(target)]) == 0
    assert "switcher" in target.read_text()
    assert main(["graph", "x", "--format", "png"]) == 1


def test_command_line_takes_a_function_of_a_file(tmp_path, capsys):
    source = tmp_path / "loss.py"
    source.write_text("import numpy as np\ndef loss(w):\n    return np.sum(np.sin(w))\n")
    assert main(["graph", f"{source}:loss", "--wrt", "w", "--shape", "w=n"]) == 0
    assert "cos" in capsys.readouterr().out
    for wrong in (f"{source}:other", f"{tmp_path}/none.py:loss"):
        assert main(["graph", wrong]) == 1
        assert "ArgumentError" in capsys.readouterr().err


def test_the_gallery_is_what_its_script_makes():
    spec = importlib.util.spec_from_file_location("gallery", EXAMPLES / "gallery.py")
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    made = dict(gallery.pictures())
    kept = {path.stem: path.read_text(encoding="ascii") for path in (EXAMPLES / "gallery").glob("*.svg")}
    assert made == kept, "run python examples/gallery.py, and look at the pictures"
    readme = (EXAMPLES / "gallery" / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.svg)" in readme for name in made)
    opened = {name for name, page in gallery.pages() if "<!doctype html>" in page}
    site = (EXAMPLES.parent / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert opened == made.keys() - {"pattern"} == set(re.findall(r"\(gallery/(\w+)\.html\)", site))
