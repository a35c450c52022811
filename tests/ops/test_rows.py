"""Every row of the vocabulary obeys the laws of its family: the suite runs over the registry, not over a list."""

import itertools

import numpy as np
import pytest
from helpers import (
    ROWS,
    as_floats,
    as_tuple,
    compiled,
    difference,
    draw,
    gradient,
    in_numpy,
    meaning,
    samples,
    takes_floats,
    total,
    values,
    variables,
    weighted,
    weighted_all,
)
from row_samples import (
    BY_EQUATION,
    FREE_PHASE,
    NOT_COMPLEX,
    OF_ITS_TYPES,
    ONCE,
    REAL_ONLY,
    SYMMETRIC,
    UNDEFINED,
    WITHOUT_HALVES,
    direction_for,
    moves,
    narrow,
)

import symdiff  # noqa: F401 (fills the registry)
from symdiff.errors import DTypeError, UndefinedGradientError
from symdiff.graph.aval import Aval
from symdiff.graph.node import constant, variable
from symdiff.graph.op import OPS, Op, Registry

ELEMENTWISE = [op for op in ROWS if op.family == "elementwise"]

every_row = pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
every_row_of_any_dtype = pytest.mark.parametrize(
    "op", [op for op in ROWS if not (op.block or op.name in OF_ITS_TYPES)], ids=lambda op: op.name
)
every_elementwise_row = pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
RTOL = 1e-7


@every_row
def test_shape_dtype_and_value_are_numpys(op):
    for arrays, params in samples(op):
        inputs = variables(arrays)
        nodes = values(op(*inputs, **params))
        results = as_tuple(compiled(inputs, *nodes)(*arrays))
        assert_values(nodes, results, meaning(op)(*arrays, **params), rtol=1e-13, atol=1e-14)


def assert_values(nodes, results, expected, **tolerances):
    """The results have the inferred shapes and dtypes, and NumPy's values."""
    for node, result, value in zip(nodes, results, as_tuple(expected), strict=True):
        assert (np.shape(result), np.asarray(result).dtype) == (node.shape, node.dtype)
        np.testing.assert_allclose(result, value, **tolerances)


@pytest.mark.parametrize("op", [op for op in ROWS if op.parts], ids=lambda op: op.name)
def test_a_part_alone_is_what_it_is_beside_the_others(op):
    for arrays, params in samples(op):
        inputs = variables(arrays)
        for k, node in enumerate(op(*inputs, **params)):
            result = compiled(inputs, node)(*arrays)
            expected = meaning(op)(*arrays, **params)[k]
            assert_values([node], [result], expected, rtol=1e-13, atol=1e-14)


@every_row
def test_rows_take_constants(op):
    for arrays, params in samples(op):
        x = variable("x", Aval(np.float64))
        nodes = values(op(*map(constant, arrays), **params))
        *results, same = compiled([x], *nodes, x)(1.5)
        assert_values(nodes, results, meaning(op)(*arrays, **params), rtol=1e-13, atol=1e-14)
        assert same == 1.5


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("expand_dims", {"axis": (0, 1)}), ("reshape", {"shape": (1, 1)}), ("broadcast_to", {"shape": (1, 2)}),
        ("transpose", {"axes": ()}), ("getitem", {"index": ()}), ("astype", {"dtype": "float32"}),
        ("sum", {"axis": (), "keepdims": False}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [2.5, np.float64(0.5), np.float32(0.5)], ids=repr)
def test_views_take_numbers(name, params, value):
    x = variable("x", Aval(np.float64))
    node = OPS[name](constant(value), **params)
    result, _ = compiled([x], node, x)(1.5)
    assert (np.shape(result), np.asarray(result).dtype) == (node.shape, node.dtype)
    assert np.all(np.asarray(result) == value)


