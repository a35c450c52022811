"""Error texts: the golden files are what a user reads."""

import collections
import re

import numpy as np
import pytest
import sympy as sp
import untraceable
from conftest import GOLDEN

import symdiff as sd
from symdiff import errors
from symdiff.cli import main
from symdiff.errors import SymdiffError

X_, N_ = sp.symbols("x n")
V_ = sp.MatrixSymbol("v", N_, 1)
LS = "sum((X @ w - y)**2) / 2"
DECLARED = {"X": "n d", "w": "d", "y": "n"}
PROGRAM = """\
r = X @ w - y      # residuals
loss = sum(r**2)
penalty = lam * summ(w**2)
loss + penalty"""

MISTAKES = {
    # ----------------------------------------------------------------------------- options
    "target_misspelt": lambda: sd.grad("x * y", wtr="x"),
    "option_misspelt": lambda: sd.hessian(np.sum, exat=True),
    "unknown_option": lambda: sd.grad("x * y", "x", verbose=True),
    "nothing_returned": lambda: sd.grad(untraceable.returns_nothing)(np.ones(2)),
    "tangent_missing": lambda: sd.jvp(untraceable.sum_of_squares)(np.ones(2)),
    "floats_as_positions": lambda: sd.grad(untraceable.picks)(np.ones(2), np.array([0.0, 1.0])),
    # ----------------------------------------------------------------------------- reading
    "misspelt_function": lambda: sd.grad("sum(sigmiod(x))", x="n"),
    "misspelt_function_of_numpy": lambda: sd.grad("np.linalg.invs(A)", A="n n"),
    "unknown_function": lambda: sd.grad("sum(quux(x))", x="n"),
    "function_of_python": lambda: sd.grad("float(x) * x", x=""),
    "unsupported_function_of_numpy": lambda: sd.grad("sum(np.unique(x))", x=3),
    "svd_of_lengths_by_name": lambda: sd.grad("sum(svdvals(A))", A="n d"),
    "completed_basis": lambda: sd.grad("U, s, Vt = svd(A)\nsum(U)", A=(4, 2)),
    "rfft_of_a_length_by_name": lambda: sd.grad("sum(abs(np.fft.rfft(x)))", x="n"),
    "norm_of_no_order": lambda: sd.grad("norm(A, 'frob')", A="n n"),
    "caret_as_power": lambda: sd.grad("x^2", x=""),
    "product_without_a_sign": lambda: sd.grad("2x + 1"),
    "product_with_a_space": lambda: sd.grad("1 + 2 x"),
    "call_without_brackets": lambda: sd.grad("x + sin x"),
    "product_of_brackets": lambda: sd.grad("(x + 1)(x - 1)", x=""),
    "number_called": lambda: sd.grad("2(x + 1)", x=""),
    "missing_bracket": lambda: sd.grad("sum((X @ w - y)**2 / 2"),
    "bracket_too_many": lambda: sd.grad("sum(x))"),
    "missing_operand": lambda: sd.grad("x * + * y", "x"),
    "empty": lambda: sd.grad(""),
    "greek": lambda: sd.grad("σ(x)"),
    "unicode_minus": lambda: sd.grad("x − 1"),
    "assignment_only": lambda: sd.grad("x == "),
    "lambda": lambda: sd.function("lambda x: x**2"),
    "lines_of_a_block_in_two_columns": lambda: sd.function("for k in range(3):\n    s = x\n  y = 2\ns"),
    "import": lambda: sd.function("import numpy as np\nnp.sum(x)"),
    "dunder": lambda: sd.function("x.__class__").source,
    "too_deep": lambda: sd.function("(" * 300 + "x" + ")" * 300),
    "too_long": lambda: sd.function("x + " * 30_000 + "x"),
    "attribute_without_brackets": lambda: sd.function("x.mean / 2", x="n").source,
    "brackets_behind_an_attribute": lambda: sd.function("x.T() @ x", x="n n").source,
    "misspelt_method": lambda: sd.function("x.summ()", x="n").source,
    "wrong_keyword": lambda: sd.grad("sum(x, axes=0)", x="n d"),
    "argument_missing": lambda: sd.grad("sum(where(x > 0, x))", x="n"),
    "arguments_too_many": lambda: sd.grad("exp(x, 2)", x=""),
    "max_of_two_names": lambda: sd.grad("max(0, x)")(1.0),
    "min_of_three": lambda: sd.grad("min(x, 1, 2)")(1.0),
    "natural_logarithm": lambda: sd.grad("ln(x)"),
    "logarithm_to_a_base": lambda: sd.grad("log(x, 10)"),
    "derivative_as_differences": lambda: sd.grad("diff(x**2, x)")(1.0),
    "function_without_a_likeness": lambda: sd.grad("modstruve(x)"),
    "cotangent_is_no_vecdot": lambda: sd.grad("cot(x)"),
    "dtype_of_objects": lambda: sd.function("sum(x, dtype=object)"),
    "function_as_a_value": lambda: sd.function("piecewise(x, [x > 0], [print])"),
    "shape_of_an_argument": lambda: sd.grad("sum(zeros((n, n)) + x)", "x")(1.0, 3.0),
    "norm_of_an_unknown_shape": lambda: sd.grad("norm(x, axis=-1)").source,
    "option_of_another_library": lambda: sd.grad("x**2", argnums=0),
    "dtype_as_a_shape": lambda: sd.grad("x**2", x="float32"),
    "spec_option_misspelt": lambda: sd.spec("n", assum="positive"),
    "path_of_a_number": lambda: sd.grad("x**2").save(3),
    "inputs_twice": lambda: sd.function("x + y", inputs="x, x"),
    "max_of_two": lambda: sd.grad("sum(max(x, 0))", x=""),
    "program": lambda: sd.function(PROGRAM, X="n d", w="d", y="n", lam="").source,
    "unpacking": lambda: sd.function("a, b = slogdet(A) + 1\na", A="n n").source,
    # ----------------------------------------------------------------------------- shapes and dtypes
    "matmul_lengths": lambda: sd.grad("sum(X @ w)", "w", X=(5, 4), w=3),
    "matmul_lengths_by_name": lambda: sd.grad(LS, "w", X="n d", w="n", y="n"),
    "matmul_of_scalars": lambda: sd.grad("x @ y", "x", x="", y=""),
    "sum_of_shapes": lambda: sd.grad("sum(x + y)", "x", x=3, y=4),
    "sum_of_lengths_by_name": lambda: sd.grad("sum(x * y)", "x", x="n", y="m"),
    "shapes_in_a_program": lambda: sd.function("h = tanh(X @ W)\nz = h @ V\nsum(z)", X="n d", W="d h", V="k h").source,
    "wrong_axis": lambda: sd.grad("sum(x, axis=1)", x="n"),
    "axis_of_wrong_kind": lambda: sd.grad("sum(x, axis='rows')", x="n d"),
    "index_out_of_bounds": lambda: sd.grad("x[3]", x=3),
    "too_many_indices": lambda: sd.grad("x[0, 1]", x=3),
    "index_computed": lambda: sd.grad("sum(x[x > 0])", x=3),
    "index_of_floats": lambda: sd.grad("x[floor(x[0])]", x=3),
    "convolution_of_matrices": lambda: sd.grad("sum(convolve(A, A))", A="n n"),
    "convolution_of_unknown_lengths": lambda: sd.grad("sum(convolve(x, y, 'valid'))", "x", x="n", y="m"),
    "quantile_method": lambda: sd.grad("quantile(x, 0.5, method='sinister')", x="n"),
    "quantile_out_of_range": lambda: sd.grad("quantile(x, 50)", x="n"),
    "pad_mode": lambda: sd.grad("sum(pad(x, 2, 'mirror'))", x="n"),
    "compress_by_values": lambda: sd.grad("sum(compress(x > 0, x))", x="n"),
    "unknown_reshape": lambda: sd.grad("sum(reshape(x, (2, 3)))", x=5),
    "inverse_of_a_rectangle": lambda: sd.grad("sum(inv(A))", A="n d"),
    "operator_on_floats": lambda: sd.grad("x & y", "x", x="", y=""),
    "text_in_arithmetic": lambda: sd.function("x + 'a'").source,
    "einsum_labels": lambda: sd.grad("sum(einsum('ij,jk->ik', A, x))", "x", A="n n", x="n"),
    "concatenate_without_a_list": lambda: sd.grad("sum(concatenate(x, y))", "x", x=3, y=3),
    # ----------------------------------------------------------------------------- differentiating
    "wrt_missing": lambda: sd.grad("a * x**2 + b"),
    "wrt_misspelt": lambda: sd.grad("alpha * x**2", "alhpa"),
    "wrt_out_of_range": lambda: sd.grad("alpha * x**2", 2),
    "wrt_of_wrong_kind": lambda: sd.grad("alpha * x**2", 1.5),
    "wrt_a_line": lambda: sd.grad("r = X @ w\nsum(r**2)", "r"),
    "wrt_without_variables": lambda: sd.grad("1 + 2"),
    "wrt_bool": lambda: sd.grad("sum(where(m, x, 0))", "m", m=sd.spec("n", dtype=bool), x="n"),
    "wrt_bool_at_the_call": lambda: sd.grad("sum(where(m, x, 0))", "m")(np.array([True]), np.ones(1)),
    "gradient_of_a_vector": lambda: sd.grad("X @ w - y", "w", X="n d", w="d", y="n"),
    "gradient_of_a_vector_in_a_program": lambda: sd.grad("r = X @ w - y\nr**2", "w", X="n d", w="d", y="n"),
    "gradient_of_several": lambda: sd.grad("sum(x), sum(x**2)", x="n"),
    "gradient_of_a_condition": lambda: sd.grad("x > 1", x=""),
    "disconnected": lambda: sd.grad("sum(x) + 0 * argmax(y)", "y", x="n", y="m",
    disconnected="raise"),
    "disconnected_misspelt": lambda: sd.grad("x + y", "y", disconnected="error"),
    # ----------------------------------------------------------------------------- declaring
    "spec_misspelt": lambda: sd.grad("sum(alpha * x)", "x", alhpa="", x="n"),
    "spec_in_another_case": lambda: sd.grad(LS, "w", x="n d", w="d", y="n"),
    "bad_length": lambda: sd.grad("sum(x)", x="n d!"),
    "bad_shape": lambda: sd.grad("sum(x)", x=(3, -1)),
    "bad_shape_of_floats": lambda: sd.grad("sum(x)", x=(3, 2.5)),
    "bad_dtype": lambda: sd.spec("n", dtype="float31"),
    "dtype_without_arithmetic": lambda: sd.spec("n", dtype="U3"),
    "no_function": lambda: sd.grad(3.5),
    "bad_name": lambda: sd.function("x", name="my function"),
    "bad_variable": lambda: sd.var("lambda"),
    # ----------------------------------------------------------------------------- calling
    "argument_missing_at_the_call": lambda: sd.function(LS)(np.ones((5, 3)), np.ones(3)),
    "argument_too_many_at_the_call": lambda: sd.grad("a * x", "x")(1.0, 2.0, 3.0),
    "argument_misspelt_at_the_call": lambda: sd.grad("alpha * x", "x")(1.0, alhpa=2.0),
    "argument_twice_at_the_call": lambda: sd.grad("alpha * x", "x")(1.0, 2.0, alpha=3.0),
    "length_at_the_call": lambda: sd.grad(LS, "w", **DECLARED)(np.ones((5, 3)), np.ones(4), np.ones(5)),
    "another_length_at_the_call": lambda: sd.grad(LS, "w", **DECLARED)(np.ones((5, 3)), np.ones(3), np.ones(6)),
    "axes_at_the_call": lambda: sd.grad(LS, "w", **DECLARED)(np.ones((5, 3)), np.ones((3, 1)), np.ones(5)),
    "scalar_at_the_call": lambda: sd.grad(LS, "w", **DECLARED)(np.ones((5, 3)), np.ones(3), 1.0),
    "number_length_at_the_call": lambda: sd.grad("sum(x**2)", x=3)(np.ones(4)),
    "computed_length_at_the_call": lambda: sd.grad("sum(x[1:] * y)", "x", x="n+1", y="n")(np.ones(4), np.ones(4)),
    "undeclared_shapes_at_the_call": lambda: sd.grad(LS, "w")(np.ones((5, 3)), np.ones(4), np.ones(5)),
    "object_at_the_call": lambda: sd.grad("sum(x**2)")(np.array([1, None])),
    "none_at_the_call": lambda: sd.grad("sum(x**2)")(None),
    "text_at_the_call": lambda: sd.grad("sum(x**2)")("3.5"),
    "dates_at_the_call": lambda: sd.grad("sum(x**2)")(np.array(["2020-01-01"], dtype="M8[D]")),
    "ragged_at_the_call": lambda: sd.grad("sum(x**2)")([[1.0], [1.0, 2.0]]),
    "dtype_at_the_call": lambda: sd.grad("sum(x**2)", x=sd.spec("n", dtype="float32"))(np.ones(3)),
    # ----------------------------------------------------------------------------- Python functions
    "branch_in_python": lambda: sd.grad(untraceable.branches)(np.ones(3)),
    "conversion_in_python": lambda: sd.grad(untraceable.conversion)(np.ones(3)),
    "count_in_python": lambda: sd.grad(untraceable.counts)(1.0, 3.5),
    "write_outside_in_python": lambda: sd.grad(untraceable.writes_outside)(np.ones(3)),
    "write_into_integers_in_python": lambda: sd.grad(untraceable.stores_in_integers)(np.ones(3)),
    "write_of_another_shape_in_python": lambda: sd.grad(untraceable.shaped)(np.ones(3)),
    "loop_over_a_length_in_python": lambda: sd.grad(untraceable.loops, x="n"),
    "comparison_of_a_length_in_python": lambda: sd.grad(untraceable.counts_a_length, x="n"),
    "method_in_python": lambda: sd.grad(untraceable.no_such_method)(np.ones(3)),
    "numpy_function_in_python": lambda: sd.grad(untraceable.not_supported)(np.ones(3)),
    "where_of_a_ufunc_in_python": lambda: sd.grad(untraceable.leaves_undefined)(np.ones(3)),
    "method_of_a_ufunc_in_python": lambda: sd.grad(untraceable.reduces_parts)(np.ones(3)),
    "sort_of_a_selection_in_python": lambda: sd.grad(untraceable.sorts_a_part)(np.ones(3)),
    "result_that_is_a_selection_in_python": lambda: sd.function(lambda x: x[x > 0])(np.ones(3)),
    "two_conditions_in_python": lambda: sd.grad(untraceable.two_conditions)(np.ones(3)),
    "array_beside_a_selection_in_python": lambda: sd.grad(untraceable.whole_into_part)(np.ones(3)),
    "positions_of_a_condition_in_python": lambda: sd.grad(untraceable.positions)(np.ones(3)),
    "mask_of_another_shape_in_python": lambda: sd.grad(untraceable.short_mask)(np.ones(3)),
    "computed_place_in_python": lambda: sd.grad(untraceable.computed_place)(np.ones(12)),
    "shapes_in_python": lambda: sd.grad(untraceable.least_squares)(np.ones(4), np.ones((5, 3)), np.ones(5)),
    "missing_argument_in_python": lambda: sd.grad(untraceable.counts)(1.0),
    "static_misspelt_in_python": lambda: sd.grad(untraceable.counts, static="m"),
    # ----------------------------------------------------------------------------- SymPy
    "sympy_two_symbols_of_a_name": lambda: sd.function(sp.Symbol("x", positive=True) * X_),
    "sympy_two_names_that_become_one": lambda: sd.function(sp.Symbol("x_{1}") * sp.Symbol("x_1")),
    "sympy_dummies_of_a_name": lambda: sd.function(sp.Dummy("x") * X_),
    "sympy_symbol_and_matrix_of_a_name": lambda: sd.function(sp.Trace(sp.MatrixSymbol("x", 2, 2)) * X_),
    "sympy_unwritable_name": lambda: sd.function(sp.Symbol("日") ** 2),
    "sympy_symbol_that_does_not_commute": lambda: sd.function(sp.Symbol("A", commutative=False) * X_),
    "sympy_undefined_function": lambda: sd.grad(sp.Function("f")(X_) * X_, "x"),
    "sympy_unknown_function": lambda: sd.grad(X_ * sp.mathieus(1, 2, X_ + 1)),
    "sympy_unevaluated_derivative": lambda: sd.grad(sp.Derivative(X_ * sp.Function("f")(X_), X_)),
    "sympy_unevaluated_integral": lambda: sd.grad(sp.Integral(sp.exp(-(X_**2)), X_)),
    "sympy_infinite_sum": lambda: sd.grad(sp.Sum(X_**N_ / sp.factorial(N_), (N_, 0, sp.oo))),
    "sympy_sum_to_a_symbol": lambda: sd.grad(
        sp.Sum(sp.IndexedBase("a")[N_] ** 2, (N_, 0, sp.Symbol("m") - 1)), "a"
    )(np.ones(3)),
    "sympy_complex_infinity": lambda: sd.function(sp.zoo * X_).source,
    "sympy_element_at_a_symbol": lambda: sd.grad(sp.MatrixSymbol("M", 3, 3)[N_, 0], "M"),
    "sympy_power_of_a_matrix": lambda: sd.grad(sp.Trace(sp.MatrixSymbol("M", 3, 3) ** X_), "M"),
    "sympy_shapes": lambda: sd.grad(V_.T * sp.MatrixSymbol("M", N_, N_) * V_, "v", M="n m").source,
    "sympy_size": lambda: sd.grad(sp.Trace(sp.MatrixSymbol("M", sp.floor(N_), 2) * sp.OneMatrix(2, sp.floor(N_)))),
    "sympy_class_of_functions": lambda: sd.function(sp.sin),
    "sympy_set": lambda: sd.function(sp.FiniteSet(1, 2)),
    "sympy_wrt": lambda: sd.grad(sp.Symbol("alpha") ** 2 * N_, wrt="alhpa"),
    "sympy_inputs": lambda: sd.function(sp.Symbol("alpha") * N_, inputs=("n", "alhpa")),
    "sympy_cannot_say": lambda: sd.function("cumsum(x)", x="n").to_sympy(),
    "sympy_axes": lambda: sd.function("2 * x", x="n m k").to_sympy(),
}  # fmt: skip


