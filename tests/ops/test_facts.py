"""What a row says of its values holds of the values: for intervals of every kind, at their ends, and in every float."""

import itertools
from math import inf

import numpy as np
import pytest
from helpers import ROWS, as_tuple, meaning, samples, takes_floats, values, variables

from symdiff.graph.aval import Aval
from symdiff.graph.fact import UNKNOWN, Fact
from symdiff.graph.node import ITEM, constant, variable
from symdiff.ops import elementwise as ew, reductions as red, shapes
from symdiff.ops.bounds import literal
from symdiff.ops.contraction import matmul
from symdiff.ops.decompositions import cholesky, eigh
from symdiff.rewrite.facts import Facts

KINDS = (
    Fact(finite=True),
    Fact(0.0, finite=True),
    Fact(0.0, nonzero=True, finite=True),
    Fact(1.0, finite=True),
    Fact(-1.0, 1.0, finite=True),
    Fact(0.25, 0.7, True, True),
    Fact(-inf, 0.0, finite=True),
    Fact(-3.0, -0.5, True, True),
    Fact(nonzero=True, finite=True),
)
ENDS = (0.0, -0.0, inf, -inf, np.nan, 1e300, -1e300, 5e-324, -5e-324, 1e-300, 1e-17, 1.0, -1.0, 0.5, -0.5, 2.0, 0.7, 0.25, 3.5, -3.0, 710.0, -746.0, 90.0, -104.0)  # fmt: skip
ORDINARY = (0.0, -0.0, 0.25, 0.7, 1.0, 1.5, 3.0, -0.5, -1.0, -2.25, -3.0, 0.4)
ELEMENTWISE = [op for op in ROWS if op.family == "elementwise" and takes_floats(op)]
OTHERS = [op for op in ROWS if op.family != "elementwise" and op.facts is not None and not op.block]
every_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


class Given(Facts):
    """Facts of inputs as they are given."""

    def __init__(self, given):
        super().__init__({})
        self.given = given

    def _declared(self, node):
        return self.given[node]


def of_kind(fact, candidates, dtype):
    """The candidates that are as the fact says, those that may be nan and infinite included."""
    x = np.array(candidates).astype(dtype)
    keep = ~(x < fact.low) & ~(x > fact.high) & ((x != 0) | (not fact.nonzero))
    return x[keep]


def assert_bounded(fact, value):
    value = np.asarray(value)
    if value.dtype.kind in "biuf":
        assert not np.any(value < fact.low), (fact, np.min(value))
        assert not np.any(value > fact.high), (fact, np.max(value))


def assert_true(fact, value):
    """All of it, for inputs that are finite and of ordinary size."""
    assert_bounded(fact, value)
    assert not fact.finite or np.all(np.isfinite(value)), fact
    assert not fact.nonzero or np.all(value != 0), fact
    assert not fact.integer or np.all(np.asarray(value) == np.rint(value)), fact
    for word in fact.words:
        assert MATRIX[word](np.asarray(value)), word


def like_transposed(a):
    return np.allclose(a, np.swapaxes(a, -1, -2))


def spectrum(a):
    return np.linalg.eigvalsh(a)


MATRIX = {
    "symmetric": like_transposed,
    "lower": lambda a: not np.triu(a, 1).any(),
    "upper": lambda a: not np.tril(a, -1).any(),
    "strictly_lower": lambda a: not np.triu(a).any(),
    "strictly_upper": lambda a: not np.tril(a).any(),
    "positive_diagonal": lambda a: np.all(np.diagonal(a, axis1=-2, axis2=-1) > 0),
    "orthogonal": lambda a: np.allclose(np.swapaxes(a, -1, -2) @ a, np.eye(a.shape[-1]), atol=1e-5),
    "semidefinite": lambda a: like_transposed(a) and np.all(spectrum(a) >= -1e-9 * np.max(np.abs(a))),
    "definite": lambda a: like_transposed(a) and np.all(spectrum(a) > 0),
    "sums_to_one": lambda a: np.allclose(np.sum(a, axis=-1), 1),
}


@every_dtype
@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.facts is not None], ids=lambda op: op.name)
def test_facts_of_elementwise_rows(op, dtype):
    with np.errstate(all="ignore"):
        for facts in itertools.product(KINDS, repeat=op.arity if op.arity < 3 else 1):
            facts = facts * op.arity if op.arity > 2 else facts
            inputs = tuple(variable(f"x{k}", Aval(dtype, (1,))) for k in range(op.arity))
            fact = Given(dict(zip(inputs, facts, strict=True))).of(op(*inputs, **op.params))
            for candidates, holds in ((ENDS, assert_bounded), (ORDINARY, assert_true)):
                drawn = [of_kind(kind, candidates, dtype) for kind in facts]
                grid = [a.ravel() for a in np.meshgrid(*drawn)]
                if grid[0].size:
                    holds(fact, meaning(op)(*grid, **op.params))


