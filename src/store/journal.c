/*
 * Writing journals. Records are appended under a lock, so that a journal is whole up to its end at any instant but one; what
 * a failed write left behind is cut off. Syncing goes on beside appending.
 *
 * Sums are written as zigzag numbers of 7 bits a byte: most of them are small, many are 0.
 */
#include "store/journal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/monotonic.h"
#include "store/disk.h"
#include "store/journal_format.h"

enum { SYNC_SECONDS = 30, SYNC_BYTES = 256 << 20 };

struct journal {
    char *path;
    int fd;
    pthread_mutex_t lock;
    uint64_t end;               /* under the lock, as all below */
    uint64_t end_at_sync;
    double last_sync;
    char broken[512];           /* why a write failed; every thread that comes after tells the same */
};

/* ---- format ---- */

XXH128_hash_t journal_block_hash(const uint64_t *rows, uint32_t n_row_sets, const uint32_t *stream_bytes, uint32_t n_streams,
                                 const unsigned char *streams)
{
    size_t n_bytes = 0;
    XXH128_hash_t of_rows = XXH3_128bits(rows, n_row_sets * sizeof *rows);
    XXH128_hash_t of_sizes = XXH3_128bits(stream_bytes, n_streams * sizeof *stream_bytes);

    for (uint32_t i = 0; i < n_streams; i++) n_bytes += stream_bytes[i];
    XXH128_hash_t of_streams = XXH3_128bits(streams, n_bytes);
    const uint64_t all[6] = {of_rows.low64, of_rows.high64, of_sizes.low64, of_sizes.high64, of_streams.low64, of_streams.high64};
    return XXH3_128bits(all, sizeof all);
}

uint64_t journal_header_hash(const journal_header_t *header) { return XXH3_64bits(header, offsetof(journal_header_t, hash)); }

XXH128_hash_t journal_record_hash(const record_header_t *header, const unsigned char *body)
{
    return XXH3_128bits_withSeed(body, header->body_bytes, XXH3_64bits(header, offsetof(record_header_t, hash)));
}

static unsigned char *put_sum(unsigned char *at, exact_sum_t sum)
{
    __extension__ typedef unsigned __int128 wide_t;
    wide_t zigzag = ((wide_t)sum << 1) ^ (sum < 0 ? ~(wide_t)0 : 0);

    for (; zigzag >= 128; zigzag >>= 7) *at++ = (unsigned char)(zigzag | 128);
    *at++ = (unsigned char)zigzag;
    return at;
}

/* ---- files ---- */

popgx_err_t journal_create(const char *path, const journal_header_t *header, journal_t **out)
{
    popgx_err_t err = POPGX_OK;
    journal_header_t whole = *header;
    journal_t *journal = calloc(1, sizeof *journal);

    if (!journal) return FAIL(NOMEM, "%s: out of memory", path);
    pthread_mutex_init(&journal->lock, NULL);
    journal->fd = -1;
    journal->path = strdup(path);
    if (!journal->path) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY(disk_create(path, &journal->fd));
    flock(journal->fd, LOCK_EX | LOCK_NB); /* tells those who would resume that its writer lives; not everywhere are there locks */
    whole.magic = JOURNAL_MAGIC;
    whole.hash = journal_header_hash(&whole);
    TRY(disk_write(path, journal->fd, &whole, sizeof whole, 0));
    journal->end = sizeof whole;
    TRY(disk_sync(path, journal->fd));
    TRY(disk_sync_folder_of(path));
    journal->end_at_sync = journal->end;
    journal->last_sync = monotonic_seconds();
    *out = journal;
    return POPGX_OK;
out:
    journal_free(journal);
    return err;
}

void journal_free(journal_t *journal)
{
    if (!journal) return;
    if (journal->fd >= 0) close(journal->fd);
    pthread_mutex_destroy(&journal->lock);
    free(journal->path);
    free(journal);
}

/* ---- records ---- */

size_t journal_scratch_bytes(const journal_record_t *record)
{
    return sizeof(record_header_t) + record->n_ranges * sizeof *record->ranges + record->n_row_sets * sizeof *record->rows
           + record->n_streams * sizeof *record->stream_bytes + record->n_sums * (size_t)SUM_MOST_BYTES + RECORD_ALIGNMENT;
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t n)
{
    if (n > 0) memcpy(at, bytes, n);
    return at + n;
}

