"""scipy.spatial.distance: distances of points, in pairs or of all with all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError, UnsupportedError
from symdiff.frontends.tracing.flow.runtime import followed
from symdiff.frontends.tracing.of_scipy.table import array, means, refuse

Metric = Callable[..., Any]


def _norm_of(gap: Any) -> Any:
    return np.linalg.norm(gap, axis=-1)


def _cosine(a: Any, b: Any) -> Any:
    return 1 - np.sum(a * b, axis=-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))


def _centred(a: Any, w: Any = None) -> Any:
    average: Any = np.average
    weights = None if w is None else w + 0.0 * a
    return a - (np.mean(a, axis=-1, keepdims=True) if w is None else average(a, -1, weights, keepdims=True))


def _minkowski(a: Any, b: Any, p: Any = 2, w: Any = None) -> Any:
    powers = np.abs(a - b) ** p
    return np.sum(powers if w is None else w * powers, axis=-1) ** (1 / p)


def _canberra(a: Any, b: Any, w: Any = 1.0) -> Any:
    whole = np.abs(a) + np.abs(b)
    return np.sum(w * np.where(whole == 0, 0.0, np.abs(a - b) / np.where(whole == 0, 1.0, whole)), axis=-1)


def _mahalanobis(a: Any, b: Any, VI: Any = None) -> Any:
    if VI is None:
        raise UnsupportedError("the Mahalanobis distance without VI", help="give VI, the inverse of the covariance")
    return np.sqrt(np.sum((a - b) @ VI * (a - b), axis=-1))


def _seuclidean(a: Any, b: Any, V: Any = None) -> Any:
    if V is None:
        raise UnsupportedError("the standardised distance without V", help="give V, the variances")
    return _norm_of((a - b) / np.sqrt(V))


def _xlogratio(a: Any, b: Any) -> Any:
    """a * log(a / b), 0 where a is 0."""
    return np.where(a == 0, 0.0, a * np.log(np.where(a == 0, 1.0, a) / np.where(b == 0, 1.0, b)))


def _jensenshannon(a: Any, b: Any) -> Any:
    a, b = a / np.sum(a, axis=-1, keepdims=True), b / np.sum(b, axis=-1, keepdims=True)
    m = (a + b) / 2
    return np.sqrt((np.sum(_xlogratio(a, m), axis=-1) + np.sum(_xlogratio(b, m), axis=-1)) / 2)


METRICS: dict[str, Metric] = {
    "euclidean": lambda a, b: _norm_of(a - b),
    "sqeuclidean": lambda a, b: np.sum((a - b) ** 2, axis=-1),
    "cityblock": lambda a, b: np.sum(np.abs(a - b), axis=-1),
    "chebyshev": lambda a, b: np.max(np.abs(a - b), axis=-1),
    "cosine": _cosine,
    "correlation": lambda a, b: _cosine(_centred(a), _centred(b)),
    "minkowski": _minkowski,
    "canberra": _canberra,
    "braycurtis": lambda a, b: np.sum(np.abs(a - b), axis=-1) / np.sum(np.abs(a + b), axis=-1),
    "jensenshannon": _jensenshannon,
    "mahalanobis": _mahalanobis,
    "seuclidean": _seuclidean,
}
_OTHER_NAMES = {
    "euclid": "euclidean", "l2": "euclidean", "l1": "cityblock", "manhattan": "cityblock", "cheby": "chebyshev",
    "chebychev": "chebyshev", "cos": "cosine", "mahal": "mahalanobis", "sqe": "sqeuclidean",
}  # fmt: skip


def _name_of(metric: Any) -> str:
    name = str(getattr(metric, "__name__", "") if callable(metric) else metric).lower()
    return _OTHER_NAMES.get(name, name)


def _metric(metric: Any) -> Metric:
    name = _name_of(metric)
    if name not in METRICS:
        raise UnsupportedError(f"the metric {metric!r} has no derivative", help=f"one of {', '.join(METRICS)}")
    return METRICS[name]


def _float(x: Any) -> Any:
    return 1.0 * (x if hasattr(x, "ndim") else np.stack(x))


@means("scipy.spatial.distance.cdist", dtype="double")
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **options: Any) -> Any:
    """The distance of each row of XA from each row of XB."""
    refuse("scipy.spatial.distance.cdist", "assign what it returns", out=out)
    a, b = _float(XA), _float(XB)
    if a.ndim != 2 or b.ndim != 2:
        raise ArgumentError("cdist takes two matrices, one point in each row")
    if is_own(metric):
        return np.stack([np.stack([followed(metric)(p, q, **options) for q in b]) for p in a])
    if a.shape[0] + b.shape[0] > 2:
        _estimate(metric, np.concatenate([a, b]), options)
    return _measured(metric, a[:, None, :], b[None, :, :], **options)


def is_own(metric: Any) -> bool:
    """Whether a metric is a function of the user's."""
    return callable(metric) and _name_of(metric) not in METRICS


