"""Columns and tables of pandas, polars and xarray: their values, their labels, and arrays with the labels of one.

None of these libraries is imported: a value tells by its class which one it is of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from symdiff.errors import ArgumentError, DTypeError
from symdiff.graph.node import check_array
from symdiff.graph.tree import Tree, children, put_together, take_apart

LIMIT = 256  # labels that belong to a program, of one axis
Said = TypeVar("Said")
Axis = tuple[str, Any]  # what it is called, and the labels along it; None where there are none


class Library(NamedTuple):
    """What a library says of its columns and tables.

    Attributes:
        has: an attribute that they have, and other values of the library have not.
        axes: of a value.
        missing: whether elements of a value are missing, otherwise than by being nan.
        like: an array with the labels of a value.
        ddof: by how much less than n its ``std`` and ``var`` divide.
        axis: along which its sums go, by default; None for all.
        aligned: whether it puts elements beside those with their label.
    """

    has: str
    axes: Callable[[Any], list[Axis]]
    missing: Callable[[Any], bool]
    like: Callable[[Any, np.ndarray], Any]
    ddof: int
    axis: int | None
    aligned: bool


def _axes_of_pandas(value: Any) -> list[Axis]:
    return [(name, getattr(value, name)) for name in ("index", "columns")[: value.ndim]]


def _like_pandas(value: Any, array: np.ndarray) -> Any:
    labels = dict(_axes_of_pandas(value))
    return type(value)(array, **labels) if value.ndim > 1 else type(value)(array, name=value.name, **labels)


def _missing_in_pandas(value: Any) -> bool:
    return not _are_numbers(value) and any(map(_has_na, _columns(value)))


def _are_numbers(value: Any) -> bool:
    """Whether all columns are of NumPy's numbers, so that nothing more needs to be asked."""
    kinds = [value.dtype] if value.ndim == 1 else value.dtypes.tolist()
    return all(isinstance(kind, np.dtype) and kind.kind in "biufc" for kind in kinds)


def _columns(value: Any) -> list[Any]:
    return [value] if value.ndim == 1 else [value.iloc[:, k] for k in range(value.shape[1])]


def _has_na(column: Any) -> bool:
    return not isinstance(column.dtype, np.dtype) and bool(column.isna().any())


def _axes_of_polars(value: Any) -> list[Axis]:
    return [("", None), ("columns", tuple(value.columns))][: len(value.shape)] if len(value.shape) > 1 else [("", None)]


def _like_polars(value: Any, array: np.ndarray) -> Any:
    return type(value)(value.name, array) if array.ndim == 1 else type(value)(array, schema=value.columns)


def _missing_in_polars(value: Any) -> bool:
    columns = [value] if len(value.shape) == 1 else value.get_columns()
    return any(column.null_count() for column in columns)


def _axes_of_xarray(value: Any) -> list[Axis]:
    indexes = getattr(value, "indexes", {})
    return [(str(name), indexes.get(name)) for name in value.dims]


LIBRARIES: Mapping[str, Library] = {
    "pandas": Library("iloc", _axes_of_pandas, _missing_in_pandas, _like_pandas, 1, 0, True),
    "polars": Library("estimated_size", _axes_of_polars, _missing_in_polars, _like_polars, 1, 0, False),
    "xarray": Library("dims", _axes_of_xarray, lambda value: False, lambda value, a: value.copy(data=a), 0, None, True),
}


def _remembered(of: Callable[[type], Said]) -> Callable[[type], Said]:
    """What is said of classes, each asked once, and none kept alive: a function may make one whenever it runs."""
    known: WeakKeyDictionary[type, Said] = WeakKeyDictionary()

    def ask(kind: type) -> Said:
        if kind not in known:
            known[kind] = of(kind)
        return known[kind]

    return ask


def _root_of(kind: type) -> str | None:
    """The library among these that a class, or what it is derived from, is of."""
    if kind.__module__ in ("builtins", "numpy"):
        return None
    found = (str(base.__module__).partition(".")[0] for base in kind.__mro__)
    return next((root for root in found if root in LIBRARIES), None)