@every_row_of_any_dtype
def test_float32_stays_as_inferred(op):
    for arrays, params in samples(op):
        arrays = narrow(arrays)
        inputs = variables(arrays)
        nodes = values(op(*inputs, **params))
        results = as_tuple(compiled(inputs, *nodes)(*arrays))
        assert_values(nodes, results, meaning(op)(*arrays, **params), rtol=2e-4, atol=1e-5)


SHAPES = [((3, 1), (1, 4), (4,)), ((0,), (0,), (0,)), ((0,), (1,), ()), ((2, 3), (), (3,)), ((), (), ())]


@every_elementwise_row
def test_elementwise_rows_broadcast_as_numpy_does(op):
    for shapes in dict.fromkeys((shapes * 3)[: op.arity] for shapes in SHAPES):
        arrays = draw(op, np.random.default_rng(1), *shapes)
        inputs = variables(arrays)
        node = op(*inputs, **op.params)
        result = compiled(inputs, node)(*arrays)
        assert np.shape(result) == node.shape == np.broadcast_shapes(*shapes)
        assert np.asarray(result).dtype == node.dtype
        np.testing.assert_allclose(result, meaning(op)(*arrays, **op.params), rtol=1e-13, atol=1e-14)


DTYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")


@every_elementwise_row
def test_dtype_rule_is_numpys(op):
    """The result has the inferred dtype, NumPy's; a row refuses the dtypes that NumPy refuses, and few more."""
    for dtype in DTYPES:
        assert_dtype(op, dtype)


def assert_dtype(op, dtype):
    arrays = tuple(np.abs(a).astype(dtype) for a in draw(op, np.random.default_rng(2), *[(4,)] * op.arity))
    inputs = variables(arrays)
    refused = (dtype == "float16" and op.name in WITHOUT_HALVES) or (
        dtype.startswith("complex") and op.name in REAL_ONLY
    )
    with np.errstate(all="ignore"):
        try:
            expected = meaning(op)(*arrays, **op.params)
        except TypeError:
            refused = True
    if refused:
        with pytest.raises(DTypeError):
            op(*inputs, **op.params)
        return
    node = op(*inputs, **op.params)
    result = compiled(inputs, node)(*arrays)
    assert result.dtype == node.dtype, dtype
    if op.fn is not None:
        assert node.dtype == expected.dtype, dtype
    np.testing.assert_allclose(result, expected, rtol=1e-2 if dtype == "float16" else 1e-5)


# --------------------------------------------------------------------------------------------------------- derivatives


def smooth_samples(op):
    """The samples with something to differentiate by, as float64."""
    if op.name in BY_EQUATION or (op.family == "elementwise" and not takes_floats(op)):
        return []
    return [(as_floats(op, arrays), params) for arrays, params in samples(op) if arrays]


def assert_derivative(op, moved, f, slopes, arrays, rng):
    """`slopes` are the derivatives of the scalar function, along a random direction in each input that is moved."""
    for k, found in zip(moved, slopes, strict=True):
        x = arrays[k]
        assert np.shape(found) == x.shape and np.asarray(found).dtype == x.dtype
        if x.dtype.kind == "i":
            continue
        d = direction_for(op, x.shape, rng)
        expected = difference(f, arrays, k, d)
        assert np.sum(found * d) == pytest.approx(expected, rel=RTOL, abs=RTOL), f"input {k}"


@every_row
def test_derivative_is_that_of_finite_differences(op):
    for arrays, params in smooth_samples(op):
        rng = np.random.default_rng(3)
        inputs = variables(arrays)
        y = op(*inputs, **params)
        z, moved = weighted(y, rng), () if op.name in UNDEFINED else moves(op, y)
        for x in (x for k, x in enumerate(inputs) if k not in moved):
            with pytest.raises(UndefinedGradientError, match=op.name):
                gradient(z, [x])
        if moved:
            slopes = compiled(inputs, *gradient(z, [inputs[k] for k in moved]))(*arrays)
            assert_derivative(op, moved, compiled(inputs, z), as_tuple(slopes), arrays, rng)


