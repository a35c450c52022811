"""What stands behind a symbolic array: numbers while all of it is known, a node from the first symbolic write on.

Nodes never change, arrays do. A `Storage` is the place that changes: ``y[i] = v`` puts a new node there. A NumPy view
is a path of rows from the array that owns the memory (an index, a transpose, a reshape): it reads the part from the
whole, and writes the whole from the part.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, UnsupportedError
from symdiff.frontends.tracing.memory import axis_order, pretended, reshaped
from symdiff.frontends.tracing.remembered import remember
from symdiff.graph.aval import Aval
from symdiff.graph.node import Literal, Node, Params, as_node, constant
from symdiff.graph.op import Op
from symdiff.ops import shapes
from symdiff.ops.api.assignment import write_all
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.shapes import reshape
from symdiff.ops.assignment import relation
from symdiff.ops.elementwise import equal, logical_and, mod, not_equal, where
from symdiff.ops.gathering import gather, picks_once, positions, scatter_add
from symdiff.ops.index import Hole, Index, Slice, indexed_shape, is_basic
from symdiff.ops.reductions import broadcast_to, spread
from symdiff.ops.shapes import astype, expand_dims

Step = tuple[Op, tuple[Node, ...], Params]  # a row, what it takes beside the array (computed positions), parameters
Path = tuple[Step, ...]


class Storage:
    """An array's content, and the writes that have not reached its node yet.

    Attributes:
        numbers: the content, while all of it is known.
        made: what the memory was first filled from, in whose order the axes lie; None for the usual order.
        version: how often the content has changed.
    """

    __slots__ = ("__weakref__", "_node", "_writes", "made", "numbers", "version")

    def __init__(self, node: Node | None, numbers: np.ndarray | None = None) -> None:
        self._node = node
        self._writes: dict[Index, Node] = {}
        self.numbers = numbers
        self.made: Node | np.ndarray | None = numbers if node is None else node
        self.version = 0
        remember(self)

    @property
    def aval(self) -> Aval:
        if self.numbers is not None:
            return Aval(self.numbers.dtype, self.numbers.shape)
        return self._content.aval

    @property
    def memory(self) -> np.ndarray | None:
        """An array with the strides that NumPy's has, if the lengths are known; its elements mean nothing."""
        if isinstance(self.made, np.ndarray):
            return self.made
        shape = self.aval.shape
        return pretended(shape, tuple(range(len(shape))) if self.made is None else axis_order(self.made))

    @property
    def standing(self) -> Node | None:
        """The content as a node, if there is one without building it."""
        return None if self.numbers is not None or self._writes else self._node

    @property
    def _content(self) -> Node:
        if self._node is None:
            raise UnsupportedError(
                "a value that was kept while another function was traced has no meaning here",
                help="return it from that function; or compute it in this one, from its own arguments",
            )
        return self._node

    @property
    def has_ended(self) -> bool:
        """Whether this is kept from a trace that is over."""
        return self._node is None and self.numbers is None

    def end(self) -> None:
        """After the trace: what depends on its inputs, and was kept all the same, is refused from now on."""
        self.version += 1
        self._node, self._writes = None, {}

    def node(self) -> Node:
        """The content as a node."""
        if self.numbers is not None:
            return node_of(self.numbers)
        if self._writes:
            self._node = write_all(self._content, list(self._writes.items()))
            self._writes = {}
        return self._content

    def read(self, index: Index) -> Node:
        """The part at `index`; elements that were just written are found without building the whole."""
        if self.numbers is None and self._writes:
            found = self._writes.get(index)
            if found is not None:
                return found
            shape = self._content.shape
            if all(relation(index, other, shape) == "apart" for other in self._writes):
                return _part(self._content, index)
        return _part(self.node(), index)

    def write(self, index: Index, part: Node) -> None:
        """Puts `part`, which has the shape and dtype that is meant, at `index`."""
        if self.numbers is not None:
            self._node, self.numbers = node_of(self.numbers), None
        self.version += 1
        shape = self._content.shape
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


def path_between(whole: Node, part: Node, name: str = "") -> Path | None:
    """The rows that make `part`, which the function `name` gives, a view of `whole`; None if it is a copy."""
    steps: list[Step] = []
    while part is not whole:
        of_diagonal = part.op is shapes.getitem and name in ("diag", "diagonal")
        if not (part.op.view or part.op in READ_ONLY or _picks_one(part) or of_diagonal):
            return None
        steps.append((part.op, part.inputs[1:], part.params))
        part = part.inputs[0]
    return tuple(reversed(steps))


READ_ONLY = (shapes.diagonal, broadcast_to)


def _picks_one(part: Node) -> bool:
    """Whether it is an index with integers and slices only: ``x[k]`` is a view also where k is computed."""
    if part.op is gather:
        return not any(k.shape for k in part.inputs[1:]) and not any(
            isinstance(i, Literal) for i in part.kwargs["index"]
        )
    return part.op is shapes.getitem and is_basic(part.kwargs["index"])


