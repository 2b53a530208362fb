/*
 * Journals: while a run goes on, each rank appends what is finished to one file of its own in RUN.h5.d/. A record stands for
 * blocks that need never be simulated again: what they add to the sums, and their compressed chunks if trajectories are
 * stored. A record counts once it is whole: its hash covers all of it, and recovery ends a journal at the last valid record.
 *
 * A journal begins with journal_header_t; records follow, each a record_header_t and its body:
 *
 *     block_range_t ranges[n_ranges]     blocks, [first, first + count)
 *     uint64_t rows[n_row_sets]          only with trajectories, and then of exactly one block
 *     uint32_t stream_bytes[n_streams]   chunks in the order of columns_t, within a column in the order of rows
 *     sums                               n_sums of them: zigzag, then 7 bits a byte, the lowest first, bit 7: more follow
 *     zeros, to a multiple of 8
 *     streams                            zlib, as HDF5 has them
 *     zeros, to a multiple of 8
 *
 * Numbers are in the byte order of the machine; a journal never leaves the kind of machine that wrote it.
 */
#ifndef POPGX_STORE_JOURNAL_H
#define POPGX_STORE_JOURNAL_H

#include <stdbool.h>
#include <xxhash.h>

#include "cluster/cluster.h"
#include "core/err.h"
#include "core/exact.h"

enum { JOURNAL_RUN_ID_BYTES = 16 };

typedef struct {
    uint64_t magic;                         /* JOURNAL_MAGIC */
    unsigned char run_id[JOURNAL_RUN_ID_BYTES]; /* of the run it belongs to: see manifest.h */
    uint64_t session, rank;                 /* how often the run had been resumed, and who wrote */
    uint64_t hash;                          /* XXH3-64 of the bytes before */
} journal_header_t;

typedef struct {
    uint64_t magic;                         /* RECORD_MAGIC */
    uint64_t body_bytes;                    /* behind this header */
    uint64_t n_fired;                       /* timed events of the blocks */
    uint32_t draw, n_ranges;
    uint32_t n_row_sets, n_streams;         /* 0 without trajectories */
    uint32_t n_sums, sums_bytes;
    uint64_t block_hash[2];                 /* low and high half of journal_block_hash; 0 without trajectories */
    uint64_t hash[2];                       /* XXH3-128 of the body, seeded with XXH3-64 of this header up to here */
} record_header_t;

/** A record to be written, or one that was read: then the arrays are in the reader's buffer. */
typedef struct {
    uint32_t draw;
    uint64_t n_fired;
    const block_range_t *ranges;            /* [n_ranges] */
    const exact_sum_t *sums;                /* [n_sums] */
    const uint64_t *rows;                   /* [n_row_sets] */
    const uint32_t *stream_bytes;           /* [n_streams] */
    const unsigned char *streams;           /* one after the other */
    uint32_t n_ranges, n_sums, n_row_sets, n_streams;
    XXH128_hash_t block_hash;               /* filled by the reader */
} journal_record_t;

/** XXH3-128 of rows, sizes and streams of a block: the same wherever the block is. It is the `hash` of docs/file-format.md. */
XXH128_hash_t journal_block_hash(const uint64_t *rows, uint32_t n_row_sets, const uint32_t *stream_bytes, uint32_t n_streams,
                                 const unsigned char *streams);

/* ---- writing: one per rank ---- */

typedef struct journal journal_t; /* owner */

/** Creates the file at `path`, which must not exist, and its header. */
MUST_USE popgx_err_t journal_create(const char *path, const journal_header_t *header, journal_t **out);

/** Bytes of `scratch` that journal_append needs for a record. */
size_t journal_scratch_bytes(const journal_record_t *record);

/**
 * Appends a record. Safe from several threads. Syncs the file if that has not been done for 30 s or 256 MiB. After a failure
 * the journal ends where it ended before, if the disk allows it, and takes no more.
 */
MUST_USE popgx_err_t journal_append(journal_t *journal, const journal_record_t *record, void *scratch);

/** What was appended is on the disk. */
MUST_USE popgx_err_t journal_sync(journal_t *journal);

uint64_t journal_bytes(const journal_t *journal);

/** Closes the file and leaves it there. NULL is allowed. */
void journal_free(journal_t *journal);

/* ---- reading ---- */

/** Where a record is, and what must be known of it to plan with it. */
typedef struct {
    uint64_t first_block;                   /* of its only range, or of the first one */
    uint64_t offset, n_bytes;               /* of the record in its file, header included */
    uint32_t file;                          /* which journal: for the caller */
} journal_entry_t;

/** Entry and record are valid during the call; an error ends the scan. */
typedef popgx_err_t journal_visit_t(void *context, const journal_entry_t *entry, const journal_record_t *record);

/**
 * Reads a journal from its beginning to the last valid record, which need not be its end, and calls `visit` for each record.
 *
 * @param file              for the entries
 * @param is_whole          records are read and checked as a whole; false: only ranges and rows, which is quick: for
 *                          journals that were scanned as a whole before
 * @param[out] valid_bytes  what counts of the file; 0 if not even the header is whole
 * @param[out] is_foreign   the header is valid, but of another run: nothing else is read
 */
MUST_USE popgx_err_t journal_scan(const char *path, const unsigned char run_id[JOURNAL_RUN_ID_BYTES], uint32_t file, bool is_whole,
                                  journal_visit_t *visit, void *context, uint64_t *valid_bytes, bool *is_foreign);

/** Whether the process that writes it still lives, as far as the file system's locks tell. */
bool journal_is_alive(const char *path);

/** A buffer that grows with the records read into it. */
typedef struct {
    unsigned char *bytes;
    size_t capacity;
} journal_buffer_t;

void journal_buffer_release(journal_buffer_t *buffer);

/** Reads one record and checks it. Its sums are not unpacked: `sums` is NULL. @retval POPGX_E_IO  it is damaged or not there */
MUST_USE popgx_err_t journal_read(const char *path, int fd, const journal_entry_t *entry, journal_buffer_t *buffer,
                                  journal_record_t *record);
#endif
