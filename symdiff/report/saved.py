"""Functions into files, of Python or of C, as their names say; those of C are a source and a header."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from symdiff._version import __version__
from symdiff.codegen.c.files import header_file, source_file
from symdiff.codegen.module import COMMAND, MARK
from symdiff.codegen.printed import LARGEST_LITERAL
from symdiff.errors import ArgumentError
from symdiff.program.recipe import Declared
from symdiff.program.specialise import define
from symdiff.program.stages import Stages
from symdiff.report.save import contents, module_of, path_of, write_module, write_whole

TARGET = "c"


def save(path: Any, stages: Stages, types: str, *, force: bool, constants: str, asserts: bool, command: str) -> Path:
    """Writes a program to `path`: C if it ends in ``.c``, and else Python, as `module_of` says; see `Function.save`.

    Raises:
        ArgumentError: for constants that go nowhere.
        OutputError: as `write_whole`.
        UnsupportedError: as `module_of`, and for what C has not.
    """
    target = path_of(path)
    if constants not in ("npz", "inline"):
        raise ArgumentError(f'constants is "npz" or "inline", not {constants!r}')
    if target.suffix == ".c":
        write_c(target, stages, types, force=force, command=command)
    else:
        largest = LARGEST_LITERAL if constants == "npz" else sys.maxsize
        write_module(target, module_of(stages, types, largest, asserts, command), force=force)
    return target


def write_c(path: Path, stages: Stages, types: str, *, force: bool = False, command: str = "") -> None:
    """Writes the functions of a program, as `save` does for Python, to ``path`` and to a header beside it.

    Args:
        path: ends in ``.c``.
        stages: the program.
        types: of its inputs.
        force: overwrite files that symdiff did not write.
        command: what makes the files again.

    Raises:
        OutputError: as `write_whole`.
        UnsupportedError: for what C has not.
    """
    named, _ = contents(stages.recipe)
    programs = {name: stages.beside(Declared(each, target=TARGET)).program for name, each in named.items()}
    definitions = [define(program.with_(name=name)) for name, program in programs.items()]
    header = path.with_suffix(".h")
    head = [f"{MARK} {__version__} from {stages.recipe.title}.", f"Inputs: {types}."]
    head += f"{COMMAND}{command}".splitlines() if command else []
    target: Any = next(iter(programs.values())).target
    texts = {
        path: source_file(head, header.name, target.text(definitions)),
        header: header_file(head, header.name, [definition.printed for definition in definitions]),
    }
    for one, text in texts.items():
        write_whole(one, text, force=force)
