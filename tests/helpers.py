"""What the suites share: graphs from arrays, running them, a reference evaluator, finite differences."""

from __future__ import annotations

import importlib
import inspect
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from symdiff.autodiff.reverse import gradients
from symdiff.codegen.load import load
from symdiff.codegen.source import Definition, arrays_of
from symdiff.codegen.targets.numpy import NUMPY
from symdiff.graph.aval import Aval
from symdiff.graph.graph import Graph
from symdiff.graph.node import CONSTANT, ITEM, Node, slot, variable
from symdiff.graph.op import OPS, UNWRITTEN, Op
from symdiff.graph.walk import toposort
from symdiff.ops import elementwise as ew, reductions as red, special_runtime
from symdiff.ops.index import Hole, Run, Slice
from symdiff.program.pipeline import compile_graph, recognise_forms
from symdiff.program.stages import Stages
from symdiff.program.written import Symbolic
from symdiff.rewrite.engine import Engine
from symdiff.rewrite.rules.lowering import lowering

Arrays = tuple[np.ndarray, ...]
ROWS = [op for op in OPS.values() if op.family not in UNWRITTEN]  # with a meaning of their own

# ----------------------------------------------------------------------------------------------------- graphs and runs


def variables(arrays: Sequence[Any]) -> tuple[Node, ...]:
    """An input x0, x1, … for each array."""
    return tuple(variable(f"x{k}", Aval(np.asarray(a).dtype, np.shape(a))) for k, a in enumerate(arrays))


def graph_of(inputs: Sequence[Node], *outputs: Node) -> Graph:
    """One output as it is, several as a tuple."""
    return Graph(tuple(inputs), outputs, tree=0 if len(outputs) == 1 else tuple(range(len(outputs))))


class Specialised(Stages):
    """The stages of a graph that may be a derivative already."""

    @property
    def derived(self) -> Graph:
        graph: Graph = self.recipe.graph
        return graph if graph.notes.origins else self._once("derived", lambda: recognise_forms(graph))


def specialised(graph: Graph) -> Specialised:
    return Specialised(Symbolic(graph), [x.aval for x in graph.inputs])


def compiled(inputs: Sequence[Node], *outputs: Node) -> Callable[..., Any]:
    """The generated function; numbers go in as they do for users: Python floats if nothing is an array."""
    made = specialised(graph_of(inputs, *outputs))
    run, number = made.run, float if made.program.scalar else np.float64

    def call(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*[number(a) if np.ndim(a) == 0 and np.asarray(a).dtype == np.float64 else a for a in arrays])

    return call


def in_numpy(inputs: Sequence[Node], *outputs: Node) -> Callable[..., Any]:
    """As `compiled`, for arrays even where all is scalar."""
    return unrewritten(compile_graph(graph_of(inputs, *outputs), NUMPY))


def unrewritten(graph: Graph) -> Callable[..., Any]:
    """The graph printed as it stands, but for rows that NumPy has no function for."""
    graph = Engine(lowering(NUMPY.prints)).run(graph)
    definition = Definition(NUMPY.print(graph))
    run: Callable[..., Any] = load(NUMPY.text([definition]), graph.name, dict(arrays_of(definition.parts)))[graph.name]
    return run


def total(node: Node) -> Node:
    """The sum of all elements."""
    return red.sum_(node, axis=tuple(range(node.ndim)), keepdims=False) if node.ndim else node


def values(node: Node) -> tuple[Node, ...]:
    """What a node computes: its parts, if it has any, else itself."""
    return node.parts or (node,)


def as_tuple(result: Any) -> tuple[Any, ...]:
    """What a function returned, as a tuple also if it is one value."""
    return result if isinstance(result, tuple) else (result,)


