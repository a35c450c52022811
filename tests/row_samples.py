"""What the generic suites know of rows: exceptions by name, directions in which a row may be moved."""

import numpy as np

import symdiff.ops.vocabulary  # noqa: F401 (fills the registry)
from symdiff.graph.node import variable
from symdiff.graph.op import OPS, Undefined

UNDEFINED = {"svd_full"}  # rows that refuse to be differentiated
BY_EQUATION = {"implicit"}  # rows whose derivative is that of an equation, not of what they copy: test_solving.py
OF_ITS_TYPES = {"custom"}  # its body and its rules were traced for the types of the operands: test_custom_gradient.py
NOT_COMPLEX = {
    "maximum",
    "minimum",
    "first_max",
    "first_min",
    "fmax",
    "fmin",
    "clip",
}  # rows without a derivative on complex numbers
OF_SCIPY = {op.name for op in OPS.values() if str(op.fn).startswith("scipy.special")} - {"lambertw", "wofz"}
WITHOUT_HALVES = (
    OF_SCIPY
    | {"mills", "ellipem1", "pseudo_huber_loss", "slope_of_hyperbola"}
    | {
        op.name
        for op in OPS.values()
        if op.name.split("_")[0] in ("bessel", "dawson", "dirichlet", "gammainc", "betainc")
    }
)  # no float16
REAL_ONLY = WITHOUT_HALVES | {"reciprocal", "sigmoid", "sign_product", "relu"}
ONCE = {  # inputs by which a row is differentiated once, and not again: the derivative is a series
    "bessel_order": (0,),
    **dict.fromkeys(("gammainc", "gammaincc", "gammaincinv", "gammainccinv"), (0,)),
    **dict.fromkeys(("stdtr", "stdtrit"), (0,)),
    **dict.fromkeys(("betainc", "betaincc", "betaincinv", "betainccinv"), (0, 1)),
}
SYMMETRIC = {"cholesky", "definite_inverse", "eigh"}  # rows that read their argument as a symmetric matrix


FREE_PHASE = {"eigh": {1}, "eig": {1}, "svd": {0, 2}}  # parts that are complex vectors, whose phase is free


def narrow(arrays):
    return tuple(a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays)


def direction_for(op, shape, rng):
    d = rng.normal(size=shape)
    return (d + np.swapaxes(d, -1, -2)) / 2 if op.name in SYMMETRIC else d


def moves(op, node):
    """The inputs of an elementwise node that may be differentiated by: for some rows, not by all."""
    if op.family != "elementwise":
        return tuple(range(len(node.inputs)))
    g = variable("g", node.aval)
    return tuple(k for k in range(len(node.inputs)) if not isinstance(op.bprop(k, g, node), Undefined))
