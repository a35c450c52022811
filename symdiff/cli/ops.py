"""``symdiff ops``: the operations, and what of NumPy is supported."""

from __future__ import annotations

import argparse
import json

import symdiff
from symdiff.cli.commands import Result
from symdiff.report.coverage import coverage, coverage_table
from symdiff.report.glossary import vocabulary_rows, vocabulary_table


def run(options: argparse.Namespace) -> Result:
    """Prints one of the two tables."""
    _ = symdiff.function  # the first name that is asked for registers all operations
    if options.json:
        return Result(f"{json.dumps(_rows(options.numpy), indent=2)}\n")
    return Result(coverage_table() if options.numpy else vocabulary_table(options.format))


def _rows(of_numpy: bool) -> list[dict[str, object]]:
    if of_numpy:
        return [{"name": f"{row.space}.{row.name}", "class": row.kind, "why": row.why} for row in coverage()]
    return [
        {"names": names.split(", "), "family": kind, "numpy": numpy, "what": what}
        for names, kind, numpy, what in vocabulary_rows()
    ]
