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


@dataclass(frozen=True)
class Fixed:
    """A value that is no output, in a container beside outputs: a name, a flag, None."""

    value: Any

    def __hash__(self) -> int:
        try:
            return hash((type(self.value), self.value))
        except TypeError:
            return id(self.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fixed) or type(self.value) is not type(other.value):
            return False
        try:
            return self.value is other.value or (hash(self) == hash(other) and bool(self.value == other.value))
        except TypeError:
            return False


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
        return made if kind is dict else kind(made)
    if issubclass(kind, tuple):
        return kind(*parts)
    return kind(**dict(zip(map(str, keys), parts, strict=True)))


def is_printable_dict(tree: Branch) -> bool:
    """Whether generated code can write the container as a dict."""
    return tree.kind is dict and all(type(key) in (str, int) for key in tree.keys)


def restored(tree: Tree, value: Any) -> Any:
    """What generated code returned for `tree`, with tuples as the user's own containers where those are meant."""
    if isinstance(tree, int):
        return value
    if isinstance(tree, Fixed):
        return tree.value
    if isinstance(tree, Branch) and is_printable_dict(tree):
        return {key: restored(part, value[key]) for key, part in zip(tree.keys, tree.children, strict=True)}
    parts = [restored(part, item) for part, item in zip(children(tree), value, strict=True)]
    return put_together(tree.kind, tree.keys, parts) if isinstance(tree, Branch) else tuple(parts)
