/*
 * Inverse cdfs of what parameters may follow. Pure functions over GSL; the search behind a quantile is checked, since GSL's
 * inversions of beta and gamma give up on extreme shapes, where halving an interval does not.
 */
#include "spec/distribution.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <pthread.h>

#define WIDTH_OF_95_PERCENT (2 * 1.9599639845400545)

/* GSL's own handler of errors would end the program; what it returns is checked here. */
static void silence_gsl(void) { gsl_set_error_handler_off(); }

double normal_quantile(double u) { return gsl_cdf_ugaussian_Pinv(u); }
double normal_cdf(double z) { return gsl_cdf_ugaussian_P(z); }

/* ---- what the numbers mean ---- */

bool uncertain_check(const uncertain_t *d, const char **why)
{
    bool is_good = true;

    switch (d->kind) {
    case UNCERTAIN_NORMAL:
    case UNCERTAIN_LOGNORMAL:
        *why = "its standard deviation is above 0";
        is_good = d->b > 0;
        break;
    case UNCERTAIN_GAMMA:
    case UNCERTAIN_BETA:
        *why = "both numbers are above 0";
        is_good = d->a > 0 && d->b > 0;
        break;
    case UNCERTAIN_UNIFORM:
        *why = "give the lower end first";
        is_good = d->a < d->b;
        break;
    case UNCERTAIN_TRIANGULAR:
    case UNCERTAIN_PERT:
        *why = "give the lowest, the most likely and the highest value, in this order";
        is_good = d->a <= d->b && d->b <= d->c && d->a < d->c;
        break;
    }
    if (!is_good) return false;
    *why = "the two ends must leave something between them";
    return d->low < d->high && uncertain_cdf(&(uncertain_t){d->kind, d->a, d->b, d->c, d->scale, -INFINITY, INFINITY}, d->high) >
                                   uncertain_cdf(&(uncertain_t){d->kind, d->a, d->b, d->c, d->scale, -INFINITY, INFINITY}, d->low);
}

bool uncertain_of_moments(uncertain_kind_t kind, double mean, double sd, uncertain_t *out)
{
    *out = (uncertain_t){.kind = kind, .scale = 1, .low = -INFINITY, .high = INFINITY};
    if (!(sd > 0)) return false;
    switch (kind) {
    case UNCERTAIN_NORMAL:
        out->a = mean;
        out->b = sd;
        return true;
    case UNCERTAIN_LOGNORMAL:
        if (!(mean > 0)) return false;
        out->b = sqrt(log1p(sd / mean * (sd / mean)));
        out->a = log(mean) - out->b * out->b / 2;
        return true;
    case UNCERTAIN_GAMMA:
        if (!(mean > 0)) return false;
        out->a = mean / sd * (mean / sd);
        out->b = sd * (sd / mean);
        return true;
    case UNCERTAIN_BETA: {
        double size = mean * (1 - mean) / (sd * sd) - 1;    /* a + b */
        if (!(mean > 0 && mean < 1 && size > 0)) return false;
        out->a = mean * size;
        out->b = (1 - mean) * size;
        return true;
    }
    case UNCERTAIN_UNIFORM:
        out->a = mean - sqrt(3) * sd;
        out->b = mean + sqrt(3) * sd;
        return true;
    default:
        return false;
    }
}

bool uncertain_of_interval(uncertain_kind_t kind, double estimate, double low, double high, uncertain_t *out)
{
    if (!(low < high) || estimate < low || estimate > high) return false;
    if (kind != UNCERTAIN_LOGNORMAL) return uncertain_of_moments(kind, estimate, (high - low) / WIDTH_OF_95_PERCENT, out);
    *out = (uncertain_t){.kind = kind, .scale = 1, .low = -INFINITY, .high = INFINITY};
    if (!(low > 0)) return false;
    out->a = log(estimate);
    out->b = log(high / low) / WIDTH_OF_95_PERCENT;
    return true;
}

/* ---- cdf and its inverse, without truncation and scale ---- */

/* The beta distribution of a PERT on [0, 1]. */
static void pert_shapes(const uncertain_t *d, double *a, double *b)
{
    *a = 1 + 4 * (d->b - d->a) / (d->c - d->a);
    *b = 1 + 4 * (d->c - d->b) / (d->c - d->a);
}

static double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

static double triangular_cdf(const uncertain_t *d, double x)
{
    if (x <= d->a) return 0;
    if (x >= d->c) return 1;
    if (x < d->b) return (x - d->a) * (x - d->a) / ((d->c - d->a) * (d->b - d->a));
    return 1 - (d->c - x) * (d->c - x) / ((d->c - d->a) * (d->c - d->b));
}

