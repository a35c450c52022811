"""Functions into files that need NumPy alone, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from symdiff._version import __version__
from symdiff.codegen.dialect import NumPy
from symdiff.codegen.module import MARK, Header, argument_doc, check_call, describe, file_text
from symdiff.codegen.source import Definition
from symdiff.compiling import specialise
from symdiff.derivatives import Gradient
from symdiff.errors import ArgumentError, OutputError
from symdiff.graph.aval import Aval
from symdiff.graph.walk import toposort
from symdiff.pipeline import compile_graph
from symdiff.recipes import Recipe, innermost
from symdiff.render.text import listing


def module_source(recipe: Recipe, avals: Sequence[Aval]) -> str:
    """The text of the file: the recipe's function; for a gradient ``value``, ``grad`` and ``value_and_grad``."""
    named: list[tuple[str, Recipe]] = [(recipe.name, recipe)]
    targets: tuple[str, ...] = ()
    if isinstance(recipe, Gradient):
        plain, both = replace(recipe, with_value=False), replace(recipe, with_value=True)
        named, targets = [("value", recipe.base), ("grad", plain), ("value_and_grad", both)], recipe.targets
    inputs = list(zip(recipe.inputs, avals, strict=True))
    definitions = [_definition(name, each, inputs) for name, each in named]
    return file_text(_header(named[-1][1], avals, definitions), definitions, inputs, targets)


def _definition(name: str, recipe: Recipe, inputs: Sequence[tuple[str, Aval]]) -> Definition:
    special = specialise(recipe.build([aval for _, aval in inputs]).with_(name=name))
    outputs = "; ".join(describe(node.aval) for node in special.compiled.graph.outputs)
    definition = special.definition
    definition.doc = [f"{recipe.title}.", "", *argument_doc(inputs), f"Returns {outputs}."]
    definition.first = [check_call(inputs)] if inputs else []
    return definition


def _header(recipe: Recipe, avals: Sequence[Aval], definitions: Sequence[Definition]) -> Header:
    graph = compile_graph(recipe.build(avals), NumPy(), until="simplify").graph
    forward = set(toposort(graph.forward))
    operations = [node for node in toposort(graph.outputs) if node.inputs]
    return Header(
        title=recipe.title,
        origin=getattr(innermost(recipe), "text", innermost(recipe).title),
        digest=hashlib.sha256(listing(graph).encode()).hexdigest()[:12],
        version=__version__,
        operations=len(operations),
        derivative=sum(node not in forward for node in operations),
        symmetric=any(node.op.symmetric for node in operations),
        needs="numpy, scipy" if _uses_scipy(definitions) else "numpy",
    )


def _uses_scipy(definitions: Sequence[Definition]) -> bool:
    return any("scipy.special" in part.imports for d in definitions for part in d.parts)


def write_whole(path: Path, text: str, *, force: bool = False) -> None:
    """Writes `text` to `path`, whole or not at all.

    Raises:
        OutputError: if the folder does not exist, the file is not ours (without `force`), or the disk says no.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.is_dir():
        raise OutputError(f"{path} is a folder", help="name a file in it")
    if path.exists() and not force and not _is_ours(path):
        raise OutputError(
            f"{path} exists, and symdiff did not write it", help="choose another name, or force=True (--force)"
        )
    if path.suffix != ".py" and not path.suffix:
        raise ArgumentError(f"{path} has no ending", help=f"write {path}.py")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.", text=True)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _is_ours(path: Path) -> bool:
    try:
        head = path.read_text(encoding="utf-8")[:4000].splitlines()
    except (OSError, ValueError):
        return False
    if not head:
        return False
    if head[0].startswith(("# ", "// ")):
        return head[0].partition(" ")[2].startswith(f"{MARK} ")
    return head[0].startswith('"""') and any(line.startswith(f"{MARK} ") for line in head)
