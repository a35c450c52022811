"""Which inputs ``wrt=`` means: names, positions, symbols, and arguments that are containers of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.frontends.layout import optional
from symdiff.frontends.spec import Spec
from symdiff.frontends.sympy.detect import is_sympy
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.functions.function import Function
from symdiff.functions.make import make_function, no_such_input
from symdiff.functions.options import Options
from symdiff.graph.tree import Tree
from symdiff.program.recipe import Built, Recipe, Renamed, arguments, innermost, rebased
from symdiff.program.written import Traced

Wrt = str | int | tuple[str | int, ...] | list[str | int] | None


def differentiable(
    what: Any, wrt: Wrt, options: Options, specs: Mapping[str, Any]
) -> tuple[Function, tuple[Tree, ...], bool]:
    """The function that is differentiated, the targets, and whether one is meant alone; see `positions`."""
    options.check()
    return positions(make_function(what, replace(options, name=None), specs), wrt)


def derived(recipe: Recipe, specs: Mapping[str, Spec], options: Options, built: Built | None = None) -> Function:
    """The Function of a derivative, under the name that was asked for."""
    named = recipe if options.name is None else Renamed(recipe, options.name)
    return Function(named, specs).prepared(built)


def positions(base: Function, wrt: Wrt) -> tuple[Function, tuple[Tree, ...], bool]:
    """Which inputs `wrt` means, and whether it means one alone, so that no tuple comes back.

    The function comes back too: an argument with a default is one of its inputs if `wrt` names it.
    """
    single = not isinstance(wrt, (tuple, list))
    items = (_default_target(base),) if wrt is None else (wrt,) if single else tuple(wrt)  # type: ignore[arg-type]
    base = _including(base, items)
    return base, tuple(_position(base, item) for item in items), single


def _including(base: Function, items: Sequence[Any]) -> Function:
    """The function with the arguments that have a default and are differentiated among its inputs."""
    traced = innermost(base.recipe)
    if not isinstance(traced, Traced):
        return base
    names = [n for n in optional(traced.function) if n in items and n not in (*traced.also, *traced.static)]
    if not names:
        return base
    return Function(rebased(base.recipe, lambda t: replace(t, also=(*t.also, *names))), base.specs)


def _default_target(base: Function) -> int:
    traced = innermost(base.recipe)
    if isinstance(traced, Traced) and not base.inputs:
        raise ArgumentError(
            f"{traced.name} has no argument that must be given, so none is differentiated by default",
            help="name one: wrt=…; or wrap a function of *args: lambda x, y: f(x, y)",
        )
    if not base.inputs:
        raise ArgumentError("the expression has no variables, so there is nothing to differentiate with respect to")
    if isinstance(traced, Traced) or len(base.inputs) == 1:
        return 0
    raise ArgumentError(
        f"wrt is needed: the variables are {', '.join(base.inputs)}", help=f'for instance wrt="{base.inputs[0]}"'
    )


def _position(base: Function, item: Any) -> Tree:
    if isinstance(item, Symbol):
        item = item.node.name
    if is_sympy(item):
        item = _name_of_sympy(item)
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
        raise ArgumentError(f"wrt={item} is no position of an input; the inputs are {', '.join(base.inputs)}")
    raise no_such_input(f"wrt={item!r} is not an input", item, base.inputs)


def _name_of_sympy(symbol: Any) -> str:
    from symdiff.frontends.sympy.names import python_name  # noqa: PLC0415 (`import symdiff` does not import SymPy)

    return python_name(symbol)
