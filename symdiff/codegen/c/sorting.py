"""Functions of ours in C that put numbers in order, or look for one of them, along an axis of an array.

All take ``lines, n, step, a``: how many lines of n numbers there are, which lie `step` apart. nan comes last.
Sorting is by heaps, which needs no room (Williams, Algorithm 232, 1964); of equal numbers, places decide.
"""

from __future__ import annotations

SIFTED = """
        ptrdiff_t root = n / 2, end = n;
        while (end > 1) {
            %(kind)s held;
            if (root > 0) {
                held = x[--root * step];
            } else {
                held = x[--end * step];
                x[end * step] = x[0];
            }
            ptrdiff_t k = root;
            for (ptrdiff_t child = 2 * k + 1; child < end; child = 2 * k + 1) {
                if (child + 1 < end && %(before)s(%(of)sx[child * step], x[(child + 1) * step]))
                    child++;
                if (!%(before)s(%(of)sheld, x[child * step]))
                    break;
                x[k * step] = x[child * step];
                k = child;
            }
            x[k * step] = held;
        }
    }
}"""


def _places(name: str, kind: str, before: str) -> str:
    """The function that puts places in the order of what stands there, numbers of a kind."""
    head = f"""static void {name}(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const {kind} *a, int64_t *y)
{{
    for (ptrdiff_t line = 0; line < lines; line++) {{
        const {kind} *const of = a + start_of(line, n, step);
        int64_t *const x = y + start_of(line, n, step);
        for (ptrdiff_t k = 0; k < n; k++)
            x[k * step] = k;"""
    return head + SIFTED % {"kind": "int64_t", "before": before, "of": "of, step, "}


SORTING = {
    "start_of": """static inline ptrdiff_t start_of(ptrdiff_t line, ptrdiff_t n, ptrdiff_t step)
{
    return line / step * n * step + line % step;
}""",
    "before": """static inline bool before(double a, double b)
{
    return a < b || (isnan(b) && !isnan(a));
}""",
    "place_before": """static inline bool place_before(const double *a, ptrdiff_t step, int64_t i, int64_t j)
{
    return before(a[i * step], a[j * step]) || (!before(a[j * step], a[i * step]) && i < j);
}""",
    "sort": """static void sort(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const double *a, double *y)
{
    for (ptrdiff_t line = 0; line < lines; line++) {
        double *const x = y + start_of(line, n, step);
        for (ptrdiff_t k = 0; k < n; k++)
            x[k * step] = a[start_of(line, n, step) + k * step];"""
    + SIFTED % {"kind": "double", "before": "before", "of": ""},
    "argsort": _places("argsort", "double", "place_before"),
    "number_before": """static inline bool number_before(const int64_t *a, ptrdiff_t step, int64_t i, int64_t j)
{
    return a[i * step] < a[j * step] || (a[i * step] == a[j * step] && i < j);
}""",
    "argsort_integers": "// The same of integers.\n" + _places("argsort_integers", "int64_t", "number_before"),
    "quantile": """// By straight lines between the numbers in order; room has room for n.
static void quantile(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const double *a, double q, double *y, double *room)
{
    for (ptrdiff_t line = 0; line < lines; line++) {
        for (ptrdiff_t k = 0; k < n; k++)
            room[k] = a[start_of(line, n, step) + k * step];
        sort(1, n, 1, room, room);
        const double at = q * (double)(n - 1), part = at - floor(at);
        const ptrdiff_t here = (ptrdiff_t)at;
        const double low = n ? room[here] : NAN, high = n ? room[here + 1 < n ? here + 1 : here] : NAN;
        const double between = part < 0.5 ? low + (high - low) * part : high - (high - low) * (1.0 - part);
        y[line] = n && isnan(room[n - 1]) ? NAN : between;
    }
}""",
    "median": """// room has room for n.
static void median(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const double *a, double *y, double *room)
{
    for (ptrdiff_t line = 0; line < lines; line++) {
        for (ptrdiff_t k = 0; k < n; k++)
            room[k] = a[start_of(line, n, step) + k * step];
        sort(1, n, 1, room, room);
        const bool none = n == 0 || isnan(room[n - 1]);
        y[line] = none ? NAN : n % 2 ? room[n / 2] : (room[n / 2 - 1] + room[n / 2]) / 2.0;
    }
}""",
    "extreme_at": """// Where the largest number is, or the least: the first of equal ones, or the first nan.
static void extreme_at(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const double *a, int largest, int64_t *y)
{
    for (ptrdiff_t line = 0; line < lines; line++) {
        const double *const x = a + start_of(line, n, step);
        ptrdiff_t best = 0;
        for (ptrdiff_t k = 1; k < n && !isnan(x[best * step]); k++) {
            const double here = x[k * step], most = x[best * step];
            if (isnan(here) || (largest ? here > most : here < most))
                best = k;
        }
        y[line] = best;
    }
}""",
    "extreme_number": """// The largest number, or the least, where there is one.
static void extreme_number(ptrdiff_t lines, ptrdiff_t n, ptrdiff_t step, const double *a, int largest, double *y)
{
    for (ptrdiff_t line = 0; line < lines; line++) {
        double most = NAN;
        for (ptrdiff_t k = 0; k < n; k++) {
            const double here = a[start_of(line, n, step) + k * step];
            if (isnan(most) || (largest ? here > most : here < most))
                most = here;
        }
        y[line] = most;
    }
}""",
}
USES = {
    "place_before": ("before",),
    "sort": ("start_of", "before"),
    "argsort": ("start_of", "before", "place_before"),
    "argsort_integers": ("start_of", "number_before"),
    "quantile": ("start_of", "before", "sort"),
    "median": ("start_of", "before", "sort"),
    "extreme_at": ("start_of",),
    "extreme_number": ("start_of",),
}
