"""Arrays that are not NumPy's: Dask's, lazily, and those of the array API standard. Their kind, or a refusal by name."""

import sys
import warnings
from types import SimpleNamespace

import jax_stand_in
import numpy as np
import pytest
from helpers import ROWS, as_tuple, compiled, samples, values, variables
from programs import PROGRAMS

import symdiff as sd
from symdiff.codegen.source import Definition, arrays_of
from symdiff.codegen.target import Wishes, find_target
from symdiff.errors import DTypeError, ShapeError, UnsupportedError
from symdiff.graph.graph import Graph
from symdiff.program.pipeline import lowered


def in_dask():
    dask, da = pytest.importorskip("dask"), pytest.importorskip("dask.array")

    def wrap(a):
        return da.from_array(np.asarray(a), chunks=tuple(max(1, (n + 1) // 2) for n in np.shape(a)))

    def forbidden(*args, **kwargs):
        raise AssertionError("something was computed")

    return SimpleNamespace(
        name="dask",
        wrap=wrap,
        lazily=lambda: dask.config.set(scheduler=forbidden),
        known=lambda *arrays: dask.compute(*arrays, scheduler="sync"),
        kind=da.Array,
    )


def in_standard():
    xp = pytest.importorskip("array_api_strict")
    return SimpleNamespace(
        name="array_api",
        wrap=xp.asarray,
        lazily=warnings.catch_warnings,
        known=lambda *arrays: list(map(np.asarray, arrays)),
        kind=type(xp.asarray(1.0)),
    )


def in_jax():
    jax, jnp = pytest.importorskip("jax"), pytest.importorskip("jax.numpy")
    return SimpleNamespace(
        name="jax",
        wrap=jnp.asarray,
        lazily=warnings.catch_warnings,
        known=lambda *arrays: list(map(np.asarray, arrays)),
        kind=jax.Array,
    )


@pytest.fixture(autouse=True)
def wide():
    """JAX has no float64 unless it is told so; other tests are none of our business."""
    before = sys.modules["jax"].config.jax_enable_x64 if "jax" in sys.modules else False
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", before)


def told_so(make):
    made = make()
    if made.name == "jax":
        sys.modules["jax"].config.update("jax_enable_x64", True)
    return made


@pytest.fixture(params=[in_dask, in_standard, in_jax], ids=lambda make: make.__name__)
def library(request):
    return told_so(request.param)


def flat(result):
    value, gradients = result
    return [value, *(gradients if isinstance(gradients, tuple) else (gradients,))]


# ---------------------------------------------------------------------------------------------------------------- rows

ELSEWHERE = (
    NotImplementedError,
    TypeError,
    ValueError,
    IndexError,
)  # what the library itself does not take, and says so
EACH = {"dask": 1, "array_api": 1, "jax": 40}  # JAX compiles each, for two minutes; all of them are right
FEWEST = {"dask": 220, "array_api": 110, "jax": 3}


def test_every_row_is_computed_by_the_library_or_refused(library):
    target, right = find_target(library.name), set()
    for op in ROWS[:: EACH[library.name]]:
        for arrays, params in samples(op)[:2]:
            if not arrays:
                continue
            inputs = variables(arrays)
            node = op(*inputs, **params)
            outputs = node.parts or (node,)
            graph = Graph(tuple(inputs), outputs, f"f_{op.name}", tree=tuple(range(len(outputs))))
            try:
                definition = Definition(target.print(lowered(graph, target)))
            except UnsupportedError:
                continue
            run = target.load(target.text([definition]), graph.name, arrays_of(definition.parts))
            try:
                with warnings.catch_warnings(), library.lazily():
                    warnings.simplefilter("error")
                    made = run(*map(library.wrap, arrays))
                assert all(isinstance(x, library.kind) for x in made), op.name
                with np.errstate(all="ignore"):
                    found = library.known(*made)
            except ELSEWHERE:
                continue
            expected = as_tuple(compiled(inputs, *values(node))(*arrays))
            for a, b in zip(found, expected, strict=True):
                kinds = [np.asarray(x).dtype for x in (a, b)]  # JAX counts in int32 where it can
                assert kinds[0] == kinds[1] or {k.kind for k in kinds} == {"i"}, op.name
                assert np.shape(a) == np.shape(b), op.name
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=op.name)
            right.add(op.name)
    assert len(right) > FEWEST[library.name]


def test_every_text_for_jax_says_what_the_row_is():
    """With NumPy in the place of JAX: all rows and samples, where the library itself would have to compile each."""
    target, right = find_target("jax"), set()
    for op in ROWS:
        for arrays, params in samples(op):
            inputs = variables(arrays)
            node = op(*inputs, **params)
            outputs = node.parts or (node,)
            graph = Graph(tuple(inputs), outputs, f"f_{op.name}", tree=tuple(range(len(outputs))))
            try:
                definition = Definition(target.print(lowered(graph, target), Wishes(largest=10**6)))
            except UnsupportedError:
                continue
            with np.errstate(all="ignore"):
                made = jax_stand_in.run(target.text([definition]), graph.name, arrays, arrays_of(definition.parts))
                expected = as_tuple(compiled(inputs, *values(node))(*arrays))
            for a, b in zip(made, expected, strict=True):
                assert np.shape(a) == np.shape(b), op.name
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=op.name)
            right.add(op.name)
    assert len(right) > 210


# ------------------------------------------------------------------------------------------------------------ programs

REFUSED = {"dask": (), "jax": (), "array_api": ("cox", "black_scholes")}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_run_on_the_arrays_that_they_are_given(name, library):
    program = PROGRAMS[name]
    point = program.point(0)
    f = sd.function(program.ours())
    given = {key: library.wrap(value) for key, value in point.items()}
    if name in REFUSED[library.name]:
        with pytest.raises(UnsupportedError, match=f"the target '{library.name}' has no"):
            f(**given)
        return
    with library.lazily():
        made = flat(f(**given))
    assert all(isinstance(x, library.kind) for x in made)
    for a, b in zip(library.known(*made), flat(program.expert(**point)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10 * max(1.0, np.max(np.abs(b))))


# ----------------------------------------------------------------------------------------------------------- functions

rng = np.random.default_rng(7)
X, w, y = rng.normal(size=(10, 3)), rng.normal(size=3), rng.normal(size=10)


def loss(w, X, y):
    return np.sum((X @ w - y) ** 2) / len(y)


TEXT = "sum((X @ w - y)**2) / n"
FUNCTIONS = {
    "traced": lambda: sd.value_and_grad(loss),
    "declared": lambda: sd.value_and_grad(TEXT, "w", X="n d", w="d", y="n", inputs=("w", "X", "y")),
}


@pytest.mark.parametrize("name", ["traced", "declared"])
def test_each_call_gives_the_kind_that_came(name, library):
    """In any order: programs for NumPy's arrays and for others stand beside one another."""
    f = FUNCTIONS[name]()
    value, slope = f(w, X, y)
    for given in [(w, X, y), (w, library.wrap(X), y), (w, X, y), (library.wrap(w), X, y), (w, X, y), (w, X, y)]:
        with library.lazily():
            made = f(*given)
        other = any(isinstance(a, library.kind) for a in given)
        kind = library.kind if other else (np.ndarray, np.float64)
        assert all(isinstance(x, kind) for x in made)
        found = library.known(*made) if other else made
        np.testing.assert_allclose(found[0], value)
        np.testing.assert_allclose(found[1], slope)


def test_containers_and_other_transformations(library):
    given = {"a": library.wrap(w), "b": library.wrap(X)}
    slopes = sd.grad(lambda p: np.sum(p["a"] ** 2) + np.sum(p["b"]))(given)
    assert isinstance(slopes["a"], library.kind)
    assert isinstance(slopes["b"], library.kind)
    np.testing.assert_allclose(library.known(slopes["a"])[0], 2 * w)
    np.testing.assert_allclose(library.known(slopes["b"])[0], np.ones_like(X))
    hessian = sd.hessian(loss)(library.wrap(w), library.wrap(X), library.wrap(y))
    np.testing.assert_allclose(library.known(hessian)[0], sd.hessian(loss)(w, X, y))


@pytest.mark.parametrize("make", [in_dask, in_standard], ids=lambda make: make.__name__)
def test_what_comes_in_stays_as_it_was(make):
    """Assignments are to a copy, and a result is no argument: arrays of these libraries may change."""

    def changed(x):
        y = x.copy()
        y[0] = 0.0
        y[1:3] += x[0]
        return y

    library = make()
    x = library.wrap(w.copy())
    np.testing.assert_allclose(library.known(sd.function(changed)(x))[0], changed(w))
    np.testing.assert_array_equal(library.known(x)[0], w)
    if library.name == "dask":
        same = sd.function(lambda x: x)(x)
        same[0] = 7.0
        np.testing.assert_array_equal(library.known(x)[0], w)


def test_numbers_without_axes_and_narrow_floats(library):
    slopes = sd.grad("x**2 * sin(y)", ("x", "y"))(library.wrap(np.array(2.0)), 3.0)
    np.testing.assert_allclose(library.known(*slopes), [4 * np.sin(3.0), 4 * np.cos(3.0)])
    narrow = sd.grad("sum(c * x**2)", "x", inputs=("c", "x"))(2.0, library.wrap(w.astype(np.float32)))
    found = np.asarray(library.known(narrow)[0])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 4 * w.astype(np.float32), rtol=1e-6)


def test_a_target_that_was_asked_for_takes_its_arrays_only(library):
    f = sd.grad("sum(x**2)", x="n", target=library.name)
    np.testing.assert_allclose(library.known(f(library.wrap(w)))[0], 2 * w)
    for other in ("c", "numpy"):
        with pytest.raises(UnsupportedError, match=f"the target '{other}' takes no arrays of"):
            sd.grad("sum(x**2)", x="n", target=other)(library.wrap(w))


def halved(x):
    s = np.sum(x)
    while s > 1:
        s = s * 0.5
    return s


def test_what_asks_for_values_is_refused(library):
    def checked(x):
        if np.sum(x) > 100:
            raise ValueError("too large")
        return np.sum(x**2)

    for f in (halved, checked):
        with pytest.raises(UnsupportedError, match=f"the target '{library.name}' has no"):
            sd.grad(f)(library.wrap(w))


def test_both_sides_of_a_branch_are_there(library):
    f = sd.grad(lambda x: np.sum(x**2) if np.sum(x) > 0 else np.sum(x**3))
    for x in (np.abs(w), -np.abs(w)):
        np.testing.assert_allclose(library.known(f(library.wrap(x)))[0], f(x))


def test_libraries_that_do_not_go_together_or_were_never_tried():
    dask, standard = in_dask(), in_standard()
    with pytest.raises(UnsupportedError, match="the arguments are arrays of dask and of array_api_strict"):
        sd.value_and_grad(loss)(w, dask.wrap(X), standard.wrap(y))
    other = type("Tensor", (), {"__module__": "torch", "shape": (3,), "dtype": "float64"})()
    with pytest.raises(UnsupportedError, match="no program runs on arrays of torch"):
        sd.grad("sum(x**2)", x="n")(other)


def test_an_array_of_another_library_is_no_constant(library):
    if library.name == "array_api":
        pytest.skip("which refuses to meet NumPy's arrays itself")
    A = library.wrap(X)
    with pytest.raises(UnsupportedError, match=f"A, which .* is an array of {library.name}") as told:
        sd.grad(lambda w: np.sum((A @ w) ** 2))(w)
    assert "np.sum((A @ w)" in str(told.value)
    assert "help: make A an argument" in str(told.value)


def test_arrays_of_unknown_length_or_of_words():
    dask = in_dask()
    lazy = dask.wrap(y)
    with pytest.raises(ShapeError, match=r"argument 'x' has axes of unknown length\nhelp: x\.compute_chunk_sizes"):
        sd.grad("sum(x**2)", x="n")(lazy[lazy > 0])
    with pytest.raises(DTypeError, match="argument 'x' has dtype"):
        sd.grad("sum(x**2)", x="n")(dask.wrap(np.array(["a", "b"])))


def test_texts():
    f = sd.value_and_grad(TEXT, "w", X="n d", w="d", y="n")
    assert "import dask.array as da" in sd.grad("sum(exp(X))", X="n d", target="dask").source
    standard = f.to("array_api").source
    assert "import" not in standard
    assert "xp = X.__array_namespace__()" in sd.grad("sum(exp(X))", X="n d", target="array_api").source


def test_the_page_shows_what_happens(shown):
    in_dask()
    assert round(float(shown("dask")["value"].compute()), 3) == 6931.472


# ----------------------------------------------------------------------------------------------------------------- JAX


def smooth(x):
    y = 0.0
    for t in range(len(x)):
        y = np.sin(0.9 * y) + 0.1 * x[t] ** 2
    return y


def until(x):
    total = 0.0
    for i in range(len(x)):
        if total > 2:
            break
        total = total + x[i]
    return total


def filled(x):
    y = np.zeros(2 * len(x))
    y[::2] = x
    y[1] += x[0]
    return np.sum(y**3)


@pytest.mark.parametrize(
    ("f", "n"), [(sd.grad(smooth), 40), (sd.function(halved), 5), (sd.function(until), 5), (sd.grad(filled), 3)]
)
def test_loops_and_assignments_are_compiled_by_jax(f, n):
    library = told_so(in_jax)
    x = np.linspace(0.5, 1.5, n)
    for run in (f, sys.modules["jax"].jit(f)):
        made = run(library.wrap(x))
        assert isinstance(made, library.kind)
        np.testing.assert_allclose(made, f(x), rtol=1e-13)


def kept(W, xs):
    """The way back asks for what each step began with, which the step itself renews."""
    c = h = np.zeros(3)
    for x in xs:
        s = W @ h + x
        c = np.tanh(s) * c + s
        h = np.cos(s) * np.tanh(c)
    return np.sum(h)


def filled_again(W, xs):
    """So it does of an array that the step writes into."""
    h = np.ones(3)
    for x in xs:
        h[0] = h[1] * h[2] + x[0]
        h[1:] = np.sin(W @ h)[1:] * h[:2]
    return np.sum(h)


@pytest.mark.parametrize("f", [kept, filled_again])
def test_what_steps_began_with_is_kept_for_the_way_back(f):
    library = told_so(in_jax)
    W, xs = np.eye(3) / 3 + 0.1, np.random.default_rng(0).normal(size=(40, 3))
    g = sd.value_and_grad(f, ("W", "xs"))
    h = g.to("jax")
    made, expected = h(library.wrap(W), library.wrap(xs)), g(W, xs)
    assert "lax.scan" in h.source
    np.testing.assert_allclose(made[0], expected[0], rtol=1e-13)
    for one, other in zip(made[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)


def test_what_jax_transforms():
    library = told_so(in_jax)
    jax, f = sys.modules["jax"], FUNCTIONS["declared"]()
    given = library.wrap(w), library.wrap(X), library.wrap(y)
    stack = library.wrap(np.stack([w, 2 * w]))
    np.testing.assert_allclose(jax.vmap(f, in_axes=(0, None, None))(stack, *given[1:])[1][1], f(2 * w, X, y)[1])
    np.testing.assert_allclose(jax.grad(lambda w: f(w, *given[1:])[0])(given[0]), f(w, X, y)[1])


def test_jax_makes_nothing_narrower_without_a_word():
    library = in_jax()
    sys.modules["jax"].config.update("jax_enable_x64", False)
    narrow = sd.grad("sum(c * x**2)", "x", inputs=("c", "x"))(2.0, library.wrap(w.astype(np.float32)))
    assert narrow.dtype == np.float32
    with pytest.raises(DTypeError, match=r"jax makes float32 of float64\nhelp: .*jax_enable_x64"):
        sd.value_and_grad(loss)(w, library.wrap(X), library.wrap(y))


def test_the_text_for_jax(golden):
    golden("jax/smooth.txt", sd.value_and_grad(smooth, x="n", target="jax").source)
    golden("jax/filled.txt", sd.grad(filled, x=3, target="jax").source)
