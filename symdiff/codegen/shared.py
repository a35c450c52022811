"""One body for both kinds of floats: a loop over numbers, or a long program, is written once.

It runs on NumPy's floats where Python's raise.

Python's floats and NumPy's do the same under the same signs, but for what raises an error. Functions of `math` are
arguments of the body, so that NumPy's may stand in for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symdiff.codegen.printed import INDENT, Printed
from symdiff.codegen.spelling import Spelling, helpers_of
from symdiff.graph.graph import LARGE, Graph
from symdiff.graph.loop import Loop
from symdiff.graph.node import ITEM, Node, maker
from symdiff.graph.template import free_names, placeholders
from symdiff.graph.tree import Tree, children
from symdiff.graph.walk import toposort

OTHERWISE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
             "acosh": "arccosh", "atanh": "arctanh", "pow": "power"}  # fmt: skip
BUILT_IN = {"abs", "bool"}  # those that take NumPy's floats as they take Python's, and give such
WRITTEN = {"float", "map", "tuple"}  # in the head
MOST_RESULTS = 8


@dataclass(frozen=True)
class Shared:
    """What the head of a body needs that runs on both kinds of floats.

    Attributes:
        name: of the body.
        functions: NumPy's functions, by the names that those of `math` have in the body.
        tree: what is returned.
        numpy: what NumPy is called.
    """

    name: str
    functions: Mapping[str, str]
    tree: Tree
    numpy: str

    def head(self, arguments: Sequence[str]) -> str:
        """The head of the body."""
        return f"def {self.name}({', '.join([*arguments, *(f'{f}={f}' for f in self.functions)])}):"

    def call(self, arguments: Sequence[str]) -> str:
        """The body on Python's floats."""
        return f"{self.name}({', '.join(arguments)})"

    def otherwise(self, arguments: Sequence[str]) -> list[str]:
        """The lines that run the body on NumPy's floats, silently, and give Python's."""
        number, names = f"{self.numpy}.float64", ", ".join(arguments)
        functions = [f"{name}={self.numpy}.{function}" for name, function in self.functions.items()]
        one = [f"{number}({names})"] if len(arguments) == 1 else list(arguments)
        first = [] if len(arguments) == 1 else [f"{names} = map({number}, ({names}))"]
        call = f"{self.name}({', '.join([*one, *functions])})"
        lines = [*first, *self._as_floats(call)]
        return [f'with {self.numpy}.errstate(all="ignore"):', *(INDENT + line for line in lines)]

    def _as_floats(self, call: str) -> list[str]:
        if isinstance(self.tree, int):
            return [f"return float({call})"]
        assert isinstance(self.tree, tuple)
        if all(isinstance(part, int) for part in self.tree):
            return [f"return tuple(map(float, {call}))"]
        names = [f"y{k}" for k in range(MOST_RESULTS)]
        return [f"{_shown(self.tree, names, '{}')} = {call}", f"return {_shown(self.tree, names, 'float({})')}"]


def _shown(tree: Tree, names: Sequence[str], how: str) -> str:
    if isinstance(tree, int):
        return how.format(names[tree])
    assert isinstance(tree, tuple)
    parts = [_shown(part, names, how) if isinstance(part, int) else f"({_shown(part, names, how)})" for part in tree]
    return ", ".join(parts) + "," * (len(parts) == 1)


def shared_body(graph: Graph, name: str, spelling: Spelling, printed: Printed) -> Shared | None:
    """How the body of a graph with loops, or of a large one, is shared; None if it has to be written twice.

    That of a small graph without loops is not: it is faster without the call.
    """
    called = {here: f for f, here in printed.imports.get("math", {}).items() if callable(getattr(math, f))}
    functions = {here: OTHERWISE.get(f, f) for here, f in sorted(called.items())}
    order = graph.order
    once = len(order) > LARGE or any(node.op.block for node in order)
    plain = _is_shown(graph.tree, len(graph.outputs)) and all(y.aval.kind == "f" for y in graph.outputs)
    if not once or not plain or not all(isinstance(getattr(np, f, None), np.ufunc) for f in functions.values()):
        return None
    found = _of_numpy(order, set(graph.inputs), spelling)
    if found is None:
        return None
    array_module = "np"
    while array_module in printed.arguments:
        array_module = f"_{array_module}"
    printed.imports.setdefault("numpy", {})["numpy"] = array_module
    return Shared(name, functions, graph.tree, array_module)


