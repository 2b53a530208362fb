/*
 * The blocks of a run on their way to the store: each rank appends records to one file of its own, in whatever order its
 * threads finish them, and rank 0 reads them all in the order of patients.
 *
 * A record holds what one block lived through under one strategy, person by person; that of strategy 0 holds who they
 * are as well. Only people in the sample are kept.
 */
#ifndef POPGX_STORE_SPOOL_H
#define POPGX_STORE_SPOOL_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "ledger/trajectory.h"
#include "model/model.h"

/** One record. Borrowed columns. Those of people are NULL unless `strategy` is 0. */
typedef struct {
    uint64_t first_id;          /* of the block: the records' order */
    int32_t strategy;
    size_t n, n_events;         /* people of the sample, and what happened to them */
    const uint64_t *patient;    /* [n]: ids */
    const double *number;       /* [n_numbers][n]: times in minutes */
    const int32_t *count;       /* [n]: events of each person */
    const uint8_t *died;        /* [n]: 1: in the minute of the person's last event; 0: alive at the horizon */
    const int32_t *minute;      /* [n_events] */
    const void *moment;         /* [n_events], of spool_moment_bytes each */
    const uint16_t *diplotype;  /* [n_genes][n]: as in cohort_view_t */
    const uint8_t *level;       /* [n_attributes][n] */
} spool_block_t;

/** Bytes of a moment's number: 1 or 2. */
size_t spool_moment_bytes(const model_t *model);

/* ---- writing: one per rank ---- */

typedef struct spool spool_t; /* owner */

/**
 * Creates the file at `path`, which must not exist.
 *
 * @param sample  share of people to keep, (0, 1]
 */
MUST_USE popgx_err_t spool_create(const char *path, const model_t *model, double sample, spool_t **out);

/** Appends a record. Safe from several threads. Strategies of a block come from one thread. */
MUST_USE popgx_err_t spool_append(spool_t *spool, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory);

/** How many records the file holds. */
uint64_t spool_written(const spool_t *spool);

/** Syncs the file to the disk, for another host to read. */
MUST_USE popgx_err_t spool_sync(spool_t *spool);

/** Closes the file and leaves it there. NULL is allowed. */
void spool_free(spool_t *spool);

/* ---- reading: all ranks' files at once ---- */

typedef struct spool_reader spool_reader_t; /* owner */

/** Opens `n` spools and finds their records. `paths` are borrowed until the reader is freed. */
MUST_USE popgx_err_t spool_open(const char *const *paths, int n, const model_t *model, spool_reader_t **out);
void spool_close(spool_reader_t *reader);

size_t spool_records(const spool_reader_t *reader);

/**
 * Record `i` in the order of (first_id, strategy).
 *
 * @param[out] block     valid until the next call
 * @retval POPGX_E_IO    the record is damaged
 */
MUST_USE popgx_err_t spool_read(spool_reader_t *reader, size_t i, spool_block_t *block);
#endif
