"""What is changed where others see it: attributes, elements of lists and dicts, variables of other functions.

A side of a branch that may not be taken, and a step that stands for all, keep a journal of it: what each object held
when it was about to be changed, so that this can be put back, and what both sides have left be brought together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.libraries import is_library_object

Contents = dict[Hashable, Any]
UNDECLARED = object()  # a variable that has no value


class Global:
    """A variable of a module."""

    def __init__(self, space: dict[str, Any], name: str) -> None:
        self.space, self.name = space, name


def _of_slots(value: Any) -> Iterator[str]:
    """The names that a class, or one that it inherits from, gives places to."""
    for kind in type(value).__mro__:
        names = vars(kind).get("__slots__", ())
        yield from (names,) if isinstance(names, str) else names


def _attributes(value: Any) -> Contents:
    found: Contents = {
        name: getattr(value, name) for name in _of_slots(value) if name[:2] != "__" and hasattr(value, name)
    }
    return found | dict(getattr(value, "__dict__", {}))


def _set_attributes(value: Any, contents: Mapping[Hashable, Any]) -> None:
    for name in _attributes(value):
        if name not in contents:
            object.__delattr__(value, str(name))
    for name, item in contents.items():
        object.__setattr__(value, str(name), item)


def _set_elements(value: Any, contents: Mapping[Hashable, Any]) -> None:
    value.clear()
    value.extend(contents.values())


def _set_items(value: dict[Any, Any], contents: Mapping[Hashable, Any]) -> None:
    value.clear()
    value.update(contents)


def _set_members(value: set[Any], contents: Mapping[Hashable, Any]) -> None:
    value.clear()
    value.update(contents)


def _in_cell(cell: CellType) -> Contents:
    try:
        return {"": cell.cell_contents}
    except ValueError:
        return {"": UNDECLARED}


def _set_cell(cell: CellType, contents: Mapping[Hashable, Any]) -> None:
    if contents[""] is UNDECLARED:
        del cell.cell_contents
    else:
        cell.cell_contents = contents[""]


def _in_module(variable: Global) -> Contents:
    return {"": variable.space.get(variable.name, UNDECLARED)}


def _set_in_module(variable: Global, contents: Mapping[Hashable, Any]) -> None:
    if contents[""] is UNDECLARED:
        variable.space.pop(variable.name, None)
    else:
        variable.space[variable.name] = contents[""]


_KINDS: tuple[tuple[type, Callable[[Any], Contents], Callable[[Any, Mapping[Hashable, Any]], None]], ...] = (
    (list, lambda value: dict(enumerate(value)), _set_elements),
    (deque, lambda value: dict(enumerate(value)), _set_elements),
    (dict, dict, _set_items),
    (set, lambda value: {x: x for x in value}, _set_members),
    (CellType, _in_cell, _set_cell),
    (Global, _in_module, _set_in_module),
)


class Place:
    """An object whose contents can be read and put back.

    Attributes:
        value: the object.
        name: of the variable, if that is what it is; else what it is an object of.
    """

    def __init__(self, value: Any, name: str = "") -> None:
        self.value, self.name = value, name or type(value).__name__
        known = ((read, put) for kind, read, put in _KINDS if isinstance(value, kind))
        self._read, self._put = next(known, (_attributes, _set_attributes))

    def contents(self) -> Contents:
        """What it holds now: elements by number, items by key, attributes by name."""
        return self._read(self.value)

    def inherited(self, key: Hashable, otherwise: Any) -> Any:
        """What an attribute is where the object has none of its own: that of its class, if it is no descriptor."""
        if self._read is not _attributes:
            return otherwise
        spaces = map(vars, type(self.value).__mro__)
        found = next((space[str(key)] for space in spaces if key in space), otherwise)
        return otherwise if hasattr(type(found), "__get__") else found

    def put(self, contents: Mapping[Hashable, Any]) -> None:
        """Makes it hold this."""
        self._put(self.value, contents)

    def shown(self, key: Hashable) -> str:
        """What one of its contents is called in a message, and is named after in the source."""
        if key == "":
            return self.name
        return str(key) if isinstance(key, str) else self.name


def can_be_put_back(value: Any) -> bool:
    """Whether the contents of an object are all that it is, so that they can be put back."""
    if isinstance(value, (list, dict, set, deque, CellType, Global)):
        return True
    if isinstance(value, (type, ModuleType)):
        return False
    return hasattr(value, "__dict__") or any(True for _ in _of_slots(value))


MOST_OUTSIDE = 10_000  # objects that are looked through


def is_outside(value: Any, function: object) -> bool:
    """Whether an object is found from `function`, in what it is a method of, its closure and the globals that it names.

    It lives on when a trace is over, and should hold no symbolic value then.
    """
    waiting: list[Any] = [function]
    met = set[int]()
    while waiting and len(met) < MOST_OUTSIDE:
        item = waiting.pop()
        if item is value:
            return True
        if id(item) in met or is_library_object(item) or isinstance(item, (str, int, float, np.ndarray)):
            continue
        met.add(id(item))
        waiting += _inside(item)
    return False


def _inside(item: Any) -> Iterator[Any]:
    if isinstance(item, FunctionType):
        yield from (item.__globals__[name] for name in item.__code__.co_names if name in item.__globals__)
        yield from (cell for cell in item.__closure__ or ())
        yield from item.__defaults__ or ()
    elif isinstance(item, MethodType):
        yield from (item.__self__, item.__func__)
    elif isinstance(item, (type, ModuleType)):
        return
    elif isinstance(item, (tuple, frozenset)):
        yield from item
    else:
        yield from (x for x in Place(item).contents().values() if x is not UNDECLARED)


class Journal:
    """What objects held when they were about to be changed."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.before: dict[int, Contents] = {}
        self.after: dict[int, Contents] = {}
        self.copies: dict[int, Any] = {}  # for which objects others stand
        self.made: dict[int, Any] = {}  # what has come into being since, which is put back to nothing

    def note(self, value: Any, name: str = "") -> None:
        """Told that `value` is about to be changed."""
        if id(value) in self.before or id(value) in self.made:
            return
        place = Place(value, name)
        self.places[id(value)], self.before[id(value)] = place, place.contents()

    @property
    def has_changes(self) -> bool:
        """Whether something held something else at the end."""
        pairs = ((self.before[key], self.after[key]) for key in self.places)
        return any(a.keys() != b.keys() or any(a[k] is not b[k] for k in a) for a, b in pairs)

    def close(self) -> None:
        """Puts back what all objects held, and remembers what they hold now."""
        self.after = {key: place.contents() for key, place in self.places.items()}
        for key, place in self.places.items():
            place.put(self.before[key])
