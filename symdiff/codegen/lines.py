"""Lines of generated source with their comments, aligned."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from symdiff.codegen.printed import INDENT
from symdiff.graph.node import Node

LONGEST_WITH_COMMENT = 106
WIDTH = 94  # of the rows of a list
FEWEST = 4  # commas of a list that may take several lines
MOST_NAMES = 8  # elements of an argument that are read in one line
ELEMENT = re.compile(r"([A-Za-z]\w*) = (float\()?([A-Za-z]\w*)\[(\d+)\](\)?)$")

Read = tuple[int, str, bool]  # the line that reads an element, its variable, whether it is made a Python float


@dataclass
class Line:
    """A line of code, and what stands behind ``#``.

    Attributes:
        makes: empty arrays that a loop fills anew whenever it runs: a loop around it makes them once, if it may.
        unless_read: a variable without which the line is of no use: if nothing else reads it, the line is left out.
    """

    code: str
    comment: str = ""
    unless_read: str = ""
    makes: str = ""


def layout(lines: list[Line]) -> list[str]:
    """Aligns the comments of a block: at one column, unless the line is longer."""
    lines = _without_unread(_without_copies(lines))
    widths = [len(line.code) for line in lines if line.comment]
    column = min(max(widths, default=0), 48)
    return [text for line in lines for text in _laid_out(line, column)]


def defaults(counts: Iterable[str], lines: Sequence[Line]) -> list[Line]:
    """Lines that set counts of steps to zero which a branch sets, where something elsewhere has that length.

    Zeros are as long as the steps of a loop are many, and depend on nothing that the loop computes: they may be made
    before it, or where the branch that it is in is not taken.
    """
    return [Line(f"{name} = 0", unless_read=name) for name in counts if _is_read_elsewhere(name, lines)]


def _is_read_elsewhere(name: str, lines: Sequence[Line]) -> bool:
    """Whether a line reads a variable that stands in no block in which it was set before."""
    word, block = re.compile(rf"\b{name}\b"), None
    for line in lines:
        margin = len(line.code) - len(line.code.lstrip())
        if block is not None and margin < block:
            block = None
        if block is None and line.code.lstrip().startswith(f"{name} = "):
            block = margin
        if block is None and word.search(line.code):
            return True
    return False


COPY = re.compile(r"( *)([a-z]\w*) = ([a-z]\w*)$")


def _without_copies(lines: list[Line]) -> list[Line]:
    """Lines that read an integer by its first name, where another one is only that: ``steps = i``.

    It has that name up to the end of its block, or where that sets it once more. Where a block within sets either of
    both names, it keeps its own.
    """
    lines = list(lines)
    for k, line in enumerate(lines):
        copy = COPY.match(line.code) if line.unless_read else None
        if copy is None:
            continue
        margin, name, first = copy.groups()
        block = _behind(lines, k, margin, name)
        if any(lines[j].code.lstrip().startswith((f"{name} = ", f"{first} = ")) for j in block):
            continue
        word = re.compile(rf"\b{name}\b")
        for j in block:
            code, comment = (word.sub(first, text) for text in (lines[j].code, lines[j].comment))
            lines[j] = replace(lines[j], code=code, comment=comment)
    return lines


def _behind(lines: Sequence[Line], k: int, margin: str, name: str) -> list[int]:
    """The places of the lines behind line `k` up to the end of its block, or to where that sets the name anew."""
    found = []
    for j in range(k + 1, len(lines)):
        if not lines[j].code.startswith(margin) or lines[j].code.startswith(f"{margin}{name} = "):
            break
        found.append(j)
    return found


def _without_unread(lines: list[Line]) -> list[Line]:
    """The lines without those of which no other one that is left reads what they are there for."""
    if not any(line.unless_read for line in lines):
        return lines
    read = _words(line for line in lines if not line.unless_read)
    while True:
        left = [line for line in lines if not line.unless_read or line.unless_read in read]
        more = _words(line for line in left if line.unless_read) - read
        if not more:
            return left
        read |= more


def _words(lines: Iterable[Line]) -> set[str]:
    """The names that lines read, or that parts of lines set; of those that set one, what they set it to."""
    codes = (line.code.partition(" = ")[2] if line.unless_read else line.code for line in lines)
    return set(re.findall(r"\w+", "\n".join(codes)))


def _laid_out(line: Line, column: int) -> list[str]:
    first, *rest = wrapped(line.code)
    return [_commented(Line(first, line.comment), column), *rest]


def wrapped(code: str) -> list[str]:
    """A line that is too long for the page as several, if a list in it is long; items keep their order.

    >>> print("\\n".join(wrapped("x = np.array([" + ", ".join(f"d_x_{k}" for k in range(16)) + "])")))
    x = np.array([
        d_x_0, d_x_1, d_x_2, d_x_3, d_x_4, d_x_5, d_x_6, d_x_7, d_x_8, d_x_9, d_x_10, d_x_11, d_x_12,
        d_x_13, d_x_14, d_x_15,
    ])
    """
    if len(code) <= LONGEST_WITH_COMMENT:
        return [code]
    start, commas, stop = max(_brackets(code), key=lambda found: (len(found[1]), -found[0]), default=(0, [], 0))
    if len(commas) < FEWEST:
        return [code]
    edges = [start, *commas, stop]
    items = [code[i + 1 : k].strip() + "," for i, k in pairwise(edges)]
    text = textwrap.fill(
        "\0".join(items).replace(" ", "\1").replace("\0", " "), WIDTH, break_long_words=False, break_on_hyphens=False
    )
    margin = _margin(code) + INDENT
    body = [f"{margin}{row}" for row in text.replace("\1", " ").splitlines()]
    return [*_head(code[: start + 1]), *body, margin.removesuffix(INDENT) + code[stop:]]


def _head(code: str) -> list[str]:
    """What stands before a list that takes several lines: of a ``for`` over many lists, its variables do, too."""
    names, among, rest = code.partition(" in ")
    if len(code) <= LONGEST_WITH_COMMENT or not among or not names.lstrip().startswith("for ") or "(" in names:
        return [code]
    return [*wrapped(f"{names.replace('for ', 'for (', 1)}) in {rest[:-1]}")[:-1], f"{_margin(code)}) in {rest}"]


def _margin(code: str) -> str:
    return code[: len(code) - len(code.lstrip())]


def _brackets(code: str) -> Iterator[tuple[int, list[int], int]]:
    """Every pair of brackets: where it opens, the commas directly in it, and where it closes."""
    stack: list[tuple[int, list[int]]] = []
    for token in re.finditer(r"'[^']*'|\"[^\"]*\"|[\[\](){},]", code):
        if token[0] in "([{":
            stack.append((token.start(), []))
        elif token[0] == "," and stack:
            stack[-1][1].append(token.start())
        elif token[0] in ")]}":
            start, commas = stack.pop()
            yield start, commas, token.start()


def _commented(line: Line, column: int) -> str:
    """The line and its comment, which is cut to the type where it would run off the page."""
    if not line.comment:
        return line.code
    code = line.code.ljust(column)
    comment = line.comment if len(code) + len(line.comment) + 4 <= LONGEST_WITH_COMMENT else line.comment.split("  ")[0]
    return f"{code}  # {comment}" if not comment.startswith("from") or comment == line.comment else line.code


# ------------------------------------------------------------------------------------------ arguments taken apart


def read_at_once(lines: Sequence[Line], arguments: Sequence[Node]) -> list[Line]:
    """Lines that read all elements of an argument, each once and all in one way, as one: ``a, b, c = theta``.

    Args:
        lines: those of a function.
        arguments: what it is given.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x = variable("x", Aval("float64", (2,)))
    >>> [line.code for line in read_at_once([Line("a = x[0]"), Line("s = a + 1"), Line("b = x[1]")], [x])]
    ['a, b = x', 's = a + 1']
    """
    lengths = {x.name or "": x.shape[0] for x in arguments if x.ndim == 1 and isinstance(x.shape[0], int)}
    found: dict[str, dict[int, Read]] = {}
    twice = set[str]()
    for at, line in enumerate(lines):
        element = ELEMENT.match(line.code)
        if element is None or not 1 < lengths.get(element[3], 0) <= MOST_NAMES or line.unless_read:
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
