"""Elements, parts and methods of columns and tables whose values are symbolic: by their labels, or by position.

What is taken here is a `Labelled` (`symdiff.frontends.tracing.labelled`) without a table behind it.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from symdiff.errors import MissingAttributeError, UnsupportedError, did_you_mean
from symdiff.frontends.tables import COUNTED, Marks, Rows, library_of_table, module_of, root_of
from symdiff.graph.dims import Dim

PLACES = Rows(-2)  # elements that go by where they stand, and have no labels


class Named(NamedTuple):
    """The labels along an axis that goes by its name; None where there are none."""

    name: str
    labels: Any


def unsupported(what: str, help: str = "compute with the values: s.to_numpy()") -> UnsupportedError:
    """The error for what a column or table with symbolic values does not do."""
    return UnsupportedError(f"{what} of a column or table with symbolic values", help=help)


def differing(what: str) -> UnsupportedError:
    """The error for what goes by labels that are not the same."""
    return UnsupportedError(
        f"{what} goes by different labels, of columns or tables with symbolic values",
        help="bring them into one order: s.reindex(t.index), or compute with the values: s.to_numpy()",
        code="SD613",
    )


# --------------------------------------------------------------------------------------------------------- labels


def labels_of(marks: Marks, shape: tuple[Dim, ...]) -> tuple[Any, ...]:
    """The labels along each axis of a program's input."""
    labels = [_counted(label, n) for label, n in zip(marks.labels, shape, strict=True)]
    return along(marks.kind, marks.names, labels)


def along(kind: type, names: Any, labels: Any) -> tuple[Any, ...]:
    """The labels along each axis: with the name of the axis, where it goes by that, and positions where it has none."""
    if root_of(kind) == "xarray":
        return tuple(map(Named, names, labels))
    return tuple(PLACES if label is None else label for label in labels)


def _counted(label: Any, n: Dim) -> Any:
    if label != COUNTED:
        return label
    return range(n) if isinstance(n, int) else Rows(-1, (str(n),))


def agree(a: Any, b: Any) -> bool:
    """Whether the labels along two axes are known to be the same."""
    if type(a) is Named or type(b) is Named:
        if type(a) is not type(b) or a.name != b.name:
            return False
        return a.labels is None or b.labels is None or agree(a.labels, b.labels)
    if a is None or b is None:
        return False
    if type(a) is Rows or type(b) is Rows:
        return bool(a == b) if type(a) is type(b) else False
    return a is b or list(a) == list(b)


_unknown = count()


def marks_around(kind: type, labels: tuple[Any, ...], has_gaps: bool) -> Marks:
    """What is known of a table inside of one function for another function that it is given to."""
    names = tuple(label.name if type(label) is Named else "" for label in labels)
    return Marks(kind, names, tuple(map(_around, labels)), has_gaps)


def _around(label: Any) -> Any:
    known = label.labels if type(label) is Named else label
    if known is None and type(label) is not Named:
        return Rows(-3, (next(_unknown),))
    if type(known) is Rows:
        return known if known == PLACES else Rows(known.number, (*known.parts, "around"))
    return known if known is None or type(known) in (range, tuple) else tuple(known)


def texts(labels: Any) -> list[str]:
    """The labels that may be written behind a dot."""
    known = labels.labels if type(labels) is Named else labels
    return [label for label in known if isinstance(label, str)] if type(known) in (tuple, list) else []


def index_of(table: Any, axis: int) -> Any:
    """The labels along an axis, as pandas holds them."""
    labels = table._labels[axis]
    if labels is None or type(labels) is Rows:
        raise unsupported("the labels", "they differ from call to call: count with range(len(s))")
    return module_of(table._kind).Index(labels) if root_of(table._kind) == "pandas" else list(labels)


