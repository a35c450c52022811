"""How the time to differentiate and to compile grows with the graph; it should be in proportion."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.runner import Result, exponent, last_exponent, measure, seconds, table

TITLE = "compile: time against the size of the graph"
FAULT = 1.1  # an exponent above this is a fault
GROWTH = 4  # gradient nodes per forward node of a product, at most
FACTORS = 1000
DEEP = 60  # frames that build_grad may use above the caller: it must not recurse

Made = tuple[Callable[..., Any], tuple[Any, ...]]


# --------------------------------------------------------------------------------------------------- graphs to compile


def scalar_chain(n: int) -> tuple[Any, list[Any]]:
    """A chain of n operations on a scalar."""
    import symdiff as sd

    return chain(sd.var("x"), n), ["x"]


def vector_chain(n: int) -> tuple[Any, list[Any]]:
    """A chain of n operations on a vector."""
    import symdiff as sd

    return chain(sd.var("x", "n"), n).sum(), ["x"]


def chain(x: Any, n: int) -> Any:
    import numpy as np

    steps = (np.sin, lambda v: v * 0.9, np.tanh, lambda v: v + x)
    v = x
    for k in range(n):
        v = steps[k % len(steps)](v)
    return v


def random_graph(n: int) -> tuple[Any, list[Any]]:
    """n random operations on ten scalars and on what they gave; whatever is left over is summed up."""
    import numpy as np

    import symdiff as sd

    rng = random.Random(0)
    one = (np.sin, np.cos, np.tanh, np.exp)
    two = (np.add, np.subtract, np.multiply, lambda a, b: a / (2 + b * b))
    pool = [sd.var(f"x{k}") for k in range(10)]
    unused = dict.fromkeys(range(10))
    for k in range(10, n + 10):
        picks = [rng.randrange(max(0, k - 50), k) if rng.random() < 0.8 else rng.randrange(k) for _ in range(2)]
        binary = rng.random() < 0.6
        pool.append(rng.choice(two)(*[pool[i] for i in picks]) if binary else rng.choice(one)(pool[picks[0]]))
        for i in picks if binary else picks[:1]:
            unused.pop(i, None)
        unused[k] = None
    return sum(pool[i] for i in unused), [f"x{k}" for k in range(10)]


def many_inputs(n: int) -> tuple[Any, list[Any]]:
    """n inputs, and so n gradients."""
    import numpy as np

    import symdiff as sd

    names = [f"x{k}" for k in range(n)]
    xs = [sd.var(name) for name in names]
    total = xs[0]
    for x in xs[1:]:
        total = total * x + np.sin(x)
    return total, names


def typed_constants(n: int) -> tuple[Any, list[Any]]:
    """A chain with n NumPy scalars in it."""
    import numpy as np

    import symdiff as sd

    v = sd.var("x")
    for k in range(n):
        v = v * np.float64(k + 0.5) + np.sin(v)
    return v, ["x"]


def rosenbrock(n: int) -> tuple[Any, list[Any]]:
    """Rosenbrock's function written with n pairs of elements, so that the gradient is scattered."""
    import symdiff as sd

    x = sd.var("x", (n + 1,))
    return sum(100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2 for k in range(n)), ["x"]


def masked_chain(n: int) -> tuple[Any, list[Any]]:
    """A chain of n operations on a vector, a third of which select."""
    import numpy as np

    import symdiff as sd

    x = sd.var("x", "n")
    steps = (np.sin, lambda v: np.where(v > 0.1, v * 0.9, x), lambda v: v + x, np.abs, lambda v: np.maximum(v, 0.1))
    v = x
    for k in range(n):
        v = steps[k % len(steps)](v)
    return v.sum(), ["x"]


def compile_it(graph: Callable[[int], tuple[Any, list[Any]]], n: int, quick: bool) -> Made:
    """From symbolic values to source."""
    import symdiff as sd

    z, names = graph(n)
    present = set(sd.function(z).inputs)
    wanted = [name for name in names if name in present]

    def compiled() -> str:
        return sd.grad(z, wrt=tuple(wanted)).source

    return untraced(compiled), ()


# ------------------------------------------------------------------------------------------------------ loops, unrolled


def lstm(x: Any, w: Any) -> Any:
    """The sum of the last output of an LSTM with four cells, whose gates share one matrix."""
    import numpy as np

    h = c = np.zeros(4)
    for k in range(len(x)):
        gates = np.concatenate([h, x[k]]) @ w
        i, f, o = (1 / (1 + np.exp(-gates[4 * j : 4 * j + 4])) for j in range(3))
        c = f * c + i * np.tanh(gates[12:])
        h = o * np.tanh(c)
    return h.sum()


