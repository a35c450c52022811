"""Libraries whose arrays are not NumPy's, but whose functions are called as NumPy's are: ``da.exp(x)``.

What is printed is NumPy's text with the library's name in front. A library says which functions it lacks, and which are
called otherwise, as text over their arguments; a row that comes to one it lacks is refused by name, so that nothing is
computed by NumPy behind the user's back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial, reduce
from typing import Any, ClassVar

from symdiff.codegen.printed import Printed
from symdiff.codegen.refusing import check_printable
from symdiff.codegen.spelling import helpers_of
from symdiff.codegen.target import DEFAULT, Wishes
from symdiff.codegen.targets.numpy import NumPy
from symdiff.graph.graph import Graph
from symdiff.graph.loop import ONCE, Loop
from symdiff.graph.node import ITEM, Node
from symdiff.graph.op import UNWRITTEN
from symdiff.graph.template import fill, free_names, parse_template

SCIPY = "scipy.special"
PLAINER: Mapping[str, str] = {  # what most libraries lack, in terms of what all have; none has orders in memory
    "ascontiguousarray": "(x0)",
    "full": "np.broadcast_to(np.asarray(x1), x0)",
    "vdot": "np.sum(np.conj(x0) * x1)",
}


STEP = "np.where(x0 == 0, x1, np.where(x0 > 0, 1.0, np.where(x0 < 0, 0.0, x0)))"  # heaviside


class Namespace(NumPy):
    """NumPy's text for another library.

    Attributes:
        lacks: the functions that are called as NumPy's are, and that it has not: ``linalg.svd``.
        instead: how functions are written that it calls otherwise, by their names in NumPy: another name, or a template
            over their arguments ``x0, x1, …``.
        methods: how methods of NumPy's arrays are written that it has not, over an array ``x0`` and an argument ``x1``.
        helpers: the functions of ours that run on its arrays as they stand.
        special: the module that has functions of `scipy.special`; "" if none has.
        stacks: whether numbers that are arrays become an array by ``stack``.
        writes: whether parts of its arrays can be assigned.
    """

    branches = False
    floats = ""
    lacks: frozenset[str] = frozenset()
    instead: ClassVar[Mapping[str, str]] = {}
    methods: ClassVar[Mapping[str, str]] = {}
    helpers: frozenset[str] = frozenset()
    special = ""
    writes = False
    stacks = False

    def takes(self, graph: Graph) -> bool:
        return True

    def prints(self, node: Node) -> bool:
        op = node.op
        if node.op is ITEM:
            return self.prints(node.inputs[0])
        if op.block:
            return self.runs(node)
        if op.family in UNWRITTEN or not super().prints(node):
            return op.family in UNWRITTEN
        if op.is_statement:
            return self.writes and self._is_written(node)
        text = super().template(node)
        if {helper.__name__ for helper in helpers_of(node)}.intersection(free_names(text)) - self.helpers:
            return False  # which would compute in NumPy
        modules = {name: NumPy.origin(self, node, name) for name in free_names(text)}
        if not all(self.has_special(name) for name, module in modules.items() if module.startswith("scipy")):
            return False
        return self.translated(text) is not None

    def has(self, path: str) -> bool:
        """Whether it has a function of NumPy's, ``"linalg.inv"``, or another way to write it."""
        return path not in self.lacks

    def has_special(self, name: str) -> bool:
        """Whether there is a function of SciPy's of that name."""
        return False

    def _is_written(self, node: Node) -> bool:
        """Whether the statements of a row are assignments to parts of an array, and not of a view of it."""
        texts = [*node.op.edits(node)] if node.op.edits is not None else [self.accumulation(node)[1]]
        return all(map(self.is_assignment, texts))

    def is_assignment(self, text: str) -> bool:
        """Whether a statement assigns to a part of an array of a name, and not to one of a view of it."""
        match ast.parse(text).body[0]:
            case ast.Assign(targets=[place]) | ast.AugAssign(target=place):
                return isinstance(place, ast.Subscript) and isinstance(place.value, ast.Name)
        return False

    @property
    def steps(self) -> Namespace:
        return self

    def runs(self, node: Node) -> bool:
        """Whether there is a way to write a block: whether a loop has a next step is in no array."""
        return self.writes and not (node.op.block != ONCE and Loop.of(node).asks)

    def template(self, node: Node) -> str:
        text = super().template(node)
        found = self.translated(text)
        assert found is not None, text
        return found

    def origin(self, node: Node, name: str) -> str:
        module = super().origin(node, name)
        return self.special if module == SCIPY else module

    def translated(self, text: str) -> str | None:
        """A template as it is written for the library; None if that lacks a function in it."""
        return _translated(self, text)

    def reached(self, path: str) -> str:
        """``np.asin`` for ``np.arcsin``, where that is only another name."""
        other = self.instead.get(path[3:], path[3:])
        return f"np.{other}" if is_path(other) else path

    def print(self, graph: Graph, options: Wishes = DEFAULT) -> Printed:
        check_printable(graph, self)
        return super().print(graph, replace(options, fresh=False))  # its arrays do not change


