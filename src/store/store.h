/*
 * Runs on disk: HDF5 files that say everything about themselves. The only module that knows HDF5.
 * docs/file-format.md describes what is written.
 *
 * While a run goes on, each rank spools its blocks to a file of its own beside the output; at the end rank 0
 * assembles them in the order of patients, so the file is the same for any number of ranks and threads.
 * The output appears under its name only when it is complete: it is written to a temporary name, checked, synced and renamed.
 */
#ifndef POPGX_STORE_STORE_H
#define POPGX_STORE_STORE_H

#include "cluster/run.h"
#include "core/err.h"
#include "model/model.h"
#include "stats/tally.h"

/** A file that the model was read from. */
typedef struct {
    const char *path;           /* as the user or the model named it */
    const char *bytes;
    size_t n_bytes;
} store_source_t;

/** Provenance: everything needed to repeat the run and to know where it came from. Borrowed strings. */
typedef struct {
    const store_source_t *sources;  /* the model file first, then its tables */
    size_t n_sources;
    const char *command;        /* the command line */
    const char *isa;
    uint64_t patients, seed;
    int ranks, threads;
    double sample;              /* share of people whose trajectories are stored: 0 none .. 1 all */
} store_run_t;

typedef struct store store_t; /* owner */

/**
 * Collective. Claims `path` for a run.
 *
 * @retval POPGX_E_INPUT   the path cannot be that of an output: no name, in no folder, a folder, a device
 * @retval POPGX_E_EXISTS  something is there already and `force` is false
 * @retval POPGX_E_IO      the place cannot be written
 */
MUST_USE popgx_err_t store_create(const char *path, bool force, const model_t *model, const store_run_t *run, store_t **out);

/** Where run_simulate sends its blocks. Its `block` is NULL if nothing is to be stored. */
run_sink_t store_sink(store_t *store);

/** Collective. Writes everything and gives the file its name. On failure nothing is left behind under that name. */
MUST_USE popgx_err_t store_finish(store_t *store, const tally_t *tally, const run_report_t *report);

/** Collective. Frees `store`; without store_finish, removes what was spooled. NULL is allowed. */
void store_free(store_t *store);

/** What a stored run says about itself, for `popgx show`: the attributes and tables as one JSON text. The caller frees it. @retval POPGX_E_INPUT it is no run */
MUST_USE popgx_err_t store_describe(const char *path, char **json);
#endif
