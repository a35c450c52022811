"""A small document of prose, formulas and code, and its writers: text, Markdown, LaTeX and HTML.

Every writer escapes what it is given; nothing that a user named or wrote reaches a target as markup.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from symdiff.render.infix import to_ascii
from symdiff.render.mathml import to_mathml
from symdiff.render.palette import DARK_PAGES
from symdiff.render.typeset import escape as latex_escape

Format = Literal["text", "md", "latex", "html"]
Paint = Callable[[str, str], str]  # kind ("heading", "forward", "backward"), text -> text
WIDTH = 100  # columns of text
EXAMPLES = 2  # of each sort, that a folded list shows
T = TypeVar("T")


@dataclass(frozen=True)
class Formula:
    """A formula, in NumPy's notation and in LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True)
class Snippet:
    """A formula that is shown as code in every format."""

    text: str


Inline = Sequence[str | Formula | Snippet]


@dataclass(frozen=True)
class Paragraph:
    """Prose."""

    parts: Inline


@dataclass(frozen=True)
class Row:
    """A line of a table: cells, and which part of the graph it belongs to ("forward", "backward" or "")."""

    cells: tuple[Inline, ...]
    part: str = ""


@dataclass(frozen=True)
class Table:
    """Aligned lines; a row may have fewer cells than others."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Code:
    """Source, word for word."""

    source: str
    language: str = "python"


Block = Paragraph | Table | Code


@dataclass(frozen=True)
class Section:
    """A headed part."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A title and sections, which are numbered."""

    title: str
    sections: tuple[Section, ...]


def reworded(part: T, change: Callable[[str], str]) -> T:
    """A document, or a part of one, with every text in it changed.

    >>> reworded(Section("S", (Paragraph(["as ", Formula("x", "x")]),)), str.upper).blocks[0].parts
    ['AS ', Formula(text='X', latex='X')]
    """
    found: Any = part
    if isinstance(found, str):
        found = change(found)
    elif isinstance(found, (tuple, list)):
        found = type(found)(reworded(x, change) for x in found)
    elif is_dataclass(found) and not isinstance(found, type):
        found = replace(found, **{f.name: reworded(getattr(found, f.name), change) for f in fields(found)})
    return found  # type: ignore[no-any-return]


def write(document: Document, format: Format = "text", *, width: int = WIDTH, paint: Paint | None = None) -> str:
    """`document` in a format; `width` and `paint` are for text.

    >>> print(write(Document("T", (Section("S", (Paragraph(["as ", Formula("x²", "x^{2}"), " says"]),)),)), "md"))
    # T
    <BLANKLINE>
    ## 1. S
    <BLANKLINE>
    as $x^{2}$ says
    """
    if format == "text":
        return _Text(width, paint or (lambda kind, text: text)).write(document)
    return {"md": _markdown, "latex": _latex, "html": _html}[format](document)


class Page(str):
    """Text that shows as itself in a shell, and in a notebook as what it is: formulas as formulas, tables as tables."""

    __slots__ = ("document", "kind")
    kind: Format
    document: Document | None

    def __new__(cls, text: str, kind: Format = "text", document: Document | None = None) -> Page:
        page = super().__new__(cls, text)
        page.kind, page.document = kind, document
        return page

    def __reduce__(self) -> tuple[type[Page], tuple[str, Format]]:
        return Page, (str(self), self.kind)

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str | None:
        return str(self) if self.kind == "md" else None

    def _repr_html_(self) -> str | None:
        if self.kind == "html":
            return str(self)
        return None if self.kind == "md" or self.document is None else write(self.document, "html")


def folded(items: Sequence[T], sort: Callable[[T], Hashable], limit: int) -> list[T | int]:
    """All of `items` if there are few; else the first ones of each sort, and in between how many are left out."""
    if len(items) <= limit:
        return list(items)
    seen: dict[Hashable, int] = {}
    kept: list[T | int] = []
    left = 0
    for item in items:
        key = sort(item)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > EXAMPLES or len(kept) >= limit:
            left += 1
            continue
        kept += [left, item] if left else [item]
        left = 0
    return [*kept, left] if left else kept