def _position(labels: Any, key: Any) -> int:
    known = labels.labels if type(labels) is Named else labels
    if known is None or type(known) is Rows:
        raise unsupported(f"the element with the label {key!r}", "by position: s.iloc[k], or s.to_numpy()[k]")
    places = [k for k, label in enumerate(known) if label == key]
    by_position = "by position: s.iloc[k], or s.to_numpy()[k]"
    if not places:
        shown = ", ".join([*map(str, list(known)[:10]), *("…" for _ in known[10:11])])
        help = did_you_mean(key, [label for label in known if isinstance(label, str)], by_position)
        raise UnsupportedError(f"there is no label {key!r} here; the labels are {shown}", help=help)
    if len(places) > 1:
        raise UnsupportedError(f"there are several elements with the label {key!r} here", help=by_position)
    return places[0]


def _picked(labels: Any, key: Any) -> Any:
    """The labels of the elements that a slice, or a list of positions, picks."""
    if type(labels) is Named:
        return Named(labels.name, None if labels.labels is None else _picked(labels.labels, key))
    if labels == PLACES:
        return labels
    if type(labels) is Rows:
        marked = ("slice", key.start, key.stop, key.step) if isinstance(key, slice) else tuple(key)
        return Rows(labels.number, (*labels.parts, marked))
    if isinstance(key, slice):
        return labels[key]
    return tuple(labels[k] for k in key)


# ---------------------------------------------------------------------------------------------- elements and parts


def element(table: Any, key: Any) -> Any:
    """``table[key]``."""
    if _is_mask(key):
        return _rows(table, key)
    if isinstance(key, slice):
        return taken(table, 0, _by_position(key))
    if root_of(table._kind) != "pandas" and not isinstance(key, str):
        if isinstance(key, (int, np.integer)):
            return taken(table, 0, int(key))
        raise unsupported(f"the element {key!r:.40}")
    return at_labels(table, table.ndim - 1, key)


def at_labels(table: Any, axis: int, key: Any) -> Any:
    """What has a label, or a list of labels, along an axis."""
    if isinstance(key, slice) and key == slice(None):
        return table
    if _is_mask(key):
        return _rows(table, key) if axis == 0 else _refused(key)
    if isinstance(key, (slice, tuple)):
        raise _refused(key)
    if isinstance(key, list) or root_of(type(key)) == "pandas":
        return taken(table, axis, [_position(table._labels[axis], k) for k in key])
    return taken(table, axis, _position(table._labels[axis], key))


def taken(table: Any, axis: int, key: Any) -> Any:
    """The element, or the part, at positions along an axis."""
    values = table._values[(*[slice(None)] * axis, key)]
    labels = list(table._labels)
    labels[axis : axis + 1] = [] if isinstance(key, int) else [_picked(labels[axis], key)]
    return table._with(values, tuple(labels), table._gaps)


def _rows(table: Any, mask: Any) -> Any:
    """The rows where a mask holds; which labels they have is not known."""
    if type(mask) is type(table) and not agree(mask._labels[0], table._labels[0]):
        raise differing("a mask of rows")
    plain = mask.to_numpy() if hasattr(mask, "to_numpy") else mask
    return table._with(table._values[plain], (None, *table._labels[1:]), table._gaps)


def _is_mask(key: Any) -> bool:
    dtype = getattr(key, "dtype", None)
    if dtype is None and isinstance(key, list):
        return bool(key) and all(isinstance(k, (bool, np.bool_)) for k in key)
    return getattr(dtype, "kind", "") == "b"


def _by_position(key: slice) -> slice:
    if all(k is None or isinstance(k, (int, np.integer)) for k in (key.start, key.stop, key.step)):
        return key
    raise _refused(key)


def _refused(key: Any) -> UnsupportedError:
    return unsupported(f"the part {key!r:.40}")


class At:
    """``loc`` and ``iloc``, and ``at`` and ``iat``: what is at labels, or at positions."""

    def __init__(self, table: Any, by_label: bool) -> None:
        self._table, self._pick = table, at_labels if by_label else _at_positions

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > self._table.ndim:
            raise _refused(key)
        found = self._table
        for axis in reversed(range(len(keys))):  # the last axis first: those before it stay where they are
            found = self._pick(found, axis, keys[axis])
        return found


