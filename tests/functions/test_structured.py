"""Hessians by their parts are the dense ones, in everything that matrices are asked for."""

import sys

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.linalg import cg, eigsh

import symdiff as sd
from symdiff.autodiff.structures import Banded, Blocks, Diagonal, Kronecker, LowRank, Structured
from symdiff.errors import ArgumentError, DTypeError, ShapeError, UnsupportedError

RNG = np.random.default_rng(0)
FACTORS = {"T": (4, 3), "U": (4, 2), "V": (3, 2)}
CASES = {
    "factor": ("sum((T - U @ V.T)**2)", "U", FACTORS, Kronecker),
    "factors": ("sum((T - U @ V.T)**2)", ("U", "V"), FACTORS, Kronecker),
    "elementwise": ("sum(exp(x))", "x", {"x": (3, 4)}, Diagonal),
    "number on a diagonal": ("sum((x - y)**2) * a", ("x", "y", "a"), {"x": (4,), "y": (4,), "a": ()}, Diagonal),
    "two vectors": ("sum(exp(x) * y)", ("x", "y"), {"x": (4,), "y": (4,)}, Diagonal),
    "rank one": ("sum(exp(x))**2", "x", {"x": (4,)}, LowRank),
    "rank one of a matrix": ("sum(x**2)**2", "x", {"x": (4, 3)}, LowRank),
    "constant rank": ("sum(x**2) + sum(x)**2", "x", {"x": (4,)}, LowRank),
    "rank in columns": ("sum(x * c)**2 + sum(x**2)", "x", {"x": (1, 4), "c": (4,)}, LowRank),
    "two ranks": ("sum(x**4) + sum(x)**2 + sum(x * c)**3", "x", {"x": (9,), "c": (9,)}, LowRank),
    "cubes of products": ("sum((X @ W)**3)", "W", {"X": (4, 3), "W": (3, 2)}, Blocks),
    "logistic classes": ("sum(logsumexp(X @ W, axis=1))", "W", {"X": (9, 3), "W": (3, 2)}, Structured),
    "logistic": ("sum(log(1 + exp(X @ w)))", "w", {"X": (5, 3), "w": (3,)}, Structured),
    "quadratic form": ("x @ A @ x", "x", {"x": (4,), "A": (4, 4)}, Structured),
    "trace": ("trace(X @ X)", "X", {"X": (3, 3)}, Kronecker),
    "diagonal of a matrix": ("sum(diag(X)**2)", "X", {"X": (3, 3)}, Structured),
    "bands": ("sum((x[1:] - x[:-1]**2)**2)", "x", {"x": (6,)}, Banded),
    "five bands": ("sum(sin(x[2:]) * x[1:-1] * x[:-2])", "x", {"x": (7,)}, Banded),
    "apart": ("sum(x[3:]**2 * x[:-3])", "x", {"x": (8,)}, Banded),
    "part of a diagonal": ("sum(x[:, 1:]**3) + sum(x**2)", "x", {"x": (3, 4)}, Banded),
    "grid": ("sum(x**4) + sum(diff(x, axis=0)**4) + sum(diff(x, axis=1)**4)", "x", {"x": (5, 4)}, Banded),
    "bands of two vectors": ("sum(exp(x[1:]) * y) + sum(x**2)", ("x", "y"), {"x": (5,), "y": (4,)}, Diagonal),
    "bands of an element": ("sum(diff(x, axis=0)**2 * x[:-1])", "x", {"x": (5, 1)}, Structured),
    "rank on bands": ("sum(x**2) + sum(diff(x)**4) + sum(x)**2", "x", {"x": (8,)}, LowRank),
    "rank on bands that are singular": ("sum(diff(x)**4) + sum(x)**2", "x", {"x": (8,)}, LowRank),
    "arrow": ("sum(x**2) + x[0] * sum(x[1:]**2)", "x", {"x": (7,)}, LowRank),
    "ring": ("sum(x**2) + sum(x[1:] * x[:-1]) / 2 + x[0] * x[-1]**2 / 9", "x", {"x": (9,)}, LowRank),
    "corners": ("x[0] * x[-1]**2", "x", {"x": (5,)}, Structured),
    "blocks beside a diagonal": ("sum(sum(x[1:], axis=0)**3) + sum(x**2)", "x", {"x": (3, 4)}, Structured),
    "linear": ("sum(x) * 3", "x", {"x": (4,)}, Structured),
    "numbers": ("x**3 * y", ("x", "y"), {"x": (), "y": ()}, Structured),
    "quartic": ("sum(x**4)", "x", {"x": (4, 1)}, Blocks),
}


