"""`vmap`: a stack of results is the results of the items, stacked, whatever is mapped and however it is composed."""

import numpy as np
import pytest
import sympy

import symdiff as sd
from symdiff.errors import ArgumentError, ShapeError, UnsupportedError

RNG = np.random.default_rng(0)
N, D = 5, 3
X, Y, W = RNG.normal(size=(N, D)), RNG.normal(size=(N,)), RNG.normal(size=(D, 4))
MATRICES = RNG.normal(size=(N, D, D)) + 4 * np.eye(D)


def looped(x):
    total = 0.0
    for k in range(12):
        total = np.sin(total + x[k % 3])
    return total


def selected(x):
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0)) if np.sum(x) > 0 else np.sum(x**2)


ITEMS = {
    "number": (lambda x, y: x * np.sin(y), (Y, Y + 1)),
    "vector": (lambda x, y: np.tanh(x @ W) * y, (X, Y)),
    "softmax": (lambda x, y: np.log(np.sum(np.exp(x - y))), (X, Y)),
    "matrix": (lambda a, b: np.linalg.solve(a, b), (MATRICES, X)),
    "spectrum": (lambda a, b: np.linalg.eigvalsh(a @ a.T) * b, (MATRICES, X)),
    "sorted": (lambda x, y: np.sort(x)[::-1].cumsum() * y, (X, Y)),
    "loop": (lambda x, y: looped(x) * y, (X, Y)),
    "branch": (lambda x, y: selected(x) * y, (X, Y)),
    "containers": (lambda p, y: {"a": p["u"] * y, "b": (p["u"][0], p["v"])}, ({"u": X, "v": Y}, Y)),
    "constant": (lambda x, y: np.arange(3.0), (X, Y)),
    "empty": (lambda x, y: np.sum(x) * y, (np.zeros((0, 3)), np.zeros(0))),
    "single": (lambda x, y: np.float32(2) * x * y, (X.astype("float32"), Y.astype("float32"))),
}


def item(value, k):
    return {key: item(v, k) for key, v in value.items()} if isinstance(value, dict) else value[k]


def parts(value):
    if isinstance(value, dict):
        return [p for v in value.values() for p in parts(v)]
    return [p for v in value for p in parts(v)] if isinstance(value, tuple) else [value]


def check(mapped, single, args):
    found = parts(mapped(*args))
    rows = [parts(single(*(item(a, k) for a in args))) for k in range(len(parts(args[-1])[0]))]
    for stack, each in zip(found, zip(*rows, strict=True), strict=True) if rows else ():
        np.testing.assert_allclose(stack, np.stack(each), rtol=1e-12 if stack.dtype == float else 1e-5, atol=1e-12)
        assert stack.dtype == np.asarray(each[0]).dtype
    if not rows:
        assert [stack.shape[0] for stack in found] == [0]


@pytest.mark.parametrize("name", ITEMS)
def test_a_stack_of_results_is_the_results_stacked(name):
    f, args = ITEMS[name]
    check(sd.vmap(f), sd.function(f), args)


@pytest.mark.parametrize("name", ["vector", "softmax", "matrix", "loop", "branch"])
@pytest.mark.parametrize("transform", [sd.jacobian, lambda f: sd.jvp(f, 1), lambda f: sd.jacobian(sd.jacobian(f))])
def test_mapping_a_derivative_is_deriving_each_item(name, transform):
    f, args = ITEMS[name]
    derived = transform(f)
    args = (*args, args[1] + 2) if len(derived.inputs) == 3 else args
    check(sd.vmap(derived), derived, args)


def test_the_derivative_of_what_is_mapped():
    f, args = ITEMS["vector"]
    of_stack = sd.jacobian(sd.vmap(f))(*args)
    of_items = sd.vmap(sd.jacobian(f))(*args)

    for k in range(N):
        np.testing.assert_allclose(of_stack[k, :, k], of_items[k], rtol=1e-13)
    assert np.count_nonzero(of_stack) == np.count_nonzero(of_items)


def test_gradients_for_each_example_of_a_net_are_one_program_without_a_loop():
    def loss(p, x, label):
        h = np.tanh(x @ p["W"] + p["b"])
        z = h @ p["V"]
        return np.log(np.sum(np.exp(z))) - z[label]

    p = {"W": RNG.normal(size=(D, 6)), "b": RNG.normal(size=6), "V": RNG.normal(size=(6, 4))}
    labels = np.array([0, 3, 1, 1, 2])
    each, alone = sd.vmap(sd.grad(loss), in_axes=(None, 0, 0)), sd.grad(loss)
    found = each(p, X, labels)
    singly = [alone(p, x, int(label)) for x, label in zip(X, labels, strict=True)]

    for key in p:
        np.testing.assert_allclose(found[key], np.stack([g[key] for g in singly]), rtol=1e-12, atol=1e-15)
    assert "for " not in each.source
    assert "np.tanh(x @ W + b)" in each.source


