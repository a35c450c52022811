"""A recipe for one item becomes a recipe for a stack of items, by the rules that Jacobians push their seeds with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from symdiff.autodiff.batch import batch
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, length, show_shape
from symdiff.graph.graph import Graph, Origin
from symdiff.graph.guard import Guard
from symdiff.graph.node import Node, variable
from symdiff.graph.tree import Tree, children, described, leaves
from symdiff.graph.walk import between
from symdiff.ops.reductions import any_
from symdiff.ops.shapes import permute
from symdiff.program.recipe import Built, Derived, parameters

Axes = int | tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Mapped(Derived):
    """A recipe for each item of stacks.

    Attributes:
        base: what is done to one item.
        in_axes: the axis along which the items lie, of every argument, or of each by name; None for an argument that is
            the same for all items.
        out_axes: the axis along which the results lie, of every value, or of each of several.
    """

    is_apart: ClassVar[bool] = True

    in_axes: Axes = 0
    out_axes: int | tuple[int, ...] = 0

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def title(self) -> str:
        return f"{self.base.title}, for each item"

    def fixed(self, name: str) -> Aval | None:
        item = self.base.fixed(name)
        axis = self.axes.get(name)
        return item if item is None or axis is None else Aval(item.dtype, self.shape_of(name, item.shape, "batch"))

    @property
    def axes(self) -> dict[str, int | None]:
        """The axis of each input."""
        names = self.base.inputs
        named = None if isinstance(self.in_axes, int) else dict(self.in_axes)
        found: dict[str, int | None] = {}
        for argument, tree in parameters(self.base):
            axis = self.in_axes if named is None else named.get(argument)
            found.update(dict.fromkeys((names[k] for k in leaves(tree)), axis))  # type: ignore[arg-type]
        return found

    def shape_of(self, name: str, item: Sequence[Dim], items: str) -> tuple[Dim, ...]:
        """The shape of a stack, of a length that is called `items`, of an input of shape `item`."""
        axis = self.axes[name]
        if axis is None:
            return tuple(item)
        place = _place(axis, len(item) + 1, f"the argument {name!r}, an item of which has {len(item)} axes,")
        return (*item[:place], length(items), *item[place:])

    def derive(self, built: Built) -> Graph:
        axes = self.axes
        count = self._count(built.avals)
        graph = self._items(built).recognised(self.base)
        if graph.notes.tried:
            raise UnsupportedError(
                f"{self.name} handles the failure of a call, which may be another one for each item",
                help="test for what makes it fail, and select by np.where",
            )
        arguments, stacks = [], {}
        for x, name in zip(graph.inputs, self.inputs, strict=True):
            given, axis = x, axes[name]
            if axis is not None:
                given = variable(name, built.avals[name], scope=x.kwargs.get("scope", 0))
                stacks[x] = _moved(given, axis % given.ndim, 0)
            arguments.append(given)
        return self._stacked(graph, arguments, stacks, count)

    def _items(self, built: Built) -> Built:
        """Where the graphs of one item are made."""

        def make() -> Built:
            item = {name: _without(built.avals[name], axis) for name, axis in self.axes.items()}
            return Built({**built.avals, **item})

        return built.once("items", self, make)

    def _count(self, avals: Mapping[str, Aval]) -> Dim:
        """How many items there are.

        Raises:
            ArgumentError, ShapeError: if no argument is a stack, or two are of different lengths.
        """
        found: dict[str, Dim] = {}
        for name, axis in self.axes.items():
            if axis is None:
                continue
            shape = avals[name].shape
            place = _place(axis, len(shape), f"{name!r}, which is [{show_shape(shape)}],")
            found[name] = shape[place]
        if not found:
            raise ArgumentError(
                f"none of the arguments of {self.name} is a stack",
                help="in_axes= says along which axis of which argument the items lie",
            )
        first = next(iter(found))
        for name, n in found.items():
            if n != found[first]:
                raise ShapeError(
                    f"{first!r} has {found[first]} items, and {name!r} has {n}",
                    help="as many items in each; in_axes=None for an argument that is the same for all",
                )
        return found[first]

    def _stacked(self, graph: Graph, arguments: Sequence[Node], stacks: Mapping[Node, Node], count: Dim) -> Graph:
        """The graph on stacks, with all that is noted of its nodes."""
        guards = graph.notes.guards
        read = [x for guard in guards for x in guard.reads]
        inside = [n for n in between(stacks, *graph.outputs, *read) if not n.aval.parts and n not in stacks]
        found = batch((*graph.outputs, *inside), stacks, (count,))
        table = dict(zip(inside, found[len(graph.outputs) :], strict=True)) | dict(stacks)
        notes = graph.notes
        outputs = self._arranged(graph.tree, found[: len(graph.outputs)])
        return graph.with_(
            inputs=tuple(arguments),
            outputs=outputs,
            forward=tuple(_at(graph.forward, table)),
            names={table.get(n, n): name for n, name in graph.names.items()},
            lines={table.get(n, n): line for n, line in notes.lines.items()},
            origins={table.get(n, n): _origin(origin, table) for n, origin in notes.origins.items()},
            cotangents={table.get(n, n): table.get(x, x) for n, x in notes.cotangents.items()},
            wrt=(),
            assume=self._assumed(graph, arguments),
            guards=tuple(_any(guard.moved(table), guard) for guard in guards),
        )

    def _assumed(self, graph: Graph, arguments: Sequence[Node]) -> dict[Node, tuple[str, ...]]:
        """What is declared of the values of items, where it holds of the axes of the stack as well."""
        known = graph.notes.assume
        pairs = zip(graph.inputs, arguments, strict=True)
        kept = {new: known[x] for x, new in pairs if x in known}
        same = {x for x in arguments if self.axes[x.name or ""] in (None, 0)}
        return {x: words if x in same else tuple(w for w in words if w in _OF_ELEMENTS) for x, words in kept.items()}

    def _arranged(self, tree: Tree, outputs: Sequence[Node]) -> tuple[Node, ...]:
        """The results with their items along `out_axes`."""
        if isinstance(self.out_axes, int):
            places = dict.fromkeys(range(len(outputs)), self.out_axes)
        else:
            parts = children(tree)
            if len(parts) != len(self.out_axes):
                raise ArgumentError(
                    f"out_axes has {len(self.out_axes)} axes, and {self.name} returns {described(tree)}",
                    help="one axis for each value, or one number for all",
                )
            places = {k: axis for part, axis in zip(parts, self.out_axes, strict=True) for k in leaves(part)}
        what = f"a result of {self.name}"
        return tuple(_moved(y, 0, _place(places.get(k, 0), y.ndim, what)) for k, y in enumerate(outputs))


_OF_ELEMENTS = ("positive", "nonnegative")  # they say nothing of axes


def free_length(shapes: Sequence[Sequence[Dim]]) -> str:
    """A name for the number of items that is no length of one of them."""
    taken = {name for shape in shapes for dim in shape if isinstance(dim, Length) for name in dim.names()}
    return next(name for name in ("batch", *(f"batch{k}" for k in range(2, len(taken) + 3))) if name not in taken)


def _place(axis: int, ndim: int, what: str) -> int:
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{what} has no axis {axis} for its items", help="axes are counted from 0, in the stack")
    return axis % ndim


def _without(aval: Aval, axis: int | None) -> Aval:
    if axis is None:
        return aval
    place = axis % len(aval.shape)
    return Aval(aval.dtype, (*aval.shape[:place], *aval.shape[place + 1 :]))


def _moved(x: Node, source: int, place: int) -> Node:
    """One axis somewhere else."""
    rest = [k for k in range(x.ndim) if k != source]
    axes = (*rest[:place], source, *rest[place:])
    return x if axes == tuple(range(x.ndim)) else permute(x, axes=axes)


def _at(nodes: Sequence[Node], table: Mapping[Node, Node]) -> list[Node]:
    return [table.get(n, n) for n in nodes]


def _origin(origin: Origin, table: Mapping[Node, Node]) -> Origin:
    wrt = origin.wrt if origin.wrt is None else table.get(origin.wrt, origin.wrt)
    return origin._replace(of=table.get(origin.of, origin.of), wrt=wrt)


def _any(guard: Guard, of_item: Guard) -> Guard:
    """A check that raises if it would for one of the items."""
    if guard.condition.ndim == of_item.condition.ndim:
        return guard
    return replace(guard, condition=any_(guard.condition, axis=(0,), keepdims=False))
