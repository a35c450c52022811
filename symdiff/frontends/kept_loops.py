"""Which loops of a function are to be kept: what a user may say of it."""

from typing import Literal

Loops = Literal["auto", "keep", "unroll"] | int
WORDS = ("auto", "keep", "unroll")