root_of = _remembered(_root_of)


def _library_of_table(kind: type) -> Library | None:
    """The library of a class of columns or tables; None for other classes."""
    root = root_of(kind)
    if root is None or not hasattr(kind, "to_numpy"):
        return None
    library = LIBRARIES[root]
    return library if hasattr(kind, library.has) else None


library_of_table = _remembered(_library_of_table)


def is_table(value: Any) -> bool:
    """Whether it is a column or a table."""
    return library_of_table(type(value)) is not None


def is_labelled(value: Any) -> bool:
    """Whether it is a column or a table, or what a traced function sees in place of one."""
    return is_table(value) or hasattr(type(value), "__symdiff_marks__")


def numbers_of(value: Any) -> np.ndarray:
    """The values of a column or table; as floats, where elements could be missing and none is."""
    array = value.to_numpy()
    if array.dtype != object or not hasattr(value, "dtypes" if value.ndim > 1 else "dtype"):
        return np.asarray(array)
    columns = [np.asarray(column.to_numpy()) for column in _columns(value)]
    return array if any(c.dtype == object for c in columns) else np.stack(columns, axis=-1)


def as_array(what: str, value: Any) -> np.ndarray:
    """A value as an array, a column or table too.

    Raises:
        DTypeError: if elements of `what` are missing, or masked, or columns of it hold no numbers.
    """
    if isinstance(value, np.ndarray):
        check_array(value, what)
    else:
        _check_is_whole(what, value)
    return numbers_of(value) if is_table(value) else np.asarray(value)


def _check_is_whole(what: str, value: Any) -> None:
    library = library_of_table(type(value))
    holes = getattr(value, "null_count", 0) if type(value).__module__.startswith("pyarrow") else 0
    if holes or (library is not None and library.missing(value)):
        raise DTypeError(f"{what} has missing values", help="fill them, or leave their rows out: x.dropna()")
    if library is not None and root_of(type(value)) == "pandas" and value.ndim > 1 and not _are_numbers(value):
        others = [str(k) for k, c in zip(value.columns, _columns(value), strict=True) if not _is_number(c.dtype)]
        if others:
            raise DTypeError(
                f"{what} has columns that hold no numbers: {', '.join(others[:5])}",
                help="choose columns: x.select_dtypes('number')",
            )


def _is_number(dtype: Any) -> bool:
    return getattr(dtype, "kind", "f") in "biufc"


def like_tables(result: Any, tree: Tree, tables: Mapping[int, Any]) -> Any:
    """What a program returns, with the labels of the table that belongs to an output: those that `tables` numbers."""
    if isinstance(tree, int):
        return like_table(tables[tree], result) if tree in tables else result
    parts = take_apart(result)
    if parts is None:
        return result
    kind, keys, items = parts
    return put_together(kind, keys, [like_tables(x, t, tables) for x, t in zip(items, children(tree), strict=True)])


def like_table(table: Any, array: Any) -> Any:
    """`array` with the labels of `table`, if it has its shape; else as it is."""
    if hasattr(type(table), "__symdiff_marks__"):
        return table.like(array)
    library = library_of_table(type(table))
    if library is None or not isinstance(array, np.ndarray) or array.shape != tuple(table.shape) or not array.ndim:
        return array
    return library.like(table, array)


def check_labels(arguments: Mapping[str, Any], followed: Collection[str] = ()) -> None:
    """Raises ArgumentError if columns and tables among the arguments number their elements differently.

    A Function computes with the values, in the order in which they stand; pandas and xarray would put elements beside
    those with their label. The same labels in the same order are no difference, and labels that have nothing in
    common, rows and features, say, belong to different things. Of two that are `followed` by their labels through a
    function, only what meets there must agree: it is asked there.
    """
    for name, other, error in label_differences(arguments):
        if name not in followed or other not in followed:
            raise error


