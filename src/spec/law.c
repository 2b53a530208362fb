/*
 * What laws are: cumulative hazard and hazard of every kind, kept accurate in both tails, since a hundred-millionth of a probability
 * is somebody in a large run. Owns nothing: nodes live in the arena of whoever makes them.
 */
#include "spec/law.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile.h"
#include "spec/tabulate.h"

#define ALL_OVER 1e5    /* of H: nobody is left */
#define HALF_A_MINUTE 0.5

/* ---- tails ---- */

/* -ln of a probability p, given that and 1 - p, each accurate where it is small. */
static double minus_log(double p, double rest) { return rest < 0.5 ? -log1p(-rest) : -log(p); }

/* -ln of the upper tail of the standard normal. */
static double normal_upper(double z)
{
    return z < 0 ? -log1p(-0.5 * erfc(-z * M_SQRT1_2)) : M_LN2 - gsl_sf_log_erfc(z * M_SQRT1_2);
}

static double normal_density_log(double z) { return -0.5 * z * z - 0.5 * log(2 * M_PI); }

static double gamma_upper_share(double k, double x)
{
    gsl_sf_result result;
    return gsl_sf_gamma_inc_Q_e(k, x, &result) == GSL_SUCCESS ? result.val : 0;
}

static double gamma_lower_share(double k, double x)
{
    gsl_sf_result result;
    return gsl_sf_gamma_inc_P_e(k, x, &result) == GSL_SUCCESS ? result.val : 0;
}

/* x^k e^-x / Gamma(k), in logarithms. */
static double gamma_kernel_log(double k, double x) { return k * log(x) - x - gsl_sf_lngamma(k); }

/* -ln of the upper tail of gamma(k, 1); far out by Legendre's continued fraction (DLMF 8.9.2), by the modified method of Lentz. */
static double gamma_upper(double k, double x)
{
    if (!(x > 0)) return 0;
    double q = gamma_upper_share(k, x);
    if (q > 1e-280) return minus_log(q, q > 0.5 ? gamma_lower_share(k, x) : 1);
    double b = x + 1 - k, c = 1e300, d = 1 / b, f = d;
    for (int i = 1; i < 1000; i++) {
        double a = -i * (i - k);
        b += 2;
        d = 1 / (a * d + b);
        c = b + a / c;
        f *= c * d;
        if (fabs(c * d - 1) < 1e-16) break;
    }
    return -(gamma_kernel_log(k, x) + log(f));
}

/* -ln of the lower tail; far out by its series (DLMF 8.7.1). */
static double gamma_lower(double k, double x)
{
    if (!(x > 0)) return INFINITY;
    double p = gamma_lower_share(k, x);
    if (p > 1e-280) return minus_log(p, p > 0.5 ? gamma_upper_share(k, x) : 1);
    double term = 1, sum = 1;
    for (int i = 1; i < 1000 && term > 1e-17 * sum; i++) sum += term *= x / (k + i);
    return -(gamma_kernel_log(k, x) - log(k) + log(sum));
}

/* ---- families ---- */

/* The Q of flexsurv's gengamma is 0: it is a log-normal. */
static double gengamma_cumulative(const law_t *law, double u)
{
    double w = (log(u) - law->a) / law->b, q = law->c, k = 1 / (q * q), x = k * exp(q * w);
    return q > 0 ? gamma_upper(k, x) : gamma_lower(k, x);
}

/* f = |Q| (Q^-2)^(Q^-2) exp(Q^-2 (Q w - e^(Q w))) / (sigma u Gamma(Q^-2)). */
static double gengamma_hazard(const law_t *law, double u)
{
    double w = (log(u) - law->a) / law->b, q = law->c, k = 1 / (q * q), x = k * exp(q * w);
    return exp(gamma_kernel_log(k, x) + log(fabs(q) / law->b) - log(u) + gengamma_cumulative(law, u));
}

