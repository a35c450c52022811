"""Rotations of SciPy's in functions that are traced: values are SciPy's, slopes those of differences."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import symdiff as sd
from symdiff.errors import ArgumentError, UnsupportedError

R = np.random.default_rng(3)
V, MANY, W = R.normal(size=3), R.normal(size=(4, 3)), np.arange(9.0).reshape(3, 3)
KNOWN, SEVERAL = Rotation.from_rotvec([0.3, -0.2, 0.9]), Rotation.from_rotvec(MANY)

PROGRAMS = {
    "matrix of a vector": (lambda r: Rotation.from_rotvec(r).as_matrix(), V),
    "matrices of vectors": (lambda r: Rotation.from_rotvec(r).as_matrix(), MANY),
    "degrees": (lambda r: Rotation.from_rotvec(r, degrees=True).as_rotvec(degrees=True), 20 * V),
    "a small one": (lambda r: Rotation.from_rotvec(r).as_matrix(), 1e-3 * V),
    "none": (lambda r: Rotation.from_rotvec(r).as_matrix(), np.zeros(3)),
    "back to vectors": (lambda r: Rotation.from_rotvec(r).as_rotvec(), MANY),
    "a large one": (lambda r: Rotation.from_rotvec(r).as_rotvec(), 4.0 * V / np.linalg.norm(V)),
    "quaternion": (lambda q: Rotation.from_quat(q).as_matrix(), R.normal(size=4)),
    "scalar first": (lambda q: Rotation.from_quat(q, scalar_first=True).as_quat(canonical=True, scalar_first=True), R.normal(size=(2, 4))),
    **{f"angles {seq}": (lambda a, seq=seq: Rotation.from_euler(seq, a).apply(V), R.normal(size=len(seq)))
       for seq in ("xyz", "ZYX", "zxz", "XY", "yx", "z")},
    "angles of several": (lambda a: Rotation.from_euler("ZYX", a, degrees=True).as_quat(), 40 * MANY),
    "one axis": (lambda a: Rotation.from_euler("z", a).as_matrix(), np.array(0.4)),
    **{f"to angles {seq}": (lambda r, seq=seq: Rotation.from_rotvec(r).as_euler(seq), 0.5 * MANY)
       for seq in ("xyz", "ZYX", "zxz", "XYX", "yxz", "ZXY")},
    "a known one, applied": (lambda v: KNOWN.apply(v) + KNOWN.apply(v, inverse=True), MANY),
    "several known ones": (lambda v: SEVERAL.apply(v), V),
    "one by one": (lambda v: SEVERAL.apply(v), MANY),
    "applied to what is known": (lambda r: Rotation.from_rotvec(r).apply(MANY), V),
    "products": (lambda r: (KNOWN * Rotation.from_rotvec(r) * KNOWN.inv() * Rotation.from_rotvec(r)).as_matrix(), V),
    "from the left": (lambda r: (Rotation.from_rotvec(r) * SEVERAL).as_rotvec(), 0.3 * V),
    "back": (lambda r: Rotation.from_rotvec(r).inv().apply(V), MANY),
    "angle": (lambda r: Rotation.from_rotvec(r).magnitude(), MANY),
    "one of several": (lambda r: Rotation.from_rotvec(r)[1].as_matrix(), MANY),
    "a part of it": (lambda r: (Rotation.from_rotvec(r) ** 0.5).as_matrix(), V),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_slopes(name):
    f, at = PROGRAMS[name]
    weights = R.normal(size=np.shape(f(at)))
    np.testing.assert_allclose(sd.function(f)(at), f(at), rtol=1e-12, atol=1e-14)
    slope = sd.grad(lambda x: np.sum(weights * f(x)))(at)
    known, h = np.zeros(np.shape(at)), 1e-6
    for k in np.ndindex(*np.shape(at)):
        step = np.zeros(np.shape(at))
        step[k] = h
        known[k] = np.sum(weights * (f(at + step) - f(at - step))) / (2 * h)
    np.testing.assert_allclose(slope, known, rtol=1e-6, atol=1e-7)


def test_the_second_derivative_without_a_rotation():
    """That of w . exp(r) is the symmetric part of products of generators."""
    second = sd.hessian(lambda r: np.sum(W * Rotation.from_rotvec(r).as_matrix()))(np.zeros(3))
    cross = [np.cross(np.eye(3), -np.eye(3)[k]) for k in range(3)]
    known = [[np.sum(W * (a @ b + b @ a)) / 2 for b in cross] for a in cross]
    np.testing.assert_allclose(second, known, atol=1e-12)


def test_what_is_not_followed_says_so():
    with pytest.raises(UnsupportedError, match=r"Rotation\.from_matrix of symbolic values is not supported"):
        sd.grad(lambda m: np.sum(Rotation.from_matrix(m).as_quat()))(np.eye(3))
    with pytest.raises(UnsupportedError, match=r"Rotation\.as_mrp of symbolic values"):
        sd.grad(lambda r: np.sum(Rotation.from_rotvec(r).as_mrp()))(V)
    with pytest.raises(ArgumentError, match="up to three of 'xyz'"):
        sd.grad(lambda a: np.sum(Rotation.from_euler("xyw", a).as_quat()))(V)
    with pytest.raises(ArgumentError, match="takes 3 angles"):
        sd.grad(lambda a: np.sum(Rotation.from_euler("xyz", a).as_quat()))(np.ones(2))


def test_a_vector_turned_is_rodrigues_formula_with_one_guard():
    def turned(w, v):
        return np.sum(np.array([1.0, 2.0, 3.0]) * Rotation.from_rotvec(w).apply(v))

    w, v = np.array([0.1, 0.2, 0.3]), np.array([1.0, -2.0, 0.5])
    slope = sd.grad(turned)
    slope(w, v)
    assert slope.source.count("if ") == 1
    assert slope.source.count("np.linalg.norm(w)") == 1
    for size in (0.0, 1e-7, 0.09999, 0.10001, 1.0):  # on both sides of where the series end
        at = size * w / np.linalg.norm(w)
        sd.check_grads(turned, (at, v), order=2)