static double plain_cdf(const uncertain_t *d, double x)
{
    double a, b;

    if (isinf(x)) return x > 0;
    switch (d->kind) {
    case UNCERTAIN_NORMAL: return normal_cdf((x - d->a) / d->b);
    case UNCERTAIN_LOGNORMAL: return x > 0 ? normal_cdf((log(x) - d->a) / d->b) : 0;
    case UNCERTAIN_GAMMA: return x > 0 ? gsl_cdf_gamma_P(x, d->a, d->b) : 0;
    case UNCERTAIN_BETA: return gsl_cdf_beta_P(clamp01(x), d->a, d->b);
    case UNCERTAIN_UNIFORM: return clamp01((x - d->a) / (d->b - d->a));
    case UNCERTAIN_TRIANGULAR: return triangular_cdf(d, x);
    case UNCERTAIN_PERT:
        pert_shapes(d, &a, &b);
        return gsl_cdf_beta_P(clamp01((x - d->a) / (d->c - d->a)), a, b);
    }
    return NAN;
}

/* Inverts a cdf on [low, high] by halving: for where the library gives up. */
static double halved(double (*cdf)(double, double, double), double a, double b, double u, double low, double high)
{
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        if (cdf(middle, a, b) < u) low = middle;
        else high = middle;
    }
    return high;
}

/* GSL's answer if it is one. */
static double inverse(double (*inverted)(double, double, double), double (*cdf)(double, double, double), double a, double b, double u,
                      double low, double high)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, silence_gsl);
    double x = inverted(u, a, b);

    if (isfinite(x) && x >= low && x <= high && fabs(cdf(x, a, b) - u) <= 1e-9 * fmax(u, 1e-3)) return x;
    return halved(cdf, a, b, u, low, high);
}

static double beta_quantile(double u, double a, double b) { return inverse(gsl_cdf_beta_Pinv, gsl_cdf_beta_P, a, b, u, 0, 1); }

static double triangular_quantile(const uncertain_t *d, double u)
{
    double below = (d->b - d->a) / (d->c - d->a);   /* the share below the most likely value */

    if (u < below) return d->a + sqrt(u * (d->c - d->a) * (d->b - d->a));
    return d->c - sqrt((1 - u) * (d->c - d->a) * (d->c - d->b));
}

static double plain_quantile(const uncertain_t *d, double u)
{
    double a, b;

    switch (d->kind) {
    case UNCERTAIN_NORMAL: return d->a + d->b * normal_quantile(u);
    case UNCERTAIN_LOGNORMAL: return exp(d->a + d->b * normal_quantile(u));
    case UNCERTAIN_GAMMA: return d->b * inverse(gsl_cdf_gamma_Pinv, gsl_cdf_gamma_P, d->a, 1, u, 0, 1e3 + 1e3 * d->a);
    case UNCERTAIN_BETA: return beta_quantile(u, d->a, d->b);
    case UNCERTAIN_UNIFORM: return d->a + u * (d->b - d->a);
    case UNCERTAIN_TRIANGULAR: return triangular_quantile(d, u);
    case UNCERTAIN_PERT:
        pert_shapes(d, &a, &b);
        return d->a + (d->c - d->a) * beta_quantile(u, a, b);
    }
    return NAN;
}

double uncertain_cdf(const uncertain_t *d, double value)
{
    double from = plain_cdf(d, d->low / d->scale), to = plain_cdf(d, d->high / d->scale);

    return clamp01((plain_cdf(d, value / d->scale) - from) / (to - from));
}

double uncertain_quantile(const uncertain_t *d, double u)
{
    bool is_cut = d->low > -INFINITY || d->high < INFINITY;
    double from = is_cut ? plain_cdf(d, d->low / d->scale) : 0, to = is_cut ? plain_cdf(d, d->high / d->scale) : 1;
    double value = d->scale * plain_quantile(d, from + u * (to - from));

    return is_cut ? fmin(fmax(value, d->low), d->high) : value;
}

/* ---- correlations ---- */

/* By Cholesky-Banachiewicz, which unlike a library's goes through with a pivot of 0: an estimate may be known exactly. */
bool matrix_root(double *matrix, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = matrix[i * n + j], size = fabs(matrix[i * n + i]);
            for (size_t k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
            if (i != j) {
                double pivot = matrix[j * n + j];
                if (pivot == 0 && fabs(sum) > 1e-9 * (1 + size)) return false;
                matrix[i * n + j] = pivot == 0 ? 0 : sum / pivot;
                continue;
            }
            if (sum < -1e-9 * size) return false;
            matrix[i * n + i] = sum <= 1e-12 * size ? 0 : sqrt(sum);
        }
        for (size_t j = i + 1; j < n; j++) matrix[i * n + j] = 0;
    }
    return true;
}