/* s(x) and s'(x) of a natural cubic spline in the basis of Royston and Parmar (2002, Stat Med 21:2175, eq. 4 and 5). */
static double spline_value(const law_t *law, double x, double *slope)
{
    const double low = law->at[0], high = law->at[law->n - 1];
    double s = law->value[0] + law->value[1] * x, ds = law->value[1];

    for (int j = 1; j < law->n - 1; j++) {
        double lambda = (high - law->at[j]) / (high - low);
        double d = fmax(x - law->at[j], 0), d0 = fmax(x - low, 0), d1 = fmax(x - high, 0);
        s += law->value[j + 1] * (d * d * d - lambda * d0 * d0 * d0 - (1 - lambda) * d1 * d1 * d1);
        ds += law->value[j + 1] * 3 * (d * d - lambda * d0 * d0 - (1 - lambda) * d1 * d1);
    }
    *slope = ds;
    return s;
}

static double spline_cumulative(const law_t *law, double u)
{
    double slope, s = spline_value(law, log(u / law->c), &slope);
    switch (law->on) {
    case SPLINE_HAZARD: return exp(s);
    case SPLINE_ODDS: return s > 30 ? s + log1p(exp(-s)) : log1p(exp(s));
    default: return normal_upper(s); /* S = Phi(-s) */
    }
}

static double spline_hazard(const law_t *law, double u)
{
    double slope, s = spline_value(law, log(u / law->c), &slope);
    switch (law->on) {
    case SPLINE_HAZARD: return exp(s) * slope / u;
    case SPLINE_ODDS: return slope / u / (1 + exp(-s));
    default: return exp(normal_density_log(s) + normal_upper(s)) * slope / u;
    }
}

static int place_at(const law_t *law, double u)
{
    int low = 0, high = law->n - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (law->at[middle] <= u) low = middle;
        else high = middle - 1;
    }
    return low;
}

/* ---- laws whose hazard is known and whose integral is not: nodes with H, and Gauss and Legendre between ---- */

static double waning_ratio(const law_t *law, double u)
{
    if (u <= law->b) return law->a;
    return u >= law->c ? 1 : law->a + (1 - law->a) * (u - law->b) / (law->c - law->b);
}

static double hazard_of_integral(const law_t *law, double u)
{
    double h = law_hazard(law->first, u);
    switch (law->kind) {
    case LAW_DIFFERENCE: return fmax(h - law_hazard(law->second, u), 0);
    case LAW_GREATER: return fmax(h, law_hazard(law->second, u));
    default: return h * waning_ratio(law, u);
    }
}

/* In powers of time from 0, where a hazard may be infinite: u = from + width s^4, du = 4 width s^3 ds. */
static double integrate(const law_t *law, double from, double to)
{
    static const double x[] = {0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717},
                        w[] = {0.2955242247147529, 0.2692667193099964, 0.2190863625159820, 0.1494513491505806, 0.0666713443086881};
    double sum = 0, width = to - from;

    for (int i = 0; i < 10; i++) {
        double s = 0.5 * (1 + (i % 2 ? x[i / 2] : -x[i / 2])), power = from > 0 ? 1 : 4;
        sum += 0.5 * w[i / 2] * power * pow(s, power - 1) * hazard_of_integral(law, from + width * pow(s, power));
    }
    return sum * width;
}

static double integral_cumulative(const law_t *law, double u)
{
    int k = place_at(law, u);
    if (law->sum[k] >= ALL_OVER) return INFINITY;
    return law->sum[k] + (u > law->at[k] ? integrate(law, law->at[k], u) : 0);
}

/* ---- asking ---- */

