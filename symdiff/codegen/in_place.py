"""Statements that write into an array: a copy that is changed, or one of ours that nobody reads any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from symdiff.codegen.lines import Line
from symdiff.codegen.positions import MadeOnce
from symdiff.codegen.printed import Printed
from symdiff.codegen.spelling import Spelling
from symdiff.graph.dims import Dim
from symdiff.graph.expression_text import unparse
from symdiff.graph.node import Node
from symdiff.graph.template import fill, parse_template, placeholders
from symdiff.schedule.buffers import Buffers
from symdiff.schedule.statement import Statement


class Writer(Protocol):
    """What a statement in place asks of the printer of the function that it stands in."""

    spelling: Spelling
    printed: Printed
    buffers: Buffers
    made_once: MadeOnce
    trees: dict[Node, ast.expr]
    definitions: dict[Node, ast.expr]
    local: dict[Node, str]
    keeps: dict[Node, list[str]]

    def operand(self, x: Node, user: Node, template: ast.expr) -> ast.expr:
        """How an operand of `user` is written."""

    def call(self, path: str, *arguments: ast.expr) -> ast.Call:
        """A call of a function of NumPy's, or of Python's."""

    def name_of(self, path: str) -> ast.Name:
        """NumPy, as it is called here."""

    def length(self, text: str) -> ast.expr:
        """A length as an expression."""

    def is_fresh(self, node: Node) -> bool:
        """Whether evaluating the expression of `node` makes an array that nobody else holds."""

    def is_new(self, node: Node) -> bool:
        """Whether the expression of `node` makes an array: np.ones, np.full."""


def in_place_lines(printer: Writer, statement: Statement, comment: str) -> Iterator[Line]:
    """The lines of a statement in place."""
    node = statement.node
    for y in printer.buffers.first.get(node, ()):
        for target in printer.keeps.get(y, ()):
            yield Line(printer.spelling.written(f"{target} = {unparse(printer.trees[y])}"))
    lines = _edits(printer, node) if node.op.edits is not None else _sums(printer, statement)
    first = _beginning(printer, statement)
    if first:
        printer.printed.code[node] = first
        yield Line(first, comment)
    for line in lines:
        printer.printed.code.setdefault(node, written := printer.spelling.written(line))
        yield Line(written)


def _beginning(printer: Writer, statement: Statement) -> str:
    """What is written into: a copy, or what is there, which takes no line if it has the name already."""
    node, name = statement.node, printer.local[statement.node]
    taken = printer.buffers.taken.get(node)
    if taken is not None:
        return f"{name} = {printer.local[taken]}" if printer.local[taken] != name else ""
    if node.op.edits is not None:
        base = node.inputs[0]
        written = base in printer.definitions and base not in printer.local
        ours = printer.is_fresh(base) or (written and printer.is_new(base))
    elif statement.terms:
        base = statement.terms[0]
        ours = printer.is_fresh(base)
    else:
        begin, _ = printer.spelling.accumulation(statement.parts[0])
        return f"{name} = {unparse(fill(parse_template(begin), {'np': printer.name_of('np')}, printer.length))}"
    return f"{name} = {unparse(printer.trees[base] if ours else printer.call('np.array', printer.trees[base]))}"


def _edits(printer: Writer, node: Node) -> Iterator[str]:
    """Parts are replaced."""
    operands = {f"x{k}": printer.operand(x, node, ast.Name("_")) for k, x in enumerate(node.inputs)}
    for edit in printer.spelling.edits(node):
        tree = printer.made_once.within(ast.parse(edit).body[0])
        filled = fill(tree, {"target": ast.Name(printer.local[node]), **operands}, printer.length)
        yield ast.unparse(ast.fix_missing_locations(filled))


def _sums(printer: Writer, statement: Statement) -> Iterator[str]:
    """Terms and scattered parts are added."""
    name = printer.local[statement.node]
    for term in statement.terms[1:]:
        yield f"{name} += {unparse(printer.trees[term])}"
    written = None if statement.terms else Written(statement.node.ndim)
    for part in statement.parts:
        first = written is not None and written.add(place_of(printer.spelling.accumulation(part)[1], statement.node))
        yield add_in_place(printer, name, part, part in statement.minus, first)


class Place(tuple[range | None, ...]):
    """Which elements along each axis are written to, as far as that is known."""

    def is_element_of(self, axes: int) -> bool:
        """Whether it is one element of an array of so many axes."""
        return len(self) == axes and all(a is not None and len(a) == 1 for a in self)

    def is_apart(self, other: Place) -> bool:
        """Whether no element is in both: along one axis at least none is."""
        pairs = [(a, b) for a, b in zip(self, other, strict=False) if a is not None and b is not None]
        return any(set(a).isdisjoint(b) if max(len(a), len(b)) <= MOST else not _meet(a, b) for a, b in pairs)


class Written:
    """Where in a buffer of zeros something has been written: single elements, and other places."""

    def __init__(self, axes: int) -> None:
        self.axes = axes
        self.elements: set[Place] = set()
        self.others: list[Place] = []

    def add(self, place: Place) -> bool:
        """Whether nothing was written there before."""
        is_element = place.is_element_of(self.axes)
        near = self.others if is_element else [*self.elements, *self.others]
        is_first = place not in self.elements and all(map(place.is_apart, near))
        if is_element:
            self.elements.add(place)
        else:
            self.others.append(place)
        return is_first


MOST = 64  # elements that are looked at one by one


def _meet(a: range, b: range) -> bool:
    """Whether the spans of two ranges overlap."""
    return bool(a and b) and min(a) <= max(b) and min(b) <= max(a)


def place_of(template: str, node: Node) -> Place:
    """Where ``target[:, 2] += a`` writes to an array like `node`.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x = variable("x", Aval("float64", (4, 9)))
    >>> place_of("target[1:, 2] += a", x), place_of("np.add.at(target, i, a)", x)
    ((range(1, 4), range(2, 3)), ())
    """
    match ast.parse(template).body[0]:
        case ast.AugAssign(target=ast.Subscript(value=ast.Name("target"), slice=index)):
            items = index.elts if isinstance(index, ast.Tuple) else [index]
            if any(isinstance(item, ast.Constant) and not isinstance(item.value, int) for item in items):
                return Place()  # an ellipsis: the items behind it are of other axes
            return Place(_places(item, n) for item, n in zip(items, node.shape, strict=False))
    return Place()


def _places(item: ast.expr, n: Dim) -> range | None:
    """The places along an axis of length `n`; None where that is not known."""
    bounds = [item.lower, item.upper, item.step] if isinstance(item, ast.Slice) else [item]
    try:
        known = [None if bound is None else ast.literal_eval(bound) for bound in bounds]
    except ValueError:
        return None
    if not isinstance(n, int) or not all(isinstance(k, int | None) for k in known):
        return None
    return range(n)[slice(*known)] if isinstance(item, ast.Slice) else range(n)[known[0] :][:1]


def add_in_place(printer: Writer, name: str, part: Node, minus: bool = False, first: bool = False) -> str:
    """The statement that adds a scattered node to a buffer."""
    _, add = printer.spelling.accumulation(part)
    operands = {key: printer.trees[x] for k, x in enumerate(part.inputs) for key in placeholders(k)}
    tree, operand = adding(add, operands["a"], minus=minus, first=first)
    operands |= {"target": ast.Name(name), "a": operand, "np": printer.name_of("np")}
    written = with_plain_bounds(fill(printer.made_once.within(tree), operands, printer.length))
    return ast.unparse(ast.fix_missing_locations(written))


def with_plain_bounds(tree: ast.AST) -> ast.AST:
    """The tree, in which slices that begin at a number end at one number more: ``[1:n + 2]``, not ``[1:1 + (n + 1)]``.

    >>> ast.unparse(with_plain_bounds(ast.parse("y[1:1 + (n + 1)] += x")))
    'y[1:n + 2] += x'
    """
    for item in ast.walk(tree):
        if not isinstance(item, ast.Slice):
            continue
        match item.upper:
            case ast.BinOp(ast.Constant(int(first)), ast.Add(), ast.BinOp(n, ast.Add(), ast.Constant(int(more)))):
                item.upper = ast.BinOp(n, ast.Add(), ast.Constant(first + more))
    return tree


def adding(template: str, operand: ast.expr, *, minus: bool, first: bool) -> tuple[ast.stmt, ast.expr]:
    """The statement over ``target`` and ``a``, and what is to stand for ``a``.

    `minus` takes away; what is `first` in a buffer of zeros is assigned. Calls, ``np.add.at``, can do nothing but add.

    >>> tree, a = adding("target[1:] += a", ast.parse("-x", mode="eval").body, minus=False, first=False)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] -= a', 'x')
    >>> tree, a = adding("target[1:] += a", ast.parse("-1 / n", mode="eval").body, minus=False, first=False)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] -= a', '1 / n')
    >>> tree, a = adding("target[1:] += a", ast.parse("x[:, None] * y", mode="eval").body, minus=True, first=True)
    >>> ast.unparse(tree), ast.unparse(a)
    ('target[1:] = a', '-x[:, None] * y')
    """
    tree = ast.parse(template).body[0]
    if isinstance(tree, ast.AugAssign) and not first:
        positive = _without_sign(operand)
        if positive is not None:
            operand, minus = positive, not minus
        tree.op = ast.Sub() if minus else tree.op
        return tree, operand
    if isinstance(tree, ast.AugAssign):
        tree = ast.Assign([tree.target], tree.value, lineno=1)
    return tree, _with_sign(operand) if minus else operand


def _with_sign(operand: ast.expr) -> ast.expr:
    """The negative, with the sign at the first factor, which may be the smaller one."""
    positive = _without_sign(operand)
    if positive is not None:
        return positive
    if isinstance(operand, ast.BinOp) and isinstance(operand.op, (ast.Mult, ast.Div)):
        return ast.BinOp(_with_sign(operand.left), operand.op, operand.right)
    return ast.UnaryOp(ast.USub(), operand)


def _without_sign(operand: ast.expr) -> ast.expr | None:
    """What has a minus in front, ``-x`` or ``-1 / n``, without it."""
    if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.USub):
        return operand.operand
    if not isinstance(operand, ast.BinOp) or not isinstance(operand.op, (ast.Mult, ast.Div)):
        return None
    left = _without_sign(operand.left)
    return None if left is None else ast.BinOp(left, operand.op, operand.right)


COMMUTATIVE = (ast.Add, ast.Mult)


def update(tree: ast.expr, name: str) -> str | None:
    """``name = name / x`` in place; None if it has not that form.

    >>> update(ast.parse("h * (1 - q)", mode="eval").body, "h")
    'h *= 1 - q'
    >>> update(ast.parse("q * h", mode="eval").body, "h")
    'h *= q'
    >>> update(ast.parse("q / h", mode="eval").body, "h")
    """
    if not isinstance(tree, ast.BinOp):
        return None
    sides = [(tree.left, tree.right), (tree.right, tree.left)][: 1 + isinstance(tree.op, COMMUTATIVE)]
    for target, other in sides:
        if isinstance(target, ast.Name) and target.id == name:
            return ast.unparse(ast.fix_missing_locations(ast.AugAssign(ast.Name(name), tree.op, other)))
    return None
