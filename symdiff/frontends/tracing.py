"""Symbolic values: what `var` returns, and what NumPy functions and operators on it return.

A `Symbol` wraps a node and speaks NumPy's protocols. It is not the node: nodes compare by identity, symbols by value
(``x == 0`` builds a node).
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, ParseError, UnsupportedError
from symdiff.frontends.spec import spec
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph, Tree
from symdiff.graph.node import INPUT, Node, as_node, variable
from symdiff.graph.op import OPS
from symdiff.graph.walk import toposort
from symdiff.ops import api
from symdiff.ops.table import BY_NUMPY, FUNCTIONS
from symdiff.ops.unsupported import why_not


class Symbol:
    """A value that is not known yet. NumPy functions and operators on it build graphs.

    >>> import numpy as np
    >>> x = var("x", "n")
    >>> np.sum(np.sin(x) ** 2)
    <symbolic f64[]>
    """

    __slots__ = ("node",)
    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]
    node: Node

    def __init__(self, node: Node) -> None:
        self.node = node

    def __symdiff_node__(self) -> Node:
        return self.node

    def __repr__(self) -> str:
        return f"<symbolic {self.node.name + ': ' if self.node.name else ''}{self.node.aval!r}>"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            return _wrap(api.call_method(ufunc, method, *_unwrap(inputs), **_unwrap(kwargs)))
        return _call(ufunc, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        return _call(func, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise UnsupportedError(
            "a symbolic value cannot be converted to an array of numbers",
            help="use np.stack or np.concatenate to join symbolic values",
        )

    def __bool__(self) -> bool:
        raise ArgumentError(
            "a symbolic value has no truth value, so `if` and `while` cannot follow it",
            help="write np.where(condition, a, b)",
        )

    def __float__(self) -> float:
        raise ArgumentError("a symbolic value is no number yet", help="use NumPy's functions, not those of math")

    def __len__(self) -> int:
        if not self.node.shape:
            raise TypeError("len() of a symbolic scalar")
        n = self.node.shape[0]
        if not isinstance(n, int):
            raise UnsupportedError(f"len() must be a number, the length is {n}", help="use x.shape[0]")
        return n

    def __iter__(self) -> Iterator[Symbol]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        return _wrap(api.getitem(self.node, _unwrap(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise UnsupportedError(
            "a symbolic value cannot be changed in place", help="build it instead: np.concatenate, np.stack, np.where"
        )

    def __getattr__(self, name: str) -> Any:
        if name in api.ATTRIBUTES:
            return _wrap(api.attribute(self.node, name))
        if name in api.METHODS:
            call = FUNCTIONS[name].call
            return lambda *args, **kwargs: _wrap(call(self.node, *_unwrap(args), **_unwrap(kwargs)))
        raise AttributeError(f"a symbolic value has no attribute {name!r}")

    def __eq__(self, other: object) -> Any:
        return _operator("==", self, other)

    def __ne__(self, other: object) -> Any:
        return _operator("!=", self, other)

    def __neg__(self) -> Any:
        return _wrap(-self.node)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _wrap(OPS["absolute"](self.node))

    def __invert__(self) -> Any:
        return _wrap(~self.node)

    def __add__(self, other: Any) -> Any:
        return _operator("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return _operator("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return _operator("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operator("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return _operator("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operator("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operator("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operator("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operator("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _operator("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return _operator("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _operator("%", other, self)

    def __pow__(self, other: Any) -> Any:
        return _operator("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operator("**", other, self)

    def __matmul__(self, other: Any) -> Any:
        return _operator("@", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _operator("@", other, self)

    def __and__(self, other: Any) -> Any:
        return _operator("&", self, other)

    def __rand__(self, other: Any) -> Any:
        return _operator("&", other, self)

    def __or__(self, other: Any) -> Any:
        return _operator("|", self, other)

    def __ror__(self, other: Any) -> Any:
        return _operator("|", other, self)

    def __xor__(self, other: Any) -> Any:
        return _operator("^", self, other)

    def __rxor__(self, other: Any) -> Any:
        return _operator("^", other, self)

    def __lt__(self, other: Any) -> Any:
        return _operator("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _operator("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _operator(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _operator(">=", self, other)


def _operator(sign: str, a: Any, b: Any) -> Any:
    try:
        left, right = as_node(a), as_node(b)
    except ArgumentError:
        return NotImplemented
    return _wrap(OPS.infix[sign](left, right))


def _call(function: Any, args: Any, kwargs: Any) -> Any:
    entry = BY_NUMPY.get(function)
    if entry is None:
        name = getattr(function, "__name__", str(function))
        why, _, advice = why_not(function).partition("; ")
        shown = f"np.{name} is not supported on symbolic values{': ' + why if why else ''}"
        raise UnsupportedError(shown, help=advice or None)
    given = {key: value for key, value in kwargs.items() if value is not np._NoValue}
    try:
        return _wrap(api.call(function, *_unwrap(args), **_unwrap(given)))
    except TypeError as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"{entry.name}: {error}") from None


def _wrap(value: Any) -> Any:
    if isinstance(value, Node):
        return Symbol(value)
    if isinstance(value, (list, tuple)) and any(isinstance(item, Node) for item in value):
        return type(value)(map(_wrap, value))
    return value


def _unwrap(value: Any) -> Any:
    if isinstance(value, Symbol):
        return value.node
    if isinstance(value, (list, tuple)):
        return type(value)(map(_unwrap, value))
    if isinstance(value, dict):
        return {key: _unwrap(item) for key, item in value.items()}
    if callable(value) and not isinstance(value, type):  # what piecewise and apply_along_axis call
        return lambda *args, **kwargs: _unwrap(value(*_wrap(args), **kwargs))
    return value


def var(name: str, shape: Any = (), dtype: Any = None) -> Symbol:
    """A symbolic input.

    Args:
        name: an ASCII identifier; it becomes the argument's name.
        shape: as in `spec`: ``"n d"``, ``("n", 3)``, ``()``.
        dtype: float64 unless given.

    >>> var("x", "n d")
    <symbolic x: f64[n,d]>
    """
    check_name(name)
    return Symbol(variable(name, spec(shape, dtype).aval))


def check_name(name: str) -> None:
    """Raises ParseError unless `name` can be an argument of generated code."""
    if (
        not isinstance(name, str)
        or not name.isascii()
        or not name.isidentifier()
        or keyword.iskeyword(name)
        or name.startswith("__")
    ):
        raise ParseError(f"{name!r} is not a name for a variable", help="use an ASCII identifier, such as x or W1")


def graph_of(outputs: Any, inputs: Sequence[Any] | None = None, name: str = "f") -> Graph:
    """The graph that computes symbolic values; without `inputs`, from its variables in order of first use."""
    roots, tree = flatten(outputs)
    found = [node for node in toposort(roots) if node.op is INPUT]
    given = found if inputs is None else [as_node(x) for x in inputs]
    missing = [node.name for node in found if node not in given]
    if missing:
        raise ArgumentError(f"the values depend on {', '.join(map(repr, missing))}, which are not among the inputs")
    names = [node.name for node in given]
    if len(set(names)) != len(names):
        raise ArgumentError(f"two different inputs are called {next(n for n in names if names.count(n) > 1)!r}")
    return Graph(tuple(given), roots, name=name, forward=roots, tree=tree)


def flatten(value: Any) -> tuple[tuple[Node, ...], Tree]:
    """The nodes in a value or tuple of values, and the tuple's shape."""
    if isinstance(value, tuple):
        roots: list[Node] = []
        trees: list[Tree] = []
        for item in value:
            nodes, tree = flatten(item)
            trees.append(_shift(tree, len(roots)))
            roots.extend(nodes)
        return tuple(roots), tuple(trees)
    node = api.asarray(_unwrap(value)) if isinstance(value, list) else as_node(value)
    return (node,), 0


def _shift(tree: Tree, by: int) -> Tree:
    return tree + by if isinstance(tree, int) else tuple(_shift(part, by) for part in tree)


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the positional arguments of a Python function."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds)


def trace(function: Callable[..., Any], names: tuple[str, ...], avals: Sequence[Aval]) -> Graph:
    """The graph of a Python function that uses NumPy, by calling it once on symbolic values."""
    inputs = [variable(name, aval) for name, aval in zip(names, avals, strict=True)]
    result = function(*map(Symbol, inputs))
    return graph_of(result, inputs, function_name(function))


def function_name(function: Callable[..., Any]) -> str:
    """The name of a function, if it has one that can be written."""
    name = str(getattr(function, "__name__", "f"))
    return name if name.isidentifier() and name.isascii() and not keyword.iskeyword(name) else "f"
