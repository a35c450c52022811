"""Random graphs and their gradients: what is known of each node holds of its values, at ordinary points and at edges."""

import numpy as np
from helpers import evaluate, gradient, graph_of, total
from random_graphs import ARRAYS, INPUTS, SCALARS

from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.rewrite.facts import Facts

EDGES = (0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, -1e300, 5e-324, np.inf, -np.inf, np.nan, 800.0, -800.0)
ORDINARY = (0.0, 0.3, -0.7, 1.0, -1.5, 2.0)
HUGE = 1e100  # beyond this a value that is known to be finite may overflow later on


def drawn(rng):
    """A graph with the gradient of it, half of them of arrays; steps that do not fit together are left out."""
    arrays = bool(rng.integers(2))
    inputs = tuple(variable(name, Aval(np.float64, shape)) for name, shape in INPUTS[arrays].items())
    pool, nodes = (*SCALARS, *ARRAYS) if arrays else SCALARS, list(inputs)
    for _ in range(rng.integers(3, 14)):
        a, b = (nodes[-1 - rng.integers(len(nodes))] for _ in range(2))
        try:
            made = pool[rng.integers(len(pool))](a, b)
        except SymdiffError:
            continue
        if made.ndim <= 3 and np.prod(made.shape, dtype=int) <= 100:
            nodes.append(made)
    z = total(nodes[-1]) + total(ew.sin(nodes[-2]))
    return inputs, [z, *gradient(z, inputs)]


def contradictions(fact, value, ordinary):
    """What a fact says that is not so of a value."""
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        return
    if np.any(value < fact.low) or np.any(value > fact.high):
        yield "bounds"
    if ordinary and fact.finite and not np.all(np.isfinite(value)):
        yield "finite"
    if fact.integer and not np.all((value == np.rint(value)) | ~np.isfinite(value)):
        yield "integer"
    if (
        ordinary
        and "symmetric" in fact.words
        and not np.allclose(value, np.swapaxes(value, -1, -2), rtol=1e-9, atol=1e-9)
    ):
        yield "symmetric"
    if ordinary and "sums_to_one" in fact.words and not np.allclose(np.sum(value, axis=-1), 1):
        yield "sums to one"


def test_what_is_known_holds_of_the_values(request):
    rng = np.random.default_rng(request.config.getoption("--seed"))
    told = 0
    for number in range(request.config.getoption("--programs")):
        inputs, roots = drawn(rng)
        nodes = [n for n in toposort(roots) if n.inputs and not n.aval.parts]
        facts = Facts({})
        known = [facts.of(n) for n in nodes]
        told += sum(fact.low > -np.inf or fact.high < np.inf or fact.finite for fact in known)
        for choice in (ORDINARY, ORDINARY, EDGES):
            values = [np.asarray(rng.choice(choice, x.shape))[()] for x in inputs]
            try:
                results = evaluate(graph_of(inputs, *nodes), *values)
            except np.linalg.LinAlgError:
                continue
            small = all(not np.any(np.abs(r) > HUGE) for r in results if np.asarray(r).dtype.kind == "f")
            for node, fact, result in zip(nodes, known, results, strict=True):
                wrong = list(contradictions(fact, result, choice is ORDINARY and small))
                assert not wrong, (number, node.op.name, wrong, fact, result, values)
    assert told
