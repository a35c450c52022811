#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// symdiff: grad(x: f64[12]) -> d_x where d_x: f64[12]
void grad(const double *restrict x, double *restrict d_x)
{
    double out[12];
    double y;
    double s_steps[11];
    double p[11];
    double r[12];
    double d_y;
    double d_p[11];
    double d_s_steps[11];
    double d_getitem_0;
    double d_out[12];
    double full[12];
    for (ptrdiff_t i = 0; i < 12; i++)
        out[i] = 0.0;
    out[0] = x[0];
    for (ptrdiff_t i = 0; i < 11; i++)
        p[i] = 0.1 * x[i + 1];
    y = out[0];
    for (ptrdiff_t t = 0; t < 11; t++) {
        const double s = 0.9 * y + p[t];
        s_steps[t] = s;
        y = s;
    }
    for (ptrdiff_t i = 0; i < 11; i++)
        out[i + 1] = s_steps[i];
    for (ptrdiff_t i = 0; i < 12; i++)
        r[i] = out[i] - x[i];
    for (ptrdiff_t i = 0; i < 11; i++)
        d_s_steps[i] = 2.0 * r[i + 1];
    d_y = 0.0;
    for (ptrdiff_t t_2 = 11; t_2-- > 0;) {
        const double s_2 = d_y + d_s_steps[t_2];
        const double p_2 = 0.9 * s_2;
        d_p[t_2] = s_2;
        d_y = p_2;
    }
    d_getitem_0 = d_y;
    for (ptrdiff_t i = 0; i < 12; i++)
        d_out[i] = 0;
    d_out[0] += d_getitem_0 + 2.0 * r[0];
    for (ptrdiff_t i = 0; i < 12; i++)
        full[i] = 0;
    for (ptrdiff_t i = 0; i < 11; i++)
        full[i + 1] += 0.1 * d_p[i];
    for (ptrdiff_t i = 0; i < 12; i++)
        d_x[i] = d_out[i] + full[i] - 2.0 * r[i];
}
