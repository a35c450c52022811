"""Cotangents times a Jacobian, as a recipe: one for each value that a function returns, in containers as it returns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from symdiff.autodiff.reverse import pull_back
from symdiff.codegen.names import free_name
from symdiff.errors import ArgumentError
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node
from symdiff.graph.tree import Branch, Fixed, Tree, children, described, labels, leaves, paths, relabel
from symdiff.ops.api.selection import getitem
from symdiff.ops.elementwise import add
from symdiff.program.gradient import Derivative
from symdiff.program.jacobian import check_outputs, fresh_names, further_inputs, like
from symdiff.program.recipe import Added, Built

Path = tuple[Hashable, ...]  # the keys and positions by which a value is reached


@dataclass(frozen=True)
class Pullback(Derivative):
    """The product of cotangents of a recipe's values, which are further inputs, with its Jacobian.

    Attributes:
        given: the containers of the cotangents, leaves numbering them: those of the values, with None in the place of
            a value, or of a container of some, that has no cotangent.
    """

    single: bool
    given: Tree = 0
    name: str = "vjp"

    @property
    def cotangent(self) -> str:
        """What the further argument is called."""
        return free_name("cotangent", self.base.inputs)

    @cached_property
    def added(self) -> Added:
        """The further argument, behind all others."""
        named = ["_".join(map(str, (self.cotangent, *path))) for path in paths(self.given)]
        plain = ["".join(c if c.isalnum() and c.isascii() else "_" for c in name) for name in named]
        names = fresh_names(plain, self.base.inputs)
        return Added(len(self.base.inputs), None, ((self.cotangent, self.given),), names, is_open=True)

    @property
    def title(self) -> str:
        return f"{self.cotangent} times the Jacobian of {self.base.title} with respect to {', '.join(self.targets)}"

    def fixed(self, name: str) -> Aval | None:
        return None if name in self.added.inputs else self.base.fixed(name)

    def derive(self, built: Built) -> Graph:
        graph = built.recognised(self.base)
        targets = self.among(graph)
        extra = further_inputs(graph, self.added.inputs, built)
        seeds = self._seeds(graph, extra)
        check_outputs(seeds)
        found = pull_back(seeds, targets)
        return graph.with_(
            name=self.name,
            inputs=self.added.among(graph.inputs, extra),
            outputs=found.grads,
            tree=self.arranged(count(), single=self.single),
            forward=(),
            wrt=tuple(targets),
            origins={**graph.notes.origins, **found.origins},
            cotangents={**graph.notes.cotangents, **found.cotangents},
        )

    def _seeds(self, graph: Graph, extra: Sequence[Node]) -> dict[Node, Node]:
        """The cotangent of each value that has one; of a value that is returned twice, their sum."""
        found: dict[Node, Node] = {}
        for path, seed, value in self._pairs(graph.tree, extra):
            y = graph.outputs[value]
            typed = like(seed, y, _place("the value", path))
            found[y] = add(found[y], typed) if y in found else typed
        return found

    def _pairs(self, tree: Tree, extra: Sequence[Node]) -> Iterator[tuple[Path, Node, int]]:
        """``(path, cotangent, value)`` for each value that has a cotangent.

        Raises:
            ArgumentError: the containers of the cotangents are not those of the values.
        """
        stack: list[tuple[Path, Tree, Tree]] = [((), self.given, tree)]
        while stack:
            path, given, value = stack.pop()
            if isinstance(given, Fixed) and given.value is None:
                continue
            if isinstance(given, int) and isinstance(value, int):
                yield path, extra[given], value
            elif isinstance(given, int) and _are_in_list(value, extra[given]):
                yield from (((*path, k), getitem(extra[given], k), part) for k, part in enumerate(leaves(value)))
            elif _are_alike(given, value):
                parts = dict(zip(labels(given), children(given), strict=True))
                below = zip(labels(value), children(value), strict=True)
                stack.extend(reversed([((*path, label), parts[label], part) for label, part in below]))
            else:
                raise self._unlike(path, given, value)

    def _unlike(self, path: Path, given: Tree, value: Tree) -> ArgumentError:
        theirs = f"what {self.base.name} returns" + (f" at {_place('', path)}" if path else "")
        return ArgumentError(
            f"{_place(self.cotangent, path)} is {described(given)}, and {theirs} is {described(value)}",
            help=f"pass a cotangent for each value, in containers as {self.base.name} returns them, and None where a "
            "value has none; or choose one value: output=…",
        )


def cotangents_of(graph: Graph) -> tuple[Tree, list[Node]]:
    """The containers of a cotangent for each value of a graph that can have one, and those values."""
    values = [k for k in leaves(graph.tree) if graph.outputs[k].aval.inexact or graph.outputs[k].aval.weak]
    numbers = {value: k for k, value in enumerate(values)}
    tree = relabel(graph.tree, lambda k: numbers[k] if k in numbers else Fixed(None))
    return _without_fixed(tree), [graph.outputs[k] for k in values]


def _without_fixed(tree: Tree) -> Tree:
    """None in the place of what is no value."""
    if isinstance(tree, Branch):
        return Branch(tree.kind, tree.keys, tuple(map(_without_fixed, tree.children)))
    if isinstance(tree, tuple):
        return tuple(map(_without_fixed, tree))
    return Fixed(None) if isinstance(tree, Fixed) else tree


def _are_alike(given: Tree, value: Tree) -> bool:
    """Whether two containers have the same labels: a list is as good as a tuple."""
    return bool(children(value)) and set(labels(given)) == set(labels(value))


def _are_in_list(value: Tree, seed: Node) -> bool:
    """Whether an array holds the cotangents of numbers in a list: a list of numbers is an array, as everywhere."""
    parts = children(value) if isinstance(value, Branch) and value.kind is list else ()
    return bool(parts) and all(isinstance(part, int) for part in parts) and seed.shape[:1] == (len(parts),)


def _place(name: str, path: Path) -> str:
    return name + "".join(f"[{label!r}]" for label in path)
