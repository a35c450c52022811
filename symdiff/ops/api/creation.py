"""Arrays from nothing: constants, identities, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, LimitError, UnsupportedError
from symdiff.graph.dims import Length
from symdiff.graph.node import Node, as_node, constant
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.api.convert import asarray, astype, dims, static_int, strong
from symdiff.ops.axes import normalize_axis
from symdiff.ops.gathering import positions
from symdiff.ops.inference import float_dtype
from symdiff.ops.table import creator, numpy_function

LARGEST = 100_000  # elements of a constant: it is printed
SHORT = 1_000  # from here on a range is computed where the code runs


def _filled(shape: Any, value: Any, dtype: Any) -> Node:
    node = as_node(value)
    if dtype is not None:
        node = astype(node, dtype)
    return red.spread(strong(node) if node.aval.weak else node, dims(shape))


@numpy_function("zeros", np.zeros, creates="new", derivative=False)
def zeros(shape: Any, dtype: Any = None, order: str = "C") -> Node:
    """An array of zeros."""
    return _filled(shape, 0.0, dtype)


@numpy_function("ones", np.ones, creates="new", derivative=False)
def ones(shape: Any, dtype: Any = None, order: str = "C") -> Node:
    """An array of ones."""
    return _filled(shape, 1.0, dtype)


@numpy_function("full", np.full, creates="new")
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Node:
    """An array filled with one value."""
    return _filled(shape, fill_value, dtype)


def _like(a: Any, value: Any, dtype: Any, shape: Any) -> Node:
    x = asarray(a)
    return _filled(x.shape if shape is None else shape, value, dtype if dtype is not None else x.dtype)


@numpy_function("zeros_like", np.zeros_like, creates="new", derivative=False)
def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Node:
    """Zeros in the shape and dtype of the argument, if no other are given."""
    return _like(a, 0.0, dtype, shape)


@numpy_function("ones_like", np.ones_like, creates="new", derivative=False)
def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Node:
    """Ones in the shape and dtype of the argument, if no other are given."""
    return _like(a, 1.0, dtype, shape)


@numpy_function("full_like", np.full_like, creates="new")
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Node:
    """One value in the shape and dtype of the argument, if no other are given."""
    return _like(a, fill_value, dtype, shape)


@numpy_function("eye", np.eye, "identity", creates="new", derivative=False)
def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None, order: str = "C") -> Node:
    """Ones on a diagonal, zeros elsewhere."""
    n = dims(N)[0]
    name = np.dtype(dtype or np.float64).name
    if (M is None or dims(M)[0] == n) and k == 0:
        return shapes.eye(n=n, dtype=name)
    m = n if M is None else dims(M)[0]
    if not isinstance(n, int) or not isinstance(m, int):
        raise UnsupportedError("eye with two symbolic lengths or a shifted diagonal", help="write eye(n)")
    check_size(n * m)
    return constant(np.eye(n, m, static_int(k, "the diagonal"), name))


@numpy_function("arange", np.arange, creates="new", derivative=False)
def arange(start: Any, stop: Any = None, step: Any = 1, *, dtype: Any = None) -> Node:
    """Evenly spaced numbers, the stop excluded."""
    if dtype is not None:
        return astype(arange(start, stop, step), dtype)
    if stop is None:
        start, stop = 0, start
    if isinstance(stop, Length):
        if step != 1:
            raise ArgumentError(
                f"arange to a named length goes in steps of 1, not {step!r:.20}", help="how many there are has no name"
            )
        counted = positions(n=stop - static_int(start, "the start")) if start else positions(n=stop)
        shifted: Node = counted + start if start else counted
        return shifted
    if (start, step) == (0, 1) and isinstance(stop, int) and stop > SHORT:
        return positions(n=stop)
    a, b, by = (_known(v, "arange") for v in (start, stop, step))
    check_size(abs((b - a) / by) if by else 0)
    return constant(np.arange(a, b, by))


@numpy_function("linspace", np.linspace, creates="new", reorders=True)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """Evenly spaced numbers, the stop included unless endpoint=False; with retstep=True, and how far apart they are."""
    line = laid_along(_line(start, stop, num, endpoint), dtype, axis)
    return (line, _gap(start, stop, num, endpoint)) if retstep else line


def laid_along(line: Node, dtype: Any, axis: int) -> Node:
    """Numbers along the first axis as numbers along another one, in the dtype asked for."""
    k = normalize_axis(axis, line.ndim)
    if k:
        line = shapes.permute(line, axes=(*range(1, k + 1), 0, *range(k + 1, line.ndim)))
    if dtype is None:
        return line
    whole = np.dtype(dtype).kind in "iu"  # NumPy rounds down, where a conversion cuts off
    return astype(ew.floor(line) if whole else line, dtype)


def _gap(start: Any, stop: Any, num: Any, endpoint: bool) -> Node:
    steps = num - 1 if endpoint else num
    if steps == 0:
        return constant(np.float64(np.nan))
    gap: Node = (asarray(stop) - asarray(start)) / as_node(steps)
    return gap


def _line(start: Any, stop: Any, num: Any, endpoint: bool) -> Node:
    a, b = as_node(start), as_node(stop)
    n = num if isinstance(num, Length) else static_int(num, "num")
    if isinstance(n, int) and n <= SHORT and a.literal is not None and b.literal is not None:
        return constant(np.linspace(a.literal.value, b.literal.value, n, endpoint))
    steps = shapes.arange(n=n)
    each = max(a.ndim, b.ndim)  # the ends may be arrays: a line for each element
    steps = shapes.expand_dims(steps, axis=tuple(range(1, each + 1))) if each else steps
    gaps = n - 1 if endpoint else n
    line: Node = a + (b - a) / as_node(gaps if gaps != 0 else 1) * steps
    wanted = float_dtype((a.aval, b.aval))
    return line if line.dtype == wanted else shapes.astype(line, dtype=wanted.name)


def _known(value: Any, name: str) -> int | float:
    if isinstance(value, Node) and value.literal is not None:
        value = value.literal.scalar
    if not isinstance(value, (int, float)):
        raise ArgumentError(f"{name} needs numbers that are known beforehand, not {value!r}")
    return value


def check_size(elements: float) -> None:
    """Raises LimitError for a constant array that is too large to be stored in a graph."""
    if not elements <= LARGEST:
        raise LimitError(f"a constant array of {elements:.0f} elements is too large to be stored in a graph")


creator(np.empty, "new", np.zeros)  # what NumPy leaves unfilled is filled, so that a program does the same each time
creator(np.empty_like, "new", np.zeros_like)
creator(np.identity, "new")
creator(np.tri, "new")
creator(np.fromiter, "new")
creator(np.require, "as is")
creator(np.asanyarray, "as is")
creator(np.ascontiguousarray, "as is")
creator(np.asfortranarray, "as is")
creator(np.array, "join")
