/*
 * What it is worth to know some parameters, from a regression of net benefits on them. The fitted values stand for the expected net
 * benefit given the parameters; drawing the coefficients from their sampling distribution tells by how much fitting errors raise the
 * value, leaving out some of the draws at a time how uncertain it is.
 */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "rng/keyed.h"
#include "stats/regression.h"
#include "stats/voi.h"

enum { COEFFICIENT_DRAWS = 100, LEFT_OUT = 20 };

/* Mean over draws of max(0, g_1, ...) less max(0, mean g_1, ...): strategy 0 is 0. g [n][outputs] */
static double value_of(const double *g, size_t n, size_t outputs)
{
    double *mean = calloc(outputs, sizeof *mean), sum = 0, best = 0;

    INVARIANT(mean, "no memory for %zu strategies", outputs);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < outputs; k++) mean[k] += g[i * outputs + k] / (double)n;
    for (size_t k = 0; k < outputs; k++) best = fmax(best, mean[k]);
    for (size_t i = 0; i < n; i++) {
        double most = 0;
        for (size_t k = 0; k < outputs; k++) most = fmax(most, g[i * outputs + k]);
        sum += most;
    }
    free(mean);
    return sum / (double)n - best;
}

/* One draw of the coefficients about their estimates, as changes [terms][outputs]: root^-T Z residual_root'. */
static void draw_changes(const regression_t *r, uint64_t draw, double *change)
{
    const uint64_t key = rng_person_key(rng_run_key(0, draw), 0), purpose = rng_purpose("coefficients of a regression");
    gsl_matrix_const_view root = gsl_matrix_const_view_array(r->root, r->terms, r->terms);

    for (size_t t = 0; t < r->terms; t++)
        for (size_t k = r->outputs; k-- > 0;) {
            double sum = 0;
            for (size_t j = 0; j <= k; j++)
                sum += r->residual_root[k * r->outputs + j] * gsl_cdf_ugaussian_Pinv(rng_uniform(key, purpose, t * r->outputs + j));
            change[t * r->outputs + k] = sum;
        }
    for (size_t k = 0; k < r->outputs; k++) {
        gsl_vector_view column = gsl_vector_view_array_with_stride(change + k, r->outputs, r->terms);
        gsl_blas_dtrsv(CblasLower, CblasTrans, CblasNonUnit, &root.matrix, &column.vector);
    }
}

/* Value and spread of the value over draws of the coefficients. */
static popgx_err_t spread(const regression_t *r, double *mean, double *sd)
{
    double *change = malloc(r->terms * r->outputs * sizeof *change), *g = malloc(r->n * r->outputs * sizeof *g), sum = 0, squares = 0;
    popgx_err_t err = POPGX_OK;

    if (!change || !g) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", r->n));
    gsl_matrix_const_view design = gsl_matrix_const_view_array(r->design, r->n, r->terms);
    gsl_matrix_view changes = gsl_matrix_view_array(change, r->terms, r->outputs), values = gsl_matrix_view_array(g, r->n, r->outputs);
    for (uint64_t draw = 1; draw <= COEFFICIENT_DRAWS; draw++) {
        draw_changes(r, draw, change);
        for (size_t i = 0; i < r->n * r->outputs; i++) g[i] = r->fitted[i];
        gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &design.matrix, &changes.matrix, 1, &values.matrix);
        double value = value_of(g, r->n, r->outputs);
        sum += value;
        squares += value * value;
    }
    *mean = sum / COEFFICIENT_DRAWS;
    *sd = sqrt(fmax(squares / COEFFICIENT_DRAWS - *mean * *mean, 0));
out:
    free(change);
    free(g);
    return err;
}

