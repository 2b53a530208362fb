/* Rows and hashes of blocks. */
#include "store/blocks.h"

#include <stdlib.h>

popgx_err_t blocks_init(blocks_t *blocks, uint64_t n, int32_t n_row_sets)
{
    *blocks = (blocks_t){.n = n, .n_row_sets = n_row_sets};
    blocks->rows = calloc(n * (uint64_t)n_row_sets + 1, sizeof *blocks->rows);
    blocks->hash = calloc(n + 1, sizeof *blocks->hash);
    return blocks->rows && blocks->hash ? POPGX_OK : FAIL(NOMEM, "out of memory for %llu blocks", (unsigned long long)n);
}

void blocks_release(blocks_t *blocks)
{
    free(blocks->rows);
    free(blocks->hash);
    *blocks = (blocks_t){0};
}

uint64_t blocks_file_rows(const blocks_t *blocks, const columns_plan_t *plan, uint64_t first, uint64_t count, int32_t set)
{
    uint64_t rows = 0;

    for (uint64_t b = first; b < first + count; b++)
        rows += b + 1 < blocks->n ? blocks_padded_rows(blocks, plan, b, set) : blocks_rows(blocks, b)[set];
    return rows;
}
