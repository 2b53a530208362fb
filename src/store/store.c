/*
 * The life of an output: claimed before the run, spooled to by every rank during it, assembled by rank 0 after it, named
 * last. All ranks and rank 0 must see one file system; a rank that does not says so before anything is simulated.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/claim.h"
#include "store/layout.h"

struct store {
    const model_t *model;
    store_run_t run;
    claim_t claim;
    spool_t *spool;     /* NULL: nobody's trajectories are stored */
};

static popgx_err_t open_spool(store_t *store)
{
    popgx_err_t err;
    char *path = claim_spool(&store->claim, cluster_rank());

    if (!path) return FAIL(NOMEM, "%s: out of memory", store->claim.path);
    err = spool_create(path, store->model, store->run.sample, &store->spool);
    if (err == POPGX_E_IO && cluster_rank() != 0) {
        char detail[512];
        snprintf(detail, sizeof detail, "%s", popgx_err_detail());
        err = FAIL(IO, "rank %d: %s (all ranks must share the file system of the output)", cluster_rank(), detail);
    }
    free(path);
    return err;
}

popgx_err_t store_create(const char *path, bool force, const model_t *model, const store_run_t *run, store_t **out)
{
    popgx_err_t err;
    store_t *store = calloc(1, sizeof *store);

    INVARIANT(run->sample >= 0 && run->sample <= 1, "a sample of %g", run->sample);
    err = cluster_agree(store ? claim_init(&store->claim, path) : FAIL(NOMEM, "%s: out of memory", path));
    if (err) { /* not store_free: it is collective and somebody has nothing to free */
        if (store) claim_release(&store->claim);
        free(store);
        return err;
    }
    store->model = model;
    TRY(model->n_moments <= UINT16_MAX ? POPGX_OK : FAIL(INPUT, "%d events are too many to be stored: at most %d",
                                                         model->n_moments, UINT16_MAX));
    store->run = *run;
    TRY(cluster_agree(cluster_rank() == 0 ? claim_take(&store->claim, force) : POPGX_OK));
    TRY(cluster_agree(run->sample > 0 ? open_spool(store) : POPGX_OK));
    *out = store;
    return POPGX_OK;
out:
    store_free(store);
    return err;
}

static popgx_err_t sink_block(void *context, uint64_t block, int32_t strategy, const cohort_view_t *people,
                              const trajectory_t *trajectory)
{
    const store_t *store = context;

    (void)block; /* first_id orders the records */
    return spool_append(store->spool, strategy, people, trajectory);
}

run_sink_t store_sink(store_t *store)
{
    return (run_sink_t){.context = store, .block = store->spool ? sink_block : NULL};
}

static popgx_err_t open_spools(const store_t *store, uint64_t n_records, char **paths, spool_reader_t **out)
{
    popgx_err_t err = POPGX_OK;
    int ranks = cluster_ranks();

    for (int r = 0; r < ranks; r++) {
        paths[r] = claim_spool(&store->claim, r);
        if (!paths[r]) TRY(FAIL(NOMEM, "%s: out of memory", store->claim.path));
    }
    TRY(spool_open((const char *const *)paths, ranks, store->model, out));
    if (spool_records(*out) != n_records)
        TRY(FAIL(IO, "%s: rank 0 sees %zu of %llu spooled records: all ranks must share the file system of the output",
                 store->claim.folder, spool_records(*out), (unsigned long long)n_records));
out:
    return err;
}

static popgx_err_t write_trajectories(const store_t *store, uint64_t n_records, h5_file_t *file)
{
    popgx_err_t err;
    spool_reader_t *spools = NULL;
    int ranks = cluster_ranks();
    char **paths = calloc((size_t)ranks, sizeof *paths);

    if (!paths) return FAIL(NOMEM, "%s: out of memory", store->claim.path);
    TRY(open_spools(store, n_records, paths, &spools));
    TRY(layout_people(file, store->model, &store->run, spools));
out:
    spool_close(spools);
    for (int r = 0; r < ranks; r++) free(paths[r]);
    free(paths);
    return err;
}

/* Rank 0: everything, under the temporary name. */
static popgx_err_t write_output(const store_t *store, uint64_t n_records, const tally_t *tally, const run_report_t *report)
{
    popgx_err_t err;
    h5_file_t *file = NULL;

    TRY(h5_create(store->claim.partial, store->run.threads, &file));
    TRY(layout_provenance(file, store->model, &store->run, tally, report));
    TRY(layout_model(file, store->model, &store->run));
    TRY(layout_results(file, tally));
    if (store->spool) TRY(write_trajectories(store, n_records, file));
    err = h5_seal(file);
    file = NULL;
out:
    h5_discard(file);
    return err;
}

popgx_err_t store_finish(store_t *store, const tally_t *tally, const run_report_t *report)
{
    popgx_err_t err;
    uint64_t n_records = store->spool ? spool_written(store->spool) : 0;
    bool has_readers_elsewhere = store->spool && cluster_ranks() > 1;

    TRY(cluster_agree(has_readers_elsewhere ? spool_sync(store->spool) : POPGX_OK));
    TRY(cluster_add_counts(&n_records, 1));
    if (cluster_rank() == 0) {
        err = write_output(store, n_records, tally, report);
        if (!err) err = claim_fulfil(&store->claim);
    }
    TRY(cluster_agree(err));
out:
    return err;
}

void store_free(store_t *store)
{
    if (!store) return;
    spool_free(store->spool);
    popgx_err_t err = cluster_agree(POPGX_OK); /* nobody writes any more: rank 0 may empty the folder */
    (void)err;
    claim_release(&store->claim);
    free(store);
}
