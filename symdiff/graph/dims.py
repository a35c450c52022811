"""Lengths of axes: integers, or integer polynomials over names such as ``n``, ``n*d``, ``n - 1``.

A constant polynomial is a plain ``int``, so most code never meets a `Length`. Two lengths are equal exactly if their
polynomials are: ``n`` and ``m`` are different lengths, whatever values they take later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import count
from math import prod
from typing import Any, Union

from symdiff.errors import LimitError, ShapeError

Monomial = tuple[str, ...]  # sorted names, repeated for powers; () is the constant term
Dim = Union[int, "Length"]
Shape = tuple[Dim, ...]
MOST_FACTORS = 16  # names in one product
NOMINAL = 100  # what a length counts that is a name, where costs are compared


class Length:
    """A non-constant integer polynomial over names. Build with `length`, `parse_dim`, or arithmetic.

    >>> n = length("n")
    >>> (n + 1) * 2 - 2
    2*n
    >>> n - n
    0
    """

    __slots__ = ("terms",)
    terms: tuple[tuple[Monomial, int], ...]

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        self.terms = terms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Length) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __add__(self, other: Dim) -> Dim:
        return _build([*self.terms, *_terms(other)])

    def __sub__(self, other: Dim) -> Dim:
        return self + (-1) * other

    def __rsub__(self, other: int) -> Dim:
        return (-1) * self + other

    def __mul__(self, other: Dim) -> Dim:
        return _build((tuple(sorted(a + b)), p * q) for a, p in self.terms for b, q in _terms(other))

    def __neg__(self) -> Dim:
        return -1 * self

    __radd__ = __add__
    __rmul__ = __mul__

    def names(self) -> set[str]:
        """The names that occur."""
        return {name for monomial, _ in self.terms for name in monomial}

    def __repr__(self) -> str:
        text = ""
        for monomial, factor in self.terms:
            size, body = abs(factor), "*".join(monomial)
            term = body if body and size == 1 else f"{size}*{body}" if body else str(size)
            sign = "-" if factor < 0 else "+" if text else ""
            text += sign + term
        return text


def plain_lengths(value: Any) -> Any:
    """`value`, tuples of which may hold lengths of a kind that is equal to plain ones and computes otherwise.

    What is interned outlives who made it, and serves everybody.
    """
    if isinstance(value, tuple):
        items = tuple(map(plain_lengths, value))
        if all(a is b for a, b in zip(items, value, strict=True)):
            return value
        return items if type(value) is tuple else type(value)(*items)
    return Length(value.terms) if isinstance(value, Length) and type(value) is not Length else value


def lengths_in(value: Any) -> list[Length]:
    """The lengths with names among parameters, which may be tuples of tuples.

    >>> lengths_in(((length("n"), 2), (length("m") + 1,)))
    [n, m+1]
    """
    if isinstance(value, Length):
        return [value]
    return [n for part in value for n in lengths_in(part)] if isinstance(value, (tuple, list)) else []


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    return dim.terms if isinstance(dim, Length) else (((), dim),)


def _build(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    total: dict[Monomial, int] = {}
    for monomial, factor in terms:
        total[monomial] = total.get(monomial, 0) + factor
    # Highest degree first, then by name: the order in which one writes n*d + n - 1.
    if any(len(m) > MOST_FACTORS or abs(f) >= 2**63 for m, f in total.items()):
        raise LimitError("a length grows beyond what a machine can index")
    kept = tuple(sorted(((m, f) for m, f in total.items() if f), key=lambda t: (-len(t[0]), t[0])))
    if not kept:
        return 0
    if len(kept) == 1 and not kept[0][0]:
        return kept[0][1]
    return Length(kept)


def length(name: str) -> Length:
    """The length called `name`."""
    return Length((((name,), 1),))


COUNTED = "steps__"  # what the names of lengths begin with that a loop counts
_counted = count(1)


def counted(within: tuple[int, int] | None = None) -> Length:
    """A length of its own: how many steps a loop takes that goes on as long as it wants to.

    Args:
        within: the least and the largest number that it may be, where these are known.
    """
    bounds = "" if within is None else f"_{within[0]}_{within[1]}"
    return length(f"{COUNTED}{next(_counted)}{bounds}")


def ends_of(dim: Dim) -> tuple[int, int] | None:
    """What ``a*n + c`` is for the least and the largest n, of a counted length that knows them."""
    line = linear(dim) if is_counted(dim) else None
    bounds = [] if line is None else line[0].removeprefix(COUNTED).split("_")[1:]
    if line is None or len(bounds) != 2:
        return None
    least, most = (line[1] * int(n) + line[2] for n in bounds)
    return least, most


def is_counted(dim: Dim) -> bool:
    """Whether a length is how many steps a loop takes."""
    return isinstance(dim, Length) and any(name.startswith(COUNTED) for name in dim.names())


def called(dim: Dim, names: Mapping[str, str]) -> Dim:
    """`dim` with other names for those in `names`.

    >>> called(2 * length("n") * length("d"), {"n": "rows"})
    2*d*rows
    """
    if not isinstance(dim, Length):
        return dim
    return _build((tuple(sorted(names.get(name, name) for name in monomial)), factor) for monomial, factor in dim.terms)


def parse_dim(text: str) -> Dim:
    """Reads ``"n"``, ``"3"``, ``"n*d"``, ``"2*n - 1"``.

    Raises:
        ShapeError: for anything else.

    >>> parse_dim("2*n-1")
    2*n-1
    """
    try:
        return _parse(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError):
        raise ShapeError(
            f"{text!r} is not a length",
            help='write a number, a name, or an integer polynomial such as "2*n-1"',
            code="SD209",
        ) from None


def _parse(tree: ast.expr) -> Dim:
    match tree:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.Name(id=name) if name.isascii():
            return length(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -1 * _parse(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _parse(left) + _parse(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _parse(left) - _parse(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _parse(left) * _parse(right)
    raise ValueError


def evaluate(dim: Dim, lengths: Mapping[str, int]) -> int:
    """The value of `dim` once its names have values."""
    total = 0
    for monomial, factor in _terms(dim):
        total += factor * prod(lengths[name] for name in monomial)
    return total


def size(shape: Iterable[Dim]) -> Dim:
    """The number of elements of an array of `shape`."""
    total: Dim = 1
    for dim in shape:
        total = total * dim
    return total


def nominal(dim: Dim) -> int:
    """`dim` where every name stands for `NOMINAL`: by this, what costs more is decided."""
    return max(evaluate(dim, dict.fromkeys(dim.names(), NOMINAL)), 0) if isinstance(dim, Length) else dim


def nominal_size(shape: Iterable[Dim]) -> int:
    """The elements of an array of `shape`, where every name stands for the nominal length.

    >>> nominal_size((length("n"), 3))
    300
    """
    return _nominal_size(tuple(shape))


@lru_cache(maxsize=4096)
def _nominal_size(shape: Shape) -> int:
    return prod(map(nominal, shape))


def divide(total: Dim, part: Dim) -> Dim | None:
    """`total / part` if it comes out as a polynomial for one-term `part`, else None."""
    if total == part:
        return 1
    [*rest, (monomial, factor)] = _terms(part)
    if rest or factor == 0:
        return None
    out: list[tuple[Monomial, int]] = []
    for names, value in _terms(total):
        left = list(names)
        for name in monomial:
            if name not in left:
                return None
            left.remove(name)
        if value % factor:
            return None
        out.append((tuple(left), value // factor))
    return _build(out)


def show_shape(shape: Iterable[Dim]) -> str:
    """``n,3``: how a shape prints in comments and messages."""
    return ",".join(map(str, shape))


def solve(dim: Dim, value: int) -> tuple[str, int | None] | None:
    """``(name, length)`` for a `dim` over a single name: the length for which it takes `value`, None if there is none.

    >>> solve(2 * length("n") + 1, 7)
    ('n', 3)
    >>> solve(length("n") * length("d"), 6) is None
    True
    """
    if not isinstance(dim, Length) or len(names := dim.names()) != 1:
        return None
    [name] = names
    line = linear(dim)
    if line is None:
        return name, next((k for k in range(value + 1) if evaluate(dim, {name: k}) == value), None)
    found, rest = divmod(value - line[2], line[1])
    return name, found if rest == 0 and found >= 0 else None


def fewest(dims: Iterable[Dim]) -> dict[str, int]:
    """For each name the least length for which none of the `dims` ``slope*name + offset`` is 0 or negative.

    >>> fewest([length("n") - 5, 2 * length("n") - 3, length("d")])
    {'n': 6, 'd': 1}
    """
    found: dict[str, int] = {}
    for name, slope, offset in filter(None, map(linear, dims)):
        if slope > 0:
            found[name] = max(found.get(name, 1), -offset // slope + 1)
    return found


def linear(dim: Dim) -> tuple[str, int, int] | None:
    """``(name, slope, offset)`` of a length ``slope*name + offset``."""
    if not isinstance(dim, Length) or len(names := dim.names()) != 1:
        return None
    [name] = names
    offset = evaluate(dim, {name: 0})
    slope = evaluate(dim, {name: 1}) - offset
    return (name, slope, offset) if dim == slope * length(name) + offset else None
