"""Logistic regression: a generated value and gradient, handed to SciPy, finds scikit-learn's coefficients.

The objective is scikit-learn's own, with labels y = -1 or 1 and an intercept that is not penalised:

    C * sum(log(1 + exp(-y * (X @ w + b)))) + sum(w**2) / 2

The data are the Wisconsin breast cancer measurements that come with scikit-learn, standardised. The model is that of
section 5.7.1 of Goodfellow, Bengio and Courville, "Deep Learning".
"""

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import symdiff as sd

OBJECTIVE = """
w = theta[:-1]
b = theta[-1]
C * sum(log(1 + exp(-y * (X @ w + b)))) + sum(w**2) / 2
"""


def main():
    data, labels = load_breast_cancer(return_X_y=True)
    X, y = StandardScaler().fit_transform(data), 2.0 * labels - 1
    C = 1.0

    objective = sd.value_and_grad(OBJECTIVE, wrt="theta", theta="d+1", C=(), y="n", X="n d")
    print(objective.source)
    found = minimize(
        objective, np.zeros(X.shape[1] + 1), args=(C, y, X), jac=True, method="BFGS", options={"gtol": 1e-6}
    )
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(X, labels)
    expected = np.append(model.coef_, model.intercept_)

    error = np.max(np.abs(found.x - expected))
    print(f"{found.nit} iterations, objective {found.fun:.6f}, largest slope {np.max(np.abs(found.jac)):.1e}")
    print(f"first coefficients         {np.round(found.x[:4], 6)}")
    print(f"scikit-learn's             {np.round(expected[:4], 6)}")
    print(f"largest difference         {error:.1e}")
    assert found.success
    assert error < 1e-6


if __name__ == "__main__":
    main()
