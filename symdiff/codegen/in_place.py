"""Statements that add to a buffer."""

from __future__ import annotations

import ast


def adding(template: str, operand: ast.expr, *, minus: bool, first: bool) -> tuple[ast.stmt, ast.expr]:
    """The statement over ``target`` and ``a``, and what is to stand for ``a``.

    `minus` takes away; what is `first` in a buffer of zeros is assigned. Calls, ``np.add.at``, can do nothing but add.

    >>> tree, a = adding("target[1:] += a", ast.parse("-x", mode="eval").body, minus=False, first=False)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] -= a', 'x')
    """
    tree = ast.parse(template).body[0]
    if isinstance(tree, ast.AugAssign) and not first:
        if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.USub):
            operand, minus = operand.operand, not minus
        tree.op = ast.Sub() if minus else tree.op
        return tree, operand
    if isinstance(tree, ast.AugAssign):
        tree = ast.Assign([tree.target], tree.value, lineno=1)
    return tree, ast.UnaryOp(ast.USub(), operand) if minus else operand
