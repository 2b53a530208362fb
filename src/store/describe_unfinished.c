/*
 * What is known of a run that goes on or was interrupted: its manifest, and what its journals hold. Reads only; journals of a
 * run that goes on may grow meanwhile.
 */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/describe.h"
#include "store/store_state.h"

enum { MOST_MISSING = 1000 }; /* ranges that are listed */

typedef struct {
    block_range_t all;          /* of the run, or of this part of it */
    uint8_t *is_done;           /* [all.count] */
    uint64_t n_fired;
} progress_t;

static popgx_err_t note(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    progress_t *progress = context;

    (void)entry;
    progress->n_fired += record->n_fired;
    for (uint32_t r = 0; r < record->n_ranges; r++) {
        const block_range_t range = record->ranges[r];
        for (uint64_t b = range.first - progress->all.first, i = 0; b < progress->all.count && i < range.count; b++, i++) progress->is_done[b] = 1;
    }
    return POPGX_OK;
}

/* Whether somebody holds the lock of the folder. */
static bool is_going_on(const claim_t *claim)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/lock", claim->folder);
    return journal_is_alive(path);
}

static json_t *list_missing(const progress_t *progress, const columns_plan_t *plan, uint64_t *n_missing)
{
    json_t *missing = json_array();

    *n_missing = 0;
    for (uint64_t b = 0, end; b < progress->all.count; b = end) {
        for (end = b; end < progress->all.count && progress->is_done[end] == progress->is_done[b];) end++;
        if (progress->is_done[b]) continue;
        const block_range_t range = {progress->all.first + b, end - b};
        const uint64_t patients = columns_range_patients(plan, range);
        *n_missing += patients;
        if (json_array_size(missing) < MOST_MISSING)
            json_array_append_new(missing, json_pack("{s:I, s:I}", "first_patient", (json_int_t)(range.first * plan->block_people), "patients",
                                                     (json_int_t)patients));
    }
    return missing;
}

static json_t *list_journals(const manifest_t *manifest, char *const *paths, size_t n, progress_t *progress)
{
    json_t *journals = json_array();

    for (size_t i = 0; i < n; i++) {
        uint64_t valid_bytes = 0;
        bool is_foreign = false;
        popgx_err_t err = journal_scan(paths[i], manifest->run_id, 0, true, note, progress, &valid_bytes, &is_foreign);
        json_array_append_new(journals, json_pack("{s:s, s:I, s:s}", "path", paths[i], "bytes", (json_int_t)valid_bytes, "state",
                                                  err ? popgx_err_detail() : is_foreign ? "belongs to another run"
                                                  : valid_bytes == 0 ? "nothing in it is whole" : "whole up to here"));
    }
    return journals;
}

static void fill(json_t *run, const manifest_t *manifest, bool is_alive, uint64_t n_missing, const progress_t *progress)
{
    const columns_plan_t *plan = &manifest->plan;
    const uint64_t patients = columns_range_patients(plan, progress->all);
    char id[2 * JOURNAL_RUN_ID_BYTES + 1];

    manifest_run_id_text(manifest->run_id, id);
    json_object_set_new(run, "state", json_string(is_alive ? "going on" : "interrupted: the same command with --resume goes on"));
    json_object_set_new(run, "simulated", json_sprintf("%.4g %%", patients > 0 ? 100 * (double)(patients - n_missing) / (double)patients : 100));
    json_object_set_new(run, "patients", json_integer((json_int_t)plan->patients));
    if (*manifest->until) json_object_set_new(run, "until", json_string(manifest->until));
    if (plan->parts > 0) {
        json_object_set_new(run, "part", json_integer((json_int_t)plan->part));
        json_object_set_new(run, "parts", json_integer((json_int_t)plan->parts));
        json_object_set_new(run, "part_patients", json_integer((json_int_t)patients));
    }
    json_object_set_new(run, "patients_done", json_integer((json_int_t)(patients - n_missing)));
    json_object_set_new(run, "patients_missing", json_integer((json_int_t)n_missing));
    json_object_set_new(run, "events", json_integer((json_int_t)progress->n_fired));
    json_object_set_new(run, "command", json_string(manifest->command));
    json_object_set_new(run, "begun", json_string(manifest->created));
    json_object_set_new(run, "sessions", json_integer((json_int_t)manifest->sessions));
    json_object_set_new(run, "popgx_version", json_string(manifest->version));
    json_object_set_new(run, "seed", json_sprintf("%llu", (unsigned long long)manifest->seed));
    json_object_set_new(run, "sample", json_real(plan->sample));
    json_object_set_new(run, "block_patients", json_integer((json_int_t)plan->block_people));
    json_object_set_new(run, "run_id", json_string(id));
}

bool describe_is_unfinished(const char *path)
{
    claim_t claim;
    const bool answer = claim_init(&claim, path) == POPGX_OK && access(claim.manifest, F_OK) == 0;

    claim_release(&claim);
    return answer;
}

popgx_err_t describe_unfinished(const char *path, json_t **out)
{
    popgx_err_t err;
    claim_t claim;
    manifest_t manifest = {0};
    progress_t progress = {0};
    char **paths = NULL;
    size_t n = 0;
    uint64_t n_missing;

    TRY(claim_init(&claim, path));
    TRY(manifest_read(&manifest, claim.manifest));
    TRY(claim_list_journals(&claim, &paths, &n));
    progress.all = columns_range(&manifest.plan);
    progress.is_done = calloc(progress.all.count + 1, 1);
    if (!progress.is_done) TRY(FAIL(NOMEM, "%s: out of memory", path));
    json_t *root = json_object(), *run = json_object(), *journals = list_journals(&manifest, paths, n, &progress);
    json_t *missing = list_missing(&progress, &manifest.plan, &n_missing);
    fill(run, &manifest, is_going_on(&claim), n_missing, &progress);
    json_object_set_new(root, "run", run);
    json_object_set_new(root, "journals", journals);
    json_object_set_new(root, "missing", missing);
    *out = root;
out:
    for (size_t i = 0; i < n; i++) free(paths[i]);
    free(paths);
    free(progress.is_done);
    manifest_release(&manifest);
    claim_release(&claim);
    return err;
}