@every_row
def test_second_derivative_is_that_of_finite_differences(op):
    for arrays, params in smooth_samples(op):
        if op.name in UNDEFINED:
            continue
        rng = np.random.default_rng(4)
        inputs = variables(arrays)
        y = op(*inputs, **params)
        moved = moves(op, y)
        if not moved:
            continue
        slopes = gradient(weighted(y, rng), [inputs[k] for k in moved])
        along = [weighted(g, rng) for g in slopes if g.aval.inexact]
        z = sum(along[1:], along[0])
        again = [k for k in moved if k not in ONCE.get(op.name, ())]
        run = compiled(inputs, z, *gradient(z, [inputs[k] for k in again]))
        _, *slopes = as_tuple(run(*arrays))
        assert_derivative(op, again, lambda *arrays, run=run: as_tuple(run(*arrays))[0], slopes, arrays, rng)


@every_row_of_any_dtype
def test_derivative_of_float32_is_float32(op):
    for arrays, params in smooth_samples(op):
        if op.name in UNDEFINED or params.get("dtype") == "float64":
            continue
        inputs = variables(narrow(arrays))
        y = op(*inputs, **params)
        sums = [OPS["real"](total(y * np.ones(y.shape, np.float32))) for y in values(y)]
        z = sum(sums[1:], start=sums[0])
        inner = [inputs[k] for k in moves(op, y)]
        found = as_tuple(compiled(inputs, *gradient(z, inner))(*narrow(arrays))) if inner else ()
        for g, x in zip(found, inner, strict=True):
            assert (np.shape(g), np.asarray(g).dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.name not in REAL_ONLY], ids=lambda op: op.name)
def test_derivative_of_complex_inputs(op):
    """dz = Re(sum(gradient * direction)) for real z, along directions in the complex plane."""
    rng = np.random.default_rng(5)
    arrays = tuple(a + 1j * rng.uniform(0.2, 0.4, a.shape) for a in map(np.asarray, draw(op, rng, *[(3,)] * op.arity)))
    inputs = variables(arrays)
    try:
        y = op(*inputs, **op.params)
    except DTypeError:
        with pytest.raises(TypeError):
            meaning(op)(*arrays, **op.params)
        return
    if y.aval.kind == "b":
        return
    weights = rng.normal(size=3) + (1j * rng.normal(size=3) if y.aval.kind == "c" else 0)
    z = OPS["real"](total(y * weights))
    if op.name in NOT_COMPLEX:
        with pytest.raises(UndefinedGradientError, match=op.name):
            gradient(z, inputs)
        return
    f = compiled(inputs, z)
    found = compiled(inputs, *gradient(z, inputs))(*arrays)
    for k, g in enumerate(found if op.arity > 1 else (found,)):
        assert g.dtype == np.complex128
        d = rng.normal(size=3) + 1j * rng.normal(size=3)
        assert np.real(np.sum(g * d)) == pytest.approx(difference(f, arrays, k, d), rel=RTOL, abs=RTOL)


def complex_samples(op, rng):
    """The samples of a row, turned into complex numbers; Hermitian where a matrix is read as symmetric."""
    for arrays, params in smooth_samples(op):
        if params.get("dtype") == "float64":  # NumPy warns of the part that is lost
            continue
        parts = [rng.uniform(0.2, 0.4, a.shape) for a in arrays]
        if op.name in SYMMETRIC:
            parts = [(b - np.swapaxes(b, -1, -2)) / 2 for b in parts]
        yield tuple(a + 1j * b for a, b in zip(arrays, parts, strict=True)), params


