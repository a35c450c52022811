"""Loops over numbers: Python's own floats take a tenth of the time of NumPy's.

Only where both give the same, bit for bit, and nothing is raised: sums, differences, products, comparisons, choices.
What is sliced becomes a list, and what the loop reads beside a float.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from symdiff.codegen.spelling import Spelling
from symdiff.codegen.target import Target
from symdiff.graph.expression_text import unparse
from symdiff.graph.floats import is_float_scalar
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, maker
from symdiff.graph.template import free_names, parse_template
from symdiff.graph.walk import consumers, toposort

RAISING = (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def is_exact(node: Node, floats: Target) -> bool:
    """Whether Python's floats compute a node as NumPy's do, and as quietly."""
    if not node.inputs:
        return True
    assert isinstance(floats, Spelling)
    if node.op.block or not floats.prints(node) or _may_raise(node) or node.op is ITEM:
        return False
    return not any(floats.origin(node, name) for name in free_names(floats.template(node)))


def _may_raise(node: Node) -> bool:
    """Whether Python raises an error for some numbers; a quotient by a number that is written there is not one."""
    by = node.inputs[1].literal if node.op.infix == "/" else None
    return node.op.notation.raises and not (by is not None and not by.value.shape and by.value != 0)


def is_float_loop(node: Node, floats: Target | None) -> bool:
    """Whether a loop is one over numbers."""
    if floats is None or node.op.block != "for":
        return False
    loop = Loop.of(node)
    if loop.asks or not all(is_float_scalar(x) and x.dtype != np.int64 for x in loop.states):
        return False
    order = toposort(loop.body.outputs)
    return all(is_float_scalar(x) and (is_exact(x, floats) or _divides_by_constant(loop, x)) for x in order)


def _divides_by_constant(loop: Loop, node: Node) -> bool:
    """Whether a node divides by a number that is the same in all steps."""
    return node.op.infix == "/" and node.inputs[1] in loop.constants


def divisors(loop: Loop) -> list[Node]:
    """What a loop over numbers divides by, the same in all steps: a zero must be NumPy's, which gives infinity."""
    found = {x.inputs[1] for x in toposort(loop.body.outputs) if _divides_by_constant(loop, x)}
    return [k for k in loop.constants if k in found]


def as_floats(
    order: Sequence[Node], returned: Iterable[Node], floats: Target | None, arguments: Sequence[Node] = ()
) -> set[Node]:
    """The numbers that loops read, and that may be Python's floats for all that reads them beside.

    Of what is given only `arguments` may, which are variables of the function.
    """
    loops = [node for node in order if is_float_loop(node, floats)]
    if not loops:
        return set()
    assert floats is not None
    uses, kept = consumers(order), set(returned)
    read = {x for node in loops for x in Loop.of(node).fixed if x.inputs or x in arguments}
    read = {x for x in read if x.dtype == np.float64 and not x.shape}
    return {x for x in read if x not in kept and not any(is_harmed(u, floats) for u in uses[x])}


def is_float(node: Node, floats: Collection[Node]) -> bool:
    """Whether the expression of a node gives a Python float as it is: arithmetic on such."""
    written = node.op.family == "elementwise" and bool(node.op.infix)
    return written and all(x in floats or x.literal is not None for x in node.inputs)


def is_harmed(user: Node, floats: Target) -> bool:
    """Whether what reads a number does otherwise if it is a Python float: it may raise where NumPy's gives inf."""
    if user.op.block:
        return not is_float_loop(user, floats)
    return not user.shape and not is_exact(user, floats)


def divided(order: Sequence[Node], spelling: Spelling) -> set[Node]:
    """The numbers by which something is divided in the end: of them Python's zeros would raise an error."""
    found: set[Node] = set()
    for node in reversed(order):
        if node.aval.parts or node.shape or not node.inputs or maker(node).op.is_statement or maker(node).op.block:
            continue
        parts = list(ast.walk(parse_template(spelling.template(node))))
        divides = any(isinstance(part, ast.BinOp) and isinstance(part.op, RAISING) for part in parts)
        if divides or (node in found and not any(isinstance(part, ast.Call) for part in parts)):
            found.update(node.inputs)
    return found


def is_said_in_head(x: Node, node: Node, floats: Target | None, uses: Mapping[Node, Sequence[Node]]) -> bool:
    """Whether what a loop over numbers goes through needs no name: one operation, of which nothing else reads the
    result, and which is done once, for a list is made of it."""
    one = x.op.infix is not None and all(not y.inputs or y.op.drops or y.op.view for y in x.inputs)
    return one and list(uses[x]) == [node] and x in Loop.of(node).sliced and is_float_loop(node, floats)


def _bracketed(x: ast.expr) -> str:
    text = unparse(x)
    return text if isinstance(x, (ast.Name, ast.Subscript, ast.Attribute, ast.Call)) else f"({text})"


def header(
    index: str,
    steps: str,
    arrays: Mapping[str, ast.expr],
    *,
    reverse: bool,
    counts: bool,
    are_lists: bool = False,
    first: int = 0,
) -> str:
    """``for t, x in enumerate(a.tolist()):``.

    Args:
        index: the variable that counts.
        steps: ``range(…)``.
        arrays: what is sliced, by the variable of an element.
        reverse: whether the last elements come first.
        counts: whether a step reads the index.
        are_lists: whether what is sliced are lists already.
        first: the number of the first step.
    """
    lists = [f"{_bracketed(x)}{'[::-1]' * reverse}.tolist()" for x in arrays.values()]
    if are_lists:
        lists = [f"reversed({unparse(x)})" if reverse else unparse(x) for x in arrays.values()]
    names = list(arrays)
    if not lists:
        return f"for {index} in {f'reversed({steps})' if reverse else steps}:"
    if reverse and counts:
        return f"for {', '.join([index, *names])} in zip(reversed({steps}), {', '.join(lists)}):"
    several = f"zip({', '.join(lists)})" if len(lists) > 1 else lists[0]
    if not counts:
        return f"for {', '.join(names)} in {several}:"
    element = f"({', '.join(names)})" if len(names) > 1 else names[0]
    return f"for {index}, {element} in enumerate({several}{f', {first}' if first else ''}):"