def weighted(node: Node, rng: np.random.Generator) -> Node:
    """A real scalar that sees every element of `node` differently; of complex elements, both parts."""
    if node.parts:
        return weighted_all(node.parts, rng)
    weights = rng.normal(size=node.shape)
    if node.aval.kind == "c":
        return ew.real(total(node * (weights + 1j * rng.normal(size=node.shape))))
    return total(node * weights)


def weighted_all(nodes: Iterable[Node], rng: np.random.Generator) -> Node:
    """A real scalar that sees every element of all `nodes`, each differently."""
    first, *others = [weighted(node, rng) for node in nodes]
    return sum(others, start=first)


def gradient(z: Node, inputs: Sequence[Node]) -> tuple[Node, ...]:
    return gradients(z, inputs).grads


# ------------------------------------------------------------------------------------------------------------- samples


def takes_floats(op: Op) -> bool:
    """Whether an elementwise row is defined on floats; bitwise rows are not."""
    try:
        op.infer(*[Aval(np.float64)] * op.arity, **op.params)
    except TypeError:
        return False
    return True


def draw(op: Op, rng: np.random.Generator, *shapes: tuple[int, ...]) -> Arrays:
    """Arrays inside the domain of an elementwise row, small integers where it takes no floats."""
    if not takes_floats(op):
        return tuple(rng.integers(0, 8, shape) for shape in shapes)
    return tuple(rng.uniform(*interval, shape) for interval, shape in zip(op.domain, shapes, strict=True))


def samples(op: Op) -> list[tuple[Arrays, dict[str, Any]]]:
    """Arrays and parameters that the row brings along, or points of its domain, as numbers and as arrays."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    if op.samples is not None:
        return [(tuple(map(np.asarray, arrays)), params) for arrays, params in op.samples(rng)]
    return [(draw(op, rng, *[shape] * len(op.domain)), op.params) for shape in ((), (2, 3))]


# ------------------------------------------------------------------------------------------------- reference evaluator


def _index(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(slice(*i) if isinstance(i, Slice) else i if isinstance(i, int) else i.value for i in items)


def as_floats(op: Op, arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The arrays as float64; integers among the operands of a row that is not elementwise are positions, and stay."""
    kept = "i" if op.family != "elementwise" else ""
    return tuple(x if np.asarray(x).dtype.kind in kept else np.asarray(x, np.float64)[()] for x in arrays)


def _filled_holes(index: tuple[Any, ...], positions: Sequence[Any]) -> tuple[Any, ...]:
    def item(i: Any) -> Any:
        if isinstance(i, Run):
            first = 0 if i.first is None else int(positions[i.first - 1])
            return slice(first, first + int(str(i.length)))
        return positions[i.operand - 1] if isinstance(i, Hole) else _index((i,))[0]

    return tuple(map(item, index))


def _scatter_add(g: Any, *positions: Any, shape: Any, index: Any) -> np.ndarray:
    out = np.zeros(shape, np.asarray(g).dtype)
    np.add.at(out, _filled_holes(index, positions), g)
    return out


def _add_along(g: Any, order: Any, axis: int, length: int) -> np.ndarray:
    out = np.zeros((*np.shape(g)[:axis], length, *np.shape(g)[axis + 1 :]), g.dtype)
    for place in np.ndindex(*np.shape(g)):
        out[(*place[:axis], order[place], *place[axis + 1 :])] += g[place]
    return out


