"""Every function of NumPy's that is answered takes what NumPy's own signature has, by position and by name."""

import functools
import inspect
from itertools import islice, product

import numpy as np
import pytest

import symdiff as sd
from symdiff.frontends.tracing.numpy_calls import PLAIN
from symdiff.ops.table import BY_NUMPY, METHODS

V = np.array([0.3, 0.7, 1.9, 0.4])
M = np.array([[2.0, 0.3, 0.1, 0.4], [0.3, 1.7, 0.2, 0.1], [0.1, 0.2, 2.9, 0.6], [0.4, 0.1, 0.6, 3.3]])
T = np.array([M, M + 1])

# values for NumPy's parameters, by their names; what is not listed takes an array
VALUES = {
    "axis": [0, 1], "axes": [(1, 0), 0], "axis1": [0], "axis2": [1], "source": [0], "destination": [1], "shape": [(4, 4), (2, 2), 4],
    "newshape": [(2, 2)], "new_shape": [(2, 3)], "dtype": [np.float64], "num": [4], "base": [3.0], "N": [3], "n": [4, 2], "s": [(4,)],
    "indices_or_sections": [2], "reps": [2], "repeats": [2], "shift": [1], "obj": [1], "decimals": [1], "kth": [1], "q": [0.3],
    "indices": [[1, 0], [[0, 1, 2, 0]]], "choices": [[V, V]], "condition": [V > 0.5], "condlist": [[V > 0.5]], "choicelist": [[V]], "funclist": [[np.sin]],
    "subscripts": ["i,i->i"], "operands": [("i,i->", V, V)], "arrays": [(V, V)], "tup": [(M, M)], "pad_width": [1], "window_shape": [2],
    "func1d": [np.sum], "func": [np.sum], "ind": [[0, 1]], "m": [2, M], "ord": [2], "fill_value": [2.0], "start_or_stop": [3], "start": [1.0, 0],
    "stop": [2.0], "xi": [(V, V)], "args": [(V, V)], "arys": [(V,)], "bins": [np.array([0.0, 0.5, 1.0])], "mask": [V > 0.5], "object": [V],
    "ary": [V, M, T], "a": [V, M, T, np.array([0, 1, 0, 2])], "x": [V, M, T], "A": [M], "p": [V, 2], "deg": [2], "N_": [3], "offset": [0],
    "array_of_tuples": [V], "seq_of_zeros": [V], "c": [V], "vals": [V], "shape_": [(2, 2)], "arr": [V, M],
}  # fmt: skip
# where values by the names of parameters do not fit together
FITTING = {
    "bincount": (np.array([0, 2, 1, 2]), np.array([0.5, 1.5, 2.5, 3.5])),
    "choose": (np.array([0, 1, 1, 0]), [V, V**2]), "piecewise": (V, [V > 0.5], [1.0, 2.0]), "block": ([[M, M]],), "cross": (M[:3, :3], M[1:, 1:]),
    "apply_along_axis": (np.sum, 0, M), "tensorinv": (M.reshape(2, 2, 4),), "take_along_axis": (M, np.array([[0], [1], [2], [0]])), "where": (V > 0.5, V, V**2),
    "lexsort": ((V, V[::-1]),), "row_stack": ((V, V),), "binormal": (V, V**2, 0.3),
}  # fmt: skip
FUNCTIONS = {
    f"{f.__module__}.{f.__name__}": f for f in BY_NUMPY if not isinstance(f, (np.ufunc, type, str)) and f not in PLAIN
}
MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def signature(function):
    try:
        return inspect.signature(function).parameters.values()
    except ValueError:
        pytest.skip("this NumPy does not tell the signature")


def required(function):
    """The parameters that must be given, a starred one among them."""
    return [
        p for p in signature(function) if p.kind is p.VAR_POSITIONAL or (p.default is p.empty and p.kind not in MANY)
    ]


def candidates(function):
    """Arguments by position that may fit."""
    for values in product(*(VALUES.get(p.name, [V, M]) for p in required(function))):
        args = []
        for p, value in zip(required(function), values, strict=True):
            args += value if p.kind is p.VAR_POSITIONAL else [value]
        yield tuple(args)


@functools.cache
def fitting(function):
    """Arguments by position that NumPy takes."""
    if function.__name__ in FITTING:
        return FITTING[function.__name__]
    for args in islice(candidates(function), 200):
        try:
            flat(function(*args))
        except Exception:  # NumPy says in many ways what does not fit
            continue
        return args
    return None


def flat(result):
    """All numbers in what a function returned, in one array."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    return np.concatenate([np.asarray(part, dtype=complex).ravel() for part in parts])


def times(t, value):
    """The arrays of floats in a value, times t."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value * t
    return type(value)(times(t, x) for x in value) if type(value) in (tuple, list) else value


def symbolic(function, args, kwargs):
    """The result of symdiff, with the arrays of floats among the arguments as the symbolic ones, and NumPy's."""

    def called(t):
        result = function(*(times(t, x) for x in args), **{key: times(t, x) for key, x in kwargs.items()})
        return tuple(result) if isinstance(result, (tuple, list)) else result

    return sd.function(called)(1.0), called(1.0)


