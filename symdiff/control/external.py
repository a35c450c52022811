"""`external`: a call of a function that cannot be looked into. What is printed calls it; no file can hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.graph.notation import written
from symdiff.graph.op import OPS, Op, Undefined
from symdiff.ops.batching import stacked
from symdiff.ops.building import build

Shaped = Callable[..., tuple[Any, ...]]
_numbers = count(1)


class Call:
    """What a program calls: a function, whose result is taken in the dtype and the shape that it was said to have.

    Args:
        function: takes arrays, and gives one.
        shape: of the result, for arguments of any shapes.
        dtype: of the result.
        why: why there is no derivative.
        called: what the program calls it.
        stacked: how many axes in front of those of the arguments number the calls.
    """

    def __init__(
        self, function: Callable[..., Any], shape: Shaped, dtype: np.dtype, why: str, called: str, stacked: int = 0
    ) -> None:
        self.function, self.shape, self.dtype, self.why = function, shape, dtype, why
        self.called, self.stacked = called, stacked
        self.__name__ = f"{called}{next(_numbers)}"  # in templates; no text is printed with it
        self._stacks: dict[int, Call] = {}

    def __repr__(self) -> str:
        return f"<{self.called}>"

    def stack(self, axes: int) -> Call:
        """The same for stacks of calls."""
        if axes not in self._stacks:
            more = self.function, self.shape, self.dtype, self.why, self.called, self.stacked + axes
            self._stacks[axes] = Call(*more)
        return self._stacks[axes]

    def __call__(self, *args: Any) -> Any:
        if not self.stacked:
            return self._one(args)
        lead = np.shape(args[0])[: self.stacked]
        found = [self._one([x[at] for x in args]) for at in np.ndindex(lead)]
        shape = np.shape(found[0]) if found else self.shape(*(np.empty(np.shape(x)[self.stacked :]) for x in args))
        return np.array(found, self.dtype).reshape((*lead, *shape))

    def _one(self, args: Sequence[Any]) -> Any:
        given, meant = np.asarray(self.function(*args)), tuple(self.shape(*map(np.asarray, args)))
        if given.shape != meant:
            raise ShapeError(
                f"{self.called} gives an array of shape {given.shape}, and it was said to be {meant}",
                help="a program is made for the shape= that is said",
            )
        if given.dtype.kind == "c" and self.dtype.kind != "c":
            raise DTypeError(f"{self.called} gives {given.dtype.name}, and it was said to be {self.dtype.name}")
        return given.astype(self.dtype)[()]  # a copy: what the function keeps is its own


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called in a program."""
    name = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else "function"


def _infer(*types: Aval, call: Call, result: Aval, **params: Any) -> Aval:
    lead = types[0].shape[: call.stacked] if call.stacked else ()
    return Aval(result.dtype, (*lead, *result.shape))


def _spell(node: Node) -> str:
    return f"{node.kwargs['call'].__name__}({', '.join(f'x{k}' for k in range(len(node.inputs)))})"


def _undefined(node: Node) -> Undefined:
    return Undefined(node.kwargs["call"].why)


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    """One call after the other."""
    call = node.kwargs["call"]
    params = {**node.kwargs, "call": call.stack(len(lead))}
    return Node(node.op, stacked(node, inputs, lead), tuple(sorted(params.items())))


external: Op = OPS.register(
    Op("external", "structural", _infer, lambda i, g, node: _undefined(node), build=build, batch=_batch, integers=True,
       jvp=lambda tangents, node: _undefined(node), flops=lambda node: 0, beside=lambda node: node.kwargs["call"],
       notation=written(spell=_spell, hint="y"), doc="A call of a function that cannot be looked into.")
)  # fmt: skip
