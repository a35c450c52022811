"""What a loop may hold for the way back: the words for it, which name what `symdiff.control.memory` does."""

from __future__ import annotations

from typing import Any, Literal, get_args

from symdiff.errors import ArgumentError, did_you_mean

Memory = Literal["keep", "recompute", "sqrt"]


def check_memory(memory: Any) -> None:
    """Raises ArgumentError for what is none of the policies."""
    words = get_args(Memory)
    if not isinstance(memory, str) or memory not in words:
        meant = did_you_mean(memory, words, ", ".join(f'"{word}"' for word in words))
        raise ArgumentError(f"memory is {memory!r:.40}", help=meant)
