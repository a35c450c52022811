"""Functions into files, of Python or of C, as their names say; those of C are a source and a header."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from symdiff._version import __version__
from symdiff.codegen.c.files import header_file, source_file
from symdiff.codegen.module import MARK
from symdiff.codegen.printed import LARGEST_LITERAL
from symdiff.codegen.target import find_target
from symdiff.errors import ArgumentError
from symdiff.program.recipe import Declared, wished
from symdiff.program.specialise import define
from symdiff.program.stages import Stages
from symdiff.report.save import contents, header_of, module_of, path_of, write_module, write_whole

C, NUMPY = "c", "numpy"
OF_NUMPY = (NUMPY, "math")  # which one file can be for


def save(
    path: Any,
    stages: Stages,
    types: str,
    *,
    force: bool,
    constants: str,
    asserts: bool,
    again: str,
    target: str | None = None,
) -> Path:
    """Writes a program to `path`: C if it ends in ``.c``, and else Python, as `module_of` says; see `Function.save`.

    Raises:
        ArgumentError: for constants that go nowhere, and for an ending that no file of ours has.
        OutputError: as `write_whole`.
        UnsupportedError: as `module_of`, and for what a target has not.
    """
    place = path_of(path)
    if constants not in ("npz", "inline"):
        raise ArgumentError(f'constants is "npz" or "inline", not {constants!r}')
    if target is not None:
        find_target(target)
    wanted = target or wished(stages.recipe) or NUMPY
    if place.suffix not in ("", ".py", ".c"):
        raise ArgumentError(
            f"{place} is neither a file of Python nor of C",
            help=f"write {place.with_suffix('.py').name}, or {place.with_suffix('.c').name}",
        )
    if place.suffix == ".c" and target not in (None, C):
        raise ArgumentError(f"{place} is a file of C, and the target {target!r}", help="name a file that ends in .py")
    if place.suffix == ".c":
        write_c(place, stages, types, force=force, again=again)
    elif wanted == C:
        raise ArgumentError(
            f"{place} is no file of C", help=f"write {place.with_suffix('.c').name}, or leave the target out"
        )
    elif wanted in OF_NUMPY:
        if target is not None:
            stages = stages.beside(Declared(stages.recipe, target=target))
        largest = LARGEST_LITERAL if constants == "npz" else sys.maxsize
        write_module(place, module_of(stages, types, largest, asserts, again), force=force)
    else:
        write_whole(place, text_for(stages, types, wanted, again), force=force)
    return place


def text_for(stages: Stages, types: str, target: str, again: str = "") -> str:
    """The file of a program for another target than NumPy whose text is Python: its functions as they run."""
    named, _ = contents(stages.recipe)
    declared = {name: Declared(each, target=target) for name, each in named.items()}
    programs = {name: stages.beside(each).program for name, each in declared.items()}
    definitions = [define(program.with_(name=name), sys.maxsize) for name, program in programs.items()]
    printed_for: Any = next(iter(programs.values())).target
    header = header_of(stages.beside(list(declared.values())[-1]), types, definitions, again)
    return f"{header}\n{printed_for.text(definitions)}"


def write_c(path: Path, stages: Stages, types: str, *, force: bool = False, again: str = "") -> None:
    """Writes the functions of a program, as `save` does for Python, to ``path`` and to a header beside it.

    Args:
        path: ends in ``.c``.
        stages: the program.
        types: of its inputs.
        force: overwrite files that symdiff did not write.
        again: the lines that say what makes the files again.

    Raises:
        OutputError: as `write_whole`.
        UnsupportedError: for what C has not.
    """
    named, _ = contents(stages.recipe)
    programs = {name: stages.beside(Declared(each, target=C)).program for name, each in named.items()}
    definitions = [define(program.with_(name=name)) for name, program in programs.items()]
    header = path.with_suffix(".h")
    head = [f"{MARK} {__version__} from {stages.recipe.title}.", f"Inputs: {types}."]
    head += again.splitlines()
    target: Any = next(iter(programs.values())).target
    texts = {
        path: source_file(head, header.name, target.text(definitions)),
        header: header_file(head, header.name, [definition.printed for definition in definitions]),
    }
    for one, text in texts.items():
        write_whole(one, text, force=force)
