/* The blocks of a run in memory: how many rows each has, where they are in files, and what they hash to. */
#ifndef POPGX_STORE_BLOCKS_H
#define POPGX_STORE_BLOCKS_H

#include "store/columns.h"
#include "store/journal.h"

typedef struct {
    uint64_t n;
    int32_t n_row_sets;
    uint64_t *rows;         /* [n][n_row_sets] */
    XXH128_hash_t *hash;    /* [n] */
} blocks_t;

MUST_USE popgx_err_t blocks_init(blocks_t *blocks, uint64_t n, int32_t n_row_sets);
void blocks_release(blocks_t *blocks);

static inline const uint64_t *blocks_rows(const blocks_t *blocks, uint64_t block)
{
    return blocks->rows + block * (uint64_t)blocks->n_row_sets;
}

/** Rows of whole chunks that a block takes in the columns of a row set. */
static inline uint64_t blocks_padded_rows(const blocks_t *blocks, const columns_plan_t *plan, uint64_t block, int32_t set)
{
    const uint64_t chunk = plan->chunk_rows[set];
    return (blocks_rows(blocks, block)[set] + chunk - 1) / chunk * chunk;
}

/** Rows of the columns of a row set in a file of blocks first .. first + count - 1: without padding behind the last block of the run. */
uint64_t blocks_file_rows(const blocks_t *blocks, const columns_plan_t *plan, uint64_t first, uint64_t count, int32_t set);
#endif
