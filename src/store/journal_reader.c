/*
 * Reading journals. Nothing in them is believed: sizes are compared with what is there before anything is allocated or
 * followed, and a record whose hash is wrong ends the journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/journal_format.h"

/* Sizes of the parts of a body; false if they do not add up to it. */
static bool is_consistent(const record_header_t *header)
{
    const uint64_t head = header->n_ranges * (uint64_t)sizeof(block_range_t) + header->n_row_sets * (uint64_t)sizeof(uint64_t)
                          + header->n_streams * (uint64_t)sizeof(uint32_t) + header->sums_bytes;

    return header->magic == RECORD_MAGIC && header->n_ranges > 0 && header->body_bytes % RECORD_ALIGNMENT == 0
           && head <= header->body_bytes && header->sums_bytes >= header->n_sums;
}

static popgx_err_t reserve(journal_buffer_t *buffer, size_t n)
{
    if (n <= buffer->capacity) return POPGX_OK;
    free(buffer->bytes);
    buffer->bytes = malloc(n);
    buffer->capacity = buffer->bytes ? n : 0;
    return buffer->bytes ? POPGX_OK : FAIL(NOMEM, "out of memory for a record of %zu bytes", n);
}

void journal_buffer_release(journal_buffer_t *buffer)
{
    free(buffer->bytes);
    *buffer = (journal_buffer_t){0};
}

static bool is_intact(const record_header_t *header, const unsigned char *body)
{
    const XXH128_hash_t hash = journal_record_hash(header, body);

    return hash.low64 == header->hash[0] && hash.high64 == header->hash[1];
}

/* What the header says, and the ranges and rows at the beginning of the body. */
static journal_record_t find_head(const record_header_t *header, const unsigned char *body)
{
    journal_record_t record = {.draw = header->draw, .n_fired = header->n_fired, .n_ranges = header->n_ranges, .n_sums = header->n_sums,
                               .n_row_sets = header->n_row_sets, .n_streams = header->n_streams,
                               .block_hash = {header->block_hash[0], header->block_hash[1]}};

    record.ranges = (const block_range_t *)(const void *)body;
    record.rows = (const uint64_t *)(record.ranges + header->n_ranges);
    return record;
}

/* Finds the parts of a checked body. False if the streams do not fill it. */
static bool find_parts(const record_header_t *header, const unsigned char *body, journal_record_t *record, const unsigned char **sums)
{
    uint64_t n_bytes = 0;

    *record = find_head(header, body);
    record->stream_bytes = (const uint32_t *)(record->rows + header->n_row_sets);
    *sums = (const unsigned char *)(record->stream_bytes + header->n_streams);
    const size_t head = padded_bytes((size_t)(*sums - body) + header->sums_bytes);
    record->streams = body + head;
    for (uint32_t i = 0; i < header->n_streams; i++) n_bytes += record->stream_bytes[i];
    return head + padded_bytes(n_bytes) == header->body_bytes;
}

static bool unpack_sums(const unsigned char *at, size_t n_bytes, exact_sum_t *sums, uint32_t n_sums)
{
    __extension__ typedef unsigned __int128 wide_t;
    const unsigned char *end = at + n_bytes;

    for (uint32_t i = 0; i < n_sums; i++) {
        wide_t zigzag = 0;
        for (unsigned shift = 0;; shift += 7) {
            if (at == end || shift > 126) return false;
            zigzag |= (wide_t)(*at & 127) << shift;
            if (*at++ < 128) break;
        }
        sums[i] = (exact_sum_t)(zigzag >> 1) ^ -(exact_sum_t)(zigzag & 1);
    }
    return at == end;
}

/* ---- scanning ---- */

typedef struct {
    const char *path;
    int fd;
    uint64_t size;
    journal_buffer_t buffer, sums;
} scan_t;

