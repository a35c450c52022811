"""The commands and their options, as a table: the parser, the completions and the hints for misspelt words read it.

A command is a row; its module has a function `run`, which takes the parsed options and returns a `Result`. This file
imports nothing that takes time, so that ``--help`` and completions come at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from symdiff._version import __version__
from symdiff.cli.terminal import width


class Result(NamedTuple):
    """What a command prints, and the code that it exits with."""

    text: str
    code: int = 0


@dataclass(frozen=True)
class Argument:
    """An argument of a command.

    Attributes:
        flags: how it is written; a name without dashes goes by position.
        help: one line.
        files: whether it names a file.
        more: whatever else `argparse` is told.
        offers: what a shell completes, where other values may be known, too.
    """

    flags: tuple[str, ...]
    help: str
    files: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    offers: tuple[str, ...] = ()

    @property
    def is_option(self) -> bool:
        return self.flags[0].startswith("-")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that a shell may complete."""
        return tuple(self.more.get("choices", self.offers))

    @property
    def takes_value(self) -> bool:
        return self.more.get("action") != "store_true"


@dataclass(frozen=True)
class Command:
    """A command: its `help`, and the module of this package that runs it."""

    name: str
    help: str
    module: str
    arguments: tuple[Argument, ...]


ENDINGS = {"text": "txt", "latex": "tex", "dot": "dot", "mermaid": "mmd", "svg": "svg", "html": "html", "png": "png"}
HEADS = {"text": "# {}", "md": "<!-- {} -->", "latex": "% {}", "html": "<!-- {} -->"}  # first lines of our files
SHELLS = ("bash", "zsh", "fish")
TARGETS = ("numpy", "math", "c", "numba", "numba_parallel", "jax", "dask", "array_api")
RETURNS = ("csr", "coo", "csr_parts")  # what a sparse derivative comes as


def _flag(name: str, help: str) -> Argument:
    return Argument((name,), help, more={"action": "store_true"})


def _pairs(name: str, metavar: str, help: str, files: bool = False) -> Argument:
    return Argument((name,), help, files, {"metavar": metavar, "action": "append", "default": [], "nargs": "+"})


EXPRESSION = (
    Argument(
        ("expression",),
        "for instance 'sum((X @ w - y)**2) / 2', FILE.py:FUNC, FILE.txt, or - for what comes in",
        files=True,
        more={"metavar": "EXPR"},
    ),
    Argument(("--target",), f"what source is printed for: {', '.join(TARGETS)}", offers=TARGETS),
    Argument(
        ("--style",),
        "source that is to be read, or NumPy that runs fast: readable or fast",
        more={"choices": ("readable", "fast")},
    ),
    Argument(("--wrt",), "with respect to what: w, or w,b for several", more={"metavar": "NAMES"}),
    _pairs(
        "--shape", "NAME=DIMS", "shape of an input: X=n,d (repeat, or w=d y=n); or a file of shapes, FILE.json", True
    ),
    _pairs("--dtype", "NAME=DTYPE", "dtype of an input: w=float32"),
)
JSON = _flag("--json", "print one JSON object, errors too")
FORCE = _flag("--force", "overwrite a file that symdiff did not write")
AT = _pairs("--at", "NAME=NUMBER", "where to fill in numbers: x=3 y=-4 w=[0.5,1]")
SIZE = _pairs("--size", "NAME=LENGTH", "lengths that are names: n=1000 d=20")


def _output(help: str) -> tuple[Argument, ...]:
    return Argument(("-o", "--output"), help, files=True, more={"metavar": "FILE"}), FORCE


def _format(formats: tuple[str, ...], default: str | None, help: str | None = None) -> Argument:
    return Argument(("--format",), help or f"{', '.join(formats)}", more={"choices": formats, "default": default})


def _derivative(name: str, what: str, *more: Argument) -> Command:
    arguments = *EXPRESSION, *more, *_output("save a stand-alone file instead of printing"), JSON
    return Command(name, f"print or save {what} of an expression", "derivatives", arguments)


