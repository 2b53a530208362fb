/* Incremental analysis from means and covariances. Pure arithmetic: what the numbers come from is for the two makers at the top. */
#include "stats/cea.h"

#include <math.h>
#include <stdlib.h>

#define Z_95 1.9599639845400545

popgx_err_t cea_init(cea_t *cea, int32_t n)
{
    const size_t pairs = (size_t)n * (size_t)n;

    *cea = (cea_t){.n = n, .cost = calloc((size_t)n + 1, sizeof(double)), .qaly = calloc((size_t)n + 1, sizeof(double)),
                   .cost_error = calloc(pairs + 1, sizeof(double)), .qaly_error = calloc(pairs + 1, sizeof(double)),
                   .cross_error = calloc(pairs + 1, sizeof(double))};
    if (cea->cost && cea->qaly && cea->cost_error && cea->qaly_error && cea->cross_error) return POPGX_OK;
    return FAIL(NOMEM, "no memory for a decision between %d strategies", n);
}

void cea_release(cea_t *cea)
{
    free(cea->cost);
    free(cea->qaly);
    free(cea->cost_error);
    free(cea->qaly_error);
    free(cea->cross_error);
    *cea = (cea_t){0};
}

/* What cannot be told apart from an earlier strategy's is the same number, so that rounding makes nobody better. */
static double settled(const tally_t *tally, const double *before, int32_t s, int32_t outcome)
{
    for (int32_t t = 0; t < s; t++)
        if (results_is_same(tally, s, t, outcome)) return before[t];
    return results_outcome(tally, s, outcome).mean;
}

/* perspective MODEL_NONE: with the costs of the model. */
static popgx_err_t take(const tally_t *tally, int32_t perspective, cea_t *out)
{
    const model_settings_t *m = &tally->model->settings;
    const int32_t cost = perspective == MODEL_NONE ? m->cost : m->perspectives.first + perspective;
    const double people = exact_value(tally->sums[tally->layout.people], 0);
    popgx_err_t err = cea_init(out, tally->model->n_strategies);

    for (int32_t s = 0; !err && s < out->n; s++) {
        out->cost[s] = settled(tally, out->cost, s, cost);
        out->qaly[s] = settled(tally, out->qaly, s, m->qaly);
        for (int32_t t = 0; t < out->n && people > 0; t++) {
            const int32_t at = s * out->n + t;
            const double cross = perspective == MODEL_NONE ? results_cost_qaly_covariance(tally, s, t) : results_perspective_covariance(tally, perspective, s, t);
            out->cost_error[at] = results_covariance(tally, s, t, cost) / people;
            out->qaly_error[at] = results_covariance(tally, s, t, m->qaly) / people;
            out->cross_error[at] = cross / people;
        }
    }
    return err;
}

popgx_err_t cea_of_tally(const tally_t *tally, cea_t *out) { return take(tally, MODEL_NONE, out); }
popgx_err_t cea_of_perspective(const tally_t *tally, int32_t perspective, cea_t *out) { return take(tally, perspective, out); }

/* Covariance of the means of two columns of [n_draws] rows that are `stride` numbers apart. */
static double error_of_means(const double *x, double mean_x, const double *y, double mean_y, size_t stride, uint64_t n)
{
    double sum = 0;

    for (uint64_t d = 0; d < n; d++) sum += (x[d * stride] - mean_x) * (y[d * stride] - mean_y);
    return n > 1 ? sum / (double)(n - 1) / (double)n : 0;
}

popgx_err_t cea_of_psa(const psa_t *psa, cea_t *out)
{
    const size_t n_o = (size_t)psa->n_outcomes, stride = (size_t)psa->n_strategies * n_o;
    popgx_err_t err = cea_init(out, psa->n_strategies);

    for (int32_t s = 0; !err && s < out->n; s++)
        for (uint64_t d = 0; d < psa->n_draws; d++) {
            out->cost[s] += psa->mean[d * stride + (size_t)s * n_o + (size_t)psa->cost] / (double)psa->n_draws;
            out->qaly[s] += psa->mean[d * stride + (size_t)s * n_o + (size_t)psa->qaly] / (double)psa->n_draws;
        }
    for (int32_t s = 0; !err && s < out->n; s++)
        for (int32_t t = 0; t < out->n; t++) {
            const double *x = psa->mean + (size_t)s * n_o, *y = psa->mean + (size_t)t * n_o;
            const int32_t at = s * out->n + t;
            out->cost_error[at] = error_of_means(x + psa->cost, out->cost[s], y + psa->cost, out->cost[t], stride, psa->n_draws);
            out->qaly_error[at] = error_of_means(x + psa->qaly, out->qaly[s], y + psa->qaly, out->qaly[t], stride, psa->n_draws);
            out->cross_error[at] = error_of_means(x + psa->cost, out->cost[s], y + psa->qaly, out->qaly[t], stride, psa->n_draws);
        }
    return err;
}

