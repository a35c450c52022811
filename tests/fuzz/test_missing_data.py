"""Data with elements that are nan, of which a program leaves out what they were made into: they contribute nothing.

A random program makes residuals of data and parameters, moves, joins and changes their elements, and sums, averages or
compares those that are not nan. Where the nan are does not depend on the parameters, so that finite differences judge.

``pytest tests/fuzz/test_missing_data.py --programs 2000 --seed 3`` takes its time.
"""

import numpy as np
import pytest

import symdiff as sd

NOISE = 1e-10  # of differences over steps of 1e-4
TIMES = np.arange(1.0, 7.0)
RESIDUALS = {
    "line": lambda p, y: y - p[0] * TIMES - p[1],
    "scaled": lambda p, y: y * p[0] + p[1],
    "exponential": lambda p, y: y - np.exp(-p[0] * TIMES) * p[1],
    "ratio": lambda p, y: y / p[0] - p[1],
    "regressor": lambda p, y: np.stack([y, TIMES], axis=1) @ p,
    "design": lambda p, y: TIMES - np.column_stack([np.ones(6), y**2]) @ np.tanh(p),
    "columns": lambda p, y: p @ np.stack([y, TIMES]),
    "outer": lambda p, y: np.outer(y, p),
    "convolved": lambda p, y: np.convolve(y, p),
    "correlated": lambda p, y: np.correlate(p * p[::-1], y, "full") + p[0],
    "blocks": lambda p, y: np.kron(p, y[:3]),
    "layers": lambda p, y: np.tanh(np.outer(y, p)) @ np.array([0.4, -0.7]) * p[1],
}
CHANGES = {
    "square": lambda r: r**2,
    "exp": lambda r: np.exp(-0.1 * r),
    "wave": lambda r: np.sin(r) * r,
    "hypot": lambda r: np.hypot(r, 0.3),
    "logistic": lambda r: 1 / (1 + np.exp(r)),
    "bounded": lambda r: np.minimum(r, 2.5),
}
MOVES = {
    "rest": lambda r: r[1:],
    "backwards": lambda r: r[::-1],
    "folded": lambda r: r.reshape(-1, r.size // 2) if r.size % 2 == 0 else r,
    "rolled": lambda r: np.roll(r, 1),
    "picked": lambda r: r[..., np.array([0, -1, 0])],
    "joined": lambda r: np.concatenate([r, TIMES[: r.size]]) if r.ndim == 1 else r.T,
    "padded": lambda r: np.pad(r, 1),
    "tiled": lambda r: np.tile(r, 2),
    "stacked": lambda r: np.stack([r, 2 * r]),
}
ENDS = {
    "sum": np.nansum,
    "mean": np.nanmean,
    "largest": np.nanmax,
    "smallest": np.nanmin,
    "variance": np.nanvar,
    "deviation": np.nanstd,
    "product": lambda r: np.nanprod(0.3 * r),
    "rank": lambda r: np.nanquantile(r, 0.37),
    "where": lambda r: np.sum(np.where(np.isnan(r), 0.0, r)),
    "counted": lambda r: np.sum(r, where=~np.isnan(r)),
    "selected": lambda r: np.sum(r[~np.isnan(r)]),
    "replaced": lambda r: np.sum(np.nan_to_num(r)),
    "running": lambda r: np.sum(np.nancumsum(r)),
    "floor": lambda r: np.sum(np.fmax(r, 0.1)),
}


def random_program(rng):
    """Names of steps, and the function that makes them of parameters and data."""
    first, last = (str(rng.choice(sorted(group))) for group in (RESIDUALS, ENDS))
    between = [str(rng.choice(sorted({**CHANGES, **MOVES}))) for _ in range(rng.integers(1, 5))]

    def f(p, y):
        r = RESIDUALS[first](p, y)
        for name in between:
            r = {**CHANGES, **MOVES}[name](r)
        return ENDS[last](r)

    return [first, *between, last], f


def differences(f, x):
    steps = 1e-4 * np.eye(len(x))
    return np.array([(8 * (f(x + h / 2) - f(x - h / 2)) - (f(x + h) - f(x - h))) / 6e-4 for h in steps])


def check(f, p, y, message, *, is_argument):
    given, rest = (f, (y,)) if is_argument else (lambda p: f(p, y), ())
    gradient = sd.grad(given)
    numbers = gradient(p, *rest), sd.hessian(given)(p, *rest)
    wanted = differences(lambda p: f(p, y), p), differences(lambda p: gradient(p, *rest), p)
    for found, expected, rtol in zip(numbers, wanted, (1e-5, 1e-4), strict=True):
        atol = rtol * np.abs(expected).max() + NOISE * max(1.0, np.abs(numbers[0]).max())
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=message)
    if is_argument:
        assert np.all(sd.grad(f, wrt=1)(p, y)[np.isnan(y)] == 0), message


def is_smooth(f, p, y):
    """Whether the differences of two steps agree: no kink lies near."""
    far, near = (np.array([f(p + h, y) - f(p - h, y) for h in step * np.eye(2)]) / step for step in (1e-3, 1e-4))
    return np.allclose(far, near, rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("is_argument", [True, False], ids=["argument", "captured"])
def test_missing_data(budget, is_argument):
    seed, programs = budget
    for k in range(programs):
        rng = np.random.default_rng([seed, k])
        names, f = random_program(rng)
        p, y = rng.uniform(0.4, 1.5, 2), rng.uniform(-2, 3, 6)
        y[rng.permutation(6)[: rng.integers(1, 4)]] = np.nan
        if np.isfinite(f(p, y)) and is_smooth(f, p, y):
            check(f, p, y, f"{k}: {names} at {p}, {y}", is_argument=is_argument)
