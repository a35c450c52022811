"""The heads of functions that take the calls they are made for, and hand over every other call.

A function of floats has the test inside, because a call of its own would cost a third of a typical scalar gradient. A
function of arrays has it in front: what NumPy does takes longer, and the body need not be compiled again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from symdiff.codegen.names import free_name
from symdiff.codegen.printed import INDENT
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length
from symdiff.graph.tree import Tree, children, leaves

_MISSING = object()
_OWN = ("_missing", "_rest", "_named", "_dispatch", "_float", "_floats", "_type")


@dataclass(frozen=True)
class Guard:
    """What the guard calls its own things, so that no argument is called so.

    Attributes:
        missing: the value of an argument that was not given.
        rest, named: further arguments, by position and by name.
        dispatch: takes ``(arguments, rest, named)``, what was missing left out, where one is not a float.
        number: the class of floats.
        numbers: the classes of floats, Python's and NumPy's.
        kind: Python's ``type``: symbolic values give themselves out for NumPy's by ``__class__``, as ``isinstance``
            is to take them, but never for Python's float.
    """

    missing: str
    rest: str
    named: str
    dispatch: str
    number: str
    numbers: str
    kind: str

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Guard:
        """A guard for a function of `arguments`."""
        return cls(*(free_name(name, arguments) for name in _OWN))

    def parameters(self, arguments: Sequence[str]) -> str:
        """What stands between the brackets of the head."""
        return ", ".join([*(f"{a}={self.missing}" for a in arguments), "/", f"*{self.rest}", f"**{self.named}"])

    def handed_over(self, arguments: Sequence[str]) -> str:
        """The call of what takes every call."""
        return f"{self.dispatch}(({', '.join(arguments)},), {self.rest}, {self.named})"

    def test(self, arguments: Sequence[str]) -> list[str]:
        """The first lines of a function of floats: NumPy's, which are what an array holds, become Python's."""
        classes = " is ".join([*(f"{a}.__class__" for a in arguments), self.number])
        numbers = " and ".join(f"{self.kind}({a}) in {self.numbers}" for a in arguments)
        return [
            f"if not ({classes}) or {self.rest} or {self.named}:",
            f"{INDENT}if not ({numbers}) or {self.rest} or {self.named}:",
            f"{INDENT * 2}return {self.handed_over(arguments)}",
            *(f"{INDENT}{a} = {self.number}({a})" for a in arguments),
        ]

    def namespace(self, dispatch: Callable[..., Any]) -> dict[str, Any]:
        """What the text needs beside itself; `dispatch` is called as the function was."""

        def hand_over(given: tuple[Any, ...], rest: tuple[Any, ...], named: dict[str, Any]) -> Any:
            return dispatch(*[a for a in given if a is not _MISSING], *rest, **named)

        return {
            self.missing: _MISSING,
            self.dispatch: hand_over,
            self.number: float,
            self.numbers: frozenset((float, np.float64)),
            self.kind: type,
        }


@dataclass
class ArrayGuard:
    """A function in front of one of arrays: it compares classes, dtypes and shapes, and hands over what differs.

    Lengths that were declared are compared with each other, so that all arrays that one program is for come through;
    none may be 0, or too short, which is another program's. Other lengths are compared with numbers.

    Attributes:
        arguments: their names.
        avals: their types.
        results: the number of axes of the result, or a tuple of these; None for results that pass as they are.
        fewest: the least length of each name, where that is more than 1.

    >>> arguments = ArrayGuard(("x", "y"), (Aval("float64", (3,)), Aval("float64")))
    >>> print(arguments.text("f"))
    def f(x=_missing, y=_missing, /, *_rest, **_named):
        if _rest or _named or not (
            _type(x) is _ndarray
            and x.dtype == _float64
            and x.shape == (3,)
            and _type(y) in _floats
        ):
            return _dispatch((x, y,), _rest, _named)
        try:
            return _run(x, _float64_number(y))
        except _MemoryError:  # is told there
            return _dispatch((x, y,), _rest, _named)
    <BLANKLINE>
    """

    arguments: Sequence[str]
    avals: Sequence[Aval]
    results: Tree | None = None
    fewest: Mapping[str, int] = field(default_factory=dict)
    guard: Guard = field(init=False)
    known: dict[str, Any] = field(init=False, default_factory=dict)  # what the text needs, by name
    places: dict[str, str] = field(init=False, default_factory=dict)  # where each declared length is found
    body: list[str] | None = field(init=False)

    def __post_init__(self) -> None:
        self.guard = Guard.of(self.arguments)
        tests = self._tests()
        self.body = self._body(*tests) if tests else None

    def text(self, name: str) -> str | None:
        """The function as source; None if nothing is to be tested, or shapes do not tell the declared lengths."""
        if self.body is None:
            return None
        head = f"def {name}({self.guard.parameters(self.arguments)}):"
        return "\n".join([head, *(INDENT + line for line in self.body)]) + "\n"

    def namespace(self, dispatch: Callable[..., Any], run: Callable[..., Any]) -> dict[str, Any]:
        """What the text needs beside itself."""
        return {**self.guard.namespace(dispatch), **self.known, self._name("_run", None): run}

    def _body(self, first: str, *more: str) -> list[str]:
        over = f"return {self.guard.handed_over(self.arguments)}"
        return [
            f"if {self.guard.rest} or {self.guard.named} or not (",
            INDENT + first,
            *(f"{INDENT}and {test}" for test in more),
            "):",
            INDENT + over,
            "try:",
            *(INDENT + line for line in self._calls()),
            f"except {self._name('_MemoryError', MemoryError)}:  # is told there",
            INDENT + over,
        ]

    def _name(self, wanted: str, value: Any) -> str:
        name = free_name(wanted, self.arguments)
        self.known[name] = value
        return name

    # ---------------------------------------------------------------------------------------------------- the test

    def _tests(self) -> list[str] | None:
        arrays = [(a, t) for a, t in zip(self.arguments, self.avals, strict=True) if t.shape]
        numbers = [(a, t) for a, t in zip(self.arguments, self.avals, strict=True) if not t.shape]
        lengths = self._lengths(arrays)
        if lengths is None:
            return None
        classes = [*(self._type(a) for a, _ in arrays), self._name("_ndarray", np.ndarray)]
        alike: dict[np.dtype[Any], list[str]] = {}
        for a, aval in arrays:
            alike.setdefault(aval.dtype, []).append(f"{a}.dtype")
        dtypes = [" == ".join([*each, self._name(f"_{dtype}", dtype)]) for dtype, each in alike.items()]
        return [*[" is ".join(classes)] * bool(arrays), *dtypes, *lengths, *(self._is_number(a, t) for a, t in numbers)]

    def _is_number(self, argument: str, aval: Aval) -> str:
        own = self._name(f"_{aval.dtype}_number", aval.dtype.type)
        if not self._takes_floats(aval):
            return f"{self._type(argument)} is {own}"
        if aval.dtype == np.float64:
            return f"{self._type(argument)} in {self.guard.numbers}"
        return f"({self._type(argument)} is {self.guard.number} or {self._type(argument)} is {own})"

    def _type(self, argument: str) -> str:
        return f"{self.guard.kind}({argument})"

    def _takes_floats(self, aval: Aval) -> bool:
        """Whether a Python float is meant too: it takes the dtype of the arrays that it comes with (NEP 50)."""
        inexact = [t for t in self.avals if t.inexact]
        kinds = {t.dtype if t.kind == "f" else np.dtype(f"f{t.dtype.itemsize // 2}") for t in inexact}
        return kinds == {aval.dtype} and (aval.dtype == np.float64 or any(t.shape for t in inexact))

    def _lengths(self, arrays: Sequence[tuple[str, Aval]]) -> list[str] | None:
        tests, late = [], []
        for k, (a, aval) in enumerate(arrays):
            if all(self._text(dim) is not None for dim in aval.shape):
                tests.append(f"{a}.shape == ({', '.join(str(self._text(dim)) for dim in aval.shape)},)")
                continue
            shape = free_name(f"_shape{k + 1}", self.arguments)
            tests.append(f"{self._name('_len', len)}({shape} := {a}.shape) == {len(aval.shape)}")
            for axis, dim in enumerate(aval.shape):
                place, name = f"{shape}[{axis}]", str(dim)
                if name.isidentifier() and name not in self.places:
                    self.places[name] = place
                    tests.append(f"{place} > {self.fewest.get(name, 1) - 1}")
                else:
                    late.append((place, dim))
        texts = [(place, self._text(dim)) for place, dim in late]
        return None if any(text is None for _, text in texts) else [*tests, *(f"{p} == {t}" for p, t in texts)]

    def _text(self, dim: Dim) -> str | None:
        """A length as an expression of the shapes that were looked at before; None if these do not tell it."""
        if not isinstance(dim, Length):
            return str(dim)
        if not dim.names() <= self.places.keys():
            return None
        return re.sub(r"[A-Za-z_]\w*", lambda name: self.places[name[0]], str(dim))

    # ---------------------------------------------------------------------------------------------------- the call

    def _calls(self) -> list[str]:
        scalar = {
            a: f"{self._name(f'_{t.dtype}_number', t.dtype.type)}({a})"
            for a, t in zip(self.arguments, self.avals, strict=True)
            if not t.shape and self._takes_floats(t)
        }
        call = f"{self._name('_run', None)}({', '.join(scalar.get(a, a) for a in self.arguments)})"
        if self.results is None or all(axes == 1 for axes in leaves(self.results)):
            return [f"return {call}"]
        received, returned = self._unpacked(self.results, count(1))
        return [f"{received} = {call}", f"return {returned}"]

    def _unpacked(self, results: Tree, numbers: Iterator[int]) -> tuple[str, str]:
        """The names of the results, and what is returned of them."""
        if isinstance(results, int):
            name = free_name(f"_result{next(numbers)}", self.arguments)
            return name, self._tidy(name, results)
        parts = [self._unpacked(each, numbers) for each in children(results)]
        received, returned = ("".join(f"{part[k]}, " for part in parts).rstrip(" ") for k in (0, 1))
        return f"({received})", f"({returned})"

    def _tidy(self, result: str, axes: int) -> str:
        """A matrix in C order; a scalar as a scalar, where np.where or np.squeeze made an array without axes of it."""
        if axes == 1:
            return result
        tidied = f"{self._name('_contiguous', np.ascontiguousarray)}({result})" if axes else f"{result}[()]"
        return f"({tidied} if {result}.__class__ is {self._name('_ndarray', np.ndarray)} else {result})"