def test_axes_may_be_anywhere():
    f = sd.function(lambda a, b: a @ b)
    np.testing.assert_allclose(
        sd.vmap(f, (2, -1), -1)(MATRICES.transpose(1, 2, 0), X.T), (MATRICES @ X[..., None])[..., 0].T
    )
    np.testing.assert_allclose(sd.vmap(f, {"b": 1})(MATRICES[0], X.T), X @ MATRICES[0].T)
    first, second = sd.vmap(lambda x: (x, 2 * x), out_axes=(0, 1))(X)
    assert first.shape == second.T.shape == X.shape


def test_mapping_twice_is_a_table():
    table = sd.vmap(sd.vmap("x * sin(y)", {"y": 0}), {"x": 0})
    np.testing.assert_allclose(table(x=Y, y=X[0]), np.outer(Y, np.sin(X[0])))


def test_what_is_declared_is_one_item():
    f = sd.vmap("sum(exp(x)) * y", x="n", y="")
    assert [repr(x.aval) for x in f.graph.inputs] == ["f64[batch,n]", "f64[batch]"]
    assert repr(sd.vmap(f).graph.inputs[0].aval) == "f64[batch2,batch,n]"


def test_inside_of_a_function_that_is_differentiated():
    def loss(w):
        return np.sum(sd.vmap(lambda x: np.sin(x @ w))(X))

    np.testing.assert_allclose(sd.grad(loss)(np.ones(D)), X.T @ np.cos(X.sum(axis=1)))


def test_a_check_raises_if_one_item_fails_it():
    def root(x):
        if x < 0:
            raise ValueError("negative")
        return np.sqrt(x)

    f = sd.vmap(root)
    np.testing.assert_array_equal(f(np.array([1.0, 4.0])), [1, 2])
    with pytest.raises(ValueError, match="negative"):
        f(np.array([1.0, -4.0]))


def handled(a, b):
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return b


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: sd.vmap("x * y", {"z": 0}), ArgumentError, "in_axes\\['z'\\] is no argument; the inputs are x, y"),
        (lambda: sd.vmap("x * y", (0,)), ArgumentError, "in_axes has 1 axes, and the arguments are x, y"),
        (lambda: sd.vmap("x * y", (None, None)), ArgumentError, "says of no argument that it is a stack"),
        (lambda: sd.vmap("x * y", 1.5), ArgumentError, "in_axes holds 1.5, which is no axis"),
        (lambda: sd.vmap("x * y", out_axes="0"), ArgumentError, "out_axes holds '0', which is no axis"),
        (lambda: sd.vmap("x * y")(X, X[:2]), ShapeError, "'x' has 5 items, and 'y' has 2"),
        (lambda: sd.vmap("x * y")(X, 2.0), ShapeError, "'y', which is \\[\\], has no axis 0 for its items"),
        (lambda: sd.vmap("x * 2", out_axes=3)(X), ShapeError, "has no axis 3 for its items"),
        (lambda: sd.vmap("x * 2", 1, x=""), ShapeError, "the argument 'x', an item of which has 0 axes"),
        (lambda: sd.vmap(lambda x: (x, x), out_axes=(0, 0, 0))(X), ArgumentError, "out_axes has 3 axes"),
        (lambda: sd.vmap(handled)(MATRICES, X), UnsupportedError, "handles the failure of a call"),
    ],
)
def test_errors_say_what_to_do(make, kind, says):
    with pytest.raises(kind, match=says):
        make()


def test_as_many_arrays_as_a_call_has():
    np.testing.assert_array_equal(sd.vmap(lambda *arrays: arrays[0] * arrays[1])(Y, Y), Y**2)


def test_formulas_of_sympy_are_mapped_and_differentiated():
    q = sympy.Symbol("q")
    np.testing.assert_allclose(sd.jacobian(sd.vmap(q**2))(Y), np.diag(2 * Y))


def test_files_hold_the_function_of_stacks(tmp_path):
    f = sd.vmap(sd.grad("sum(x**2 * y)", "x", x="n", y=""))
    found = {}
    exec(f.save(tmp_path / "each.py").read_text(), found)
    np.testing.assert_allclose(found["grad"](X, Y), 2 * X * Y[:, None])
