"""Terms of a sum in a step that do not depend on the state: added up by themselves, they are for all steps at once.

``np.tanh(W @ h + U @ x[t] + b)`` is ``np.tanh(W @ h + u[t])``, where u is ``x @ U.T + b``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from symdiff.graph.loop import Loop
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers, substitute, toposort
from symdiff.ops.elementwise import add, subtract

MOST = 32  # terms of a sum

Term = tuple[bool, Node]  # whether it is subtracted


def free_terms(loop: Loop, used: set[int]) -> Mapping[int, Node] | None:
    """Terms that do not depend on the state are added up by themselves, before what does."""
    if loop.recomputes or loop.asks:
        return None
    order = toposort(loop.body.outputs)
    carried = set(loop.states)
    carried.update(node for node in order if not carried.isdisjoint(node.inputs))
    uses, outputs = consumers(order), {*loop.body.outputs, *loop.body.names}
    inner = {
        node
        for node in order
        if _is_sum(node) and node not in outputs and len(uses[node]) == 1 and _is_sum(uses[node][0])
        if uses[node][0].aval is node.aval
    }
    new = {}
    for node in order:
        if _is_sum(node) and node in carried and node not in inner:
            found = _apart(node, inner, carried)
            if found is not None:
                new[node] = found
    if not new:
        return None
    body = replace(loop.body, outputs=tuple(substitute(loop.body.outputs, new)))
    parts = replace(loop, body=body).node.parts
    return {k: parts[k] for k in used}


def _is_sum(node: Node) -> bool:
    return node.op in (add, subtract) and node.aval.kind in "fc"


def _apart(root: Node, inner: set[Node], carried: set[Node]) -> Node | None:
    """The sum `root` as that of two, if its free terms are several, and stand among others."""
    terms = _terms(root, inner)
    free, bound = ([term for term in terms if (term[1] in carried) is b] for b in (False, True))
    if len(free) < 2 or len(terms) > MOST or all(x.literal is not None for _, x in free):
        return None
    below = toposort([root], stop=lambda x: x is not root and x not in inner)
    if any(x in inner and _terms(x, inner) == free for x in below):
        return None
    (minus, total), (less, rest) = _total(free), _total(bound)
    new = total - rest if less else rest - total if minus else rest + total
    return new if new.aval is root.aval and not (less and minus) else None


def _total(terms: Sequence[Term]) -> Term:
    """Their sum, or, if all are subtracted, that they are."""
    plus, minus = ([x for less, x in terms if less is b] for b in (False, True))
    if not plus:
        return True, reduce(add, minus)
    return False, reduce(subtract, minus, reduce(add, plus))


def _terms(root: Node, inner: set[Node]) -> list[Term]:
    """The terms of a sum, in order."""
    terms, waiting = list[Term](), [(False, root)]
    while waiting:
        minus, x = waiting.pop()
        if x is root or x in inner:
            a, b = x.inputs
            waiting += [(minus ^ (x.op is subtract), b), (minus, a)]
        else:
            terms.append((minus, x))
    return terms
