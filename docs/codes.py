"""The pages on errors, made from their table: each with what its example raises."""

from __future__ import annotations

import contextlib
import linecache
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

import symdiff as sd
from docs.pages import inside
from symdiff.report.error_codes import PAGES, as_markdown, class_of

FOLDER = "reference/errors"
NEEDS = {"SD613": "pandas", "SD611": "scipy", "SD701": "numba"}  # without which an example raises something else


def page(code: str) -> str:
    """The page of a code, with what its example raises."""
    with tempfile.TemporaryDirectory() as folder:
        error = raised_by(code, Path(folder))
    shown = f"{type(error).__name__}: {error}\n{code}: `symdiff explain {code}` says more"
    return f'{as_markdown(PAGES[code])}\n\n```text title="raises"\n{shown}\n```\n\n[All errors](../errors.md)\n'


def index() -> str:
    """A table of all codes, with links to their pages: that of a class in bold, and below it those of its errors."""
    lines = ["| code | class | what is wrong |", "|---|---|---|"]
    for code, found in PAGES.items():
        kind = class_of(code)
        link = f"[{code}](errors/{code}.md)"
        name = f"`{kind.__name__}`"
        lines.append(
            f"| **{link}** | **{name}** | **{found.title}** |" if kind.code == code else f"| {link} | | {found.title} |"
        )
    return "\n".join(lines)


def raised_by(code: str, folder: Path) -> Exception | None:
    """What the example of a page raises; it may write into `folder`, and change what is restored here."""
    text, file = PAGES[code].example, f"example_{code[2:]}.py"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file  # as notebooks do
    try:
        with inside(folder), _unchanged():
            exec(compile(text, file, "exec"), {"np": np, "sd": sd, "__name__": "example"})
    except Exception as error:
        return error
    finally:
        del linecache.cache[file]
    return None


@contextlib.contextmanager
def _unchanged() -> Iterator[None]:
    """Undoes what examples do to be as on a machine where something is missing."""
    numba = sys.modules.get("numba")
    try:
        with mock.patch.dict(os.environ), mock.patch.object(shutil, "which", shutil.which):
            yield
    finally:
        sys.modules.pop("numba", None)
        if numba is not None:
            sys.modules["numba"] = numba
