/*
 * Results by subgroup: an optional section of a tally, kept if the model has groupings (model_grouping_t; spec/subgroups.h makes them).
 *
 * Of every group there are the sums that there are of everybody, at the same places (tally_layout_t up to n_own), so that a group can be looked
 * at as a tally of its own. Groups are sets of people, the same under every strategy, so that differences stay paired. The
 * groups of a grouping add up to everybody, sum by sum, to the last bit.
 */
#ifndef POPGX_STATS_SUBGROUPS_H
#define POPGX_STATS_SUBGROUPS_H

#include "stats/tally.h"

/** Groups of all groupings together; those of a grouping begin at subgroups_first. */
int32_t subgroups_count(const model_t *model);
int32_t subgroups_first(const model_t *model, int32_t grouping);

/** Whether the sums of all groups are few enough to be kept. @retval POPGX_E_INPUT  they are not: the message says how much they would take */
MUST_USE popgx_err_t subgroups_check_size(const model_t *model);

/** The level of each axis of a grouping in its group `group` (from 0). levels [axes.count] */
void subgroups_levels(const model_t *model, const model_grouping_t *grouping, int32_t group, int32_t *levels);

/** "male, African": the levels of a group. The caller frees it. */
char *subgroups_name(const model_t *model, const model_grouping_t *grouping, int32_t group);

/** Index of the grouping of this name, or MODEL_NONE. */
int32_t subgroups_find(const model_t *model, const char *name);

/** The people of a group as a tally: borrows from `tally`, is not released, and nothing is added to it. */
tally_t subgroups_view(const tally_t *tally, int32_t grouping, int32_t group);

/** The same of group `index` of all. */
tally_t subgroups_view_any(const tally_t *tally, int32_t index);

/** Whether the groups of every grouping add up to everybody. */
bool subgroups_add_up(const tally_t *tally);

/* ---- how tally.c fills it ---- */

typedef struct subgroups subgroups_t; /* owner; the bills of the block in hand under all strategies */

MUST_USE popgx_err_t subgroups_new(const model_t *model, size_t capacity, subgroups_t **out);
void subgroups_free(subgroups_t *subgroups); /* NULL is allowed */

/** Keeps the bill of one strategy for the block in hand. */
void subgroups_keep(subgroups_t *subgroups, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory, const ledger_bill_t *bill);

/** Adds the block, of which all strategies are kept, to the sums of its people's groups. sums [n_groups][n_own] */
void subgroups_add_block(subgroups_t *subgroups, const cohort_view_t *people, exact_sum_t *sums);
#endif
