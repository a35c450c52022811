"""Executes text that symdiff printed, and nothing else, with no more built-ins than it uses.

The text is put into `linecache`, so that tracebacks and `inspect.getsource` show it.
"""

from __future__ import annotations

import builtins
import importlib
import itertools
import linecache
import weakref
import zlib
from types import FunctionType
from typing import Any

from symdiff.errors import MissingDependencyError

_serial = itertools.count(1)  # each function has its own entry in linecache, which goes when it goes
MODULES = (
    "numpy", "math", "builtins", "scipy.special", "scipy.linalg", "scipy.sparse", "dask.array", "jax", "jax.numpy",
    "jax.scipy.special",
)  # fmt: skip
ERRORS = tuple(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception))
BUILTINS = (
    *ERRORS,
    "abs", "bool", "complex", "enumerate", "float", "len", "map", "max", "min", "range", "reversed",
    "round", "slice", "zip",
)  # fmt: skip


def load(text: str, name: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """The namespace that results from executing `text`.

    Raises:
        MissingDependencyError: if SciPy is needed and not installed.
    """
    filename = f"<symdiff {name} {zlib.crc32(text.encode()):08x} {next(_serial)}>"
    allowed = {key: getattr(builtins, key) for key in BUILTINS}
    namespace: dict[str, Any] = {
        "__builtins__": {**allowed, "__import__": _import},
        "__name__": filename,
        **(extra or {}),
    }
    exec(compile(text, filename, "exec"), namespace)  # noqa: S102 (printed by us, from a graph)
    for value in namespace.values():
        if isinstance(value, FunctionType) and value.__code__.co_filename == filename:  # the text goes when it goes
            weakref.finalize(value, linecache.cache.pop, filename, None)
            break
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return namespace


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    if name not in MODULES and not name.startswith("numpy."):  # which NumPy itself imports when it is first used
        raise ImportError(f"generated code imports {', '.join(MODULES)} only, not {name}")
    try:
        module = importlib.import_module(name)
        return module if fromlist else importlib.import_module(name.partition(".")[0])
    except ImportError:
        raise MissingDependencyError(
            f"{name} is not installed, and the program needs it",
            help="pip install 'symdiff-compiler[special]'",
        ) from None
