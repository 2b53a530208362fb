/* What is in a run's file, part by part; docs/file-format.md is the contract. Rank 0 only. */
#ifndef POPGX_STORE_LAYOUT_H
#define POPGX_STORE_LAYOUT_H

#include "store/h5.h"
#include "store/spool.h"
#include "store/store.h"

#define LAYOUT_FORMAT "popgx run"
enum { LAYOUT_VERSION = 1 };

/** The root's attributes. */
MUST_USE popgx_err_t layout_provenance(h5_file_t *file, const model_t *model, const store_run_t *run, const tally_t *tally,
                                       const run_report_t *report);

/** /model: the files it was read from and the names that indices refer to. */
MUST_USE popgx_err_t layout_model(h5_file_t *file, const model_t *model, const store_run_t *run);

/** /results */
MUST_USE popgx_err_t layout_results(h5_file_t *file, const tally_t *tally);

/** /people and /trajectories, from all ranks' spools. */
MUST_USE popgx_err_t layout_people(h5_file_t *file, const model_t *model, const store_run_t *run, spool_reader_t *spools);

/**
 * Writes folder + "/" + name into `path`, with "/" , "%" and a leading "." of the name as %2F, %25, %2E: names are the
 * modeller's own words, and those three mean something to HDF5.
 *
 * @retval POPGX_E_INPUT  longer than `size`
 */
MUST_USE popgx_err_t layout_path(char *path, size_t size, const char *folder, const char *name);
#endif
