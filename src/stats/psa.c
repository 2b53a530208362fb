/*
 * From the sums of every draw to means, noise and what lies between draws. A row of sums is laid out as a tally again to be
 * read, so that there is one place that knows how a mean or a covariance comes from sums (results.c).
 */
#include "stats/psa.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/memory.h"
#include "stats/subgroups.h"

/*
 * Setting up a draw (its model, an engine) takes as long as this many people under one strategy. It is a constant, not
 * measured, so that the number of patients of a run does not depend on the machine.
 */
#define SETUP_IN_PEOPLE 2000.0
/* Noise is at most this part of what the draws show. */
#define MOST_NOISE 0.2
enum { LEAST_PATIENTS = 100, MOST_PATIENTS = 1000000 };

/* ---- sums ---- */

psa_layout_t psa_layout(const model_t *model)
{
    const int32_t s = model->n_strategies, o = model->n_outcomes;
    psa_layout_t layout;
    int32_t n = 0;

#define PLACE(name, count) (layout.name = n, n += (count))
    PLACE(people, 1);
    PLACE(outcome, s * o);
    PLACE(outcome_coarse, s * o);
    PLACE(product, s * (s + 1) / 2 * o);
    PLACE(cost_qaly, s * s);
    PLACE(cell, s * model->n_cells);
#undef PLACE
    layout.n_own = n;
    layout.n_groups = subgroups_count(model);
    layout.n_sums = n * (1 + layout.n_groups);
    return layout;
}

typedef void copier_t(exact_sum_t *tally, exact_sum_t *row);

static void add_to_row(exact_sum_t *tally, exact_sum_t *row) { *row += *tally; }
static void set_from_row(exact_sum_t *tally, exact_sum_t *row) { *tally = *row; }

static void copy_part(copier_t *copy, exact_sum_t *tally, exact_sum_t *row, int32_t n)
{
    for (int32_t i = 0; i < n; i++) copy(tally + i, row + i);
}

static void copy_all(copier_t *copy, const psa_layout_t *layout, const tally_t *tally, exact_sum_t *row)
{
    const model_t *m = tally->model;
    const tally_layout_t *from = &tally->layout;
    const int32_t n_s = m->n_strategies, n_o = m->n_outcomes;

    copy_part(copy, tally->sums + from->people, row + layout->people, 1);
    copy_part(copy, tally->sums + from->outcome, row + layout->outcome, n_s * n_o);
    copy_part(copy, tally->sums + from->outcome_coarse, row + layout->outcome_coarse, n_s * n_o);
    for (int32_t s = 0, pair = 0; s < n_s; s++)
        for (int32_t t = 0; t <= s; t++, pair++)
            copy_part(copy, tally->sums + from->product + (s * n_s + t) * n_o, row + layout->product + pair * n_o, n_o);
    copy_part(copy, tally->sums + from->cost_qaly, row + layout->cost_qaly, n_s * n_s);
    copy_part(copy, tally->sums + from->cell, row + layout->cell, n_s * m->n_cells);
}

void psa_add(const psa_layout_t *layout, const tally_t *tally, exact_sum_t *row)
{
    copy_all(add_to_row, layout, tally, row);
    for (int32_t g = 0; g < layout->n_groups; g++) {
        const tally_t group = subgroups_view_any(tally, g);
        copy_all(add_to_row, layout, &group, row + (g + 1) * layout->n_own);
    }
}

/* ---- results ---- */

popgx_err_t psa_init(psa_t *psa, const model_t *model, uint64_t n_draws, uint64_t patients, size_t n_parameters)
{
    const size_t n_s = (size_t)model->n_strategies, n_o = (size_t)model->n_outcomes;

    *psa = (psa_t){.n_draws = n_draws, .patients = patients, .n_strategies = model->n_strategies, .n_outcomes = model->n_outcomes,
                   .n_cells = model->n_cells, .cost = model->settings.cost, .qaly = model->settings.qaly, .n_parameters = n_parameters};
    psa->mean = calloc(n_draws, n_s * n_o * sizeof(double));
    psa->noise = calloc(n_draws, n_s * n_s * n_o * sizeof(double));
    psa->cross = calloc(n_draws, n_s * n_s * sizeof(double));
    psa->cell = calloc(n_draws, (n_s * (size_t)model->n_cells + 1) * sizeof(double));
    psa->parameters = calloc(n_draws, (n_parameters + 1) * sizeof(double));
    psa->n_groups = subgroups_count(model);
    const size_t rows = n_draws * (size_t)psa->n_groups + 1;
    psa->group_people = calloc(rows, sizeof(double));
    psa->group_mean = calloc(rows, n_s * n_o * sizeof(double));
    psa->group_noise = calloc(rows, n_s * n_s * n_o * sizeof(double));
    psa->group_cross = calloc(rows, n_s * n_s * sizeof(double));
    psa->group_cell = calloc(rows, (n_s * (size_t)model->n_cells + 1) * sizeof(double));
    bool has_groups = psa->group_people && psa->group_mean && psa->group_noise && psa->group_cross && psa->group_cell;
    if (psa->mean && psa->noise && psa->cross && psa->cell && psa->parameters && has_groups) return POPGX_OK;
    return FAIL(NOMEM, "no memory for the results of %llu draws", (unsigned long long)n_draws);
}