@pytest.mark.parametrize("op", [op for op in ROWS if op.family != "elementwise"], ids=lambda op: op.name)
def test_derivative_of_complex_arrays(op):
    """As above, for the rows that bring samples: right, or refused."""
    rng = np.random.default_rng(6)
    for arrays, params in complex_samples(op, rng):
        inputs = variables(arrays)
        try:
            free = FREE_PHASE.get(op.name, ())
            nodes = [y for k, y in enumerate(values(op(*inputs, **params))) if y.aval.inexact and k not in free]
        except DTypeError:
            continue
        if not nodes or op.name in UNDEFINED:
            continue
        z = weighted_all(nodes, rng)
        if op.name in NOT_COMPLEX:
            with pytest.raises(UndefinedGradientError, match=op.name):
                gradient(z, inputs)
            continue
        f, found = compiled(inputs, z), compiled(inputs, *gradient(z, inputs))(*arrays)
        for k, g in enumerate(found if len(inputs) > 1 else (found,)):
            d = rng.normal(size=g.shape) + 1j * rng.normal(size=g.shape)
            d = d + np.conj(np.swapaxes(d, -1, -2)) if op.name in SYMMETRIC else d
            assert np.real(np.sum(g * d)) == pytest.approx(difference(f, arrays, k, d), rel=RTOL, abs=RTOL)


@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if not takes_floats(op)], ids=lambda op: op.name)
def test_rows_on_integers_refuse_floats(op):
    with pytest.raises(DTypeError, match=op.infix):
        op(*variables([1.0] * op.arity))


# ------------------------------------------------------------------------------------------------------ special values

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300, -1e-300, 1.0, -1.0, 2.0, 0.3, 710.0, -746.0)
FEW = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1.0, 1.0)
CANCELS = {"stdtr": 1e-12}  # whose derivative is a difference of two terms: a unit of theirs is many of its own
EITHER_ZERO = {"maximum", "minimum", "fmax", "fmin", "clip"}  # of 0.0 and -0.0 NumPy returns whichever is faster
silently = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # SciPy's hyp0f1 divides by 0
FLOATS = [op for op in ELEMENTWISE if takes_floats(op)]


def points(op):
    values = SPECIAL if op.arity < 3 else FEW
    step = max(1, len(FEW) ** (op.arity - 3) - 1)  # of more than three operands, so many as of three, all mixed
    return list(itertools.product(values, repeat=op.arity))[::step]


def assert_same_numbers(scalars, array, where, signed):
    """Equal up to a few units in the last place; nan is nan, and a zero has its sign."""
    np.testing.assert_allclose(scalars, array, rtol=2e-15, atol=5e-324)
    for scalar, element, point in zip(scalars, array, where, strict=True):
        if signed and scalar == 0 and not np.iscomplexobj(scalar):
            assert np.signbit(scalar) == np.signbit(element), f"sign of zero at {point}: {scalar}, {element}"


@silently
@pytest.mark.parametrize("op", FLOATS, ids=lambda op: op.name)
def test_scalars_and_arrays_agree_at_special_values(op):
    where = points(op)
    columns = tuple(map(np.array, zip(*where, strict=True)))
    scalars, arrays = variables([0.0] * op.arity), variables(columns)
    run = compiled(scalars, op(*scalars, **op.params))
    assert_same_numbers(
        [run(*p) for p in where],
        compiled(arrays, op(*arrays, **op.params))(*columns),
        where,
        op.name not in EITHER_ZERO,
    )


@silently
@pytest.mark.parametrize("op", FLOATS, ids=lambda op: op.name)
def test_scalars_beside_arrays_follow_the_rules_of_arrays(op):
    """A Python float among the arguments raises nothing: 1 / 0.0 is inf there too, and so are derivatives."""
    where = points(op)
    *scalars, v = variables([0.0] * op.arity + [np.ones(2)])
    node = op(*scalars, **op.params)
    product = (OPS["real"](node) if node.aval.kind == "c" else node) * v
    moved = [scalars[k] for k in moves(op, node)]
    run = compiled([*scalars, v], product, *gradient(total(product), moved) if node.aval.inexact and moved else ())
    columns = tuple(map(np.array, zip(*where, strict=True)))
    arrays = variables(columns)
    expected = np.real(compiled(arrays, op(*arrays, **op.params))(*columns)).astype(float)
    found = [run(*point, np.ones(2)) for point in where]
    values = [values[0] if isinstance(values, tuple) else values for values in found]
    np.testing.assert_allclose(np.stack(values), np.stack([expected, expected], -1), rtol=2e-15)


