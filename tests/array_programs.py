"""Programs of arrays drawn at random, as functions of NumPy arrays: what each step does depends on the shapes it meets."""

import numpy as np

ELEMENTS = (
    np.sin,
    np.exp,
    np.tanh,
    np.square,
    np.abs,
    np.negative,
    lambda a: a**3,
    lambda a: 1 / (2 + a * a),
    lambda a: np.log(1.5 + a * a),
    lambda a: np.sqrt(1 + a * a),
    lambda a: np.where(a > 0.1, a * a, -a),
    lambda a: np.maximum(a, 0.0),
    lambda a: np.clip(a, -0.4, 0.5),
    lambda a: np.floor(3 * a) * a,
    lambda a: np.arctan2(a, 1.5),
    lambda a: 2.5 * a,
    lambda a: a - 0.3,
    lambda a: a * np.sign(a - 0.2),
    lambda a: np.where(np.isnan(a), 0.0, a),
    lambda a: np.nan_to_num(a),
)
REDUCTIONS = (np.sum, np.mean, np.max, np.min, np.prod, np.var, lambda a, axis: np.linalg.norm(a, axis=axis))
ALONG = (np.cumsum, np.cumprod, np.sort, np.flip, np.diff, lambda a, axis: np.roll(a, 2, axis=axis))
PAIRS = (
    np.add,
    np.subtract,
    np.multiply,
    np.maximum,
    lambda a, b: a / (2 + b * b),
    lambda a, b: np.hypot(a, b + 1),
    lambda a, b: np.where(a > b, a, 2 * b),
    lambda a, b: np.logaddexp(a, b),
)
KINDS = ("elements",) * 3 + ("pairs",) * 3 + (
    "reduce", "along", "move", "move", "index", "index", "put", "join", "product", "product", "loop", "matrix", "count",
)  # fmt: skip
LARGEST = 24