def along(path: Path, whole: Node) -> Node:
    """The part of `whole` to which `path` leads."""
    for op, others, params in path:
        whole = Node(op, (whole, *others), params)
    return whole


def numbers_along(path: Path, whole: np.ndarray) -> np.ndarray | None:
    """The same for numbers: a view of their memory; None if that depends on values, or there is only a copy."""
    found: np.ndarray | None = whole
    for op, others, params in path:
        if found is None or others:
            return None
        values = dict(params).values()
        if op is shapes.getitem:
            found = found[plain(*values)]
        elif op is shapes.reshape:
            found = reshaped(found, *values)
        elif op is shapes.diagonal:
            found = np.diagonal(found, axis1=-2, axis2=-1)
        else:
            found = op.fn(found, *values)  # type: ignore[operator,misc]
    return found


def rewritten(path: Path, whole: Node, part: Node) -> Node:
    """`whole` with `part` put where `path` leads. Rows that only rearrange are undone by their own transpose."""
    before, x = [], whole  # what each step reads from; nothing for ``y[:]``, which is all of the array
    for op, others, params in path:
        before.append(x)
        x = Node(op, (x, *others), params)
    for (op, others, params), x in zip(reversed(path), reversed(before), strict=True):
        if op in READ_ONLY or (op is shapes.getitem and not is_basic(dict(params)["index"])):
            raise UnsupportedError(
                f"NumPy's {op.name} gives an array that cannot be written into", help="copy it first"
            )
        if op is gather:
            part = with_one(x, others, dict(params)["index"], part)
        elif op is shapes.getitem:
            part = write_all(x, [(dict(params)["index"], part)])
        else:
            back = op.bprop(0, part, Node(op, (x,), params))
            assert isinstance(back, Node)
            part = back
    return part


def with_one(x: Node, computed: tuple[Node, ...], index: Index, part: Node) -> Node:
    """`x` with `part` at an index in which integers are computed: written at all of them, and kept where they are."""
    masks, everywhere, new = [], list(index), []
    for axis, item in enumerate(index):
        if isinstance(item, Hole):
            n = x.shape[axis]
            here = equal(positions(n=n), mod(computed[item.operand - 1], as_node(n)))
            masks.append(reshape(here, tuple(n if k == axis else 1 for k in range(x.ndim))))
            new.append(sum(isinstance(i, (Slice, Hole)) for i in index[:axis]))
            everywhere[axis] = Slice()
    at = tuple(everywhere)
    written = spread(expand_dims(part, axis=tuple(new)), indexed_shape(x.shape, at))
    return where(reduce(logical_and, masks), write_all(x, [(at, written)]), x)


def with_many(x: Node, computed: tuple[Node, ...], index: Index, part: Node) -> Node:
    """`x` with `part` at positions that are computed.

    Raises:
        UnsupportedError: if one might be there twice, and what is put there is not the same number for all.
    """
    number = part.inputs[0] if part.op is broadcast_to else part
    known = number.inputs[0] if number.op is astype else number
    once, same = picks_once(x.shape, computed, index), known.literal is not None and not known.shape
    if not once and not same:
        raise UnsupportedError(
            "the positions of an assignment are computed from the inputs, so that two may be the same",
            help="assign to one position after the other, or add up: np.add.at(y, index, v)",
        )
    if once and _is_zero(x):
        return scatter_add(part, *computed, shape=x.shape, index=index)
    ones = spread(constant(1.0), indexed_shape(x.shape, index, tuple(hole.shape for hole in computed)))
    there = not_equal(scatter_add(ones, *computed, shape=x.shape, index=index), 0)
    written = number if same else scatter_add(part, *computed, shape=x.shape, index=index)
    return where(there, written, x)


def _is_zero(x: Node) -> bool:
    x = x.inputs[0] if x.op is broadcast_to else x
    return x.literal is not None and not np.any(x.literal.value)


def plain(index: Index) -> tuple[Any, ...]:
    """An index as NumPy takes it."""
    return tuple(
        slice(*item) if isinstance(item, Slice) else item.value if isinstance(item, Literal) else item for item in index
    )


def without_leading(part: Node, ndim: int) -> Node:
    """`part` without the axes of length 1 that NumPy ignores in front of what is assigned."""
    extra = part.ndim - ndim
    return reshape(part, part.shape[extra:]) if extra > 0 and set(part.shape[:extra]) == {1} else part


def has_duplicates(index: Index) -> bool:
    """Whether an index with integer arrays names an element twice."""
    arrays = [item.value for item in index if isinstance(item, Literal)]
    joint = np.stack([a.ravel() for a in np.broadcast_arrays(*arrays)], axis=1)
    return len(np.unique(joint, axis=0)) != len(joint)
