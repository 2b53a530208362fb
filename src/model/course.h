/* Whether two models make the same things happen to the same people, whatever that costs and is worth. */
#ifndef POPGX_MODEL_COURSE_H
#define POPGX_MODEL_COURSE_H

#include "model/model.h"

/**
 * Compares people, genes, processes, events, tests, strategies and the horizon of two checked models by what they say; not prices,
 * utilities, discount rates, other payoffs, thresholds, titles and what is shown. An order that differs is a difference.
 *
 * @param other  its file, for the message
 * @retval POPGX_E_INPUT  they differ: the message names what
 */
MUST_USE popgx_err_t course_compare(const model_t *model, const model_t *changed, const char *other);
#endif
