/*
 * What a run answers: means with their Monte Carlo standard errors, and paired comparisons.
 * Derived from a tally; nothing here is accumulated.
 *
 * With n people, x = sum / n; se = sqrt((sum of squares - n x^2) / (n (n - 1))), 0 if n < 2. Squares and the x beside them are of totals on
 * the coarse grid, so a quantity that does not vary has a standard error of exactly 0.
 * Differences between strategies are paired person by person: var(a - b) = var a + var b - 2 cov(a, b).
 * NMB at threshold k: k dQALY - dcost; its variance k^2 var(dQALY) + var(dcost) - 2 k cov(dcost, dQALY).
 * ICER = dcost / dQALY; its standard error by the delta method.
 * Where people are drawn in lots (model/lots.h) lots take the place of people in all of that: squares are of their sums.
 * What must not be shown (conceal.h) is NaN.
 */
#ifndef POPGX_STATS_RESULTS_H
#define POPGX_STATS_RESULTS_H

#include <stdbool.h>

#include "stats/tally.h"

typedef struct {
    double mean, se;
} estimate_t;

/** Sums of one quantity: for its mean, and, for its error, on the grid that its squares are on. */
typedef struct {
    exact_sum_t sum, coarse, squares;
    int32_t bits, coarse_bits;
} results_sums_t;

estimate_t results_estimate(const tally_t *tally, results_sums_t sums);
/** Sample covariance of two quantities from the sum of their products and their own sums, all on the grids whose bits together are `bits`. */
double results_covariance_of(const tally_t *tally, exact_sum_t products, exact_sum_t x, exact_sum_t y, int32_t bits);

estimate_t results_outcome(const tally_t *tally, int32_t strategy, int32_t outcome);
estimate_t results_cell(const tally_t *tally, int32_t strategy, int32_t cell);
estimate_t results_events(const tally_t *tally, int32_t strategy, int32_t moment);
/** Share of people in a state of a process at the horizon (the dead count only in life.dead). */
estimate_t results_occupancy(const tally_t *tally, int32_t strategy, int32_t slot, int32_t level);
/** Share of people with a level of an attribute at entry. */
estimate_t results_share(const tally_t *tally, int32_t slot, int32_t level);

/** Covariance between people (that of the means, times the people, where people are drawn in lots) of an outcome under two strategies, and of cost under s with QALYs under t. */
double results_covariance(const tally_t *tally, int32_t s, int32_t t, int32_t outcome);
double results_cost_qaly_covariance(const tally_t *tally, int32_t s, int32_t t);
/** The same of what a perspective (of settings.perspectives, from 0) counts as cost. */
double results_perspective_covariance(const tally_t *tally, int32_t perspective, int32_t s, int32_t t);

/** Standard deviation between people of an outcome under a strategy; NaN if they are drawn in lots, of which only the sums are known. */
double results_sd(const tally_t *tally, int32_t strategy, int32_t outcome);

typedef struct {
    double cov_cost_qaly;       /* covariance of a person's cost difference and QALY difference (not of the means) */
    double icer, icer_se;       /* NaN if the QALYs are the same (results_is_same) */
} comparison_t;

/**
 * Whether an outcome is the same under two strategies for everybody but for the rounding of posts: the mean square of people's
 * differences is at most one step of the coarse grid (of QALYs: 4 seconds), and the means differ by less than 1,024 steps of the fine
 * one. A single person who differs by more than rounding is enough to say no.
 */
bool results_is_same(const tally_t *tally, int32_t s, int32_t t, int32_t outcome);

/** Mean of (strategy - comparator), paired. */
estimate_t results_difference(const tally_t *tally, int32_t strategy, int32_t comparator, int32_t outcome);
estimate_t results_nmb_difference(const tally_t *tally, int32_t strategy, int32_t comparator, double threshold);
comparison_t results_comparison(const tally_t *tally, int32_t strategy, int32_t comparator);
#endif
