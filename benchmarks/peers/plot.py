"""Times as bars over a logarithmic scale, in SVG, for light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import ceil, floor, log10

from benchmarks.runner import seconds

LEFT, WIDTH, ROW, GAP, TOP = 250.0, 760.0, 15.0, 14.0, 46.0
COLOURS = (("#1f65ad", "#6db3f5"), ("#b8480a", "#f29a5e"), ("#0a7350", "#54c796"), ("#5d6975", "#a3afbb"))


def chart(title: str, numbers: Mapping[str, Mapping[str, float]]) -> str:
    """Bars of seconds: a group for each problem, a bar for each tool, shorter is better.

    Args:
        title: what was measured.
        numbers: seconds, by problem and tool.
    """
    tools = list(dict.fromkeys(tool for row in numbers.values() for tool in row))
    every = [t for row in numbers.values() for t in row.values()] or [1.0]
    low, high = floor(log10(min(every))), max(ceil(log10(max(every))), floor(log10(min(every))) + 1)
    unit = (WIDTH - LEFT - 70) / (high - low)
    out, y = [], TOP
    for k, tool in enumerate(tools):
        x = LEFT + 110 * k
        out.append(f'<rect class="t{k % 4}" x="{x}" y="22" width="10" height="10"/>')
        out.append(f'<text x="{x + 15}" y="31">{escape(tool)}</text>')
    for problem, row in numbers.items():
        middle = y + ROW * len(row) / 2 + 4
        out.append(f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{escape(problem)}</text>')
        for tool, t in row.items():
            width = max((log10(t) - low) * unit, 1.0)
            out.append(
                f'<rect class="t{tools.index(tool) % 4}" x="{LEFT}" y="{y + 2:.0f}" width="{width:.1f}" '
                f'height="{ROW - 4}"/>'
                f'<text class="s" x="{LEFT + width + 5:.1f}" y="{y + 11:.0f}">{seconds(t)}</text>'
            )
            y += ROW
        y += GAP
    grid = "".join(
        f'<path d="M{LEFT + k * unit:.1f} {TOP - 4}V{y - GAP + 4:.0f}"/>'
        f'<text class="s" x="{LEFT + k * unit:.1f}" y="{y + 6:.0f}" text-anchor="middle">'
        f"{seconds(10.0 ** (low + k))}</text>"
        for k in range(high - low + 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {y + 14:.0f}" width="{WIDTH:.0f}" '
        f'height="{y + 14:.0f}" role="img" aria-label="{escape(title)}" font-size="12" '
        f'font-family="system-ui,Helvetica,Arial,sans-serif"><style>{_style()}</style>'
        f'<text class="h" x="10" y="18">{escape(title)}</text>{grid}{"".join(out)}</svg>\n'
    )


def _style() -> str:
    light = "text{fill:#1d2733}.h{font-weight:600;font-size:14px}.s{font-size:11px;fill:#5d6975}path{stroke:#dfe4e9}"
    dark = "text{fill:#e7ecf2}.s{fill:#a3afbb}path{stroke:#2a323b}"
    bars = "".join(f".t{k}{{fill:{pair[0]}}}" for k, pair in enumerate(COLOURS))
    night = "".join(f".t{k}{{fill:{pair[1]}}}" for k, pair in enumerate(COLOURS))
    return f"{light}{bars}@media(prefers-color-scheme:dark){{{dark}{night}}}"
