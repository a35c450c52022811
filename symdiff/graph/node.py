"""Nodes: an operation applied to nodes. Interned, so that equal subexpressions are the same object.

An operation may give several values, ``w, V = eigh(A)``: then its node has parts, each of which is a node `ITEM`.

A node compares by identity (``==`` is ``is``), which makes sets, dicts and rewriting cheap and exact. The other
operators build nodes: a sign such as ``*`` is looked up in the registry, under which some row has claimed it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache
from math import copysign
from threading import RLock
from typing import Any, NoReturn
from weakref import ref

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError, SymdiffError, TruthValueError
from symdiff.graph.aval import Aval, Avals
from symdiff.graph.dims import Dim, Length, plain_lengths
from symdiff.graph.op import OPS, Op, Part

Params = tuple[tuple[str, Any], ...]


class Literal:
    """The value of a constant, equal by dtype, shape and bits: -0.0 is not 0.0, and a nan is itself.

    A weak literal is a Python scalar. Its `value` is always an array, read-only.
    """

    __slots__ = ("_hash", "_key", "number", "value", "weak")
    value: np.ndarray
    weak: bool
    number: float | None  # the value, of a real number that is no condition

    def __init__(self, value: Any, weak: bool = False) -> None:
        array = np.array(value)
        array.setflags(write=False)
        self.value = array
        self.weak = weak
        self.number = float(array) if array.ndim == 0 and array.dtype.kind in "iuf" else None
        self._key = (array.dtype.str, array.shape, array.tobytes(), weak)
        self._hash = hash(self._key)

    @property
    def aval(self) -> Aval:
        return Aval(self.value.dtype, self.value.shape, self.weak)

    @property
    def scalar(self) -> bool | int | float | complex | None:
        """The Python number, if the array has no axes."""
        item: bool | int | float | complex | None = self.value.item() if self.value.ndim == 0 else None
        return item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[Literal], tuple[np.ndarray, bool]]:
        return Literal, (self.value, self.weak)

    def __repr__(self) -> str:
        return repr(self.value.tolist())


class Node:
    """`op` applied to `inputs` with static `params`; `aval` says what comes out.

    Attributes:
        literal: the value, if the node is a constant.
        shape: that of `aval`, which is asked for often; a node with parts has none, and says so.
    """

    __slots__ = ("__weakref__", "aval", "inputs", "literal", "op", "params", "shape")
    __array_ufunc__ = None  # a NumPy array on the left must not try to loop over a node
    __symdiff_symbolic__ = None  # what is made of a node is one
    op: Op
    inputs: tuple[Node, ...]
    params: Params
    aval: Aval
    literal: Literal | None
    shape: tuple[Dim, ...]

    def __new__(cls, op: Op, inputs: tuple[Node, ...], params: Params = ()) -> Node:
        key = (op, inputs, params)
        entry = _interned.get(key)
        if entry is not None and (found := entry()) is not None:
            return found
        if params:
            params = plain_lengths(params)
            key = (op, inputs, params)
        aval = infer(op, inputs, params)
        self = object.__new__(cls)
        _put_op(self, op)
        _put_inputs(self, inputs)
        _put_params(self, params)
        _put_aval(self, aval)
        _put_literal(self, params[0][1] if op is CONSTANT else None)
        if aval.kind:  # several values, or none, have no shape
            _put_shape(self, aval.shape)
        return _only(key, self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Node is immutable")

    def __getattr__(self, name: str) -> NoReturn:
        getattr(self.aval, name)  # the shape of several values: the error says so
        raise AttributeError(name)

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)

    @property
    def dtype(self) -> np.dtype:
        return self.aval.dtype

    @property
    def parts(self) -> tuple[Node, ...]:
        """The values of an operation that gives several, as nodes; empty for all others."""
        found = self.aval.parts
        return tuple([Node(ITEM, (self,), (("k", k),)) for k in range(len(found))]) if found else ()

    @property
    def kwargs(self) -> dict[str, Any]:
        """The parameters as a dict."""
        return dict(self.params)

    @property
    def name(self) -> str | None:
        """The name, if the node is an input."""
        return self.params[0][1] if self.op is INPUT else None

    def __repr__(self) -> str:
        what = self.name or (repr(self.literal) if self.literal else self.op.name)
        return f"<{what}: {self.aval}>"

    def __bool__(self) -> bool:
        raise TruthValueError("a symbolic value has no truth value", help="use where(condition, a, b)")

    def __iter__(self) -> Iterator[Node]:
        """``w, V = node``: the parts of a node that has them."""
        if not self.aval.parts:
            raise ArgumentError("a node cannot be iterated over")
        return iter(self.parts)

    def __neg__(self) -> Node:
        return OPS.infix["neg"](self)

    def __invert__(self) -> Node:
        return OPS.infix["~"](self)

    # ``==`` and ``!=`` are missing on purpose: nodes compare by identity.

    def __add__(self, other: Any) -> Node:
        return OPS.infix["+"](self, other)

    def __sub__(self, other: Any) -> Node:
        return OPS.infix["-"](self, other)

    def __mul__(self, other: Any) -> Node:
        return OPS.infix["*"](self, other)

    def __truediv__(self, other: Any) -> Node:
        return OPS.infix["/"](self, other)

    def __floordiv__(self, other: Any) -> Node:
        return OPS.infix["//"](self, other)

    def __mod__(self, other: Any) -> Node:
        return OPS.infix["%"](self, other)

    def __pow__(self, other: Any) -> Node:
        return OPS.infix["**"](self, other)

    def __matmul__(self, other: Any) -> Node:
        return OPS.infix["@"](self, other)

    def __and__(self, other: Any) -> Node:
        return OPS.infix["&"](self, other)

    def __or__(self, other: Any) -> Node:
        return OPS.infix["|"](self, other)

    def __xor__(self, other: Any) -> Node:
        return OPS.infix["^"](self, other)

    def __lshift__(self, other: Any) -> Node:
        return OPS.infix["<<"](self, other)

    def __rshift__(self, other: Any) -> Node:
        return OPS.infix[">>"](self, other)

    def __radd__(self, other: Any) -> Node:
        return OPS.infix["+"](other, self)

    def __rsub__(self, other: Any) -> Node:
        return OPS.infix["-"](other, self)

    def __rmul__(self, other: Any) -> Node:
        return OPS.infix["*"](other, self)

    def __rtruediv__(self, other: Any) -> Node:
        return OPS.infix["/"](other, self)

    def __rpow__(self, other: Any) -> Node:
        return OPS.infix["**"](other, self)

    def __lt__(self, other: Any) -> Node:
        return OPS.infix["<"](self, other)

    def __le__(self, other: Any) -> Node:
        return OPS.infix["<="](self, other)

    def __gt__(self, other: Any) -> Node:
        return OPS.infix[">"](self, other)

    def __ge__(self, other: Any) -> Node:
        return OPS.infix[">="](self, other)


Tangents = tuple[Node | None, ...]  # of several values, None where one is zero by structure
Cotangent = Node | Tangents  # the latter of a node with parts

INPUT: Op
CONSTANT: Op
LENGTH: Op
ITEM: Op
_put_op, _put_inputs, _put_params, _put_aval, _put_shape, _put_literal = (
    vars(Node)[name].__set__ for name in ("op", "inputs", "params", "aval", "shape", "literal")
)


class _Entry(ref[Node]):
    """A node among those that are interned, for as long as somebody else holds it. What `weakref` has for that, a
    WeakValueDictionary, takes three times as long."""

    __slots__ = ("key",)
    key: tuple[Op, tuple[Node, ...], Params]


_lock = RLock()  # a thread that holds it may be the one in which a node is found to be dead
_interned: dict[tuple[Op, tuple[Node, ...], Params], _Entry] = {}


def _only(key: tuple[Op, tuple[Node, ...], Params], node: Node) -> Node:
    """The one node of this key: this one, if no other thread has made it meanwhile."""
    entry = _Entry(node, _forget)
    entry.key = key
    with _lock:
        before = _interned.get(key)
        if before is not None and (found := before()) is not None:
            return found
        _interned[key] = entry
    return node


def _forget(entry: _Entry, interned: dict[Any, Any] = _interned, lock: RLock = _lock) -> None:
    with lock:
        if interned.get(entry.key) is entry:
            del interned[entry.key]


def infer(op: Op, inputs: tuple[Node, ...], params: Params) -> Aval:
    """What `op` gives for `inputs`, by its shape rule."""
    avals = [x.aval for x in inputs]
    found = op.infer(*avals, **dict(params)) if params else op.infer(*avals)
    if isinstance(found, Aval):
        return found
    if isinstance(op.parts, tuple) and op.parts and len(op.parts) != len(found):
        raise SymdiffError(f"the shape rule of {op.name} gives {len(found)} values, its row describes {len(op.parts)}")
    return Avals(found)


def _no_inputs(i: int, g: Node, node: Node) -> None:
    return None


INPUT = OPS.register(Op("input", "source", infer=lambda name, aval, scope=0: aval, bprop=_no_inputs, doc="An input."))
CONSTANT = OPS.register(Op("constant", "source", infer=lambda value: value.aval, bprop=_no_inputs, doc="A constant."))
LENGTH = OPS.register(
    Op("length", "source", infer=lambda dim: Aval(np.int64, (), True), bprop=_no_inputs, doc="The length of an axis.")
)

ITEM = OPS.register(
    Op("item", "structural", infer=lambda of, k: of.parts[k], bprop=_no_inputs, flops=lambda node: 0,
       batch=lambda node, inputs, lead: Node(ITEM, inputs, node.params),
       aliases=lambda node: shares_memory(node.inputs[0]), doc="One of the parts of a node that has several.")
)  # fmt: skip


def maker(node: Node) -> Node:
    """The node whose operation computes `node`: itself, unless it is a part of another one."""
    return node.inputs[0] if node.op is ITEM else node


def slot(item: Node) -> int:
    """Which of the parts of its operand an `ITEM` is."""
    k: int = item.params[0][1]
    return k


def part_of(item: Node) -> Part:
    """What the row says of the part that an `ITEM` is; a row need not say anything."""
    of, k = item.inputs[0], slot(item)
    described = of.op.parts(of) if callable(of.op.parts) else of.op.parts
    return described[k] if described else Part(f"part{k}")


def shares_memory(node: Node) -> bool:
    """Whether the array may be a view of an operand."""
    aliases = node.op.aliases
    return node.op.view or (aliases(node) if callable(aliases) else aliases)


def variable(name: str, aval: Aval, scope: int = 0) -> Node:
    """The input called `name`. Inputs of one name in two scopes are two inputs; most graphs have scope 0 only."""
    inside = (("scope", scope),) if scope else ()
    return Node(INPUT, (), (("name", name), ("aval", aval), *inside))


_scopes = itertools.count(1)


def new_scope() -> int:
    """A scope that no inputs have had."""
    return next(_scopes)


def constant(value: Any, *, weak: bool | None = None) -> Node:
    """A constant node. Python numbers are weak unless told otherwise; bools and arrays are not.

    An int that no 64-bit integer holds becomes a float: the graph computes with machine numbers.
    """
    if type(value) is int and not -(2**63) <= value < 2**63:
        try:
            value = float(value)
        except OverflowError:
            value = float("inf") if value > 0 else float("-inf")
    if weak is None:
        weak = type(value) in (int, float, complex)
    return Node(CONSTANT, (), (("value", Literal(value, weak)),))


OTHER_ARRAYS = {"matrix": ("a matrix of np.matrix", "np.asarray(…)"), "MaskedArray": ("a masked array", "….filled(…)")}


def check_array(value: np.ndarray, what: str) -> None:
    """Raises DTypeError for kinds of arrays whose ``*`` and ``sum`` mean something else: matrices, masked arrays."""
    if type(value) is not np.ndarray:
        check_kind(type(value), what)


def check_kind(given: type, what: str) -> None:
    """The same of a class of arrays."""
    for kind in given.__mro__:
        if kind.__name__ in OTHER_ARRAYS and kind.__module__.partition(".")[0] == "numpy":
            shown, plain = OTHER_ARRAYS[kind.__name__]
            raise DTypeError(f"{what} is {shown}, whose operators mean something else", help=f"make an array: {plain}")


@lru_cache(maxsize=1024, typed=True)
def _number(value: int | float, sign: float) -> Node:
    """A Python number as a node; its sign tells the two zeros apart, which are equal."""
    return constant(value)


def as_node(value: Any) -> Node:
    """`value` as a node: nodes pass, numbers, arrays and lengths become constants.

    Raises:
        ArgumentError, DTypeError: for anything that is not numeric.
    """
    if isinstance(value, Node):
        return value
    if type(value) is float or type(value) is int:
        return _number(value, copysign(1.0, value) if type(value) is float else 0.0)
    if isinstance(value, Length):
        return Node(LENGTH, (), (("dim", Length(value.terms)),))
    converter = getattr(value, "__symdiff_node__", None)
    if converter is not None:  # asked first, since a symbol passes for an array
        node: Node = converter()
        return node
    if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        if isinstance(value, np.ndarray):
            check_array(value, "a value")
        return constant(value)
    if isinstance(value, (list, tuple)):
        try:
            return constant(np.array(value))
        except (ValueError, TypeError, DTypeError, ShapeError):
            pass
    if isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
        raise ArgumentError(f"cannot compute with {len(value)} values at once", help="take them apart first: a, b = …")
    raise ArgumentError(f"cannot compute with a {type(value).__name__}: {str(value)[:60]!r}")
