"""How wide a text is, without asking the machine for its fonts.

The widths are those of DejaVu Sans, in thousandths of the font size, rounded up to 20. Verdana is as wide; Helvetica,
Arial, Roboto and Segoe are narrower. A box that is made by this table therefore holds its text in any of them, and
the same graph gives the same picture on every machine.
"""

from __future__ import annotations

FAMILY = "Helvetica Neue, Helvetica, Arial, Roboto, Segoe UI, DejaVu Sans, Verdana, sans-serif"
BOLD = 1.14

_BY_WIDTH = {
    280: "'ijl", 300: "IJ", 320: " ,.·", 340: "/:;\\|", 360: "f", 380: "-", 400: "()[]tᵀ", 420: "!r²³¹⁴⁵⁶⁷⁸⁹⁰⁻",
    460: '"', 500: "*_`–", 540: "?sz", 560: "Lc", 580: "Fk", 600: "vxy", 620: "PTYaeo",
    640: "$0123456789ESbdghnpqu{}σ√Σμλπ", 660: "K", 700: "ABCRVXZ∂∇", 740: "U", 760: "HNΠ", 780: "&DG", 800: "OQ",
    820: "w", 840: "#+<=>^~×−÷≤≥≠←→", 880: "M", 960: "%", 980: "m",
}  # fmt: skip
_WIDTH = {character: width for width, characters in _BY_WIDTH.items() for character in characters}


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of `text` in pixels; what the table does not know counts as a square.

    >>> text_width("loss", 10)
    19.8
    """
    width = sum(_WIDTH.get(character, 1000) for character in text) * size / 1000
    return round(width * BOLD if bold else width, 2)


def shorten(text: str, most: int) -> str:
    """`text` with an ellipsis in its middle if it has more than `most` characters."""
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
