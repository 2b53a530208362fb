/*
 * Individualised care: what it is worth to choose a strategy for each subgroup instead of one for all.
 *
 * With w_g the share of people in group g and B_gs the net benefit of strategy s per person of it, choosing for each group is worth
 * sum_g w_g max_s B_gs - max_s sum_g w_g B_gs, never less than 0. Espinoza, Manca, Claxton and Sculpher (Med Decis Making 2014; 34: 951-964) call this,
 * with B the means over what the parameters leave uncertain, the static value of heterogeneity, and what resolving that uncertainty for
 * every group would add, sum_g w_g (E max_s B_gs - max_s E B_gs), its dynamic value.
 *
 * The best of several figures with Monte Carlo noise looks better than it is; noise is taken out as for values of information (voi.h).
 */
#ifndef POPGX_STATS_INDIVIDUAL_H
#define POPGX_STATS_INDIVIDUAL_H

#include "stats/voi.h"

/** A group with people in it. Net benefits are per person of the group. */
typedef struct {
    int32_t group;              /* of the grouping */
    uint64_t patients;
    double share;               /* of everybody */
    int32_t best;               /* strategy */
    estimate_t gain;            /* its net benefit less that of the one best for all, paired */
    int32_t best_over_draws;    /* by the mean over draws; MODEL_NONE: there are none in which anybody is in the group */
    double probability, evpi;   /* that it is best in a draw; what it is worth to know all parameters */
} individual_group_t;

typedef struct {
    double threshold;
    int32_t n_groups;
    individual_group_t *groups; /* [n_groups] */
    int32_t best;               /* for all */
    estimate_t value;           /* per person, at the point values; noise taken out */
    double raw;                 /* the same with it */

    /* Over draws, if every group has them: */
    bool has_draws;
    int32_t best_over_draws;
    estimate_t static_value, dynamic_value;
    double evpi;                /* of the choice for all */
} individual_t;

/**
 * @param psa  n_draws 0: no draws
 * individual_release frees it, also after a failure.
 */
MUST_USE popgx_err_t individual_make(const tally_t *tally, const psa_t *psa, int32_t grouping, double threshold, individual_t *out);
void individual_release(individual_t *individual);
#endif
