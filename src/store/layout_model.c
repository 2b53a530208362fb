/* The parts of a run's file that say where it comes from: attributes of the root, and /model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/lots.h"
#include "store/layout.h"
#include "store/table.h"

static popgx_err_t layout_circumstances(h5_file_t *file, const store_run_t *run, const run_report_t *report)
{
    popgx_err_t err;
    char host[256] = "", created[32];
    time_t now = time(NULL);
    struct tm utc;

    gethostname(host, sizeof host - 1);
    gmtime_r(&now, &utc);
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    TRY(h5_text(file, "/", "created", created));
    TRY(h5_text(file, "/", "host", host));
    TRY(h5_text(file, "/", "command", run->command));
    TRY(h5_text(file, "/", "isa", run->isa));
    TRY(h5_count(file, "/", "ranks", (uint64_t)run->ranks));
    TRY(h5_count(file, "/", "threads", (uint64_t)run->threads));
    TRY(h5_real(file, "/", "seconds", report->seconds));
out:
    return err;
}

static popgx_err_t layout_identity(h5_file_t *file, const manifest_t *manifest, const char *format)
{
    popgx_err_t err;
    char id[2 * JOURNAL_RUN_ID_BYTES + 1];

    manifest_run_id_text(manifest->run_id, id);
    TRY(h5_text(file, "/", "format", format));
    TRY(h5_count(file, "/", "format_version", LAYOUT_VERSION));
    TRY(h5_text(file, "/", "popgx_version", POPGX_VERSION));
    TRY(h5_text(file, "/", "run_id", id));
out:
    return err;
}

popgx_err_t layout_shard(h5_file_t *file, const manifest_t *manifest, block_range_t range)
{
    popgx_err_t err;

    TRY(layout_identity(file, manifest, LAYOUT_SHARD_FORMAT));
    TRY(h5_count(file, "/", "first_block", range.first));
    TRY(h5_count(file, "/", "blocks", range.count));
out:
    return err;
}

/* What tells a part from a run. */
static popgx_err_t layout_part(h5_file_t *file, const columns_plan_t *plan)
{
    const block_range_t range = columns_range(plan);
    popgx_err_t err = POPGX_OK;

    if (plan->parts == 0) return POPGX_OK;
    TRY(h5_count(file, "/", "part", plan->part));
    TRY(h5_count(file, "/", "parts", plan->parts));
    TRY(h5_count(file, "/", "part_first_patient", range.first * plan->block_people));
    TRY(h5_count(file, "/", "part_patients", columns_range_patients(plan, range)));
out:
    return err;
}

popgx_err_t layout_provenance(h5_file_t *file, const model_t *model, const store_run_t *run, const manifest_t *manifest,
                              const tally_t *tally, const run_report_t *report)
{
    popgx_err_t err;
    char checksum[33];

    tally_checksum(tally, checksum);
    TRY(layout_identity(file, manifest, manifest->plan.parts > 0 ? LAYOUT_PART_FORMAT : LAYOUT_FORMAT));
    TRY(h5_count(file, "/", "sessions", manifest->sessions));
    TRY(h5_count(file, "/", "block_patients", manifest->plan.block_people));
    TRY(h5_text(file, "/", "model_title", model_text(model, model->settings.title)));
    TRY(h5_text(file, "/", "model_source", model_text(model, model->settings.source)));
    if (model->settings.imported > 0) TRY(h5_real(file, "/", "imported_people", model->settings.imported));
    TRY(h5_text(file, "/", "currency", model_text(model, model->settings.currency)));
    TRY(h5_real(file, "/", "minutes_per_year", model->settings.minutes_per_year));
    TRY(h5_count(file, "/", "horizon_minutes", (uint64_t)model->settings.horizon));
    TRY(h5_text(file, "/", "checksum", checksum));
    TRY(h5_count(file, "/", "patients", run->patients));
    if (manifest->until && *manifest->until) TRY(h5_text(file, "/", "until", manifest->until));
    TRY(h5_count(file, "/", "seed", run->seed));
    TRY(h5_text(file, "/", "people", lots_name(model->settings.lot_bits)));
    TRY(h5_real(file, "/", "sample", run->sample));
    TRY(h5_count(file, "/", "events", report->n_fired));
    if (manifest->plan.codec != CODEC_GZIP) TRY(h5_text(file, "/", "compression", codec_name(manifest->plan.codec)));
    TRY(layout_part(file, &manifest->plan));
    TRY(layout_circumstances(file, run, report));
out:
    return err;
}

static popgx_err_t layout_sources(h5_file_t *file, const store_run_t *run)
{
    popgx_err_t err;
    char path[64];

    TRY(h5_group(file, "/model/sources"));
    for (size_t i = 0; i < run->n_sources; i++) {
        const store_source_t *source = &run->sources[i];
        snprintf(path, sizeof path, "/model/sources/%zu", i);
        TRY(h5_table(file, path, H5T_NATIVE_UINT8, source->bytes, source->n_bytes, "bytes",
                     i == 0 ? "the model file" : "a table that the model names"));
        TRY(h5_text(file, path, "path", source->path));
    }
out:
    return err;
}

static popgx_err_t layout_moments(h5_file_t *file, const model_t *model)
{
    static const char *const kinds[] = {"timed", "immediate", "action", "order", "result", "date", "cycle"};
    static const table_field_t fields[] = {
        {"name", FIELD_TEXT, "as in the model"},
        {"kind", FIELD_TEXT, "timed: an event with a clock; immediate: follows another; action: a strategy's; order, result: a test's"},
        {0},
    };
    table_t *table = table_new(fields);

    for (int32_t m = 0; m < model->n_moments; m++) {
        table_text(table, model_text(model, model->moments[m].name));
        table_text(table, kinds[model->moments[m].kind]);
    }
    return table_finish(table, file, "/model/moments", "", "what can happen: row m is moment m of the trajectories");
}

/* For popgx itself: other versions read the sources. */
static popgx_err_t layout_packed(h5_file_t *file, const model_t *model)
{
    unsigned char *bytes;
    char hash[33];
    size_t n;
    popgx_err_t err = model_pack(model, &bytes, &n);

    if (err) return err;
    manifest_hash_text(XXH3_128bits(bytes, n), hash);
    err = h5_table(file, "/model/packed", H5T_NATIVE_UINT8, bytes, n, "bytes", "the compiled model, for popgx itself");
    if (!err) err = h5_text(file, "/model/packed", "hash", hash);
    free(bytes);
    return err;
}

popgx_err_t layout_model(h5_file_t *file, const model_t *model, const store_run_t *run)
{
    popgx_err_t err;

    TRY(h5_group(file, "/model"));
    TRY(layout_sources(file, run));
    TRY(layout_moments(file, model));
    TRY(layout_packed(file, model));
    if (run->psa && run->psa->psa) TRY(layout_psa(file, run->psa));
out:
    return err;
}
