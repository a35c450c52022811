"""Functions that level off, as they are written: sigmoids, their logarithms, and what is left of them to 1.

``q * (1 - q)`` is the slope of a sigmoid, and 0 where q rounds to 1; written with the exponential that q is made of,
it keeps its digits as long as there are floats for it. So does the slope ``1 - y**2`` of y = tanh(x) as
``(1 / cosh(x))**2``. These are rules of the last pass, for readers and all other rules know the forms with 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from symdiff.graph.dims import nominal_size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.walk import consumers
from symdiff.ops import elementwise as ew
from symdiff.rewrite.costs import is_cheaper
from symdiff.rewrite.rule import REAL, Rule, is_scalar_constant, number
from symdiff.rewrite.rules.algebra import as_number

LARGEST = {2: 11.0, 4: 88.0, 8: 709.0}  # by bytes: its exponential is finite, and the reciprocal of that is not 0
MOST_FACTORS = 8
SOFTPLUS = ("maximum", "exp", "log1p", "maximum")
DIGITS = "what is left to 1 keeps its digits"
FAR_UP = "where the sigmoid rounds to 1"


class Exponentials(NamedTuple):
    """What the sigmoids of one graph are made of.

    Attributes:
        base: of x, whose sigmoids or their logarithms there are, what is exponentiated: x or -x.
        rests: whether what is left of one to 1 is needed.
    """

    base: Mapping[Node, Node] = {}
    rests: bool = False


def exponentials(graph: Graph) -> Exponentials:
    """What the rules ask of a graph, which they have not changed yet."""
    base: dict[Node, Node] = {}
    rests = False
    for node in graph.order:
        if node.op is ew.logaddexp and (x := _logarithmic(node)) is not None:
            base[_size(x)] = x
        elif node.op is ew.divide and (x := _logistic(node)) is not None:
            base.setdefault(_size(x), _size(x))
        elif node.op is ew.subtract and (q := _complement(node)) is not None:
            rests |= q.op is ew.sigmoid
    return Exponentials(base, rests)


NOTHING = Exponentials()


def rules(found: Exponentials = NOTHING) -> tuple[Rule, ...]:
    """The rules for targets that print NumPy and `math`."""

    @REAL.on(
        "sigmoid-of-bounded", ew.divide, among=(ew.where, ew.negative), why="one form for both signs, without overflow"
    )
    def sigmoid(node: Node) -> Node | None:
        """``e / (1 + e)`` with ``e = exp(minimum(x, 709))``, and of -x ``1 / (1 + e)``."""
        top = node.inputs[0]
        if top.op is ew.negative:
            opposite = sigmoid.apply(top.inputs[0] / node.inputs[1])
            return None if opposite is None else -opposite.inputs[0] / opposite.inputs[1]
        x = _logistic(node) if node.shape else None
        if x is None or x.dtype != node.dtype:
            return None
        base = found.base.get(_size(x), _size(x))
        e = _exponential(base)
        return None if e is None else _share(e) if base is x else 1.0 / (1 + e)

    @REAL.on("logaddexp-of-zero", ew.logaddexp, why="a logarithm and an exponential fewer, and no loop without vectors")
    def softplus(node: Node) -> Node | None:
        """``maximum(log1p(exp(minimum(x, 709))), x)``, whose exponential a sigmoid of x has, too."""
        x = _logarithmic(node)
        e = None if x is None else _exponential(x)
        return None if e is None else ew.maximum(ew.log1p(e), x)

    @REAL.on("sigmoid-with-rest", ew.sigmoid, why="what is left to 1 takes the same exponential", arrays=True)
    def shared(node: Node) -> Node | None:
        e = _exponential(node.inputs[0]) if found.rests else None
        return _share(e) if e is not None and e.dtype == node.dtype else None

    @REAL.on("sigmoid-of-negative", ew.sigmoid, among=(ew.negative,), why="the signs meet")
    def opposite(node: Node) -> Node | None:
        """``1 / (1 + exp(x))`` rather than ``1 / (1 + exp(-neg_x))``, of numbers."""
        x = node.inputs[0].inputs[0]
        return 1.0 / (1 + ew.exp(x)) if not node.shape and x.dtype == node.dtype else None

    @REAL.on("rest-of-sigmoid", ew.subtract, why=DIGITS, safe=FAR_UP)
    def rest(node: Node) -> Node | None:
        """``1 - e / (1 + e)`` is ``1 / (1 + e)``, and the other way round; of numbers that is written with exp(x)."""
        return _rest(node, lambda q, x: 1.0 / (1 + ew.exp(x)) if not x.shape and x.dtype == q.dtype else None)

    @REAL.on("product-with-share", ew.multiply, among=(ew.divide,), why="one operation less")
    def product(node: Node) -> Node | None:
        """``x * (1 / (1 + e))`` is ``x / (1 + e)``."""
        for x, share in (node.inputs, node.inputs[::-1]):
            if share.op is ew.divide and is_number(share.inputs[0], 1) and _is_over_exponential(share.inputs[1]):
                return x / share.inputs[1]
        return None

    return sigmoid, softplus, shared, opposite, rest, product


def _is_over_exponential(whole: Node) -> bool:
    """Whether something is divided by ``1 + exp(x)``."""
    return whole.op is ew.add and is_number(whole.inputs[0], 1) and whole.inputs[1].op is ew.exp


def _rest(node: Node, of_sigmoid: Callable[[Node, Node], Node | None]) -> Node | None:
    """``1 - q``: of a share the other one, and of a sigmoid q of x what is said of them."""
    q = _complement(node)
    if q is None:
        return None
    return of_sigmoid(q, q.inputs[0]) if q.op is ew.sigmoid else _other_share(q)


def _complement(node: Node) -> Node | None:
    """The q of ``1 - q``, if that is a quotient or a sigmoid of real numbers."""
    if node.op is not ew.subtract or node.aval.kind != "f" or not is_number(node.inputs[0], 1):
        return None
    q = node.inputs[1]
    return q if q.op in (ew.sigmoid, ew.divide) and q.dtype == node.dtype else None


def _exponential(x: Node) -> Node | None:
    """``exp(x)`` as far as it is finite; 1 is lost in it beyond that, and nothing changes."""
    most = LARGEST.get(x.dtype.itemsize) if x.aval.kind == "f" else None
    return None if most is None else ew.exp(ew.minimum(x, most))


def _share(e: Node) -> Node:
    return e / (1 + e)


def _odds(share: Node) -> Node | None:
    """The e of ``e / (1 + e)`` or ``1 / (1 + e)``, if it is an exponential that is finite."""
    top, whole = share.inputs
    if whole.op is not ew.add or not is_number(whole.inputs[0], 1):
        return None
    e = whole.inputs[1]
    bounded = e.op is ew.exp and e.inputs[0].op is ew.minimum and is_scalar_constant(e.inputs[0].inputs[1])
    return e if bounded and (top is e or is_number(top, 1)) else None


def _other_share(q: Node) -> Node | None:
    e = _odds(q)
    if e is not None:
        return 1.0 / (1 + e) if q.inputs[0] is e else _share(e)
    x = _over_exponential(q)
    if x is not None:
        return 1.0 / (1 + ew.exp(_opposite(x)))
    x, written = _logistic(q), ew.sigmoid.lower
    return None if x is None or written is None or x.dtype != q.dtype else written(_opposite(x))


def _over_exponential(q: Node) -> Node | None:
    """The x of ``1 / (1 + exp(x))``, as it is written of numbers."""
    top, whole = q.inputs
    is_plain = not q.shape and is_number(top, 1) and _is_over_exponential(whole)
    return whole.inputs[1].inputs[0] if is_plain else None


def _opposite(x: Node) -> Node:
    if x.op is ew.multiply and is_scalar_constant(x.inputs[0]):
        return as_number(-number(x.inputs[0]), x.inputs[0]) * x.inputs[1]
    return x.inputs[0] if x.op is ew.negative else -x


def _size(x: Node) -> Node:
    """What has the absolute value of `x`."""
    return x.inputs[0] if x.op is ew.negative else x


def _logistic(node: Node) -> Node | None:
    """The x of ``where(x >= 0, 1, e) / (1 + e)``, the sigmoid, for ``e = exp(-abs(x))``; for its opposite, -x."""
    top, whole = node.inputs
    if top.op is not ew.where or whole.op is not ew.add:
        return None
    condition, *sides = top.inputs
    e = next((y for y in whole.inputs if y.op is ew.exp), None)
    if e is None or condition.op is not ew.greater_equal or not is_number(condition.inputs[1], 0):
        return None
    x = condition.inputs[0]
    if e != ew.exp(-ew.absolute(x)) or not any(is_number(y, 1) for y in whole.inputs) or e not in sides:
        return None
    other = sides[1 - sides.index(e)]
    return None if not is_number(other, 1) else x if other is sides[0] else -x


def _logarithmic(node: Node) -> Node | None:
    """The x of ``logaddexp(0, x)``, if there are so many elements that another form takes less."""
    x = next((x for zero, x in (node.inputs, node.inputs[::-1]) if is_number(zero, 0)), None)
    if x is None or not x.shape or x.dtype != node.dtype:
        return None
    return x if is_cheaper(nominal_size(node.shape), "logaddexp", *SOFTPLUS) else None


def is_number(x: Node, value: float) -> bool:
    """Whether `x` is the number of this value."""
    return is_scalar_constant(x) and number(x) == value


# ------------------------------------------------------------------------------------------------------ other targets


@REAL.on("rest-is-sigmoid", ew.subtract, why=DIGITS, safe=FAR_UP)
def _rest_is_sigmoid(node: Node) -> Node | None:
    """``1 - sigmoid(x)`` is ``sigmoid(-x)``."""
    return _rest(node, lambda q, x: ew.sigmoid(_opposite(x)))


ELSEWHERE = (_rest_is_sigmoid,)

# ------------------------------------------------------------------------------------------------ slopes of the tanh


def slopes(graph: Graph | None = None) -> tuple[Rule, ...]:
    """The rule for a graph; where the tanh of an array is needed by itself, the slope that is made of that stays."""
    kept = set[Node]() if graph is None else _needed(graph)

    @REAL.on("slope-of-tanh", ew.subtract, among=(ew.square, ew.multiply), why=DIGITS, safe="where tanh(x) rounds to 1")
    def slope(node: Node) -> Node | None:
        """``1 - tanh(x)**2`` is ``(1 / cosh(x))**2``, which is 0 far out."""
        y, minus = _tanh(node)
        x = None if y is None or y in kept else y.inputs[0]
        most = None if x is None or x.dtype != node.dtype else LARGEST.get(x.dtype.itemsize)
        if x is None or most is None:
            return None
        found = ew.square(1.0 / ew.cosh(ew.minimum(ew.absolute(x), most) if x.shape else x))
        return -found if minus else found

    return (slope,)


def _tanh(node: Node) -> tuple[Node | None, bool]:
    """The y = tanh(x) of ``1 - y**2``, and of ``y**2 - 1``, and whether it is the latter."""
    if node.op is ew.subtract and node.aval.kind == "f":
        for minus, (one, square) in enumerate((node.inputs, node.inputs[::-1])):
            y = _root(square)
            if y is not None and y.op is ew.tanh and is_number(one, 1):
                return y, bool(minus)
    return None, False


def _root(square: Node) -> Node | None:
    """The x of ``x**2`` or ``x * x``."""
    if square.op is ew.square or (square.op is ew.multiply and square.inputs[0] is square.inputs[1]):
        return square.inputs[0]
    return None


def _needed(graph: Graph) -> set[Node]:
    """The tanh of arrays that are taken for more than their slopes, and for more than products with them."""
    tanhs = [n for n in graph.order if n.op is ew.tanh and n.shape]
    uses, outputs = (consumers(graph.order), set(graph.outputs)) if tanhs else ({}, set())

    def is_slope(user: Node, y: Node) -> bool:
        if _root(user) is y:
            return all(_tanh(x)[0] is y for x in uses[user])
        factors = list(user.inputs) if user.op is ew.multiply else []
        while factors and len(factors) <= MOST_FACTORS:
            factor = factors.pop()
            if _tanh(factor)[0] is y:
                return True
            factors += factor.inputs if factor.op in (ew.multiply, ew.negative) else ()
        return False

    return {y for y in tanhs if y in outputs or not all(is_slope(user, y) for user in uses[y])}
