"""What JAX's texts call, in plain NumPy: so they run where JAX is not installed, and nothing is compiled."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType

import numpy as np
import scipy.special


class Array(np.ndarray):
    """An array whose parts are set in a copy. Positions out of bounds are moved inside, or left alone."""

    def __getitem__(self, place):
        items = place if isinstance(place, tuple) else (place,)
        if _are_places(items):
            place = tuple(np.clip(x, -n, n - 1) if _is_place(x) else x for x, n in zip(items, self.shape, strict=False))
        return super().__getitem__(place)

    @property
    def at(self):
        return _At(self)

    def __setitem__(self, place, value):
        raise TypeError("arrays of JAX's do not change")


def _is_place(item):
    return isinstance(item, (int, np.integer, np.ndarray)) and np.asarray(item).dtype.kind in "iu"


def _are_places(items):
    """Whether an index is positions and slices only, some of the former in arrays."""
    arrays = [_is_place(item) for item in items]
    return any(arrays) and all(known or isinstance(x, slice) for known, x in zip(arrays, items, strict=True))


def _within(part, n):
    """A slice as it is of an axis of `n`."""
    start, stop, step = part.indices(n)
    return slice(start, None if stop < 0 else stop, step)


class _At:
    def __init__(self, array):
        self.array = array

    def __getitem__(self, place):
        self.place = place
        return self

    def set(self, value):
        changed = self.with_room()
        changed[self.place] = value
        return self.without_room(changed)

    def add(self, value):
        changed = self.with_room()
        np.add.at(changed, self.place, value)
        return self.without_room(changed)

    def with_room(self):
        """A copy, with room at the end of axes for what is put where nothing is."""
        items = self.place if isinstance(self.place, tuple) else (self.place,)
        if not _are_places(items):
            return np.array(self.array)
        pairs = list(zip(items, self.array.shape, strict=False))
        self.place = tuple(
            np.where(x < 0, x + n, np.minimum(x, n))[()] if _is_place(x) else _within(x, n) for x, n in pairs
        )
        more = [(0, int(_is_place(x))) for x in items] + [(0, 0)] * (self.array.ndim - len(items))
        return np.pad(self.array, more)

    def without_room(self, changed):
        return changed[tuple(map(slice, self.array.shape))].view(Array)

    def subtract(self, value):
        return self.add(-value)

    def multiply(self, value):
        changed = np.array(self.array)
        np.multiply.at(changed, self.place, value)
        return changed.view(Array)


def as_array(x):
    """Numbers and arrays as JAX's functions give them back."""
    if isinstance(x, tuple):
        return tuple(map(as_array, x))
    return np.asarray(x).view(Array)


def plain(x):
    """What NumPy's functions get, some of which write into what they make like it."""
    return type(x)(map(plain, x)) if isinstance(x, (list, tuple)) else np.asarray(x) if isinstance(x, Array) else x


def scan(step, carry, elements, length=None, reverse=False):
    several = isinstance(elements, tuple)
    steps = range(length)[::-1] if reverse else range(length)
    kept = [None] * length
    for k in steps:
        part = tuple(x[k] for x in elements) if several else None if elements is None else elements[k]
        carry, kept[k] = step(as_array(carry), part)
    if isinstance(kept[0], tuple):
        return carry, tuple(as_array(np.stack(x)) for x in zip(*kept, strict=True))
    return carry, as_array(np.stack(kept))


def while_loop(goes, step, carry):
    while goes(carry):
        carry = as_array(step(carry))
    return carry


def associative_scan(join, elements, axis=0):
    """One after the other: what it gives does not depend on how they are put together."""
    parts = [np.moveaxis(np.asarray(x), axis, 0) for x in elements]
    kept = [tuple(x[0] for x in parts)]
    for k in range(1, len(parts[0])):
        kept.append(join(kept[-1], tuple(x[k] for x in parts)))
    return tuple(as_array(np.moveaxis(np.stack(x), 0, axis)) for x in zip(*kept, strict=True))


class _Library(ModuleType):
    """`jax.numpy`, or a part of it."""

    def __init__(self, name, numpy):
        super().__init__(name)
        self.numpy = numpy

    def __getattr__(self, name):
        found = getattr(self.numpy, name)
        if isinstance(found, ModuleType):
            return _Library(f"{self.__name__}.{name}", found)
        if isinstance(found, type) or not callable(found):
            return found
        return _called(found)


def _called(function):
    """A function of NumPy's with arrays as JAX has them, and so the methods of one that has some."""

    def run(*args, **options):
        return as_array(function(*map(plain, args), **options))

    for name in ("accumulate", "reduce", "outer") if isinstance(function, np.ufunc) and function.nin == 2 else ():
        setattr(run, name, _called(getattr(function, name)))
    return run


@contextmanager
def stand_in():
    """Within it, `jax` is this module."""
    jax, lax = ModuleType("jax"), ModuleType("jax.lax")
    jax.lax, jax.numpy = lax, _Library("jax.numpy", np)
    jax.scipy = ModuleType("jax.scipy")
    jax.scipy.special = _Library("jax.scipy.special", scipy.special)
    lax.scan, lax.while_loop, lax.associative_scan = scan, while_loop, associative_scan
    lax.cond = lambda condition, one, other, *operands: (one if condition else other)(*operands)
    made = {"jax": jax, "jax.lax": lax, "jax.numpy": jax.numpy}
    made |= {"jax.scipy": jax.scipy, "jax.scipy.special": jax.scipy.special}
    held = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in held.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def run(text, name, arguments, beside=()):
    """What a function of a text for JAX gives, with the arrays that stand beside it."""
    with stand_in():
        namespace = dict(beside)
        exec(text, namespace)
        return namespace[name](*map(as_array, arguments))
