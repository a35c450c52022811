"""Series for derivatives that SciPy has no function for. Where one occurs, its source is copied into the generated file."""

import math

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


def binormal(h, k, r):  # type: ignore[no-untyped-def]
    """The probability that X < h and Y < k for two standard normal variables of correlation r, by Owen's T function.

    Owen, "Tables for computing bivariate normal probabilities", 1956, (2.1); the error is some 1e-16, not of the result.
    """
    from scipy.special import ndtr, owens_t  # noqa: PLC0415 (where it is copied to, SciPy is there)

    h, k, r = np.broadcast_arrays(1.0 * h, 1.0 * k, 1.0 * r)
    kind, width = h.dtype, np.sqrt((1 - r) * (1 + r))
    h, k = np.clip(h, -40.0, 40.0) + 0.0, np.clip(k, -40.0, 40.0) + 0.0  # no -0, which would divide to -inf
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (h == 0) & (k == 0)
        one = np.where(middle, (1 - r) / width, (k - r * h) / (h * width))
        two = np.where(middle, (1 - r) / width, (h - r * k) / (k * width))
        total = (ndtr(h) + ndtr(k)) / 2 - owens_t(h, one) - owens_t(k, two)
    apart = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    return np.fmax(total - np.where(apart, 0.5, 0.0), 0.0 * total).astype(kind)[()]


def polygamma_difference(a, b, near, n):  # type: ignore[no-untyped-def]
    """By how much the n-th derivative of digamma is larger at a + b than at a, where b is small; else it is `near`.

    The series (DLMF 5.15.1) for 16 + 2 n terms, and behind them the asymptotic one (5.11.2, 5.15.8), which is shorter
    than 1e-17 there; the difference of each term is formed with expm1 and log1p, so that some 1e-15 of it is lost.
    """
    a, b, near = np.broadcast_arrays(1.0 * a, 1.0 * b, 1.0 * near)
    close = (a > 0) & (np.abs(b) < a / 8)
    if not np.any(close):
        return near[()]
    start, step = np.where(close, a, 1.0), np.where(close, b, 0.0)
    total, factorial, terms = 0.0 * start, math.factorial(n), 16 + 2 * n
    for j in range(terms):
        z = start + j
        total = total - factorial * z ** (-n - 1.0) * np.expm1(-(n + 1) * np.log1p(step / z))
    z = start + terms
    grown = np.log1p(step / z)
    total = total + (grown if n == 0 else -factorial / n * z ** (-1.0 * n) * np.expm1(-n * grown))
    total = total - factorial / 2 * z ** (-n - 1.0) * np.expm1(-(n + 1) * grown)
    for k, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510), 1):
        weight = bernoulli * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        total = total - weight * z ** (-2.0 * k - n) * np.expm1(-(2 * k + n) * grown)
    return np.where(close, (-1) ** n * total, near).astype(near.dtype)[()]


def scaled_bessel_far(v, x, near, n, sign):  # type: ignore[no-untyped-def]
    """n-th derivative of exp(-|x|) iv(v, x), or with sign 1 of exp(x) kv(v, x), for large |x|; else it is `near`.

    The expansion in 1 / x (DLMF 10.40.1 and 10.40.2), term by term, from |x| = 25 + n + v**2 / 2 on, where it is exact to
    some 1e-15: its terms fall at least as k / 50 or as 1 / k, and 30 are taken.
    """
    v, x, near = np.broadcast_arrays(1.0 * v, 1.0 * x, 1.0 * near)
    far = np.abs(x) > 25 + n + v * v / 2
    if not np.any(far):
        return near[()]
    z, order = np.where(far, np.abs(x), np.inf), np.where(far, v, 0.0)
    turned = np.where(x < 0, (-1) ** n * np.cos(np.pi * order), 1.0)  # of whole orders, which alone have a value there
    term = turned * (np.sqrt(np.pi / 2) if sign > 0 else 1 / np.sqrt(2 * np.pi)) / np.sqrt(z)
    for k in range(n):
        term = -term * (k + 0.5) / z
    total = 0.0 * term
    for k in range(1, 31):
        total = total + term
        term = sign * term * (4 * order * order - (2 * k - 1) ** 2) / (8 * k) * ((k - 0.5 + n) / (k - 0.5)) / z
    return np.where(far, total, near).astype(near.dtype)[()]


