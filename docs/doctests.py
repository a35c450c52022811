"""An extension of Griffe, which reads docstrings: their examples are blocks of code, as they stand."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.M)


class Doctests(Extension):
    """Puts fences around what begins with ``>>>``; a blank line ends it."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Changes the docstring of what was read."""
        if obj.docstring is not None and ">>> " in obj.docstring.value:
            obj.docstring.value = _EXAMPLE.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
