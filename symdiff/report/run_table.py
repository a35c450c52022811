"""A run as a table: what every line is at the arguments, and what stands out."""

from __future__ import annotations

from symdiff.graph.node import Node
from symdiff.render.document import Document, Paragraph, Row, Section, Table, folded, more
from symdiff.render.symbols import Symbols
from symdiff.render.text import split_order
from symdiff.report import LIMIT
from symdiff.report.debug import Record


def run_document(record: Record, title: str, limit: int = LIMIT) -> Document:
    """The lines of a run, forward and backward, each with its value in a few words.

    Args:
        record: the run.
        title: a heading.
        limit: how many lines are shown before those of one operation are folded.
    """
    symbols = Symbols(record.graph)
    forward, backward = split_order(record.graph)
    parts = (("Inputs", list(record.graph.inputs), ""), ("Forward", forward, "forward"))
    sections = []
    for heading, nodes, part in (*parts, ("Backward", backward, "backward")):
        rows = _rows([node for node in nodes if not node.aval.parts], part, symbols, record, limit)
        sections += [Section(heading, (Table(tuple(rows)),))] if rows else []
    if record.first_bad is not None and record.first_bad in symbols.text:
        where = Paragraph(["The first value that is not finite is that of ", symbols(record.first_bad), "."])
        sections.insert(0, Section("Not finite", (where,)))
    return Document(title, tuple(sections))


def _rows(nodes: list[Node], part: str, symbols: Symbols, record: Record, limit: int) -> list[Row]:
    rows = []
    for node in folded(nodes, lambda node: node.op, limit):
        if isinstance(node, int):
            rows.append(more(node))
            continue
        said = record.labels.get(node, "").removeprefix("= ")
        rows.append(Row(([symbols.equation(node)], [repr(node.aval).rstrip("~")], [said]), part))
    return rows
