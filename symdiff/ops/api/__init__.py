"""Functions with NumPy's signatures: arguments are normalised here, then rows are applied.

Composite functions (var is not one, ptp is) are written in terms of rows where that loses nothing. Importing this
package registers all of them in `symdiff.ops.table`.
"""

from symdiff.ops.api import creation, diagonals, einsum, joining, linalg, products, reductions, shapes
from symdiff.ops.api.assignment import write_all
from symdiff.ops.api.attributes import ATTRIBUTES, CONSTANTS, METHODS, attribute
from symdiff.ops.api.convert import asarray
from symdiff.ops.api.selection import getitem, plain_index, where
from symdiff.ops.api.shapes import reshape
from symdiff.ops.table import add_elementwise_rows

add_elementwise_rows()

__all__ = [
    "ATTRIBUTES", "CONSTANTS", "METHODS", "asarray", "attribute", "creation", "diagonals", "einsum", "getitem",
    "joining", "linalg", "plain_index", "products", "reductions", "reshape", "shapes", "where", "write_all",
]  # fmt: skip