def check(function, args, kwargs, name=""):
    """Symdiff gives what NumPy gives, or says which argument it cannot take."""
    try:
        flat(function(*args, **kwargs))
    except (TypeError, ValueError):
        return  # a default that nobody can give
    try:
        found, expected = symbolic(function, args, kwargs)
    except sd.errors.SymdiffError as error:
        if not isinstance(error, sd.errors.UnsupportedError) or (
            name and f"{name}=" not in str(error) + str(error.help)
        ):
            raise
        return
    np.testing.assert_allclose(flat(found), flat(expected), rtol=1e-12, atol=1e-12)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
every_function = pytest.mark.parametrize("name", FUNCTIONS)


@every_function
def test_arguments_fit_it(name):
    assert signature(FUNCTIONS[name])
    assert fitting(FUNCTIONS[name]) is not None


@every_function
def test_required_arguments_by_name(name):
    function, args = FUNCTIONS[name], fitting(FUNCTIONS[name])
    if args is None or len(args) != len(required(function)) or any(p.kind in MANY for p in required(function)):
        return
    front = [value for p, value in zip(required(function), args, strict=True) if p.kind is p.POSITIONAL_ONLY]
    named = {p.name: v for p, v in zip(required(function), args, strict=True) if p.kind is not p.POSITIONAL_ONLY}
    check(function, args, {})
    check(function, front, named)


@every_function
def test_defaults_may_be_given(name):
    """All of them by name; and as many as go by position."""
    function, args = FUNCTIONS[name], fitting(FUNCTIONS[name])
    if args is None:
        return
    usual = [p for p in signature(function) if p.default is not p.empty and p.default is not np._NoValue]
    check(function, args, {p.name: p.default for p in usual if p.kind is not p.POSITIONAL_ONLY})
    if not any(p.kind in MANY for p in signature(function)):
        rest = [p for p in signature(function) if p.kind is not p.KEYWORD_ONLY][len(args) :]
        values = [p.default for p in rest]
        if np._NoValue in values:
            values = values[: values.index(np._NoValue)]
        check(function, (*args, *values), {})


# what some parameters may be beside their default
OTHERS = {
    "axis": [0, -1, None], "keepdims": [True], "dtype": [np.float32, np.float64], "order": ["F"], "ddof": [1], "endpoint": [False],
    "shape": [(2, 3)], "retstep": [True], "k": [1], "offset": [1], "subok": [False], "copy": [True, False], "initial": [0.5], "device": ["cpu"],
    "where": [True], "norm": ["ortho"], "n": [2, 6], "decimals": [2], "mode": ["wrap", "clip", "full"], "right": [True], "side": ["right"],
    "optimize": [True], "upper": [True], "full_matrices": [False], "kind": ["stable"], "stable": [True],
    "casting": ["unsafe"], "include_initial": [True], "sparse": [True], "indexing": ["ij"], "method": ["lower"], "rowvar": [False], "bias": [True],
}  # fmt: skip


@every_function
@pytest.mark.filterwarnings("ignore")
def test_other_values_are_taken_or_refused_by_name(name):
    function, args = FUNCTIONS[name], fitting(FUNCTIONS[name])
    for p in signature(function) if args is not None else ():
        if p.name not in OTHERS or p.default is p.empty or p.kind is p.POSITIONAL_ONLY:
            continue
        for value in OTHERS[p.name]:
            try:
                flat(function(*args, **{p.name: value}))
            except Exception:
                continue
            check(function, args, {p.name: value}, p.name)


@pytest.mark.parametrize("name", METHODS)
def test_methods_take_the_defaults_that_numpy_documents(name):
    method = getattr(np.ndarray, name, None)
    if method is None:
        return  # of an older NumPy
    given = [p for p in signature(method) if p.default is not p.empty]

    def function(a, *args, **kwargs):
        return getattr(a, name)(*args, **kwargs)

    needed = {
        "dtype": np.float64,
        "axis1": 0,
        "axis2": 1,
        "indices": [1, 0],
        "repeats": 2,
        "other": M,
        "choices": [V],
        "kth": 1,
        "v": 0.5,
    }
    first = [needed[p.name] for p in signature(method) if p.default is p.empty and p.name in needed]
    x = {"searchsorted": np.sort(V), "choose": np.zeros(4, int), "squeeze": M[:, :1], "argpartition": V}.get(name, M)
    first = [(4, 4)] if name == "reshape" else [0.5] if name == "clip" else first
    for p in given:
        check(function, (x, *first), {p.name: p.default} if len(first) == 0 or p.name != "min" else {}, p.name)


@pytest.mark.parametrize(("call", "meant"), [
    (lambda x: x.sum(axs=0), "axis"), (lambda x: x.reshape((2, 2), ordr="F"), "order"), (lambda x: x.var(ddoff=1), "ddof"),
])  # fmt: skip
def test_a_misspelt_keyword_is_told_what_it_means(call, meant):
    with pytest.raises(sd.errors.ArgumentError) as caught:
        sd.function(call)(M)
    assert caught.value.help == f"did you mean {meant!r}?"


@pytest.mark.parametrize("value", [0.0, -0.0, 0, 1, 1.0, 2**70, float("inf")])
def test_numbers_that_are_equal_stay_what_they_are(value):
    """Nodes of Python's numbers are kept: 0.0 and -0.0 are two, as 1 and 1.0 are."""
    for before in (0.0, -0.0, 0, 1, 1.0):
        sd.var("x") + before
    found = sd.function(lambda x: np.copysign(1.0, x * 0.0 + value * 1.0) + value)(1.0)
    assert found == np.copysign(1.0, 0.0 + value) + value
    assert sd.function(lambda x: np.arctan2(value, -x))(1.0) == np.arctan2(float(value), -1.0)
