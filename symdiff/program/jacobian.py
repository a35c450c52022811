"""Recipes for what reverse and forward mode compute besides gradients: Jacobians, and products with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from symdiff.autodiff.compose import Blocks, are_symmetric, hessians, jacobians
from symdiff.autodiff.forward import push_forward
from symdiff.codegen.names import free_name
from symdiff.errors import DTypeError, ShapeError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import show_shape, size
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, constant, variable
from symdiff.graph.tree import children, leaves, relabel
from symdiff.ops import vocabulary as api
from symdiff.ops.reductions import spread
from symdiff.ops.shapes import astype, concatenate, reshape, stack
from symdiff.program.gradient import Derivative, Gradient
from symdiff.program.recipe import Added, Built, Derived, argument_with, parameter_of


@dataclass(frozen=True)
class Jacobian(Derivative):
    """The derivatives of every element of a recipe's values.

    Attributes:
        single: whether the one block comes alone, not in a tuple.
    """

    single: bool

    @property
    def name(self) -> str:
        return "jacobian"

    @property
    def title(self) -> str:
        return f"Jacobian of {self.base.title} with respect to {', '.join(self.targets)}"

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        targets = self.among(graph)
        check_outputs(graph.outputs)
        check_real(targets)
        return _with_blocks(graph, jacobians(graph.outputs, targets), self)


@dataclass(frozen=True)
class Joined(Derived):
    """A Jacobian whose blocks are numbers, as one matrix: a row for each value, a column for each target."""

    is_wrapping = True

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph = built.graph(self.base)
        columns = len(children(children(graph.tree)[0]))
        joined = reshape(api.asarray(list(graph.outputs)), shape=(len(graph.outputs) // columns, columns))
        return graph.with_(outputs=(joined,), tree=0)


@dataclass(frozen=True)
class Stacked(Derived):
    """A Jacobian whose blocks stand side by side: the columns of each are the numbers of its target, in C order."""

    base: Jacobian

    is_wrapping = True

    @property
    def name(self) -> str:
        return self.base.name

    def derive(self, built: Built) -> Graph:
        graph, whole = built.graph(self.base), built.recognised(self.base.base)
        targets = self.base.among(graph)
        rows = (graph.outputs[k : k + len(targets)] for k in range(0, len(graph.outputs), len(targets)))
        return graph.with_(outputs=tuple(_side_by_side(row, targets) for row in rows), tree=whole.tree)


def _side_by_side(blocks: Sequence[Node], targets: Sequence[Node]) -> Node:
    """The blocks of one value as one array, whose last axis counts the numbers of all targets."""
    pairs = list(zip(blocks, targets, strict=True))
    if all(x.ndim == 0 for x in targets):
        return stack(*blocks, axis=blocks[0].ndim)
    flat = [reshape(b, shape=(*b.shape[: b.ndim - x.ndim], size(x.shape))) for b, x in pairs]
    return concatenate(*flat, axis=flat[0].ndim - 1) if len(flat) > 1 else flat[0]


@dataclass(frozen=True)
class Hessian(Derivative):
    """The second derivatives of a recipe's value; attributes as of `Jacobian`."""

    single: bool

    @property
    def name(self) -> str:
        return "hessian"

    @property
    def title(self) -> str:
        return f"Second derivatives of {self.base.title} with respect to {', '.join(self.targets)}"

    @cached_property
    def gradient(self) -> Gradient:
        """What this is the Jacobian of."""
        return Gradient(self.base, self.wrt, self.single)

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.gradient)
        targets = self.among(graph)
        check_real(targets)
        symmetric = are_symmetric(built.recognised(self.base).outputs)
        return _with_blocks(graph, hessians(graph.outputs, targets, symmetric=symmetric), self)


