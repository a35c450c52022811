"""List comprehensions, and sums over generators: loops that are kept as statements are.

``[f(x) for x in xs]`` becomes a call with ``lambda x: f(x)``, which appends what the lambda gives in each step.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Callable
from typing import Any

from symdiff.errors import SymdiffError
from symdiff.frontends.plainer import placed
from symdiff.frontends.steps import Steps
from symdiff.frontends.tracing.flow.branches import chosen
from symdiff.frontends.tracing.flow.loops import ForLoop
from symdiff.frontends.tracing.libraries import is_library_file
from symdiff.frontends.tracing.symbol import Symbol
from symdiff.graph.dims import Length

_WHOLE = ("sum", "max", "min", "any", "all", "list", "tuple", "sorted")  # what asks for all elements of a generator


def parts_of(node: ast.expr) -> tuple[ast.expr, ast.Lambda] | None:
    """What a comprehension without conditions goes over, and its element as a function of the loop variables.

    The function takes one argument, or as many as the variables that a tuple is unpacked to.
    """
    if not isinstance(node, (ast.ListComp, ast.GeneratorExp)) or len(node.generators) != 1:
        return None
    [each] = node.generators
    targets = each.target.elts if isinstance(each.target, ast.Tuple) else [each.target]
    inside = (
        ast.NamedExpr,
        ast.Yield,
        ast.YieldFrom,
        ast.Await,
        ast.Lambda,
        ast.GeneratorExp,
    )  # the last two run later
    if each.ifs or each.is_async or any(isinstance(part, inside) for part in ast.walk(node.elt)):
        return None
    given, parts = list[str](), dict[str, ast.expr]()
    for k, target in enumerate(targets):
        name = target.id if isinstance(target, ast.Name) else f"item__{k}"
        given.append(name)
        if not isinstance(target, ast.Name) and not _unpacked(target, ast.Name(name, ast.Load()), parts):
            return None
    if len({*given, *parts}) < len(given) + len(parts) or (parts and _binds_more(node.elt)):
        return None
    arguments = [ast.copy_location(ast.arg(name), each.target) for name in given]
    element = _Parts(parts).visit(copy.deepcopy(node.elt)) if parts else node.elt
    made = ast.Lambda(ast.arguments([], arguments, None, [], [], None, []), element)
    return each.iter, ast.copy_location(made, node.elt)


def _unpacked(target: ast.expr, whole: ast.expr, parts: dict[str, ast.expr]) -> bool:
    """Notes where the variables of a tuple within the target lie; False if it has others than names and tuples."""
    if isinstance(target, ast.Name):
        is_new = target.id not in parts
        parts[target.id] = whole
        return is_new
    return isinstance(target, ast.Tuple) and all(
        _unpacked(inner, ast.Subscript(whole, ast.Constant(k), ast.Load()), parts)
        for k, inner in enumerate(target.elts)
    )


def _binds_more(element: ast.expr) -> bool:
    return any(isinstance(part, ast.comprehension) for part in ast.walk(element))


class _Parts(ast.NodeTransformer):
    """Reads variables where they lie in a tuple."""

    def __init__(self, parts: dict[str, ast.expr]) -> None:
        self.parts = parts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return placed(copy.deepcopy(self.parts[node.id]), node) if node.id in self.parts else node


def as_list(node: ast.Call) -> ast.Call:
    """A call whose generator is a list: of functions of Python's that ask for all elements."""
    is_whole = isinstance(node.func, ast.Name) and node.func.id in _WHOLE and len(node.args) >= 1
    if not is_whole or not isinstance(node.args[0], ast.GeneratorExp):
        return node
    first = node.args[0]
    made = ast.copy_location(ast.ListComp(first.elt, first.generators), first)
    return ast.copy_location(ast.Call(node.func, [made, *node.args[1:]], node.keywords), node)


def _stands_at_users_line(loop: ForLoop) -> None:
    """Lets a loop that is run here be told of where the user wrote it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_library_file(frame.f_code.co_filename):
        frame = frame.f_back
    loop.frame, loop.line = frame, frame.f_lineno


def listed(items: Any, element: Callable[..., Any]) -> Any:
    """``[element(item) for item in items]``; an array that stands for the list if its length has a name."""
    takes_several = element.__code__.co_argcount != 1

    def each(item: Any) -> Any:
        return element(*item) if takes_several else element(item)

    def append(found: list[Any], item: Any) -> list[Any]:
        found.append(each(item))
        return found

    loop = ForLoop(("elements",), ("elements",), items)
    if loop.steps is not None and isinstance(loop.steps.length, Length) and loop.steps.count is None:
        array = _array_of(loop.steps, each)
        if array is not None:
            return array
    return _run(loop, [], append)


def _array_of(steps: Steps, each: Callable[[Any], Any]) -> Symbol | None:
    """The numbers, or arrays of one shape, that steps leave behind; None if they are none, or cannot be had so."""
    from symdiff.frontends.tracing.by_name.scan import scan  # noqa: PLC0415 (it follows functions)

    def step(carry: None, parts: tuple[Any, ...]) -> tuple[None, Any]:
        return carry, each(steps.element(parts))

    try:
        found = scan(step, None, tuple(map(Symbol, steps.arrays)))[1]
    except SymdiffError:
        return None
    if type(found) is not Symbol:
        return None
    found.is_list = found.is_own = True
    return found


def added(items: Any, start: Any = 0) -> Any:
    """``sum(items, start)``."""
    return _run(ForLoop(("total",), (), items), start, lambda total, item: total + item)


def best_of(items: Any, is_better: Callable[[Any, Any], Any], key: Callable[[Any], Any] | None) -> Any:
    """``max(items, key=key)`` of an array whose length has a name."""
    scored = key or (lambda x: x)

    def step(best: Any, item: Any) -> Any:
        mark = scored(item)
        better = is_better(mark, best[1])
        return chosen(better, lambda: item, lambda: best[0]), chosen(better, lambda: mark, lambda: best[1])

    return _run(ForLoop(("best",), (), items), (items[0], scored(items[0])), step)[0]


def _run(loop: ForLoop, value: Any, step: Callable[[Any, Any], Any]) -> Any:
    """What `step` makes of the value for one item after the other."""
    _stands_at_users_line(loop)
    for item in loop:
        (value,) = loop.enter(value)
        try:
            if loop.goes():
                value = step(value, item)
        except Exception as error:
            if not loop.gives_up(error):
                raise
            continue
        loop.leave(value)
    (value,) = loop.results(value)
    return value
