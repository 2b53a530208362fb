/*
 * Finished blocks on their way into the journal, one writer for each thread. With trajectories each block is a record. Without
 * them a record is what a thread finished in about a second: a list of blocks and what they add up to.
 */
#include <stdlib.h>
#include <string.h>

#include "core/monotonic.h"
#include "store/gather.h"
#include "store/store_state.h"

enum { SECONDS_BETWEEN_RECORDS = 1, MOST_RANGES = 4096 };

typedef struct {
    store_t *store;
    gather_t *gather;           /* NULL without trajectories */
    exact_sum_t *sums;          /* [n_sums]: not yet in the journal */
    uint64_t n_fired;
    block_range_t *ranges;      /* [MOST_RANGES] */
    uint32_t n_ranges;
    double last_record;
    unsigned char *scratch;
    size_t scratch_bytes;
} writer_t;

static void writer_free(writer_t *writer)
{
    gather_free(writer->gather);
    free(writer->sums);
    free(writer->ranges);
    free(writer->scratch);
    free(writer);
}

static popgx_err_t writer_open(void *context, void **out)
{
    popgx_err_t err = POPGX_OK;
    store_t *store = context;
    writer_t *writer = calloc(1, sizeof *writer);

    if (!writer) return FAIL(NOMEM, "out of memory for what is to be stored");
    writer->store = store;
    writer->last_record = monotonic_seconds();
    writer->sums = calloc((size_t)store->layout.n_sums, sizeof *writer->sums);
    writer->ranges = malloc(MOST_RANGES * sizeof *writer->ranges);
    if (!writer->sums || !writer->ranges) TRY(FAIL(NOMEM, "out of memory for what is to be stored"));
    if (store->columns.n > 0) TRY(gather_new(&store->columns, store->model, &writer->gather));
    *out = writer;
    return POPGX_OK;
out:
    writer_free(writer);
    return err;
}

static popgx_err_t writer_block(void *context, uint64_t block, int32_t strategy, const cohort_view_t *people,
                                const trajectory_t *trajectory)
{
    writer_t *writer = context;

    (void)block; /* a task's come in order */
    return gather_add(writer->gather, strategy, people, trajectory);
}

/* Everything that is not yet in the journal. */
static popgx_err_t append(writer_t *writer)
{
    popgx_err_t err = POPGX_OK;
    const size_t n_sums = (size_t)writer->store->layout.n_sums;
    journal_record_t record = {.n_fired = writer->n_fired, .ranges = writer->ranges, .n_ranges = writer->n_ranges,
                               .sums = writer->sums, .n_sums = (uint32_t)n_sums};

    if (writer->n_ranges == 0) return POPGX_OK;
    if (writer->gather) TRY(gather_finish(writer->gather, &record));
    const size_t needed = journal_scratch_bytes(&record);
    if (needed > writer->scratch_bytes) {
        free(writer->scratch);
        writer->scratch = malloc(needed);
        writer->scratch_bytes = writer->scratch ? needed : 0;
        if (!writer->scratch) TRY(FAIL(NOMEM, "out of memory for a record of %zu bytes", needed));
    }
    TRY(journal_append(writer->store->journal, &record, writer->scratch));
    for (uint32_t i = 0; i < writer->n_ranges; i++) atomic_fetch_add(&writer->store->n_committed, writer->ranges[i].count);
    if (writer->gather) gather_empty(writer->gather);
    memset(writer->sums, 0, n_sums * sizeof *writer->sums);
    writer->n_fired = writer->n_ranges = 0;
    writer->last_record = monotonic_seconds();
out:
    return err;
}

static popgx_err_t writer_commit(void *context, uint64_t task, const tally_t *tally, uint64_t n_fired)
{
    popgx_err_t err = POPGX_OK;
    writer_t *writer = context;
    block_range_t *last = writer->n_ranges > 0 ? &writer->ranges[writer->n_ranges - 1] : NULL;

    for (int32_t i = 0; i < tally->layout.n_sums; i++) writer->sums[i] += tally->sums[i];
    writer->n_fired += n_fired;
    if (last && task == last->first + last->count) last->count++;
    else writer->ranges[writer->n_ranges++] = (block_range_t){task, 1};
    if (writer->gather || writer->n_ranges == MOST_RANGES || monotonic_seconds() - writer->last_record >= SECONDS_BETWEEN_RECORDS)
        TRY(append(writer));
out:
    return err;
}

static popgx_err_t writer_close(void *context, bool is_complete)
{
    writer_t *writer = context;
    popgx_err_t err = is_complete ? append(writer) : POPGX_OK;

    writer_free(writer);
    return err;
}

run_sink_t store_sink(store_t *store)
{
    return (run_sink_t){.context = store, .open = writer_open, .block = store->columns.n > 0 ? writer_block : NULL,
                        .commit = writer_commit, .close = writer_close};
}
