"""What a solver or a search of SciPy's returns, of which a part is known."""

from __future__ import annotations

from typing import Any

from symdiff.errors import UnsupportedError


class Found:
    """What was found; what else SciPy's results say is refused.

    Args:
        **found: by name.
    """

    success, status, message = True, 0, "differentiated by the equation that it solves"

    def __init__(self, **found: Any) -> None:
        vars(self).update(found)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"{name} of a solution that is differentiated", help=f"it has {', '.join(vars(self))}")

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)
