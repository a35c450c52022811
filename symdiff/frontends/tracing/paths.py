"""Views as paths of rows from the array that owns the memory (an index, a transpose, a reshape): a path reads the part
from the whole, and writes the whole from the part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import UnsupportedError
from symdiff.frontends.tracing.memory import Memory, elements
from symdiff.graph.node import Literal, Node, Params, constant
from symdiff.graph.op import Op
from symdiff.ops import elementwise as ew, shapes
from symdiff.ops.api.assignment import write_all
from symdiff.ops.api.creation import eye
from symdiff.ops.api.shapes import reshape
from symdiff.ops.assignment import assign
from symdiff.ops.gathering import gather
from symdiff.ops.index import Hole, Index, Slice
from symdiff.ops.putting import put, put_index
from symdiff.ops.reductions import broadcast_to
from symdiff.ops.shapes import expand_dims, getitem

Step = tuple[Op, tuple[Node, ...], Params]  # a row, what it takes beside the array (computed positions), parameters
Path = tuple[Step, ...]


def path_between(whole: Node, part: Node) -> Path | None:
    """The rows that pick `part` out of `whole`; None if it is computed from it."""
    steps: list[Step] = []
    while part is not whole:
        others = part.inputs[1:]
        if not part.inputs or not (part.op.view or part.op in _PUTS) or not all(_is_position(x) for x in others):
            return None
        steps.append((part.op, others, part.params))
        part = part.inputs[0]
    return tuple(reversed(steps))


def _is_position(x: Node) -> bool:
    """Whether an index by it gives a view: ``y[k]`` does also where k is computed; or it is known."""
    return not x.shape or x.literal is not None


def is_index(path: Path) -> bool:
    """Whether NumPy's indexing gives a view along this path: there are integers and slices only."""
    for op, others, params in path:
        if op in (getitem, gather) and (any(x.shape for x in others) or _has_arrays(dict(params)["index"])):
            return False
    return True


def _has_arrays(index: Index) -> bool:
    return any(isinstance(item, Literal) for item in index)


def along(path: Path, whole: Node) -> Node:
    """The part of `whole` to which `path` leads."""
    for op, others, params in path:
        whole = Node(op, (whole, *others), params)
    return whole


def picked(path: Path, whole: np.ndarray) -> np.ndarray:
    """The same for an array of numbers and a path of indices: a view; integers that are computed are taken to be 0."""
    for op, _, params in path:
        values = dict(params)
        if op in (getitem, gather):
            items = (0 if isinstance(item, Hole) else item for item in values["index"])
            whole = whole[(*plain(tuple(items)), ...)]
        else:
            whole = np.expand_dims(whole, values["axis"])
    return whole


def plain(index: Index) -> tuple[Any, ...]:
    """An index as NumPy takes it."""
    return tuple(
        slice(*item) if isinstance(item, Slice) else item.value if isinstance(item, Literal) else item for item in index
    )


# ----------------------------------------------------------------------------------------------------------- writing


def rewritten(path: Path, whole: Node, part: Node, memories: tuple[Memory | None, Memory | None]) -> Node:
    """`whole` with `part` put where `path` leads; `memories` say where both lie.

    Raises:
        UnsupportedError: if elements may be named twice, and lengths are names.
    """
    if not is_index(path):
        return _by_memory(whole, part, *memories)
    before, x = [], whole  # what each step reads from; nothing for ``y[:]``, which is all of the array
    for op, others, params in path:
        before.append(x)
        x = Node(op, (x, *others), params)
    for (op, others, params), x in zip(reversed(path), reversed(before), strict=True):
        put = _PUTS.get(op)
        if put is not None:
            part = put(part, x, *others, **dict(params))
        else:  # a row that only rearranges is undone by its own transpose
            back = op.bprop(0, part, Node(op, (x,), params))
            assert isinstance(back, Node)
            part = back
    return part


def _by_memory(whole: Node, part: Node, of_whole: Memory | None, of_part: Memory | None) -> Node:
    """Element by element, as both lie in memory: windows overlap, and what NumPy writes last wins."""
    if of_whole is None or of_part is None or not (of_whole.exact and of_part.exact):
        raise UnsupportedError(
            "an assignment through a view whose elements may be the same, as lengths are not known",
            help="copy it first, or leave the shape undeclared, to compile for each length",
        )
    return with_winners(whole, part, elements(of_whole, of_part))


def with_winners(whole: Node, part: Node, winners: np.ndarray) -> Node:
    """`whole` with an element of `part` wherever `winners` gives one, counted in C order, and not -1."""
    there = winners >= 0
    if not there.any():
        return whole
    number = part.inputs[0] if part.op is broadcast_to else part
    index = tuple(Literal(k) for k in np.nonzero(there)) if there.ndim else ()
    if not number.shape:
        return assign(whole, number, indices=(index,)) if index else number
    flat = reshape(part, (-1,))
    chosen = winners[there]
    if not np.array_equal(chosen, np.arange(flat.shape[0])):  # type: ignore[arg-type]
        flat = getitem(flat, index=(Literal(chosen),))
    return assign(whole, flat, indices=(index,)) if index else reshape(flat, ())


def _put_getitem(part: Node, x: Node, index: Index) -> Node:
    return write_all(x, [(index, part)])


def _put_gather(part: Node, x: Node, *computed: Node, index: Index) -> Node:
    return with_one(x, computed, index, part)


def _put_diagonal(part: Node, x: Node) -> Node:
    return ew.where(eye(x.shape[-1], dtype=bool), expand_dims(part, axis=(part.ndim - 1,)), x)


def _put_broadcast(part: Node, x: Node, shape: Any) -> Node:
    """What is written at several places that are one: the last stays."""
    if 0 in shape:
        return x
    lead = len(shape) - x.ndim
    index = (-1,) * lead + tuple(
        Slice(-1, None) if n == 1 and m != 1 else Slice() for n, m in zip(x.shape, shape[lead:], strict=True)
    )
    return part if index == (Slice(),) * part.ndim else getitem(part, index=index)


def _put_real(part: Node, x: Node) -> Node:
    return part + ew.imag(x) * constant(1j)


def _put_imag(part: Node, x: Node) -> Node:
    return ew.real(x) + part * constant(1j)


_PUTS: dict[Op, Callable[..., Node]] = {
    getitem: _put_getitem, gather: _put_gather, shapes.diagonal: _put_diagonal, broadcast_to: _put_broadcast,
    ew.real: _put_real, ew.imag: _put_imag,
}  # fmt: skip


def with_one(x: Node, computed: tuple[Node, ...], index: Index, part: Node) -> Node:
    """`x` with `part` at an index in which integers are computed."""
    return put(x, part, *computed, index=put_index(index))
