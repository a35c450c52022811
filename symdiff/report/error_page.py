"""A page on an error: what its code stands for."""

from __future__ import annotations

from typing import NamedTuple


class ErrorPage(NamedTuple):
    """What there is to say of an error.

    Attributes:
        code: as in the note below the error.
        title: what is wrong, in a few words.
        cause: how it comes about.
        cure: what to do.
        example: Python that raises it, with `np` and `sd` imported; the last statement does.
    """

    code: str
    title: str
    cause: str
    cure: str
    example: str
