"""From a function to its syntax tree, and back from a changed tree to a function like it."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

Tree = ast.FunctionDef | ast.Lambda
AROUND = "__symdiff_around__"  # the function around a changed one, which gives it the names of its closure
INNER = "__symdiff_inner__"  # the changed one there, which may call itself by its own name


def tree_of(code: CodeType) -> Tree | None:
    """The syntax tree of a function; None if its source is not there, or if two functions on a line look the same.

    Of functions inside one another it is the innermost: the code of an outer one has more than lies there.
    """
    linecache.checkcache(code.co_filename)  # the module may have been changed, and imported again
    text = "".join(linecache.getlines(code.co_filename))
    try:
        functions = _functions(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = [tree for tree in functions.get(code.co_firstlineno, ()) if _is_like(tree, code)]
    return found[-1] if found and all(_is_inside(found[-1], tree) for tree in found) else None


@functools.lru_cache(maxsize=64)
def _functions(text: str) -> dict[int, list[Tree]]:
    """The functions in a file, by the lines in which they begin."""
    found: dict[int, list[Tree]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            found.setdefault(_begins(node), []).append(node)
    return found


def _begins(tree: Tree) -> int:
    """The first line, decorators included, as code objects count."""
    decorators = tree.decorator_list if isinstance(tree, ast.FunctionDef) else []
    return min([tree.lineno, *(d.lineno for d in decorators)])


def _is_inside(inner: Tree, outer: Tree) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _is_like(tree: Tree, code: CodeType) -> bool:
    name = tree.name if isinstance(tree, ast.FunctionDef) else "<lambda>"
    if name != code.co_name:
        return False
    a = tree.args
    names = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    if list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) != names:
        return False
    lines = [n for _, _, n in code.co_lines() if n is not None]
    if max(lines) > (tree.end_lineno or 0):
        return False
    columns = (
        [p[2] for p in code.co_positions() if p[0] == tree.body[0].lineno and p[2] is not None]
        if isinstance(tree, ast.FunctionDef)
        else [
            p[2]
            for p in code.co_positions()
            if p[0] is not None and p[2] is not None and p[1] == p[0] == tree.body.lineno
        ]
    )
    if isinstance(tree, ast.FunctionDef):
        return True
    body = tree.body
    one_line = body.lineno == body.end_lineno
    return not one_line or all(body.col_offset <= c < (body.end_col_offset or 0) for c in columns if c)


def code_of(tree: Tree, like: CodeType, more: tuple[str, ...]) -> CodeType:
    """The code of a changed tree: what `like` finds in its closure, and `more` names, stand around it."""
    names = (*like.co_freevars, *more)
    if isinstance(tree, ast.Lambda):
        inner: ast.stmt = ast.Return(tree)
    else:
        inner = ast.FunctionDef(INNER, _without_values(tree.args), tree.body, [], None, None)
        if "type_params" in ast.FunctionDef._fields:
            inner.type_params = []  # type: ignore[attr-defined]
    arguments = ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])
    around = ast.FunctionDef(AROUND, arguments, [inner], [], None, None)
    if "type_params" in ast.FunctionDef._fields:
        around.type_params = []  # type: ignore[attr-defined]
    module = ast.fix_missing_locations(ast.Module([around], []))
    code = compile(module, like.co_filename, "exec", dont_inherit=True)
    made = _inner(_inner(code, AROUND), "<lambda>" if isinstance(tree, ast.Lambda) else INNER)
    return made.replace(co_name=like.co_name, co_qualname=like.co_qualname)


def function_of(code: CodeType, like: FunctionType, **more: Any) -> FunctionType:
    """The function of a changed code: with the globals, closure and defaults of `like`, and `more` around it."""
    cells = dict(zip(like.__code__.co_freevars, like.__closure__ or (), strict=True))
    cells |= {name: CellType(value) for name, value in more.items()}
    closure = tuple(cells[name] for name in code.co_freevars)
    found = FunctionType(code, like.__globals__, like.__name__, like.__defaults__, closure)
    found.__kwdefaults__ = like.__kwdefaults__
    found.__dict__.update(like.__dict__)
    found.__qualname__, found.__module__ = like.__qualname__, like.__module__
    return found


def _without_values(arguments: ast.arguments) -> ast.arguments:
    """Defaults and annotations were evaluated when the function was made, and are taken from there."""
    plain = [
        [ast.copy_location(ast.arg(a.arg), a) for a in each]
        for each in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    ]
    many = [None if a is None else ast.arg(a.arg) for a in (arguments.vararg, arguments.kwarg)]
    return ast.arguments(plain[0], plain[1], many[0], plain[2], [None for _ in plain[2]], many[1], [])


def _inner(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)


def plain_function(value: Callable[..., Any]) -> FunctionType | None:
    """The Python function that a function or method is."""
    found = getattr(value, "__func__", value)
    return found if type(found) is FunctionType else None
