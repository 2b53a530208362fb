/* One thread's part of a simulation: the way of a block of people from cohort to tally. Knows no ranks, threads or tasks. */
#include "cluster/workspace.h"

#include <stdlib.h>

#include "kernels/kernels.h"
#include "rng/keyed.h"
#include "stats/spread.h"

popgx_err_t workspace_init_replay(workspace_t *w, const model_t *model, size_t capacity)
{
    popgx_err_t err;

    *w = (workspace_t){.model = model};
    trajectory_init(&w->trajectory);
    TRY(tally_init(&w->tally, model, capacity));
    TRY(cohort_new(model, capacity, &w->cohort));
    TRY(ledger_new(model, capacity, &w->ledger));
out:
    return err;
}

popgx_err_t workspace_init(workspace_t *w, const model_t *model, size_t capacity)
{
    popgx_err_t err = workspace_init_replay(w, model, capacity);

    return err ? err : engine_new(model, capacity, &w->engine);
}

void workspace_release(workspace_t *w)
{
    ledger_free(w->ledger);
    engine_free(w->engine);
    cohort_free(w->cohort);
    tally_release(&w->tally);
    trajectory_release(&w->trajectory);
    *w = (workspace_t){0};
}

/* What happened to people under a strategy, billed and added to the tally. */
static popgx_err_t account(workspace_t *w, const cohort_view_t *people, int32_t s)
{
    popgx_err_t err;
    ledger_bill_t bill;

    TRY(ledger_post(w->ledger, people, &w->trajectory, &bill));
    TRY(tally_add(&w->tally, s, people, &bill));
    TRY(tally_observe(&w->tally, s, people, &w->trajectory, &bill));
out:
    return err;
}

/* The same people once more with other luck, under every strategy: to see what of a difference is luck (stats/spread.h). */
static popgx_err_t live_again(workspace_t *w, uint64_t run_key, cohort_view_t people)
{
    uint64_t unasked = 0, *key = malloc(people.n * sizeof *key);
    popgx_err_t err = POPGX_OK;

    if (!key) return FAIL(NOMEM, "no memory for the keys of %zu people", people.n);
    kernels()->person_keys((int32_t)people.n, rng_mix(run_key + rng_purpose("independent luck")), people.first_id, key);
    people.key = key;
    engine_start(w->engine, &people);
    for (int32_t s = 0; s < w->model->n_strategies; s++) {
        ledger_bill_t bill;
        TRY(engine_run(w->engine, s, &w->trajectory, &unasked));
        TRY(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        spread_again(w->tally.spread, s, &bill);
    }
out:
    free(key);
    return err;
}

popgx_err_t workspace_simulate(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_sink_t *sink, void *writer,
                               uint64_t block)
{
    cohort_view_t people = cohort_fill(w->cohort, run_key, first, n);
    popgx_err_t err = POPGX_OK;

    engine_start(w->engine, &people);
    for (int32_t s = 0; s < w->model->n_strategies; s++) {
        if (w->is_over && w->is_over(w->over_context)) TRY(FAIL(STOPPED, "stopped within a block"));
        TRY(engine_run(w->engine, s, &w->trajectory, &w->n_fired));
        TRY(account(w, &people, s));
        if (sink && sink->block) TRY(sink->block(writer, block, s, &people, &w->trajectory));
    }
    if (w->tally.spread) TRY(live_again(w, run_key, people));
    tally_close(&w->tally, &people);
out:
    return err;
}

popgx_err_t workspace_replay(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_source_t *source, void *reader)
{
    cohort_view_t people = cohort_fill(w->cohort, run_key, first, n);
    popgx_err_t err = POPGX_OK;

    for (int32_t s = 0; s < w->model->n_strategies; s++) {
        TRY(source->trajectory(reader, &people, s, &w->trajectory, &w->n_fired));
        TRY(account(w, &people, s));
    }
    tally_close(&w->tally, &people);
out:
    return err;
}
