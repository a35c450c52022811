"""Functions that split each number in two: frexp and modf.

``divmod`` is not among them: a quotient and a remainder are the operators ``//`` and ``%``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, Tangents
from symdiff.graph.op import Op, Part
from symdiff.ops.batching import broadcasting
from symdiff.ops.elementwise import exp2
from symdiff.ops.families import primitive
from symdiff.ops.inference import loop_dtypes
from symdiff.ops.links import per_element


def _infer(fn: np.ufunc) -> Callable[[Aval], tuple[Aval, ...]]:
    """The shape of the input, the dtypes that the ufunc itself says."""

    def infer(x: Aval) -> tuple[Aval, ...]:
        try:
            _, *dtypes = loop_dtypes(fn, (x,))
        except TypeError:
            raise DTypeError(f"{fn.__name__} is not defined for {x!r}") from None
        return tuple(Aval(dtype, x.shape, x.weak and dtype.kind == "f") for dtype in dtypes)

    return infer


def _frexp(gs: Tangents, y: Node, x: Node) -> Node | None:
    """x / 2**exponent; the exponent is a step function."""
    (g, _), (_, exponent) = gs, y
    return None if g is None else g * exp2(-exponent)


def _modf(gs: Tangents, y: Node, x: Node) -> Node | None:
    """The integer part is a step function."""
    return gs[0]


def _between(low: float, high: float) -> Callable[[np.random.Generator], Any]:
    return lambda rng: [((rng.uniform(low, high, shape),), {}) for shape in ((), (3,), (2, 3))]


frexp: Op = primitive("frexp", np.frexp, links=per_element, infer=_infer(np.frexp), vjp=(_frexp,), parts=(Part("man"), Part("power")), batch=broadcasting, samples=_between(1.1, 1.9), doc="Mantissa and exponent: x = mantissa * 2**exponent, with 0.5 <= |mantissa| < 1.")
modf: Op = primitive("modf", np.modf, links=per_element, infer=_infer(np.modf), vjp=(_modf,), parts=(Part("frac"), Part("whole", alone="np.trunc(a)")), math="modf", batch=broadcasting, samples=_between(0.1, 0.9), doc="Fractional and integer part, both with the sign of x.")
