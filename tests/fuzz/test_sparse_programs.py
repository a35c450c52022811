"""Random programs that pick, compute and put together: sparse derivatives are the dense ones.

``pytest tests/fuzz/test_sparse_programs.py --programs 10000 --seed 3`` takes its time.
"""

import numpy as np

import symdiff as sd

SHARE = 4  # each takes as long as so many of others: four programs are made of it

PICKS = (
    lambda x, k: x[k % 3 :][: max(len(x) - 3, 1)],
    lambda x, k: x[::-1],
    lambda x, k: np.roll(x, k),
    lambda x, k: x[:: 1 + k % 3],
    lambda x, k: x[(np.arange(5) * (k + 1)) % len(x)],
    lambda x, k: np.concatenate([x[k % len(x) :], x[: 1 + k % 2]]),
    lambda x, k: np.repeat(x, 2)[k % 2 :],
    lambda x, k: np.broadcast_to(x[k % len(x)], (4,)),
    lambda x, k: x.reshape(-1, 1)[:, 0],
    lambda x, k: np.pad(x, (k % 2, 1)),
)
UNARY = (
    np.sin,
    np.exp,
    np.square,
    lambda v: 3 * v,
    lambda v: -v,
    lambda v: v / (2 + v * v),
    lambda v: np.where(v > 0, v, 0.1 * v),
    lambda v: np.where(np.arange(len(v)) % 2 == 0, v, 2.0),
    np.cumsum,
    lambda v: v - np.mean(v),
    lambda v: v * np.arange(len(v)),
    lambda v: np.floor(v) + v,
    lambda v: v * np.max(v),
    np.abs,
)
BINARY = (
    np.add,
    np.subtract,
    np.multiply,
    lambda a, b: np.hypot(a, b + 2),
    lambda a, b: np.maximum(a, b),
    lambda a, b: np.stack([a, b]).ravel(),
    lambda a, b: np.stack([a, b], axis=1).ravel(),
    lambda a, b: np.concatenate([a, b]),
    lambda a, b: np.bincount(np.arange(len(a)) % 3, a * b, minlength=4),
    lambda a, b: np.outer(a[:2], b).ravel(),
    lambda a, b: np.append(a, a @ b),
)


LONGEST = 60


def cut(x, n):
    """The first `n` elements; all of them as they are."""
    return x if x.shape[0] <= n else x[:n]


def program(rng):
    """A function of a vector, made of the steps above."""
    steps = [
        (rng.integers(4), rng.integers(100), rng.integers(100), rng.integers(100)) for _ in range(rng.integers(2, 8))
    ]

    def f(x):
        values = [x]
        for kind, which, first, second in steps:
            a, b = values[first % len(values)], values[second % len(values)]
            n = min(a.shape[0], b.shape[0])
            a, b = cut(a, n if kind > 1 else LONGEST), cut(b, n)
            if kind == 0:
                new = PICKS[which % len(PICKS)](a, int(second))
            elif kind == 1:
                new = UNARY[which % len(UNARY)](a)
            else:
                new = BINARY[which % len(BINARY)](a, b)
            values.append(cut(new, LONGEST))
        return values[-1]

    return f


def assert_holds(sparse, dense, size):
    dense = np.reshape(dense, (-1, size))
    np.testing.assert_allclose(sparse.toarray(), dense, rtol=1e-9, atol=1e-9 * (1 + np.abs(dense).max(initial=0)))


def test_random_programs(budget):
    seed, programs = budget
    for k in range(programs // SHARE):
        rng = np.random.default_rng([seed, k])
        f, n = program(rng), int(rng.integers(4, 9))
        x = rng.uniform(-1.0, 1.0, n)
        if not np.isfinite(f(x)).all():
            continue
        assert_holds(sd.jacobian(f, sparse=True)(x), sd.jacobian(f)(x), n)
        weights = rng.normal(size=f(x).shape)

        def scalar(x, f=f, weights=weights):
            return np.sum(weights * f(x))

        assert_holds(sd.hessian(scalar, sparse=True)(x), sd.hessian(scalar)(x), n)
