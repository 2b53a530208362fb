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
 * Receives what is simulated. A task is `task_blocks` consecutive blocks, the last one maybe fewer; one thread does a whole
 * task. Every thread opens a writer of its own, hands it the blocks of a task in order, each under every strategy in order,
 * then commits the task, and closes the writer at its end. All may be NULL: without `open` the writer is `context`.
 */
typedef struct {
    void *context;
    popgx_err_t (*open)(void *context, void **writer);
    popgx_err_t (*block)(void *writer, uint64_t block, int32_t strategy, const cohort_view_t *people,
                         const trajectory_t *trajectory);
    /** @param tally    the sums of this task alone  @param n_fired  its timed events */
    popgx_err_t (*commit)(void *writer, uint64_t task, const tally_t *tally, uint64_t n_fired);
    /** Called for every writer that was opened; `is_complete` is false after a failure of its thread. */
    popgx_err_t (*close)(void *writer, bool is_complete);
} run_sink_t;

/**
 * Where trajectories come from instead of the engine: what was simulated before. Every thread opens a reader of its own, asks it for the
 * trajectories of a block under every strategy in order, and closes it. Without `trajectory` people are simulated.
 */
typedef struct {
    void *context;
    popgx_err_t (*open)(void *context, void **reader);
    /** @param n_fired  incremented by the timed events among the records */
    popgx_err_t (*trajectory)(void *reader, const cohort_view_t *people, int32_t strategy, trajectory_t *out, uint64_t *n_fired);
    void (*close)(void *reader);
} run_source_t;

typedef struct {
    uint64_t patients;          /* >= 1 */
    uint64_t seed;
    int threads;                /* per rank, >= 1 */
    uint64_t block_people;      /* 0: RUN_BLOCK_PEOPLE */
    uint64_t task_blocks;       /* blocks of a task; 0: 1 */
    bool reverse_blocks;        /* hand tasks out from the last to the first: only the tests want this */
    const block_range_t *todo;  /* [n_todo]: the tasks to do, ascending; NULL: all. The same on all ranks */
    size_t n_todo;
    uint64_t left_out;          /* patients that are in no task to do and not in the tally either: of other parts of the run */
    run_sink_t sink;
    run_source_t source;
    /** Asked before every task by one thread of a rank at a time: true on any rank ends the run early; may be NULL. */
    bool (*is_stop_wanted)(void *context);
    void *stop_context;
    /** Called now and then by one thread of rank 0 with the share of blocks handed out, [0, 1]; may be NULL. */
    void (*progress)(void *context, double share);
    void *progress_context;
} run_settings_t;

typedef struct {
    uint64_t n_fired;           /* timed events in all strategies, all ranks */
    double seconds;             /* wall time of the run on rank 0 */
} run_report_t;

/** How many tasks a run of `patients` has, with blocks of `block_people` and tasks of `task_blocks` (0: as in run_settings_t). */
uint64_t run_tasks(uint64_t patients, uint64_t block_people, uint64_t task_blocks);

/**
 * Collective. On every rank `tally` (tally_init was called) receives the sums of all ranks, on top of those that were in it on
 * any rank: a resumed run begins with what the tasks that are not in `todo` added up to, on one rank.
 *
 * @retval POPGX_E_STOPPED  is_stop_wanted said so on some rank: tasks in hand were finished, or left if that would have taken long, others never
 *         begun. What was committed is whole; what `tally` holds is worth nothing
 */
MUST_USE popgx_err_t run_simulate(const model_t *model, const run_settings_t *settings, tally_t *tally, run_report_t *report);
#endif
