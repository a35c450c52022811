"""Statements that add to a buffer."""

from __future__ import annotations

import ast


def adding(template: str, operand: ast.expr, *, minus: bool, first: bool) -> tuple[ast.stmt, ast.expr]:
    """The statement over ``target`` and ``a``, and what is to stand for ``a``.

    `minus` takes away; what is `first` in a buffer of zeros is assigned. Calls, ``np.add.at``, can do nothing but add.

    >>> tree, a = adding("target[1:] += a", ast.parse("-x", mode="eval").body, minus=False, first=False)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] -= a', 'x')
    >>> tree, a = adding("target[1:] += a", ast.parse("-1 / n", mode="eval").body, minus=False, first=False)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] -= a', '1 / n')
    """
    tree = ast.parse(template).body[0]
    if isinstance(tree, ast.AugAssign) and not first:
        positive = _without_sign(operand)
        if positive is not None:
            operand, minus = positive, not minus
        tree.op = ast.Sub() if minus else tree.op
        return tree, operand
    if isinstance(tree, ast.AugAssign):
        tree = ast.Assign([tree.target], tree.value, lineno=1)
    return tree, ast.UnaryOp(ast.USub(), operand) if minus else operand


def _without_sign(operand: ast.expr) -> ast.expr | None:
    """What has a minus in front, ``-x`` or ``-1 / n``, without it."""
    if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.USub):
        return operand.operand
    if not isinstance(operand, ast.BinOp) or not isinstance(operand.op, (ast.Mult, ast.Div)):
        return None
    left = _without_sign(operand.left)
    return None if left is None else ast.BinOp(left, operand.op, operand.right)