def message(call):
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("name", MISTAKES)
def test_texts(golden, name):
    error = message(MISTAKES[name])
    assert isinstance(error, SymdiffError), repr(error)
    golden(f"errors/{name}.txt", f"{type(error).__name__}: {error}")
    assert_laws_of_texts(error)


def assert_laws_of_texts(error):
    """Of the kind that Python would raise, in the words of the user's world, readable in a terminal."""
    text = str(error)
    first = text.splitlines()[0]
    assert first == error.message
    assert first[0].islower() or not first[0].isalpha() or first.split()[0].rstrip(":,") in text
    assert not first.endswith(".")
    for word in (
        "tracer",
        "aval",
        "node",
        "ndarray object",
        "NoneType",
        "<class",
        "lambda p",
        "__array",
        "Float64DType",
        "setting an array element",
    ):
        assert word not in text.replace(str(error.where or ""), ""), word
    assert max(map(len, text.splitlines())) <= 140
    if error.help:
        assert text.splitlines()[-1] == f"help: {error.help}"
        assert not error.help.endswith(".")
    if error.where:
        *_, source, carets = error.where.splitlines()
        assert set(carets.strip()) == {"^"}
        assert len(carets) <= len(source) + 1
    if "did you mean" in text:
        meant = re.search(r"did you mean '(.+)'\?", text)[1]
        assert f"'{meant}'" not in first, "what is suggested is what was written"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


