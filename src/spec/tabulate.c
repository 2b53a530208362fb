/* Tables of integrated hazards: adaptive pieces with a polynomial each way. Owns nothing; runs while a model is compiled. */
#include "spec/tabulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernels/survival.h"
#include "spec/compile.h"

enum { NODES = TABULATED_DEGREE + 1, PROBES = 9 };

#define LEAST_WIDTH 0.5     /* minutes: what happens within is rounded away */
#define LEAST_RISE 1e-15    /* a probability that nobody meets */
#define MOST_INTEGRAL 1e5   /* nobody's threshold lasts so long */
#define UNREACHABLE 1e300   /* minutes for a unit of H where the hazard has ended */

typedef struct {
    double start, sum;
    double row[TABULATED_ROW];
} piece_t;

typedef struct {
    tabulate_integral_t integral;
    const void *law;
    piece_t *pieces;
    int n;
    double at, sum, slope;  /* where the last piece ends, and H and h there */
    double falls_at;        /* NAN: nowhere */
    bool is_over;           /* H has exceeded all that matters */
} table_t;

/* A stretch of time with H at its ends. */
typedef struct {
    double from, to, low, high;
} stretch_t;

static double tolerance_of(double h) { return 2e-10 * h + LEAST_RISE; }

/* H at u, between low and high but for rounding. */
static double integral_between(table_t *t, double u, double low, double high)
{
    double h = t->integral(t->law, u);
    if (!(h >= low - tolerance_of(low) && h <= high + tolerance_of(high))) t->falls_at = u;
    return most(least(h, high), low);
}

/* Coefficients of powers 1.. of the polynomial through (0, 0) and (x[i], y[i]), i < TABULATED_DEGREE, x distinct and not 0. */
static void interpolate(const double *x, const double *y, double *coefficient)
{
    double divided[NODES], at[NODES] = {0}, power[NODES] = {0};

    divided[0] = 0;
    for (int i = 0; i < TABULATED_DEGREE; i++) {
        at[i + 1] = x[i];
        divided[i + 1] = y[i];
    }
    for (int order = 1; order < NODES; order++)
        for (int i = NODES - 1; i >= order; i--) divided[i] = (divided[i] - divided[i - 1]) / (at[i] - at[i - order]);
    power[0] = divided[NODES - 1];
    for (int i = NODES - 2; i >= 0; i--) { /* times (x - at[i]), plus divided[i] */
        for (int k = NODES - 1; k > 0; k--) power[k] = power[k - 1] - at[i] * power[k];
        power[0] = divided[i] - at[i] * power[0];
    }
    for (int k = 0; k < TABULATED_DEGREE; k++) coefficient[k] = power[k + 1];
}

/* From fractions of the piece to its own units: c x^k with x = X / width gives c rise / width^k. */
static void stretch(double *coefficient, double width, double rise)
{
    double unit = rise;
    for (int k = 0; k < TABULATED_DEGREE; k++) coefficient[k] *= unit /= width;
}

/* The polynomials of the piece; false if H falls within it. */
static bool fit(table_t *t, const stretch_t *of, piece_t *piece)
{
    double x[TABULATED_DEGREE], y[TABULATED_DEGREE], width = of->to - of->from, rise = of->high - of->low, before = 0;
    bool rises = true;

    *piece = (piece_t){.start = of->from, .sum = of->low};
    for (int i = 0; i < TABULATED_DEGREE; i++) { /* Chebyshev's extrema: both ends are among them */
        x[i] = i == TABULATED_DEGREE - 1 ? 1 : 0.5 * (1 - cos(M_PI * (i + 1) / TABULATED_DEGREE));
        double h = i == TABULATED_DEGREE - 1 ? of->high : integral_between(t, of->from + width * x[i], of->low, of->high);
        y[i] = rise > 0 ? (h - of->low) / rise : 0;
        rises &= y[i] > before;
        before = y[i];
    }
    if (!isnan(t->falls_at)) return false;
    if (!(rise > LEAST_RISE)) return true; /* next to nothing happens here: the row is 0 */
    double *forth = piece->row, *back = piece->row + TABULATED_DEGREE;
    forth[0] = back[0] = 1;
    if (rises) { /* else what is between is rounding: a straight line */
        interpolate(x, y, forth);
        interpolate(y, x, back);
    }
    stretch(forth, width, rise);
    stretch(back, rise, width);
    return true;
}

static double value(const piece_t *piece, double x) { return tabulated_value(piece->row, 0, x, piece->sum); }
static double inverse(const piece_t *piece, double y) { return tabulated_value(piece->row, TABULATED_DEGREE, y, piece->start); }