def runge_kutta(y: Any, p: Any) -> Any:
    """The last state of a pendulum with friction after 60 steps of RK4, summed up."""
    import numpy as np

    def slope(y: Any) -> Any:
        return np.array([y[1], -p[0] * np.sin(y[0]) - p[1] * y[1]])

    dt = 0.05
    for _ in range(60):
        a = slope(y)
        b = slope(y + dt / 2 * a)
        c = slope(y + dt / 2 * b)
        y = y + dt / 6 * (a + 2 * b + 2 * c + slope(y + dt * c))
    return y.sum()


def syrk(a: Any, c: Any) -> Any:
    """The lower half of ``c + a @ a.T``, element by element and in place, summed up with weights."""
    c = c.copy()
    n = len(c)
    for i in range(n):
        for j in range(i + 1):
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * a[j, k]
    return (c * c).sum()


def unrolled(f: Callable[..., Any], shapes: Sequence[tuple[int, ...]]) -> Made:
    """From a function with loops to the source of its gradient without."""
    import numpy as np

    import symdiff as sd

    rng = np.random.default_rng(0)
    args = [rng.normal(size=shape) for shape in shapes]

    def compiled() -> str:
        wrt = tuple(range(len(args)))
        return sd.grad(f, wrt=wrt, loops="unroll").at(*args).source

    return untraced(compiled), ()


UNROLLED = {
    "LSTM, 100 steps": (lstm, [(100, 4), (8, 16)], 0.8),
    "RK4, 60 steps": (runge_kutta, [(2,), (2,)], 0.8),
    "syrk in place, n = 16": (syrk, [(16, 16), (16, 16)], 0.6),
}


# --------------------------------------------------------------------------------------------------- build_grad alone


def sine_chain(n: int) -> tuple[Any, list[Any]]:
    """x -> sin(x) -> sin(sin(x)) -> …"""
    from symdiff.ops.elementwise import sin

    x = v = scalar("x")
    for _ in range(n):
        v = sin(v)
    return v, [x]


def many_consumers(n: int) -> tuple[Any, list[Any]]:
    """The sum of n products with x."""
    from symdiff.ops.elementwise import add, multiply

    x = total = scalar("x")
    for k in range(n):
        total = add(total, multiply(x, float(k) + 0.5))
    return total, [x]


def product(n: int) -> tuple[Any, list[Any]]:
    """x0 * x1 * … , from the left."""
    from symdiff.ops.elementwise import multiply

    factors = [scalar(f"x{k}") for k in range(n)]
    z = factors[0]
    for x in factors[1:]:
        z = multiply(z, x)
    return z, factors


