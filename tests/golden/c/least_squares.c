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

// symdiff: value_and_grad(X: f64[n,d], w: f64[d], y: f64[n]) -> (value, d_w) where value: f64[], d_w: f64[d]; room d + n
void value_and_grad(const double *restrict X, const double *restrict w, const double *restrict y,
                    ptrdiff_t n, ptrdiff_t d, double *restrict value, double *restrict d_w,
                    double *restrict work)
{
    double *const restrict prod = work;
    double *const restrict r = work + d;
    double prod_2 = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        double prod_3 = 0;
        ANY_ORDER(prod_3)
        for (ptrdiff_t p = 0; p < d; p++)
            prod_3 += X[i * d + p] * w[p];
        r[i] = prod_3 - y[i];
        prod_2 += r[i] * r[i];
    }
    const double q = 2 / (double)n;
    *value = prod_2 / (double)n;
    for (ptrdiff_t i = 0; i < d; i++)
        prod[i] = 0;
    for (ptrdiff_t p = 0; p < n; p++)
        for (ptrdiff_t i = 0; i < d; i++)
            prod[i] += X[p * d + i] * r[p];
    for (ptrdiff_t i = 0; i < d; i++)
        d_w[i] = q * prod[i];
}