/* ---- differences ---- */

/* Of the difference between s and t, from a matrix of covariances; t MODEL_NONE: of s alone. */
static double variance(const cea_t *cea, const double *error, int32_t s, int32_t t)
{
    const int32_t n = cea->n;
    double own = error[s * n + s];

    if (t == MODEL_NONE) return own;
    double sum = own - error[s * n + t] - error[t * n + s] + error[t * n + t];
    /* A difference of numbers that are all but equal: what is left is their rounding. */
    return fabs(sum) < 1e-13 * (own + error[t * n + t]) ? 0 : sum;
}

static double difference(const double *value, int32_t s, int32_t t) { return value[s] - (t == MODEL_NONE ? 0 : value[t]); }

/* Of figures that are hidden neither is known. */
static estimate_t estimate(double mean, double square) { return (estimate_t){.mean = mean, .se = isnan(mean) ? NAN : sqrt(fmax(square, 0))}; }

estimate_t cea_cost_difference(const cea_t *cea, int32_t s, int32_t t)
{
    return estimate(difference(cea->cost, s, t), variance(cea, cea->cost_error, s, t));
}

estimate_t cea_qaly_difference(const cea_t *cea, int32_t s, int32_t t)
{
    return estimate(difference(cea->qaly, s, t), variance(cea, cea->qaly_error, s, t));
}

estimate_t cea_nmb(const cea_t *cea, int32_t s, int32_t t, double threshold)
{
    const double cross = variance(cea, cea->cross_error, s, t);
    double square = threshold * threshold * variance(cea, cea->qaly_error, s, t) + variance(cea, cea->cost_error, s, t) - 2 * threshold * cross;

    return estimate(threshold * difference(cea->qaly, s, t) - difference(cea->cost, s, t), square);
}

estimate_t cea_nhb(const cea_t *cea, int32_t s, int32_t t, double threshold)
{
    estimate_t nmb = cea_nmb(cea, s, t, threshold);
    return (estimate_t){.mean = nmb.mean / threshold, .se = nmb.se / threshold};
}

int32_t cea_best(const cea_t *cea, double threshold)
{
    int32_t best = 0;

    for (int32_t s = 1; s < cea->n; s++)
        if (cea_nmb(cea, s, MODEL_NONE, threshold).mean > cea_nmb(cea, best, MODEL_NONE, threshold).mean) best = s;
    return best;
}

/* ---- ratios ---- */

/* The ratios R with (dq^2 - z^2 vq) R^2 - 2 (dc dq - z^2 vcq) R + (dc^2 - z^2 vc) <= 0. */
static void fieller(double dc, double dq, double vc, double vq, double vcq, icer_t *out)
{
    const double z2 = Z_95 * Z_95, a = dq * dq - z2 * vq, b = dc * dq - z2 * vcq, c = dc * dc - z2 * vc, discriminant = b * b - a * c;

    if (vc <= 0 && vq <= 0) return;
    if (discriminant < 0) {
        out->kind = a > 0 ? INTERVAL_NONE : INTERVAL_ALL;
        return;
    }
    if (a == 0) return;
    const double x = (b - sqrt(discriminant)) / a, y = (b + sqrt(discriminant)) / a;
    out->kind = a > 0 ? INTERVAL_BOUNDED : INTERVAL_OUTSIDE;
    out->low = fmin(x, y);
    out->high = fmax(x, y);
}

icer_t cea_icer(const cea_t *cea, int32_t s, int32_t t)
{
    const double dc = difference(cea->cost, s, t), dq = difference(cea->qaly, s, t), vc = fmax(variance(cea, cea->cost_error, s, t), 0),
                 vq = fmax(variance(cea, cea->qaly_error, s, t), 0), vcq = variance(cea, cea->cross_error, s, t);
    icer_t out = {.icer = NAN, .se = NAN, .low = NAN, .high = NAN};

    if (dq == 0) return out;
    out.icer = dc / dq;
    out.se = sqrt(fmax(vc + out.icer * out.icer * vq - 2 * out.icer * vcq, 0)) / fabs(dq);
    fieller(dc, dq, vc, vq, vcq, &out);
    return out;
}

verdict_t cea_verdict(const cea_t *cea, int32_t s, int32_t t)
{
    const double dc = difference(cea->cost, s, t), dq = difference(cea->qaly, s, t);

    if (dc == 0 && dq == 0) return VERDICT_SAME;
    if (dc <= 0 && dq >= 0) return VERDICT_DOMINANT;
    if (dc >= 0 && dq <= 0) return VERDICT_DOMINATED;
    return dq > 0 ? VERDICT_COSTS_MORE : VERDICT_SAVES;
}

void cea_frontier(const cea_t *cea, frontier_entry_t *entries) { frontier_find(cea->cost, cea->qaly, cea->n, entries); }
