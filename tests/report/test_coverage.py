"""Coverage of NumPy, measured: every public name has a class, and what is called differentiable is differentiated."""

import warnings
import zlib

import numpy as np
import pytest
from helpers import compiled, difference, gradient

from symdiff.errors import SymdiffError
from symdiff.frontends.tracing.trace import Symbol
from symdiff.graph.aval import Aval
from symdiff.graph.node import Node, as_node, variable
from symdiff.graph.walk import toposort
from symdiff.ops.unsupported import CONSTANT, WHY
from symdiff.report.coverage import (
    DIFFERENTIABLE,
    NO_DERIVATIVE,
    NOT_SUPPORTED,
    coverage,
    coverage_table,
)

ROWS = coverage()
RNG = np.random.default_rng(12)
V, W, U = RNG.uniform(0.2, 0.9, 5), RNG.uniform(1.1, 1.9, 5), RNG.uniform(0.2, 0.9, 3)
M, N, SQ = RNG.uniform(0.2, 0.9, (3, 5)), RNG.uniform(0.2, 0.9, (3, 5)), RNG.normal(size=(3, 3)) + 3 * np.eye(3)
T = RNG.uniform(0.2, 0.9, (2, 3, 4))
CUBE = RNG.normal(size=(2, 3, 2, 3)).reshape(2, 3, 6) + np.eye(6).reshape(2, 3, 6)
SYM = SQ @ SQ.T
GAPS = np.array([0.3, np.nan, 0.7, 0.1, np.nan, 0.9])
XP = np.array([0.0, 0.3, 0.5, 0.8, 1.0])


def after(change, x, *args):
    """The array that a function has changed in place."""
    y = x.copy()
    change(y, *args)
    return y