TEXTS_IN_STRINGS = [
    name
    for name in MISTAKES
    if name.startswith(
        (
            "misspelt",
            "matmul_lengths",
            "sum_of",
            "wrong_",
            "index_",
            "caret",
            "product_of",
            "inverse",
            "shapes_in_a",
            "program",
            "einsum_labels",
            "unpacking",
        )
    )
]


@pytest.mark.parametrize("name", TEXTS_IN_STRINGS)
def test_a_mistake_in_a_text_has_a_place(name):
    assert message(MISTAKES[name]).where


@pytest.mark.parametrize(
    ("text", "specs", "under"),
    [("sum(X @ w + b)", {"X": (5, 4), "w": 3, "b": 5}, "@"), ("sum(x + y * z)", {"x": 3, "y": 4, "z": 5}, "*"),
     ("sum(x + (y)) + 1", {"x": 3, "y": 4}, "+"), ("exp(x) + sum(x, axis=3)", {"x": 3}, "sum"),
     ("x + np.linalg.inv(x)", {"x": 3}, "inv"), ("1 + x[7]", {"x": 3}, "x[7]"),
     ("a = x * 2\nb = a @ a @ a\nb", {"x": (3, 4)}, "@"), ("y = x.summ() + 1\ny", {"x": 3}, "summ"),
     ("x ** 2 + (x\n + y)", {"x": 3, "y": 4}, "+"),
     ("foo(x) + bar(x)", {"x": 3}, "foo"), ("x < y < 3", {"x": 3, "y": 4}, "x < y < 3"),
     ("where(x, y, 0)", {"x": 3, "y": 4}, "where"), ("-(x @ y)", {"x": (3, 4), "y": 5}, "@"),
     ("(((x)) @ ((y)))", {"x": (3, 4), "y": 5}, "@"),
     ("x += y\nx", {"x": 3, "y": 4}, "+="),
     ("x.T.foo", {"x": 3}, "x.T.foo")],
)  # fmt: skip
def test_the_caret_stands_under_what_is_wrong(text, specs, under):
    error = message(lambda: sd.function(text, **specs).source)
    assert isinstance(error, SymdiffError), repr(error)
    source, carets = error.where.splitlines()[-2:]
    start, end = carets.index("^"), carets.rindex("^") + 1
    assert source[start:end] in (under, under + "(") or source[start:end].strip() == under


