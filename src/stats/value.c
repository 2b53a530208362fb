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

estimate_t value_of_criteria(const tally_t *tally, const criterion_t *criteria, size_t n, int32_t s, int32_t t)
{
    estimate_t out = {0};

    for (size_t i = 0; i < n; i++) {
        const criterion_t *c = &criteria[i];
        const double slope = c->weight / (c->best - c->worst);
        const estimate_t x = t == MODEL_NONE ? results_outcome(tally, s, c->outcome) : results_difference(tally, s, t, c->outcome);
        out.mean += slope * (t == MODEL_NONE ? x.mean - c->worst : x.mean);
        out.se += fabs(slope) * x.se;
    }
    return out;
}