# How a function is called: f(np's function, *arrays); all arrays of floats are differentiated by.
CALLS = {
    "apply_along_axis": (lambda f, m: f(lambda r: np.sum(r**2) * r, 1, m), M),
    "apply_over_axes": (lambda f, m: f(np.sum, m, [0, 1]), M),
    "arccosh": (lambda f, x: f(x), W), "acosh": (lambda f, x: f(x), W),
    "argpartition": (lambda f, x: np.sort(f(x, 2)[:3]), V),
    "append": (lambda f, x, y: f(x, y), V, U),
    "array_split": (lambda f, x: f(x, 2), V),
    "average": (lambda f, m, w: f(m, axis=1, weights=w), M, W),
    "block": (lambda f, a, b: f([[a, b], [b, a]]), M, N),
    "broadcast_to": (lambda f, x: f(x, (2, 5)), V),
    "choose": (lambda f, a, b: f(np.array([0, 1, 1, 0, 1]), [a, b]), V, W),
    "clip": (lambda f, x: f(x, 0.3, 0.7), V),
    "copyto": (lambda f, x, y: after(f, x, y), V, W), "fill_diagonal": (lambda f, a, x: after(f, a, x), SQ, np.float64(0.7)),
    "put": (lambda f, x, y: after(f, x, [3, 0, 1], y), V, U), "putmask": (lambda f, x, y: after(f, x, x > 0.5, y), V, W),
    "place": (lambda f, x, y: after(f, x, x > 0.5, y[:1]), V, W),
    "put_along_axis": (lambda f, m, u: after(f, m, np.array([[1], [0], [4]]), u[:, None], 1), M, U),
    "ndarray.fill": (lambda f, m, u: after(f, m, u[0]), M, U), "ndarray.sort": (lambda f, m: after(f, m, 0), M), "ndarray.partition": (lambda f, m: after(f, m, 2, 0), M), "ndarray.put": (lambda f, x, y: after(f, x, [3, 0, 1], y), V, U),
    "ndarray.flat": (lambda f, m: f(m)[3:7], M), "ndarray.item": (lambda f, m: f(m, 3), M),
    "ndarray.nonzero": (lambda f, x: np.sum(x[f(x)] ** 2), V),
    "compress": (lambda f, x: f([True, False, True, False, True], x), V),
    "extract": (lambda f, x: f([True, False, True, False, True], x), V),
    "concatenate": (lambda f, x, y: f((x, y)), V, U), "concat": (lambda f, x, y: f((x, y)), V, U),
    "cross": (lambda f, x, y: f(x, y), U, U[::-1].copy()),
    "delete": (lambda f, x: f(x, [1, 3]), V),
    "einsum": (lambda f, a, b: f("ij,...j->i...", a, b), M, V),
    "expand_dims": (lambda f, x: f(x, 1), V),
    "full": (lambda f, x: f((2, 3), x), np.float64(0.7)),
    "full_like": (lambda f, x: f(np.ones((2, 3)), x) if not isinstance(x, Symbol) else f(Symbol(as_node(np.ones((2, 3)))), x), np.float64(0.7)),
    "gradient": (lambda f, x, t: f(x, np.cumsum(t), edge_order=2), V, W),
    "hsplit": (lambda f, m: f(m, [2]), M), "vsplit": (lambda f, m: f(m, 3), M), "dsplit": (lambda f, t: f(t, 2), T),
    "split": (lambda f, x: f(x, [2]), V),
    "insert": (lambda f, x, y: f(x, [1, 3], y), V, U[:2]),
    "interp": (lambda f, x, xp, fp: f(x, xp, fp, right=2.0), np.array([-0.1, 0.35, 0.62, 1.2]), XP, V),
    "ldexp": (lambda f, x: f(x, np.array([1, 2, -1, 0, 3])), V),
    "linspace": (lambda f, a, b: f(a, b, 4), np.float64(0.2), np.float64(1.7)),
    "logspace": (lambda f, a, b: f(a, b, 4), np.float64(0.2), np.float64(1.7)),
    "geomspace": (lambda f, a, b: f(a, b, 4), np.float64(0.2), np.float64(1.7)),
    "meshgrid": (lambda f, x, y: f(x, y), V, U),
    "moveaxis": (lambda f, t: f(t, 0, -1), T), "rollaxis": (lambda f, t: f(t, 2), T), "swapaxes": (lambda f, t: f(t, 0, 2), T),
    "pad": (lambda f, m: f(m, ((1, 2), (2, 1)), mode="reflect"), M),
    "partition": (lambda f, x: np.sort(f(x, 2)[:3]), V),
    "percentile": (lambda f, x, q: f(x, q), V, np.array([31.0, 62.0])), "nanpercentile": (lambda f, q: f(GAPS + 0 * q[0], q), np.array([31.0, 62.0])),
    "quantile": (lambda f, m, q: f(m, q, axis=1), M, np.array([0.31, 0.62])), "nanquantile": (lambda f, q: f(GAPS + 0 * q[0], q), np.array([0.31, 0.62])),
    "piecewise": (lambda f, x: f(x, [x < 0.4, x > 0.7], [np.sin, 2.0, lambda t: t**2]), V),
    "polyval": (lambda f, p, x: f(p, x), U, V),
    "repeat": (lambda f, x: f(x, 3), V), "tile": (lambda f, x: f(x, (2, 2)), V),
    "reshape": (lambda f, m: f(m, (5, 3)), M), "resize": (lambda f, m: f(m, (4, 4)), M),
    "roll": (lambda f, m: f(m, 2, axis=1), M),
    "select": (lambda f, x: f([x < 0.4, x < 0.7], [x**2, np.sin(x)], default=1.0), V),
    "squeeze": (lambda f, m: f(m[:, :1]), M),
    "stack": (lambda f, x, y: f([x, y], axis=1), V, W), "hstack": (lambda f, x, y: f([x, y]), V, W),
    "vstack": (lambda f, x, y: f([x, y]), V, W), "dstack": (lambda f, x, y: f([x, y]), V, W), "column_stack": (lambda f, x, y: f([x, y]), V, W),
    "take": (lambda f, m: f(m, [2, 0, 0], axis=1), M),
    "take_along_axis": (lambda f, m: f(m, np.argsort(m, axis=1)[:, :2], axis=1), M),
    "tensordot": (lambda f, a, b: f(a, b, ([1], [1])), M, N),
    "matmul": (lambda f, a, b: f(a, b.T), M, N), "dot": (lambda f, a, b: f(a, b.T), M, N),
    "matvec": (lambda f, a, x: f(a, x), T, RNG.normal(size=4)), "vecmat": (lambda f, x, a: f(x, a), RNG.normal(size=3), T),
    "trapezoid": (lambda f, y, t: f(y, np.cumsum(t)), V, W),
    "unwrap": (lambda f, x: f(x), np.array([0.1, 3.0, 6.2, 0.3, 3.3, -0.2])),
    "vander": (lambda f, x: f(x, 4), V),
    "where": (lambda f, x, y: f(x > 0.5, x, y), V, W),
    "cov": (lambda f, m, w: f(m, aweights=w), M, W),
    "corrcoef": (lambda f, m: f(m), M),
    "cumulative_sum": (lambda f, m: f(m, axis=1, include_initial=True), M), "cumulative_prod": (lambda f, m: f(m, axis=1, include_initial=True), M),
    "astype": (lambda f, x: f(x, np.float64), V),
    "searchsorted": (lambda f, x: f(XP, x), V), "digitize": (lambda f, x: f(x, XP), V), "bincount": (lambda f, x: f([0, 2, 2, 1, 4], x, minlength=7), V), "histogram": (lambda f, x: f([0.0, 2.0, 2.5, 1.0, 4.0], 3, weights=x)[0], V), "lexsort": (lambda f, x, y: f((x, y)), V, W),
    "isin": (lambda f, x: f(x, [0.5, 0.7]), V), "ix_": (lambda f: f(np.array([0, 1]), np.array([1])),),
    "eye": (lambda f: f(3),), "arange": (lambda f: f(3),), "zeros": (lambda f: f(3),), "ones": (lambda f: f(3),),
    "linalg.solve": (lambda f, a, b: f(a, b), SQ, U), "linalg.cholesky": (lambda f, a: f((a + a.T) / 2), SYM),
    "linalg.eigh": (lambda f, a: f((a + a.T) / 2)[0], SYM), "linalg.eigvalsh": (lambda f, a: f((a + a.T) / 2), SYM),
    "linalg.matrix_power": (lambda f, a: f(a, 3), SQ), "linalg.multi_dot": (lambda f, a, b: f([a, b.T, a]), M, N),
    "linalg.svd": (lambda f, m: f(m, full_matrices=False), M), "linalg.tensordot": (lambda f, a, b: f(a, b, axes=([1], [1])), M, N),
    "linalg.tensorinv": (lambda f, t: f(t), CUBE), "linalg.tensorsolve": (lambda f, t, b: f(t, b), CUBE, CUBE[..., 0]),
    "linalg.eig": (lambda f, a: f(a)[0], SQ), "fft.fftfreq": (lambda f: f(5),), "fft.rfftfreq": (lambda f: f(5),),
    **{f"fft.{name}": (lambda f, m: f(m), M) for name in ("fft2", "ifft2", "rfft2", "irfft2")},
    "ndarray.astype": (lambda f, x: f(x, "float64"), V), "ndarray.choose": (lambda f, x, y: f((x > 0.5).astype(np.int64), (x, y)), V, W),
    "ndarray.dot": (lambda f, a, b: f(a, b), M, V),
    "ndarray.argpartition": (lambda f, x: np.sort(f(x, 2)[:3]), V), "ndarray.searchsorted": (lambda f, x: f(x, 0.5), np.sort(V)),
    "ndarray.repeat": (lambda f, x: f(x, 2), V), "ndarray.reshape": (lambda f, m: f(m, 5, 3), M), "ndarray.swapaxes": (lambda f, m: f(m, 0, 1), M),
    "ndarray.clip": (lambda f, x: f(x, 0.3, 0.7), V), "ndarray.squeeze": (lambda f, m: f(m[:, :1]), M), "ndarray.compress": (lambda f, x: f(x, [True, False, True]), V), "ndarray.take": (lambda f, x: f(x, [2, 0, 0]), V),
    "ndarray.max": (lambda f, m: f(m, 0), M), "ndarray.flatten": (lambda f, m: f(m), M),
}  # fmt: skip
for _old, _new in {"row_stack": "vstack", "trapz": "trapezoid", "in1d": "isin"}.items():
    CALLS[_old] = CALLS[_new]
