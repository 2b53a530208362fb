/*
 * Ranks: start, agree on errors, hand out blocks, add up exactly. The only module that knows MPI.
 *
 * Every function marked collective must be called by all ranks in the same order. A build without
 * MPI has one rank and the same functions.
 */
#ifndef POPGX_CLUSTER_CLUSTER_H
#define POPGX_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/exact.h"

/**
 * Collective. Starts MPI if this is an MPI build and the process was started by a launcher (mpirun, srun); else there is
 * one rank and MPI is not touched, since starting it alone is slow and noisy.
 *
 * @retval POPGX_E_CLUSTER  MPI does not start or lacks MPI_THREAD_MULTIPLE; or several ranks of a build without MPI
 */
MUST_USE popgx_err_t cluster_open(int *argc, char ***argv);

/** Collective. Ends what cluster_open started; safe without it. */
void cluster_close(void);

/** Ends all ranks at once with exit status `status`: the last resort, when ranks can no longer agree. */
_Noreturn void cluster_abort(int status);

int cluster_rank(void);
int cluster_ranks(void);
/** Ranks on this host: threads default to the cores divided by it. */
int cluster_local_ranks(void);

/** Collective. The worst error of all ranks, and on every rank the message of the lowest rank that has it. */
MUST_USE popgx_err_t cluster_agree(popgx_err_t mine);

/** Collective. Rank 0's bytes to all; on other ranks *bytes is allocated (the caller frees it) and *n_bytes is set. */
MUST_USE popgx_err_t cluster_broadcast(unsigned char **bytes, size_t *n_bytes);

/** Collective. Sums of all ranks, on every rank. */
MUST_USE popgx_err_t cluster_add(exact_sum_t *sums, size_t n);
MUST_USE popgx_err_t cluster_add_counts(uint64_t *counts, size_t n);
/** Collective. The largest value of all ranks, on every rank. */
MUST_USE popgx_err_t cluster_most(uint64_t *value);

/* ---- blocks ---- */

/** Consecutive blocks; count 0: there are no more. */
typedef struct {
    uint64_t first, count;
} block_range_t;

/** Piece `i` of 0 .. n - 1 cut into `pieces`: contiguous, as even as can be. n and pieces below 2^32. */
static inline block_range_t block_range_piece(uint64_t n, uint64_t pieces, uint64_t i)
{
    const uint64_t first = n * i / pieces, after = n * (i + 1) / pieces;
    return (block_range_t){first, after - first};
}

typedef struct block_source block_source_t; /* owner */

/**
 * Collective. Opens the distribution of blocks 0 .. n_blocks - 1.
 *
 * Guided: a request gets remaining / (4 ranks) blocks, at least `least` (the rank's threads). A helper thread on rank 0
 * answers, so rank 0 need not be idle.
 */
MUST_USE popgx_err_t blocks_open(uint64_t n_blocks, uint64_t least, block_source_t **out);

/** The next range of this rank. One thread at a time. Not collective. */
MUST_USE popgx_err_t blocks_next(block_source_t *source, block_range_t *range);

/** Asks that no more blocks be handed out to anybody. Safe from any thread of any rank. */
void blocks_stop(block_source_t *source);

/** Has anybody asked that? Learnt within milliseconds. Not concurrent with blocks_next on the same rank. */
bool blocks_is_stopped(block_source_t *source);

/** How many blocks blocks_next has given to all ranks; known on rank 0 only, 0 elsewhere. Safe from any thread. */
uint64_t blocks_taken(const block_source_t *source);

/** Collective. Waits until every rank has asked its last. */
void blocks_close(block_source_t *source);
#endif
