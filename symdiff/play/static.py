"""The page as a static site: the same files, and symdiff itself, which Pyodide runs in the browser.

Pyodide (Python for WebAssembly) and NumPy are not part of it: the site takes them from a folder beside it, or from
another address. Nothing is sent to anybody, and Python functions are not run: the page's own origin is at stake.
"""

from __future__ import annotations

import io
import zipfile
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from symdiff._version import __version__
from symdiff.codegen.module import MARK
from symdiff.errors import ArgumentError, OutputError
from symdiff.play.files import SHARED, policy, read

PACKAGE = "symdiff.zip"
BESIDE = ("pyodide-worker.js",)
BRIDGE = "pyodide-bridge.js"  # which is called bridge.js there
MARKED = "index.html"  # by which a site of ours is known


def write_site(folder: Path, pyodide: str = "pyodide/", *, force: bool = False) -> list[Path]:
    """Writes the site.

    Args:
        folder: where to; it is made if it is not there.
        pyodide: where the site finds Pyodide: a folder beside it, or an address that begins with https.
        force: overwrite a page that symdiff did not write.

    Returns:
        the files.

    Raises:
        ArgumentError: if `pyodide` is no such place.
        OutputError: if a file cannot be written, or there is a page of somebody else's.
    """
    base = _checked(pyodide)
    texts = {name: read(name) for name in (*SHARED, *BESIDE)}
    texts["bridge.js"] = read(BRIDGE)
    texts["pyodide-worker.js"] = texts["pyodide-worker.js"].replace(b"@PYODIDE@", base.encode())
    texts[MARKED] = _with_policy(texts[MARKED].decode(), base).encode()
    texts[PACKAGE] = package()
    page = folder / MARKED
    try:
        if page.exists() and not force and f"{MARK} " not in page.read_text(encoding="utf-8", errors="replace")[:500]:
            raise OutputError(
                f"{page} exists, and symdiff did not write it", help="choose another folder, or --force", code="SD901"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in texts.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {error.filename or folder}: {error.strerror or error}") from None
    return [folder / name for name in texts]


def package() -> bytes:
    """symdiff as an archive that Pyodide unpacks: its modules, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        todo: list[tuple[str, Traversable]] = [("symdiff", files("symdiff"))]
        while todo:
            name, item = todo.pop()
            if item.is_dir() and item.name != "__pycache__":
                todo += sorted(((f"{name}/{each.name}", each) for each in item.iterdir()), key=lambda pair: pair[0])
            elif name.endswith(".py"):
                archive.writestr(zipfile.ZipInfo(name), item.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _checked(place: str) -> str:
    """The place, with a slash at its end; what could end a text of the script, or a policy, is refused."""
    found = place if place.endswith("/") else f"{place}/"
    parts = urlsplit(found)
    if parts.scheme not in ("", "https") or set(found) & set("\"'\\<>`;, \n$") or found.startswith("//"):
        raise ArgumentError(f"--pyodide {place!r} is no place to load from", help="a folder, or https://…")
    return found


def _with_policy(page: str, base: str) -> str:
    """The page with the policy that a server would send, as far as a page can say it itself."""
    origin = [urljoin(base, "/").rstrip("/")] if base.startswith("https:") else []
    said = policy("'wasm-unsafe-eval'", *origin).replace("; frame-ancestors 'none'", "")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(said)}">'
    mark = f"<!-- {MARK} {__version__} -->"
    return page.replace('<meta charset="utf-8">', f'{mark}\n<meta charset="utf-8">\n{meta}', 1)
