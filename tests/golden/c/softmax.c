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

static inline double larger(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}

// symdiff: grad(T: f64[n,k], X: f64[n,d], W: f64[d,k]) -> d_W where d_W: f64[d,k]; room d * k + 3 * k * n + 3 * n
void grad(const double *restrict T, const double *restrict X, const double *restrict W,
          ptrdiff_t n, ptrdiff_t k, ptrdiff_t d, double *restrict d_W, double *restrict work)
{
    double *const restrict prod = work;
    double *const restrict top = work + k * n;
    double *const restrict e = work + k * n + n;
    double *const restrict s_T = work + 2 * k * n + n;
    double *const restrict q = work + 2 * k * n + 2 * n;
    double *const restrict d_W_2 = work + 2 * k * n + 3 * n;
    double *const restrict d_prod = work + d * k + 2 * k * n + 3 * n;
    for (ptrdiff_t i = 0; i < n; i++) {
        double s = 0;
        ANY_ORDER(s)
        for (ptrdiff_t p = 0; p < k; p++)
            s += T[i * k + p];
        s_T[i] = s;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            prod[i * k + j] = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t p = 0; p < d; p++)
            for (ptrdiff_t j = 0; j < k; j++)
                prod[i * k + j] += X[i * d + p] * W[p * k + j];
    for (ptrdiff_t i = 0; i < n; i++) {
        double s_2 = -INFINITY;
        for (ptrdiff_t p = 0; p < k; p++)
            s_2 = larger(s_2, prod[i * k + p]);
        top[i] = s_2;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            e[i * k + j] = exp(prod[i * k + j] - top[i]);
    for (ptrdiff_t i = 0; i < n; i++) {
        double s_3 = 0;
        ANY_ORDER(s_3)
        for (ptrdiff_t p = 0; p < k; p++)
            s_3 += e[i * k + p];
        q[i] = s_T[i] / s_3;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            d_prod[i * k + j] = (q[i] * e[i * k + j] - T[i * k + j]) / (double)n;
    for (ptrdiff_t i = 0; i < d; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            d_W_2[i * k + j] = 0;
    for (ptrdiff_t p = 0; p < n; p++)
        for (ptrdiff_t i = 0; i < d; i++)
            for (ptrdiff_t j = 0; j < k; j++)
                d_W_2[i * k + j] += X[p * d + i] * d_prod[p * k + j];
    for (ptrdiff_t i = 0; i < d; i++)
        for (ptrdiff_t j = 0; j < k; j++)
            d_W[i * k + j] = d_W_2[i * k + j];
}
