"""Whose code it is: the user's, which is followed while it is traced, or a library's, which runs as it is."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os.path
import threading
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

LIBRARIES = (
    "numpy", "scipy", "symdiff", "sympy", "pandas", "polars", "xarray", "pyarrow", "sklearn", "matplotlib", "importlib",
    "_frozen_importlib",
)  # fmt: skip

ELSEWHERE = ("dask", "jax", "jaxlib", "torch", "cupy", "tensorflow", "mlx")  # whose arrays take no symbolic values

_INSTALLED = {f"-packages{os.sep}{name}{os.sep}": name for name in LIBRARIES}
_ELSEWHERE = tuple(f"-packages{os.sep}{name}{os.sep}" for name in ELSEWHERE)
_STANDARD_LIBRARY = os.path.dirname(threading.__file__)
_OURS = os.path.join(os.path.realpath(__file__).rpartition(f"{os.sep}frontends{os.sep}")[0], "")
_NUMPY = os.path.join(os.path.dirname(os.path.realpath(np.__file__)), "")


def is_library_module(namespace: dict[str, Any]) -> bool:
    """Whether functions with these globals are a library's: what they call is not traced."""
    file = str(namespace.get("__file__"))
    standard = file.startswith(_STANDARD_LIBRARY) and "-packages" not in file
    return standard or str(namespace.get("__name__")).partition(".")[0] in LIBRARIES


def is_library_object(value: Any) -> bool:
    """Whether an object, or a module, is a library's."""
    if isinstance(value, ModuleType):
        return is_library_module(vars(value))
    return str(type(value).__module__).partition(".")[0] in LIBRARIES


@functools.lru_cache(maxsize=1024)
def is_library_file(filename: str) -> bool:
    """Whether a line of this file is one of ours, NumPy's or the like, which an error or a comment should not name."""
    standard = (inspect.__file__, contextlib.__file__)
    return filename.startswith((_OURS, _NUMPY)) or filename in standard or any(x in filename for x in _ELSEWHERE)


def library_around(filename: str) -> str | None:
    """The library that a file is of, whose lines say nothing to a user; None if it may be the user's."""
    return "symdiff" if is_library_file(filename) else next((n for at, n in _INSTALLED.items() if at in filename), None)


def arrays_elsewhere(function: Callable[..., Any]) -> dict[str, str]:
    """The arrays of other libraries that a function reads beside its arguments, by name, and whose they are."""
    own = inspect.unwrap(function)
    if not isinstance(own, FunctionType):
        return {}
    outside = inspect.getclosurevars(own)
    read = {**outside.globals, **outside.nonlocals}
    roots = {name: type(value).__module__.partition(".")[0] for name, value in read.items() if hasattr(value, "shape")}
    return {name: root.removesuffix("lib") for name, root in roots.items() if root in ELSEWHERE}
