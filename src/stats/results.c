/*
 * Means, standard errors and comparisons from the exact sums. Here, at the very end, integers become doubles, each by
 * one rounding; sums and differences are taken while they are still exact. Holds no state.
 */
#include "stats/results.h"

#include <math.h>

#include "stats/conceal.h"

static const model_outcome_t *outcome_of(const tally_t *tally, int32_t outcome) { return &tally->model->outcomes[outcome]; }

static const estimate_t HIDDEN = {NAN, NAN};

static bool is_hidden(const tally_t *tally, int32_t sum) { return tally->hidden && tally->hidden[sum]; }

static double people(const tally_t *tally) { return exact_value(tally->sums[tally->layout.people], 0); }

/*
 * Sample covariance of n pairs of numbers from the sum of their products and their own sums, all on the grids whose bits
 * together are `bits`. The difference of large numbers in it is taken in integers as long as these hold it: numbers and
 * their differences are below 2^32, so that is up to 2^31 people.
 * Of lots of G people it is what makes the covariance of means covariance / people: that of the sums of lots, divided by G.
 */
double results_covariance_of(const tally_t *tally, exact_sum_t products, exact_sum_t x, exact_sum_t y, int32_t bits)
{
    const int32_t lot_bits = tally->model->settings.lot_bits;
    const exact_sum_t n = tally->sums[tally->layout.people] >> lot_bits;
    const bool is_small = n >> (31 - lot_bits) == 0;

    if (tally_is_concealed(tally)) return NAN;
    if (n < 2) return 0;
    const long double pairs = (long double)n * (long double)(n - 1) * (long double)(1 << lot_bits);
    if (is_small) return exact_value(1, bits) * (double)((long double)(n * products - x * y) / pairs);
    return exact_value(1, bits) * (double)(((long double)n * (long double)products - (long double)x * (long double)y) / pairs);
}

estimate_t results_estimate(const tally_t *tally, results_sums_t s)
{
    const double n = people(tally);
    if (n == 0) return (estimate_t){0};
    if (tally_is_concealed(tally)) return HIDDEN;
    return (estimate_t){.mean = exact_value(s.sum, s.bits) / n,
                        .se = sqrt(results_covariance_of(tally, s.squares, s.coarse, s.coarse, 2 * s.coarse_bits) / n)};
}

/* Of counts: whole numbers are on the same grid throughout. */
static estimate_t estimate_count(const tally_t *tally, exact_sum_t sum, exact_sum_t squares)
{
    return results_estimate(tally, (results_sums_t){.sum = sum, .coarse = sum, .squares = squares});
}

/* ---- sums by name ---- */

static exact_sum_t outcome_sum(const tally_t *tally, int32_t s, int32_t outcome)
{
    return tally->sums[tally->layout.outcome + s * tally->model->n_outcomes + outcome];
}

static exact_sum_t outcome_coarse(const tally_t *tally, int32_t s, int32_t outcome)
{
    return tally->sums[tally->layout.outcome_coarse + s * tally->model->n_outcomes + outcome];
}

static exact_sum_t product_sum(const tally_t *tally, int32_t s, int32_t t, int32_t outcome)
{
    const int32_t more = s > t ? s : t, less = s > t ? t : s;
    return tally->sums[tally->layout.product + (more * tally->model->n_strategies + less) * tally->model->n_outcomes + outcome];
}

/* Of the squares of people's differences between two strategies. */
static exact_sum_t squared_difference_sum(const tally_t *tally, int32_t s, int32_t t, int32_t outcome)
{
    return product_sum(tally, s, s, outcome) - 2 * product_sum(tally, s, t, outcome) + product_sum(tally, t, t, outcome);
}

static exact_sum_t cost_qaly_sum(const tally_t *tally, int32_t s, int32_t t)
{
    return tally->sums[tally->layout.cost_qaly + s * tally->model->n_strategies + t];
}

/* ---- one strategy ---- */

estimate_t results_outcome(const tally_t *tally, int32_t strategy, int32_t outcome)
{
    const model_outcome_t *o = outcome_of(tally, outcome);
    return results_estimate(tally, (results_sums_t){outcome_sum(tally, strategy, outcome), outcome_coarse(tally, strategy, outcome),
                                                    product_sum(tally, strategy, strategy, outcome), o->grid_bits, o->coarse_bits});
}

estimate_t results_cell(const tally_t *tally, int32_t strategy, int32_t cell)
{
    const model_outcome_t *o = outcome_of(tally, tally->model->cells[cell].outcome);
    const exact_sum_t *sums = tally->sums + strategy * tally->model->n_cells + cell;
    const tally_layout_t *at = &tally->layout;
    if (is_hidden(tally, at->cell + strategy * tally->model->n_cells + cell)) return HIDDEN;
    return results_estimate(tally, (results_sums_t){sums[at->cell], sums[at->cell_coarse], sums[at->cell_squared], o->grid_bits, o->coarse_bits});
}

estimate_t results_events(const tally_t *tally, int32_t strategy, int32_t moment)
{
    const int32_t at = strategy * tally->model->n_moments + moment;
    if (is_hidden(tally, tally->layout.events + at)) return HIDDEN;
    return estimate_count(tally, tally->sums[tally->layout.events + at], tally->sums[tally->layout.events_squared + at]);
}