def _at_positions(table: Any, axis: int, key: Any) -> Any:
    if isinstance(key, (int, np.integer)):
        return taken(table, axis, int(key))
    if isinstance(key, slice):
        return taken(table, axis, _by_position(key))
    if isinstance(key, list) and all(isinstance(k, int) and k >= 0 for k in key):
        return taken(table, axis, key)
    raise _refused(key)


# --------------------------------------------------------------------------------------------------------- methods


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(table: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs or any(np.ndim(a) for a in args):
            raise unsupported(f"{function.__name__} with these arguments")
        return table._with(function(table._values, *args), table._labels, table._gaps)

    return call


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(table: Any) -> Any:
        if table._gaps or root_of(table._kind) == "xarray":
            raise unsupported(function.__name__)
        return table._with(function(table._values, axis=0), table._labels)

    return call


def _where(table: Any, cond: Any, other: Any = np.nan) -> Any:
    return _chosen(table, cond, table, other)


def _mask(table: Any, cond: Any, other: Any = np.nan) -> Any:
    return _chosen(table, cond, other, table)


def _chosen(table: Any, cond: Any, yes: Any, no: Any) -> Any:
    """One of two where a condition holds, both with the labels of the table, or numbers; nan is a gap."""
    for x in (cond, yes, no):
        same = type(x) is type(table) and len(x._labels) == table.ndim and all(map(agree, x._labels, table._labels))
        if not (same or (np.ndim(x) == 0 and x is not cond)):
            raise unsupported("where with these arguments")
    cond, yes, no = (x.to_numpy() if type(x) is type(table) else x for x in (cond, yes, no))
    gaps = table._gaps or any(isinstance(x, float) and x != x for x in (yes, no))
    return table._with(np.where(cond, yes, no), table._labels, gaps)


def _at_dimensions(by_label: bool) -> Callable[..., Any]:
    """``sel`` and ``isel`` of xarray's."""

    def call(table: Any, indexers: Any = None, **places: Any) -> Any:
        found, names = table, {**(indexers or {}), **places}
        for name, key in names.items():
            axes = [k for k, label in enumerate(found._labels) if label.name == name]
            if len(axes) != 1:
                raise unsupported(f"sel along {name!r}")
            found = (at_labels if by_label else _at_positions)(found, axes[0], key)
        return found

    return call


def _items(table: Any) -> Any:
    if table.ndim > 1:
        return [(key, at_labels(table, 1, key)) for key in index_of(table, 1)]
    return list(zip(index_of(table, 0), table._values, strict=True))


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda table, other: function(other, table)


def _filled(table: Any, value: Any) -> Any:
    if not table._gaps:
        return table
    if np.ndim(value):
        raise unsupported("fillna with several values")
    return table._with(np.where(np.isnan(table._values), value, table._values), table._labels)


METHODS: dict[str, Callable[..., Any]] = {
    "abs": _elementwise(np.abs), "clip": _elementwise(np.clip), "round": _elementwise(np.round),
    "exp": _elementwise(np.exp), "log": _elementwise(np.log), "sqrt": _elementwise(np.sqrt),
    "cumsum": _running(np.cumsum), "cumprod": _running(np.cumprod),
    "copy": lambda table, deep=True: table, "fillna": _filled, "items": _items,
    "where": _where, "mask": _mask, "sel": _at_dimensions(True), "isel": _at_dimensions(False),
    "to_list": list, "tolist": list,
    "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "div": operator.truediv, "truediv": operator.truediv, "pow": operator.pow,
    "radd": _reflected(operator.add), "rsub": _reflected(operator.sub), "rmul": _reflected(operator.mul),
    "rdiv": _reflected(operator.truediv), "rtruediv": _reflected(operator.truediv), "rpow": _reflected(operator.pow),
}  # fmt: skip


def behind_dot(table: Any, name: str) -> Any:
    """What is behind the dot of a column or table; UnsupportedError where it is not known."""
    if name in ("loc", "at", "iloc", "iat") and root_of(table._kind) == "pandas":
        return At(table, not name.startswith("i"))
    if name in ("index", "columns") and root_of(table._kind) != "xarray" and table.ndim > (name == "columns"):
        return index_of(table, 1 if name == "columns" else 0)
    if name == "keys":
        return lambda: index_of(table, table.ndim - 1)
    if name in METHODS and hasattr(table._kind, name):
        return lambda *args, **kwargs: METHODS[name](table, *args, **kwargs)
    if root_of(table._kind) == "pandas" and name in texts(table._labels[-1]):
        return at_labels(table, table.ndim - 1, name)
    if not hasattr(table._kind, name):
        raise MissingAttributeError(f"a {table._kind.__name__} has no attribute {name!r}")
    raise unsupported(name)


def check_goes_by_elements(table: Any, function: Callable[..., Any]) -> None:
    """Raises UnsupportedError for a function of NumPy's that may go by the columns of a table."""
    module = sys.modules.get(root_of(table._kind) or "")
    is_old = function in TOTALS and root_of(table._kind) == "pandas" and str(getattr(module, "__version__", "0")) < "3"
    if function in BY_COLUMN or is_old or module is None:
        raise unsupported(f"np.{function.__name__}")


def kind_for(kind: type, ndim: int) -> type:
    """The class of a part of a column or table with so many axes."""
    if root_of(kind) == "xarray" or library_of_table(kind) is None:
        return kind
    return getattr(module_of(kind), "Series" if ndim == 1 else "DataFrame", kind) if ndim < 3 else kind


# ------------------------------------------------------------------------------------------------------------ sums

SUMS = {"sum", "mean", "std", "var", "min", "max", "prod", "median"}
WITHOUT_GAPS: dict[Any, Any] = {
    np.sum: np.nansum, np.mean: np.nanmean, np.std: np.nanstd, np.var: np.nanvar, np.prod: np.nanprod,
    np.min: np.nanmin, np.max: np.nanmax, np.median: np.nanmedian,
}  # fmt: skip
BY_COLUMN = {np.cumsum, np.cumprod, np.take}  # functions of which tables answer another number than arrays
TOTALS = set(WITHOUT_GAPS)  # those that go by columns before pandas 3


def summed(table: Any, name: str, args: Any, kwargs: Any) -> Any:
    """A sum, or what takes its place, as the library of the table has it."""
    library = library_of_table(table._kind)
    assert library is not None
    if len(args) > 1 or set(kwargs) - {"axis", "dim", "ddof", "skipna"} or (args and {"axis", "dim"} & set(kwargs)):
        raise unsupported(f"{name} with these arguments")
    if root_of(table._kind) == "polars" and table.ndim > 1:
        raise unsupported(name)
    given = args[0] if args else kwargs.get("axis", kwargs.get("dim", library.axis))
    axes = _axes(table, name, given)
    more = {"ddof": kwargs.get("ddof", library.ddof)} if name in ("std", "var") else {}
    labels = tuple(label for k, label in enumerate(table._labels) if k not in axes)
    function = getattr(np, name)
    if table._gaps:
        function = WITHOUT_GAPS[function] if kwargs.get("skipna", True) else _refuse_gaps(name)
    return table._with(function(table._values, axis=axes[0] if len(axes) == 1 else axes, **more), labels)


def _refuse_gaps(name: str) -> Any:
    raise unsupported(f"{name} over missing values")


def _axes(table: Any, name: str, given: Any) -> tuple[int, ...]:
    names = [label.name if type(label) is Named else k for k, label in enumerate(table._labels)]
    if given is None:
        return tuple(range(table.ndim))
    if given == "index" and root_of(table._kind) == "pandas":
        given = 0
    if given == "columns" and table.ndim > 1 and root_of(table._kind) == "pandas":
        given = 1
    wanted = given if isinstance(given, (tuple, list)) else (given,)
    axes = tuple(names.index(k) if k in names else k for k in wanted)
    if not all(isinstance(k, int) and 0 <= k < table.ndim for k in axes):
        raise unsupported(f"{name} along axis {given!r}")
    return axes
