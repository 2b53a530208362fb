/* What the files of a run being written share: store.c (its life), sink.c (blocks into the journal), recover.c (what is done), assemble.c (the output). */
#ifndef POPGX_STORE_STORE_STATE_H
#define POPGX_STORE_STORE_STATE_H

#include <stdatomic.h>

#include "store/blocks.h"
#include "store/claim.h"
#include "store/journal.h"
#include "store/manifest.h"
#include "store/store.h"

struct store {
    const model_t *model;
    store_run_t run;
    claim_t claim;
    manifest_t manifest;        /* on all ranks; its run id and sessions are rank 0's */
    columns_t columns;
    tally_layout_t layout;
    journal_t *journal;         /* of this rank; NULL before the run and after it */
    store_state_t state;
    exact_sum_t *done_sums;     /* [layout.n_sums]: of blocks done in earlier sessions, as far as this rank read the journals */
    uint64_t done_fired;
    block_range_t *todo;        /* [n_todo] */
    size_t n_todo;
    uint64_t written_bytes;
    atomic_uint_least64_t n_committed; /* blocks of this rank in this session */
};

/** Collective. Reads what earlier sessions finished: done_sums, done_fired, todo, state.n_done. Journals are cut at their last valid record. */
MUST_USE popgx_err_t recover(store_t *store);

/** Everything is to be done. */
MUST_USE popgx_err_t recover_nothing(store_t *store);

/** Calls `visit` for all records of `n` journals; see journal_scan. With `is_whole` the journals are also cut. */
MUST_USE popgx_err_t recover_scan(const store_t *store, char *const *paths, size_t n, size_t first, size_t step, bool is_whole,
                                  journal_visit_t *visit, void *context);

/** Where run_simulate sends its blocks. */
run_sink_t store_sink(store_t *store);

/** Collective. Makes the complete run under its temporary names and gives it its own. */
MUST_USE popgx_err_t assemble(store_t *store, const tally_t *tally, const run_report_t *report);
#endif