def more(count: int) -> Row:
    """The row that stands for what was left out."""
    return Row(([f"… and {count} more like {'this' if count == 1 else 'these'}"],))


# ---------------------------------------------------------------------------------------------------------- text


class _Text:
    def __init__(self, width: int, paint: Paint) -> None:
        self.width, self.paint = width, paint

    def write(self, document: Document) -> str:
        title = self.wrap(document.title)
        lines = [*(self.paint("heading", line) for line in title), "=" * max(map(len, title), default=0)]
        for k, section in enumerate(document.sections, 1):
            lines += ["", self.paint("heading", f"{k}. {section.title}"), ""]
            for block in section.blocks:
                lines += [*self.block(block), ""]
            lines.pop()
        return "\n".join(lines)

    def wrap(self, text: str) -> list[str]:
        return textwrap.wrap(text, self.width, break_long_words=False, break_on_hyphens=False)

    def block(self, block: Block) -> list[str]:
        if isinstance(block, Paragraph):
            return self.wrap(plain(block.parts))
        if isinstance(block, Code):
            return [f"    {line}".rstrip() for line in block.source.splitlines()]
        rows = [[plain(cell) for cell in row.cells] for row in block.rows]
        columns = [max(map(len, column)) for column in _columns(rows)]
        lines: list[str] = []
        for row, cells in zip(block.rows, rows, strict=True):
            padded = "  ".join(cell.ljust(n) for cell, n in zip(cells, columns, strict=False)).rstrip()
            lines.append("    " + (self.paint(row.part, padded) if row.part else padded))
        return lines


def plain(parts: Inline) -> str:
    """What is said, without markup."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def _columns(rows: list[list[str]]) -> list[list[str]]:
    """The cells that need padding: all but the last one of each row."""
    return [["", *(row[k] for row in rows if k < len(row) - 1)] for k in range(max(map(len, rows), default=0))]


# ---------------------------------------------------------------------------------------------- Markdown and LaTeX


def _markdown(document: Document) -> str:
    blocks = [f"# {_markdown_escape(document.title)}"]
    for k, section in enumerate(document.sections, 1):
        blocks.append(f"## {k}. {_markdown_escape(section.title)}")
        blocks += [_markdown_block(block) for block in section.blocks]
    return "\n\n".join(blocks)


def _markdown_block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _markdown_inline(block.parts)
    if isinstance(block, Code):
        fence = _fence(block.source, 3)
        return f"{fence}{block.language}\n{block.source.rstrip()}\n{fence}"
    count = max(len(row.cells) for row in block.rows)
    lines = [f"|{' |' * count}", f"|{'---|' * count}"]
    for row in block.rows:
        cells = ["".join(_in_a_cell(part) for part in cell) for cell in row.cells]
        lines.append(f"| {' | '.join([*cells, *[''] * (count - len(cells))])} |")
    return "\n".join(lines)


def _in_a_cell(part: str | Formula | Snippet) -> str:
    """What may stand in a table, whose bars end cells: those of prose are escaped already."""
    if isinstance(part, Formula):
        return _markdown_part(Formula(part.text, part.latex.replace("|", r"\vert ")))
    return _markdown_part(part).replace("|", "\\|") if isinstance(part, Snippet) else _markdown_part(part)


def _markdown_inline(parts: Inline) -> str:
    return "".join(map(_markdown_part, parts))


def _markdown_part(part: str | Formula | Snippet) -> str:
    if isinstance(part, str):
        return _markdown_escape(part)
    return f"${part.latex}$" if isinstance(part, Formula) else _fenced(part.text)


def _fence(text: str, least: int) -> str:
    """As many backticks as no run of them in `text` has."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def _fenced(text: str) -> str:
    fence = _fence(text, 1)
    space = " " * ("`" in text)
    return f"{fence}{space}{text}{space}{fence}".replace("\n", " ")


