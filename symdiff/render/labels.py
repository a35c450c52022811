"""What a box says: the operation as a mathematician would write it, with the operands that no arrow brings.

Nothing here knows an operation: a row says how it is written (`symbol`, else its sign, else `spell`), and the signs
of Python are set as those of mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from symdiff.graph.node import CONSTANT, INPUT, ITEM, LENGTH, Node, part_of
from symdiff.render.fonts import shorten

LONGEST = 34  # characters of a label
_SIGNS = {"*": "×", "/": "÷", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠", "==": "=", "**": "^"}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LENGTH = re.compile(r"_length\([\"']([^\"']*)[\"']\)")
_OPERAND = re.compile(r"\b(?:x(\d+)|([abc]))\b(?!\()")


def formula(node: Node, operands: list[str | None], names: Mapping[Node, str]) -> str:
    """The label of an operation.

    Args:
        node: the operation.
        operands: for each input the text that stands for it, or None if an arrow brings it.
        names: what the nodes are called, for operands whose order matters.

    A lone sign is enough where all operands come by arrows and their order does not matter.
    """
    template = _template(node)
    if all(text is None for text in operands) and (lone := _lone(node, template)):
        return lone
    if len(operands) == 2 and node.op.infix:
        left, right = operands
        sign = _sign(node.op.infix)
        if left is None and right is not None:
            return shorten(f"{sign} {right}", LONGEST)
        if right is None and left is not None:
            return shorten(f"{left} {sign}", LONGEST)
    shown = [text if text is not None else names.get(x, "·") for text, x in zip(operands, node.inputs, strict=True)]
    return shorten(_fill(template, shown), LONGEST)


def leaf_text(node: Node) -> str:
    """A constant or a length as text: short, since a picture is no source."""
    if node.op is LENGTH:
        return str(node.params[0][1])
    literal = node.literal
    if literal is None:
        return node.name or node.op.name
    if literal.value.ndim:
        return f"[{literal.value.size} numbers]" if literal.value.size > 3 else short_number_list(literal.value)
    return short_number(literal.scalar)


def short_number(value: Any) -> str:
    """Six digits at most.

    >>> short_number(2.0), short_number(0.1 + 0.2), short_number(-1.5e-9)
    ('2', '0.3', '−1.5e−9')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.4g}"
    text = f"{value:.6g}"
    return re.sub(r"e([+-])0*", lambda m: "e" + m[1].replace("+", ""), text).replace("-", "−")


def short_number_list(values: Any) -> str:
    """A few numbers in brackets."""
    return f"[{', '.join(short_number(v) for v in values.ravel().tolist())}]"


def _template(node: Node) -> str:
    """How the row writes itself, over placeholders."""
    symbol = part_of(node).name if node.op is ITEM else node.op.notation.symbol
    text = symbol(node) if callable(symbol) else symbol
    if text and not _OPERAND.search(_LENGTH.sub("", text)):
        return f"{text}({', '.join(f'x{k}' for k in range(len(node.inputs)))})"
    if text:
        return text
    if node.op.infix and len(node.inputs) == 2:
        return f"a {node.op.infix} b"
    spelled = node.op.notation.spelling("numpy", node)
    if spelled:
        return spelled
    arguments = [f"x{k}" for k in range(len(node.inputs))] + [f"{key}={value}" for key, value in node.params]
    return f"{node.op.name}({', '.join(arguments)})"


def _lone(node: Node, template: str) -> str | None:
    """The label without operands: a sign whose order does not matter, or the name of a function of one operand."""
    if node.op.commutative and node.op.infix and len(node.inputs) == 2:
        return _sign(node.op.infix)
    if len(node.inputs) != 1:
        return None
    if re.fullmatch(r"[-+~]a", template):
        return _sign(template[0])
    call = re.fullmatch(r"([^()]*)\((?:a|x0)(?:, (.*))?\)", _LENGTH.sub(r"\1", template))
    return shorten(_typeset(f"{call[1]} {_arguments(call[2] or '')}".strip()), LONGEST) if call else None


def _arguments(text: str) -> str:
    """``axis=(1,), keepdims=True`` as one says it: axis 1, keepdims."""
    text = re.sub(r"\((\w+),\)", r"\1", text)
    text = re.sub(r"(?:, )?\w+=False", "", text)
    return text.replace("=True", "").replace("=", " ").strip(", ")


def _fill(template: str, operands: list[str]) -> str:
    def operand(match: re.Match[str]) -> str:
        position = int(match[1]) if match[1] else "abc".index(match[2])
        return operands[position] if position < len(operands) else match[0]

    lengths = _LENGTH.findall(template)  # a length may be called a, as an operand is
    pieces = re.split(r"(\b(?:x\d+|[abc])\b(?!\())", _LENGTH.sub("§", template))
    filled = [_OPERAND.sub(operand, piece) if k % 2 else _typeset(piece, keep=True) for k, piece in enumerate(pieces)]
    parts = "".join(filled).split("§")
    return "".join(part + length for part, length in zip(parts, [*lengths, *[""] * len(parts)], strict=False))


def _typeset(text: str, keep: bool = False) -> str:
    """Python's spelling as mathematics: ``np.`` goes, signs become those of print."""
    text = re.sub(r"np\.(linalg\.)?", "", text)
    text = _LENGTH.sub(r"\1", text)
    text = re.sub(r" ?\*\* ?(-?\d+)(?![.\d])", lambda m: m[1].translate(_RAISED), text)
    text = re.sub(r"\.T\b", "ᵀ", text)
    text = re.sub(r"(?<=\s)(\*\*|<=|>=|!=|==|[*/-])(?=\s)", lambda m: _sign(m[1]), text)
    text = re.sub(r"(^|\()-(?=\s*$|\d|\()", r"\1−", text)
    return text if keep else text.strip()


def _sign(infix: str) -> str:
    return _SIGNS.get(infix, infix)


def is_text(node: Node) -> bool:
    """Whether a node is written into its readers' boxes and has none of its own: numbers and lengths."""
    return not node.inputs and node.op in (CONSTANT, LENGTH)


def is_input(node: Node) -> bool:
    """Whether the node is an argument."""
    return node.op is INPUT
