/*
 * What it is worth to know more: from the net benefits of every draw.
 *
 * Draws show net benefits with the Monte Carlo noise of the people in them, which makes the best strategy of a draw look better than it is.
 * Each draw's noise is known, so more of it can be added, and what comes of twice and three times the noise tells what would come of
 * none: simulation and extrapolation (Cook and Stefanski, J Am Stat Assoc 1994; 89: 1314-1328), by a parabola. Where control variates tell more about
 * a draw than its people do, they do without (voi_control).
 */
#ifndef POPGX_STATS_VOI_H
#define POPGX_STATS_VOI_H

#include "stats/controls.h"
#include "stats/psa.h"

typedef struct {
    uint64_t n_draws;
    int32_t n;                  /* strategies */
    double *seen;               /* [n_draws][n]: net benefit of each strategy less that of strategy 0 */
    double *share;              /* [n_draws][n]: how much of the draw each strategy is best in, without noise; sums over draws mean something */
    double *top, *raw;          /* [n_draws]: the highest of `seen` without noise (sums again), and as it is */
    double *noise;              /* [n_draws][n - 1][n - 1]: covariances of the noise of `seen`, strategy 0 left out */
    double of_guess;            /* error of the mean of `top` that all draws have in common */
    double *even;               /* [n_draws][n]: `seen`, and `top` in column 0, with control variates taken off */
} voi_t;

/** At a threshold. voi_release frees it, also after a failure. */
MUST_USE popgx_err_t voi_init(voi_t *voi, const psa_t *psa, double threshold);

/** The same from numbers at hand: seen [n_draws][n] with 0 in column 0, noise [n_draws][n - 1][n - 1] the covariances of the others' noise. */
MUST_USE popgx_err_t voi_init_from(voi_t *voi, const double *seen, const double *noise, uint64_t n_draws, int32_t n);
void voi_release(voi_t *voi);

/**
 * Takes control variates off what means are made of. Without this, draws count as they are.
 *
 * What is fitted to the other draws is also a guess at each draw's own net benefits. If it is closer to them than what the draw's people show, they
 * are taken as normal about it, with the variance that draws have about their guess beyond people's noise, and `top` and `share` become what is expected of that; noise
 * then does not make the best strategy look better than it is, and nothing needs to be extrapolated.
 */
MUST_USE popgx_err_t voi_control(voi_t *voi, const controls_t *controls);

typedef struct {
    int32_t best;               /* the strategy with the highest mean */
    double probability;         /* that it is best in a draw: the acceptability frontier */
    double evpi, se;            /* per person: what it is worth to know all parameters */
    double raw;                 /* the same with noise */
} voi_summary_t;

/** @param share  [n]: of draws in which each strategy is best: the acceptability curves; may be NULL */
voi_summary_t voi_summary(const voi_t *voi, double *share);

/** The same over the first `n_draws` draws: how it settles. */
voi_summary_t voi_summary_of_first(const voi_t *voi, uint64_t n_draws, double *share);

typedef struct {
    double value, se;           /* per person: what it is worth to know a group of parameters; its bias by fitting taken off */
    double bias;                /* what was taken off */
    int32_t terms;              /* of the regression */
} evppi_t;

/**
 * Expected value of perfect information about some parameters, by regression of net benefits on them (Strong, Oakley and
 * Brennan, Med Decis Making 2014; 34: 311-326): cubic splines of each and products of pairs, as rich as generalised
 * cross-validation wants. Needs no inner simulation, and noise within draws is but noise to the regression.
 *
 * What the other parameters explain is taken off first (controls.h), and the fitted benefits are averaged over the law of the parameters, not over the draws
 * that happened. The error is that of the fit (coefficients drawn anew a hundred times, from residuals as they are: Wu, Ann Stat 1986; 14: 1261-1295),
 * and that of the draws for parameters whose law is not known.
 *
 * @param controls    NULL: no law is known, and nothing taken off
 * @param parameters  [n_draws][n_parameters]
 * @param which       [n_which]: columns of it
 */
MUST_USE popgx_err_t voi_evppi(const voi_t *voi, const controls_t *controls, const double *parameters, size_t n_parameters, const size_t *which,
                               size_t n_which, evppi_t *out);
#endif
