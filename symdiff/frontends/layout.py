"""How the arguments of a Python function are laid out: which of them are arrays, containers of arrays, or neither.

Containers are taken apart into one input per array, and put together again when the function is traced and when a
gradient comes back in the shape of a container. Everything that is neither a number nor an array is static: it is part
of the program, and a call with another value compiles another program.
"""

from __future__ import annotations

import inspect
import keyword
import numbers
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from symdiff.errors import ArgumentError, did_you_mean
from symdiff.frontends.spec import Spec
from symdiff.frontends.tables import Marks, is_labelled, marks_of
from symdiff.graph.tree import Branch, Fixed, Tree, put_together, relabel, take_apart

Made = TypeVar("Made")
_signatures: WeakKeyDictionary[FunctionType, tuple[CodeType, Any, inspect.Signature]] = WeakKeyDictionary()
_ARRAYS = (numbers.Number, np.ndarray, np.generic, memoryview, array)
_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Layout:
    """The arguments of a call.

    Attributes:
        parameters: for each parameter that is given, its tree; leaves number the inputs.
        names: what the inputs are called.
        outcomes: how the first calls go that may fail, and whose failure the function may handle: "" if well, else what
            NumPy says.
        strides: for those that lie in memory in another order than C, and it matters, how far apart their elements are.
        added: what containers those arguments are that derivatives add, where a call says it.
        tables: for columns and tables, what a program knows of them beside their values.
        lists: those that are lists of numbers, which programs see as arrays.
        arrays: those that are arrays without axes, and no numbers.
    """

    parameters: tuple[tuple[str, Tree], ...]
    names: tuple[str, ...]
    strides: tuple[tuple[str, tuple[int, ...]], ...] = ()
    outcomes: tuple[str, ...] = ()
    added: tuple[tuple[str, Tree], ...] = ()
    tables: tuple[tuple[str, Marks], ...] = ()
    lists: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()

    def with_kinds(self, values: Sequence[Any]) -> Layout:
        """The layout with the names of the inputs that are lists, and of those that are arrays without axes."""
        named = list(zip(self.names, values, strict=True))
        lists = tuple(name for name, value in named if type(value) is list)
        arrays = tuple(name for name, value in named if is_without_axes(value))
        return replace(self, lists=lists, arrays=arrays) if lists or arrays else self

    def with_tables(self, values: Sequence[Any]) -> Layout:
        """The layout with what is known of the columns and tables among the inputs."""
        named = zip(self.names, values, strict=True)
        tables = [(n, v) for n, v in named if is_labelled(v)]
        return replace(self, tables=marks_of(tables)) if tables else self

    def find(self, name: str) -> Tree:
        """The tree of the parameter called `name`, or the input called so."""
        found = dict(self.parameters).get(name)
        return self.names.index(name) if found is None else found

    def fixing(self, values: Mapping[str, Any]) -> Layout:
        """The layout in which some inputs are no inputs, but have these values."""
        kept = [name for name in self.names if name not in values]
        numbers = {name: k for k, name in enumerate(kept)}

        def change(k: int) -> Tree:
            name = self.names[k]
            return Fixed(values[name]) if name in values else numbers[name]

        return Layout(tuple((name, relabel(tree, change)) for name, tree in self.parameters), tuple(kept))

    def call(
        self, function: Callable[..., Any], inputs: Sequence[Any], signature: inspect.Signature | None = None
    ) -> Any:
        """`function` called with `inputs` in their places, which are those of `signature`, by default its own."""
        bound = inspect.BoundArguments(signature or signature_of(function), {})
        for name, tree in self.parameters:
            bound.arguments[name] = filled(tree, inputs)
        return function(*bound.args, **bound.kwargs)


def is_without_axes(value: Any) -> bool:
    """Whether it is an array of NumPy's that has no axes: it is written into in place, as no number is."""
    return type(value) is np.ndarray and not value.ndim


