/*
 * Means adjusted for what chance did to the shares of groups (post-stratification): a group counts by its known share W, not by how many of the
 * people drawn are in it. The group is a control variate, whose mean is known.
 *
 *     mean = sum of W_h mean_h,  se^2 = sum of W_h^2 s_h^2 / n_h      given the numbers n_h of people in the groups
 *
 * (Cochran, Sampling Techniques, 3rd ed. 1977, section 5A.9; Holt and Smith, J R Stat Soc A 1979; 142: 33-46.) The mean is unbiased as long as every
 * group has people, and the error right where each has enough of them for its own variance. What is saved is the part of the variance
 * that is between groups.
 */
#ifndef POPGX_STATS_ADJUSTED_H
#define POPGX_STATS_ADJUSTED_H

#include "stats/results.h"

enum { ADJUSTED_FEWEST = 20 };  /* people of a group */

typedef struct {
    const tally_t *tally;
    int32_t grouping;
    double *share;              /* [n_groups] */
} adjusted_t;

/**
 * Whether means can be adjusted for a grouping: its shares are known (expected/shares.h), every group that is not empty by the model has
 * enough people, and none is hidden. adjusted_release frees it, also after false.
 */
bool adjusted_init(adjusted_t *adjusted, const tally_t *tally, int32_t grouping);
void adjusted_release(adjusted_t *adjusted);

estimate_t adjusted_outcome(const adjusted_t *adjusted, int32_t strategy, int32_t outcome);
/** Paired. */
estimate_t adjusted_difference(const adjusted_t *adjusted, int32_t strategy, int32_t comparator, int32_t outcome);
estimate_t adjusted_nmb_difference(const adjusted_t *adjusted, int32_t strategy, int32_t comparator, double threshold);
#endif
