"""Lists of numbers that are asked for a position which is not known yet."""

from __future__ import annotations

import operator
from typing import Any

from symdiff.frontends.tracing.flow.aliases import EITHER
from symdiff.frontends.tracing.flow.guards import handler_of, refused
from symdiff.frontends.tracing.flow.policy import fewest
from symdiff.frontends.tracing.flow.undecided import Undecided
from symdiff.frontends.tracing.flow.values import is_number, is_open
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import as_node
from symdiff.ops.api.convert import asarray


def item_of(items: Any, index: Any) -> Any:
    """``items[index]``; a list of numbers, or of arrays of one shape, is looked up as an array of them is."""
    if isinstance(index, Undecided):
        return index.item_of(items)
    if is_open(index) and index.aval.kind in "iu" and handler_of(missing := IndexError()) is not None:
        raise refused(missing)  # a step that is taken with its number knows
    if type(items) in (list, tuple) and is_open(index) and index.aval.kind in "iu" and _are_alike(items):
        found = Symbol(asarray(list(items)))[index]
        arrays = [x for x in items if type(x) is Symbol and x.shape]
        return Symbol.part_of(arrays[0], (), node=found.node, doubt=EITHER, perhaps=arrays[1:]) if arrays else found
    return operator.getitem(items, index)


def as_array(items: Any) -> Any:
    """Numbers of a list that is as long as a loop that is kept, as an array; None for anything else."""
    least = fewest()
    if type(items) is not list or least is None or len(items) < max(least, 2) or not any(map(is_open, items)):
        return None
    are_numbers = _are_alike(items) and not as_node(items[0]).shape
    return Symbol(asarray(items)) if are_numbers else None


def _are_alike(items: Any) -> bool:
    if not items or not all(map(is_number, items)):
        return False
    first, *others = [as_node(x) for x in items]
    return all(x.shape == first.shape and x.aval.kind in "biuf" for x in (first, *others))
