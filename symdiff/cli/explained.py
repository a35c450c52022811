"""``symdiff explain EXPR``: the way from the value to the gradient, step by step."""

from __future__ import annotations

import argparse
from pathlib import Path

from symdiff._version import __version__
from symdiff.cli.commands import HEADS, Result
from symdiff.cli.inputs import function_of, joined, point_of, wrt_of
from symdiff.cli.terminal import has_colour, paint, width
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError
from symdiff.functions.grad import value_and_grad
from symdiff.render.document import write
from symdiff.report.save import write_whole

_PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".dot", ".py")


def run(options: argparse.Namespace) -> Result:
    """Prints the explanation, or writes it into a file."""
    value = function_of(options)
    f = value_and_grad(value, wrt_of(options, value))
    document = f.explanation(at=point_of(joined(options.at)) or None)
    if options.output is None:
        text = write(document, options.format, width=width(), paint=paint if has_colour() else None)
        return Result(f"{text}\n")
    if Path(options.output).suffix in _PICTURES:
        raise ArgumentError(f"{options.output} is no name of a text, and text is written", help="-o FILE.txt")
    head = HEADS[options.format].format(f"{MARK} {__version__}")
    write_whole(Path(options.output), f"{head}\n{write(document, options.format)}\n", force=options.force)
    return Result(f"wrote {options.output}\n")
