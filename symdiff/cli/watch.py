"""``symdiff regenerate --watch``: looks at files until it is interrupted, and makes others again when they change."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from importlib.util import cache_from_source
from pathlib import Path

from symdiff.cli.commands import Result
from symdiff.errors import ArgumentError

LOOK = 0.3  # seconds between two looks


def watch(paths: Sequence[str], sources: Collection[Path]) -> Result:
    """Makes the generated files in `paths` again whenever one of `sources` changes; each time in a new process.

    Raises:
        ArgumentError: if there is nothing to look at.
    """
    if not sources:
        raise ArgumentError(
            "there is nothing to watch: no file here is made from another one",
            help="symdiff grad model.py:loss -o loss_grad.py writes such a file",
        )
    print(f"watching {', '.join(sorted(map(str, sources)))}; Ctrl-C ends it", flush=True)  # noqa: T201
    seen: dict[Path, float] = {}
    try:
        while True:
            now = {source: _changed(source) for source in sources}
            if now != seen:
                for source in sources:
                    if now[source] != seen.get(source):
                        forget_bytecode(source)
                seen = now
                subprocess.run([sys.executable, "-m", "symdiff.cli", "regenerate", "--", *paths], check=False)  # noqa: S603
            time.sleep(LOOK)
    except KeyboardInterrupt:
        return Result("")


def forget_bytecode(source: Path) -> None:
    """Removes what Python keeps of a module: it tells versions apart by second and length, and may take an old one."""
    if source.suffix == ".py":
        Path(cache_from_source(str(source))).unlink(missing_ok=True)


def _changed(source: Path) -> float:
    """When a file was written; 0 while an editor is replacing it."""
    try:
        return source.stat().st_mtime_ns
    except OSError:
        return 0.0
