"""Whole graphs as equations in LaTeX: one for what has a name or is used again, then the results.

A loop is a recurrence: ``h^{(t)}`` is the carried value h before step t, which is counted from 0, as elements are.
Steps of inner loops have two numbers. T is the number of steps of a loop that asks in each of them whether to go on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symdiff.graph.dims import is_counted
from symdiff.graph.graph import Graph
from symdiff.graph.loop import Loop, parts_of
from symdiff.graph.node import Node, maker
from symdiff.graph.walk import toposort
from symdiff.render.infix import DEPTH
from symdiff.render.latex import HEAVY, formula
from symdiff.render.typeset import adjoint, latex_name


def graph_latex(graph: Graph, left: Sequence[str] = ()) -> str:
    """The function as equations.

    Args:
        graph: simplified.
        left: what the results are called, in the order of ``graph.outputs``.

    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> print(graph_latex(parse("x**2 + 1").build({"x": Aval("float64")})))
    \\begin{aligned}
    f(x) &= x^{2} + 1
    \\end{aligned}
    """
    graph = graph.with_(outputs=graph.returned)  # what is checked is no equation
    names = {x: latex_name(x.name or "") for x in graph.inputs}
    user = {node: latex_name(name) for node, name in graph.names.items()}
    equations = Equations(user, set(toposort(graph.forward)), graph.notes.cotangents, {*names.values(), *user.values()})
    equations.add(graph.outputs, names)
    lines = equations.lines
    arguments = f"({', '.join(latex_name(x.name or '') for x in graph.inputs)})"
    several = len(graph.outputs) > 1 and not left
    for k, node in enumerate(graph.outputs):
        name = left[k] if left else latex_name(graph.name) + (f"_{{{k + 1}}}" if several else "")
        body = names[node] if node in names else formula(node, names)
        lines.append(f"{name}{arguments if not left or node in graph.forward else ''} &= {body}")
    return "\n".join([r"\begin{aligned}", " \\\\\n".join(lines), r"\end{aligned}"])


def value_name(graph: Graph) -> str:
    """What the differentiated value is called: by the user's name for it, else f."""
    return graph.names.get(graph.forward[0], "f") if graph.forward else "f"


def derivative(value: str, x: Node) -> str:
    """The derivative of `value` (set already) with respect to the input `x`, as one writes it."""
    name = latex_name(x.name or "")
    if x.shape:
        return rf"\nabla_{{{name}}} {value}"
    if value.startswith((r"\frac", r"\nabla")):
        return rf"\frac{{\partial}}{{\partial {name}}} {value}"
    return rf"\frac{{\partial {value}}}{{\partial {name}}}"


def second_derivative(value: str, x: Node, y: Node) -> str:
    """The second derivative of `value` (set already) with respect to two inputs."""
    if x is y:
        name = latex_name(x.name or "")
        return (
            rf"\nabla_{{{name}}}^{{2}} {value}"
            if x.shape
            else rf"\frac{{\partial^{{2}} {value}}}{{\partial {name}^{{2}}}}"
        )
    if x.shape or y.shape:
        return derivative(derivative(value, x), y)
    names = [latex_name(each.name or "") for each in (x, y)]
    return rf"\frac{{\partial^{{2}} {value}}}{{\partial {names[0]} \, \partial {names[1]}}}"


