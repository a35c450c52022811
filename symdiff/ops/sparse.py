"""Sparse matrices as results: SciPy's own, made last, of arrays."""

from __future__ import annotations

from symdiff.errors import UnsupportedError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Shape
from symdiff.graph.node import Node
from symdiff.graph.notation import written
from symdiff.graph.op import OPS, Op, Undefined
from symdiff.ops.building import build

_WHY = 'a sparse matrix is what a program returns, and no array: with format="coo" or "csr_parts" its values are one'


def _infer(data: Aval, indices: Aval, indptr: Aval, shape: tuple[int, int], copied: bool = False) -> Aval:
    """To a program the matrix is its values, a vector."""
    return data


def _spell(node: Node) -> str:
    """SciPy writes into what a matrix holds: the positions are copied, and values that something else holds as well."""
    shape = node.kwargs["shape"]
    if node.kwargs.get("copied"):
        return f"csr_array((a, b, c), shape={shape}, copy=True)"
    return f"csr_array((a, b.copy(), c.copy()), shape={shape})"


def _batch(node: Node, inputs: tuple[Node, ...], lead: Shape) -> Node:
    raise UnsupportedError(
        "a stack of sparse matrices is no matrix",
        help='with format="csr_parts" or "coo" their values are a stack, beside one pattern',
    )


csr: Op = OPS.register(
    Op("csr", "structural", _infer, lambda i, g, node: Undefined(_WHY), fn="scipy.sparse:csr_array", arity=3,
       build=build, batch=_batch, integers=True, jvp=lambda tangents, node: Undefined(_WHY), flops=lambda node: 0, copy="copy",
       notation=written(spell=_spell, hint="matrix"), doc="Values, columns and beginnings of rows as a sparse matrix of SciPy's.")
)  # fmt: skip
