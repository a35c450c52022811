"""`propagate`: the covariance of what a function makes of uncertain numbers. `elasticities`: relative sensitivities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError
from symdiff.frontends.tables import as_array, axes_of, check_labels, is_table, like_table, numbers_of
from symdiff.functions.arguments import ordered
from symdiff.functions.jacobian import jacobian
from symdiff.functions.make import make_function
from symdiff.functions.options import Options

Values = Sequence[Any] | Mapping[str, Any]


def propagate(f: Callable[..., Any] | str, values: Values, covariance: Any) -> tuple[Any, Any]:
    """The value of a function of uncertain numbers, and its covariance to first order, ``J @ covariance @ J.T``.

    Args:
        f: a Function, or what `function` takes; its inputs are all uncertain.
        values: one value for each input: numbers, or arrays; in order, or by name in a dict or a Series of pandas.
        covariance: of all numbers of `values`, in the order of the inputs of `f`, arrays in C order; a vector is that
            of their variances, and so is a dict, by name, of numbers or arrays. A table of pandas goes by its labels,
            which are the names of the inputs, or the labels of the Series that they are.

    Returns:
        ``(value, covariance)``: a variance where the value is a number, else a matrix over its elements, in C order.

    Raises:
        ArgumentError: if a value is missing, or none of an input.
        ShapeError: if the covariance is not that of as many numbers as there are.
        DTypeError: for what are no real numbers.

    The law of propagation of uncertainty (JCGM 100:2008, "Guide to the expression of uncertainty in measurement", 5.2).
    It is the covariance of the linear function that touches f at `values`; where f bends within the uncertainty of its
    inputs, it is not that of f.

    >>> import symdiff as sd
    >>> value, variance = sd.propagate("m * g * h", (2.0, 9.81, 1.5), (0.01**2, 0.0, 0.02**2))
    >>> round(value, 3), round(variance**0.5, 4)
    (29.43, 0.4191)
    """
    value, slopes, given, tables = _slopes(f, values)
    n = sum(x.size for x in given.values())
    if is_table(covariance):
        covariance = _in_order(covariance, _labels(given, tables))
    elif isinstance(covariance, Mapping):
        covariance = _variances(given, covariance)
    c = _floats("the covariance", covariance)
    c = np.diag(c) if c.ndim == 1 else c
    if c.shape != (n, n):
        raise ShapeError(
            f"a covariance of shape {np.shape(covariance)} of {n} uncertain numbers",
            help=f"a matrix of shape ({n}, {n}), or a vector of {n} variances",
        )
    found = slopes @ c @ slopes.T
    return value, found if np.ndim(value) else float(found[0, 0])


def elasticities(f: Callable[..., Any] | str, values: Values) -> tuple[Any, ...]:
    """By how many percent a function changes where each of its inputs changes by one: ``x / f * df/dx``.

    Args:
        f: a Function, or what `function` takes, that gives a number.
        values: one value for each input: numbers, or arrays; in order, or by name in a dict or a Series of pandas.

    Returns:
        One for each input, in its shape, with its labels; inf or nan where the function is 0.

    Raises:
        ShapeError: if `f` does not give a number.

    >>> import symdiff as sd
    >>> [round(e, 6) for e in sd.elasticities("K**0.3 * L**0.7", (2.0, 5.0))]
    [0.3, 0.7]
    """
    value, slopes, given, tables = _slopes(f, values)
    if np.ndim(value):
        raise ShapeError(
            f"elasticities of a value of shape {np.shape(value)}", help="those of one number, such as a sum"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.split(slopes[0], np.cumsum([x.size for x in given.values()])[:-1])
        found = [np.reshape(part, x.shape) * x / value for part, x in zip(parts, given.values(), strict=True)]
    return tuple(like_table(x, e) if e.ndim else float(e) for x, e in zip(tables, found, strict=True))


def _variances(given: Mapping[str, np.ndarray], covariance: Mapping[str, Any]) -> np.ndarray:
    """Variances by name, as a vector."""
    parts = []
    for (name, x), v in zip(given.items(), ordered(tuple(given), (), covariance), strict=True):
        if np.ndim(v) and np.shape(v) != x.shape:
            raise ShapeError(
                f"variances of shape {np.shape(v)} of {name!r}, which has shape {x.shape}",
                help="one for all, or one each",
            )
        parts.append(np.broadcast_to(_floats(f"the variance of {name!r}", v), x.shape).ravel())
    return np.concatenate(parts)


def _labels(given: Mapping[str, np.ndarray], tables: Sequence[Any]) -> list[Any] | None:
    """What the numbers are called, all together: as their input, or by their label in it; None if some have no name."""
    found: list[Any] = []
    for (name, x), table in zip(given.items(), tables, strict=True):
        labels = axes_of(table)[0][1] if is_table(table) and x.ndim == 1 else [name] if not x.ndim else None
        if labels is None:
            return None
        found += list(labels)
    return found


def _in_order(table: Any, labels: Sequence[Any] | None) -> np.ndarray:
    """A vector or matrix with labels, in the order of these; in its own, where it only counts."""
    axes, array = axes_of(table), numbers_of(table)
    for k, (name, own) in enumerate(axes):
        if own is None or list(own) == list(range(len(own))) or list(own) == labels:
            continue
        if labels is None or len(own) != len(labels) or set(own) != set(labels) or len(set(own)) < len(own):
            raise ArgumentError(
                f"the covariance has {list(own)[:5]} as its {name}, and the uncertain numbers are called {labels}",
                help="give it those labels, or values in the order of the inputs: covariance.to_numpy()",
            )
        array = np.take(array, [list(own).index(label) for label in labels], axis=k)
    return array


def _floats(what: str, value: Any) -> np.ndarray:
    """An array of real numbers; DTypeError or ShapeError for what is none."""
    try:
        array = as_array(what, value)
    except ValueError:
        raise ShapeError(f"{what} is no array: its rows have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"{what} is of {array.dtype}, and real numbers are meant", help="give floats")
    return array.astype(float)


def _slopes(f: Any, values: Values) -> tuple[Any, np.ndarray, dict[str, np.ndarray], Sequence[Any]]:
    """The value, the Jacobian with respect to all numbers as a matrix, the inputs as arrays, and as they were given."""
    if hasattr(values, "items") and is_table(values) and all(isinstance(label, str) for label in axes_of(values)[0][1]):
        values = dict(values.items())
    args, kwargs = ((), dict(values)) if isinstance(values, Mapping) else (tuple(values), {})
    whole, found = make_function(f, Options(), {}).laid_out(args, kwargs)
    check_labels(dict(zip(whole.inputs, found, strict=True)))
    given = {name: _floats(f"argument {name!r}", x) for name, x in zip(whole.inputs, found, strict=True)}
    numbers = [x if x.ndim else float(x) for x in given.values()]
    by_position, by_name = (() if kwargs else numbers), (dict(zip(given, numbers, strict=True)) if kwargs else {})
    value = whole(*by_position, **by_name)
    if isinstance(value, (tuple, list, dict)):
        raise ShapeError("several values are returned, and one is meant", help="put them into one array: np.stack")
    blocks = jacobian(whole, whole.inputs)(*by_position, **by_name)
    flat = [np.reshape(block, (np.size(value), x.size)) for block, x in zip(blocks, given.values(), strict=True)]
    return value, np.concatenate(flat, axis=1), given, found
