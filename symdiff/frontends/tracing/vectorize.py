"""``np.vectorize`` on symbolic arrays: the Python function is called for each element, as NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.holder import unwrapped
from symdiff.frontends.tracing.symbol import wrapped
from symdiff.graph.dims import Shape
from symdiff.ops import vocabulary as api
from symdiff.ops.inference import broadcast_shapes
from symdiff.ops.reductions import spread


def call_vectorized(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arrays of results of ``self.pyfunc`` over broadcast elements of the arguments that are not excluded."""
    if self.signature is not None:
        raise UnsupportedError("np.vectorize with a signature on symbolic values", help="write the loop, and np.stack")
    keys = [k for k in (*range(len(args)), *kwargs) if k not in self.excluded]
    given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
    nodes = [api.asarray(unwrapped(given[k])) for k in keys]
    shape = broadcast_shapes("vectorize", [node.aval for node in nodes])
    if not all(isinstance(n, int) for n in shape):
        raise UnsupportedError(
            f"np.vectorize calls the function for each element, and their number is not known: the shape is {shape}",
            help="use functions of whole arrays; or leave the shape undeclared, to compile for each length",
        )
    results = []
    for index in np.ndindex(*shape):  # type: ignore[arg-type]
        given.update({k: wrapped(api.getitem(spread(x, shape), index)) for k, x in zip(keys, nodes, strict=True)})
        results.append(self.pyfunc(*[given[k] for k in range(len(args))], **{k: given[k] for k in kwargs}))
    if not results:
        raise UnsupportedError("np.vectorize over no elements has no result whose type is known")
    if isinstance(results[0], tuple):
        return tuple(_joined(list(parts), shape) for parts in zip(*results, strict=True))
    return _joined(results, shape)


def _joined(parts: list[Any], shape: Shape) -> Any:
    array = wrapped(api.asarray(unwrapped(parts)))
    return array.reshape(shape) if shape else array[0]
