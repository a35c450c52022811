"""NumPy's names that the vocabulary has no meaning for, and why: errors and the table of coverage read it."""

from __future__ import annotations

from typing import Any

# Not functions of arrays of numbers: they run as they are, and what they return is a constant to the graph.
CONSTANT = {
    "takes no arrays: its result is a constant": """
        array asarray_chkfinite asanyarray ascontiguousarray asfortranarray identity tri empty bartlett blackman hamming
        hanning kaiser diag_indices tril_indices triu_indices indices mask_indices fromfunction frompyfunc fromiter
        frombuffer fromstring fromregex fftfreq rfftfreq
    """,
    "says something about dtypes, shapes or objects": """
        broadcast_shapes can_cast promote_types result_type min_scalar_type mintypecode issubdtype isdtype typename
        isscalar iterable common_type isfortran may_share_memory shares_memory einsum_path nested_iters
    """,
}  # fmt: skip

WHY: dict[str, str] = {
    "the length of the result depends on values": """
        flatnonzero nonzero unique unique_all unique_counts unique_inverse unique_values union1d intersect1d
        setdiff1d setxor1d trim_zeros
    """,
    "the length of the result depends on values; write np.sum(x[condition]) and the like, or np.argmax(condition) for the "
    "first of them": "argwhere",
    "counts elements: the result is piecewise constant, and its bins depend on values": """
        histogram2d histogramdd histogram_bin_edges
    """,
    "changes what an array is, in place": "ndarray.resize ndarray.setfield ndarray.setflags ndarray.byteswap",
    "reads, writes or prints": """
        array2string array_repr array_str base_repr binary_repr format_float_positional format_float_scientific
        fromfile genfromtxt info load loadtxt save savetxt savez savez_compressed show_config show_runtime get_include
        ndarray.dump ndarray.dumps ndarray.tobytes ndarray.tofile ndarray.tostring
    """,
    "settings and tools of NumPy itself": """
        get_printoptions getbufsize geterr geterrcall printoptions set_printoptions setbufsize seterr seterrcall test
    """,
    "integers, bits, dates or text, which have no derivatives": """
        bitwise_count gcd lcm packbits unpackbits busday_count busday_offset is_busday datetime_as_string datetime_data
        isnat ravel_multi_index unravel_index tril_indices_from triu_indices_from diag_indices_from
    """,
    "the distance to the next float has no derivative": "nextafter spacing",
    "a conversion that a symbolic value has no meaning for": """
        asmatrix bmat from_dlpack require empty_like ndarray.to_device ndarray.getfield
    """,
    "memory layout, which a symbolic value has none of": """
        ndarray.base ndarray.ctypes ndarray.data ndarray.device ndarray.flags ndarray.itemsize
        ndarray.nbytes
    """,
    "memory layout, which a symbolic value has none of; write np.lib.stride_tricks.sliding_window_view(x, n)": """
        ndarray.strides
    """,
    "its derivatives are not there yet; write np.linalg.eigvals of the companion matrix": "roots",
    "it is least squares; write solve(V.T @ V, V.T @ y) with V = vander(x, deg + 1)": "polyfit",
    "how many coefficients are left depends on values": "polydiv",
    "it sorts complex numbers by a rule of its own; write np.sort(x)": "sort_complex",
    "NumPy converts the value before it asks what it is; write np.ones(shape) * x": "full",
    "NumPy converts the value before it asks what it is; a symbolic value is an array already": "asarray",
}  # fmt: skip


def _by_name(table: dict[str, str]) -> dict[str, str]:
    return {name: why for why, names in table.items() for name in names.split()}


CONSTANTS, REASONS = _by_name(CONSTANT), _by_name(WHY)


def why_not(function: Any) -> str:
    """The reason for which a NumPy function is not supported, and behind a semicolon what to write; "" if none is listed."""
    space = str(getattr(function, "__module__", "")).removeprefix("numpy").removeprefix(".")
    name = str(getattr(function, "__name__", function))
    return REASONS.get(f"{space}.{name}" if space in ("linalg", "fft") else name, "")


def what_instead(attribute: str) -> str:
    """What to write instead of an attribute of NumPy's arrays that is not supported; "" if nothing is listed."""
    return REASONS.get(f"ndarray.{attribute}", "").partition("; ")[2]
