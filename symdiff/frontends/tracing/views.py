"""What a traced function sees in place of NumPy, `math` and SciPy: modules whose functions are stand-ins.

A view shares everything with its module and holds nothing itself: other threads, and everybody after the trace, find
the module's own functions through it.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from symdiff.frontends.tables import is_table
from symdiff.frontends.tracing.attempts import are_constants_followed
from symdiff.frontends.tracing.compiled import compiled
from symdiff.frontends.tracing.distributions import MODULE as STATS, Seen, is_distribution
from symdiff.frontends.tracing.following import is_following
from symdiff.frontends.tracing.holder import is_symbolic
from symdiff.frontends.tracing.known import Drawing, Indexed, known_stand_in
from symdiff.frontends.tracing.labelled import Labelled
from symdiff.frontends.tracing.libraries import is_library_module
from symdiff.frontends.tracing.of_scipy.seen import INTERPOLATE, Interpolant, of_interpolation
from symdiff.frontends.tracing.scipy_calls import MODULES, OTHERS
from symdiff.frontends.tracing.sparse import Sparse, is_sparse, maker
from symdiff.frontends.tracing.stand_ins import StandIn, stand_in_for
from symdiff.frontends.tracing.symbol import captured
from symdiff.frontends.tracing.vectorize import call_vectorized

SPARSE = ("scipy.sparse", "scipy.sparse.linalg")
NUMPY = ("numpy", "numpy.linalg", "numpy.fft", "numpy.random")
PARENTS = tuple({path.rpartition(".")[0] for path in OTHERS} - {"scipy"})
VIEWED = (*NUMPY, "math", "builtins", "importlib", "scipy", STATS, *MODULES, *OTHERS, *PARENTS, *SPARSE, INTERPOLATE)
ROOTS = frozenset(name.partition(".")[0] for name in VIEWED)


class ModuleView(ModuleType):
    """A module as a traced function sees it. It equals the module, and is pickled as the module."""

    __slots__ = ("__wrapped__",)
    __wrapped__: ModuleType

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        super().__dict__.clear()  # so that every attribute is looked up in the module
        object.__setattr__(self, "__wrapped__", module)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return self.__wrapped__.__dict__

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        return as_seen(value) if is_following() else value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__wrapped__, name)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __dir__(self) -> list[str]:
        return dir(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce__(self) -> Any:
        return importlib.import_module, (self.__wrapped__.__name__,)


@functools.lru_cache(maxsize=64)
def view_of(module: ModuleType) -> ModuleType:
    """The view of a module that has one, else the module itself."""
    name = module.__name__
    return ModuleView(module) if name in VIEWED and sys.modules.get(name) is module else module


class Vectorized(np.vectorize):
    """``np.vectorize`` as a traced function sees it: the Python function is called with symbolic elements."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_following() and is_symbolic((args, kwargs)):
            return call_vectorized(self, args, kwargs)
        return super().__call__(*args, **kwargs)

    def __reduce__(self) -> Any:
        return np.vectorize, (self.pyfunc,), vars(self)


def as_seen(value: Any) -> Any:
    """`value` as a traced function sees it: most values as they are."""
    kind = type(value)
    if kind is ModuleType:
        return view_of(value)
    if kind is functools.partial:
        seen = as_seen(value.func)
        return value if seen is value.func else functools.partial(seen, *value.args, **value.keywords)
    if kind is np.vectorize:
        seen = Vectorized.__new__(Vectorized)
        vars(seen).update(vars(value))
        return seen
    if value is np.vectorize:
        return Vectorized
    if value is _import_module:
        return IMPORT_MODULE
    if is_table(value):
        return Labelled(value)
    if is_distribution(value):
        return Seen(value)
    if _is_of_polynomials(value):
        return importlib.import_module(f"{__package__}.of_scipy.series").seen_series(value)
    if _is_of_rotations(value):
        return importlib.import_module(f"{__package__}.of_scipy.rotations").seen(value)
    stand_in: Any = stand_in_for(value) or _of_sparse(value) or of_interpolation(value) or compiled(value)
    if stand_in is None and are_constants_followed():
        stand_in = _seen_known(value)
    return value if stand_in is None else stand_in


def _is_of_polynomials(value: Any) -> bool:
    """Whether it is a series of numpy.polynomial, or a class of them."""
    kind = value if isinstance(value, type) else type(value)
    return str(kind.__module__).startswith("numpy.polynomial.") and "numpy.polynomial" in sys.modules


def _is_of_rotations(value: Any) -> bool:
    """Whether it is a rotation of SciPy's, or their class."""
    kind = getattr(sys.modules.get("scipy.spatial.transform"), "Rotation", None)
    return kind is not None and (value is kind or isinstance(value, kind))


def _of_sparse(value: Any) -> Any:
    """What stands for a sparse matrix of SciPy's, or for what makes them; None for other values."""
    if "scipy.sparse" not in sys.modules:
        return None
    return Sparse(value) if is_sparse(value) else maker(value)


def is_plain_array(value: Any) -> bool:
    """Whether it is an array of numbers, and of no subclass."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def _seen_known(value: Any) -> Any:
    """What is known, where constants are followed: arrays as symbolic ones; None if it may stay."""
    if is_plain_array(value):
        return captured(value)
    if isinstance(value, tuple):
        items = [as_seen(item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return None if same else getattr(type(value), "_make", tuple)(items)
    return known_stand_in(value)


def as_it_is(value: Any) -> Any:
    """What a stand-in or a view stands for; other values as they are."""
    return value.__wrapped__ if issubclass(type(value), _SEEN) else value


_SEEN = (StandIn, ModuleView, Indexed, Drawing, Sparse, Labelled, Seen, Interpolant)


# ------------------------------------------------------------------------------------ imports in a function's body


_import_module = importlib.import_module
IMPORT_MODULE = StandIn(_import_module, lambda name, package=None: as_seen(_import_module(name, package)))


def importer(original: Callable[..., Any]) -> StandIn:
    """``__import__`` for functions that are traced: ``import numpy as np`` in the body of one gives it the view."""

    def imported(name: str, globals: Any = None, *args: Any, **kwargs: Any) -> Any:
        module = original(name, globals, *args, **kwargs)
        return module if globals is None or is_library_module(globals) else as_seen(module)

    return StandIn(original, imported)
