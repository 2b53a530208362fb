/*
 * What happened to the people of a stored block under one strategy, person by person, on its way to trajectories: looked at once
 * as a whole, then handed out in groups of people as runs, since the ledger works a run at a time.
 */
#ifndef POPGX_STORE_STRAND_H
#define POPGX_STORE_STRAND_H

#include "ledger/trajectory.h"
#include "model/model.h"

/** The columns of a block; borrowed. */
typedef struct {
    size_t n_people, n_events;
    const uint32_t *count;      /* [n_people] */
    const uint8_t *died;        /* [n_people] */
    const int32_t *minute;      /* [n_events] */
    const void *moment;         /* [n_events], each of moment_bytes: 1 or 2 */
    size_t moment_bytes;
} strand_columns_t;

typedef struct {
    strand_columns_t columns;
    uint8_t *is_first;          /* [n_events]: of its person */
    size_t capacity;
    int32_t strategy, n_at_entry; /* moments of everybody (model_count_at_entry) */
    size_t person, event;       /* the next ones to be handed out */
} strand_t;

typedef struct strand_sorter strand_sorter_t; /* owner of what is needed to make runs; one per thread */

/** For groups of at most `people`. */
MUST_USE popgx_err_t strand_sorter_new(const model_t *model, size_t people, strand_sorter_t **out);
void strand_sorter_free(strand_sorter_t *sorter); /* NULL is allowed */

/**
 * Begins a block under a strategy. `strand` was zeroed before its first one; strand_release frees it.
 *
 * @param[out] wrong  what in the columns cannot be, or NULL: they can
 */
MUST_USE popgx_err_t strand_begin(strand_t *strand, const model_t *model, int32_t strategy, const strand_columns_t *columns, const char **wrong);
void strand_release(strand_t *strand);

/**
 * Appends what happened to the next `n` people to `out`, which was reset for them; first what the model says of everybody at entry, which is
 * in no column.
 *
 * @param[out] wrong  as in strand_begin
 */
MUST_USE popgx_err_t strand_take(strand_t *strand, strand_sorter_t *sorter, size_t n, trajectory_t *out, const char **wrong);
#endif
