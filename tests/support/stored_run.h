/* The small run, stored. */
#ifndef POPGX_TESTS_STORED_RUN_H
#define POPGX_TESTS_STORED_RUN_H

#include "store/store.h"
#include "support/small_run.h"

enum { STORED_PEOPLE = 1500 };

HELPER store_run_t stored_provenance(double sample)
{
    static const store_source_t source = {.path = "small.yaml", .bytes = "popgx: 1\n", .n_bytes = 9};
    return (store_run_t){.sources = &source, .n_sources = 1, .command = "popgx run small.yaml", .isa = "baseline",
                         .patients = STORED_PEOPLE, .seed = 7, .ranks = cluster_ranks(), .threads = 2, .sample = sample,
                         .block_people = 61};
}

/** Collective. Runs and stores; the tally is released. */
HELPER popgx_err_t stored_run_as(const model_t *model, const char *path, store_mode_t mode, const store_run_t *provenance)
{
    popgx_err_t err;
    store_t *store = NULL;
    run_settings_t settings = {.patients = STORED_PEOPLE, .seed = 7, .threads = 2};
    run_report_t report;
    tally_t tally = {0};

    TRY(tally_init(&tally, model, STORED_PEOPLE));
    TRY(store_create(path, mode, model, provenance, &store));
    store_prepare(store, &settings, &tally);
    TRY(run_simulate(model, &settings, &tally, &report));
    TRY(store_finish(store, &tally, &report));
out:
    store_free(store, false);
    tally_release(&tally);
    return err;
}

HELPER popgx_err_t stored_run(const model_t *model, const char *path, bool force, double sample)
{
    store_run_t provenance = stored_provenance(sample);
    return stored_run_as(model, path, force ? STORE_REPLACE : STORE_NEW, &provenance);
}
#endif
