"""How arrays lie in memory, on which it depends whether NumPy answers with a view and which elements that shares.

Symbolic arrays have no memory. So the very same call is made on stand-ins, arrays of that dtype and shape whose
elements mean nothing and lie as those would, and NumPy itself says what it does. Numbers stand for named lengths: a
view is then a view for all lengths, while a copy might be a view for some.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, evaluate

MOST_BYTES = 2**28  # of a stand-in; nothing of it is touched where NumPy does not copy


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the elements of an array lie.

    Attributes:
        dtype, shape, strides: as NumPy's arrays have them.
        offset: where the first element lies, in bytes; arrays that share memory count from the same place.
        writeable: as NumPy's flag.
        exact: the shape is the shape; else names are stood for by numbers.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    writeable: bool = True
    exact: bool = True

    @property
    def steps(self) -> list[int]:
        """The strides of the axes along which one can go."""
        return [s for n, s in zip(self.shape, self.strides, strict=True) if n != 1]

    @property
    def is_usual(self) -> bool:
        """Whether the axes lie in order, so that functions of elements give arrays in C order."""
        steps = self.steps
        return all(s > 0 for s in steps) and steps == sorted(steps, reverse=True)

    @property
    def bounds(self) -> tuple[int, int]:
        """The first byte, and the one behind the last."""
        if 0 in self.shape:
            return self.offset, self.offset
        reach = [s * (n - 1) for n, s in zip(self.shape, self.strides, strict=True)]
        low = self.offset + sum(r for r in reach if r < 0)
        return low, self.offset + sum(r for r in reach if r > 0) + self.dtype.itemsize

    @property
    def may_repeat(self) -> bool:
        """Whether two elements may lie at one place, as those of windows do."""
        reach = 0
        for step, n in sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n != 1):
            if step < reach + self.dtype.itemsize:
                return True
            reach += step * (n - 1)
        return False

    @property
    def is_fortran(self) -> bool:
        """Whether the elements lie without gaps in Fortran's order, and not in C's."""
        array = self.stand_in()
        return array is not None and array.flags.fnc

    def axes_in_order(self) -> tuple[int, ...]:
        """The axes from the outermost to the innermost in memory."""
        return tuple(sorted(range(len(self.shape)), key=lambda k: -abs(self.strides[k]) if self.shape[k] != 1 else 0))

    def stand_in(self, dtype: Any = None) -> np.ndarray | None:
        """An array that lies so; None if it would be too large. Its elements are 0."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        low, high = self.bounds
        if high - low > MOST_BYTES:
            return None
        array: np.ndarray = np.ndarray(
            self.shape, self.dtype, np.zeros(high - low, np.uint8), self.offset - low, self.strides
        )
        array.flags.writeable = self.writeable
        return array


def memory_of(array: np.ndarray, exact: bool = True) -> Memory:
    """Where the elements of an array of numbers lie."""
    return Memory(array.dtype, array.shape, array.strides, address(array), is_writeable(array), exact)


def usual(aval: Aval, order: str = "C") -> Memory:
    """A new array, in C order or in Fortran's."""
    shape = tuple(in_numbers(n) for n in aval.shape)
    strides, step = [], aval.dtype.itemsize
    for n in shape if order == "F" else reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return Memory(aval.dtype, shape, tuple(strides if order == "F" else reversed(strides)), exact=shape == aval.shape)


def strided(aval: Aval, steps: tuple[int, ...]) -> Memory | None:
    """An array that is given with these strides, counted in elements; None, C order, if its lengths are names."""
    shape = tuple(n for n in aval.shape if isinstance(n, int))
    return (
        Memory(aval.dtype, shape, tuple(s * aval.dtype.itemsize for s in steps))
        if len(shape) == len(aval.shape)
        else None
    )


def in_numbers(dim: Dim) -> int:
    """A length, or the number that stands for it."""
    return max(0, evaluate(dim, _Nominal())) if isinstance(dim, Length) else int(dim)


class _Nominal(dict[str, int]):
    """The number that stands for a name: nothing that a program would write."""

    def __missing__(self, name: str) -> int:
        return 101 + zlib.crc32(name.encode()) % 8


