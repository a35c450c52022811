"""The functions that ask nobody what to return, and what stands for each of them in a function that is traced.

``np.zeros(n)`` has no argument to ask, so nothing in NumPy's protocols lets ``y = np.zeros(n); y[0] = x`` work; nor do
``math.exp``, ``max`` or ``scipy.linalg.solve`` ask. A traced function finds a `StandIn` under their names. It is the
original wherever nothing is traced: in other threads, in modules that are being imported, and afterwards.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import numpy as np

from symdiff.errors import SymdiffError
from symdiff.frontends.carried import pythons
from symdiff.frontends.tracing.attempts import are_constants_followed
from symdiff.frontends.tracing.flow.guards import check_floats, is_handled
from symdiff.frontends.tracing.following import is_following
from symdiff.frontends.tracing.holder import is_symbolic, unwrapped
from symdiff.frontends.tracing.hook import quietly
from symdiff.frontends.tracing.numpy_calls import PLAIN
from symdiff.frontends.tracing.of_scipy.table import FUNCTIONALS, composition
from symdiff.frontends.tracing.operators import by_python
from symdiff.frontends.tracing.remembered import made_by_python
from symdiff.frontends.tracing.scipy_calls import HOW, functions, loaded, meaning
from symdiff.frontends.tracing.sharing import Question, settle, shared
from symdiff.frontends.tracing.sizes import Size
from symdiff.frontends.tracing.symbol import Symbol, call_entry, call_function, on_numbers, wrapped
from symdiff.graph.node import Node, as_node
from symdiff.graph.op import OPS
from symdiff.ops import vocabulary as api
from symdiff.ops.table import BY_NUMPY, CREATORS, FUNCTIONS, Creator

Call = Callable[..., Any]


_PLAIN = frozenset({Symbol, Size, int, float, bool, type(None), np.float64, np.int64, slice})


class StandIn:
    """A function as a traced function sees it. It equals the original, and is pickled as the original."""

    __wrapped__: Call

    def __init__(self, original: Call, symbolic: Call) -> None:
        functools.update_wrapper(self, original, updated=())
        self.symbolic = symbolic

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not is_following():
            return self.__wrapped__(*args, **kwargs)
        calls_nobody = {*map(type, args), *map(type, kwargs.values())} <= _PLAIN
        return quietly(self.symbolic, args, kwargs) if calls_nobody else self.symbolic(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce__(self) -> Any:
        return itemgetter(0), ((self.__wrapped__,),)


# -------------------------------------------------------------------------------------------------- what makes arrays


def _creating(original: Call, creator: Creator) -> Call:
    def create(*args: Any, **kwargs: Any) -> Any:
        if creator.making == "as is" and args and type(args[0]) is np.ndarray:
            return _as_is(original, args, kwargs)
        if creator.making == "new":
            array = _new(creator.plain, args, kwargs)
        else:
            array = _as_array(original, creator, args, kwargs)
        if isinstance(array, Symbol):
            array = array.copy() if array.is_list else array
            array.was_made()
        return array

    return create


def _as_is(original: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An array of NumPy's own stays that, unless it is copied."""
    found = original(*args, **kwargs)
    return found if np.may_share_memory(found, args[0]) else on_numbers(lambda: found, (), {})