def label_differences(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str, ArgumentError]]:
    """Each two columns or tables that number their elements differently, with the error for it."""
    tables = [(name, value, axes_of(value)) for name, value in arguments.items() if is_table(value)]
    for (name, first, axes), (other, second, others) in combinations(tables, 2):
        if not _are_dims_in_order(first, second):
            what = f"{other} has its dimensions in another order than {name}: {second.dims} and {first.dims}"
            help = f"bring them into one order: {other}.transpose(…), or give values: {other}.to_numpy()"
            yield name, other, ArgumentError(what, help=help)
        for mine, theirs in product(axes, others):
            if mine[1] is not None and theirs[1] is not None and _differ(mine[1], theirs[1]):
                order = f"{other}.reindex({theirs[0]}={name}.{mine[0]})"
                what = f"the labels in {other}.{theirs[0]} are not those of {name}.{mine[0]}, or not in the same order"
                help = f"bring them into one order: {order}, or give values: {other}.to_numpy()"
                yield name, other, ArgumentError(what, help=help)


def _are_dims_in_order(first: Any, second: Any) -> bool:
    """Whether two values, if they are arrays of xarray's, have their common dimensions in the same order."""
    if root_of(type(first)) != "xarray" or root_of(type(second)) != "xarray":
        return True
    return [d for d in first.dims if d in second.dims] == [d for d in second.dims if d in first.dims]


def axes_of(value: Any) -> list[Axis]:
    """The axes of a column or table."""
    library = library_of_table(type(value))
    assert library is not None
    return library.axes(value)


def _differ(a: Any, b: Any) -> bool:
    """Whether labels of one length have some in common, and are not the same in the same order."""
    if a is b or len(a) != len(b) or (a.equals(b) if hasattr(a, "equals") else list(a) == list(b)):
        return False
    return not set(a).isdisjoint(b)


# ------------------------------------------------------------------------------------------- labels of a program


@dataclass(frozen=True)
class Rows:
    """Labels that a program does not know: a call tells only which axes have the same ones.

    Attributes:
        number: the same for the same labels.
        parts: which of them are picked, if not all are.
    """

    number: int
    parts: tuple[Hashable, ...] = ()


COUNTED = "counted"  # labels that are 0, 1, 2, …


@dataclass(frozen=True)
class Marks:
    """What a program knows of a column or table beside its values.

    Attributes:
        kind: its class.
        names: of its axes.
        labels: along each: a few texts, which belong to the program, `COUNTED`, `Rows`, or None.
        has_gaps: whether some of the values are nan, which sums of theirs may leave out.
    """

    kind: type
    names: tuple[str, ...]
    labels: tuple[Hashable, ...]
    has_gaps: bool


def marks_of(tables: Sequence[tuple[str, Any]]) -> tuple[tuple[str, Marks], ...]:
    """What a program knows of the columns and tables among its arguments.

    Labels of rows change from call to call where rows are drawn: only texts, which are names, belong to the program.
    """
    met: list[Any] = []
    found = []
    for name, value in tables:
        if (marks := getattr(value, "__symdiff_marks__", None)) is not None:
            found.append((name, marks))
            continue
        axes = axes_of(value)
        labels = tuple(_known_labels(along, met) for _, along in axes)
        array = numbers_of(value)
        has_gaps = array.dtype.kind == "f" and bool(np.isnan(array).any())
        found.append((name, Marks(type(value), tuple(n for n, _ in axes), labels, has_gaps)))
    return tuple(found)


def _known_labels(labels: Any, met: list[Any]) -> Hashable:
    if labels is None:
        return None
    if isinstance(labels, tuple):
        return labels
    if isinstance(labels, list) or (len(labels) <= LIMIT and all(type(label) is str for label in labels)):
        return tuple(labels)
    if getattr(labels, "start", None) == 0 and getattr(labels, "step", None) == 1:
        return COUNTED
    for k, other in enumerate(met):
        if labels is other or labels.equals(other):
            return Rows(k)
    met.append(labels)
    return Rows(len(met) - 1)


def module_of(kind: type) -> Any:
    """The library that a class of columns or tables is of."""
    return sys.modules.get(root_of(kind) or "")
