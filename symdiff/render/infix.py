"""Nodes as formulas in NumPy's notation: ``Xᵀ @ (sigmoid(X @ w) - y)``.

A row's own spelling is its formula, without ``np.``; brackets are Python's business (`ast.unparse`). What has a name is
written by its name, and what lies deeper than one reads at a glance as ``…``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Literal, Node, maker, part_of, slot
from symdiff.graph.template import fill, parse_template, placeholders
from symdiff.graph.walk import toposort
from symdiff.ops.axes import axis_arguments

DEPTH = 8  # operations within operations
OPERATIONS = 40  # in one formula
ELISION = "…"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def infix(root: Node, names: Mapping[Node, str], *, ascii: bool = False, depth: int = DEPTH) -> str:
    """The formula of `root`; operands that have a name in `names` are written by it, `root` itself is not.

    Args:
        root: what is written.
        names: names (or numbers) that stand for nodes.
        ascii: plain Python signs, instead of ``·``, ``²`` and ``ᵀ``.
        depth: operations within operations; what lies deeper is ``…``.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x, y = variable("x", Aval("float64")), variable("y", Aval("float64"))
    >>> infix((x + y) * (x + y) / 2, {})
    '(x + y)² / 2'
    """
    shown = visible(root, names, depth)
    trees: dict[Node, ast.expr] = {}
    for node in written_order(root, shown):
        trees[node] = _name(names[node]) if node in names and node is not root else _tree(node, trees)
    text = ast.unparse(trees[root])
    return text if ascii else _typeset(text)


def visible(root: Node, names: Mapping[Node, str], depth: int) -> set[Node]:
    """The nodes that a formula of `root` writes out, its leaves among them: the nearest ones."""
    shown = {root}
    level, operations = [root], 0
    for _ in range(depth):
        below: list[Node] = []
        for node in level:
            operations += bool(node.inputs)
            if operations > OPERATIONS:
                return shown
            fresh = [x for x in dict.fromkeys(maker(node).inputs) if x not in shown]
            shown.update(fresh)
            below += [x for x in fresh if x.inputs and x not in names]
        level = below
    return shown - set(level)


def written_order(root: Node, shown: Collection[Node]) -> list[Node]:
    """The nodes in `shown`, operands before users. A part is written over the operands of the node that has it."""
    order = toposort([root], stop=lambda n: n not in shown and not n.aval.parts)
    return [node for node in order if node in shown]


def _tree(node: Node, trees: Mapping[Node, ast.expr]) -> ast.expr:
    if node.op is INPUT:
        return _name(node.name or "")
    if node.op is LENGTH:
        return parse_template(str(node.params[0][1]))
    if node.literal is not None:
        return _literal(node.literal)
    operands: dict[str, ast.expr] = {}
    for k, x in enumerate(maker(node).inputs):
        operands |= dict.fromkeys(placeholders(k), trees.get(x, ast.Name(ELISION)))
    tree = fill(parse_template(spelling(node)), operands, parse_template)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult) and tree.left is tree.right:
        return ast.BinOp(tree.left, ast.Pow(), ast.Constant(2))
    return tree


def spelling(node: Node) -> str:
    """The row's template in NumPy's words, without the names of modules; over the operands of its `maker`."""
    return _template(node).replace("np.", "").replace("linalg.", "")


def _template(node: Node) -> str:
    op = node.op
    if op is ITEM:
        return part_of(node).alone or f"{_template(node.inputs[0])}[{slot(node)}]"
    text = op.notation.spelling("text", node) or op.notation.spelling("numpy", node)
    if text is None and op.infix is not None:
        text = f"a {op.infix} b"
    return text or f"{op.name}({', '.join(f'x{k}' for k in range(len(node.inputs)))}{_parameters(node)})"


def _parameters(node: Node) -> str:
    if isinstance(node.kwargs.get("axis"), tuple):
        return axis_arguments(node)
    plain = [(key, value) for key, value in node.params if isinstance(value, (int, str, float))]
    return "".join(f", {key}={value!r}" for key, value in plain)


def _literal(literal: Literal) -> ast.expr:
    value = literal.value
    if value.ndim == 0:
        return _name(short_number(value.item()))
    if value.size <= 6:
        return _name(re.sub(r"\s+", " ", str(value.tolist())))
    return _name(f"array[{','.join(map(str, value.shape))}]")


def _name(text: str) -> ast.expr:
    """A name or a number; a sign in front is an operator, so that brackets come out right."""
    return ast.UnaryOp(ast.USub(), ast.Name(text[1:])) if text.startswith("-") else ast.Name(text)


def short_number(value: complex) -> str:
    """A number as one writes it down: six digits, no ``.0``."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.6g}" if isinstance(value, float) else f"({value:.6g})"


def is_leaf(node: Node) -> bool:
    """Whether `node` is an input, a constant or a length: it is written as it is, and has no line of its own."""
    return node.op in (INPUT, CONSTANT, LENGTH)


_PLAIN = (("ᵀ", ".T"), ("·", "*"), ("≥", ">="), ("≤", "<="), ("≠", "!="), ("…", "..."), ("→", "->"), ("µ", "u"))


def to_ascii(text: str) -> str:
    """Formulas in `text` with plain Python signs, for a target that has no others.

    >>> to_ascii("Xᵀ @ (2 · x² ≥ 0) → …")
    'X.T @ (2 * x**2 >= 0) -> ...'
    """
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: f"**{match[0].translate(_DIGITS)}", text)
    for sign, plain in _PLAIN:
        text = text.replace(sign, plain)
    return text.encode("ascii", "replace").decode("ascii")


def _typeset(text: str) -> str:
    text = re.sub(r" \*\* (\d+)(?![\w.]| \*\*)", lambda match: match[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"\.T\b", "ᵀ", text)
    return text.replace(" * ", " · ").replace(" >= ", " ≥ ").replace(" <= ", " ≤ ").replace(" != ", " ≠ ")
