"""Small charts as SVG. They carry classes and no colours: those are the page's, in light and dark."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HIGH, LEFT, RIGHT, TOP, BOTTOM = 640.0, 190.0, 64.0, 14.0, 26.0, 30.0
SQUARE = 380.0
_COLOURS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))  # the anchors of viridis


@dataclass(frozen=True)
class Line:
    """A panel: what it shows, the numbers, its class, and the number at the point."""

    name: str
    ys: np.ndarray
    kind: str
    here: float


@dataclass(frozen=True)
class Heat:
    """A map: two names, where, the values (a row for each y), arrows (x, y, dx, dy), and the point."""

    x: str
    y: str
    xs: np.ndarray
    ys: np.ndarray
    values: np.ndarray
    arrows: Sequence[tuple[float, float, float, float]]
    point: tuple[float, float]


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers in a range (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990).

    >>> ticks(0, 10)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        return []
    rough = (high - low) / count
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(n for n in (1, 2, 5, 10) if n * power >= rough * 0.999)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(k * step) + 0.0 for k in np.arange(first, last + 1)]


def limits(ys: np.ndarray) -> tuple[float, float]:
    """The range that is shown: all numbers, unless a few of them are far outside of the rest, as at a pole."""
    known = ys[np.isfinite(ys)]
    if not known.size:
        return -1.0, 1.0
    low, high = float(known.min()), float(known.max())
    inner, outer = (float(q) for q in np.quantile(known, (0.04, 0.96)))
    if high - low > 6 * (outer - inner) > 0:
        low, high = inner - 0.5 * (outer - inner), outer + 0.5 * (outer - inner)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = low - max(abs(low), 1.0) / 2, high + max(abs(high), 1.0) / 2
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def line_chart(name: str, xs: np.ndarray, here: float, panels: Sequence[Line]) -> str:
    """Panels one below the other, over the same numbers."""
    height = len(panels) * (HIGH + TOP) + BOTTOM
    out, x_of = [], _scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    for k, panel in enumerate(panels):
        top = k * (HIGH + TOP) + TOP
        out += _panel(panel, xs, here, x_of, top, last=k == len(panels) - 1, name=name)
    said = "; ".join(f"{p.name} at {name} = {here:.6g} is {p.here:.6g}" for p in panels)
    return _svg(WIDTH, height, said, out)


def _panel(panel: Line, xs: np.ndarray, here: float, x_of: _Scale, top: float, *, last: bool, name: str) -> list[str]:
    low, high = limits(panel.ys)
    y_of = _scale(low, high, top + HIGH, top)
    right = WIDTH - RIGHT
    clip = f"clip-{panel.kind}"
    out = [f'<clipPath id="{clip}"><rect x="{LEFT}" y="{top}" width="{right - LEFT}" height="{HIGH}"/></clipPath>']
    for y in ticks(low, high, 4):
        out.append(f'<path class="{"zero" if y == 0 else "grid"}" d="M{LEFT} {y_of(y):.1f}H{right}"/>')
        out.append(f'<text class="tick" x="{LEFT - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{short(y)}</text>')
    for x in ticks(xs[0], xs[-1], 7):
        out.append(f'<path class="{"zero" if x == 0 else "grid"}" d="M{x_of(x):.1f} {top}V{top + HIGH}"/>')
        if last:
            out.append(
                f'<text class="tick" x="{x_of(x):.1f}" y="{top + HIGH + 18}" text-anchor="middle">{short(x)}</text>'
            )
    out.append(f'<text class="name {panel.kind}" x="{LEFT}" y="{top - 8}">{escape(panel.name)}</text>')
    shown = f"{short(panel.here)} at {name} = {short(here)}"
    out.append(f'<text class="tick" x="{right}" y="{top - 8}" text-anchor="end">{escape(shown)}</text>')
    out.append(
        f'<path class="curve {panel.kind}" clip-path="url(#{clip})" '
        f'd="{_path(xs, panel.ys, x_of, y_of, (low, high))}"/>'
    )
    if np.isfinite(panel.here) and low <= panel.here <= high:
        out.append(f'<circle class="point {panel.kind}" cx="{x_of(here):.1f}" cy="{y_of(panel.here):.1f}" r="4"/>')
    return out


def _path(xs: np.ndarray, ys: np.ndarray, x_of: _Scale, y_of: _Scale, shown: tuple[float, float]) -> str:
    """A line with gaps: where there is no number, and where it leaves on one side and comes back on the other."""
    low, high = shown
    size = high - low
    parts, drawing, before = [], False, 0.0
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if not np.isfinite(y):
            drawing = False
            continue
        jumps = drawing and (before - low) * (y - low) < 0 and (before - high) * (y - high) < 0
        bounded = min(max(y, low - size), high + size)
        parts.append(f"{'L' if drawing and not jumps else 'M'}{x_of(x):.1f} {y_of(bounded):.1f}")
        drawing, before = True, y
    return "".join(parts)


def heat_chart(heat: Heat) -> str:
    """A map of values with arrows along the gradient."""
    right, bottom = LEFT + SQUARE, TOP + SQUARE
    x_of = _scale(heat.xs[0], heat.xs[-1], LEFT, right)
    y_of = _scale(heat.ys[0], heat.ys[-1], bottom, TOP)
    known = heat.values[np.isfinite(heat.values)]
    low, high = (float(q) for q in np.quantile(known, (0.02, 0.98))) if known.size else (0.0, 1.0)
    image = _png(_coloured(heat.values[::-1], low, high))
    out = [
        f'<image href="data:image/png;base64,{image}" x="{LEFT}" y="{TOP}" width="{SQUARE}" height="{SQUARE}" '
        'preserveAspectRatio="none"/>'
    ]
    out += [_arrow(x_of, y_of, heat, arrow) for arrow in heat.arrows]
    for x in ticks(heat.xs[0], heat.xs[-1]):
        out.append(f'<text class="tick" x="{x_of(x):.1f}" y="{bottom + 18}" text-anchor="middle">{short(x)}</text>')
    for y in ticks(heat.ys[0], heat.ys[-1]):
        out.append(f'<text class="tick" x="{LEFT - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{short(y)}</text>')
    out.append(f'<text class="name" x="{LEFT}" y="{TOP - 8}">{escape(heat.y)} over {escape(heat.x)}</text>')
    shown = f"{short(low)} dark, {short(high)} light"
    out.append(f'<text class="tick" x="{right}" y="{TOP - 8}" text-anchor="end">{shown}</text>')
    out.append(f'<circle class="point here" cx="{x_of(heat.point[0]):.1f}" cy="{y_of(heat.point[1]):.1f}" r="5"/>')
    said = f"Map of the value over {heat.x} and {heat.y}: from {low:.4g} to {high:.4g}"
    return _svg(right + RIGHT, bottom + BOTTOM, said, out)


def _arrow(x_of: _Scale, y_of: _Scale, heat: Heat, arrow: tuple[float, float, float, float]) -> str:
    """A short line from a dot in the direction of the gradient; longer where that is steeper, up to a bound."""
    x, y, dx, dy = arrow
    u, v = dx * SQUARE / float(heat.xs[-1] - heat.xs[0]), -dy * SQUARE / float(heat.ys[-1] - heat.ys[0])
    size = float(np.hypot(u, v))
    if not np.isfinite(size) or size == 0:
        return ""
    typical = float(np.median([np.hypot(a[2], a[3]) for a in heat.arrows])) or 1.0
    reach = 16 * float(np.tanh(np.hypot(dx, dy) / typical))
    a, b = x_of(x), y_of(y)
    return (
        f'<g class="arrow"><path d="M{a:.1f} {b:.1f}l{u / size * reach:.1f} {v / size * reach:.1f}"/>'
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.6"/></g>'
    )


# --------------------------------------------------------------------------------------------------------------- parts


@dataclass(frozen=True)
class _Scale:
    low: float
    factor: float
    start: float

    def __call__(self, x: float) -> float:
        return self.start + (x - self.low) * self.factor


def _scale(low: float, high: float, start: float, end: float) -> _Scale:
    return _Scale(float(low), (end - start) / (float(high) - float(low)), start)


def _svg(width: float, height: float, said: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(said)}">{"".join(parts)}</svg>'
    )


def short(x: float) -> str:
    """A number in four digits, with a real minus."""
    return f"{x:.4g}".replace("-", "−")


def _coloured(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Colours, as bytes; grey where there is no number."""
    scaled = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    anchors = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(np.nan_to_num(scaled), anchors, [c[k] for c in _COLOURS]) for k in range(3)]
    found = np.stack(channels, axis=-1)
    found[~np.isfinite(values)] = 128
    return found.astype(np.uint8)


def _png(pixels: np.ndarray) -> str:
    """An image in base 64 (PNG, RFC 2083: header, one compressed block, end)."""
    height, width, _ = pixels.shape
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw, 6)),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
