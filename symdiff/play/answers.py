"""What the page is told: a pure function from JSON to JSON."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.codegen.target import target_names
from symdiff.errors import ArgumentError, SymdiffError
from symdiff.play.request import Request
from symdiff.play.subject import Subject
from symdiff.play.views import VIEWS
from symdiff.report.error_codes import PAGES

Made = Callable[[], Any]


def answer(data: Any, folder: Path | None = None) -> dict[str, Any]:
    """What is shown for a request.

    Args:
        data: the request, as JSON has it; see `Request`.
        folder: where Python functions are put to be run; without one, none is run.

    Returns:
        an object with ``title``, ``inputs`` (name, shape, dtype, whether it is a target, what is known of them also if
        there is no derivative), ``lengths``, ``targets`` and ``views``, each a list of blocks or an error; and
        ``error``, if there is no derivative: its type, message, place and help. Nothing is raised.

    >>> found = answer({"text": "x**2", "views": ["source"]})
    >>> print(found["views"]["source"]["blocks"][0]["text"].strip())
    def grad(x):
        return 2 * x
    """
    found: dict[str, Any] = {"inputs": [], "lengths": {}, "views": {}}
    try:
        subject = Subject(Request.of(data), folder)
    except SymdiffError as error:
        return {**found, "error": told(error)}
    found["targets"] = target_names()
    failed = _failure(lambda: found.update(inputs=_inputs(subject)))
    failed = failed or _failure(lambda: found.update(lengths=subject.lengths))
    failed = failed or _failure(lambda: found.update(title=subject.derivative.recipe.title, types=_types(subject)))
    if failed:
        return {**found, "error": _with_shapes(failed, subject)}
    found["views"] = {name: _view(name, subject) for name in subject.request.views}
    return found


def _with_shapes(failed: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """An error with the help that fits the page: shapes are typed beside the names."""
    bare = [x["name"] for x in _inputs(subject) if not x["shape"]] if failed["type"] == "ShapeError" else []
    if not bare or not str(failed["help"] or "").startswith("declare"):
        return failed
    return {
        **failed,
        "help": f"say what {', '.join(bare)} {'is' if len(bare) == 1 else 'are'}: shapes stand below, as in n d",
    }


def _view(name: str, subject: Subject) -> dict[str, Any]:
    """The blocks of a view, or why there are none."""
    if name not in VIEWS:
        return {"error": told(ArgumentError(f"there is no view {name!r}", help=f"there are {', '.join(VIEWS)}"))}
    blocks: list[Any] = []
    error = _failure(lambda: blocks.extend(VIEWS[name](subject)))
    return {"blocks": blocks} if error is None else {"blocks": blocks, "error": error}


def _failure(make: Made) -> dict[str, Any] | None:
    """What goes wrong when something is made: errors of ours, of the user's function, and of arithmetic."""
    try:
        with np.errstate(all="ignore"):
            make()
    except Exception as error:
        return told(error)
    return None


def told(error: Exception) -> dict[str, Any]:
    """An error as the page shows it; `line`, `column` and `width` are in the text."""
    if isinstance(error, SymdiffError):
        line, column, width = error.place or (0, 0, 0)
        shown: Mapping[str, Any] = {"message": error.message, "where": error.where, "help": error.help}
        shown = {**shown, "page": _page(error.code)}
        shown = {**shown, "note": error.note, "line": line, "column": column, "width": width}
    elif isinstance(error, MemoryError):
        shown = {"message": "this needs more memory than the page may use", "help": "choose smaller lengths"}
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name.startswith("play_")]
        where = f"  line {frames[-1].lineno}: {frames[-1].line}" if frames else None
        shown = (
            {"message": str(error) or type(error).__name__, "where": where, "line": frames[-1].lineno or 0}
            if frames
            else {"message": str(error)}
        )
    return {"type": type(error).__name__, **shown}


def _page(code: str) -> dict[str, str] | None:
    """What the page on an error says, as ``symdiff explain`` prints it."""
    page = PAGES.get(code)
    return page and {"code": page.code, "title": page.title, "cause": page.cause, "cure": page.cure}


def _types(subject: Subject) -> str:
    return subject.derivative.stages.types


def _inputs(subject: Subject) -> list[dict[str, Any]]:
    targets = set(subject.targets)
    return [
        {
            "name": name,
            "shape": " ".join(map(str, aval.shape)),
            "dtype": aval.dtype.name,
            "target": name in targets,
            "inexact": aval.inexact,
        }
        for name, aval in subject.avals.items()
    ]
