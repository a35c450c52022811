"""Graphs drawn at random, and the gradients of them."""

import numpy as np
from helpers import evaluate, graph_of, total
from hypothesis import HealthCheck, assume, settings, strategies as st

from symdiff.autodiff.reverse import gradients
from symdiff.errors import SymdiffError
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph, Notes
from symdiff.graph.node import variable
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew
from symdiff.ops.api.selection import getitem
from symdiff.ops.table import FUNCTIONS

slow = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def F(name):
    """The function that users call by this name."""
    return FUNCTIONS[name].call


SCALARS = (
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1 + ew.square(b)), lambda a, b: -a,
    lambda a, b: 3 * a, lambda a, b: a - 0.5, lambda a, b: ew.sin(a), lambda a, b: ew.cos(a), lambda a, b: ew.tanh(a),
    lambda a, b: ew.sigmoid(a), lambda a, b: ew.arctan(a), lambda a, b: ew.square(a), lambda a, b: a**3,
    lambda a, b: a * a,
    lambda a, b: ew.sqrt(1 + ew.square(a)), lambda a, b: ew.log(1 + ew.exp(a)), lambda a, b: ew.log1p(ew.square(a)),
    lambda a, b: ew.exp(-ew.square(a)), lambda a, b: ew.logaddexp(a, b), lambda a, b: ew.hypot(a - b, 2.0),
    lambda a, b: ew.erf(a),
    lambda a, b: 1 / (1 + ew.exp(-a)), lambda a, b: ew.where(b > 0.1, a, ew.sin(a)),
    lambda a, b: ew.arcsinh(a) * (1 / (2 + ew.cos(b))),
)  # fmt: skip
ARRAYS = (
    lambda a, b: a @ b, lambda a, b: F("transpose")(a), lambda a, b: total(a), lambda a, b: F("sum")(a, axis=0),
    lambda a, b: F("sum")(a, axis=-1, keepdims=True), lambda a, b: F("mean")(a, axis=0),
    lambda a, b: F("prod")(a, axis=0),
    lambda a, b: F("logsumexp")(a, axis=-1), lambda a, b: F("softmax")(a, axis=-1), lambda a, b: F("var")(a, axis=0),
    lambda a, b: ew.exp(a) / F("sum")(ew.exp(a), axis=0, keepdims=True), lambda a, b: ew.log(F("softmax")(a, axis=0)),
    lambda a, b: F("cumsum")(a, axis=0), lambda a, b: F("cumprod")(a, axis=0), lambda a, b: F("expand_dims")(a, 0),
    lambda a, b: F("expand_dims")(a, -1), lambda a, b: F("concatenate")([a, b]), lambda a, b: F("stack")([a, b]),
    lambda a, b: F("flip")(a, axis=0), lambda a, b: getitem(a, slice(1, None)),
    lambda a, b: getitem(a, 0), lambda a, b: F("ravel")(a),
    lambda a, b: F("broadcast_to")(a, (2, *a.shape)), lambda a, b: F("einsum")("ij,kj->ik", a, b),
    lambda a, b: F("trace")(a),
    lambda a, b: F("einsum")("ij,ij->j", a, b), lambda a, b: F("eye")(3) @ a,
    lambda a, b: F("linalg.solve")(a + 9 * F("eye")(3), b),
    lambda a, b: F("tril")(a), lambda a, b: F("diagonal")(a), lambda a, b: F("roll")(a, 1, axis=0),
    lambda a, b: F("outer")(a, b),
)  # fmt: skip
INPUTS = {False: {"x": (), "y": (), "z": ()}, True: {"x": (3,), "y": (2, 3), "s": (), "A": (3, 3), "c": (3, 1)}}

programs = st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=3, max_size=15)
kinds = st.booleans()


def build(program, arrays):
    """A scalar of inputs, by a list of (operation, operand, operand); steps that do not fit together are left out."""
    inputs = tuple(variable(name, Aval(np.float64, shape)) for name, shape in INPUTS[arrays].items())
    pool = (*SCALARS, *ARRAYS) if arrays else SCALARS
    nodes = list(inputs)
    for op, i, j in program:
        try:
            made = pool[op % len(pool)](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)])
        except SymdiffError:
            continue
        if made.ndim <= 3 and np.prod(made.shape, dtype=int) <= 100:
            nodes.append(made)
    assume(len(nodes) > len(inputs))
    z = total(nodes[-1]) + total(ew.sin(nodes[-2]))
    return inputs, z


def point(inputs, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(np.asarray(rng.normal(size=x.shape))[()] for x in inputs)


def moderate(inputs, z, values, bound=1e3):
    """Whether no node is so large that rounding would drown what is compared."""
    nodes = [n for n in toposort([z]) if n.inputs]
    return all(np.all(np.abs(v) < bound) for v in evaluate(graph_of(inputs, *nodes), *values))


def with_gradient(inputs, z):
    found = gradients(z, inputs)
    notes = Notes(origins=found.origins, cotangents=found.cotangents)
    return Graph(inputs, (z, *found.grads), forward=(z,), tree=(0, tuple(range(1, len(inputs) + 1))), notes=notes)
