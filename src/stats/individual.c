/* Adds up the best of every subgroup. Point values first, then draws; both from what tallies and draws already hold. */
#include "stats/individual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/subgroups.h"

enum { COPIES = 64 };           /* of one set of net benefits, each with noise of its own, so that what takes noise out adds little */

/* ---- point values ---- */

/* `value` of the best of all strategies for the people of a tally, less strategy 0's: without noise, and with it. */
static popgx_err_t best_of(const tally_t *tally, double threshold, int32_t *best, double *value, double *raw)
{
    const size_t n = (size_t)tally->model->n_strategies, k = n - 1;
    double *seen = calloc(COPIES * (n + k * k), sizeof *seen), *noise = seen + COPIES * n;
    voi_t voi = {0};
    popgx_err_t err;

    if (!seen) return FAIL(NOMEM, "no memory for net benefits");
    for (size_t s = 1; s < n; s++) {
        const estimate_t x = results_nmb_difference(tally, (int32_t)s, 0, threshold);
        seen[s] = x.mean;
        noise[(s - 1) * (k + 1)] = x.se * x.se;
        for (size_t t = 1; t < s; t++) {
            const double apart = results_nmb_difference(tally, (int32_t)s, (int32_t)t, threshold).se;
            noise[(s - 1) * k + t - 1] = noise[(t - 1) * k + s - 1] = (noise[(s - 1) * (k + 1)] + noise[(t - 1) * (k + 1)] - apart * apart) / 2;
        }
    }
    for (size_t c = 1; c < COPIES; c++) {
        memcpy(seen + c * n, seen, n * sizeof *seen);
        memcpy(noise + c * k * k, noise, k * k * sizeof *noise);
    }
    TRY(voi_init_from(&voi, seen, noise, COPIES, (int32_t)n));
    *best = 0;
    for (size_t s = 1; s < n; s++)
        if (seen[s] > seen[*best]) *best = (int32_t)s;
    *value = 0;
    for (size_t c = 0; c < COPIES; c++) *value += voi.top[c] / COPIES;
    *raw = voi.raw[0];
out:
    voi_release(&voi);
    free(seen);
    return err;
}

/* Of a person's gain by individual care: the groups' variances, and that between them. */
static double error_of_value(const individual_t *out, uint64_t people)
{
    double squares = 0, mean = 0;

    for (int32_t i = 0; i < out->n_groups; i++) {
        const individual_group_t *group = &out->groups[i];
        const double n = (double)group->patients, variance = group->gain.se * group->gain.se * n;
        squares += group->share * (variance * (n - 1) / n + group->gain.mean * group->gain.mean);
        mean += group->share * group->gain.mean;
    }
    return people > 1 ? sqrt(fmax(squares - mean * mean, 0) / (double)(people - 1)) : 0;
}

static popgx_err_t reckon_points(const tally_t *tally, int32_t grouping, individual_t *out)
{
    const uint64_t people = (uint64_t)tally->sums[tally->layout.people];
    double value, raw;
    popgx_err_t err;

    TRY(best_of(tally, out->threshold, &out->best, &value, &raw));
    out->value.mean = -value;
    out->raw = -raw;
    for (int32_t g = 0; g < tally->model->groupings[grouping].n_groups; g++) {
        const tally_t view = subgroups_view(tally, grouping, g);
        individual_group_t *group = &out->groups[out->n_groups];
        *group = (individual_group_t){.group = g, .patients = (uint64_t)view.sums[view.layout.people], .best_over_draws = MODEL_NONE, .probability = NAN, .evpi = NAN};
        if (group->patients == 0) continue;
        out->n_groups++;
        group->share = (double)group->patients / (double)people;
        TRY(best_of(&view, out->threshold, &group->best, &value, &raw));
        if (group->best != out->best) group->gain = results_nmb_difference(&view, group->best, out->best, out->threshold);
        out->value.mean += group->share * value;
        out->raw += group->share * raw;
    }
    out->value.mean = fmax(out->value.mean, 0);
    out->value.se = error_of_value(out, people);
out:
    return err;
}

/* ---- draws ---- */

typedef struct {
    double *fixed, *perfect;    /* [n_draws]: gain of the best of each group over that of all; of the best of each draw over the best of each group */
} gains_t;

static estimate_t mean_of(const double *x, uint64_t n)
{
    double mean = 0, squares = 0;

    for (uint64_t d = 0; d < n; d++) mean += x[d] / (double)n;
    for (uint64_t d = 0; d < n; d++) squares += (x[d] - mean) * (x[d] - mean);
    return (estimate_t){.mean = mean, .se = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : 0};
}

static popgx_err_t add_group(const psa_t *psa, double threshold, int32_t best, individual_group_t *group, gains_t *gains)
{
    voi_t voi;
    popgx_err_t err;

    TRY(voi_init(&voi, psa, threshold));
    const voi_summary_t summary = voi_summary(&voi, NULL);
    group->best_over_draws = summary.best;
    group->probability = summary.probability;
    group->evpi = summary.evpi;
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        const double *seen = voi.seen + d * (uint64_t)voi.n;
        gains->fixed[d] += group->share * (seen[summary.best] - seen[best]);
        gains->perfect[d] += group->share * (voi.top[d] - seen[summary.best]);
    }
out:
    voi_release(&voi);
    return err;
}

static popgx_err_t reckon_draws(const psa_t *psa, int32_t first_group, individual_t *out)
{
    gains_t gains = {calloc(psa->n_draws, sizeof(double)), calloc(psa->n_draws, sizeof(double))};
    voi_t voi = {0};
    popgx_err_t err;

    if (!gains.fixed || !gains.perfect) TRY(FAIL(NOMEM, "no memory for net benefits of %llu draws", (unsigned long long)psa->n_draws));
    TRY(voi_init(&voi, psa, out->threshold));
    const voi_summary_t all = voi_summary(&voi, NULL);
    out->best_over_draws = all.best;
    out->evpi = all.evpi;
    out->has_draws = true;
    for (int32_t i = 0; i < out->n_groups; i++) {
        const psa_t group = psa_group(psa, first_group + out->groups[i].group);
        if (group.n_draws == 0) out->has_draws = false;
        else TRY(add_group(&group, out->threshold, all.best, &out->groups[i], &gains));
    }
    out->static_value = mean_of(gains.fixed, psa->n_draws);
    out->dynamic_value = mean_of(gains.perfect, psa->n_draws);
out:
    voi_release(&voi);
    free(gains.fixed);
    free(gains.perfect);
    return err;
}

popgx_err_t individual_make(const tally_t *tally, const psa_t *psa, int32_t grouping, double threshold, individual_t *out)
{
    popgx_err_t err;

    *out = (individual_t){.threshold = threshold, .best_over_draws = MODEL_NONE};
    out->groups = calloc((size_t)tally->model->groupings[grouping].n_groups + 1, sizeof *out->groups);
    if (!out->groups) return FAIL(NOMEM, "no memory for subgroups");
    TRY(reckon_points(tally, grouping, out));
    if (psa->n_draws > 0) TRY(reckon_draws(psa, subgroups_first(tally->model, grouping), out));
out:
    return err;
}

void individual_release(individual_t *individual)
{
    free(individual->groups);
    *individual = (individual_t){0};
}
