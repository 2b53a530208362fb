/* Stored trajectories in the place of the engine: run_simulate over a complete run, block by block, on all ranks and threads. */
#ifndef POPGX_STORE_REPLAY_H
#define POPGX_STORE_REPLAY_H

#include "cluster/run.h"
#include "store/stored.h"

typedef struct {
    const stored_t *stored;
    const char *path;           /* of the run, for messages */
    block_range_t todo;         /* the run's blocks, or those of a part */
    bool *is_wanted;            /* [columns]: those of what happened */
} replay_t;

/**
 * Prepares a run of which everybody's trajectories are stored. `stored` and `path` are borrowed. replay_release frees it, also after a failure.
 *
 * @retval POPGX_E_INPUT  trajectories are not stored, or only those of a sample
 */
MUST_USE popgx_err_t replay_init(replay_t *replay, const stored_t *stored, const char *path);
void replay_release(replay_t *replay);

/** Fills the fields of `settings` that the stored run decides: patients, seed, block_people, task_blocks, todo, left_out and source. `replay` is borrowed. */
void replay_prepare(replay_t *replay, run_settings_t *settings);
#endif