/* Coefficients and value without the draws [first, after): the gram matrix of the rest is the whole less theirs. */
static bool value_without(const regression_t *r, const double *y, size_t first, size_t after, const gsl_matrix *gram, double *g, double *value)
{
    const size_t rest = r->n - (after - first);
    gsl_matrix_const_view design = gsl_matrix_const_view_array(r->design, r->n, r->terms);
    gsl_matrix_const_view left_out = gsl_matrix_const_submatrix(&design.matrix, first, 0, after - first, r->terms);
    gsl_matrix *root = gsl_matrix_alloc(r->terms, r->terms);
    gsl_vector *right = gsl_vector_alloc(r->terms), *part = gsl_vector_alloc(r->terms);

    INVARIANT(root && right && part, "no memory for %zu terms", r->terms);
    gsl_matrix_memcpy(root, gram);
    gsl_blas_dsyrk(CblasLower, CblasTrans, -1, &left_out.matrix, 1, root);
    bool is_good = gsl_linalg_cholesky_decomp1(root) == GSL_SUCCESS;
    for (size_t k = 0; k < r->outputs && is_good; k++) {
        gsl_vector_const_view all = gsl_vector_const_view_array_with_stride(y + k, r->outputs, r->n);
        gsl_vector_const_view theirs = gsl_vector_const_subvector(&all.vector, first, after - first);
        gsl_blas_dgemv(CblasTrans, 1, &design.matrix, &all.vector, 0, right);
        gsl_blas_dgemv(CblasTrans, -1, &left_out.matrix, &theirs.vector, 1, right);
        gsl_linalg_cholesky_solve(root, right, part);
        for (size_t i = 0, at = 0; i < r->n; i++) {
            if (i >= first && i < after) continue;
            gsl_vector_const_view row = gsl_matrix_const_row(&design.matrix, i);
            gsl_blas_ddot(&row.vector, part, &g[at++ * r->outputs + k]);
        }
    }
    if (is_good) *value = value_of(g, rest, r->outputs);
    gsl_vector_free(part);
    gsl_vector_free(right);
    gsl_matrix_free(root);
    return is_good;
}

/* Standard error by leaving out one twentieth of the draws after the other (grouped jackknife); 0 if it cannot be had. */
static popgx_err_t jackknife(const regression_t *r, const double *y, double *se)
{
    double *g = malloc(r->n * r->outputs * sizeof *g), value[LEFT_OUT], mean = 0, squares = 0;
    gsl_matrix_const_view design = gsl_matrix_const_view_array(r->design, r->n, r->terms);
    gsl_matrix *gram = gsl_matrix_calloc(r->terms, r->terms);
    popgx_err_t err = POPGX_OK;

    *se = 0;
    if (!g || !gram) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", r->n));
    regression_gram(&design.matrix, gram);
    for (size_t i = 0; i < LEFT_OUT; i++) {
        if (!value_without(r, y, r->n * i / LEFT_OUT, r->n * (i + 1) / LEFT_OUT, gram, g, &value[i])) goto out;
        mean += value[i] / LEFT_OUT;
    }
    for (size_t i = 0; i < LEFT_OUT; i++) squares += (value[i] - mean) * (value[i] - mean);
    *se = sqrt(squares * (LEFT_OUT - 1) / LEFT_OUT);
out:
    if (gram) gsl_matrix_free(gram);
    free(g);
    return err;
}

static void pick(const voi_t *voi, const double *parameters, size_t n_parameters, const size_t *which, size_t n_which, double *x, double *y)
{
    const size_t outputs = (size_t)voi->n - 1;

    for (uint64_t d = 0; d < voi->n_draws; d++) {
        for (size_t k = 0; k < n_which; k++) x[d * n_which + k] = parameters[d * n_parameters + which[k]];
        for (size_t k = 0; k < outputs; k++) y[d * outputs + k] = voi->seen[d * (uint64_t)voi->n + k + 1];
    }
}

popgx_err_t voi_evppi(const voi_t *voi, const double *parameters, size_t n_parameters, const size_t *which, size_t n_which, evppi_t *out)
{
    const size_t n = (size_t)voi->n_draws, outputs = (size_t)voi->n - 1;
    double *x = malloc(n * n_which * sizeof *x), *y = malloc((n * outputs + 1) * sizeof *y), of_draws, mean, of_fit;
    regression_t regression = {0};
    popgx_err_t err = POPGX_OK;

    *out = (evppi_t){0};
    if (!x || !y) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", n));
    if (outputs == 0) goto out;
    pick(voi, parameters, n_parameters, which, n_which, x, y);
    TRY(regression_fit(x, n, n_which, y, outputs, &regression));
    double value = value_of(regression.fitted, n, outputs);
    TRY(spread(&regression, &mean, &of_fit));
    TRY(jackknife(&regression, y, &of_draws));
    out->bias = fmax(mean - value, 0);
    out->value = fmax(value - out->bias, 0);
    out->se = fmax(of_draws, of_fit);
    out->terms = (int32_t)regression.terms;
out:
    regression_release(&regression);
    free(x);
    free(y);
    return err;
}