@lru_cache(maxsize=4096)
def _translated(target: Namespace, text: str) -> str | None:
    tree = parse_template(text)
    if not all(map(target.has, _paths(tree))):
        return None
    return ast.unparse(_renamed(tree, target))


def _paths(tree: ast.AST) -> Iterator[str]:
    """What is reached of NumPy in a tree: ``linalg.inv``."""
    for part in ast.walk(tree):
        text = ast.unparse(part) if isinstance(part, ast.Attribute) else ""
        if text.startswith("np.") and text not in ("np.linalg", "np.fft"):
            yield text[3:]


def _renamed(tree: Any, target: Namespace) -> Any:
    """A template with NumPy's functions called as a library calls them."""
    if isinstance(tree, list):
        return [_renamed(part, target) for part in tree]
    if not isinstance(tree, ast.AST):
        return tree
    if isinstance(tree, ast.Attribute) and (path := ast.unparse(tree)).startswith("np."):
        return parse_template(target.reached(path))
    parts = {name: _renamed(value, target) for name, value in ast.iter_fields(tree)}
    if isinstance(tree, ast.Call):
        return _call(tree, parts, target)
    if isinstance(tree, ast.Subscript) and target.stacks:
        parts["slice"] = _listed(parts["slice"])
    if isinstance(tree, ast.IfExp):  # of a number, which is in an array here
        return _called("np.where", parts["test"], parts["body"], parts["orelse"])
    if isinstance(tree, ast.BoolOp):
        name = "np.logical_and" if isinstance(tree.op, ast.And) else "np.logical_or"
        return reduce(partial(_called, name), parts["values"])
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return _called("np.logical_not", parts["operand"])
    return type(tree)(**parts)


def _call(tree: ast.Call, parts: dict[str, Any], target: Namespace) -> ast.expr:
    """A call, of which `parts` are written for the library."""
    path = ast.unparse(tree.func)
    if target.stacks and path == "np.array" and tree.args:
        return _stacked(parts["args"][0])
    template = target.instead.get(path[3:], "") if path.startswith("np.") else ""
    given = {"axis": _usual_axis(path), "x1": ast.Constant(0)} | {f"x{k}": x for k, x in enumerate(parts["args"])}
    given |= {keyword.arg: keyword.value for keyword in parts["keywords"]}
    if path == "np.full" and not isinstance(given["x0"], (ast.Tuple, ast.Attribute)):
        given["x0"] = ast.Tuple([given["x0"]])
    if isinstance(tree.func, ast.Attribute) and tree.func.attr in target.methods and not path.startswith("np."):
        template, given = target.methods[tree.func.attr], {"x0": parts["func"].value, "x1": _dtype(parts["args"][0])}
    if not template or is_path(template):
        return ast.Call(**parts)
    return fill(parse_template(template), given, lambda text: parse_template(f"_length({text!r})"))


def _usual_axis(path: str) -> ast.expr:
    """The axis along which NumPy's function goes if none is named."""
    return ast.Constant(0 if path.endswith(".accumulate") else -1)


def _stacked(tree: ast.expr) -> ast.expr:
    """Lists of numbers as arrays, of numbers that are arrays, too."""
    if not isinstance(tree, ast.List):
        return _called("np.asarray", tree)
    return _called("np.stack", ast.List([_stacked(part) for part in tree.elts]))


def _listed(place: ast.expr) -> ast.expr:
    """Lists of positions as arrays."""
    if isinstance(place, ast.Tuple):
        return ast.Tuple([*map(_listed, place.elts)])
    return _called("np.asarray", place) if isinstance(place, ast.List) else place


def _dtype(tree: ast.expr) -> ast.expr:
    """``np.float32`` for ``'float32'``."""
    return parse_template(f"np.{tree.value!s}") if isinstance(tree, ast.Constant) else tree


def _called(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(parse_template(name), list(arguments), [])


def is_path(text: str) -> bool:
    """Whether a text is a name, or a dotted one.

    >>> is_path("linalg.inv"), is_path("np.sum(x0)")
    (True, False)
    """
    return all(part.isidentifier() for part in text.split("."))