@pytest.mark.parametrize(
    "text",
    [
        "sigmiod(x) + y",
        "np.linalg.invs(x)",
        "x.summ()",
        "exp(x, y)",
        "sum(x, axes=0)",
        "(x + 1)(x - 1)",
        "np.foo",
    ],
)
def test_what_no_shape_can_mend_is_told_at_once(text):
    """Not at the first call, which may be far away from the text."""
    with pytest.raises(SymdiffError):
        sd.function(text)


def test_the_line_of_a_program_is_named():
    error = message(MISTAKES["program"])
    assert "line 3: penalty = lam * summ(w**2)" in str(error)


def test_no_golden_file_is_left_over():
    found = {path.stem for path in (GOLDEN / "errors").glob("*.txt")}
    assert found == {*MISTAKES, *CLI_MISTAKES, *FILE_MISTAKES}


@pytest.mark.parametrize(
    "kind", [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, SymdiffError)]
)
def test_every_error_is_also_a_built_in_one(kind):
    assert kind.__doc__
    if kind is not SymdiffError:
        assert any(
            issubclass(kind, built_in)
            for built_in in (
                ValueError,
                TypeError,
                NotImplementedError,
                AttributeError,
                ImportError,
                OSError,
                AssertionError,
            )
        )
    error = kind("what", help="how").at("a + b", 1, 2)
    assert str(error) == "what\n  a + b\n    ^\nhelp: how"