@dataclass
class Equations:
    """The equations of a program, one after the other.

    Attributes:
        user: the user's names, set already.
        forward: what is no derivative.
        cotangents: for each cotangent, what it is the derivative of.
        taken: the names that are in use.
        lines: the equations so far.
        indices: the numbers of the steps around these.
        states: the names of carried values, which have the number of the step above them.
        counts: how many steps loops take, of those that ask.
        arrays: what is handed into a step, if that is known.
    """

    user: Mapping[Node, str]
    forward: Collection[Node]
    cotangents: Mapping[Node, Node]
    taken: set[str]
    lines: list[str] = field(default_factory=list)
    indices: tuple[str, ...] = ()
    states: set[str] = field(default_factory=set)
    counts: dict[str, str] = field(default_factory=dict)
    arrays: dict[Node, Node] = field(default_factory=dict)
    auto: int = 0

    def add(self, outputs: Sequence[Node], names: dict[Node, str], given: Mapping[Node, str] | None = None) -> None:
        """Adds those of what `outputs` need, and finds `names` on the way.

        A node gets one if the user named it, if it is used again, if a loop reads it, or if a formula would get too
        long; outputs get none, but for those that have a name in `given`.
        """
        given = given or {}
        everything = toposort(outputs)
        order = [node for node in everything if not node.aval.parts]  # parts are written one by one
        uses = dict.fromkeys(order, 0)
        for node in order:
            for x in maker(node).inputs:
                uses[x] += 1
        read = {x for node in everything if node.op.block for x in node.inputs[len(Loop.of(node).carry) :]}
        weight: dict[Node, int] = {}
        deep: dict[Node, int] = {}  # operations within operations, of which a formula shows so many
        for node in everything:
            if node.op.block:
                self._loop(node, names)
            if node.aval.parts:
                continue
            weight[node] = bool(node.inputs) * (1 - node.op.view + sum(weight[x] for x in maker(node).inputs))
            deep[node] = bool(node.inputs) * (1 + max((deep.get(x, 0) for x in maker(node).inputs), default=0))
            again = (uses[node] > 1 and weight[node] > 1) or node in read or weight[node] > HEAVY or deep[node] >= DEPTH
            is_named = node in given or ((node in self.user or again) and node not in outputs)
            if not is_named or not node.inputs or names.get(node) == self.user.get(node, names.get(node, "")):
                weight[node] = weight[node] if node not in names else 0
                continue
            name = given.get(node) or self._name(node, names)
            self.lines.append(f"{name} &= {names.get(node) or formula(node, names)}")
            names[node], weight[node], deep[node] = name, 0, 0

    def _name(self, node: Node, names: Mapping[Node, str]) -> str:
        of = self.cotangents.get(node)
        if node in self.user:
            return self.user[node]
        if of is not None and of in names and node not in self.forward:
            return adjoint(names[of])
        self.auto += 1
        return f"u_{{{self.auto}}}"

    def _free(self, name: str, taken: set[str]) -> str:
        """What a value of a loop is called: `name`, or with the first number that makes it free."""
        wanted, k = name, 2
        while (found := _set(wanted)) in taken:
            wanted, k = f"{name}_{k}", k + 1
        taken.add(found)
        return found

    # ---------------------------------------------------------------------------------------------------- loops

    def _loop(self, node: Node, names: dict[Node, str]) -> None:
        """Adds a recurrence; its parts have the names that it gives them."""
        loop, parts = Loop.of(node), parts_of(node)
        t = next(letter for letter in "tijklmnpqrs" if letter not in (*self.taken, *self.indices))
        before, after = (f"{t} + 1", t) if loop.reverse else (t, f"{t} + 1")
        length = self._length(loop)
        first, last = (length, "0") if loop.reverse else ("0", length)
        called = [self._free(h.name or "", self.states) for h in loop.states]
        kept = [self._free(part.name, self.taken) for part in parts[len(called) :]]
        for name, start in zip(called, loop.carry, strict=True):
            self.lines.append(f"{self._at(name, first)} &= {names[start] if start in names else formula(start, names)}")
        inside = {h: self._at(name, before) for h, name in zip(loop.states, called, strict=True)}
        inside |= {
            x: _element(self.arrays.get(array, array), names, t)
            for x, array in zip(loop.elements, loop.sliced, strict=True)
        }
        pairs = list(zip(loop.constants, loop.fixed, strict=True))
        known = {k: self.arrays.get(x, x) for k, x in pairs if self.arrays.get(x, x).literal is not None}
        inside |= {k: names[x] if x in names else formula(x, names) for k, x in pairs}
        self.lines.append(rf"&\text{{for }} {self._steps(loop, t, length, inside)}\text{{:}}")
        ends = {y: self._at(name, after) for y, name in zip(loop.following, called, strict=True) if y.inputs}
        step = Equations(
            {y: latex_name(name) for y, name in loop.body.names.items()}, self.forward, {}, self.taken, self.lines,
            (*self.indices, t), self.states, self.counts, known, self.auto,
        )  # fmt: skip
        step.add(loop.body.outputs, inside, ends)
        self.auto = step.auto
        rows = [(self._at(name, after), y) for name, y in zip(called, loop.following, strict=True)]
        rows += [(f"{name}[{t}]", y) for name, y in zip(kept, loop.left, strict=True)]
        for name, y in rows:
            if inside.get(y) != name:
                self.lines.append(f"{name} &= {inside[y] if y in inside else formula(y, inside)}")
        names |= dict(zip(node.parts, [*(self._at(name, last) for name in called), *kept], strict=True))

    def _at(self, name: str, step: str) -> str:
        return f"{{{name}^{{({', '.join((*self.indices, step))})}}}}"

    def _length(self, loop: Loop) -> str:
        text = str(loop.length)
        if not is_counted(loop.length):
            return text
        if text not in self.counts:
            self.counts[text] = self._free("T", self.taken)
        return self.counts[text]

    @staticmethod
    def _steps(loop: Loop, t: str, length: str, inside: Mapping[Node, str]) -> str:
        if loop.asks:
            condition = formula(loop.going[0], inside).removeprefix("[").removesuffix("]")
            return rf"{t} = 0, 1, \ldots, {length} - 1 \text{{ as long as }} {condition}"
        last = str(loop.length - 1) if isinstance(loop.length, int) else f"{length} - 1"
        return rf"{t} = {last}, \ldots, 0" if loop.reverse else rf"{t} = 0, \ldots, {last}"


def _set(name: str) -> str:
    """A name as it is set: of a derivative with a bar."""
    return adjoint(latex_name(name[2:])) if name.startswith("d_") else latex_name(name)


def _element(array: Node, names: Mapping[Node, str], t: str) -> str:
    """An element of what a loop goes through; of numbers that count, the number."""
    literal = array.literal
    if literal is not None and literal.value.dtype.kind == "i" and literal.value.ndim == 1 and literal.value.size:
        first = int(literal.value[0])
        if np.array_equal(literal.value, np.arange(first, first + literal.value.size)):
            return t if not first else f"({t} {'+' if first > 0 else '-'} {abs(first)})"
    return f"{names[array] if array in names else formula(array, names)}[{t}]"
