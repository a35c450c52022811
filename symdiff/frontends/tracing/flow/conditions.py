"""Conditions of comprehensions, where what is done with the elements has one that changes nothing.

How many elements a list has cannot depend on values that are not known. ``sum(v for v in x if v > 0)`` does not need to
know: it adds 0 for what is left out.
"""

from __future__ import annotations

import ast

_NEUTRAL = {"sum": 0, "any": False, "all": True}


def over_conditions(node: ast.expr) -> ast.Call | None:
    """``sum(v if c else 0 for v in x)`` for ``sum(v for v in x if c)``; None for other expressions.

    The same holds for ``any``, where what is left out is False, and ``all``, where it is True.
    """
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NEUTRAL):
        return None
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        return None
    elements = node.args[0]
    *outer, last = elements.generators
    if not last.ifs or any(g.ifs or g.is_async for g in elements.generators[:-1]) or last.is_async:
        return None
    if any(isinstance(part, ast.NamedExpr) for part in ast.walk(elements)):
        return None
    test = last.ifs[0] if len(last.ifs) == 1 else ast.BoolOp(ast.And(), last.ifs)
    element = ast.IfExp(test, elements.elt, ast.Constant(_NEUTRAL[node.func.id]))
    every = type(elements)(element, [*outer, ast.comprehension(last.target, last.iter, [], 0)])
    for new in (test, element, every):
        ast.copy_location(new, node)
    return ast.copy_location(ast.Call(node.func, [every], []), node)
