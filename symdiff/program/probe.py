"""What an operation makes of elements that do not count, behind those that do: it is tried with numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symdiff.codegen.targets.numpy import NUMPY
from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.dims import Dim, Length, evaluate, is_counted, length, lengths_in
from symdiff.graph.graph import Graph
from symdiff.graph.node import Node, variable
from symdiff.graph.op import OPS
from symdiff.program.pipeline import lowered
from symdiff.program.specialise import Lowered, define, load_definition

FEW, MANY, OTHERS = 3, 5, 7  # how many count, how many there are, how long everything else is


def probe(node: Node) -> str:
    """ "plain" if the elements that count of the result depend on such elements only; "zero" if the others may be any,
    as long as they are zero; "" if neither is so, and for what does not run."""
    if node.op.family == "elementwise":
        return "plain"
    return _probed(node.op.name, tuple(Aval(x.dtype, x.shape) for x in node.inputs), node.params)


@lru_cache(maxsize=1024)
def _probed(name: str, types: tuple[Aval, ...], params: Any) -> str:
    given = [variable(f"x{k}", aval) for k, aval in enumerate(types)]
    node = Node(OPS[name], tuple(given), params)
    shapes = [n for x in (node, *given) for n in x.shape] + lengths_in(params)
    names = sorted({name for n in shapes if isinstance(n, Length) for name in n.names()})
    more = [variable(f"n{k}", Aval("float64", (length(name),))) for k, name in enumerate(names)]
    few, many = ({n: size if is_counted(length(n)) else OTHERS for n in names} for size in (FEW, MANY))
    try:
        run = _run(Graph((*given, *more), (node,), "tried"))
        return _tried(run, node, given, names, few, many)
    except (SymdiffError, ArithmeticError, TypeError, ValueError, IndexError):
        return ""


def _run(graph: Graph) -> Callable[..., Any]:
    program = Lowered(graph, NUMPY, lowered(graph, NUMPY), False)
    return load_definition(define(program), program)


def _tried(
    run: Callable[..., Any],
    node: Node,
    given: Sequence[Node],
    names: Sequence[str],
    few: Mapping[str, int],
    many: Mapping[str, int],
) -> str:
    rng, found = np.random.default_rng(0), {"plain", "zero"}
    lengths = [[np.zeros(sizes[name]) for name in names] for sizes in (few, many)]
    for sign in (1.0, -1.0):
        random = [_drawn(rng, x, many, sign) for x in given]
        counts = [a[_first(x.shape, few)] for a, x in zip(random, given, strict=True)]
        zeros = [np.zeros_like(a) for a in random]
        for a, part, x in zip(zeros, counts, given, strict=True):
            a[_first(x.shape, few)] = part
        expected = np.asarray(run(*counts, *lengths[0]))
        for how, arrays in (("plain", random), ("zero", zeros)):
            made = np.asarray(run(*arrays, *lengths[1]))[_first(node.shape, few)]
            if made.shape != expected.shape or not np.allclose(made, expected, rtol=1e-9, atol=1e-12, equal_nan=True):
                found.discard(how)
    return "plain" if "plain" in found else "zero" if found else ""


def _drawn(rng: np.random.Generator, x: Node, sizes: Mapping[str, int], sign: float) -> np.ndarray:
    shape = tuple(evaluate(n, sizes) for n in x.shape)
    if x.aval.kind in "fc":
        return np.asarray(sign * rng.uniform(1, 2, shape), x.dtype)
    return np.asarray(rng.integers(0, 2, shape), x.dtype)


def _first(shape: Sequence[Dim], sizes: Mapping[str, int]) -> tuple[slice, ...]:
    return tuple(slice(evaluate(n, sizes)) for n in shape)
