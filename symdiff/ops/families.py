"""The three families, and what follows from each.

Calculus leaves three different things to write down, so there are three kinds of row:

- `elementwise`: the partial derivatives; broadcasting, vjp, jvp and stacks follow.
- `linear`: the transpose; the tangent rule is the operation itself.
- `primitive`: the vector-Jacobian product; the tangent rule is its transpose.

In every rule `y` is the output node, `g` a cotangent of it; params arrive as keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval, broadcast
from symdiff.graph.dims import Dim
from symdiff.graph.node import ITEM, Node, as_node, constant, maker, part_of
from symdiff.graph.op import OPS, Op, Undefined
from symdiff.ops.batching import broadcasting
from symdiff.ops.costs import cubic

Partial = Callable[..., Any] | Undefined | None
Rule = Callable[..., Node | Undefined | None]
DType = Literal["float", "special", "double", "bool"] | Callable[..., np.dtype]

REAL = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)


def undefined(why: str) -> Undefined:
    """Marks a derivative that does not exist; asking for it raises UndefinedGradientError with `why`."""
    return Undefined(why)


# ---------------------------------------------------------------------------------------------------- building nodes


def build(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Node:
    """A node of `op`; the one place where Python values become constants."""
    nodes = tuple(map(as_node, inputs))
    if op.family == "elementwise":
        nodes = _meet_scalars(nodes)
    node = Node(op, nodes, tuple(sorted(params.items())) if params else ())
    if not op.integers and any(map(_is_integer, nodes)):
        return _on_floats(node)
    return node


def _is_integer(x: Node) -> bool:
    return x.aval.kind in "iu" and not x.aval.weak


def _on_floats(node: Node) -> Node:
    """Where NumPy makes floats of integers, the graph says so: what holds of floats, ``-(-x)`` or ``x * x``, does not
    hold of bytes. Where the conversion goes without saying it is not printed (`symdiff.rewrite.rules.implicit`)."""
    floats = [y for y in node.parts or (node,) if y.aval.inexact]
    dtype = floats[0].dtype if floats else common_dtype(x.aval for x in node.inputs)
    if dtype.kind not in "fc":
        return node
    dtype = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype
    inputs = tuple(OPS["astype"](x, dtype=dtype.name) if _is_integer(x) else x for x in node.inputs)
    return Node(node.op, inputs, node.params)


def _meet_scalars(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Python's ``2`` beside a float array means ``2.0``; written so, equal expressions are equal nodes."""
    for x in nodes:
        if x.aval.weak and x.aval.kind == "i":
            break
    else:
        return nodes
    if not any(x.aval.inexact for x in nodes):
        return nodes
    return tuple(_as_float(x) if x.aval.weak and x.aval.kind == "i" else x for x in nodes)


def _as_float(x: Node) -> Node:
    literal = x.literal
    return constant(float(literal.value)) if literal is not None else x


OPS.build = build


# ------------------------------------------------------------------------------------------------------- elementwise


def broadcast_shapes(name: str, avals: Iterable[Aval]) -> tuple[Dim, ...]:
    """The common shape of `avals`; raises ShapeError naming the operation and both shapes."""
    avals = tuple(avals)
    shape: tuple[Dim, ...] = ()
    for aval in avals:
        joined = broadcast(shape, aval.shape)
        if joined is None:
            raise _mismatch(name, avals)
        shape = joined
    return shape


def _mismatch(name: str, avals: tuple[Aval, ...]) -> ShapeError:
    pairs = [(a.shape, b.shape) for i, a in enumerate(avals) for b in avals[i + 1 :]]
    a, b = next((a, b) for a, b in pairs if broadcast(a, b) is None)
    p, q = next(
        (p, q) for p, q in zip(reversed(a), reversed(b), strict=False) if p != q and p != 1 and q != 1
    )  # the last pair of axes that does not go together
    types = [repr(a).rstrip("~") for a in avals]
    shown = f" {name} ".join(types) if len(avals) == 2 else f"{name}({', '.join(types)})"
    return ShapeError(
        f"{shown}: lengths {p} and {q} differ",
        help="shapes are aligned from the right; insert an axis with x[:, None], or declare both lengths by one name",
    )


_PYTHON = {"i": int, "u": int, "f": float, "c": complex}


def _ufunc_dtype(fn: np.ufunc, avals: tuple[Aval, ...]) -> np.dtype:
    return loop_dtypes(fn, avals)[-1]


def loop_dtypes(fn: np.ufunc, avals: tuple[Aval, ...]) -> tuple[np.dtype, ...]:
    """The dtypes in which a ufunc computes, those of its operands and those of its results."""
    if all(a.weak for a in avals):
        wanted: list[Any] = [a.dtype for a in avals]
    else:
        wanted = [_PYTHON[a.kind] if a.weak else a.dtype for a in avals]
    return tuple(map(np.dtype, fn.resolve_dtypes((*wanted, *[None] * fn.nout))))


def common_dtype(avals: Iterable[Aval]) -> np.dtype:
    """NumPy's promotion, Python scalars weak (NEP 50)."""
    avals = tuple(avals)
    strong = [a.dtype for a in avals if not a.weak]
    if not strong:
        return np.result_type(*[a.dtype for a in avals])
    return np.result_type(*strong, *[_PYTHON[a.kind](0) for a in avals if a.weak])


