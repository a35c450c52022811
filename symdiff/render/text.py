"""The listing: a graph as a program in single-assignment form, which reads back to the same graph.

One line per node, with its type. A derivative line names the forward line that it comes from, which shows the rule
too: ``d_x = multiply(y, d_y)  # f64[]  from y = exp(x)``. Everything behind ``#`` is for the reader, except the
headings ``# forward`` and ``# backward``.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping
from dataclasses import fields
from itertools import count
from typing import Any

import numpy as np

from symdiff.errors import ParseError, SymdiffError
from symdiff.graph.aval import parse_aval
from symdiff.graph.body import BODY, Body, bodies
from symdiff.graph.dims import Length, parse_dim
from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, ITEM, LENGTH, Literal, Node, constant, maker, part_of, variable
from symdiff.graph.op import OPS
from symdiff.graph.tree import Branch, Fixed, Tree, children
from symdiff.graph.walk import toposort
from symdiff.ops.index import Hole, Run, Slice
from symdiff.render.infix import infix, is_leaf

WIDEST = 60  # columns of code, behind which comments are not aligned any more
WIDEST_TYPE = 16
WIDEST_HEAD = 100  # columns, before the arguments get a line each


Labels = Mapping[Node, str]
STEP = "step"  # what the names of bodies begin with


def listing(
    graph: Graph, values: Labels | None = None, steps: Mapping[Body, Labels] | None = None, prefix: str = STEP
) -> str:
    """The listing of `graph`.

    Args:
        graph: what is listed.
        values: what is known of each node's value, in a few words.
        steps: the same of the values of bodies.
        prefix: what the names of bodies begin with.

    >>> from symdiff.frontends.text.parser import parse
    >>> from symdiff.graph.aval import Aval
    >>> print(listing(parse("s = x + y\\ns * s").build({"x": Aval("float64"), "y": Aval("float64")})))
    def f(x: "f64[]", y: "f64[]"):
        s = add(x, y)         # f64[]
        v1 = multiply(s, s)   # f64[]
        return v1
    """
    names = name_nodes(graph)
    values, known = values or {}, steps or {}
    first, second = split_order(graph)
    called = name_bodies(graph, names, prefix)
    code = {node: _code(node, names, called) for node in (*first, *second)}
    column = min(max(map(len, code.values()), default=0), WIDEST) + 3
    types = max((len(repr(node.aval)) for node in code), default=0)
    notes = {node: _note(node, graph, names, values.get(node), min(types, WIDEST_TYPE)) for node in code}
    written = {node: f"{code[node].ljust(column - 2)}  # {notes[node]}" for node in code}
    lines = [_head(graph)]
    lines += [f"    # {node.name} {values[node]}" for node in graph.inputs if node in values]
    for body, name in called.items():
        text = listing(as_graph(body, name), known.get(body), known, f"{name}_")
        lines += [f"    {line}" for line in text.splitlines()]
    lines += ["    # forward"] * bool(first and second) + [written[node] for node in first]
    lines += ["    # backward"] * bool(second) + [written[node] for node in second]
    lines.append(f"    return {_show_tree(graph.tree, [names.get(n) or _show_leaf(n) for n in graph.outputs])}")
    return "\n".join(lines)


def _head(graph: Graph) -> str:
    arguments = [f'{node.name}: "{node.aval!r}"' for node in graph.inputs]
    head = f"def {graph.name}({', '.join(arguments)}):"
    if len(head) <= WIDEST_HEAD:
        return head
    return "\n".join([f"def {graph.name}(", *(f"        {argument}," for argument in arguments), "    ):"])


def split_order(graph: Graph) -> tuple[list[Node], list[Node]]:
    """The nodes that have a line of their own, in order: the forward ones, and those of the derivative."""
    forward = set(toposort(graph.forward))
    order = [node for node in graph.order if not is_leaf(node)]
    return [n for n in order if n in forward], [n for n in order if n not in forward]


def name_nodes(graph: Graph, unnamed: str = "v") -> dict[Node, str]:
    """A name for every node that has a line: the user's, ``d_<name>`` for cotangents, else v1, v2, …, by `unnamed`.

    What a loop leaves behind is called after what it is in a step.
    """
    names = {node: node.name for node in graph.inputs if node.name}
    taken = set(names.values())
    auto = 0
    forward, backward = split_order(graph)
    for node in (*forward, *backward):
        wanted = graph.names.get(node)
        of = graph.notes.cotangents.get(node)
        if wanted is None and of is not None and (of in names or of in graph.names):
            wanted = f"d_{names.get(of) or graph.names[of]}"
        if wanted is None and node.op is ITEM and maker(node).op.block:
            wanted = part_of(node).name
        if wanted is None or wanted in taken or re.fullmatch(rf"{unnamed}\d+", wanted):
            auto += 1
            while f"{unnamed}{auto}" in taken:
                auto += 1
            wanted = f"{unnamed}{auto}"
        names[node] = wanted
        taken.add(wanted)
    return names


def name_bodies(graph: Graph, names: Mapping[Node, str], prefix: str = STEP) -> dict[Body, str]:
    """A name for each body, beside those of the nodes: step1, step2, …; in step1 they are step1_1, step1_2, …"""
    used = {*names.values()}
    free = (name for k in count(1) if (name := f"{prefix}{k}") not in used)
    order = itertools.chain(*split_order(graph))
    return {body: next(free) for body in dict.fromkeys(body for node in order for _, body in bodies(node))}


def as_graph(body: Body, name: str = "step") -> Graph:
    """A body as the graph that is listed as a function inside of the one that it belongs to."""
    return Graph(body.inputs, body.outputs, name, body.names, body.outputs, tuple(range(len(body.outputs))))


def _code(node: Node, names: Mapping[Node, str], steps: Mapping[Body, str]) -> str:
    arguments = [names.get(x) or _show_leaf(x) for x in node.inputs]
    arguments += [f"{key}={steps[value] if isinstance(value, Body) else _show(value)}" for key, value in node.params]
    return f"    {names[node]} = {node.op.name}({', '.join(arguments)})"


def _note(node: Node, graph: Graph, names: Mapping[Node, str], value: str | None, width: int) -> str:
    """The type, the value if there is one, and where a derivative comes from: a forward line, or several summed."""
    parts = [value or ""]
    origin = graph.notes.origins.get(node)
    if origin is not None:
        of = names.get(origin.of)
        formula = origin.of.name or infix(origin.of, names, ascii=True, depth=2)
        if origin.rule == origin.of.op.name:
            parts.append(f"from {of} = {formula}" if of else f"from {formula}")
        else:
            parts.append(f"sum over the consumers of {of or formula}")
    return "  ".join([repr(node.aval).ljust(width), *(part for part in parts if part)]).rstrip()


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
    if isinstance(value, Hole):
        return f"operand({value.operand})"
    if isinstance(value, Run):
        shown = fields(value) if value.step != 1 else fields(value)[:4]
        return f"run({', '.join(_show(getattr(value, field.name)) for field in shown)})"
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

    >>> import symdiff as sd
    >>> f = sd.grad("exp(x) * y", "x")
    >>> parse_listing(str(f)).outputs == f.graph.outputs
    True
    """
    try:
        [function] = ast.parse(text.strip()).body
        assert isinstance(function, ast.FunctionDef)
        return _Reader(text.strip(), 0).graph(function)
    except SymdiffError:
        raise
    except (SyntaxError, ValueError, AssertionError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"no operation {error}" if isinstance(error, KeyError) else "print(f) shows what one looks like"
        raise ParseError(f"this is not the listing of a graph: {what}") from None


class _Reader:
    def __init__(self, text: str, scope: int) -> None:
        self.lines = text.splitlines()
        self.scope = scope
        self.bodies: dict[str, Body] = {}
        self.env: dict[str, Node] = {}
        self.outputs: list[Node] = []

    def graph(self, function: ast.FunctionDef) -> Graph:
        inputs = []
        for argument in function.args.args:
            assert isinstance(argument.annotation, ast.Constant) and isinstance(argument.annotation.value, str)
            node = variable(argument.arg, parse_aval(argument.annotation.value), self.scope)
            self.env[argument.arg] = node
            inputs.append(node)
        forward_ends = next(
            (k for k, line in enumerate(self.lines, 1) if line.strip() == "# backward"), len(self.lines) + 1
        )
        names: dict[Node, str] = {}
        forward: list[Node] = []
        for statement in function.body[:-1]:
            if isinstance(statement, ast.FunctionDef):
                step = _Reader("", BODY).graph(statement)
                self.bodies[statement.name] = Body(step.inputs, step.outputs, step.names)
                continue
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
        read = {x for node in forward for x in node.inputs}
        roots = tuple(node for node in dict.fromkeys(forward) if node not in read)
        return Graph(tuple(inputs), tuple(self.outputs), function.name, names, roots, tree=tree)

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
            case ast.Name(id=name):
                return self.bodies[name]
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
            case ast.Call(func=ast.Name(id="operand"), args=[ast.Constant(value=int(number))]):
                return Hole(number)
            case ast.Call(func=ast.Name(id="run"), args=args):
                return Run(*[self._parameter(a) for a in args])
            case ast.Call(func=ast.Name(id="constant"), args=[ast.List(elts=items), ast.Constant(value=str(text))]):
                aval = parse_aval(text)
                values = np.array([self._parameter(item) for item in items], dtype=aval.dtype)
                return Literal(values.reshape([int(str(n)) for n in aval.shape]))
            case ast.Tuple(elts=items):
                return tuple(self._parameter(item) for item in items)
        return ast.literal_eval(node)
