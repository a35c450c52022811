"""Arrays, lists, tables of pandas, polars, xarray and pyarrow as arguments: the same numbers, or a refusal, always.

The laws: a public function gives for each kind of data what it gives for the array of its values; gradients have the kind
and the labels of the argument that they belong to; inside of a function a table means what it means without us.
"""

import array
import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import ArgumentError, DTypeError, SymdiffError

pd, pl, xr, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "xarray", "pyarrow"))

W = np.array([0.3, 0.5, -0.2])


def read_only():
    w = W.copy()
    w.flags.writeable = False
    return w


LABELLED = {
    "Series": pd.Series(W, index=list("abc"), name="w"),
    "nullable": pd.Series(W, index=list("abc"), dtype="Float64"),
    "Arrow": pd.Series(W, index=list("abc"), dtype="double[pyarrow]"),
    "xarray": xr.DataArray(W, dims="k", coords={"k": list("abc")}),
    "polars": pl.Series("w", W),
}
KINDS = {
    "read-only": read_only(), "list": list(map(float, W)), "list of NumPy's": list(W), "memoryview": memoryview(W),
    "array.array": array.array("d", W), "Arrow array": pa.array(W), "not contiguous": np.repeat(W, 2)[::2],
    "Index": pd.Index(W), "pandas array": pd.array(W), "sparse": pd.Series(W, dtype="Sparse[float]"),
    **LABELLED,
}  # fmt: skip


def f(w):
    return np.sum(np.sin(w) * w)


def many(w):
    return np.exp(w) * np.sum(w)


CALLS = {
    "function": lambda x: sd.function(f)(x),
    "grad": lambda x: sd.grad(f)(x),
    "value_and_grad": lambda x: sd.value_and_grad(f)(x),
    "of a text": lambda x: sd.grad("sum(sin(w) * w)")(x),
    "declared": lambda x: sd.grad("sum(sin(w) * w)", w="n")(x),
    "hessian": lambda x: sd.hessian(f)(x),
    "jacobian": lambda x: sd.jacobian(many)(x),
    "jvp": lambda x: sd.jvp(many)(x, x),
    "vjp": lambda x: sd.vjp(many)(x, x),
    "hvp": lambda x: sd.hvp(f)(x, x),
    "value_grad_hessian": lambda x: sd.value_grad_hessian(f)(x),
    "gauss_newton": lambda x: sd.gauss_newton(many)(x) @ W,
    "hessian_operator": lambda x: sd.hessian_operator(f)(x) @ W,
    "taylor": lambda x: sd.taylor(f, 2)(x, x),
    "vmap": lambda x: sd.vmap(sd.grad("sin(w) * w"))(x),
    "propagate": lambda x: sd.propagate(f, (x,), (0.1, 0.2, 0.3)),
    "elasticities": lambda x: sd.elasticities(f, (x,)),
    "check_grads": lambda x: sd.check_grads(f, (x,)),
    "ravel": lambda x: sd.ravel(f, x).pack(x),
    "partial": lambda x: sd.partial(f, "w", "w")(x),
    "forward_backward": lambda x: sd.forward_backward("sum(sin(w) * w)", w=3)[0](x)[0],
}


