"""The three families, and what follows from each.

Calculus leaves three different things to write down, so there are three kinds of row:

- `elementwise`: the partial derivatives; broadcasting, vjp, jvp and stacks follow.
- `linear`: the transpose; the tangent rule is the operation itself.
- `primitive`: the vector-Jacobian product; the tangent rule is its transpose.

In every rule `y` is the output node, `g` a cotangent of it; params arrive as keywords.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from symdiff.errors import ArgumentError, did_you_mean
from symdiff.graph.aval import Aval
from symdiff.graph.fact import Fact
from symdiff.graph.node import ITEM, Node, maker, part_of
from symdiff.graph.notation import Notation, written
from symdiff.graph.op import OPS, Op, Undefined
from symdiff.ops import array_bounds
from symdiff.ops.batching import broadcasting
from symdiff.ops.building import build, build_elementwise
from symdiff.ops.costs import cubic
from symdiff.ops.inference import DType, elementwise_infer
from symdiff.ops.links import per_element

Partial = Callable[..., Any] | Undefined | None
Rule = Callable[..., Node | Undefined | None]

REALS = (-2.0, 2.0)
POSITIVES = (0.2, 3.0)


def undefined(why: str) -> Undefined:
    """Marks a derivative that does not exist; asking for it raises UndefinedGradientError with `why`.

    >>> undefined("complex numbers have no order")
    Undefined(why='complex numbers have no order')
    """
    return Undefined(why)


# -------------------------------------------------------------------------------------------------------------- rows

_WRITTEN = frozenset({"usual", "math", *(column.name for column in fields(Notation))})
_COLUMNS = frozenset(column.name for column in fields(Op)) - {"notation"}


def _row(name: str, family: str, *rules: Any, **columns: Any) -> Op:
    """Registers a row; those of its columns that say how it is written become its notation."""
    notation = {key: columns.pop(key) for key in _WRITTEN & columns.keys()}
    if unknown := sorted(columns.keys() - _COLUMNS):
        help = did_you_mean(unknown[0], _COLUMNS | _WRITTEN)
        raise ArgumentError(f"operation {name!r}: rows have no column {unknown[0]!r}", help=help)
    columns["notation"] = written(**notation)
    if getattr(rules[-1], "__name__", "") == "<lambda>" and "numpy" not in columns["notation"].spell:
        raise ArgumentError(
            f"operation {name!r}: what runs it is a lambda, and its source is copied into what is printed",
            help="write a function: def cube(a): return a**3; or spell=\"a**3\", and None in its place",
        )
    return OPS.register(Op(name, family, *rules, **columns))


# ------------------------------------------------------------------------------------------------------- elementwise


def elementwise(
    name: str,
    fn: Callable[..., Any] | str | None,
    *partials: Partial,
    dtype: DType | None = None,
    vjp: tuple[Rule | Undefined | None, ...] | None = None,
    domain: tuple[tuple[float, float], ...] | None = None,
    doc: str,
    **columns: Any,
) -> Op:
    """Adds an operation that works element by element, by its partial derivatives; everything else follows.

    Expressions call it by its name. It broadcasts, and is differentiated, stacked, simplified and printed as the others.

    Args:
        name: what it is called; no other operation may be called so.
        fn: a NumPy function, ``"scipy.special:name"``, or a plain function of yours, whose source is copied into the
            source that is printed; None where `spell` says how it is written, or `lower` in terms of what.
        partials: for each input ``lambda y, *inputs: value``, where `y` is the result; None where the derivative is
            zero everywhere (floor), or `undefined`.
        dtype: "float" for a real function, "bool" for a condition, or a function of the types of the inputs; else what
            `fn` itself gives.
        vjp: in place of `partials`, ``lambda g, y, *inputs: value`` for each input, where the derivative times the
            cotangent `g` is no product (where, conj).
        domain: for each input an interval in which the function is smooth.
        doc: a sentence.
        columns: whatever else the row says: how it is written (``spell``, ``math``, ``hint``, ``latex``, …: see
            `symdiff.graph.notation`), or what holds of it (``commutative``, ``singular``, …: see `symdiff.graph.op`).
            Second derivatives by your rules are not taken for symmetric, unless you say so: ``given=False``.

    Raises:
        ValueError: if the name is taken, or the row has a gap.
        ArgumentError: if there is no such column.

    >>> import symdiff as sd
    >>> row = sd.elementwise("cube", None, lambda y, x: 3 * x**2, dtype="float", spell="a * a * a", doc="x ** 3.")
    >>> sd.grad("sum(cube(x))", x="n")([1.0, 2.0])
    array([ 3., 12.])
    """
    rules = vjp if vjp is not None else tuple(_times(partial) for partial in partials)

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        rule = rules[i]
        return rule if rule is None or isinstance(rule, Undefined) else rule(g, node, *node.inputs, **node.kwargs)

    if dtype is None and not callable(fn):
        raise ArgumentError(
            f"operation {name!r}: of what dtype the result is, no function says", help='dtype="float" for a real function'
        )
    infer = elementwise_infer(columns.get("infix") or name, fn, dtype)
    columns.setdefault("links", per_element)
    return _row(
        name, "elementwise", infer, bprop, fn, doc=doc, domain=domain or (REALS,) * len(rules),
        arity=len(rules), batch=broadcasting, build=build_elementwise, **columns,
    )  # fmt: skip


def _times(partial: Partial) -> Rule | Undefined | None:
    if partial is None or isinstance(partial, Undefined):
        return partial

    def rule(g: Node, y: Node, *inputs: Node, **params: Any) -> Node | Undefined | None:
        p = partial(y, *inputs, **params)
        if p is None or isinstance(p, Undefined):
            return p
        if isinstance(p, (int, float)) and p == 1:
            return g
        if isinstance(p, (int, float)) and p == -1:
            return -g
        if g.literal is not None and g.literal.scalar == 1 and isinstance(p, Node) and p.dtype == g.dtype:
            return p
        product: Node = p * g
        return product

    return rule


def is_singular(node: Node) -> bool:
    """Whether a derivative of `node` may be infinite or nan where its inputs are finite."""
    if node.op is ITEM and part_of(node).singular:
        return True
    node = maker(node)
    singular = node.op.singular
    return singular(node) if callable(singular) else singular


def is_pole(node: Node) -> bool:
    """Whether `node` may be infinite or nan where its inputs are finite, as its row says: a norm is not, for one."""
    if not is_singular(node):
        return False
    passing = None if node.aval.parts or node.op is ITEM else node.op.facts
    return passing is None or not passing(node, lambda x: Fact(finite=True)).finite


# ------------------------------------------------------------------------------------------------ linear, primitive


def linear(
    name: str,
    fn: Callable[..., Any] | str | None,
    *,
    infer: Callable[..., Aval],
    transpose: Rule | tuple[Rule, ...],
    doc: str,
    samples: Callable[..., Any],
    variadic: bool = False,
    **columns: Any,
) -> Op:
    """Adds an operation that is linear in each of its inputs, by its transpose; the tangent is the operation itself.

    Args:
        name, fn, doc, columns: as in `elementwise`. Jacobians need a ``batch``, a rule for stacks (see
            `symdiff.ops.batching`).
        infer: ``lambda *types, **params: type``: the shape and dtype of the result.
        transpose: ``lambda g, *inputs, **params: value``; a tuple of such for several inputs, or with `variadic` one
            ``lambda i, g, *inputs, **params: value`` for any number.
        samples: ``lambda rng: [(arrays, params), …]``: what it is tested on.

    Raises:
        ValueError, ArgumentError: as `elementwise`.

    >>> import numpy as np, symdiff as sd
    >>> mirror = sd.linear("mirror", np.flip, infer=lambda x: x, transpose=lambda g, x: mirror(g), doc="Last to first.",
    ...                    samples=lambda rng: [((rng.normal(size=3),), {})])
    >>> f = sd.function(mirror(sd.var("x", 3)))
    >>> sd.jvp(f, "x")(np.zeros(3), np.array([1.0, 2.0, 3.0]))
    array([3., 2., 1.])
    """

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        if variadic:
            assert callable(transpose)
            return transpose(i, g, *node.inputs, **node.kwargs)
        rule = transpose[i] if isinstance(transpose, tuple) else transpose
        return rule(g, *node.inputs, **node.kwargs)

    arity = None if variadic else len(transpose) if isinstance(transpose, tuple) else 1
    columns.setdefault("facts", array_bounds.linear)
    return _row(name, "linear", infer, bprop, fn, doc=doc, arity=arity, build=build, samples=samples, **columns)


def primitive(
    name: str,
    fn: Callable[..., Any] | str | None,
    *,
    infer: Callable[..., Aval | tuple[Aval, ...]],
    vjp: tuple[Rule | Undefined | None, ...] | Rule,
    doc: str,
    samples: Callable[..., Any],
    **columns: Any,
) -> Op:
    """Adds an operation of which nothing follows, by its vector-Jacobian products.

    A row gives several values if `infer` returns a tuple, ``w, V = eigh(a)``. Its node `y` is taken apart by
    ``w, V = y``, and `g` is a tuple, with None for parts that nothing flows back into; `parts` says what they are called.

    Args:
        name, fn, doc, infer, samples, columns: as in `linear`.
        vjp: for each input ``lambda g, y, *inputs, **params: value``, None where the derivative is zero everywhere, or
            `undefined`; for any number of inputs one ``lambda i, g, y, *inputs, **params: value``. It must be linear in
            `g`: forward mode transposes it, unless the row has a ``jvp``.

    Raises:
        ValueError, ArgumentError: as `elementwise`.

    >>> import numpy as np, symdiff as sd
    >>> from symdiff.graph.aval import Aval
    >>> euclid = sd.primitive("euclid", np.linalg.norm, infer=lambda x: Aval(x.dtype, ()), doc="Length of a vector.",
    ...                       vjp=(lambda g, y, x: g / y * x,), samples=lambda rng: [((rng.normal(size=3),), {})])
    >>> sd.grad(sd.function(euclid(sd.var("x", 2))), "x")(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        if callable(vjp):
            return vjp(i, g, node, *node.inputs, **node.kwargs)
        rule = vjp[i]
        return rule if rule is None or isinstance(rule, Undefined) else rule(g, node, *node.inputs, **node.kwargs)

    if "flops" not in columns and (_is_linalg(fn) or "np.linalg." in str(columns.get("spell"))):
        columns["flops"] = cubic
    arity = None if callable(vjp) else len(vjp)
    return _row(name, "primitive", infer, bprop, fn, doc=doc, arity=arity, build=build, samples=samples, **columns)


def _is_linalg(fn: object) -> bool:
    """Whether a function decomposes matrices."""
    return "linalg" in (fn if isinstance(fn, str) else getattr(fn, "__module__", ""))
