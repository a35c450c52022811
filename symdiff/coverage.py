"""What of NumPy is supported: every public callable of numpy, numpy.linalg, numpy.fft and every member of arrays.

A name is supported if the vocabulary has a meaning for it. Whether a supported one has a derivative, and why the others
are not supported, are data here; the test suite measures the first and refuses a name without a class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from symdiff.ops.api import ATTRIBUTES, METHODS
from symdiff.ops.table import BY_NUMPY

SPACES: dict[str, Any] = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "ndarray": np.ndarray}
DIFFERENTIABLE, NO_DERIVATIVE, NOT_SUPPORTED = "differentiable", "no derivative", "not supported"

# Supported, and there is nothing to differentiate: integers, positions, conditions, lengths.
WITHOUT_DERIVATIVE = frozenset("""
    all any argmax argmin nanargmax nanargmin argsort argpartition lexsort searchsorted digitize count_nonzero
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not logical_xor
    isnan isinf isfinite isposinf isneginf isreal iscomplex isrealobj iscomplexobj isclose allclose array_equal array_equiv
    isin signbit bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_invert invert left_shift right_shift
    bitwise_left_shift bitwise_right_shift shape ndim size dtype eye arange zeros ones zeros_like ones_like ix_
""".split())

# Not functions of arrays of numbers: they run as they are, and what they return is a constant to the graph.
CONSTANT = {
    "takes no arrays: its result is a constant": """
        array asarray_chkfinite asanyarray ascontiguousarray asfortranarray identity tri empty bartlett blackman hamming
        hanning kaiser diag_indices tril_indices triu_indices indices mask_indices fromfunction frompyfunc fromiter
        frombuffer fromstring fromregex fftfreq rfftfreq
    """,
    "says something about dtypes, shapes or objects": """
        broadcast_shapes can_cast promote_types result_type min_scalar_type mintypecode issubdtype isdtype typename isscalar
        iterable common_type isfortran may_share_memory shares_memory einsum_path nested_iters
    """,
}  # fmt: skip

WHY: dict[str, str] = {
    "the length of the result depends on values": """
        argwhere flatnonzero nonzero unique unique_all unique_counts unique_inverse unique_values union1d intersect1d
        setdiff1d setxor1d trim_zeros
    """,
    "counts elements: the result is piecewise constant, and its bins depend on values": """
        bincount histogram histogram2d histogramdd histogram_bin_edges
    """,
    "changes an array in place; write where(mask, a, x), or build the array from its parts": """
        copyto fill_diagonal place put put_along_axis putmask ndarray.fill ndarray.partition ndarray.put ndarray.resize
        ndarray.setfield ndarray.setflags ndarray.sort ndarray.byteswap
    """,
    "reads, writes or prints": """
        array2string array_repr array_str base_repr binary_repr format_float_positional format_float_scientific fromfile
        genfromtxt info load loadtxt save savetxt savez savez_compressed show_config show_runtime get_include
        ndarray.dump ndarray.dumps ndarray.tobytes ndarray.tofile
    """,
    "settings and tools of NumPy itself": """
        get_printoptions getbufsize geterr geterrcall printoptions set_printoptions setbufsize seterr seterrcall test
    """,
    "integers, bits, dates or text, which have no derivatives": """
        bitwise_count gcd lcm packbits unpackbits busday_count busday_offset is_busday datetime_as_string datetime_data isnat
        ravel_multi_index unravel_index tril_indices_from triu_indices_from diag_indices_from
    """,
    "the distance to the next float has no derivative": "nextafter spacing",
    "a conversion that a symbolic value has no meaning for": """
        asmatrix bmat from_dlpack require empty_like ndarray.item ndarray.tolist ndarray.to_device ndarray.getfield ndarray.view
    """,
    "memory layout, which a symbolic value has none of": """
        ndarray.base ndarray.ctypes ndarray.data ndarray.device ndarray.flags ndarray.flat ndarray.itemsize ndarray.nbytes
        ndarray.strides
    """,
    "the length of the result depends on values; write np.compress(mask, x) with a mask that is known": "ndarray.compress",
    "the length of the result depends on values; write where(condition, a, b)": "ndarray.nonzero",
    "needs eigenvalues of a matrix that is not symmetric": "roots linalg.eig linalg.eigvals",
    "least squares: write solve(V.T @ V, V.T @ y) with V = vander(x, deg + 1)": "polyfit",
    "how many coefficients are left depends on values": "polydiv",
    "sorts complex numbers by a rule of its own; write sort(x)": "sort_complex",
    "the rank is an integer that depends on a tolerance": "linalg.matrix_rank",
    "NumPy converts the value before it asks what it is; write np.ones(shape) * x": "full",
    "NumPy converts the value before it asks what it is; a symbolic value is an array already": "asarray",
    "not there yet": """
        linalg.cond linalg.cross linalg.diagonal linalg.lstsq linalg.matmul linalg.matrix_norm linalg.matrix_transpose
        linalg.multi_dot linalg.outer linalg.qr linalg.svd linalg.tensordot linalg.tensorinv linalg.tensorsolve linalg.trace
        linalg.vecdot linalg.vector_norm
        fft.fft fft.fft2 fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.ihfft fft.irfft
        fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn
    """,
}  # fmt: skip


class Coverage(NamedTuple):
    """What becomes of one public name of NumPy."""

    space: str
    name: str
    kind: str
    why: str = ""


def _by_name(table: dict[str, str]) -> dict[str, str]:
    return {name: why for why, names in table.items() for name in names.split()}


def public_names() -> Iterator[tuple[str, str]]:
    """Every public callable of the namespaces, and every member of arrays; exceptions and types are no functions."""
    for space, owner in SPACES.items():
        for name in sorted(dir(owner)):
            thing = getattr(owner, name, None)
            if not name.startswith("_") and (space == "ndarray" or (callable(thing) and not isinstance(thing, type))):
                yield space, name


def is_supported(space: str, name: str) -> bool:
    """Whether the vocabulary has a meaning for it."""
    if space == "ndarray":
        return name in METHODS or name in ATTRIBUTES
    return getattr(SPACES[space], name) in BY_NUMPY


def coverage() -> list[Coverage]:
    """The class of every public name; the reason is empty for a name that nobody has classified."""
    constant, reasons = _by_name(CONSTANT), _by_name(WHY)
    rows = []
    for space, name in public_names():
        key = name if space == "numpy" else f"{space.removeprefix('numpy.')}.{name}"
        if is_supported(space, name) and key not in reasons:
            rows.append(Coverage(space, name, NO_DERIVATIVE if name in WITHOUT_DERIVATIVE else DIFFERENTIABLE))
        elif name in constant:
            rows.append(Coverage(space, name, NO_DERIVATIVE, constant[name]))
        else:
            rows.append(Coverage(space, name, NOT_SUPPORTED, reasons.get(key) or (reasons.get(name, "") if space != "ndarray" else "")))
    return rows


def coverage_table() -> str:
    """The classes as text: how many there are of each, then one line per name."""
    rows = coverage()
    counts = Counter(row.kind for row in rows)
    head = [f"{kind}: {counts[kind]} of {len(rows)} ({100 * counts[kind] / len(rows):.0f} %)" for kind in (DIFFERENTIABLE, NO_DERIVATIVE, NOT_SUPPORTED)]
    width = max(len(f"{row.space}.{row.name}") for row in rows)
    lines = [f"{f'{row.space}.{row.name}'.ljust(width)}  {row.kind}{': ' + row.why if row.why else ''}" for row in rows]
    return "\n".join([*head, "", *lines]) + "\n"