/* Group `group`, whoever is in it. */
static psa_t view_group(const psa_t *psa, int32_t group)
{
    const size_t at = (size_t)group * (size_t)psa->n_draws, n_s = (size_t)psa->n_strategies, n_o = (size_t)psa->n_outcomes;
    psa_t view = *psa;

    view.mean = psa->group_mean + at * n_s * n_o;
    view.noise = psa->group_noise + at * n_s * n_s * n_o;
    view.cross = psa->group_cross + at * n_s * n_s;
    view.cell = psa->group_cell + at * n_s * (size_t)psa->n_cells;
    view.n_groups = 0;
    return view;
}

void psa_copy(psa_t *into, uint64_t first, const psa_t *from)
{
    const size_t n = (size_t)from->n_draws, n_s = (size_t)from->n_strategies, n_o = (size_t)from->n_outcomes, n_c = (size_t)from->n_cells;
    const struct { double *to; const double *rows; size_t width; } arrays[] = {
        {into->mean, from->mean, n_s * n_o}, {into->noise, from->noise, n_s * n_s * n_o}, {into->cross, from->cross, n_s * n_s},
        {into->cell, from->cell, n_s * n_c}, {into->parameters, from->parameters, from->n_parameters},
    };

    INVARIANT(first + n <= into->n_draws, "draws %llu and on of %llu", (unsigned long long)first, (unsigned long long)into->n_draws);
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        if (arrays[a].width > 0) memcpy(arrays[a].to + first * arrays[a].width, arrays[a].rows, n * arrays[a].width * sizeof(double));
    for (int32_t g = 0; g < into->n_groups; g++) {
        psa_t to = view_group(into, g), some = view_group(from, g);
        to.parameters = some.parameters = NULL;
        to.n_parameters = some.n_parameters = 0;
        psa_copy(&to, first, &some);
        memcpy(into->group_people + (size_t)g * (size_t)into->n_draws + first, from->group_people + (size_t)g * n, n * sizeof(double));
    }
}

void psa_release(psa_t *psa)
{
    free(psa->mean);
    free(psa->noise);
    free(psa->cross);
    free(psa->cell);
    free(psa->parameters);
    free(psa->group_people);
    free(psa->group_mean);
    free(psa->group_noise);
    free(psa->group_cross);
    free(psa->group_cell);
    *psa = (psa_t){0};
}

psa_t psa_group(const psa_t *psa, int32_t group)
{
    const double *people = psa->group_people + (size_t)group * (size_t)psa->n_draws;
    psa_t view = view_group(psa, group);
    double total = 0;

    for (uint64_t d = 0; d < psa->n_draws; d++) {
        total += people[d];
        if (people[d] == 0) view.n_draws = 0;
    }
    view.patients = psa->n_draws > 0 ? (uint64_t)(total / (double)psa->n_draws + 0.5) : 0;
    return view;
}

uint64_t psa_bytes(const model_t *model, uint64_t n_draws, size_t n_parameters)
{
    const uint64_t n_s = (uint64_t)model->n_strategies, n_o = (uint64_t)model->n_outcomes, n_c = (uint64_t)model->n_cells;
    uint64_t doubles = n_s * n_o + n_s * n_s * n_o + n_s * n_s + n_s * n_c + n_parameters;

    const psa_layout_t layout = psa_layout(model);
    doubles += (doubles - n_parameters + 1) * (uint64_t)layout.n_groups;
    return n_draws * ((uint64_t)layout.n_sums * sizeof(exact_sum_t) + doubles * sizeof(double));
}

