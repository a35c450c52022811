"""`ravel`: a function of containers of arrays becomes a function of one vector, as optimisers call it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError
from symdiff.frontends.layout import filled, signature_of
from symdiff.frontends.tables import as_array, is_table
from symdiff.frontends.tracing.by_name.carries import parts_of
from symdiff.frontends.tracing.flow.runtime import followed


def ravel(f: Callable[..., Any], example: Any) -> Raveled:
    """`f`, whose first argument is a container of arrays, as a function of one vector that holds all of them.

    Args:
        f: a Python function.
        example: a first argument: its containers, shapes and dtypes are those of all calls.

    Returns:
        A callable of a vector, and of what else `f` takes, to be differentiated as any Python function:
        ``grad(ravel(f, p))``. `pack` makes a vector of containers, `unpack` containers of a vector.

    Raises:
        ArgumentError: if `f` is no function, or there is no array in `example`.
        DTypeError: if something in it is no real number.

    The vector holds the arrays in the order of the containers, each in C order, as `jax.flatten_util.ravel_pytree` has
    it. For SciPy's optimisers, and for `hessian_operator`, which are with respect to one array.

    >>> import numpy as np, symdiff as sd
    >>> def loss(p, y):
    ...     return np.sum((p["w"] * p["b"] - y) ** 2)
    >>> p = {"w": np.ones(2), "b": 2.0}
    >>> flat = sd.ravel(loss, p)
    >>> flat.pack(p), sd.grad(flat)(flat.pack(p), 0.0)
    (array([1., 1., 2.]), array([8., 8., 8.]))
    >>> flat.unpack(np.arange(3.0))
    {'w': array([0., 1.]), 'b': np.float64(2.0)}
    """
    if not callable(f):
        raise ArgumentError(f"ravel is given {f!r:.40}, and takes a function", help="sd.ravel(f, params)")
    return Raveled(f, example)


class Raveled:
    """A function of one vector, made by `ravel`.

    Attributes:
        size: the length of the vector.
    """

    def __init__(self, f: Callable[..., Any], example: Any) -> None:
        self._f = f
        values, self._tree = parts_of(example)
        arrays = [as_array("what is to be one vector", v) for v in values]
        for a in arrays:
            if a.dtype.kind not in "iuf":
                raise DTypeError(f"a vector of parameters holds real numbers, and there is {a.dtype} among these")
        if not arrays:
            raise ArgumentError("there is no array in what is to be one vector", help="pass parameters as f takes them")
        self._shapes = [a.shape for a in arrays]
        self._dtypes = [a.dtype if a.dtype.kind == "f" else np.dtype(float) for a in arrays]
        self._ends = [0, *(int(n) for n in np.cumsum([prod(shape) for shape in self._shapes]))]
        self.size = self._ends[-1]
        self.__name__ = getattr(f, "__name__", "f")
        self.__signature__ = signature_of(f)

    def __repr__(self) -> str:
        return f"<ravel of {self.__name__}, of {self.size} numbers>"

    def __call__(self, vector: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The value at the parameters in the vector."""
        return followed(self._f)(self.unpack(vector), *args, **kwargs)

    def pack(self, params: Any) -> Any:
        """The vector of parameters; symbolic ones give a symbolic one.

        Raises:
            ArgumentError, ShapeError: if the containers, or shapes, are not those of the example.
        """
        values, tree = parts_of(params)
        if tree != self._tree:
            raise ArgumentError("these parameters are in other containers than the example", help="use the same keys")
        parts = [as_array("what is to be one vector", v) if is_table(v) else v for v in values]
        for value, shape in zip(parts, self._shapes, strict=True):
            if np.shape(value) != shape:
                raise ShapeError(f"an array of the parameters has shape {np.shape(value)}, in the example {shape}")
        return np.concatenate([np.reshape(v, (prod(s),)) for v, s in zip(parts, self._shapes, strict=True)]) * 1.0

    def unpack(self, vector: Any) -> Any:
        """The parameters that a vector holds, in the dtypes of the example.

        Raises:
            ShapeError: if it has another length.
        """
        if np.shape(vector) != (self.size,):
            raise ShapeError(
                f"the vector of parameters has shape {np.shape(vector)}, and {self.size} numbers are meant"
            )
        parts = [
            np.reshape(vector[a:b], shape) if shape else vector[a]
            for (a, b), shape in zip(pairwise(self._ends), self._shapes, strict=True)
        ]
        typed = [p if p.dtype == dtype else p.astype(dtype) for p, dtype in zip(parts, self._dtypes, strict=True)]
        return filled(self._tree, typed)
