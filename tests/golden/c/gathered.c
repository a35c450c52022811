#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline ptrdiff_t at(int64_t j, ptrdiff_t n, int *failed)
{
    j += j < 0 ? n : 0;
    if (j >= 0 && j < n)
        return (ptrdiff_t)j;
    *failed = 1;
    return 0;
}

// symdiff: grad(x: f64[n], i: i64[m]) -> d_x where d_x: f64[n]; room n; checks
int grad(const double *restrict x, const int64_t *restrict i, ptrdiff_t n, ptrdiff_t m,
         double *restrict d_x, double *restrict work)
{
    int failed = 0;
    double *const restrict d_x_2 = work;
    for (ptrdiff_t i_2 = 0; i_2 < n; i_2++)
        d_x_2[i_2] = 0;
    for (ptrdiff_t i_2 = 0; i_2 < m; i_2++)
        d_x_2[at(i[i_2], n, &failed)] += 2.0 * x[at(i[i_2], n, &failed)];
    for (ptrdiff_t i_2 = 0; i_2 < n; i_2++)
        d_x[i_2] = d_x_2[i_2];
    return failed;
}
