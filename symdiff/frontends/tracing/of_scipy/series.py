"""numpy.polynomial's classes: series with a domain and a window, whose coefficients, or places, may be symbolic.

What NumPy does with coefficients is linear, or bilinear for a product: a matrix, or an array of three axes, which its own
functions say of the unit vectors.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import MissingAttributeError, ShapeError, UnsupportedError
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.known import KnownStandIn
from symdiff.frontends.tracing.of_scipy.polynomials import KINDS, evaluate
from symdiff.frontends.tracing.symbol import on_numbers

MODULE = "numpy.polynomial"


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _module(kind: type) -> Any:
    return importlib.import_module(kind.__module__)


def _word(kind: type) -> str:
    return kind.__module__.rpartition(".")[2]


def _rule(kind: type, name: str) -> Callable[..., Any]:
    """NumPy's function on coefficients: ``chebder``."""
    rule: Callable[..., Any] = getattr(_module(kind), KINDS[_word(kind)][0] + name)
    return rule


def _padded(c: Any, n: int) -> Any:
    c = _array(c)
    return c if c.shape[0] == n else np.concatenate([c, np.zeros(n - c.shape[0])])


def _columns(made: list[Any]) -> np.ndarray:
    """Vectors of different lengths side by side."""
    n = max(len(c) for c in made)
    return np.stack([np.pad(c, (0, n - len(c))) for c in made], axis=-1)


