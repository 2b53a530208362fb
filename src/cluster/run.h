/*
 * The whole run: blocks over ranks and threads; each block's people are drawn, live under every
 * strategy, are billed and tallied; tallies are added up exactly.
 */
#ifndef POPGX_CLUSTER_RUN_H
#define POPGX_CLUSTER_RUN_H

#include "cluster/cluster.h"
#include "cohort/cohort.h"
#include "ledger/trajectory.h"
#include "model/model.h"
#include "stats/tally.h"

enum { RUN_BLOCK_PEOPLE = 2048 }; /* the checksum does not depend on it */

/**
 * Receives every block's people and trajectories. Called by many threads at once, for different blocks;
 * strategies of one block come in order, from one thread. Not called if NULL.
 */
typedef struct {
    void *context;
    popgx_err_t (*block)(void *context, uint64_t block, int32_t strategy, const cohort_view_t *people,
                         const trajectory_t *trajectory);
} run_sink_t;

typedef struct {
    uint64_t patients;          /* >= 1 */
    uint64_t seed;
    int threads;                /* per rank, >= 1 */
    uint64_t block_people;      /* 0: RUN_BLOCK_PEOPLE */
    bool reverse_blocks;        /* hand them out from the last to the first: only the tests want this */
    run_sink_t sink;
    /** Called now and then by one thread of rank 0 with the share of blocks handed out, [0, 1]; may be NULL. */
    void (*progress)(void *context, double share);
    void *progress_context;
} run_settings_t;

typedef struct {
    uint64_t n_fired;           /* timed events in all strategies, all ranks */
    double seconds;             /* wall time of the run on rank 0 */
} run_report_t;

/** Collective. On every rank `tally` (tally_init was called) receives the sums of all ranks. */
MUST_USE popgx_err_t run_simulate(const model_t *model, const run_settings_t *settings, tally_t *tally, run_report_t *report);
#endif
