"""Functions of ours in C, whose text is copied into sources that call them."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.codegen.c.sorting import SORTING, USES as SORTED_BY

PRELUDE = {
    "ANY_ORDER": """// Sums that may be added up several at a time: with -DSYMDIFF_SIMD -fopenmp-simd they are.
#ifdef SYMDIFF_SIMD
#define PRAGMA(text) _Pragma(#text)
#define ANY_ORDER(...) PRAGMA(omp simd reduction(+ : __VA_ARGS__))
#else
#define ANY_ORDER(...)
#endif""",
    "sign": """static inline double sign(double x)
{
    return isnan(x) ? x : (double)((x > 0) - (x < 0));
}""",
    "heaviside": """static inline double heaviside(double x, double h)
{
    return isnan(x) ? x : x > 0 ? 1.0 : x < 0 ? 0.0 : h;
}""",
    "logaddexp": """static inline double logaddexp(double a, double b)
{
    return a == b ? a + 0.6931471805599453 : fmax(a, b) + log1p(exp(-fabs(a - b)));
}""",
    "hypotenuse": """// hypot without a call, so that several may be done at a time; scaling rounds nothing.
static inline double hypotenuse(double a, double b)
{
    const double x = fabs(a), y = fabs(b), most = x > y ? x : y;
    const double down = most > 0x1p500 ? 0x1p-600 : most < 0x1p-500 ? 0x1p600 : 1.0;
    const double up = most > 0x1p500 ? 0x1p600 : most < 0x1p-500 ? 0x1p-600 : 1.0;
    return most == INFINITY || x == INFINITY ? INFINITY : sqrt(x * down * (x * down) + y * down * (y * down)) * up;
}""",
    "erfcx": """// exp(x * x) * erfc(x); from 10 on by its asymptotic series, DLMF 7.12.1.
static double erfcx(double x)
{
    if (x < 10.0)
        return exp(x * x) * erfc(x);
    const double t = 0.5 / x / x;
    double term = 1.0, s = 1.0;
    for (int k = 1; k < 14; k++) {
        term *= -(2 * k - 1) * t;
        s += term;
    }
    return s / (x * 1.7724538509055159);
}""",
    "log_ndtr": """// Logarithm of the normal distribution function.
static double log_ndtr(double x)
{
    const double z = x * 0.7071067811865476;
    return x < -1.0 ? log(0.5 * erfcx(-z)) - z * z : log1p(-0.5 * erfc(z));
}""",
    "digamma": """// By its recurrence up to 10, its reflection, and its asymptotic series: DLMF 5.5.2, 5.5.4, 5.11.2.
static double digamma(double x)
{
    double s = 0.0;
    if (x <= 0.0) {
        if (x == floor(x))
            return x == 0.0 ? copysign(INFINITY, -x) : NAN;
        s = -3.141592653589793 / tan(3.141592653589793 * x);
        x = 1.0 - x;
    }
    for (; x < 10.0; x += 1.0)
        s -= 1.0 / x;
    const double t = 1.0 / (x * x);
    return s + log(x) - 0.5 / x - t * (1.0 / 12 - t * (1.0 / 120 - t * (1.0 / 252 - t * (1.0 / 240 - t * (1.0 / 132
        - t * (691.0 / 32760 - t / 12))))));
}""",
    "larger": """static inline double larger(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}""",
    "smaller": """static inline double smaller(double a, double b)
{
    return a <= b || isnan(a) ? a : b;
}""",
    "mod": """static inline double mod(double a, double b)
{
    double r = fmod(a, b);
    if (r == 0.0)
        return copysign(0.0, b);
    return (r < 0.0) != (b < 0.0) ? r + b : r;
}""",
    "floor_divide": """static inline double floor_divide(double a, double b)
{
    if (b == 0.0)
        return a / b;
    double r = fmod(a, b), q = (a - r) / b;
    if (r != 0.0 && (r < 0.0) != (b < 0.0))
        q -= 1.0;
    return q == 0.0 ? copysign(0.0, a / b) : floor(q) + (q - floor(q) > 0.5);
}""",
    "int_mod": """static inline int64_t int_mod(int64_t a, int64_t b)
{
    int64_t r = b ? a % b : 0;
    return r && (r < 0) != (b < 0) ? r + b : r;
}""",
    "int_floor_divide": """static inline int64_t int_floor_divide(int64_t a, int64_t b)
{
    return b ? a / b - (a % b && (a < 0) != (b < 0)) : 0;
}""",
    "wrap": """static inline ptrdiff_t wrap(ptrdiff_t j, ptrdiff_t n)
{
    j %= n;
    return j < 0 ? j + n : j;
}""",
    "at": """static inline ptrdiff_t at(int64_t j, ptrdiff_t n, int *failed)
{
    j += j < 0 ? n : 0;
    if (j >= 0 && j < n)
        return (ptrdiff_t)j;
    *failed = 1;
    return 0;
}""",
    "radians": """static inline double radians(double x)
{
    return x * (3.141592653589793 / 180.0);
}""",
    "degrees": """static inline double degrees(double x)
{
    return x * (180.0 / 3.141592653589793);
}""",
}


