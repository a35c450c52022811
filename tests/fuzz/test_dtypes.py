"""Random programs over mixed dtypes: values have NumPy's dtype and shape, gradients those of their input."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

DTYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")
PYTHON = ("True", "2", "3", "0.5", "(1+2j)")
BINARY = (
    "a + b", "a - b", "a * b", "a / b", "a // b", "a % b", "a ** b", "np.add(a, b)", "np.multiply(a, b)", "np.divide(a, b)",
    "np.maximum(a, b)", "np.minimum(a, b)", "np.fmax(a, b)", "np.arctan2(a, b)", "np.hypot(a, b)", "np.logaddexp(a, b)",
    "np.copysign(a, b)", "np.power(a, b)", "a > b", "np.logical_and(a, b)", "np.fmod(a, b)", "np.heaviside(a, b)",
    "np.where(a != 0, a, b)", "np.where(b != 0, 1.0, a)", "np.array([np.sum(a), np.mean(b), 1.0])", "np.array([np.sum(a), 2])",
    "np.stack([np.sum(a), np.sum(b)])", "np.concatenate([np.atleast_1d(a), np.atleast_1d(b)])", "np.dot(a, b)",
    "np.outer(a, b)", "np.vdot(a, b)", "np.full(3, a) * b", "np.sum(a) * b", "np.clip(a, 0, b)", "np.mean(a) + b",
    "np.interp(a, [0.0, 1.0], [0.0, 2.0]) + b", "np.cross(np.ones(3) * a, np.ones(3) * b)", "np.append(a, b)",
    "np.convolve(np.atleast_1d(a), np.atleast_1d(b))", "np.einsum('i,i->', np.atleast_1d(a), np.atleast_1d(b))",
)  # fmt: skip
UNARY = (
    "-a", "abs(a)", "np.sqrt(a)", "np.exp(a)", "np.sin(a)", "np.square(a)", "np.sum(a)", "np.mean(a)", "np.prod(a)", "np.cumsum(a)",
    "np.std(a)", "np.tanh(a)", "np.log1p(a)", "np.sign(a)", "np.floor(a)", "np.real(a)", "np.conj(a)", "np.positive(a)",
    "np.max(a)", "np.linalg.norm(a)", "np.var(a)", "np.round(a, 1)", "np.clip(a, 0, 1)", "np.clip(a, 0.0, np.float64(1.0))",
    "np.asarray(a).astype('float32')", "np.zeros_like(a) + a", "np.array([a, a])", "np.median(a)", "np.power(a, 2)", "a ** 2",
    "np.diff(np.atleast_1d(a))", "np.sum(a, dtype=np.float64)", "np.nan_to_num(a)", "np.average(a)", "2 * a", "a + 0.5", "1 / a",
    "a * np.float64(2)", "a * np.float32(2)", "np.ones(3) * a", "np.ones(3, dtype=np.float32) * a", "np.atleast_1d(a)[0] * 2.0",
    "np.logaddexp.reduce(np.atleast_1d(a))", "np.cumprod(a)", "np.angle(a)", "np.sinc(a)", "np.expm1(a)", "np.ptp(a)",
)  # fmt: skip


def value(rng, dtype, shape):
    return np.asarray(rng.uniform(0.25, 3.0, size=shape)).astype(dtype)


def program(rng):
    """The text of a function, the constants that it captures, and its arguments."""
    arguments, constants, names = [], {}, []
    while not arguments or len(names) < 2 or rng.integers(2):
        kind, dtype = rng.integers(6), DTYPES[rng.integers(len(DTYPES))]
        if kind == 5:
            names.append(PYTHON[rng.integers(len(PYTHON))])
            continue
        given = value(rng, dtype, (3,) if kind < 3 else ())
        given = given[()] if kind == 3 else given  # a scalar of NumPy's, or an array without axes
        if kind >= 3 and rng.integers(2):
            names.append(f"c{len(constants)}")
            constants[names[-1]] = given
        else:
            names.append(f"x{len(arguments)}")
            arguments.append(given)
    lines = [f"def f({', '.join(f'x{k}' for k in range(len(arguments)))}):"]
    for k in range(rng.integers(1, 4)):
        text = str(rng.choice(BINARY if rng.integers(3) else UNARY))
        operands = {"a": names[rng.integers(len(names))], "b": names[rng.integers(len(names))]}
        lines.append(f"    a, b = {operands['a']}, {operands['b']}")
        lines.append(f"    y{k} = {text}")
        names.append(f"y{k}")
    return "\n".join([*lines, f"    return {names[-1]}"]), constants, arguments


def function(text, constants):
    names = {"np": np, **constants}
    exec(text, names)
    return names["f"]


def told(text, constants, arguments, which):
    shown = [f"{name} = {c!r} ({np.asarray(c).dtype})" for name, c in constants.items()]
    return "\n".join([which, text, *shown, *[f"x{k} = {x!r} ({x.dtype})" for k, x in enumerate(arguments)]])


def run(f, *args):
    """What f gives, None if it refuses."""
    with np.errstate(all="ignore"):
        try:
            return f(*args)
        except (TypeError, ValueError, SymdiffError, OverflowError, ZeroDivisionError):
            return None


def by_numpy(f, *args):
    """What NumPy gives, None if it refuses: also an element of nothing, ``np.diff(a)[0]`` of a single number."""
    try:
        return run(f, *args)
    except IndexError:
        return None


@pytest.mark.filterwarnings("ignore")
def test_values_have_numpys_dtype(budget):
    seed, programs = budget
    for i in range(programs):
        text, constants, arguments = program(np.random.default_rng([seed, i]))
        f = function(text, constants)
        expected = by_numpy(f, *arguments)
        found = None if expected is None else run(sd.function(f), *arguments)
        if found is not None:
            what = told(text, constants, arguments, f"program {i} of seed {seed}")
            types = [(np.shape(y), np.asarray(y).dtype) for y in (found, expected)]
            assert types[0] == types[1], what


@pytest.mark.filterwarnings("ignore")
def test_gradients_have_the_dtype_of_their_input(budget):
    seed, programs = budget
    for i in range(programs):
        text, constants, arguments = program(np.random.default_rng([seed, i]))
        f = function(text, constants)
        targets = tuple(k for k, x in enumerate(arguments) if x.dtype.kind == "f")
        if not targets or by_numpy(f, *arguments) is None:
            continue
        head, _, value = text.rpartition("return ")
        total = function(f"{head}return np.sum(np.real({value}) * 1.0)", constants)
        grads = run(sd.grad(total, wrt=targets), *arguments)
        for k, grad in zip(targets, grads or (), strict=grads is not None):
            what = told(text, constants, arguments, f"program {i} of seed {seed}, argument {k}")
            assert (np.shape(grad), np.asarray(grad).dtype) == (arguments[k].shape, arguments[k].dtype), what
