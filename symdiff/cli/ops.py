"""``symdiff ops``: the operations, and what of NumPy and of SciPy is supported."""

from __future__ import annotations

import argparse
import importlib
import json
from typing import Any

import symdiff
from symdiff.cli.commands import Result
from symdiff.report.coverage import coverage, coverage_table
from symdiff.report.glossary import vocabulary_rows, vocabulary_table


def run(options: argparse.Namespace) -> Result:
    """Prints one of the three tables."""
    _ = symdiff.function  # the first name that is asked for registers all operations
    if options.json:
        return Result(f"{json.dumps(_rows(options), indent=2)}\n")
    if options.scipy:
        return Result(_scipy().scipy_table())
    return Result(coverage_table() if options.numpy else vocabulary_table(options.format))


def _scipy() -> Any:
    """What is read when it is asked for: it needs SciPy."""
    importlib.import_module("symdiff.functions.scipy_solvers")
    return importlib.import_module("symdiff.report.scipy_coverage")


def _rows(options: argparse.Namespace) -> list[dict[str, object]]:
    if options.numpy or options.scipy:
        found = coverage() if options.numpy else _scipy().scipy_coverage()
        return [{"name": f"{row.space}.{row.name}", "class": row.kind, "why": row.why} for row in found]
    return [
        {"names": names.split(", "), "family": kind, "numpy": numpy, "what": what}
        for names, kind, numpy, what in vocabulary_rows()
    ]
