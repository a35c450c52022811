"""Which inputs ``wrt=`` means: names, positions, symbols, and arguments that are containers of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UndefinedGradientError
from symdiff.frontends.layout import many, optional
from symdiff.frontends.names import is_name, plain
from symdiff.frontends.spec import Spec
from symdiff.frontends.symbolic import is_symbol
from symdiff.frontends.sympy.detect import is_sympy
from symdiff.functions.function import Function
from symdiff.functions.make import check_further, make_function, no_such_input
from symdiff.functions.options import Options
from symdiff.functions.starred_targets import first_is_starred, naming_starred
from symdiff.graph.aval import Aval
from symdiff.graph.tree import Tree
from symdiff.ops.vocabulary import CONSTANTS
from symdiff.program.beside import Chosen, First, WithSecond
from symdiff.program.on_grids import on_grids
from symdiff.program.recipe import (
    Built,
    Recipe,
    Renamed,
    Widened,
    arguments,
    check_goes_on,
    innermost,
    rebased,
)
from symdiff.program.written import Traced

Wrt = str | int | tuple[str | int, ...] | list[str | int] | None


def differentiable(
    what: Any, wrt: Wrt, options: Options, specs: Mapping[str, Any]
) -> tuple[Function, tuple[Tree, ...], bool]:
    """The function that is differentiated, the targets, and whether one is meant alone; see `positions`."""
    options.check()
    if isinstance(what, str):
        specs = {**{name: "" for name in _named(wrt) if name in CONSTANTS}, **specs}  # e is a variable then
    made = make_function(what, replace(options, name=None, has_aux=False, output=None), specs)
    check_goes_on(made.recipe)
    base, wanted, single = positions(made, wrt)
    if options.has_aux:
        return Function(First(base.recipe), base.specs), wanted, single
    if options.output is not None:
        return Function(Chosen(base.recipe, options.output), base.specs), wanted, single
    return base, wanted, single


def _named(wrt: Wrt) -> list[str]:
    """The names in `wrt`."""
    items = map(plain, wrt if isinstance(wrt, (tuple, list)) else [wrt])
    return [item for item in items if isinstance(item, str)]


def derived(recipe: Recipe, specs: Mapping[str, Spec], options: Options, built: Built | None = None) -> Function:
    """The Function of a derivative, under the name that was asked for."""
    recipe = on_grids(WithSecond(recipe) if options.has_aux else recipe)
    named = recipe if options.name is None else Renamed(recipe, options.name)
    return Function(named, specs).prepared(built)


def positions(base: Function, wrt: Wrt) -> tuple[Function, tuple[Tree, ...], bool]:
    """Which inputs `wrt` means, and whether it means one alone, so that no tuple comes back.

    The function comes back too: an argument with a default is one of its inputs if `wrt` names it.
    """
    if is_sympy(wrt) or (not is_symbol(wrt) and isinstance(wrt, np.ndarray)):
        wrt = _symbols_of(wrt)
    wrt = _vector_of(base, tuple(map(plain, wrt)) if isinstance(wrt, (tuple, list)) else plain(wrt))
    single = not isinstance(wrt, (tuple, list))
    items = (_default_target(base),) if wrt is None else (wrt,) if single else tuple(wrt)  # type: ignore[arg-type]
    base, items = naming_starred(base, items)
    base = _including(base, items)
    return base, tuple(_position(base, item) for item in items), single


def _including(base: Function, items: Sequence[Any]) -> Function:
    """The function with all that is differentiated among its inputs: also what does not occur in an expression, and
    the arguments of a Python function that a call may leave out."""
    traced = innermost(base.recipe)
    if not isinstance(traced, Traced):
        further = _further(base, items)
        return Function(Widened(base.recipe, tuple(further.items())), base.specs) if further else base
    wanted = [item for item in items if isinstance(item, str)]
    left_out = (*optional(traced.function), *many(traced.function))
    names = [n for n in left_out if n in wanted and n not in (*traced.also, *traced.static)]
    if not names:
        return base
    return Function(rebased(base.recipe, lambda t: replace(t, also=(*t.also, *names))), base.specs)


def _further(base: Function, items: Sequence[Any]) -> dict[str, Aval | None]:
    """The targets that are no inputs yet, with their types where they are known."""
    found: dict[str, Aval | None] = {}
    names = [_name_of(item) for item in items]
    for item, name in zip(items, names, strict=True):
        _refuse_hidden(base, name)
        if not isinstance(name, str) or name in base.inputs:
            continue
        if name in getattr(innermost(base.recipe), "other_names", ()) or not is_name(name.lstrip("_")):
            raise no_such_input(f"wrt={item!r} is not an input", item, base.inputs)
        if name is item:  # a text can be misspelt, a symbol cannot
            check_further(name, base.inputs, names)
        found[name] = item.node.aval if is_symbol(item) else None
    return found


def _refuse_hidden(base: Function, name: Any) -> None:
    """Raises UndefinedGradientError for a symbol that an unknown function depends on: x, where f(x) is an input."""
    hidden: dict[str, str] = getattr(innermost(base.recipe), "hidden", {})
    if isinstance(name, str) and name in hidden:
        raise UndefinedGradientError(
            f"{hidden[name]} is an input, and how it changes with {name} is not known",
            help=f"put a formula in its place: expr.subs(…), or differentiate with respect to {hidden[name]}",
            code="SD502",
        )


def _name_of(item: Any) -> Any:
    """The name that a target stands for, symbols by theirs; positions as they are."""
    if is_symbol(item):
        return item.node.name or item
    return _name_of_sympy(item) if is_sympy(item) else item


def _default_target(base: Function) -> int:
    traced = innermost(base.recipe)
    if isinstance(traced, Traced) and not base.inputs:
        if first_is_starred(traced.function):
            return 0
        raise ArgumentError(
            f"{traced.name} has no argument that must be given, so none is differentiated by default",
            help="name one: wrt=…",
        )
    if not base.inputs:
        raise ArgumentError("the expression has no variables, so there is nothing to differentiate with respect to")
    if isinstance(traced, Traced) or len(base.inputs) == 1:
        return 0
    raise ArgumentError(
        f"wrt is needed: the variables are {', '.join(base.inputs)}",
        help=f'for instance wrt="{base.inputs[0]}"',
        code="SD302",
    )


def _position(base: Function, item: Any) -> Tree:
    item = _name_of(item)
    traced = innermost(base.recipe)
    if isinstance(traced, Traced):
        given = arguments(base.recipe)
        if isinstance(item, str) and item in dict(given):
            return dict(given)[item]
        if isinstance(item, int) and traced.declared and -len(given) <= item < len(given):
            return given[item][1]
    if isinstance(item, str) and item in base.inputs:
        return base.inputs.index(item)
    if (
        isinstance(item, (int, np.integer))
        and not isinstance(item, bool)
        and -len(base.inputs) <= item < len(base.inputs)
    ):
        return int(item) % len(base.inputs)
    if isinstance(item, (int, np.integer)):
        raise ArgumentError(f"wrt={item} is no position of an input; the inputs are {', '.join(base.inputs) or 'none'}")
    named = optional(traced.function) if isinstance(traced, Traced) else ()  # which may be meant, too
    raise no_such_input(f"wrt={item!r} is not an input", item, (*base.inputs, *named))


def _vector_of(base: Function, wrt: Any) -> Any:
    """The vector that holds the symbols `wrt`, if there is one; else `wrt` as it is."""
    groups = getattr(innermost(base.recipe), "groups", ())
    if not groups or not isinstance(wrt, (tuple, list)):
        return wrt
    names = tuple(_name_of(item) for item in wrt)
    return next((name for name, members in groups if members == names and len(names) > 1), wrt)


def _symbols_of(wrt: Any) -> Any:
    """The symbols in a matrix or array of them, as a tuple; what is one symbol as it is."""
    from symdiff.frontends.sympy.names import elements  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    return elements(wrt)


def _name_of_sympy(symbol: Any) -> str:
    from symdiff.frontends.sympy.names import target_name  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    return target_name(symbol)
