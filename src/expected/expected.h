/*
 * Expected values without simulation, for models in cycles: instead of one person after the other, all kinds of people at once,
 * each with its probability. What the engine draws is followed into all its outcomes, and people who have become alike are
 * joined again, so after a few cycles there are as many kinds as there are states, not as there are histories.
 *
 * The semantics are the engine's (engine/engine.h), the payoffs the ledger's. Exact but for the rounding of doubles. Reads
 * nothing but the model; runs on one thread and uses no random number.
 */
#ifndef POPGX_EXPECTED_EXPECTED_H
#define POPGX_EXPECTED_EXPECTED_H

#include "core/err.h"
#include "model/model.h"

enum { EXPECTED_MOST_KINDS = 1000000 };

/** All arrays row-major; released by expected_release. */
typedef struct {
    const model_t *model;       /* borrowed */
    int32_t n_points;           /* points of time: cycles + 1 */
    int32_t n_levels;           /* of all slots together */
    int32_t *first_level;       /* [n_slots]: where a slot's levels begin */
    double *cells;              /* [n_strategies][n_points][n_cells]: what counts at a point, and fell due since the one before */
    double *occupancy;          /* [n_strategies][n_points][n_levels]: probabilities, of the living; of `life` also of the dead */
    double *events;             /* [n_strategies][n_moments]: occurrences of a person */
    int64_t n_kinds;            /* the most kinds of people that were told apart at a point of time */
} expected_t;

/**
 * Works everything out.
 *
 * @retval POPGX_E_INPUT  the model is not in cycles, or has what is not followed: hazards and delays, effects that last,
 *                        numbers with a distribution that matter; the message names it
 * @retval POPGX_E_RANGE  too many kinds of people, or a number that is none
 */
MUST_USE popgx_err_t expected_run(const model_t *model, expected_t *out);
void expected_release(expected_t *expected);

/** Sums over the points of time. */
double expected_cell(const expected_t *e, int32_t strategy, int32_t cell);
double expected_outcome(const expected_t *e, int32_t strategy, int32_t outcome);
/** Of one point of time. */
double expected_outcome_at(const expected_t *e, int32_t strategy, int32_t point, int32_t outcome);
double expected_occupancy(const expected_t *e, int32_t strategy, int32_t point, int32_t slot, int32_t level);
#endif