static void take_sums(psa_t *psa, uint64_t d, const tally_t *tally)
{
    const int32_t n_s = psa->n_strategies, n_o = psa->n_outcomes;
    const size_t at = (size_t)d, pairs = (size_t)(n_s * n_s);
    const double people = exact_value(tally->sums[tally->layout.people], 0);

    for (int32_t s = 0; s < n_s; s++) {
        for (int32_t o = 0; o < n_o; o++) psa->mean[(at * (size_t)n_s + (size_t)s) * (size_t)n_o + (size_t)o] = results_outcome(tally, s, o).mean;
        for (int32_t c = 0; c < psa->n_cells; c++)
            psa->cell[(at * (size_t)n_s + (size_t)s) * (size_t)psa->n_cells + (size_t)c] = results_cell(tally, s, c).mean;
        for (int32_t t = 0; t < n_s; t++) {
            const size_t pair = at * pairs + (size_t)(s * n_s + t);
            for (int32_t o = 0; o < n_o; o++) psa->noise[pair * (size_t)n_o + (size_t)o] = results_covariance(tally, s, t, o) / people;
            psa->cross[pair] = results_cost_qaly_covariance(tally, s, t) / people;
        }
    }
}

popgx_err_t psa_take(psa_t *psa, uint64_t d, const model_t *model, const psa_layout_t *layout, const exact_sum_t *row)
{
    tally_t tally;
    popgx_err_t err = tally_init(&tally, model, 1);

    if (err) goto out;
    copy_all(set_from_row, layout, &tally, (exact_sum_t *)(uintptr_t)row);
    take_sums(psa, d, &tally);
    for (int32_t g = 0; g < psa->n_groups; g++) {
        psa_t group = view_group(psa, g);
        copy_all(set_from_row, layout, &tally, (exact_sum_t *)(uintptr_t)(row + (g + 1) * layout->n_own));
        const double people = exact_value(tally.sums[tally.layout.people], 0);
        psa->group_people[(size_t)g * (size_t)psa->n_draws + (size_t)d] = people;
        if (people > 0) take_sums(&group, d, &tally);
    }
out:
    tally_release(&tally);
    return err;
}

void psa_checksum(const psa_t *psa, char text[33])
{
    const size_t n = (size_t)psa->n_draws, n_s = (size_t)psa->n_strategies, n_o = (size_t)psa->n_outcomes;
    const struct { const double *numbers; size_t n; } parts[] = {
        {psa->mean, n * n_s * n_o}, {psa->noise, n * n_s * n_s * n_o}, {psa->cross, n * n_s * n_s}, {psa->cell, n * n_s * (size_t)psa->n_cells},
        {psa->parameters, n * psa->n_parameters}};
    XXH128_hash_t hash = {0};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        XXH128_hash_t of_part = XXH3_128bits_withSeed(parts[i].numbers, parts[i].n * sizeof(double), hash.low64);
        hash = (XXH128_hash_t){.low64 = of_part.low64, .high64 = hash.high64 * 31 + of_part.high64};
    }
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

/* ---- figures ---- */

popgx_err_t psa_figure_init(psa_figure_t *figure, const psa_t *psa)
{
    *figure = (psa_figure_t){.n = psa->n_draws, .value = calloc(psa->n_draws, sizeof(double)), .noise = calloc(psa->n_draws, sizeof(double))};
    return figure->value && figure->noise ? POPGX_OK : FAIL(NOMEM, "no memory for %llu draws", (unsigned long long)psa->n_draws);
}

void psa_figure_release(psa_figure_t *figure)
{
    free(figure->value);
    free(figure->noise);
    *figure = (psa_figure_t){0};
}

static double mean_of(const psa_t *psa, uint64_t d, int32_t s, int32_t o)
{
    return psa->mean[((size_t)d * (size_t)psa->n_strategies + (size_t)s) * (size_t)psa->n_outcomes + (size_t)o];
}

static double noise_of(const psa_t *psa, uint64_t d, int32_t s, int32_t t, int32_t o)
{
    const size_t pair = ((size_t)d * (size_t)psa->n_strategies + (size_t)s) * (size_t)psa->n_strategies + (size_t)t;
    return psa->noise[pair * (size_t)psa->n_outcomes + (size_t)o];
}

static double cross_of(const psa_t *psa, uint64_t d, int32_t s, int32_t t)
{
    return psa->cross[((size_t)d * (size_t)psa->n_strategies + (size_t)s) * (size_t)psa->n_strategies + (size_t)t];
}

