"""The command by which a generated file is made again: written into its header, and read back.

It is meant to be run in the folder of the file, so that a file and what it is made from can move together.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from symdiff.cli.commands import COMMANDS, Argument
from symdiff.cli.inputs import IN_FILE
from symdiff.codegen.module import COMMAND, MARK

_LEFT_OUT = ("output", "force", "json", "expression")


def command_of(options: argparse.Namespace) -> str:
    """The command that these options are, as one types it in the folder of the file that it writes.

    Args:
        options: of a command that writes a file.

    Returns:
        The words, quoted for a shell. A text that came in by the standard input stands in it.
    """
    output = Path(options.output)
    folder = output.parent
    words = ["symdiff", options.command, _moved(options.expression, folder)]
    for argument in COMMANDS[options.command].arguments:
        name = argument.flags[-1].lstrip("-")
        if argument.is_option and name not in _LEFT_OUT:
            words += _words(argument, getattr(options, name), folder)
    return shlex.join([*words, "-o", output.name])


def _words(argument: Argument, value: object, folder: Path) -> Iterator[str]:
    """How an option is written that has this value."""
    flag = argument.flags[-1]
    if isinstance(value, list):
        items = [item for group in value for item in group]
        yield from [flag, *(_moved(item, folder) if "=" not in item else item for item in items)] if items else []
    elif value is True:
        yield flag
    elif value is not None and value is not False:
        yield from (flag, str(value))


def _moved(text: str, folder: Path) -> str:
    """The path in `text`, if it is one, as seen from `folder`."""
    in_file = re.fullmatch(IN_FILE, text)
    path, rest = (in_file[1], f":{in_file[2]}") if in_file else (text, "")
    if in_file or (text.endswith((".txt", ".json")) and Path(text).is_file()):
        return Path(os.path.relpath(path, folder)).as_posix() + rest
    return text


def command_in(path: Path) -> list[str] | None:
    """The words of the command in the header of a file, ``symdiff`` left out; None if the file has none.

    >>> command_in(Path(__file__)) is None
    True
    """
    try:
        text = path.read_text(encoding="utf-8")
        head = _docstring(text) if path.suffix == ".py" else _comment(text)
        _, found, command = head.partition(f"\n{COMMAND}")
        words = shlex.split(command) if found and MARK in head else []
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    is_whole = len(words) > 2 and words[0] == "symdiff" and words[1] in COMMANDS
    return words[1:] if is_whole and COMMANDS[words[1]].module == "derivatives" else None


def _docstring(text: str) -> str:
    """The docstring of a module; only texts that begin with one are looked at."""
    if not text.startswith('"""') or MARK not in text[:20_000]:
        return ""
    return ast.get_docstring(ast.parse(text), clean=False) or ""


def _comment(text: str) -> str:
    """The comment that a file of C begins with."""
    head = re.match(r"(//[^\n]*\n)*", text)
    return re.sub(r"^// ?", "", head[0], flags=re.M) if head else ""
