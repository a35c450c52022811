"""Symbolic arrays: what a traced function computes with instead of NumPy's.

A `Symbol` speaks NumPy's protocols, and Python's: operators, indexing, iteration, assignment. It is not a node: nodes
compare by identity and never change, symbols compare by value (``x == 0`` builds a node) and can be written into. An
array that the traced function makes itself holds numbers until something symbolic is written into it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, MissingAttributeError, ShapeError, UnsupportedError
from symdiff.frontends.carried import fitted
from symdiff.frontends.symbolic import as_symbolic
from symdiff.frontends.tracing.attempts import are_constants_followed, met_numbers, written_outside
from symdiff.frontends.tracing.attributes import Attributes
from symdiff.frontends.tracing.following import is_following
from symdiff.frontends.tracing.holder import (
    Holder,
    decides_itself,
    is_symbolic,
    numbers_in,
    overlapping,
    static_index,
    unwrapped,
)
from symdiff.frontends.tracing.hook import quietly, unwatched
from symdiff.frontends.tracing.keywords import as_numpy_takes_them, misfit, overwritten, said, takes_many
from symdiff.frontends.tracing.numpy_calls import IN_PLACE, PLAIN, at, entry_for, in_order
from symdiff.frontends.tracing.operators import OPERATOR, Operators
from symdiff.frontends.tracing.paths import is_index, path_between, with_one, with_winners
from symdiff.frontends.tracing.places import finding, split_condition
from symdiff.frontends.tracing.placing import winners, with_many, without_leading
from symdiff.frontends.tracing.plain_calls import calls_nobody, numpys, plain_call
from symdiff.frontends.tracing.scipy_calls import meaning, path_of
from symdiff.frontends.tracing.selection import Selection
from symdiff.frontends.tracing.sharing import Question, arrays_in, by_memory, holders, part_of_numbers, settle, shared
from symdiff.frontends.tracing.sizes import Size
from symdiff.frontends.tracing.storage import Captured
from symdiff.frontends.tracing.trying import begun, went_well
from symdiff.graph.dims import Length
from symdiff.graph.node import Node, as_node, constant, variable
from symdiff.graph.op import Op
from symdiff.ops import vocabulary as api
from symdiff.ops.index import Index, indexed_shape, normalize_index
from symdiff.ops.inference import asked_dtypes
from symdiff.ops.reductions import spread
from symdiff.ops.table import BY_NUMPY, FUNCTIONS
from symdiff.ops.unsupported import what_instead


@as_symbolic
class Symbol(Attributes, Operators):
    """An array or number that is not known yet. NumPy functions and operators on it build graphs.

    >>> import numpy as np
    >>> from symdiff import var
    >>> x = var("x", "n")
    >>> np.sum(np.sin(x) ** 2)
    <symbolic f64[]>
    """

    __slots__ = ()
    __array_priority__ = 1000
    __hash__ = Attributes.__hash__

    @staticmethod
    def __symdiff_symbolic__(node: Node) -> Any:
        """What a row gives back to who called it with a symbol."""
        return tuple(map(Symbol, node)) if node.aval.parts else Symbol(node)

    # ----------------------------------------------------------------------------------------- NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        is_operator, is_called = method == OPERATOR, method in (OPERATOR, "__call__")
        if is_called and (plain := quietly(plain_call, (ufunc, inputs, kwargs, Symbol, is_operator), {})) is not None:
            return plain
        if any(decides_itself(type(x), "__array_ufunc__") for x in (*inputs, *kwargs.values())):
            return NotImplemented
        if is_called:
            alone = calls_nobody(ufunc, inputs, kwargs, Symbol)
            found = quietly(call_ufunc, (ufunc, inputs, kwargs), {}) if alone else call_ufunc(ufunc, inputs, kwargs)
            return found if is_operator else numpys(found)
        if not is_symbolic((inputs, kwargs)):
            return on_numbers(getattr(ufunc, method), inputs, kwargs)
        if method == "at":
            if not isinstance(inputs[0], Symbol):
                raise written_outside()
            at(ufunc, *inputs)
            return None
        return call(functools.partial(api.call_method, ufunc, method), inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        others = any(decides_itself(kind, "__array_function__") for kind in types)
        return NotImplemented if others else call_function(func, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        numbers = self.numbers
        if numbers is None:
            met_numbers()
            raise UnsupportedError(
                "a symbolic value cannot be stored in an array of numbers",
                help="make the array inside the function: np.zeros(…), np.array(…), np.stack(…); "
                "instead of W[k] write np.array(W)[k]",
            )
        return np.array(numbers, dtype=dtype)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """NumPy itself: its functions are what symbolic values understand."""
        return np

    # ------------------------------------------------------------------------------------------ Python's protocols

    def __repr__(self) -> str:
        if self.numbers is not None:
            return repr(self.numbers)
        if self._storage.has_ended:
            return "<symbolic, of a function that was traced before>"
        return f"<symbolic {self.node.name + ': ' if self.node.name else ''}{self.node.aval!r}>"

    def __iter__(self) -> Iterator[Any]:
        if not self.aval.shape:
            raise TypeError("iteration over a symbolic scalar")
        return (self[i] for i in range(len(self)))

    def __copy__(self) -> Symbol:
        return self.copy()  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: Any) -> Symbol:
        return self.copy()  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------------------------- indexing

    @unwatched
    def __getitem__(self, index: Any) -> Any:
        if self.is_copied(index):
            return self.copied(index)
        numbers, part = self.numbers, None
        if numbers is None and (fast := self._element(index)) is not None:
            return fast
        if numbers is not None and not is_symbolic(index):
            part = numbers[static_index(index)]
            if not isinstance(part, np.ndarray):
                return part
            if part.base is None or not np.may_share_memory(part, numbers):
                return Symbol(None, part)
        if (found := split_condition(index)) is not None:
            mask, rest = found
            return Selection(Symbol(self._behind(mask, rest).node), mask.copy())
        whole = variable("whole", self.aval) if numbers is not None else self.node
        part_node = api.getitem(whole, unwrapped(index))
        is_array = bool(part_node.shape) or any(i is ... for i in (index if isinstance(index, tuple) else (index,)))
        path = path_between(whole, part_node) if is_array and self.is_array else None
        if path is not None and is_index(path):
            return Symbol.part_of(
                self, path, numbers=part, node=part_node if part is None and numbers is None else None
            )
        picked = Symbol(api.getitem(self.node, unwrapped(index)))
        picked.was_made(is_array)
        settle(operator.getitem, (self, index), {}, picked, reorders=True)
        return picked

    def _element(self, index: Any) -> Symbol | None:
        """A single element, which may just have been written: found without building the whole."""
        items = index if isinstance(index, tuple) else (index,)
        are_known = all(isinstance(i, (int, np.integer)) and not isinstance(i, (bool, Symbol)) for i in items)
        if self._source is not None or self._doubt is not None or not are_known:
            return None
        shape = self._storage.aval.shape
        return Symbol(self._storage.read(normalize_index(items, shape)[0])) if len(items) == len(shape) else None

    @unwatched
    def __setitem__(self, index: Any, value: Any) -> None:
        if self._is_flat:
            index, value = in_order(self, index, value)
        numbers = self.numbers
        if numbers is not None and not is_symbolic((index, value)):
            numbers[static_index(index)] = numbers_in(value)
            self._storage.touch()
            return
        self.check_takes(index, value)
        if (found := split_condition(index)) is not None:
            mask, rest = found
            self._behind(mask, rest)._put_where(mask, value)
            return
        holes: list[Node] = []
        frozen, new = normalize_index(api.plain_index(unwrapped(static_index(index)), holes), self.aval.shape)
        if new:
            self[index][...] = value
            return
        shape = indexed_shape(self.aval.shape, frozen, tuple(hole.shape for hole in holes))
        if type(value) is Symbol and value._source is self.twin() and value._index == frozen:
            return  # the last step of ``y[i:j] += v``, which has written already
        part = spread(without_leading(fitted(unwrapped(value), self.aval), len(shape)), shape)
        if 0 not in shape:
            self._put_at(frozen, tuple(holes), part)

    def _put_at(self, index: Index, holes: tuple[Node, ...], part: Node) -> None:
        if self.repeats:
            if holes:
                raise overlapping()
            self._put_overlapping(index, part)
        elif any(hole.shape for hole in holes):
            self._put(with_many(self.node, holes, index, part))
        elif holes:
            self._put(with_one(self.node, holes, index, part))
        elif (last := winners(self.aval.shape, index)) is not None:
            self._put(with_winners(self.node, part, last))
        elif self._source is None:
            self._storage.write(index, part)
        else:
            self._put(api.write_all(self.node, [(index, part)]))

    def _behind(self, mask: Any, rest: tuple[Any, ...]) -> Symbol:
        """The part that an index behind a condition names, for all elements that the condition may select."""
        if mask.shape != self.shape[: mask.ndim]:
            raise ShapeError(f"a condition of shape {mask.shape} does not fit an array of shape {self.shape}")
        return self[(*[slice(None)] * mask.ndim, *rest)] if rest else self

    def _put_where(self, mask: Any, value: Any) -> None:
        if self.repeats:
            raise overlapping()
        kept = self.node
        under = Selection(self, mask)
        new = fitted(unwrapped(under.beside(value)), self.aval)
        self._put(spread(api.where(unwrapped(under.spread(mask)), new, kept), kept.shape))

    # ------------------------------------------------------------------------------------- attributes and methods

    def __getattr__(self, name: str) -> Any:
        if name in api.ATTRIBUTES:
            return self._attribute(name)
        if name in api.METHODS:
            return functools.partial(call_method, self, name)
        if self.numbers is not None and are_constants_followed():
            return _of_numbers(self, name)
        raise MissingAttributeError(
            f"a symbolic array has no attribute {name!r}",
            help=what_instead(name) or (f"np.{name} may do" if hasattr(np, name) else None),
            also_numpys=not hasattr(np.ndarray if self.ndim else self.dtype.type, name),
        )

    # ------------------------------------------ operators, beside those that the mixin makes of NumPy's functions

    def __eq__(self, other: object) -> Any:
        return _beside_none(self, False) if other is None else np.equal(self, other)  # type: ignore[call-overload]

    def __ne__(self, other: object) -> Any:
        return _beside_none(self, True) if other is None else np.not_equal(self, other)  # type: ignore[call-overload]


# ------------------------------------------------------------------------------------------------------- dispatch


def call_ufunc(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``ufunc(*inputs)``, with NumPy's keywords `out`, `where` and `dtype`."""
    if not is_symbolic((inputs, kwargs)):
        return on_numbers(ufunc, inputs, kwargs)
    given = said(kwargs)
    outs, where, dtype = given.pop("out", None), given.pop("where", True), given.pop("dtype", None)
    casting, order, _ = given.pop("casting", None), given.pop("order", "K"), given.pop("subok", None)
    if isinstance(outs, tuple) and not all(o is None or isinstance(o, Symbol) for o in outs):
        raise written_outside()
    if dtype is not None:
        kinds = asked_dtypes(ufunc, [as_node(unwrapped(x)).aval for x in inputs], dtype, casting)
        inputs = tuple(wrapped(api.asarray(unwrapped(x), kind)) for x, kind in zip(inputs, kinds, strict=True))
    path = None if ufunc in BY_NUMPY else path_of(ufunc)
    name = entry_for(ufunc).name if path is None else meaning(path, given)[0]
    result = call_entry(name, inputs, given)
    if order != "K":
        settle(ufunc, inputs, {"order": order}, result, reorders=True)
    out = outs[0] if isinstance(outs, tuple) else outs
    if where is not True:
        if out is None:
            called = f"np.{ufunc.__name__}"
            what = f"{called} with where= leaves the other elements undefined"
            raise UnsupportedError(what, help=f"write np.where(mask, {called}(x), x), or add out=", code="SD610")
        if out.repeats:
            raise overlapping()
        result = np.where(where, result, out)
    if out is None or not out.is_array:
        return result  # numbers are immutable: ``s += 1`` makes another
    out[...] = result
    return out


