/* What is in a run's file, part by part; docs/file-format.md is the contract. One process, one file at a time. */
#ifndef POPGX_STORE_LAYOUT_H
#define POPGX_STORE_LAYOUT_H

#include "store/blocks.h"
#include "store/h5.h"
#include "store/manifest.h"
#include "store/merge_pieces.h"
#include "store/store.h"

#define LAYOUT_FORMAT "popgx run"
#define LAYOUT_PART_FORMAT "popgx part"
#define LAYOUT_SHARD_FORMAT "popgx shard"
enum { LAYOUT_VERSION = 3 };

/** The root's attributes. */
MUST_USE popgx_err_t layout_provenance(h5_file_t *file, const model_t *model, const store_run_t *run, const manifest_t *manifest,
                                       const tally_t *tally, const run_report_t *report);

/** /model: the files it was read from, the names that indices refer to, and the compiled model. */
MUST_USE popgx_err_t layout_model(h5_file_t *file, const model_t *model, const store_run_t *run);

/** /psa */
MUST_USE popgx_err_t layout_psa(h5_file_t *file, const store_psa_t *stored);

/** /results */
MUST_USE popgx_err_t layout_results(h5_file_t *file, const tally_t *tally);

/** /results/subgroups, of a model with groupings. */
MUST_USE popgx_err_t layout_subgroups(h5_file_t *file, const tally_t *tally);
/** /results/report; nothing if the model asks for none. (layout_report.c) */
MUST_USE popgx_err_t layout_report(h5_file_t *file, const tally_t *tally);

/** /parts: what a merged run was merged from. */
MUST_USE popgx_err_t layout_parts(h5_file_t *file, const columns_plan_t *plan, const piece_t *pieces, size_t n);

/** The root's attributes of a shard. */
MUST_USE popgx_err_t layout_shard(h5_file_t *file, const manifest_t *manifest, block_range_t range);

/** /manifest: which file holds which blocks. */
MUST_USE popgx_err_t layout_manifest(h5_file_t *file, const manifest_shard_t *shards, size_t n);

/**
 * /people and /trajectories without their rows, and /blocks, for a range of blocks.
 *
 * @param shards  NULL: the columns are in this file, and `handles` [columns->n] receives them; else they are in these, [n_shards]
 */
MUST_USE popgx_err_t layout_columns(h5_file_t *file, const model_t *model, const columns_t *columns, const blocks_t *blocks,
                                    block_range_t range, const manifest_shard_t *shards, size_t n_shards, h5_column_t *handles);
#endif
