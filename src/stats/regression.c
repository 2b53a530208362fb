/*
 * Additive cubic B-splines with products of two and three, least squares by the normal equations. The candidate with the smallest
 * generalised cross-validation score (Craven and Wahba, Numer Math 1978; 31: 377-403) is kept.
 */
#include "stats/regression.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>

#include "model/model.h"

enum { MOST_TERMS = 250, DRAWS_PER_TERM = 5 };

/* How rich: pieces of each spline (0: a straight line), and which products of two or three variables. */
typedef struct {
    size_t pieces;
    int products;               /* 0: none; 1: z w; 2: and z^2 w, z w^2, z w v */
} candidate_t;

static const candidate_t CANDIDATES[] = {{0, 0}, {1, 0}, {2, 0}, {4, 0}, {7, 0}, {0, 1}, {1, 1}, {3, 1}, {1, 2}, {3, 2}, {6, 2}};

static void add_products(basis_t *b, int products)
{
    const size_t n_x = b->variables->n_x;

    for (size_t i = 0; i < n_x; i++)
        for (size_t j = 0; j < i; j++) {
            basis_add_product(b, i, j, MODEL_NONE);
            if (products < 2) continue;
            basis_add_product(b, i, i, (int32_t)j);
            basis_add_product(b, i, j, (int32_t)j);
            for (size_t k = 0; k < j; k++) basis_add_product(b, i, j, (int32_t)k);
        }
}

static size_t count_terms(size_t n_x, candidate_t candidate)
{
    size_t pairs = n_x * (n_x - 1) / 2, triples = n_x < 3 ? 0 : n_x * (n_x - 1) * (n_x - 2) / 6;
    size_t products = candidate.products == 0 ? 0 : candidate.products == 1 ? pairs : 3 * pairs + triples;

    return 1 + n_x * (candidate.pieces ? candidate.pieces + 2 : 1) + products;
}

static popgx_err_t build(const variables_t *variables, candidate_t candidate, basis_t *b)
{
    popgx_err_t err = basis_init(b, variables, count_terms(variables->n_x, candidate));

    for (size_t v = 0; v < variables->n_x && !err; v++) {
        if (candidate.pieces) basis_add_spline(b, v, candidate.pieces);
        else basis_add_line(b, v);
    }
    if (!err && candidate.products) add_products(b, candidate.products);
    return err;
}

void regression_solve(const regression_t *r, const double *y, size_t outputs, double *coefficients)
{
    gsl_matrix_view x = basis_matrix(&r->basis);
    gsl_matrix_const_view root = gsl_matrix_const_view_array(r->root, r->terms, r->terms), target = gsl_matrix_const_view_array(y, r->n, outputs);
    gsl_matrix_view solution = gsl_matrix_view_array(coefficients, r->terms, outputs);

    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, &x.matrix, &target.matrix, 0, &solution.matrix);
    gsl_blas_dtrsm(CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, 1, &root.matrix, &solution.matrix);
    gsl_blas_dtrsm(CblasLeft, CblasLower, CblasTrans, CblasNonUnit, 1, &root.matrix, &solution.matrix);
}

void regression_predict(const regression_t *r, const double *coefficients, size_t outputs, double *out)
{
    gsl_matrix_view x = basis_matrix(&r->basis), values = gsl_matrix_view_array(out, r->n, outputs);
    gsl_matrix_const_view c = gsl_matrix_const_view_array(coefficients, r->terms, outputs);

    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &x.matrix, &c.matrix, 0, &values.matrix);
}

/* Sum over outputs of residual / total variance, larger for more terms; infinite if it fails. */
static double score_of(const regression_t *r, const double *y)
{
    const double freedom = 1 - (double)r->terms / (double)r->n;
    double score = 0;

    for (size_t k = 0; k < r->outputs; k++) {
        double total = gsl_stats_variance(y + k, r->outputs, r->n), rest = 0;
        for (size_t i = k; i < r->n * r->outputs; i += r->outputs) rest += (y[i] - r->fitted[i]) * (y[i] - r->fitted[i]);
        if (total > 0) score += rest / (double)r->n / total;
    }
    return isfinite(score) ? score / (freedom * freedom) : INFINITY;
}

static popgx_err_t fit(const variables_t *variables, candidate_t candidate, const double *y, size_t n_y, regression_t *out, double *score)
{
    double *coefficients = NULL;
    popgx_err_t err;

    *out = (regression_t){.n = variables->n, .outputs = n_y};
    *score = INFINITY;
    TRY(build(variables, candidate, &out->basis));
    out->terms = out->basis.terms;
    out->root = malloc(out->terms * out->terms * sizeof *out->root);
    out->fitted = malloc(out->n * n_y * sizeof *out->fitted);
    coefficients = malloc(out->terms * n_y * sizeof *coefficients);
    if (!out->root || !out->fitted || !coefficients) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", out->n));
    gsl_matrix_view x = basis_matrix(&out->basis), root = gsl_matrix_view_array(out->root, out->terms, out->terms);
    basis_gram(&x.matrix, &root.matrix);
    if (gsl_linalg_cholesky_decomp1(&root.matrix) != GSL_SUCCESS) goto out;
    regression_solve(out, y, n_y, coefficients);
    regression_predict(out, coefficients, n_y, out->fitted);
    *score = score_of(out, y);
out:
    free(coefficients);
    return err;
}

popgx_err_t regression_fit(const variables_t *variables, const double *y, size_t n_y, regression_t *out)
{
    const size_t n = variables->n, n_x = variables->n_x, least = count_terms(n_x, CANDIDATES[0]);
    double best = INFINITY, score;
    popgx_err_t err = POPGX_OK;

    gsl_set_error_handler_off();    /* a matrix that cannot be decomposed is found by its result */
    *out = (regression_t){0};
    if (n < DRAWS_PER_TERM * least)
        TRY(FAIL(INPUT, "%zu draws are too few to tell what %zu parameters are worth: %zu would do", n, n_x, DRAWS_PER_TERM * least));
    if (least > MOST_TERMS) TRY(FAIL(INPUT, "a group of %zu parameters is too large for regression", n_x));
    for (size_t c = 0; c < sizeof CANDIDATES / sizeof *CANDIDATES; c++) {
        regression_t next;
        size_t most = count_terms(n_x, CANDIDATES[c]);
        if (most > MOST_TERMS || most > n / DRAWS_PER_TERM || (CANDIDATES[c].products && n_x < 2)) continue;
        err = fit(variables, CANDIDATES[c], y, n_y, &next, &score);
        if (!err && score < best) {
            regression_release(out);
            *out = next;
            best = score;
        } else {
            regression_release(&next);
        }
        TRY(err);
    }
    if (!isfinite(best)) TRY(FAIL(RANGE, "net benefits cannot be fitted to these parameters"));
out:
    return err;
}

void regression_release(regression_t *regression)
{
    basis_release(&regression->basis);
    free(regression->fitted);
    free(regression->root);
    *regression = (regression_t){0};
}
