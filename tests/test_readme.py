"""The README says what is true: its table is the registry's, its Python runs, its printed sources are ours."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.report.glossary import vocabulary_table

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="NumPy before 2.1 has fewer functions")
def test_the_table_is_printed_from_the_registry():
    [table] = re.findall(r"<!-- ops -->\n(.*?)<!-- /ops -->", (ROOT / "docs" / "functions.md").read_text(), re.S)

    assert table == vocabulary_table("markdown")


def test_there_are_exactly_two_set_up_commands():
    [console] = re.findall(r"```console\n(.*?)```", README, re.S)

    assert [line.startswith("pip install") for line in console.splitlines()] == [True, True]


def test_it_is_short_and_its_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)\s#]+)", README) if not link.startswith("http")]

    assert len(README.splitlines()) <= 200
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_printed_sources_are_what_is_generated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    env = {}
    exec(BLOCKS[0], env)

    assert capsys.readouterr().out.strip() == BLOCKS[1].strip()

    exec(BLOCKS[2], env)
    exec(BLOCKS[3], env)

    assert env["gradient"].shape == (3,)
    assert (tmp_path / "logistic_grad.py").exists()
    assert env["df"](3.0, -4.0) == pytest.approx((2.0595697955721652, 1.5922327514838093))
    assert env["df"].source.split("\n\n\ndef _")[0].strip() == BLOCKS[4].strip()


def modules_with_examples():
    """By room, the names of the modules in which there are examples."""
    found = {}
    for path in sorted((ROOT / "symdiff").rglob("*.py")):
        if ">>>" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.setdefault(parts[1], []).append(".".join(parts).removesuffix(".__init__"))
    return found


EXAMPLES = modules_with_examples()


@pytest.mark.parametrize("room", EXAMPLES)
def test_docstring_examples_run(room):
    assert not [name for name in EXAMPLES[room] if doctest.testmod(importlib.import_module(name)).failed]


def rows(page):
    """The cells of each line of the first table of a page in docs/."""
    lines = [line for line in (ROOT / "docs" / page).read_text().splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("row", rows("conventions.md"), ids=lambda row: f"{row[0]} at {row[2]}")
def test_the_conventions_are_what_happens(row):
    text, wrt, at, expected, _ = row
    point = eval(f"dict({at})")
    f = sd.grad(text.strip("`"), wrt, **{name: np.shape(value) for name, value in point.items()})
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(f(**point), eval(expected, {"nan": np.nan, "inf": np.inf}), rtol=1e-12)


@pytest.mark.parametrize("name", [n for n in sd.__all__ if not n.startswith("_") and n != "errors"])
def test_every_public_name_is_documented_with_an_example(name):
    thing = getattr(sd, name)
    assert ">>>" in thing.__doc__
    for member, value in (
        vars(thing).items() if isinstance(thing, type) and thing.__module__.startswith("symdiff") else ()
    ):
        if not member.startswith("_") and (callable(value) or isinstance(value, property)):
            assert (value.__doc__ or "").strip(), member
