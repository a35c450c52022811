"""Random programs of arrays: derivatives of every shape are those that simpler ones make up.

``pytest tests/fuzz/test_array_derivatives.py --programs 4000 --seed 3`` takes its time.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from array_programs import Program

import symdiff as sd

pytestmark = pytest.mark.filterwarnings("ignore")  # some of the programs overflow
SHARES = {"sparse": 20, "vmap": 10, "taylor": 20}  # of the programs, as long as they take
NAMES = ("x", "Y", "s")


def programs(budget, what):
    """Programs, points where they are smooth, and one with ties and zeros."""
    seed, count = budget
    for k in range(count // SHARES[what]):
        rng = np.random.default_rng([seed, k])
        program = Program(rng)
        points = [program.arguments(rng) for _ in range(3)]
        points[2] = [np.round(2 * value) / 2 for value in points[2]]
        wrt = tuple(name for name in NAMES if rng.random() < 0.6) or ("x",)
        yield (lambda x, Y, s, p=program: p(x, Y, s)), points, wrt, rng


def assert_close(found, expected, tolerance=1e-9):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    large = np.abs(expected[np.isfinite(expected)]).max(initial=0)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * (1 + large))


def assert_same_blocks(sparse, dense, rows, columns, tolerance):
    """A row of blocks, dense ones as they come, sparse ones in any format."""
    for ours, theirs, n in zip(sparse, dense, columns, strict=True):
        if isinstance(ours, tuple):  # rows, columns and values, or values, columns and beginnings
            made = sp.csr_array if len(ours[2]) == rows + 1 and ours[0].dtype.kind == "f" else sp.coo_array
            ours = made(ours if made is sp.csr_array else (ours[2], ours[:2]), shape=(rows, n))
        assert ours.dtype == np.asarray(theirs).dtype
        assert_close(ours.toarray(), np.reshape(theirs, (rows, n)), tolerance)


def test_sparse_derivatives_are_the_dense_ones(budget):
    for f, points, wrt, rng in programs(budget, "sparse"):
        weights = rng.normal(size=np.shape(f(*points[0])))

        def scalar(x, Y, s, f=f, weights=weights):
            return np.sum(weights * f(x, Y, s))

        form = rng.choice(["csr", "coo", "csr_parts"])
        jacobians = sd.jacobian(f, wrt), sd.jacobian(f, wrt, sparse=True, format=form)
        hessians = sd.hessian(scalar, wrt), sd.hessian(scalar, wrt, sparse=True)
        for point in points:
            narrow = rng.random() < 0.15
            args = [np.asarray(value, "float32" if narrow else "float64")[()] for value in point]
            tolerance, y = 2e-4 if narrow else 1e-9, f(*args)
            if not np.isfinite(y).all():
                continue
            sizes = [np.size(args[NAMES.index(name)]) for name in wrt]
            dense, sparse = (jacobian(*args) for jacobian in jacobians)
            assert_same_blocks(sparse, dense, np.size(y), sizes, tolerance)
            for ours, theirs, n in zip(*(hessian(*args) for hessian in hessians[::-1]), sizes, strict=True):
                assert_same_blocks(ours, theirs, n, sizes, tolerance)


def test_stacks_are_loops_over_items(budget):
    for f, points, wrt, rng in programs(budget, "vmap"):
        axes = [None if rng.random() < 0.3 else int(rng.integers(-v.ndim - 1, v.ndim + 1)) for v in points[0]]
        axes = axes if any(axis is not None for axis in axes) else [0, None, None]
        columns = list(zip(*points, strict=True))
        pairs = list(zip(columns, axes, strict=True))
        stacks = [values[0] if axis is None else np.stack(values, axis=axis) for values, axis in pairs]
        items = [[values[0] if axis is None else values[k] for values, axis in pairs] for k in range(3)]
        value = np.asarray(f(*points[0]))
        weights, out = rng.normal(size=value.shape), int(rng.integers(-value.ndim - 1, value.ndim + 1))

        def scalar(x, Y, s, f=f, weights=weights):
            return np.sum(weights * f(x, Y, s))

        stacked = sd.vmap(f, in_axes=tuple(axes), out_axes=out)(*stacks)
        assert_close(stacked, np.stack([f(*item) for item in items], axis=out))
        derivative = sd.grad(scalar, wrt) if rng.random() < 0.5 else sd.jacobian(f, wrt)
        found = sd.vmap(derivative, in_axes=tuple(axes))(*stacks)
        for ours, theirs in zip(found, zip(*(derivative(*item) for item in items), strict=True), strict=True):
            assert_close(ours, np.stack(theirs))


def test_coefficients_are_derivatives_along_a_line(budget):
    for f, points, wrt, rng in programs(budget, "taylor"):
        point = dict(zip(NAMES, points[0], strict=True))
        directions = {name: rng.normal(size=np.shape(point[name]))[()] for name in wrt}
        found = sd.taylor(f, 3, wrt, loops="unroll")(**point, **{f"{name}_dot": v for name, v in directions.items()})

        def line(t, f=f, point=point, directions=directions):
            return f(*(v + t * directions[name] if name in directions else v for name, v in point.items()))

        expected = [line(0.0), sd.jacobian(line)(0.0), sd.partial(line, "t", "t")(0.0) / 2]
        assert_close(found[:3], np.stack([np.asarray(c) for c in expected]), 1e-8)
        assert_close(found[3], sd.partial(line, "t", "t", "t")(0.0) / 6, 1e-8)
