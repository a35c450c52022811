"""Rules that use what is known of nodes (`symdiff.rewrite.facts`): declared, or so by how they are made."""

from __future__ import annotations

from functools import cache

from symdiff.graph.node import INPUT, Node, constant
from symdiff.ops import elementwise as ew, linalg, reductions as red, shapes
from symdiff.ops.array_bounds import is_square
from symdiff.ops.contraction import contract, einsum, split_subscripts
from symdiff.rewrite.engine import Index
from symdiff.rewrite.facts import Facts
from symdiff.rewrite.given import Given
from symdiff.rewrite.rule import ASSUME, Rule, is_scalar_constant, number
from symdiff.rewrite.rules import known

SHARES = (INPUT, red.softmax)  # whose rows may sum to one: no other operation passes that on


def on_facts(facts: Facts, *, forms: bool = True) -> tuple[Given, Given]:
    """The rules that use facts; `forms` as of `rules`."""
    declared = bool(facts.assume)
    return (
        Given(_always(), lambda: known.rules(facts), of_one_graph=declared),
        Given(_assumed(declared, forms and declared), lambda: rules(facts, forms=forms), of_one_graph=declared),
    )


@cache
def _always() -> Index:
    return Index(known.rules(Facts({})))


@cache
def _assumed(declared: bool, forms: bool) -> Index:
    facts = Facts({})
    return Index(every(facts, forms=forms) if declared else rules(facts, forms=forms))


def rules(facts: Facts, *, forms: bool = True) -> tuple[Rule, ...]:
    """The rules that use `facts`; what a matrix is it may be by how it is made, without anything declared.

    Those that give stable forms a name (`forms`) are not for a graph that is lowered: it spells them out.
    """
    return every(facts, forms=forms) if facts.assume else _of_matrices(facts)


def every(facts: Facts, *, forms: bool = True) -> tuple[Rule, ...]:
    """All of them, whether anything is declared or not."""
    named = _forms(facts) if forms else ()
    return (*_of_matrices(facts), *_of_nonnegative(facts), *named, *_of_positive(facts))


def _of_matrices(facts: Facts) -> tuple[Rule, ...]:
    return (*_of_symmetric(facts), *_of_sums(facts), *_of_orthogonal(facts))


def _of_nonnegative(facts: Facts) -> tuple[Rule, ...]:
    @ASSUME.on("absolute-of-nonnegative", ew.absolute, why="|x| is x where x is not negative")
    def absolute(node: Node) -> Node | None:
        x = node.inputs[0]
        return x if facts.nonnegative(x) else None

    @ASSUME.on("root-of-square", ew.sqrt, why="the root of x**2 is x where x is not negative")
    def root(node: Node) -> Node | None:
        squared = node.inputs[0]
        return squared.inputs[0] if squared.op is ew.square and facts.nonnegative(squared.inputs[0]) else None

    @ASSUME.on("maximum-of-nonnegative", ew.maximum, ew.relu, why="max(x, 0) is x where x is not negative")
    def positive_part(node: Node) -> Node | None:
        for k, x in enumerate(node.inputs):
            zero = node.inputs[1 - k] if len(node.inputs) == 2 else constant(0.0)
            if is_scalar_constant(zero) and number(zero) == 0 and x is not zero and _is_kept(facts, x):
                return x
        return None

    @ASSUME.on("huber", ew.where, why="a clipped residual")
    def huber(node: Node) -> Node | None:
        """``where(|x| <= d, x, sign(x) * d)`` is ``clip(x, -d, d)``."""
        mask, x, outer = node.inputs
        if mask.op not in (ew.less, ew.less_equal) or outer.op is not ew.multiply:
            return None
        size, d = mask.inputs
        if size is not ew.absolute(x) or {*outer.inputs} != {ew.sign(x), d} or not facts.nonnegative(d):
            return None
        return ew.clip(x, -d, d)

    return (absolute, root, positive_part, huber)


def _is_kept(facts: Facts, x: Node) -> bool:
    """Whether max(x, 0) is x, and so is its derivative: that of a root at 0 is infinite, that of the larger one 0."""
    return facts.is_declared_nonnegative(x) or facts.positive(x)


def _of_positive(facts: Facts) -> tuple[Rule, ...]:
    @ASSUME.on("never-zero", ew.equal, why="what is positive is not zero")
    def never_zero(node: Node) -> Node | None:
        for x, zero in (node.inputs, node.inputs[::-1]):
            if is_scalar_constant(zero) and number(zero) == 0 and facts.positive(x):
                return red.spread(constant(False), node.shape)
        return None

    @ASSUME.on("log-of-product", ew.log, why="the logarithm of a product of positive numbers")
    def log_of_product(node: Node) -> Node | None:
        """Where one factor is an exponential, so that a logarithm is saved; and powers."""
        x = node.inputs[0]
        if x.op is ew.power and x.inputs[1].literal is not None and facts.positive(x.inputs[0]):
            return x.inputs[1] * ew.log(x.inputs[0])
        if x.op not in (ew.multiply, ew.divide) or not any(f.op is ew.exp for f in x.inputs):
            return None
        if not facts.positive(*x.inputs):
            return None
        a, b = (f.inputs[0] if f.op is ew.exp else ew.log(f) for f in x.inputs)
        return a + b if x.op is ew.multiply else a - b

    return (never_zero, log_of_product)


