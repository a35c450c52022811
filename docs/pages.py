"""The pages of the documentation, run: what they show is what symdiff does.

A page is a notebook in Markdown. It has one namespace and one folder, empty at first, and its blocks run in order:

- ``python`` runs; where it holds ``>>>`` it is a doctest.
- a block with ``title="prints"``, in any language, is what the block before it has printed.
- a block with ``title="FILE"`` is written into the folder under that name.
- ``py`` is Python that is shown, and does not run.
- ``console``: lines that begin with ``$ symdiff``, ``$ python FILE``, ``$ cc`` or ``$ ./`` run, and what follows is
  what they print. ``echo TEXT |`` in front is their input.

`run` gives back the page with what was printed filled in: a test compares it with the page, ``pytest --update-data``
writes it. The build of the site takes the pictures that a page draws from the same run.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"\n]+)\")?\n(?P<text>.*?)^```$", re.M | re.S)


def pages() -> list[Path]:
    """All pages, in the order of their paths."""
    return sorted(FOLDER.rglob("*.md"))


def draws(text: str) -> bool:
    """Whether a page makes pictures."""
    return ".draw(" in text


@dataclass
class Run:
    """A page that runs: what its blocks have in common, and what the last one has printed."""

    name: str
    module: ModuleType = field(default_factory=lambda: ModuleType("page"))
    printed: str = ""
    is_run: bool = False  # whether what follows in a console is what a command prints
    count: int = 0

    def block(self, found: re.Match[str]) -> str:
        """The block as it should be, after it has run."""
        language, title, text = found["language"], found["title"], found["text"]
        if title == "prints":
            text, self.printed = self.printed, ""
        elif title:
            Path(title).write_text(text, encoding="utf-8")
        elif language == "python" and ">>> " in text:
            self._doctest(text)
        elif language == "python":
            self._run(text)
        elif language == "console":
            text = "".join(map(self._command, re.findall(r"^\$ .*\n|^(?!\$ ).*\n", text, re.M)))
        head = found[0].partition("\n")[0]
        return f"{head}\n{text}```"

    def _run(self, text: str) -> None:
        self.count += 1
        file = f"{Path(self.name).stem}_{self.count}.py"
        linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file  # as notebooks do
        with _captured() as out:
            exec(compile(text, file, "exec"), vars(self.module))
        self.printed = _ended(out.getvalue())

    def _doctest(self, text: str) -> None:
        test = doctest.DocTestParser().get_doctest(text, vars(self.module), self.name, self.name, 0)
        report = io.StringIO()
        if doctest.DocTestRunner(verbose=False).run(test, out=report.write, clear_globs=False).failed:
            raise AssertionError(report.getvalue())
        vars(self.module).update(test.globs)

    def _command(self, line: str) -> str:
        """A line of a console: a command with what it prints; what commands print is left out, and put there anew."""
        if not line.startswith("$ "):
            return "" if self.is_run else line
        words = shlex.split(line[2:])
        given = ""
        if words[0] == "echo" and "|" in words:
            bar = words.index("|")
            given, words = " ".join(words[1:bar]) + "\n", words[bar + 1 :]
        self.is_run = words[0] in ("symdiff", "python", "cc") or words[0].startswith("./")
        return line + (_ended(_output_of(words, given)) if self.is_run else "")


def run(text: str, name: str = "page") -> str:
    """Runs a page in the current folder; returns it with what was printed filled in."""
    page = Run(name)
    sys.modules["page"] = page.module  # so that what it defines can be pickled
    try:
        return _BLOCK.sub(page.block, text)
    finally:
        del sys.modules["page"]


def _output_of(words: list[str], given: str) -> str:
    """What a command prints, on either stream; symdiff and Python's files are run in this process."""
    if words[0] not in ("symdiff", "python"):
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run(words, input=given, text=True, check=False, **both).stdout

    from symdiff.cli import main

    before = sys.argv, sys.stdin
    sys.argv, sys.stdin = words[1:], io.StringIO(given)
    try:
        with _captured() as out, contextlib.suppress(SystemExit):
            if words[0] == "symdiff":
                main(words[1:])
            else:
                runpy.run_path(words[1], run_name="__main__")
        return out.getvalue()
    finally:
        sys.argv, sys.stdin = before


class _Screen(io.StringIO):
    encoding = "utf-8"


@contextlib.contextmanager
def _captured() -> Iterator[io.StringIO]:
    out = _Screen()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        yield out


def _ended(text: str) -> str:
    """`text` with one end of line; nothing stays nothing."""
    return f"{text.rstrip()}\n" if text.strip() else ""


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Runs in `folder`, from which modules are imported too."""
    before = Path.cwd()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(str(folder))