def filled(tree: Tree, inputs: Sequence[Any]) -> Any:
    """The containers of `tree` with `inputs` for its leaves."""
    if isinstance(tree, int):
        return inputs[tree]
    if isinstance(tree, Fixed):
        return tree.value
    if isinstance(tree, Branch):
        return put_together(tree.kind, tree.keys, [filled(part, inputs) for part in tree.children])
    return tuple(filled(part, inputs) for part in tree)


def required(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that have no default."""
    parameters = signature_of(function).parameters.values()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind not in _MANY)


def positional(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters without default that can be given by position."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = signature_of(function).parameters.values()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind in kinds)


def optional(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that have a default."""
    return tuple(p.name for p in signature_of(function).parameters.values() if p.default is not p.empty)


def many(function: Callable[..., Any]) -> tuple[str, ...]:
    """What ``*args`` is called, if there is such a parameter."""
    return tuple(p.name for p in signature_of(function).parameters.values() if p.kind is p.VAR_POSITIONAL)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature; ArgumentError for callables that have none."""
    if type(function) is FunctionType and not function.__dict__ and not function.__kwdefaults__:
        code, defaults, found = _signatures.get(function, (None, None, None))
        if found is None or code is not function.__code__ or defaults is not function.__defaults__:
            found = inspect.signature(function)
            _signatures[function] = function.__code__, function.__defaults__, found
        return found
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        name = getattr(function, "__name__", str(function))
        raise ArgumentError(
            f"{name} does not tell what its arguments are", help=f"wrap it: lambda x: {name}(x)"
        ) from None


def plain_layout(names: Sequence[str]) -> Layout:
    """Every parameter is one input."""
    return Layout(tuple((name, k) for k, name in enumerate(names)), tuple(names))


def arrange(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    static: Sequence[str],
    also: Sequence[str],
) -> tuple[Layout, list[Any]]:
    """The layout of a call, and the inputs in order.

    Args:
        function: the Python function.
        args, kwargs: of the call.
        static: parameters whose values belong to the program.
        also: parameters that are inputs even where the call leaves them to their defaults.

    Raises:
        ArgumentError: if the arguments do not fit the signature.
    """
    signature = signature_of(function)
    if (by_name := getattr(function, "by_name", None)) is not None:
        args, kwargs = by_name(args, kwargs)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        known = tuple(signature.parameters)
        takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
        unknown = [name for name in kwargs if name not in known and not takes_any]
        if unknown and "unexpected" not in str(error):  # Python names what is missing first
            error = TypeError(f"there is no argument {unknown[0]!r}")
        help = did_you_mean(unknown[0], known) if unknown else None
        raise ArgumentError(f"{error}; the arguments are {', '.join(known)}", help=help) from None
    for name in also:
        bound.arguments.setdefault(name, () if name in many(function) else signature.parameters[name].default)
    given = {p: bound.arguments[p] for p in signature.parameters if p in bound.arguments}
    first = getattr(function, "taken", {})
    return lay_out(given, static, lambda value: isinstance(value, Spec) or is_array_like(value), first)


def set_apart(
    names: Sequence[str], behind: str | None, known: Sequence[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[Any]]:
    """The arguments called `names`, apart from the others, which are called `known`.

    By position they follow the argument `behind`, or, where that is None, all others.
    """
    by_name = {name: kwargs[name] for name in names if name in kwargs}
    new = [name for name in names if name not in by_name]
    first = len(args) - len(new) if behind is None or behind not in known else list(known).index(behind) + 1
    if new and not 0 <= first <= len(args) - len(new):
        raise missing(new, behind)
    by_name |= dict(zip(new, args[first:], strict=False))
    others = {name: value for name, value in kwargs.items() if name not in by_name}
    return (*args[:first], *args[first + len(new) :]), others, [by_name[name] for name in names]


def missing(names: Sequence[str], behind: str | None) -> ArgumentError:
    """The error for a call without the arguments `names`."""
    return ArgumentError(
        f"{', '.join(names)} {'are' if len(names) > 1 else 'is'} missing",
        help=f"by position, behind {'all other arguments' if behind is None else repr(behind)}; or by name",
    )


def containers_of(name: str, value: Any) -> Tree:
    """What containers the argument `name` is; leaves number the arrays in it."""
    return _one(name, value)[0].find(name)


def leaves_like(tree: Tree, name: str, value: Any) -> list[Any]:
    """The arrays in the argument `name`, whose containers must be those of `tree`."""
    layout, found = _one(name, value)
    if relabel(layout.find(name), lambda _: 0) != relabel(tree, lambda _: 0):
        raise ArgumentError(
            f"{name} must have the containers of the argument that it belongs to",
            help="the same keys and lengths, with an array or number for each array or number",
        )
    return found


def _one(name: str, value: Any) -> tuple[Layout, list[Any]]:
    return lay_out({name: value}, is_leaf=lambda item: isinstance(item, Spec) or is_array_like(item))


def lay_out(
    given: Mapping[str, Any],
    static: Sequence[str] = (),
    is_leaf: Callable[[Any], bool] | None = None,
    first: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Layout, list[Any]]:
    """The layout of named arguments, and the arrays in them; what `first` names is numbered from there on."""
    leaves: list[tuple[tuple[Any, ...], Any]] = []
    parameters = tuple(
        (
            name,
            Fixed(value)
            if name in static
            else _tree(value, (name,), leaves, is_leaf or is_array_like, first.get(name, 0)),
        )
        for name, value in given.items()
    )
    return Layout(parameters, _names([path for path, _ in leaves])), [value for _, value in leaves]


def _tree(value: Any, path: tuple[Any, ...], leaves: list[Any], is_leaf: Callable[[Any], bool], first: int = 0) -> Tree:
    if is_leaf(value):
        leaves.append((path, value))
        return len(leaves) - 1
    parts = take_apart(value)
    if parts is None:
        return Fixed(value)
    kind, keys, items = parts
    labels = keys or tuple(range(first, first + len(items)))
    below = tuple(_tree(item, (*path, key), leaves, is_leaf) for key, item in zip(labels, items, strict=True))
    return below if kind is tuple else Branch(kind, keys, below)


def taken_apart(
    value: Any, to_node: Callable[[Any], Made], is_leaf: Callable[[Any], bool] = lambda item: False
) -> tuple[tuple[Made, ...], Tree]:
    """The nodes in what a function returns, and the containers that they lie in; texts and None are no nodes."""
    roots: list[Made] = []

    def take(item: Any) -> Tree:
        if item is None or isinstance(item, str):
            return Fixed(item)
        parts = None if is_leaf(item) else take_apart(item)
        if parts is None:
            roots.append(to_node(item))
            return len(roots) - 1
        kind, keys, items = parts
        below = tuple(map(take, items))
        return below if kind is tuple else Branch(kind, keys, below)

    tree = take(value)
    return tuple(roots), tree


def is_array_like(value: Any) -> bool:
    """Whether NumPy takes `value` for an array of numbers: a list of numbers is one, a tuple is a container."""
    if isinstance(value, (bool, str, bytes)) or value is None or isinstance(value, type):
        return False
    if isinstance(value, _ARRAYS) or hasattr(type(value), "__array__"):
        return True
    return type(value) is list and all(_is_number(item) for item in value)


def _is_number(value: Any) -> bool:
    if type(value) is list:
        return all(map(_is_number, value))
    return isinstance(value, (numbers.Number, np.generic)) and not isinstance(value, bool)


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not keyword.iskeyword(text)


def _names(paths: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    """The last key of a path where that is a name that no other has; else the whole path."""
    short = [str(path[-1]) for path in paths]
    long = ["_".join(map(str, path)) for path in paths]
    names: list[str] = []
    for path, brief, full in zip(paths, short, long, strict=True):
        good = len(path) == 1 or (_is_name(brief) and short.count(brief) == 1)
        name = brief if good else "".join(c if c.isalnum() and c.isascii() else "_" for c in full)
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)
