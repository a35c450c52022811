"""The codes of errors: each stands in the table once, is raised by its example, and by nothing that the table lacks."""

import ast
import copy
import functools
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from docs.codes import NEEDS, raised_by
from symdiff import errors
from symdiff.cli import main
from symdiff.errors import SymdiffError
from symdiff.report.error_codes import PAGES, as_markdown, as_text, class_of, find_page

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SymdiffError)]
SOURCES = sorted((Path(sd.__file__).parent).rglob("*.py"))


def known_classes():
    found = [SymdiffError]
    for kind in found:
        found += [each for each in kind.__subclasses__() if each.__module__.startswith("symdiff")]
    return found


@functools.cache
def sites():
    """The codes that are written where an error is made, with the name of what makes it."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for keyword in node.keywords:
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                        found.append((keyword.value.value, node.func.id, path.name))
    return found


def test_every_class_has_a_code_of_its_own():
    codes = [vars(kind).get("code") for kind in known_classes()]

    assert None not in codes
    assert len(codes) == len(set(codes))
    assert set(known_classes()) == set(CLASSES)
    assert set(codes) <= set(PAGES)


def test_every_code_at_a_raise_is_in_the_table_and_of_its_class():
    found = sites()

    assert len(found) > 60
    for code, name, file in found:
        assert code in PAGES, (code, file)
        assert class_of(code).__name__ == name, (code, file)
        assert code not in {kind.code for kind in CLASSES}, (code, file)


def test_every_code_in_the_table_is_raised_somewhere():
    assert set(PAGES) == {kind.code for kind in CLASSES} | {code for code, _, _ in sites()}
    assert list(PAGES) == sorted(PAGES)


@pytest.mark.parametrize("code", PAGES)
def test_the_example_raises_its_code(code, tmp_path):
    if code in NEEDS:
        pytest.importorskip(NEEDS[code])
    error = raised_by(code, tmp_path)

    assert isinstance(error, SymdiffError), repr(error)
    assert (error.code, type(error)) == (code, class_of(code))
    assert error.__notes__ == [f"{code}: `symdiff explain {code}` says more"]
    assert code not in str(error)
    assert len(frames_of_ours(error)) <= 10


def frames_of_ours(error):
    own = Path(sd.__file__).parent
    return [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(own)]


def outer(x):
    return np.sum(inner(x))


def inner(x):
    return np.unique(x)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sd.grad(outer)(np.ones(3)),
        lambda: sd.grad(outer, x="n").source,
        lambda: sd.grad(outer).at(x="n"),
        lambda: sd.grad(lambda y: sd.grad(outer)(y) @ y)(np.ones(3)),
        lambda: sd.vmap(sd.grad(outer))(np.ones((2, 3))),
    ],
)
def test_a_traceback_is_the_callers_way_in_and_the_users_own_lines(call, monkeypatch):
    with pytest.raises(errors.UnsupportedError) as short:
        call()
    monkeypatch.setenv("SYMDIFF_TRACEBACK", "full")
    with pytest.raises(errors.UnsupportedError) as full:
        call()
    ours = frames_of_ours(short.value)
    others = [
        [f.name for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__]
        for error in (short.value, full.value)
    ]

    assert 1 <= len(ours) <= 5 < 15 < len(frames_of_ours(full.value))
    assert others[0] == others[1]
    assert others[0][-2:] == ["outer", "inner"]
    assert others[0][0].startswith("test_")


def test_what_a_users_function_raises_shows_the_users_lines_alone():
    """An attribute that NumPy has not came with 180 lines of a notebook's traceback."""

    def slip(w):
        return np.sum(np.nothing_of_this_name(w))

    def key(w):
        return np.sum(w * {}["a"])

    for f, kind in ((slip, AttributeError), (key, KeyError)):
        for use, most in ((lambda f=f: sd.grad(f)(np.ones(3)), 0), (lambda f=f: sd.grad(f, w="n"), 5)):
            with pytest.raises(kind) as caught:
                use()
            frames = traceback.extract_tb(caught.value.__traceback__)
            assert len(frames_of_ours(caught.value)) <= most, frames
            assert frames[-1].name == f.__name__


@pytest.mark.parametrize("code", PAGES)
def test_pages_say_something(code):
    page = PAGES[code]

    assert page.title[0].isupper() or page.title.split()[0] in ("wrt", "out=", "where=")
    assert not page.title.endswith(".")
    assert page.cause.endswith((".", ".)")) and page.cure.endswith(".")
    assert max(map(len, as_text(page, 80).splitlines())) <= 120
    assert page.example in as_markdown(page)


def test_a_note_is_shown_by_tracebacks_and_in_notebooks_and_not_by_str():
    with pytest.raises(errors.ShapeError) as caught:
        sd.grad("sum(X @ w)", "w", X="n d", w="m")
    error = caught.value

    assert traceback.format_exception(error)[-1].strip() == error.more == error._render_traceback_()[-1]
    assert error.more.startswith("SD201: ")
    assert error.more not in str(error)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_copies_keep_the_code_and_say_it_once(again):
    error = again(errors.ShapeError("no", help="do", code="SD201").at("x @ y", 1, 2))

    assert (error.code, error.__notes__) == ("SD201", ["SD201: `symdiff explain SD201` says more"])
    assert str(error) == "no\n  x @ y\n    ^\nhelp: do"


@pytest.mark.parametrize("code", ["SD201", "sd201", " SD-201"])
def test_explain_shows_the_page(code, capsys):
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out.rstrip() == as_text(find_page("SD201"))


@pytest.mark.parametrize(("code", "words"), [("SD210", ""), ("SD211", "SD21"), ("SD2010", "SD201"), ("SD9999", "SD9")])
def test_a_wrong_code_leads_to_right_ones(code, words, capsys):
    assert main(["explain", code]) == (1 if words else 0)
    assert words in capsys.readouterr().err


def test_the_command_line_says_the_code_behind_the_message(capsys):
    assert main(["grad", "x * y"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "SD302: `symdiff explain SD302` says more"
    assert main(["grad", "x * y", "--json"]) == 1
    assert '"code": "SD302"' in capsys.readouterr().out


def test_pages_need_no_numbers():
    code = "import sys; from symdiff.cli import main; main(['explain', 'SD201']); assert 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
