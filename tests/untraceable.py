"""Python functions that cannot be followed; the errors quote their lines."""

import numpy as np


def least_squares(w, X, y):
    r = X @ w - y
    return np.sum(r * r)


def branches(x):
    return np.sum(np.array([item for item in x if item > 0]))


def conversion(x):
    return "%g".__mod__(x[0])


def counts(x, n):
    return sum(x**k for k in range(n))


OUTSIDE = np.zeros(3)


def writes_outside(x):
    OUTSIDE[0] = x[0]
    return np.sum(OUTSIDE)


def loops(x):
    kept = {}
    for item in x:
        kept[len(kept)] = item**2
    return kept[0] - x[0]


def counts_a_length(x):
    return x[0] if len(x) > 3 else x[1]


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


def leaves_undefined(x):
    return np.sum(np.log(x, where=x > 0))


def reduces_parts(x):
    return np.sum(np.add.reduceat(x, np.argsort(x)))


def sorts_a_part(x):
    return np.sum(np.sort(x[x > 0]))


def two_conditions(x):
    return np.sum(x[x > 0] * x[x < 1])


def whole_into_part(x):
    y = np.zeros(3)
    y[x > 0] = x
    return np.sum(y)


def positions(x):
    k = np.where(x > 0)[0]
    return np.sum(x[: len(k)])


def short_mask(x):
    return np.sum(x[np.array([True, False])])


def computed_place(x):
    y = np.zeros(len(x))
    y[np.argsort(x)] = x
    return np.sum(y)


def returns_nothing(x):
    x.sum()


def sum_of_squares(x):
    return np.sum(x**2)


def picks(x, i):
    return np.sum(x[i])
