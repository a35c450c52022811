"""NumPy's functions with their keywords, in dtypes, shapes and lengths beyond the usual: NumPy says what is right."""

import numpy as np
import pytest
from helpers import difference

import symdiff as sd

RNG = np.random.default_rng(7)
V, M, T = RNG.uniform(0.2, 0.9, 6), RNG.uniform(0.2, 0.9, (3, 4)), RNG.uniform(0.2, 0.9, (2, 3, 4))
MASK = M > 0.5
MASK[:, 0] = True
HOLES = np.where(M > 0.75, np.nan, M)
TIED = np.array([1.0, 3.0, 2.0, 3.0, 1.0, 2.0])

# what to call, on what
CALLS = {
    "sum_where": (lambda m: np.sum(m, axis=1, where=MASK, initial=2.0), M),
    "sum_dtype": (lambda m: np.sum(m, dtype=np.float32), M),
    "sum_keepdims": (lambda m: np.sum(m, axis=(0, -1), keepdims=True), T),
    "prod_where": (lambda m: np.prod(m, axis=0, where=MASK, initial=0.5), M),
    "mean_where": (lambda m: np.mean(m, axis=1, where=MASK), M),
    "var_where": (lambda m: np.var(m, axis=1, where=MASK, ddof=1), M),
    "std_where": (lambda m: np.std(m, axis=-1, where=MASK, keepdims=True), M),
    "var_correction": (lambda m: np.var(m, axis=0, correction=1), M),
    "std_mean": (lambda m: np.std(m, axis=0, mean=np.mean(m, axis=0, keepdims=True)), M),
    "max_where": (lambda m: np.max(m, axis=1, where=MASK, initial=0.0), M),
    "min_where": (lambda m: np.min(m, axis=1, where=MASK, initial=1.0), M),
    "exp_dtype": (lambda m: np.exp(m, dtype=np.float32), M),
    "sort_axis_none": (lambda m: np.sort(m, axis=None), M),
    "sort_axis_0": (lambda m: np.sort(m, axis=0), M),
    "sort_of_three_axes": (lambda t: np.sort(t, axis=1), T),
    "median_axes": (lambda t: np.median(t, axis=(0, 2), keepdims=True), T),
    "median_of_all": (lambda t: np.median(t), T),
    "quantile_axes": (lambda t: np.quantile(t, [0.2, 0.9], axis=(0, -1), keepdims=True), T),
    "quantile_of_all": (lambda m: np.quantile(m, 0.37), M),
    "quantile_matrix": (lambda t: np.quantile(t, [[0.2, 0.4], [0.9, 1.0]], axis=1), T),
    **{f"quantile_{method}": (lambda v, method=method: np.quantile(v, [0.0, 0.13, 0.5, 0.77, 1.0], method=method), V)
       for method in ("linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "lower",
                      "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf")},
    "percentile_inside": (lambda m: np.percentile(m, 20, axis=-1), M),
    "nanmedian": (lambda m: np.nanmedian(m, axis=0), HOLES), "nanmax": (lambda m: np.nanmax(m, axis=1), HOLES),
    "nanquantile": (lambda m: np.nanquantile(m, [0.2, 0.6], axis=1), HOLES), "nanpercentile": (lambda m: np.nanpercentile(m, 40, axis=0), HOLES),
    "nanvar": (lambda m: np.nanvar(m, axis=1), HOLES), "nanstd": (lambda m: np.nanstd(m), HOLES),
    "nansum": (lambda m: np.nansum(m, axis=0), HOLES), "nanprod": (lambda m: np.nanprod(m, axis=0), HOLES), "nanmean": (lambda m: np.nanmean(m), HOLES),
    "nancumsum": (lambda m: np.nancumsum(m, axis=1), HOLES), "nancumprod": (lambda m: np.nancumprod(m), HOLES),
    "convolve_same": (lambda v: np.convolve(v, [0.2, 0.5, 0.1, 0.7], "same"), V), "convolve_same_swapped": (lambda v: np.convolve([0.2, 0.5], v, "same"), V),
    "convolve_valid_swapped": (lambda v: np.convolve([0.2, 0.5, 1.0], v, "valid"), V),
    "correlate_same": (lambda v: np.correlate(v, [0.2, 0.5, 0.1, 0.7], "same"), V), "correlate_same_odd": (lambda v: np.correlate(v, [0.2, 0.5, 0.1], "same"), V),
    "correlate_same_swapped": (lambda v: np.correlate(np.array([0.2, 0.5, 0.4]), v, "same"), V), "correlate_same_swapped_even": (lambda v: np.correlate(np.array([0.2, 0.5]), v, "same"), V),
    "correlate_valid_swapped": (lambda v: np.correlate(np.array([0.2, 0.5, 1.0]), v), V), "correlate_full": (lambda v: np.correlate(v, v[:3], "full"), V),
    "gradient_spacing": (lambda m: np.gradient(m, 0.5, axis=1), M), "gradient_edges": (lambda v: np.gradient(v, edge_order=2), V),
    "gradient_coordinates": (lambda v: np.gradient(v, np.array([0.0, 1.0, 1.5, 3.0, 3.2, 4.0])), V),
    "gradient_of_all_axes": (lambda m: np.stack(np.gradient(m, 0.5, 2.0)), M),
    "trapezoid_axis": (lambda m: np.trapezoid(m, [0.0, 1.0, 3.0], axis=0), M), "trapezoid_dx": (lambda m: np.trapezoid(m, dx=0.3), M),
    "diff_twice": (lambda m: np.diff(m, 2, axis=0), M), "diff_between": (lambda m: np.diff(m, prepend=0.0, append=m[:, :1]), M),
    "ediff1d": (lambda v: np.ediff1d(v, to_begin=v[0], to_end=[1.0, 2.0]), V),
    "interp_outside": (lambda x: np.interp(x, [0.3, 0.5, 0.8], [1.0, 4.0, 2.0], left=0.0, right=3.0), V),
    "interp_period": (lambda x: np.interp(7 * x, [0.3, 5.5, 2.8], [1.0, 4.0, 2.0], period=6.0), V),
    "interp_at_points": (lambda f: np.interp(0.4, [0.3, 0.5, 0.8], f[:3]), V),
    "unwrap_period": (lambda v: np.unwrap(v * 40, period=5.0), V), "unwrap_axis": (lambda m: np.unwrap(m * 30, axis=0), M),
    **{f"pad_{mode}": (lambda m, mode=mode: np.pad(m, ((2, 1), (0, 3)), mode=mode), M)
       for mode in ("constant", "edge", "wrap", "reflect", "symmetric", "linear_ramp", "mean", "maximum", "minimum", "median")},
    "pad_values": (lambda m: np.pad(m, 1, constant_values=((1, 2), (3, 4))), M), "pad_ends": (lambda m: np.pad(m, (1, 2), "linear_ramp", end_values=(5, -4)), M),
    "pad_wide": (lambda v: np.pad(v, 9, "reflect"), V), "pad_stat": (lambda v: np.pad(v, 2, "mean", stat_length=2), V),
    "insert_one": (lambda m: np.insert(m, 1, m[0], axis=0), M), "insert_columns": (lambda m: np.insert(m, [1, 3], 2.0, axis=1), M),
    "insert_flat": (lambda m: np.insert(m, 5, 7.0), M), "delete_slice": (lambda m: np.delete(m, slice(1, 3), axis=1), M), "delete_negative": (lambda v: np.delete(v, -1), V),
    "rot90": (lambda m: np.rot90(m, 3), M), "rot90_back": (lambda t: np.rot90(t, -1, axes=(2, 1)), T), "rollaxis_back": (lambda t: np.rollaxis(t, 0, 3), T),
    "atleast_3d": (lambda v: np.atleast_3d(v), V), "block": (lambda m: np.block([[m, np.ones((3, 1))], [np.zeros((1, 5))]]), M),
    "array_split": (lambda v: np.concatenate(np.array_split(v, 4)[::-1]), V), "unstack": (lambda m: sum(np.unstack(m, axis=1)) if hasattr(np, "unstack") else m.sum(1), M),
    "meshgrid_ij": (lambda v: np.stack(np.meshgrid(v, v[:2], indexing="ij")), V), "resize_less": (lambda m: np.resize(m, (2, 3)), M),
    "windows": (lambda v: np.lib.stride_tricks.sliding_window_view(v, 3), V), "windows_of_two_axes": (lambda m: np.lib.stride_tricks.sliding_window_view(m, (2, 2)), M),
    "windows_along_axis": (lambda m: np.lib.stride_tricks.sliding_window_view(m, 2, axis=0), M),
    "take_wrap": (lambda v: np.take(v, [7, -8, 2], mode="wrap"), V), "take_clip": (lambda m: np.take(m, [[9, 0], [-3, 1]], axis=1, mode="clip"), M),
    "computed_rows": (lambda m: m[np.argsort(m[:, 0])], M), "computed_pairs": (lambda m: m[np.argmax(m, axis=0), np.arange(4)], M), "computed_between": (lambda t: t[:, np.argmin(t[0], axis=1) % 3, 1:], T),
    "maximum_accumulate": (lambda m: np.maximum.accumulate(m, axis=1), M), "minimum_accumulate": (lambda v: np.minimum.accumulate(v), V),
    "add_reduce": (lambda m: np.add.reduce(m), M), "logaddexp_reduce": (lambda m: np.logaddexp.reduce(m, axis=1), M), "hypot_accumulate": (lambda v: np.hypot.accumulate(v), V),
    "subtract_outer": (lambda v: np.subtract.outer(v, v[:2]), V), "multiply_accumulate": (lambda m: np.multiply.accumulate(m, axis=0), M),
    "average_weights": (lambda m: np.average(m, axis=0, weights=[1.0, 2.0, 3.0]), M), "cov_two": (lambda v: np.cov(v, v**2), V), "cov_columns": (lambda m: np.cov(m, rowvar=False, bias=True), M),
    "cov_weights": (lambda m: np.cov(m, fweights=[1, 2, 1, 3], aweights=[0.1, 0.5, 0.2, 0.9]), M), "corrcoef_two": (lambda v: np.corrcoef(v, np.sin(v)), V),
    "tri_of_vector": (lambda v: np.triu(v, 1), V), "trace_offset": (lambda t: np.trace(t, 1, axis1=1, axis2=2), T), "diagonal_offset": (lambda m: np.diagonal(m, 1), M),
    "polyint_constants": (lambda v: np.polyint(v, 2, [3.0, 4.0]), V), "polyder_twice": (lambda v: np.polyder(v, 2), V), "polyadd": (lambda v: np.polyadd(v, v[:2]), V), "poly": (lambda v: np.poly(v), V),
    "modf": (lambda v: np.modf(3 * v)[0], V), "divmod": (lambda v: divmod(5 * v, 0.7)[1] if isinstance(v, np.ndarray) else np.divmod(5 * v, 0.7)[1], V),
    "frexp": (lambda v: np.frexp(5 * v)[0], V), "float_power": (lambda v: np.float_power(v, 3), V),
    "choose_clip": (lambda v: np.choose(np.array([0, 5, 1, -2, 1, 0]), [v, v**2], mode="clip"), V), "choose_wrap": (lambda v: np.choose(np.array([0, 5, 1, -2, 1, 0]), [v, v**2], mode="wrap"), V),
    "reshape_fortran": (lambda m: np.reshape(m, (4, 3), order="F"), M), "ravel_fortran": (lambda m: np.ravel(m, order="F"), M),
    "linspace_open": (lambda v: np.linspace(v[0], v[1], 5, endpoint=False), V), "nan_to_num": (lambda m: np.nan_to_num(m, nan=2.0), HOLES),
    "apply_matrix": (lambda t: np.apply_along_axis(lambda r: np.outer(r, r), 1, t), T), "cumulative_initial": (lambda m: np.cumulative_sum(m, axis=0, include_initial=True) if hasattr(np, "cumulative_sum") else m, M),
    "scalar_sort": (lambda v: np.sort(v[:1]), V), "lone_median": (lambda v: np.median(v[:1]), V), "mean_of_a_number": (lambda v: np.mean(v[0]), V),
}  # fmt: skip


