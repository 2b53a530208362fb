/*
 * Which function of the parameters is taken off is chosen by the net benefits at the first threshold; all figures then use the same one, so
 * that what holds between them (net benefit = threshold x QALYs - cost) holds between their means, too.
 */
#include "cli/cea_controls.h"

#include <stdlib.h>
#include <string.h>

#include "cli/run_psa.h"
#include "core/memory.h"
#include "spec/draws.h"

/* The numbers behind the draws, [n_draws][n_parameters]. */
static popgx_err_t find_uniforms(const answer_t *answer, double *u)
{
    const size_t n = answer->psa.n_parameters;
    const char **sorted = psa_sorted_names(answer->names, n);
    draws_t draws = {0};
    draw_design_t design;
    popgx_err_t err;

    TRY(psa_design_parse(answer->design, &design));
    TRY(draws_init(&draws, answer->seed, answer->all_draws, design, sorted, n));
    for (uint64_t d = 0; d < answer->psa.n_draws; d++)
        for (size_t i = 0; i < n; i++) u[d * n + i] = draws_uniform(&draws, answer->first_draw + d, answer->names[i]);
out:
    draws_release(&draws);
    free(sorted);
    return err;
}

/* Net benefits against the reference, or QALYs without a threshold; y [n_draws][n - 1]. */
static popgx_err_t find_figures(const cea_report_t *r, size_t n_y, double *y)
{
    const psa_t *psa = &r->answer->psa;
    psa_figure_t figure;
    size_t k = 0;
    popgx_err_t err;

    TRY(psa_figure_init(&figure, psa));
    for (int32_t s = 0; s < psa->n_strategies; s++) {
        if (s == r->reference) continue;
        if (r->n_thresholds > 0) psa_nmb(psa, s, r->reference, r->thresholds[0], &figure);
        else psa_outcome(psa, s, r->reference, psa->qaly, &figure);
        for (uint64_t d = 0; d < psa->n_draws; d++) y[d * n_y + k] = figure.value[d];
        k++;
    }
out:
    psa_figure_release(&figure);
    return err;
}

popgx_err_t cea_controls_make(cea_report_t *r)
{
    const psa_t *psa = &r->answer->psa;
    const size_t n = (size_t)psa->n_draws, n_y = (size_t)psa->n_strategies - 1, n_figures = (size_t)psa->n_strategies * (size_t)psa->n_outcomes;
    double *u = NULL, *y = NULL;
    popgx_err_t err = POPGX_OK;

    r->even = *psa;
    r->even.mean = memory_resize(NULL, n * n_figures, sizeof *r->even.mean);
    memcpy(r->even.mean, psa->mean, n * n_figures * sizeof *psa->mean);
    if (r->request->is_plain) return POPGX_OK;
    u = memory_resize(NULL, n * psa->n_parameters + 1, sizeof *u);
    y = memory_resize(NULL, n * n_y + 1, sizeof *y);
    TRY(find_uniforms(r->answer, u));
    TRY(find_figures(r, n_y, y));
    TRY(controls_make(psa->parameters, u, n, psa->n_parameters, y, n_y, &r->controls));
    TRY(controls_take_off(&r->controls, psa->mean, n_figures, NULL, 0, r->even.mean));
out:
    free(u);
    free(y);
    return err;
}

void cea_controls_release(cea_report_t *r)
{
    controls_release(&r->controls);
    free(r->even.mean);
}
