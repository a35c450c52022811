"""Quotients by a norm, where what they belong to is differentiated again.

The derivative of f(r) with r = norm(x) is ``f'(r) / r * x``. At x = 0 the quotient does not matter; the next derivative
holds it by itself, and if f'(0) is 0, as it is where the composite is smooth, the quotient has a limit there. It is
found in this order:

- in symbols: ``r * h / r`` is h (`symdiff.rewrite.rational`);
- by de l'Hôpital's rule: at r = 0, the derivative of f'(r) by r.

``f'(|x|) * sign(x)`` is the same of one number: near 0 it is ``limit * x``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from symdiff.autodiff.forward import push_forward
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant, variable
from symdiff.graph.walk import between, substitute, toposort
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.families import is_singular
from symdiff.ops.index import Index
from symdiff.rewrite.engine import Engine, Index as Rules, Journal, Pass
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.rational import divided
from symdiff.rewrite.replacing import replaced
from symdiff.rewrite.rules import algebra, broadcasts, constants

LIMIT = Pass("limit", "REAL", "a quotient by a norm has a limit where the norm is 0", "where the norm is 0")
QUOTIENTS = (ew.norm_quotient, ew.sign_product)
NESTED = 500  # nodes of limits in a quotient, of layers above it: past these, its own is sought without them
FOLD = Rules((*constants.RULES, *algebra.RULES, *broadcasts.RULES))


def with_limits(graph: Graph) -> Graph:
    """`graph` with the limits of its quotients by norms; itself, if it has none."""
    nodes = graph.whole
    if not any(n.op in QUOTIENTS for n in nodes):
        return graph
    facts = Facts({})

    def limit_of(same: Node, n: Node) -> Node | None:
        if n.op not in QUOTIENTS or facts.of(_norm(n)).positive:
            return None  # as a norm with a constant in it, of which layers would hold limits of limits
        nested = len(toposort([same])) - len(toposort([n]))
        limit = _with_limit(same, same if nested <= NESTED else n, exact=graph.notes.exact)
        return None if limit is None else _typed(limit, n)

    return replaced(graph, LIMIT, limit_of)


def _typed(limit: Node, node: Node) -> Node:
    """A limit that is a number of Python's, in the dtype of the node that it takes the place of."""
    if limit.aval.weak and not node.aval.weak:
        limit = shapes.astype(limit, dtype=node.dtype.name)
    return red.spread(limit, node.shape)


def _with_limit(node: Node, known: Node, *, exact: bool) -> Node | None:
    """The quotient with its limit, which is sought in `known`, the same quotient; None if it is not known."""
    (g, x), r = known.inputs, _norm(known)
    quotient = None if exact else _by_parts(g, r, lambda g, r: divided(g, r, _squares(r)))
    if quotient is not None:
        return quotient * x if node.op is ew.sign_product else quotient
    slope = _by_parts(red.spread(g, r.shape) if r.shape == node.shape else g, r, _slope)
    if slope is None:
        return None
    x = node.inputs[1]
    return ew.where(ew.equal(x, 0), slope * x if node.op is ew.sign_product else slope, node)


def _norm(quotient: Node) -> Node:
    x = quotient.inputs[1]
    return ew.absolute(x) if quotient.op is ew.sign_product else x


def _squares(r: Node) -> Iterable[Node]:
    """How the square of a norm is written where it stands for itself."""
    if r.op is ew.root_of_squares:
        return r.inputs
    if r.op is ew.hypot:
        a, b = map(ew.square, r.inputs)
        return (a + b, b + a)
    if r.op is ew.absolute:
        return (ew.square(*r.inputs),)
    if r.op is red.norm2 and r.inputs[0].aval.kind != "c":
        return (red.sum_(ew.square(*r.inputs), **r.kwargs),)
    return (red.var(*r.inputs, **r.kwargs),) if r.op is red.std else ()


# ------------------------------------------------------------------------------------------------- the derivative by r


def _by_parts(g: Node, r: Node, of: Callable[[Node, Node], Node | None]) -> Node | None:
    """What `of` says of g and r; where parts of r are picked, and put among zeros again, of each part for itself.

    What g holds of the others is smooth in this one as well, or g is not; so its derivative is 0 where this one is.
    """
    parts = _parts(g) if r.shape else {}
    if not parts:
        return of(g, r)
    total: Node | None = None
    for index, part in parts.items():
        found = of(part, shapes.getitem(r, index=index))
        if found is None:
            return None
        term = shapes.scatter(found, shape=r.shape, index=index)
        total = term if total is None else total + term
    return total


