/** The people of a stored run, drawn once more: for what the run's sums do not hold. */
#ifndef POPGX_CLI_REDRAW_H
#define POPGX_CLI_REDRAW_H

#include "cohort/cohort.h"
#include "store/answer.h"

/** Some of the people, in the order of their ids. */
typedef popgx_err_t redraw_visit_t(void *context, const cohort_view_t *people);

/**
 * Draws the first `n` people of draw 0 (of redraw_most()), some thousand at a time, and shows them to `visit`.
 *
 * @return what `visit` returns when it first fails
 */
MUST_USE popgx_err_t redraw_people(const answer_t *answer, uint64_t n, redraw_visit_t *visit, void *context);

/** How many people the run has. */
uint64_t redraw_most(const answer_t *answer);

#endif
