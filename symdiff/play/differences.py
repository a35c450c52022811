"""The derivative that is shown, compared with differences, whatever its shape: along random directions.

Central differences, of the value, or of the gradient for what is a derivative of second order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.functions.function import Function
from symdiff.play.subject import Subject

STEP = 1e-5  # of the differences, relative to the size of the argument
SECOND = ("hessian", "hvp")


@dataclass(frozen=True)
class Compared:
    """A derivative along a direction in `target`: norms, and the norm of the difference relative to them."""

    target: str
    exact: float
    numeric: float
    error: float


def compared(subject: Subject) -> Iterator[Compared]:
    """The derivative against differences, along one direction for each target.

    Raises:
        SymdiffError: if there is no point, or no derivative.
    """
    rng = np.random.default_rng(subject.request.seed)
    how = subject.request.make
    point = {name: _wide(value) for name, value in subject.point.items()}
    directions = {name: _direction(subject, name, rng.normal(size=point[name].shape)) for name in subject.targets}
    base = subject.made("grad") if how in SECOND else subject.function
    weights = [rng.normal(size=np.shape(y)) for y in _flat(base(**_plain(point)))] if how == "vjp" else None
    for name, d in directions.items():
        numeric = _difference(base, point, name, d)
        if weights is None:
            exact = _along(subject, how, point, name, directions)
        else:
            numeric = [sum(np.sum(w * dy) for w, dy in zip(weights, numeric, strict=True))]
            exact = [np.sum(_pulled_back(subject, point, weights)[subject.targets.index(name)] * d)]
        pairs = list(zip(exact, numeric, strict=True))
        norm, other = _norm(exact), _norm(numeric)
        apart = _norm([np.asarray(a) - np.asarray(b) for a, b in pairs])
        yield Compared(name, *_signed(pairs, norm, other), apart / max(1.0, norm, other))


def _direction(subject: Subject, name: str, d: np.ndarray) -> np.ndarray:
    """A direction in which what is declared stays so, where that is linear; of a number, the number itself."""
    if not d.ndim:
        return np.ones(())
    words = subject.specs[name].assume if name in subject.specs else ()
    d = (d + np.swapaxes(d, -1, -2)) / 2 if "symmetric" in words else d
    return d - np.mean(d, axis=-1, keepdims=True) if "sums_to_one" in words else d


def _pulled_back(subject: Subject, point: Mapping[str, Any], weights: list[Any]) -> tuple[Any, ...]:
    f = subject.made("vjp")
    added = [name for name in f.inputs if name not in point]
    return _several(f(**_plain(point), **_plain(dict(zip(added, weights, strict=True)))), subject)


def _plain(point: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as Python's."""
    return {name: x if np.ndim(x) else np.asarray(x).item() for name, x in point.items()}


def _along(subject: Subject, how: str, point: Mapping[str, Any], name: str, directions: Mapping[str, Any]) -> list[Any]:
    """What the derivative says of a step in the direction of one target."""
    k, d = subject.targets.index(name), directions[name]
    plain = _plain(point)
    if how in ("grad", "value_and_grad"):
        found = subject.made("grad")(**plain)
        return [np.sum(_several(found, subject)[k] * d)]
    if how == "jacobian":
        blocks = subject.made("jacobian")(**plain)
        return [_contracted(_several(block, subject)[k], d) for block in _outputs(blocks, subject)]
    if how == "hessian":
        rows = subject.made("hessian")(**plain)
        return [_contracted(row[k] if len(subject.targets) > 1 else row, d) for row in _several(rows, subject)]
    along = {n: (v if n == name else np.zeros_like(v)) for n, v in directions.items()}
    f = subject.made("hvp" if how == "hvp" else "jvp")
    added = [n for n in f.inputs if n not in plain]
    moved = dict(zip(added, (along[n] for n in subject.targets), strict=True))
    return _flat(f(**plain, **_plain(moved)))


def _difference(f: Function, point: Mapping[str, Any], name: str, d: np.ndarray) -> list[Any]:
    h = STEP * max(1.0, float(np.max(np.abs(point[name]), initial=0.0)))
    above, below = (_flat(f(**_plain({**point, name: point[name] + s * h * d}))) for s in (1, -1))
    return [(np.asarray(a) - np.asarray(b)) / (2 * h) for a, b in zip(above, below, strict=True)]


def _wide(value: np.ndarray) -> np.ndarray:
    return value.astype(np.result_type(value, np.float64)) if value.dtype.kind in "fc" else value


def _several(found: Any, subject: Subject) -> tuple[Any, ...]:
    return tuple(found) if len(subject.targets) > 1 else (found,)


def _outputs(found: Any, subject: Subject) -> list[Any]:
    """The blocks of a Jacobian, one for each result of the function."""
    return list(found) if len(subject.function.graph.outputs) > 1 else [found]


def _contracted(block: Any, d: np.ndarray) -> np.ndarray:
    return np.tensordot(np.asarray(block), d, axes=d.ndim)


def _flat(found: Any) -> list[Any]:
    return list(found) if isinstance(found, (tuple, list)) else [found]


def _norm(parts: list[Any]) -> float:
    return float(np.sqrt(sum(float(np.sum(np.abs(np.asarray(part, dtype=complex)) ** 2)) for part in parts)))


def _signed(pairs: list[tuple[Any, Any]], norm: float, other: float) -> tuple[float, float]:
    """Numbers with their sign; of arrays, the norms."""
    if len(pairs) == 1 and np.ndim(pairs[0][0]) == 0:
        return float(np.real(pairs[0][0])), float(np.real(pairs[0][1]))
    return norm, other
