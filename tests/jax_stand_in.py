"""What JAX's texts call, in plain NumPy: so they run where JAX is not installed, and nothing is compiled."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType

import numpy as np


class Array(np.ndarray):
    """An array whose parts are set in a copy."""

    @property
    def at(self):
        return _At(self)

    def __setitem__(self, place, value):
        raise TypeError("arrays of JAX's do not change")


class _At:
    def __init__(self, array):
        self.array = array

    def __getitem__(self, place):
        self.place = place
        return self

    def set(self, value):
        changed = np.array(self.array)
        changed[self.place] = value
        return changed.view(Array)

    def add(self, value):
        changed = np.array(self.array)
        np.add.at(changed, self.place, value)
        return changed.view(Array)

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
        return lambda *args, **options: as_array(found(*map(plain, args), **options))


@contextmanager
def stand_in():
    """Within it, `jax` is this module."""
    jax, lax = ModuleType("jax"), ModuleType("jax.lax")
    jax.lax, jax.numpy = lax, _Library("jax.numpy", np)
    lax.scan, lax.while_loop = scan, while_loop
    lax.cond = lambda condition, one, other, *operands: (one if condition else other)(*operands)
    made = {"jax": jax, "jax.lax": lax, "jax.numpy": jax.numpy}
    held = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in held.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def run(text, name, arguments):
    """What a function of a text for JAX gives."""
    with stand_in():
        namespace = {}
        exec(text, namespace)
        return namespace[name](*map(as_array, arguments))