def bessel_order(v, x, name, n):  # type: ignore[no-untyped-def]
    """n-th derivative, n being 1 or 2, of jv, yv, iv or ive of scipy.special with respect to the order v.

    These are entire in v: a difference of order 16 has an error of some 1e-12 for n = 1, 1e-10 for n = 2, of the function's
    size, which is sqrt(2 / (pi x)) where jv and yv oscillate. For x > 25 + v**2 / 2 the derivative of iv and ive is that
    of the series in 1 / x (DLMF 10.40.1), term by term, to some 1e-14.
    """
    from scipy.special import iv, ive, jv, yv  # noqa: PLC0415 (where it is copied to, SciPy is there)

    function = iv if name == "iv" else ive if name == "ive" else jv if name == "jv" else yv
    order, z = (u.astype(np.float64, casting="same_kind") for u in np.broadcast_arrays(1.0 * v, 1.0 * x))
    total = 0.0 * z
    with np.errstate(all="ignore"):
        kind = function(v, x).dtype
        rate = np.log(2 * (1 + np.abs(order)) / np.fmax(np.abs(z), 1e-300)) / 2  # how fast it falls in v
        step, middle = 0.125 / np.fmax(1.0, rate), function(order, z)
        for j in range(1, 9):
            weight = (-1) ** (j + 1) * math.factorial(8) ** 2 / (j * math.factorial(8 - j) * math.factorial(8 + j))
            above, below = function(order + j * step, z), function(order - j * step, z)
            odd, even = above - below, 2 / j * ((above - middle) + (below - middle))
            total = total + weight * (odd if n == 1 else even) / step**n
        if name[0] == "i":
            term, far = np.exp(0.0 * z if name == "ive" else z) / np.sqrt(2 * np.pi * z), 0.0 * z
            first, second = 0.0 * z, 0.0 * z  # derivatives of the term
            for k in range(1, 31):
                by, slope, bend = ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * z), -order / (k * z), -1 / (k * z)
                second = second * by + 2 * first * slope + term * bend
                first = first * by + term * slope
                term = term * by
                far = far + (first if n == 1 else second)
            total = np.where(z > 25 + order * order / 2, far, total)
    return total.astype(kind)[()]


def bessel_k_order(v, x, name, n):  # type: ignore[no-untyped-def]
    """n-th derivative of kv or kve of scipy.special with respect to the order v.

    That of the integral from 0 to inf of exp(-x cosh(t)) cosh(v t) (DLMF 10.32.9), by the trapezoidal rule, which is exact
    to exp(-2 pi**2 / h) for an integrand that falls like this (Trefethen and Weideman, 2014): the error is some 1e-14.
    """
    from scipy.special import kv  # noqa: PLC0415 (where it is copied to, SciPy is there)

    kind, (v, x) = kv(v, x).dtype, np.broadcast_arrays(1.0 * v, 1.0 * x)
    good = (x > 1e-300) & (x < np.inf) & np.isfinite(v)
    order, z = (np.where(good, u, 1.0).astype(np.float64, casting="same_kind") for u in (np.abs(v), x))
    top, size, left = np.arcsinh(order / z), np.hypot(order, z), 40 / np.fmax(order, 1e-300)
    start = np.fmax(top - left - np.sqrt(2 * left), 0.0)  # before it, and behind the end, there is less than 1e-17
    end, step = top + np.arccosh(1 + 45 / size), 1 / np.fmax(6.0, 2.5 * np.sqrt(size))
    total = 0.0 * z
    with np.errstate(all="ignore"):
        for k in range(math.ceil(np.max((end - start) / step, initial=0.0)) + 1):
            t = start + k * step
            both = -np.expm1(-2 * order * t) if n % 2 else 1 + np.exp(-2 * order * t)
            value = np.where(t > 0, 0.5, 0.25) * t**n * both * np.exp(order * t - 2 * z * np.sinh(t / 2) ** 2)
            total = total + np.where(t < end + step, value, 0.0)
        turn = np.where(v < 0, (-1.0) ** n, 1.0)  # it is even in v
        total = total * step * turn * (1.0 if name == "kve" else np.exp(-z))
        edge = np.where(x == np.inf, 0.0, np.where((x >= 0) & (x <= 1e-300), turn * np.inf, np.nan)) + 0.0 * v
    return np.where(good, total, edge).astype(kind)[()]


