"""Arguments of a call: ordered, converted, and compared with what was declared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, DTypeError, ShapeError, did_you_mean
from symdiff.frontends.layout import is_without_axes
from symdiff.frontends.spec import Spec
from symdiff.frontends.symbolic import is_symbol
from symdiff.frontends.tables import as_array, check_labels
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, evaluate, solve

_FLOAT = np.dtype(np.float64)
_PLAIN = frozenset({float, int, np.ndarray, np.float64, np.float32})


class Arguments:
    """The inputs of a Function: their names, what is declared of some of them, and where integers stay integers.

    With `needs_numbers` a program is for lengths as they come, also where they were declared as names. Columns and
    tables that are `followed` meet by their labels where the function lets them meet.
    """

    def __init__(
        self,
        names: Sequence[str],
        specs: Mapping[str, Spec],
        discrete: Collection[str] = (),
        needs_numbers: bool = False,
        followed: Collection[str] = (),
    ) -> None:
        self.names = tuple(names)
        self.followed = frozenset(followed)
        self.needs_numbers = needs_numbers
        self.discrete = frozenset(discrete)
        self.specs = [specs.get(name) for name in self.names]
        self._typed = [spec is not None and spec.dtype not in (None, _FLOAT) for spec in self.specs]

    def order(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Sequence[Any]:
        """The arguments by position; raises ArgumentError if one is missing, unknown or given twice."""
        return ordered(self.names, args, kwargs)

    def convert(self, values: Sequence[Any], others: tuple[type, ...] = ()) -> tuple[list[Any], tuple[Any, ...]]:
        """The arguments as floats or arrays, those of `others` too, and a key that tells their types apart."""
        if not are_plain(values):
            check_labels(dict(zip(self.names, values, strict=True)), self.followed)
        converted: list[Any] = [
            value if value.__class__ is float and not self._typed[k] else self._array(k, value, others)
            for k, value in enumerate(values)
        ]
        key: list[Any] = [float if v.__class__ is float else (v.dtype, v.shape) for v in converted]
        if float in key and len(set(key)) > 1:
            self._meet_arrays(values, converted, key)
        return converted, tuple(key)

    def _meet_arrays(self, values: Sequence[Any], converted: list[Any], key: list[Any]) -> None:
        """A Python number takes the dtype of the arrays that it comes with, so that float32 stays float32 (NEP 50).

        One of NumPy's, or an array without axes, keeps its own.
        """
        weak = [k for k, value in enumerate(values) if key[k] is float and _is_python_number(value)]
        kinds = [_FLOAT if k is float else k[0] for i, k in enumerate(key) if i not in weak]
        inexact = [kind for kind in kinds if kind.kind in "fc"]
        if all(kind in (_FLOAT, np.complex128) for kind in inexact):
            return
        dtype = np.result_type(*inexact)
        dtype = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype
        for k, value in enumerate(converted):
            if value.__class__ is float:
                kind = dtype if k in weak else _FLOAT
                converted[k], key[k] = kind.type(value), (kind, ())

    def _array(self, k: int, value: Any, others: tuple[type, ...] = ()) -> Any:
        """Integers are numbers, and become float64, unless the program may use them as integers."""
        if _is_python_number(value):
            return _float(value, self.names[k], self.specs[k])
        try:
            is_array = type(value) is np.ndarray or isinstance(value, (np.generic, *others))
            array = value if is_array else as_array(f"argument {self.names[k]!r}", value)
        except ValueError:
            raise ShapeError(
                f"argument {self.names[k]!r} is no array: its rows have different lengths", code="SD208"
            ) from None
        if array.dtype.kind in "iu":
            spec = self.specs[k]
            wanted = spec.dtype if spec is not None else None
            wanted = wanted or (array.dtype if self.names[k] in self.discrete else _FLOAT)
            converted = array.astype(wanted)
            changed = wanted.kind in "iub" and wanted != array.dtype
            if changed and (isinstance(array, others) or not np.array_equal(converted, array)):
                raise DTypeError(f"argument {self.names[k]!r} holds numbers that are no {wanted}")
            array = converted
        if array.dtype.kind not in "biufc" or array.dtype.name in ("float128", "complex256"):
            name = self.names[k]
            if value is None or isinstance(value, (str, dict)):
                raise ArgumentError(f"argument {name!r} is {str(value)[:40]!r}, not a number or an array", code="SD307")
            raise DTypeError(
                f"argument {name!r} has dtype {array.dtype}",
                help=f"convert it: np.asarray({name}, float)",
                code="SD252",
            )
        plain = array.ndim == 0 and array.dtype == _FLOAT and not self._typed[k] and not isinstance(array, others)
        return float(array) if plain else array

    def avals(self, converted: Sequence[Any]) -> tuple[Aval, ...]:
        """The abstract values that the graph is built for: declared shapes, dtypes as they come.

        Raises:
            ShapeError, DTypeError: naming the argument, what came and what was declared.
        """
        lengths: dict[str, tuple[int, str]] = {}
        for name, spec, value in zip(self.names, self.specs, converted, strict=True):
            if spec is not None:
                self._learn(name, spec, np.shape(value), lengths)
        found = []
        for name, spec, value in zip(self.names, self.specs, converted, strict=True):
            if spec is None:
                found.append(Aval(_FLOAT) if value.__class__ is float else Aval(value.dtype, value.shape))
                continue
            self._compare(name, spec, np.shape(value), lengths)
            found.append(self._declared(name, spec, value))
        is_empty = 0 in {n for n, _ in lengths.values()}  # nothing to compute, and 1 / n would divide by zero
        if is_empty or self.needs_numbers:
            return given(found, converted)
        return tuple(found)

    def are_few(self, avals: Sequence[Aval], converted: Sequence[Any], fewest: Mapping[str, int]) -> bool:
        """Whether a length that is a name in `avals` is less than the program for it is made for."""
        lengths = (
            solve(dim, n)
            for aval, value in zip(avals, converted, strict=True)
            for dim, n in zip(aval.shape, np.shape(value), strict=True)
        )
        return any(found is not None and (found[1] or 0) < fewest.get(found[0], 0) for found in lengths)

    def are_mixed(self, avals: Sequence[Aval]) -> bool:
        """Whether lengths were declared by names, and other arrays were not, whose lengths are numbers."""
        pairs = list(zip(self.specs, avals, strict=True))
        by_name = any(isinstance(n, Length) for spec, _ in pairs if spec is not None for n in spec.shape)
        return by_name and any(spec is None and aval.shape for spec, aval in pairs)

    def types(self, values: Sequence[Any]) -> tuple[Aval, ...]:
        """The same for values of which some are specs, which stand for arrays of such types."""
        if not any(isinstance(value, Spec) for value in values):
            return self.avals(self.convert(values)[0])
        found = []
        for k, value in enumerate(values):
            array = None if isinstance(value, Spec) else self._array(k, value)
            found.append(
                value.aval
                if array is None
                else Aval(_FLOAT if isinstance(array, float) else array.dtype, np.shape(array))
            )
        return tuple(found)

    def _learn(self, name: str, spec: Spec, shape: tuple[int, ...], lengths: dict[str, tuple[int, str]]) -> None:
        if len(shape) != len(spec.shape):
            raise self._mismatch(name, spec, shape, f"{len(shape)} axes instead of {len(spec.shape)}")
        for dim, n in zip(spec.shape, shape, strict=True):
            found = solve(dim, n)
            if found is not None and found[1] is None:
                raise self._mismatch(name, spec, shape, f"length {n} is no {dim}")
            if found is not None:
                lengths.setdefault(found[0], (found[1] or 0, name))

    def _compare(self, name: str, spec: Spec, shape: tuple[int, ...], lengths: dict[str, tuple[int, str]]) -> None:
        known = {key: n for key, (n, _) in lengths.items()}
        for dim, n in zip(spec.shape, shape, strict=True):
            wanted = _value(dim, known)
            if wanted is not None and wanted != n:
                origin = lengths.get(str(dim))
                why = (
                    f", and {dim} is {wanted} in {origin[1]!r}"
                    if origin
                    else f" ({wanted})"
                    if str(dim) != str(wanted)
                    else ""
                )
                raise self._mismatch(name, spec, shape, f"length {n} where {dim} is meant{why}")

    def _mismatch(self, name: str, spec: Spec, shape: tuple[int, ...], what: str) -> ShapeError:
        declared = ", ".join(map(str, spec.shape)) + "," * (len(spec.shape) == 1)
        return ShapeError(f"argument {name!r} has shape {shape}, declared is ({declared}): {what}", code="SD204")

    def _declared(self, name: str, spec: Spec, value: Any) -> Aval:
        if value.__class__ is float:
            return Aval(spec.dtype or _FLOAT, spec.shape)
        if spec.dtype is not None and value.dtype != spec.dtype:
            raise DTypeError(
                f"argument {name!r} has dtype {value.dtype}, declared is {spec.dtype}",
                help=f"convert it: {name}.astype(np.{spec.dtype})",
                code="SD253",
            )
        return Aval(value.dtype, spec.shape)


def given(avals: Sequence[Aval], converted: Sequence[Any]) -> tuple[Aval, ...]:
    """The types of arguments with their shapes as they are, whatever was declared."""
    return tuple(Aval(a.dtype, np.shape(v)) for a, v in zip(avals, converted, strict=True))


def are_plain(args: Sequence[Any]) -> bool:
    """Whether all are numbers, or arrays with axes, beyond doubt."""
    return _PLAIN.issuperset(map(type, args)) and not any(map(is_without_axes, args))


def ordered(names: Sequence[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """The arguments called `names`, in their order; raises ArgumentError if one is missing, unknown or given twice."""
    if not kwargs and len(args) == len(names):
        return args
    wanted = ", ".join(names)
    if len(args) > len(names):
        raise ArgumentError(f"{len(args)} arguments were given, there are {len(names)}: {wanted}", code="SD305")
    check_names(kwargs, names)
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise ArgumentError(f"argument {name!r} was given twice")
        given[name] = value
    missing = [name for name in names if name not in given]
    if missing:
        raise ArgumentError(f"argument {missing[0]!r} is missing; the arguments are {wanted}", code="SD304")
    return [given[name] for name in names]


def check_names(given: Iterable[str], names: Sequence[str]) -> None:
    """Raises ArgumentError for an argument that is not called as one of `names`."""
    for name in given:
        if name not in names:
            what = f"there is no argument {name!r}; the arguments are {', '.join(names)}"
            raise ArgumentError(what, help=did_you_mean(name, names), code="SD306")


def _value(dim: Dim, known: Mapping[str, int]) -> int | None:
    if isinstance(dim, Length) and not dim.names() <= set(known):
        return None
    return evaluate(dim, known)


def is_integer(value: Any) -> bool:
    """Whether it is one integer or truth value, of Python's or of NumPy's."""
    return not is_symbol(value) and isinstance(value, (int, np.integer, np.bool_))


def _is_python_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, (bool, np.generic))


def _float(value: int | float, name: str, spec: Spec | None) -> Any:
    """A Python number in the declared dtype; float64 as a Python float."""
    try:
        if spec is None or spec.dtype in (None, _FLOAT):
            return float(value)
        typed = spec.dtype.type(value)
    except (OverflowError, ValueError):
        raise ArgumentError(f"argument {name!r} is {str(value)[:40]}, which no {_kind(spec)} holds") from None
    if spec.dtype.kind in "iub" and typed != value:
        raise DTypeError(f"argument {name!r} is {value}, declared is {spec.dtype}")
    return typed


def _kind(spec: Spec | None) -> str:
    return "float64" if spec is None or spec.dtype is None else str(spec.dtype)