double law_cumulative(const law_t *law, double u)
{
    if (!(u > 0)) return 0;
    switch (law->kind) {
    case LAW_EXPONENTIAL: return law->a * u;
    case LAW_WEIBULL: return pow(u / law->b, law->a);
    case LAW_GOMPERTZ: return law->b / law->a * expm1(law->a * u);
    case LAW_LOGLOGISTIC: return log1p(pow(u / law->b, law->a));
    case LAW_LOGNORMAL: return normal_upper((log(u) - law->a) / law->b);
    case LAW_GAMMA: return gamma_upper(law->a, law->b * u);
    case LAW_GENGAMMA: return gengamma_cumulative(law, u);
    case LAW_GENGAMMA_ORIGINAL: return gamma_upper(law->c, pow(u / law->b, law->a));
    case LAW_SPLINE: return spline_cumulative(law, u);
    case LAW_PIECEWISE: {
        int k = place_at(law, u);
        return law->sum[k] + law->value[k] * (u - law->at[k]);
    }
    case LAW_SCALED: return law->a * law_cumulative(law->first, u);
    case LAW_ACCELERATED: return law_cumulative(law->first, law->a * u);
    case LAW_CURED: return -log1p((1 - law->a) * expm1(-law_cumulative(law->first, u)));
    case LAW_SUM: return law_cumulative(law->first, u) + law_cumulative(law->second, u);
    case LAW_SHIFTED: return law_cumulative(law->first, law->a + u) - law_cumulative(law->first, law->a);
    case LAW_LATEST: return law_cumulative(law->first, u) + ALL_OVER * fmax(u - (law->a - HALF_A_MINUTE), 0);
    case LAW_DIFFERENCE:
    case LAW_GREATER:
    case LAW_WANING: return integral_cumulative(law, u);
    }
    return 0;
}

double law_hazard(const law_t *law, double u)
{
    switch (law->kind) {
    case LAW_EXPONENTIAL: return law->a;
    case LAW_WEIBULL: return law->a / law->b * pow(u / law->b, law->a - 1);
    case LAW_GOMPERTZ: return law->b * exp(law->a * u);
    case LAW_LOGLOGISTIC: return law->a / u / (1 + pow(u / law->b, -law->a));
    case LAW_LOGNORMAL: {
        double z = (log(u) - law->a) / law->b;
        return exp(normal_density_log(z) + normal_upper(z)) / (law->b * u);
    }
    case LAW_GAMMA: return exp(gamma_kernel_log(law->a, law->b * u) + gamma_upper(law->a, law->b * u)) / u;
    case LAW_GENGAMMA: return gengamma_hazard(law, u);
    case LAW_GENGAMMA_ORIGINAL: {
        double x = pow(u / law->b, law->a);
        return law->a / u * exp(gamma_kernel_log(law->c, x) + gamma_upper(law->c, x));
    }
    case LAW_SPLINE: return spline_hazard(law, u);
    case LAW_PIECEWISE: return law->value[place_at(law, u)];
    case LAW_SCALED: return law->a * law_hazard(law->first, u);
    case LAW_ACCELERATED: return law->a * law_hazard(law->first, law->a * u);
    case LAW_CURED: {
        double sick = (1 - law->a) * exp(-law_cumulative(law->first, u));
        return sick * law_hazard(law->first, u) / (law->a + sick);
    }
    case LAW_SUM: return law_hazard(law->first, u) + law_hazard(law->second, u);
    case LAW_SHIFTED: return law_hazard(law->first, law->a + u);
    case LAW_LATEST: return law_hazard(law->first, u) + (u >= law->a - HALF_A_MINUTE ? ALL_OVER : 0);
    case LAW_DIFFERENCE:
    case LAW_GREATER:
    case LAW_WANING: return hazard_of_integral(law, u);
    }
    return 0;
}

/* The least u with H(u) = target. */
static double time_of(const law_t *law, double target)
{
    double low = 1e-9, high = 1e18;
    if (!(law_cumulative(law, high) >= target)) return INFINITY;
    while (high / low > 1 + 1e-15) {
        double middle = sqrt(low * high);
        if (middle <= low || middle >= high) break;
        if (law_cumulative(law, middle) < target) low = middle;
        else high = middle;
    }
    return high;
}

double law_median(const law_t *law) { return time_of(law, M_LN2); }

static double survival(double u, void *law) { return exp(-law_cumulative(law, u)); }

/* By quadrature, over ever longer stretches until nothing is added. */
double law_mean(const law_t *law)
{
    gsl_integration_workspace *workspace = gsl_integration_workspace_alloc(1000);
    gsl_function f = {.function = survival, .params = (void *)(uintptr_t)law};
    double sum = 0, from = 0, to = law_median(law) * 1e-6;

    gsl_set_error_handler_off();
    while (isfinite(to)) {
        double part = 0, error;
        gsl_integration_qag(&f, from, to, 0, 1e-11, 1000, GSL_INTEG_GAUSS21, workspace, &part, &error);
        sum += part;
        if (from > 0 && part < 1e-13 * sum) break;
        from = to;
        to = to < 1e30 ? 2 * to : INFINITY; /* what lives so long has no mean */
    }
    gsl_integration_workspace_free(workspace);
    return isfinite(to) ? sum : INFINITY;
}