def test_the_innermost_place_wins_and_long_lines_are_cut():
    error = SymdiffError("what").at("x" * 500, 1, 300, 5).at("y", 1, 0)
    line, carets = error.where.splitlines()
    assert "y" not in line
    assert len(line) < 120
    assert carets.rstrip().endswith("^^^^^")
    assert line[carets.index("^")] == "x"


def test_an_error_in_the_users_python_is_the_users():
    def broken(x):
        return x.sum() / undefined_name  # noqa: F821

    with pytest.raises(NameError, match="undefined_name"):
        sd.grad(broken)(np.ones(3))


# -------------------------------------------------------------------------------------------------- files, command line


FILE_MISTAKES = {
    "file_of_somebody_else": lambda f, folder: (
        folder.joinpath("notes.py").write_text("x = 1\n"),
        f.save(folder / "notes.py"),
    ),
    "file_in_no_folder": lambda f, folder: f.save(folder / "missing" / "f.py"),
    "file_is_a_folder": lambda f, folder: f.save(folder),
    "file_without_an_ending": lambda f, folder: f.save(folder / "gradient"),
}


@pytest.mark.parametrize("name", FILE_MISTAKES)
def test_texts_about_files(golden, name, tmp_path):
    error = message(lambda: FILE_MISTAKES[name](sd.grad("x**2"), tmp_path))
    assert isinstance(error, SymdiffError)
    golden(f"errors/{name}.txt", f"{type(error).__name__}: {error}".replace(str(tmp_path), "FOLDER"))


