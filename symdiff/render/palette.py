"""Colours: blue, green and vermilion, which colour-blind readers tell apart (Okabe and Ito); outlines differ too."""

from __future__ import annotations

STYLE = "@PICTURE"  # stands for the selector of the picture

_LIGHT = {
    "paper": "#ffffff", "ink": "#1d2733", "muted": "#5d6975", "faint": "#9aa5b1",
    "forward": "#1f65ad", "forward-fill": "#eaf3fc", "input": "#0a7350", "input-fill": "#e5f6ee",
    "derivative": "#b8480a", "derivative-fill": "#fdf0e6", "reads": "#6f6290",
    "value": "#0a7350", "gradient": "#b8222a", "marked": "#d4155b", "edge": "#dfe4e9",
}  # fmt: skip
_DARK = {
    "paper": "#12161b", "ink": "#e7ecf2", "muted": "#a3afbb", "faint": "#66727f",
    "forward": "#6db3f5", "forward-fill": "#142636", "input": "#54c796", "input-fill": "#122b21",
    "derivative": "#f29a5e", "derivative-fill": "#33200f", "reads": "#b3a4d9",
    "value": "#5fd3a1", "gradient": "#ff8a85", "marked": "#ff6fa3", "edge": "#2a323b",
}  # fmt: skip

_SHAPES = """
{s} text{{font-size:10px;text-anchor:middle}}
{s} .sign{{font-size:14px;font-weight:600}}
{s} .name,{s} .value,{s} .gradient{{font-size:11px}}
{s} .first{{font-weight:600}}
{s} .title{{font-size:15px;font-weight:600;text-anchor:start}}
{s} .note{{font-size:11px;text-anchor:end}}
{s} .key{{text-anchor:start}}
{s} .gate{{font-style:italic}}
{s} .box path,{s} .box rect{{stroke-width:1.4}}
{s} .box .inner{{fill:none;stroke-width:1}}
{s} .box .halo{{fill:none;stroke-width:3}}
{s} .constant rect{{stroke-dasharray:3 2}}
{s} .wire path{{fill:none;stroke-width:1.4}}
{s} .wire.reads path{{stroke-dasharray:5 3}}
{s} .wire .tip{{stroke:none}}
"""
_COLOURS = """
{s} .paper{{fill:{paper}}}
{s} text{{fill:{muted}}}
{s} .sign,{s} .first,{s} .title{{fill:{ink}}}
{s} .value{{fill:{value}}}
{s} .gradient{{fill:{gradient}}}
{s} .forward path,{s} .forward rect{{fill:{forward-fill};stroke:{forward}}}
{s} .input path,{s} .input rect{{fill:{input-fill};stroke:{input}}}
{s} .derivative path,{s} .derivative rect{{fill:{derivative-fill};stroke:{derivative}}}
{s} .constant rect{{fill:{paper};stroke:{faint}}}
{s} .box .inner{{fill:none}}
{s} .box .halo{{fill:none;stroke:{marked}}}
{s} .flow path{{stroke:{forward}}}
{s} .flow .tip{{fill:{forward}}}
{s} .back path{{stroke:{derivative}}}
{s} .back .tip{{fill:{derivative}}}
{s} .reads path{{stroke:{reads}}}
{s} .reads .tip{{fill:{reads}}}
"""


DARK_PAGES = ('[data-jp-theme-light="false"]', ".vscode-dark", '[data-theme="dark"]', '[data-md-color-scheme="slate"]')
_FOLLOWS = "color:light-dark(red,red)"  # what browsers know that can follow the page around a picture


def style_sheet(theme: str) -> str:
    """The rules for a theme; ``auto`` follows the page around the picture, or the reader's screen if it stands alone.

    What is around says so by ``color-scheme``, or, of notebooks and documentation, by its own marks.
    """
    shapes, light = _rules(_SHAPES, {}), _rules(_COLOURS, _LIGHT)
    if theme != "auto":
        return shapes + (_rules(_COLOURS, _DARK) if theme == "dark" else light)
    both = _rules(_COLOURS, {name: f"light-dark({_LIGHT[name]},{_DARK[name]})" for name in _LIGHT})
    dark = ",".join(f"{page} {STYLE}" for page in DARK_PAGES)
    return (
        f"{shapes}{light}{STYLE}:root{{color-scheme:light dark}}\n{dark}{{color-scheme:dark}}\n"
        f"@supports ({_FOLLOWS}){{{both}}}"
    )


def _rules(template: str, palette: dict[str, str]) -> str:
    lines = []
    for line in template.strip().splitlines():
        text = line
        for name, colour in palette.items():
            text = text.replace("{" + name + "}", colour)
        lines.append(text.replace("{{", "{").replace("}}", "}").replace("{s}", STYLE))
    return "\n".join(lines) + "\n"


def colour(name: str, theme: str = "light") -> str:
    """A colour by its name."""
    return (_DARK if theme == "dark" else _LIGHT)[name]


def page_colours(theme: str) -> str:
    """The colours as variables, for the page around a picture."""
    light, dark = (_variables(palette) for palette in (_LIGHT, _DARK))
    if theme == "light":
        return f":root{{color-scheme:light;{light}}}"
    if theme == "dark":
        return f":root{{color-scheme:dark;{dark}}}"
    return f":root{{color-scheme:light dark;{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _variables(palette: dict[str, str]) -> str:
    names = {
        "paper": "paper",
        "ink": "ink",
        "muted": "muted",
        "panel": "forward-fill",
        "focus": "forward",
        "line": "faint",
        "edge": "edge",
    }
    return ";".join(f"--{name}:{palette[key]}" for name, key in names.items())