def gammainc_order(a, x, first, psi, n):  # type: ignore[no-untyped-def]
    """n-th derivative, n being 1 or 2, of gammainc(a, x) with respect to a.

    For n = 1 that of the series (DLMF 8.7.1), beyond a + 1 of the fraction (8.9.2). `first` is x**a * exp(-x) / gamma(a + 1),
    `psi` is digamma(a + 1). The terms of the series are those of a Poisson distribution times numbers of one sign, and
    nothing cancels in the fraction: the relative error is some 1e-14 in both tails. For n = 2 both are taken at a + i h,
    h = 2**-50 (the complex step, which subtracts nothing), to 1e-13. nan where 5000 terms are not enough.
    """
    from scipy.special import polygamma  # noqa: PLC0415 (where it is copied to, SciPy is there)

    a, x, first, psi = np.broadcast_arrays(1.0 * a, 1.0 * x, 1.0 * first, 1.0 * psi)
    far, kind, negative = x > a + 1, first.dtype, a < 0
    log_x = np.log(np.where(x > 0, x, 1.0))
    if n == 2:
        step = 1j * 2.0**-50
        a, first, psi = a + step, first * (1 + step * (log_x - psi)), psi + step * polygamma(1, a + 1)
    total, degree, term = np.zeros_like(first), psi, np.where(far, 0.0, first)
    for k in range(5000):
        total = total + np.where(term == 0, 0.0, term * (log_x - degree))
        degree = degree + 1 / (a + k + 1)
        term, size = term * (x / (a + k + 1)), 1 + np.abs(log_x - degree)
        going = (np.abs(term) * size**n > 1e-18 * np.abs(total)) & (np.abs(term) > 1e-300) & (np.abs(term) < np.inf)
        term = np.where(going, term, 0.0)
        if not np.any(going):
            break
    p, b = np.where(far, a, 0.5), np.where(far, np.minimum(x, 1e15), 2.0)
    b = b + 1 - p
    d, d_slope = 1 / b, 1 / b**2
    c, c_slope, value, slope = np.full_like(b, np.inf), np.zeros_like(b), d, d_slope
    moving = far  # what has settled stays, so that no element depends on the others
    for k in range(1, 5000):
        top, b = -k * (k - p), b + 2
        bottom = top * d + b
        d_slope = -(k * d + top * d_slope - 1) / bottom**2
        c, c_slope = b + top / c, -1 + k / c - top * c_slope / c / c
        d = 1 / bottom
        change = slope * c * d + value * (c_slope * d + c * d_slope) - slope
        value, slope = np.where(moving, value * c * d, value), np.where(moving, slope + change, slope)
        small = (np.abs(change) <= 1e-16 * np.abs(slope)) & (np.abs(c * d - 1) <= 1e-16)
        moving = moving & ~(small & (np.abs(change.imag) <= 1e-16 * np.abs(slope.imag)))
        if not np.any(moving):
            break
    total = np.where(far, -first * (a * (value * (log_x - psi) + slope) + value), total)
    total = total.imag / 2.0**-50 if n == 2 else total
    total = np.where(moving | going | negative, np.nan, total)
    return np.where(x == np.inf, 0.0, total).astype(kind)[()]


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