def _markdown_escape(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>$|#~])", r"\\\1", text).replace("\n", " ")


def _latex(document: Document) -> str:
    lines = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\usepackage{longtable}", r"\begin{document}"]
    lines.append(rf"\title{{{latex_escape(document.title)}}}\date{{}}\maketitle")
    for section in document.sections:
        lines += ["", rf"\section{{{latex_escape(section.title)}}}"]
        lines += [f"\n{_latex_block(block)}" for block in section.blocks]
    return "\n".join([*lines, "", r"\end{document}"])


def _latex_block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _latex_inline(block.parts)
    if isinstance(block, Code):
        body = block.source.rstrip().replace(r"\end{verbatim}", r"\end {verbatim}")
        return f"\\begin{{verbatim}}\n{body}\n\\end{{verbatim}}"
    count = max(len(row.cells) for row in block.rows)
    rows = [" & ".join(_latex_inline(cell) for cell in row.cells) + r" \\" for row in block.rows]
    return "\n".join([rf"\begin{{longtable}}[l]{{{'l' * count}}}", *rows, r"\end{longtable}"])


def _latex_inline(parts: Inline) -> str:
    return "".join(map(_latex_part, parts))


def _latex_part(part: str | Formula | Snippet) -> str:
    if isinstance(part, str):
        return latex_escape(part)
    return (
        rf"$\displaystyle {part.latex}$"
        if isinstance(part, Formula)
        else rf"\texttt{{{latex_escape(to_ascii(part.text))}}}"
    )


# ---------------------------------------------------------------------------------------------------------- HTML

SCOPE = "symdiff-document"  # the class that all rules of the style are bound to: a notebook keeps its own
STYLE = """\
:root:has(> body > .S) { color-scheme: light dark; }
.PAGES { color-scheme: dark; }
.S { max-width: 60em; margin: 1em auto; padding: 0 1em; font: 16px/1.5 system-ui, sans-serif; }
.S h1 { font-size: 1.4em; } .S h2 { font-size: 1.15em; margin-top: 2em; }
.S pre { overflow-x: auto; padding: .8em 1em; border: 1px solid #8886; border-radius: 6px; }
.S pre, .S code { font-family: ui-monospace, monospace; font-size: .92em; }
.S table { border-collapse: collapse; margin: 0; } .S td { padding: .15em 1.2em .15em 0; vertical-align: top; }
.S.S table td { text-align: left; vertical-align: baseline; }
.S tr.forward td { color: #14532d; } .S tr.backward td { color: #9f1239; }
@supports (color: light-dark(red, red)) {
.S tr.forward td { color: light-dark(#14532d, #86efac); } .S tr.backward td { color: light-dark(#9f1239, #fda4af); }
}
""".replace(".PAGES", ", ".join(f"{page} .S" for page in DARK_PAGES)).replace(".S", f".{SCOPE}")


def _html(document: Document) -> str:
    title = html.escape(document.title)
    head = f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>'
    body = f'<article class="{SCOPE}">\n<h1>{title}</h1>\n{fragment(document)}\n</article>'
    return f"{head}\n<style>\n{STYLE}</style>\n{body}\n</html>"


def fragment(document: Document) -> str:
    """The sections of `document` as HTML, to be put into a page: headings of level 2, and no style of their own."""
    parts = []
    for k, section in enumerate(document.sections, 1):
        parts.append(f"<h2>{k}. {html.escape(section.title)}</h2>")
        parts += [_html_block(block) for block in section.blocks]
    return "\n".join(parts)


def _html_block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_html_inline(block.parts)}</p>"
    if isinstance(block, Code):
        return f'<pre data-language="{html.escape(block.language)}">{html.escape(block.source.rstrip())}</pre>'
    rows = []
    count = max(len(row.cells) for row in block.rows)
    for row in block.rows:
        span = f' colspan="{count - len(row.cells) + 1}"' if len(row.cells) < count else ""
        cells = "".join(f"<td>{_html_inline(cell)}</td>" for cell in row.cells[:-1])
        cells += f"<td{span}>{_html_inline(row.cells[-1])}</td>"
        rows.append(f'<tr class="{row.part}">{cells}</tr>' if row.part else f"<tr>{cells}</tr>")
    return "\n".join(["<table>", *rows, "</table>"])


def _html_inline(parts: Inline) -> str:
    return "".join(map(_html_part, parts))


def _html_part(part: str | Formula | Snippet) -> str:
    if isinstance(part, str):
        return html.escape(part)
    return to_mathml(part.latex) if isinstance(part, Formula) else f"<code>{html.escape(part.text)}</code>"
