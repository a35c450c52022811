"""Derivatives by hand in code that many trust, compared with those of symdiff, and with differences.

``statsmodels`` writes the Hessians of its likelihoods by hand. Two of them differ from the second derivatives of the
likelihood beside them, at the version that is installed. Nothing that ``fit`` reports need be wrong by that: what an
optimiser is given as a Hessian may be an approximation. SciPy's benchmarks of optimisers, which are in its repository
and in no package, minimise Ackley's function with a gradient that has another root than the function. Read what is
printed as a question to ask, with numbers.
"""

import warnings

import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.discrete.count_model import ZeroInflatedPoisson

import symdiff as sd
from symdiff.errors import GradientMismatchError


def profile_likelihood(beta, X, y):
    """Of a linear model, the variance at its best."""
    n = X.shape[0]
    return -n / 2 * (np.log(2 * np.pi) + np.log(np.sum((y - X @ beta) ** 2) / n) + 1)


def zero_inflated_poisson(params, X, y, log_factorials):
    """The first parameter says how often a zero is one of its own, the others are those of the mean."""
    w = 1 / (1 + np.exp(-params[0]))
    rate = np.exp(X @ params[1:])
    zero = np.log(w + (1 - w) * np.exp(-rate))
    positive = np.log(1 - w) - rate + y * np.log(rate) - log_factorials
    return np.sum(np.where(y == 0, zero, positive))


def ackley(x):
    """With one half under the root: the mean of the squares of two coordinates."""
    waves = np.exp((np.cos(2 * np.pi * x[0]) + np.cos(2 * np.pi * x[1])) / 2)
    return 20 + np.e - 20 * np.exp(-np.sqrt((x[0] ** 2 + x[1] ** 2) / 2) / 5) - waves


def ackley_by_hand(x):
    """The gradient in SciPy's ``benchmarks/benchmarks/test_functions.py``, as of commit 1c6a4c5: without that half."""
    root, turns = np.hypot(x[0], x[1]), 2 * np.pi * x
    return 4 * np.exp(-root / 5) / root * x + np.pi * np.exp(np.sum(np.cos(turns)) / 2) * np.sin(turns)


def data():
    """A table of 60 rows, a response, and counts of which many are zero."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(60), rng.normal(size=60)])
    counts = rng.poisson(np.exp(0.5 + 0.3 * X[:, 1])) * (rng.random(60) > 0.3)
    return X, X @ [1.0, 2.0] + rng.normal(size=60), counts.astype(float)


def report(title, ours, theirs, args, hessian):
    """The values agree; whether the second derivatives do is printed, with three witnesses."""
    assert np.isclose(sd.function(ours)(*args), theirs, rtol=1e-10)
    print(f"{title}, statsmodels {statsmodels.__version__}")
    try:
        sd.check_grads(ours, args, hess=hessian)
    except GradientMismatchError as error:
        print(f"  {error}".replace("\n", "\n  "))
        return False
    print("  the Hessian is that of the likelihood")
    return True


def report_ackley(x):
    """What the gradient by hand is, beside the one that is derived; whether it is that of the function."""
    print("Ackley's function, benchmarks of SciPy")
    try:
        sd.check_grads(ackley, (x,), jac=ackley_by_hand)
    except GradientMismatchError as error:
        print(f"  {error}".replace("\n", "\n  "))
        return False
    return True


def main():
    """Prints what differs."""
    warnings.simplefilter("ignore")
    report_ackley(np.array([1.2, -0.7]))
    X, y, counts = data()
    linear = sm.OLS(y, X)
    beta = linear.fit().params
    report("OLS.hessian", profile_likelihood, linear.loglike(beta), (beta, X, y), lambda b, *_: linear.hessian(b))

    model = ZeroInflatedPoisson(counts, X)
    params = np.array([-0.5, 0.4, 0.2])
    log_factorials = np.array([np.sum(np.log(np.arange(1.0, c + 1))) for c in counts])
    args = (params, X, counts, log_factorials)
    report(
        "ZeroInflatedPoisson.hessian",
        zero_inflated_poisson,
        model.loglike(params),
        args,
        lambda p, *_: model.hessian(p),
    )


if __name__ == "__main__":
    main()
