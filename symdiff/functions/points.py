"""Points at which a program is tried: those that are given, and random numbers for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from symdiff.errors import ArgumentError, MemoryLimitError, ValueDomainError
from symdiff.functions.function import Function
from symdiff.functions.make import function
from symdiff.graph.assumptions import made
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length, evaluate

RANGES = ((0.1, 0.9), (-1.0, 1.0), (1.5, 3.0), (-3.0, -1.5), (5.5, 9.0))  # domains differ: log, arcsin, arccosh, …


def lengths_of(f: Function, given: Mapping[str, int], default: int) -> dict[str, int]:
    """A number for each length that is a name: as given, else `default`, `default` + 1, … in order of the names.

    Raises:
        ArgumentError: for a length that no input has.
    """
    names = sorted({name for aval in f.declared_avals() for d in aval.shape for name in _names(d)})
    for name in given:
        if name not in names:
            known = f"the lengths are {', '.join(names)}" if names else "no length of an input is a name"
            raise ArgumentError(f"no input has a length {name!r}", help=known)
    return {name: given.get(name, default + k) for k, name in enumerate(names)}


def _names(d: object) -> tuple[str, ...]:
    return tuple(d.names()) if isinstance(d, Length) else ()


def points(
    f: Function, lengths: Mapping[str, int], given: Mapping[str, np.ndarray], rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    """Points to try, one for each range of numbers; positive definite matrices at last."""
    for name in given:
        if name not in f.inputs:
            raise ArgumentError(f"there is no input {name!r}", help=f"the inputs are {', '.join(f.inputs)}")
    avals = dict(zip(f.inputs, f.declared_avals(), strict=True))
    shapes = {name: _shape(aval, lengths) for name, aval in avals.items()}
    for low, high in RANGES:
        drawn = {name: _drawn(rng, low, high, shape) for name, shape in shapes.items()}
        yield _typed({name: _as_declared(f, name, x) for name, x in drawn.items()}, avals, given)
    drawn = {name: _definite(_drawn(rng, -1.0, 1.0, shape)) for name, shape in shapes.items()}
    yield _typed({name: _as_declared(f, name, x) for name, x in drawn.items()}, avals, given)


def _as_declared(f: Function, name: str, drawn: np.ndarray) -> np.ndarray:
    """The numbers made so that what is declared of them holds."""
    for word in f.specs[name].assume if name in f.specs else ():
        drawn = np.asarray(function(made(word, "x", "np"))(drawn))
    return drawn


def finite_point(
    f: Function, lengths: Mapping[str, int], given: Mapping[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """The first of `points` at which the value is finite.

    Raises:
        ValueDomainError: if there is none.
    """
    for point in points(f, lengths, given, np.random.default_rng(seed)):
        try:
            with np.errstate(all="ignore"):
                found = f(**point)
            if all(np.all(np.isfinite(value)) for value in (found if isinstance(found, tuple) else (found,))):
                return point
        except (np.linalg.LinAlgError, ZeroDivisionError):
            continue
    if given.keys() >= set(f.inputs):
        raise ValueDomainError("the value is not finite at this point", help="choose a point at which it is")
    raise ValueDomainError("no random point was found at which the value is finite", help="give one: x=3,y=[1,2]")


def _drawn(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return np.asarray(rng.uniform(low, high, shape))
    except (MemoryError, ValueError):  # the latter for what no array can have
        raise MemoryLimitError(
            f"an array of shape {shape} needs more memory than there is",
            help="choose smaller lengths",
        ) from None


def _shape(aval: Aval, lengths: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(evaluate(d, lengths) for d in aval.shape)


def _typed(
    drawn: Mapping[str, np.ndarray], avals: Mapping[str, Aval], given: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The numbers in the dtypes that are declared; integers and conditions are 0 and 1: positions may be meant."""
    chosen = {name: sample if avals[name].kind in "fc" else sample > 0.5 for name, sample in drawn.items()}
    return {name: np.asarray(value).astype(avals[name].dtype) for name, value in {**chosen, **given}.items()}


def _definite(sample: np.ndarray) -> np.ndarray:
    if sample.ndim < 2 or sample.shape[-1] != sample.shape[-2]:
        return sample
    return np.asarray(sample @ np.swapaxes(sample, -1, -2) + np.eye(sample.shape[-1]))