def betainc_shape_twice(a, b, x, first, one, two, bend, by_one, by_two):  # type: ignore[no-untyped-def]
    """As betainc_shape, differentiated with respect to two shapes.

    `one` and `two` are the derivatives of the logarithm of `first`, `bend` is the second one, and `by_one` and `by_two`
    are 1 for the shape a and 0 for b. The error is some 1e-14 of the sum of the terms without their signs.
    """
    a, b, x, term, one, two, bend = np.broadcast_arrays(*(1.0 * u for u in (a, b, x, first, one, two, bend)))
    total = np.zeros_like(term)
    for n in range(5000):
        total = total + np.where(term == 0, 0.0, term * (one * two + bend))
        whole, under = 1 / (a + b + n), 1 / (a + 1 + n)
        one, two = one + whole - by_one * under, two + whole - by_two * under
        bend = bend - whole**2 + by_one * by_two * under**2
        term = term * ((a + b + n) / (a + 1 + n) * x)
        size = term * (1 + np.abs(one)) * (1 + np.abs(two))
        going = (size > 1e-18 * np.abs(total)) & (term > 1e-300) & (term < np.inf)
        term = np.where(going, term, 0.0)
        if not np.any(going):
            break
    return np.where(going | (a < 0) | (b < 0), np.nan, total).astype(total.dtype)[()]


def dirichlet_average(w, x, y, z, a, b):  # type: ignore[no-untyped-def]
    """Carlson's R_-a(b; w, x, y, z) by its integral from 0 to inf (DLMF 19.16.9), b[k] = 0 leaving a number out.

    With t = exp(u) the integrand falls exponentially at both ends, and the trapezoidal rule is exact to exp(-2 pi**2 / h),
    1e-17 for h = 0.5 (Trefethen and Weideman, 2014); the error is a few units in the last place. inf where a number is 0
    and the integral diverges, 0 where one is inf, nan for negative numbers.
    """
    w, x, y, z = np.broadcast_arrays(1.0 * w, 1.0 * x, 1.0 * y, 1.0 * z)
    weights = np.array(b, dtype=float).reshape(4, *[1] * w.ndim)
    last = np.sum(weights) - a
    numbers = np.where(weights > 0, np.stack([w, x, y, z]).astype(np.float64, casting="same_kind"), np.nan)
    endless = np.any(numbers == np.inf, axis=0)
    numbers = np.where(endless, 1.0, numbers)
    lowest = np.fmin.reduce(np.where(numbers > 0, numbers, np.inf), axis=0)
    highest = np.fmax.reduce(np.where(numbers > 0, numbers, 0.0), axis=0)
    rate = last - np.sum(weights * (numbers == 0), axis=0)  # how fast it falls towards 0
    safe = (lowest < np.inf) & (highest > 0)
    width = np.where(safe, np.sqrt(np.where(safe, highest, 1.0)) / np.sqrt(np.where(safe, lowest, 1.0)), 1.0)
    scale = np.where(safe, lowest, 1.0) * width  # R_-a(b; s z) is R_-a(b; z) / s**a
    numbers = numbers / scale
    start, end = -np.log(width) - 40 / np.where(rate > 0, rate, np.inf), np.log(width) + 40 / a
    total, count = 0.0 * start, np.max((end - start) / 0.5, initial=0.0)
    chunk = max(1, 100_000 // max(1, w.size))  # of points that are taken at once
    with np.errstate(invalid="ignore", divide="ignore"):
        for first in range(0, 10_000, chunk):
            if first > count:
                break
            u = start + 0.5 * np.arange(first, first + chunk).reshape(-1, *[1] * w.ndim)
            u = u[: min(chunk, 1 + round(float(count) - first + 0.5))]
            shifted = np.where(weights > 0, np.exp(u)[:, None] + numbers, 1.0)
            total = total + np.sum(np.exp(last * u - np.sum(weights * np.log(shifted), axis=1)), axis=0)
    value = 0.5 * total * math.exp(math.lgamma(a + last) - math.lgamma(a) - math.lgamma(last)) * scale**-a
    value = np.where(endless, 0.0, np.where((rate <= 0) & ~np.isnan(value), np.inf, value))
    return np.where(np.isnan(w + x + y + z), np.nan, value).astype(w.dtype)[()]
