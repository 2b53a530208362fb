/* What is known of each part that is merged, and whether together they are the whole. */
#ifndef POPGX_STORE_MERGE_PIECES_H
#define POPGX_STORE_MERGE_PIECES_H

#include "store/manifest.h"

typedef struct {
    const char *path;           /* borrowed */
    uint64_t part, parts;       /* 3 of 8; 0 of 0: a whole run */
    block_range_t blocks;
    block_range_t draws;        /* from 1 on */
    unsigned char run_id[JOURNAL_RUN_ID_BYTES];
    char *created, *command;
} piece_t;

MUST_USE popgx_err_t piece_keep_texts(piece_t *piece, const manifest_t *manifest);
void pieces_free(piece_t *pieces, size_t n); /* NULL is allowed */

/** Sorts the pieces by their blocks. @retval POPGX_E_INPUT  some patients or draws are in none, or in two: the message names them */
MUST_USE popgx_err_t pieces_check(piece_t *pieces, size_t n, const columns_plan_t *plan, uint64_t n_draws);

/** The id of the run that they make: other parts make another one. */
void pieces_run_id(const piece_t *pieces, size_t n, unsigned char id[JOURNAL_RUN_ID_BYTES]);
#endif
