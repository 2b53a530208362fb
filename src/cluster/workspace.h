/* What one thread needs to simulate blocks of a model: people, engine, ledger and sums, made once and reused. */
#ifndef POPGX_CLUSTER_WORKSPACE_H
#define POPGX_CLUSTER_WORKSPACE_H

#include "cluster/run.h"
#include "engine/engine.h"
#include "ledger/ledger.h"

typedef struct {
    const model_t *model;       /* borrowed */
    cohort_t *cohort;
    engine_t *engine;           /* NULL: only workspace_replay */
    ledger_t *ledger;
    trajectory_t trajectory;
    tally_t tally;              /* whoever uses the workspace empties it */
    uint64_t n_fired;           /* and this */
    bool (*is_over)(void *context); /* asked before each strategy of a block: true leaves the block; may be NULL */
    void *over_context;
} workspace_t;

/** For blocks of at most `capacity` people of `model`. workspace_release frees it, also after a failure; an empty one is allowed. */
MUST_USE popgx_err_t workspace_init(workspace_t *w, const model_t *model, size_t capacity);
/** The same for workspace_replay alone. */
MUST_USE popgx_err_t workspace_init_replay(workspace_t *w, const model_t *model, size_t capacity);
void workspace_release(workspace_t *w);

/**
 * Simulates people first .. first + n - 1 under every strategy and adds them to the tally.
 *
 * @param sink, writer  whose `block` is called for each strategy with `block`; NULL: nobody
 * @retval POPGX_E_STOPPED  is_over said so: what the tally holds is worth nothing
 */
MUST_USE popgx_err_t workspace_simulate(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_sink_t *sink, void *writer,
                                        uint64_t block);

/** The same with the trajectories that the reader of a source has. */
MUST_USE popgx_err_t workspace_replay(workspace_t *w, uint64_t run_key, uint64_t first, size_t n, const run_source_t *source, void *reader);
#endif
