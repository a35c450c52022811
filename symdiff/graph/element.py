"""Elements: how one number of a result comes from numbers of the operands, for targets that write loops.

An `Element` is text over the operands ``a, b, c, x0, x1, …``, each with as many indices as it has axes, of which
``i0, i1, …`` count along the axes of the result, and ``k0, k1, …`` along what is added up. ``t0, t1, …`` are tables of
known integers. So a matrix product is ``a[i0, k0] * b[k0, i1]``, and a transpose ``a[i1, i0]``.
"""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.graph.dims import Shape
from symdiff.graph.node import Literal

STARTS = {"+": 0, "*": 1, "max": "-inf", "min": "inf", "and": True, "or": False}  # what nothing gives


@dataclass(frozen=True)
class Element:
    """One element of a result, or, where `into` says so, one of those that are put into it.

    Attributes:
        text: an expression in Python's syntax. ``flat(a, j)`` is element j of an operand in C order; ``at(j, n)`` a
            computed position along an axis of length n, which may count from the end, and is checked.
        over: the lengths along which ``k0, k1, …`` run.
        by: how what is met along them comes together: a key of `STARTS`.
        finish: what becomes of the total ``y`` in the end; "" for nothing.
        running: of a row that comes together along an axis step by step, that axis: there `text` is over the result
            ``y`` of the step before, too, which is `start` before the first.
        start: see `running`.
        into: where in the result the number goes, along the axes of `shape`, along which ``i0, i1, …`` run; None for
            a row that says what each element of its result is.
        shape: see `into`.
        base: what is there before: "0", or "a" for the first operand; "" if nothing stays.
        added: whether the number is added to what is there.
        tables: known integers.
    """

    text: str
    over: Shape = ()
    by: str = "+"
    finish: str = ""
    running: int | None = None
    start: str = "0"
    into: tuple[str, ...] | None = None
    shape: Shape = ()
    base: str = ""
    added: bool = False
    tables: tuple[Literal, ...] = ()


Elements = tuple[Element, ...]  # of a row whose result is put together; one, for all others
