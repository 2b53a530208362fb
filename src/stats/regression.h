/* Least squares on splines of several variables, as rich as cross-validation wants: what evppi.c needs. */
#ifndef POPGX_STATS_REGRESSION_H
#define POPGX_STATS_REGRESSION_H

#include "stats/basis.h"

typedef struct {
    size_t n, terms, outputs;
    basis_t basis;
    double *fitted;             /* [n][outputs] */
    double *root;               /* [terms][terms]: lower Cholesky factor of design' design */
} regression_t;

/**
 * Fits outputs to variables, which must outlive the regression. regression_release frees it, also after a failure.
 *
 * @param y  [n][n_y]
 * @retval POPGX_E_INPUT  too few draws for so many variables
 */
MUST_USE popgx_err_t regression_fit(const variables_t *variables, const double *y, size_t n_y, regression_t *out);
void regression_release(regression_t *regression);

/** Coefficients [terms][outputs] of a fit to y [n][outputs] with the regression's columns. */
void regression_solve(const regression_t *regression, const double *y, size_t outputs, double *coefficients);

/** design coefficients: [n][outputs]. */
void regression_predict(const regression_t *regression, const double *coefficients, size_t outputs, double *out);
#endif
