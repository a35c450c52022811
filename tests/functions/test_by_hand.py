"""Derivatives written by hand: right ones pass, in every form that they come in, and any one wrong element is named."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.errors import ArgumentError, GradientMismatchError, ShapeError

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(5, 3)), RNG.normal(size=5), RNG.normal(size=3)
T = np.linspace(0.0, 1.0, 4)


def loss(w, X, y):
    return np.sum((X @ w - y) ** 2) / 2


def gradient(w, X, y):
    return X.T @ (X @ w - y)


def model(t, a, b, c):
    return a * np.exp(-b * t) + c


def columns(t, a, b, c):
    return np.stack([np.exp(-b * t), -a * t * np.exp(-b * t), np.ones_like(t)], axis=1)


def of_a_dict(p, t):
    return p["a"] * t + p["b"]


RIGHT = {
    "a gradient": (loss, (W, X, Y), {"jac": gradient}),
    "a formula": (loss, (W, X, Y), {"jac": "X.T @ (X @ w - y)"}),
    "a Hessian": (loss, (W, X, Y), {"hess": lambda w, X, y: X.T @ X}),
    "both": (loss, (W, X, Y), {"jac": gradient, "hess": lambda w, X, y: X.T @ X}),
    "two targets": (loss, (W, X, Y), {"wrt": ("w", "y"), "jac": lambda w, X, y: (gradient(w, X, y), y - X @ w)}),
    "two in a row": (loss, (W, X, Y), {"wrt": ("w", "y"), "jac": lambda *a: np.append(gradient(*a), Y - X @ W)}),
    "blocks": (loss, (W, X, Y), {"wrt": ("w", "y"), "hess": lambda w, X, y: [[X.T @ X, -X.T], [-X, np.eye(5)]]}),
    "columns": (model, (T, 1.0, 2.0, 3.0), {"wrt": ("a", "b", "c"), "jac": columns}),
    "columns apart": (model, (T, 1.0, 2.0, 3.0), {"wrt": ("a", "b", "c"), "jac": lambda *a: tuple(columns(*a).T)}),
    "a dict": (of_a_dict, ({"a": 1.0, "b": 2.0}, T), {"jac": lambda p, t: {"a": t, "b": np.ones(4)}}),
    "lists": (lambda v: v**2, (T,), {"jac": lambda v: np.diag(2 * v).tolist()}),
    "a number": (lambda x: x**2, (3,), {"jac": lambda x: 2 * x}),
    "nothing": (lambda x: np.sum(x), (np.zeros(0),), {"jac": lambda x: np.zeros(0)}),
    "nan where it is nan": (lambda x: np.sum(x**2), (np.array([np.nan, 1.0]),), {"jac": lambda x: 2 * x}),
    "single precision": (lambda x: np.sum(x**2), (np.ones(3, np.float32),), {"jac": lambda x: 2 * x}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes(name):
    what, args, options = RIGHT[name]
    assert sd.check_grads(what, args, **options) <= 1e-6


@pytest.mark.parametrize("k", range(3))
def test_the_wrong_element_is_named_with_all_three_numbers(k):
    def wrong(w, X, y):
        found = gradient(w, X, y)
        found[k] += 0.25
        return found

    exact = gradient(W, X, Y)[k]
    with pytest.raises(GradientMismatchError) as caught:
        sd.check_grads(loss, (W, X, Y), jac=wrong)
    for words in (
        "in 1 of 3 elements",
        f"d w[{k}]",
        f"{exact + 0.25:.9g}",
        f"{exact:.9g}",
        f"{exact:.6g})",
        "off by 0.25",
    ):
        assert words in caught.value.message


def test_an_element_of_a_jacobian_and_of_a_hessian_is_named():
    with pytest.raises(GradientMismatchError, match=r"in 3 of 12 elements, most at d model\[2\] / d b: "):
        sd.check_grads(model, (T, 1.0, 2.0, 3.0), wrt=("a", "b", "c"), jac=lambda *a: columns(*a) * [1, -1, 1])
    with pytest.raises(GradientMismatchError, match=r"in 1 of 9 elements, most at d² loss / d w\[0\] d w\[2\]: "):
        sd.check_grads(loss, (W, X, Y), hess=lambda w, X, y: X.T @ X + np.eye(3)[:, [1, 1, 0]] * 0 + _at(0, 2))


def _at(i, k):
    E = np.zeros((3, 3))
    E[i, k] = 1.0
    return E


def test_small_elements_are_not_hidden_by_large_ones():
    with pytest.raises(GradientMismatchError, match=r"in 1 of 2 elements, most at d f / d x\[1\]"):
        sd.check_grads("sum(x**2)", [np.array([1e3, 1e-2])], jac=lambda x: 2 * x * [1, 1.1])


@pytest.mark.parametrize(
    ("what", "args", "jac", "words"),
    [
        (loss, (W, X, Y), lambda *a: -gradient(*a), "-1 times the derivative"),
        (loss, (W, X, Y), lambda *a: gradient(*a) / 2, "0.5 times the derivative"),
        (lambda A: np.trace(A @ A @ A), (X[:3],), lambda A: 3 * A @ A, "the transpose"),
        (lambda x: np.abs(x), (0.0,), lambda x: 1e-9, "it gives 1e-09"),
    ],
)
def test_usual_mistakes_are_recognised(what, args, jac, words):
    with pytest.raises(GradientMismatchError) as caught:
        sd.check_grads(what, args, jac=jac)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"jac": lambda *a: gradient(*a)[:, None]}, ShapeError, r"shape \(3, 1\), the derivative has \(3,\)"),
        ({"jac": True}, ArgumentError, "jac is True"),
        ({"jac": "X.T @ (X @ w - z)"}, ArgumentError, "uses 'z'"),
        ({"jac": gradient, "wrt": "v"}, ArgumentError, "wrt='v'"),
        ({"jac": lambda *a: (1.0, 2.0, 3.0), "wrt": ("w", "y")}, ArgumentError, "3 arrays, and there are 2 blocks"),
    ],
)
def test_what_cannot_be_compared_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        sd.check_grads(loss, (W, X, Y), **options)
    with pytest.raises(ShapeError, match="hess is of a number"):
        sd.check_grads(lambda x: x**2, (T,), hess=lambda x: x)


def test_from_a_shell(capsys, tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\ndef loss(x):\n    return np.sum(x**3)\ndef grad(x):\n    return 3 * x\n")

    assert main(["check", f"{path}:loss", "--shape", "x=n", "--jac", f"{path}:grad"]) == 1
    out = capsys.readouterr().out
    assert "jac is wrong in 3 of 3 elements" in out and "by differences" in out
    assert main(["check", f"{path}:loss", "--shape", "x=n", "--jac", "3 * x**2"]) == 0
    assert capsys.readouterr().out.startswith("right: jac, element by element, at x: float64[3]")
    assert main(["check", "x**3 * y", "--wrt", "x", "--jac", "3 * x**2 * y", "--hess", "6 * x"]) == 1
    assert "hess is wrong" in capsys.readouterr().out
    assert main(["check", "x**3", "--jac", f"{path}:graad"]) == 1
    assert "has no function 'graad'" in capsys.readouterr().err


# --------------------------------------------------------------------------------------- blocks in one array


STACKED = {
    "columns": (model, ("a", "b", "c"), (T, 1.0, 2.0, 3.0)),
    "a gradient": (lambda a, b: a * np.sin(b), (0, 1), (2.0, 3.0)),
    "one target": (lambda w, X: X @ w, "w", (W, X)),
    "arrays": (lambda W, b, X: np.tanh(X @ W + b), ("W", "b"), (X[:3, :2], W[:2], X)),
    "no rows": (lambda w, b, X: X @ w + b, ("w", "b"), (W, 0.5, X[:0])),
    "no columns": (lambda w, b, X: X @ w + b, ("w", "b"), (W[:0], 0.5, X[:, :0])),
}


@pytest.mark.parametrize("name", STACKED)
def test_stacked_blocks_stand_side_by_side(name):
    f, wrt, args = STACKED[name]
    value = np.shape(f(*args))
    blocks = sd.jacobian(f, wrt if isinstance(wrt, tuple) else (wrt,))(*args)
    wanted = np.concatenate(
        [
            np.reshape(b, (*value, -1 if np.size(b) else np.shape(b)[-1] if np.ndim(b) > len(value) else 1))
            for b in blocks
        ],
        axis=-1,
    )

    np.testing.assert_allclose(sd.jacobian(f, wrt, stack=True)(*args), wanted, rtol=1e-14)


def test_stack_is_a_switch_of_dense_blocks():
    with pytest.raises(ArgumentError, match="stack is 1"):
        sd.jacobian(model, ("a", "b"), stack=1)
    with pytest.raises(ArgumentError, match="stack=True is of dense blocks"):
        sd.jacobian(model, ("a", "b"), stack=True, sparse=True)
    assert (
        sd.jacobian(model, ("a", "b"), stack=True)(
            T.astype(np.float32), np.float32(1), np.float32(2), np.float32(3)
        ).dtype
        == np.float32
    )
