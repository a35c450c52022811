"""The generated source: golden texts of the programs that matter, and the laws that hold of every text."""

import ast
import re

import numpy as np
import pytest
from conftest import GOLDEN

import symdiff as sd
from symdiff.program.jacobian import Hessian, Jacobian, Pushforward

F32 = "float32"
PROGRAMS = {
    # those that the design names
    "fraction_of_sigmoids": lambda: sd.grad("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", wrt=("x", "y")),
    "fraction_of_sigmoids_named": lambda: sd.grad("num = x + sigmoid(y)\ns = x + y\nden = sigmoid(x) + s**2\n"
        "num / den", wrt=("x", "y")),
    "logistic_regression": lambda: sd.value_and_grad(sd.function("sum(log(1 + exp(-y*(X @ w))))", X="n d", y="n",
    w="d"), wrt="w"),
    "one_hidden_layer": lambda: sd.value_and_grad(
        "a1 = X @ W1 + b1\nh1 = maximum(a1, 0)\nz = h1 @ W2 + b2\n"
            "loss = -sum(T * log_softmax(z, axis=1)) / X.shape[0] + lam * (sum(W1**2) + sum(W2**2))\nloss",
        ("W1", "b1", "W2", "b2"), X="n d", T="n k", W1="d h", b1="h", W2="h k", b2="k", lam="",
    ),
    "one_hidden_layer_relu": lambda: sd.value_and_grad(
        "a1 = X @ W1 + b1\nh1 = relu(a1)\nz = h1 @ W2 + b2\nsum((z - T)**2) / 2", ("W1", "b1", "W2", "b2"), X="n d",
        T="n k", W1="d h", b1="h", W2="h k", b2="k"
    ),
    "dead_branch": lambda: sd.grad(sd.function("sum(where(x > 0, sqrt(x), 0))", x="n"), wrt="x"),
    "least_squares": lambda: sd.grad("sum((X @ w - y)**2) / 2", "w", X="n d", w="d", y="n"),
    "least_squares_mean": lambda: sd.value_and_grad("mean((X @ w - y)**2) + lam * w @ w", "w", X="n d", w="d", y="n",
    lam=""),
    "quadratic_form": lambda: sd.grad("x @ A @ x", "x", x="n", A="n n"),
    # beyond them
    "rosenbrock": lambda: sd.value_and_grad("sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", x="n"),
    "rosenbrock_of_two": lambda: sd.value_and_grad("(1 - x)**2 + 100 * (y - x**2)**2", ("x", "y")),
    "powell": lambda: sd.value_and_grad("(x[0] + 10*x[1])**2 + 5*(x[2] - x[3])**2 + (x[1] - 2*x[2])**4 "
        "+ 10*(x[0] - x[3])**4", x=4),
    "softmax_cross_entropy": lambda: sd.value_and_grad("-mean(sum(T * log_softmax(X @ W + b, axis=1), axis=1))",
    ("W", "b"), X="n d", T="n k", W="d k", b="k"),
    "softmax_cross_entropy_spelt_out": lambda: sd.value_and_grad("z = X @ W\ne = exp(z)\n"
        "p = e / sum(e, axis=1, keepdims=True)\n-sum(T * log(p))", "W", X="n d", T="n k", W="d k"),
    "layer_norm": lambda: sd.grad("mu = mean(x, axis=-1, keepdims=True)\nv = var(x, axis=-1, keepdims=True)\n"
        "out = gamma * (x - mu) / sqrt(v + 1e-5) + beta\nsum(out * g)",
                                  ("x", "gamma", "beta"), x="n d", gamma="d", beta="d", g="n d"),
    "gaussian_mixture": lambda: sd.grad("d = x[:, None, :] - mu[None, :, :]\nq = -0.5 * sum(d**2, axis=2)\n"
        "sum(logsumexp(log(w)[None, :] + q, axis=1))", ("mu", "w"), x="n p", mu="k p", w="k"),
    "log_determinant": lambda: sd.grad("s, logdet = slogdet(A)\nlogdet + trace(inv(A) @ S)", ("A", "S"), A="n n",
    S="n n"),
    "gaussian_likelihood": lambda: sd.value_and_grad("s, logdet = slogdet(A)\nr = x - m\n"
        "0.5 * logdet + 0.5 * r @ solve(A, r)", ("m", "A"), x="n", m="n", A="n n"),
    "cholesky": lambda: sd.grad("L = cholesky(A)\n2 * sum(log(diag(L)))", A="n n"),
    "cholesky_likelihood": lambda: sd.value_and_grad("L = cholesky(K)\nz = solve(L, y)\n"
        "z @ z / 2 + sum(log(diag(L)))", ("K", "y"), K="n n", y="n"),
    "principal_components": lambda: sd.value_and_grad("w, V = eigh(X.T @ X / n)\nP = V[:, -2:]\n"
        "sum((X - X @ P @ P.T)**2) + lam * sum(w)", "X", X="n 4", lam=""),
    "nuclear_norm": lambda: sd.value_and_grad("sum((M - X)**2) / 2 + lam * norm(X, 'nuc')", "X", X=(5, 3), M=(5, 3),
    lam=""),
    "lstsq": lambda: sd.value_and_grad("x = lstsq(A, b)[0]\nsum((x - c)**2)", ("A", "b"), A=(5, 3), b=5, c=3),
    "qr": lambda: sd.value_and_grad("Q, R = qr(A)\nsum(Q * W) + sum(log(abs(diag(R))))", "A", A=(4, 3), W=(4, 3)),
    "power_spectrum": lambda: sd.value_and_grad("Y = np.fft.rfft(x)\nsum(abs(Y)**2 * w)", "x", x=8, w=5),
    "circular_convolution": lambda: sd.value_and_grad("y = np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(k))\n"
        "sum((y - t)**2)", ("x", "k"), x=8, k=8, t=8),
    "norm": lambda: sd.value_and_grad("norm(x - y)", "x", x="n", y="n"),
    "cosine": lambda: sd.grad("(x @ y) / (norm(x) * norm(y))", ("x", "y"), x="n", y="n"),
    "huber": lambda: sd.grad("a = abs(r)\nsum(where(a < d, r**2 / 2, d * (a - d / 2)))", "r", r="n", d=""),
    "prod": lambda: sd.grad("prod(x)", x="n"),
    "cumsum": lambda: sd.grad("sum(cumsum(x)**2)", x="n"),
    "max_pool": lambda: sd.grad("sum(max(x, axis=1) * y)", ("x", "y"), x="n d", y="n"),
    "power": lambda: sd.grad("x**y", ("x", "y")),
    "power_of_an_array": lambda: sd.grad("sum(x**p)", ("x", "p"), x="n", p=""),
    "float32": lambda: sd.value_and_grad("mean(tanh(X @ w + 0.5)**2) / 3", "w", X=sd.spec("n d", dtype=F32),
    w=sd.spec("d", dtype=F32)),
    "attention": lambda: sd.grad("S = Q @ K.T / sqrt(8.0)\nP = softmax(S, axis=1)\nsum(P @ V * G)", ("Q", "K", "V"),
    Q="n d", K="m d", V="m d", G="n d"),
    "lstm_cell": lambda: sd.grad("i = sigmoid(x * wi + h * ui)\nf = sigmoid(x * wf + h * uf)\n"
        "o = sigmoid(x * wo + h * uo)\nc2 = f * c + i * tanh(x * wc + h * uc)\n"
        "o * tanh(c2)", ("wi", "wf", "c")),
    "second_derivative": lambda: sd.grad(sd.grad("exp(-x**2 / 2)")),
    "black_scholes": lambda: sd.grad(
        "d1 = (log(S / K) + (r + s**2 / 2) * T) / (s * sqrt(T))\nd2 = d1 - s * sqrt(T)\n"
            "S * (1 + erf(d1 / sqrt(2.0))) / 2 - K * exp(-r * T) * (1 + erf(d2 / sqrt(2.0))) / 2", ("S", "s", "T")
    ),
    "kernel": lambda: sd.grad("D = sum((X[:, None, :] - Z[None, :, :])**2, axis=2)\na @ exp(-D / (2 * l**2)) @ b",
    ("l", "X"), X="n d", Z="m d", a="n", b="m", l=""),
    "pendulum": lambda: sd.grad("m * l**2 * w**2 / 2 + m * g * l * (1 - cos(t))", ("t", "w")),
    "sort": lambda: sd.grad("sum(sort(x) * w)", ("x", "w"), x="n", w="n"),
    "median": lambda: sd.grad("median(x)", x=5),
    "median_of_rows": lambda: sd.grad("sum(median(x, axis=1) * y)", "x", x="n d", y="n"),
    "pinball": lambda: sd.value_and_grad("quantile(x, 0.9)", x="n"),
    "quantiles_of_columns": lambda: sd.grad("sum(quantile(x, [0.25, 0.75], axis=0) * w)", "x", x=(9, "d"), w=(2, "d")),
    "convolution": lambda: sd.grad("sum((convolve(x, k) - y)**2)", ("x", "k"), x="n", k="m", y="n+m-1"),
    "convolution_valid": lambda: sd.grad("sum(convolve(x, k, 'valid')**2)", ("x", "k"), x="n", k=3),
    "broken_line": lambda: sd.grad("sum((interp(x, xp, fp) - y)**2)", ("x", "fp"), x="n", xp="m", fp="m", y="n"),
    "cross_entropy_of_labels": lambda: sd.value_and_grad(
        "-mean(log_softmax(X @ W, axis=1)[arange(n), labels])", "W", X="n d", W="d k",
        labels=sd.spec("n", dtype="int64")),
    "embedding": lambda: sd.value_and_grad("sum((E[i] - y)**2)", "E", E="v d", y="n d",
        i=sd.spec("n", dtype="int64")),
    "running_logsumexp": lambda: sd.value_and_grad("sum(d * (log(cumsum(exp(eta))) - eta))", "eta", eta="n", d="n"),
    "look_up": lambda: sd.grad("sum(E[argmax(X, axis=1)]**2)", "E", E="v d", X="n v"),
    "choice_along_axis": lambda: sd.grad("k = argmax(T, axis=1)[:, None]\n-sum(take_along_axis(log_softmax(z, axis=1), k, axis=1))", "z",
    z="n c", T="n c"),
    "running_maximum": lambda: sd.grad(lambda x: np.sum(np.maximum.accumulate(x)**2), x="n"),
    "nan_mean": lambda: sd.grad("nanmean(x)", x="n"),
    "trapezoid": lambda: sd.grad("trapezoid(y**2, x)", ("x", "y"), x="n", y="n"),
    "reflected_edges": lambda: sd.grad("sum(pad(x, 1, 'reflect')**2)", x="n"),
    # Jacobians and Hessians: what is written by hand, without a trace of the identity that was pushed through
    "jacobian_elementwise": lambda: sd.jacobian("tanh(x) / (1 + x**2)", x="n"),
    "jacobian_sqrt": lambda: sd.jacobian("sqrt(x)", x="n"),
    "jacobian_linear": lambda: sd.jacobian("A @ x + b", "x", A="m n", x="n", b="m"),
    "jacobian_layer": lambda: sd.jacobian("tanh(A @ x + b)", ("x", "A", "b"), A="m n", x="n", b="m"),
    "jacobian_product": lambda: sd.jacobian("A @ X @ B", "X", A="m n", X="n k", B="k l"),
    "jacobian_softmax": lambda: sd.jacobian("exp(z) / sum(exp(z))", z="n"),
    "jacobian_softmax_rows": lambda: sd.jacobian("softmax(Z, axis=1)", Z="n k"),
    "jacobian_equations": lambda: sd.jacobian("slow = k[0]*y[0]\nback = k[1]*y[1]*y[2]\nfast = k[2]*y[1]**2\n"
        "array([back - slow, slow - back - fast, fast])", "y", y=3, k=3),
    "jacobian_turned": lambda: sd.jacobian("c = cos(q[0])\ns = sin(q[0])\n"
        "array([[c, -s], [s, c]]) @ array([q[1], q[2]])", q=3),
    "jacobian_differences": lambda: sd.jacobian("x[1:] - x[:-1]", x="n"),
    "hessian_quadratic_form": lambda: sd.hessian("x @ A @ x", "x", x="n", A="n n"),
    "hessian_least_squares": lambda: sd.hessian("sum((X @ w - y)**2) / 2", "w", X="n d", w="d", y="n"),
    "hessian_logistic": lambda: sd.hessian("sum(log(1 + exp(-y*(X @ w))))", "w", X="n d", y="n", w="d"),
    "hessian_softmax_regression": lambda: sd.hessian("-sum(T * log_softmax(X @ W, axis=1))", "W", X="n d", T="n k",
    W="d k"),
    "hessian_factorisation": lambda: sd.hessian("sum((T - U @ V.T)**2)", "U", T="n m", U="n k", V="m k"),
    "hessian_both_factors": lambda: sd.hessian("sum((T - U @ V.T)**2)", ("U", "V"), T="n m", U="n k", V="m k"),
    "hessian_logsumexp": lambda: sd.hessian("logsumexp(x)", x="n"),
    "hessian_log_determinant": lambda: sd.hessian("slogdet(A)[1]", A="n n"),
    "hessian_rosenbrock": lambda: sd.hessian("sum(100 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)", x="n"),
    "hessian_of_elements": lambda: sd.hessian("x[0]**2 * x[1] + x[1]**3", x=2),
    "hessian_network": lambda: sd.hessian("r = tanh(X @ W) @ v - y\nr @ r / 2", ("W", "v"), X="n d", W="d h", v="h",
    y="n"),
    "hvp_logistic": lambda: sd.hvp("sum(log(1 + exp(-y*(X @ w))))", "w", X="n d", y="n", w="d"),
    "plain_function": lambda: sd.function("r = X @ w - y\nr @ r / 2", X="n d", w="d", y="n", name="loss"),
}  # fmt: skip
SOURCES = {}