/* Everything ahead of the streams; the header's hash is still to come. Returns the bytes. */
static size_t lay_out_head(const journal_record_t *record, size_t stream_bytes, unsigned char *scratch)
{
    unsigned char *at = scratch + sizeof(record_header_t);
    record_header_t header = {.magic = RECORD_MAGIC, .draw = record->draw, .n_fired = record->n_fired, .n_ranges = record->n_ranges,
                              .n_row_sets = record->n_row_sets, .n_streams = record->n_streams, .n_sums = record->n_sums};

    at = put(at, record->ranges, record->n_ranges * sizeof *record->ranges);
    at = put(at, record->rows, record->n_row_sets * sizeof *record->rows);
    at = put(at, record->stream_bytes, record->n_streams * sizeof *record->stream_bytes);
    unsigned char *sums = at;
    for (uint32_t i = 0; i < record->n_sums; i++) at = put_sum(at, record->sums[i]);
    header.sums_bytes = (uint32_t)(at - sums);
    while ((size_t)(at - scratch) % RECORD_ALIGNMENT) *at++ = 0;
    header.body_bytes = (uint64_t)(at - scratch) - sizeof header + padded_bytes(stream_bytes);
    if (record->n_row_sets > 0) {
        XXH128_hash_t hash = journal_block_hash(record->rows, record->n_row_sets, record->stream_bytes, record->n_streams, record->streams);
        header.block_hash[0] = hash.low64;
        header.block_hash[1] = hash.high64;
    }
    memcpy(scratch, &header, sizeof header);
    return (size_t)(at - scratch);
}

/* The hash of the body, which is in two pieces and padding. */
static popgx_err_t seal_head(unsigned char *scratch, size_t head_bytes, const unsigned char *streams, size_t n)
{
    static const unsigned char zeros[RECORD_ALIGNMENT];
    XXH3_state_t *state = XXH3_createState();
    record_header_t header;

    if (!state) return FAIL(NOMEM, "out of memory for a hash");
    memcpy(&header, scratch, sizeof header);
    XXH3_128bits_reset_withSeed(state, XXH3_64bits(&header, offsetof(record_header_t, hash)));
    XXH3_128bits_update(state, scratch + sizeof header, head_bytes - sizeof header);
    if (n > 0) XXH3_128bits_update(state, streams, n);
    XXH3_128bits_update(state, zeros, padded_bytes(n) - n);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    header.hash[0] = hash.low64;
    header.hash[1] = hash.high64;
    memcpy(scratch, &header, sizeof header);
    return POPGX_OK;
}

/* Under the lock. */
static popgx_err_t write_pieces(journal_t *journal, const unsigned char *head, size_t head_bytes, const unsigned char *streams, size_t n)
{
    static const unsigned char zeros[RECORD_ALIGNMENT];
    const uint64_t at = journal->end, behind = at + head_bytes + n;
    popgx_err_t err;

    if (*journal->broken) return FAIL(IO, "%s", journal->broken);
    TRY(disk_write(journal->path, journal->fd, head, head_bytes, at));
    TRY(disk_write(journal->path, journal->fd, streams, n, at + head_bytes));
    TRY(disk_write(journal->path, journal->fd, zeros, padded_bytes(n) - n, behind));
    journal->end = behind + padded_bytes(n) - n;
    return POPGX_OK;
out:
    snprintf(journal->broken, sizeof journal->broken, "%s", popgx_err_detail());
    if (ftruncate(journal->fd, (off_t)at) != 0) return err; /* recovery cuts it off as well */
    return err;
}

static bool is_due(const journal_t *journal)
{
    return journal->end - journal->end_at_sync >= SYNC_BYTES || monotonic_seconds() - journal->last_sync >= SYNC_SECONDS;
}

popgx_err_t journal_append(journal_t *journal, const journal_record_t *record, void *scratch)
{
    popgx_err_t err;
    size_t n = 0;

    for (uint32_t i = 0; i < record->n_streams; i++) n += record->stream_bytes[i];
    size_t head_bytes = lay_out_head(record, n, scratch);
    TRY(seal_head(scratch, head_bytes, record->streams, n));
    pthread_mutex_lock(&journal->lock);
    err = write_pieces(journal, scratch, head_bytes, record->streams, n);
    const bool syncs = !err && is_due(journal);
    if (syncs) {
        journal->end_at_sync = journal->end;
        journal->last_sync = monotonic_seconds();
    }
    pthread_mutex_unlock(&journal->lock);
    if (syncs) err = disk_sync(journal->path, journal->fd);
out:
    return err;
}

popgx_err_t journal_sync(journal_t *journal) { return disk_sync(journal->path, journal->fd); }

uint64_t journal_bytes(const journal_t *journal) { return journal->end; }