def _forms(facts: Facts) -> tuple[Rule, ...]:
    """Names of stable forms, which lowering spells out again."""

    @ASSUME.on("x-log-x", ew.multiply, why="a positive number divided by itself, which its derivative holds, is 1")
    def x_log_x(node: Node) -> Node | None:
        """``x * log(x)`` and ``x * log(x / y)``."""
        for x, logarithm in (node.inputs, node.inputs[::-1]):
            if logarithm.op is not ew.log or x.shape != node.shape:
                continue
            of = logarithm.inputs[0]
            if of is x and facts.positive(x):
                return ew.xlogx(x)
            if of.op is ew.divide and of.inputs[0] is x and facts.positive(x, of.inputs[1]):
                return ew.xlogratio(x, of.inputs[1])
        return None

    return (x_log_x,)


def _of_sums(facts: Facts) -> tuple[Rule, ...]:
    @ASSUME.on("sums-to-one", red.sum_, among=SHARES, why="the elements add up to 1 along the last axis")
    def sums_to_one(node: Node) -> Node | None:
        x = node.inputs[0]
        if node.kwargs["axis"] != (x.ndim - 1,) or not facts.has(x, "sums_to_one"):
            return None
        return red.spread(constant(x.dtype.type(1)), node.shape)

    @ASSUME.on("sum-of-sums-to-one", red.sum_, among=SHARES, why="the elements add up to 1 along the last axis")
    def sum_of_all(node: Node) -> Node | None:
        """The sum over all axes is the number of rows."""
        x = node.inputs[0]
        axis = node.kwargs["axis"]
        if x.ndim - 1 not in axis or len(axis) < 2 or not facts.has(x, "sums_to_one"):
            return None
        rows = red.spread(constant(x.dtype.type(1)), (*x.shape[:-1], 1))
        return red.sum_(rows, **node.kwargs)

    return (sums_to_one, sum_of_all)


def _of_symmetric(facts: Facts) -> tuple[Rule, ...]:
    @ASSUME.on("symmetric", shapes.permute, why="a symmetric matrix is its transpose")
    def symmetric(node: Node) -> Node | None:
        x = node.inputs[0]
        swapped = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
        if not is_square(x) or node.kwargs["axes"] != swapped or not facts.has(x, "symmetric"):
            return None
        return x

    @ASSUME.on("symmetric-operand", einsum, why="a symmetric matrix is its transpose")
    def symmetric_operand(node: Node) -> Node | None:
        """Labels of a symmetric operand in the order in which the product reads without a transpose."""
        a, b, out = split_subscripts(node.kwargs["subscripts"])
        x, y = node.inputs
        for i, (operand, labels, theirs) in enumerate(((x, a, b), (y, b, a))):
            if len(labels) != 2 or not is_square(operand) or "symmetric" not in facts.of(operand).words:
                continue
            if len(theirs) == len(out) == 1 and theirs in labels:  # a vector goes on the right
                stays = labels.replace(theirs, "")
                found = contract(operand, stays + theirs, y if i == 0 else x, theirs, stays) if stays == out else None
                if found is not None and found is not node and facts.has(operand, "symmetric"):
                    return found
                continue
            inner_first = labels[0] in theirs and labels[0] not in out
            inner_last = labels[1] in theirs and labels[1] not in out
            if inner_first == inner_last:
                continue
            if ((i == 0 and inner_first) or (i == 1 and inner_last)) and facts.has(operand, "symmetric"):
                turned = labels[::-1]
                return contract(x, turned, y, b, out) if i == 0 else contract(x, a, y, turned, out)
        return None

    return (symmetric, symmetric_operand)


def _of_orthogonal(facts: Facts) -> tuple[Rule, ...]:
    @ASSUME.on("orthogonal", einsum, why="an orthogonal matrix times its transpose is the identity")
    def orthogonal(node: Node) -> Node | None:
        q, other = node.inputs
        a, b, out = split_subscripts(node.kwargs["subscripts"])
        if q is not other or q.ndim != 2 or len(out) != 2:
            return None
        if a[0] != b[0] and (a[1] != b[1] or q.shape[0] != q.shape[1]):
            return None
        if not facts.has(q, "orthogonal"):
            return None
        return shapes.eye(n=node.shape[0], dtype=node.dtype.name)

    @ASSUME.on("inverse-of-orthogonal", linalg.inv, why="the inverse of an orthogonal matrix is its transpose")
    def inverse(node: Node) -> Node | None:
        q = node.inputs[0]
        if q.shape[-1] != q.shape[-2] or not facts.has(q, "orthogonal"):
            return None
        return linalg.transposed(q)

    return (orthogonal, inverse)
