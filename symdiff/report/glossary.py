"""The table of functions, printed from the registry."""

from __future__ import annotations

from symdiff.codegen.spelling import dotted
from symdiff.graph.op import OPS, Op
from symdiff.ops.table import FUNCTIONS, Entry


def vocabulary_rows() -> list[tuple[str, str, str, str]]:
    """``(names, kind, what NumPy calls it, one sentence)`` for every function, sorted by kind and name."""
    import symdiff.ops.api.moments  # noqa: F401, PLC0415 (registers what is else met on demand)

    names: dict[int, list[str]] = {}
    entries: dict[int, Entry] = {}
    for name, entry in FUNCTIONS.items():
        names.setdefault(id(entry), []).append(name)
        entries[id(entry)] = entry
    rows = []
    for key, entry in entries.items():
        rows.append((", ".join(names[key]), _kind(entry), _numpy_name(entry), entry.doc))
    return sorted(rows, key=lambda row: (_KINDS.index(row[1]), row[0]))


BAR = "\\|"  # a bar inside a Markdown cell
_KINDS = ["elementwise", "linear", "primitive", "composite"]


def _kind(entry: Entry) -> str:
    if isinstance(entry.call, Op):
        return entry.call.family
    *module, name = entry.name.split(".")
    row = OPS.get(name) if len(module) < 3 else None  # scipy.stats.norm.mean is no mean of an array
    return row.family if row is not None else "composite"


def _numpy_name(entry: Entry) -> str:
    if isinstance(entry.numpy, str):
        return entry.numpy.replace(":", ".")
    return dotted(entry.numpy) if callable(entry.numpy) else ""


def vocabulary_table(style: str = "text") -> str:
    """The table as aligned text, or as Markdown."""
    rows = vocabulary_rows()
    if style == "markdown":
        lines = ["| function | family | NumPy or SciPy | what it is |", "|---|---|---|---|"]
        lines += [
            f"| {_code(name)} | {kind} | {_code(numpy)} | {doc.replace('|', BAR)} |" for name, kind, numpy, doc in rows
        ]
        return "\n".join(lines) + "\n"
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return "".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) + "\n" for row in rows
    )


def _code(cell: str) -> str:
    return ", ".join(f"`{name}`" for name in cell.split(", ")) if cell else ""
