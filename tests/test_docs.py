"""The documentation says what is true: its code runs, and what it shows is what is printed."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from docs import codes
from docs.pages import FOLDER, draws, inside, pages, run

ROOT = FOLDER.parent
PAGES = {path.relative_to(FOLDER).as_posix(): path for path in pages()}
RUNS = [
    name for name, path in PAGES.items() if re.search(r"^```(python|console)", path.read_text(encoding="utf-8"), re.M)
]
BY_OTHERS = {"control-flow.md"}  # beside the loops, in a file of its own
PROGRAMS = {"targets.md": "cc", "how-to/embedded-c.md": "cc"}
PACKAGES = {"how-to/dask-cluster.md": ["dask.array", "distributed"], "how-to/jax.md": ["jax"]}


@pytest.mark.parametrize("name", [name for name in RUNS if name not in BY_OTHERS])
def test_a_page_shows_what_happens(name, tmp_path, request):
    if name in PROGRAMS and shutil.which(PROGRAMS[name]) is None:
        pytest.skip(f"there is no {PROGRAMS[name]}")
    for package in PACKAGES.get(name, []):
        pytest.importorskip(package)
    text = PAGES[name].read_text(encoding="utf-8")
    known = set(sys.modules)
    with inside(tmp_path), np.errstate(), np.printoptions():
        found = run(text, name)
    for module in set(sys.modules) - known:
        if Path(getattr(sys.modules[module], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[module]
    if request.config.getoption("--update-data"):
        PAGES[name].write_text(found, encoding="utf-8", newline="\n")
    assert found == text or request.config.getoption("--update-data"), "pytest --update-data, and read the difference"


def links(text):
    """The targets of links and pictures that are no addresses, without code."""
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.M | re.S)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("http", "mailto:"))]


def is_page(path):
    """What lies outside of this folder is no part of the site."""
    return path.exists() and path.resolve().is_relative_to(FOLDER)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    path, text = PAGES[name], PAGES[name].read_text(encoding="utf-8")
    drawn = set(re.findall(r"\.draw\(\"([^\"]+)\"", text)) if draws(text) else set()
    drawings = [p.stem for p in (ROOT / "examples" / "gallery").glob("*.svg")]
    made = {f"{name}{end}" for name in drawings for end in (".svg", ".html")} | {f"{code}.md" for code in codes.PAGES}
    for link in links(text):
        target, _, _ = link.partition("#")
        assert not target or target in drawn or Path(target).name in made or is_page(path.parent / target), link


def test_every_page_can_be_reached():
    menu = (ROOT / ".mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r":\s+([\w/-]+\.md)\s*$", menu, re.M)

    assert sorted(listed) == sorted(PAGES)
    assert len(listed) == len(set(listed))


def test_every_error_is_in_the_list(request):
    path = PAGES["reference/errors.md"]
    head, foot = "<!-- codes -->\n\n", "\n\n<!-- /codes -->\n"
    text = path.read_text(encoding="utf-8")
    right = text[: text.index(head.strip())] + head + codes.index() + foot
    if request.config.getoption("--update-data"):
        path.write_text(right, encoding="utf-8", newline="\n")
    assert text == right or request.config.getoption("--update-data"), "pytest --update-data"


@pytest.mark.parametrize("name", [name for name in sd.__all__ if name not in ("__version__", "errors", "cond")])
def test_every_public_name_is_in_the_reference(name):
    thing = getattr(sd, name)
    assert f"::: {thing.__module__}.{thing.__name__}\n" in PAGES["reference/api.md"].read_text(encoding="utf-8")
