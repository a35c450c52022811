"""Bodies: what operations that loop or choose do in each step, as closed graphs among their parameters.

A body reads nothing but its inputs, which are in a scope of their own, so that it means the same wherever it stands,
and operations with equal bodies are one node. What a step reads from around the loop is handed in: `close` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length, is_counted
from symdiff.graph.hints import hint
from symdiff.graph.node import INPUT, Node, variable
from symdiff.graph.walk import substitute, toposort

BODY = -1  # the scope of the inputs of bodies


@dataclass(frozen=True)
class Body:
    """A closed graph.

    Attributes:
        inputs: input nodes of scope `BODY`, in the order of the operands.
        outputs: what is computed of them.
        names: the user's names for nodes in between; two bodies that differ in nothing else are equal.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    names: Mapping[Node, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_closed(self) -> bool:
        """Whether it reads nothing but its inputs."""
        own = set(self.inputs)
        return all(node.op is not INPUT or node in own for node in toposort(self.outputs))

    def of(self, operands: Sequence[Node]) -> list[Node]:
        """What is computed of `operands`."""
        return substitute(self.outputs, dict(zip(self.inputs, operands, strict=True)))


def has_own_length(body: Body, node: Node) -> bool:
    """Whether a value is as long as a loop in the step took steps: those of all steps make no array.

    What is as long as a loop around took steps has that length in all of them.
    """
    lengths = [n for part in node.aval.parts or (node.aval,) for n in part.shape if is_counted(n)]
    if not lengths:
        return False
    given = {name for x in body.inputs for n in x.shape if isinstance(n, Length) for name in n.names()}
    return any(isinstance(n, Length) and not n.names() <= given for n in lengths)


class Fresh:
    """Makes the inputs of a body, no two of one name."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def input(self, name: str, aval: Aval) -> Node:
        """An input called `name`, or with the first number that makes it free."""
        wanted, k = name, 2
        while name in self.taken:
            name, k = f"{wanted}_{k}", k + 1
        self.taken.add(name)
        return variable(name, Aval(aval.dtype, aval.shape), scope=BODY)

    def like(self, nodes: Iterable[Node], prefix: str = "") -> list[Node]:
        """An input for each node, of its type, called after it."""
        return [self.input(prefix + hint(node, {}), node.aval) for node in nodes]


def close(
    inputs: Sequence[Node],
    outputs: Sequence[Node],
    names: Mapping[Node, str] | None = None,
    inside: Collection[Node] = (),
) -> tuple[Body, list[Node]]:
    """The body that computes `outputs` of `inputs`, and the operands for what it reads beside these.

    Whatever does not depend on the inputs is such an operand as a whole, and is computed once, around the operation;
    but for numbers and lengths, which are as well written where they are used, and for constants; and for what is to be
    computed `inside`.

    >>> from symdiff.graph.node import variable
    >>> x, a = variable("x", Aval("float64"), BODY), variable("a", Aval("float64"))
    >>> body, operands = close([x], [x * (a * a)])
    >>> operands
    [<multiply: f64[]>]
    """
    own, names = set(inputs), names or {}
    order = toposort(outputs)
    depends = _depending(order, own.union(inside))
    read = [x for node in order if node in depends for x in node.inputs]
    handed = [x for x in dict.fromkeys((*read, *outputs)) if x not in depends and x not in own and not _stays(x)]
    fresh = Fresh(x.name or "" for x in inputs)
    new = {x: fresh.input(hint(x, names), x.aval) for x in handed}
    moved = dict(zip(order, substitute(order, new), strict=True))
    called = {moved[node]: name for node, name in names.items() if node in moved and node not in new}
    return Body((*inputs, *new.values()), tuple(moved[y] for y in outputs), called), handed


def _depending(order: Sequence[Node], own: set[Node]) -> set[Node]:
    """The nodes that depend on some, also by a length: what is as long as a loop among them takes steps."""
    found, counts = set(own), set[str]()
    while True:
        for node in order:
            if any(x in found for x in node.inputs) or (counts and node.inputs and _lengths(node) & counts):
                found.add(node)
        lengths = [node.kwargs["length"] for node in order if node in found and node.op.block == "for"]
        more = {name for n in lengths if is_counted(n) for name in n.names()}
        if more <= counts:
            return found
        counts |= more


def _lengths(node: Node) -> set[str]:
    """The names in the shape of a node, or of its parts."""
    shapes = [part.shape for part in node.aval.parts or (node.aval,)]
    return {name for shape in shapes for n in shape if isinstance(n, Length) for name in n.names()}


def _stays(node: Node) -> bool:
    """Whether a node is as well computed inside: constants, lengths, and numbers that are made of nothing else.

    What is as long as a loop in the step takes steps has no other place.
    """
    if node.literal is not None:  # an array that counts is known as such
        return True
    if node.aval.parts or (node.shape and not any(map(is_counted, node.shape))):
        return False
    return all(x.op is not INPUT for x in toposort([node]))


def bodies(node: Node) -> Iterator[tuple[str, Body]]:
    """The bodies among the parameters of a node, with the names of these."""
    return ((name, value) for name, value in node.params if isinstance(value, Body))


def with_insides(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes, and those of the bodies in them."""
    stack = list(reversed(list(nodes)))
    while stack:
        node = stack.pop()
        yield node
        for _, body in bodies(node):
            stack.extend(reversed(toposort(body.outputs)))


def with_bodies(node: Node, change: Callable[[Body], Body]) -> Node:
    """The node with other bodies."""
    if not any(True for _ in bodies(node)):
        return node
    params = tuple((name, change(value) if isinstance(value, Body) else value) for name, value in node.params)
    return Node(node.op, node.inputs, params)


def canonical(body: Body) -> Body:
    """`body` with inputs of the scope `BODY`: equal bodies are equal wherever they were traced."""
    fresh = Fresh()
    new = {x: fresh.input((x.name or "").partition("__")[0] or x.name or "x", x.aval) for x in body.inputs}
    names = list(body.names)
    moved = substitute([*body.outputs, *names], new)
    outputs = tuple(moved[: len(body.outputs)])
    inside = dict(zip(moved[len(body.outputs) :], body.names.values(), strict=True))
    return Body(tuple(new.values()), outputs, inside)
