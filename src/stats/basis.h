/*
 * Functions of several variables as columns of a design: straight lines, cubic B-splines and products of two or three, for least squares.
 *
 * A variable may come with its law: the uniform number that each of its values is the quantile of. Then it stands for itself and is
 * independent of all others with a law, and what a column is on average is known exactly: columns are centred on that, so that the
 * intercept of a fit is what is expected of the law, not of the sample.
 */
#ifndef POPGX_STATS_BASIS_H
#define POPGX_STATS_BASIS_H

#include <gsl/gsl_matrix.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct {
    size_t n, n_x;
    double *z, *sorted;         /* [n_x][n]: mean 0, SD 1; as they are and ascending */
    double *weight;             /* [n_x][n]: the part of the law that a value stands for; 1 / n if the law is not known */
    bool *is_known;             /* [n_x]: the law is */
} variables_t;

/** Room for n_x variables with n values each. variables_release frees it, also after a failure. */
MUST_USE popgx_err_t variables_init(variables_t *variables, size_t n, size_t n_x);
void variables_release(variables_t *variables);

/** Variable v from numbers that are `stride` apart. @param u  [n] `stride` apart, in (0, 1): its law; NULL: not known */
void variables_set(variables_t *variables, size_t v, const double *x, const double *u, size_t stride);

/** Variable v as variable `of` of others has it. Of as many values. */
void variables_copy(variables_t *variables, size_t v, const variables_t *from, size_t of);

/** Whether x is nowhere less where u is more: a quantile of u. Both `stride` apart. */
bool variables_is_quantile(const double *x, const double *u, size_t n, size_t stride);

enum { BASIS_MOST_FACTORS = 3 };

typedef struct {
    const variables_t *variables; /* borrowed */
    size_t terms, room;
    double *design;             /* [n][room]; column 0 is 1, the others have SD 1 */
    int32_t (*of)[BASIS_MOST_FACTORS]; /* [room]: variables of each column, MODEL_NONE after the last */
} basis_t;

/** The intercept alone, and room for more. basis_release frees it, also after a failure. */
MUST_USE popgx_err_t basis_init(basis_t *basis, const variables_t *variables, size_t room);
void basis_release(basis_t *basis);

/* Columns that do not vary are left out, and those for which there is no room. */
void basis_add_line(basis_t *basis, size_t v);
/** `pieces` between quantiles: pieces + 2 columns. */
void basis_add_spline(basis_t *basis, size_t v, size_t pieces);
/**
 * z_u z_v z_w; w MODEL_NONE: of two. Of variables that follow each other and are the same, z^2 - 1, so that with laws the expectation is 0
 * given all but any one of the variables. Not all three are the same.
 */
void basis_add_product(basis_t *basis, size_t u, size_t v, int32_t w);

/** Whether the expectation of all columns is known. */
bool basis_is_known(const basis_t *basis);

gsl_matrix_view basis_matrix(const basis_t *basis);

/** The lower triangle of design' design, with a whiff of ridge where columns repeat each other. */
void basis_gram(const gsl_matrix *design, gsl_matrix *gram);
#endif