def _is_shown(tree: Tree, outputs: int) -> bool:
    """Whether what is returned is made floats in a line: by `map`, or a few numbers one by one."""
    one_by_one = not isinstance(tree, int) and not all(isinstance(part, int) for part in children(tree))
    return _is_flat(tree) and (outputs <= MOST_RESULTS or not one_by_one)


def _is_flat(tree: Tree) -> bool:
    """Whether what is returned are numbers, in tuples."""
    return isinstance(tree, int) or (isinstance(tree, tuple) and bool(tree) and all(map(_is_flat, tree)))


def _of_numpy(order: Sequence[Node], given: set[Node], spelling: Spelling) -> set[Node] | None:
    """What is a float of NumPy's if `given` are; None if something may raise an error all the same, or does otherwise.

    Of an operation with a sign one operand of NumPy's is enough. What is made of known numbers alone is Python's.
    """
    found, looks = set(given), _Looks(spelling)
    for node in order:
        if node in found or not node.inputs or node.op is ITEM:
            continue
        if node.op.block:
            loop = Loop.of(node)
            own = None if loop.is_block else _in_steps(loop, found, spelling)
            if own is None:
                return None
            ends = (*loop.states, *loop.left)
            found.update(part for part, y in zip(node.parts, ends, strict=True) if y in own)
            continue
        calls = looks.calls(node)
        if calls is None:
            return None
        selects = node.op.selects
        if calls or (found.issuperset(node.inputs[1:]) if selects else not found.isdisjoint(node.inputs)):
            found.add(node)
        elif node.op.notation.raises:
            return None
    return found


def _in_steps(loop: Loop, around: set[Node], spelling: Spelling) -> set[Node] | None:
    """The same in the steps of a loop: a state is what it begins with, and what each step makes of it."""
    given = zip(loop.body.inputs, (*loop.carry, *loop.sliced, *loop.fixed), strict=True)
    own = {v for v, x in given if x in around}
    while True:
        found = _of_numpy(toposort(loop.body.outputs), own, spelling)
        if found is None:
            return None
        changing = {h for h, y in zip(loop.states, loop.following, strict=True) if h in own and y not in found}
        if not changing:
            return found
        own -= changing


class _Looks:
    """What is known of operations: it is the same for all nodes of one operation on numbers of some types."""

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling
        self._known: dict[tuple[object, ...], bool | None] = {}

    def calls(self, node: Node) -> bool | None:
        """Whether a function of `math` computes a node; None if its expression means something else for NumPy's."""
        look = node.op, node.params, node.aval, tuple([x.aval for x in node.inputs])
        if look not in self._known:
            same = not node.aval.parts and _does_the_same(node, self.spelling)
            self._known[look] = _calls(node, self.spelling) if same else None
        return self._known[look]


def _calls(node: Node, spelling: Spelling) -> bool:
    """Whether a node is computed by a function of `math`."""
    return any(spelling.origin(node, name) == "math" for name in free_names(spelling.template(node)))


def _does_the_same(node: Node, spelling: Spelling) -> bool:
    """Whether the expression of a node means the same for both kinds of floats: True + True is 2 in Python only."""
    number = node.aval.kind != "b" and not node.op.selects
    if helpers_of(maker(node)) or (number and any(x.aval.kind == "b" for x in node.inputs)):
        return False
    operands = {name for k in range(len(node.inputs)) for name in placeholders(k)}
    names = {name for name in free_names(spelling.template(node)) if not spelling.origin(node, name)}
    return names <= operands | BUILT_IN