CLI_MISTAKES = {
    "cli_bad_shape": ["grad", "sum(x)", "--shape", "x"],
    "cli_shape_with_an_x": ["grad", "sum(x)", "--shape", "x=3 x 4"],
    "cli_unknown_ending": ["graph", "x * y", "-o", "graph.jpg"],
    "cli_python_into_a_picture": ["grad", "x", "-o", "grad.svg"],
    "cli_bad_length": ["grad", "sum(x)", "--shape", "x=n,?"],
    "cli_unknown_name": ["grad", "sum(alpha)", "--shape", "alhpa=n"],
    "cli_bad_dtype": ["grad", "sum(x)", "--dtype", "x=float31"],
    "cli_wrt_missing": ["grad", "x * y"],
    "cli_wrt_unknown": ["grad", "alpha * y", "--wrt", "alhpa,y"],
    "cli_syntax": ["grad", "x +* y", "--wrt", "x"],
    "cli_vector": ["grad", "x * 2", "--shape", "x=n"],
}


@pytest.mark.parametrize("name", CLI_MISTAKES)
def test_texts_of_the_command_line(golden, capsys, name):
    assert main(CLI_MISTAKES[name]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    golden(f"errors/{name}.txt", err)


# ------------------------------------------------------------------------------------------------------ hostile values


class Poisoned(str):
    """A text whose methods raise: only what Python's own class does with it may be used."""

    __slots__ = ()

    def _raise(self, *args, **kwargs):
        raise RuntimeError("poisoned")

    __str__ = __repr__ = __format__ = __eq__ = __hash__ = __len__ = __contains__ = __iter__ = _raise
    strip = split = splitlines = replace = startswith = isidentifier = isascii = _raise


POISONED = {
    "text": lambda: sd.grad(Poisoned("x**2"))(2.0),
    "wrt": lambda: sd.grad("x*y", Poisoned("x"))(2.0, 3.0),
    "targets": lambda: sd.grad("x*y", (Poisoned("x"), "y"))(2.0, 3.0),
    "name": lambda: sd.grad("x**2", name=Poisoned("f"))(2.0),
    "spec": lambda: sd.grad("sum(x)", x=Poisoned("n"))(np.ones(3)),
    "inputs": lambda: sd.function("x - y", inputs=Poisoned("y x"))(2.0, 3.0),
    "several inputs": lambda: sd.function("x - y", inputs=[Poisoned("y"), Poisoned("x")])(2.0, 3.0),
    "target": lambda: sd.grad("x**2", target=Poisoned("numpy"))(2.0),
    "variable": lambda: sd.var(Poisoned("x")),
    "dtype": lambda: sd.spec("n", dtype=Poisoned("float32")),
    "assumption": lambda: sd.spec("n", assume=Poisoned("positive")),
    "static": lambda: sd.grad(lambda x, k: x * k, static=Poisoned("k"))(1.0, 2),
    "disconnected": lambda: sd.grad("x", disconnected=Poisoned("zeros"))(1.0),
}


@pytest.mark.parametrize("door", POISONED)
def test_texts_of_other_classes_are_texts(door):
    assert POISONED[door]() is not None


@pytest.mark.parametrize("path", [3, None, 2.5, b"a.py", "a\0b.py", "", [], object()])
def test_what_is_no_path_is_refused(path):
    for write in (sd.grad("x**2").save, sd.grad("x**2").draw):
        if path is None and write.__name__ == "draw":
            continue
        with pytest.raises(SymdiffError):
            write(path)


@pytest.mark.parametrize(
    "wrt", [{"x": 1}, {"x"}, 1.5, object(), (None,), (("x", "y"),), lambda: 3, X_ * 2, sp.Integer(3)]
)
def test_what_is_no_target_is_refused(wrt):
    with pytest.raises(SymdiffError):
        sd.grad("x * y", wrt)


def test_memory_that_is_not_there_is_told():
    with pytest.raises(errors.MemoryLimitError):
        sd.function("exp(ones(10**14) * x)")(1.0)


def test_a_truth_value_is_a_value_error_too():
    with pytest.raises(ValueError, match="truth value"):
        sd.grad(untraceable.branches)(np.ones(3))


def test_containers_of_other_kinds_of_dicts():
    found = sd.grad(lambda p: p["a"] ** 2)(collections.defaultdict(float, {"a": 3.0}))
    assert type(found) is collections.defaultdict
    assert found["a"] == 6.0


def test_seeds_may_be_given_as_specs():
    assert "v_v" in sd.hvp(lambda v: np.sum(v**3)).at("n", "n").source
    assert "cotangent" in sd.vjp(lambda v: v**2).at("n", "n").source


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["gradd", "x"], "did you mean 'grad'"),
        (["garph", "x"], "did you mean 'graph'"),
        (["grad", "x * y", "--wrt", "x", "y"], "--wrt x,y"),
    ],
)
def test_wrong_calls_of_the_command_line_say_what_is_meant(argv, words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_file_without_a_function_is_told(capsys, tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def loss(x):\n    return x * x\n")
    assert main(["grad", str(path)]) == 1
    assert "model.py:loss" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "words"), [("<stdin>", "typed at a prompt"), ("<text>", "the source of f is not there")]
)
def test_a_branch_without_source_says_where_to_put_the_function(file, words):
    space = {}
    exec(compile("def f(x):\n    return x if x > 0 else -x", file, "exec"), space)

    assert words in str(message(lambda: sd.grad(space["f"])(1.0)))
