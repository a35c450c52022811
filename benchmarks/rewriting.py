"""How the time of rewriting grows with the graph: chains and random programs, with their gradients."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from benchmarks.runner import exponent

TITLE = "rewriting: seconds for all passes against the size of the graph, and the exponent of its growth"
SIZES = (100, 1_000, 10_000, 100_000)
SHAPES = ("scalar chain", "vector chain", "random program", "masked chain")


def chain(x: Any, n: int) -> Any:
    """n operations that rewriting has something to say of."""
    from symdiff.ops import elementwise as ew

    steps = (ew.tanh, lambda a: 2 * a - x, lambda a: a / (1 + ew.square(a)), lambda a: ew.log(1 + ew.exp(a)))
    node = x
    for k in range(n // 3):
        node = steps[k % len(steps)](node)
    return node


def masked(x: Any, n: int) -> Any:
    """n operations with a `where` among every few."""
    from symdiff.ops import elementwise as ew

    node = x
    for _ in range(n // 4):
        node = ew.where(ew.greater(x, 0), ew.sqrt(node), ew.sin(node))
    return node


def program(x: Any, n: int) -> Any:
    """n operations on any of the last hundred results."""
    from symdiff.ops import elementwise as ew

    draw = random.Random(0)
    nodes = [x, 1 + x]
    for _ in range(n):
        a, b = draw.choices(nodes[-100:], k=2)
        nodes.append(draw.choice((a + b, a * b, a - b, ew.tanh(a), a / (2 + ew.square(b)), 3 * a)))
    return nodes[-1]


def graph_of(shape: str, n: int) -> Any:
    """The graph of a value and its gradient, recognised and not yet simplified."""
    from symdiff.autodiff.reverse import gradients
    from symdiff.frontends.spec import spec
    from symdiff.graph.graph import Graph
    from symdiff.graph.node import variable
    from symdiff.ops import reductions as red
    from symdiff.program.pipeline import recognise_forms

    x = variable("x", spec("" if shape == "scalar chain" else "n").aval)
    make: Callable[[Any, int], Any] = {"random program": program, "masked chain": masked}.get(shape, chain)
    z = make(x, n)
    z = z if not z.shape else red.sum_(z, axis=(0,), keepdims=False)
    base = recognise_forms(Graph((x,), (z,)))
    found = gradients(base.outputs[0], [x])
    return base.with_(outputs=(*base.outputs, *found.grads), forward=base.outputs, cotangents=found.cotangents)


def measure(shape: str, n: int, rounds: int) -> tuple[int, float]:
    """``(nodes, seconds)``: the shortest of some runs, in seconds of the processor."""
    from symdiff.codegen.targets.numpy import NUMPY
    from symdiff.graph.walk import toposort
    from symdiff.program.pipeline import compile_graph

    graph = graph_of(shape, n)
    times = []
    for _ in range(rounds):
        start = time.process_time()
        compile_graph(graph, NUMPY)
        times.append(time.process_time() - start)
    return len(toposort(graph.outputs)), min(times)


def report(rounds: int, quick: bool) -> str:
    """A line per kind of graph: seconds at each size, and the exponent over all of them."""
    sizes = SIZES[:2] if quick else SIZES
    lines = [f"{'':16}" + "".join(f"{n:>12,}" for n in sizes) + "   exponent"]
    for shape in SHAPES:
        points = [measure(shape, n, rounds if n < 10_000 else 1) for n in sizes]
        grown = exponent([n for n, _ in points], [seconds for _, seconds in points])
        lines.append(f"{shape:16}" + "".join(f"{seconds:12.3f}" for _, seconds in points) + f"{grown:11.2f}")
    return "\n".join(lines)
