/*
 * Control variates of a probabilistic analysis. The parameters of a draw are quantiles of uniform numbers that are known, so what a smooth
 * function of them is on average is known, too, and how far the draws that happened are from that: it is taken off.
 *
 * A function is fitted to the draws by splines of each parameter and products of two and three, always to nine tenths of the draws for
 * the other one (cross-fitting: Chernozhukov et al., Econom J 2018; 21: C1-C68), so that what is left in a draw has the expectation it had before,
 * however good or bad the function is, and its spread gives an honest standard error. Taking off what parameters *other than* some explain,
 * whose expectation given those is 0, does the same for the values of information about them.
 */
#ifndef POPGX_STATS_CONTROLS_H
#define POPGX_STATS_CONTROLS_H

#include "stats/basis.h"

enum { CONTROL_FOLDS = 10 };

typedef struct {
    size_t n, n_parameters;
    variables_t variables;      /* the parameters; where one is not a quantile of its uniform number alone, the normal quantile of that */
    basis_t basis;              /* terms 0: there are no controls, and nothing is taken off */
    double *root[CONTROL_FOLDS];/* [terms][terms]: lower Cholesky factors of the normal equations without each tenth */
    bool *is_own;               /* [n_parameters]: the parameter is a quantile of its own number, independent of all others' numbers */
} controls_t;

/**
 * Chooses the function for some figures. Few draws or many parameters may leave none. controls_release frees it, also after a failure.
 *
 * @param x  [n][n_parameters]: what was drawn
 * @param u  [n][n_parameters]: the numbers it was made of
 * @param y  [n][n_y]: figures that it shall explain
 */
MUST_USE popgx_err_t controls_make(const double *x, const double *u, size_t n, size_t n_parameters, const double *y, size_t n_y, controls_t *out);
void controls_release(controls_t *controls);

/**
 * Figures less what parameters explain that are not all among `which`; given those the expectation stays what it was. With a parameter among
 * `which` that is not its own quantile nothing is taken off.
 *
 * @param y    [n][n_y]: any figures, not only those it was made for
 * @param out  [n][n_y]
 */
MUST_USE popgx_err_t controls_take_off(const controls_t *controls, const double *y, size_t n_y, const size_t *which, size_t n_which, double *out);
#endif
