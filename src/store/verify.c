/*
 * `popgx verify`: every file of a run is hashed as a whole and compared with its seal and the manifest. Only if one is broken are
 * its blocks looked at one by one, to tell which people are concerned. HDF5 is not made for damaged files and may crash on one, so
 * that a process of its own does this, and tells its findings through a pipe.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void write_line(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
    fflush(context);
}

/* In a process of its own: opens the damaged run and looks for the blocks of shard `i`. */
static void search_apart(const char *path, size_t i, FILE *out)
{
    report_t report = {.tell = write_line, .context = out};
    stored_t *stored;

    if (stored_open_damaged(path, &stored) != POPGX_OK) broken(&report);
    else if (stored->columns.n > 0 && i < stored->n_shards) search_blocks(&report, stored, i);
    fflush(out);
    _exit(0);
}

/* Passes on the lines of the other process. */
static void listen(const report_t *report, int fd)
{
    char line[2048];
    FILE *in = fdopen(fd, "r");

    while (in && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        report->tell(report->context, line);
    }
    if (in) fclose(in);
    else close(fd);
}

static void search(const report_t *report, const char *path, size_t i)
{
    int ends[2], status = 0;

    fflush(NULL);
    if (pipe(ends) != 0) return;
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        FILE *out = fdopen(ends[1], "w");
        if (out) search_apart(path, i, out);
        _exit(1);
    }
    close(ends[1]);
    listen(report, ends[0]);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        tell(report, "%s: so damaged that it cannot be told which blocks are concerned", path);
}

static void verify_shards(report_t *report, const char *path, const stored_t *stored)
{
    for (size_t i = 0; stored->is_spread && i < stored->n_shards; i++) {
        const char *shard = stored_shard_path(stored, i);
        seal_t seal;
        if (seal_verify(shard, &seal) != POPGX_OK) {
            broken(report);
            if (seal_read(shard, &seal) == POPGX_OK) search(report, path, i);
        } else if (stored_check_shard(stored, i) != POPGX_OK) {
            broken(report);
        } else {
            tell(report, "%s: %llu blocks, %llu bytes: as they were sealed", shard, (unsigned long long)stored_shard(stored, i)->n_blocks,
                 (unsigned long long)seal.n_bytes);
        }
    }
}

popgx_err_t store_verify(const char *path, void (*say)(void *context, const char *line), void *context)
{
    popgx_err_t err;
    report_t report = {.tell = say, .context = context};
    stored_t *stored = NULL;
    seal_t seal;

    TRY(h5_check(path));
    if (seal_verify(path, &seal) != POPGX_OK) {
        broken(&report);
        if (seal_read(path, &seal) == POPGX_OK) search(&report, path, 0);
    } else {
        TRY(stored_open_alone(path, &stored));
        tell(&report, "%s: %llu bytes: as they were sealed", path, (unsigned long long)seal.n_bytes);
        verify_shards(&report, path, stored);
    }
    if (report.n_broken > 0) err = FAIL(IO, "%s: is broken: see the lines above", path);
out:
    stored_close(stored);
    return err;
}
