"""What notebooks show: explanations and runs as tables and formulas, errors without the way through symdiff."""

import pickle
from xml.etree import ElementTree

import numpy as np
import pytest

import symdiff as sd


def article(page):
    return ElementTree.fromstring(page[page.index("<article") : page.index("</article>") + len("</article>")])


@pytest.mark.parametrize("kind", ["text", "latex", "html"])
def test_explanations_are_rich(kind):
    page = sd.grad("x**2 * y", "x").explain(kind)
    tree = article(page._repr_html_())
    assert len(list(tree.iter("math"))) > 5 and len(list(tree.iter("table"))) >= 2
    copy = pickle.loads(pickle.dumps(page))
    assert copy == page and copy.kind == kind


def test_markdown_stays_markdown():
    page = sd.grad("x**2").explain("md")
    assert page._repr_html_() is None and page._repr_markdown_() == page


def test_a_run_is_a_table():
    """Every line of the listing has a row, with its value."""
    run = sd.value_and_grad("sum(log(x) * y)", "x", x="2", y="2").debug(np.array([1.0, 0.0]), np.array([2.0, 3.0]))
    tree = article(run._repr_html_())
    rows = [["".join(cell.itertext()) for cell in row] for row in tree.iter("tr")]
    count = sum(not node.aval.parts for node in run.values)
    assert len(rows) == count
    assert ["x", "f64[2]", "[1, 0]"] in rows and any("−inf" in row[-1] or "-inf" in row[-1] for row in rows)
    assert "not finite" in "".join(tree.itertext())


def test_errors_show_the_users_lines_alone():
    def loss(x):
        y = x @ np.ones(4)
        return y.nope

    try:
        sd.grad(loss)(np.ones((3, 3)))
    except sd.errors.SymdiffError as error:
        lines = error._render_traceback_()
    else:
        raise AssertionError
    assert len(lines) <= 5 and lines[-2].startswith("ShapeError: ") and lines[-1].startswith("SD201: ")
    assert "y = x @ np.ones(4)" in "\n".join(lines)
    assert not [line for line in lines[:-1] if "/symdiff/functions/" in line or "/symdiff/frontends/" in line]