class Program:
    """A function of `x`, a vector, `Y`, a matrix, and `s`, a number; `shapes` may be given."""

    def __init__(self, rng, shapes=None):
        self.shapes = shapes or {
            "x": (int(rng.integers(2, 6)),),
            "Y": tuple(int(n) for n in rng.integers(1, 4, 2)),
            "s": (),
        }
        self.steps = [(KINDS[rng.integers(len(KINDS))], rng.integers(0, 1000, 5)) for _ in range(rng.integers(3, 10))]

    def arguments(self, rng, dtype="float64"):
        return [np.asarray(rng.uniform(-1.2, 1.2, shape), dtype)[()] for shape in self.shapes.values()]

    def __call__(self, x, Y, s):
        values = [s, Y, x]
        for kind, numbers in self.steps:
            first, second = (values[-1 - int(k) % min(len(values), 4)] for k in numbers[:2])
            new = getattr(self, f"_{kind}")(first, second, *(int(k) for k in numbers[2:]))
            if new is not None and int(np.prod(new.shape)) <= LARGEST and len(new.shape) <= 3:
                values.append(new)
        return values[-1]

    def _elements(self, a, b, k, i, j):
        return ELEMENTS[k % len(ELEMENTS)](a)

    def _pairs(self, a, b, k, i, j):
        try:
            np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            b = b.ravel()[i % b.size] if b.size else np.float64(0.5)
        return PAIRS[k % len(PAIRS)](a, b)

    def _reduce(self, a, b, k, i, j):
        if not a.shape or not a.size:
            return None
        axis = None if j % 3 == 0 else i % a.ndim
        return REDUCTIONS[k % len(REDUCTIONS)](a, axis=axis)

    def _along(self, a, b, k, i, j):
        return ALONG[k % len(ALONG)](a, axis=i % a.ndim) if a.shape and a.size else None

    def _move(self, a, b, k, i, j):
        moves = (
            lambda: a.T,
            lambda: a.ravel(),
            lambda: a[None],
            lambda: a.reshape(-1, 1),
            lambda: np.broadcast_to(a, (2, *a.shape)),
            lambda: np.repeat(a, 2),
            lambda: np.tile(a, 2),
            lambda: np.pad(a, (j % 2, 1)) if a.ndim == 1 else np.swapaxes(a, 0, -1) if a.ndim else a,
            lambda: np.diag(a) if a.ndim in (1, 2) else a,
            lambda: np.tril(a) if a.ndim == 2 else a,
            lambda: np.trace(a) if a.ndim == 2 else a,
            lambda: np.squeeze(a),
        )
        return moves[k % len(moves)]()

    def _index(self, a, b, k, i, j):
        if not a.shape or not a.size:
            return None
        n = a.shape[0]
        where = (
            lambda: a[i % n],
            lambda: a[..., i % a.shape[-1]],
            lambda: a[i % n :],
            lambda: a[:: -1 if j % 2 else 2],
            lambda: a[np.array([i, j, i, i + 1]) % n],
            lambda: a[(np.arange(3) * i) % n],
            lambda: a[..., np.array([j, i]) % a.shape[-1]],
            lambda: a[np.arange(n) % 2 == i % 2],
            lambda: a[: i % (n + 1)],
            lambda: np.take(a, np.array([[i, j], [j, i]]) % a.size),
            lambda: a[np.array([i, j]) % n, ..., np.array([j, i]) % a.shape[-1]] if a.ndim > 1 else a,
            lambda: a[np.argmax(a, axis=0)] if a.ndim == 1 else a,
            lambda: a[np.argsort(a)] if a.ndim == 1 else a,
        )
        return where[k % len(where)]()

    def _put(self, a, b, k, i, j):
        if not a.shape or not a.size or not b.size:
            return None
        n, value = a.shape[0], b.ravel()[j % b.size]
        new = a.copy()
        if k % 6 == 0:
            new[i % n] = value
        elif k % 6 == 1:
            new[i % n :] *= value
        elif k % 6 == 2:
            np.add.at(new, np.array([i, j, i]) % n, value)
        elif k % 6 == 3:
            new[np.array([i, j]) % n] += value
        elif k % 6 == 4:
            new[::2] = new[::-1][: len(new[::2])]
        else:
            new[np.arange(n) % 3 == i % 3] = value
        return new

    def _join(self, a, b, k, i, j):
        flat, other = np.atleast_1d(a), np.atleast_1d(b)
        if k % 3 == 0:
            return np.concatenate([flat.ravel(), other.ravel()])
        if k % 3 == 1:
            return np.stack([a, a * a], axis=i % (a.ndim + 1))
        return np.append(other, np.sum(flat))

    def _product(self, a, b, k, i, j):
        if k % 4 == 0:
            return np.outer(a, b)
        if not a.shape or not b.shape or not a.size or not b.size:
            return None
        if a.shape[-1] == (b.shape[-2] if b.ndim > 1 else b.shape[0]) and k % 2:
            return a @ b
        flat, other = a.ravel(), b.ravel()
        n = min(flat.size, other.size)
        return flat[:n] @ other[:n] if k % 3 else np.convolve(flat[:4], other[:3])

    def _loop(self, a, b, k, i, j):
        if not a.shape or not a.size:
            return None
        state, start = a[0], np.sum(b)
        if k % 3 == 0:
            for row in a:
                state = 0.5 * state * row + start
            return state
        if k % 3 == 1:
            flat = a.ravel()
            out = np.zeros(flat.shape[0])
            for t in range(1, flat.shape[0]):
                out[t] = 0.5 * out[t - 1] + flat[t] * flat[t - 1]
            return out
        flat, total = a.ravel(), 0.0 * start
        for t in range(flat.shape[0]):
            if flat[t] > 0.2:  # noqa: SIM108 (a branch is what is meant)
                total = total + flat[t] * start
            else:
                total = total * flat[t]
        return total

    def _matrix(self, a, b, k, i, j):
        if a.ndim != 2 or a.shape[0] != a.shape[1] or not a.size:
            return None
        n = a.shape[0]
        if k % 3 == 0:
            return np.linalg.inv(a + 4 * np.eye(n))
        if k % 3 == 1:
            return np.linalg.det(a + 2 * np.eye(n))
        right = b if b.ndim == 1 and b.shape[0] == n else a[:, i % n]
        return np.linalg.solve(a + 4 * np.eye(n), right)

    def _count(self, a, b, k, i, j):
        flat = a.ravel()
        if k % 2:
            return np.bincount(np.arange(flat.shape[0]) % (1 + i % 3), flat, minlength=2) if flat.shape[0] else None
        return np.einsum("i,i->i", flat, flat) if j % 2 else np.einsum("i,j->ij", flat, np.atleast_1d(b).ravel()[:2])
