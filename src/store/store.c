/*
 * The life of an output: claimed and planned before the run, kept in journals during it, assembled after it, named last. All
 * ranks and rank 0 must see one file system; a rank that does not says so before anything is simulated.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/pilot.h"
#include "store/store_state.h"
#include "store/stored.h"

/* ---- what is there already ---- */

static popgx_err_t refuse(const store_t *store, claim_found_t found)
{
    const char *path = store->claim.path;

    if (found == CLAIM_COMPLETE) return FAIL(EXISTS, "%s: exists already; --force replaces it", path);
    return FAIL(EXISTS, "%s: an unfinished run is in %s; --resume goes on with it, --force begins anew", path, store->claim.folder);
}

/* The unfinished run's id and sessions, if it is the same run. */
static popgx_err_t adopt(store_t *store)
{
    popgx_err_t err;
    manifest_t found;

    TRY(manifest_read(&found, store->claim.manifest));
    TRY(manifest_compare(&found, &store->manifest, store->claim.path));
    memcpy(store->manifest.run_id, found.run_id, sizeof found.run_id);
    store->manifest.sessions = found.sessions;
    store->manifest.plan.patients = found.plan.patients;
out:
    manifest_release(&found);
    return err;
}

/* A complete run is left as it is, if it is the one that is wanted. */
static popgx_err_t look_at_complete(store_t *store)
{
    popgx_err_t err;
    stored_t *stored = NULL;

    TRY(stored_open(store->claim.path, &stored));
    TRY(manifest_compare(stored_manifest(stored), &store->manifest, store->claim.path));
    store->manifest.plan.patients = stored_manifest(stored)->plan.patients;
    store->state.is_complete = true;
out:
    stored_close(stored);
    return err;
}

/* Whether a journal holds more than its head. */
static bool has_records(const store_t *store)
{
    char **paths;
    size_t n;
    bool answer = false;
    uint64_t size = 0;

    popgx_err_t err = claim_list_journals(&store->claim, &paths, &n);
    for (size_t i = 0; i < n; i++) {
        int fd;
        if (!err && disk_open(paths[i], &fd, &size) == POPGX_OK) {
            answer = answer || size > sizeof(journal_header_t);
            close(fd);
        }
        free(paths[i]);
    }
    free(paths);
    return answer || err;
}

/* Whether there is anything that a resumed run need not do again. Rank 0. */
static bool has_progress(const store_t *store)
{
    if (access(store->claim.manifest, F_OK) != 0) return false;
    return store->state.n_done > 0 || access(store->claim.draws, F_OK) == 0 /* of a part without patients there is nothing else */ || has_records(store);
}

/* Rank 0. */
static popgx_err_t take(store_t *store, store_mode_t mode, bool *is_resumed)
{
    popgx_err_t err;
    claim_found_t found;

    TRY(claim_take(&store->claim, &found));
    if (found == CLAIM_EMPTY && mode != STORE_REPLACE && has_records(store))
        TRY(FAIL(EXISTS, "%s: %s holds blocks of a run whose manifest.json is gone: --force gives them up", store->claim.path, store->claim.folder));
    if (found == CLAIM_UNFINISHED && !has_progress(store)) /* ended before its first block */
        found = access(store->claim.path, F_OK) == 0 ? CLAIM_COMPLETE : CLAIM_EMPTY;
    if (mode == STORE_NEW && found != CLAIM_EMPTY) TRY(refuse(store, found));
    *is_resumed = mode == STORE_RESUME && found == CLAIM_UNFINISHED;
    if (mode == STORE_RESUME && found == CLAIM_COMPLETE) {
        TRY(look_at_complete(store));
        claim_empty(&store->claim); /* a kill may have kept the session that completed it from doing so */
        goto out;
    }
    if (*is_resumed) {
        TRY(adopt(store));
        unlink(store->claim.stop); /* it has stopped the session before */
    } else {
        claim_empty(&store->claim);
        if (access(store->claim.path, F_OK) != 0) claim_remove_shards(&store->claim, NULL);
    }
    store->manifest.sessions++; /* names of journals must be new */
out:
    return err;
}

/* ---- room on the disk ---- */

/* Journals and the complete run are there at the same time for a while. */
static popgx_err_t check_space(const store_t *store)
{
    popgx_err_t err;
    const store_state_t *state = &store->state;
    uint64_t room;

    TRY(disk_free(store->claim.folder, &room));
    const double left = state->n_blocks > 0 ? (double)(state->n_blocks - state->n_done) / (double)state->n_blocks : 0;
    const double needed = (double)state->predicted_bytes * (1 + left);
    if (needed > (double)room && !store->run.is_space_ignored)
        TRY(FAIL(IO, "%s: the disk has room for %.3g GB, and the run needs about %.3g GB (%.3g GB in the end, and as much for its journals): "
                 "store a sample, write elsewhere, or try it all the same with --force", store->claim.path, (double)room / 1e9, needed / 1e9,
                 (double)state->predicted_bytes / 1e9));
out:
    return err;
}

