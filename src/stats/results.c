/*
 * Means, standard errors and comparisons from the exact sums. Here, at the very end, integers become doubles, each by
 * one rounding; sums and differences are taken while they are still exact. Holds no state.
 */
#include "stats/results.h"

#include <math.h>

static const model_outcome_t *outcome_of(const tally_t *tally, int32_t outcome) { return &tally->model->outcomes[outcome]; }

static double people(const tally_t *tally) { return exact_value(tally->sums[tally->layout.people], 0); }

/* Sample variance of n numbers from the mean of their squares, or covariance from the mean of their products. */
static double covariance(double n, double mean_product, double mean_x, double mean_y)
{
    return n < 2 ? 0 : (mean_product - mean_x * mean_y) * (n / (n - 1));
}

/* The squares are rounded to the coarse grid and the mean is not: a variance of 0 may come out a little below. */
static double variance(double n, double mean_square, double mean) { return fmax(covariance(n, mean_square, mean, mean), 0); }

static estimate_t estimate(const tally_t *tally, exact_sum_t sum, int32_t bits, exact_sum_t squares, int32_t squared_bits)
{
    const double n = people(tally);
    if (n == 0) return (estimate_t){0};
    const double mean = exact_value(sum, bits) / n;
    return (estimate_t){.mean = mean, .se = sqrt(variance(n, exact_value(squares, squared_bits) / n, mean) / n)};
}

/* ---- sums by name ---- */

static exact_sum_t outcome_sum(const tally_t *tally, int32_t s, int32_t outcome)
{
    return tally->sums[tally->layout.outcome + s * tally->model->n_outcomes + outcome];
}

static exact_sum_t product_sum(const tally_t *tally, int32_t s, int32_t t, int32_t outcome)
{
    const int32_t more = s > t ? s : t, less = s > t ? t : s;
    return tally->sums[tally->layout.product + (more * tally->model->n_strategies + less) * tally->model->n_outcomes + outcome];
}

static exact_sum_t cost_qaly_sum(const tally_t *tally, int32_t s, int32_t t)
{
    return tally->sums[tally->layout.cost_qaly + s * tally->model->n_strategies + t];
}

/* ---- one strategy ---- */

estimate_t results_outcome(const tally_t *tally, int32_t strategy, int32_t outcome)
{
    const model_outcome_t *o = outcome_of(tally, outcome);
    return estimate(tally, outcome_sum(tally, strategy, outcome), o->grid_bits, product_sum(tally, strategy, strategy, outcome),
                    2 * o->coarse_bits);
}

estimate_t results_cell(const tally_t *tally, int32_t strategy, int32_t cell)
{
    const model_outcome_t *o = outcome_of(tally, tally->model->cells[cell].outcome);
    const int32_t at = strategy * tally->model->n_cells + cell;
    return estimate(tally, tally->sums[tally->layout.cell + at], o->grid_bits, tally->sums[tally->layout.cell_squared + at],
                    2 * o->coarse_bits);
}

estimate_t results_events(const tally_t *tally, int32_t strategy, int32_t moment)
{
    const int32_t at = strategy * tally->model->n_moments + moment;
    return estimate(tally, tally->sums[tally->layout.events + at], 0, tally->sums[tally->layout.events_squared + at], 0);
}

estimate_t results_occupancy(const tally_t *tally, int32_t strategy, int32_t slot, int32_t level)
{
    const model_t *m = tally->model;
    const exact_sum_t count = tally->sums[tally->layout.occupancy + strategy * tally_level_offset(m, m->n_slots) +
                                          tally_level_offset(m, slot) + level];
    return estimate(tally, count, 0, count, 0);
}

estimate_t results_share(const tally_t *tally, int32_t slot, int32_t level)
{
    const exact_sum_t count = tally->sums[tally->layout.share + tally_level_offset(tally->model, slot) + level];
    return estimate(tally, count, 0, count, 0);
}

double results_sd(const tally_t *tally, int32_t strategy, int32_t outcome)
{
    return results_outcome(tally, strategy, outcome).se * sqrt(people(tally));
}

/* ---- pairs: what follows is about a person's difference between two strategies ---- */

/* Covariance of the differences in cost and in QALYs between people. */
static double difference_covariance(const tally_t *tally, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;
    const int32_t bits = outcome_of(tally, m->cost)->coarse_bits + outcome_of(tally, m->qaly)->coarse_bits;
    const exact_sum_t products = cost_qaly_sum(tally, s, s) - cost_qaly_sum(tally, s, t) - cost_qaly_sum(tally, t, s) +
                                 cost_qaly_sum(tally, t, t);
    const double n = people(tally);

    if (n == 0) return 0;
    return covariance(n, exact_value(products, bits) / n, results_difference(tally, s, t, m->cost).mean,
                      results_difference(tally, s, t, m->qaly).mean);
}

estimate_t results_difference(const tally_t *tally, int32_t strategy, int32_t comparator, int32_t outcome)
{
    const model_outcome_t *o = outcome_of(tally, outcome);
    const exact_sum_t squares = product_sum(tally, strategy, strategy, outcome) - 2 * product_sum(tally, strategy, comparator, outcome) +
                                product_sum(tally, comparator, comparator, outcome);
    return estimate(tally, outcome_sum(tally, strategy, outcome) - outcome_sum(tally, comparator, outcome), o->grid_bits, squares,
                    2 * o->coarse_bits);
}

estimate_t results_nmb_difference(const tally_t *tally, int32_t strategy, int32_t comparator, double threshold)
{
    const model_settings_t *m = &tally->model->settings;
    const double n = people(tally);
    const estimate_t cost = results_difference(tally, strategy, comparator, m->cost);
    const estimate_t qaly = results_difference(tally, strategy, comparator, m->qaly);
    const double covariance_of_means = n == 0 ? 0 : difference_covariance(tally, strategy, comparator) / n;
    const double square = threshold * threshold * qaly.se * qaly.se + cost.se * cost.se - 2 * threshold * covariance_of_means;

    return (estimate_t){.mean = threshold * qaly.mean - cost.mean, .se = sqrt(fmax(square, 0))};
}

comparison_t results_comparison(const tally_t *tally, int32_t strategy, int32_t comparator)
{
    const model_settings_t *m = &tally->model->settings;
    const estimate_t cost = results_difference(tally, strategy, comparator, m->cost);
    const estimate_t qaly = results_difference(tally, strategy, comparator, m->qaly);
    comparison_t c = {.cov_cost_qaly = difference_covariance(tally, strategy, comparator), .icer = NAN, .icer_se = NAN};

    if (qaly.mean == 0) return c;
    c.icer = cost.mean / qaly.mean;
    const double square = cost.se * cost.se + c.icer * c.icer * qaly.se * qaly.se - 2 * c.icer * c.cov_cost_qaly / people(tally);
    c.icer_se = sqrt(fmax(square, 0)) / fabs(qaly.mean);
    return c;
}
