"""All of the vocabulary: importing this module fills the registry, and front ends find here what they build with."""

import numpy as np

from symdiff.ops import embedding, neural, special_bessel, special_elliptic, special_errors, special_gamma
from symdiff.ops.api import (
    arranging,
    calculus,
    creation,
    diagonals,
    distributions,
    edges,
    einsum,
    fft,
    joining,
    linalg,
    norms,
    order,
    pieces,
    products,
    reductions,
    scipy_linalg,
    shapes,
    special,
    special_degrees,
    statistics,
)  # fmt: skip
from symdiff.ops.api.assignment import write_all
from symdiff.ops.api.attributes import ATTRIBUTES, CONSTANTS, attribute
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.selection import getitem, plain_index, where
from symdiff.ops.api.shapes import reshape
from symdiff.ops.api.ufuncs import call_method
from symdiff.ops.table import METHODS, add_elementwise_rows, also

add_elementwise_rows()
for _name, _others in {
    "max": ("amax",), "min": ("amin",), "round": ("around",), "vstack": ("row_stack",), "trapezoid": ("trapz",), "isin": ("in1d",),
}.items():  # fmt: skip
    also(_name, *(np.__dict__.get(other) for other in _others))

__all__ = [
    "ATTRIBUTES", "CONSTANTS", "METHODS", "arranging", "asarray", "attribute", "calculus", "call_method", "creation", "diagonals", "distributions",
    "edges", "einsum", "embedding", "fft", "getitem", "joining", "linalg", "neural", "norms", "order", "pieces", "plain_index", "products", "reductions",
    "reshape", "scipy_linalg", "shapes", "special", "special_bessel", "special_degrees", "special_elliptic",
    "special_errors", "special_gamma", "statistics", "where", "write_all",
]  # fmt: skip