def balanced_product(n: int) -> tuple[Any, list[Any]]:
    """The same product, as a balanced tree."""
    from symdiff.ops.elementwise import multiply

    factors = [scalar(f"x{k}") for k in range(n)]
    level = factors
    while len(level) > 1:
        pairs = [multiply(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0], factors


def scalar(name: str) -> Any:
    from symdiff.graph.aval import Aval
    from symdiff.graph.node import variable

    return variable(name, Aval("float64"))


def build_grad(graph: Callable[[int], tuple[Any, list[Any]]], n: int, quick: bool) -> Made:
    """Algorithm 6.5 alone, under a recursion limit that a recursive walk would hit at once."""
    from symdiff.autodiff.reverse import gradients

    z, targets = graph(n)

    def derived() -> Any:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(frames() + DEEP)
        try:
            return gradients(z, targets)
        finally:
            sys.setrecursionlimit(usual)

    derived.count = partial(count_nodes, z)
    return untraced(derived), ()


def frames() -> int:
    """How deep the stack is here."""
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def count_nodes(z: Any, derivation: Any) -> dict[str, int]:
    """The nodes of z, and those that the gradients add to them."""
    from symdiff.graph.walk import toposort

    forward = toposort([z])
    return {"forward": len(forward), "added": len(toposort([z, *derivation.grads])) - len(forward)}


def untraced(call: Callable[..., Any]) -> Callable[..., Any]:
    call.untraced = True
    return call


# --------------------------------------------------------------------------------------------------------------- report

Graph = Callable[[int], tuple[Any, list[Any]]]
Case = tuple[Callable[[Graph, int, bool], Made], Graph, Sequence[int]]
CASES: dict[str, Case] = {
    "grad(…).source, scalar chain": (compile_it, scalar_chain, (100, 1000, 10_000)),
    "grad(…).source, vector chain": (compile_it, vector_chain, (100, 1000, 10_000)),
    "grad(…).source, masked chain": (compile_it, masked_chain, (100, 1000, 10_000)),
    "grad(…).source, random scalars": (compile_it, random_graph, (100, 1000, 10_000)),
    "grad(…).source, many inputs": (compile_it, many_inputs, (100, 500, 2500)),
    "grad(…).source, typed constants": (compile_it, typed_constants, (100, 500, 2500)),
    "grad(…).source, Rosenbrock": (compile_it, rosenbrock, (100, 500, 2500)),
    "build_grad, chain": (build_grad, sine_chain, (10_000, 100_000, 1_000_000)),
    "build_grad, consumers": (build_grad, many_consumers, (1000, 10_000, 100_000)),
}
PRODUCTS: dict[str, Case] = {
    "product, from the left": (build_grad, product, (FACTORS,)),
    "product, balanced": (build_grad, balanced_product, (FACTORS,)),
}
TOOLS = {
    f"{name}, {n}": partial(make, graph, n)
    for name, (make, graph, sizes) in {**CASES, **PRODUCTS}.items()
    for n in sizes
} | {name: partial(unrolled, f, shapes) for name, (f, shapes, _) in UNROLLED.items()}


def report(rounds: int, quick: bool) -> str:
    kept = {name: sizes[:-1] if quick else sizes for name, (_, _, sizes) in CASES.items()}
    tools = [f"{name}, {n}" for name, sizes in kept.items() for n in sizes]
    results = measure("compile", [*tools, *(f"{name}, {FACTORS}" for name in PRODUCTS), *UNROLLED], rounds, quick)
    return "\n\n".join([growth_table(kept, results), unrolled_table(results), product_table(results)])


def profile(quick: bool) -> str:
    """Where the time of a compilation goes: CPU milliseconds in each stage, for graphs of one size."""
    from symdiff.progress import STAGES, timed

    size = 300 if quick else 1000
    found: dict[str, dict[str, float]] = {}
    for name, (make, graph, _) in CASES.items():
        if make is compile_it:
            compiled, _ = make(graph, size, quick)
            with timed() as times:
                compiled()
            found[name.split(", ")[1]] = times
    rows = [[f"ms of {size:,} operations", *found]]
    for stage in STAGES:
        rows.append([stage, *(f"{1e3 * times.get(stage, 0.0):.1f}" for times in found.values())])
    rows.append(["all", *(f"{1e3 * sum(times.values()):.1f}" for times in found.values())])
    return table(rows)


def growth_table(kept: dict[str, Sequence[int]], results: dict[str, Result]) -> str:
    """Times at each size, and the fitted exponents."""
    rows = [["graph", "size", "min", "median", "min per node", "exponent", "last step"]]
    for name, sizes in kept.items():
        found = [results[f"{name}, {n}"] for n in sizes]
        for n, r in zip(sizes, found, strict=True):
            cells = [r.error] if r.error else [seconds(r.min), seconds(r.median), seconds(r.min / n), "", ""]
            rows.append([name if n == sizes[0] else "", f"{n:,}", *cells])
        measured = [(n, r.min) for n, r in zip(sizes, found, strict=True) if not r.error]
        if len(measured) == len(sizes):
            ns, times = zip(*measured, strict=True)
            rows[-1][-2:] = [verdict(exponent(ns, times)), verdict(last_exponent(ns, times))]
    return table(rows)


def unrolled_table(results: dict[str, Result]) -> str:
    """Loops that are written out, step by step."""
    rows = [["loops, unrolled", "min", "median", "at most"]]
    for name, (_, _, most) in UNROLLED.items():
        r = results[name]
        rows.append([name, r.error] if r.error else [name, seconds(r.min), seconds(r.median), seconds(most)])
    return table(rows)


def verdict(p: float) -> str:
    return f"{p:.2f}{' !' if p > FAULT else ''}"


def product_table(results: dict[str, Result]) -> str:
    """How many nodes the gradient of a product adds."""
    rows = [[f"{FACTORS:,} factors", "forward nodes", "gradient nodes", "ratio", "min", "median"]]
    for name in PRODUCTS:
        r = results[f"{name}, {FACTORS}"]
        if r.error:
            rows.append([name, r.error])
            continue
        forward, added = r.facts["forward"], r.facts["added"]
        share = f"{added / forward:.2f}{' !' if added > GROWTH * forward else ''}"
        rows.append([name, f"{forward:,}", f"{added:,}", share, seconds(r.min), seconds(r.median)])
    return f"{table(rows)}\n! marks an exponent above {FAULT}, or more than {GROWTH} gradient nodes per forward node"
