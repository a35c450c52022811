"""How the outputs of a graph are returned: one, a tuple of them, a dict, a list, or an object of the user's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Branch:
    """A container other than a plain tuple.

    Attributes:
        kind: `dict`, `list`, a named tuple's class, or a dataclass.
        keys: of a dict or dataclass; empty for others.
        children: what it contains.
    """

    kind: type
    keys: tuple[Hashable, ...]
    children: tuple[Tree, ...]


class Fixed:
    """A value that is no output, in a container beside outputs: a name, a flag, None.

    Two are equal if they held the same when they were made: types count (1 is not True), and signs of zeros; a list or
    dict that has changed since is another one. Other objects are what their ``==`` says, if they have a hash.
    """

    __slots__ = ("_key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._key = _frozen(value)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and self._key == other._key

    def __repr__(self) -> str:
        return f"Fixed({self.value!r})"

    def __reduce__(self) -> tuple[type[Fixed], tuple[Any]]:
        return Fixed, (self.value,)


class _ByIdentity:
    """An object that has no hash: it is itself only."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def _frozen(value: Any) -> Hashable:
    """A key for what `value` holds now. Options nest a few levels deep, as users write them."""
    kind = type(value)
    if kind is float or kind is complex:
        return kind, repr(value)
    if kind in (list, tuple):
        return kind, tuple(map(_frozen, value))
    if kind is dict:
        return kind, tuple((_frozen(key), _frozen(item)) for key, item in value.items())
    if kind in (set, frozenset):
        return kind, frozenset(map(_frozen, value))
    if hasattr(value, "tobytes") and hasattr(value, "dtype") and not getattr(value.dtype, "hasobject", True):
        return kind, str(value.dtype), value.shape, value.tobytes()
    try:
        hash(value)
    except TypeError:
        return kind, _ByIdentity(value)
    return kind, value


Tree = int | Fixed | Branch | tuple["Tree", ...]


def children(tree: Tree) -> tuple[Tree, ...]:
    """What is directly inside; nothing for a leaf."""
    return tree.children if isinstance(tree, Branch) else tree if isinstance(tree, tuple) else ()


def leaves(tree: Tree) -> Iterator[int]:
    """The outputs in it, from left to right."""
    stack = [tree]
    while stack:
        top = stack.pop()
        if isinstance(top, int):
            yield top
        stack.extend(reversed(children(top)))


def labels(tree: Tree) -> tuple[Hashable, ...]:
    """What the children of a container are called: keys, names of fields, or positions."""
    keys = tree.keys if isinstance(tree, Branch) else ()
    return keys or tuple(range(len(children(tree))))


def paths(tree: Tree) -> Iterator[tuple[Hashable, ...]]:
    """How each leaf is reached, from left to right: the labels on the way.

    >>> list(paths((0, Branch(dict, ("a", "b"), (1, 2)))))
    [(0,), (1, 'a'), (1, 'b')]
    """
    stack: list[tuple[tuple[Hashable, ...], Tree]] = [((), tree)]
    while stack:
        path, top = stack.pop()
        if isinstance(top, int):
            yield path
        below = zip(labels(top), children(top), strict=True)
        stack.extend(reversed([((*path, label), part) for label, part in below]))


def described(tree: Tree) -> str:
    """What a container is, in words, and what it holds.

    >>> described((0, 1)), described(Branch(dict, ("a", "b"), (0, 1))), described(0), described(Fixed(None))
    ('a tuple of 2', "a dict of 'a', 'b'", 'one value', 'None')
    """
    if isinstance(tree, Fixed):
        return f"{tree.value!r:.40}"
    if isinstance(tree, int):
        return "one value"
    if isinstance(tree, Branch) and tree.keys:
        return f"a {tree.kind.__name__} of {', '.join(map(repr, tree.keys))}"
    return f"a {'tuple' if isinstance(tree, tuple) else tree.kind.__name__} of {len(children(tree))}"


def relabel(tree: Tree, change: Callable[[int], Tree]) -> Tree:
    """The same containers with other leaves. Containers nest a few levels deep, as users write them."""
    if isinstance(tree, int):
        return change(tree)
    if isinstance(tree, Branch):
        return replace(tree, children=tuple(relabel(part, change) for part in tree.children))
    return tuple(relabel(part, change) for part in tree) if isinstance(tree, tuple) else tree


def take_apart(value: Any) -> tuple[type, tuple[Hashable, ...], tuple[Any, ...]] | None:
    """``(kind, keys, children)`` of a container, None for anything else."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, (), tuple(value)
    if isinstance(value, dict):
        return kind, tuple(value), tuple(value.values())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind, tuple(value._fields), tuple(value)
    if is_dataclass(value) and not isinstance(value, type):
        names = tuple(f for f in value.__dataclass_fields__ if value.__dataclass_fields__[f].init)
        return kind, names, tuple(getattr(value, name) for name in names)
    return None


def put_together(kind: type, keys: tuple[Hashable, ...], parts: list[Any]) -> Any:
    """A container of `kind` with other contents."""
    if kind in (list, tuple):
        return kind(parts)
    if issubclass(kind, dict):
        made = dict(zip(keys, parts, strict=True))
        if kind is dict:
            return made
        container = kind()  # a defaultdict takes no contents when it is made
        container.update(made)
        return container
    if issubclass(kind, tuple):
        return kind(*parts)
    return kind(**dict(zip(map(str, keys), parts, strict=True)))


def is_dict(tree: Tree) -> bool:
    """Whether it is a dict, whose children have keys and no positions."""
    return isinstance(tree, Branch) and issubclass(tree.kind, dict)


def is_printable_dict(tree: Branch) -> bool:
    """Whether generated code can write the container as a dict."""
    return tree.kind is dict and all(type(key) in (str, int) for key in tree.keys)


Change = Callable[[Any], Any]


def restoring(tree: Tree, leaf: Callable[[int], Change | None] = lambda k: None) -> Change | None:
    """What makes of that which generated code returns for `tree` the user's own containers, where those are meant; None
    if there is nothing to do. What is done to an output says `leaf`."""
    if isinstance(tree, int):
        return leaf(tree)
    if isinstance(tree, Fixed) and type(tree.value) in (str, int, bool):  # it was written as it is
        return None
    if isinstance(tree, Fixed):
        fixed = tree.value
        return lambda value: fixed
    parts = [restoring(part, leaf) for part in children(tree)]

    def inside(value: Any) -> list[Any]:
        return [item if part is None else part(item) for part, item in zip(parts, value, strict=True)]

    if isinstance(tree, tuple):
        return (lambda value: tuple(inside(value))) if any(parts) else None
    kind, keys = tree.kind, tree.keys
    if is_printable_dict(tree):
        return lambda value: dict(zip(keys, inside([value[key] for key in keys]), strict=True))
    if keys and _takes_in_order(kind):
        return (lambda value: kind(*inside(value))) if any(parts) else (lambda value: kind(*value))
    return lambda value: put_together(kind, keys, inside(value))


def _takes_in_order(kind: type) -> bool:
    """Whether a container is made of its contents by position: named tuples, and dataclasses as a rule."""
    if issubclass(kind, dict):
        return False
    made = [f for f in getattr(kind, "__dataclass_fields__", {}).values() if f.init]
    return not any(f.kw_only for f in made)