/* ---- where hazards jump or bend ---- */

typedef struct {
    arena_t *arena;
    double *at;
    int n;
} breaks_t;

static void add_break(breaks_t *b, double at)
{
    if (!(at > 0 && at < LAW_FOREVER)) return;
    if ((b->n & (b->n - 1)) == 0) {
        double *more = arena_take(b->arena, b->n ? 2 * (size_t)b->n : 1, sizeof *more);
        if (b->n) memcpy(more, b->at, (size_t)b->n * sizeof *more);
        b->at = more;
    }
    b->at[b->n++] = at;
}

/* Of its own time: what the law is made of may begin later, or run faster. */
static void find_breaks(breaks_t *b, const law_t *law)
{
    int before = b->n;

    if (law->first) find_breaks(b, law->first);
    if (law->second) find_breaks(b, law->second);
    switch (law->kind) {
    case LAW_ACCELERATED:
        for (int i = before; i < b->n; i++) b->at[i] /= law->a;
        break;
    case LAW_SHIFTED:
        for (int i = before; i < b->n; i++) b->at[i] = fmax(b->at[i] - law->a, 0);
        break;
    case LAW_PIECEWISE:
    case LAW_DIFFERENCE:
    case LAW_GREATER:
        for (int k = 1; k < law->n; k++) add_break(b, law->at[k]);
        break;
    case LAW_SPLINE:
        for (int k = 0; k < law->n; k++) add_break(b, law->c * exp(law->at[k]));
        break;
    case LAW_WANING:
        add_break(b, law->b);
        add_break(b, law->c);
        break;
    case LAW_LATEST:
        add_break(b, law->a - HALF_A_MINUTE);
        add_break(b, law->a + HALF_A_MINUTE);
        break;
    default: break;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int sort_breaks(breaks_t *b)
{
    int n = 0;
    if (b->n) qsort(b->at, (size_t)b->n, sizeof *b->at, ascending);
    for (int i = 0; i < b->n; i++)
        if (b->at[i] > (n ? b->at[n - 1] : 0)) b->at[n++] = b->at[i];
    return b->n = n;
}

/* Times at which the hazard may jump or bend, ascending, each once. */
static int law_breaks(arena_t *arena, const law_t *law, const double **breaks)
{
    breaks_t b = {.arena = arena};
    find_breaks(&b, law);
    sort_breaks(&b);
    *breaks = b.at;
    return b.n;
}

/* ---- making ---- */

static law_t *new_law(arena_t *arena, law_t law)
{
    law_t *copy = arena_take(arena, 1, sizeof *copy);
    *copy = law;
    return copy;
}

const law_t *law_new(arena_t *arena, law_kind_t kind, double a, double b, double c)
{
    if (kind == LAW_GENGAMMA && c == 0) kind = LAW_LOGNORMAL;
    if (kind == LAW_GOMPERTZ && (a == 0 || b == 0)) return new_law(arena, (law_t){.kind = LAW_EXPONENTIAL, .a = b});
    return new_law(arena, (law_t){.kind = kind, .a = a, .b = b, .c = c});
}

const law_t *law_spline(arena_t *arena, law_spline_t on, int n, const double *gamma, const double *log_knots, double unit)
{
    return new_law(arena, (law_t){.kind = LAW_SPLINE, .on = on, .n = n, .value = gamma, .at = log_knots, .c = unit});
}

const law_t *law_piecewise(arena_t *arena, int n, const double *starts, const double *rates)
{
    double *at = arena_take(arena, 3 * (size_t)n, sizeof *at), *value = at + n, *sum = value + n;

    if (n == 1) return law_new(arena, LAW_EXPONENTIAL, rates[0], 0, 0);
    for (int k = 0; k < n; k++) {
        at[k] = starts[k];
        value[k] = rates[k];
        sum[k] = k ? sum[k - 1] + value[k - 1] * (at[k] - at[k - 1]) : 0;
    }
    return new_law(arena, (law_t){.kind = LAW_PIECEWISE, .n = n, .at = at, .value = value, .sum = sum});
}

static const law_t *new_pieces(arena_t *arena, const law_t *law, double slower, double higher)
{
    double *at = arena_take(arena, 2 * (size_t)law->n, sizeof *at), *value = at + law->n;
    for (int k = 0; k < law->n; k++) {
        at[k] = law->at[k] * slower;
        value[k] = law->value[k] * higher;
    }
    return law_piecewise(arena, law->n, at, value);
}

const law_t *law_scaled(arena_t *arena, const law_t *law, double ratio)
{
    if (ratio == 1) return law;
    if (ratio == 0) return law_new(arena, LAW_EXPONENTIAL, 0, 0, 0);
    switch (law->kind) {
    case LAW_EXPONENTIAL: return law_new(arena, law->kind, law->a * ratio, 0, 0);
    case LAW_WEIBULL: return law_new(arena, law->kind, law->a, law->b * pow(ratio, -1 / law->a), 0);
    case LAW_GOMPERTZ: return law_new(arena, law->kind, law->a, law->b * ratio, 0);
    case LAW_PIECEWISE: return new_pieces(arena, law, 1, ratio);
    default: return new_law(arena, (law_t){.kind = LAW_SCALED, .first = law, .a = ratio});
    }
}

const law_t *law_accelerated(arena_t *arena, const law_t *law, double factor)
{
    if (factor == 1) return law;
    switch (law->kind) {
    case LAW_EXPONENTIAL: return law_new(arena, law->kind, law->a * factor, 0, 0);
    case LAW_WEIBULL:
    case LAW_LOGLOGISTIC:
    case LAW_GENGAMMA_ORIGINAL: return law_new(arena, law->kind, law->a, law->b / factor, law->c);
    case LAW_GOMPERTZ: return law_new(arena, law->kind, law->a * factor, law->b * factor, 0);
    case LAW_GAMMA: return law_new(arena, law->kind, law->a, law->b * factor, 0);
    case LAW_LOGNORMAL:
    case LAW_GENGAMMA: return law_new(arena, law->kind, law->a - log(factor), law->b, law->c);
    case LAW_SPLINE: return law_spline(arena, law->on, law->n, law->value, law->at, law->c / factor);
    case LAW_PIECEWISE: return new_pieces(arena, law, 1 / factor, factor);
    default: return new_law(arena, (law_t){.kind = LAW_ACCELERATED, .first = law, .a = factor});
    }
}

const law_t *law_cured(arena_t *arena, const law_t *law, double share)
{
    return share > 0 ? new_law(arena, (law_t){.kind = LAW_CURED, .first = law, .a = share}) : law;
}

/* Nodes for the integral: where the parts bend, where one overtakes the other, and in between so often that ten points do. */
static const law_t *new_integral(arena_t *arena, law_t wanted)
{
    law_t *law = new_law(arena, wanted);
    breaks_t b = {.arena = arena};

    find_breaks(&b, law);
    for (double u = HALF_A_MINUTE; u < LAW_FOREVER; u *= 1.3) add_break(&b, u);
    int n = sort_breaks(&b);
    for (int i = 0; law->second && i + 1 < n; i++) { /* just inside, since hazards jump at breaks */
        double low = b.at[i] * (1 + 1e-12), high = b.at[i + 1] * (1 - 1e-12);
        bool was_higher = law_hazard(law->first, low) > law_hazard(law->second, low);
        if (was_higher == (law_hazard(law->first, high) > law_hazard(law->second, high))) continue;
        for (int step = 0; step < 60; step++) {
            double middle = 0.5 * (low + high);
            if ((law_hazard(law->first, middle) > law_hazard(law->second, middle)) == was_higher) low = middle;
            else high = middle;
        }
        add_break(&b, low);
    }
    n = sort_breaks(&b);
    double *at = arena_take(arena, 2 * ((size_t)n + 1), sizeof *at), *sum = at + n + 1;
    law->n = 1;
    for (int k = 0; k < n && sum[law->n - 1] < 10 * ALL_OVER; k++) {
        at[law->n] = b.at[k];
        sum[law->n] = sum[law->n - 1] + integrate(law, at[law->n - 1], b.at[k]);
        law->n++;
    }
    law->at = at;
    law->sum = sum;
    return law;
}

static double combine(law_kind_t kind, double x, double y)
{
    return kind == LAW_SUM ? x + y : kind == LAW_GREATER ? fmax(x, y) : fmax(x - y, 0);
}

static bool is_in_pieces(const law_t *law) { return law->kind == LAW_PIECEWISE || law->kind == LAW_EXPONENTIAL; }

const law_t *law_of_two(arena_t *arena, law_kind_t kind, const law_t *first, const law_t *second)
{
    law_t law = {.kind = kind, .first = first, .second = second};
    if (!is_in_pieces(first) || !is_in_pieces(second)) return kind == LAW_SUM ? new_law(arena, law) : new_integral(arena, law);
    const double *breaks;
    int n = 1 + law_breaks(arena, &law, &breaks);
    double *at = arena_take(arena, 2 * (size_t)n, sizeof *at), *rate = at + n;
    for (int k = 0; k < n; k++) {
        at[k] = k ? breaks[k - 1] : 0;
        rate[k] = combine(kind, law_hazard(first, at[k]), law_hazard(second, at[k]));
    }
    return law_piecewise(arena, n, at, rate);
}

const law_t *law_waning(arena_t *arena, const law_t *law, double ratio, double from, double to)
{
    return new_integral(arena, (law_t){.kind = LAW_WANING, .first = law, .a = ratio, .b = from, .c = to});
}

const law_t *law_shifted(arena_t *arena, const law_t *law, double start)
{
    if (law->kind == LAW_EXPONENTIAL || start == 0) return law;
    if (law->kind != LAW_PIECEWISE) return new_law(arena, (law_t){.kind = LAW_SHIFTED, .first = law, .a = start});
    int skipped = place_at(law, start), n = law->n - skipped;
    double *at = arena_take(arena, (size_t)n, sizeof *at);
    for (int k = 0; k < n; k++) at[k] = k ? law->at[skipped + k] - start : 0;
    return law_piecewise(arena, n, at, law->value + skipped);
}

const law_t *law_latest(arena_t *arena, const law_t *law, double end)
{
    return new_law(arena, (law_t){.kind = LAW_LATEST, .first = law, .a = end});
}

/* ---- for the engine ---- */

static model_curve_t pieces_curve(const law_t *law, model_t *m)
{
    model_curve_t curve = {.kind = CURVE_PIECEWISE, .pieces = law->n, .first = builder_add_reals(m, 3 * law->n)};
    double *starts = m->reals + curve.first;
    size_t bytes = (size_t)law->n * sizeof *starts;

    memcpy(starts, law->at, bytes);
    memcpy(starts + law->n, law->value, bytes);
    memcpy(starts + 2 * law->n, law->sum, bytes);
    return curve;
}

static double integral_of(const void *law, double u) { return law_cumulative(law, u); }

bool law_curve(arena_t *arena, const law_t *law, model_t *m, model_curve_t *curve, double *falls_at)
{
    const double *breaks;

    gsl_set_error_handler_off(); /* codes are looked at */
    switch (law->kind) {
    case LAW_EXPONENTIAL: *curve = (model_curve_t){.kind = CURVE_EXPONENTIAL, .a = law->a}; return true;
    case LAW_WEIBULL:
    case LAW_LOGLOGISTIC:
        *curve = (model_curve_t){.kind = law->kind == LAW_WEIBULL ? CURVE_WEIBULL : CURVE_LOGLOGISTIC,
                                 .a = law->a, .b = 1 / law->a, .c = log(law->b)};
        return true;
    case LAW_GOMPERTZ: *curve = (model_curve_t){.kind = CURVE_GOMPERTZ, .a = law->a, .b = law->b / law->a, .c = law->a / law->b}; return true;
    case LAW_PIECEWISE: *curve = pieces_curve(law, m); return true;
    default: break;
    }
    int n = law_breaks(arena, law, &breaks);
    return tabulate(integral_of, law, breaks, n, LAW_FOREVER, m, curve, falls_at);
}
