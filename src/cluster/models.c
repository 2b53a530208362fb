/* Compiles all draws at once, so that a draw that makes no model is found before anybody is simulated. */
#include "cluster/models.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "cluster/cluster.h"
#include "model/patch.h"
#include "spec/subgroups.h"

enum { DRAWS_AT_ONCE = 16 };

typedef struct {
    unsigned char *bytes;
    size_t n;
} patch_t;

typedef struct {
    models_t *models;
    const model_t *base;
    const spec_t *spec;
    const draws_t *draws;
    patch_t *patches;           /* [n_draws] */
    bool (*is_stop_wanted)(void *context); /* may be NULL; asked by one thread at a time */
    void *stop_context;
    bool is_stopped;
    uint64_t failed;            /* the first draw without a model, or 0 */
    popgx_err_t err;
    char detail[1024];
} job_t;

/* The first mistake; warnings stand among them. */
static const char *first_error(const diagnostics_t *diag)
{
    size_t n = diag_errors(diag) + diag_warnings(diag);

    for (size_t i = 0; i < n; i++)
        if (!strstr(diag_text(diag, i), ": warning: ")) return diag_text(diag, i);
    return popgx_err_detail();
}

static popgx_err_t compile(const job_t *job, uint64_t draw, diagnostics_t *diag)
{
    models_t *models = job->models;
    const uint64_t d = draw - models->first_draw;
    popgx_err_t err = POPGX_OK;
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    model_t model;

    TRY(spec_compile_draw(job->spec, job->draws, draw, diag, &model, models->numbers + d * models->n_uncertain));
    if (job->base->n_groupings > model.n_groupings) subgroups_copy(&model, job->base); /* asked for on the command line */
    err = model_pack(&model, &bytes, &n_bytes);
    model_release(&model);
    if (!err) err = patch_make(models->base, models->n_base, bytes, n_bytes, &job->patches[d].bytes, &job->patches[d].n);
    free(bytes);
out:
    return err;
}

/* Thousands of draws take a while: whoever wants to stop need not wait for them. */
static bool is_stopping(job_t *job)
{
    bool answer = false;

    if (!job->is_stop_wanted) return false;
#pragma omp critical(models_stopped)
    {
        if (!job->is_stopped) job->is_stopped = job->is_stop_wanted(job->stop_context);
        answer = job->is_stopped;
    }
    return answer;
}

static void compile_draw(job_t *job, uint64_t draw)
{
    if (is_stopping(job)) return;
    diagnostics_t *diag = diag_new();
    popgx_err_t err = compile(job, draw, diag);

    if (err) {
#pragma omp critical(models_failed)
        if (!job->failed || draw < job->failed) {
            job->failed = draw;
            job->err = err;
            snprintf(job->detail, sizeof job->detail, "draw %llu of the parameters: %s", (unsigned long long)draw, first_error(diag));
        }
    }
    diag_free(diag);
}

static popgx_err_t join(models_t *models, const patch_t *patches)
{
    for (uint64_t d = 0; d < models->n_draws; d++) models->offset[d + 1] = models->offset[d] + patches[d].n;
    models->patches = malloc(models->offset[models->n_draws] + 1);
    if (!models->patches) return FAIL(NOMEM, "no memory for %llu models", (unsigned long long)models->n_draws);
    for (uint64_t d = 0; d < models->n_draws; d++) memcpy(models->patches + models->offset[d], patches[d].bytes, patches[d].n);
    return POPGX_OK;
}

popgx_err_t models_compile(models_t *models, const model_t *base, const spec_t *spec, const spec_report_t *report,
                           const draws_t *draws, block_range_t range, int threads, bool (*is_stop_wanted)(void *context), void *stop_context)
{
    job_t job = {.models = models, .base = base, .spec = spec, .draws = draws, .is_stop_wanted = is_stop_wanted, .stop_context = stop_context};
    popgx_err_t err = POPGX_OK;

    *models = (models_t){.first_draw = range.first, .n_draws = range.count, .n_uncertain = report->n_uncertain};
    models->offset = calloc(range.count + 1, sizeof *models->offset);
    models->numbers = calloc(range.count + 1, (report->n_uncertain + 1) * sizeof *models->numbers);
    job.patches = calloc(range.count, sizeof *job.patches);
    if (!models->offset || !models->numbers || !job.patches) TRY(FAIL(NOMEM, "no memory for %llu draws", (unsigned long long)range.count));
    TRY(model_pack(base, &models->base, &models->n_base));
#pragma omp parallel for num_threads(threads) schedule(dynamic, DRAWS_AT_ONCE)
    for (uint64_t d = 0; d < range.count; d++) compile_draw(&job, range.first + d);
    if (job.is_stopped) TRY(FAIL(STOPPED, "the draws before"));
    if (job.failed) TRY(err_set(job.err, "%s", job.detail));
    TRY(join(models, job.patches));
out:
    for (uint64_t d = 0; job.patches && d < range.count; d++) free(job.patches[d].bytes);
    free(job.patches);
    return err;
}

popgx_err_t models_share(models_t *models, const model_t *base)
{
    bool is_first = cluster_rank() == 0;
    uint64_t first_draw = models->first_draw;
    size_t n_offsets = is_first ? (models->n_draws + 1) * sizeof *models->offset : 0, n_patches = is_first ? models->offset[models->n_draws] : 0;
    unsigned char *offsets = (unsigned char *)models->offset;
    popgx_err_t err = POPGX_OK;

    if (cluster_ranks() == 1) return POPGX_OK;
    TRY(cluster_agree(is_first ? POPGX_OK : model_pack(base, &models->base, &models->n_base)));
    TRY(cluster_agree(cluster_broadcast(&offsets, &n_offsets)));
    models->offset = (uint64_t *)(void *)offsets;
    models->n_draws = n_offsets / sizeof *models->offset - 1;
    TRY(cluster_most(&first_draw)); /* which rank 0 alone knows */
    models->first_draw = first_draw;
    TRY(cluster_agree(cluster_broadcast(&models->patches, &n_patches)));
out:
    return err;
}

void models_hash(const models_t *models, uint64_t hash[2])
{
    XXH128_hash_t base = XXH3_128bits(models->base, models->n_base);
    XXH128_hash_t offsets = XXH3_128bits_withSeed(models->offset, (models->n_draws + 1) * sizeof *models->offset, base.low64 ^ base.high64);
    XXH128_hash_t all = XXH3_128bits_withSeed(models->patches, models->offset[models->n_draws], offsets.low64 ^ offsets.high64);

    hash[0] = all.low64;
    hash[1] = all.high64;
}

popgx_err_t models_get(const models_t *models, uint64_t draw, model_t *out)
{
    const uint64_t d = draw - models->first_draw, at = models->offset[d];
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    popgx_err_t err;

    *out = (model_t){0};
    TRY(patch_apply(models->base, models->n_base, models->patches + at, models->offset[d + 1] - at, &bytes, &n_bytes));
    TRY(model_unpack(bytes, n_bytes, out));
out:
    free(bytes);
    return err;
}

void models_release(models_t *models)
{
    free(models->base);
    free(models->offset);
    free(models->patches);
    free(models->numbers);
    *models = (models_t){0};
}
