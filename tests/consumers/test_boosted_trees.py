"""Objectives of boosted trees: with the loss that a library has itself, they give its predictions."""

import numpy as np
import pytest

from symdiff.consumers.boosting import boosting
from symdiff.errors import ArgumentError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] + 0.5 * RNG.normal(size=200) > 0).astype(float)


def logistic(score, label):
    return np.logaddexp(0, score) - label * score


def test_derivatives_are_those_of_each_row():
    score = RNG.normal(size=200) * 3
    first, second = boosting(logistic).sklearn(Y, score)
    p = 1 / (1 + np.exp(-score))

    np.testing.assert_allclose(first, p - Y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(second, np.maximum(p * (1 - p), 1e-6), rtol=1e-10)


def test_constants_follow_the_label_and_curvatures_may_stay_negative():
    objective = boosting(lambda score, label, c: c * (label - score) ** 4 - c * score**2, 2.0, smallest=None)
    first, second = objective.sklearn(np.zeros(3), np.array([0.0, 0.5, 1.0]))

    np.testing.assert_allclose(first, [0.0, -1.0, 4.0])
    np.testing.assert_allclose(second, [-4.0, 2.0, 20.0])


def test_catboost_raises_what_the_others_lower():
    objective = boosting(logistic)
    first, second = objective.sklearn(Y[:5], np.zeros(5))
    pairs = np.array(objective.catboost.calc_ders_range(np.zeros(5), Y[:5], 2 * np.ones(5)))

    np.testing.assert_allclose(pairs, np.stack([-2 * first, -2 * second], axis=1))
    assert np.array(objective.catboost.calc_ders_range(np.zeros(5), Y[:5], None)).tolist() == (pairs / 2).tolist()


def test_what_is_no_function_is_refused():
    with pytest.raises(ArgumentError, match="a function of score and label"):
        boosting(3.0)


@pytest.mark.filterwarnings("ignore")
def test_xgboost():
    xgboost = pytest.importorskip("xgboost")
    options = {"max_depth": 2, "eta": 0.3, "base_score": 0.5, "seed": 0}
    data = xgboost.DMatrix(X, label=Y)
    known = xgboost.train({**options, "objective": "binary:logistic"}, data, 5).predict(data, output_margin=True)
    found = xgboost.train({**options, "base_score": 0.0}, data, 5, obj=boosting(logistic).xgboost)
    by_sklearn = xgboost.XGBRegressor(
        n_estimators=5, max_depth=2, learning_rate=0.3, base_score=0.0, objective=boosting(logistic).sklearn
    )

    np.testing.assert_allclose(found.predict(data, output_margin=True), known, atol=1e-4)
    np.testing.assert_allclose(by_sklearn.fit(X, Y).predict(X), known, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_lightgbm():
    lightgbm = pytest.importorskip("lightgbm")
    options = {"num_leaves": 4, "verbose": -1, "boost_from_average": False, "num_threads": 1, "seed": 0}
    known = lightgbm.train({**options, "objective": "binary"}, lightgbm.Dataset(X, Y), 5).predict(X, raw_score=True)
    found = lightgbm.train({**options, "objective": boosting(logistic).lightgbm}, lightgbm.Dataset(X, Y), 5).predict(X)

    np.testing.assert_allclose(found, known, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_catboost():
    catboost = pytest.importorskip("catboost")
    options = {
        "iterations": 5,
        "depth": 2,
        "verbose": False,
        "random_seed": 0,
        "allow_writing_files": False,
        "thread_count": 1,
        "learning_rate": 0.3,
        "leaf_estimation_iterations": 1,
        "leaf_estimation_method": "Newton",
        "boost_from_average": False,
        "bootstrap_type": "No",
        "random_strength": 0,
        "boosting_type": "Plain",
    }
    known = catboost.CatBoost({**options, "loss_function": "Logloss"}).fit(X, Y)
    found = catboost.CatBoost({**options, "loss_function": boosting(logistic).catboost, "eval_metric": "Logloss"}).fit(
        X, Y
    )

    np.testing.assert_allclose(found.predict(X), known.predict(X), atol=1e-5)
