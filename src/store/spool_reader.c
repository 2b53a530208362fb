/*
 * Reading spools. Owns an index of the records (a few bytes for each block of thousands of people and strategy) and
 * one buffer. Every record's hash is checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/spool.h"
#include "store/spool_record.h"

typedef struct {
    uint64_t first_id, offset;
    int32_t strategy, file;
} entry_t;

struct spool_reader {
    const model_t *model;
    const char *const *paths;
    int *fd;
    int n_files;
    entry_t *entries;
    size_t n_entries, entry_capacity;
    unsigned char *body;
    size_t body_capacity;
};

void spool_close(spool_reader_t *reader)
{
    if (!reader) return;
    for (int f = 0; f < reader->n_files; f++)
        if (reader->fd[f] >= 0) close(reader->fd[f]);
    free(reader->fd);
    free(reader->entries);
    free(reader->body);
    free(reader);
}

static popgx_err_t read_at(const spool_reader_t *reader, int file, void *bytes, size_t n, uint64_t at)
{
    unsigned char *to = bytes;

    while (n > 0) {
        ssize_t got = pread(reader->fd[file], to, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return FAIL(IO, "%s: %s", reader->paths[file], strerror(errno));
        if (got == 0) return FAIL(IO, "%s: ends in the middle of a record", reader->paths[file]);
        to += got;
        n -= (size_t)got;
        at += (size_t)got;
    }
    return POPGX_OK;
}

static popgx_err_t add_entry(spool_reader_t *reader, entry_t entry)
{
    if (reader->n_entries == reader->entry_capacity) {
        size_t capacity = reader->entry_capacity ? 2 * reader->entry_capacity : 1024;
        entry_t *grown = realloc(reader->entries, capacity * sizeof *grown);
        if (!grown) return FAIL(NOMEM, "out of memory for the index of %zu records", capacity);
        reader->entries = grown;
        reader->entry_capacity = capacity;
    }
    reader->entries[reader->n_entries++] = entry;
    return POPGX_OK;
}

static popgx_err_t index_file(spool_reader_t *reader, int file)
{
    popgx_err_t err = POPGX_OK;
    struct stat status;
    record_header_t header;

    reader->fd[file] = open(reader->paths[file], O_RDONLY | O_CLOEXEC);
    if (reader->fd[file] < 0 || fstat(reader->fd[file], &status) != 0)
        return FAIL(IO, "%s: %s (all ranks and rank 0 must share the file system of the output)", reader->paths[file],
                    strerror(errno));
    for (uint64_t at = 0; at < (uint64_t)status.st_size; at += sizeof header + header.n_bytes) {
        TRY(read_at(reader, file, &header, sizeof header, at));
        if (header.magic != RECORD_MAGIC) TRY(FAIL(IO, "%s: damaged at byte %llu", reader->paths[file], (unsigned long long)at));
        TRY(add_entry(reader, (entry_t){.first_id = header.first_id, .offset = at, .strategy = (int32_t)header.strategy,
                                        .file = file}));
    }
out:
    return err;
}

static int by_block_and_strategy(const void *a, const void *b)
{
    const entry_t *x = a, *y = b;

    if (x->first_id != y->first_id) return x->first_id < y->first_id ? -1 : 1;
    return x->strategy - y->strategy;
}

popgx_err_t spool_open(const char *const *paths, int n, const model_t *model, spool_reader_t **out)
{
    popgx_err_t err = POPGX_OK;
    spool_reader_t *reader = calloc(1, sizeof *reader);

    if (!reader) return FAIL(NOMEM, "out of memory for reading what was spooled");
    reader->model = model;
    reader->paths = paths;
    reader->fd = malloc((size_t)n * sizeof *reader->fd);
    if (!reader->fd) TRY(FAIL(NOMEM, "out of memory for reading what was spooled"));
    reader->n_files = n;
    for (int f = 0; f < n; f++) reader->fd[f] = -1;
    for (int f = 0; f < n; f++) TRY(index_file(reader, f));
    if (reader->n_entries > 0) qsort(reader->entries, reader->n_entries, sizeof *reader->entries, by_block_and_strategy);
    *out = reader;
    return POPGX_OK;
out:
    spool_close(reader);
    return err;
}

size_t spool_records(const spool_reader_t *reader) { return reader->n_entries; }

popgx_err_t spool_read(spool_reader_t *reader, size_t i, spool_block_t *block)
{
    popgx_err_t err;
    const entry_t *entry = &reader->entries[i];
    const char *path = reader->paths[entry->file];
    record_header_t header;
    record_columns_t at = {0};

    TRY(read_at(reader, entry->file, &header, sizeof header, entry->offset));
    if (header.n_bytes > reader->body_capacity) {
        free(reader->body);
        reader->body = malloc(header.n_bytes);
        reader->body_capacity = reader->body ? header.n_bytes : 0;
        if (!reader->body) TRY(FAIL(NOMEM, "%s: out of memory for a record of %llu bytes", path,
                                    (unsigned long long)header.n_bytes));
    }
    TRY(read_at(reader, entry->file, reader->body, header.n_bytes, entry->offset + sizeof header));
    if (XXH3_64bits(reader->body, header.n_bytes) != header.hash ||
        record_layout(reader->model, &header, reader->body, &at) != header.n_bytes)
        TRY(FAIL(IO, "%s: the record at byte %llu is damaged", path, (unsigned long long)entry->offset));
    *block = (spool_block_t){
        .first_id = header.first_id, .strategy = (int32_t)header.strategy, .n = header.n, .n_events = header.n_events,
        .patient = at.patient, .number = at.number, .count = at.count, .died = at.died, .minute = at.minute,
        .moment = at.moment, .diplotype = at.diplotype, .level = at.level,
    };
out:
    return err;
}
