"""Imports point down only, siblings never import each other, and some imports are forbidden outright."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "symdiff"
FLOORS = (
    "errors _version progress",
    "graph",
    "ops",
    "autodiff",
    "control",
    "rewrite frontends",
    "schedule render",
    "codegen",
    "program",
    "report",
    "functions",
    "play consumers",
    "cli __init__",
)
LEVELS = {room: level for level, rooms in enumerate(FLOORS) for room in rooms.split()}
FILES = sorted(ROOT.rglob("*.py"))


def unit(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0]


@functools.cache
def read(path):
    """The statements of a file that import, and the names that it calls."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    return [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)], calls


def imports(path):
    """The units of symdiff that a file imports, wherever in the file."""
    for node in read(path)[0]:
        modules = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "symdiff":
            rest = node.module.split(".")[1:]
            modules = [rest[0]] if rest else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [a.name.split(".")[1] for a in node.names if a.name.startswith("symdiff.")]
        yield from modules


def imported(path):
    """The modules that a file imports, by their full names."""
    for node in read(path)[0]:
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            yield from (alias.name for alias in node.names)


def test_imports_point_down():
    ways = {(path, unit(path), other) for path in FILES for other in imports(path)}

    assert not [
        f"{path.relative_to(ROOT)} imports symdiff.{other}"
        for path, mine, other in ways
        if other != mine and LEVELS[other] >= LEVELS[mine]
    ]


@pytest.mark.parametrize("room", ["text", "tracing", "sympy"])
def test_front_ends_are_strangers_to_each_other(room):
    """What they share lies beside them."""
    others = tuple(f"symdiff.frontends.{other}." for other in {"text", "tracing", "sympy"} - {room})
    mine = [path for path in FILES if path.relative_to(ROOT).parts[:2] == ("frontends", room)]

    assert mine
    assert not [path for path in mine if any(name.startswith(others) for name in imported(path))]


def test_imports_are_absolute():
    assert not [path for path in FILES for n in read(path)[0] if isinstance(n, ast.ImportFrom) and n.level]


def test_codegen_knows_no_operation():
    assert not [p for p in FILES if unit(p) == "codegen" and "ops" in imports(p)]


def test_the_graph_layer_names_no_operation():
    assert not [p for p in FILES if unit(p) == "graph" and set(imports(p)) - {"graph", "errors"}]


def test_files_are_small():
    assert not [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 450]


def test_nothing_is_executed_but_what_we_printed():
    found = {(name, path.relative_to(ROOT).as_posix()) for path in FILES for name in read(path)[1] & {"eval", "exec"}}

    assert found == {("exec", "codegen/load.py")}


def test_import_is_light():
    code = "import sys, symdiff; [getattr(symdiff, n) for n in dir(symdiff)]; print([m for m in ('sympy', 'scipy', 'sklearn', 'pytest') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_what_is_imported_when_asked_for_is_what_type_checkers_see():
    import symdiff

    tree = ast.parse((ROOT / "__init__.py").read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {(a.asname or a.name): (node.module, a.name) for node in block.body for a in node.names}

    assert {*seen, "__version__", "errors"} == set(symdiff.__all__) == set(dir(symdiff))
    for name, (module, original) in seen.items():
        assert getattr(symdiff, name) is getattr(sys.modules[module], original)


def test_any_name_may_be_the_first_that_is_asked_for():
    """Each in a process that has imported NumPy, and nothing of ours."""
    code = """
import os, sys, numpy
for name in sys.argv[1:]:
    if not (child := os.fork()):
        import symdiff
        assert getattr(symdiff, name).__name__ == name
        print(name, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
    names = ["grad", "var", "scan", "parse_listing", "Limits", "undefined", "vmap", "root"]
    command = [sys.executable, "-c", code, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT.parent)

    assert done.stdout.split() == names, done.stderr


UNPICKLED = "from symdiff.program.written import _symbolic; _symbolic('def f(x: \"f64[]\"):\\n    return x')"


@pytest.mark.parametrize("reads", ["import symdiff; symdiff.parse_listing", UNPICKLED])
def test_what_reads_listings_back_knows_every_operation(reads):
    """Operations are registered where they are defined, which a name alone need not import."""
    code = f"""
import pkgutil, symdiff
from importlib import import_module
{reads}
from symdiff.graph.op import OPS
known = set(OPS)
for found in pkgutil.walk_packages(symdiff.__path__, "symdiff."):
    if "sympy" not in found.name and "__main__" not in found.name:
        import_module(found.name)
print(sorted(set(OPS) - known))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent)

    assert done.stdout.strip() == "[]", done.stderr


def test_a_name_that_is_missing_is_told_as_python_does():
    import symdiff

    with pytest.raises(AttributeError, match="module 'symdiff' has no attribute 'gradd'"):
        symdiff.gradd  # noqa: B018
