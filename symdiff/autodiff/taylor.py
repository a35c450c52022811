"""Taylor arithmetic: the coefficients of a graph's values along a curve, from those of its inputs.

Next to nothing is written down for it: it follows from the tangents of rows (`symdiff.autodiff.forward`). What is
linear in all that moves takes coefficients to coefficients; what is linear in each operand takes them to Cauchy's sums
of products. Of everything else the tangent along the curve, a graph of the operands, the value and the operands'
velocities, is a series itself, and ``k`` times coefficient ``k`` of the value is its coefficient ``k - 1`` (Griewank
and Walther, "Evaluating Derivatives", 2008, chapter 13, where the same recurrences stand in tables, operation by
operation). The cost is linear in the nodes, and quadratic in the order where tangents lead to values that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from symdiff.autodiff.forward import push_forward
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.node import ITEM, Node, constant, maker, new_scope, slot, variable
from symdiff.graph.op import Op
from symdiff.graph.walk import substitute, toposort
from symdiff.ops.elementwise import divide
from symdiff.ops.reductions import spread

Wanted = tuple[Node, int]  # a coefficient: of which value, of which power
Steps = Generator[Wanted, "Node | None", "Node | None"]


class _Tangent(NamedTuple):
    """How a value moves with its operands.

    Attributes:
        value: the tangent, of the operands, of the node, and of `velocities`; None if it does not move.
        velocities: a placeholder for each operand that moves.
        is_linear: whether the tangent depends on velocities alone, of all that moves.
    """

    value: Node | None
    velocities: Mapping[Node, Node]
    is_linear: bool


class Series:
    """The coefficients of values along a curve, each made when it is first asked for; None is zero.

    Args:
        targets: the coefficients of the inputs that move, as far as they are given; what is behind those is zero.
        slopes: for an input, the value that is its velocity: the curve solves a differential equation then.
    """

    def __init__(self, targets: Mapping[Node, Sequence[Node]], slopes: Mapping[Node, Node] | None = None) -> None:
        self._targets = targets
        self._slopes = slopes or {}
        self._scope = new_scope()
        self._velocities: dict[Node, Node] = {}  # placeholder of each value that moves
        self._of: dict[Node, Node] = {}  # and back
        self._moving: dict[Node, bool] = {}
        self._within: dict[Node, bool] = {}  # whether it is made of velocities
        self._tangents: dict[Node, _Tangent] = {}
        self._made: dict[Wanted, Node | None] = {}

    def coefficient(self, node: Node, k: int) -> Node | None:
        """Coefficient `k` of a value; those that it is made of are made first, with no recursion.

        Raises:
            UnsupportedError, UndefinedGradientError: if an operation on the way has none.

        >>> from symdiff.graph.aval import Aval
        >>> x, v = variable("x", Aval("float64")), variable("v", Aval("float64"))
        >>> Series({x: (x, v)}).coefficient(x * x, 2)
        <multiply: f64[]>
        """
        stack: list[tuple[Wanted, Steps]] = [((node, k), self._steps(node, k))]
        answer: Node | None = None
        while stack:
            wanted, steps = stack[-1]
            try:
                asked = steps.send(answer)
            except StopIteration as end:
                answer = self._made[wanted] = end.value
                stack.pop()
                continue
            answer = self._made.get(asked)
            if asked not in self._made:
                stack.append((asked, self._steps(*asked)))
        return answer

    def _steps(self, node: Node, k: int) -> Steps:
        """The recurrence: it yields the coefficients that it needs, and is sent them."""
        self._learn(node)
        if node in self._of:
            found = yield self._of[node], k + 1
            return found if found is None or k == 0 else (k + 1) * found
        if node in self._slopes and k > 0:
            found = yield self._slopes[node], k - 1
            return found if found is None or k == 1 else found / k
        if node in self._targets:
            given = self._targets[node]
            return given[k] if k < len(given) else None
        if k == 0:
            return (yield from self._value(node))
        return (yield from self._further(node, k)) if self._moving[node] else None

    def _learn(self, root: Node) -> None:
        """Which values move, and which are made of velocities."""
        for node in toposort([root], stop=lambda n: n in self._moving):
            own = node in self._targets or node in self._of
            kinds = node.aval.parts or (node.aval,)
            self._moving[node] = own or (any(t.inexact for t in kinds) and any(self._moving[x] for x in node.inputs))
            self._within[node] = node in self._of or any(self._within[x] for x in node.inputs)

    def _value(self, node: Node) -> Steps:
        """The value itself; of what is made of velocities, that of their first coefficients."""
        if not self._within[node]:
            return node
        inputs = []
        for x in node.inputs:
            found = yield x, 0
            inputs.append(_zeros(x) if found is None else found)
        return Node(node.op, tuple(inputs), node.params)

    def _further(self, node: Node, k: int) -> Steps:
        tangent = self._tangent(node)
        if tangent.value is None:
            return None
        if not tangent.is_linear and node.op in _RECURRENCES:
            return (yield from _RECURRENCES[node.op](node, k))
        if not tangent.is_linear and not _is_multilinear(node):
            found = yield tangent.value, k - 1
            return found if found is None or k == 1 else found / k
        still = {}
        for x in node.inputs:
            if not self._moving[x] and self._within[x]:
                first = yield x, 0
                still[x] = _zeros(x) if first is None else first
        if tangent.is_linear:
            return (yield from self._linear(tangent, k, still))
        return (yield from self._cauchy(node, k, still))

    def _linear(self, tangent: _Tangent, k: int, still: dict[Node, Node]) -> Steps:
        """The tangent along the coefficients of the operands."""
        found = {}
        for x, velocity in tangent.velocities.items():
            found[velocity] = yield x, k
        if all(c is None for c in found.values()):
            return None
        given = {v: _zeros(v) if c is None else c for v, c in found.items()}
        assert tangent.value is not None
        return substitute([tangent.value], {**given, **still})[0]

    def _cauchy(self, node: Node, k: int, still: dict[Node, Node]) -> Steps:
        """The sum of all products of coefficients whose powers are `k` together."""
        moving = [i for i, x in enumerate(node.inputs) if self._moving[x]]
        total: Node | None = None
        for powers in product(range(k + 1), repeat=len(moving)):
            if sum(powers) != k:
                continue
            operands = [still.get(x, x) for x in node.inputs]
            for i, power in zip(moving, powers, strict=True):
                found = yield node.inputs[i], power
                if found is None:
                    break
                operands[i] = found
            else:
                term = Node(node.op, tuple(operands), node.params)
                total = term if total is None else total + term
        return total

    def _tangent(self, node: Node) -> _Tangent:
        """How a value moves, worked out on placeholders, so that only this one operation is looked at."""
        if node in self._tangents:
            return self._tangents[node]
        made = maker(node)
        if made.op.block:
            raise UnsupportedError(
                f"Taylor coefficients do not pass {made.op.name}, a loop or block that is kept",
                help='write it out: loops="unroll", or for scan a Python loop',
            )
        inputs = tuple(variable(f"operand {i}", x.aval, self._scope) for i, x in enumerate(made.inputs))
        inputs = tuple(p if self._moving[x] else x for p, x in zip(inputs, made.inputs, strict=True))
        local = Node(made.op, inputs, made.params)
        value = local.parts[slot(node)] if node.op is ITEM else local
        places = {p: x for p, x in zip(inputs, made.inputs, strict=True) if p is not x}
        velocities = {x: self._velocity(x) for x in places.values()}
        [t] = push_forward([value], list(places), [velocities[x] for x in places.values()]).tangents
        if t is None:
            found = _Tangent(None, velocities, True)
        else:
            is_linear = not _reach({*places, value}, t)
            found = _Tangent(substitute([t], {**places, value: node})[0], velocities, is_linear)
        self._tangents[node] = found
        return found

    def _velocity(self, x: Node) -> Node:
        """The placeholder for how fast `x` moves."""
        if x not in self._velocities:
            made = variable(f"velocity {len(self._velocities)}", Aval(x.dtype, x.shape), self._scope)
            self._velocities[x], self._of[made] = made, x
        return self._velocities[x]


def _quotient(node: Node, k: int) -> Steps:
    """Of y = a / b, from y b = a: the product's coefficient is that of a."""
    a, b = node.inputs
    total = yield a, k
    for j in range(1, k + 1):
        slope, value = (yield b, j), (yield node, k - j)
        if slope is not None and value is not None:
            total = -(slope * value) if total is None else total - slope * value
    bottom = yield b, 0
    return None if total is None else total / bottom


_RECURRENCES: dict[Op, Callable[[Node, int], Steps]] = {divide: _quotient}  # of rows whose tangents lead ever further


def _is_multilinear(node: Node) -> bool:
    return node.op.product or node.op.family == "linear"


def _reach(sources: set[Node], root: Node) -> bool:
    """Whether numbers of `sources` flow into `root`; conditions and positions are constant where they are smooth."""
    flows: dict[Node, bool] = {}
    for node in toposort([root]):
        flows[node] = node in sources or (
            any(t.inexact for t in node.aval.parts or (node.aval,)) and any(flows[x] for x in node.inputs)
        )
    return flows[root]


def _zeros(x: Node) -> Node:
    return spread(constant(x.dtype.type(0)), x.shape)
