"""Series for derivatives that SciPy has no function for. Where one occurs, its source is copied into the generated file."""

import numpy as np


def dawson_derivative(y, x, n):  # type: ignore[no-untyped-def]
    """n-th derivative of Dawson's integral y at x: by recurrence (DLMF 7.10.4), for |x| > 7 by its asymptotic series."""
    y, x = 1.0 * y, 1.0 * x
    far = np.abs(x) > 7
    before, slope = y, 1 - 2 * x * y
    for k in range(1, n):
        before, slope = slope, -2 * x * slope - 2 * k * before
    safe = np.where(far, x, np.inf)
    term = (-1) ** n / 2 / safe
    for k in range(1, n + 1):
        term = term * k / safe
    total = 0.0 * term
    for k in range(25):  # the 26th term is 1e-19 of the first one
        total = total + term
        term = term * (2 * k + 1 + n) * (2 * k + 2 + n) / (4 * (k + 1)) / safe / safe
    return np.where(far, total, slope).astype(slope.dtype)[()]


def gammainc_order(a, x, first, psi):  # type: ignore[no-untyped-def]
    """Derivative of gammainc(a, x) with respect to a, term by term (DLMF 8.7.1).

    `first` is x**a * exp(-x) / gamma(a + 1), `psi` is digamma(a + 1). The terms are those of a Poisson distribution
    times numbers below log(x) + a few, so the absolute error is a few units in the last place of those. nan where
    5000 terms are not enough.
    """
    a, x, term, psi = np.broadcast_arrays(1.0 * a, 1.0 * x, 1.0 * first, 1.0 * psi)
    log_x = np.log(np.where(x > 0, x, 1.0))
    total = np.zeros_like(term)
    for n in range(5000):
        total = total + np.where(term == 0, 0.0, term * (log_x - psi))
        psi = psi + 1 / (a + n + 1)
        term = term * (x / (a + n + 1))
        going = (term * (1 + np.abs(log_x - psi)) > 1e-18 * np.abs(total)) & (term > 1e-300) & (term < np.inf)
        term = np.where(going, term, 0.0)
        if not np.any(going):
            break
    total = np.where(going | (a < 0), np.nan, total)
    return np.where(x == np.inf, 0.0, total).astype(log_x.dtype)[()]


def betainc_shape(a, b, x, first, slope, other):  # type: ignore[no-untyped-def]
    """Derivative of the series (DLMF 8.17.8) of betainc(a, b, x), term by term, for x below (a + 1) / (a + b + 2).

    `first` is x**a * (1 - x)**b / (a * beta(a, b)) and `slope` the derivative of its logarithm; `other` is 1 with
    respect to a, where the denominators of the series change, too, and 0 with respect to b. All terms of the series
    are positive: the error is a few units in the last place of the largest sum. nan where 5000 terms are not enough.
    """
    a, b, x, term, slope = np.broadcast_arrays(1.0 * a, 1.0 * b, 1.0 * x, 1.0 * first, 1.0 * slope)
    total = np.zeros_like(term)
    for n in range(5000):
        total = total + np.where(term == 0, 0.0, term * slope)
        slope = slope + 1 / (a + b + n) - other / (a + 1 + n)
        term = term * ((a + b + n) / (a + 1 + n) * x)
        going = (term * (1 + np.abs(slope)) > 1e-18 * np.abs(total)) & (term > 1e-300) & (term < np.inf)
        term = np.where(going, term, 0.0)
        if not np.any(going):
            break
    return np.where(going | (a < 0) | (b < 0), np.nan, total).astype(total.dtype)[()]
