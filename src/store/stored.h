/*
 * Complete runs, for those who read them: aggregate, pack, merge, verify. Nothing is believed before it is checked: on
 * opening, that every file is there, is sealed as the manifest says and of this run; on reading a block, its hash. Never
 * reads through virtual datasets, and a reader has one shard open at a time, so the limit of open files matters to nobody.
 */
#ifndef POPGX_STORE_STORED_H
#define POPGX_STORE_STORED_H

#include "store/columns.h"
#include "store/manifest.h"

typedef struct stored stored_t; /* owner; not changed after stored_open, so threads may share it */

/**
 * Opens a run. Every rank may do it for itself.
 *
 * @retval POPGX_E_INPUT  it is not there, no HDF5 file, or a sealed one that is no run or of another format
 * @retval POPGX_E_IO     it has no seal of popgx, as any other HDF5 file; or a file of the run is missing, not sealed, damaged or of
 *                        another run: the message names it
 */
MUST_USE popgx_err_t stored_open(const char *path, stored_t **out);

/** The same without a look at the shards: for those who want to find out what is wrong with them. */
MUST_USE popgx_err_t stored_open_alone(const char *path, stored_t **out);

/** The same of a file whose seal is broken. HDF5 may crash on it: see verify.c. */
MUST_USE popgx_err_t stored_open_damaged(const char *path, stored_t **out);

/** Whether shard `i` is there, sealed as the manifest says, and of this run. @retval POPGX_E_IO  no */
MUST_USE popgx_err_t stored_check_shard(const stored_t *stored, size_t i);

void stored_close(stored_t *stored); /* NULL is allowed */

typedef struct {
    uint64_t n_fired;           /* timed events */
    uint64_t n_blocks;          /* of the whole run: a part holds columns_range of its plan */
    double seconds;             /* that the last session simulated */
    uint64_t ranks, threads;    /* of the last session, and its instruction set */
    char isa[16];
    char checksum[33];
} stored_facts_t;

const stored_facts_t *stored_facts(const stored_t *stored);
const manifest_t *stored_manifest(const stored_t *stored); /* seed, patients, sample, version, sources; what it was cut into */
const model_t *stored_model(const stored_t *stored);       /* as it was simulated */
const columns_t *stored_columns(const stored_t *stored);   /* none if no trajectories are stored */

/** Every exact sum of the run. `tally` was made by tally_init for stored_model (or one of the same layout). */
MUST_USE popgx_err_t stored_sums(const stored_t *stored, tally_t *tally);

/** The files that hold blocks: the run's own alone, or its shards. */
size_t stored_shards(const stored_t *stored);
const manifest_shard_t *stored_shard(const stored_t *stored, size_t i);
const char *stored_shard_path(const stored_t *stored, size_t i);

/** Bytes of all files of the run. */
uint64_t stored_bytes(const stored_t *stored);

/* ---- blocks ---- */

typedef struct stored_reader stored_reader_t; /* owner; one per thread: threads wait for each other only inside HDF5 */

MUST_USE popgx_err_t stored_reader_new(const stored_t *stored, stored_reader_t **out);
void stored_reader_free(stored_reader_t *reader); /* NULL is allowed */

/** People of one block, in the order of patients, and what happened to them; columns are valid until the next read. */
typedef struct {
    uint64_t first_patient, n_patients; /* of the block, stored or not */
    size_t n;                   /* people who are stored */
    const void *const *column;  /* [columns_t.n]: the block's rows of each column, without padding; NULL if it was not read */
    const uint64_t *rows;       /* [n_row_sets] */
} stored_block_t;

/**
 * Reads a block and checks its hash.
 *
 * @param is_wanted  [columns_t.n]: columns to be unpacked; NULL: all
 * @retval POPGX_E_IO  it is damaged: the message names file, block and patients
 */
MUST_USE popgx_err_t stored_read(stored_reader_t *reader, uint64_t block, const bool *is_wanted, stored_block_t *out);

/** The streams of a block as they are in the file, for copying it: rows, sizes and streams; checked. Valid until the next read. */
MUST_USE popgx_err_t stored_read_streams(stored_reader_t *reader, uint64_t block, journal_record_t *out);

/** Index of the column of this kind and `of`, or -1. */
int stored_find_column(const stored_t *stored, column_kind_t kind, int32_t of);
#endif
