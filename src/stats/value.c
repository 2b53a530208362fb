/* Rules of agencies and weighted sums (value.h). Holds no state. */
#include "stats/value.h"

#include <math.h>

#include "stats/figures.h"

#define Z_95 1.959963984540054

static double severity_weight(double absolute, double proportional)
{
    const double rounding = 1e-6; /* of posts */

    if (absolute >= 18 - rounding || proportional >= 0.95 - rounding) return 1.7;
    return absolute >= 12 - rounding || proportional >= 0.85 - rounding ? 1.2 : 1;
}

severity_t value_severity(estimate_t population, estimate_t usual)
{
    const double absolute = population.mean - usual.mean, error = hypot(population.se, usual.se);
    severity_t out = {.absolute = {absolute, error}};

    out.proportional = (estimate_t){absolute / population.mean, hypot(usual.se, usual.mean / population.mean * population.se) / population.mean};
    out.weight = severity_weight(absolute, out.proportional.mean);
    const double less = severity_weight(absolute - Z_95 * error, out.proportional.mean - Z_95 * out.proportional.se);
    const double more = severity_weight(absolute + Z_95 * error, out.proportional.mean + Z_95 * out.proportional.se);
    out.is_sure = less == out.weight && more == out.weight;
    return out;
}

/* What added life years are worth more than as they are lived, if `gained` of them are added where `lived` give `qalys`. */
static double more_worth(double gained, double lived, double qalys) { return gained > 0 && lived > 0 ? gained * (EVLYG_UTILITY - qalys / lived) : 0; }

estimate_t value_evlyg(const tally_t *tally, int32_t s, int32_t t)
{
    const model_t *m = tally->model;
    const int32_t life = m->settings.life_years, qaly = m->settings.qaly;
    const estimate_t gained = results_difference(tally, s, t, qaly), added = results_difference(tally, s, t, life);
    double more = 0;

    if (tally_report_kinds(tally) & REPORT_YEARS) {
        for (int32_t y = 0; y < m->settings.report.n_years; y++) {
            const int32_t lived = figure_of_year(m, y, m->n_cells + life), felt = figure_of_year(m, y, m->n_cells + qaly);
            more += more_worth(figure_difference(tally, s, t, lived).mean, figure_mean(tally, s, lived).mean, figure_mean(tally, s, felt).mean);
        }
    } else {
        more = more_worth(added.mean, results_outcome(tally, s, life).mean, results_outcome(tally, s, qaly).mean);
    }
    return (estimate_t){.mean = gained.mean + more, .se = gained.se + (added.mean > 0 ? fabs(more / added.mean) * added.se : 0)};
}

/* Variance of a mean of weight x cost + weight x QALYs, of the difference between s and t unless t is MODEL_NONE. */
static double joint_variance(const tally_t *tally, double of_cost, double of_qaly, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;
    const double people = exact_value(tally->sums[tally->layout.people], 0);
    const estimate_t cost = t == MODEL_NONE ? results_outcome(tally, s, m->cost) : results_difference(tally, s, t, m->cost);
    const estimate_t qaly = t == MODEL_NONE ? results_outcome(tally, s, m->qaly) : results_difference(tally, s, t, m->qaly);
    const double together = t == MODEL_NONE ? results_cost_qaly_covariance(tally, s, s) : results_comparison(tally, s, t).cov_cost_qaly;

    return pow(of_cost * cost.se, 2) + pow(of_qaly * qaly.se, 2) + (people > 0 ? 2 * of_cost * of_qaly * together / people : 0);
}

estimate_t value_of_criteria(const tally_t *tally, const criterion_t *criteria, size_t n, int32_t s, int32_t t)
{
    const model_settings_t *m = &tally->model->settings;
    double of_cost = 0, of_qaly = 0;
    estimate_t out = {0};

    for (size_t i = 0; i < n; i++) {
        const criterion_t *c = &criteria[i];
        const double slope = c->weight / (c->best - c->worst);
        const estimate_t x = t == MODEL_NONE ? results_outcome(tally, s, c->outcome) : results_difference(tally, s, t, c->outcome);
        out.mean += slope * (t == MODEL_NONE ? x.mean - c->worst : x.mean);
        if (c->outcome == m->cost) of_cost += slope;
        else if (c->outcome == m->qaly) of_qaly += slope;
        else out.se += fabs(slope) * x.se;
    }
    out.se += sqrt(fmax(joint_variance(tally, of_cost, of_qaly, s, t), 0));
    return out;
}
