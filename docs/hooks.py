"""What MkDocs needs beyond the pages: the gallery, the pages on errors, and what pages draw when they run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mkdocs.structure.files import File, Files  # noqa: E402

from docs.codes import FOLDER, PAGES, page  # noqa: E402
from docs.pages import draws, inside, run  # noqa: E402
from examples.gallery import pages  # noqa: E402


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages on errors, and the pictures; a page that does not run stops the build."""
    for code in PAGES:
        files.append(File.generated(config, f"{FOLDER}/{code}.md", content=page(code)))
    for path in sorted((ROOT / "examples" / "gallery").glob("*.svg")):
        files.append(File.generated(config, f"gallery/{path.name}", content=path.read_bytes()))
    for name, text in pages():
        files.append(File.generated(config, f"gallery/{name}.html", content=text))
    for each in files.documentation_pages():
        if draws(each.content_string):
            for name, picture in pictures(each.content_string, each.src_uri).items():
                place = (Path(each.src_uri).parent / name).as_posix()
                files.append(File.generated(config, place, content=picture))
    return files


def pictures(text: str, name: str) -> dict[str, bytes]:
    """The pictures that a page draws."""
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder)):
        run(text, name)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.svg"))}
