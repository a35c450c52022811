"""Distributions of scipy.stats: what their methods take, and compute of the densities of the standard distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, nan
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.graph.node import Node, as_node
from symdiff.ops import elementwise as ew
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.densities import CONTINUOUS, DISCRETE, Distribution, Formula
from symdiff.ops.table import numpy_function

__all__ = ["CONTINUOUS", "DISCRETE"]


@dataclass(frozen=True)
class _Given:
    """The arguments of a call: the variate, the shapes, and where the distribution lies."""

    x: Node
    shapes: tuple[Node, ...]
    loc: Any
    scale: Any


def given_of(path: str, distribution: Distribution, args: tuple[Any, ...], kwargs: dict[str, Any], scaled: bool) -> _Given:
    """Arguments by position, x, the shapes, loc and scale; or by SciPy's names."""
    names = (*distribution.shapes, "loc", *(("scale",) if scaled else ()))
    given = {"loc": 0, "scale": 1, **dict(zip(names, args[1:], strict=False)), **kwargs}
    unknown = [name for name in given if name not in (*names, "scale")]
    missing = [name for name in distribution.shapes if name not in given]
    if len(args) > len(names) + 1 or not args or unknown or missing:
        raise ArgumentError(f"{path} takes x, {', '.join(names)}", help="x by position, the others by position or name")
    shapes = tuple(as_node(asarray(given[name])) for name in distribution.shapes)
    return _Given(asarray(args[0]), shapes, given["loc"], given["scale"])


def _standard(given: _Given) -> Node:
    z = given.x if isinstance(given.loc, int) and given.loc == 0 else given.x - as_node(given.loc)
    return z if isinstance(given.scale, int) and given.scale == 1 else z / as_node(given.scale)


def _supported(
    distribution: Distribution, given: _Given, z: Node, value: Callable[[Node], Node], below: float, above: float
) -> Node:
    """``value(z)`` inside of the support, else what holds below and above it."""
    low, high, inner = distribution.support(given.shapes)
    has_low = not (isinstance(low, float) and low == -inf)
    outside = [z <= low if distribution.open else z < low] if has_low else []
    outside += [z > high] if not (isinstance(high, float) and high == inf) else []
    safe = z
    for condition in outside:
        safe = ew.where(condition, inner, safe)
    result = value(safe)
    for condition, known in zip(outside, ([below] if has_low else []) + [above], strict=False):
        result = ew.where(condition, known, result)
    return result


def _log_density(distribution: Distribution, given: _Given) -> Node:
    def scaled(z: Node) -> Node:
        log_f = distribution.logpdf(z, *given.shapes)
        return log_f if isinstance(given.scale, int) and given.scale == 1 else log_f - ew.log(as_node(given.scale))

    return _supported(distribution, given, _standard(given), scaled, -inf, -inf)


def _log_mass(distribution: Distribution, given: _Given) -> Node:
    k = _standard(given)
    whole = ew.floor(k)
    log_p = _supported(distribution, given, whole, lambda k: distribution.logpdf(k, *given.shapes), -inf, -inf)
    return ew.where(ew.equal(k, whole), log_p, -inf)


def _probability(distribution: Distribution, given: _Given, formula: Formula, ends: tuple[float, float], floors: bool) -> Node:
    z = ew.floor(_standard(given)) if floors else _standard(given)
    return _supported(distribution, given, z, lambda z: formula(z, *given.shapes), *ends)


def _quantile(given: _Given, formula: Formula) -> Node:
    value = formula(given.x, *given.shapes)
    return _where_valid(given.x >= 0, _where_valid(given.x <= 1, ew.add(value * given.scale, given.loc)))


def _where_valid(condition: Any, value: Node) -> Node:
    """nan where a condition does not hold, as SciPy has it; what is known to hold is not asked."""
    known = condition if isinstance(condition, bool) else None if condition.literal is None else bool(np.all(condition.literal.value))
    return value if known else value + ew.where(condition, 0.0, nan)


_VALID: dict[str, Callable[[Node], tuple[Any, ...]]] = {
    "p": lambda p: (p >= 0, p <= 1), "mu": lambda mu: (mu >= 0,), "n": lambda n: (n >= 0,),
}  # fmt: skip


def checked(distribution: Distribution, given: _Given, value: Node, scale: bool) -> Node:
    """nan where the shapes are none: they are positive, probabilities between 0 and 1. And the scale, if it is not asked yet."""
    if distribution.valid is not None:
        conditions = [*distribution.valid(*given.shapes)]
    else:
        pairs = zip(distribution.shapes, given.shapes, strict=True)
        conditions = [c for name, shape in pairs for c in (_VALID[name](shape) if name in _VALID else (shape > 0,))]
    for condition in conditions:
        value = _where_valid(condition, value)
    return _where_valid(as_node(given.scale) > 0, value) if scale else value


def _logarithm(part: Formula | None, rest: Formula | None) -> Formula | None:
    """Logarithm of a probability; near 1 it is that of what is left, which keeps its digits."""
    if part is None or rest is None:
        return None if part is None else lambda *z: ew.log(part(*z))

    def logarithm(*z: Node) -> Node:
        left = rest(*z)
        small = left < 0.5
        return ew.where(small, ew.log1p(-left), ew.log(ew.where(small, 1.0, part(*z))))

    return logarithm


def _methods(d: Distribution, discrete: bool) -> dict[str, Callable[[_Given], Node]]:
    """What a distribution has, by SciPy's names."""
    log_f = _log_mass if discrete else _log_density
    kind = "pmf" if discrete else "pdf"
    found: dict[str, Callable[[_Given], Node]] = {f"log{kind}": lambda g: log_f(d, g), kind: lambda g: _exp(log_f(d, g))}
    ends = {"cdf": (0.0, 1.0), "sf": (1.0, 0.0), "logcdf": (-inf, 0.0), "logsf": (0.0, -inf)}
    formulas = {"cdf": d.cdf, "sf": d.sf, "logcdf": d.logcdf or _logarithm(d.cdf, d.sf), "logsf": d.logsf or _logarithm(d.sf, d.cdf)}
    for name, formula in formulas.items():
        if formula is not None:
            found[name] = partial(_probability, d, formula=formula, ends=ends[name], floors=discrete)
    for name, formula in {"ppf": d.ppf, "isf": d.isf}.items():
        if formula is not None:
            found[name] = partial(_quantile, formula=formula)
    return found


def _exp(log_f: Node) -> Node:
    """The density; where it is 0 it contributes no derivative."""
    empty = ew.equal(log_f, -inf)
    return ew.where(empty, 0.0, ew.exp(ew.where(empty, 0.0, log_f)))


def _register(name: str, distribution: Distribution, discrete: bool) -> None:
    for method, call in _methods(distribution, discrete).items():
        path = f"scipy.stats.{name}.{method}"

        def called(*args: Any, path: str = path, call: Callable[[_Given], Node] = call, **kwargs: Any) -> Node:
            given = given_of(path, distribution, args, kwargs, scaled=not discrete)
            has_logarithm = "pdf" in path and distribution.low == -inf  # which is nan where the scale is none
            return checked(distribution, given, call(given), scale=not (discrete or has_logarithm))

        called.__doc__ = f"{method} of the distribution {name}."
        numpy_function(path, path)(called)


for _name, _distribution in CONTINUOUS.items():
    _register(_name, _distribution, discrete=False)
for _name, _distribution in DISCRETE.items():
    _register(_name, _distribution, discrete=True)
