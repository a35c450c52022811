"""Loops over numbers: Python's own floats take a tenth of the time of NumPy's.

Only where both give the same, bit for bit, and nothing is raised: sums, differences, products, comparisons, choices.
What is sliced becomes a list, and what the loop reads beside a float.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from symdiff.codegen.spelling import Spelling
from symdiff.codegen.target import Target
from symdiff.graph.expression_text import unparse
from symdiff.graph.floats import is_float_scalar
from symdiff.graph.loop import Loop
from symdiff.graph.node import INPUT, ITEM, Node, maker
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


def own_numbers(loop: Loop, as_floats: Collection[Node]) -> Iterator[tuple[Node, bool]]:
    """What is the same in all steps of a loop over numbers, and is made a Python float for it.

    With whether something is divided by it: a zero must be NumPy's, which gives infinity.
    """
    divides = {x.inputs[1] for x in toposort(loop.body.outputs) if _divides_by_constant(loop, x)}
    for k, x in zip(loop.constants, loop.fixed, strict=True):
        if k in divides or (x not in as_floats and x.literal is None and x.dtype == np.float64):
            yield k, k in divides


def as_number(call: Callable[..., ast.expr], tree: ast.expr, *, divides: bool) -> ast.expr:
    """A number as a Python float; a zero by which something is divided stays NumPy's. `call` writes calls."""
    number = call("float", tree)
    return ast.BoolOp(ast.Or(), [number, call("np.float64", tree)]) if divides else number


def told(loop: Loop | None, as_floats: Collection[Node]) -> set[Node]:
    """In a step, what is the same in all of them and a Python float around the loop."""
    return set() if loop is None else {k for k, x in zip(loop.constants, loop.fixed, strict=True) if x in as_floats}


def handed_on(returned: Iterable[Node], loop: Loop | None) -> set[Node]:
    """What a function returns, or a step carries on: what it leaves behind is written into arrays, unless it asks."""
    return set(returned if loop is None or loop.asks else loop.following)


def as_floats(
    order: Sequence[Node], returned: Iterable[Node], floats: Target | None, arguments: Sequence[Node] = ()
) -> set[Node]:
    """The numbers that loops read, and that may be Python's floats for all that reads them beside.

    Of what is given only `arguments` may, which are variables of the function.
    """
    if floats is None:
        return set()
    uses, kept = consumers(order), set(returned)
    read = {x for node in order if node.op.block for x in _read_as_floats(node, floats)}
    read = {x for x in read if x.dtype == np.float64 and not x.shape and (x.inputs or x in arguments)}
    found = {x for x in read if x not in kept and not is_harmed(x, uses, floats)}
    vectors = {x.inputs[0] for x in found if _is_element(x)}
    beside = [x for x in order if _is_element(x) and x.inputs[0] in vectors and x not in found and x not in kept]
    return found.union(x for x in beside if not is_harmed(x, uses, floats))  # ``a, b = theta.tolist()``


def _is_element(x: Node) -> bool:
    """Whether a number is an element of a vector that is given, at a place that is known."""
    return x.op.drops and not x.shape and len(x.inputs) == 1 and x.inputs[0].op is INPUT and x.inputs[0].ndim == 1


def _read_as_floats(node: Node, floats: Target) -> list[Node]:
    """What a loop over numbers begins with and has in all steps, and of one in the steps of a loop what these have."""
    loop = Loop.of(node)
    if is_float_loop(node, floats):
        return [*loop.fixed, *loop.carry]
    found = {x for inner in toposort(loop.body.outputs) if inner.op.block for x in _read_as_floats(inner, floats)}
    return [x for k, x in zip(loop.constants, loop.fixed, strict=True) if k in found]


def is_float(node: Node, floats: Collection[Node]) -> bool:
    """Whether the expression of a node gives a Python float as it is: arithmetic on such."""
    written = node.op.family == "elementwise" and bool(node.op.infix)
    return written and all(x in floats or x.literal is not None for x in node.inputs)


def is_harmed(x: Node, uses: Mapping[Node, Sequence[Node]], floats: Target) -> bool:
    """Whether what reads a number does otherwise if it is a Python float: it may raise where NumPy's gives inf.

    Numbers that are made of it may be Python's, too. In the steps of a loop, what is the same in all of them is told.
    """
    found = [x]
    for number in found:
        for user in uses.get(number, ()):
            if user.op.block:
                if not is_float_loop(user, floats) and _is_harmed_inside(number, Loop.of(user), floats):
                    return True
            elif not user.shape and not _is_called(user):
                if not is_exact(user, floats):
                    return True
                found += [user] if user not in found else ()
    return False


def _is_called(node: Node) -> bool:
    """Whether a function of NumPy's computes a node beside loops over numbers: of any floats it makes NumPy's."""
    written = node.op.infix is not None or not {"numpy", "step"}.isdisjoint(node.op.notation.spell)
    return isinstance(node.op.fn, np.ufunc) and not written


def _is_harmed_inside(x: Node, loop: Loop, floats: Target) -> bool:
    """Whether a loop begins with a number, goes through it, or does otherwise in a step if it is a Python float."""
    if x in loop.carry or x in loop.sliced:
        return True
    uses = consumers(toposort(loop.body.outputs))
    inside = [k for k, y in zip(loop.constants, loop.fixed, strict=True) if y is x]
    return any(k in loop.body.outputs or is_harmed(k, uses, floats) for k in inside)


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