def address(array: np.ndarray) -> int:
    """Where the first element of an array lies."""
    return int(array.__array_interface__["data"][0])


def is_writeable(array: np.ndarray) -> bool:
    """NumPy's flag. Who asks for ``flags.writeable`` of what np.broadcast_arrays made is warned; this only looks."""
    return bool(array.flags.num & _WRITEABLE)


_WRITEABLE = 0x0400  # NPY_ARRAY_WRITEABLE


# ------------------------------------------------------------------------------------------------------ asking NumPy


@dataclass(frozen=True, slots=True)
class Answer:
    """What NumPy does for one of the arrays that a call gives.

    Attributes:
        owners: the operands, by number, whose memory the result shares; none for an array of its own.
        memory: where the result lies.
        array: the result itself.
        same: the operand, by number, that the result is, as the very object.
    """

    owners: tuple[int, ...]
    memory: Memory
    array: np.ndarray
    same: int | None = None


def ask(call: Callable[..., Any], arrays: Sequence[np.ndarray], memories: Sequence[Memory]) -> Any:
    """What ``call(*arrays)`` gives, with an `Answer` in place of each array; None where NumPy refuses."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call(*arrays)
    except Exception:
        return None
    exact = all(m.exact for m in memories)

    def answer(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(map(answer, value))
        if isinstance(value, np.generic):  # a number, which shares nothing
            value = np.array(value)
        if type(value) is not np.ndarray:
            return None
        owners = tuple(k for k, a in enumerate(arrays) if value is a or np.may_share_memory(value, a))
        memory = memory_of(value, exact)
        if owners:
            first = owners[0]
            memory = replace(memory, offset=memory.offset - address(arrays[first]) + memories[first].offset)
        return Answer(owners, memory, value, next((k for k in owners if value is arrays[k]), None))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of writing into what it has broadcast, though nobody writes
        return answer(result)


def elements(whole: Memory, part: Memory, index: Any = ...) -> np.ndarray:
    """For each element of `whole`, which one of ``part[index]`` shares its place, counted in C order; -1 for none. Of
    several that do it is the one that NumPy writes last."""
    size = whole.dtype.itemsize
    low, high = whole.bounds
    places = np.full((high - low) // size, -1, np.intp)
    seen = np.lib.stride_tricks.as_strided(places[(part.offset - low) // size :], part.shape, _scaled(part, size))
    shape = seen[index].shape
    seen[index] = np.arange(prod(shape), dtype=np.intp).reshape(shape)
    at = places[(whole.offset - low) // size :]
    return np.array(np.lib.stride_tricks.as_strided(at, whole.shape, _scaled(whole, size)), order="C")


def _scaled(memory: Memory, size: int) -> tuple[int, ...]:
    return tuple(s // size * np.dtype(np.intp).itemsize for s in memory.strides)


def leaves(answers: Any) -> Iterator[Answer]:
    """The answers in nested tuples."""
    stack = [answers]
    while stack:
        top = stack.pop()
        if isinstance(top, tuple):
            stack.extend(reversed(top))
        elif top is not None:
            yield top


def positions(whole: Memory, part: Memory) -> np.ndarray | None:
    """For each element of `part`, which one of `whole` it is, counted in C order; None if not all of them are."""
    size = whole.dtype.itemsize
    low, high = whole.bounds
    if part.bounds[0] < low or part.bounds[1] > high:
        return None
    places = np.full((high - low) // size, -1, np.intp)
    at = np.lib.stride_tricks.as_strided(places[(whole.offset - low) // size :], whole.shape, _scaled(whole, size))
    at[...] = np.arange(prod(whole.shape), dtype=np.intp).reshape(whole.shape)
    seen = np.lib.stride_tricks.as_strided(places[(part.offset - low) // size :], part.shape, _scaled(part, size))
    return None if np.any(seen < 0) else np.array(seen, order="C")


def reshaped(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A view of `x` in another shape; None if there is none."""
    try:
        view = x.view()
        view.shape = shape
    except AttributeError:
        return None
    return view
