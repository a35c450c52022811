"""``symdiff regenerate``: files are made again by the command in their header, or compared with what it makes."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from difflib import unified_diff
from pathlib import Path

import numpy as np

from symdiff.cli import derivatives
from symdiff.cli.again import command_in
from symdiff.cli.commands import Result
from symdiff.cli.entry import parse
from symdiff.codegen.module import MARK, NO_COMMAND
from symdiff.errors import ArgumentError, SymdiffError

ENDINGS = (".py", ".c")
LONGEST_DIFFERENCE = 12  # lines of it that are shown
_VERSION = re.compile(rf"^((?:// )?{MARK}) \S+", re.M)


def run(options: argparse.Namespace) -> Result:
    """Says of each file what became of it; exits with 1 if one fails, or with ``--check`` if one is out of date."""
    if options.watch:
        from symdiff.cli.watch import watch  # noqa: PLC0415 (one process that waits, and one for each change)

        sources = {source for path, words in generated(options.paths) for source in sources_of(path, words)}
        return watch(options.paths, sources)
    lines, code = [], 0
    for path, words in generated(options.paths):
        said, failed = _one(path, words, options.check)
        lines.append(said)
        code = max(code, failed)
    if not lines:
        lines = ["no file here says how it is made again; symdiff grad … -o FILE.py writes such files"]
    return Result("\n".join([*lines, ""]), code)


def _one(path: Path, words: Sequence[str], only_checked: bool) -> tuple[str, int]:
    try:
        difference = _difference(path, words)
        if not difference:
            return f"{path}: up to date", 0
        if only_checked:
            shown = [*difference[:LONGEST_DIFFERENCE], *["…"] * (len(difference) > LONGEST_DIFFERENCE)]
            return "\n    ".join([f"{path}: out of date; symdiff regenerate {path}", *shown]), 1
        _make(path, words, path.name)
    except SymdiffError as error:
        return f"{path}: {type(error).__name__}: {error}", 1
    except SystemExit:  # said on the standard error
        return f"{path}: its command is not understood: {shlex.join(words)}", 1
    return f"{path}: made again", 0


def _difference(path: Path, words: Sequence[str]) -> list[str]:
    """How a file differs from what its command makes: lines as of ``diff``; a note for arrays that lie beside it."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, path.name)
        _make(path, words, str(made))
        lines = [line for kept in (path, *_header(path)) for line in _diff(kept, Path(folder, kept.name))]
        if not lines and _arrays(path) != _arrays(made):
            lines = [f"{path.with_suffix('.npz').name} holds other arrays"]
    return lines


def _header(path: Path) -> list[Path]:
    """What lies beside a file of C."""
    return [path.with_suffix(".h")] if path.suffix == ".c" else []


def _diff(kept: Path, made: Path) -> list[str]:
    """How two texts differ, but for the version that has made them."""
    old, new = (_VERSION.sub(r"\1", p.read_text(encoding="utf-8") if p.exists() else "") for p in (kept, made))
    return list(unified_diff(old.splitlines(), new.splitlines(), f"{kept.name}, kept", "made", lineterm="", n=0))


def _make(path: Path, words: Sequence[str], output: str) -> None:
    """Runs the command of the file at `path` in its folder, and writes to `output`."""
    options = parse([*words, "--force", "-o", output])
    with chdir(path.parent):
        derivatives.run(options, shlex.join(["symdiff", *words]))


def _arrays(path: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """The constants beside a file, to be compared: by bits."""
    beside = path.with_suffix(".npz")
    if not beside.exists():
        return {}
    with np.load(beside) as arrays:
        return {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}


def generated(paths: Sequence[str]) -> Iterator[tuple[Path, list[str]]]:
    """The files that say how they are made, with their commands, in the order of their names."""
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise ArgumentError(f"there is no file {given}")
        for each in [path] if path.is_file() else _files(path):
            words = command_in(each)
            if words is not None:
                yield each, words
            elif each == path and NO_COMMAND not in path.read_text(encoding="utf-8", errors="replace"):
                raise ArgumentError(
                    f"{given} does not say how it is made", help="symdiff grad … -o FILE.py writes files that do"
                )


def sources_of(path: Path, words: Sequence[str]) -> Iterator[Path]:
    """What the file at `path` is made from: the files that its command names, and the modules that lie beside them."""
    for word in words:
        name = word.partition(".py:")[0] + ".py" if ".py:" in word else word
        source = path.parent / name
        if source.suffix in (".py", ".txt", ".json") and source.is_file() and source != path:
            yield source
            yield from (each for each in source.parent.glob("*.py") if command_in(each) is None)


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder that may be ours; hidden folders and virtual environments are left out."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not Path(root, f, "pyvenv.cfg").exists())
        yield from (Path(root, name) for name in sorted(names) if name.endswith(ENDINGS))
