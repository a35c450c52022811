"""Functions of ours that Numba compiles, whose text is copied into sources that call them.

`symdiff.codegen.c.prelude` has the same in C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

OPTIONS = 'cache=True, error_model="numpy", nogil=True'
PRELUDE = {
    "plus": '''@intrinsic
def _plus(typing, a, b):
    """a + b, where it does not matter in which order numbers are added up: then several are added at a time."""
    return a(a, a), lambda context, builder, signature, args: builder.fadd(*args, flags=("reassoc",))''',
    "grown": '''def _grown(a):
    """An array with room for twice as many rows."""
    longer = np.empty((2 * a.shape[0],) + a.shape[1:], a.dtype)
    longer[: a.shape[0]] = a
    return longer''',
    "sign": """def _sign(x):
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else x""",
    "heaviside": """def _heaviside(x, h):
    return x if isnan(x) else 1.0 if x > 0 else 0.0 if x < 0 else h""",
    "logaddexp": """def _logaddexp(a, b):
    if a == b:
        return a + 0.6931471805599453
    return np.fmax(a, b) + log1p(exp(-abs(a - b)))""",
    "hypotenuse": '''def _hypotenuse(a, b):
    """hypot without a call, so that several may be done at a time; scaling rounds nothing."""
    x, y = abs(a), abs(b)
    most = x if x > y else y
    down = 2.0**-600 if most > 2.0**500 else 2.0**600 if most < 2.0**-500 else 1.0
    up = 2.0**600 if most > 2.0**500 else 2.0**-600 if most < 2.0**-500 else 1.0
    root = sqrt(x * down * (x * down) + y * down * (y * down)) * up
    return np.inf if most == np.inf or x == np.inf else root''',
    "erfcx": '''def _erfcx(x):
    """exp(x * x) * erfc(x); from 10 on by its asymptotic series, DLMF 7.12.1."""
    if x < 10.0:
        return exp(x * x) * erfc(x)
    t = 0.5 / x / x
    term = s = 1.0
    for k in range(1, 14):
        term *= -(2 * k - 1) * t
        s += term
    return s / (x * 1.7724538509055159)''',
    "log_ndtr": '''def _log_ndtr(x):
    """Logarithm of the normal distribution function."""
    z = x * 0.7071067811865476
    return log(0.5 * _erfcx(-z)) - z * z if x < -1.0 else log1p(-0.5 * erfc(z))''',
    "digamma": '''def _digamma(x):
    """By its recurrence up to 10, its reflection, and its asymptotic series: DLMF 5.5.2, 5.5.4, 5.11.2."""
    s = 0.0
    if x <= 0.0:
        if x == np.floor(x):
            return copysign(np.inf, -x) if x == 0.0 else np.nan
        s = -3.141592653589793 / tan(3.141592653589793 * x)
        x = 1.0 - x
    while x < 10.0:
        s -= 1.0 / x
        x += 1.0
    t = 1.0 / (x * x)
    rest = 1.0 / 252 - t * (1.0 / 240 - t * (1.0 / 132 - t * (691.0 / 32760 - t / 12)))
    return s + log(x) - 0.5 / x - t * (1.0 / 12 - t * (1.0 / 120 - t * rest))''',
    "larger": """def _larger(a, b):
    return a if a >= b or a != a else b""",
    "smaller": """def _smaller(a, b):
    return a if a <= b or a != a else b""",
    "mod": """def _mod(a, b):
    r = np.fmod(a, b)
    if r == 0.0:
        return copysign(0.0, b)
    return r + b if (r < 0.0) != (b < 0.0) else r""",
    "floor_divide": """def _floor_divide(a, b):
    if b == 0.0:
        return a / b
    r = np.fmod(a, b)
    q = (a - r) / b
    if r != 0.0 and (r < 0.0) != (b < 0.0):
        q -= 1.0
    return copysign(0.0, a / b) if q == 0.0 else np.floor(q) + (1.0 if q - np.floor(q) > 0.5 else 0.0)""",
    "int_mod": """def _int_mod(a, b):
    return a % b if b != 0 else 0""",
    "int_floor_divide": """def _int_floor_divide(a, b):
    return a // b if b != 0 else 0""",
    "solve": '''def _solve(a, b):
    """x of a x = b for a small matrix, by elimination with pivots."""
    n, lu, x = a.shape[0], a.copy(), b.copy()
    for k in range(n):
        top = k
        for i in range(k + 1, n):
            if abs(lu[i, k]) > abs(lu[top, k]):
                top = i
        if lu[top, k] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        for j in range(n):
            lu[k, j], lu[top, j] = lu[top, j], lu[k, j]
        for j in range(x.shape[1]):
            x[k, j], x[top, j] = x[top, j], x[k, j]
        for i in range(k + 1, n):
            factor = lu[i, k] / lu[k, k]
            for j in range(k + 1, n):
                lu[i, j] -= factor * lu[k, j]
            for j in range(x.shape[1]):
                x[i, j] -= factor * x[k, j]
    for i in range(n - 1, -1, -1):
        for j in range(x.shape[1]):
            for k in range(i + 1, n):
                x[i, j] -= lu[i, k] * x[k, j]
            x[i, j] /= lu[i, i]
    return x''',
    "solve_vector": """def _solve_vector(a, b):
    return _solve(a, b.copy().reshape((-1, 1))).reshape(-1)""",
    "wrap": """def _wrap(j, n):
    return j % n""",
    "at": """def _at(j, n):
    if j < -n or j >= n:
        raise IndexError("an index is out of bounds")
    return j + n if j < 0 else j""",
}
USES = {"log_ndtr": ("erfcx",), "solve_vector": ("solve",)}  # which functions of ours call which


def texts(names: Iterable[str]) -> Iterator[str]:
    """The functions called `names`, and those that they call, in an order in which each is known before."""
    wanted = [other for name in names for other in (*USES.get(name, ()), name)]
    for name in dict.fromkeys(wanted):
        text = PRELUDE[name]
        yield text if text.startswith("@") else f"@njit({OPTIONS})\n{text}"
