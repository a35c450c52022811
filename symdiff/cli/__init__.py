"""The command line: `commands` is the table of all commands; the module of each is imported when it runs."""

from symdiff.cli.entry import main

__all__ = ["main"]
