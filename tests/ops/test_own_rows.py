"""Users add operations through the same door as ours."""

import subprocess
import sys

import numpy as np
import pytest

import symdiff as sd
from symdiff.autodiff.compose import are_symmetric
from symdiff.errors import ArgumentError, SymdiffError, UnsupportedError
from symdiff.functions.check import GradientMismatchError
from symdiff.graph.op import OPS, Part
from symdiff.ops.batching import broadcasting


def soft_step(x):
    """A step that is smooth: x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def slope(y, x):
    return (1 - abs_(y)) * (1 - abs_(y))


def abs_(y):
    return OPS["absolute"](y)


@pytest.fixture(scope="module")
def row():
    return sd.elementwise("soft_step", soft_step, slope, dtype="float", doc="x / (1 + |x|).")


def test_an_own_row_is_a_function_of_the_language(row):
    x = np.array([-1.5, 0.25, 2.0])
    f = sd.value_and_grad("sum(soft_step(x)*x)", x="n")
    value, d_x = f(x)

    assert value == pytest.approx(np.sum(soft_step(x) * x))
    np.testing.assert_allclose(d_x, soft_step(x) + x / (1 + np.abs(x)) ** 2)
    assert sd.check_grads(sd.function("sum(soft_step(x)*x)", x="n"), (x,)) < 1e-6


def test_its_source_travels_with_the_file(row, tmp_path):
    path = sd.grad("sum(soft_step(x)**2)", x="n").save(tmp_path / "own.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)

    assert "def _soft_step(x):" in path.read_text()
    assert done.returncode == 0, done.stderr


def test_a_lambda_cannot_be_copied_into_a_source():
    with pytest.raises(ArgumentError, match="'cubed_by_lambda': what runs it is a lambda"):
        sd.elementwise("cubed_by_lambda", lambda a: a**3, lambda y, x: 3 * x**2, doc="x ** 3.")
    assert "cubed_by_lambda" not in OPS


def test_a_row_from_a_prompt_says_where_to_put_it():
    space = {}
    exec(compile("def typed_in(x):\n    return 2.0 * x", "<stdin>", "exec"), space)
    sd.elementwise("typed_in", space["typed_in"], lambda y, x: 2.0, dtype="float", doc="Twice x.")

    with pytest.raises(UnsupportedError, match="the source of typed_in is not there"):
        sd.function("sum(typed_in(x))", x="n")(np.ones(2))


def test_a_row_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="lacks doc"):
        sd.elementwise("nameless", np.sin, lambda y, x: 1, doc="")


def test_a_column_that_rows_do_not_have_is_refused():
    with pytest.raises(ArgumentError, match="'odd': rows have no column 'hnit'\nhelp: did you mean 'hint'"):
        sd.elementwise("odd", np.sin, lambda y, x: 1, hnit="o", doc="A row.")

    assert "odd" not in OPS


def test_a_row_without_a_dtype_is_refused():
    with pytest.raises(ArgumentError, match='of what dtype the result is, no function says\nhelp: dtype="float"'):
        sd.elementwise("typeless", None, lambda y, x: 1, spell="a", doc="x itself.")
    assert "typeless" not in OPS


# ----------------------------------------------------------------------------------------------------- second derivatives


def slanted(name, **columns):
    """A product whose first derivative is that of no function."""
    return lambda: sd.elementwise(
        name, None, lambda y, a, b: b, lambda y, a, b: 3 * a, dtype="float", spell="a * b", doc="A product.", **columns
    )


def with_two(op, outer):
    x, y = sd.var("x", 3), sd.var("y", 3)
    return sd.function(outer(op(x, y), x))


SECOND = {
    "dense": lambda f, wrt: sd.hessian(f, wrt),
    "sparse": lambda f, wrt: sd.hessian(f, wrt, sparse=True),
    "structured": lambda f, wrt: sd.hessian(f, wrt, form="structured"),
    "with the value": lambda f, wrt: lambda *args: sd.value_grad_hessian(f, wrt)(*args)[2],
}


@pytest.mark.parametrize("form", SECOND)
@pytest.mark.parametrize("outer", [lambda z, x: np.sum(z), lambda z, x: np.sum(z * z * np.cumsum(x))])
def test_second_derivatives_by_rules_of_ones_own_are_those_of_the_rules(form, outer):
    """They need not be symmetric, so that none is taken for another one."""
    f, x, y = with_two(own("slanted", slanted("slanted")), outer), np.arange(1.0, 4.0), np.array([2.0, -1.0, 0.5])
    expected = sd.jacobian(sd.grad(f, ("x", "y")), ("x", "y"))(x, y)
    assert not np.array_equal(expected[0][1], expected[1][0].T)
    for row, other in zip(SECOND[form](f, ("x", "y"))(x, y), expected, strict=True):
        for block, theirs in zip(row, other, strict=True):
            found = block.toarray() if hasattr(block, "toarray") else block
            np.testing.assert_allclose(found, theirs, rtol=1e-12)
    for k, target in enumerate(("x", "y")):
        alone = SECOND[form](f, target)(x, y)
        found = alone.toarray() if hasattr(alone, "toarray") else alone
        np.testing.assert_allclose(found, expected[k][k], rtol=1e-12)


def test_whether_second_derivatives_are_symmetric_is_the_rows_to_say():
    def is_given(op):
        return not are_symmetric([op(sd.var("x", 3), sd.var("y", 3)).__symdiff_node__()])

    assert is_given(own("slanted", slanted("slanted")))
    assert not is_given(own("straight", slanted("straight", given=False)))
    assert not is_given(OPS["multiply"])
    assert not any(OPS[name].given for name in ("exp", "matmul", "solve", "gather") if name in OPS)


def test_an_own_row_has_jacobians_and_tangents(row):
    x = np.array([-1.5, 0.25, 2.0])
    slopes = 1 / (1 + np.abs(x)) ** 2
    np.testing.assert_allclose(sd.jacobian("soft_step(x)", x="n")(x), np.diag(slopes))
    np.testing.assert_allclose(sd.jvp("soft_step(x)", x="n")(x, x), slopes * x)


def reverse(x):
    """The elements from last to first."""
    return np.flip(x)


def own_linear(name, **columns):
    def transpose(g, x):
        return op(g)

    op = sd.linear(name, reverse, infer=lambda x: x, transpose=transpose, doc="From last to first.",
                   samples=lambda rng: [((rng.normal(size=3),), {})], **columns)  # fmt: skip
    return op


def at(op):
    x = sd.var("x", 3)
    return sd.function(op(x.__symdiff_node__()) * 2.0)


def test_an_own_linear_row_is_its_own_tangent():
    f = at(own_linear("own_reverse"))

    assert sd.jvp(f, "x")(np.arange(3.0), np.array([1.0, 2.0, 3.0])).tolist() == [6.0, 4.0, 2.0]


def test_a_jacobian_needs_a_rule_for_stacks():
    with pytest.raises(UnsupportedError, match="own_reverse_2 has no rule for a stack"):
        sd.jacobian(at(own_linear("own_reverse_2")), "x")


def test_a_rule_for_stacks_makes_jacobians_possible():
    op = own_linear("own_reverse_3", batch=lambda node, inputs, lead: OPS["flip"](inputs[0], axis=(len(lead),)))

    assert sd.jacobian(at(op), "x")(np.zeros(3)).tolist() == (2 * np.eye(3)[::-1]).tolist()


def test_a_wrong_tangent_rule_is_noticed():
    op = own_linear("own_reverse_4", jvp=lambda tangents, node: tangents[0])
    x = sd.var("x", 3)
    y = op(x.__symdiff_node__()) * np.array([1.0, 2.0, 4.0])
    f = sd.function(OPS["sum"](y, axis=(0,), keepdims=False))
    with pytest.raises(GradientMismatchError, match="forward mode"):
        sd.check_grads(f, (np.ones(3),))


# ----------------------------------------------------------------------------------------------- rows of several values


def polar(x, y):
    """Distance from the origin, and angle."""
    return np.hypot(x, y), np.arctan2(y, x)


def by_x(gs, node, x, y):
    (gr, gt), (r, t) = gs, node
    terms = ([] if gr is None else [gr * OPS["cos"](t)]) + ([] if gt is None else [-gt * OPS["sin"](t) / r])
    return sum(terms[1:], start=terms[0])


def by_y(gs, node, x, y):
    (gr, gt), (r, t) = gs, node
    terms = ([] if gr is None else [gr * OPS["sin"](t)]) + ([] if gt is None else [gt * OPS["cos"](t) / r])
    return sum(terms[1:], start=terms[0])


def own_polar(name, **columns):
    return sd.primitive(
        name, polar, infer=lambda x, y: (x, y), vjp=(by_x, by_y), doc="Polar coordinates.", batch=broadcasting,
        samples=lambda rng: [((rng.uniform(1, 2, 3), rng.uniform(1, 2, 3)), {})], **columns,
    )  # fmt: skip


def in_polar(op, *used):
    """The sum of what `used` makes of both parts."""
    x, y = sd.var("x", 3), sd.var("y", 3)
    r, t = op(x, y)
    return sd.function(OPS["sum"](r * OPS["exp"](t) if not used else (r, t)[used[0]], axis=(0,), keepdims=False))


X, Y = np.array([1.0, 1.5, 0.5]), np.array([0.5, -1.0, 2.0])


def test_an_own_row_gives_several_values(tmp_path):
    f = in_polar(own_polar("own_polar", parts=(Part("r"), Part("t"))))
    assert f(X, Y) == pytest.approx(np.sum(np.hypot(X, Y) * np.exp(np.arctan2(Y, X))))
    assert "r, t = _polar(x, y)" in f.source
    sd.check_grads(f, (X, Y), wrt=("x", "y"), order=2)

    hessian = sd.hessian(f, "x")(X, Y)
    assert np.count_nonzero(hessian) == 3
    path = sd.grad(f, "x").save(tmp_path / "polar.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("k", [0, 1])
def test_one_of_the_values_of_an_own_row(k):
    f = in_polar(own_polar(f"own_polar_part_{k}"), k)
    assert f(X, Y) == pytest.approx(np.sum(polar(X, Y)[k]))
    assert f"_polar(x, y)[{k}]" in f.source
    sd.check_grads(f, (X, Y), wrt=("x", "y"), order=2)


def test_an_own_row_gives_several_tangents():
    calls = []

    def tangents(ts, node):
        (tx, ty), (r, t) = ts, node
        calls.append(ts)
        zero = OPS["multiply"](0.0, r)
        tx, ty = tx if tx is not None else zero, ty if ty is not None else zero
        c, s = OPS["cos"](t), OPS["sin"](t)
        return tx * c + ty * s, (ty * c - tx * s) / r

    f = in_polar(own_polar("own_polar_jvp", jvp=tangents))
    found = sd.jvp(f, "x")(X, np.ones(3), Y)
    assert len(calls) == 1
    assert found == pytest.approx(np.sum(sd.grad(f, "x")(X, Y)))
    sd.check_grads(f, (X, Y), wrt=("x", "y"))


def test_a_tangent_for_each_value_is_asked_for():
    f = in_polar(own_polar("own_polar_one_tangent", jvp=lambda ts, node: ts[0]))
    with pytest.raises(SymdiffError, match="the jvp of own_polar_one_tangent must return 2 tangents"):
        sd.jvp(f, "x").source  # noqa: B018


def test_a_row_of_ones_own_goes_on_with_symbolic_values():
    """Called in a traced function, or on `var`, it gives what NumPy's functions and operators take."""
    cube = own(
        "cube_of_symbols",
        lambda: sd.elementwise(
            "cube_of_symbols", None, lambda y, x: 3 * x * x, spell="a ** 3", dtype="float", doc="x ** 3."
        ),
    )
    halves = own("halves", lambda: sd.primitive(
        "halves", None, infer=lambda x: (x, x), vjp=(lambda gs, y, x: sum(0.5 * g for g in gs if g is not None),),
        spell="(a / 2, a / 2)", parts=(Part("left"), Part("right")), batch=broadcasting,
        samples=lambda rng: [((rng.normal(size=3),), {})], doc="Two halves."))  # fmt: skip
    x = np.array([1.0, 2.0])

    np.testing.assert_allclose(
        sd.grad(lambda x: np.sum(x * np.sin(cube(x))))(x), np.sin(x**3) + 3 * x**3 * np.cos(x**3)
    )

    def of_halves(x):
        left, right = halves(x)
        return np.sum(np.sin(left) * right)

    np.testing.assert_allclose(sd.grad(of_halves)(x), 0.25 * x * np.cos(x / 2) + 0.5 * np.sin(x / 2))
    assert isinstance(2.0 * cube(sd.var("x", "n")), type(sd.var("x")))


def own(name, make):
    """A row that tests make once for all."""
    return OPS[name] if name in OPS else make()
