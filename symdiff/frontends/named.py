"""Named expressions, ``(d := f(x))``, where control flow is rewritten: they bind in the function that they stand in.

What is asked later becomes a function of its own, and a name that is bound in there would be lost. So what a
condition of a loop binds first is bound by statements before each step, and a function with a named expression that may
not be evaluated stays as it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def bound_before(test: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
    """The names that a condition binds as its first part, as statements, and the condition that is left.

    Only what is evaluated before all else is taken out: ``(d := f(x)) > tol`` is ``d = f(x)`` and ``d > tol``.
    """
    whole = ast.Expr(copy.deepcopy(test))
    holder: ast.AST = whole
    field = "value"
    while field:
        node = _get(holder, field)
        if isinstance(node, ast.NamedExpr):
            name = node.target.id
            bound = ast.Assign([ast.copy_location(ast.Name(name, ast.Store()), node)], node.value)
            _put(holder, field, ast.copy_location(ast.Name(name, ast.Load()), node))
            return [ast.copy_location(bound, node)], whole.value
        holder, field = node, _first(node)
    return [], test


def _first(node: ast.AST) -> str:
    """The field of what `node` evaluates first, "" if that is not one expression."""
    if isinstance(node, (ast.Compare, ast.BinOp)):
        return "left"
    if isinstance(node, ast.UnaryOp):
        return "operand"
    if isinstance(node, ast.BoolOp):
        return "values"
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Name):
        return "args"
    return ""


def _get(node: ast.AST, field: str) -> ast.expr:
    value = getattr(node, field)
    found: ast.expr = value[0] if isinstance(value, list) else value
    return found


def _put(node: ast.AST, field: str, new: ast.expr) -> None:
    if isinstance(getattr(node, field), list):
        getattr(node, field)[0] = new
    else:
        setattr(node, field, new)


def before_each(body: Sequence[ast.stmt], binding: Sequence[ast.stmt]) -> list[ast.stmt]:
    """A step that ends in `binding`, for the condition of the next one, also where it ends by ``continue``."""
    step = ast.Module(copy.deepcopy(list(body)), [])
    waiting: list[ast.AST] = [step]
    while waiting:
        node = waiting.pop()
        for name in ("orelse",) if isinstance(node, (ast.For, ast.While)) else ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [new for s in block for new in _with_binding(s, binding)])
                waiting += [s for s in block if not isinstance(s, _SCOPES)]
        waiting += [*getattr(node, "handlers", []), *getattr(node, "cases", [])]
    return [*step.body, *copy.deepcopy(list(binding))]


def _with_binding(s: ast.stmt, binding: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [*copy.deepcopy(list(binding)), s] if isinstance(s, ast.Continue) else [s]


def one_inside_the_other(s: ast.If) -> ast.If:
    """``if a: if (y := b): …`` for ``if a and (y := b): …``, where there is no other side to be said twice."""
    if s.orelse or not (isinstance(s.test, ast.BoolOp) and isinstance(s.test.op, ast.And)) or not binds_later([s.test]):
        return s
    body = s.body
    for test in reversed(s.test.values):
        body = [ast.copy_location(ast.If(test, body, []), s)]
    found = body[0]
    assert isinstance(found, ast.If)
    return found


def binds_later(body: Sequence[ast.AST]) -> bool:
    """Whether a name is bound in an expression that may not be evaluated, or in the condition of a loop."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if any(isinstance(n, ast.NamedExpr) for part in _later(node) for n in ast.walk(part)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):  # each is asked for itself
            waiting += ast.iter_child_nodes(node)
    return False


def _later(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of `node` that become functions of their own."""
    if isinstance(node, ast.BoolOp):
        yield from node.values[1:]
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Compare):
        yield from node.comparators[1:]
    elif isinstance(node, ast.While):
        yield node.test
