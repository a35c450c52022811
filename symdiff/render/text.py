"""The listing: a graph as a program in single-assignment form, which reads back to the same graph.

One line per node, with its type; derivative lines name the forward line and the rule that they come from. Everything
behind ``#`` is for the reader, except the headings ``# forward`` and ``# backward``.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from symdiff.errors import ParseError, SymdiffError
from symdiff.graph.aval import parse_aval
from symdiff.graph.dims import Length, parse_dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, INPUT, LENGTH, Literal, Node, constant, variable
from symdiff.graph.op import OPS
from symdiff.graph.tree import Branch, Fixed, Tree, children
from symdiff.graph.walk import toposort
from symdiff.ops.index import Slice

COLUMN = 52


def listing(graph: Graph) -> str:
    """The listing of `graph`.

    >>> from symdiff.frontends.text import parse
    >>> from symdiff.graph.aval import Aval
    >>> print(listing(parse("s = x + y\\ns * s").build({"x": Aval("float64"), "y": Aval("float64")})))
    def f(x: "f64[]", y: "f64[]"):
        s = add(x, y)                                   # f64[]
        v1 = multiply(s, s)                             # f64[]
        return v1
    """
    names = name_nodes(graph)
    forward = set(toposort(graph.forward))
    order = [node for node in toposort(graph.outputs) if node.inputs or node.op not in (INPUT, CONSTANT, LENGTH)]
    first, second = [n for n in order if n in forward], [n for n in order if n not in forward]
    arguments = ", ".join(f'{node.name}: "{node.aval!r}"' for node in graph.inputs)
    lines = [f"def {graph.name}({arguments}):"]
    headed = bool(first) and bool(second)
    lines += ["    # forward"] * headed + [_line(node, graph, names, backward=False) for node in first]
    lines += ["    # backward"] * bool(second) + [_line(node, graph, names, backward=True) for node in second]
    lines.append(f"    return {_show_tree(graph.tree, [names.get(n) or _show_leaf(n) for n in graph.outputs])}")
    return "\n".join(lines)


def name_nodes(graph: Graph) -> dict[Node, str]:
    """A name for every node that has a line: the user's, ``d_<name>`` for cotangents, else v1, v2, …"""
    names = {node: node.name for node in graph.inputs if node.name}
    taken = set(names.values())
    auto = 0
    for node in toposort(graph.outputs):
        if node in names or (not node.inputs and node.op in (INPUT, CONSTANT, LENGTH)):
            continue
        wanted = graph.names.get(node)
        of = graph.cotangents.get(node)
        if wanted is None and of is not None and (of in names or of in graph.names):
            wanted = f"d_{names.get(of) or graph.names[of]}"
        if wanted is None or wanted in taken or re.fullmatch(r"v\d+", wanted):
            auto += 1
            while f"v{auto}" in taken:
                auto += 1
            wanted = f"v{auto}"
        names[node] = wanted
        taken.add(wanted)
    return names


def _line(node: Node, graph: Graph, names: dict[Node, str], backward: bool) -> str:
    arguments = [names.get(x) or _show_leaf(x) for x in node.inputs]
    arguments += [f"{key}={_show(value)}" for key, value in node.params]
    code = f"    {names[node]} = {node.op.name}({', '.join(arguments)})"
    comment = repr(node.aval)
    origin = graph.origins.get(node) if backward else None
    if origin is not None:
        comment += f"  from {names.get(origin.of) or origin.of.op.name}: {origin.rule}"
    return f"{code.ljust(COLUMN)}# {comment}"


def _show_leaf(node: Node) -> str:
    literal = node.literal
    if node.op is LENGTH:
        return f'length("{node.params[0][1]}")'
    assert literal is not None
    if literal.weak:
        return _show_number(literal.value.item())
    return _show(literal)


def _show_number(value: complex) -> str:
    if isinstance(value, complex) and not (np.isfinite(value) and _reads_back(value)):
        return f"complex({_show_number(value.real)}, {_show_number(value.imag)})"
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _reads_back(value: complex) -> bool:
    return repr(ast.literal_eval(repr(value))) == repr(value)


