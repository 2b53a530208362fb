/*
 * A probabilistic analysis: for every draw of the parameters the means of all outcomes, and how much of what they differ by is Monte
 * Carlo noise of the people within a draw.
 *
 * While it is simulated, a draw is a row of exact sums (psa_layout), so that tasks, threads and ranks may add to it in any
 * order. Afterwards it is means and covariances in double (psa_t).
 *
 * With x_d the mean of n people in draw d, and v_d its variance given the draw: var(x_d) = var between draws + mean v_d, the
 * analysis of variance of O'Hagan, Stevenson and Madan (Health Econ 2007; 16: 1009-1023).
 */
#ifndef POPGX_STATS_PSA_H
#define POPGX_STATS_PSA_H

#include "stats/results.h"
#include "stats/tally.h"

/** Where each sum of a draw is in its row: a part of tally_layout_t. */
typedef struct {
    int32_t n_sums;
    int32_t people;             /* [1] */
    int32_t outcome;            /* [S][O] */
    int32_t outcome_coarse;     /* [S][O] */
    int32_t product;            /* [S (S + 1) / 2][O]: pairs (s, t), t <= s, in the order of s, then t */
    int32_t cost_qaly;          /* [S][S] */
    int32_t cell;               /* [S][C] */
    int32_t n_own;              /* all of these; behind them the same of each subgroup (stats/subgroups.h): */
    int32_t n_groups;
} psa_layout_t;

psa_layout_t psa_layout(const model_t *model);

/** Adds a tally of the draw's model to its row. */
void psa_add(const psa_layout_t *layout, const tally_t *tally, exact_sum_t *row);

/** Results. */
typedef struct {
    uint64_t n_draws, patients;     /* patients of each draw */
    int32_t n_strategies, n_outcomes, n_cells;
    int32_t cost, qaly;             /* outcomes */
    double *mean;                   /* [n_draws][S][O] */
    double *noise;                  /* [n_draws][S][S][O]: covariance of the means of an outcome under two strategies, given the draw */
    double *cross;                  /* [n_draws][S][S]: of cost under the first and QALYs under the second */
    double *cell;                   /* [n_draws][S][C] */
    size_t n_parameters;
    double *parameters;             /* [n_draws][n_parameters]: what was drawn */

    /* The same of subgroups, group after group: psa_group shows one. */
    int32_t n_groups;
    double *group_people;           /* [n_groups][n_draws]: how many people of each draw are in the group */
    double *group_mean, *group_noise, *group_cross, *group_cell; /* [n_groups][n_draws]...; nobody in the group: 0 */
} psa_t;

/** Room for the results of a model's draws. psa_release frees it, also after a failure. */
MUST_USE popgx_err_t psa_init(psa_t *psa, const model_t *model, uint64_t n_draws, uint64_t patients, size_t n_parameters);
void psa_release(psa_t *psa);

/** Copies all draws of `from` to the draws of `into` from `first` on; both of the same model. */
void psa_copy(psa_t *into, uint64_t first, const psa_t *from);

/**
 * The draws of one subgroup, as everybody's. Borrows from `psa` and is not released; `patients` is the mean number of people of a draw in it.
 * n_draws is 0 if there is a draw without anybody in it, whose means say nothing.
 */
psa_t psa_group(const psa_t *psa, int32_t group);

/** Bytes that a rank and rank 0 need for so many draws: sums and results. */
uint64_t psa_bytes(const model_t *model, uint64_t n_draws, size_t n_parameters);

/** Takes the sums of draw `d` (from 0) over. @param model  of that draw: its grids */
MUST_USE popgx_err_t psa_take(psa_t *psa, uint64_t d, const model_t *model, const psa_layout_t *layout, const exact_sum_t *row);

/** 32 hexadecimal digits and a NUL, of everything in it. */
void psa_checksum(const psa_t *psa, char text[33]);

/* ---- one figure over all draws ---- */

/** A linear figure: one number for each draw, and its variance given the draw. Both [n]. */
typedef struct {
    uint64_t n;
    double *value, *noise;
} psa_figure_t;

MUST_USE popgx_err_t psa_figure_init(psa_figure_t *figure, const psa_t *psa);
void psa_figure_release(psa_figure_t *figure);

/** Outcome o under strategy s; less that under strategy t unless t is MODEL_NONE. */
void psa_outcome(const psa_t *psa, int32_t s, int32_t t, int32_t o, psa_figure_t *figure);
/** threshold x QALYs - costs under s, less that under t unless t is MODEL_NONE. */
void psa_nmb(const psa_t *psa, int32_t s, int32_t t, double threshold, psa_figure_t *figure);

typedef struct {
    double mean, se;            /* over the draws; the error is that of as many draws with as many people */
    double sd;                  /* between draws: what is uncertain about the parameters, without noise */
    double low, high;           /* 2.5 and 97.5 % of the draws, drawn together by as much as noise has spread them */
    double noise;               /* share of noise in the variance that the draws show */
} psa_summary_t;

psa_summary_t psa_summary(const psa_figure_t *figure);

/**
 * How many people a draw should have: the variance of a mean over draws, (between + within / n) / draws, is smallest for given work
 * at n = sqrt(set-up / person x within / between) (O'Hagan, Stevenson and Madan 2007, eq. 15); and at least as many that noise is
 * a fifth of what the draws show, for the figures that are not means.
 *
 * @param pilot  some draws, over which the variances of all net benefits against strategy 0 are taken together
 */
uint64_t psa_best_patients(const psa_t *pilot, double threshold);
#endif
