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
from types import FunctionType, ModuleType
from typing import Any

from symdiff.errors import MissingDependencyError

_serial = itertools.count(1)  # each function has its own entry in linecache, which goes when it goes
MODULES = (
    "numpy", "math", "builtins", "scipy.special", "scipy.linalg", "scipy.sparse", "dask.array", "jax", "jax.numpy",
    "jax.scipy.special", "jax.lax", "numba",
)  # fmt: skip
INNER = ("numpy.", "numba.", "scipy.")
ERRORS = tuple(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception))
BUILTINS = (
    *ERRORS,
    "abs", "bool", "complex", "enumerate", "float", "len", "map", "max", "min", "range", "reversed",
    "round", "slice", "tuple", "zip",
)  # fmt: skip


def load(text: str, name: str, extra: dict[str, Any] | None = None, module: ModuleType | None = None) -> dict[str, Any]:
    """The namespace that results from executing `text`: that of `module`, which is from a file, if there is one.

    Raises:
        MissingDependencyError: if a library is needed and not installed.
    """
    filename = (
        f"<symdiff {name} {zlib.crc32(text.encode()):08x} {next(_serial)}>" if module is None else module.__file__
    )
    assert filename is not None
    allowed = {key: getattr(builtins, key) for key in BUILTINS}
    namespace: dict[str, Any] = {"__name__": filename} if module is None else vars(module)
    namespace |= {"__builtins__": {**allowed, "__import__": _import}, **(extra or {})}
    exec(compile(text, filename, "exec"), namespace)  # noqa: S102 (printed by us, from a graph)
    if module is not None:
        return namespace
    for value in namespace.values():
        if isinstance(value, FunctionType) and value.__code__.co_filename == filename:  # the text goes when it goes
            weakref.finalize(value, linecache.cache.pop, filename, None)
            break
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return namespace


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    if name not in MODULES and not name.startswith(
        ("numpy.", "numba.", "scipy.")
    ):  # which these import when they are first used
        raise ImportError(f"generated code imports {', '.join(MODULES)} only, not {name}")
    try:
        module = importlib.import_module(name)
        return module if fromlist else importlib.import_module(name.partition(".")[0])
    except ImportError:
        package = name.partition(".")[0]
        extra = "special" if package == "scipy" else package
        raise MissingDependencyError(
            f"{name} is not installed, and the program needs it",
            help=f"pip install 'symdiff-compiler[{extra}]'",
            code="SD701",
        ) from None
