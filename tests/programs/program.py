"""What a program of the table is: a function as users write it, and its derivative as an expert writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symdiff as sd

LENGTHS = {"n": 7, "m": 5, "d": 3, "k": 4, "h": 6}  # where numbers are compared
SMALL = {"n": 4, "m": 3, "d": 3, "k": 3, "h": 2}  # where they are computed with a thousand digits
LARGE = {"n": 1000, "m": 500, "d": 20, "k": 10, "h": 50}  # where operations are counted
Point = dict[str, np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.normal(size=shape))


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.uniform(0.5, 1.5, shape))


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.uniform(size=shape))


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape)


def bits(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([0.0, 1.0], shape)


def counts(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(0, 5, shape).astype(float)


def probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    raw = rng.uniform(0.1, 1.0, shape)
    return raw / np.sum(raw, axis=-1, keepdims=True)


def definite(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    half = rng.normal(size=shape)
    return half @ half.T + np.eye(shape[0])


@dataclass(frozen=True)
class Program:
    """One line of the table.

    Attributes:
        function: the value, as users write it; traced by symdiff.
        expert: value and gradient by hand, a tuple of gradients if `wrt` is one.
        wrt: the targets.
        specs: the shapes of the inputs (or `spec` records), over `LENGTHS`.
        draws: how inputs are drawn, where not from a normal distribution.
        extreme: the inputs that may be of any magnitude, with the magnitudes.
        fixed: whether the function asks for lengths as numbers (np.eye).
    """

    function: Callable[..., Any]
    expert: Callable[..., Any]
    wrt: str | tuple[str, ...]
    specs: dict[str, Any]
    draws: dict[str, Callable[..., np.ndarray]] = field(default_factory=dict)
    extreme: dict[str, tuple[float, ...]] = field(default_factory=dict)
    fixed: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.wrt,) if isinstance(self.wrt, str) else self.wrt

    def ours(self, lengths: Mapping[str, int] = LENGTHS) -> sd.Function:
        return sd.value_and_grad(self.function, self.wrt, **self._specs(lengths))

    def by_hand(self, lengths: Mapping[str, int] = LENGTHS) -> sd.Function:
        """The expert's function as a graph, to count what it does."""
        return sd.function(self.expert, **self._specs(lengths))

    def _specs(self, lengths: Mapping[str, int]) -> dict[str, Any]:
        return {name: self._shape(name, lengths) for name in self.specs} if self.fixed else self.specs

    def _shape(self, name: str, lengths: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(int(lengths.get(str(n), n)) for n in sd.spec(self.specs[name]).shape)

    def point(self, seed: int = 0, lengths: Mapping[str, int] = LENGTHS) -> Point:
        rng = np.random.default_rng(seed)
        return {name: self.draws.get(name, normal)(rng, self._shape(name, lengths)) for name in self.specs}
