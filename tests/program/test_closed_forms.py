"""Contractions, Jacobians and Hessians come out as one writes them by hand: the line that is returned, and what it costs."""

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import symdiff as sd
from symdiff.graph.dims import parse_dim
from symdiff.rewrite.contract.order import cheapest_order, pair_cost

A = {"A": "n n", "B": "n n", "x": "n", "b": "n"}
WRITTEN = [
    ("trace(A @ B)", {"A": "n m", "B": "m n"}, "np.sum(A * B.T)"),
    ("diag(d) @ X", {"d": "n", "X": "n m"}, "d[:, None] * X"),
    ("X @ diag(d)", {"d": "m", "X": "n m"}, "X * d"),
    ("inv(A) @ b", A, "np.linalg.solve(A, b)"),
    ("inv(A).T @ b", A, "np.linalg.solve(A.T, b)"),
    ("inv(A) @ B @ b", A, "np.linalg.solve(A, B @ b)"),
    ("A @ B @ x", A, "A @ (B @ x)"),
    ("x @ A @ B", A, "x @ A @ B"),
    ("x.T @ A @ x", A, "x @ A @ x"),
    ("sum(outer(x, b))", A, "np.sum(x) * np.sum(b)"),
    ("sum(outer(x, b) * A)", A, "x @ A @ b"),
    ("sum(x[:, None] * b, axis=1)", A, "x * np.sum(b)"),
    ("einsum('ij,jk,k->i', A, B, x)", A, "A @ (B @ x)"),
    ("einsum('ij,ij->', A, B)", A, "np.vdot(A, B)"),
    ("einsum('ii->', A)", A, "np.trace(A)"),
    ("A @ eye(3) @ B", {"A": (3, 3), "B": (3, 3)}, "A @ B"),
    ("trace(A.T @ A)", A, "np.vdot(A, A)"),
    ("diag(x) @ diag(b)", A, "np.diag(x * b)"),
    ("sum(diag(x) @ A)", A, "x @ np.sum(A, axis=1)"),
    ("A.T.T @ x", A, "A @ x"),
]


def returned(f):
    """What the last line of the source returns."""
    return f.source.strip().splitlines()[-1].split("  #")[0].strip().removeprefix("return ")


@pytest.mark.parametrize(("text", "shapes", "line"), WRITTEN, ids=[text for text, _, _ in WRITTEN])
def test_a_product_is_written_as_by_hand(text, shapes, line):
    used = {name: spec for name, spec in shapes.items() if re.search(rf"\b{name}\b", text)}
    assert returned(sd.function(text, **used)) == line


COSTS = [
    ("hessian", "x @ A @ x", "x", {"x": "n", "A": "n n"}, "n*n"),
    ("hessian", "sum((X @ w - y)**2) / 2", "w", {"X": "n d", "w": "d", "y": "n"}, "2*n*d*d"),
    ("hessian", "sum((T - U @ V.T)**2)", "U", {"T": "n m", "U": "n k", "V": "m k"}, "2*m*k*k + 2*k*k"),
    ("hessian", "sum(x**4)", "x", {"x": "n"}, "2*n"),
    ("jacobian", "sin(x)", "x", {"x": "n"}, "n"),
    ("jacobian", "A @ x", "x", {"x": "n", "A": "m n"}, "0"),
    ("jacobian", "x[1:] - x[:-1]", "x", {"x": "n"}, "0"),
]


@pytest.mark.parametrize(("kind", "text", "wrt", "shapes", "most"), COSTS, ids=[text for _, text, *_ in COSTS])
def test_no_operation_is_spent_on_zeros(kind, text, wrt, shapes, most):
    """But for placing elements on a diagonal, one each; a sign that becomes ``-=`` counts as one, too."""
    sizes = {"n": 50, "m": 40, "d": 30, "k": 20}
    placed = {"sum((T - U @ V.T)**2)": "n*k*k", "x[1:] - x[:-1]": "2*n*n"}.get(text, "0")
    cost = getattr(sd, kind)(text, wrt, **shapes).cost()
    used = cost.at(**{name: sizes[name] for name in {letter for s in shapes.values() for letter in s.split()}}).flops
    limit = sum(int(eval(part.replace("*", " * "), {}, sizes)) for part in (most, placed))
    assert parse_dim(most) is not None and used <= limit


def test_zeros_off_the_diagonal_are_zeros_though_the_derivative_is_infinite():
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(sd.jacobian("sqrt(x)", x="n")([0.0, 4.0]), [[np.inf, 0], [0, 0.25]])
        np.testing.assert_array_equal(
            sd.jacobian("log(x) * y", "x", x="n", y="n")([0.0, 1.0], [1.0, 2.0]), [[np.inf, 0], [0, 2]]
        )


def test_results_are_in_c_order():
    for f in (sd.hessian("slogdet(A)[1]", A="n n"), sd.jacobian("A @ X @ B", "X", A="m n", X="n k", B="k l")):
        space = {}
        exec(f.source, space)
        arrays = [np.eye(3) + k for k in range(len(f.inputs))]
        assert space[f.__name__](*arrays).flags.c_contiguous


