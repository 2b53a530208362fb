/* One thread's part of a simulation: the way of a block of people from cohort to tally. Knows no ranks, threads or tasks. */
#include "cluster/workspace.h"

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

popgx_err_t workspace_simulate(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_sink_t *sink, void *writer,
                               uint64_t block)
{
    cohort_view_t people = cohort_fill(w->cohort, run_key, first, n);
    popgx_err_t err = POPGX_OK;

    engine_start(w->engine, &people);
    for (int32_t s = 0; s < w->model->n_strategies; s++) {
        ledger_bill_t bill;
        TRY(engine_run(w->engine, s, &w->trajectory, &w->n_fired));
        TRY(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        TRY(tally_add(&w->tally, s, &people, &bill));
        TRY(tally_observe(&w->tally, s, &people, &w->trajectory, &bill));
        if (sink && sink->block) TRY(sink->block(writer, block, s, &people, &w->trajectory));
    }
    tally_close(&w->tally, &people);
out:
    return err;
}

popgx_err_t workspace_replay(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_source_t *source, void *reader)
{
    cohort_view_t people = cohort_fill(w->cohort, run_key, first, n);
    popgx_err_t err = POPGX_OK;

    for (int32_t s = 0; s < w->model->n_strategies; s++) {
        ledger_bill_t bill;
        TRY(source->trajectory(reader, &people, s, &w->trajectory, &w->n_fired));
        TRY(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        TRY(tally_add(&w->tally, s, &people, &bill));
        TRY(tally_observe(&w->tally, s, &people, &w->trajectory, &bill));
    }
    tally_close(&w->tally, &people);
out:
    return err;
}
