/*
 * `popgx verify`: every file of a run is hashed as a whole and compared with its seal and the manifest. Only if one is broken are
 * its blocks looked at one by one, to tell which people are concerned.
 */
#include <stdarg.h>
#include <stdio.h>

#include "store/seal.h"
#include "store/stored_state.h"

typedef struct {
    void (*tell)(void *context, const char *line);
    void *context;
    uint64_t n_broken;
} report_t;

static void tell(const report_t *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(const report_t *report, const char *format, ...)
{
    char line[1536];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    report->tell(report->context, line);
}

/* A finding: what failed, as its error says. */
static void broken(report_t *report)
{
    report->n_broken++;
    tell(report, "broken: %s", popgx_err_detail());
}

/* The blocks of a shard, each by its own hash. */
static void search_blocks(report_t *report, const stored_t *stored, size_t i)
{
    const manifest_shard_t *shard = stored_shard(stored, i);
    stored_reader_t *reader;
    journal_record_t record;
    uint64_t n_damaged = 0;

    if (stored_reader_new(stored, &reader) != POPGX_OK) {
        broken(report);
        return;
    }
    for (uint64_t b = shard->first_block; b < shard->first_block + shard->n_blocks; b++) {
        if (stored_read_streams(reader, b, &record) == POPGX_OK) continue;
        if (n_damaged++ < 20) broken(report);
    }
    stored_reader_free(reader);
    tell(report, "%s: %llu of %llu blocks are damaged", stored_shard_path(stored, i), (unsigned long long)n_damaged,
         (unsigned long long)shard->n_blocks);
}

/* *is_readable false: its blocks cannot even be looked for. */
static popgx_err_t check_shard(const stored_t *stored, size_t i, seal_t *seal, bool *is_readable)
{
    popgx_err_t err;

    *is_readable = false;
    TRY(stored_check_shard(stored, i));
    *is_readable = true;
    TRY(seal_verify(stored_shard_path(stored, i), seal));
out:
    return err;
}

static void verify_shards(report_t *report, const stored_t *stored)
{
    for (size_t i = 0; stored->is_spread && i < stored->n_shards; i++) {
        seal_t seal;
        bool is_readable;
        if (check_shard(stored, i, &seal, &is_readable) == POPGX_OK) {
            tell(report, "%s: %llu blocks, %llu bytes: as they were sealed", stored_shard_path(stored, i),
                 (unsigned long long)stored_shard(stored, i)->n_blocks, (unsigned long long)seal.n_bytes);
            continue;
        }
        broken(report);
        if (is_readable) search_blocks(report, stored, i);
    }
}

popgx_err_t store_verify(const char *path, void (*say)(void *context, const char *line), void *context)
{
    popgx_err_t err;
    report_t report = {.tell = say, .context = context};
    stored_t *stored = NULL;
    seal_t seal;

    err = stored_open_alone(path, &stored);
    if (err == POPGX_E_NOMEM) goto out;
    if (err == POPGX_E_INPUT && seal_read(path, &seal) != POPGX_OK) {
        err = stored_open_alone(path, &stored); /* its message: neither sealed nor a run */
        goto out;
    }
    if (err) broken(&report);
    if (seal_verify(path, &seal) == POPGX_OK) {
        tell(&report, "%s: %llu bytes: as they were sealed", path, (unsigned long long)seal.n_bytes);
    } else {
        broken(&report);
        if (stored && !stored->is_spread && stored->columns.n > 0) search_blocks(&report, stored, 0);
    }
    if (stored) verify_shards(&report, stored);
    err = report.n_broken > 0 ? FAIL(IO, "%s: is broken: see the lines above", path) : POPGX_OK;
out:
    stored_close(stored);
    return err;
}
