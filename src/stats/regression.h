/* Least squares on splines of several variables, as rich as cross-validation wants: what evppi.c needs. */
#ifndef POPGX_STATS_REGRESSION_H
#define POPGX_STATS_REGRESSION_H

#include <gsl/gsl_matrix.h>
#include <stddef.h>

#include "core/err.h"

typedef struct {
    size_t n, terms, outputs;
    double *design;             /* [n][terms] */
    double *fitted;             /* [n][outputs] */
    double *root;               /* [terms][terms]: lower Cholesky factor of design' design */
    double *residual_root;      /* [outputs][outputs]: lower Cholesky factor of the residuals' covariance */
} regression_t;

/**
 * Fits outputs to variables. regression_release frees it, also after a failure.
 *
 * @param x  [n][n_x]: variables
 * @param y  [n][n_y]
 */
MUST_USE popgx_err_t regression_fit(const double *x, size_t n, size_t n_x, const double *y, size_t n_y, regression_t *out);
void regression_release(regression_t *regression);

/** The lower triangle of design' design, with a whiff of ridge where columns repeat each other. */
void regression_gram(const gsl_matrix *design, gsl_matrix *gram);
#endif
