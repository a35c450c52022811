"""The order of terms and factors: SymPy sorts them for itself; here they come as SymPy prints them.

So ``x**2 + 3*x + 1`` stays that, and the graph is the one of the same text. SymPy's own order takes a walk over the
whole expression for each sum, without regard to what is shared. In larger expressions the simplest part comes first,
which also keeps ``sin(e)*e``, nested, one product per level, although SymPy flattens it into one of all levels.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Mul

LARGEST, DEEPEST = 300, 40  # up to here SymPy's own order is asked for


class Measure:
    """Size (each occurrence counted, up to a bound) and height of expressions, each object looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._alive: list[Any] = []  # an id means nothing once its object is gone

    def __call__(self, expr: Any) -> tuple[int, int]:
        """``(size, height)`` of `expr`."""
        stack = [expr]
        while stack:
            top = stack[-1]
            if id(top) in self._known:
                stack.pop()
                continue
            waiting = [arg for arg in top.args if id(arg) not in self._known]
            if waiting:
                stack.extend(waiting)
                continue
            parts = [self._known[id(arg)] for arg in top.args]
            size = min(1 + sum(s for s, _ in parts), LARGEST + 1)
            self._known[id(top)] = size, 1 + max((h for _, h in parts), default=0)
            self._alive.append(top)
        return self._known[id(expr)]

    def is_small(self, expr: Any) -> bool:
        """Whether SymPy's recursive algorithms can be let loose on `expr`."""
        size, height = self(expr)
        return size <= LARGEST and height <= DEEPEST


def ordered(expr: Any, measure: Measure) -> tuple[Any, ...]:
    """The terms of a sum, or the factors of a product, in the order in which they are written."""
    if not measure.is_small(expr):
        return tuple(sorted(expr.args, key=lambda arg: measure(arg)[1]))
    if expr.func(*expr.args).args != expr.args:  # unevaluated: the order is the user's
        return tuple(expr.args)
    if isinstance(expr, Add):
        return tuple(expr.as_ordered_terms())
    return tuple(expr.as_ordered_factors()) if isinstance(expr, Mul) else tuple(expr.args)