MATRICES = {
    "solve": """// x of a x = b by elimination with pivots: a is n by n, b and x are n by m, lu has room for a.
static void solve(ptrdiff_t n, ptrdiff_t m, const double *a, const double *b, double *x, double *lu, int *failed)
{
    for (ptrdiff_t i = 0; i < n * n; i++)
        lu[i] = a[i];
    for (ptrdiff_t i = 0; i < n * m; i++)
        x[i] = b[i];
    for (ptrdiff_t k = 0; k < n; k++) {
        ptrdiff_t top = k;
        for (ptrdiff_t i = k + 1; i < n; i++)
            if (fabs(lu[i * n + k]) > fabs(lu[top * n + k]))
                top = i;
        for (ptrdiff_t j = 0; j < n && top != k; j++) {
            const double held = lu[k * n + j];
            lu[k * n + j] = lu[top * n + j];
            lu[top * n + j] = held;
        }
        for (ptrdiff_t j = 0; j < m && top != k; j++) {
            const double held = x[k * m + j];
            x[k * m + j] = x[top * m + j];
            x[top * m + j] = held;
        }
        if (lu[k * n + k] == 0.0 && !*failed)
            *failed = 3; // singular
        for (ptrdiff_t i = k + 1; i < n; i++) {
            const double factor = lu[i * n + k] / lu[k * n + k];
            for (ptrdiff_t j = k + 1; j < n; j++)
                lu[i * n + j] -= factor * lu[k * n + j];
            for (ptrdiff_t j = 0; j < m; j++)
                x[i * m + j] -= factor * x[k * m + j];
        }
    }
    for (ptrdiff_t i = n; i-- > 0;)
        for (ptrdiff_t j = 0; j < m; j++) {
            double s = x[i * m + j];
            for (ptrdiff_t k = i + 1; k < n; k++)
                s -= lu[i * n + k] * x[k * m + j];
            x[i * m + j] = s / lu[i * n + i];
        }
}""",
    "invert": """static void invert(ptrdiff_t n, const double *a, double *y, double *room, int *failed)
{
    double *const one = room, *const lu = room + n * n;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            one[i * n + j] = i == j;
    solve(n, n, a, one, y, lu, failed);
}""",
    "solve_triangular": """// x of a x = b for a triangular a, n by n; b and x are n by m.
static void solve_triangular(ptrdiff_t n, ptrdiff_t m, int lower, int unit, const double *a, const double *b, double *x,
                             int *failed)
{
    for (ptrdiff_t row = 0; row < n; row++) {
        const ptrdiff_t i = lower ? row : n - 1 - row;
        if (!unit && a[i * n + i] == 0.0 && !*failed)
            *failed = 3; // singular
        for (ptrdiff_t j = 0; j < m; j++) {
            double s = b[i * m + j];
            for (ptrdiff_t k = lower ? 0 : i + 1; k < (lower ? i : n); k++)
                s -= a[i * n + k] * x[k * m + j];
            x[i * m + j] = unit ? s : s / a[i * n + i];
        }
    }
}""",
    "log_determinant": """// Sign and logarithm of the absolute value of det(a), n by n; lu has room for a.
static void log_determinant(ptrdiff_t n, const double *a, double *sign_of, double *log_of, double *lu)
{
    double signs = 1.0, logs = 0.0;
    for (ptrdiff_t i = 0; i < n * n; i++)
        lu[i] = a[i];
    for (ptrdiff_t k = 0; k < n; k++) {
        ptrdiff_t top = k;
        for (ptrdiff_t i = k + 1; i < n; i++)
            if (fabs(lu[i * n + k]) > fabs(lu[top * n + k]))
                top = i;
        for (ptrdiff_t j = 0; j < n && top != k; j++) {
            const double held = lu[k * n + j];
            lu[k * n + j] = lu[top * n + j];
            lu[top * n + j] = held;
        }
        const double pivot = lu[k * n + k];
        signs *= (top != k ? -1.0 : 1.0) * (pivot > 0.0 ? 1.0 : pivot < 0.0 ? -1.0 : pivot);
        logs += log(fabs(pivot));
        for (ptrdiff_t i = k + 1; i < n && pivot != 0.0; i++) {
            const double factor = lu[i * n + k] / pivot;
            for (ptrdiff_t j = k + 1; j < n; j++)
                lu[i * n + j] -= factor * lu[k * n + j];
        }
    }
    *sign_of = signs;
    *log_of = logs;
}""",
    "determinant": """static void determinant(ptrdiff_t n, const double *a, double *y, double *lu)
{
    double of_sign, of_log;
    log_determinant(n, a, &of_sign, &of_log, lu);
    *y = of_sign == 0.0 ? 0.0 : of_sign * exp(of_log);
}""",
    "cofactors": """// Determinants of a, n by n, without a row and a column, with their signs; room is for two of a.
static void cofactors(ptrdiff_t n, const double *a, double *y, double *room)
{
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            double of_sign, of_log, *part = room;
            for (ptrdiff_t k = 0; k < n * n; k++)
                if (k / n != i && k % n != j)
                    *part++ = a[k];
            log_determinant(n - 1, room, &of_sign, &of_log, room + n * n);
            y[i * n + j] = of_sign == 0.0 ? 0.0 : ((i + j) % 2 ? -of_sign : of_sign) * exp(of_log);
        }
}""",
    "cholesky": """// Lower l with l l' = a, n by n, whose upper triangle is not read.
static void cholesky(ptrdiff_t n, const double *a, double *l, int *failed)
{
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            double s = j <= i ? a[i * n + j] : 0.0;
            for (ptrdiff_t k = 0; k < j && j <= i; k++)
                s -= l[i * n + k] * l[j * n + k];
            if (j == i && !(s > 0.0) && !*failed)
                *failed = 4; // not positive definite
            l[i * n + j] = j < i ? s / l[j * n + j] : j == i ? sqrt(s) : 0.0;
        }
}""",
}
ALL = {**PRELUDE, **MATRICES, **SORTING}
FAILING = frozenset(name for name, text in ALL.items() if "int *failed" in text)  # whose last argument that is
USES = {
    "log_ndtr": ("erfcx",),
    "invert": ("solve",),
    "determinant": ("log_determinant",),
    "cofactors": ("log_determinant",),
    **SORTED_BY,
}  # which functions of ours call which


def texts(names: Iterable[str]) -> dict[str, str]:
    """The functions called `names`, and those that they call, by name, in an order in which each is known before."""
    wanted = [other for name in names for other in (*USES.get(name, ()), name)]
    return {name: ALL[name] for name in dict.fromkeys(wanted)}