def _beside_none(x: Symbol, answer: bool) -> Any:
    return wrapped(spread(constant(answer), x.aval.shape)) if x.ndim else answer


def _as_operand(x: Any) -> Any:
    """Lists are arrays to a function of elements."""
    return wrapped(api.asarray(unwrapped(x))) if isinstance(x, (list, tuple)) else x


def call_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A NumPy function on arguments of which some are symbols."""
    if function in PLAIN:
        return PLAIN[function](*args, **kwargs)
    if not is_symbolic((args, kwargs)):
        return on_numbers(function, args, kwargs)
    if (found := finding(function, args, kwargs)) is not NotImplemented:
        return found
    if function in IN_PLACE:
        if not isinstance(next(iter((*args, *kwargs.values()))), Holder):
            raise written_outside()
        return IN_PLACE[function](*map(_as_operand, args), **{k: _as_operand(v) for k, v in kwargs.items()})
    return numpys(call_entry(entry_for(function).name, args, kwargs, source=function))


def call_method(x: Symbol, name: str, *args: Any, **kwargs: Any) -> Any:
    """``x.name(*args)``."""

    def method(a: Any, *rest: Any, **given: Any) -> Any:
        return getattr(a, name)(*rest, **given)

    if not is_symbolic((x, args, kwargs)) and hasattr(np.ndarray, name):
        return on_numbers(method, (x, *args), kwargs)
    return call_entry(name, (x, *args), kwargs, method)


def _of_numbers(x: Symbol, name: str) -> Any:
    """What only NumPy's arrays have behind a dot, of one that is known: ``flags``, ``strides``, ``nonzero()``."""
    value = getattr(x.numbers, name)
    return functools.partial(call_method, x, name) if callable(value) else _owned(value, [x])


