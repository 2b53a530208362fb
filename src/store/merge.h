/* Parts of one run, made by the jobs of an array, become the run. */
#ifndef POPGX_STORE_MERGE_H
#define POPGX_STORE_MERGE_H

#include "store/store.h"

typedef struct {
    const char *const *paths;   /* [n]: in any order */
    size_t n;
    const char *output, *command;
    uint64_t shards;            /* as in store_run_t */
    bool is_forced;             /* replace the output; begin also if the disk seems too small */
} merge_request_t;

typedef struct {
    uint64_t patients, draws;   /* of the whole run */
    uint64_t n_bytes;           /* of all files; on rank 0 */
    char checksum[33];
} merge_report_t;

/**
 * Collective. Joins runs of disjoint patients and draws that together are one run, and writes that: the same results, draws, people and
 * trajectories, to the bytes of their chunks, as if it had been run at once. The parts stay as they are.
 *
 * @retval POPGX_E_INPUT   they are not parts of one run (the message names what differs), or not all of it, or some of it twice
 * @retval POPGX_E_EXISTS  the output is there already
 * @retval POPGX_E_IO      a part is damaged, or the output cannot be written
 */
MUST_USE popgx_err_t store_merge(const merge_request_t *request, merge_report_t *report);
#endif
