"""scipy.integrate.quad inside of a function that is traced: a fixed rule, so that its derivatives are those of the integrand.

The rule is the double exponential one (Takahasi and Mori, "Double exponential formulas for numerical integration", 1974):
with x the tanh of a sinh, or its like on infinite ranges, the trapezoidal rule converges as fast for integrands that are
singular at the ends as for smooth ones. Leibniz' rule follows: limits and parameters are ordinary values. The result is
compared with that of half of the points, and the program raises where they differ: what is not analytic between the
limits is to be cut into pieces.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from symdiff.autodiff.batch import batch
from symdiff.errors import ShapeError, UnsupportedError
from symdiff.frontends.tracing.flow.guards import note, note_behind, noting, raised
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import functional, means, refuse
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, as_node, new_scope, variable
from symdiff.graph.walk import between

POINTS, FURTHEST = 257, 3.9
BESIDE_WHAT_MOVES = 3.1  # nearer to a limit that moves, slopes by the limit and by the place would cancel, both large
ENOUGH = 1e-6  # between rules of n and n / 2 points: the error of the better one is about the square of that


def _is_infinite(limit: Any) -> bool:
    return not is_symbolic(limit) and bool(np.isinf(limit))


def _transformed(a: Any, b: Any) -> tuple[Any, Any]:
    """The points between two limits, and their weights."""
    moves = is_symbolic((a, b)) and not (_is_infinite(a) or _is_infinite(b))
    furthest = BESIDE_WHAT_MOVES if moves else FURTHEST
    t = np.linspace(-furthest, furthest, POINTS)
    h, s, slope = t[1] - t[0], np.pi / 2 * np.sinh(t), np.pi / 2 * np.cosh(t)
    if _is_infinite(a) and _is_infinite(b):
        sign = 1.0 if b > a else -1.0
        return np.sinh(s), sign * h * slope * np.cosh(s)
    if _is_infinite(b):
        sign = 1.0 if b > 0 else -1.0
        return a + sign * np.exp(s), sign * h * slope * np.exp(s)
    if _is_infinite(a):
        x, weights = _transformed(b, a)
        return x, -weights
    share = 1 / (1 + np.exp(2 * np.abs(s)))  # of the way from the nearer end
    x, weights = (
        np.where(t < 0, a + (b - a) * share, b - (b - a) * share),
        (b - a) * h * 2 * slope * share * (1 - share),
    )
    # what rounding puts upon a limit does not count: weights there are tiny, and the integrand, or its slope, may be inf
    counts = ((x != a) & (x != b)) | (a == b)
    return np.where(counts, x, a + 0.37 * (b - a)), np.where(counts, weights, 0.0)


def _at_points(f: Callable[..., Any], x: Any, args: tuple[Any, ...]) -> Any:
    """A function of one number at each point."""
    point = variable("x", Aval("float64"), new_scope())
    with noting() as guards:
        value = followed(f)(Symbol(point), *args)
    if np.shape(value):
        raise ShapeError("quad takes a function that gives one number", help="integrate the elements one by one")
    y = as_node(value)
    note_behind(guards, batch([n for guard in guards for n in guard.reads], {point: as_node(x)}, (POINTS,)))
    found = batch([y], {point: as_node(x)}, (POINTS,))[0] if _reads(y, point) else None
    return np.full(POINTS, 1.0) * value if found is None else Symbol(found)


def _is_symbolic_at(f: Callable[..., Any], x: float, args: tuple[Any, ...]) -> bool:
    """Whether a function reads something symbolic; what it guards itself against at this one place says nothing."""
    with noting():
        return is_symbolic(followed(f)(x, *args))


def _reads(y: Node, x: Node) -> bool:
    return y is x or bool(set(between({x}, y)))


@functional("scipy.integrate.quad")
def quad(
    original: Callable[..., Any], func: Callable[..., Any], a: Any, b: Any, args: Any = (), full_output: int = 0, epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8, limit: int = 50, points: Any = None, weight: Any = None, wvar: Any = None, wopts: Any = None,
    maxp1: int = 50, limlst: int = 50, complex_func: bool = False,
) -> Any:  # fmt: skip
    """The integral of a function of one number, and how far the rule of half of the points is away."""
    given = args if isinstance(args, tuple) else (args,)
    if not is_symbolic((a, b, given)) and not _is_symbolic_at(func, _inside(a, b), given):
        return original(
            func,
            a,
            b,
            args,
            full_output,
            epsabs,
            epsrel,
            limit,
            points,
            weight,
            wvar,
            wopts,
            maxp1,
            limlst,
            complex_func,
        )
    refuse("scipy.integrate.quad", "write the weight into the function", weight=weight, complex_func=complex_func)
    ends = [a, *([] if points is None else sorted(points)), b]
    total, change, size = 0.0, 0.0, 0.0
    for low, high in pairwise(ends):
        x, weights = _transformed(low, high)
        terms = weights * _at_points(func, x, given)
        whole = np.sum(terms)
        total, change, size = total + whole, change + abs(whole - 2 * np.sum(terms[::2])), size + np.sum(np.abs(terms))
    bad: Any = change > ENOUGH * size
    if is_symbolic(bad):
        note(raised(as_node(bad), ValueError("quad has not converged: cut the range into pieces with points=")))
    elif bad:
        raise UnsupportedError("quad has not converged", help="cut the range into pieces with points=")
    return total, change


def _limits(given: Any, *outer: Any) -> tuple[Any, Any]:
    """The ends of a range, which may be functions of what is integrated over outside of it."""
    low, high = (followed(end)(*outer) if callable(end) else end for end in given)
    return low, high


@functional("scipy.integrate.dblquad")
def dblquad(
    original: Callable[..., Any], func: Callable[..., Any], a: Any, b: Any, gfun: Any, hfun: Any, args: tuple[Any, ...] = (), epsabs: float = 1.49e-8, epsrel: float = 1.49e-8
) -> Any:  # fmt: skip
    """The integral over y, and then over x: a rule within a rule."""
    return nquad(original, func, [lambda x, *_: _limits((gfun, hfun), x), (a, b)], args)


@functional("scipy.integrate.tplquad")
def tplquad(
    original: Callable[..., Any], func: Callable[..., Any], a: Any, b: Any, gfun: Any, hfun: Any, qfun: Any, rfun: Any, args: tuple[Any, ...] = (), **options: Any
) -> Any:  # fmt: skip
    """Known integrals only."""
    with noting():
        if not is_symbolic((a, b, gfun, hfun, qfun, rfun, args)) and not is_symbolic(
            followed(func)(0.1, 0.2, 0.3, *args)
        ):
            return original(func, a, b, gfun, hfun, qfun, rfun, args, **options)
    raise _of_three(3)


def _of_three(variables: int) -> UnsupportedError:
    what = f"an integral over {variables} variables, of {POINTS} points along each"
    return UnsupportedError(what, help="integrate one of them by hand, or at the points of fixed_quad")


@functional("scipy.integrate.nquad")
def nquad(
    original: Callable[..., Any], func: Callable[..., Any], ranges: Any, args: Any = (), opts: Any = None, full_output: bool = False
) -> Any:  # fmt: skip
    """The integral of a function of two numbers, the first one inside."""
    given = args if isinstance(args, tuple) else (args,)
    if len(ranges) > 2:
        raise _of_three(len(ranges))
    refuse("scipy.integrate.nquad", "cut the ranges into pieces", opts=opts, full_output=full_output)
    if len(ranges) == 1:
        return quad(_own(), func, *_range(ranges[0], given), given)

    def inner(x: Any, *rest: Any) -> Any:
        low, high = _range(ranges[0], (x, *rest))
        return quad(_own(), func, low, high, (x, *rest))[0]

    return quad(_own(), inner, *_range(ranges[1], given), given)


def _range(given: Any, outer: tuple[Any, ...]) -> tuple[Any, Any]:
    return _limits(followed(given)(*outer) if callable(given) else given)


def _own() -> Callable[..., Any]:
    found: Callable[..., Any] = importlib.import_module("scipy.integrate").quad
    return found


def _inside(a: Any, b: Any) -> float:
    """A number between two limits."""
    low, high = (float(np.clip(v, -1e3, 1e3)) for v in (a, b))
    return low + 0.37 * (high - low)


@means("scipy.integrate.fixed_quad")
def fixed_quad(func: Callable[..., Any], a: Any, b: Any, args: tuple[Any, ...] = (), n: int = 5) -> tuple[Any, None]:
    """Gauss' rule with n points."""
    x, weights = np.polynomial.legendre.leggauss(n)
    return (b - a) / 2 * np.sum(weights * followed(func)((b - a) * (x + 1) / 2 + a, *args), axis=-1), None