@silently
@pytest.mark.parametrize("op", FLOATS, ids=lambda op: op.name)
def test_numpys_functions_agree_at_special_values(op):
    where = points(op)
    columns = tuple(map(np.array, zip(*where, strict=True)))
    arrays = variables(columns)
    with np.errstate(all="ignore"):
        expected = meaning(op)(*columns, **op.params)
    np.testing.assert_allclose(compiled(arrays, op(*arrays, **op.params))(*columns), expected, rtol=2e-15)


@silently
@pytest.mark.parametrize("op", FLOATS, ids=lambda op: op.name)
def test_derivatives_of_scalars_and_arrays_agree_at_special_values(op):
    where = points(op)
    inputs = variables([0.0] * op.arity)
    node = op(*inputs, **op.params)
    moved = [inputs[k] for k in moves(op, node)]
    if not node.aval.inexact:
        node = node * 1.0
    if not moved:
        return
    grads = gradient(node if node.aval.kind != "c" else OPS["real"](node), moved)
    run, reference = compiled(inputs, *grads), in_numpy(inputs, *grads)
    with np.errstate(all="ignore"):
        expected = [as_tuple(reference(*map(np.float64, point))) for point in where]
    found = [as_tuple(run(*point)) for point in where]
    np.testing.assert_allclose(found, expected, rtol=CANCELS.get(op.name, 1e-14))


# ------------------------------------------------------------------------------------------------------------ registry


def row(**changes):
    columns = {"name": "fresh", "family": "elementwise", "infer": lambda x: x, "bprop": lambda i, g, node: None,
               "fn": np.sin, "doc": "A row.", "domain": ((0.0, 1.0),)}  # fmt: skip
    return Op(**{**columns, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"doc": ""}, "lacks doc"),
        ({"fn": None}, "lacks fn, spell, lower, accumulate or edits"),
        ({"domain": ()}, "lacks samples or domain"),
        ({"family": "magic"}, "unknown family"),
    ],
    ids=str,
)
def test_registry_refuses_incomplete_rows(changes, message):
    registry = Registry()
    with pytest.raises(ValueError, match=message):
        registry.register(row(**changes))
    assert "fresh" not in registry


def test_registry_refuses_a_second_row_of_a_name():
    registry = Registry()
    first = registry.register(row())
    with pytest.raises(ValueError, match="'fresh' is defined twice"):
        registry.register(row(doc="Another."))
    assert registry["fresh"] is first


def test_registry_refuses_a_second_row_of_a_sign():
    registry = Registry()
    first = registry.register(row(infix="@@"))
    with pytest.raises(ValueError, match="@@"):
        registry.register(row(name="other", infix="@@"))
    assert registry.infix["@@"] is first


@every_row
def test_samples_go_along_the_last_axis_and_along_another(op):
    """For functions differ in the axis along which they go if none is named."""
    along = [(max(map(np.ndim, arrays)), params["axis"]) for arrays, params in samples(op)
             if arrays and isinstance(params.get("axis"), int)]  # fmt: skip
    last = {axis == n - 1 for n, axis in along if n > 1}
    assert not along or last == {True, False} or max(n for n, _ in along) == 1


@every_row
def test_row_says_what_it_is(op):
    assert op.doc.endswith(".") and op.doc[0] != " "
    assert samples(op), "nothing to test it on"
    assert OPS[op.name] is op


def test_python_numbers_are_weak():
    x = variable("x", Aval(np.float32, (3,)))
    assert (2.5 * x).dtype == np.float32
    assert (constant(np.float64(2.5)) * x).dtype == np.float64