def _show(value: Any) -> str:
    """A parameter."""
    if isinstance(value, Literal):
        numbers = value.value.ravel().tolist()
        return f'constant([{", ".join(map(_show_number, numbers))}], "{value.aval!r}")'
    if isinstance(value, Length):
        return f'length("{value}")'
    if isinstance(value, tuple):
        inner = ", ".join(map(_show, value))
        if hasattr(value, "_fields"):
            return f"slice({inner})"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return _show_number(value) if isinstance(value, float) else repr(value)


def _show_tree(tree: Tree, leaves: list[str]) -> str:
    if isinstance(tree, int):
        return leaves[tree]
    if isinstance(tree, Fixed):
        return repr(tree.value) if isinstance(tree.value, (str, int, float, bool)) else "None"
    parts = [_show_tree(part, leaves) for part in children(tree)]
    if isinstance(tree, Branch) and issubclass(tree.kind, dict):
        return "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(tree.keys, parts, strict=True)) + "}"
    if isinstance(tree, Branch) and tree.kind is list:
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


# ------------------------------------------------------------------------------------------------------------ reading


def parse_listing(text: str) -> Graph:
    """Reads what `listing` prints: the very same nodes.

    Raises:
        ParseError: for anything that is not a listing.
    """
    try:
        [function] = ast.parse(text.strip()).body
        assert isinstance(function, ast.FunctionDef)
        return _Reader(text.strip()).graph(function)
    except SymdiffError:
        raise
    except (SyntaxError, ValueError, AssertionError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"no operation {error}" if isinstance(error, KeyError) else "print(f) shows what one looks like"
        raise ParseError(f"this is not the listing of a graph: {what}") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.env: dict[str, Node] = {}
        self.outputs: list[Node] = []

    def graph(self, function: ast.FunctionDef) -> Graph:
        inputs = []
        for argument in function.args.args:
            assert isinstance(argument.annotation, ast.Constant) and isinstance(argument.annotation.value, str)
            node = variable(argument.arg, parse_aval(argument.annotation.value))
            self.env[argument.arg] = node
            inputs.append(node)
        forward_ends = next(
            (k for k, line in enumerate(self.lines, 1) if line.strip() == "# backward"), len(self.lines) + 1
        )
        names: dict[Node, str] = {}
        forward: list[Node] = []
        for statement in function.body[:-1]:
            assert isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            name, node = statement.targets[0].id, self._value(statement.value)
            self.env[name] = node
            if not re.fullmatch(r"v\d+", name):
                names[node] = name
            if statement.lineno < forward_ends:
                forward.append(node)
        last = function.body[-1]
        assert isinstance(last, ast.Return) and last.value is not None
        tree = self._tree(last.value)
        return Graph(tuple(inputs), tuple(self.outputs), function.name, names, tuple(forward), tree=tree)

    def _tree(self, node: ast.expr) -> Tree:
        if isinstance(node, ast.Tuple):
            return tuple(self._tree(part) for part in node.elts)
        self.outputs.append(self._value(node))
        return len(self.outputs) - 1

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name):
                return self.env[name]
            case ast.Call(func=ast.Name(id="constant" | "length" | "float" | "complex")):
                value = self._parameter(node)
                if isinstance(value, Literal):
                    return Node(CONSTANT, (), (("value", value),))
                return Node(LENGTH, (), (("dim", value),)) if isinstance(value, Length) else constant(value)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                params = {k.arg: self._parameter(k.value) for k in keywords}
                inputs = tuple(self._value(a) for a in args)
                return Node(OPS[name], inputs, tuple(sorted((str(k), v) for k, v in params.items())))
        return constant(self._parameter(node))

    def _parameter(self, node: ast.expr) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="length"), args=[ast.Constant(value=str(text))]):
                return parse_dim(text)
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))]):
                return float(text)
            case ast.Call(func=ast.Name(id="complex"), args=[real, imaginary]):
                return complex(self._parameter(real), self._parameter(imaginary))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Call()):
                return -self._parameter(node.operand)
            case ast.Call(func=ast.Name(id="slice"), args=args):
                return Slice(*[self._parameter(a) for a in args])
            case ast.Call(func=ast.Name(id="constant"), args=[ast.List(elts=items), ast.Constant(value=str(text))]):
                aval = parse_aval(text)
                values = np.array([self._parameter(item) for item in items], dtype=aval.dtype)
                return Literal(values.reshape([int(str(n)) for n in aval.shape]))
            case ast.Tuple(elts=items):
                return tuple(self._parameter(item) for item in items)
        return ast.literal_eval(node)
