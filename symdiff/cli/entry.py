"""From the words of a command line to what it prints, and to the code that it exits with."""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from symdiff.cli.commands import COMMANDS, Result, known_flags, parser, usage_of
from symdiff.cli.terminal import encodable
from symdiff.errors import SymdiffError, did_you_mean

INPUTS = "inputs are numbers, unless --shape says otherwise: --shape X=n,d w=3"
AS_OPTIONS = (  # what helps in Python, as it is typed here
    (r'\bwrt="(\w+)"', r"--wrt \1"),
    (r'as in (\w+)="n d", or call the function first', r"as in --shape \1=n,d"),
    (r"as in (\w+)=(\w+), call the function first, or look at .*", r"as in --shape \1=\2"),
    (r"(of the input:) (\w+)='(\w+)'", r"\1 --shape \2=\3"),
    (r"give one: x=3,y=", "give one: --at x=3 y="),
    (r"force=True(?: \(--force\))?", "--force"),
    (r"\bsparse=True\b", "--sparse"),
    (r"give np.int64\((\w+)\), or .*", r"it is a whole number: --dtype \1=int64"),
    (r"choose one: output=.*; of all:", "write the one that is meant; of all:"),
)
ASKS_FOR_HELP = ("help", "-help", "-?", "/?")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: the words after ``symdiff``; by default those of the process.

    Returns:
        0; or 1 for an error of the user's, or a check that fails. A wrong call raises SystemExit with code 2.

    >>> main(["grad", "x**2"])
    def grad(x):
        return 2 * x
    0
    """
    options = parse(list(sys.argv[1:] if argv is None else argv))
    try:
        result: Result = run(options, is_process=argv is None)
    except SymdiffError as error:
        told = _of_python(error.__cause__, options) if error.where is None else None
        if told is not None:
            return told
        for said, typed in AS_OPTIONS if error.help else ():
            error.help = re.sub(said, typed, str(error.help))
        parts = {"code": error.code, "message": error.message, "where": error.where, "help": error.help}
        return _fail(options, type(error).__name__, parts, f"{error}\n{error.more}")
    except Exception as error:
        told = _of_python(error, options)
        if told is None:
            raise
        return told
    try:
        sys.stdout.write(encodable(result.text))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:  # the disk is full
        return _fail(options, "OutputError", {"message": f"{error.strerror}"}, f"cannot write: {error.strerror}")
    return result.code


def run(options: argparse.Namespace, is_process: bool = False) -> Result:
    """What the module of the command makes of its options; `is_process` if this process does nothing else."""
    result: Result = _module(options.module, is_process).run(options)
    return result


def _module(name: str, is_process: bool) -> ModuleType:
    """The module of a command. What modules define stays: looking for garbage in it takes a quarter of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"symdiff.cli.{name}")
    finally:
        if is_process:
            gc.freeze()
        if collects:
            gc.enable()


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; leaves with code 2, and a hint, for a wrong one."""
    argv = _asked_for_help(argv)
    command = argv[0] if argv and argv[0] in COMMANDS else None
    whole = parser(command)
    if not argv:
        whole.print_help(sys.stderr)
        raise SystemExit(2)
    _check_command(whole, argv)
    if command is not None:
        _check_flags(usage_of(whole, command), command, argv[1:])
    options, rest = whole.parse_known_args(_expressions_last(argv))
    if rest:
        usage_of(whole, options.command).error(f"unrecognized arguments: {' '.join(rest)}{_hint(options, rest)}")
    return options


def _asked_for_help(argv: Sequence[str]) -> Sequence[str]:
    """``help`` and ``help grad`` as ``--help`` and ``grad --help``, and ``-V`` as ``--version``."""
    if argv and argv[0] in ASKS_FOR_HELP:
        return [*argv[1:2], "--help"]
    return ["--version"] if list(argv) == ["-V"] else argv


def _check_flags(one: argparse.ArgumentParser, command: str, words: Sequence[str]) -> None:
    """Leaves with a message for a long option that is none, before argparse misses what else is wanted."""
    flags = ["--help", *(flag for argument in COMMANDS[command].arguments for flag in argument.flags)]
    for word in words[: list(words).index("--")] if "--" in words else words:
        name = word.partition("=")[0]
        if _is_option(word) and not any(flag.startswith(name) for flag in flags):
            one.error(f"unrecognized arguments: {word}{_meant(name, flags)}")


def _meant(name: str, flags: Sequence[str]) -> str:
    """Whose option it is, or which one may have been meant."""
    others = [each.name for each in COMMANDS.values() if any(name in argument.flags for argument in each.arguments)]
    if others:
        return f"; it is an option of {', '.join(others)}"
    help = did_you_mean(name, [flag for flag in flags if flag.startswith("--")])
    return f"; {help}" if help else ""


def _hint(options: argparse.Namespace, rest: Sequence[str]) -> str:
    """What may have been meant by words that are none of ours."""
    if getattr(options, "wrt", None) and all(map(str.isidentifier, rest)):
        return f"; several names are one argument: --wrt {','.join([str(options.wrt), *rest])}"
    return ""


def _check_command(whole: argparse.ArgumentParser, argv: Sequence[str]) -> None:
    """Leaves with a message for a misspelt command, which argparse lists all others for."""
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        meant = did_you_mean(argv[0], COMMANDS, f"the commands are {', '.join(COMMANDS)}")
        whole.error(f"there is no command {argv[0]!r}; {meant}")


def _expressions_last(argv: Sequence[str]) -> list[str]:
    """An expression may begin with a minus sign, or follow the pairs of ``--shape``: it goes behind ``--``."""
    known = known_flags()
    if "--" not in argv and (behind := _behind_pairs(argv)) is not None:
        return [*argv[:behind], *argv[behind + 1 :], "--", argv[behind]]
    odd = [a for a in argv if a.startswith("-") and a != "--" and a.split("=")[0] not in known and not _is_option(a)]
    if "--" in argv or not odd:
        return list(argv)
    return [*[a for a in argv if a not in odd], "--", *odd]


def _behind_pairs(argv: Sequence[str]) -> int | None:
    """Where the expression stands in a command that begins with options, if it follows NAME=VALUE, and is none."""
    flag = ""
    for k, word in enumerate(argv):
        if word.startswith("-"):
            flag = word
        elif k == 1:
            return None
        elif flag in known_flags(of_pairs=True) and not re.match(r"\w+=(?!=)|.*\.json$", word):
            return k
    return None


def _is_option(text: str) -> bool:
    """Whether argparse should judge it: a long option, with or without a value."""
    name = text.partition("=")[0]
    return name.startswith("--") and name[2:].replace("-", "").isalpha()


def _fail(options: argparse.Namespace, kind: str, parts: Mapping[str, str | None], whole: str) -> int:
    if getattr(options, "json", False):
        import json  # noqa: PLC0415

        print(json.dumps({"error": {"type": kind, **parts}}, indent=2))  # noqa: T201
    else:
        print(f"symdiff: {kind}: {whole}", file=sys.stderr)  # noqa: T201
    return 1


def _of_python(error: BaseException | None, options: argparse.Namespace) -> int | None:
    """Tells an error of Python's that was raised in a line of the user's file; None if there is none."""
    place = None if error is None or isinstance(error, SymdiffError) else _place(error, options)
    if place is None:
        return None
    name, message = type(error).__name__, str(error)
    parts = {"message": message, "where": place, "help": INPUTS}
    return _fail(options, name, parts, f"{message}\n  {place}\nhelp: {INPUTS}")


def _place(error: BaseException, options: argparse.Namespace) -> str | None:
    """The line of the user's file in which an error of Python's was raised; None if it is none of that file's."""
    import traceback  # noqa: PLC0415 (of errors)
    from pathlib import Path  # noqa: PLC0415

    path, colon, _ = (getattr(options, "expression", None) or "").rpartition(".py:")
    frames = traceback.extract_tb(error.__traceback__) if colon else []
    found = [frame for frame in frames if Path(frame.filename) == Path(f"{path}.py")]
    return f"{Path(found[-1].filename).name}, line {found[-1].lineno}: {found[-1].line}" if found else None
