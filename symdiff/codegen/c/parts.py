"""Functions of thousands of numbers, in parts: compilers take time that grows with the square of a function's length.

What one part computes and another one reads is held in an array.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

INDENT = "    "
LONGEST = 1000  # statements that are compiled as one function
PART = 250  # statements of a part
MADE = re.compile(r"const (?:double|bool) (\w+) = .*;")  # a double holds either, and says the same
STORED = re.compile(r"\*?\w+ = .*;")
WORD = re.compile(r"[A-Za-z_]\w*")


class Parts(NamedTuple):
    """A function in parts.

    Attributes:
        functions: the text of each part, by its name.
        body: the lines that call them.
        name: of the array that holds what goes from one part to another.
        held: how many numbers that are.
    """

    functions: dict[str, str]
    body: list[str]
    name: str
    held: int


def in_parts(lines: Sequence[str], parameters: Mapping[str, str], new: Callable[[str], str], name: str) -> Parts | None:
    """The lines of a body, in parts; None if it is short, or if it is more than numbers.

    Args:
        lines: of the body, not indented.
        parameters: of the function, by name.
        new: a name that nothing has yet, like the one that it is given.
        name: of the function.
    """
    found = [MADE.fullmatch(line) for line in lines]
    made = {match[1]: k for k, match in enumerate(found) if match}
    if len(lines) <= LONGEST or not all(
        match or STORED.fullmatch(line) for match, line in zip(found, lines, strict=True)
    ):
        return None
    words = [dict.fromkeys(WORD.findall(line)) for line in lines]
    chunks = [range(k, min(k + PART, len(lines))) for k in range(0, len(lines), PART)]
    read = [dict.fromkeys(word for k in chunk for word in words[k]) for chunk in chunks]
    place: dict[str, int] = {}
    for chunk, names in zip(chunks, read, strict=True):
        for word in names:
            if word in made and made[word] not in chunk:
                place.setdefault(word, len(place))
    held = new("held")
    functions, body = {}, []
    for chunk, names in zip(chunks, read, strict=True):
        given = [x for x in parameters if x in names]
        texts = [*(parameters[x] for x in given), f"double *restrict {held}"]
        part = [
            *(f"const double {x} = {held}[{place[x]}];" for x in names if made.get(x, chunk.start) not in chunk),
            *lines[chunk.start : chunk.stop],
            *(f"{held}[{place[x]}] = {x};" for x in names if x in place and made[x] in chunk),
        ]
        own = new(f"{name}_part")
        head = f"static void {own}({', '.join(texts)})"
        functions[own] = "\n".join([head, "{", *(INDENT + line for line in part), "}"])
        body.append(f"{own}({', '.join([*given, held])});")
    return Parts(functions, body, held, len(place))
