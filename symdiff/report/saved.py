"""Functions into files, of Python or of C, as their names say; those of C are a source and a header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symdiff._version import __version__
from symdiff.codegen.c.files import header_file, source_file
from symdiff.codegen.module import MARK
from symdiff.program.recipe import Declared
from symdiff.program.specialise import define
from symdiff.program.stages import Stages
from symdiff.report.save import contents, module_of, path_of, write_module, write_whole

__all__ = ["path_of", "write_program"]
TARGET = "c"


def write_program(path: Path, stages: Stages, types: str, largest: int, asserts: bool, *, force: bool = False) -> None:
    """Writes a program to `path`: C if it ends in ``.c``, and else Python, as `module_of` says.

    Raises:
        OutputError: as `write_whole`.
        UnsupportedError: as `module_of`, and for what C has not.
    """
    if path.suffix == ".c":
        write_c(path, stages, types, force=force)
    else:
        write_module(path, module_of(stages, types, largest, asserts), force=force)


def write_c(path: Path, stages: Stages, types: str, *, force: bool = False) -> None:
    """Writes the functions of a program, as `save` does for Python, to ``path`` and to a header beside it.

    Args:
        path: ends in ``.c``.
        stages: the program.
        types: of its inputs.
        force: overwrite files that symdiff did not write.

    Raises:
        OutputError: as `write_whole`.
        UnsupportedError: for what C has not.
    """
    named, _ = contents(stages.recipe)
    programs = {name: stages.beside(Declared(each, target=TARGET)).program for name, each in named.items()}
    definitions = [define(program.with_(name=name)) for name, program in programs.items()]
    header = path.with_suffix(".h")
    head = [f"{MARK} {__version__} from {stages.recipe.title}.", f"Inputs: {types}."]
    target: Any = next(iter(programs.values())).target
    texts = {
        path: source_file(head, header.name, target.text(definitions)),
        header: header_file(head, header.name, [definition.printed for definition in definitions]),
    }
    for one, text in texts.items():
        write_whole(one, text, force=force)