estimate_t results_occupancy(const tally_t *tally, int32_t strategy, int32_t slot, int32_t level)
{
    const model_t *m = tally->model;
    const int32_t place = strategy * tally_level_offset(m, m->n_slots) + tally_level_offset(m, slot) + level;
    const int32_t at = tally->layout.occupancy + place, squares = m->settings.lot_bits ? tally->layout.occupancy_squared + place : at;
    return is_hidden(tally, at) ? HIDDEN : estimate_count(tally, tally->sums[at], tally->sums[squares]);
}

estimate_t results_share(const tally_t *tally, int32_t slot, int32_t level)
{
    const int32_t place = tally_level_offset(tally->model, slot) + level;
    const int32_t at = tally->layout.share + place, squares = tally->model->settings.lot_bits ? tally->layout.share_squared + place : at;
    return is_hidden(tally, at) ? HIDDEN : estimate_count(tally, tally->sums[at], tally->sums[squares]);
}

double results_covariance(const tally_t *tally, int32_t s, int32_t t, int32_t outcome)
{
    return results_covariance_of(tally, product_sum(tally, s, t, outcome), outcome_coarse(tally, s, outcome), outcome_coarse(tally, t, outcome),
                      2 * outcome_of(tally, outcome)->coarse_bits);
}

double results_cost_qaly_covariance(const tally_t *tally, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;

    return results_covariance_of(tally, cost_qaly_sum(tally, s, t), outcome_coarse(tally, s, m->cost), outcome_coarse(tally, t, m->qaly),
                      outcome_of(tally, m->cost)->coarse_bits + outcome_of(tally, m->qaly)->coarse_bits);
}

double results_perspective_covariance(const tally_t *tally, int32_t perspective, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;
    const int32_t n = tally->model->n_strategies, cost = m->perspectives.first + perspective;

    return results_covariance_of(tally, tally->sums[tally->layout.perspective + (perspective * n + s) * n + t], outcome_coarse(tally, s, cost),
                                 outcome_coarse(tally, t, m->qaly), outcome_of(tally, cost)->coarse_bits + outcome_of(tally, m->qaly)->coarse_bits);
}

double results_sd(const tally_t *tally, int32_t strategy, int32_t outcome)
{
    return tally->model->settings.lot_bits ? NAN : results_outcome(tally, strategy, outcome).se * sqrt(people(tally));
}

/* ---- pairs: what follows is about a person's difference between two strategies ---- */

/* Covariance of the differences in cost and in QALYs between people. */
static double difference_covariance(const tally_t *tally, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;
    const int32_t bits = outcome_of(tally, m->cost)->coarse_bits + outcome_of(tally, m->qaly)->coarse_bits;
    const exact_sum_t products = cost_qaly_sum(tally, s, s) - cost_qaly_sum(tally, s, t) - cost_qaly_sum(tally, t, s) +
                                 cost_qaly_sum(tally, t, t);

    return results_covariance_of(tally, products, outcome_coarse(tally, s, m->cost) - outcome_coarse(tally, t, m->cost),
                      outcome_coarse(tally, s, m->qaly) - outcome_coarse(tally, t, m->qaly), bits);
}

estimate_t results_difference(const tally_t *tally, int32_t strategy, int32_t comparator, int32_t outcome)
{
    const model_outcome_t *o = outcome_of(tally, outcome);
    return results_estimate(tally, (results_sums_t){outcome_sum(tally, strategy, outcome) - outcome_sum(tally, comparator, outcome),
                                                    outcome_coarse(tally, strategy, outcome) - outcome_coarse(tally, comparator, outcome),
                                                    squared_difference_sum(tally, strategy, comparator, outcome), o->grid_bits, o->coarse_bits});
}

estimate_t results_nmb_difference(const tally_t *tally, int32_t strategy, int32_t comparator, double threshold)
{
    const model_settings_t *m = &tally->model->settings;
    const double n = people(tally);
    const estimate_t cost = results_difference(tally, strategy, comparator, m->cost);
    const estimate_t qaly = results_difference(tally, strategy, comparator, m->qaly);
    const double covariance_of_means = n == 0 ? 0 : difference_covariance(tally, strategy, comparator) / n;
    const double square = threshold * threshold * qaly.se * qaly.se + cost.se * cost.se - 2 * threshold * covariance_of_means;

    if (tally_is_concealed(tally)) return HIDDEN;
    return (estimate_t){.mean = threshold * qaly.mean - cost.mean, .se = sqrt(fmax(square, 0))};
}

bool results_is_same(const tally_t *tally, int32_t s, int32_t t, int32_t outcome)
{
    const exact_sum_t people = tally->sums[tally->layout.people], apart = outcome_sum(tally, s, outcome) - outcome_sum(tally, t, outcome);

    return squared_difference_sum(tally, s, t, outcome) <= people && apart <= 1024 * people && -apart <= 1024 * people;
}

comparison_t results_comparison(const tally_t *tally, int32_t strategy, int32_t comparator)
{
    const model_settings_t *m = &tally->model->settings;
    const estimate_t cost = results_difference(tally, strategy, comparator, m->cost);
    const estimate_t qaly = results_difference(tally, strategy, comparator, m->qaly);
    comparison_t c = {.cov_cost_qaly = difference_covariance(tally, strategy, comparator), .icer = NAN, .icer_se = NAN};

    if (tally_is_concealed(tally) || results_is_same(tally, strategy, comparator, m->qaly)) return c;
    c.icer = cost.mean / qaly.mean;
    const double square = cost.se * cost.se + c.icer * c.icer * qaly.se * qaly.se - 2 * c.icer * c.cov_cost_qaly / people(tally);
    c.icer_se = sqrt(fmax(square, 0)) / fabs(qaly.mean);
    return c;
}