@dataclass(frozen=True)
class Pushforward(Derivative):
    """The derivative of a recipe's values along tangents, which are further inputs; of a gradient, the product of the
    Hessian with them."""

    name: str = "jvp"
    pattern: str = "{}_dot"

    @property
    def directions(self) -> tuple[str, ...]:
        """What the further inputs are called."""
        return fresh_names([self.pattern.format(name) for name in self.targets], self.base.inputs)

    @cached_property
    def added(self) -> Added:
        """A tangent for each target, containers of them for containers, right behind the last target."""
        number = count()
        trees = [relabel(tree, lambda _: next(number)) for tree in self.wrt]
        names = [self.pattern.format(parameter_of(self.base, tree)) for tree in self.wrt]
        fresh = fresh_names(names, self.base.inputs)
        last, tree = argument_with(self.base, max(leaves(self.wrt)))
        return Added(1 + max(leaves(tree)), last, tuple(zip(fresh, trees, strict=True)), self.directions)

    @property
    def title(self) -> str:
        return f"{self.base.title}, along {', '.join(self.directions)}"

    def fixed(self, name: str) -> Aval | None:
        if name in self.directions:
            name = self.targets[self.directions.index(name)]
        return self.base.fixed(name)

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        targets = self.among(graph)
        check_outputs(graph.outputs)
        extra = further_inputs(graph, self.directions, built)
        tangents = [like(given, x, f"the argument {x.name!r}") for given, x in zip(extra, targets, strict=True)]
        pushed = push_forward(graph.outputs, targets, tangents)
        outputs = tuple(_zeros(y) if t is None else t for y, t in zip(graph.outputs, pushed.tangents, strict=True))
        return graph.with_(
            name=self.name,
            inputs=self.added.among(graph.inputs, extra),
            outputs=outputs,
            forward=(),
            origins={**graph.notes.origins, **pushed.origins},
        )


def further_inputs(graph: Graph, names: Sequence[str], built: Built) -> list[Node]:
    """Inputs called `names`, beside the graph's own.

    The graph of a function inside of another one, which is being traced, may depend on an input of that one which is
    called the same: ours are then nodes of another scope.
    """
    made = []
    for name in names:
        aval = built.avals[name]
        taken = {node for node in graph.order if node.name == name}
        scope = next(k for k in count() if variable(name, aval, scope=k) not in taken)
        made.append(variable(name, aval, scope=scope))
    return made


def check_real(targets: Sequence[Node]) -> None:
    """Raises DTypeError for a complex target."""
    for target in targets:
        if target.aval.kind == "c":
            raise DTypeError(
                f"{target.name!r} is {target.aval!r}; Jacobians and Hessians are with respect to real numbers",
                help="make it a function of the real and the imaginary part, or use jvp or vjp",
            )


def _with_blocks(graph: Graph, found: Blocks, recipe: Jacobian | Hessian) -> Graph:
    """`graph` with a row of blocks in the place of each output."""
    outputs = [block for row in found.blocks for block in row]
    numbers = count()
    rows = [recipe.arranged(numbers, single=recipe.single) for _ in found.blocks]
    return graph.with_(
        name=recipe.name,
        outputs=tuple(outputs),
        tree=relabel(graph.tree, lambda k: rows[k]),
        forward=(),
        wrt=(),
        origins={**graph.notes.origins, **found.origins},
    )


def check_outputs(outputs: Iterable[Node]) -> None:
    """Raises DTypeError for an output that has no derivative."""
    for y in outputs:
        if not y.aval.inexact and not y.aval.weak:
            raise DTypeError(
                f"the result is {y.aval!r}, and only real or complex results have derivatives",
                help="a condition can choose between two values: where(condition, a, b)",
            )


def fresh_names(wanted: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    """The names that are wanted, changed where they are taken, or wanted twice."""
    names: list[str] = []
    for name in wanted:
        names.append(free_name(name, {*taken, *names}))
    return tuple(names)


def like(given: Node, x: Node, what: str) -> Node:
    """A tangent or cotangent in the dtype of what it belongs to; its shape must be the same."""
    if given.shape != x.shape:
        raise ShapeError(
            f"{given.name!r} has shape [{show_shape(given.shape)}], {what} has [{show_shape(x.shape)}]",
            help="they must be the same",
        )
    if given.aval.kind == "c" and x.aval.kind != "c":
        raise DTypeError(f"{given.name!r} is {given.aval!r}, but {what} is {x.aval!r}")
    return given if given.dtype == x.dtype else astype(given, dtype=x.dtype.name)


def _zeros(y: Node) -> Node:
    return spread(constant(y.dtype.type(0)), y.shape)
