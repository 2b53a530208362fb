/* Reciprocals and ratios with their sets; the ratio is that of an ICER, with other things than costs and QALYs. */
#include "stats/number_needed.h"

#include <math.h>

#define Z_95 1.959963984540054

number_needed_t number_needed_for_one(estimate_t x)
{
    const double low = x.mean - Z_95 * x.se, high = x.mean + Z_95 * x.se;
    number_needed_t out = {.value = x.mean != 0 ? 1 / x.mean : NAN, .low = NAN, .high = NAN};

    if (x.se <= 0) return out;
    if (low < 0 && high > 0) out = (number_needed_t){out.value, INTERVAL_OUTSIDE, 1 / low, 1 / high};
    else if (low != 0 && high != 0) out = (number_needed_t){out.value, INTERVAL_BOUNDED, 1 / high, 1 / low};
    return out;
}

static double moment_covariance(const tally_t *tally, int32_t s, int32_t t, int32_t moment)
{
    const model_t *m = tally->model;
    if (moment == m->n_moments) return results_covariance(tally, s, t, m->settings.qaly);
    const int32_t figure = figure_of_event(m, moment);
    const double people = exact_value(tally->sums[tally->layout.people], 0);
    const double a = figure_mean(tally, s, figure).se, b = figure_mean(tally, t, figure).se, d = figure_difference(tally, s, t, figure).se;
    return s == t ? a * a * people : (a * a + b * b - d * d) / 2 * people;
}

/* As a decision problem: costs are what is counted, QALYs what is gained. */
static void fill(const tally_t *tally, figure_against_t what, const int32_t strategy[2], int32_t moment, cea_t *cea)
{
    const model_t *m = tally->model;
    const double people = exact_value(tally->sums[tally->layout.people], 0), sign = moment == m->n_moments ? 1 : -1;

    for (int32_t i = 0; i < 2; i++) {
        const int32_t s = strategy[i];
        cea->cost[i] = what == AGAINST_TESTS ? figure_tests(tally, s).mean : results_outcome(tally, s, m->settings.cost).mean;
        cea->qaly[i] = moment == m->n_moments ? results_outcome(tally, s, m->settings.qaly).mean : -figure_mean(tally, s, figure_of_event(m, moment)).mean;
        for (int32_t j = 0; j < 2; j++) {
            const int32_t t = strategy[j];
            cea->cost_error[2 * i + j] = (what == AGAINST_TESTS ? figure_tests_covariance(tally, s, t) : results_covariance(tally, s, t, m->settings.cost)) / people;
            cea->qaly_error[2 * i + j] = moment_covariance(tally, s, t, moment) / people;
            cea->cross_error[2 * i + j] = sign * figure_covariance(tally, what, s, t, moment) / people;
        }
    }
}

number_needed_t number_needed_against(const tally_t *tally, figure_against_t what, int32_t s, int32_t t, int32_t moment)
{
    cea_t cea;
    icer_t ratio = {.icer = NAN, .low = NAN, .high = NAN};

    if (cea_init(&cea, 2) == POPGX_OK) {
        fill(tally, what, (const int32_t[2]){t, s}, moment, &cea);
        if (cea.qaly[1] != cea.qaly[0] && cea.cost[1] != cea.cost[0]) ratio = cea_icer(&cea, 1, 0);
    }
    cea_release(&cea);
    return (number_needed_t){ratio.icer, ratio.kind, ratio.low, ratio.high};
}
