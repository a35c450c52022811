"""Graphs as LaTeX, in matrix notation: ``X^{\\top} (\\sigma(X w) - y)``.

How an operation is set stands in its row (`Notation.latex`); operators have their signs here, and anything else is
``\\operatorname{name}(a, b)``. Vectors are columns; ``\\odot`` multiplies elementwise and stretches axes as NumPy does;
``\\sum_{i}`` sums over the first axis, ``\\sum_{j}`` over the second one;
a bar marks the derivative of the value with respect to what is below it; a condition in brackets is 0 or 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from symdiff.graph.node import INPUT, ITEM, LENGTH, Literal, Node, maker, part_of
from symdiff.render.infix import DEPTH, is_leaf, short_number, visible, written_order
from symdiff.render.typeset import (
    ATOM,
    NEGATION,
    PRODUCT,
    RELATION,
    Piece,
    arrange,
    bracketed,
    escape,
    latex_name,
)

SIGNS = {
    "+": "#1 + #2", "-": "#1 - #2", "/": r"\frac{#1}{#2}", "//": r"\lfloor #1 / #2 \rfloor", "%": r"#1 \bmod #2",
    "**": "#1^{#2}", "neg": "-#1", "<": "#1 < #2", "<=": r"#1 \le #2", ">": "#1 > #2", ">=": r"#1 \ge #2",
    "==": "#1 = #2", "!=": r"#1 \ne #2", "&": r"#1 \land #2", "|": r"#1 \lor #2", "^": r"#1 \oplus #2",
    "~": r"\lnot #1",
}  # fmt: skip
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "exp",
        "log",
        "arg",
        "det",
        "max",
        "min",
        "arcsin",
        "arccos",
        "arctan",
    ]
)
HEAVY = 10  # operations in one formula, from which on its parts get names


def formula(root: Node, names: Mapping[Node, str], *, depth: int = DEPTH) -> str:
    """The formula of `root`; operands that have a name in `names` (set already) are written by it.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x, y = variable("x_1", Aval("float64")), variable("y", Aval("float64"))
    >>> print(formula((x + y) * (x - y) / 2, {}))
    \\frac{(x_{1} + y) \\, (x_{1} - y)}{2}
    """
    shown = visible(root, names, depth)
    pieces: dict[Node, Piece] = {}
    for node in written_order(root, shown):
        if node in names and node is not root:
            name = names[node]
            pieces[node] = Piece(name, NEGATION if name.startswith("-") else ATOM)
        elif is_leaf(node):
            pieces[node] = _leaf(node)
        else:
            pieces[node] = arrange(template(node), [pieces.get(x, Piece(r"\ldots")) for x in maker(node).inputs])
    piece = pieces[root]
    return bracketed(piece) if piece.level == RELATION else piece.text


def template(node: Node) -> str:
    """How the row of `node` is set."""
    op = node.op
    if op is ITEM:
        return part_of(node).latex or rf"{template(node.inputs[0])}_{{{escape(part_of(node).name)}}}"
    latex = op.notation.latex
    text = latex(node) if callable(latex) else latex
    if text is not None:
        return text
    if op.infix == "*":
        return _product(*node.inputs)
    if op.infix in SIGNS:
        return SIGNS[op.infix]
    name = rf"\{op.name}" if op.name in FUNCTIONS else rf"\operatorname{{{escape(op.name)}}}"
    return f"{name}({', '.join(f'#{k + 1}' for k in range(len(node.inputs)))})"


def _product(a: Node, b: Node) -> str:
    if not (a.shape and b.shape):
        return r"#1 \, #2"
    rows = [r"^{\top}" if x.ndim == 1 and other.ndim == 2 else "" for x, other in ((a, b), (b, a))]
    return rf"#1{rows[0]} \odot #2{rows[1]}"  # a vector meets a matrix as a row


def _leaf(node: Node) -> Piece:
    if node.op is INPUT:
        return Piece(latex_name(node.name or ""))
    if node.op is LENGTH:
        return Piece(*_length(str(node.params[0][1])))
    assert node.literal is not None
    return _literal(node.literal)


def _length(text: str) -> tuple[str, int]:
    return re.sub(r"\*", r" \\, ", text), ATOM if text.isidentifier() else PRODUCT if "*" in text else NEGATION


def _literal(literal: Literal) -> Piece:
    value = literal.value
    if value.ndim == 0:
        return _number(value.item())
    if value.ndim == 1 and value.size <= 4:
        return Piece("(" + ", ".join(_number(item).text for item in value.tolist()) + ")")
    return Piece(rf"C_{{{','.join(map(str, value.shape))}}}")


def _number(value: complex) -> Piece:
    text = short_number(value).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    if isinstance(value, bool):
        text = rf"\mathrm{{{text.lower()}}}"
    mantissa, e, exponent = text.partition("e")
    if e and exponent.lstrip("+-").isdigit():
        text = (f"{mantissa} \\cdot " if mantissa not in ("1", "-1") else mantissa[:-1]) + f"10^{{{int(exponent)}}}"
        return Piece(text, NEGATION if text.startswith("-") else PRODUCT)
    return Piece(text, NEGATION if text.startswith("-") else ATOM)
