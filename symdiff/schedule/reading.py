"""Elements of nodes, as expressions over elements of the arrays that have a name: views and gathers are written where
they are read, and so is what is computed once for each element.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from symdiff.graph.dims import size
from symdiff.graph.element import Element
from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, constant
from symdiff.graph.template import fill, parse_template, placeholders
from symdiff.ops.axes import length_template
from symdiff.schedule.nests import Read, counters

Template = Callable[[Node], str]  # the expression of an elementwise row over its operands
Rule = Callable[[Sequence[ast.expr]], ast.expr]  # how an element of something given is read
Whole = Callable[[Node], bool]  # rows that say what their elements are, and are functions of whole arrays


def _aligned(x: Node, node: Node, indices: Sequence[ast.expr]) -> list[ast.expr]:
    """The indices of an operand of an elementwise row, which may be broadcast."""
    lead = node.ndim - x.ndim
    return [ast.Constant(0) if n == 1 else indices[lead + k] for k, n in enumerate(x.shape)]


def is_flat(node: Node) -> bool:
    """Whether a row says what each element of its result is, without a sum."""
    if node.op.family == "elementwise":
        return True
    if node.op.element is None:
        return False
    element = node.op.element(node)[0]
    return not element.over and element.into is None and element.running is None


def weighs(node: Node) -> bool:
    """Whether computing an element takes time that reading it does not."""
    return node.op.family == "elementwise" and bool(node.inputs)


def sum_of_numbers(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    """``left op right``, where what is known of integers is worked out."""
    match left, op, right:
        case ast.Constant(value=int(a)), ast.Add(), ast.Constant(value=int(b)):
            return ast.Constant(a + b)
        case ast.Constant(value=int(a)), ast.Sub(), ast.Constant(value=int(b)) if a >= b:
            return ast.Constant(a - b)
        case ast.Constant(value=0), ast.Add(), _ if not isinstance(right, ast.Constant):
            return right
        case ast.Constant(value=0), ast.Mult() | ast.FloorDiv() | ast.Mod(), _ if isinstance(left.value, int):
            return left
        case _, ast.Add() | ast.Sub(), ast.Constant(value=0):
            return left
        case ast.Constant(value=int(a)), ast.Mult(), ast.Constant(value=int(b)):
            return ast.Constant(a * b)
    return ast.BinOp(left, op, right)


def in_turn(conditions: Sequence[Node], template: Template) -> list[Node]:
    """The conditions of ``a and b``, in order: what b needs is computed only where a holds."""
    found, stack = [], list(conditions)
    while stack:
        node = stack.pop()
        tree = parse_template(template(node)) if node.op.family == "elementwise" else None
        if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
            names = [x.id for x in tree.values if isinstance(x, ast.Name)]
            stack += [x for k, x in reversed(list(enumerate(node.inputs))) if set(names) & set(placeholders(k))]
        else:
            found.append(node)
    return found


def puts_into(state: Node, y: Node) -> set[Node]:
    """The nodes from `y` down to `state`, each of which puts parts into the one before; none if there is another."""
    found: set[Node] = set()
    while y is not state:
        elements = y.op.element(y) if y.op.element is not None else ()
        if not elements or elements[0].base != "a":
            return set()
        found.add(y)
        y = y.inputs[0]
    return found


class Reading:
    """Reads elements.

    Attributes:
        template: how numbers of elementwise rows are computed.
        whole: which rows that say what their elements are are functions of whole arrays nevertheless.
        given: how what comes from outside is read, by node.
        named: the nodes that have a name.
        tables: the known arrays that are read.
    """

    def __init__(self, template: Template, whole: Whole, given: Mapping[Node, Rule], tables: dict[Node, None]) -> None:
        self.template, self.whole, self.given, self.tables = template, whole, given, tables
        self.named: set[Node] = set()

    def is_call(self, node: Node) -> bool:
        """Whether a row is a function of whole arrays."""
        if node.op.family not in ("linear", "primitive") or node.op.block:
            return False
        return node.op.element is None or self.whole(node)

    def read(self, node: Node, indices: Sequence[ast.expr]) -> ast.expr:
        """The element of `node` at `indices`, as an expression over elements of what has a name."""
        if node in self.given:
            return self.given[node](indices)
        if node in self.named or node.op in (INPUT, ITEM):
            return Read(node, indices)
        if node.op is CONSTANT:
            return self._constant(node, indices)
        if node.op is LENGTH:
            return parse_template(f"_length({str(node.params[0][1])!r})")
        if node.op.family == "elementwise":
            operands = [self._operand(node, k, indices) for k in range(len(node.inputs))]
            names = {name: x for k, x in enumerate(operands) for name in placeholders(k)}
            return fill(parse_template(self.template(node)), names, lambda text: parse_template(f"_length({text!r})"))
        assert node.op.element is not None
        return self.element(node, node.op.element(node)[0], indices)

    def _operand(self, node: Node, k: int, indices: Sequence[ast.expr]) -> ast.expr:
        x = node.inputs[k]
        value = self.read(x, _aligned(x, node, indices))
        is_condition = node.op.selects and k == 0
        if node.aval.kind == "f" and x.aval.kind in "iub" and not is_condition:
            return value if isinstance(value, ast.Constant) else ast.Call(ast.Name(node.dtype.name), [value], [])
        return value

    def _constant(self, node: Node, indices: Sequence[ast.expr]) -> ast.expr:
        literal = node.literal
        assert literal is not None
        if literal.value.size == 1:
            number = ast.Constant(literal.value.item())
            number.kind = node.dtype.name  # the width of the float that is written
            return number
        self.tables[node] = None
        return Read(node, indices)

    def element(
        self, node: Node, element: Element, indices: Sequence[ast.expr], along: Sequence[ast.expr] = ()
    ) -> ast.expr:
        """The text of `element`, at these indices."""
        known = {f"i{k}": tree for k, tree in enumerate(indices)} | {f"k{k}": tree for k, tree in enumerate(along)}
        return self.filled(node, element, parse_template(element.text), known)

    def filled(self, node: Node, element: Element, tree: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr:
        """A tree of an element's text, with what its names stand for."""
        operands = {name: x for k, x in enumerate(node.inputs) for name in placeholders(k)}
        tables = {f"t{k}": constant(literal.value) for k, literal in enumerate(element.tables)}

        def go(tree: ast.expr) -> ast.expr:
            match tree:
                case ast.Name(id=name):
                    return self.read(operands[name], []) if name in operands else known.get(name, tree)
                case ast.Subscript(value=ast.Name(id=name), slice=inside):
                    indices = [go(x) for x in (inside.elts if isinstance(inside, ast.Tuple) else [inside])]
                    return self.read({**tables, **operands}[name], indices)
                case ast.Call(func=ast.Name(id="flat"), args=[ast.Name(id=name), position]):
                    return self.read_flat(operands[name], go(position))
                case ast.Call(func=ast.Name(id="_length")) | ast.Constant():
                    return tree
                case ast.BinOp(left=left, op=op, right=right):
                    return sum_of_numbers(go(left), op, go(right))
                case ast.Compare(left=left, ops=ops, comparators=others):
                    return ast.Compare(go(left), ops, list(map(go, others)))
                case ast.IfExp(test=test, body=body, orelse=other):
                    return ast.IfExp(go(test), go(body), go(other))
                case ast.Call(func=function, args=arguments):
                    return ast.Call(function, list(map(go, arguments)), [])
                case ast.UnaryOp(op=op, operand=operand):
                    return ast.UnaryOp(op, go(operand))
            raise AssertionError(ast.dump(tree))

        return go(tree)

    def read_flat(self, node: Node, position: ast.expr) -> ast.expr:
        """The element of `node` at a place in C order."""
        if node.ndim == 1:
            return self.read(node, [position])
        if node in self.named or (node.op in (INPUT, ITEM) and node not in self.given):
            return Read(node, [position], flat=True)
        indices: list[ast.expr] = []
        for k, n in enumerate(node.shape):
            behind = size(node.shape[k + 1 :])
            tree = (
                position
                if behind == 1
                else ast.BinOp(position, ast.FloorDiv(), parse_template(length_template(behind)))
            )
            indices.append(tree if k == 0 else ast.BinOp(tree, ast.Mod(), parse_template(length_template(n))))
        return self.read(node, indices)

    def argument(self, x: Node) -> Node:
        """The argument of the whole program that a step is given as `x`, which nothing changes; else `x` itself."""
        if x not in self.given:
            return x
        indices = counters(x.shape)
        value = self.read(x, indices)
        if not isinstance(value, Read) or value.node.op is not INPUT or value.node.kwargs.get("scope"):
            return x
        return value.node if [*map(ast.unparse, value.indices)] == [*map(ast.unparse, indices)] else x
