/*
 * The public C interface: a thin layer over spec, cluster/run and stats, for programs that embed popgx. Owns the models and
 * results it hands out. Never starts MPI, never prints, never ends the process.
 */
#include "popgx/popgx.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/run.h"
#include "spec/spec.h"
#include "stats/results.h"
#include "stats/tally.h"
#include "store/cohort_file.h"

struct popgx_model {
    model_t model;
};

struct popgx_results {
    const model_t *model; /* borrowed */
    tally_t tally;
    char checksum[33];
};

const char *popgx_version(void) { return POPGX_VERSION; }

/* ---- models ---- */

static void tell(const diagnostics_t *diag, popgx_listener_t listener, void *context)
{
    size_t n = diag_errors(diag) + diag_warnings(diag);
    for (size_t i = 0; listener && i < n; i++) listener(context, diag_text(diag, i));
}

popgx_err_t popgx_model_load(const char *path, popgx_listener_t listener, void *context, popgx_model_t **out)
{
    popgx_err_t err;
    spec_report_t report = {0};
    diagnostics_t *diag = diag_new();
    popgx_model_t *model = calloc(1, sizeof *model);

    *out = NULL;
    if (!model) {
        err = FAIL(NOMEM, "no memory for a model");
        goto out;
    }
    spec_read_hdf5_with(cohort_file_read);
    err = spec_load(path, NULL, 0, diag, &model->model, &report);
    tell(diag, listener, context);
    if (err) goto out;
    *out = model;
    model = NULL;
out:
    popgx_model_free(model);
    spec_report_release(&report);
    diag_free(diag);
    return err;
}

void popgx_model_free(popgx_model_t *model)
{
    if (!model) return;
    model_release(&model->model);
    free(model);
}

size_t popgx_model_strategies(const popgx_model_t *model) { return (size_t)model->model.n_strategies; }

const char *popgx_model_strategy(const popgx_model_t *model, size_t i)
{
    const model_t *m = &model->model;
    return i < (size_t)m->n_strategies ? model_text(m, m->strategies[i].name) : NULL;
}

size_t popgx_model_outcomes(const popgx_model_t *model) { return (size_t)model->model.n_outcomes; }

const char *popgx_model_outcome(const popgx_model_t *model, size_t i)
{
    const model_t *m = &model->model;
    return i < (size_t)m->n_outcomes ? model_text(m, m->outcomes[i].name) : NULL;
}

/* ---- runs ---- */

popgx_err_t popgx_run(const popgx_model_t *model, const popgx_settings_t *settings, popgx_results_t **out)
{
    popgx_err_t err;
    run_report_t report;
    run_settings_t run = {.patients = settings->patients, .seed = settings->seed, .threads = settings->threads};
    popgx_results_t *results = NULL;

    *out = NULL;
    if (run.patients < 1) return FAIL(RANGE, "settings: patients is 0; it must be at least 1");
    if (run.threads < 0) return FAIL(RANGE, "settings: threads is %d; it must be at least 1, or 0 for OpenMP's own choice", run.threads);
    if (run.threads == 0) run.threads = omp_get_max_threads();
    results = calloc(1, sizeof *results);
    if (!results) return FAIL(NOMEM, "no memory for results");
    results->model = &model->model;
    TRY(tally_init(&results->tally, &model->model, RUN_BLOCK_PEOPLE));
    TRY(run_simulate(&model->model, &run, &results->tally, &report));
    tally_checksum(&results->tally, results->checksum);
    *out = results;
    results = NULL;
out:
    popgx_results_free(results);
    return err;
}

void popgx_results_free(popgx_results_t *results)
{
    if (!results) return;
    tally_release(&results->tally);
    free(results);
}

static popgx_err_t find_strategy(const popgx_results_t *results, const char *name, int32_t *out)
{
    *out = model_find_strategy(results->model, name);
    return *out == MODEL_NONE ? FAIL(INPUT, "the model has no strategy '%s'", name) : POPGX_OK;
}

static popgx_err_t find_outcome(const popgx_results_t *results, const char *name, int32_t *out)
{
    const model_t *m = results->model;

    for (*out = 0; *out < m->n_outcomes; ++*out)
        if (strcmp(model_text(m, m->outcomes[*out].name), name) == 0) return POPGX_OK;
    return FAIL(INPUT, "the model has no outcome '%s'", name);
}

popgx_err_t popgx_results_outcome(const popgx_results_t *results, const char *strategy, const char *outcome, popgx_estimate_t *out)
{
    popgx_err_t err;
    int32_t s, o;

    TRY(find_strategy(results, strategy, &s));
    TRY(find_outcome(results, outcome, &o));
    estimate_t estimate = results_outcome(&results->tally, s, o);
    *out = (popgx_estimate_t){estimate.mean, estimate.se};
out:
    return err;
}

popgx_err_t popgx_results_difference(const popgx_results_t *results, const char *strategy, const char *comparator,
                                     const char *outcome, popgx_estimate_t *out)
{
    popgx_err_t err;
    int32_t s, c, o;

    TRY(find_strategy(results, strategy, &s));
    TRY(find_strategy(results, comparator, &c));
    TRY(find_outcome(results, outcome, &o));
    estimate_t estimate = results_difference(&results->tally, s, c, o);
    *out = (popgx_estimate_t){estimate.mean, estimate.se};
out:
    return err;
}

popgx_err_t popgx_results_icer(const popgx_results_t *results, const char *strategy, const char *comparator, popgx_estimate_t *out)
{
    popgx_err_t err;
    int32_t s, c;

    TRY(find_strategy(results, strategy, &s));
    TRY(find_strategy(results, comparator, &c));
    comparison_t comparison = results_comparison(&results->tally, s, c);
    *out = (popgx_estimate_t){comparison.icer, comparison.icer_se};
out:
    return err;
}

const char *popgx_results_checksum(const popgx_results_t *results) { return results->checksum; }
