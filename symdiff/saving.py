"""save: Functions into a file that needs NumPy alone."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from symdiff.codegen.module import MARK, Header, argument_doc, check_call, describe, file_text
from symdiff.codegen.source import Definition
from symdiff.errors import ArgumentError, OutputError
from symdiff.function import Function, Specialisation, specialise
from symdiff.graph.aval import Aval
from symdiff.graph.walk import toposort
from symdiff.recipes import Gradient, Recipe
from symdiff.render.text import listing


def save(f: Function, path: Path | str, *, force: bool = False) -> Path:
    """Writes `f` to `path`; see `Function.save`."""
    path = Path(path)
    text = module_source(f)
    write_whole(path, text, force=force)
    return path


def module_source(f: Function) -> str:
    """The text of the file that `save` writes."""
    avals = f.latest.avals
    recipe = f._recipe
    named: list[tuple[str, Recipe]] = [(recipe.name, recipe)]
    targets: tuple[str, ...] = ()
    if isinstance(recipe, Gradient):
        base, targets = recipe.base, recipe.targets
        plain = Gradient(base, recipe.wrt, recipe.single, False, recipe.disconnected)
        both = Gradient(base, recipe.wrt, recipe.single, True, recipe.disconnected)
        named = [("value", base), ("grad", plain), ("value_and_grad", both)]
    inputs = list(zip(recipe.inputs, avals, strict=True))
    return _text(f, named, inputs, targets)


def _text(f: Function, named: Sequence[tuple[str, Recipe]], inputs: list[tuple[str, Aval]], targets: Sequence[str]) -> str:
    import symdiff

    definitions = []
    for name, recipe in named:
        special = specialise(recipe.build([aval for _, aval in inputs]).with_(name=name))
        definition = special.definition
        definition.doc = _doc(recipe, inputs, special)
        definition.first = [check_call(inputs)] if inputs else []
        definitions.append(definition)
    graph = f.graph
    forward = set(toposort(graph.forward))
    operations = [node for node in toposort(graph.outputs) if node.inputs]
    header = Header(
        title=_title(named[-1][1]),
        origin=_base(f._recipe).title,
        digest=hashlib.sha256(listing(graph).encode()).hexdigest()[:12],
        version=symdiff.__version__,
        operations=len(operations),
        derivative=sum(node not in forward for node in operations),
        needs="numpy, scipy" if _uses_scipy(definitions) else "numpy",
    )
    return file_text(header, definitions, inputs, targets)


def _uses_scipy(definitions: Sequence[Definition]) -> bool:
    return any("scipy.special" in part.imports for d in definitions for part in d.parts)


def _base(recipe: Recipe) -> Recipe:
    while isinstance(recipe, Gradient):
        recipe = recipe.base
    return recipe


def _title(recipe: Recipe) -> str:
    return recipe.title


def _doc(recipe: Recipe, inputs: Sequence[tuple[str, Aval]], special: Specialisation) -> list[str]:
    graph = special.compiled.graph
    outputs = [describe(node.aval) for node in graph.outputs]
    return [f"{recipe.title}.", "", *argument_doc(inputs), f"Returns {'; '.join(outputs)}."]


def write_whole(path: Path, text: str, *, force: bool = False) -> None:
    """Writes `text` to `path`, whole or not at all.

    Raises:
        OutputError: if the folder does not exist, the file is not ours (without `force`), or the disk says no.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder", help="name a file in it")
    if path.exists() and not force and not _is_ours(path):
        raise OutputError(f"{path} exists, and symdiff did not write it", help="choose another name, or force=True (--force)")
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
        return MARK in path.read_text(encoding="utf-8", errors="replace")[:4000]
    except OSError:
        return False