def call_entry(
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    numpy: Callable[..., Any] | None = None,
    source: Callable[..., Any] | None = None,
) -> Any:
    """The function called `name` in our vocabulary, on symbols.

    Args:
        name: as in `FUNCTIONS`.
        args, kwargs: of the call.
        numpy: what it would be on NumPy's arrays; by default that of the table.
        source: the NumPy function whose signature the arguments were written for, if that is not ours.
    """
    entry = FUNCTIONS[name]
    if isinstance(entry.call, Op):
        args = tuple(map(_as_operand, args))
    meant = entry.call if source is None else as_numpy_takes_them(source, entry.call)
    numpy = numpy or (entry.numpy if callable(entry.numpy) else None)
    try:
        function = by_memory(meant, args, kwargs) if entry.ordered else meant
        if entry.view and numpy is not None and kwargs.get("out") is None:
            question = Question(entry.name, numpy, function, entry.view == "always", takes_many(entry.call))
            result = shared(question, args, said(kwargs))
            if result is not NotImplemented:
                return result
        tried = begun() if entry.may_fail else None
        result = call(function, args, kwargs, numpy, entry.reorders)
        if tried is not None:
            went_well(tried, result)
    except TypeError as error:
        if isinstance(error, ArgumentError) or hasattr(error, "help"):
            raise
        raise misfit(name, error, meant, kwargs) from None
    target = overwritten(meant, entry.overwrites, args, kwargs) if entry.overwrites else None
    if isinstance(target, Symbol):
        target[...] = result
        return target
    return result