def _estimate(metric: Any, points: Any, options: dict[str, Any]) -> None:
    """The variances, or the inverse of the covariance, of all points, where they are needed and not given."""
    name = _name_of(metric)
    if name == "seuclidean" and options.get("V") is None:
        options["V"] = np.var(points, axis=0, ddof=1)
    if name == "mahalanobis" and options.get("VI") is None:
        options["VI"] = np.linalg.inv(np.cov(points.T)).T


@means("scipy.spatial.distance.pdist", dtype="double")
def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **options: Any) -> Any:
    """The distance of each row from each later one."""
    refuse("scipy.spatial.distance.pdist", "assign what it returns", out=out)
    x = _float(X)
    first, second = np.triu_indices(x.shape[0], 1)
    if is_own(metric):
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.stack([followed(metric)(x[i], x[j], **options) for i, j in pairs])
    _estimate(metric, x, options)
    return _measured(metric, x[first], x[second], **options)


@means("scipy.spatial.minkowski_distance_p")
def minkowski_distance_p(x: Any, y: Any, p: float = 2.0) -> Any:
    """The sums of the powers of differences."""
    gap = np.abs(_float(y) - _float(x))
    return np.max(gap, axis=-1) if p == np.inf else np.sum(gap if p == 1 else gap**p, axis=-1)


@means("scipy.spatial.minkowski_distance")
def minkowski_distance(x: Any, y: Any, p: float = 2.0) -> Any:
    """Minkowski's distance of rows."""
    if p == 2:
        return _norm_of(_float(y) - _float(x))
    found = minkowski_distance_p(x, y, p)
    return found if p in (1, np.inf) else found ** (1 / p)


@means("scipy.spatial.distance_matrix")
def distance_matrix(x: Any, y: Any, p: float = 2.0, threshold: int = 1000000) -> Any:
    """The distance of each row of x from each row of y."""
    return minkowski_distance(_float(x)[:, None, :], _float(y)[None, :, :], p)


@means("scipy.spatial.distance.squareform")
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """A vector of distances as a symmetric matrix, or the other way round."""
    if X.ndim == 2:
        return X[np.triu_indices(X.shape[0], 1)]
    n = round((1 + (1 + 8 * X.shape[0]) ** 0.5) / 2)
    if n * (n - 1) // 2 != X.shape[0]:
        raise ArgumentError(f"squareform takes n (n - 1) / 2 distances, not {X.shape[0]}")
    first, second = np.triu_indices(n, 1)
    places = np.zeros((n, n), dtype=int)
    places[first, second] = places[second, first] = np.arange(X.shape[0])
    return np.where(np.eye(n, dtype=bool), 0.0, X[places])


# The metrics that take weights of the coordinates, with them.
WEIGHTED: dict[str, Metric] = {
    "euclidean": lambda a, b, w: _norm_of(np.sqrt(w) * (a - b)),
    "sqeuclidean": lambda a, b, w: np.sum(w * (a - b) ** 2, axis=-1),
    "cityblock": lambda a, b, w: np.sum(w * np.abs(a - b), axis=-1),
    "chebyshev": lambda a, b, w: np.max(np.where(w > 0, np.abs(a - b), 0.0), axis=-1),
    "cosine": lambda a, b, w: _cosine(np.sqrt(w) * a, np.sqrt(w) * b),
    "correlation": lambda a, b, w: _cosine(np.sqrt(w) * _centred(a, w), np.sqrt(w) * _centred(b, w)),
    "minkowski": _minkowski,
    "canberra": _canberra,
    "braycurtis": lambda a, b, w: np.sum(w * np.abs(a - b), axis=-1) / np.sum(w * np.abs(a + b), axis=-1),
}


def _measured(metric: Any, a: Any, b: Any, *args: Any, w: Any = None, **options: Any) -> Any:
    """The distances of rows: by the name of a metric, or by a function of two rows."""
    if w is None:
        return _metric(metric)(a, b, *args, **options)
    found = WEIGHTED.get(_name_of(metric))
    if found is None:
        raise UnsupportedError(f"the metric {metric!r} with weights", help=f"one of {', '.join(WEIGHTED)}")
    return found(a, b, *args, w=array(w), **options)


def _of_two(name: str) -> None:
    def call(u: Any, v: Any, *args: Any, w: Any = None, **options: Any) -> Any:
        return _measured(name, _float(u), _float(v), *args, w=w, **options)

    means(f"scipy.spatial.distance.{name}")(call)


for _name in METRICS:
    _of_two(_name)


@means("scipy.spatial.distance.jensenshannon")
def jensenshannon(p: Any, q: Any, base: Any = None, *, axis: int = 0, keepdims: bool = False) -> Any:
    """The root of the Jensen-Shannon divergence of weights, which are made to sum to one."""
    p, q = (np.moveaxis(_float(x), axis, -1) for x in (p, q))
    found = _jensenshannon(p, q) if base is None else _jensenshannon(p, q) / np.sqrt(np.log(base))
    return np.expand_dims(found, axis) if keepdims else found
