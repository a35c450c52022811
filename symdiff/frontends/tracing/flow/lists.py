"""Lists of numbers that are asked for a position which is not known yet."""

from __future__ import annotations

import operator
from typing import Any

from symdiff.frontends.tracing.flow.aliases import EITHER
from symdiff.frontends.tracing.flow.guards import handler_of, refused
from symdiff.frontends.tracing.flow.policy import fewest
from symdiff.frontends.tracing.flow.undecided import Undecided
from symdiff.frontends.tracing.flow.values import is_number, is_open
from symdiff.frontends.tracing.sizes import Size
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Length, is_counted
from symdiff.graph.node import as_node
from symdiff.ops.api.convert import asarray


def item_of(items: Any, index: Any) -> Any:
    """``items[index]``; a list of numbers, of arrays of one shape, or of such lists is looked up as an array is."""
    if isinstance(index, Undecided):
        return index.item_of(items)
    is_computed = is_open(index) and index.aval.kind in "iu"
    if (is_computed or _is_of_counters(index)) and handler_of(missing := IndexError()) is not None:
        raise refused(missing)  # a step that is taken with its number knows
    is_asked = is_computed and type(items) in (list, tuple)
    if is_asked and _is_table(items):
        return _parts_of(Symbol(asarray(list(items)))[index])
    if is_asked and are_alike(items):
        found = Symbol(asarray(list(items)))[index]
        arrays = [x for x in items if type(x) is Symbol and x.shape]
        return Symbol.part_of(arrays[0], (), node=found.node, doubt=EITHER, perhaps=arrays[1:]) if arrays else found
    return operator.getitem(items, index)


def _is_of_counters(index: Any) -> bool:
    """Whether a position stands for that of each step of a loop."""
    return any(type(i) is Size and is_counted(i) for i in (index if isinstance(index, tuple) else (index,)))


def _parts_of(values: Any) -> Any:
    """A row of a table: a tuple, since whoever writes into the row of a list writes into the table."""
    return tuple(_parts_of(values[k]) for k in range(len(values))) if values.shape else values


def _is_table(items: Any) -> bool:
    """Whether a list holds lists that hold as many numbers each, or such lists."""
    if not items or any(type(x) not in (list, tuple) or len(x) != len(items[0]) for x in items):
        return False
    inner = [x for item in items for x in item]
    return are_alike(inner) or _is_table(inner)


def has_named_length(value: Any) -> bool:
    """Whether nobody knows yet how many elements there are."""
    return type(value) is Symbol and any(isinstance(n, Length) for n in value.aval.shape[:1])


def as_array(items: Any) -> Any:
    """Numbers of a list that is as long as a loop that is kept, as an array; None for anything else."""
    if type(items) is Symbol and len(items.aval.shape) == 1 and (items.is_own or has_named_length(items)):
        return items
    least = fewest()
    if type(items) is not list or least is None or len(items) < max(least, 2) or not any(map(is_open, items)):
        return None
    are_numbers = are_alike(items) and not as_node(items[0]).shape
    return Symbol(asarray(items)) if are_numbers else None


def are_alike(items: Any) -> bool:
    """Whether these are numbers, or arrays of one shape."""
    if not items or not all(map(is_number, items)):
        return False
    first, *others = [as_node(x) for x in items]
    return all(x.shape == first.shape and x.aval.kind in "biuf" for x in (first, *others))