def traced(call, x, names=None):
    """The function as symdiff compiles it, with lengths by name where `names` are given."""
    return sd.function(call, x=sd.spec(names if names else x.shape, dtype=x.dtype.name))


def with_x(call):
    return lambda x: call(x)


every_call = pytest.mark.parametrize("name", CALLS)


@every_call
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_and_dtypes_are_numpys(name):
    call, x = CALLS[name]
    for array in (x, x.astype(np.float32)):
        expected = call(array)
        result = traced(with_x(call), array)(array)
        assert np.shape(result) == np.shape(expected)
        assert np.asarray(result).dtype == np.asarray(expected).dtype
        tight = array.dtype == np.float64 and np.asarray(expected).dtype == np.float64
        np.testing.assert_allclose(result, expected, rtol=1e-12 if tight else 2e-5, atol=1e-14 if tight else 1e-5)


@every_call
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_gradients_are_those_of_finite_differences(name):
    call, x = CALLS[name]
    weights = np.cos(1.0 + np.arange(np.size(call(x)))).reshape(np.shape(call(x)))

    def loss(x):
        return np.sum(call(x) * weights)

    direction = np.where(np.isnan(x), 0.0, np.random.default_rng(3).normal(size=x.shape))
    found = sd.grad(traced(loss, x))(x)
    wide = name in ("sum_dtype", "exp_dtype")  # NumPy's float32 cannot be differenced
    slope = difference(loss, (x,), 0, direction, h=1e-5 if not wide else 2e-2)
    assert np.sum(found * direction) == pytest.approx(
        slope, rel=1e-6 if not wide else 1e-3, abs=1e-7 if not wide else 1e-4
    )


