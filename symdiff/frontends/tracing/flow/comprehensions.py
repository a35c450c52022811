"""List comprehensions, and sums over generators: loops that are kept as statements are.

``[f(x) for x in xs]`` becomes a call with ``lambda x: f(x)``, which appends what the lambda gives in each step.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

from symdiff.frontends.tracing.flow.loops import ForLoop
from symdiff.frontends.tracing.libraries import is_library_file

_WHOLE = ("sum", "max", "min", "list", "tuple", "sorted")  # what asks for all elements of a generator


def parts_of(node: ast.expr) -> tuple[ast.expr, ast.Lambda] | None:
    """What a comprehension without conditions goes over, and its element as a function of the loop variables.

    The function takes one argument, or as many as the variables that a tuple is unpacked to.
    """
    if not isinstance(node, (ast.ListComp, ast.GeneratorExp)) or len(node.generators) != 1:
        return None
    [each] = node.generators
    names = each.target.elts if isinstance(each.target, ast.Tuple) else [each.target]
    is_plain = not each.ifs and not each.is_async and all(isinstance(name, ast.Name) for name in names)
    inside = (
        ast.NamedExpr,
        ast.Yield,
        ast.YieldFrom,
        ast.Await,
        ast.Lambda,
        ast.GeneratorExp,
    )  # the last two run later
    if not is_plain or any(isinstance(part, inside) for part in ast.walk(node)):
        return None
    given = [ast.copy_location(ast.arg(name.id), name) for name in names]  # type: ignore[attr-defined]
    if len({a.arg for a in given}) < len(given):
        return None
    made = ast.Lambda(ast.arguments([], given, None, [], [], None, []), node.elt)
    return each.iter, ast.copy_location(made, node.elt)


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


def listed(items: Any, element: Callable[..., Any]) -> list[Any]:
    """``[element(item) for item in items]``."""
    takes_several = element.__code__.co_argcount != 1

    def append(found: list[Any], item: Any) -> list[Any]:
        found.append(element(*item) if takes_several else element(item))
        return found

    result: list[Any] = _run(ForLoop(("elements",), ("elements",), items), [], append)
    return result


def added(items: Any, start: Any = 0) -> Any:
    """``sum(items, start)``."""
    return _run(ForLoop(("total",), (), items), start, lambda total, item: total + item)


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
