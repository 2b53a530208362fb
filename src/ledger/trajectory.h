/*
 * What happened to a block of people under one strategy: the only thing the ledger sees.
 *
 * Records come in runs: one moment that happened to several people of the block. The records of
 * one person are in the order in which they happened; those of different people may interleave in
 * any way, so the engine can write them step by step and a reader person by person, and the ledger
 * gives the same bits for both. No person occurs twice in one run.
 */
#ifndef POPGX_LEDGER_TRAJECTORY_H
#define POPGX_LEDGER_TRAJECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "model/model.h"

typedef struct {
    int32_t moment;
    int32_t count;          /* records, consecutive in `person` and `minute` */
    bool is_move;           /* the rest is told */
    int32_t left, entered;  /* states of the trajectory's process: everybody's before and after the moment; entered MODEL_NONE: dead */
    int64_t earlier;        /* how often the moment had happened to them before, all together */
} trajectory_run_t;

/** What one block can hold: 16,000 records for each of 4,096 people, at most 16 bytes each. */
#define TRAJECTORY_MOST_RECORDS ((size_t)1 << 26)

/** Grows as needed and is reused from block to block. Fields are for reading; write through the functions. */
typedef struct {
    size_t n_people;
    int32_t *end;           /* [n_people]: minute of death, or the horizon */
    size_t n_records, record_capacity;
    int32_t *person;        /* [n_records]: index within the block */
    int32_t *minute;        /* [n_records]: since the person's entry */
    size_t n_runs, run_capacity;
    trajectory_run_t *runs; /* [n_runs], in the order of the records */
    /*
     * The process of which the moves are told, or MODEL_NONE. All that happens to its people after minute 0 is told then, whatever
     * happens at minute 0 is not. It is told to spare the ledger work; a trajectory from a file is silent, and gives the same bits.
     */
    int32_t process;
    size_t people_capacity;
    size_t most_records;    /* TRAJECTORY_MOST_RECORDS after trajectory_init; a caller may set fewer */
    bool is_full;           /* a run was lost, for lack of memory or above most_records; trajectory_check reports it */
} trajectory_t;

void trajectory_init(trajectory_t *trajectory);
void trajectory_release(trajectory_t *trajectory);

/** Empties it for a block of `n_people`; `end` of each is set to `horizon`, and no moves are told. */
MUST_USE popgx_err_t trajectory_reset(trajectory_t *trajectory, size_t n_people, int32_t horizon);

/**
 * Makes room for `n` records, so that places which trajectory_append gives stay valid until so many are in it.
 *
 * @retval POPGX_E_NOMEM  there is no memory for them
 */
MUST_USE popgx_err_t trajectory_reserve(trajectory_t *trajectory, size_t n);

/**
 * Adds a run of `count` records of `moment` and returns where its people and minutes go, to be filled
 * by the caller before the next append. On lack of memory, or beyond most_records, is_full is set and the run is
 * dropped into a scratch area, so that the engine's loops need no error path; it may as well stop then.
 */
void trajectory_append(trajectory_t *trajectory, int32_t moment, int32_t count, int32_t **person, int32_t **minute);

/** The same, and tells what the run says about its people as a move. */
void trajectory_append_move(trajectory_t *trajectory, const trajectory_run_t *move, int32_t **person, int32_t **minute);

/**
 * @retval POPGX_E_NOMEM  a record was lost for lack of memory
 * @retval POPGX_E_RANGE  more happened than most_records: the message names what happened most often under `strategy`
 */
MUST_USE popgx_err_t trajectory_check(const trajectory_t *trajectory, const model_t *model, int32_t strategy);
#endif
