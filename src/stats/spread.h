/*
 * How outcomes are spread between people: histograms of totals and of differences between strategies, and who is better or worse off.
 * A section of the tally, kept only when the model asks for it (REPORT_SPREAD).
 *
 * A bin holds whole steps of an outcome's coarse grid: one each up to 255, then bins whose width is at most 1/128 of their value. Counts
 * are exact, so quantiles are exact up to the width of a bin, whatever the number of people, ranks and threads.
 *
 * Who is better off than they would have been is not identifiable: nobody takes both ways. Two answers are kept, and neither is an
 * estimate of what is: with the same luck under both strategies (individual susceptibility is unchanged by the choice, as the model has
 * it), and with independent luck: the same people, lived once more with other numbers for whatever is decided after entry. What is drawn with the
 * person (attributes, frailty, how a test errs in them systematically) stays.
 */
#ifndef POPGX_STATS_SPREAD_H
#define POPGX_STATS_SPREAD_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "ledger/ledger.h"
#include "stats/results.h"

enum { SPREAD_OUTCOMES = 4 };

/** The outcomes of which distributions are kept: cost, QALYs, life years, undiscounted ones. */
int32_t spread_outcome(const model_t *model, int32_t which);

/** How many sums they take in a tally. */
int32_t spread_sums(const model_t *model);

typedef struct {
    double value, low, high;    /* with the 95 % limits that its rank allows */
} spread_quantile_t;

/** Quantile `p` of the totals under s or, unless t is MODEL_NONE, of people's differences between s and t. */
spread_quantile_t spread_quantile(const tally_t *tally, int32_t which, int32_t s, int32_t t, double p);

typedef enum { SPREAD_MORE, SPREAD_LESS, SPREAD_SAME } spread_side_t;

/** Share of people with more, less or as much (within two steps of the coarse grid) under s than under t, luck being the same. */
estimate_t spread_share(const tally_t *tally, int32_t which, int32_t s, int32_t t, spread_side_t side);

/** The same with independent luck; the mean is NaN if nobody was lived twice (stored trajectories). */
estimate_t spread_independent(const tally_t *tally, int32_t which, int32_t s, int32_t t, spread_side_t side);

/* ---- keeping it: part of a thread's tally ---- */

typedef struct spread spread_t; /* owner */

MUST_USE popgx_err_t spread_new(const model_t *model, size_t capacity, exact_sum_t *sums, spread_t **out);
void spread_free(spread_t *spread);

/** The block's bill under a strategy, lived with other luck. Before spread_close, for all strategies or for none. */
void spread_again(spread_t *spread, int32_t strategy, const ledger_bill_t *bill);

/** @param coarse  [n_strategies][n_outcomes][capacity]: totals of the block's people on the coarse grids */
void spread_close(spread_t *spread, size_t n, const int32_t *coarse);
#endif