@pytest.mark.parametrize("op", OTHERS, ids=lambda op: op.name)
def test_facts_of_other_rows(op):
    rng = np.random.default_rng(5)
    with np.errstate(all="ignore"):
        for arrays, params in samples(op):
            floats = [k for k, a in enumerate(arrays) if np.asarray(a).dtype.kind == "f"]
            check(op, arrays, params, [literal(np.asarray(a)) for a in arrays], assert_true)
            for fact in KINDS if op.family == "linear" or "linalg" not in str(op.fn) else ():
                drawn = list(arrays)
                for k in floats:
                    drawn[k] = rng.choice(of_kind(fact, ORDINARY, "float64"), np.shape(arrays[k]))
                known = [fact if k in floats else literal(np.asarray(a)) for k, a in enumerate(arrays)]
                check(op, drawn, params, known, assert_true)
                for k in floats:
                    drawn[k] = rng.choice(of_kind(fact, ENDS, "float64"), np.shape(arrays[k]))
                check(op, drawn, params, known, assert_bounded)


def check(op, arrays, params, known, holds):
    inputs = variables(arrays)
    facts = Given(dict(zip(inputs, known, strict=True)))
    try:
        results = as_tuple(meaning(op)(*arrays, **params))
    except (ValueError, np.linalg.LinAlgError):  # of numbers that the row is not for
        return
    for node, value in zip(values(op(*inputs, **params)), results, strict=True):
        if np.size(value):
            holds(facts.of(node), value)


def test_rows_of_the_calculus_table_say_something_unless_they_have_poles_of_either_sign():
    table = [op for op in ELEMENTWISE if op in vars(ew).values()]
    conditions = {op.name for op in table if op(*variables([np.ones(1)] * op.arity), **op.params).aval.kind == "b"}
    assert {op.name for op in table if op.facts is None} - conditions == {
        "fmod",
        "tan",
        "csch",
        "bose_einstein",
        "nan_to_num",
    }


x = variable("x", Aval("float64", (5,)))
A = variable("A", Aval("float64", (4, 3)))
S = variable("S", Aval("float64", (3, 3)))


@pytest.mark.parametrize(
    ("node", "low", "high"),
    [
        (1 + ew.square(x), 1, inf),
        (ew.hypot(1.0, x), 1, inf),
        (1 / (1 + ew.exp(x)), 0, 1),
        (2 * ew.sin(x) + 3, 1, 5),
        (ew.where(x > 0, x, 0), 0, inf),
        (ew.sqrt(x), 0, inf),
        (ew.minimum(ew.maximum(x, -2), 2), -2, 2),
    ],
    ids=str,
)
def test_bounds_by_construction(node, low, high):
    fact = Facts({}).of(node)
    assert (fact.low, fact.high) == (low, high)


@pytest.mark.parametrize(
    ("node", "finite"),
    [
        (ew.sin(x), True), (ew.exp(x) * x, True), (1 / x, False), (1 / (1 + ew.square(x)), True), (ew.log(x), False),
        (ew.log(1 + ew.exp(x)), True), (1 / ew.where(ew.equal(x, 0), 1, x), True), (ew.sqrt(x), False),
        (ew.sqrt(ew.square(x)), True), (x**-2, False), (x**3, True),
    ],
)  # fmt: skip
def test_what_is_finite_has_no_pole(node, finite):
    assert Facts({}).of(node).finite is finite


def transposed(a):
    return shapes.permute(a, axes=(1, 0))


def test_matrices_by_construction():
    known = Facts({})
    gram = matmul(transposed(A), A)
    w, V = eigh(S)
    rebuilt = matmul(V * w, transposed(V))
    weighted = matmul(transposed(A) * ew.exp(variable("d", Aval("float64", (4,)))), A)
    eye = shapes.eye(n=3, dtype="float64")
    assert known.of(gram).words == {"symmetric", "semidefinite"}
    assert known.of(weighted).words == {"symmetric", "semidefinite"}
    assert known.of(rebuilt).words == {"symmetric"} and known.of(V).words == {"orthogonal"}
    assert "definite" in known.of(gram + eye).words and "definite" not in known.of(gram - eye).words
    lower, strictly = shapes.tril(S, k=0), shapes.tril(S, k=-1)
    assert known.of(lower).words == {"lower"}
    assert known.of(transposed(strictly)).words == {"upper", "strictly_upper"}
    assert known.of(matmul(transposed(lower), shapes.triu(S, k=0))).words == {"upper"}
    assert "lower" in known.of(lower / ew.cosh(S)).words and not known.of(lower / S).words
    assert known.of(shapes.diagonal(cholesky(S))).positive and "lower" in known.of(-strictly).words
    assert (
        not known.of(matmul(transposed(A), ew.sin(A))).words
        and not known.of(matmul(transposed(S), transposed(S))).words
    )
    assert not known.of(S).words and not known.of(matmul(A, transposed(A)) * constant(np.ones((4, 1)))).words


def test_a_long_chain_is_worked_out_without_recursion():
    node = x
    for _ in range(20_000):
        node = ew.sin(node) + 1
    assert Facts({}).of(node).low == 0


def test_inputs_of_bodies_are_not_known_to_be_finite():
    inner = variable("x", Aval("float64"), -1)
    assert Facts({}).of(inner) == UNKNOWN and Facts({}).of(variable("x", Aval("float64"))).finite


def test_parts_are_known_one_by_one():
    w, _ = eigh(S)
    assert w.op is ITEM and Facts({}).of(w).finite and not Facts({}).of(w).words
    assert Facts({}).of(red.sum_(ew.square(w), axis=(0,), keepdims=False)).nonnegative