SYMBOLIC = ("sort_axis_0", "median_axes", "quantile_axes", "quantile_linear", "quantile_hazen", "quantile_lower", "percentile_inside",
            "gradient_edges", "gradient_spacing", "trapezoid_dx", "diff_twice", "convolve_same", "convolve_same_swapped", "correlate_same",
            "pad_constant", "pad_edge", "pad_mean", "windows", "windows_of_two_axes", "windows_along_axis", "maximum_accumulate", "minimum_accumulate", "add_reduce", "subtract_outer", "cov_two", "cov_columns",
            "corrcoef_two", "rot90", "rollaxis_back", "interp_outside", "unwrap_axis", "computed_rows", "computed_between", "nanmedian",
            "nanquantile", "nanstd", "nancumsum", "take_wrap", "take_clip", "meshgrid_ij", "atleast_3d", "ravel_fortran", "median_of_all")  # fmt: skip


@pytest.mark.parametrize("name", SYMBOLIC)
def test_lengths_may_be_names(name):
    """One compile serves all lengths: the result is that of known lengths, and so is the gradient."""
    call, x = CALLS[name]
    lengths = " ".join("abc"[: x.ndim])
    np.testing.assert_allclose(traced(with_x(call), x, lengths)(x), call(x), rtol=1e-12, atol=1e-14)

    def loss(x):
        return np.sum(call(x) ** 2)

    np.testing.assert_allclose(
        sd.grad(traced(loss, x, lengths))(x), sd.grad(traced(loss, x))(x), rtol=1e-11, atol=1e-12
    )


