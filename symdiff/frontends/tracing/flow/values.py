"""Values of variables: taken apart into what is symbolic, and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType, SimpleNamespace
from typing import Any, NamedTuple, NoReturn

import numpy as np

from symdiff.frontends.tracing.flow.places import Place, can_be_put_back
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.node import Node, as_node
from symdiff.graph.tree import Branch, Fixed, Tree, children, put_together, take_apart


class Unbound:
    """Stands for a variable that has no value: whoever computes with it gets the error that Python raises."""

    def __repr__(self) -> str:
        return "<no value>"

    def _refuse(self, *_: Any) -> NoReturn:
        error = UnboundLocalError("a variable is read that has no value")
        error.__symdiff_raised__ = True  # type: ignore[attr-defined]
        raise error

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _refuse
    __rpow__ = __neg__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __iter__ = __len__ = __getitem__ = _refuse
    __call__ = __float__ = __int__ = __index__ = __symdiff_node__ = _refuse


UNBOUND = Unbound()


class Apart(NamedTuple):
    """A value taken apart: its numbers and arrays as nodes, and everything else."""

    nodes: tuple[Node, ...]
    tree: Tree


def is_number(value: Any) -> bool:
    """Whether a value is a number or an array, known or not."""
    if isinstance(value, (bool, np.bool_)):
        return True
    if type(value) is Symbol or isinstance(value, (int, float, complex, np.generic)):
        return True
    return isinstance(value, np.ndarray) and value.dtype.kind in "biufc"


def is_open(test: Any) -> bool:
    """Whether a truth value is not known yet."""
    return type(test) is Symbol and test.numbers is None


def is_array(value: Any) -> bool:
    """Whether a value is an array that can be written into, known or not."""
    return (type(value) is Symbol and bool(value.aval.shape)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def has_other_names(value: Any, name: str, frame: FrameType) -> bool:
    """Whether a list or dict is known to a function by another variable than `name`, too."""
    others = (v for other, v in frame.f_locals.items() if other != name)
    return isinstance(value, (list, dict)) and any(v is value for v in others)


def refill(held: Any, value: Any) -> Any:
    """A list or dict with the contents of another one: it stays the one that others know."""
    held.clear()
    if isinstance(held, list):
        held.extend(value)
    else:
        held.update(value)
    return held


def symbols_in(value: Any) -> list[Symbol]:
    """The symbolic values in a value, which may lie in containers."""
    found, stack = list[Symbol](), [value]
    while stack:
        item = stack.pop()
        if type(item) is Symbol:
            found.append(item)
        elif isinstance(item, (tuple, list)):
            stack.extend(list.__iter__(item) if isinstance(item, list) else item)  # also one that refuses to be read
        elif isinstance(item, dict):
            stack.extend(item.values())
    return found


def apart(value: Any, opens: Callable[[Any], bool] = lambda _: False) -> Apart:
    """The numbers and arrays in `value`, which may lie in containers; the rest stays as it is.

    Args:
        value: anything.
        opens: of an object says whether it counts as a container of its attributes.
    """
    nodes: list[Node] = []

    def take(item: Any) -> Tree:
        if is_number(item):
            nodes.append(as_node(item))
            return len(nodes) - 1
        parts = take_apart(item) if type(item) in (tuple, list, dict) or hasattr(item, "_fields") else None
        if parts is None and opens(item):
            inside = Place(item).contents()
            return Branch(type(item), tuple(inside), tuple(map(take, inside.values())))
        if parts is None:
            return Fixed(item)
        kind, keys, items = parts
        below = tuple(map(take, items))
        return below if kind is tuple else Branch(kind, keys, below)

    tree = take(value)
    return Apart(tuple(nodes), tree)


def is_plain_object(value: Any) -> bool:
    """Whether an object is all that its attributes are, so that another one with the same attributes is like it."""
    kind: Any = type(value)
    if isinstance(value, BaseException) or not (kind.__flags__ & _ON_THE_HEAP or kind is SimpleNamespace):
        return False
    return kind.__new__ in (object.__new__, SimpleNamespace.__new__) and can_be_put_back(value)


_ON_THE_HEAP = 1 << 9  # the classes that are made by statements


def together(tree: Tree, values: Sequence[Any]) -> Any:
    """The value whose numbers and arrays are `values`."""
    if isinstance(tree, int):
        return values[tree]
    if isinstance(tree, Fixed):
        return tree.value
    parts = [together(part, values) for part in children(tree)]
    if not isinstance(tree, Branch):
        return tuple(parts)
    if tree.kind in (list, dict) or hasattr(tree.kind, "_fields"):
        return put_together(tree.kind, tree.keys, parts)
    kind: Any = tree.kind
    made = kind.__new__(kind)
    Place(made).put(dict(zip(tree.keys, parts, strict=True)))
    return made
