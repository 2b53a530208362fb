/*
 * Runs on disk: HDF5 files that say everything about themselves. The only module that knows HDF5.
 * docs/file-format.md describes what is written; stored.h reads it.
 *
 * While a run goes on, each rank appends finished blocks to a journal of its own in RUN.h5.d/ (journal.h). At the end the
 * journals become RUN.h5 in the order of patients, or RUN.h5 and shards in RUN.h5.d/: chunks are copied as they are, so the
 * data are the same for any number of ranks and threads and after any interruption. The output appears under its
 * name only when it is complete: written to a temporary name, checked, synced, sealed and renamed. All ranks must share
 * the file system of the output.
 */
#ifndef POPGX_STORE_STORE_H
#define POPGX_STORE_STORE_H

#include "cluster/run.h"
#include "core/err.h"
#include "model/model.h"
#include "stats/tally.h"
#include "store/answer.h"
#include "store/codec.h"

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
    uint64_t patients, seed;    /* patients: of the whole run */
    const char *until;          /* what decides on the number of patients while the run goes on: see store_grow. NULL: nothing does */
    uint64_t part, parts;       /* part 3 of 8: what is simulated is a share of it, see store_state; parts 0: all of it */
    int ranks, threads;
    uint64_t draws, draw_patients; /* of the parameters, and people of each (0: a pilot decides); draws 0: none */
    const char *design;         /* how draws are spread; NULL if there are none */
    double sample;              /* share of people whose trajectories are stored: 0 none .. 1 all */
    codec_t codec;              /* of their chunks */
    uint64_t block_people;      /* people simulated at a time: 0: RUN_BLOCK_PEOPLE */
    uint64_t shards;            /* files for the trajectories; 1: in the output itself; 0: one for each 4 GiB, at most one a rank */
    bool is_space_ignored;      /* begin also if the disk seems too small */
    bool (*is_stop_wanted)(void *context); /* asked while the output is put together, on every rank; may be NULL */
    void *stop_context;
    const store_psa_t *psa;     /* the draws, filled before store_finish; NULL: there are none */
} store_run_t;

typedef enum {
    STORE_NEW,                  /* there must be nothing */
    STORE_REPLACE,              /* what is there is given up: an unfinished run at once, a complete one when the new one is complete */
    STORE_RESUME                /* go on with what is there; begin if there is nothing */
} store_mode_t;

enum { STORE_MOST_SHARDS = 256 };

typedef struct store store_t; /* owner */

/**
 * Collective. Claims `path` for a run, plans its blocks and, to resume, finds out which of them are done.
 *
 * A resumed run with `until` has as many patients as it had when it was interrupted: store_state tells.
 *
 * @retval POPGX_E_INPUT   the path cannot be that of an output; there is nothing for this part of the run to do; or what would be resumed is another run: the message says
 *                         which of model, tables, strategies, seed, patients, trajectories and version differs
 * @retval POPGX_E_EXISTS  something is there already, or another process is writing it
 * @retval POPGX_E_IO      the place cannot be written, a journal cannot be read, or the disk is too small
 */
MUST_USE popgx_err_t store_create(const char *path, store_mode_t mode, const model_t *model, const store_run_t *run, store_t **out);

/** What there is to do, and what the disk must hold. The same on all ranks. */
typedef struct {
    bool is_complete;           /* STORE_RESUME found a complete run of the same kind: nothing is left to do but to look at it */
    uint64_t n_blocks, n_done;  /* n_done > 0: resumed */
    uint64_t first_patient, n_patients; /* of the run, or of this part of it */
    uint64_t task_patients;     /* that a thread simulates before it keeps them */
    uint64_t predicted_bytes;   /* of the complete run; journals need as much again until it is */
} store_state_t;

store_state_t store_state(const store_t *store);

/**
 * Fills the fields of `settings` that the store decides: block_people, task_blocks, todo, left_out and sink, borrowed from the store.
 * Adds to `tally` what is done already: on each rank what it found.
 */
void store_prepare(store_t *store, run_settings_t *settings, tally_t *tally);

/** Collective. After run_simulate: what is finished is on the disk, and store_state counts it. */
MUST_USE popgx_err_t store_suspend(store_t *store);

/**
 * Collective. A run of which every patient is simulated shall have more, `patients` in all; store_prepare is to be called again, with a tally that holds
 * those before on one rank. The number so far must be whole blocks of RUN_BLOCK_PEOPLE.
 *
 * @retval POPGX_E_IO  the disk is too small for so many, or cannot be written
 */
MUST_USE popgx_err_t store_grow(store_t *store, uint64_t patients);

/**
 * Collective. Writes everything and gives the file its name. On failure nothing is there under that name (or still what was
 * there before), and the journals stay, so that the run can be resumed.
 *
 * @param report            of run_simulate; n_fired becomes that of the whole run
 * @retval POPGX_E_STOPPED  is_stop_wanted said so on some rank
 */
MUST_USE popgx_err_t store_finish(store_t *store, const tally_t *tally, run_report_t *report);

/** Bytes of the complete run: known on rank 0 after store_finish. */
uint64_t store_written_bytes(const store_t *store);

/** Collective. Frees `store`. A run that was not finished stays resumable if any block is done, unless `is_abandoned`. NULL is allowed. */
void store_free(store_t *store, bool is_abandoned);

/**
 * What a stored run says about itself, for `popgx show`: attributes and tables as one JSON text; of a run that goes on or
 * was interrupted, what is done and what is missing. The caller frees it.
 *
 * @retval POPGX_E_INPUT  it is not there, no HDF5 file, or a sealed one that is no run or of a later format
 * @retval POPGX_E_IO     it has no seal of popgx, as any other HDF5 file, or is damaged
 */
MUST_USE popgx_err_t store_describe(const char *path, char **json);

/**
 * Reads every byte of a run and compares it with its checksums.
 *
 * @param tell      is told every finding, one line each, and what was checked
 * @retval POPGX_E_INPUT  it is not there, no HDF5 file, or a sealed one that is no run
 * @retval POPGX_E_IO     something is broken; so is an HDF5 file without a seal of popgx
 */
MUST_USE popgx_err_t store_verify(const char *path, void (*tell)(void *context, const char *line), void *context);
#endif