/* Variance of the difference of an outcome between two strategies. */
static double paired_noise(const psa_t *psa, uint64_t d, int32_t s, int32_t t, int32_t o)
{
    if (t == MODEL_NONE) return noise_of(psa, d, s, s, o);
    return noise_of(psa, d, s, s, o) - 2 * noise_of(psa, d, s, t, o) + noise_of(psa, d, t, t, o);
}

void psa_outcome(const psa_t *psa, int32_t s, int32_t t, int32_t o, psa_figure_t *figure)
{
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        figure->value[d] = mean_of(psa, d, s, o) - (t == MODEL_NONE ? 0 : mean_of(psa, d, t, o));
        figure->noise[d] = fmax(paired_noise(psa, d, s, t, o), 0);
    }
}

void psa_nmb(const psa_t *psa, int32_t s, int32_t t, double threshold, psa_figure_t *figure)
{
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        double cross = cross_of(psa, d, s, s), value = threshold * mean_of(psa, d, s, psa->qaly) - mean_of(psa, d, s, psa->cost);
        if (t != MODEL_NONE) {
            cross += cross_of(psa, d, t, t) - cross_of(psa, d, s, t) - cross_of(psa, d, t, s);
            value -= threshold * mean_of(psa, d, t, psa->qaly) - mean_of(psa, d, t, psa->cost);
        }
        figure->value[d] = value;
        figure->noise[d] = fmax(threshold * threshold * paired_noise(psa, d, s, t, psa->qaly) + paired_noise(psa, d, s, t, psa->cost) -
                                    2 * threshold * cross, 0);
    }
}

/* Between the two nearest of the sorted values (type 7 of Hyndman and Fan, Am Stat 1996; 50: 361-365). */
static double quantile(const double *sorted, uint64_t n, double p)
{
    double at = p * (double)(n - 1);
    uint64_t i = (uint64_t)at;

    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static void variances(const psa_figure_t *figure, double *mean, double *total, double *noise)
{
    const double n = (double)figure->n;

    *mean = *total = *noise = 0;
    for (uint64_t d = 0; d < figure->n; d++) *mean += figure->value[d] / n;
    for (uint64_t d = 0; d < figure->n; d++) {
        *total += (figure->value[d] - *mean) * (figure->value[d] - *mean);
        *noise += figure->noise[d] / n;
    }
    *total = figure->n > 1 ? *total / (n - 1) : 0;
}

psa_summary_t psa_summary(const psa_figure_t *figure)
{
    double mean, total, noise;

    variances(figure, &mean, &total, &noise);
    double between = fmax(total - noise, 0), shrinking = total > 0 ? sqrt(between / total) : 0;
    psa_summary_t summary = {.mean = mean, .se = sqrt(total / (double)figure->n), .sd = sqrt(between), .low = mean, .high = mean,
                             .noise = total > 0 ? fmin(noise / total, 1) : 0};
    double *sorted = memory_resize(NULL, figure->n, sizeof *sorted);
    memcpy(sorted, figure->value, figure->n * sizeof *sorted);
    gsl_sort(sorted, 1, figure->n);
    summary.low += shrinking * (quantile(sorted, figure->n, 0.025) - mean);
    summary.high += shrinking * (quantile(sorted, figure->n, 0.975) - mean);
    free(sorted);
    return summary;
}

uint64_t psa_best_patients(const psa_t *pilot, double threshold)
{
    double between = 0, within = 0;
    psa_figure_t figure;

    INVARIANT(psa_figure_init(&figure, pilot) == POPGX_OK, "no memory for %llu draws", (unsigned long long)pilot->n_draws);
    for (int32_t s = pilot->n_strategies > 1; s < pilot->n_strategies; s++) {
        double mean, total, noise;
        psa_nmb(pilot, s, s > 0 ? 0 : MODEL_NONE, threshold, &figure);
        variances(&figure, &mean, &total, &noise);
        between += fmax(total - noise, 0);
        within += noise * (double)pilot->patients;
    }
    psa_figure_release(&figure);
    if (within <= 0) return LEAST_PATIENTS;
    if (between <= within / MOST_PATIENTS) return MOST_PATIENTS;
    double ratio = within / between;
    double best = fmax(sqrt(SETUP_IN_PEOPLE / pilot->n_strategies * ratio), ratio * (1 - MOST_NOISE) / MOST_NOISE);
    return best < LEAST_PATIENTS ? LEAST_PATIENTS : best > MOST_PATIENTS ? MOST_PATIENTS : (uint64_t)(best + 0.5);
}
