"""Functions of thousands of numbers, in parts: compilers take time that grows with the square of a function's length.

What one part computes and another one reads is held in an array.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

INDENT = "    "
LONGEST = 1000  # statements that are compiled as one function
PART = 250  # statements of a part
MADE = re.compile(r"const (?:double|bool) (\w+) = .*;")  # a double holds either, and says the same
CHECK, RETURNED = re.compile(r"if \(.*\)"), re.compile(r" +return \d+;")
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
    """The lines of a body, in parts; None if it is short, or if it is more than numbers, and checks of them.

    Args:
        lines: of the body, not indented.
        parameters: of the function, by name.
        new: a name that nothing has yet, like the one that it is given.
        name: of the function.
    """
    found = [MADE.fullmatch(line) for line in lines]
    made = {match[1]: k for k, match in enumerate(found) if match}
    checks = [k for k, line in enumerate(lines[:-1]) if CHECK.fullmatch(line) and RETURNED.fullmatch(lines[k + 1])]
    others = {*checks, *(k + 1 for k in checks)}
    if len(lines) <= LONGEST or not all(
        match or STORED.fullmatch(line) or k in others for k, (match, line) in enumerate(zip(found, lines, strict=True))
    ):
        return None
    words = [dict.fromkeys(WORD.findall(line)) for line in lines]
    chunks = list(_chunks(len(lines), checks))
    place: dict[str, int] = {}
    for chunk in chunks:
        for word in (word for k in chunk for word in words[k]):
            if word in made and (made[word] not in chunk or chunk.start in others):
                place.setdefault(word, len(place))
    held = new("held")
    functions, body = {}, []
    for chunk in chunks:
        if chunk.start in others:  # the caller returns what is wrong
            body += [WORD.sub(lambda x: f"{held}[{place[x[0]]}]" if x[0] in made else x[0], lines[k]) for k in chunk]
            continue
        names = dict.fromkeys(word for k in chunk for word in words[k])
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


def _chunks(total: int, checks: Sequence[int]) -> Iterator[range]:
    """The lines of each part, and of each check between them."""
    start = 0
    for end in (*checks, total):
        yield from (range(k, min(k + PART, end)) for k in range(start, end, PART))
        start = end + 2
        if end < total:
            yield range(end, start)