CHAINS = [
    {"x": 50, "A": (4, 50), "B": (60, 4), "C": (5, 60), "D": (70, 5)},
    {"x": 5, "A": (100, 5), "B": (100, 100), "C": (100, 100), "D": (200, 100)},
    {"x": 500, "A": (100, 500), "B": (100, 100), "C": (100, 100), "D": (2, 100)},
]


@pytest.mark.parametrize("shapes", CHAINS, ids=["mixed", "forward", "reverse"])
def test_jacobians_of_compositions_are_multiplied_in_the_cheapest_order(shapes):
    """Forward, reverse, or from the narrowest layer outwards: the matrices of the layers are one product."""
    f = sd.jacobian("D @ tanh(C @ tanh(B @ tanh(A @ x)))", "x", **shapes)
    matrices = [shapes[name] for name in "DCBA"]
    elements = sum(p * q for p, q in matrices)
    values_and_scalings = 6 * elements  # A @ x and the like, and each matrix times its diagonal
    assert f.cost().flops <= matrix_chain(matrices) + values_and_scalings


def matrix_chain(shapes):
    """Cormen, Leiserson, Rivest and Stein, section 14.2: the fewest operations for a product of matrices."""
    sizes = [shapes[0][0], *[q for _, q in shapes]]
    best = {(i, i): 0 for i in range(len(shapes))}
    for width in range(1, len(shapes)):
        for i in range(len(shapes) - width):
            j = i + width
            costs = [best[i, k] + best[k + 1, j] + 2 * sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            best[i, j] = min(costs)
    return best[0, len(shapes) - 1]


# --------------------------------------------------------------------------------------------------- the order of pairs


class Nothing:
    """A memory of no products."""

    def known(self, some):
        return False

    def twins(self, some, others):
        return False


def cheapest(operands, out, sizes):
    """The lowest cost over all orders, by trying them all."""
    if len(operands) == 1:
        return 0
    best = None
    for i, j in combinations(range(len(operands)), 2):
        rest = [x for k, x in enumerate(operands) if k not in (i, j)]
        kept = frozenset(out).union(*rest)
        a, b = operands[i], operands[j]
        cost = pair_cost(a, b, kept, sizes) + cheapest([(a | b) & kept, *rest], out, sizes)
        best = cost if best is None else min(best, cost)
    return best


networks = st.lists(st.frozensets(st.integers(0, 4), min_size=1, max_size=3), min_size=3, max_size=5)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(networks, st.frozensets(st.integers(0, 4)), st.lists(st.integers(2, 9), min_size=5, max_size=5))
def test_the_order_is_the_cheapest(operands, out, lengths):
    sizes = dict(enumerate(lengths))
    out = sorted(out & frozenset().union(*operands))
    operands = [
        x & frozenset(out).union(*[y for j, y in enumerate(operands) if j != k]) for k, x in enumerate(operands)
    ]  # labels that one operand has alone are summed beforehand
    current, total = list(operands), 0
    for i, j in cheapest_order(operands, out, sizes, Nothing()):
        rest = [x for k, x in enumerate(current) if k not in (i, j)]
        kept = frozenset(out).union(*rest)
        total += pair_cost(current[i], current[j], kept, sizes)
        current[i] = (current[i] | current[j]) & kept
        del current[j]
    assert total == cheapest(operands, out, sizes)
    assert cheapest_order(operands, out, sizes, Nothing()) == cheapest_order(operands, out, sizes, Nothing())


def test_an_order_depends_on_the_lengths():
    wide, narrow = (
        {"A": (10, 1000), "B": (1000, 10), "C": (10, 1000)},
        {"A": (1000, 10), "B": (10, 1000), "C": (1000, 10)},
    )
    assert returned(sd.function("A @ B @ C", **wide)) == "A @ B @ C"
    assert returned(sd.function("A @ B @ C", **narrow)) == "A @ (B @ C)"


def test_a_number_inside_a_shared_product_counts_once():
    f = lambda B, x, s: np.sum((x[:, None, None] * s * B * B * s * B) ** 2)  # noqa: E731
    found = sd.hessian(f)(np.ones((2, 3)), np.arange(1.0, 5.0), 3.0).reshape(6, 6)
    np.testing.assert_allclose(found, 30 * 30 * 81 * np.eye(6), rtol=1e-12)


def test_what_is_large_and_needed_for_a_moment_is_made_first():
    """Before an array of the same size gets a name, which lives until the function returns."""
    source = sd.hessian("sum((tanh(X @ W) @ v - y)**2)", ("W", "v"), X="n d", W="d h", v="h", y="n").source
    lines = [line.split("  #")[0].strip() for line in source.splitlines()]
    inside = next(k for k, line in enumerate(lines) if "np.tensordot(X, p[:, None, :] * X[:, :, None]" in line)
    named = next(k for k, line in enumerate(lines) if line.endswith(" = (v * r)[:, None, :] * X[:, :, None]"))
    assert inside < named
