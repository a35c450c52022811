"""Programs of more than one precision: what is computed in double precision does not become single by being rewritten.

``sum(x * c)`` with `x` of float32 and `c` of float64 is computed in double precision, ``c * sum(x)`` is not, though it
has the same type. Reals do not tell the two apart, so this is asked of every rewrite that is not bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.graph.aval import Aval
from symdiff.graph.node import Node

MOST = 64  # nodes that are looked at, below each of the two


def is_even(nodes: Iterable[Node]) -> bool:
    """Whether all that has digits, among `nodes`, has as many."""
    sizes = {_digits(aval) for aval in {node.aval for node in nodes} if not aval.parts and aval.inexact}
    return len(sizes) < 2


def mixes(node: Node) -> bool:
    """Whether an operand has fewer digits than the result."""
    others = [x for x in node.inputs if x.aval is not node.aval]
    return bool(others) and any(_is_below(x, node) for x in others)


def narrows(node: Node, new: Node) -> bool:
    """Whether `new`, which is to stand for `node`, computes something with fewer digits that `node` did not."""
    coarse, seen, stack = [], {new}, [new]
    while stack and len(seen) < MOST:
        n = stack.pop()
        if _is_below(n, node):
            coarse.append(n)
        elif n is not node and n not in node.inputs:
            stack += (more := [x for x in n.inputs if x not in seen])
            seen.update(more)
    return bool(coarse) and not _below(node).issuperset(coarse)


def _is_below(x: Node, node: Node) -> bool:
    a, b = x.aval, node.aval
    if a is b or a.parts or b.parts or not (a.inexact and b.inexact):
        return False
    return not a.weak and x.literal is None and _size(x) < _size(node)


def _size(x: Node) -> int:
    return _digits(x.aval)


def _digits(aval: Aval) -> int:
    """The bytes of a real number, or of one of the two parts of a complex one."""
    return aval.dtype.itemsize // (2 if aval.dtype.kind == "c" else 1)


def _below(node: Node) -> set[Node]:
    """What `node` is made of, as far down as a rule looks."""
    found, layer = {node}, [node]
    while layer and len(found) < MOST:
        layer = [x for n in layer for x in n.inputs if x not in found]
        found.update(layer)
    return found