SPARSE = (
    _flag("--sparse", "only what may not be zero, as a matrix of SciPy's"),
    Argument(("--returns",), "what a sparse matrix is returned as", more={"choices": RETURNS, "default": "csr"}),
)
COMMANDS = {
    command.name: command
    for command in (
        _derivative("grad", "the gradient", _flag("--value", "value and gradient at once")),
        _derivative("jacobian", "the Jacobian", *SPARSE),
        _derivative("hessian", "the second derivatives", *SPARSE),
        _derivative("jvp", "the derivative along a direction"),
        _derivative("vjp", "the derivative of a weighted sum of the results"),
        _derivative("hvp", "the Hessian's product with a vector"),
        Command(
            "check",
            "compare derivatives with finite differences",
            "check",
            (
                *EXPRESSION,
                AT,
                SIZE,
                Argument(("--jac",), "a derivative written by hand: FILE.py:FUNC, or a formula", files=True),
                Argument(("--hess",), "second derivatives written by hand", files=True),
                Argument(("--order",), "how many times to differentiate", more={"type": int, "default": 2}),
                Argument(("--seed",), "of the random point", more={"type": int, "default": 0}),
                JSON,
            ),
        ),
        Command(
            "bench",
            "measure the value and the gradient",
            "bench",
            (*EXPRESSION, SIZE, JSON),
        ),
        Command(
            "play",
            "open a page where one types, and sees the derivative",
            "play",
            (
                Argument(("expression",), "what it opens with", True, {"metavar": "EXPR", "nargs": "?"}),
                *EXPRESSION[2:],
                Argument(("--port",), "by default one that is free", more={"type": int, "default": 0}),
                _flag("--no-browser", "print the address, and open nothing"),
                _flag("--trust", "run Python functions that are typed on the page"),
                Argument(("--static",), "write the page as a site into a folder", True, {"metavar": "DIR"}),
                Argument(
                    ("--pyodide",), "where that site finds Pyodide", more={"metavar": "URL", "default": "pyodide/"}
                ),
                FORCE,
            ),
        ),
        Command(
            "graph",
            "print the graph of an expression, or of its gradient with --wrt",
            "graph",
            (
                *EXPRESSION,
                _format(tuple(ENDINGS), None, "what to make; by default what the file's ending says, else text"),
                _flag("--types", "write dtype and shape into each box of a picture"),
                _flag("--gates", "say what each gate does to the gradient"),
                *_output("write to a file instead of printing"),
            ),
        ),
        Command(
            "explain",
            "explain the gradient of an expression, step by step; or the code of an error: SD201",
            "explain",
            (*EXPRESSION, _format(tuple(HEADS), "text"), AT, *_output("write to a file instead of printing")),
        ),
        Command("latex", "print an expression as LaTeX, or its gradient with --wrt", "latex", EXPRESSION),
        Command(
            "ops",
            "list the operations, or those whose name holds a word",
            "ops",
            (
                Argument(("word",), "what is looked for: tanh", more={"nargs": "?", "default": "", "metavar": "WORD"}),
                _format(("text", "markdown"), "text"),
                _flag("--numpy", "what of NumPy is supported, and why the rest is not"),
                _flag("--scipy", "what of SciPy is supported in functions that are traced, and why the rest is not"),
                JSON,
            ),
        ),
        Command(
            "regenerate",
            "make files again from the command in their header",
            "regenerate",
            (
                Argument(("paths",), "files, or folders to look through", True, {"metavar": "PATH", "nargs": "+"}),
                _flag("--check", "write nothing; exit with 1 if a file is not what its command makes"),
                _flag("--watch", "go on, and make files again whenever what they are made from changes"),
            ),
        ),
        Command(
            "completion",
            "print what makes a shell complete commands and options",
            "completion",
            (Argument(("shell",), "bash, zsh or fish", more={"choices": SHELLS, "metavar": "SHELL"}),),
        ),
    )
}


class _Formatter(argparse.HelpFormatter):
    """Knows the width beforehand: for that, argparse imports what takes as long as all else that it does."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=width() - 2)


def parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; `module` in what it gives is the one that runs the command.

    Args:
        wanted: the command whose arguments it is to know; by default those of all.
    """
    about = "Derivatives of NumPy expressions, as NumPy source."
    whole = argparse.ArgumentParser(prog="symdiff", description=about, formatter_class=_Formatter)
    whole.add_argument("--version", action="version", version=f"symdiff {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        about = f"{command.help[0].upper()}{command.help[1:]}."
        one = commands.add_parser(command.name, help=command.help, description=about, formatter_class=_Formatter)
        for argument in command.arguments if wanted in (None, command.name) else ():
            one.add_argument(*argument.flags, help=argument.help, **argument.more)
        one.set_defaults(module=command.module, command=command.name)
    whole.set_defaults(parsers=commands.choices)
    return whole


def usage_of(whole: argparse.ArgumentParser, command: str) -> argparse.ArgumentParser:
    """The parser of one command, which tells of mistakes with the usage of that command."""
    one: argparse.ArgumentParser = whole.get_default("parsers")[command]
    return one


def known_flags(of_pairs: bool = False) -> frozenset[str]:
    """Every option that some command has; or those that take as many NAME=VALUE as follow."""
    options = [argument for command in COMMANDS.values() for argument in command.arguments if argument.is_option]
    if of_pairs:
        return frozenset(flag for option in options if option.more.get("nargs") == "+" for flag in option.flags)
    return frozenset({"--help", "-h", "--version", *(flag for option in options for flag in option.flags)})
