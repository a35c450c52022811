#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// symdiff: grad(a: f64[]) -> d_a where d_a: f64[]
void grad(double a, double *restrict d_a)
{
    ptrdiff_t steps = 0;
    double high;
    double low;
    double low_2;
    high = 2.0;
    low = 0.0;
    for (steps = 0;; steps++) {
        const bool mask = high - low > 1e-09;
        if (!(mask))
            break;
        const double p = 0.5 * (low + high);
        const bool mask_2 = p * p < a;
        const double sel = mask_2 ? high : p;
        const double sel_2 = mask_2 ? p : low;
        high = sel;
        low = sel_2;
    }
    low_2 = low;
    *d_a = low_2;
}