BITS, MASK = np.array([5, 3]), np.array([True, False])
TRIALS = (
    (V,),
    (M,),
    (SQ,),
    (BITS,),
    (MASK,),
    (V, W),
    (M, N),
    (SQ, SQ.T.copy()),
    (BITS, BITS[::-1].copy()),
    (MASK, MASK[::-1].copy()),
)
NOT_CALLED = ("reads, writes or prints", "settings and tools of NumPy itself")  # with anything


def function_of(row):
    """The NumPy function, or for a member of arrays the function that reaches it."""
    if row.space != "ndarray":
        owner = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft}[row.space]
        return getattr(owner, row.name)

    def member(x, *args, **kwargs):
        value = getattr(x, row.name)
        return value(*args, **kwargs) if callable(value) else value

    return member


def key(row):
    return row.name if row.space == "numpy" else f"{row.space.removeprefix('numpy.')}.{row.name}"


def calls(row):
    """Calls to try: the one that the table has, or standard shapes."""
    given = CALLS.get(key(row))
    if given is not None:
        return [(given[0], given[1:])]
    return [(lambda f, *arrays: f(*arrays), arrays) for arrays in TRIALS]


def parts(value):
    """The arrays in a result."""
    if isinstance(value, (tuple, list)):
        return [part for item in value for part in parts(item)]
    return [value]


