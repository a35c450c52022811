"""Arrays that are not NumPy's: a Function given some runs its text on them, or says whose they are and why it does not.

Which library it is, the classes of the arguments say; its name is that of the target whose text runs. Nothing is made
NumPy's array behind the user's back: neither the arguments nor the results.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.tree import put_together, take_apart

_OURS = frozenset({float, int, bool, complex, np.ndarray, np.float64, np.float32, list, tuple})
MODULES = {"dask": ("dask", "dask.array", "dask.array"), "jax": ("jax", "jax.numpy", "jax")}  # where the class Array is
MODULES["jaxlib"] = MODULES["jax"]
REFUSED = ("torch", "tensorflow", "cupy", "mlx")  # whose functions are called otherwise, or that were never tried


@dataclass(frozen=True)
class Elsewhere:
    """An argument that is an array of another library, by its type as NumPy has it."""

    value: Any
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Its lengths."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return len(self.value.shape)

    def astype(self, dtype: np.dtype[Any]) -> Elsewhere:
        """The same with numbers of another kind."""
        if dtype == self.dtype:
            return self
        if hasattr(self.value, "astype"):
            return Elsewhere(self.value.astype(dtype), dtype)
        namespace = self.value.__array_namespace__()
        return Elsewhere(namespace.astype(self.value, getattr(namespace, dtype.name)), dtype)


@dataclass(frozen=True)
class Library:
    """Where arrays come from.

    Attributes:
        name: in messages.
        target: what text runs on them.
        asarray: makes one of its arrays.
        kind: the classes of its arrays.
    """

    name: str
    target: str
    asarray: Callable[[Any], Any]
    kind: tuple[type, ...]

    def seen(self, name: str, value: Any) -> Any:
        """The argument called `name` by its type, if it is one of these arrays; else as it is.

        Raises:
            DTypeError: for a type that NumPy has not.
            ShapeError: for an array that does not know how long it is.
        """
        if not isinstance(value, self.kind):
            return value
        array: Any = value
        if any(n is None or n != n for n in array.shape):
            raise ShapeError(f"argument {name!r} has axes of unknown length", help=f"{name}.compute_chunk_sizes()")
        try:
            return Elsewhere(array, np.dtype(str(array.dtype).rpartition(".")[2]))
        except TypeError:
            raise DTypeError(f"argument {name!r} has dtype {array.dtype}") from None

    def taken(self, value: Any) -> Any:
        """An argument as an array of this library, a number too.

        Raises:
            DTypeError: if the library has no such numbers, and would take narrower ones.
        """
        if isinstance(value, self.kind):
            return value
        made, dtype = self.asarray(value), np.asarray(value).dtype
        if dtype.name not in str(made.dtype):
            raise DTypeError(f"{self.name} makes {made.dtype} of {dtype}", help=_WIDER.get(self.name))
        return made

    def given(self, value: Any, args: Sequence[Any] = ()) -> Any:
        """A result: what needs no argument comes as NumPy's; an argument is no result, but a copy is."""
        parts = take_apart(value)
        if parts is not None:
            return put_together(parts[0], parts[1], [self.given(part, args) for part in parts[2]])
        if any(value is a for a in args):
            return value.copy() if hasattr(value, "copy") else value
        return value if isinstance(value, self.kind) or value is None else self.asarray(value)

    def running(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """What runs on its arrays, and gives nothing else."""

        def call(*args: Any) -> Any:
            try:
                taken = [self.taken(a) for a in args]
                return self.given(run(*taken), taken)
            except NotImplementedError as error:
                raise UnsupportedError(f"arrays of {self.name}: {error}", help=_NUMPY) from error

        return call


_WIDER = {"jax": 'jax.config.update("jax_enable_x64", True), or give float32'}
_NUMPY = "give arrays of NumPy's, np.asarray(x), if they fit into memory"


def library_of(values: Sequence[Any]) -> Library | None:
    """The library of the arrays among arguments that are not NumPy's; None if all are.

    Raises:
        UnsupportedError: for arrays that no text of ours runs on, and for those of two libraries.
    """
    kinds = dict.fromkeys(map(type, values))
    if _OURS.issuperset(kinds):
        return None
    found = {library.name: library for value in values if (library := _library(value)) is not None}
    if len(found) > 1:
        raise UnsupportedError(f"the arguments are arrays of {' and of '.join(found)}", help="make them of one kind")
    return next(iter(found.values()), None)


def named_library(target: str | None) -> Library | None:
    """The library whose text a program is printed for by its own wish, for NumPy's arrays."""
    return _of_module(*MODULES[target]) if target is not None and target in MODULES else None


def _library(value: Any) -> Library | None:
    kind = type(value)
    if kind in _OURS or isinstance(value, (np.ndarray, np.generic)) or not hasattr(value, "shape"):
        return None
    root = kind.__module__.partition(".")[0]
    if root in REFUSED:
        raise UnsupportedError(f"no program runs on arrays of {root}", help=_NUMPY)
    if kind.__module__.startswith("dask.") and not kind.__module__.startswith("dask.array"):
        return None  # tables, which are read by their labels
    if root in MODULES:
        return _of_module(*MODULES[root])
    if (namespace := getattr(value, "__array_namespace__", None)) is None:
        return None
    return Library(root, "array_api", namespace().asarray, (kind,))


def _of_module(name: str, functions: str, classes: str) -> Library:
    kind: type = importlib.import_module(classes).Array
    return Library(name, name, importlib.import_module(functions).asarray, (kind,))
