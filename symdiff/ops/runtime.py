"""Functions that NumPy lacks. Where one occurs, its source is copied into the generated file."""

import numpy as np


def cofactor(a):  # type: ignore[no-untyped-def]
    """Matrix of cofactors, the derivative of det(a). Uses the singular values, so that a may be singular."""
    u, s, vt = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return sign[..., None, None] * (u * np.prod(others, axis=-1)[..., None, :]) @ vt


def mantissa(x):  # type: ignore[no-untyped-def]
    """The first result of frexp."""
    return np.frexp(x)[0]


def exponent(x):  # type: ignore[no-untyped-def]
    """The second result of frexp."""
    return np.frexp(x)[1]
