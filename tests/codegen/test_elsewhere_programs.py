"""Programs on arrays of Dask's and of the standard: right, or refused by name; nothing else is told to the user."""

import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import UnsupportedError

x = np.linspace(0.5, 1.5, 6)
A = np.arange(9.0).reshape(3, 3) + 4 * np.eye(3)

PROGRAMS = {
    "where_of_numbers": (lambda x: np.sum(np.where(x > 1, 2.0, 3.0) * x), x),
    "where_of_integers": (lambda x: np.sum(np.where(x > 1, 1, 0) * x), x),
    "narrow": (lambda x: np.sum(x.astype(np.float32)), x),
    "typed": (lambda x: np.sum(np.float64(2.0) * x), x),
    "fft": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), x),
    "rfft": (lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 2), x),
    "svd": (lambda A: np.sum(np.linalg.svd(A, compute_uv=False)), A),
    "vectors": (lambda A: np.sum(np.linalg.svd(A)[0] ** 2 * np.arange(3.0)), A),
    "qr": (lambda A: np.sum(np.abs(np.linalg.qr(A)[1])), A),
    "own_values": (lambda A: np.sum(np.linalg.eigvalsh(A + A.T) ** 2), A),
    "solve": (lambda A: np.sum(np.linalg.solve(A, np.ones(3))), A),
    "sort": (lambda x: np.sum(np.sort(x) * np.arange(6.0)), x),
    "clip": (lambda x: np.sum(np.clip(x, 0.6, 1.2) ** 2), x),
    "maximum": (lambda x: np.sum(np.maximum(x, 1.0) ** 2), x),
    "median": (lambda x: np.median(x), x),
    "diag": (lambda x: np.sum(np.diag(x) @ np.ones((6, 2))), x),
    "complex": (lambda x: np.sum(np.abs(x + 1j * x**2)), x),
    "conjugate": (lambda x: np.sum((np.conjugate(x + 2j) * x).real), x),
    "positions": (lambda x: np.sum(x[np.array([0, 2, 2])] ** 2), x),
    "pairs": (lambda A: np.sum(A[[0, 1], [1, 2]] ** 2), A),
    "largest": (lambda x: x[np.argmax(x)] ** 2, x),
    "tile": (lambda x: np.sum(np.tile(x, 2) ** 2), x),
    "cumsum": (lambda x: np.sum(np.cumsum(x) ** 2), x),
    "pad": (lambda x: np.sum(np.pad(x, 1) ** 2), x),
    "remainder": (lambda x: np.sum((x % 0.7) ** 2), x),
}
REFUSED = {
    "dask": {"svd", "vectors", "qr", "sort", "median", "positions", "pairs", "largest"},
    "array_api": {"vectors", "median", "positions", "pairs", "largest", "pad"},
}


def wrapped(library, a):
    if library == "dask":
        return pytest.importorskip("dask.array").from_array(a)
    return pytest.importorskip("array_api_strict").asarray(a)


@pytest.mark.parametrize("library", ["dask", "array_api"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_are_right_or_refused_by_name(name, library):
    program, point = PROGRAMS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = wrapped(library, point)
        f = sd.value_and_grad(program)
        expected = f(point)
        if name in REFUSED[library]:
            with pytest.raises(UnsupportedError):
                f(given)
            return
        found = f(given)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-9)
