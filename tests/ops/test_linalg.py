"""numpy.linalg, numpy.fft and einsum: NumPy's values under every keyword, derivatives to second order, complex numbers."""

import inspect
import itertools

import numpy as np
import pytest
import scipy.linalg
from helpers import weighted_sum

import symdiff as sd

RNG = np.random.default_rng(0)
M = RNG.normal(size=(3, 3)) + 2.5 * np.eye(3)
N = RNG.normal(size=(3, 3))
M4 = np.vander([0.5, -1.0, 2.0, 0.25])
STACK = RNG.normal(size=(2, 3, 3)) + 2.5 * np.eye(3)
TALL, WIDE = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 4))
SYM = N + N.T + np.diag([0.0, 3.0, 6.0])
SPD = N @ N.T + np.eye(3)
v, w, b4 = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=4)
T3 = RNG.normal(size=(2, 3, 4))
L = np.linalg

TRANSFORMS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def power(name, **options):
    """The power spectrum under one of the transforms."""
    transform = getattr(np.fft, name)
    return lambda x: np.abs(transform(x, **options)) ** 2


# Each is a function of arrays, written with plain NumPy, and a point. Vectors have no phase there: the sign is LAPACK's.
FUNCTIONS = {
    "inv stack": (lambda a: L.inv(a), STACK),
    "solve stack": (lambda a, b: L.solve(a, b), STACK, v),
    "solve broadcast": (lambda a, b: L.solve(a[:, None], b), STACK, RNG.normal(size=(2, 3, 1))),
    "tensorsolve": (lambda a, b: L.tensorsolve(a, b), RNG.normal(size=(2, 3, 6)), RNG.normal(size=(2, 3))),
    "tensorsolve axes": (lambda a, b: L.tensorsolve(a, b, axes=(0,)), RNG.normal(size=(6, 2, 3)), RNG.normal(size=(2, 3))),
    "tensorinv": (lambda a: L.tensorinv(a, ind=1), RNG.normal(size=(6, 2, 3))),
    "det stack": (lambda a: L.det(a), STACK),
    "slogdet": (lambda a: L.slogdet(a).sign * L.slogdet(a).logabsdet, STACK),
    "lstsq tall": (lambda a, b: L.lstsq(a, b)[0], TALL, b4),
    "lstsq wide": (lambda a, b: L.lstsq(a, b)[0], WIDE, RNG.normal(size=(2, 3))),
    "lstsq residuals": (lambda a, b: L.lstsq(a, b)[1], TALL, b4),
    "lstsq residuals of several": (lambda a, b: L.lstsq(a, b)[1], TALL, RNG.normal(size=(4, 2))),
    "lstsq singular values": (lambda a, b: L.lstsq(a, b)[3] + 0 * b[0], TALL, b4),
    "pinv": (lambda a: L.pinv(a), TALL),
    "pinv rcond": (lambda a: L.pinv(a, rcond=0.5), np.diag([3.0, 2.0, 0.1]) + 0.01 * N),
    "pinv rtol": (lambda a: L.pinv(a, rtol=1e-10), WIDE),
    "pinv hermitian": (lambda a: L.pinv(a + a.T, hermitian=True), M),
    "cond": (lambda a: L.cond(a), TALL),
    **{f"cond {p}": (lambda a, p=p: L.cond(a, p), M) for p in (2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")},
    **{f"norm of a vector {p}": (lambda x, p=p: L.norm(x, p), v) for p in (None, 2, 1, 3, 0.5, -1, np.inf, -np.inf)},
    **{
        f"norm of a matrix {p}": (lambda a, p=p: L.norm(a, p), TALL)
        for p in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    "norm axis": (lambda a: L.norm(a, 3, axis=1, keepdims=True), T3),
    "norm axes": (lambda a: L.norm(a, 1, axis=(2, 0)), T3),
    "norm axes reversed": (lambda a: L.norm(a, np.inf, axis=(0, 2), keepdims=True), T3),
    "nuclear norm of axes": (lambda a: L.norm(a, "nuc", axis=(2, 0), keepdims=True), T3),
    "norm of all": (lambda a: L.norm(a), T3),
    "vector_norm": (lambda a: L.vector_norm(a, axis=(0, 2), keepdims=True), T3),
    "vector_norm of all": (lambda a: L.vector_norm(a, ord=3), T3),
    "matrix_norm": (lambda a: L.matrix_norm(a, ord="nuc", keepdims=True), T3),
    "multi_dot": (lambda a, b, c: L.multi_dot([a, b, c, a, b]), TALL, RNG.normal(size=(2, 1)), RNG.normal(size=(1, 4))),
    "multi_dot of vectors": (lambda x, a: L.multi_dot([x, a, a, x]), v, M),
    "matrix_power": (lambda a: L.matrix_power(a, 5), M),
    "matrix_power negative": (lambda a: L.matrix_power(a, -2), STACK),
    "cholesky upper": (lambda a: L.cholesky(a @ a.T + np.eye(3), upper=True), M),
    "cholesky of a stack": (lambda a: L.cholesky(a @ a.mT), STACK),
    "eigh": (lambda a: L.eigh(a + a.T).eigenvectors ** 2 * L.eigh(a + a.T).eigenvalues, SYM),
    "eigh upper": (lambda a: L.eigh(a + a.T, UPLO="U")[1] ** 2, SYM),
    "eigvalsh of a stack": (lambda a: L.eigvalsh(a + a.mT), STACK),
    "eigvals": (lambda a: np.real(np.sum(L.eigvals(a) ** 3)), N),
    "eig": (lambda a: np.abs(L.eig(a).eigenvectors) ** 2, N),
    "svd": (lambda a: L.svd(a, full_matrices=False).U @ L.svd(a, full_matrices=False).Vh, TALL),
    "svd wide": (lambda a: L.svd(a, full_matrices=False)[0] ** 2, WIDE),
    "svd right": (lambda a: L.svd(a, full_matrices=False)[2] ** 2, WIDE),
    "svd of a square": (lambda a: L.svd(a)[2] ** 2, STACK),
    "svd values": (lambda a: L.svd(a, compute_uv=False), TALL),
    "svdvals": (lambda a: L.svdvals(a), WIDE),
    "qr": (lambda a: L.qr(a).Q * 2 + np.sum(L.qr(a).R), TALL),
    "qr wide": (lambda a: L.qr(a)[0] @ L.qr(a)[1] ** 2, WIDE),
    "qr r": (lambda a: L.qr(a, mode="r"), STACK),
    "qr complete": (lambda a: L.qr(a, mode="complete")[1], WIDE),
    "linalg trace": (lambda a: L.trace(a, offset=1), T3),
    "linalg diagonal": (lambda a: L.diagonal(a, offset=-1), T3),
    "linalg cross": (lambda a, b: L.cross(a, b, axis=0), N, M),
    "linalg outer": (lambda x, y: L.outer(x, y), v, w),
    "linalg matmul": (lambda a, b: L.matmul(a, b), M, N),
    "linalg tensordot": (lambda a, b: L.tensordot(a, b, axes=((0, 1), (1, 0))), M, N),
    "linalg vecdot": (lambda a, b: L.vecdot(a, b, axis=0), N, M),
    "linalg matrix_transpose": (lambda a: L.matrix_transpose(a), T3),
    "trace of axes": (lambda a: np.trace(a, offset=1, axis1=2, axis2=0), T3),
    "cross of axes": (lambda a, b: np.cross(a, b, axisa=0, axisb=0, axisc=0), N, M),
    "vecdot": (lambda a, b: np.vecdot(a, b), RNG.normal(size=(2, 1, 3)), M),
    "dot of many axes": (lambda a, b: np.dot(a, b), T3, RNG.normal(size=(2, 4, 3))),
    "dot of a vector": (lambda a, b: np.dot(a, b), T3, b4),
    "inner of many axes": (lambda a, b: np.inner(a, b), T3, RNG.normal(size=(2, 4))),
    "kron of many axes": (lambda a, b: np.kron(a, b), T3, v),
    "matmul of stacks": (lambda a, b: a @ b, RNG.normal(size=(2, 1, 3, 4)), RNG.normal(size=(5, 4, 2))),
    "einsum ellipsis": (lambda a, b: np.einsum("...ij,j...->i...", a, b), STACK, RNG.normal(size=(3, 2))),
    "einsum lists": (lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), M, N),
    "einsum lists implicit": (lambda a, b: np.einsum(a, [1, 0], b, [1, 2]), M, N),
    "einsum lists ellipsis": (lambda a, x: np.einsum(a, [Ellipsis, 0], x, [0], [Ellipsis]), T3, b4),
    "einsum diagonal": (lambda a, x: np.einsum("iij,j->i", a, x), RNG.normal(size=(3, 3, 4)), b4),
    "einsum implicit": (lambda a, b: np.einsum("ba,cb", a, b), M, N),
    "einsum broadcasts": (lambda a, b: np.einsum("ij,jk->ik", a, b), RNG.normal(size=(2, 1)), M),
    "einsum of four": (lambda a, b, x: np.einsum("i,ij,jk,k->", x, a, b, x, optimize=True), M, N, v),
    "einsum of one": (lambda a: np.einsum("ijk->kj", a), T3),
    **{f"{name} {norm}": (power(name, norm=norm), v) for name in TRANSFORMS for norm in (None, "backward", "ortho", "forward")},
    **{f"{name} n={n}": (power(name, n=n, axis=0), RNG.normal(size=(4, 2))) for name in TRANSFORMS for n in (3, 7)},
    **{f"{name}{k}": (power(f"{name}{k}"), T3) for name in ("fft", "ifft", "rfft", "irfft") for k in ("2", "n")},
    "fftn s": (lambda x: np.abs(np.fft.fftn(x, s=(5, 2), axes=(2, 0))) ** 2, T3),
    "irfftn s": (lambda x: np.fft.irfftn(x, s=(3, 5), axes=(0, 1)), T3),
    "fftshift": (lambda x: np.fft.fftshift(x) * np.fft.ifftshift(x, axes=1), T3),
    "convolution": (lambda x, k: np.fft.irfft(np.fft.rfft(x, 6) * np.fft.rfft(k, 6), 6), v, w),
    "derivative by frequencies": (lambda x: np.real(np.fft.ifft(2j * np.pi * np.fft.fftfreq(3) * np.fft.fft(x))), v),
}  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    FUNCTIONS["matvec"] = (lambda a, x: np.matvec(a, x), STACK, RNG.normal(size=(4, 1, 3)))
    FUNCTIONS["vecmat"] = (lambda x, a: np.vecmat(x, a), v, STACK)


def arguments(f, arrays):
    return list(inspect.signature(f).parameters)[: len(arrays)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_is_numpys_and_derivatives_are_those_of_differences(name):
    f, *arrays = FUNCTIONS[name]
    names = arguments(f, arrays)

    def plain(*args):
        return f(*args)

    plain.__signature__ = weighted_sum(f, names).__signature__
    found, expected = sd.function(plain)(*arrays), f(*arrays)
    assert np.shape(found) == np.shape(expected) and np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    sd.check_grads(weighted_sum(f, names), arrays, order=2, rtol=2e-5)


@pytest.mark.parametrize("seed", range(60))
def test_random_einsums(seed):
    """One to four operands, labels that repeat, ellipses, axes of length 1 that broadcast, output given or not."""
    rng = np.random.default_rng(seed)
    sizes, operands, terms = dict(zip("ijkl", (2, 3, 1, 2), strict=True)), [], []
    dots = rng.random() < 0.4
    for _ in range(rng.integers(1, 5)):
        labels = "".join(rng.choice(list("ijkl"), rng.integers(0 if dots else 1, 4)))
        lead = tuple(rng.choice([1, 3], rng.integers(0, 3))) if dots else ()
        once = [1 if rng.random() < 0.15 and labels.count(c) == 1 else sizes[c] for c in labels]
        operands.append(rng.normal(size=(*lead, *once)))
        terms.append(("..." if dots else "") + labels)
    text = ",".join(terms)
    if rng.random() < 0.7:
        used = sorted(set(text) - set(".,"))
        text += "->" + ("..." if dots else "") + "".join(rng.permutation(used)[: rng.integers(0, len(used) + 1)])
    names = [f"x{k}" for k in range(len(operands))]
    f = sd.function(f"einsum({text!r}, {', '.join(names)})")
    expected = np.einsum(text, *operands)
    found = f(*operands)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    weights = rng.normal(size=expected.shape)
    g = sd.function(f"sum(einsum({text!r}, {', '.join(names)})*W)")
    assert sd.check_grads(g, (*operands, weights), wrt=names, order=1) < 1e-6


# ------------------------------------------------------------------------------------------------------ complex numbers

C = N + 1j * RNG.normal(size=(3, 3))
H = C + C.conj().T + np.diag([0.0, 5.0, 10.0])
CTALL, CWIDE = TALL + 1j * RNG.normal(size=(4, 2)), WIDE + 1j * RNG.normal(size=(2, 4))
h = np.array([0.5, 1.0, 2.0])

# Invariant under the phases of vectors, which a matrix does not determine. The last is what the argument must stay.
INVARIANT = {
    "eigh projector": (lambda a: L.eigh(a)[1][:, :1] @ np.conj(L.eigh(a)[1][:, :1]).T, H, "hermitian"),
    "eigh function": (lambda a: (L.eigh(a)[1] * np.exp(0.1 * L.eigh(a)[0])) @ np.conj(L.eigh(a)[1]).T, H, "hermitian"),
    "eig magnitudes": (lambda a: np.abs(L.eig(a)[1]) * np.abs(L.eig(a)[0]), C, ""),
    "svd of a square": (lambda a: (L.svd(a)[0] * h) @ L.svd(a)[2], C, ""),
    "svd of a tall": (lambda a: (L.svd(a, False)[0] * h[:2]) @ L.svd(a, False)[2], CTALL, ""),
    "svd of a wide": (lambda a: (L.svd(a, False)[0] * h[:2]) @ L.svd(a, False)[2], CWIDE, ""),
    "svd left": (lambda a: np.abs(L.svd(a, False)[0]) ** 2, CTALL, ""),
    "svd right": (lambda a: np.abs(L.svd(a, False)[2]) ** 2, CWIDE, ""),
    "nuclear norm": (lambda a: L.norm(a, "nuc"), CTALL, ""),
    "spectral norm": (lambda a: L.norm(a, 2), CWIDE, ""),
    "norm": (lambda a: L.norm(a), CWIDE, ""),
    "slogdet": (lambda a: L.slogdet(a)[0] * L.slogdet(a)[1], C, ""),
    "cholesky upper": (lambda a: L.cholesky(a, upper=True), C @ C.conj().T + np.eye(3), "hermitian"),
    "vecdot": (lambda a: np.vecdot(a, a * a), C, ""),
    "irfft": (lambda a: np.fft.irfft(a, 5), C, ""),
    "einsum": (lambda a: np.einsum("ij,jk,ik->j", a, np.conj(a), a), C, ""),
}


@pytest.mark.parametrize("name", INVARIANT)
def test_derivatives_by_complex_matrices(name):
    f, a, kind = INVARIANT[name]
    weights = RNG.normal(size=np.shape(f(a))) + 1j * RNG.normal(size=np.shape(f(a)))

    def z(a):
        return np.real(np.sum(f(a) * weights))

    g = sd.grad(z)(a)
    for _ in range(3):
        d = RNG.normal(size=a.shape) + 1j * RNG.normal(size=a.shape)
        d = d + d.conj().T if kind == "hermitian" else d
        t = 1e-5
        assert np.sum(np.real(g * d)) == pytest.approx((z(a + t * d) - z(a - t * d)) / (2 * t), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "bool", "complex64", "complex128"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_dtypes_of_transforms_are_numpys(name, dtype):
    x = np.ones((2, 4), dtype)
    if dtype.startswith("complex") and name in ("rfft", "ihfft"):
        return
    transform = getattr(np.fft, name)
    found = sd.function(lambda x: transform(x))(x)
    assert found.dtype == transform(x).dtype


def test_complex_input_of_rfft_is_refused():
    with pytest.raises(TypeError, match="use fft"):
        sd.function(lambda x: np.fft.rfft(x))(np.ones(4, complex))


# ------------------------------------------------------------------------------------------------------ degenerate cases


def test_repeated_eigenvalues_keep_the_derivative_of_their_sum():
    g = sd.grad(lambda a: np.sum(np.exp(np.linalg.eigvalsh(a))))(np.eye(3))
    np.testing.assert_allclose(g, np.e * np.eye(3), atol=1e-15)


def test_vectors_of_repeated_eigenvalues_have_no_derivative():
    """Not 0: nothing says what functions of the vectors alone tend to."""
    f = sd.grad(lambda a: np.sum(np.linalg.eigh(a)[1] ** 3))
    assert np.all(np.isnan(f(np.eye(3))))


def test_singular_matrices():
    zero = np.zeros((2, 2))
    assert np.all(np.isfinite(sd.grad(lambda a: np.linalg.norm(a, "nuc"))(zero)))
    np.testing.assert_array_equal(sd.grad(lambda a: np.linalg.norm(a))(zero), zero)
    np.testing.assert_allclose(
        sd.grad(lambda a: np.linalg.det(a))(np.diag([1.0, 0.0])), np.diag([0.0, 1.0]), atol=1e-15
    )
    with pytest.raises(np.linalg.LinAlgError):
        sd.grad(lambda a: np.sum(np.linalg.inv(a)))(zero)


def hessian_of_det(a):
    """By Leibniz' formula, which is a polynomial."""
    n = len(a)
    found = np.zeros((n, n, n, n), a.dtype)
    for p in itertools.permutations(range(n)):
        sign = L.det(np.eye(n)[list(p)])
        for i, j in itertools.permutations(range(n), 2):
            found[i, p[i], j, p[j]] += sign * np.prod([a[k, p[k]] for k in range(n) if k not in (i, j)])
    return found


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("rank", range(5))
def test_second_derivatives_of_determinants_exist_for_every_rank(rank, dtype):
    a = RNG.normal(size=(4, rank)) @ RNG.normal(size=(rank, 4)) + np.zeros((4, 4), dtype)
    a = a + 1j * a[:, ::-1] if dtype is complex else a
    h = RNG.normal(size=(4, 4))
    second = hessian_of_det(a)
    along = sd.hvp(lambda x: np.real(L.det(x * (1 + 0j) + a)))(np.zeros((4, 4)), h)
    np.testing.assert_allclose(along, np.tensordot(second.real, h, 2), rtol=1e-10, atol=1e-12)
    if dtype is float:
        np.testing.assert_allclose(sd.hessian(L.det)(a), second, rtol=1e-10, atol=1e-12)
        stack = sd.hvp(lambda x: np.sum(L.det(x)))(np.stack([a, M4]), np.stack([h, h]))
        np.testing.assert_allclose(stack[0], np.tensordot(second, h, 2), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(stack[1], np.tensordot(hessian_of_det(M4), h, 2), rtol=1e-10, atol=1e-12)


def sum_of(f):
    return lambda a: np.sum(f(a))


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0)], ids=str)
def test_matrices_without_elements(shape):
    a = np.zeros(shape)
    for f in (np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.svdvals):
        assert sd.grad(sum_of(f))(a).shape == shape


def test_float32_stays_float32():
    a = SPD.astype(np.float32)
    for f in (np.linalg.inv, np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.pinv, lambda a: np.linalg.svd(a)[0],
              lambda a: np.linalg.qr(a)[1], lambda a: np.linalg.norm(a, "nuc"), lambda a: np.abs(np.fft.rfft(a)) ** 2,
              lambda a: np.fft.irfft(a, 5)):  # fmt: skip
        value, g = sd.value_and_grad(sum_of(f))(a)
        assert g.dtype == np.asarray(value).dtype == np.float32


def test_completed_bases_have_values_but_no_derivative():
    np.testing.assert_allclose(sd.function(lambda a: np.linalg.svd(a)[0])(TALL), np.linalg.svd(TALL)[0])
    with pytest.raises(sd.errors.UndefinedGradientError, match="adds columns at will"):
        sd.grad(lambda a: np.sum(np.linalg.svd(a)[0]))(TALL)


@pytest.mark.parametrize(("a", "k"), [(TALL, 2), (WIDE, 0)], ids=["tall", "wide"])
def test_what_was_not_completed_has_a_derivative(a, k):
    """The vectors of the shorter side are those of the reduced decomposition."""
    f = sd.function(lambda a: np.sum(np.linalg.svd(a)[k] ** 3) + np.sum(np.linalg.svd(a)[1]))
    g = sd.function(lambda a: np.sum(np.linalg.svd(a, False)[k] ** 3) + np.sum(np.linalg.svd(a, False)[1]))
    np.testing.assert_allclose(sd.grad(f)(a), sd.grad(g)(a), rtol=1e-10, atol=1e-12)
    sd.check_grads(f, (a,), order=2)


@pytest.mark.parametrize(
    "text", ["eigh(A + A.T).eigenvalues", "slogdet(A).logabsdet", "svd(A).S", "qr(A).R", "np.linalg.eigh(A + A.T)[0]"]
)
def test_results_have_numpys_names_in_texts(text):
    space = {"np": np, **{name: getattr(np.linalg, name) for name in ("eigh", "slogdet", "svd", "qr")}}
    np.testing.assert_allclose(sd.function(text)(M), eval(text, {**space, "A": M}), rtol=1e-12)


def test_a_rank_is_an_integer():
    assert sd.function(lambda a: np.linalg.matrix_rank(a))(np.ones((2, 3))) == 1


# --------------------------------------------------------------------------------------------------------------- Fourier


def test_parseval():
    """The sum of squares of the spectrum is that of the signal: so are the gradients."""
    g = sd.grad(lambda x: np.sum(np.abs(np.fft.fft(x, norm="ortho")) ** 2))(b4)
    np.testing.assert_allclose(g, 2 * b4)


def test_fft_of_any_length_and_power_spectrum():
    f = sd.grad("sum(abs(np.fft.fft(x))**2 * k)", "x", x="n", k="n")
    for n in (1, 2, 5, 8):
        x, k = RNG.normal(size=n), RNG.normal(size=n)
        np.testing.assert_allclose(f(x, k), 2 * np.real(np.fft.fft(k * np.conj(np.fft.fft(x)))), atol=1e-12)


# ---------------------------------------------------------------------------------------------------------------- SciPy

SCIPY = {
    "sum(solve_triangular(A, b, lower=True)**2)": lambda A, b: np.sum(
        scipy.linalg.solve_triangular(A, b, lower=True) ** 2
    ),
    "sum(solve_triangular(A, b, trans=1)**2)": lambda A, b: np.sum(scipy.linalg.solve_triangular(A, b, trans=1) ** 2),
    "sum(expm(A / 3) @ b)": lambda A, b: np.sum(scipy.linalg.expm(A / 3) @ b),
}


@pytest.mark.parametrize("text", SCIPY)
def test_scipy(text):
    f = sd.function(text, A="n n", b="n")
    assert f(M, v) == pytest.approx(SCIPY[text](M, v))
    sd.check_grads(f, (M, v), order=2)


# --------------------------------------------------------------------------------------------------- one call, many rows


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("w, V = eigh(A)\nsum(w * V[0])", "w, V = np.linalg.eigh(A)"),
        ("sign, logdet = slogdet(A)\nsign * logdet", "sign, logdet = np.linalg.slogdet(A)"),
        ("Q, R = qr(A)\nsum(Q @ R)", "Q, R = np.linalg.qr(A)"),
        ("U, s, Vt = svd(A)\nsum(U @ Vt)", "U, _, Vt = np.linalg.svd(A, full_matrices=False)"),
    ],
)
def test_results_of_one_call_are_computed_once(text, line):
    source = sd.function(text, A=(3, 3)).source
    assert source.count("np.linalg") == 1 and f"    {line}" in source


def test_a_single_result_needs_no_tuple():
    assert "np.linalg.eigvalsh(A)" in sd.function("sum(eigh(A)[0])", A="n n").source
    assert "np.linalg.slogdet(A)[1]" in sd.function("slogdet(A)[1]", A="n n").source


def test_the_unused_result_hides_no_argument():
    f = sd.function("U, s, Vt = svd(_)\nsum(U @ Vt) + sum(_)", _=(2, 2))
    a = RNG.normal(size=(2, 2))
    u, _, vt = np.linalg.svd(a)
    assert f(a) == pytest.approx(np.sum(u @ vt) + np.sum(a))


def test_multi_dot_takes_the_cheapest_order():
    source = sd.function("linalg.multi_dot([A, B, x])", A=(9, 9), B=(9, 9), x=9).source
    assert "A @ (B @ x)" in source
