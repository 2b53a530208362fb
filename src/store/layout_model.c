/* The parts of a run's file that say where it comes from: attributes of the root, and /model. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/layout.h"
#include "store/table.h"

popgx_err_t layout_path(char *path, size_t size, const char *folder, const char *name)
{
    int length = snprintf(path, size, "%s/", folder);
    size_t at = length < 0 ? size : (size_t)length;

    for (const char *c = name; *c && at + 4 < size; c++) {
        if (*c == '/' || *c == '%' || (*c == '.' && c == name)) at += (size_t)sprintf(path + at, "%%%02X", (unsigned)*c);
        else path[at++] = *c;
    }
    if (at + 4 >= size) return FAIL(INPUT, "the name \"%s\" is too long to be stored: at most %zu bytes", name, size - 64);
    path[at] = '\0';
    return POPGX_OK;
}

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

popgx_err_t layout_provenance(h5_file_t *file, const model_t *model, const store_run_t *run, const tally_t *tally,
                              const run_report_t *report)
{
    popgx_err_t err;
    char checksum[33];

    tally_checksum(tally, checksum);
    TRY(h5_text(file, "/", "format", LAYOUT_FORMAT));
    TRY(h5_count(file, "/", "format_version", LAYOUT_VERSION));
    TRY(h5_text(file, "/", "popgx_version", POPGX_VERSION));
    TRY(h5_text(file, "/", "model_title", model_text(model, model->settings.title)));
    TRY(h5_text(file, "/", "model_source", model_text(model, model->settings.source)));
    TRY(h5_text(file, "/", "currency", model_text(model, model->settings.currency)));
    TRY(h5_real(file, "/", "minutes_per_year", model->settings.minutes_per_year));
    TRY(h5_count(file, "/", "horizon_minutes", (uint64_t)model->settings.horizon));
    TRY(h5_text(file, "/", "checksum", checksum));
    TRY(h5_count(file, "/", "patients", run->patients));
    TRY(h5_count(file, "/", "seed", run->seed));
    TRY(h5_real(file, "/", "sample", run->sample));
    TRY(h5_count(file, "/", "events", report->n_fired));
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
    static const char *const kinds[] = {"timed", "immediate", "action", "order", "result", "date"};
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
    popgx_err_t err = table_write(table, file, "/model/moments", "", "what can happen: row m is moment m of the trajectories");
    table_free(table);
    return err;
}

popgx_err_t layout_model(h5_file_t *file, const model_t *model, const store_run_t *run)
{
    popgx_err_t err;

    TRY(h5_group(file, "/model"));
    TRY(layout_sources(file, run));
    TRY(layout_moments(file, model));
out:
    return err;
}
