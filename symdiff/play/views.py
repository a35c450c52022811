"""What the page shows of a derivative, one function for each tab: each returns blocks, which the page knows to draw.

A block is an object with a `kind`: ``code`` (text, language), ``html`` (ours, escaped), ``figure`` (SVG, with what it
says), ``page`` (a page of its own), ``note`` (a sentence).
"""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from symdiff.errors import LimitError, SymdiffError
from symdiff.functions.function import Function
from symdiff.graph.dims import Dim, evaluate
from symdiff.play.differences import compared
from symdiff.play.plots import figures
from symdiff.play.subject import Subject
from symdiff.render.document import fragment
from symdiff.render.mathml import to_mathml
from symdiff.report.debug import record
from symdiff.report.explain import explain_rewrites
from symdiff.report.run_table import run_document
from symdiff.schedule.cost import show

Block = dict[str, Any]
RIGHT = 1e-5  # largest relative error that is called right, as in check_grads


def _source(subject: Subject) -> Iterator[Block]:
    f = subject.derivative
    yield {"kind": "code", "text": f.source, "language": "c" if subject.request.target == "c" else "python"}


def _formulas(subject: Subject) -> Iterator[Block]:
    latex = subject.derivative.latex()
    yield {"kind": "html", "html": f'<div class="formula">{to_mathml(latex, block=True)}</div>'}
    yield {"kind": "code", "text": latex, "language": "latex"}


def _picture(subject: Subject) -> Iterator[Block]:
    f = subject.derivative
    theme = subject.request.options.get("theme", "auto")
    options: dict[str, Any] = {"theme": theme if theme in ("light", "dark") else "auto", "title": f.recipe.title}
    try:
        values = f.debug(**subject.arguments(f)).values
        options["values"] = {node: value for node, value in values.items() if np.size(value) == 1}
    except (SymdiffError, ArithmeticError, np.linalg.LinAlgError):
        pass  # a picture without numbers is a picture
    yield {"kind": "page", "html": f.to_html(**options), "title": f"Graph of {f.recipe.title}"}


def _steps(subject: Subject) -> Iterator[Block]:
    how = "value_and_grad" if subject.request.make in ("grad", "value_and_grad") else subject.request.make
    f = subject.made(how)
    at = subject.arguments(f) if subject.request.at else None
    yield {"kind": "html", "html": fragment(f.explanation(at=at))}


def _rewrites(subject: Subject) -> Iterator[Block]:
    yield {"kind": "html", "html": fragment(explain_rewrites(subject.derivative.stages))}


def _values(subject: Subject) -> Iterator[Block]:
    f = subject.made("value_and_grad") if subject.request.make == "grad" else subject.derivative
    stages, values = f.stages_of((), subject.arguments(f))
    if not subject.request.at:
        yield {"kind": "note", "text": "At a random point; type numbers under “at” for your own."}
    yield {"kind": "html", "html": fragment(run_document(record(stages.simplified, values, stages), f.recipe.title))}


def _check(subject: Subject) -> Iterator[Block]:
    rows = list(compared(subject))
    wrong = [row for row in rows if not row.error <= RIGHT]
    said = "apart from central differences" if wrong else "as central differences have it"
    head = "<tr><th>along</th><th>derivative</th><th>differences</th><th>relative error</th></tr>"
    cells = "".join(
        f'<tr class="{"wrong" if row in wrong else "right"}"><td>{html.escape(row.target)}</td>'
        f"<td>{row.exact:.10g}</td><td>{row.numeric:.10g}</td><td>{row.error:.1e}</td></tr>"
        for row in rows
    )
    where = ", ".join(f"{name} = {_short(value)}" for name, value in subject.point.items())
    title = f'<p class="verdict {"wrong" if wrong else "right"}">{"✗" if wrong else "✓"} {said}</p>'
    yield {"kind": "html", "html": f'{title}<table class="grid">{head}{cells}</table>'}
    along = "Along random directions, at" if any(subject.point[row.target].ndim for row in rows) else "At"
    yield {"kind": "note", "text": f"{along} {where}."}
    if wrong:
        yield {"kind": "note", "text": "At a kink, a tie or a pole a difference means nothing: try another point."}


def _short(value: np.ndarray) -> str:
    if value.size <= 4 and value.ndim < 2:
        shown = [f"{x:.4g}" for x in value.ravel().tolist()]
        return f"[{', '.join(shown)}]" if value.ndim else shown[0]
    return f"{value.dtype.name}[{','.join(map(str, value.shape))}]"


def _cost(subject: Subject) -> Iterator[Block]:
    f, g = subject.function, subject.derivative
    shown = [("value", f), (g.recipe.name.replace("_", " "), g)]
    head = "<tr><th></th><th>operations</th><th>flops</th><th>bytes at the peak</th><th>lines</th></tr>"
    rows = "".join(_cost_row(name, each, subject) for name, each in shown)
    yield {"kind": "html", "html": f'<table class="grid">{head}{rows}</table>'}
    if subject.lengths:
        sizes = ", ".join(f"{name} = {n}" for name, n in subject.lengths.items())
        yield {"kind": "note", "text": f"Numbers in brackets: at {sizes}."}


def _cost_row(name: str, f: Function, subject: Subject) -> str:
    try:
        cost = f.cost()
        counted = [_counted(dim, cost.names, subject) for dim in (cost.flops, cost.bytes)]
    except LimitError:
        counted = ["beyond all bounds", ""]
    operations = sum(bool(node.inputs) for node in f.stages.lowered.order)
    lines = [line for line in f.source.splitlines() if line.startswith("    ") and line.strip()[:1] not in ("#", "")]
    cells = [html.escape(name), str(operations), *counted, str(len(lines))]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _counted(dim: Dim, names: tuple[str, ...], subject: Subject) -> str:
    """A polynomial in the lengths, with what it is here."""
    text = show(dim, names, " ", "^")
    powers = re.sub(r"\^(\d+)", r"<sup>\1</sup>", html.escape(text))
    try:
        number = str(evaluate(dim, subject.lengths))
    except KeyError:  # as many steps as a loop wants to take
        number = text
    return powers if number == text else f"{powers} <small>({int(number):,})</small>"


def _file(subject: Subject) -> Iterator[Block]:
    ending = ".c" if subject.request.target == "c" else ".py"
    f = subject.derivative
    with tempfile.TemporaryDirectory() as folder:
        f.save(Path(folder, f"{f.recipe.name}{ending}"), constants="inline")
        for path in sorted(Path(folder).iterdir()):
            yield {"kind": "file", "name": path.name, "text": path.read_text(encoding="utf-8")}


VIEWS: dict[str, Callable[[Subject], Iterator[Block]]] = {
    "source": _source,
    "formulas": _formulas,
    "picture": _picture,
    "steps": _steps,
    "rewrites": _rewrites,
    "values": _values,
    "plot": figures,
    "check": _check,
    "cost": _cost,
    "file": _file,
}
