/* What share of people belongs to each group of a grouping: known from the model, not counted. */
#ifndef POPGX_EXPECTED_SHARES_H
#define POPGX_EXPECTED_SHARES_H

#include "core/err.h"
#include "model/model.h"

/**
 * Works them out by following the steps by which people are drawn into all their outcomes.
 *
 * @param share  [grouping->n_groups]; they add up to 1 but for the rounding of doubles
 * @retval POPGX_E_INPUT  a group is not told by attributes alone, or these depend on a number with a distribution
 * @retval POPGX_E_RANGE  there are too many kinds of people
 */
MUST_USE popgx_err_t shares_of_groups(const model_t *model, const model_grouping_t *grouping, double *share);
#endif
