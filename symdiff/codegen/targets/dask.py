"""Dask: ``da.exp(x)``, on arrays in chunks, of which nothing is computed until the user asks for it."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from symdiff.codegen.namespaces import PLAINER, SCIPY, STEP, Namespace
from symdiff.codegen.spelling import dotted
from symdiff.codegen.target import register
from symdiff.graph.node import Node

LACKS = """
argpartition argsort bartlett convolve correlate cross digitize einsum_path fft.hfft2 interp kron linalg.svd
linalg.qr linalg.lstsq linalg.matrix_rank
linalg.cond linalg.eig linalg.eigvals linalg.matrix_power linalg.multi_dot linalg.pinv modf nanmedian nanquantile
partition put_along_axis quantile sort take_along_axis trapezoid vander
"""
RUNNING = "np.reductions.cumreduction(numpy.{0}.accumulate, numpy.{0}, {1}, x0, axis, dtype=x0.dtype)"
STARTS = {"logaddexp.accumulate": "-np.inf", "maximum.accumulate": "-np.inf", "minimum.accumulate": "np.inf"}
OWN_VALUES = "np.apply_gufunc(numpy.linalg.eigvalsh, '(i,j)->(i)', x0, output_dtypes=float, allow_rechunk=True)"
MATRICES = {  # functions of whole matrices, and of stacks of them, by NumPy's names
    "np.linalg.inv": "(i,j)->(i,j)",
    "np.linalg.det": "(i,j)->()",
    "np.linalg.slogdet": "(i,j)->(),()",
    "np.linalg.cholesky": "(i,j)->(i,j)",
    "np.linalg.eigh": "(i,j)->(i),(i,j)",
    "np.linalg.eigvalsh": "(i,j)->(i)",
    "np.linalg.solve": "(i,j),(j,k)->(i,k)",
}


class Dask(Namespace):
    """Arrays of Dask's. NumPy's functions of whole matrices are called on each, once it is in one chunk."""

    name = "dask"
    rows = ("dask", "numpy")
    arrays = ("dask.array", "da")
    special = SCIPY
    helpers = frozenset({"recurrence"})
    writes = True
    stacks = True
    lacks = frozenset(LACKS.split())
    instead: ClassVar = {
        **PLAINER,
        "conjugate": "conj",
        "heaviside": STEP,
        "linalg.eigvalsh": OWN_VALUES,
        **{name: RUNNING.format(name.partition(".")[0], start) for name, start in STARTS.items()},
    }

    def spelled(self, node: Node) -> str | None:
        name = dotted(node.op.fn) if node.op.fn is not None else ""
        signature = MATRICES.get(name)
        if signature is None:
            return super().spelled(node)
        if any(x.ndim == 1 for x in node.inputs):
            signature = signature.replace(",k", "")
        numbers = signature.partition("->")[2].count("(")
        kinds = "float" if numbers == 1 else f"({', '.join(['float'] * numbers)})"
        given = ", ".join(f"x{k}" for k in range(len(node.inputs)))
        function = name.replace("np.", "numpy.")
        return f"np.apply_gufunc({function}, {signature!r}, {given}, output_dtypes={kinds}, allow_rechunk=True)"

    def has(self, path: str) -> bool:
        return super().has(path) and (path in self.instead or self._is_there(path))

    @staticmethod
    def _is_there(path: str) -> bool:
        """Whether Dask of today has a function; that is not known where it is not installed."""
        try:
            found: Any = importlib.import_module("dask.array")
        except ImportError:
            return True
        return all((found := getattr(found, name, None)) is not None for name in path.split("."))

    def has_special(self, name: str) -> bool:
        found = getattr(importlib.import_module(SCIPY), name, None)
        return isinstance(found, np.ufunc) and found.nout == 1  # which Dask calls on each chunk

    def origin(self, node: Node, name: str) -> str:
        return "numpy" if name == "numpy" else super().origin(node, name)

    def alias(self, module: str, name: str) -> str:
        return "np" if module == "numpy" else super().alias(module, name)

    def copied(self, tree: ast.expr, name_of: Callable[[str], ast.expr]) -> ast.Call | None:
        return ast.Call(ast.Attribute(tree, "copy"), [], [])


DASK = register(Dask())
