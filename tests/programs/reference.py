"""What a program is worth with a thousand digits: node by node in mpmath, derivatives by differences far below rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np

from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, ITEM, Node, slot
from symdiff.graph.walk import toposort
from symdiff.ops.index import Slice

DIGITS = 900  # exp(-1000) beside 1 takes 435, and the step 420
STEP = mpmath.mpf(10) ** -420
once = lru_cache(maxsize=1 << 12)  # where one element of an input was moved, most others are what they were
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b, "negative": lambda a: -a, "square": lambda a: a * a, "power": lambda a, b: a**b,
    "exp": once(mpmath.exp), "log": once(mpmath.log), "sqrt": once(mpmath.sqrt), "absolute": abs, "erf": once(mpmath.erf),
    "maximum": lambda a, b: max(a, b), "minimum": lambda a, b: min(a, b), "where": lambda c, a, b: a if c else b,
    "less_equal": lambda a, b: a <= b, "less": lambda a, b: a < b, "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b, "equal": lambda a, b: a == b,
}  # fmt: skip


def _exact(array: Any) -> np.ndarray:
    return np.vectorize(lambda v: mpmath.mpf(v.item() if hasattr(v, "item") else v), otypes=[object])(np.asarray(array))


def _matrix(array: np.ndarray) -> mpmath.matrix:
    return mpmath.matrix(array.tolist())


def _solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array(list(mpmath.lu_solve(_matrix(a), mpmath.matrix(list(b)))), dtype=object)


def _slogdet(a: np.ndarray) -> tuple[Any, Any]:
    determinant = mpmath.det(_matrix(a))
    return mpmath.sign(determinant), mpmath.log(abs(determinant))


def _index(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(slice(*i) if isinstance(i, Slice) else i if isinstance(i, int) else i.value for i in items)


STRUCTURAL: dict[str, Callable[..., Any]] = {
    "sum": lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
    "mean": lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims) / int(np.prod([x.shape[k] for k in axis])),
    "max": lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims),
    "min": lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims),
    "var": lambda x, axis, keepdims, ddof: np.sum((x - np.sum(x, axis=axis, keepdims=True) / x.shape[axis[0]]) ** 2, axis=axis, keepdims=keepdims) / x.shape[axis[0]],
    "cumsum": lambda x, axis: np.cumsum(x, axis=axis),
    "einsum": lambda x, y, subscripts: np.einsum(subscripts, x, y),
    "expand_dims": lambda x, axis: np.expand_dims(x, axis), "squeeze": lambda x, axis: np.squeeze(x, axis),
    "transpose": lambda x, axes: np.transpose(x, axes), "reshape": lambda x, shape: np.reshape(x, shape),
    "astype": lambda x, dtype: x, "broadcast_to": lambda x, shape: np.broadcast_to(x, shape), "getitem": lambda x, index: x[_index(index)],
    "diagonal": lambda x: np.diagonal(x), "solve": _solve, "slogdet": _slogdet,
}  # fmt: skip


def evaluate(graph: Graph, arrays: Sequence[Any]) -> Any:
    """The value of the graph's only output."""
    values: dict[Node, Any] = dict(zip(graph.inputs, arrays, strict=True))
    for node in toposort(graph.outputs):
        if node in values:
            continue
        if node.op is ITEM:
            values[node] = np.asarray(values[node.inputs[0]][slot(node)], dtype=object)
            continue
        inputs = [values[x] for x in node.inputs]
        if node.op is CONSTANT:
            assert node.literal is not None
            values[node] = _exact(node.literal.value)
        elif node.op.family == "elementwise":
            run = np.frompyfunc(ELEMENTWISE[node.op.name], len(inputs), 1)
            values[node] = np.asarray(run(*inputs), dtype=object)
        else:
            values[node] = np.asarray(STRUCTURAL[node.op.name](*inputs, **node.kwargs), dtype=object)
    return values[graph.outputs[0]].item()


def value_and_gradient(
    graph: Graph, arrays: Sequence[np.ndarray], targets: Sequence[int]
) -> tuple[Any, list[np.ndarray]]:
    """The value, and its derivatives by differences with steps of 1e-420, whose error is of that size."""
    with mpmath.workdps(DIGITS):
        exact = [_exact(a) for a in arrays]
        value = evaluate(graph, exact)
        gradients = []
        for k in targets:
            gradient = np.empty(exact[k].shape, dtype=object)
            for index in np.ndindex(*exact[k].shape):
                moved = exact[k].copy()
                moved[index] += STEP
                there = evaluate(graph, [moved if i == k else a for i, a in enumerate(exact)])
                gradient[index] = (there - value) / STEP
            gradients.append(gradient)
    return value, gradients