/* ---- create ---- */

/* What rank 0 decided. */
typedef struct {
    unsigned char run_id[JOURNAL_RUN_ID_BYTES];
    uint64_t sessions, patients;
    uint8_t is_resumed, is_complete;
} decision_t;

/* The run has so many patients, and everything that follows from it. */
static void set_patients(store_t *store, uint64_t patients)
{
    store->state.predicted_bytes = (uint64_t)((double)store->state.predicted_bytes * ((double)patients / (double)store->run.patients));
    store->run.patients = store->manifest.plan.patients = store->columns.plan.patients = patients;
    const block_range_t range = columns_range(&store->manifest.plan);
    store->state.n_blocks = range.count;
    store->state.task_patients = store->manifest.plan.block_people;
    store->state.first_patient = range.first * store->manifest.plan.block_people;
    store->state.n_patients = columns_range_patients(&store->manifest.plan, range);
}

static popgx_err_t share_decision(store_t *store, bool *is_resumed)
{
    popgx_err_t err;
    decision_t mine = {.sessions = store->manifest.sessions, .patients = store->manifest.plan.patients, .is_resumed = *is_resumed, .is_complete = store->state.is_complete};
    unsigned char *bytes = (unsigned char *)&mine;
    size_t n = sizeof mine;

    memcpy(mine.run_id, store->manifest.run_id, sizeof mine.run_id);
    TRY(cluster_broadcast(&bytes, &n));
    if (bytes != (unsigned char *)&mine) {
        memcpy(&mine, bytes, sizeof mine);
        free(bytes);
    }
    memcpy(store->manifest.run_id, mine.run_id, sizeof mine.run_id);
    store->manifest.sessions = mine.sessions;
    store->state.is_complete = mine.is_complete;
    set_patients(store, mine.patients);
    *is_resumed = mine.is_resumed;
out:
    return err;
}

static popgx_err_t open_journal(store_t *store)
{
    popgx_err_t err;
    journal_header_t header = {.session = store->manifest.sessions, .rank = (uint64_t)cluster_rank()};
    char *path = claim_journal(&store->claim, store->manifest.sessions, cluster_rank());

    if (!path) return FAIL(NOMEM, "%s: out of memory", store->claim.path);
    memcpy(header.run_id, store->manifest.run_id, sizeof header.run_id);
    err = journal_create(path, &header, &store->journal);
    if (err == POPGX_E_IO && cluster_rank() != 0) {
        char detail[512];
        snprintf(detail, sizeof detail, "%s", popgx_err_detail());
        err = FAIL(IO, "rank %d: %s (all ranks must share the file system of the output)", cluster_rank(), detail);
    }
    free(path);
    return err;
}

/* More parts than there are blocks. */
static popgx_err_t refuse_part(const store_t *store)
{
    const columns_plan_t *plan = &store->manifest.plan;

    return FAIL(INPUT, "--part %llu/%llu: some parts would have nobody: %llu people make %llu blocks, so at most %llu parts",
                (unsigned long long)plan->part, (unsigned long long)plan->parts, (unsigned long long)plan->patients,
                (unsigned long long)columns_blocks(plan), (unsigned long long)columns_blocks(plan));
}

/* Everything that needs no other rank. */
static popgx_err_t prepare_alone(store_t *store)
{
    popgx_err_t err;
    columns_plan_t plan;

    TRY(pilot_plan(store->model, &store->run, &plan, &store->state.predicted_bytes));
    TRY(manifest_init(&store->manifest, store->model, &store->run, &plan));
    TRY(columns_init(&store->columns, store->model, &store->manifest.plan));
    if (store->run.parts > columns_blocks(&store->manifest.plan) && store->run.draws == 0) TRY(refuse_part(store));
    store->layout = tally_layout(store->model);
    store->done_sums = calloc((size_t)store->layout.n_sums, sizeof *store->done_sums);
    if (!store->done_sums) TRY(FAIL(NOMEM, "%s: out of memory", store->claim.path));
out:
    pilot_release(&plan);
    return err;
}

static void release(store_t *store)
{
    journal_free(store->journal);
    columns_release(&store->columns);
    manifest_release(&store->manifest);
    free(store->done_sums);
    free(store->todo);
    claim_release(&store->claim);
    free(store);
}