def symbols(arrays):
    return [Symbol(variable(f"x{k}", Aval(a.dtype, a.shape))) for k, a in enumerate(map(np.asarray, arrays))]


def numpy_says(call, function, arrays):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return parts(call(function, *arrays))


def applied(row):
    """The first call that NumPy takes: the function, the arrays, NumPy's results, and ours as nodes."""
    function = function_of(row)
    for call, arrays in calls(row):
        try:
            expected = numpy_says(call, function, arrays)
        except (TypeError, ValueError, np.linalg.LinAlgError):
            continue
        inputs = symbols(arrays)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call, arrays, expected, inputs, parts(call(function, *inputs))
    raise AssertionError(f"no call for {key(row)}: add one to CALLS")


def assert_values_are_numpys(arrays, expected, inputs, found):
    assert len(found) == len(expected)
    nodes = [as_node(part.node if isinstance(part, Symbol) else part) for part in found]
    results = compiled([x.node for x in inputs] or [variable("unused", Aval(np.float64))], *nodes)(*(arrays or (0.0,)))
    for result, value in zip(results if len(nodes) > 1 else (results,), expected, strict=True):
        assert np.shape(result) == np.shape(value)
        np.testing.assert_allclose(result, value, rtol=1e-12, atol=1e-14)


def weighted_sum(values):
    total = 0.0
    for value in values:
        kind = np.dtype(getattr(value, "dtype", float)).kind
        weights = np.cos(1.0 + np.arange(np.size(value))).reshape(np.shape(value))
        if kind in "fc":
            total = total + np.sum((np.real(value) + 2 * np.imag(value) if kind == "c" else value) * weights)
    return total


def kinds(kind, *, with_why=False):
    rows = [row for row in ROWS if row.kind == kind and bool(row.why) == with_why]
    return pytest.mark.parametrize("row", rows, ids=key)


@kinds(DIFFERENTIABLE)
def test_differentiable_functions_are_differentiated(row):
    call, arrays, expected, inputs, found = applied(row)
    assert_values_are_numpys(arrays, expected, inputs, found)
    z = weighted_sum(found)
    assert isinstance(z, Symbol), "the result has no floats: it belongs among those without derivative"
    nodes = [x.node for x in inputs]
    grads = compiled(nodes, *gradient(z.node, nodes))(*arrays)
    function = function_of(row)
    for k, d_x in enumerate(grads if len(nodes) > 1 else (grads,)):
        if nodes[k].aval.kind != "f":
            continue
        direction = np.random.default_rng(zlib.crc32(row.name.encode()) + k).normal(size=np.shape(arrays[k]))
        slope = difference(lambda *a: weighted_sum(numpy_says(call, function, a)), arrays, k, direction, h=1e-4)
        assert np.sum(d_x * direction) == pytest.approx(slope, rel=1e-6, abs=1e-7), f"input {k}"


@kinds(NO_DERIVATIVE)
def test_functions_without_derivative_have_values(row):
    _, arrays, expected, inputs, found = applied(row)
    if row.name == "dtype":
        assert found == expected
        return
    assert_values_are_numpys(arrays, expected, inputs, found)
    floats = [part.node for part in found if isinstance(part, Symbol) and part.node.aval.inexact]
    for node in floats:
        assert not set(toposort([node])) & {x.node for x in inputs}, "it depends on its input"


@kinds(NOT_SUPPORTED, with_why=True)
def test_what_is_not_supported_says_so(row):
    """Nothing that is listed as unsupported works, and none fails with anything but an error of ours."""
    if row.space == "ndarray":
        with pytest.raises((SymdiffError, AttributeError)):
            getattr(symbols([V])[0], row.name)()
        return
    if row.why in NOT_CALLED:
        return
    function = function_of(row)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for arrays in ((V,), (V, W)):
            try:
                result = function(*symbols(arrays))
            except (SymdiffError, TypeError, ValueError, AttributeError, OSError, ImportError):
                continue
            assert not isinstance(result, (Symbol, Node)), "it works: take it off the list"
            return


def test_every_public_name_has_a_class():
    assert [key(row) for row in ROWS if row.kind == NOT_SUPPORTED and not row.why] == []


def test_a_name_has_one_reason():
    listed = [name for names in (*WHY.values(), *CONSTANT.values()) for name in names.split()]
    assert len(set(listed)) == len(listed)


def test_the_table_counts_all_names():
    lines = coverage_table().splitlines()
    assert len(lines) == len(ROWS) + 4
    assert sum(int(line.split(": ")[1].split()[0]) for line in lines[:3]) == len(ROWS)
