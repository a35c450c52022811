"""``symdiff graph``: a graph as a listing, as formulas, as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from symdiff._version import __version__
from symdiff.cli.commands import ENDINGS, Result
from symdiff.cli.inputs import function_of, wrt_of
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError
from symdiff.functions.grad import value_and_grad
from symdiff.report.draw import render
from symdiff.report.save import write_whole


def run(options: argparse.Namespace) -> Result:
    """Prints the graph, or writes it into a file."""
    f = function_of(options)
    if options.wrt is not None:
        f = value_and_grad(f, wrt_of(options, f))
    kind = options.format or _format_of(options.output)
    if kind == "text":
        made: str | bytes = f"# {MARK} {__version__}\n{f.listing()}\n" if options.output else f"{f.listing()}\n"
    elif kind == "latex":
        made = f"% {MARK} {__version__}\n{f.latex()}\n"
    else:
        made = render(f.graph, ENDINGS[kind], {"shapes": options.types, "gates": options.gates})
    if options.output is not None:
        write_whole(Path(options.output), made, force=options.force)
        return Result(f"wrote {options.output}\n")
    if isinstance(made, bytes):
        raise ArgumentError(f"{kind} is no text to print", help="name a file: -o graph.png")
    return Result(made if kind == "text" else made.partition("\n")[2])


def _format_of(output: str | None) -> str:
    ending = Path(output or "").suffix.removeprefix(".")
    found = next((kind for kind, known in ENDINGS.items() if known == ending), None)
    if found is None and ending not in ("", "py"):  # a listing has the syntax of Python
        known = ", ".join(f".{known}" for known in ENDINGS.values())
        raise ArgumentError(
            f"nothing is known to write into a .{ending} file", help=f"the endings are {known}; or --format"
        )
    return found or "text"
