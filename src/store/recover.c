/*
 * What earlier sessions of a run left. The journals are shared out over the ranks, read as a whole and checked; what is
 * behind the last valid record is cut off, so that later readers need not ask again. A block that is in two records would be
 * counted twice: that cannot happen, and is an error if it does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store_state.h"

/* ---- journals over ranks ---- */

static popgx_err_t cut(const char *path, uint64_t valid_bytes)
{
    return truncate(path, (off_t)valid_bytes) == 0 ? POPGX_OK : FAIL(IO, "%s: cutting off a record that is not whole: %s", path, strerror(errno));
}

popgx_err_t recover_scan(const store_t *store, char *const *paths, size_t n, size_t first, size_t step, bool is_whole,
                         journal_visit_t *visit, void *context)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = first; i < n; i += step) {
        uint64_t valid_bytes;
        bool is_foreign;
        TRY(journal_scan(paths[i], store->manifest.run_id, (uint32_t)i, is_whole, visit, context, &valid_bytes, &is_foreign));
        if (is_foreign) TRY(FAIL(INPUT, "%s: is the journal of another run", paths[i]));
        if (is_whole) TRY(cut(paths[i], valid_bytes));
    }
out:
    return err;
}

/* A killed launcher may leave ranks behind that live on for seconds. */
static popgx_err_t wait_for_writers(char *const *paths, size_t n)
{
    enum { PATIENCE = 50 };
    const struct timespec nap = {.tv_nsec = 100000000};

    for (size_t i = 0; i < n; i++) {
        for (int k = 0; journal_is_alive(paths[i]); k++) {
            if (k == PATIENCE) return FAIL(EXISTS, "%s: a process of the interrupted run still lives: end it first", paths[i]);
            nanosleep(&nap, NULL);
        }
    }
    return POPGX_OK;
}

/* ---- what is done ---- */

typedef struct {
    store_t *store;
    block_range_t all;          /* blocks of the run, or of this part of it */
    uint64_t *times;            /* [all.count]: how often each is done */
} done_t;

static popgx_err_t note(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    const done_t *done = context;
    store_t *store = done->store;
    const bool is_right = record->n_sums == (uint32_t)store->layout.n_sums && record->draw == 0
                          && record->n_row_sets == (store->columns.n > 0 ? (uint32_t)store->columns.plan.n_row_sets : 0)
                          && (record->n_row_sets == 0 || (record->n_ranges == 1 && record->ranges[0].count == 1));

    for (uint32_t r = 0; is_right && r < record->n_ranges; r++) {
        const block_range_t range = record->ranges[r];
        const uint64_t first = range.first - done->all.first; /* far beyond the last one for a block before the first */
        if (first >= done->all.count || range.count > done->all.count - first)
            return FAIL(IO, "%s: has a record of blocks that the run does not have", store->claim.folder);
        for (uint64_t b = first; b < first + range.count; b++) done->times[b]++;
    }
    if (!is_right) return FAIL(IO, "%s: the record at byte %llu of a journal is not of this run", store->claim.folder, (unsigned long long)entry->offset);
    for (uint32_t i = 0; i < record->n_sums; i++) store->done_sums[i] += record->sums[i];
    store->done_fired += record->n_fired;
    return POPGX_OK;
}

/* Room for one range more. */
static popgx_err_t reserve_todo(store_t *store, size_t *capacity)
{
    if (store->n_todo < *capacity) return POPGX_OK;
    block_range_t *grown = realloc(store->todo, (2 * *capacity + 16) * sizeof *grown);
    if (!grown) return FAIL(NOMEM, "out of memory for the list of blocks to do");
    store->todo = grown;
    *capacity = 2 * *capacity + 16;
    return POPGX_OK;
}

static popgx_err_t list_todo(store_t *store, block_range_t all, const uint64_t *times)
{
    popgx_err_t err;
    size_t capacity = 0;

    free(store->todo);
    store->todo = NULL;
    store->n_todo = 0;
    TRY(reserve_todo(store, &capacity));
    store->state.n_done = 0;
    for (uint64_t i = 0, b = all.first; i < all.count; i++, b++) {
        block_range_t *last = store->n_todo > 0 ? &store->todo[store->n_todo - 1] : NULL;
        if (times[i] > 1) TRY(FAIL(IO, "%s: block %llu is in two records", store->claim.folder, (unsigned long long)b));
        if (times[i] == 1) {
            store->state.n_done++;
        } else if (last && last->first + last->count == b) {
            last->count++;
        } else {
            TRY(reserve_todo(store, &capacity));
            store->todo[store->n_todo++] = (block_range_t){b, 1};
        }
    }
out:
    return err;
}

popgx_err_t recover_nothing(store_t *store)
{
    store->todo = malloc(sizeof *store->todo);
    if (!store->todo) return FAIL(NOMEM, "out of memory for the list of blocks to do");
    store->todo[0] = columns_range(&store->columns.plan);
    store->n_todo = 1;
    return POPGX_OK;
}

popgx_err_t recover(store_t *store)
{
    popgx_err_t err;
    char **paths = NULL;
    size_t n = 0;
    done_t done = {.store = store, .all = columns_range(&store->columns.plan)};

    done.times = calloc(done.all.count + 1, sizeof *done.times);
    err = done.times ? claim_list_journals(&store->claim, &paths, &n) : FAIL(NOMEM, "out of memory for the list of blocks");
    TRY(cluster_agree(err));
    TRY(cluster_agree(cluster_rank() == 0 ? wait_for_writers(paths, n) : POPGX_OK));
    TRY(cluster_agree(recover_scan(store, paths, n, (size_t)cluster_rank(), (size_t)cluster_ranks(), true, note, &done)));
    TRY(cluster_add_counts(done.times, done.all.count));
    TRY(cluster_agree(list_todo(store, done.all, done.times)));
out:
    for (size_t i = 0; i < n; i++) free(paths[i]);
    free(paths);
    free(done.times);
    return err;
}
