"""What Python asks of a value: its class, its truth, an integer, a float, a length.

Most of it a symbolic value has once it is known.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, TruthValueError, UnsupportedError
from symdiff.frontends.tracing.attempts import met_numbers
from symdiff.frontends.tracing.following import is_following
from symdiff.frontends.tracing.holder import Holder
from symdiff.frontends.tracing.libraries import is_library_module
from symdiff.frontends.tracing.remembered import asked_kind
from symdiff.frontends.tracing.unfollowed import why_not_followed
from symdiff.graph.node import Node

NO_TRUTH = "the branch taken would depend on a value that is not known yet"


def no_truth(node: Node) -> TruthValueError:
    """The error for a value whose truth is asked for before it is known."""
    why, instead = why_not_followed()
    return TruthValueError(
        f"a symbolic value has no truth value: {why or NO_TRUTH}",
        help=instead,
        unknown=node,
        also_numpys=_has_several(node),
        code="SD351",
    )


class Conversions(Holder):
    """A holder that converts itself to Python's types, or says why it cannot."""

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What ``isinstance`` asks for: unmodified functions tell arrays from numbers by it.

        A number may be an integer of Python's, which is a float here: where the user's code asks, that is noted.
        """
        if not self.is_array and is_following() and not is_library_module(sys._getframe(1).f_globals):
            asked_kind(self.node)
        return np.ndarray if self.is_array else self.aval.dtype.type

    def __format__(self, spec: str) -> str:
        numbers = self.numbers
        return repr(self) if numbers is None else format(numbers if numbers.ndim else numbers[()], spec)

    def __bool__(self) -> bool:
        if (numbers := self.numbers) is not None:
            return bool(numbers)
        raise no_truth(self.node)

    def __index__(self) -> int:
        if (numbers := self.numbers) is not None:
            return int(numbers) if numbers.dtype.kind in "iu" else numbers[()].__index__()
        raise ArgumentError(
            "a symbolic value is no integer that is known now",
            help="declare the argument static (static=…); or look it up in an array: np.array(items)[k]",
            unknown=self.node,
            also_numpys=self._is_no_number,
            code="SD312",
        )

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def __hash__(self) -> int:
        raise ArgumentError(
            "a symbolic value has no hash: it is no key of a dict, and no element of a set",
            help="compare it with each: `if x == key: …`; or declare the argument static (static=…)",
            unknown=self.node,
            also_numpys=bool(self.aval.shape),
        )

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(np.equal(self, value)))  # type: ignore[call-overload]

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise UnsupportedError(
            "a symbolic value is not pickled: it belongs to the program that is being made",
            help="leave that out of the function, or do it with what the function returns",
        )

    def _number(self, kind: str) -> Any:
        if (numbers := self.numbers) is not None:
            return numbers
        met_numbers()
        raise ArgumentError(
            f"{kind}() of a symbolic value: it is no number yet",
            help="leave the conversion out; arrays that hold symbolic values are made inside the function, "
            "with np.zeros(…) or np.array(…)",
            unknown=self.node,
            also_numpys=self._is_no_number,
            code="SD312",
        )

    @property
    def _is_no_number(self) -> bool:
        """Whether NumPy, too, refuses to take it for one: it has more elements than one, or none."""
        return _has_several(self)

    def __len__(self) -> int:
        if not self.aval.shape:
            raise TypeError("len() of a symbolic scalar")
        n = self.aval.shape[0]
        if not isinstance(n, int):
            raise UnsupportedError(
                f"the length {n} is not known now, so len() has no value",
                help=f"x.shape[0] stands for {n}; or leave the shape undeclared, to compile for each length",
            )
        return n


def _has_several(x: Any) -> bool:
    """Whether an array has more elements than one, or none, for which NumPy has no truth and no number either."""
    return any(isinstance(n, int) and n != 1 for n in x.aval.shape)
