"""Which variables a block of statements changes, and which of them are bound to what others know."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from symdiff.frontends.plainer import BROKEN, LEFT, RESULT, RETURNED, own

CARRIED = (RESULT, RETURNED, BROKEN, LEFT)  # variables of ours that a block hands on
CHANGES = frozenset({
    "append", "extend", "insert", "pop", "update", "setdefault", "remove", "clear", "sort", "reverse", "popitem", "add",
    "discard", "appendleft", "extendleft", "popleft", "rotate",
})  # fmt: skip
MAKING = (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Call, ast.BinOp, ast.UnaryOp, ast.Constant)


def assigned_in(body: Sequence[ast.stmt]) -> list[str]:
    """The variables that a block assigns, and those whose lists or dicts it changes."""
    names: dict[str, None] = {}
    for node in own(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            names[base_of(node.func.value)] = None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            names[base_of(node.value)] = None
    names.pop("", None)
    return sorted(name for name in names if not name.startswith("__symdiff_") or name.startswith(CARRIED))


def base_of(value: ast.expr) -> str:
    """The variable that is changed, "" if it is none."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "changed":
        value = value.args[0]
    return value.id if isinstance(value, ast.Name) else ""


def bound_in(body: Sequence[ast.stmt]) -> set[str]:
    """The variables among them that are bound anew: others are written into only, ``y[t] = v``, ``y += v``."""
    into = {id(node.target) for node in own(body) if isinstance(node, ast.AugAssign)}
    names = {n.id for n in own(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and id(n) not in into}
    return names | {node.name for node in own(body) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def bound_elsewhere(body: Sequence[ast.stmt]) -> set[str]:
    """The variables that are bound to what may have another name: not all of whose values are made there."""
    made: set[int] = set()
    for node in own(body):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets if len(targets) == 1 else ():
                made.update(id(t) for t, v in _pairs(target, node.value) if isinstance(v, MAKING))
        elif isinstance(node, ast.AugAssign):
            made.add(id(node.target))
    stored = (n for n in own(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {n.id for n in stored if id(n) not in made}


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """What is assigned to what, of ``a, b = [], {}`` each by itself."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def names_of(target: ast.expr) -> list[str]:
    """The variables that a target of an assignment binds."""
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