def call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    numpy: Callable[..., Any] | None = None,
    reorders: bool = False,
) -> Any:
    """A function on nodes, called with symbols; its result is written into ``out=`` if there is one."""
    given = said(kwargs)
    out = given.pop("out", None)
    result = wrapped(function(*_operands(args), **_operands(given)))
    if out is None:
        if numpy is not None:
            settle(numpy, args, given, result, reorders)
        return result
    out = out[0] if isinstance(out, tuple) else out
    out[...] = result
    return out


def _operands(value: Any) -> Any:
    """Symbols as nodes, and functions (of np.piecewise, np.apply_along_axis) as functions of nodes."""
    if type(value) in (list, tuple):
        return type(value)(map(_operands, value))
    if type(value) is dict:
        return {key: _operands(item) for key, item in value.items()}
    if callable(value) and not isinstance(value, (type, Holder)) and not hasattr(value, "__symdiff_node__"):
        return lambda *args, **kwargs: unwrapped(value(*wrapped(args), **kwargs))
    return unwrapped(value)


def wrapped(value: Any) -> Any:
    """Nodes as symbols, in lists and tuples too."""
    if isinstance(value, Node):
        if value.aval.parts:
            return tuple(map(wrapped, value))
        literal = value.literal
        return (
            Symbol(value) if literal is None else _owned(np.array(literal.value)) if value.shape else literal.value[()]
        )
    if isinstance(value, Length):
        return Size(value.terms)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(wrapped, value))
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Node, list, tuple)) for item in value):
        return type(value)(map(wrapped, value))
    return value


def on_numbers(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function on arguments that are all known: NumPy's own result, which can be written into all the same."""
    result = function(*numbers_in(tuple(args)), **numbers_in(dict(kwargs)))
    operands = [x for x in holders((args, kwargs)) if x.is_array] + list(map(captured, arrays_in((args, kwargs))))
    if function in IN_PLACE or kwargs.get("out") is not None:
        for x in operands:
            x._storage.touch()
    if not is_following() and any(x._storage.is_captured for x in operands):
        return result  # another thread has met an array that is lent
    return _owned(result, operands)


def captured(numbers: np.ndarray) -> Symbol:
    """The symbolic array over the memory of one of NumPy's, into which nothing symbolic can be written."""
    symbol = Symbol(None, numbers)
    symbol._storage = Captured(None, numbers)
    return symbol


def _owned(value: Any, operands: Sequence[Any] = ()) -> Any:
    """NumPy's arrays as arrays that may be written into; an operand, or a view of one, stays that."""
    if type(value) is np.ndarray and value.dtype.kind in "biufc":
        found = part_of_numbers(value, operands)
        return Symbol(None, value) if found is None else found
    if type(value) in (list, tuple):
        return type(value)(_owned(item, operands) for item in value)
    return value