def _new(original: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not is_symbolic((args, kwargs)):
        return on_numbers(original, args, kwargs)
    given = {key: value for key, value in kwargs.items() if key not in _OF_MEMORY}
    array = call_function(original, args, given)
    settle(original, args, kwargs, array, len(given) < len(kwargs))
    return array


_OF_MEMORY = ("order", "subok", "like", "device")  # keywords that say nothing of values


def _as_array(original: Call, creator: Creator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    nodes: Call = _NODES.get(original, _array_of_nodes)
    question = Question(original.__name__, original, nodes)
    array = shared(question, args, kwargs)
    if array is not NotImplemented:
        return array
    if not is_symbolic((args, kwargs)):
        return on_numbers(creator.plain, args, kwargs)
    array = wrapped(nodes(*unwrapped(args), **unwrapped(kwargs)))
    settle(original, args, kwargs, array, "order" in kwargs or len(args) > 1)
    return array


_NODES: dict[Call, Call] = {np.copy: FUNCTIONS["copy"].call}  # whose second argument is no dtype


def _array_of_nodes(*args: Any, ndmin: int = 0, **kwargs: Any) -> Node:
    """What np.array (of `object`) and its relatives (of `a`) give; how it lies in memory is said elsewhere."""
    first, *others = args or [kwargs[name] for name in ("object", "a") if name in kwargs]
    dtype = others[0] if others else kwargs.get("dtype")
    array = api.asarray(first, dtype if isinstance(dtype, (type, str, np.dtype)) else None)
    return array if array.ndim >= ndmin else FUNCTIONS["expand_dims"].call(array, tuple(range(ndmin - array.ndim)))


# -------------------------------------------------------------------------------------- what is called with symbols


def _math(name: str) -> Call:
    """`math`'s function as the row that prints as it."""
    original = getattr(math, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if not is_symbolic((args, kwargs)):
            return original(*args, **kwargs)
        result = _BY_MATH[name](*map(unwrapped, args), **unwrapped(kwargs))
        found = result if name == "prod" else pythons(result)  # prod multiplies them, whatever they are
        made_by_python(found)
        return wrapped(found)

    return call


def _isclose(a: Any, b: Any, *, rel_tol: Any = 1e-9, abs_tol: Any = 0.0) -> Any:
    """Of `math`, which is symmetric in a and b, as that of NumPy is not."""
    largest = OPS["maximum"](OPS["absolute"](a), OPS["absolute"](b))
    near = OPS["absolute"](a - b) <= OPS["maximum"](rel_tol * largest, abs_tol)
    return OPS["logical_or"](OPS["equal"](a, b), OPS["logical_and"](near, OPS["isfinite"](largest)))


def _prod(items: Any, *, start: Any = 1) -> Any:
    """Of `math`, which multiplies one after the other, so that each number keeps its own dtype."""
    if type(items) in (list, tuple):
        return functools.reduce(OPS["multiply"], items, start)
    return OPS["multiply"](start, FUNCTIONS["prod"].call(items))


_BY_MATH: dict[str, Call] = {
    name: op for op in OPS.values() if isinstance(name := op.notation.spell.get("math"), str) and hasattr(math, name)
} | {
    "log": lambda x, base=None: OPS["log"](x) if base is None else OPS["log"](x) / OPS["log"](base),
    "pow": OPS["power"], "fabs": OPS["absolute"], "fsum": FUNCTIONS["sum"].call, "prod": _prod,
    "hypot": lambda *xs: FUNCTIONS["norm"].call(api.asarray(list(xs))) if len(xs) != 2 else OPS["hypot"](*xs),
    "dist": lambda p, q: FUNCTIONS["norm"].call(api.asarray(p) - api.asarray(q)), "lgamma": OPS["gammaln"],
    "isclose": _isclose, "ldexp": lambda x, i: x * OPS["power"](2.0, i),
}  # fmt: skip


def _extreme(original: Call, ufunc: np.ufunc, row: str) -> Call:
    """Python's ``max`` and ``min``, which would ask for the truth of a comparison.

    A number that is known, and no nan, is passed over as NumPy does it: that is the same, and the usual spelling.
    """

    def better(best: Any, x: Any) -> Any:
        is_plain = all(isinstance(v, (Symbol, int, float)) for v in (best, x))  # else lengths, or lists
        old, new = (as_node(v) if is_plain else api.asarray(unwrapped(v)) for v in (best, x))
        known = new.literal is not None and bool(np.all(new.literal.value == new.literal.value))
        return by_python(ufunc, best, x) if known or old.shape or new.shape else wrapped(OPS[row](old, new))

    def choose(*args: Any, **kwargs: Any) -> Any:
        items = args if len(args) != 1 else list(args[0])
        if kwargs or any(type(x) in (list, tuple) for x in items) or not is_symbolic(list(items)):
            return original(*(args if len(args) != 1 else [items]), **kwargs)
        return functools.reduce(better, items)

    return choose


def _of_list(original: Call) -> Call:
    """A function of NumPy's that is handed a list of symbolic values: it would ask the list what to do, not them."""

    def call(*args: Any, **kwargs: Any) -> Any:
        lists = [a for a in (*args, *kwargs.values()) if type(a) is list or isinstance(a, tuple)]
        if lists and is_symbolic(lists):
            return call_function(original, args, kwargs)
        if are_constants_followed() and not is_symbolic((args, kwargs)):
            return on_numbers(original, args, kwargs)
        return original(*args, **kwargs)

    return call


def _handing_on(original: Call) -> Call:
    """A function that calls one of the user's, which may compute with symbolic values that it is not handed."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)) or not any(map(inspect.isroutine, (*args, *kwargs.values()))):
            return original(*args, **kwargs)
        try:
            return on_numbers(original, args, kwargs) if are_constants_followed() else original(*args, **kwargs)
        except SymdiffError:
            return call_entry(original.__name__, args, kwargs, source=original)

    return call


def _scipy(path: str, original: Call) -> Call:
    composed = composition(path)

    def call(*args: Any, **kwargs: Any) -> Any:
        if composed is not None and path in FUNCTIONALS:
            return composed(original, *args, **kwargs)
        if not is_symbolic((args, kwargs)):
            return on_numbers(original, args, kwargs)
        if composed is not None:
            return composed(*args, **{key: value for key, value in kwargs.items() if key not in HOW})
        name, given = meaning(path, kwargs)
        return call_entry(name, args, given)

    return call


# ------------------------------------------------------------------------------------------------------------ tables


def _telling(original: Call) -> Call:
    """``np.errstate`` and ``np.seterr``, which say what NumPy does where it finds nan and inf."""

    def told(*args: Any, **kwargs: Any) -> Any:
        check_floats([*args, *kwargs.values()], is_handled)
        return original(*args, **kwargs)

    return told


def _table() -> dict[Any, StandIn]:
    asking = [fn for fn in BY_NUMPY if not isinstance(fn, (np.ufunc, type)) and fn not in PLAIN]
    symbolic: dict[Any, Call] = {fn: _of_list(fn) for fn in asking}
    symbolic[np.apply_along_axis] = _handing_on(np.apply_along_axis)
    symbolic |= {fn: _creating(fn, creator) for fn, creator in CREATORS.items()}
    symbolic |= {getattr(math, name): _math(name) for name in _BY_MATH}
    symbolic |= {fn: _telling(fn) for fn in (np.errstate, np.seterr)}
    symbolic |= {max: _extreme(max, np.maximum, "first_max"), min: _extreme(min, np.minimum, "first_min")}
    return {fn: StandIn(fn, call) for fn, call in symbolic.items()}


def _by_identity(stand_ins: Iterable[StandIn]) -> dict[int, StandIn]:
    """So that looking for one asks nothing of the user's objects, not even their hash."""
    return {id(stand_in.__wrapped__): stand_in for stand_in in stand_ins}


STAND_INS = _by_identity(_table().values())
BUILTINS = {fn.__name__: STAND_INS[id(fn)] for fn in (max, min)}  # by the names that a function finds them under


@functools.cache
def _of_scipy(module: str) -> dict[int, StandIn]:
    """The functions of a loaded module of SciPy."""
    return _by_identity(StandIn(fn, _scipy(path, fn)) for fn, path in functions(module).items())


def stand_in_for(function: Any) -> StandIn | None:
    """What stands for `function`; None if it may stay."""
    key = id(function)
    found = STAND_INS.get(key)
    if found is None:
        found = next((table[key] for path, _ in loaded() if key in (table := _of_scipy(path))), None)
    return found
