"""``symdiff explain``: the way from the value to the gradient, or what the code of an error stands for."""

from __future__ import annotations

import argparse

from symdiff.cli.commands import Result
from symdiff.report.error_codes import as_markdown, as_text, find_page, is_code


def run(options: argparse.Namespace) -> Result:
    """Explains a code at once, and an expression by what is imported for it."""
    if not is_code(options.expression):
        from symdiff.cli import explained  # noqa: PLC0415 (pages need no numbers)

        return explained.run(options)
    page = find_page(options.expression)
    return Result(f"{as_markdown(page) if options.format == 'md' else as_text(page)}\n")