static bool is_good(const table_t *t, const stretch_t *of, const piece_t *piece)
{
    for (int i = 1; i <= PROBES; i++) {
        double u = of->from + (of->to - of->from) * i / (PROBES + 1), h = t->integral(t->law, u);
        if (!(fabs(value(piece, u - of->from) - h) <= tolerance_of(h))) return false;
        double back = inverse(piece, most(h - of->low, 0));
        if (!(back >= of->from - 0.01 && back <= of->to + 0.01)) return false;
        if (fabs(back - u) <= 0.01 + 1e-9 * u) continue;
        if (!(fabs(t->integral(t->law, most(back, 0)) - h) <= tolerance_of(h))) return false;
    }
    return true;
}

static void add_piece(table_t *t, const piece_t *piece)
{
    if ((t->n & (t->n - 1)) == 0) t->pieces = memory_resize(t->pieces, t->n ? 2 * (size_t)t->n : 1, sizeof *t->pieces);
    t->pieces[t->n++] = *piece;
}

static void keep(table_t *t, const stretch_t *of, const piece_t *piece)
{
    double slope = 0, width = of->to - of->from;

    add_piece(t, piece);
    for (int k = TABULATED_DEGREE; k > 0; k--) slope = slope * width + k * piece->row[k - 1];
    t->slope = most(slope, 0);
    t->at = of->to;
    t->sum = of->high;
}

/* Pieces for a stretch, in order. */
static void cover(table_t *t, const stretch_t *of)
{
    piece_t piece;
    double width = of->to - of->from;

    if (t->is_over || !isnan(t->falls_at)) return;
    if (of->low > MOST_INTEGRAL) {
        t->is_over = true;
        return;
    }
    bool is_narrow = width <= LEAST_WIDTH;
    if (of->high < 10 * MOST_INTEGRAL) {
        if (!fit(t, of, &piece)) return;
        if (is_narrow || is_good(t, of, &piece)) {
            keep(t, of, &piece);
            return;
        }
    } else if (is_narrow) {
        t->is_over = true;
        return;
    }
    double middle = of->from > 0 && of->to > 2 * of->from ? sqrt(of->from * of->to) : of->from + 0.5 * width;
    double h = integral_between(t, middle, of->low, of->high);
    cover(t, &(stretch_t){of->from, middle, of->low, h});
    cover(t, &(stretch_t){middle, of->to, h, of->high});
}

/* What begins where the last piece ends: a straight line, steep if all is over in the first minute. */
static void end_table(table_t *t, double end)
{
    if (t->n == 0) t->slope = MOST_INTEGRAL;
    bool goes_on = t->slope * end > LEAST_RISE;
    piece_t last = {.start = t->at, .sum = t->sum};

    last.row[0] = goes_on ? t->slope : 0;
    last.row[TABULATED_DEGREE] = goes_on ? 1 / t->slope : UNREACHABLE;
    add_piece(t, &last);
}

static void lay_down(const table_t *t, model_t *m, model_curve_t *curve)
{
    *curve = (model_curve_t){.kind = CURVE_TABULATED, .pieces = t->n, .first = builder_add_reals(m, (2 + TABULATED_ROW) * t->n)};
    double *starts = m->reals + curve->first, *rows = starts + t->n, *sums = rows + TABULATED_ROW * t->n;

    for (int k = 0; k < t->n; k++) {
        starts[k] = t->pieces[k].start;
        memcpy(rows + TABULATED_ROW * k, t->pieces[k].row, sizeof t->pieces[k].row);
        sums[k] = t->pieces[k].sum;
    }
}

bool tabulate(tabulate_integral_t integral, const void *law, const double *breaks, int n_breaks, double end, model_t *model,
              model_curve_t *curve, double *falls_at)
{
    table_t t = {.integral = integral, .law = law, .falls_at = NAN};
    stretch_t next = {.from = 0, .to = 0, .low = 0, .high = 0};

    for (int i = -1; i <= n_breaks; i++) {
        double to = i < 0 ? LEAST_WIDTH : i < n_breaks ? breaks[i] : end;
        if (to <= next.to || to > end) continue;
        if (t.is_over) { /* all the same it may not fall */
            if (integral(law, to) < next.high * (1 - 1e-9)) t.falls_at = to;
            continue;
        }
        next = (stretch_t){next.to, to, next.high, integral_between(&t, to, next.high, INFINITY)};
        cover(&t, &next);
        if (!isnan(t.falls_at)) break;
    }
    *falls_at = t.falls_at;
    if (isnan(t.falls_at)) {
        end_table(&t, end);
        lay_down(&t, model, curve);
    }
    free(t.pieces);
    return isnan(*falls_at);
}