def parts(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_numbers_are_those_of_the_array(call, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, expected = parts(CALLS[call](KINDS[kind])), parts(CALLS[call](W))
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-13)


def labels(table):
    return list(table.index) if isinstance(table, pd.Series) else getattr(table, "coords", {}).get("k")


@pytest.mark.parametrize("kind", LABELLED)
@pytest.mark.parametrize(
    "call", ["grad", "value_and_grad", "of a text", "declared", "vjp", "hvp", "value_grad_hessian", "elasticities"]
)
def test_a_gradient_has_the_labels_of_the_argument(call, kind):
    x = LABELLED[kind]
    result = parts(CALLS[call](x))
    found = result[0] if len(result) == 1 else result[1]
    assert type(found) is type(x) and found.name == x.name
    assert (labels(found) == labels(x)) is not False


def test_tables_and_containers_of_them_have_their_labels():
    X = pd.DataFrame(np.arange(6.0).reshape(2, 3), index=["r", "s"], columns=list("abc"))
    w, v = LABELLED["Series"], np.ones(2)
    by_X, by_w = sd.grad(lambda X, w, v: np.sum((X @ w) ** 2 * v), ("X", "w"))(X, w, v)
    assert by_X.index.equals(X.index) and by_X.columns.equals(X.columns) and by_w.index.equals(w.index)
    model = {"w": w, "b": 0.5}
    value, found = sd.value_and_grad(lambda m, X: np.sum((X @ m["w"] + m["b"]) ** 2))(model, X)
    assert found["w"].index.equals(w.index) and np.ndim(found["b"]) == np.ndim(value) == 0
    aux = sd.value_and_grad(lambda w: (np.sum(w**2), w), has_aux=True)(w)
    assert aux[1].index.equals(w.index)
    grad = sd.grad(lambda X: np.sum(X.to_numpy() ** 2))
    assert list(grad(pl.DataFrame({"p": [1.0, 2.0], "q": [3.0, 4.0]}))["q"]) == [6.0, 8.0]
    nullable = pd.DataFrame({"p": pd.array([1.0, 2.0], dtype="Float64"), "q": pd.array([3, 4], dtype="Int64")})
    assert list(grad(nullable)["q"]) == [6.0, 8.0]


@pytest.mark.parametrize(
    "x",
    [
        pd.Series([0.3, None, 1.0], dtype="Float64"), pd.Series([0.3, None, 1.0], dtype="double[pyarrow]"),
        pl.Series("w", [0.3, None, 1.0]), pd.DataFrame({"p": pd.array([1, None], dtype="Int64")}),
        pl.DataFrame({"p": [1.0, None]}), np.ma.array(W, mask=[0, 1, 0]), np.matrix(W), pa.array([0.3, None]),
        pd.DataFrame({"p": [1.0, 2.0], "name": ["x", "y"]}), pd.Series(list("abc")), pd.Series(pd.date_range("2020", periods=3)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", CALLS)
def test_missing_values_and_what_are_no_numbers_are_refused(call, x):
    with pytest.raises(SymdiffError):
        CALLS[call](x)


# ------------------------------------------------------------------------------------- what tables mean in functions

S = pd.Series([0.3, 0.5, -0.2], index=list("abc"))
D = pd.DataFrame(np.array([[0.5, 1.5], [2.5, 3.0], [4.5, 5.5]]), columns=["p", "q"])
A = xr.DataArray(D.to_numpy(), dims=("t", "k"), coords={"k": ["p", "q"]})
P = pl.Series("w", [0.3, 0.5, -0.2])
MIXED = pd.Series([1.0, 2.0, 3.0], index=[2, 1, 0])
GAPS = pd.Series([1.0, np.nan, 3.0])

PROGRAMS = [
    (lambda x: x.std() * x.var(), S), (lambda x: x.std(ddof=0) + x.mean() + x.median(), S), (lambda x: np.std(x), S),
    (lambda x: x["a"] * x.b + x.loc["c"] ** 2, S), (lambda x: x.iloc[0] ** 2 + x.iat[-1] + x.at["b"], S),
    (lambda x: sum(x[k] ** 2 for k in x.index), S), (lambda x: sum(v * len(k) for k, v in x.items()), S),
    (lambda x: np.sum(x[1:] ** 2) + x[x > 0].sum(), S), (lambda x: x[["c", "a"]].iloc[0] ** 2, S),
    (lambda x: (((x - x.mean()) / x.std()) ** 3).sum(), S), (lambda x: x.cumsum().max() + x.abs().prod(), S),
    (lambda x: x[0] ** 2, MIXED), (lambda x: (x * MIXED).sum(), MIXED), (lambda x: x.iloc[0] ** 2, MIXED),
    (lambda x: (x * S).sum(), MIXED), (lambda x: (x * MIXED[::-1]).sum(), MIXED), (lambda x: x[1:].iloc[0] * 2, MIXED),
    (lambda x: x.sum() + x.mean() + x.std() + x.min(), GAPS), (lambda x: x.sum(skipna=False), GAPS),
    (lambda x: x.cumsum().iloc[0], GAPS), (lambda x: np.sum(x**2), GAPS), (lambda x: x.fillna(0.5).mean() ** 2, GAPS),
    (lambda d: np.sum(d.sum() ** 2) + np.sum(d.mean() ** 2), D), (lambda d: np.sum(d.std() * d.max()), D),
    (lambda d: np.sum(d["p"] ** 2 * d.q), D), (lambda d: sum(np.sum(d[c] ** 2) for c in d), D),
    (lambda d: ((d - d.mean()) ** 2).sum().sum(), D), (lambda d: d.sum(axis=1).std(), D),
    (lambda d: d.loc[:, "q"].iloc[1] * d.iloc[0, 1], D), (lambda d: np.sum(d[["q"]].to_numpy() ** 2), D),
    (lambda d: d[d["p"] > 1].sum().sum(), D), (lambda d: np.sum(d[1:].mean() ** 2), D),
    (lambda d: np.sum(d) + np.mean(d) + np.max(d), D), (lambda d: np.sum(np.cumsum(d)), D),
    (lambda d: np.sum(d.T @ d), D), (lambda d: np.sum((d.T + d.T) ** 2), D), (lambda d: d.corr().iloc[0, 1], D),
    (lambda d: sum(np.sum(v**3) for _, v in d.items()), D), (lambda d: len(d) * len(d.columns) * d.size, D),
    (lambda a: a.sum() * a.std(), A), (lambda a: (a.sum("t") ** 2).sum(), A), (lambda a: (a.mean(dim="k") ** 2).sum(), A),
    (lambda a: np.sum(a.values**2), A), (lambda a: ((a - a.mean("t")) ** 2).sum(), A), (lambda a: (a + a.T).sum(), A[:2]),
    (lambda a: (a @ a).sum(), A[:2]), (lambda a: a[0].sum() ** 2, A), (lambda a: a.isel(k=0).sum(), A),
    (lambda a: np.sum(np.cumsum(a)), A), (lambda a: (a - a.mean("k")).sum(), A[:2]), (lambda a: a.max("t").sum(), A),
    (lambda a: a.where(a > 1).sum(), A), (lambda a: a.sum(), A.where(A > 1)),
    (lambda x: x.where(x > 0, 0.5 * x).prod() + x.mask(x > 0).sum() ** 2, S), (lambda x: x.where(x > 0).mean(), S),
    (lambda d: d.where(d > 1).sum().prod(), D), (lambda a: a.sel(k="q").isel(t=1) * a.sel(k=["q", "p"])[0].std(), A),
    (lambda a: a.isel({"t": slice(1, None)}).std(), A), (lambda a: a.isel(t=-1).sel(k="p") ** 2, A),
    (lambda p: p.std() * p.var() + p.mean(), P), (lambda p: p.dot(p) + p[0] ** 2 + p[-1], P), (lambda p: p.exp().sum(), P),
    (lambda p: (p * P).sum(), P), (lambda p: (p[1:] * p[:-1]).sum(), P), (lambda p: p.sort().to_numpy()[0], P),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(PROGRAMS)))
def test_in_a_function_a_table_means_what_it_means_without_us(k):
    f, x = PROGRAMS[k]
    try:
        expected = float(f(x))
    except Exception:
        expected = None
    try:
        value, slope = sd.value_and_grad(f)(x)
    except SymdiffError as error:
        assert error.help or "there is no label" in str(error) or "has no attribute" in str(error)
        return
    assert expected is not None, value
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    numbers, h = x.to_numpy(), 1e-6
    for place in np.ndindex(numbers.shape):
        moved = [numbers.copy(), numbers.copy()]
        moved[0][place] += h
        moved[1][place] -= h
        above, below = (float(f(_like(x, y))) for y in moved)
        if np.isfinite(above - below):
            np.testing.assert_allclose(np.asarray(slope)[place], (above - below) / (2 * h), rtol=1e-5, atol=1e-7)


def _like(x, array):
    if isinstance(x, pl.Series):
        return pl.Series(x.name, array)
    if isinstance(x, xr.DataArray):
        return x.copy(data=array)
    return type(x)(array, **{name: getattr(x, name) for name in ("index", "columns")[: x.ndim]})


def test_most_of_it_is_not_refused():
    refused = 0
    for f, x in PROGRAMS:
        try:
            sd.function(f)(x)
        except SymdiffError:
            refused += 1
    assert refused <= 14


def test_rows_that_are_drawn_anew_make_no_new_program():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"), index=rng.permutation(1000)[:40])
    y = pd.Series(rng.normal(size=40), index=X.index)
    loss = sd.value_and_grad(lambda w, X, y: ((X @ w - y) ** 2).mean())
    for _ in range(5):
        rows = rng.choice(40, 8, replace=False)
        loss(S, X.iloc[rows], y.iloc[rows])
    assert loss.cache_info().size == 1


def test_arrays_of_xarray_with_other_orders_are_refused():
    f = sd.grad("sum(x * y)", "x")
    a, b = xr.DataArray(np.eye(2), dims=("s", "t")), xr.DataArray(np.ones((2, 2)), dims=("t", "s"))
    with pytest.raises(ArgumentError, match="dimensions in another order"):
        f(a, b)
    c = A.assign_coords(k=["q", "p"])
    with pytest.raises(ArgumentError, match=r"y\.reindex\(k=x\.k\)"):
        f(A, c)
    with pytest.raises(SymdiffError):
        sd.grad(lambda x, y: (x * y).sum())(A, A.rename(k="other"))


def test_uncertainties_go_by_their_labels():
    values, names = {"a": 1.0, "b": 2.0}, ["b", "a"]
    expected = sd.propagate("a * b", values, {"a": 4.0, "b": 1.0})
    table = pd.DataFrame([[1.0, 0.0], [0.0, 4.0]], index=names, columns=names)
    assert sd.propagate("a * b", values, table) == expected == (2.0, 17.0)
    assert sd.propagate("a * b", values, pd.Series([1.0, 4.0], names)) == expected
    assert sd.propagate("a * b", pd.Series([2.0, 1.0], names), table) == expected
    of_one = sd.propagate(lambda w: w["a"] * w["b"], (pd.Series([1.0, 2.0], index=list("ab")),), table)
    assert of_one == pytest.approx(expected)
    with pytest.raises(ArgumentError, match="are called"):
        sd.propagate("a * c", {"a": 1.0, "c": 2.0}, table)
    for wrong in ([[1.0], [1.0, 2.0]], "ab", {"a": "x", "b": 1.0}):
        with pytest.raises(SymdiffError):
            sd.propagate("a * b", values, wrong)
    with pytest.raises(DTypeError, match="real numbers"):
        sd.propagate("a * b", {"a": 1j, "b": 2.0}, (0.1, 0.2))


def test_tables_are_tables_in_functions_within_functions():
    inner = sd.grad(lambda w: w.std() * w["a"])
    expected = float(S.std() + S["a"] * (S["a"] - S.mean()) / (2 * S.std()))
    assert sd.function(lambda s: inner(s)["a"])(S) == pytest.approx(expected)
    assert sd.function(lambda s: inner(2 * s)["a"] / 2)(S) == pytest.approx(expected)
    assert sd.function(lambda x: x * inner(S)["a"])(3.0) == pytest.approx(3 * expected)
    assert sd.function(lambda s: inner(s).std())(S) == pytest.approx(float(inner(S).std()))
    two = sd.grad(lambda w, d: (d.sum() * w).sum())
    weights = pd.Series([1.0, 2.0], index=["p", "q"])
    assert sd.function(lambda w: two(w, D).sum())(weights) == pytest.approx(float(D.to_numpy().sum()))
    with pytest.raises(SymdiffError, match="different labels"):
        sd.function(lambda w: two(w[::-1], D).sum())(weights)


def test_options_containers_and_other_labels_of_rows():
    pinned = sd.grad(lambda w, n: w.iloc[n] ** 2).at(S, 1)
    assert list(pinned(S, 1)) == [0.0, 1.0, 0.0]
    assert list(
        sd.vmap(sd.grad(lambda w, x: (x @ w) ** 2), in_axes=(None, 0))(S.iloc[:2].set_axis(list("pq")), D)[0]
    ) == [pytest.approx(2 * (0.5 * 0.3 + 1.5 * 0.5) * x) for x in (0.5, 1.5)]
    for index in (pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), pd.date_range("2020", periods=2), [7, 7]):
        s = pd.Series([1.0, 2.0], index=index)
        found = sd.grad(lambda x: (x * x).sum() + x.mean())(s)
        assert found.index.equals(s.index)
        np.testing.assert_allclose(found, [2.5, 4.5])


def test_labels_are_compared_where_tables_meet():
    """As many coefficients as columns, by chance: each is picked by its name, and none meets the others."""
    beta = pd.Series([0.1, 0.2, -0.3], index=["level", "age", "dose"])
    table = pd.DataFrame({"age": [1.0, 2.0, 4.0], "dose": [0.5, -1.0, 0.0], "seen": [1.0, 0.0, 1.0]})

    def loss(b, t, w=None):
        found = b["level"] + b["age"] * t["age"] + b["dose"] * t.dose - t["seen"]
        return (found**2).sum() if w is None else (found**2).sum() + (w * b).sum()

    columns = np.column_stack([np.ones(3), table["age"], table["dose"]])
    slope = 2 * columns.T @ (columns @ beta.to_numpy() - table["seen"].to_numpy())
    found = sd.grad(loss)(beta, table)
    np.testing.assert_allclose(found, slope)
    assert found.index.equals(beta.index)
    np.testing.assert_allclose(sd.grad(loss)(beta, table, beta), slope + beta)
    with pytest.raises(SymdiffError, match="different labels"):  # of three, which of two is not known
        sd.grad(loss)(beta, table, beta[::-1])
    few = table.assign(more=0.0)
    with pytest.raises(ArgumentError, match=r"w\.index are not those of b\.index(?s:.*)w\.reindex\(index=b\.index\)"):
        sd.grad(loss)(beta, few, beta[::-1])
    with pytest.raises(ArgumentError, match=r"v_b\.index are not those of b\.index"):
        sd.hvp(loss)(beta, beta[::-1], table)
    with pytest.raises(SymdiffError, match=r"labels are Age, dose, seen\n(?s:.*)did you mean 'Age'"):
        sd.grad(loss)(beta, table.rename(columns={"age": "Age"}))