def float_dtype(avals: Iterable[Aval]) -> np.dtype:
    """The promotion of functions that return floats: integers and bools become float64."""
    dtype = common_dtype(avals)
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _rule_dtype(rule: DType, avals: tuple[Aval, ...]) -> np.dtype:
    """A function of the operands' types, or a word. float: real floats; special: those that SciPy has, no float16; double: always float64."""
    if callable(rule):
        return rule(*avals)
    if rule == "bool":
        return np.dtype(np.bool_)
    dtype = float_dtype(avals)
    if dtype.kind == "c" or (dtype == np.float16 and rule != "float"):
        raise TypeError
    return np.dtype(np.float64) if rule == "double" else dtype


def _dtype_by_trial(fn: Callable[..., Any], avals: tuple[Aval, ...]) -> np.dtype:
    """What a NumPy function that is no ufunc returns, found out on no elements."""
    with np.errstate(all="ignore"):
        return np.asarray(fn(*[_PYTHON[a.kind](0) if a.weak else np.empty(0, a.dtype) for a in avals])).dtype


def elementwise_infer(name: str, fn: object, dtype: DType | None) -> Callable[..., Aval]:
    """The shape and dtype rule of an elementwise row: broadcasting, and what the ufunc itself says of dtypes."""

    @lru_cache(maxsize=1024)
    def infer(*avals: Aval, **params: object) -> Aval:
        shape = broadcast_shapes(name, avals)
        try:
            if dtype is not None:
                result = _rule_dtype(dtype, avals)
            elif isinstance(fn, np.ufunc):
                result = _ufunc_dtype(fn, avals)
            else:
                assert callable(fn)
                result = _dtype_by_trial(fn, avals)
        except TypeError:
            shown = ", ".join(repr(a).rstrip("~") for a in avals)
            raise DTypeError(f"{name} is not defined for {shown}") from None
        weak = all(a.weak for a in avals) and result.kind in "ifc"
        return Aval(result, shape, weak)

    return infer


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
    """A row of the calculus table: `partials[i]` is the derivative with respect to input `i`.

    Each partial is ``lambda y, *inputs: node or number``, None where the derivative is zero everywhere (floor), or
    `undefined`. `vjp` replaces `partials` where the product with the cotangent is not a product (where, conj).

    >>> from symdiff.ops.elementwise import tanh
    >>> tanh.family
    'elementwise'
    """
    rules = vjp if vjp is not None else tuple(_times(partial) for partial in partials)

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        rule = rules[i]
        return rule if rule is None or isinstance(rule, Undefined) else rule(g, node, *node.inputs, **node.kwargs)

    return OPS.register(
        Op(
            name, "elementwise", elementwise_infer(columns.get("infix") or name, fn, dtype), bprop, fn,
            arity=len(rules), domain=domain or (REAL,) * len(rules), doc=doc, batch=broadcasting, **columns,
        )
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


# ------------------------------------------------------------------------------------------------ linear, primitive


def linear(
    name: str,
    fn: Callable[..., Any] | str | None,
    *,
    infer: Callable[..., Aval],
    transpose: Rule | tuple[Rule, ...],
    doc: str,
    samples: Callable[..., Any],
    **columns: Any,
) -> Op:
    """A row that is linear in each input.

    `transpose` is ``lambda g, *inputs, **params: node`` for one input, a tuple of such for several (multilinear), or
    a single ``rule(i, g, *inputs, **params)`` with ``variadic=True`` for any number. The tangent is the row itself on
    the tangent of each input. Jacobians need `batch`, a rule for stacks (see `symdiff.ops.batching`).
    """
    variadic = columns.pop("variadic", False)

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        if variadic:
            assert callable(transpose)
            return transpose(i, g, *node.inputs, **node.kwargs)
        rule = transpose[i] if isinstance(transpose, tuple) else transpose
        return rule(g, *node.inputs, **node.kwargs)

    arity = None if variadic else len(transpose) if isinstance(transpose, tuple) else 1
    return OPS.register(Op(name, "linear", infer, bprop, fn, doc=doc, arity=arity, samples=samples, **columns))


def primitive(
    name: str,
    fn: Callable[..., Any] | str | None,
    *,
    infer: Callable[..., Aval | tuple[Aval, ...]],
    vjp: tuple[Rule | Undefined | None, ...],
    doc: str,
    samples: Callable[..., Any],
    **columns: Any,
) -> Op:
    """A row of which nothing follows: `vjp[i]` is ``lambda g, y, *inputs, **params: node``, None, or `undefined`.

    A row gives several values if `infer` returns a tuple, ``w, V = eigh(a)``. Its node `y` is taken apart by
    ``w, V = y``, and `g` is a tuple, with None for parts that nothing flows back into; `parts` says what they are called.

    It must be linear in `g`: forward mode transposes it, unless the row has a `jvp` (see `symdiff.graph.op.Op`).
    Jacobians need `batch`, a rule for stacks (see `symdiff.ops.batching`).
    """

    def bprop(i: int, g: Node, node: Node) -> Node | Undefined | None:
        rule = vjp[i]
        return rule if rule is None or isinstance(rule, Undefined) else rule(g, node, *node.inputs, **node.kwargs)

    if "flops" not in columns and (_is_linalg(fn) or "np.linalg." in str(columns.get("spell"))):
        columns["flops"] = cubic
    return OPS.register(
        Op(name, "primitive", infer, bprop, fn, doc=doc, arity=len(vjp), samples=samples, **columns)
    )


def _is_linalg(fn: object) -> bool:
    """Whether a function decomposes matrices."""
    return "linalg" in (fn if isinstance(fn, str) else getattr(fn, "__module__", ""))
