/* Levels from group means, and their errors from the gradients. Holds nothing. */
#include "stats/equity.h"

#include <math.h>

static double qaly_of(const equity_problem_t *p, int32_t strategy, int32_t g)
{
    return results_outcome(&p->groups[g].tally, strategy, p->groups[g].tally.model->settings.qaly).mean;
}

static double cost_difference(const equity_problem_t *p, int32_t strategy, int32_t g)
{
    if (strategy == p->reference) return 0;
    return results_difference(&p->groups[g].tally, strategy, p->reference, p->groups[g].tally.model->settings.cost).mean;
}

/* Of everybody, per person. */
static double displaced_by_all(const equity_problem_t *p, int32_t strategy)
{
    double cost = 0;

    for (int32_t g = 0; g < p->n; g++) cost += p->groups[g].share * cost_difference(p, strategy, g);
    return cost / p->threshold;
}

static double health_after(const equity_problem_t *p, int32_t strategy, int32_t g, double displaced)
{
    const equity_group_t *group = &p->groups[g];
    return group->baseline + qaly_of(p, strategy, g) - qaly_of(p, p->reference, g) - group->displaced * displaced / group->share;
}

/* ---- levels and their gradients ---- */

static double weights_of(const equity_problem_t *p)
{
    double sum = 0;
    for (int32_t g = 0; g < p->n; g++) sum += p->groups[g].share * p->groups[g].weight;
    return sum;
}

double equity_level(const equity_problem_t *p, equity_measure_t measure, int32_t strategy)
{
    const double displaced = displaced_by_all(p, strategy);
    double sum = 0, least = INFINITY;

    for (int32_t g = 0; g < p->n; g++) least = fmin(least, health_after(p, strategy, g, displaced));
    for (int32_t g = 0; g < p->n; g++) {
        const double w = p->groups[g].share, h = health_after(p, strategy, g, displaced);
        switch (measure) {
        case EQUITY_MEAN: sum += w * h; break;
        case EQUITY_WEIGHTED: sum += w * p->groups[g].weight * h; break;
        case EQUITY_ATKINSON: sum += w * (p->atkinson == 1 ? log(h / least) : pow(h / least, 1 - p->atkinson)); break; /* scaled, so that no power vanishes */
        case EQUITY_KOLM: sum += w * exp(-p->kolm * (h - least)); break;
        }
    }
    switch (measure) {
    case EQUITY_WEIGHTED: return sum / weights_of(p);
    case EQUITY_ATKINSON: return least > 0 ? least * (p->atkinson == 1 ? exp(sum) : pow(sum, 1 / (1 - p->atkinson))) : NAN;
    case EQUITY_KOLM: return least - log(sum) / p->kolm;
    default: return sum;
    }
}

/* By how much the level rises with the health of a group. */
static double slope(const equity_problem_t *p, equity_measure_t measure, double level, double health, int32_t g)
{
    const double w = p->groups[g].share;

    switch (measure) {
    case EQUITY_WEIGHTED: return w * p->groups[g].weight / weights_of(p);
    case EQUITY_ATKINSON: return w * pow(level / health, p->atkinson);
    case EQUITY_KOLM: return w * exp(-p->kolm * (health - level));
    default: return w;
    }
}

/* ---- errors ---- */

/* How a figure moves with a group's means: QALYs under the strategy and under the reference, and the cost difference. */
typedef struct {
    double qaly, reference_qaly, cost;
} gradient_t;

static double variance_of(const equity_problem_t *p, int32_t s, int32_t g, gradient_t d)
{
    const tally_t *t = &p->groups[g].tally;
    const int32_t r = p->reference, cost = t->model->settings.cost, qaly = t->model->settings.qaly;
    const double n = (double)t->sums[t->layout.people];
    const double costs = results_covariance(t, s, s, cost) - 2 * results_covariance(t, s, r, cost) + results_covariance(t, r, r, cost);
    const double with_s = results_cost_qaly_covariance(t, s, s) - results_cost_qaly_covariance(t, r, s);
    const double with_r = results_cost_qaly_covariance(t, s, r) - results_cost_qaly_covariance(t, r, r);

    return (d.qaly * d.qaly * results_covariance(t, s, s, qaly) + d.reference_qaly * d.reference_qaly * results_covariance(t, r, r, qaly) +
            2 * d.qaly * d.reference_qaly * results_covariance(t, s, r, qaly) + d.cost * d.cost * costs + 2 * d.cost * (d.qaly * with_s + d.reference_qaly * with_r)) / n;
}

/* Of a figure that moves by after[g] with the health of a group after the strategy, and by before[g] with its baseline besides. */
static double error_of(const equity_problem_t *p, int32_t s, const double *after, const double *before)
{
    double lost = 0, variance = 0; /* lost: by a QALY that all together lose */

    for (int32_t g = 0; g < p->n; g++) lost += after[g] * p->groups[g].displaced / p->groups[g].share;
    for (int32_t g = 0; g < p->n; g++) {
        const equity_group_t *group = &p->groups[g];
        const double simulated = group->is_given ? 0 : after[g] + before[g];
        variance += variance_of(p, s, g, (gradient_t){after[g], simulated - after[g], -lost * group->share / p->threshold});
    }
    return sqrt(fmax(variance, 0));
}

enum { MOST_GROUPS = MODEL_MOST_GROUPS };

static estimate_t change(const equity_problem_t *p, equity_measure_t measure, int32_t s, bool is_less_mean)
{
    const double before_level = equity_level(p, measure, p->reference), after_level = equity_level(p, measure, s), displaced = displaced_by_all(p, s);
    double after[MOST_GROUPS], before[MOST_GROUPS];
    estimate_t out = {.mean = after_level - before_level};

    if (s == p->reference) return out;
    if (is_less_mean) out.mean -= equity_level(p, EQUITY_MEAN, s) - equity_level(p, EQUITY_MEAN, p->reference);
    for (int32_t g = 0; g < p->n; g++) {
        const double w = is_less_mean ? p->groups[g].share : 0;
        after[g] = slope(p, measure, after_level, health_after(p, s, g, displaced), g) - w;
        before[g] = -(slope(p, measure, before_level, p->groups[g].baseline, g) - w);
    }
    out.se = error_of(p, s, after, before);
    return out;
}

estimate_t equity_change(const equity_problem_t *p, equity_measure_t measure, int32_t strategy) { return change(p, measure, strategy, false); }
estimate_t equity_inequality(const equity_problem_t *p, equity_measure_t measure, int32_t strategy) { return change(p, measure, strategy, true); }

/* ---- one group ---- */

equity_health_t equity_health(const equity_problem_t *p, int32_t s, int32_t g)
{
    const equity_group_t *group = &p->groups[g];
    const double displaced = displaced_by_all(p, s);
    double after[MOST_GROUPS] = {0}, before[MOST_GROUPS] = {0};
    equity_health_t out = {.displaced = {.mean = group->displaced * displaced / group->share}, .after = {.mean = health_after(p, s, g, displaced)}};

    if (s != p->reference) {
        out.effect = results_difference(&group->tally, s, p->reference, group->tally.model->settings.qaly);
        after[g] = 1;
        out.after.se = error_of(p, s, after, before);
        before[g] = -1;
        out.net.se = error_of(p, s, after, before);
        double variance = 0;
        for (int32_t k = 0; k < p->n; k++)
            variance += variance_of(p, s, k, (gradient_t){0, 0, group->displaced / group->share * p->groups[k].share / p->threshold});
        out.displaced.se = sqrt(fmax(variance, 0));
    }
    out.net.mean = out.effect.mean - out.displaced.mean;
    return out;
}
