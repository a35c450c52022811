"""What depends on a condition and is no number: a name of a mode, a function, an object.

It is known which ones it may be, and when it is which. So it can be compared, called, and asked for what it has behind
a dot or in brackets: that is done to each of them, and the conditions choose between the results.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial, reduce
from typing import Any, NoReturn

import numpy as np

from symdiff.errors import ArgumentError, MissingAttributeError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.flow.assigned import CHANGES
from symdiff.frontends.tracing.flow.values import is_number
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Shape, show_shape
from symdiff.graph.node import Node, as_node, constant
from symdiff.graph.tree import Fixed
from symdiff.ops.elementwise import equal, logical_and, logical_or, where

Choose = Callable[[Any, Callable[[], Any], Callable[[], Any]], Any]
_HELP = "let the condition choose between numbers or arrays; or declare the argument static (static=…)"
MOST = 16  # alternatives that are told apart


Method = Callable[..., Any]


def _binary(use: Method) -> tuple[Method, Method]:
    """The method of an operation, and that of the other side."""
    return (
        lambda self, other: self._computed(lambda value: use(value, other)),
        lambda self, other: self._computed(lambda value: use(other, value)),
    )


def _unary(use: Method) -> Method:
    return lambda self: self._computed(use)


class Undecided:
    """Stands for a variable whose value depends on conditions, and is neither a number nor an array.

    Args:
        name: of the variable.
        alternatives: what it may be, and the conditions under which it is; one of them always holds.
        choose: chooses between two results by a condition, and computes each on its side only.
    """

    _is_shared = False  # whether the lists and dicts that it may be are known by other names, too

    def __init__(self, name: str, alternatives: Iterable[tuple[Node, Any]], choose: Choose) -> None:
        self._name, self._choose = name, choose
        found: dict[Fixed, Node] = {}
        for condition, value in alternatives:
            key = Fixed(value)
            found[key] = logical_or(found[key], condition) if key in found else condition
        known = [(condition, key.value) for key, condition in found.items()]
        self._alternatives = known if len(known) <= MOST else _numbers_in_one(known)

    def copied(self, copy: Callable[[Any], Any]) -> Undecided:
        """The same, whose lists and dicts are copies: a side of a branch may change them."""
        made = Undecided(
            self._name, [(condition, copy(value)) for condition, value in self._alternatives], self._choose
        )
        made._is_shared = self._is_shared
        return made

    @property
    def is_changeable(self) -> bool:
        """Whether it may be a list or dict."""
        return any(isinstance(value, (list, dict)) for _, value in self._alternatives)

    def under(self, condition: Node) -> list[tuple[Node, Any]]:
        """The alternatives where another condition must hold, too."""
        return [(logical_and(condition, c), value) for c, value in self._alternatives]

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        sizes = {len(value) if isinstance(value, (list, tuple)) else None for _, value in self._alternatives}
        if len(sizes) > 1 and None not in sizes:
            many = " or ".join(str(n) for n in sorted(sizes, key=str))
            raise ArgumentError(
                f"{self._name!r} has {many} elements, which depends on a value that is not known yet",
                help="let it have as many on either side: [x, y if condition else 0.0]",
            )
        raise ArgumentError(f"{self._said()}, and it is no number", help=_HELP)

    def _said(self) -> str:
        return f"what {self._name!r} is depends on a value that is not known yet"

    def _each(self, use: Callable[[Any], Any]) -> Any:
        """What `use` gives for the one that it is."""
        if len(self._alternatives) > MOST:
            self._refuse()
        *others, (_, last) = self._alternatives
        found = partial(use, last)
        for condition, value in reversed(others):
            found = partial(self._choose, Symbol(condition), partial(use, value), found)
        return found()

    def __eq__(self, other: object) -> Any:
        return self._asked(lambda value: value == other, other)

    def __ne__(self, other: object) -> Any:
        return self._asked(lambda value: value != other, other)

    def is_same(self, other: object) -> Any:
        """``value is other``."""
        return self._asked(lambda value: value is other, other)

    def _asked(self, holds: Callable[[Any], Any], other: object) -> Any:
        """Whether something holds for the one that it is."""
        if isinstance(other, Undecided):
            self._refuse()
        answers = [(condition, holds(value)) for condition, value in self._alternatives]
        if any(isinstance(answer, Symbol) for _, answer in answers):
            return self._each(holds)
        conditions = [condition for condition, answer in answers if answer]
        if len(conditions) in (0, len(answers)):
            return bool(conditions)
        return Symbol(reduce(logical_or, conditions))

    def item_of(self, items: Any) -> Any:
        """``items[value]``."""
        return self._each(lambda value: operator.getitem(items, value))

    def __call__(self, *values: Any, **options: Any) -> Any:
        return self.call(lambda function: function, *values, **options)

    def call(self, called: Callable[[Any], Any], *values: Any, **options: Any) -> Any:
        """Calls the function that it is; `called` says what is called instead of each of them."""
        if not all(callable(value) for _, value in self._alternatives):
            self._refuse()
        return self._each(lambda function: called(function)(*values, **options))

    def __getitem__(self, key: Any) -> Any:
        if not all(hasattr(value, "__getitem__") for _, value in self._alternatives):
            self._refuse()
        return self._each(lambda value: _item(value, key))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._is_shared and name in CHANGES and self.is_changeable:
            raise UnsupportedError(
                f"{self._said()}, and .{name} would change a list or dict that has another name, too"
            )
        if not all(hasattr(value, name) for _, value in self._alternatives):
            raise MissingAttributeError(f"{self._said()}, and not all that it may be have {name!r}", help=_HELP)
        return self._each(lambda value: getattr(value, name))

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise UnsupportedError(
                f"{self._said()}, so it is not known whose {name!r} is set", help="set it on each side of an `if`"
            )
        super().__setattr__(name, value)

    def number(self) -> Any:
        """The number that it is: where it is None, there is an error."""
        return self._computed(lambda value: value)

    def _computed(self, use: Callable[[Any], Any]) -> Any:
        """What is computed with the number that it is."""
        values = [value for _, value in self._alternatives]
        if not any(map(is_number, values)) or not all(value is None or is_number(value) for value in values):
            self._refuse()
        return self._each(lambda value: use(_number(value)))

    def __symdiff_node__(self) -> Node:
        return as_node(self.number())

    __setitem__ = __delitem__ = _refuse
    __bool__ = __iter__ = __len__ = __float__ = __int__ = __index__ = _refuse
    __add__, __radd__ = _binary(operator.add)
    __sub__, __rsub__ = _binary(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv)
    __pow__, __rpow__ = _binary(operator.pow)
    __lt__, __gt__ = _binary(operator.lt)
    __le__, __ge__ = _binary(operator.le)
    __neg__, __abs__ = _unary(operator.neg), _unary(operator.abs)
    __hash__ = None  # type: ignore[assignment]


class OfSeveralShapes(Undecided):
    """Stands for an array that has one shape on one side of a branch, and another on the other.

    A loop whose steps skip something leaves such variables, and does no harm if nobody reads them before they are set.
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        one, other = shapes_among(value for _, value in self._alternatives)[:2]
        raise ShapeError(
            f"{self._name!r} is [{show_shape(one)}] on one side of the branch, [{show_shape(other)}] on the other",
            help="both sides must give arrays of one shape, where one is read behind the branch",
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    _each = _asked = _computed = number = call = _refuse
    __getitem__ = __setitem__ = __array_ufunc__ = __array_function__ = __matmul__ = __rmatmul__ = _refuse
    __bool__ = __iter__ = __len__ = __float__ = __int__ = __index__ = _refuse


def shapes_among(values: Iterable[Any]) -> list[Shape]:
    """The shapes that arrays among values have, each once."""
    shapes = (tuple(np.shape(value)) for value in values if is_number(value))
    return list(dict.fromkeys(shape for shape in shapes if shape))


def _numbers_in_one(alternatives: list[tuple[Node, Any]]) -> list[tuple[Node, Any]]:
    """The alternatives with the numbers among them as one that the conditions choose."""
    numbers = [(condition, value) for condition, value in alternatives if _is_scalar(value)]
    others = [(condition, value) for condition, value in alternatives if not _is_scalar(value)]
    if len(numbers) < 2:
        return alternatives
    (holds, found), *more = ((condition, as_node(value)) for condition, value in numbers)
    for condition, value in more:
        holds, found = logical_or(holds, condition), as_node(where(condition, value, found))
    return [(holds, Symbol(found)), *others]


def _item(items: Any, key: Any) -> Any:
    """``items[key]``; where there is none, the error is raised when they are what it is."""
    try:
        return operator.getitem(items, key)
    except (IndexError, KeyError) as error:
        error.__symdiff_raised__ = True  # type: ignore[union-attr]
        raise


def _number(value: Any) -> Any:
    """A number, as it is.

    Raises:
        TypeError: for None, where a side has come to it that is taken some time, perhaps.
    """
    if value is None:
        error = TypeError("a value is None where a number is wanted")
        error.__symdiff_raised__ = True  # type: ignore[attr-defined]
        raise error
    return value


# ------------------------------------------------------------------------------------------------------------- modes


@dataclass(frozen=True)
class Modes:
    """The few names that a variable takes in turn, which a loop carries as their number in this list.

    Attributes:
        values: the names, None among them.
        has_number: whether it may be a number, too, ``last = None`` at first: the loop carries that beside.
    """

    values: tuple[Any, ...]
    has_number: bool = False

    @classmethod
    def of(cls, *values: Any) -> Modes | None:
        """The modes that some values are among, known or not; None if some are neither names nor numbers."""
        found = [x for value in values for x in _each_of(value)]
        names = [x for x in found if not _is_scalar(x)]
        if len(names) > MOST or not all(isinstance(x, (str, bytes, Enum, type(None))) for x in names):
            return None
        has_number = any(isinstance(value, cls) and value.has_number for value in values) or len(names) < len(found)
        return cls(tuple(key.value for key in dict.fromkeys(map(Fixed, names))), has_number)

    @property
    def count(self) -> int:
        """How many things it may be."""
        return len(self.values) + self.has_number

    def nodes(self, value: Any) -> tuple[Node, ...]:
        """Which of them a value is, and the number."""
        places = {Fixed(x): k for k, x in enumerate(self.values)}
        alternatives = (
            value.under(constant(np.True_)) if isinstance(value, Undecided) else [(constant(np.True_), value)]
        )
        found = [
            (condition, len(self.values), x) if _is_scalar(x) else (condition, places[Fixed(x)], 0)
            for condition, x in alternatives
        ]
        *others, (_, place, number) = found
        which, own = constant(np.int64(place)), as_node(number)
        for condition, k, x in reversed(others):
            which = as_node(where(condition, np.int64(k), which))
            own = own if x is number else as_node(where(condition, x, own))
        return (which, own) if self.has_number else (which,)

    def whole(self, name: str, nodes: Sequence[Node], choose: Choose) -> Any:
        """The value that these nodes stand for."""
        alternatives = [(equal(nodes[0], np.int64(k)), x) for k, x in enumerate(self.values)]
        if self.has_number:
            alternatives.append((equal(nodes[0], np.int64(len(self.values))), Symbol(nodes[1])))
        return Undecided(name, alternatives, choose)


def _is_scalar(value: Any) -> bool:
    return is_number(value) and not np.shape(value)


def _each_of(value: Any) -> list[Any]:
    if isinstance(value, Modes):
        return list(value.values)
    return [x for _, x in value._alternatives] if isinstance(value, Undecided) else [value]