def blocks(name):
    """The blocks, with the same as matrices."""
    text, wrt, shapes, kind = CASES[name]
    specs = {key: tuple(shape) for key, shape in shapes.items()}
    found, dense = sd.hessian(text, wrt, form="structured", **specs), sd.hessian(text, wrt, **specs)
    args = {key: np.asarray(RNG.uniform(0.3, 1.2, shape))[()] for key, shape in shapes.items()}
    ours, theirs = found(**args), dense(**args)
    if isinstance(wrt, str):
        ours, theirs, wrt = ((ours,),), ((theirs,),), (wrt,)
    sizes = [np.size(args[target]) for target in wrt]
    pairs = [
        (block, np.reshape(other, (n, m)))
        for row, dense_row, n in zip(ours, theirs, sizes, strict=True)
        for block, other, m in zip(row, dense_row, sizes, strict=True)
    ]
    assert isinstance(pairs[0][0], kind)
    return pairs


@pytest.mark.parametrize("name", CASES)
def test_parts_make_up_the_dense_matrix(name):
    for block, dense in blocks(name):
        n, m = dense.shape
        np.testing.assert_allclose(block.toarray(), dense, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(block.T.toarray(), dense.T, rtol=1e-10, atol=1e-12)
        for x in (RNG.normal(size=m), RNG.normal(size=(m, 1)), RNG.normal(size=(m, 3)), np.zeros((m, 0))):
            np.testing.assert_allclose(block @ x, dense @ x, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(block.rmatvec(np.ones(n)), dense.T @ np.ones(n), rtol=1e-10, atol=1e-12)
        if n == m:
            np.testing.assert_allclose(block.diagonal(), np.diagonal(dense), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_solutions(name):
    for block, dense in blocks(name):
        if dense.shape[0] == dense.shape[1] and np.linalg.cond(dense) < 1e8:
            for right in (RNG.normal(size=len(dense)), RNG.normal(size=(len(dense), 2))):
                np.testing.assert_allclose(block.solve(right), np.linalg.solve(dense, right), rtol=1e-7, atol=1e-9)


def test_low_ranks_whose_diagonal_is_singular():
    """The matrix may be regular all the same."""
    f, x = sd.hessian("sum(x**4) + sum(x)**2", "x", form="structured", x="n"), np.zeros(40)
    x[1:] = np.linspace(1, 2, 39)
    H, right = f(x), np.ones(40)

    assert isinstance(H, LowRank)
    np.testing.assert_allclose(H.solve(right), np.linalg.solve(H.toarray(), right), rtol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        f(np.zeros(40)).solve(right)


def test_bands_are_whole_diagonals():
    f = sd.hessian("sum(x**2) + sum(x[2:]**2 * x[:-2])", "x", form="structured", x="n")
    for n in (3, 4, 9):
        H, x = f(np.linspace(1, 2, n)), np.linspace(1, 2, n)
        dense = sd.hessian("sum(x**2) + sum(x[2:]**2 * x[:-2])", "x", x="n")(x)

        assert isinstance(H, Banded)
        assert H.offsets == (-2, 0, 2)
        for k, band in H.bands.items():
            np.testing.assert_allclose(band, np.diagonal(dense, k), rtol=1e-12)
        again = scipy.sparse.diags_array(list(H.bands.values()), offsets=H.offsets, shape=H.shape)
        np.testing.assert_array_equal(again.toarray(), H.toarray())


def test_many_unknowns_take_no_matrix():
    x = np.linspace(1, 2, 10**6)
    for text, kind in (("sum(x**2) + sum(diff(x)**4)", Banded), ("sum(x**2) + sum(diff(x)**4) + sum(x)**2", LowRank)):
        H = sd.hessian(text, "x", form="structured", x="n")(x)

        assert isinstance(H, kind)
        assert len(H.diagonal()) == len(x)
        np.testing.assert_allclose(H @ H.solve(x), x, rtol=1e-6)


def test_bands_are_solved_without_scipy(monkeypatch):
    H = sd.hessian("sum(x**2) + sum(diff(x)**4)", "x", form="structured", x="n")(np.linspace(1, 2, 9) ** 2)
    expected = H.solve(np.ones(9))
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)

    np.testing.assert_allclose(H.solve(np.ones(9)), expected, rtol=1e-12)


def test_singular_bands_are_an_error():
    H = sd.hessian("sum(x[1:]**3) + sum(x[:-1] * x[1:])**1 * 0", "x", form="structured", x="n")(np.ones(4))

    with pytest.raises(np.linalg.LinAlgError):
        sd.hessian("sum(x[1:-1] * x[2:])", "x", form="structured", x="n")(np.ones(4)).solve(np.ones(4))
    assert np.isnan(H.solve(np.full(4, np.nan))).all()


def test_named_lengths_are_those_of_the_call():
    f = sd.hessian("sum((T - U @ V.T)**2)", "U", form="structured", T="n m", U="n k", V="m k")

    for n in (3, 5):
        found = f(np.ones((n, 2)), np.ones((n, 4)), np.ones((2, 4)))
        assert found.shape == (4 * n, 4 * n)
        assert found.nbytes == 4 * 4 * 8  # not n * 4 * n * 4


def test_functions_of_numpy_and_float32():
    def loss(U, V, T):
        return np.sum((T - U @ V.T) ** 2)

    U, V, T = (RNG.normal(size=shape).astype(np.float32) for shape in ((4, 2), (3, 2), (4, 3)))
    found = sd.hessian(loss, form="structured")(U, V, T)

    assert isinstance(found, Kronecker)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.toarray(), sd.hessian(loss)(U, V, T).reshape(8, 8), rtol=1e-5, atol=1e-5)


def test_containers_of_targets():
    found = sd.hessian(lambda p: np.sum(p["a"] ** 2 * p["b"]), form="structured")({"a": np.ones(3), "b": np.ones(3)})

    np.testing.assert_array_equal(found["a"]["b"].toarray(), 2 * np.eye(3))


def test_solvers_take_them():
    H = sd.hessian("sum(exp(x)) + sum(x)**2", "x", form="structured", x="n")(np.linspace(-1, 1, 40))
    right = np.ones(40)

    np.testing.assert_allclose(cg(H, right, rtol=1e-10)[0], H.solve(right), rtol=1e-6)
    np.testing.assert_allclose(eigsh(H, k=1)[0], np.linalg.eigvalsh(H.toarray())[-1:], rtol=1e-8)


def test_the_source_returns_the_parts(golden):
    golden(
        "structured/factor.txt",
        sd.hessian(CASES["factor"][0], "U", form="structured", T="n m", U="n k", V="m k").source,
    )
    golden("structured/bands.txt", sd.hessian(CASES["bands"][0], "x", form="structured", x="n").source)
    golden("structured/rank_one.txt", sd.hessian("sum(exp(x))**2", "x", form="structured", x="n").source)


SOLVED = (
    "sum(x**4)",
    "sum(x**2) + sum(diff(x)**4)",
    "sum(x**4) + sum(x)**2",
    "sum(x)**3",
    "sum((x[:, None] * C)**2 * D)",
)


@pytest.mark.parametrize("text", SOLVED)
def test_what_is_solved_for_must_fit(text):
    """It is not broadcast, which would give a number without a meaning."""
    more = {"C": np.ones((4, 2)), "D": np.ones(2)} if "C" in text else {}
    H = sd.hessian(text, "x", form="structured", x="4", **({"C": "4 2", "D": "2"} if more else {}))(np.ones(4), **more)
    for wrong in (np.ones(3), np.ones(1), 1.0, np.ones((1, 4)), np.ones((4, 2, 1))):
        with pytest.raises(ShapeError, match=r"of shape \(4, 4\) is solved for an array of shape"):
            H.solve(wrong)
    with pytest.raises(DTypeError, match="float16 has no solver"):
        H.solve(np.ones(4, np.float16))


def test_what_is_not_square_is_not_solved():
    H = sd.hessian("sum(x[1:] * y)", ("x", "y"), form="structured", x="5", y="4")(np.ones(5), np.ones(4))
    assert isinstance(H[0][1], Banded)
    with pytest.raises(ShapeError, match=r"shape \(5, 4\) is not square"):
        H[0][1].solve(np.ones(5))


@pytest.mark.parametrize(
    "use",
    [
        lambda S: sd.jacobian(S),
        lambda S: sd.jvp(S),
        lambda S: sd.vmap(S),
        lambda S: sd.taylor(S, 2),
        lambda S: sd.grad(lambda x: np.sum(S(x) @ x))(np.ones(3)),
        lambda S: sd.grad(lambda x: np.sum(S(x).solve(x)))(np.ones(3)),
        lambda S: sd.function(lambda x: S(x).toarray())(np.ones(3)),
    ],
)
@pytest.mark.parametrize("text", ["sum(exp(x))**2 + sum(x**2)", "sum(x**3)"])
def test_nothing_is_made_of_parts(use, text):
    """The derivative of a product of parts is not the product of their derivatives."""
    with pytest.raises(UnsupportedError, match="gives the parts of a matrix"):
        use(sd.hessian(text, form="structured", x="3"))
    H = sd.function(sd.hessian(text, form="structured", x="3"), name="curvature")
    np.testing.assert_allclose(H(np.ones(3)).toarray(), sd.hessian(text, x="3")(np.ones(3)))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("text", ["sum(x**3)", "sum(x**2) + sum(x[1:] * x[:-1])", "sum(x**3) + sum(x)**2", "sum(x)"])
def test_few_elements_or_none(text, n):
    x = np.linspace(1, 2, n)
    H, dense = sd.hessian(text, form="structured", x="n")(x), sd.hessian(text, x="n")(x)
    np.testing.assert_allclose(H.toarray(), dense)
    np.testing.assert_allclose(H @ x, dense @ x)
    np.testing.assert_allclose(H.diagonal(), np.diagonal(dense))
    if "**" in text:
        np.testing.assert_allclose(H.solve(x), np.linalg.solve(dense, x))


def test_errors():
    with pytest.raises(ArgumentError, match="did you mean 'structured'"):
        sd.hessian("sum(x**2)", "x", x="n", form="structure")
    with pytest.raises(ArgumentError, match="no option 'form', and no input of that name\nhelp: it is an option of"):
        sd.jacobian("x**2", "x", x="n", form="structured")
    with pytest.raises(ArgumentError, match="no input 'in_axis'; the inputs are x\nhelp: did you mean 'in_axes'"):
        sd.vmap("x**2", in_axis=0, x="n")
    with pytest.raises(ArgumentError, match="sparse= does nothing here\nhelp: it is an option of"):
        sd.grad("x**2", x="", sparse=True)
    with pytest.raises(ArgumentError, match="no option 'sprase'\nhelp: did you mean 'sparse'"):
        sd.hessian("x**2", x="", sprase=True)
    with pytest.raises(ArgumentError, match="sparse, or structured"):
        sd.hessian("sum(x**2)", "x", x="n", form="structured", sparse=True)
    with pytest.raises(ShapeError, match=r"shape \(3, 3\) times an array of shape \(2,\)"):
        sd.hessian("sum(x**2)", "x", x="n", form="structured")(np.ones(3)) @ np.ones(2)