class Series:
    """A series of a class of NumPy's: NumPy's own where all is known.

    Args:
        kind: the class.
        coef: the coefficients.
        domain, window: as of the class, which are known.
        known: NumPy's object, where all of it is known.
    """

    def __init__(self, kind: type, coef: Any, domain: Any = None, window: Any = None, known: Any = None) -> None:
        if is_symbolic((domain, window)):
            raise UnsupportedError(f"{kind.__name__} with a symbolic domain", help="scale the places yourself")
        own: Any = kind
        self._kind, self.coef, self.__wrapped__ = kind, _array(coef), known
        self.domain = np.asarray(own.domain if domain is None else domain, float)
        self.window = np.asarray(own.window if window is None else window, float)
        if not isinstance(self.coef.shape[0], int):
            raise ShapeError("a series whose number of coefficients is a name", help="give the length as a number")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self._kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self.__wrapped__ is not None:
            value = getattr(self.__wrapped__, name)
            return _answering(value) if callable(value) else value
        if not hasattr(self._kind, name):
            raise MissingAttributeError(f"a {self._kind.__name__} has no attribute {name!r}")
        raise UnsupportedError(
            f"{name} of a series with symbolic coefficients", help="it has coef, deriv, integ, convert, and is called"
        )

    def _with(self, coef: Any) -> Series:
        return Series(self._kind, coef, self.domain, self.window)

    def _scale(self) -> tuple[float, float]:
        """Offset and scale of what maps the domain to the window."""
        (a, b), (c, d) = self.domain, self.window
        return float((b * c - a * d) / (b - a)), float((d - c) / (b - a))

    def __call__(self, arg: Any) -> Any:
        if self.__wrapped__ is not None and not is_symbolic(arg):
            return self.__wrapped__(arg)
        if type(seen_series(arg)) is Series:
            raise UnsupportedError("a series of a series", help="call one at what the other gives")
        offset, scale = self._scale()
        place = _array(arg) if (offset, scale) == (0.0, 1.0) else offset + scale * _array(arg)
        return evaluate(_word(self._kind), place, self.coef)

    def mapparms(self) -> tuple[float, float]:
        """Offset and scale of what maps the domain to the window."""
        return self._scale()

    def degree(self) -> int:
        """The number of coefficients, less one."""
        return int(self.coef.shape[0]) - 1

    def __len__(self) -> int:
        return int(self.coef.shape[0])

    def __iter__(self) -> Any:
        return iter(self.coef)

    def copy(self) -> Series:
        """The same."""
        return self

    def deriv(self, m: int = 1) -> Any:
        """The m-th derivative."""
        if self.__wrapped__ is not None:
            return seen_series(self.__wrapped__.deriv(m))
        n, rule = len(self), _rule(self._kind, "der")
        matrix = _columns([rule(unit, m, self._scale()[1]) for unit in np.eye(n)])
        return self._with(matrix @ self.coef)

    def integ(self, m: int = 1, k: Any = (), lbnd: Any = None) -> Any:
        """An antiderivative, with constants k, 0 at lbnd."""
        if is_symbolic((k, lbnd)):
            raise UnsupportedError("integ with symbolic constants", help="add them to what integ() gives")
        if self.__wrapped__ is not None:
            return seen_series(self.__wrapped__.integ(m, k, lbnd))
        offset, scale = self._scale()
        given = list(k) if np.ndim(k) else [k]
        start = 0 if lbnd is None else offset + scale * lbnd
        n, rule = len(self), _rule(self._kind, "int")
        constant = rule(np.zeros(n), m, given, start, 1 / scale)
        columns = _columns([rule(unit, m, given, start, 1 / scale) for unit in np.eye(n)])
        constant = np.pad(constant, (0, len(columns) - len(constant)))
        return self._with((columns - constant[:, None]) @ self.coef + constant)

    def convert(self, domain: Any = None, kind: Any = None, window: Any = None) -> Any:
        """The same function as a series of another class, or on another domain."""
        kind = self._kind if kind is None else getattr(kind, "__wrapped__", kind)
        if self.__wrapped__ is not None:
            return seen_series(self.__wrapped__.convert(domain, kind, window))
        own: Any = self._kind
        made = [own(unit, self.domain, self.window).convert(domain, kind, window) for unit in np.eye(len(self))]
        return Series(kind, _columns([x.coef for x in made]) @ self.coef, made[0].domain, made[0].window)

    # ----------------------------------------------------------------------------------------------- arithmetic

    def _other(self, other: Any) -> Any:
        """The coefficients of another series of this class, or of a number."""
        other = seen_series(other)
        if type(other) is not Series:
            return _array(other)[None] if not np.ndim(other) else _array(other)
        same = other._kind is self._kind and np.array_equal(self.domain, other.domain)
        if not same or not np.array_equal(self.window, other.window):
            raise TypeError("series of other classes, domains or windows: convert one of them")
        return other.coef

    def _known(self, other: Any) -> bool:
        other = seen_series(other)
        return self.__wrapped__ is not None and not is_symbolic(other) and getattr(other, "__wrapped__", 0) is not None

    def _answer(self, name: str, other: Any) -> Any:
        return seen_series(getattr(self.__wrapped__, name)(getattr(other, "__wrapped__", other)))

    def _sum(self, other: Any, sign: int) -> Series:
        c, n = self._other(other), len(self)
        longest = max(n, c.shape[0])
        return self._with(_padded(self.coef, longest) + sign * _padded(c, longest))

    def __add__(self, other: Any) -> Any:
        return self._answer("__add__", other) if self._known(other) else self._sum(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._answer("__sub__", other) if self._known(other) else self._sum(other, -1)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __neg__(self) -> Any:
        return self * -1

    def __mul__(self, other: Any) -> Any:
        if self._known(other):
            return self._answer("__mul__", other)
        c = self._other(other)
        if c.shape[0] == 1:
            return self._with(self.coef * c[0])
        n, m, rule = len(self), c.shape[0], _rule(self._kind, "mul")
        units = [[rule(p, q) for q in np.eye(m)] for p in np.eye(n)]
        products = np.stack([[np.pad(v, (0, n + m - 1 - len(v))) for v in row] for row in units])
        return self._with(np.einsum("ijk,i,j->k", products, self.coef, c))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if np.ndim(other) or type(seen_series(other)) is Series:
            raise UnsupportedError("a series divided by a series", help="divide their values")
        return self * (1 / other)

    def __pow__(self, power: int) -> Any:
        if self._known(power):
            return self._answer("__pow__", power)
        if not isinstance(power, int) or power < 0:
            raise UnsupportedError(f"a series to the power {power}", help="a whole number, not below 0")
        found = self._with(np.eye(1)[0] + 0 * self.coef[:1])
        for _ in range(power):
            found = found * self
        return found


def _answering(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            raise UnsupportedError(f"{method.__name__} with symbolic values", help="compute with the coefficients")
        return seen_series(method(*args, **kwargs))

    return call


def _base() -> Any:
    """The class that those of NumPy's series have in common, if they are loaded."""
    module = sys.modules.get("numpy.polynomial._polybase")
    return None if module is None else module.ABCPolyBase


def seen_series(value: Any) -> Any:
    """A series of NumPy's as a traced function sees it, and a class that makes them; other values as they are."""
    base = _base()
    if base is None or type(value) is Series or type(value) is Class:
        return value
    if isinstance(value, type):
        is_one = issubclass(value, base) and str(value.__module__).startswith(f"{MODULE}.") and _word(value) in KINDS
        return Class(value) if is_one and value is not base else value
    if issubclass(type(value), base) and str(type(value).__module__).startswith(f"{MODULE}."):
        return Series(type(value), value.coef, value.domain, value.window, value)
    return value


class Class(KnownStandIn):
    """A class of NumPy's series: what it makes may have symbolic coefficients."""

    def __init__(self, kind: type) -> None:
        def make(coef: Any, domain: Any = None, window: Any = None, symbol: str = "x") -> Any:
            if is_symbolic((coef, domain, window)):
                return Series(kind, coef, domain, window)
            return seen_series(on_numbers(kind, (coef, domain, window), {"symbol": symbol}))

        super().__init__(kind, make)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        if name == "fit":
            return self._fit
        return _answering(value) if callable(value) and not name.startswith("_") else value

    def _fit(
        self, x: Any, y: Any, deg: Any, domain: Any = None, rcond: Any = None, full: bool = False, w: Any = None, window: Any = None, symbol: str = "x"
    ) -> Any:  # fmt: skip
        """The series of least squares: linear in the values y."""
        own: Any = self.__wrapped__
        if not is_symbolic((x, y, deg, domain, w, window)):
            return seen_series(own.fit(x, y, deg, domain, rcond, full, w, window, symbol))
        if is_symbolic((x, deg, domain, w, window)) or full:
            raise UnsupportedError("fit with symbolic places or weights", help="solve by np.linalg.lstsq")
        y = _array(y)
        units = [own.fit(x, unit, deg, domain, rcond, False, w, window) for unit in np.eye(y.shape[0])]
        return Series(own, _columns([unit.coef for unit in units]) @ y, units[0].domain, units[0].window)