/* One record at `at`. *is_valid false: the journal ends here. */
static popgx_err_t scan_record(scan_t *scan, uint64_t at, bool is_whole, journal_entry_t *entry, journal_record_t *record, bool *is_valid)
{
    popgx_err_t err = POPGX_OK;
    record_header_t header;
    const unsigned char *sums;

    *is_valid = false;
    if (scan->size - at < sizeof header) return POPGX_OK;
    TRY(disk_read(scan->path, scan->fd, &header, sizeof header, at));
    if (!is_consistent(&header) || header.body_bytes > scan->size - at - sizeof header) return POPGX_OK;
    const size_t head = header.n_ranges * sizeof(block_range_t) + header.n_row_sets * sizeof(uint64_t);
    TRY(reserve(&scan->buffer, is_whole ? header.body_bytes : head));
    TRY(disk_read(scan->path, scan->fd, scan->buffer.bytes, is_whole ? header.body_bytes : head, at + sizeof header));
    *entry = (journal_entry_t){.offset = at, .n_bytes = sizeof header + header.body_bytes, .file = entry->file};
    if (is_whole) {
        if (!is_intact(&header, scan->buffer.bytes) || !find_parts(&header, scan->buffer.bytes, record, &sums)) return POPGX_OK;
        TRY(reserve(&scan->sums, header.n_sums * sizeof(exact_sum_t) + 1));
        record->sums = (const exact_sum_t *)(const void *)scan->sums.bytes;
        if (!unpack_sums(sums, header.sums_bytes, (exact_sum_t *)(void *)scan->sums.bytes, header.n_sums)) return POPGX_OK;
    } else {
        *record = find_head(&header, scan->buffer.bytes);
    }
    entry->first_block = record->ranges[0].first;
    *is_valid = true;
out:
    return err;
}

/* *is_ours false: there is no whole header, or it is of another run, which *is_foreign tells. */
static popgx_err_t scan_header(scan_t *scan, const unsigned char *run_id, bool *is_ours, bool *is_foreign)
{
    popgx_err_t err = POPGX_OK;
    journal_header_t header;

    *is_ours = *is_foreign = false;
    if (scan->size < sizeof header) return POPGX_OK;
    TRY(disk_read(scan->path, scan->fd, &header, sizeof header, 0));
    if (header.magic != JOURNAL_MAGIC || header.hash != journal_header_hash(&header)) return POPGX_OK;
    *is_ours = memcmp(header.run_id, run_id, JOURNAL_RUN_ID_BYTES) == 0;
    *is_foreign = !*is_ours;
out:
    return err;
}

popgx_err_t journal_scan(const char *path, const unsigned char run_id[JOURNAL_RUN_ID_BYTES], uint32_t file, bool is_whole,
                         journal_visit_t *visit, void *context, uint64_t *valid_bytes, bool *is_foreign)
{
    popgx_err_t err = POPGX_OK;
    scan_t scan = {.path = path, .fd = -1};
    bool is_valid;

    *valid_bytes = 0;
    TRY(disk_open(path, &scan.fd, &scan.size));
    TRY(scan_header(&scan, run_id, &is_valid, is_foreign));
    uint64_t at = sizeof(journal_header_t);
    if (is_valid) *valid_bytes = at;
    while (is_valid) {
        journal_entry_t entry = {.file = file};
        journal_record_t record;
        TRY(scan_record(&scan, at, is_whole, &entry, &record, &is_valid));
        if (!is_valid) break;
        TRY(visit(context, &entry, &record));
        at += entry.n_bytes;
        *valid_bytes = at;
    }
out:
    if (scan.fd >= 0) close(scan.fd);
    journal_buffer_release(&scan.buffer);
    journal_buffer_release(&scan.sums);
    return err;
}

bool journal_is_alive(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_alive = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    if (fd >= 0) close(fd);
    return is_alive;
}

popgx_err_t journal_read(const char *path, int fd, const journal_entry_t *entry, journal_buffer_t *buffer, journal_record_t *record)
{
    popgx_err_t err;
    record_header_t header;
    const unsigned char *sums;

    TRY(disk_read(path, fd, &header, sizeof header, entry->offset));
    if (!is_consistent(&header) || header.body_bytes != entry->n_bytes - sizeof header)
        TRY(FAIL(IO, "%s: the record at byte %llu is damaged", path, (unsigned long long)entry->offset));
    TRY(reserve(buffer, header.body_bytes));
    TRY(disk_read(path, fd, buffer->bytes, header.body_bytes, entry->offset + sizeof header));
    if (!is_intact(&header, buffer->bytes) || !find_parts(&header, buffer->bytes, record, &sums))
        TRY(FAIL(IO, "%s: the record at byte %llu is damaged", path, (unsigned long long)entry->offset));
out:
    return err;
}
