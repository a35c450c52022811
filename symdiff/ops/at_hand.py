"""Values that take next to nothing where another one is computed: shares of a sum, beside the logarithm of the sum."""

from __future__ import annotations

from collections.abc import Collection

from symdiff.graph.node import Node
from symdiff.ops.elementwise import exp, subtract
from symdiff.ops.reductions import logsumexp, softmax
from symdiff.ops.shapes import expand_dims


def is_at_hand(node: Node, there: Collection[Node]) -> bool:
    """Whether `node` is one operation on what is computed for a value that is `there`.

    That is so of the shares ``exp(x - logsumexp(x))``: the exponentials are those of the sum.
    """
    if node.op is softmax:
        x, axis = node.inputs[0], node.kwargs["axis"]
        return any(logsumexp(x, axis=axis, keepdims=kept) in there for kept in (False, True))
    if node.op is not exp or node.inputs[0].op is not subtract:
        return False
    x, total = node.inputs[0].inputs
    total = total.inputs[0] if total.op is expand_dims else total
    return total.op is logsumexp and total.inputs[0] is x and total in there
