"""scipy.spatial.transform.Rotation, as unit quaternions (x, y, z, w).

Euler angles of a rotation: Bernardes and Viollet, "Quaternion to Euler angles conversion: A direct, general and
computationally efficient method", 2022. Near no rotation, quotients of angles and sines are their series.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.of_scipy.table import array
from symdiff.frontends.tracing.symbol import on_numbers

MODULE = "scipy.spatial.transform"
FOLLOWED = "from_rotvec, from_euler, from_quat, as_matrix, as_quat, as_rotvec, as_euler, apply, inv, magnitude and * are followed"


def _product(p: Any, q: Any) -> Any:
    """That of quaternions: first q, then p."""
    (a, b, c, d), (x, y, z, w) = ([u[..., k] for k in range(4)] for u in (p, q))
    parts = (d * x + a * w + b * z - c * y, d * y - a * z + b * w + c * x, d * z + a * y - b * x + c * w)
    return np.stack([*parts, d * w - a * x - b * y - c * z], axis=-1)


class Turn:
    """A rotation, or several: `q` has one quaternion in each row; `known` is SciPy's, where all is numbers."""

    def __init__(self, q: Any, known: Any = None) -> None:
        self._q, self.__wrapped__ = q, known

    def __getattr__(self, name: str) -> Any:
        if self.__wrapped__ is None:
            if name.startswith("__"):
                raise AttributeError(name)
            raise UnsupportedError(f"Rotation.{name} of symbolic values is not supported", help=FOLLOWED)
        value = getattr(self.__wrapped__, name)
        return (lambda *args, **kwargs: seen(on_numbers(value, args, kwargs))) if callable(value) else value

    def _of_parts(self) -> list[Any]:
        return [self._q[..., k] for k in range(4)]

    def as_quat(self, canonical: bool = False, *, scalar_first: bool = False) -> Any:
        """The quaternions; canonical ones have no negative last part."""
        q = self._q * np.where(self._q[..., 3:] < 0, -1.0, 1.0) if canonical else self._q
        return q[..., [3, 0, 1, 2]] if scalar_first else 1.0 * q

    def as_matrix(self) -> Any:
        """Matrices of 3 x 3 numbers."""
        x, y, z, w = self._of_parts()
        rows = (
            (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        )
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    def as_rotvec(self, degrees: bool = False) -> Any:
        """Axes, as long as the angles, which are at most pi."""
        q = self.as_quat(canonical=True)
        v, w = q[..., :3], q[..., 3:]
        square = np.sum(v * v, axis=-1, keepdims=True)
        near = square < 2.5e-4
        length = np.sqrt(np.where(near, 1.0, square))
        series = 2 + square * (1 / 3 + square * (3 / 20 + square * (5 / 56)))
        found = v * np.where(near, series, 2 * np.arctan2(length, w) / length)
        return np.rad2deg(found) if degrees else found

    def as_euler(self, seq: str, degrees: bool = False, **options: Any) -> Any:
        """Angles about three axes."""
        axes, intrinsic = _axes(seq)
        if len(axes) != 3:
            raise ArgumentError(f"as_euler takes three axes, not {seq!r}")
        i, j, k = axes[::-1] if intrinsic else axes
        proper = i == k
        k = 3 - i - j if proper else k
        sign, q = (i - j) * (j - k) * (k - i) / 2, self._of_parts()
        a, b, c, d = q[3], q[i], q[j], q[k] * sign
        if not proper:
            a, b, c, d = a - c, b + d, c + a, d - b
        middle = 2 * np.arctan2(np.hypot(c, d), np.hypot(a, b)) - (0.0 if proper else np.pi / 2)
        plus, minus = np.arctan2(b, a), np.arctan2(d, c)
        first, last = plus - minus, (plus + minus) * (1.0 if proper else sign)
        angles = [last, middle, first] if intrinsic else [first, middle, last]
        found = np.stack([u - 2 * np.pi * np.round(u / (2 * np.pi)) for u in angles], axis=-1)
        return np.rad2deg(found) if degrees else found

    def apply(self, vectors: Any, inverse: bool = False) -> Any:
        """Vectors of three numbers, turned."""
        if self.__wrapped__ is not None and not is_symbolic(vectors):
            return self.__wrapped__.apply(vectors, inverse)
        vectors, turning = array(vectors), self.as_matrix()
        turning = np.swapaxes(turning, -1, -2) if inverse else turning
        return np.sum(turning * vectors[..., None, :], axis=-1)

    def inv(self) -> Turn:
        """The rotation back."""
        return Turn(self._q * np.array([-1.0, -1.0, -1.0, 1.0]))

    def magnitude(self) -> Any:
        """The angle, between 0 and pi."""
        return 2 * np.arctan2(np.linalg.norm(self._q[..., :3], axis=-1), np.abs(self._q[..., 3]))

    def __mul__(self, other: Any) -> Turn:
        return Turn(_product(self._q, seen(other)._q))

    def __rmul__(self, other: Any) -> Turn:
        return Turn(_product(seen(other)._q, self._q))

    def __pow__(self, n: Any, modulus: Any = None) -> Turn:
        return from_rotvec(n * self.as_rotvec())

    def __len__(self) -> int:
        return len(self._q)

    def __getitem__(self, at: Any) -> Turn:
        return Turn(self._q[at])


def from_quat(quat: Any, *, scalar_first: bool = False) -> Turn:
    """Rotations of quaternions of any length but 0."""
    q = array(quat)
    q = q[..., [1, 2, 3, 0]] if scalar_first else q
    return Turn(q / np.sqrt(np.sum(q * q, axis=-1, keepdims=True)))


class TurnAbout(Turn):
    """A rotation, or several, by vectors: it turns others by Rodrigues' formula, v + a w x v + b w x (w x v)."""

    def __init__(self, rotvec: Any) -> None:
        self.__wrapped__, self._w = None, rotvec
        square = np.sum(rotvec * rotvec, axis=-1)
        self._square, self._near = square, square < 1e-2
        self._angle = np.sqrt(np.where(self._near, 1.0, square))

    @property
    def _q(self) -> Any:
        square, half = self._square, self._angle / 2
        sine = 1 / 2 - square * (1 / 48 - square * (1 / 3840 - square / 645120))
        cosine = 1 - square * (1 / 8 - square * (1 / 384 - square * (1 / 46080 - square / 10321920)))
        sine = np.where(self._near, sine, np.sin(half) / self._angle)[..., None]
        return np.concatenate([self._w * sine, np.where(self._near, cosine, np.cos(half))[..., None]], axis=-1)

    def apply(self, vectors: Any, inverse: bool = False) -> Any:
        w, square = -self._w if inverse else self._w, self._square
        first = 1 - square * (1 / 6 - square * (1 / 120 - square * (1 / 5040 - square / 362880)))
        second = 1 / 2 - square * (1 / 24 - square * (1 / 720 - square * (1 / 40320 - square / 3628800)))
        first = np.where(self._near, first, np.sin(self._angle) / self._angle)[..., None]
        second = np.where(self._near, second, (1 - np.cos(self._angle)) / self._angle**2)[..., None]
        across = np.cross(w, array(vectors))
        return array(vectors) + first * across + second * np.cross(w, across)


def from_rotvec(rotvec: Any, degrees: bool = False) -> Turn:
    """Rotations about axes, by angles as large as these are long."""
    return TurnAbout(np.deg2rad(array(rotvec)) if degrees else array(rotvec))


def from_euler(seq: str, angles: Any, degrees: bool = False) -> Turn:
    """Rotations by angles about axes: capital letters name those that turn along."""
    axes, intrinsic = _axes(seq)
    angles = np.deg2rad(array(angles)) if degrees else array(angles)
    if len(axes) == 1 and (angles.ndim == 0 or angles.shape[-1] != 1):
        angles = angles[..., None]
    if angles.ndim == 0 or angles.shape[-1] != len(axes):
        raise ArgumentError(f"from_euler with the axes {seq!r} takes {len(axes)} angles for each rotation")
    found = None
    for n, axis in enumerate(axes):
        sine, cosine = np.sin(angles[..., n] / 2), np.cos(angles[..., n] / 2)
        turn = np.stack([*(sine if k == axis else 0.0 * sine for k in range(3)), cosine], axis=-1)
        found = turn if found is None else _product(found, turn) if intrinsic else _product(turn, found)
    return Turn(found)


def _axes(seq: str) -> tuple[list[int], bool]:
    if not (isinstance(seq, str) and 1 <= len(seq) <= 3 and (set(seq) <= set("xyz") or set(seq) <= set("XYZ"))):
        raise ArgumentError(f"axes are up to three of 'xyz', or of 'XYZ', not {seq!r}")
    return ["xyz".index(letter) for letter in seq.lower()], seq.isupper()


MAKERS: dict[str, Callable[..., Turn]] = {"from_quat": from_quat, "from_rotvec": from_rotvec, "from_euler": from_euler}


class Rotations:
    """The class Rotation, as a traced function sees it."""

    def __init__(self, known: Any) -> None:
        self.__wrapped__ = known

    def __getattr__(self, name: str) -> Any:
        original = getattr(self.__wrapped__, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if not is_symbolic((args, kwargs)):
                return seen(on_numbers(original, args, kwargs))
            if name not in MAKERS:
                raise UnsupportedError(f"Rotation.{name} of symbolic values is not supported", help=FOLLOWED)
            return MAKERS[name](*args, **kwargs)

        return call


def seen(value: Any) -> Any:
    """What stands for a rotation of SciPy's, or for their class; other values as they are."""
    kind = importlib.import_module(MODULE).Rotation
    if value is kind:
        return Rotations(value)
    return Turn(value.as_quat(), value) if isinstance(value, kind) else value
