"""What stands behind a symbolic array: numbers while all of it is known, a node from the first symbolic write on.

Nodes never change, arrays do. A `Storage` is the place that changes: ``y[i] = v`` puts a new node there. A NumPy view
is a path of rows from the array that owns the memory (an index, a transpose, a reshape): it reads the part from the
whole, and writes the whole from the part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdiff.errors import DTypeError
from symdiff.graph.aval import Aval
from symdiff.graph.node import Literal, Node, Params, constant
from symdiff.graph.op import Op
from symdiff.ops import shapes
from symdiff.ops.api import asarray, reshape, write_all
from symdiff.ops.assignment import relation
from symdiff.ops.index import Index, Slice, indexed_shape, is_basic
from symdiff.ops.reductions import spread

Path = tuple[tuple[Op, Params], ...]


class Storage:
    """An array's content, and the writes that have not reached its node yet.

    Attributes:
        numbers: the content, while all of it is known.
        version: how often the content has changed.
    """

    __slots__ = ("_node", "_writes", "numbers", "version")

    def __init__(self, node: Node | None, numbers: np.ndarray | None = None) -> None:
        self._node = node
        self._writes: dict[Index, Node] = {}
        self.numbers = numbers
        self.version = 0

    @property
    def aval(self) -> Aval:
        if self.numbers is not None:
            return Aval(self.numbers.dtype, self.numbers.shape)
        assert self._node is not None
        return self._node.aval

    @property
    def standing(self) -> Node | None:
        """The content as a node, if there is one without building it."""
        return None if self.numbers is not None or self._writes else self._node

    def node(self) -> Node:
        """The content as a node."""
        if self.numbers is not None:
            return node_of(self.numbers)
        assert self._node is not None
        if self._writes:
            self._node = write_all(self._node, list(self._writes.items()))
            self._writes = {}
        return self._node

    def read(self, index: Index) -> Node:
        """The part at `index`; elements that were just written are found without building the whole."""
        if self.numbers is None and self._writes:
            found = self._writes.get(index)
            if found is not None:
                return found
            assert self._node is not None
            shape = self._node.shape
            if all(relation(index, other, shape) == "apart" for other in self._writes):
                return _part(self._node, index)
        return _part(self.node(), index)

    def write(self, index: Index, part: Node) -> None:
        """Puts `part`, which has the shape and dtype that is meant, at `index`."""
        if self.numbers is not None:
            self._node, self.numbers = node_of(self.numbers), None
        self.version += 1
        assert self._node is not None
        shape = self._node.shape
        relations = {other: relation(index, other, shape) for other in self._writes}
        if "overlap" in relations.values():
            self.node()
        else:
            self._writes = {other: v for other, v in self._writes.items() if relations[other] == "apart"}
        self._writes[index] = part

    def replace(self, whole: Node) -> None:
        """Puts `whole` in place of everything."""
        self.version += 1
        self._node, self._writes, self.numbers = whole, {}, None


def _part(x: Node, index: Index) -> Node:
    return x if all(item == Slice() for item in index) else shapes.getitem(x, index=index)


def node_of(numbers: np.ndarray) -> Node:
    """An array as a constant; one value everywhere as that value, spread."""
    flat = numbers.ravel()
    if flat.size > 1 and np.array_equal(flat.view(np.uint8), np.resize(flat[:1].view(np.uint8), flat.nbytes)):
        return spread(constant(flat[0], weak=False), numbers.shape)
    return constant(numbers, weak=False)


def fitted(value: Any, aval: Aval) -> Node:
    """`value` as it is stored in an array of `aval`'s dtype.

    Raises:
        DTypeError: if the array cannot hold it: floats in an array of integers, complex numbers in a real one.
    """
    node = asarray(value)
    order = "biufc"
    if order.index(node.aval.kind.replace("u", "i")) > order.index(aval.kind.replace("u", "i")):
        raise DTypeError(
            f"a value of type {node.aval!r} does not fit into an array of dtype {aval.dtype}",
            help="make the array with the right dtype: np.zeros(n) rather than np.zeros(n, int)",
        )
    return node if node.dtype == aval.dtype else shapes.astype(node, dtype=aval.dtype.name)


# ------------------------------------------------------------------------------------------------------------- paths


def path_between(whole: Node, part: Node) -> Path | None:
    """The rows that make `part` a view of `whole`; None if it is a copy."""
    steps: list[tuple[Op, Params]] = []
    while part is not whole:
        if not (part.op.view or (part.op is shapes.getitem and is_basic(part.kwargs["index"]))):
            return None
        steps.append((part.op, part.params))
        part = part.inputs[0]
    return tuple(reversed(steps))


def along(path: Path, whole: Node) -> Node:
    """The part of `whole` to which `path` leads."""
    for op, params in path:
        whole = Node(op, (whole,), params)
    return whole


def numbers_along(path: Path, whole: np.ndarray) -> np.ndarray:
    """The same for numbers: a view of their memory."""
    for op, params in path:
        [(_, value)] = params
        whole = whole[plain(value)] if op is shapes.getitem else op.fn(whole, value)  # type: ignore[operator,misc]
    return whole


def rewritten(path: Path, whole: Node, part: Node) -> Node:
    """`whole` with `part` put where `path` leads. Rows that only rearrange are undone by their own transpose."""
    before = [whole]
    for op, params in path[:-1]:
        before.append(Node(op, (before[-1],), params))
    for (op, params), x in zip(reversed(path), reversed(before), strict=True):
        if op is shapes.getitem:
            part = write_all(x, [(dict(params)["index"], part)])
        else:
            back = op.bprop(0, part, Node(op, (x,), params))
            assert isinstance(back, Node)
            part = back
    return part


def plain(index: Index) -> tuple[Any, ...]:
    """An index as NumPy takes it."""
    return tuple(
        slice(*item) if isinstance(item, Slice) else item.value if isinstance(item, Literal) else item for item in index
    )


def without_leading(part: Node, index: Index, whole: Aval) -> Node:
    """`part` without the axes of length 1 that NumPy ignores in front of what is assigned."""
    extra = part.ndim - len(indexed_shape(whole.shape, index))
    return reshape(part, part.shape[extra:]) if extra > 0 and set(part.shape[:extra]) == {1} else part


def has_duplicates(index: Index) -> bool:
    """Whether an index with integer arrays names an element twice."""
    arrays = [item.value for item in index if isinstance(item, Literal)]
    joint = np.stack([a.ravel() for a in np.broadcast_arrays(*arrays)], axis=1)
    return len(np.unique(joint, axis=0)) != len(joint)
