"""Python functions that cannot be followed; the errors quote their lines."""

import numpy as np


def least_squares(w, X, y):
    r = X @ w - y
    return np.sum(r * r)


def branches(x):
    return np.sum(x) if x.sum() > 0 else np.sum(x**2)


def conversion(x):
    return float(x[0]) ** 2


def counts(x, n):
    return sum(x**k for k in range(n))


OUTSIDE = np.zeros(3)


def writes_outside(x):
    OUTSIDE[0] = x[0]
    return np.sum(OUTSIDE)


def loops(x):
    total = 0.0
    for item in x:
        total = total + item**2
    return total


def counts_a_length(x):
    return sum(x[k] for k in range(x.shape[0]))


def stores_in_integers(x):
    y = np.zeros(3, int)
    y[0] = x[0]
    return np.sum(y)


def no_such_method(x):
    return x.byteswap().sum()


def not_supported(x):
    return np.sum(np.unique(x))


def shaped(x):
    y = np.zeros(2)
    y[:] = x
    return np.sum(y)


def repeated(x):
    y = np.zeros(3)
    y[np.array([0, 0])] = x[:2]
    return np.sum(y)