def _quantile(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, q, axis, method, ignore_nan: fn(x, q, axis=axis, method=method)


def _scatter(g: Any, shape: Any, index: Any) -> np.ndarray:
    out = np.zeros(shape, np.asarray(g).dtype)
    np.add.at(out, _index(index), g)
    return out


def _embed(x: Any, subscripts: str, shape: Any) -> np.ndarray:
    letters, out = subscripts.split("->")
    full = np.zeros(shape, np.asarray(x).dtype)
    for index in np.ndindex(*shape):
        at = dict(zip(out, index, strict=True))
        if tuple(at[c] for c in out) == index:
            full[index] = np.asarray(x)[tuple(at[c] for c in letters)]
    return full


def _position(fn: Callable[..., Any]) -> Callable[..., Any]:
    """argmax and argmin over several axes, which NumPy does not have."""

    def run(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
        if len(axis) == 1:
            return fn(x, axis=axis[0], keepdims=keepdims)
        assert len(axis) == np.ndim(x)
        return fn(x, keepdims=keepdims)

    return run


# What a row means, in NumPy's and SciPy's words, where that is not fn(*inputs, **params).
def _assign(base, *values, indices):
    out = np.array(base)
    for index, value in zip(indices, values, strict=True):
        out[_index(index)] = value
    return out


def _put(x, part, *positions, index):
    out = np.array(x)
    out[tuple(positions[i.operand - 2] if isinstance(i, Hole) else _index((i,))[0] for i in index)] = part
    return out


def _scan(*operands, asks, body, carry, length, reverse, sliced, recomputes=False):
    """Step by step."""
    state, arrays, fixed = operands[:carry], operands[carry : carry + sliced], operands[carry + sliced :]
    step = Graph(body.inputs, body.outputs)
    steps = range(len(arrays[0]) if arrays else length) if not asks or arrays else count()
    left = []
    for t in reversed(steps) if reverse else steps:
        outputs = evaluate(step, *state, *(x[t] for x in arrays), *fixed)
        if asks and not outputs.pop():
            break
        state = outputs[:carry]
        left.append(outputs[carry:])
    stacks = [np.array(stack[::-1] if reverse else stack) for stack in zip(*left, strict=True)]
    return (*state, *stacks)


def _mills(x: np.ndarray) -> np.ndarray:
    return np.sqrt(2 / np.pi).item() / scipy.special.erfcx(x * (-1 / np.sqrt(2)).item())


def _cofactor_slope(w, h):
    """The directional derivative of the matrix of cofactors of a, divided by det(a); w is the inverse, transposed."""
    return np.sum(w * h, axis=(-2, -1), keepdims=True) * w - w @ np.swapaxes(h, -1, -2) @ w


def _in_floats(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of ours on real floats: integers as float64, nothing else."""

    def run(*inputs: Any, **params: Any) -> Any:
        dtype = np.result_type(*inputs)
        if dtype.kind == "c" or dtype == np.float16:
            raise TypeError
        return fn(*[np.asarray(x, dtype if dtype.kind == "f" else np.float64) for x in inputs], **params)

    return run


def _degree_first(name: str) -> Callable[..., Any]:
    return lambda *inputs, n: getattr(scipy.special, name)(n, *inputs)


def _value_of(name: str, k: int) -> Callable[..., Any]:
    return lambda x: getattr(scipy.special, name)(x)[k]


def _dawson_slope(x: np.ndarray, n: int) -> np.ndarray:
    return special_runtime.dawson_derivative(scipy.special.dawsn(x), x, n)


def _digamma_rise(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    near = scipy.special.polygamma(n, a + b) - scipy.special.polygamma(n, a)
    return special_runtime.polygamma_difference(a, b, near, n)


def _scaled_bessel(v: np.ndarray, x: np.ndarray, n: int, sign: int) -> np.ndarray:
    function, turned = (scipy.special.kve, 1) if sign > 0 else (scipy.special.ive, -np.sign(x))
    found = [function(v + k, x) for k in range(-n, n + 1)]
    for _ in range(n):
        found = [turned * y - sign * (a + b) / 2 for a, y, b in zip(found[:-2], found[1:-1], found[2:], strict=True)]
    return special_runtime.scaled_bessel_far(v, x, found[0], n, sign)


def _gammainc_slope(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    first = np.exp(scipy.special.xlogy(a, x) - x - scipy.special.gammaln(a + 1))
    return special_runtime.gammainc_order(a, x, first, scipy.special.digamma(a + 1))


def _log_slope(a: np.ndarray, b: np.ndarray, x: np.ndarray, shape: int) -> np.ndarray:
    psi = scipy.special.digamma
    return (np.log1p(-x) - psi(b) if shape else np.log(x) - psi(a)) + psi(a + b)


def _betainc_slope(a: np.ndarray, b: np.ndarray, x: np.ndarray, shape: int) -> np.ndarray:
    near = x <= (a + 1) / (a + b + 2)
    p, q, t = np.where(near, a, b), np.where(near, b, a), np.where(near, x, 1 - x)
    divided = ~near if shape else near
    power = scipy.special.xlogy(a, x) + np.where(b == 0, 0, b * np.log1p(-x)) - scipy.special.betaln(a, b)
    slope = _log_slope(a, b, x, shape) - np.where(divided, 1 / p, 0)
    series = special_runtime.betainc_shape(p, q, t, np.exp(power) / p, slope, np.where(divided, 1.0, 0.0))
    return np.where(near, series, -series)


MEANING: dict[str, Callable[..., Any]] = {
    **{
        f"eval_{name}": _degree_first(f"eval_{name}")
        for name in (
            "legendre",
            "chebyt",
            "chebyu",
            "hermite",
            "hermitenorm",
            "laguerre",
            "genlaguerre",
            "gegenbauer",
            "jacobi",
        )
    },
    **{name: _degree_first(name) for name in ("expn", "spherical_jn", "spherical_yn", "spherical_in", "spherical_kn")},
    **{
        name: _value_of(of, k)
        for of, names in {
            "sici": ("sine_integral", "cosine_integral"),
            "shichi": ("sinh_integral", "cosh_integral"),
            "fresnel": ("fresnel_sine", "fresnel_cosine"),
            "airy": ("airy_ai", "airy_aip", "airy_bi", "airy_bip"),
        }.items()
        for k, name in enumerate(names)
    },
    "lambertw": lambda x, k: scipy.special.lambertw(x, k),
    "dawson_slope": _in_floats(_dawson_slope),
    "dawson_derivative": _in_floats(special_runtime.dawson_derivative),
    "digamma_rise": _in_floats(_digamma_rise),
    "polygamma_difference": _in_floats(special_runtime.polygamma_difference),
    "scaled_bessel": _in_floats(_scaled_bessel),
    "scaled_bessel_far": _in_floats(special_runtime.scaled_bessel_far),
    "gammainc_slope": _in_floats(_gammainc_slope),
    "gammainc_order": _in_floats(special_runtime.gammainc_order),
    "betainc_slope": _in_floats(_betainc_slope),
    "betainc_shape": _in_floats(special_runtime.betainc_shape),
    "scan": _scan,
    "checkpoint": lambda *operands, body: tuple(evaluate(Graph(body.inputs, body.outputs), *operands)),
    "custom": lambda x, body, **rules: evaluate(Graph(body.inputs, body.outputs), x)[0],
    "implicit": lambda x, *others, body: x,
    "sigmoid": scipy.special.expit,
    "spectral": lambda a, f_held, slope_held, w, v, f, slope, curve: (
        (v * f[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))
    ),
    "sech": lambda x: np.reciprocal(np.cosh(x)),
    "csch": lambda x: np.reciprocal(np.sinh(x)),
    "bose_einstein": lambda x: np.reciprocal(np.expm1(x)),
    "mills": lambda x: _mills(np.asarray(x, scipy.special.erfcx(x).dtype)),
    "ellipem1": lambda p: scipy.special.ellipe(1 - p),
    "pseudo_huber_loss": lambda d, r: _pseudo_huber(
        *(np.asarray(x, scipy.special.pseudo_huber(d, r).dtype) for x in (d, r))
    ),
    "slope_of_hyperbola": lambda x: np.sin(np.arctan(np.asarray(x, scipy.special.erfcx(x).dtype))),
    "relu": lambda x: np.maximum(x, np.zeros((), np.asarray(x).dtype)),
    "polygamma": lambda x, n: scipy.special.polygamma(n, x),
    "norm": lambda x, axis, keepdims: np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=keepdims)),
    "logsumexp": lambda x, axis, keepdims: scipy.special.logsumexp(x, axis=axis, keepdims=keepdims),
    "weighted_logsumexp": lambda p, c, axis, keepdims: scipy.special.logsumexp(
        np.log(p) + c, axis=axis, keepdims=keepdims
    ),
    "definite_inverse": lambda a: np.linalg.inv(a),
    "softmax": lambda x, axis: scipy.special.softmax(x, axis=axis),
    "log_softmax": lambda x, axis: scipy.special.log_softmax(x, axis=axis),
    "argmax": _position(np.argmax),
    "argmin": _position(np.argmin),
    "getitem": lambda x, index: x[_index(index)],
    "scatter": _scatter,
    "assign": _assign,
    "put": _put,
    "pad": lambda x, widths: np.pad(x, widths),
    "diagonal": lambda x: np.diagonal(x, axis1=-2, axis2=-1),
    "astype": lambda x, dtype: np.asarray(x).astype(dtype),
    "contiguous": np.ascontiguousarray,
    "eye": lambda n, dtype: np.eye(n, dtype=dtype),
    "embed": lambda x, subscripts, shape: _embed(x, subscripts, shape),
    "arange": lambda n: np.arange(float(n)),
    "reshape": lambda x, shape: np.reshape(x, shape),  # NumPy 2.0 has no keyword for it
    "concatenate": lambda *xs, axis: np.concatenate(xs, axis),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "einsum": lambda x, y, subscripts: np.einsum(subscripts, x, y),
    "gather": lambda x, *positions, index: x[_filled_holes(index, positions)],
    "scatter_add": _scatter_add,
    "add_along": _add_along,
    "reorder": lambda x, order, axis: np.take_along_axis(x, order, axis),
    "positions": lambda n: np.arange(n),
    "quantile": _quantile(np.quantile),
    "nanquantile": _quantile(np.nanquantile),
    "nanargmax": _position(np.nanargmax),
    "nanargmin": _position(np.nanargmin),
    "running_max": lambda x, axis: np.maximum.accumulate(x, axis),
    "running_min": lambda x, axis: np.minimum.accumulate(x, axis),
    "xlogx": lambda x: x * np.log(x),
    "xlogratio": lambda a, b: a * np.log(a / b),
    "root_of_squares": np.sqrt,
    "norm_quotient": lambda g, r: g / np.where(r == 0, 1, r),
    "sign_product": lambda g, x: np.sign(x) * g,
    "absorbing_product": lambda a, b: np.where(b != 0, a * b, 0),
    "first_max": lambda a, b: np.where(b > a, b, a),
    "first_min": lambda a, b: np.where(b < a, b, a),
    "logcumsumexp": lambda x, axis: np.logaddexp.accumulate(x, axis),
    "recurrence": lambda a, b, axis: _recurrence(a, b, axis),
    "matrix": lambda *elements, shape: np.reshape(elements, shape),
    "windows": lambda x, window, axis: np.lib.stride_tricks.sliding_window_view(x, window, axis),
    "cofactor": lambda x: np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2),
    "cofactor_slope": lambda x, h: (
        _cofactor_slope(np.swapaxes(np.linalg.inv(x), -1, -2), h) * np.linalg.det(x)[..., None, None]
    ),
    "svd": lambda x: np.linalg.svd(x, full_matrices=False),
    "eig": lambda x: tuple(part.astype(complex) for part in np.linalg.eig(x)),
    "lstsq": lambda a, b: np.linalg.lstsq(a, b)[0],
    "solve_triangular": lambda a, b, lower, unit: scipy.linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit),
    "fft": lambda x, n, axes, norm: np.fft.fftn(x, n, axes, norm),
    "ifft": lambda x, n, axes, norm: np.fft.ifftn(x, n, axes, norm),
    "rfft": lambda x, n, axes, norm: np.fft.rfftn(x, n, axes, norm),
    "irfft": lambda x, n, axes, norm: np.fft.irfftn(x, n, axes, norm),
    "hfft": lambda x, n, axes, norm: np.fft.hfft(x, n[0], axes[0], norm),
    "ihfft": lambda x, n, axes, norm: np.fft.ihfft(x, n[0], axes[0], norm),
}


def _pseudo_huber(d, r):
    return np.square(r) / (1 + np.hypot(1, r / d))


def meaning(op: Op) -> Callable[..., Any]:
    """A plain function that computes the row, told apart from how the row prints."""
    if op.name in MEANING:
        return MEANING[op.name]
    if isinstance(op.fn, str):
        module, _, name = op.fn.partition(":")
        return getattr(importlib.import_module(module), name)
    assert op.fn is not None, f"write down what {op.name} means"
    return op.fn


def evaluate(graph: Graph, *arrays: Any) -> list[np.ndarray]:
    """The outputs, node by node: no rewriting, no printing. Weak values are Python numbers, as they are in NumPy."""
    values: dict[Node, Any] = dict(zip(graph.inputs, arrays, strict=True))
    with np.errstate(all="ignore"):
        for node in toposort(graph.outputs):
            if node in values:
                continue
            if node.op is CONSTANT:
                value = node.literal.value
            elif node.op is ITEM:
                value = values[node.inputs[0]][slot(node)]
            else:
                value = meaning(node.op)(*[values[x] for x in node.inputs], **node.kwargs)
            if node.parts:
                values[node] = value
                continue
            value = np.asarray(value, dtype=node.dtype)
            values[node] = value.item() if node.aval.weak and not node.shape else value
    return [np.asarray(values[node], dtype=node.dtype) for node in graph.outputs]


# -------------------------------------------------------------------------------------------------- finite differences


def _recurrence(a: Any, b: Any, axis: int) -> Any:
    """Step by step."""
    a, b = np.moveaxis(np.asarray(a), axis, 0), np.moveaxis(np.asarray(b), axis, 0)
    steps = [b[0]] if len(b) else []
    for k in range(1, len(b)):
        steps.append(a[k] * steps[-1] + b[k])
    return np.moveaxis(np.array(steps).reshape(b.shape), 0, axis)


def difference(f: Callable[..., Any], arrays: Sequence[Any], k: int, direction: Any, h: float = 2e-4) -> Any:
    """The derivative of f along `direction` in argument `k`, by differences of order four."""

    def at(step: float) -> Any:
        return f(*[a + step * direction if i == k else a for i, a in enumerate(arrays)])

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def assert_slopes(value_and_grad, f, p, x):
    """Value and gradient with respect to the vector `p` are those of the function of `p` and `x`."""
    value, gradient = value_and_grad(p, x)
    np.testing.assert_allclose(value, f(p, x), rtol=1e-12, atol=0)
    slopes = [(f(p + h, x) - f(p - h, x)) / 2e-6 for h in 1e-6 * np.eye(len(p))]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-7)


def weighted_sum(f, names):
    """A real scalar that sees all of f's result differently; a function of positional arguments `names`."""

    def scalar(*args):
        y = f(*args)
        weights = 1 + 0.5 * np.cos(np.arange(np.prod(y.shape, dtype=int)).reshape(y.shape))
        return np.sum(y * weights)

    scalar.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    )
    return scalar


def named_like(f, names):
    """f as a function of positional arguments `names`."""

    def call(*args):
        return f(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])
    return call


def interruptible(*words):
    """How a command is run that SIGINT ends, which the background jobs of a shell are made to ignore."""
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    return [sys.executable, "-c", f"{begin}; from symdiff.cli import main; raise SystemExit(main({list(words)!r}))"]
