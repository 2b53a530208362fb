/*
 * The economics: turns trajectories into each person's costs, QALYs and life years.
 *
 * The one implementation, for trajectories of the engine a microsecond ago and for those of a file
 * written last year. It replays the effects of the moments on the processes and posts
 *   lumps   an amount when a moment happens, times e^(-lump_discount t)
 *   flows   a rate while a condition holds; one post per spell of condition and rate, at its end:
 *           rate * per_unit * integral of e^(-flow_discount t) from t0 to t1
 *   spells  a rate from a moment on for a time, cut at death (unless paid on) and at the horizon
 *   floors  what lifts an outcome's sum of rates to its floor, while the sum is below it; one post
 *           per interval in which that sum does not change
 * What is looked up for a post is looked up with the states that the moment's own effects leave; then the moment ends the
 * spells that last until it, then it starts its own. While a spell lasts, a second one of the same payoff starts beside it
 * (stack), ends it and starts anew (replace), or only moves its end on by `minutes` (extend). A floor lifts only the living.
 * A flow with a profile is weighed, piece of time by piece of time, by the person's factor then (profiles.c); it is posted, too, when the
 * time that the factor goes by begins anew. Where such flows are under a floor, the floor is looked at whenever a factor changes.
 * A moment that changes a flow's condition and is followed by one that changes it back ends a spell, also within a minute.
 * Every post is rounded once to the outcome's grid (core/exact.h). Money and health of one person
 * are sums of those integers.
 *
 * In a model in cycles (model_cycle_t) a flow from t0 to t1 is not an integral but a sum over the points of time in [t0, t1).
 *
 * With d the discount per minute the integral is (e^(-d t0) - e^(-d t1)) / d, or t1 - t0 if d is 0.
 */
#ifndef POPGX_LEDGER_LEDGER_H
#define POPGX_LEDGER_LEDGER_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "ledger/trajectory.h"
#include "model/model.h"

typedef struct ledger ledger_t; /* owner; one per thread, reused for every block and strategy */

/** What one strategy did to a block of people. Borrowed; valid until the next ledger_post. Columns are [n]. */
typedef struct {
    size_t n;
    const int64_t *const *cell;         /* [n_cells]: each person's total on the grid of the cell's outcome */
    const uint8_t *const *state;        /* [n_processes]: final state of each process */
    const int32_t *end;                 /* minute of death, or the horizon */
    const int64_t *events;              /* [n_moments]: occurrences in the block */
    const int64_t *events_squared;      /* [n_moments]: sum over people of (occurrences of that person)^2 */
    const int64_t *const *year;         /* [n_years * n_cells]: what of a cell falls into a year, NULL if nothing does; the model must ask for years */
} ledger_bill_t;

/** Makes a ledger for blocks of at most `capacity` people of `model`, which must outlive it. The caller frees it. */
MUST_USE popgx_err_t ledger_new(const model_t *model, size_t capacity, ledger_t **out);

/** Frees `ledger`; NULL is allowed. */
void ledger_free(ledger_t *ledger);

/**
 * Bills a block of people for what happened to them.
 *
 * @param people      who they are; amounts may depend on their attributes
 * @param trajectory  complete: `end` is set, and every record lies in [0, end]
 * @retval POPGX_E_RANGE  an amount is not finite or too large for its grid, or too many temporary effects
 *                        overlap; the message names the person, the payoff and the minute
 */
MUST_USE popgx_err_t ledger_post(ledger_t *ledger, const cohort_view_t *people, const trajectory_t *trajectory,
                                 ledger_bill_t *bill);

/**
 * Called by ledger_post for every post that is not 0, a person's in the order in which they are made (a flow's at its end): the
 * bills of `popgx trace`. `cell` as in the model; `why` is the moment, the flow's condition in words, or "floor".
 */
typedef void (*ledger_observer_t)(void *context, size_t person, int32_t cell, const char *why, int32_t from_minute,
                                  int32_t to_minute, int64_t amount);

/** Sets the observer; NULL removes it. Not during a post. */
void ledger_observe(ledger_t *ledger, ledger_observer_t observer, void *context);
#endif
