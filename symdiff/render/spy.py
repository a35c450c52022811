"""Pictures of where the entries of sparse matrices are ("spy plots"), as SVG that works alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symdiff.render.fonts import FAMILY, shorten, text_width
from symdiff.render.palette import STYLE, style_sheet
from symdiff.render.svg import xml_text

SIDE = 480.0  # of the longer side
MOST = 160  # cells along a side; a cell of a larger matrix stands for several entries
SHADES = 4  # how full a cell is
MARGIN = 12.0
HEAD = 34.0
TEXT = 10.0  # the size of its letters, as in the style sheet


@dataclass(frozen=True)
class Spied:
    """A matrix made of blocks.

    Attributes:
        shape: rows and columns of the whole.
        rows, columns: of the entries.
        between: where blocks end, other than at the edges: rows, and columns.
    """

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    between: tuple[Sequence[int], Sequence[int]] = ((), ())


def spy_svg(matrix: Spied, title: str, theme: str = "auto") -> str:
    """The picture of a matrix: a cell is filled where there is an entry, the more of it, the darker.

    >>> svg = spy_svg(Spied((2, 2), np.array([0, 1]), np.array([0, 1])), "identity")
    >>> svg.startswith("<svg"), svg.count("<path")
    (True, 2)
    """
    n, m = (max(size, 1) for size in matrix.shape)
    scale = SIDE / max(n, m)
    width, height = max(m * scale, 2.0), max(n * scale, 2.0)
    body = _cells(matrix, width, height) + _lines(matrix, width, height)
    density = len(matrix.rows) / (n * m)
    note = f"{len(matrix.rows):,} entries in {matrix.shape[0]:,} rows and {matrix.shape[1]:,} columns ({density:.2g})"
    sheet = style_sheet(theme)
    heading, shown = xml_text(title), xml_text(_fitted(title, width))
    prefix = "sd-" + hashlib.sha256((sheet + body + title).encode()).hexdigest()[:10]
    wide, tall = width + 2 * MARGIN, height + 2 * MARGIN + HEAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{prefix}" class="symdiff" viewBox="0 0 {_n(wide)} {_n(tall)}" '
        f'width="{_n(wide)}" height="{_n(tall)}" role="img" aria-labelledby="{prefix}-t" font-family="{FAMILY}">\n'
        f'<title id="{prefix}-t">{heading}: {note}</title>\n<style>{sheet.replace(STYLE, "#" + prefix)}</style>\n'
        f'<rect class="paper" width="{_n(wide)}" height="{_n(tall)}" rx="6"/>\n'
        f'<text class="first key" x="{_n(MARGIN)}" y="16">{shown}</text>\n'
        f'<text class="key" x="{_n(MARGIN)}" y="32">{note}</text>\n'
        f'<g transform="translate({_n(MARGIN)},{_n(MARGIN + HEAD)})">\n{body}</g>\n</svg>\n'
    )


def _fitted(title: str, width: float) -> str:
    """As much of a title as there is room for."""
    most = len(title)
    while most > 8 and text_width(shorten(title, most), TEXT, bold=True) > max(width, SIDE / 2):
        most -= 1
    return shorten(title, most)


def _cells(matrix: Spied, width: float, height: float) -> str:
    """The filled cells, those of a shade as one path, neighbours in a row as one rectangle."""
    down, across = (min(max(size, 1), MOST) for size in matrix.shape)
    i = matrix.rows * down // max(matrix.shape[0], 1)
    j = matrix.columns * across // max(matrix.shape[1], 1)
    count = np.bincount(i * across + j, minlength=down * across).reshape(down, across)
    room = (max(matrix.shape[0], 1) / down) * (max(matrix.shape[1], 1) / across)
    shade = np.ceil(np.clip(np.sqrt(count / room), 0, 1) * SHADES).astype(int)
    wide, tall = width / across, height / down
    parts = []
    for level in range(1, SHADES + 1):
        runs = [(y, a, b) for y in range(down) for a, b in _runs(shade[y] == level)]
        if runs:
            path = "".join(
                f"M{_n(a * wide)} {_n(y * tall)}H{_n(b * wide)}V{_n((y + 1) * tall)}H{_n(a * wide)}Z"
                for y, a, b in runs
            )
            shown = f'class="tip" fill-opacity="{level / SHADES:g}" style="stroke:none"'
            parts.append(f'<g class="flow"><path {shown} d="{path}"/></g>\n')
    return "".join(parts)


def _runs(there: np.ndarray) -> list[tuple[int, int]]:
    """Where entries that follow each other begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _lines(matrix: Spied, width: float, height: float) -> str:
    """The frame, and what is between blocks."""
    rows, columns = matrix.between
    lines = [f"M0 {_n(y * height / max(matrix.shape[0], 1))}H{_n(width)}" for y in rows]
    lines += [f"M{_n(x * width / max(matrix.shape[1], 1))} 0V{_n(height)}" for x in columns]
    frame = f"M0 0H{_n(width)}V{_n(height)}H0Z" + "".join(lines)
    return f'<g class="wire reads"><path d="{frame}" style="stroke-dasharray:none;stroke-width:1"/></g>\n'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
