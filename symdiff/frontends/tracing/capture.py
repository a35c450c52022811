"""While a function is traced: arrays that it makes can take symbolic values; math, max and SciPy understand them.

``np.zeros(n)`` asks nobody what it should return, so nothing in NumPy's protocols lets ``y = np.zeros(n); y[0] = x``
work; nor does ``scipy.linalg.solve`` ask. During a trace such functions are therefore replaced, in the modules that
they belong to and in the globals of the functions that are called, by ones that return symbolic arrays. The
replacements do nothing of the kind when they are called from another thread or from a library, and they go when the
trace ends.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from symdiff.frontends.tracing.holder import is_symbolic, unwrapped
from symdiff.frontends.tracing.numpy_calls import PLAIN
from symdiff.frontends.tracing.patches import Patches, patching
from symdiff.frontends.tracing.scipy_calls import functions, loaded, meaning
from symdiff.frontends.tracing.symbol import Symbol, call_entry, call_function, on_numbers, wrapped
from symdiff.frontends.tracing.vectorize import call_vectorized
from symdiff.graph.op import OPS
from symdiff.ops import vocabulary as api
from symdiff.ops.table import BY_NUMPY, FUNCTIONS

LIBRARIES = ("numpy", "scipy", "symdiff", "sympy", "pandas", "sklearn", "matplotlib", "importlib", "_frozen_importlib")
CONVERTERS = ("scipy._lib._array_api",)  # makes arrays, for others of SciPy's functions, of what speaks the array API

_CREATE = (
    np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.arange, np.linspace, np.array, np.asarray,
    np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
    np.copy, np.tri, np.logspace, np.geomspace, np.fromiter,
)  # fmt: skip
_JOIN = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.copy)
_AS_IS = (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
_SAME_AS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.empty: np.zeros,
    np.empty_like: np.zeros_like,
}  # what is there before anything is written

_NUMPY = ModuleType("numpy")  # as it is when nothing is replaced
_NUMPY.__dict__.update(vars(np))

_active = threading.local()
_STANDARD_LIBRARY = str(Path(threading.__file__).parent)


@functools.lru_cache(maxsize=8)
def _compiled_modules(count: int) -> tuple[dict[str, Any], ...]:
    """The namespaces of modules in C that call NumPy by name, such as numpy.random's; `count` modules are loaded.

    Their functions have no frame that says who calls.
    """
    spaces = [vars(module) for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    return tuple(s for s in spaces if s.get("np") is np and str(s.get("__file__")).endswith((".so", ".pyd")))


def _replaces(original: Callable[..., Any], symbolic: Callable[..., Any]) -> Callable[..., Any]:
    """`original`, but `symbolic` where a traced function calls it."""

    @functools.wraps(original, updated=())
    def replacement(*args: Any, **kwargs: Any) -> Any:
        if getattr(_active, "depth", 0):
            caller = sys._getframe(1).f_globals.get("__name__") or ""
            if caller.partition(".")[0] not in LIBRARIES or caller in CONVERTERS:
                return symbolic(*args, **kwargs)
        return original(*args, **kwargs)

    return replacement


def _creating(original: Callable[..., Any]) -> Callable[..., Any]:
    plain: Callable[..., Any] = _SAME_AS.get(original, original)

    def create(*args: Any, **kwargs: Any) -> Any:
        if original in _AS_IS and args and not kwargs and type(args[0]) in (np.ndarray, Symbol):
            return args[0]
        if not is_symbolic((args, kwargs)):
            return on_numbers(plain, args, kwargs)
        if plain in _JOIN:
            return _as_array(original, *args, **kwargs)
        return call_function(plain, args, kwargs)

    return create


def _as_array(
    original: Any, a: Any, dtype: Any = None, *args: Any, copy: Any = True, ndmin: int = 0, **kwargs: Any
) -> Any:
    if type(a) is Symbol and dtype in (None, a.dtype) and (original in _AS_IS or copy is not True):
        return a
    array = wrapped(api.asarray(unwrapped(a), None if dtype is None else dtype))
    while array.ndim < ndmin:
        array = array[None]
    return array


def _math(name: str) -> Callable[..., Any]:
    """`math`'s function as the row that prints as it."""
    original = getattr(math, name)

    def call(*args: Any) -> Any:
        if not is_symbolic(args):
            return original(*args)
        return wrapped(_BY_MATH[name](*map(unwrapped, args)))

    return call


_BY_MATH: dict[str, Callable[..., Any]] = {
    name: op for op in OPS.values() if isinstance(name := op.notation.spell.get("math"), str) and hasattr(math, name)
} | {
    "log": lambda x, base=None: OPS["log"](x) if base is None else OPS["log"](x) / OPS["log"](base),
    "pow": OPS["power"], "fabs": OPS["absolute"], "fsum": FUNCTIONS["sum"].call, "prod": FUNCTIONS["prod"].call,
    "hypot": lambda *xs: FUNCTIONS["norm"].call(api.asarray(list(xs))) if len(xs) != 2 else OPS["hypot"](*xs),
    "dist": lambda p, q: FUNCTIONS["norm"].call(api.asarray(p) - api.asarray(q)), "lgamma": OPS["gammaln"],
}  # fmt: skip


def _extreme(original: Callable[..., Any], ufunc: np.ufunc) -> Callable[..., Any]:
    """Python's ``max`` and ``min``, which would ask for the truth of a comparison."""

    def choose(*args: Any, **kwargs: Any) -> Any:
        items = args if len(args) != 1 else list(args[0])
        if kwargs or not is_symbolic(list(items)):
            return original(*args, **kwargs)
        return functools.reduce(ufunc, items)

    return choose


