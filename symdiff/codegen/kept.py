"""Files that are made once on a machine: in ``$XDG_CACHE_HOME/symdiff``, or ``~/.cache/symdiff``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The file called `name`, which `make` writes, into another one, if it is not there: what others see is whole."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symdiff"
    path = root / name
    if not path.exists():
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as folder:
            made = Path(folder) / name
            make(made)
            made.replace(path)
    return path