popgx_err_t store_create(const char *path, store_mode_t mode, const model_t *model, const store_run_t *run, store_t **out)
{
    popgx_err_t err;
    bool is_resumed = false;
    store_t *store = calloc(1, sizeof *store);

    INVARIANT(run->sample >= 0 && run->sample <= 1, "a sample of %g", run->sample);
    err = cluster_agree(store ? claim_init(&store->claim, path) : FAIL(NOMEM, "%s: out of memory", path));
    if (err) { /* not store_free: it is collective and somebody has nothing to free */
        if (store) release(store);
        return err;
    }
    store->model = model;
    store->run = *run;
    TRY(cluster_agree(prepare_alone(store)));
    TRY(cluster_agree(cluster_rank() == 0 ? take(store, mode, &is_resumed) : POPGX_OK));
    TRY(share_decision(store, &is_resumed));
    if (!store->state.is_complete) {
        TRY(cluster_agree(is_resumed ? POPGX_OK : recover_nothing(store)));
        if (is_resumed) TRY(recover(store));
        TRY(cluster_agree(cluster_rank() == 0 ? check_space(store) : POPGX_OK));
        TRY(cluster_agree(cluster_rank() == 0 ? manifest_write(&store->manifest, store->claim.manifest) : POPGX_OK));
        TRY(cluster_agree(open_journal(store)));
    }
    *out = store;
    return POPGX_OK;
out:
    store_free(store, false);
    return err;
}

store_state_t store_state(const store_t *store) { return store->state; }

void store_prepare(store_t *store, run_settings_t *settings, tally_t *tally)
{
    const columns_plan_t *plan = &store->columns.plan;

    INVARIANT(store->journal, "a complete run is to be simulated");
    settings->block_people = plan->run_block_people;
    settings->task_blocks = plan->block_people / plan->run_block_people;
    settings->todo = store->todo;
    settings->n_todo = store->n_todo;
    settings->left_out = plan->patients - store->state.n_patients;
    settings->sink = store_sink(store);
    for (int32_t i = 0; i < store->layout.n_sums; i++) tally->sums[i] += store->done_sums[i];
}

/* ---- more patients ---- */

popgx_err_t store_grow(store_t *store, uint64_t patients)
{
    popgx_err_t err;
    const columns_plan_t *plan = &store->columns.plan;
    const uint64_t before = columns_blocks(plan);

    TRY(store_suspend(store));
    INVARIANT(patients > plan->patients && plan->patients % plan->block_people == 0 && plan->parts == 0 && store->state.n_done == before,
              "%llu patients after %llu", (unsigned long long)patients, (unsigned long long)plan->patients);
    set_patients(store, patients);
    store->todo[0] = (block_range_t){before, store->state.n_blocks - before};
    store->n_todo = 1;
    memset(store->done_sums, 0, (size_t)store->layout.n_sums * sizeof *store->done_sums); /* they are in the tally */
    TRY(cluster_agree(cluster_rank() == 0 ? check_space(store) : POPGX_OK));
    /* Before the first block that the run did not have. */
    TRY(cluster_agree(cluster_rank() == 0 ? manifest_write(&store->manifest, store->claim.manifest) : POPGX_OK));
out:
    return err;
}

/* ---- the end ---- */

popgx_err_t store_suspend(store_t *store)
{
    popgx_err_t err;
    uint64_t n_committed = atomic_exchange(&store->n_committed, 0);

    TRY(cluster_agree(journal_sync(store->journal)));
    TRY(cluster_add_counts(&n_committed, 1));
    store->state.n_done += n_committed;
out:
    return err;
}

popgx_err_t store_finish(store_t *store, const tally_t *tally, run_report_t *report)
{
    popgx_err_t err;
    uint64_t n_fired = store->done_fired;

    TRY(store_suspend(store));
    TRY(cluster_add_counts(&n_fired, 1));
    report->n_fired += n_fired;
    TRY(assemble(store, tally, report));
    store->state.is_complete = true;
out:
    return err;
}

uint64_t store_written_bytes(const store_t *store) { return store->written_bytes; }

void store_free(store_t *store, bool is_abandoned)
{
    if (!store) return;
    char detail[1024];
    snprintf(detail, sizeof detail, "%s", popgx_err_detail());
    journal_free(store->journal);
    store->journal = NULL;
    popgx_err_t err = cluster_agree(POPGX_OK); /* nobody writes any more: rank 0 may empty the folder */
    if (store->claim.lock >= 0) {
        unlink(store->claim.partial);
        if (is_abandoned || (!has_progress(store) && !has_records(store))) claim_empty(&store->claim);
    }
    release(store);
    if (!err) err_set(POPGX_OK, "%s", detail); /* the message of what went wrong before outlives this */
}