def _of_list(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that is handed a list of symbolic values: it would ask the list what to do, not them."""

    def call(*args: Any, **kwargs: Any) -> Any:
        lists = [a for a in (*args, *kwargs.values()) if type(a) in (list, tuple)]
        return call_function(original, args, kwargs) if lists and is_symbolic(lists) else original(*args, **kwargs)

    return call


def _replacements() -> dict[Any, Callable[..., Any]]:
    named = [fn for fn in BY_NUMPY if not isinstance(fn, (np.ufunc, type)) and fn not in PLAIN]
    table: dict[Any, Callable[..., Any]] = {fn: _replaces(fn, _of_list(fn)) for fn in named}
    table |= {fn: _replaces(fn, _creating(fn)) for fn in _CREATE}
    table |= {getattr(math, name): _replaces(getattr(math, name), _math(name)) for name in _BY_MATH}
    table[max] = _replaces(max, _extreme(max, np.maximum))
    table[min] = _replaces(min, _extreme(min, np.minimum))
    return table | {replacement: replacement for replacement in table.values()}  # another thread's


_TABLE = _replacements()


@functools.cache
def _symbolic(module: str) -> dict[Any, Callable[..., Any]]:
    """The functions of a module of SciPy, as they are on symbolic values."""
    return {
        fn: functools.update_wrapper(functools.partial(_scipy, path, fn), fn) for fn, path in functions(module).items()
    }


@functools.cache
def _of_scipy(module: str) -> dict[Any, Callable[..., Any]]:
    table = {fn: _replaces(fn, symbolic) for fn, symbolic in _symbolic(module).items()}
    return table | {replacement: replacement for replacement in table.values()}


def _scipy(path: str, original: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    if not is_symbolic((args, kwargs)):
        return on_numbers(original, args, kwargs)
    name, given = meaning(path, kwargs)
    return call_entry(name, args, given)


_VECTORIZED = np.vectorize.__call__


def _vectorized(self: Any, *args: Any, **kwargs: Any) -> Any:
    return call_vectorized(self, args, kwargs) if is_symbolic((args, kwargs)) else _VECTORIZED(self, *args, **kwargs)


class _Capture:
    """What one trace has replaced."""

    def __init__(self, patches: Patches) -> None:
        self.patches = patches
        self.table = dict(_TABLE)
        for path, _ in loaded():
            self.table |= _of_scipy(path)
        self.seen: set[int] = set()

    def meaning(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What is traced in place of `function`: another one if it is SciPy's own."""
        if self._replacement(function) is None:
            return function
        return next(
            (table[function] for table in (_symbolic(path) for path, _ in loaded()) if function in table), function
        )

    def modules(self) -> None:
        """Replaces in NumPy, math and SciPy."""
        importlib.import_module("numpy.random")  # NumPy loads it when it is first used: modules in C, see below
        self.patches.hold([(np.vectorize, "__call__", _vectorized)])
        self.patches.hold([(space, "np", _NUMPY) for space in _compiled_modules(len(sys.modules))])
        for module in (np, np.linalg, math, *(module for _, module in loaded())):
            self.patches.hold(self._inside(vars(module)))

    def closure(self, function: Callable[..., Any]) -> None:
        """Replaces in what a function holds of the functions around it, and in what these functions hold."""
        waiting, known = [function], {id(function)}
        while waiting:
            for cell in getattr(waiting.pop(), "__closure__", None) or ():
                try:
                    value = cell.cell_contents
                except ValueError:  # nothing in it yet
                    continue
                if (replacement := self._replacement(value)) is not None:
                    self.patches.hold([(cell, "cell_contents", replacement)])
                elif isinstance(value, FunctionType) and id(value) not in known:
                    known.add(id(value))
                    waiting.append(value)

    def entered(self, namespace: dict[str, Any]) -> None:
        """Replaces in the globals of a function that is about to run, unless it is a library's."""
        if id(namespace) in self.seen:
            return
        self.seen.add(id(namespace))
        if _is_library(namespace):
            return
        self.patches.hold(self._inside(namespace))
        self.patches.hold(
            (namespace, name, _TABLE[getattr(builtins, name)]) for name in ("max", "min") if name not in namespace
        )

    def _inside(self, namespace: dict[str, Any]) -> list[tuple[Any, str, Any]]:
        found = ((name, self._replacement(value)) for name, value in list(namespace.items()))
        return [(namespace, name, replacement) for name, replacement in found if replacement is not None]

    def _replacement(self, value: Any) -> Any:
        try:
            return self.table.get(value)
        except TypeError:  # not hashable
            return None


def _is_library(namespace: dict[str, Any]) -> bool:
    file = str(namespace.get("__file__"))
    standard = file.startswith(_STANDARD_LIBRARY) and "-packages" not in file
    return standard or str(namespace.get("__name__")).partition(".")[0] in LIBRARIES


@contextmanager
def capturing(function: Callable[..., Any]) -> Iterator[_Capture]:
    """Within it, `function` and what it calls can be traced.

    The result wants to be told of the globals of each function that is called, by `entered`.
    """
    _active.depth = getattr(_active, "depth", 0) + 1
    try:
        with patching() as patches:
            capture = _Capture(patches)
            capture.modules()
            capture.closure(function)
            yield capture
    finally:
        _active.depth -= 1
