#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sums that may be added up several at a time: with -DSYMDIFF_SIMD -fopenmp-simd they are.
#ifdef SYMDIFF_SIMD
#define PRAGMA(text) _Pragma(#text)
#define ANY_ORDER(...) PRAGMA(omp simd reduction(+ : __VA_ARGS__))
#else
#define ANY_ORDER(...)
#endif

// x of a x = b by elimination with pivots: a is n by n, b and x are n by m, lu has room for a.
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
}

// symdiff: grad(A: f64[3,3], b: f64[3]) -> d_A where d_A: f64[3,3]; checks
int grad(const double *restrict A, const double *restrict b, double *restrict d_A)
{
    int failed = 0;
    double s[9];
    double d_sol[3];
    double sol[3];
    double room[9];
    double sol_2[3];
    double room_2[9];
    double prod[3];
    double prod_2[3];
    for (ptrdiff_t i = 0; i < 3; i++)
        for (ptrdiff_t j = 0; j < 3; j++) {
            double prod_3 = 0;
            ANY_ORDER(prod_3)
            for (ptrdiff_t p = 0; p < 3; p++)
                prod_3 += A[i * 3 + p] * A[j * 3 + p];
            s[i * 3 + j] = (i == j ? 1 : 0) + prod_3;
        }
    for (ptrdiff_t i = 0; i < 3; i++)
        d_sol[i] = 1.0;
    solve(3, 1, s, d_sol, sol, room, &failed);
    solve(3, 1, s, b, sol_2, room_2, &failed);
    for (ptrdiff_t i = 0; i < 3; i++)
        prod[i] = 0;
    for (ptrdiff_t p = 0; p < 3; p++)
        for (ptrdiff_t i = 0; i < 3; i++)
            prod[i] += sol_2[p] * A[p * 3 + i];
    for (ptrdiff_t i = 0; i < 3; i++)
        prod_2[i] = 0;
    for (ptrdiff_t p = 0; p < 3; p++)
        for (ptrdiff_t i = 0; i < 3; i++)
            prod_2[i] += sol[p] * A[p * 3 + i];
    for (ptrdiff_t i = 0; i < 3; i++)
        for (ptrdiff_t j = 0; j < 3; j++)
            d_A[i * 3 + j] = -(sol[i] * prod[j]) - sol_2[i] * prod_2[j];
    return failed;
}
