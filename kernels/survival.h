/*
 * Integrated hazards H(u) and their inverses, one pair of functions for each family of baseline, u in any unit of time.
 * Pure arithmetic on parameters, so that kernels and plain code round alike.
 *
 *   exponential   H = rate u
 *   Weibull       H = (u / scale)^shape = exp(shape (log u - log scale))
 *   Gompertz      h = rate e^(shape u),  H = rate / shape (e^(shape u) - 1); shape may be negative: then H is bounded
 *   log-logistic  S = 1 / (1 + (u / scale)^shape),  H = log(1 + (u / scale)^shape)
 *   piecewise     constant rates between breakpoints, the last one for ever
 *   tabulated     any other: between knots, H is a polynomial of u, and u one of H (spec/tabulate.h makes them)
 * Sources: the parameterisations of R's stats and flexsurv (Jackson 2016, J Stat Softw 70(8)).
 */
#ifndef POPGX_KERNELS_SURVIVAL_H
#define POPGX_KERNELS_SURVIVAL_H

#include <stdint.h>

#include "kernels/elementary.h"

/* What an inverse gives if H never reaches its target: beyond any time on record. */
#define SURVIVAL_FAR 4e9

static inline double exponential_integral(double rate, double u) { return rate * u; }
static inline double exponential_solve(double rate, double target) { return rate > 0 ? target / rate : SURVIVAL_FAR; }

static inline double weibull_integral(double shape, double log_scale, double u)
{
    double h = exp_portable(shape * (log_portable(u) - log_scale));
    return u > 0 ? h : 0;
}

static inline double weibull_solve(double inverse_shape, double log_scale, double target)
{
    return exp_portable(fused(log_portable(target), inverse_shape, log_scale));
}

static inline double gompertz_integral(double shape, double rate_by_shape, double u)
{
    return rate_by_shape * (exp_portable(shape * u) - 1.0);
}

static inline double gompertz_solve(double shape, double shape_by_rate, double target)
{
    double x = fused(target, shape_by_rate, 1.0);
    double u = log_portable(x) / shape;
    return x > 0 ? u : SURVIVAL_FAR;
}

static inline double loglogistic_integral(double shape, double log_scale, double u)
{
    double h = log1p_portable(exp_portable(shape * (log_portable(u) - log_scale)));
    return u > 0 ? h : 0;
}

static inline double loglogistic_solve(double inverse_shape, double log_scale, double target)
{
    return exp_portable(fused(log_portable(expm1_portable(target)), inverse_shape, log_scale));
}

/* The last piece that starts at or before x: `starts` ascends and starts[0] <= x. */
static inline int32_t piece_at(const double *starts, int32_t n, double x)
{
    int32_t low = 0, high = n - 1;
    while (low < high) {
        int32_t middle = (low + high + 1) / 2;
        if (starts[middle] <= x) low = middle;
        else high = middle - 1;
    }
    return low;
}

/* `sums` is H at the start of each piece. */
static inline double piecewise_integral(int32_t n, const double *starts, const double *rates, const double *sums, double u)
{
    int32_t k = piece_at(starts, n, u);
    return fused(rates[k], u - starts[k], sums[k]);
}

static inline double piecewise_solve(int32_t n, const double *starts, const double *rates, const double *sums, double target)
{
    int32_t k = piece_at(sums, n, target);
    return rates[k] > 0 ? starts[k] + (target - sums[k]) / rates[k] : SURVIVAL_FAR;
}

/*
 * A row of a tabulated curve (the one that begins at rows[c]): TABULATED_DEGREE coefficients of x = u - start in H, then as many of y = H - sum in u, the lowest
 * power first. The last row is a straight line that goes on for ever.
 */
enum { TABULATED_DEGREE = 5, TABULATED_ROW = 2 * TABULATED_DEGREE };

static inline double tabulated_value(const double *rows, int64_t c, double x, double at_0)
{
    double p = fused(rows[c + 4], x, rows[c + 3]);
    p = fused(p, x, rows[c + 2]);
    p = fused(p, x, rows[c + 1]);
    p = fused(p, x, rows[c]);
    return fused(p, x, at_0);
}

static inline double tabulated_integral(int32_t n, const double *starts, const double *rows, const double *sums, double u)
{
    int32_t k = piece_at(starts, n, u);
    return tabulated_value(rows, TABULATED_ROW * k, u - starts[k], sums[k]);
}

static inline double tabulated_solve(int32_t n, const double *starts, const double *rows, const double *sums, double target)
{
    int32_t k = piece_at(sums, n, target);
    return tabulated_value(rows, TABULATED_ROW * k + TABULATED_DEGREE, target - sums[k], starts[k]);
}
#endif
