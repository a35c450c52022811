"""What the generic suites know of rows: exceptions by name, directions in which a row may be moved."""

import numpy as np

UNDEFINED = {"svd_full"}  # rows that refuse to be differentiated
BY_EQUATION = {"implicit"}  # rows whose derivative is that of an equation, not of what they copy: test_solving.py
OF_ITS_TYPES = {"custom"}  # its body and its rules were traced for the types of the operands: test_custom_gradient.py
NOT_COMPLEX = {"maximum", "minimum", "fmax", "fmin", "clip"}  # rows without a derivative on complex numbers
REAL_ONLY = {
    "reciprocal",
    "sigmoid",
    "sign_product",
    "relu",
    "erf",
    "erfc",
    "erfcx",
    "log_ndtr",
    "mills",
    "gammaln",
    "digamma",
    "polygamma",
    "gamma",
    "betaln",
    "xlogy",
}
SYMMETRIC = {"cholesky", "eigh"}  # rows that read their argument as a symmetric matrix


FREE_PHASE = {"eigh": {1}, "eig": {1}, "svd": {0, 2}}  # parts that are complex vectors, whose phase is free


def narrow(arrays):
    return tuple(a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays)


def direction_for(op, shape, rng):
    d = rng.normal(size=shape)
    return (d + np.swapaxes(d, -1, -2)) / 2 if op.name in SYMMETRIC else d
