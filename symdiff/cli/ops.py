"""``symdiff ops``: the operations, and what of NumPy and of SciPy is supported."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import symdiff
from symdiff.cli.commands import Result
from symdiff.errors import ArgumentError
from symdiff.report.coverage import coverage, coverage_table
from symdiff.report.glossary import vocabulary_rows, vocabulary_table

Row = TypeVar("Row")


def run(options: argparse.Namespace) -> Result:
    """Prints one of the three tables, or the lines of it that tell of what is looked for."""
    _ = symdiff.function  # the first name that is asked for registers all operations
    if options.json:
        return Result(f"{json.dumps(_rows(options), indent=2)}\n")
    if options.scipy:
        return Result(_about(options, _scipy().scipy_table()))
    return Result(_about(options, coverage_table() if options.numpy else vocabulary_table(options.format)))


def _about(options: argparse.Namespace, table: str) -> str:
    """The lines of a table with a name that holds the word, its heading aside."""
    if not options.word:
        return table
    lines = table.splitlines(keepends=True)
    heading = lines[:2] if lines[0].startswith("|") else []
    return "".join([*heading, *(line for line in _found(options, lines, _first_cell) if line not in heading)])


def _first_cell(line: str) -> str:
    return re.split(r"  | \| ", line.removeprefix("| "))[0]


def _found(options: argparse.Namespace, rows: Iterable[Row], name_of: Callable[[Row], str]) -> list[Row]:
    """The rows with a name that holds the word.

    Raises:
        ArgumentError: if there are none.
    """
    word = re.sub(r"^(np|numpy|scipy)\.", "", options.word.lower())
    found = [row for row in rows if word in name_of(row).lower()]
    if found:
        return found
    others = [f"`symdiff ops --{each} {word}`" for each in ("numpy", "scipy") if not getattr(options, each)]
    raise ArgumentError(f"no name in this list holds {word!r}", help=f"{' and '.join(others)} look elsewhere")


def _scipy() -> Any:
    """What is read when it is asked for: it needs SciPy."""
    importlib.import_module("symdiff.functions.scipy_solvers")
    return importlib.import_module("symdiff.report.scipy_coverage")


def _rows(options: argparse.Namespace) -> list[dict[str, object]]:
    if options.numpy or options.scipy:
        found = coverage() if options.numpy else _scipy().scipy_coverage()
        found = _found(options, found, lambda row: f"{row.space}.{row.name}")
        return [{"name": f"{row.space}.{row.name}", "class": row.kind, "why": row.why} for row in found]
    return [
        {"names": names.split(", "), "family": kind, "numpy": numpy, "what": what}
        for names, kind, numpy, what in _found(options, vocabulary_rows(), lambda row: row[0])
    ]