def _parts(g: Node) -> dict[Index, Node]:
    """The parts of which a sum of parts among zeros is made, by where they stand; none, if it is no such sum."""
    parts: dict[Index, Node] = {}
    stack = [(False, g)]
    while stack:
        minus, n = stack.pop()
        if n.op in (ew.add, ew.subtract):
            stack += [(minus ^ (n.op is ew.subtract), n.inputs[1]), (minus, n.inputs[0])]
        elif n.op is ew.negative:
            stack.append((not minus, n.inputs[0]))
        elif n.op is shapes.scatter and n.shape == g.shape:
            index, part = n.kwargs["index"], -n.inputs[0] if minus else n.inputs[0]
            parts[index] = parts[index] + part if index in parts else part
        else:
            return {}
    return parts


def _slope(g: Node, r: Node) -> Node | None:
    """dg/dr at r = 0, element by element; None where g is not seen to be smooth in r, or does not depend on it."""
    path = between([r], g)
    places: dict[Node, tuple[int | None, ...]] = {r: tuple(None if n == 1 else k for k, n in enumerate(r.shape))}
    for n in path[1:]:
        found = _places(n, places) if r.shape else ()
        if found is not None:
            places[n] = found
    if g not in places or (r.shape and places[g] != places[r]) or g.shape != r.shape or not _is_smooth(path, places):
        return None
    cut = {x: variable(f"far {k}", x.aval) for k, x in enumerate(n for n in path if n not in places)}
    (near,) = substitute([g], cut)
    one = red.spread(constant(r.dtype.type(1)), r.shape)
    (slope,) = push_forward([near], [r], [one]).tangents
    if slope is None:
        return None
    if all(n.op.family == "elementwise" for n in between([r], slope)[1:]):  # else that would be computed twice
        (slope,) = substitute([slope], {r: red.spread(constant(r.dtype.type(0)), r.shape)})
    return substitute([slope], {v: x for x, v in cut.items()})[0]


def _places(n: Node, places: Mapping[Node, tuple[int | None, ...]]) -> tuple[int | None, ...] | None:
    """For each axis of n the axis of r along which an element depends on that element of r alone; None for an axis of
    its own. None for all if some element depends on several elements of r."""
    near = [(x, places[x]) for x in n.inputs if x in places]
    if not near:
        return None
    if n.op.family == "elementwise":
        aligned = {(None,) * (n.ndim - x.ndim) + p for x, p in near}
        return aligned.pop() if len(aligned) == 1 else None
    (x, p), *_ = near
    if n.op is shapes.expand_dims:
        old = iter(p)
        return tuple(None if k in n.kwargs["axis"] else next(old) for k in range(n.ndim))
    if n.op in (shapes.squeeze, shapes.reshape) and [m for m in x.shape if m != 1] == [m for m in n.shape if m != 1]:
        longer = iter([q for q, m in zip(p, x.shape, strict=True) if m != 1])
        return tuple(None if m == 1 else next(longer) for m in n.shape)
    if n.op is shapes.permute:
        return tuple(p[k] for k in n.kwargs["axes"])
    if n.op in (red.sum_, red.mean) and all(p[k] is None for k in n.kwargs["axis"]):
        return p if n.kwargs["keepdims"] else tuple(q for k, q in enumerate(p) if k not in n.kwargs["axis"])
    if n.op is red.broadcast_to and x.shape == n.shape[n.ndim - x.ndim :]:
        return (None,) * (n.ndim - x.ndim) + p
    return None


def _is_smooth(path: Sequence[Node], places: Mapping[Node, object]) -> bool:
    """Whether no operation on the way from r has an infinite derivative at r = 0, where its operands may be 0."""
    asked = [
        x
        for n in _selected(path)
        if n in places and n.inputs and is_singular(n)
        for x in (n.inputs[1:] if n.op is ew.divide else n.inputs)
        if x in places and not Facts({}).of(x).positive
    ]
    return all(Facts({}).of(x).positive for x in _at_zero(asked, path[0]))


def _selected(path: Sequence[Node]) -> Iterator[Node]:
    """What the last of the nodes takes at r = 0: of selections that are known there, one side."""
    choices = [n for n in path if n.op.selects]
    known = dict(zip(choices, _at_zero([n.inputs[0] for n in choices], path[0]), strict=True))
    inside, taken = set(path), {path[-1]}
    for n in reversed(path):
        if n in taken:
            yield n
            inputs = n.inputs
            if n in known and (condition := _everywhere(known[n])) is not None:
                inputs = n.inputs[1:2] if condition else n.inputs[2:]
            taken |= inside.intersection(inputs)


def _everywhere(x: Node) -> bool | None:
    """The one number that a node is known to be everywhere, as a condition."""
    literal = (x.inputs[0] if x.op is red.broadcast_to else x).literal
    return None if literal is None or literal.scalar is None else bool(literal.scalar)


def _at_zero(nodes: Sequence[Node], r: Node) -> list[Node]:
    """What nodes are at r = 0, as far as that is known: of ``where(r < 0.01, 1, r)`` it is."""
    there = substitute(nodes, {r: red.spread(constant(r.dtype.type(0)), r.shape)})
    settled = Engine(FOLD).settle(there, Journal())
    return [settled[x] for x in there]
