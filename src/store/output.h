/*
 * A complete run as files, wherever its blocks come from: journals (assemble.c) or complete runs (merge.c, pack.c). Blocks are copied
 * as they are in the order of patients, each checked on the way.
 */
#ifndef POPGX_STORE_OUTPUT_H
#define POPGX_STORE_OUTPUT_H

#include "store/blocks.h"
#include "store/claim.h"
#include "store/h5.h"
#include "store/manifest.h"
#include "store/merge_pieces.h"
#include "store/store.h"

typedef struct {
    const claim_t *claim;       /* taken by rank 0 */
    const model_t *model;
    const store_run_t *run;
    const manifest_t *manifest;
    const columns_t *columns;
    const blocks_t *blocks;     /* on the ranks that write */
    popgx_err_t (*read)(void *context, uint64_t block, journal_record_t *out); /* checked; valid until the next one */
    void *context;
    const piece_t *pieces;      /* [n_pieces]: that the run was merged from; 0: it was not */
    size_t n_pieces;
    const tally_t *tally;
    const run_report_t *report;
    size_t n_shards;            /* output_plan: 0: the trajectories are in the output itself */
    uint64_t n_bytes;           /* output_write, on rank 0: of all files */
} output_t;

/** Decides on the number of files. @param bytes  that the output will about have */
void output_plan(output_t *output, uint64_t bytes);

/** Whether this rank writes a file, and so needs `blocks` and `read`. */
bool output_is_writer(const output_t *output);

/** Collective. Makes everything under temporary names, and gives the output its name last: that is the moment when it is complete. */
MUST_USE popgx_err_t output_write(output_t *output);

/** /people, /trajectories and /blocks of a range of blocks, into a file. */
MUST_USE popgx_err_t output_rows(const output_t *output, block_range_t range, h5_file_t *file);
#endif
