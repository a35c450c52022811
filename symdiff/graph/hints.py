"""What values are called that have no name of the user's: ``sin_E`` for sin(E), ``x_0`` for x[0]."""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.graph.node import ITEM, Node, part_of

LONGEST = 8  # characters of an operand's name that the name of a result repeats


def hint(node: Node, names: Mapping[Node, str]) -> str:
    """A short telling name: the user's in `names`, else what the row suggests, with a short name of its operand.

    >>> from symdiff.graph.aval import Aval
    >>> from symdiff.graph.node import variable
    >>> x = variable("x", Aval("float64"))
    >>> hint(x, {}), hint(x * x, {x * x: "area"})
    ('x', 'area')
    """
    known = node.name or names.get(node)
    if known:
        return known
    if node.op is ITEM:
        return part_of(node).name
    row = node.op.notation.hint
    text = row(node) if callable(row) else row or "t"
    operand = node.inputs[0] if node.inputs else node
    of = operand.name or names.get(operand)
    if len(node.inputs) == 1 and of and len(of) <= LONGEST and node.op.family in ("elementwise", "linear"):
        return f"{text}_{of}" if "{" not in text else text.format(of)
    return text.format(node.op.name) if "{" in text else text
