"""A value and its pullback as two programs: the first keeps what the second needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from symdiff.codegen.names import Names
from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Length, is_counted, length
from symdiff.graph.graph import Graph
from symdiff.graph.hints import hint
from symdiff.graph.loop import Loop
from symdiff.graph.node import INPUT, ITEM, LENGTH, Node, variable
from symdiff.graph.tree import Branch, Tree
from symdiff.graph.walk import between, substitute, toposort
from symdiff.program.gradient import Derivative
from symdiff.program.pipeline import simplified
from symdiff.program.pullback import Pullback, cotangents_of
from symdiff.program.recipe import Built


@dataclass(frozen=True, eq=False)
class Halves:
    """The two graphs.

    Attributes:
        forward: of the arguments: the values, and a container of what is kept.
        backward: of what is kept, and the cotangents: those of the targets.
        kept: how much is kept.
        given: the containers of the cotangents.
    """

    forward: Graph
    backward: Graph
    kept: int
    given: Tree


class Saved(tuple[Any, ...]):
    """What one call of a forward program has kept; within its process it knows the program that takes it back."""

    halves: ClassVar[Halves | None] = None

    def __new__(cls, *arrays: Any) -> Saved:
        return super().__new__(cls, arrays)

    def __reduce__(self) -> tuple[type[Saved], tuple[Any, ...]]:
        return Saved, tuple(self)


@dataclass(frozen=True)
class Forward(Derivative):
    """The values of a recipe, and what is needed to pull cotangents back through it; attributes as of `Pullback`."""

    single: bool

    @property
    def name(self) -> str:
        return "forward"

    @property
    def title(self) -> str:
        return f"{self.base.title}, and what its derivative needs"

    def derive(self, built: Built) -> Graph:
        return self.halves(built).forward

    def halves(self, built: Built) -> Halves:
        """The two graphs, for inputs of certain types."""
        return built.once("halves", self, lambda: self._halves(built))

    def _halves(self, built: Built) -> Halves:
        given, values = cotangents_of(built.graph(self.base))
        pullback = Pullback(self.base, self.wrt, self.single, given)
        pairs = zip(pullback.added.inputs, values, strict=True)
        more = {name: Aval(y.dtype, y.shape) for name, y in pairs}
        return _cut(built.recognised(self.base), built.with_inputs(**more).graph(pullback), pullback)


def _cut(values: Graph, pulled: Graph, pullback: Pullback) -> Halves:
    """Of what the way back reads, that which does not depend on cotangents is kept."""
    n, m = len(values.outputs), len(pulled.outputs)
    both = pulled.with_(outputs=(*values.outputs, *pulled.outputs), tree=tuple(range(n + m)), forward=values.outputs)
    whole = simplified(both)
    outputs, grads = whole.returned[:n], whole.returned[n : n + m]
    cotangents = pullback.added.inputs
    seeds = [x for x in pulled.inputs if x.name in cotangents and x not in values.inputs]
    kept = _kept(seeds, grads)
    kept += _with_lengths(grads, [*kept, *seeds], values.inputs)
    names = Names(cotangents)
    stand_ins = [variable(names.new(hint(x, whole.names)), x.aval) for x in kept]
    moved = substitute(grads, dict(zip(kept, stand_ins, strict=True)))
    backward = Graph((*stand_ins, *seeds), tuple(moved), "backward", tree=pulled.tree)

    class Own(Saved):
        """Of this program."""

    places = Branch(Own, (), tuple(range(n, n + len(kept))))
    forward = whole.with_(
        name="forward", inputs=values.inputs, outputs=(*outputs, *kept), tree=(values.tree, places), origins={},
        forward=(),
    )  # fmt: skip
    Own.halves = found = Halves(forward, backward, len(kept), pullback.given)
    return found


def _kept(seeds: Sequence[Node], grads: Sequence[Node]) -> list[Node]:
    """What is kept: what depends on the arguments, and is read by what depends on cotangents.

    Of views the arrays that they are views of; what depends on nothing is computed again.
    """
    moved, open_ones = set(between(seeds, *grads)), _open(grads)
    read = [x for y in toposort(grads) if y in moved for x in y.inputs]
    found: dict[Node, None] = {}
    stack = [*grads, *read][::-1]
    while stack:
        x = stack.pop()
        if x in moved or x not in open_ones:
            continue
        if x.op.view and x.op is not ITEM and x.inputs:
            stack += x.inputs
        else:
            found[x] = None
    return list(found)


def _with_lengths(grads: Sequence[Node], known: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    """The inputs by whose shapes lengths are known that the way back may write.

    Raises:
        UnsupportedError: if none of what is kept is as long as a loop takes steps; the way back would take none.
    """
    order = toposort(grads, stop=set(known).__contains__)
    wanted = {dim for y in order for part in y.aval.parts or (y.aval,) for dim in part.shape}
    wanted |= {length(str(y.params[0][1])) for y in order if y.op is LENGTH}
    loops = [Loop.of(y) for y in order if y.op.block]
    wanted |= {loop.length for loop in loops}
    have = {dim for x in known for dim in x.shape} | {loop.length for loop in loops if loop.asks}
    found: list[Node] = []
    for name in sorted({n for dim in wanted if isinstance(dim, Length) for n in dim.names()}):
        own = [x for x in inputs if length(name) in x.shape]
        if length(name) not in have and is_counted(length(name)):
            raise UnsupportedError("nothing is kept of how many steps a loop takes", help="take vjp, which counts them")
        if length(name) not in have and own:
            found.append(own[0])
            have |= set(own[0].shape)
    return found


def _open(roots: Sequence[Node]) -> set[Node]:
    """The nodes that depend on inputs."""
    found: set[Node] = set()
    for node in toposort(roots):
        if node.op is INPUT or any(x in found for x in node.inputs):
            found.add(node)
    return found
