/*
 * Inside src/expected: all kinds of people under one strategy, from minute to minute at which something is due.
 *
 * What happens within a minute is in cascade.c, what counts at a point of time in points.c, and time itself in lives.c.
 */
#ifndef POPGX_EXPECTED_LIVES_H
#define POPGX_EXPECTED_LIVES_H

#include "expected/expected.h"
#include "expected/kinds.h"

/** One strategy being followed. */
typedef struct {
    const model_t *m;
    expected_t *out;
    kind_layout_t layout;
    one_person_t one;
    const model_strategy_t *strategy;
    int32_t strategy_index;
    int32_t now;
    int32_t *longest;           /* [n_processes]: beyond how many cycles in a state more of them say nothing new; 0: none is asked */
} lives_t;

static inline double *expected_cells(const expected_t *e, int32_t strategy, int32_t point)
{
    return e->cells + ((size_t)strategy * (size_t)e->n_points + (size_t)point) * (size_t)e->model->n_cells;
}

static inline double *expected_levels(const expected_t *e, int32_t strategy, int32_t point)
{
    return e->occupancy + ((size_t)strategy * (size_t)e->n_points + (size_t)point) * (size_t)e->n_levels;
}

/** The cells of a point of time under the strategy that is followed. */
static inline double *lives_cells(const lives_t *r, int32_t point) { return expected_cells(r->out, r->strategy_index, point); }

/** From entry to the end of the last cycle. */
MUST_USE popgx_err_t lives_follow(lives_t *r, kinds_t *kinds);

/** A moment happens to everybody in the list who is alive, with all that follows from it in the same minute. */
MUST_USE popgx_err_t lives_happen(lives_t *r, kinds_t *kinds, int32_t moment);
/** Carries out a list of rules. */
MUST_USE popgx_err_t lives_follow_rules(lives_t *r, kinds_t *kinds, model_span_t rules);

/** Adds what everybody's flows are worth at this point of time, and who is in which state. */
MUST_USE popgx_err_t lives_count_point(lives_t *r, kinds_t *kinds, int32_t point);

/** A formula of one kind of people now. @retval POPGX_E_RANGE  it has no value */
MUST_USE popgx_err_t lives_formula(lives_t *r, unsigned char *kind, model_formula_t f, double *value);
/** The formula, if there is one, or what the table says. */
MUST_USE popgx_err_t lives_amount(lives_t *r, unsigned char *kind, const model_table_t *table, model_formula_t f, double *value);
#endif
