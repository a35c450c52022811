"""Sparse Jacobians and Hessians are the dense ones, entry by entry; what they are returned as; and errors."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

import symdiff as sd
from symdiff.cli import main
from symdiff.errors import ArgumentError, DTypeError, ShapeError, SymdiffError

RNG = np.random.default_rng(0)
X = RNG.uniform(0.3, 1.2, 12)
EDGES = np.array([[0, 1], [1, 2], [2, 5], [5, 3], [3, 4], [4, 0], [6, 7], [7, 11]]).T


def brusselator(y):
    u, v = y.reshape(2, 2, 3)
    lap = [np.roll(w, 1, 0) + np.roll(w, -1, 0) + np.roll(w, 1, 1) + np.roll(w, -1, 1) - 4 * w for w in (u, v)]
    return np.concatenate([(1 + u**2 * v - 4.4 * u + lap[0]).ravel(), (3.4 * u - u**2 * v + lap[1]).ravel()])


def flows(x):
    i, j = EDGES
    through = np.sin(x[i] - x[j])
    return np.bincount(i, through, minlength=12) - np.bincount(j, through, minlength=12)


def marching(x):
    state, out = x[0], []
    for k in range(1, 12):
        state = np.tanh(state) * x[k]
        out.append(state)
    return np.stack(out)


VALUES = {
    "differences": lambda x: x[1:] - x[:-1] ** 2,
    "cubes": lambda x: x**3,
    "second differences": lambda x: np.diff(x**2, 2),
    "arrow": lambda x: np.concatenate([[x @ x], x**2 * x[0]]),
    "wide row": lambda x: np.concatenate([[np.prod(x)], np.cos(x[:3])]),
    "brusselator": brusselator,
    "network": flows,
    "matrix": lambda x: x.reshape(3, 4) * x[:4],
    "number": lambda x: np.exp(x[3]) * x[0],
    "constant": lambda x: np.arange(3.0),
    "nothing": lambda x: x[:0] ** 2,
    "steps": marching,
    "complex": lambda x: np.exp(1j * x[1:]) * x[:-1],
}

SCALARS = {
    "chain": lambda x: np.sum(np.sin(x[1:] - x[:-1] ** 2)),
    "rosenbrock": lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "separable": lambda x: np.sum(np.exp(x) * x),
    "arrow": lambda x: np.sum(x**3) + x[0] * np.sum(x[1:] ** 2),
    "linear": lambda x: np.sum(x[::2]) * 3,
    "quartic": lambda x: np.sum(x**2) ** 2,
    "grid": lambda x: np.sum(np.hypot(np.diff(x.reshape(3, 4), axis=0)[:, 1:], np.diff(x.reshape(3, 4), axis=1)[1:])),
    "entropy": lambda x: np.sum(x * np.log(x)) + x[1] * x[7],
    "one": lambda x: x[4] ** 4,
}


def assert_same(sparse, dense, size=X.size):
    np.testing.assert_allclose(sparse.toarray(), np.reshape(dense, (-1, size)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", VALUES)
def test_a_sparse_jacobian_is_the_dense_one(name):
    f = VALUES[name]

    assert_same(sd.jacobian(f, sparse=True)(X), sd.jacobian(f)(X))


@pytest.mark.parametrize("name", SCALARS)
def test_a_sparse_hessian_is_the_dense_one(name):
    f = SCALARS[name]
    found = sd.hessian(f, sparse=True)(X)

    assert_same(found, sd.hessian(f)(X))
    assert isinstance(found, sp.csr_array)
    assert found.has_canonical_format


@pytest.mark.parametrize("name", ["differences", "network", "cubes", "arrow"])
def test_formats_hold_the_same_entries(name):
    f = VALUES[name]
    matrix = sd.jacobian(f, sparse=True)(X)
    data, indices, indptr = sd.jacobian(f, sparse=True, format="csr_parts")(X)
    rows, columns, values = sd.jacobian(f, sparse=True, format="coo")(X)

    for ours, theirs in ((data, matrix.data), (indices, matrix.indices), (indptr, matrix.indptr), (values, data)):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(
        sp.coo_array((values, (rows, columns)), shape=matrix.shape).toarray(), matrix.toarray()
    )


def test_calls_share_no_arrays():
    """SciPy sorts and prunes in place: what a caller does to a result reaches no other one."""
    f = sd.jacobian(VALUES["differences"], sparse=True)
    first, again = f(X), f(X).toarray()
    first.data[:] = 0
    first.eliminate_zeros()

    np.testing.assert_array_equal(f(X).toarray(), again)
    rows, _, values = sd.jacobian(VALUES["cubes"], sparse=True, format="coo")(X)
    rows[:], values[:] = 0, 0


def test_blocks_of_several_values_and_targets():
    def f(x, y):
        return {"a": x[:, None] * y, "b": (np.sin(x[1:]), y[0] * y)}

    x, y = RNG.normal(size=3), RNG.normal(size=2)
    sparse, dense = sd.jacobian(f, ("x", "y"), sparse=True)(x, y), sd.jacobian(f, ("x", "y"))(x, y)

    for ours, theirs in ((sparse["a"], dense["a"]), (sparse["b"][0], dense["b"][0]), (sparse["b"][1], dense["b"][1])):
        assert_same(ours[0], theirs[0], 3)
        assert_same(ours[1], theirs[1], 2)


def test_blocks_of_second_derivatives():
    def f(x, y):
        return np.sum(x[1:] * x[:-1] * y[0]) + np.sum(y**3)

    x, y = RNG.normal(size=5), RNG.normal(size=3)
    sparse, dense = sd.hessian(f, ("x", "y"), sparse=True)(x, y), sd.hessian(f, ("x", "y"))(x, y)

    for i in range(2):
        for k, size in enumerate((5, 3)):
            assert_same(sparse[i][k], dense[i][k], size)


def test_containers_of_targets():
    f = sd.jacobian(lambda p: p["a"] ** 2 + p["b"][0], sparse=True)
    found = f({"a": X, "b": X[:2]})

    assert_same(found["a"], np.diag(2 * X))
    assert found["b"].nnz == 12


def test_precision_stays():
    found = sd.jacobian(VALUES["differences"], sparse=True)(X.astype(np.float32))

    assert found.dtype == np.float32


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_short_and_empty_arguments(n):
    x = X[:n]
    found = sd.jacobian(lambda x: x[1:] * x[:-1], sparse=True)(x)
    assert found.shape == (max(n - 1, 0), n)
    if n:
        assert_same(found, _products(x), n)
    assert sd.hessian(lambda x: np.sum(x**3), sparse=True)(x).shape == (n, n)


def _products(x):
    found = np.zeros((len(x) - 1, len(x)))
    for k in range(len(found)):
        found[k, k], found[k, k + 1] = x[k + 1], x[k]
    return found


def test_what_is_not_finite_stays_where_it_is():
    x = np.array([np.nan, 0.0, np.inf, 2.0])
    with np.errstate(all="ignore"):
        found = sd.jacobian(lambda x: np.log(x[1:]) + np.sqrt(x[1:]), sparse=True)(x).toarray()

    assert np.isinf(found[0, 1])
    np.testing.assert_allclose(found[2, 3], 0.5 + 0.5 / np.sqrt(2))
    assert not found[:, 0].any()


def test_named_lengths_take_the_numbers_of_each_call():
    f = sd.jacobian("x[1:] - x[:-1]**2", x="n", sparse=True)

    assert f(X).shape == (11, 12)
    assert f(X[:5]).shape == (4, 5)
    assert f.sparsity.shape == (4, 5)
    assert f.at(x="30").sparsity.nnz == 58
    g = sd.jacobian("x * y", "x", x="n", y="n", sparse=True)
    with pytest.raises(ShapeError, match="declared is"):
        g(X, X[:3])


def test_patterns_and_colours_are_known_before_any_call():
    f = sd.hessian("sum((x[1:] - x[:-1]**2)**2)", x="1000", sparse=True)

    assert f.colors == 3
    assert f.sparsity.nnz == 2998
    assert sd.jacobian("x * y", ("x", "y"), x="4", y="4", sparse=True).colors == (1, 1)


def test_rows_are_coloured_where_that_takes_fewer():
    f = sd.jacobian(VALUES["wide row"], sparse=True).at(x="12")

    assert f.colors == 2
    assert sd.hessian(SCALARS["arrow"], sparse=True).at(x="500").colors == 2


def test_solvers_take_them():
    def residuals(x):
        return np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])

    jac = sd.jacobian(residuals, sparse=True)
    found = scipy.optimize.least_squares(residuals, X, jac=jac, method="trf")

    np.testing.assert_allclose(found.x, 1, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: sd.jacobian("x**2", x="3", sparse=1), ArgumentError, "sparse is 1"),
        (
            lambda: sd.jacobian("x**2", x="3", sparse=True, format="cso"),
            ArgumentError,
            "did you mean 'coo'|did you mean 'csr'",
        ),
        (lambda: sd.hessian("sum(x**2)", x="3", format="coo"), ArgumentError, "sparse=True"),
        (lambda: sd.jacobian("x**2", x="3").sparsity, ArgumentError, "no sparse derivative"),
        (lambda: sd.jacobian("x > 1", x="3", sparse=True), DTypeError, "only real or complex results"),
    ],
)
def test_errors_say_what_to_do(make, error, says):
    with pytest.raises(error, match=says):
        make()


SOURCES = {
    "differences": lambda: sd.jacobian("x[1:] - x[:-1]**2", x="8", sparse=True),
    "rosenbrock": lambda: sd.hessian(SCALARS["rosenbrock"], sparse=True).at(x="8"),
    "brusselator": lambda: sd.jacobian(VALUES["brusselator"], sparse=True).at(y="12"),
    "network": lambda: sd.jacobian(VALUES["network"], sparse=True).at(x="12"),
    "colours": lambda: sd.jacobian("softmax(reshape(x, (3, 4)), axis=1)", x="12", sparse=True, format="coo"),
    "rows": lambda: sd.jacobian(VALUES["wide row"], sparse=True, format="csr_parts").at(x="6"),
    "grid": lambda: sd.jacobian("cumsum(x, axis=1) * x", x="3 3", sparse=True),
    "diagonal": lambda: sd.jacobian("x**3", x="5", sparse=True),
}


@pytest.mark.parametrize("name", SOURCES)
def test_sources(golden, name):
    golden(f"sparse/{name}.txt", SOURCES[name]().source)


ERRORS = {
    "sparse_is_a_number": lambda: sd.jacobian("x**2", x="3", sparse=1),
    "format_misspelt": lambda: sd.jacobian("x**2", x="3", sparse=True, format="cso"),
    "format_of_a_dense_one": lambda: sd.hessian("sum(x**2)", x="3", format="coo"),
    "no_pattern": lambda: sd.jacobian("x**2", x="3").sparsity,
    "named_lengths": lambda: sd.jacobian("x**2", x="n", sparse=True).sparsity,
    "dense_beyond_measure": lambda: sd.jacobian("x / sum(x)", x="200000", sparse=True),
    "stack": lambda: sd.vmap(sd.jacobian("x**2", x="3", sparse=True))(np.ones((2, 3))),
    "while_loop": lambda: sd.jacobian(_halved, sparse=True)(X),
}


def _halved(x):
    while np.sum(x) > 1:
        x = x * x[0]
    return x


@pytest.mark.parametrize("name", ERRORS)
def test_error_texts(golden, name):
    with pytest.raises(SymdiffError) as error:
        ERRORS[name]()
    golden(f"sparse/error_{name}.txt", f"{type(error.value).__name__}: {error.value}")


def test_a_traced_function_sees_a_sparse_matrix():
    jacobian, dense = sd.jacobian(VALUES["brusselator"], sparse=True), sd.jacobian(VALUES["brusselator"])
    hessian = sd.hessian(SCALARS["chain"], sparse=True)
    v = RNG.normal(size=12)
    gauss_newton = sd.function(lambda x, v: jacobian(x).T @ (jacobian(x) @ v))

    np.testing.assert_allclose(gauss_newton(X, v), dense(X).T @ (dense(X) @ v), rtol=1e-12)
    np.testing.assert_allclose(sd.function(lambda x: hessian(x) @ v)(X), sd.hvp(SCALARS["chain"])(X, v), rtol=1e-12)
    np.testing.assert_allclose(
        sd.grad(lambda x: np.sum((jacobian(x) @ v) ** 2))(X),
        sd.grad(lambda x: np.sum((dense(x) @ v) ** 2))(X),
        rtol=1e-12,
    )  # and again: its derivative


@pytest.mark.parametrize(
    "make",
    [
        lambda: sd.jacobian(VALUES["network"], sparse=True).at(x="12"),
        lambda: sd.hessian("sum((x[1:] - x[:-1]**2)**2)", x="300", sparse=True),
        lambda: sd.jacobian("x[:, None] * y", ("x", "y"), x="4", y="3", sparse=True),
    ],
    ids=["network", "long", "blocks"],
)
def test_files_check_themselves(make, tmp_path):
    path = make().save(tmp_path / "derivative.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "largest relative error" in done.stdout
    assert "csr_array of float64" in path.read_text(encoding="utf-8")


def test_files_of_parts_need_numpy_alone(tmp_path):
    f = sd.jacobian("x[1:] * x[:-1]", x="5", sparse=True, format="csr_parts")

    assert "scipy" not in f.save(tmp_path / "parts.py").read_text(encoding="utf-8")


def test_the_command_line(capsys):
    assert main(["jacobian", "x[1:] * x[:-1]", "--wrt", "x", "--shape", "x=5", "--sparse", "--returns", "coo"]) == 0
    assert capsys.readouterr().out == sd.jacobian("x[1:] * x[:-1]", x="5", sparse=True, format="coo").source


def test_loops_of_known_length_give_bands():
    """States and controls: the defect of a step reads that step, and the next state."""
    steps = 150

    def defects(states, controls):
        out = []
        for k in range(steps):
            slope = np.stack([states[k, 1], -np.sin(states[k, 0]) + controls[k]])
            out.append(states[k + 1] - states[k] - 0.01 * slope)
        return np.stack(out)

    f = sd.jacobian(defects, ("states", "controls"), sparse=True).at(states="151 2", controls="150")
    of_states, of_controls = f.sparsity

    assert of_controls.nnz == steps
    assert of_states.nnz == 6 * steps
    assert int((of_states.indices - of_states.rows).max()) == 2
    assert int((of_states.indices - of_states.rows).min()) == -1
    states, controls = RNG.normal(size=(151, 2)), RNG.normal(size=150)
    moved = 1e-6 * RNG.normal(size=(151, 2))
    found = (f(states, controls)[0] @ moved.ravel()).reshape(150, 2)
    np.testing.assert_allclose(found, defects(states + moved, controls) - defects(states, controls), atol=1e-12)


def predators_and_prey(steps):
    """The equations of optimal control by fishing, and their Lagrangian: each step keeps its state for the next one."""

    def defects(states, controls):
        out = np.zeros((steps, 2))
        before = np.array([0.5, 0.7])
        for k in range(steps):
            x, w = (before + states[k]) / 2, controls[k]
            slope = np.stack([x[0] - x[0] * x[1] - 0.4 * x[0] * w, -x[1] + x[0] * x[1] - 0.2 * x[1] * w])
            out[k] = states[k] - before - 0.1 * slope
            before = states[k]
        return out

    def lagrangian(states, controls, multipliers):
        return np.sum(states**4) + np.sum(controls**3) + np.sum(multipliers * defects(states, controls))

    return defects, lagrangian


def test_optimal_control_has_blocks_along_the_diagonal_and_no_loop():
    steps, unknowns = 1000, ("states", "controls")
    defects, lagrangian = predators_and_prey(steps)
    point = RNG.uniform(0.5, 1.5, (steps, 2)), RNG.uniform(0.1, 0.9, steps)
    f, h = (sd.jacobian(defects, unknowns, sparse=True), sd.hessian(lagrangian, unknowns, sparse=True))
    of_states, of_controls = f(*point)
    (ss, _), (_, cc) = h(*point, RNG.normal(size=(steps, 2)))

    assert (of_states.nnz, of_controls.nnz) == (8 * steps - 4, 2 * steps)
    assert int(np.abs(f.sparsity[0].indices - f.sparsity[0].rows).max()) == 3
    assert (abs(ss - ss.T).max(), cc.nnz) == (0, steps)
    assert "for " not in f.source + h.source

    defects, lagrangian = predators_and_prey(5)
    few = point[0][:5], point[1][:5]
    more = (*few, RNG.normal(size=(5, 2)))
    for block, dense in zip(f_of(sd.jacobian, defects, few), sd.jacobian(defects, unknowns)(*few), strict=True):
        np.testing.assert_allclose(block.toarray(), np.reshape(dense, block.shape), rtol=1e-12, atol=1e-14)
    pairs = zip(f_of(sd.hessian, lagrangian, more), sd.hessian(lagrangian, unknowns)(*more), strict=True)
    for row, others in pairs:
        for block, dense in zip(row, others, strict=True):
            np.testing.assert_allclose(block.toarray(), np.reshape(dense, block.shape), rtol=1e-12, atol=1e-14)


def f_of(make, function, point):
    return make(function, ("states", "controls"), sparse=True)(*point)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sd.jacobian(lambda x, y: np.sum(x * y), sparse=True),  # the values are an argument
        lambda: sd.jacobian(lambda x, y: x * y, ("x", "y"), sparse=True),
        lambda: sd.jacobian(lambda x, y: x * np.arange(12.0) + y, sparse=True),  # or constants
        lambda: sd.hessian(lambda x, y: np.sum(np.exp(x) * y), ("x", "y"), sparse=True),  # or another block's
        lambda: sd.hessian(lambda x, y: np.sum(x**2 + y**2), ("x", "y"), sparse=True),
    ],
)
def test_what_is_done_to_a_matrix_reaches_nothing_else(make):
    f, x, y = make(), X.copy(), X[::-1].copy()
    fresh = [block.toarray() for block in _blocks(make()(X, X[::-1]))]

    for k in range(len(fresh)):
        blocks = _blocks(f(x, y))
        assert all(sp.issparse(block) for block in blocks)
        blocks[k].data[:] = 7
        blocks[k].indices[:] = 0
        for j, block in enumerate(blocks):
            assert j == k or np.array_equal(block.toarray(), fresh[j])
    np.testing.assert_array_equal([x, y], [X, X[::-1]])
    np.testing.assert_array_equal(_blocks(f(x, y))[0].toarray(), fresh[0])


def _blocks(value):
    return [block for part in value for block in _blocks(part)] if isinstance(value, tuple) else [value]


def test_solutions_depend_on_what_their_equations_read():
    """Each unknown by itself, or in groups, however it was found."""
    a = X[:4]

    def apart(a):
        return sd.root(lambda x: x**3 + a * x - 1, np.ones(4))

    def in_groups(a):
        return sd.root(lambda x: x + 0.1 * np.concatenate([x[1::-1], x[2:]]) ** 2 - a[[0, 1, 3, 3]], np.ones(4))

    for f, entries in ((apart, 4), (in_groups, 6)):
        found = sd.jacobian(f, sparse=True)(a)
        assert found.nnz == entries
        np.testing.assert_allclose(found.toarray(), sd.jacobian(f)(a), rtol=1e-12, atol=1e-14)


def test_rows_and_columns_give_the_precision_of_the_value():
    x, w = X[:3].astype(np.float32), np.arange(3.0)

    for sparse in (False, True):
        assert sd.jacobian(lambda x: np.sum(x * w), sparse=sparse)(x).dtype == np.float64