def source(name):
    if name not in SOURCES:
        SOURCES[name] = PROGRAMS[name]().source
    return SOURCES[name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_golden_source(golden, name):
    golden(f"source/{name}.txt", source(name))


def test_no_golden_file_is_left_over():
    assert {path.stem for path in (GOLDEN / "source").glob("*.txt")} == set(PROGRAMS)


# -------------------------------------------------------------------------------------------------------- laws of texts


def functions(text):
    return [part for part in ast.walk(ast.parse(text)) if isinstance(part, ast.FunctionDef)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_lines_are_short(name):
    assert [line for line in source(name).splitlines() if len(line) > 110] == []
    code = [line.split("  # ")[0].strip() for line in source(name).splitlines()]
    assert [line for line in code if len(line) > 88] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_name_is_assigned_once_and_used(name):
    for function in functions(source(name)):
        stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        arguments = {a.arg for a in function.args.args}
        plain = [n for n in stored if n not in arguments]
        in_place = [
            n.target.id for n in ast.walk(function) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
        ]
        assert len(set(plain)) == len(plain) - len(in_place), function.name
        assert set(plain) - {"_"} <= read, function.name


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_name_of_the_module_means_one_thing(name):
    bound = []
    for part in ast.parse(source(name)).body:
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            bound += [alias.asname or alias.name for alias in part.names]
        elif isinstance(part, ast.FunctionDef):
            bound.append(part.name)
    assert len(set(bound)) == len(bound)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_derivative_is_called_by_the_name_of_its_target(name):
    """``d_x`` is the derivative with respect to the argument x, and nothing else is called so."""
    f = PROGRAMS[name]()
    targets = getattr(f.recipe, "targets", ())
    ours = [part for part in functions(source(name)) if part.name.strip("_").startswith(f.__name__)]
    for function in ours:
        (returned,) = [
            n.value
            for n in ast.walk(function)
            if isinstance(n, ast.Return)
            and not (isinstance(n.value, ast.Call) and ast.unparse(n.value).startswith("_"))
        ] or [None]
        parts = returned.elts if isinstance(returned, ast.Tuple) else [returned]
        if f.__name__ == "value_and_grad":
            parts = parts[1].elts if isinstance(parts[1], ast.Tuple) else parts[1:]
        stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for target, part in zip(targets, parts, strict=bool(targets)):
            assert f"d_{target}" not in stored or f"d_{target}" in ast.unparse(part)
            assert not isinstance(part, ast.Name) or not part.id.startswith("d_") or part.id == f"d_{target}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_computed_twice(name):
    """No operation on the same operands stands in two places (signs, views and single numbers aside)."""
    for function in functions(source(name)):
        seen = {}
        for node in ast.walk(function):
            if isinstance(node, (ast.Call, ast.BinOp)):
                text = ast.unparse(node)
                seen[text] = seen.get(text, 0) + 1
        twice = {t for t, k in seen.items() if k > 1 and not cheap(t)}
        assert twice == set(), function.name


def cheap(text):
    """A view, a constant, or one operation on two names or numbers of a scalar function."""
    if re.fullmatch(
        r"np\.(transpose|swapaxes|expand_dims|reshape|eye|zeros|ones|full|zeros_like|ones_like|arange)\(.*\)", text
    ):
        return True
    return re.fullmatch(r"[-\w.]+ (\*|/|\*\*|-|\+) [-\w.]+|np\.float64\(\w+\)|float\(\w+\)", text) is not None


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_experts_do_not_write(name):
    text = source(name)
    for pattern in (r"\* 1\.0\b", r"\b1\.0 \* ", r"\+ 0\.0\b", r"--", r"- -", r"\*\* 1\b", r"\*\* 1\.0\b",
        r"\.T\.T\b", r"np\.transpose\(np\.transpose", r"np\.negative", r"np\.multiply\(", r"np\.add\(",
                    r"\(\(\(\(", r"np\.ravel\(\d", r"\d\[None", r"np\.copy\(np\.", r"\+ -", r"lambda", r"\bt\d+\b",
                    r"np\.array\(np\.", r"\* -1\b", r"-1 \* ",
                    r"\* 0\.5 \* 2|\* 2 \* 0\.5|2 \* 0\.5|0\.5 \* 2\b"):  # fmt: skip
        assert re.search(pattern, text) is None, f"{pattern!r} in\n{text}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_comes_before_backward(name):
    for function in functions(source(name)):
        body = ast.get_source_segment(source(name), function)
        assert body.count("# backward") <= 1
        head, _, tail = body.partition("# backward")
        assert not re.search(r"^\s*d_\w+ = ", head, re.M) or not tail


@pytest.mark.parametrize("name", PROGRAMS)
def test_comments_are_aligned(name):
    """At one column in each function, but behind lines that are longer."""
    for function in functions(source(name)):
        lines = ast.get_source_segment(source(name), function).splitlines()
        columns = [line.index("  # ") for line in lines if "  # " in line and line.strip()[0] != "#"]
        padded = {
            c
            for line, c in zip([x for x in lines if "  # " in x and x.strip()[0] != "#"], columns, strict=True)
            if line[: c + 2].endswith("   ")
        }
        assert len(padded) <= 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_shape_comments_are_true(name):
    """Every ``# f64[n,d]`` is what the line computes, with n, d, … replaced by numbers."""
    f = PROGRAMS[name]()
    lengths = {letter: 2 + k for k, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
    rng = np.random.default_rng(3)
    point = []
    for x in f.stages.lowered.inputs:
        shape = [int(eval(str(d), {}, lengths)) for d in x.shape]
        value = rng.uniform(0.5, 1.5, shape).astype(x.dtype)
        point.append(value @ value.T + np.eye(len(value)) if len(shape) == 2 and shape[0] == shape[1] else value)
    text = re.sub(
        r"^(\s*)(\w+) = (.*?)  +# ([\w]+)\[([^\]]*)\](.*)$",
        r"\1\2 = \3\n\1_check(\2, '\4', '\5')",
        source(name),
        flags=re.M,
    )
    seen = []

    def check(value, kind, shape):
        seen.append(kind)
        expected = tuple(int(eval(part, {}, lengths)) for part in shape.split(",") if part)
        assert np.shape(value) == expected
        short = {"f64": "float64", "f32": "float32", "bool": "bool", "i64": "int64", "c128": "complex128"}
        assert np.result_type(value) == np.dtype(short[kind]) or np.ndim(value) == 0

    space = {"_check": check}
    exec(text, space)
    for function in (f.__name__, f"_{f.__name__}_ieee"):
        if function in space:
            space[function](*point)
    assert seen or not re.search(r"= .*# f64", source(name))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_source_runs_and_is_right(name):
    f = PROGRAMS[name]()
    lengths = {letter: 2 + k % 3 for k, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
    rng = np.random.default_rng(4)
    point = []
    for x in f.stages.lowered.inputs:
        shape = [int(eval(str(d), {}, lengths)) for d in x.shape]
        value = np.asarray(rng.uniform(0.5, 1.5, shape)).astype(x.dtype)
        point.append(
            value @ value.T + np.eye(len(value)) if len(shape) == 2 and str(x.shape[0]) == str(x.shape[1]) else value
        )
    space = {}
    exec(source(name), space)
    mine, theirs = space[f.__name__](*point), f(*point)
    for a, b in zip(*(r if isinstance(r, tuple) else (r,) for r in (mine, theirs)), strict=True):
        for p, q in zip(*(r if isinstance(r, tuple) else (r,) for r in (a, b)), strict=True):
            np.testing.assert_array_equal(p, q)
    base = getattr(f.recipe, "base", None)
    if isinstance(f.recipe, (Jacobian, Hessian, Pushforward)):
        check_along_directions(f, point, rng)
    elif base is not None and name not in (
        "second_derivative",
        "float32",
        "cholesky",
        "cholesky_likelihood",
    ):  # cholesky reads one triangle only
        sd.check_grads(sd.Function(base, f.specs), point, wrt=f.recipe.targets, order=1)


def check_along_directions(f, point, rng):
    """Against central differences of what is differentiated."""
    value = sd.Function(getattr(f.recipe, "gradient", f.recipe.base), f.specs)
    places = [value.inputs.index(name) for name in f.recipe.targets]
    along = [rng.normal(size=np.shape(point[k])) for k in places]
    at = point[: len(value.inputs)]
    if isinstance(f.recipe, Pushforward):
        along = point[len(value.inputs) :]
    moved = [list(at), list(at)]
    for step, points in zip((1e-6, -1e-6), moved, strict=True):
        for k, v in zip(places, along, strict=True):
            points[k] = at[k] + step * v
    differences = [(p - q) / 2e-6 for p, q in zip(*(flat(value(*points)) for points in moved), strict=True)]
    found = flat(f(*point))
    if not isinstance(f.recipe, Pushforward):
        n = len(places)
        products = [np.tensordot(block, along[k % n], np.ndim(along[k % n])) for k, block in enumerate(found)]
        found = [sum(products[k : k + n]) for k in range(0, len(products), n)]
    for a, b in zip(found, differences, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def flat(result):
    return [x for part in result for x in flat(part)] if isinstance(result, tuple) else [result]


def test_the_same_text_every_time():
    for name, make in PROGRAMS.items():
        assert make().source == source(name)


def test_the_users_names_are_kept():
    """Whatever of the user's lines is left keeps its name."""
    for program, names in [
        ("gaussian_mixture", ["d"]),
        ("one_hidden_layer", ["a1", "h1", "z", "loss"]),
        ("kernel", ["D"]),
        ("attention", ["S", "P"]),
        ("lstm_cell", ["i", "f", "o", "c2"]),
        ("cholesky", ["L"]),
    ]:
        for name in names:
            assert re.search(rf"^\s+{name} = ", source(program), re.M), (program, name)
