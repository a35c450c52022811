#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// symdiff: grad(x: f64[], y: f64[]) -> (d_x, d_y) where d_x: f64[], d_y: f64[]
void grad(double x, double y, double *restrict d_x, double *restrict d_y)
{
    const double s = 1.0 + x * x;
    const double d_sin_y = exp(-x) / s;
    *d_x = -d_sin_y * sin(y) * (1.0 + 2.0 * x / s);
    *d_y = cos(y) * d_sin_y;
}
