"""Pictures shown at once: in the notebook that asks, or as a page in the browser."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path


def show(name: str, picture: str, page: Callable[[], str]) -> Path | None:
    """Shows a picture.

    Args:
        name: what it is of, for the name of the file.
        picture: as SVG, for a notebook.
        page: makes the page.

    Returns:
        the page's file, in the system's folder for temporary files; None in a notebook.
    """
    if "ipykernel" in sys.modules:
        from IPython.display import HTML, display  # noqa: PLC0415 (is there where its kernel is)

        display(HTML(f'<div style="overflow:auto">{picture}</div>'))
        return None
    with tempfile.NamedTemporaryFile(
        "w", suffix=".html", prefix=f"symdiff-{name}-", delete=False, encoding="utf-8"
    ) as file:
        file.write(page())
    webbrowser.open(Path(file.name).as_uri())
    return Path(file.name)
