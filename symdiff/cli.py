"""The command line: ``symdiff grad``, ``jacobian``, ``hessian``, ``graph``, ``explain``, ``latex`` and ``ops``."""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import re
import runpy
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symdiff._version import __version__
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError, SymdiffError
from symdiff.frontends.spec import Spec, spec
from symdiff.functions.function import Function
from symdiff.functions.grad import grad, value_and_grad
from symdiff.functions.jacobian import hessian, jacobian
from symdiff.functions.make import make_function
from symdiff.functions.options import Options
from symdiff.program.sparse import FORMATS
from symdiff.render.document import write
from symdiff.render.infix import to_ascii
from symdiff.report.coverage import coverage_table
from symdiff.report.draw import render
from symdiff.report.glossary import vocabulary_table
from symdiff.report.save import write_whole

DERIVATIVES = {"grad": "the gradient", "jacobian": "the Jacobian", "hessian": "the second derivatives"}
COMMANDS = (*DERIVATIVES, "graph", "explain", "latex", "ops")
ENDINGS = {"text": "txt", "latex": "tex", "dot": "dot", "mermaid": "mmd", "svg": "svg", "html": "html", "png": "png"}
_PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".dot", ".py")
INPUTS = "help: inputs are numbers, unless --shape says otherwise: --shape X=n,d w=3"
_IN_FILE = r"(.+\.py):(\w+)"
HEADS = {"text": "# {}", "md": "<!-- {} -->", "latex": "% {}", "html": "<!-- {} -->"}  # first lines of our files


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0, or 1 for an error of the user's, 2 for a wrong call."""
    parser = _parser()
    argv = list(sys.argv[1:] if argv is None else argv)
    _check_command(parser, argv)
    options, rest = parser.parse_known_args(_expressions_last(argv))
    if rest:
        names = ",".join([str(getattr(options, "wrt", "")), *rest])
        hint = f"; several names are one argument: --wrt {names}" if getattr(options, "wrt", None) else ""
        parser.error(f"unrecognized arguments: {' '.join(rest)}{hint if all(map(str.isidentifier, rest)) else ''}")
    try:
        text = options.run(options)
    except SymdiffError as error:
        print(f"symdiff: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except Exception as error:
        place = _place(error, options)
        if place is None:
            raise
        print(f"symdiff: {type(error).__name__}: {error}\n  {place}\n{INPUTS}", file=sys.stderr)  # noqa: T201
        return 1
    try:
        sys.stdout.write(encodable(text, to_ascii))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _place(error: Exception, options: argparse.Namespace) -> str | None:
    """The line of the user's file in which an error of Python's was raised; None if it is none of that file's."""
    in_file = re.fullmatch(_IN_FILE, getattr(options, "expression", ""))
    frames = traceback.extract_tb(error.__traceback__) if in_file else []
    found = [frame for frame in frames if in_file and Path(frame.filename) == Path(in_file[1])]
    return f"{Path(found[-1].filename).name}, line {found[-1].lineno}: {found[-1].line}" if found else None


def _check_command(parser: argparse.ArgumentParser, argv: Sequence[str]) -> None:
    """Leaves with a message for a misspelt command, which argparse lists all others for."""
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        close = difflib.get_close_matches(argv[0], COMMANDS, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"the commands are {', '.join(COMMANDS)}"
        parser.error(f"there is no command {argv[0]!r}; {meant}")


def _expressions_last(argv: Sequence[str]) -> list[str]:
    """An expression may begin with a minus sign: what is no option of ours goes behind ``--``."""
    known = (
        "--wrt",
        "--shape",
        "--dtype",
        "--target",
        "--value",
        "--sparse",
        "--returns",
        "--output",
        "--force",
        "--format",
        "--numpy",
        "--at",
        "--help",
        "--version",
        "-o",
        "-h",
    )
    odd = [a for a in argv if a.startswith("-") and a != "--" and a.split("=")[0] not in known and not _is_option(a)]
    if "--" in argv or not odd:
        return list(argv)
    return [*[a for a in argv if a not in odd], "--", *odd]


def _is_option(text: str) -> bool:
    """Whether argparse should judge it: a long option, with or without a value."""
    name = text.partition("=")[0]
    return name.startswith("--") and name[2:].replace("-", "").isalpha()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="symdiff", description="Derivatives of NumPy expressions, as NumPy source.")
    parser.add_argument("--version", action="version", version=f"symdiff {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for name, what in DERIVATIVES.items():
        one = commands.add_parser(name, help=f"print or save {what} of an expression")
        _expression_arguments(one)
        if name == "grad":
            one.add_argument("--value", action="store_true", help="value and gradient at once")
        else:
            one.add_argument("--sparse", action="store_true", help="only what may not be zero, as a matrix of SciPy's")
            one.add_argument("--returns", choices=FORMATS, default="csr", help="what a sparse matrix is returned as")
        one.add_argument("-o", "--output", metavar="FILE", help="save a stand-alone file instead of printing")
        one.add_argument("--force", action="store_true", help="overwrite a file that symdiff did not write")
        one.set_defaults(run=_derivative, command=name)

    two = commands.add_parser("graph", help="print the graph of an expression, or of its gradient with --wrt")
    _expression_arguments(two)
    two.add_argument(
        "--format", choices=tuple(ENDINGS), help="what to make; by default what the file's ending says, else text"
    )
    two.add_argument("--types", action="store_true", help="write dtype and shape into each box of a picture")
    two.add_argument("--gates", action="store_true", help="say what each gate does to the gradient")
    two.add_argument("-o", "--output", metavar="FILE", help="write to a file instead of printing")
    two.add_argument("--force", action="store_true", help="overwrite a file that symdiff did not write")
    two.set_defaults(run=_graph)

    explain = commands.add_parser("explain", help="explain the gradient of an expression, step by step")
    _expression_arguments(explain)
    explain.add_argument("--format", choices=tuple(HEADS), default="text")
    explain.add_argument("--at", metavar="NAME=NUMBER", help="where to fill in numbers: x=3,y=-4 or w=[0.5,1]")
    explain.add_argument("-o", "--output", metavar="FILE", help="write to a file instead of printing")
    explain.add_argument("--force", action="store_true", help="overwrite a file that symdiff did not write")
    explain.set_defaults(run=_explain)

    formulas = commands.add_parser("latex", help="print an expression as LaTeX, or its gradient with --wrt")
    _expression_arguments(formulas)
    formulas.set_defaults(run=_latex)

    three = commands.add_parser("ops", help="list the operations")
    three.add_argument("--format", choices=("text", "markdown"), default="text")
    three.add_argument("--numpy", action="store_true", help="what of NumPy is supported, and why the rest is not")
    three.set_defaults(run=lambda options: coverage_table() if options.numpy else vocabulary_table(options.format))
    return parser


def _expression_arguments(parser: argparse.ArgumentParser) -> None:
    says = "for instance 'sum((X @ w - y)**2) / 2', FILE.py:FUNC, FILE.txt, or - for what comes in"
    parser.add_argument("expression", metavar="EXPR", help=says)
    parser.add_argument("--target", help="what source is printed for: numpy, math or c")
    parser.add_argument("--wrt", metavar="NAMES", help="with respect to what: w, or w,b for several")
    parser.add_argument(
        "--shape",
        metavar="NAME=DIMS",
        action="append",
        default=[],
        help="shape of an input: X=n,d (repeat, or w=d y=n)",
        nargs="+",
    )
    parser.add_argument(
        "--dtype", metavar="NAME=DTYPE", action="append", default=[], help="dtype of an input: w=float32", nargs="+"
    )


def _specs(options: argparse.Namespace) -> dict[str, Spec]:
    dtypes = dict(_pairs("--dtype", options.dtype))
    shapes = dict(_pairs("--shape", options.shape))
    return {name: spec(shapes.get(name, ()), dtypes.get(name)) for name in {**shapes, **dtypes}}


def _pairs(flag: str, groups: list[list[str]]) -> list[tuple[str, str]]:
    found = []
    for text in (item for group in groups for item in group):
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ArgumentError(f"{flag} {text!r} is not NAME=VALUE", help=f"for instance {flag} X=n,d")
        if flag == "--shape" and re.search(r"\d\s*[xX×]\s*\d|\s[xX×]\s", value):
            lengths = ",".join(re.split(r"\s*[xX×]\s*", value.strip()))
            raise ArgumentError(
                f"{flag} {text!r} is not NAME=DIMS", help=f"lengths stand with commas: {name}={lengths}"
            )
        found.append((name, value))
    return found


def _wrt(options: argparse.Namespace) -> Any:
    if options.wrt is None:
        return None
    names = tuple(name.strip() for name in options.wrt.split(","))
    return names if len(names) > 1 else names[0]


def _function(options: argparse.Namespace) -> Function:
    in_file = re.fullmatch(_IN_FILE, options.expression)
    if options.expression.endswith(".py") and Path(options.expression).is_file():
        raise ArgumentError(
            f"{options.expression} is a file, and a function in it is meant",
            help=f"for instance {options.expression}:{next(_functions_of(options.expression), 'loss')}",
        )
    what = _from_file(in_file[1], in_file[2]) if in_file else _text(options.expression)
    return make_function(what, Options(target=options.target), _specs(options))


def _text(expression: str) -> str:
    """The text that is meant: itself, what a text file holds, or what comes in by the standard input (``-``)."""
    if expression == "-":
        return sys.stdin.read()
    if expression.endswith(".txt") and Path(expression).is_file():
        return Path(expression).read_text(encoding="utf-8")
    return expression


def _functions_of(path: str) -> Iterator[str]:
    """The names of the functions in a Python file, which is not run for it."""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return
    yield from (node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _from_file(path: str, name: str) -> Any:
    """The function `name` of a Python file, which is run for it."""
    if not Path(path).is_file():
        raise ArgumentError(f"there is no file {path}")
    found = runpy.run_path(path).get(name)
    if not callable(found):
        raise ArgumentError(f"{path} has no function {name!r}")
    return found


def _derivative(options: argparse.Namespace) -> str:
    make = {"grad": grad, "jacobian": jacobian, "hessian": hessian}[options.command]
    if getattr(options, "value", False):
        make = value_and_grad
    more = {"sparse": options.sparse, "format": options.returns} if make in (jacobian, hessian) else {}
    f = make(_function(options), _wrt(options), **more)
    if options.output is None:
        return f.source
    if Path(options.output).suffix not in ("", ".py", ".c"):
        raise ArgumentError(
            f"{options.output} is no name of a Python file, or of a C file", help="-o FILE.py, or -o FILE.c"
        )
    path = f.save(options.output, force=options.force)
    return f"wrote {path}\n"


def _graph(options: argparse.Namespace) -> str:
    f = _function(options)
    if options.wrt is not None:
        f = value_and_grad(f, _wrt(options))
    kind = options.format or _format_of(options.output)
    if kind == "text":
        made: str | bytes = f"# {MARK} {__version__}\n{f.listing()}\n" if options.output else f"{f.listing()}\n"
    elif kind == "latex":
        made = f"% {MARK} {__version__}\n{f.latex()}\n"
    else:
        made = render(f.graph, ENDINGS[kind], {"shapes": options.types, "gates": options.gates})
    if options.output is not None:
        write_whole(Path(options.output), made, force=options.force)
        return f"wrote {options.output}\n"
    if isinstance(made, bytes):
        raise ArgumentError(f"{kind} is no text to print", help="name a file: -o graph.png")
    return made if kind == "text" else made.partition("\n")[2]


def _format_of(output: str | None) -> str:
    ending = Path(output or "").suffix.removeprefix(".")
    found = next((kind for kind, known in ENDINGS.items() if known == ending), None)
    if found is None and ending not in ("", "py"):  # a listing has the syntax of Python
        known = ", ".join(f".{known}" for known in ENDINGS.values())
        raise ArgumentError(
            f"nothing is known to write into a .{ending} file", help=f"the endings are {known}; or --format"
        )
    return found or "text"


def _explain(options: argparse.Namespace) -> str:
    f = value_and_grad(_function(options), _wrt(options))
    document = f.explanation(at=None if options.at is None else _point(options.at))
    if options.output is not None:
        if Path(options.output).suffix in _PICTURES:
            raise ArgumentError(f"{options.output} is no name of a text, and text is written", help="-o FILE.txt")
        head = HEADS[options.format].format(f"{MARK} {__version__}")
        write_whole(Path(options.output), f"{head}\n{write(document, options.format)}\n", force=options.force)
        return f"wrote {options.output}\n"
    return write(document, options.format, width=width(), paint=paint if has_colour() else None) + "\n"


def _latex(options: argparse.Namespace) -> str:
    f = _function(options)
    return f"{(f if options.wrt is None else grad(f, _wrt(options))).latex()}\n"


def _point(text: str) -> dict[str, Any]:
    """The numbers of ``x=3,y=[1,2]``."""
    found: dict[str, Any] = {}
    for part in re.split(r",\s*(?=[A-Za-z_]\w*=)", text):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = np.array(ast.literal_eval(value.strip()), dtype=float)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise ArgumentError(
                f"--at {part!r} is not NAME=NUMBER", help="for instance --at x=3,y=-4 or --at w=[0.5,1]"
            ) from None
    return found


# ------------------------------------------------------------------------------------------------------ the terminal

WIDEST = 110  # columns of prose; longer lines are hard to read
_CODES = {"heading": "1", "forward": "32", "backward": "31"}  # bold; green and red, as circuit diagrams are drawn


def width() -> int:
    """The columns for prose, at most `WIDEST`."""
    return max(40, min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST))


def has_colour() -> bool:
    """Whether standard output is a terminal with colours, and nobody asked for none (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


def paint(kind: str, text: str) -> str:
    """`text` in the colour of its kind: "heading", "forward" or "backward"."""
    return f"\033[{_CODES[kind]}m{text}\033[0m" if kind in _CODES else text


def encodable(text: str, to_ascii: Callable[[str], str]) -> str:
    """`text` if standard output can hold it, else what `to_ascii` makes of it."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return to_ascii(text)
    return text


if __name__ == "__main__":
    sys.exit(main())
