"""Sparse matrices of SciPy's in traced functions: products with symbolic arrays are those of SciPy."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

import symdiff as sd
from symdiff.errors import SymdiffError, UnsupportedError
from symdiff.graph.walk import toposort

RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((3, 3)) < 0.6, RNG.normal(size=(3, 3)), 0.0)
X = np.array([0.5, -1.2, 2.0])
FORMATS = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
KINDS = [f"{name}_{kind}" for name in FORMATS for kind in ("matrix", "array")]
SMALL = sp.csr_matrix(DENSE)
LARGE = sp.random(20000, 3, density=0.01, random_state=0, format="csr")  # no array is made of it

PRODUCTS = {
    "vector": lambda S, x: np.sum((S @ x) ** 2),
    "dot": lambda S, x: np.sum(S.dot(x) ** 2),
    "in front": lambda S, x: np.sum((x @ S) ** 2),
    "transposed": lambda S, x: np.sum((S.T @ x) ** 2) + x @ S.transpose() @ x,
    "of several": lambda S, x: np.sum((S @ np.outer(x, x)) ** 2) + np.sum((np.outer(x, x)[:2] @ S) ** 2),
    "between": lambda S, x: x @ (S.T @ (S @ x)) + x @ ((S.T @ S) @ x),
    "element by element": lambda S, x: S.multiply(x).sum() ** 2 + np.sum(S.multiply(x[:, None]).toarray() ** 2),
    "element by element, then a product": lambda S, x: np.sum((S.multiply(np.outer(x, x)) @ x) ** 2),
    "star": lambda S, x: np.sum(np.asarray((S * x).sum()) ** 2) + np.sum((x[0] * S * x[1]).toarray() ** 2),
    "divided": lambda S, x: np.sum(((-S / x[0]).T @ x) ** 2),
    "facts": lambda S, x: S.sum() * x[0] + S.shape[0] * x[1] + sparse.issparse(S) * x[2] + np.sum(S.toarray() @ x),
    "made of it": lambda S, x: np.sum(sparse.vstack([S, S * 2]) @ x) + np.sum((S @ S + sp.eye(3)) @ x),
    "on numbers": lambda S, x: np.sum((S @ np.ones(3)) * x) + np.sum(np.ones(3) @ S @ x),
}


def numerical(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def check(f):
    value, slope = sd.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(slope, numerical(f, X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_those_of_scipy(kind, name):
    S = getattr(sp, kind)(DENSE)
    check(lambda x: PRODUCTS[name](S, x))
    assert type(S) is getattr(sp, kind)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum((LARGE @ x) ** 2) + np.sum((LARGE.T @ (LARGE @ x)) ** 2),
        lambda x: np.sum((LARGE @ np.outer(x, x)) ** 2),
        lambda x: np.sum((x @ LARGE.T) ** 2),
        lambda x: np.sum((LARGE.multiply(x) @ x) ** 2),
    ],
)
def test_of_a_large_matrix_only_the_entries_are_kept(f):
    check(f)
    for node in toposort(sd.grad(f).at(x="3").graph.outputs):
        assert node.literal is None or node.literal.value.size <= 2 * LARGE.nnz


def test_sums_along_an_axis():
    A = sp.csr_array(DENSE)
    check(lambda x: np.sum(A.multiply(np.outer(x, x)).sum(axis=0) ** 2) + np.sum(A.multiply(x).sum(axis=1) ** 3))
    check(lambda x: np.sum((A + np.outer(x, x)) ** 2) + np.sum((np.outer(x, x) - A) ** 2))


class Model:
    def __init__(self):
        self.S, self.several, self.by_name = SMALL, [SMALL.T], {"S": (SMALL,)}

    def total(self, x):
        return np.sum((self.S @ x) ** 2) + np.sum(self.several[0] @ x) + x @ self.by_name["S"][0] @ x


def default(x, S=SMALL):
    return np.sum((S @ x) ** 2)


def made_inside(x):
    from scipy import sparse
    from scipy.sparse import csr_matrix

    return np.sum((csr_matrix(DENSE) @ x) ** 2) + np.sum(sparse.diags([1.0, 2.0, 3.0]) @ x)


def argument(x):
    def inner(S, y):
        return S @ y

    return np.sum(inner(SMALL, x) ** 2)


@pytest.mark.parametrize("f", [Model().total, default, made_inside, argument], ids=lambda f: f.__name__)
def test_wherever_it_is_found(f):
    check(f)
    assert type(SMALL) is sp.csr_matrix


def test_a_saved_file_needs_no_scipy(tmp_path):
    path = tmp_path / "product.py"
    sd.grad(lambda x: np.sum((SMALL @ x) ** 2) + np.sum((LARGE @ x) ** 2)).at(x="3").save(path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import product, numpy as np; print('scipy' in sys.modules)\n"
        f"print(*product.grad(np.array({X.tolist()})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert done[0] == "False"
    D = SMALL.toarray().T @ SMALL.toarray() + LARGE.toarray().T @ LARGE.toarray()
    np.testing.assert_allclose(np.array(done[1:], float), 2 * D @ X, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.sum((SMALL.multiply(x) @ SMALL).toarray()), "two sparse matrices"),
        (lambda x: np.sum((SMALL + np.outer(x, x)) @ x), "a sum with a sparse matrix"),
        (lambda x: np.sum(SMALL.multiply(x).nonzero()), "nonzero"),
        (lambda x: np.sum(expm_multiply(sp.csr_matrix(np.outer(x, x)), x)), "expm_multiply"),
        (lambda x: np.sum(SMALL @ np.concatenate([x, x])), "lengths|mismatch"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises((SymdiffError, ValueError), match=message):
        sd.grad(call)(X)


def test_refusals_say_what_to_write():
    with pytest.raises(UnsupportedError, match="toarray"):
        sd.grad(lambda x: np.sum(SMALL.multiply(x).power(2)))(X)
