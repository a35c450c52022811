"""JAX: ``jnp.exp(x)``, ``lax.scan`` for loops, ``.at[…]`` for assignments: what JAX may compile, and transform."""

from __future__ import annotations

import ast
from typing import ClassVar

from symdiff.codegen.namespaces import Namespace
from symdiff.codegen.scans import SCANS
from symdiff.codegen.target import register
from symdiff.graph.loop import ONCE, Loop
from symdiff.graph.node import Node

SPECIAL = """
betainc betaln digamma entr erf erfc erfinv exp1 expi expit expn gamma gammainc gammaincc gammaln hyp1f1 i0 i0e i1 i1e
kl_div log_ndtr logit logsumexp multigammaln ndtr ndtri poch polygamma rel_entr spence xlog1py xlogy zeta
"""


class JAX(Namespace):
    """Arrays of JAX's, whose lengths are known beforehand.

    Attributes:
        most_steps: for how many steps of a loop that asks whether to go on there is room; what more steps leave behind
            is lost, and all that comes of it is nan.
    """

    name = "jax"
    rows = ("jax", "numpy")
    arrays = ("jax.numpy", "jnp")
    modules: ClassVar = {"lax": "jax.lax"}
    blocks: ClassVar = SCANS
    special = "jax.scipy.special"
    writes = True
    lacks = frozenset(["lib.stride_tricks.sliding_window_view", "linalg.matrix_rank"])
    instead: ClassVar = {"ascontiguousarray": "(x0)", "argsort": "np.argsort(x0, axis=axis, stable=True)"}
    stacks = True
    most_steps = 1_000

    def runs(self, node: Node) -> bool:
        return node.op.block == ONCE or not (Loop.of(node).asks and Loop.of(node).left)

    def has_special(self, name: str) -> bool:
        return name in SPECIAL.split()

    def written(self, line: str) -> str:
        """``x = x.at[1:].add(a)`` for ``x[1:] += a``, and for ``np.add.at(x, …, a)``."""
        match ast.parse(line).body[0]:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name() as x, slice=place)], value=value):
                method = "set"
            case ast.AugAssign(target=ast.Subscript(value=ast.Name() as x, slice=place), op=op, value=value):
                method = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply"}[type(op)]
            case ast.Expr(value=ast.Call(func=function, args=[ast.Name() as x, place, value])) if ast.unparse(
                function
            ).endswith("add.at"):
                method = "add"
            case _:
                return line
        changed = ast.Subscript(ast.Attribute(x, "at"), place)
        return f"{x.id} = {ast.unparse(changed)}.{method}({ast.unparse(value)})"

    def is_assignment(self, text: str) -> bool:
        return super().is_assignment(text) or text.startswith("np.add.at(target, ")


JAX_TARGET = register(JAX())