EMPTY = {
    "sort": lambda x: np.sort(x), "cumsum": lambda x: np.cumsum(x), "diff": lambda x: np.diff(x), "nansum": lambda x: np.nansum(x),
    "interp": lambda x: np.interp(x, [0.0, 1.0], [2.0, 3.0]), "pad": lambda x: np.pad(x, 2), "append": lambda x: np.append(x, x),
    "roll": lambda x: np.roll(x, 1), "select": lambda x: np.select([x > 0], [x]), "take": lambda x: np.take(x, []),
    "trapezoid": lambda x: np.trapezoid(x), "unwrap": lambda x: np.nan_to_num(x), "searchsorted": lambda x: np.searchsorted([0.0, 1.0], x),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_arrays_without_elements(name):
    x = np.zeros(0)
    expected = EMPTY[name](x)
    result = traced(EMPTY[name], x)(x)
    assert np.shape(result) == np.shape(expected)
    assert np.asarray(result).dtype == np.asarray(expected).dtype
    if np.asarray(expected).dtype.kind == "f":
        assert sd.grad(traced(lambda x: np.sum(EMPTY[name](x)), x))(x).shape == (0,)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: np.median(x), [0, 0, 0.5, 0, 0, 0.5]),
        (lambda x: np.median(x[:5]), [0, 0, 1, 0, 0, 0]),
        (lambda x: np.sort(x)[-1], [0, 0, 0, 1, 0, 0]),
        (lambda x: np.quantile(x, 1.0), [0, 0, 0, 1, 0, 0]),
        (lambda x: np.nanmax(x), [0, 0.5, 0, 0.5, 0, 0]),
        (lambda x: np.maximum.accumulate(x)[-1], [0, 0, 0, 1, 0, 0]),
    ],
    ids=["median", "median_of_five", "sort", "quantile", "nanmax", "running_max"],
)
def test_ties(call, expected):
    """max and median share among equal elements; sort and quantile keep their order; of running extrema the latest counts."""
    np.testing.assert_array_equal(sd.grad(traced(call, TIED))(TIED), expected)


def test_the_slope_of_a_broken_line_at_its_points():
    slope = sd.grad(sd.function("interp(x, xp, fp)", x="", xp=3, fp=3), "x")
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])
    assert [slope(at, xp, fp) for at in (-0.5, 0.0, 0.5, 1.0, 3.0, 3.5)] == [0.0, 2.0, 2.0, 0.5, 0.5, 0.0]


def test_quantiles_are_differentiated_by_their_level():
    slope = sd.grad(sd.function("quantile(x, q)", x=4, q=""), "q")
    assert slope(np.array([1.0, 2.0, 4.0, 8.0]), 0.5) == pytest.approx(3 * 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "sum(pad(x, 10**9, 'reflect'))", "sum(pad(x, 10**9, 'linear_ramp'))", "sum(sliding_window_view(y, 10**9))", "sum(vander(x, 10**9))",
        "sum(insert(x, 1, y))", "sum(choose(argmax(x), y))", "sum(delete(y, 1))", "sum(unstack(y)[0])", "sum(poly(y))", "sum(polyval(y, x))",
        "sum(lexsort(y))", "sum(array_split(y, 10**9)[0])",
    ],
)  # fmt: skip
def test_nothing_large_is_allocated(text):
    """Lengths are numbers until the code runs: what would have to be spelt out is refused."""
    with pytest.raises(sd.errors.LimitError):
        sd.grad(text, "x", x=3, y=10**12)


def test_max_of_a_part_needs_a_value_for_nothing():
    with pytest.raises(sd.errors.ArgumentError, match="no elements"):
        sd.grad(lambda x: np.max(x, where=x > 0))(V)
