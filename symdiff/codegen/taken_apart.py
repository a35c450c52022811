"""Arguments that are taken apart: ``a, b, c = theta``, not three lines that read an element each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symdiff.codegen.lines import Line
from symdiff.graph.node import Node

MOST = 8  # elements that are named in one line
ELEMENT = re.compile(r"([A-Za-z]\w*) = (float\()?([A-Za-z]\w*)\[(\d+)\](\)?)$")

Read = tuple[int, str, bool]  # the line that reads an element, its variable, whether it is made a Python float


def taken_apart(lines: Sequence[Line], arguments: Sequence[Node]) -> list[Line]:
    """Lines that read all elements of an argument, each once and all in one way, as one line.

    Args:
        lines: those of a function.
        arguments: what it is given.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x = variable("x", Aval("float64", (2,)))
    >>> [line.code for line in taken_apart([Line("a = x[0]"), Line("s = a + 1"), Line("b = x[1]")], [x])]
    ['a, b = x', 's = a + 1']
    """
    lengths = {x.name or "": x.shape[0] for x in arguments if x.ndim == 1 and isinstance(x.shape[0], int)}
    found: dict[str, dict[int, Read]] = {}
    twice = set[str]()
    for at, line in enumerate(lines):
        element = ELEMENT.match(line.code)
        if element is None or not 1 < lengths.get(element[3], 0) <= MOST or line.unless_read:
            continue
        reads, k = found.setdefault(element[3], {}), int(element[4])
        twice.update([element[3]] if k in reads else ())
        reads[k] = at, element[1], bool(element[2])
    new: dict[int, Line | None] = {}
    for array, reads in found.items():
        if array not in twice and len(reads) == lengths[array] and _may_be_read_together(lines, list(reads.values())):
            new |= dict.fromkeys(at for at, _, _ in reads.values())
            names = ", ".join(reads[k][1] for k in sorted(reads))
            first = lines[min(at for at, _, _ in reads.values())]
            value = f"{array}.tolist()" if reads[0][2] else array
            new[min(at for at, _, _ in reads.values())] = replace(first, code=f"{names} = {value}")
    return [x for x in (new.get(at, line) for at, line in enumerate(lines)) if x is not None]


def _may_be_read_together(lines: Sequence[Line], reads: Sequence[Read]) -> bool:
    """Whether all are read alike, and nothing between the first one and each other has that one's variable."""
    first = min(at for at, _, _ in reads)
    if len({name for _, name, _ in reads}) < len(reads) or len({is_float for _, _, is_float in reads}) > 1:
        return False
    return not any(re.search(rf"\b{name}\b", line.code) for at, name, _ in reads for line in lines[first:at])
