"""``symdiff latex``: an expression, or its gradient, in formulas."""

from __future__ import annotations

import argparse

from symdiff.cli.commands import Result
from symdiff.cli.inputs import function_of, wrt_of
from symdiff.functions.grad import grad


def run(options: argparse.Namespace) -> Result:
    """Prints the formulas."""
    f = function_of(options)
    return Result(f"{(f if options.wrt is None else grad(f, wrt_of(options, f))).latex()}\n")
