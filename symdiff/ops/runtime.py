"""Functions that NumPy lacks. Where one occurs, its source is copied into the generated file."""

import numpy as np


def hypotenuse(a, b):  # type: ignore[no-untyped-def]
    """sqrt(a**2 + b**2), in the way of np.hypot only where a square overflows or vanishes."""
    with np.errstate(over="ignore"):
        s = a * a + b * b
    if s.size and s.min() > 1e-290 and s.max() < 1e300:
        return np.sqrt(s)
    return np.hypot(a, b)


def logistic(x):  # type: ignore[no-untyped-def]
    """1 / (1 + exp(-x)). Where the exponential overflows, this is 0, as it should be."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def cofactor(a):  # type: ignore[no-untyped-def]
    """Matrix of cofactors, the derivative of det(a). Uses the singular values, so that a may be singular."""
    u, s, vt = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return sign[..., None, None] * np.conj((u * np.prod(others, axis=-1)[..., None, :]) @ vt)


def cofactor_slope(a, h):  # type: ignore[no-untyped-def]
    """How cofactor(a) changes with a in the direction h. Uses the singular values, so that a may be singular."""
    u, s, vt = np.linalg.svd(a)
    n = s.shape[-1]
    eye = np.eye(n, dtype=bool)
    others = np.where(eye[:, None] | eye[None, :], 1.0, s[..., None, None, :])
    pairs = np.where(eye, 0.0, np.prod(others, axis=-1))  # products of all but two
    turned = np.conj(np.swapaxes(u, -1, -2)) @ h @ np.conj(np.swapaxes(vt, -1, -2))
    diagonal = np.diagonal(turned, axis1=-2, axis2=-1)
    slopes = eye * (pairs @ diagonal[..., None]) - pairs * np.swapaxes(turned, -1, -2)
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return sign[..., None, None] * (np.conj(u) @ slopes @ np.conj(vt))


def reciprocal_gaps(w):  # type: ignore[no-untyped-def]
    """1 / (w[j] - w[i]), and 0 on the diagonal; nan where two are equal."""
    gaps = w[..., None, :] - w[..., :, None]
    diagonal = np.eye(w.shape[-1], dtype=bool)
    reciprocals = 1 / np.where(gaps == 0, 1.0, gaps)
    return np.where(diagonal, 0.0, np.where(gaps == 0, np.nan, reciprocals))


def complex_eig(a):  # type: ignore[no-untyped-def]
    """Eigenvalues and eigenvectors, as complex numbers even where all of them are real."""
    w, v = np.linalg.eig(a)
    return w + 0j, v + 0j


def abs2(x):  # type: ignore[no-untyped-def]
    """Square of the absolute value."""
    return np.abs(x) ** 2


def recurrence(a, b, axis):  # type: ignore[no-untyped-def]
    """y[0] = b[0], y[t] = a[t] * y[t-1] + b[t], in log2(n) passes."""
    a, y = np.moveaxis(a, axis, 0).copy(), np.moveaxis(b, axis, 0).copy()
    step = 1
    while step < y.shape[0]:
        y[step:] += a[step:] * y[:-step]
        a[step:] *= a[:-step]
        step *= 2
    return np.moveaxis(y, 0, axis)


def divided_differences(w, f, slope):  # type: ignore[no-untyped-def]
    """(f[j] - f[i]) / (w[j] - w[i]); the mean slope where rounding hides the difference, as where w[j] is w[i]."""
    gap, rise = w[..., None, :] - w[..., :, None], f[..., None, :] - f[..., :, None]
    mean = (slope[..., None, :] + slope[..., :, None]) / 2
    with np.errstate(invalid="ignore"):
        apart = np.abs(rise - gap * mean) > 4 * np.finfo(f.dtype).eps * (np.abs(f[..., None, :]) + np.abs(f[..., :, None]))
    return np.where(apart, rise / np.where(apart, gap, 1), mean)


def separations(w, f, slope):  # type: ignore[no-untyped-def]
    """1 / (w[j] - w[i]), and 0 where divided differences take the slope."""
    gap, rise = w[..., None, :] - w[..., :, None], f[..., None, :] - f[..., :, None]
    mean = (slope[..., None, :] + slope[..., :, None]) / 2
    with np.errstate(invalid="ignore"):
        apart = np.abs(rise - gap * mean) > 4 * np.finfo(f.dtype).eps * (np.abs(f[..., None, :]) + np.abs(f[..., :, None]))
    return np.where(apart, 1 / np.where(apart, gap, 1), 0.0)


def second_differences(w, f, slope, curve):  # type: ignore[no-untyped-def]
    """(D[j, k] - D[i, j]) / (w[k] - w[i]) of the divided differences D of three values in ascending order; half of the
    mean second derivative where rounding hides the difference, as where all three are equal."""
    n, eps = w.shape[-1], np.finfo(f.dtype).eps
    order = np.argsort(w, axis=-1)
    place = np.argsort(order, axis=-1)
    w, f, slope, curve = (np.take_along_axis(x, order, axis=-1) for x in (w, f, slope, curve))
    gap, rise = w[..., None, :] - w[..., :, None], f[..., None, :] - f[..., :, None]
    mean, size = (slope[..., None, :] + slope[..., :, None]) / 2, np.abs(f[..., None, :]) + np.abs(f[..., :, None])
    bend = np.abs(gap * (curve[..., None, :] - curve[..., :, None])) / 12
    with np.errstate(invalid="ignore"):
        apart = np.abs(rise - gap * mean) > 4 * eps * size
        difference = np.where(apart, rise / np.where(apart, gap, 1), mean)
        error = np.where(apart, 4 * eps * size / np.where(apart, np.abs(gap), 1), bend + 4 * eps * np.abs(mean))
        i, j, k = np.sort(np.indices((n, n, n)).reshape(3, -1), axis=0)
        change, width = difference[..., j, k] - difference[..., i, j], gap[..., i, k]
        half = (curve[..., i] + curve[..., j] + curve[..., k]) / 6
        apart = np.abs(change - width * half) > error[..., i, j] + error[..., j, k]
        found = np.where(apart, change / np.where(apart, width, 1), half).reshape(*w.shape, n, n)
    for axis in (-3, -2, -1):
        shape = [*w.shape[:-1], 1, 1, 1]
        shape[axis] = n
        found = np.take_along_axis(found, place.reshape(shape), axis=axis)
    return found


def overlap_add(windows, axis):  # type: ignore[no-untyped-def]
    """Windows along axes, as sliding_window_view makes them, laid back and added up: its transpose."""
    for k in reversed(axis):
        count, length = windows.shape[k], windows.shape[-1]
        total = np.zeros((*windows.shape[:k], count + length - 1, *windows.shape[k + 1 : -1]), windows.dtype)
        along = np.moveaxis(total, k, 0)  # a view
        for start in range(length):
            along[start : start + count] += np.moveaxis(windows[..., start], k, 0)
        windows = total
    return windows


def real_sqrtm(a):  # type: ignore[no-untyped-def]
    """Principal square roots of matrices; nan where one of a real matrix is not real."""
    from scipy.linalg import sqrtm

    roots = [sqrtm(x) for x in a.reshape(-1, *a.shape[-2:]).astype(a.dtype if a.dtype.kind == "c" else float)]
    real = [np.where(np.any(np.imag(x) != 0), np.nan, np.real(x)) for x in roots]
    return np.array(roots if a.dtype.kind == "c" else real).reshape(a.shape).astype(a.dtype)


def real_logm(a):  # type: ignore[no-untyped-def]
    """Principal logarithms of matrices; nan where one of a real matrix is not real."""
    from scipy.linalg import logm

    roots = [logm(x) for x in a.reshape(-1, *a.shape[-2:]).astype(a.dtype if a.dtype.kind == "c" else float)]
    real = [np.where(np.any(np.imag(x) != 0), np.nan, np.real(x)) for x in roots]
    return np.array(roots if a.dtype.kind == "c" else real).reshape(a.shape).astype(a.dtype)
