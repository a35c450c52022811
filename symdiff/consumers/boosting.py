"""Objectives of gradient boosting: first and second derivatives of a loss, as each library asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdiff.errors import ArgumentError
from symdiff.functions.grad import grad
from symdiff.functions.jacobian import hvp

SMALLEST = 1e-6  # second derivatives below are raised to it, for a step divides by them


class boosting:  # noqa: N801 (called as a function is)
    """An objective of XGBoost, LightGBM and CatBoost, from the loss of one row.

    Args:
        loss: ``loss(score, label)`` of arrays, element by element; what stands behind is a number that belongs to it.
        *constants: what follows `label`.
        smallest: second derivatives below are raised to it; boosting divides by them. None leaves them as they are.

    Attributes:
        sklearn: ``(label, score) -> (gradient, hessian)``, for ``objective=`` of `XGBRegressor`, `LGBMRegressor`, ….
        xgboost: ``(score, dtrain) -> (gradient, hessian)``, for ``obj=`` of ``xgboost.train``.
        lightgbm: the same, for ``objective=`` in the parameters of ``lightgbm.train``.
        catboost: an object with ``calc_ders_range``, for ``loss_function=``; there scores are raised where the
            others lower the loss, so that both derivatives have the opposite sign.

    Raises:
        ArgumentError: if `loss` is not called by a score and a label at least.

    >>> import numpy as np
    >>> objective = boosting(lambda score, label: np.logaddexp(0, score) - label * score)
    >>> objective.sklearn(np.array([1.0, 0.0]), np.zeros(2))
    (array([-0.5,  0.5]), array([0.25, 0.25]))
    """

    def __init__(self, loss: Callable[..., Any], *constants: Any, smallest: float | None = SMALLEST) -> None:
        if not callable(loss):
            raise ArgumentError(f"the loss is a {type(loss).__name__}", help="a function of score and label")

        def total(score: Any, label: Any) -> Any:
            return np.sum(loss(score, label, *constants))

        self._first, self._second = grad(total), hvp(total)
        self._smallest = smallest

    def _of(self, label: Any, score: Any) -> tuple[np.ndarray, np.ndarray]:
        """Both derivatives by the scores; rows do not mix, so the second ones are the Hessian's product with ones."""
        score, label = np.asarray(score, float), np.asarray(label, float)
        first, second = self._first(score, label), self._second(score, np.ones_like(score), label)
        return first, second if self._smallest is None else np.maximum(second, self._smallest)

    def sklearn(self, label: Any, score: Any) -> tuple[np.ndarray, np.ndarray]:
        """As the interfaces in the manner of scikit-learn call it."""
        return self._of(label, score)

    def xgboost(self, score: Any, train: Any) -> tuple[np.ndarray, np.ndarray]:
        """As ``xgboost.train`` and ``lightgbm.train`` call it."""
        return self._of(train.get_label(), score)

    lightgbm = xgboost

    @property
    def catboost(self) -> _CatBoost:
        """As CatBoost calls it."""
        return _CatBoost(self)


class _CatBoost:
    """CatBoost maximises what it is given, and wants a pair for each row."""

    def __init__(self, objective: boosting) -> None:
        self._objective = objective

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> list[tuple[float, float]]:
        """Pairs of the first and the second derivative of minus the loss, times the weights."""
        first, second = self._objective.sklearn(targets, approxes)
        scale = -np.ones(len(first)) if weights is None else -np.asarray(weights, float)
        return list(zip((scale * first).tolist(), (scale * second).tolist(), strict=True))
