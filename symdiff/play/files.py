"""The files of the page, and what the browser may load for it."""

from __future__ import annotations

import base64
import re
from functools import cache
from hashlib import sha256
from importlib.resources import files

from symdiff.render.page import PAGE

_NAMES = "index.html style.css main.js editor.js inputs.js output.js colour.js link.js examples.json icon.svg"
SHARED = tuple(_NAMES.split())
FILES = (*SHARED, "bridge.js")  # which asks the server


def read(name: str) -> bytes:
    """A file of the page."""
    return (files("symdiff.play") / "page" / name).read_bytes()


@cache
def policy(*more: str) -> str:
    """The content security policy: only files from where the page is, no script but those and that of pictures.

    Args:
        *more: further sources of scripts.
    """
    script = re.search(r"<script>(.*?)</script>", PAGE, re.S)
    assert script is not None
    digest = base64.b64encode(sha256(script[1].encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", f"'sha256-{digest}'", *more)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            " ".join(("connect-src 'self'", *(word for word in more if word.startswith("http")))),
            "worker-src 'self'",
            "frame-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
