"""Logistic regression on data that no worker can hold: a Dask cluster of two processes with a bound on their memory.

The gradient is compiled once, for any number of rows, and goes to the workers as it is. Each applies it to the blocks
that it makes (or reads), and sends back a value and d numbers; the sum is handed to SciPy. No worker holds more than a
few blocks at a time. ``python examples/cluster.py ROWS`` takes as many rows as are wished: 8000000 are 1.2 GiB.

It needs dask, distributed and scipy.
"""

import sys

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from scipy.optimize import minimize

import symdiff as sd

COLUMNS = 19
PENALTY = 1e-6


def data(rows, block):
    """Rows of standard normal numbers, and labels -1 and 1; nothing is computed before it is asked for."""
    rng = da.random.default_rng(0)
    X = rng.standard_normal((rows, COLUMNS), chunks=(block, COLUMNS))
    noise = rng.logistic(size=rows, chunks=block)
    y = da.where(X @ weights() + noise > 0, 1.0, -1.0)
    return X, y


def weights():
    """What the labels are made by."""
    return np.linspace(-1.0, 1.0, COLUMNS)


def objective(w, part, blocks, rows):
    """The mean loss with a penalty, and its gradient: the blocks' sums, added up here."""
    found = dask.compute(*(dask.delayed(part)(w, X, y) for X, y in blocks))
    value = sum(v for v, _ in found) / rows + PENALTY * (w @ w)
    return value, sum(d for _, d in found) / rows + 2 * PENALTY * w


def main(rows=100_000, block=20_000, memory="512MiB"):
    part = sd.value_and_grad("sum(logaddexp(0, -y * (X @ w)))", "w", inputs=("w", "X", "y"), w="d", X="n d", y="n")
    print(part.source)
    X, y = data(rows, block)
    blocks = list(zip(X.to_delayed()[:, 0], y.to_delayed(), strict=True))
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=memory, dashboard_address="127.0.0.1:0")
    with cluster, Client(cluster):
        found = minimize(objective, np.zeros(COLUMNS), args=(part, blocks, rows), jac=True, method="L-BFGS-B")
        small = dask.compute(X[:block], y[:block])
    apart = np.max(np.abs(found.x - weights()))
    size = rows * (COLUMNS + 1) * 8 / 2**30
    print(f"{found.nfev} times through {size:.2f} GiB, in blocks of {block} rows: at most {apart:.3f} from the truth")
    assert found.success
    assert np.max(np.abs(found.jac)) < 1e-4
    assert apart < 12 / np.sqrt(rows)
    here = part(found.x, *small)[1]  # the same function, in this process
    by_hand = small[0].T @ (-small[1] / (1 + np.exp(small[1] * (small[0] @ found.x))))
    np.testing.assert_allclose(here, by_hand, rtol=1e-10, atol=1e-8)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
