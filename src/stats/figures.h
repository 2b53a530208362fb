/*
 * Figures: numbers of every person under every strategy that are kept only when the model asks for them (settings.report): what is
 * posted to a category, how often an event happened, whether one is in a state at a time, what falls into a year.
 *
 * All are kept alike, in sections of the tally behind those of every run: sums, sums on the coarse grid, and products of pairs of
 * strategies, so each figure has a mean, a standard error and paired differences. The checksum of a run does not know them.
 */
#ifndef POPGX_STATS_FIGURES_H
#define POPGX_STATS_FIGURES_H

#include "cohort/cohort.h"
#include "core/err.h"
#include "core/exact.h"
#include "ledger/ledger.h"
#include "model/model.h"
#include "stats/results.h"

/** How many figures the model asks for; 0: figures cost nothing. */
int32_t figures_count(const model_t *model);

/** Lines of a year: the model's cells, then its outcomes. */
int32_t figures_lines(const model_t *model);

/* Index of a figure, or MODEL_NONE if it was not asked for. */
int32_t figure_of_cell(const model_t *model, int32_t cell);
int32_t figure_of_event(const model_t *model, int32_t moment);
/** 1 for those to whom it happened at all. */
int32_t figure_of_ever(const model_t *model, int32_t moment);
/** 1 in the state at report.time[time], after all that happens in that minute; the dead are in no state but life.dead. */
int32_t figure_of_state(const model_t *model, int32_t time, int32_t slot, int32_t level);
/** Minutes alive before report.time[time]. */
int32_t figure_of_survival(const model_t *model, int32_t time);
int32_t figure_of_year(const model_t *model, int32_t year, int32_t line);

estimate_t figure_mean(const tally_t *tally, int32_t strategy, int32_t figure);
/** Paired. */
estimate_t figure_difference(const tally_t *tally, int32_t strategy, int32_t comparator, int32_t figure);

/** What is counted per person under a strategy: tests ordered, or costs; and what it is set against: moments, and behind them QALYs. */
typedef enum { AGAINST_TESTS, AGAINST_COST, N_AGAINST } figure_against_t;

/** Sample covariance between people of tests or costs under s and occurrences of `moment` (n_moments: QALYs) under t. REPORT_EVENTS only. */
double figure_covariance(const tally_t *tally, figure_against_t what, int32_t s, int32_t t, int32_t moment);

/** Mean number of tests ordered. */
estimate_t figure_tests(const tally_t *tally, int32_t strategy);
double figure_tests_covariance(const tally_t *tally, int32_t s, int32_t t);

/* ---- keeping them: one per thread, part of its tally ---- */

typedef struct figures figures_t; /* owner */

/** @param sums  of the tally, where figures begin (tally_layout_t.figure) */
MUST_USE popgx_err_t figures_new(const model_t *model, size_t capacity, exact_sum_t *sums, figures_t **out);
void figures_free(figures_t *figures);

/** How many sums figures take in a tally. */
int32_t figures_sums(const model_t *model);

/**
 * What a strategy did to the block in hand; strategies in ascending order, then figures_close.
 *
 * @retval POPGX_E_RANGE  what falls into a year does not fit the coarse grid
 */
MUST_USE popgx_err_t figures_add(figures_t *figures, int32_t strategy, const trajectory_t *trajectory, const ledger_bill_t *bill);
/** @param tally  of which they are a part, with the totals of the block's people */
void figures_close(figures_t *figures, const tally_t *tally, size_t n);
#endif
