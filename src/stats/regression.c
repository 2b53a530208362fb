/*
 * Additive cubic B-splines with products of pairs, least squares by the normal equations. The candidate with the smallest generalised
 * cross-validation score (Craven and Wahba, Numer Math 1978; 31: 377-403) is kept. Columns are centred and scaled, so that the equations stay
 * well conditioned; a column that does not vary is left out.
 */
#include "stats/regression.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_bspline.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/distribution.h"

enum { MOST_TERMS = 250, ORDER = 4 /* cubic */ };

/* How rich: pieces of each spline, and which products of two or three variables. */
typedef struct {
    size_t pieces;
    int products;               /* 0: none; 1: z w; 2: and z^2 w, z w^2, z w v */
} candidate_t;

static const candidate_t CANDIDATES[] = {{1, 0}, {2, 0}, {4, 0}, {7, 0}, {1, 1}, {3, 1}, {1, 2}, {3, 2}, {6, 2}};

typedef struct {
    size_t n, n_x, terms;
    double *design;             /* [n][room] */
    size_t room;
    double *z, *sorted;         /* [n_x][n]: standardised variables, as they are and ascending */
} builder_t;

/* ---- columns ---- */

/* Adds a column; one that does not vary is dropped. `column` is changed. */
static void add_column(builder_t *b, double *column)
{
    double mean = gsl_stats_mean(column, 1, b->n), sd = b->n > 1 ? gsl_stats_sd_m(column, 1, b->n, mean) : 0;

    if (!(sd > 1e-12) || b->terms == b->room) return;
    for (size_t i = 0; i < b->n; i++) b->design[i * b->room + b->terms] = (column[i] - mean) / sd;
    b->terms++;
}

/* All B-splines of a variable but the first, since all of them sum to 1. Breakpoints are at quantiles, the first and the last at the ends. */
static void add_spline(builder_t *b, size_t variable, size_t pieces)
{
    const double *z = b->z + variable * b->n, *sorted = b->sorted + variable * b->n;
    gsl_bspline_workspace *work = gsl_bspline_alloc(ORDER, pieces + 1);
    gsl_vector *breaks = gsl_vector_alloc(pieces + 1), *values = gsl_vector_alloc(pieces + ORDER - 1);
    double *columns = malloc(b->n * (pieces + ORDER) * sizeof *columns);

    INVARIANT(work && breaks && values && columns, "no memory for splines of %zu draws", b->n);
    for (size_t k = 0; k <= pieces; k++) gsl_vector_set(breaks, k, sorted[(b->n - 1) * k / pieces]);
    gsl_bspline_knots(breaks, work);
    for (size_t i = 0; i < b->n; i++) {
        gsl_bspline_eval(z[i], values, work);
        for (size_t k = 0; k < values->size; k++) columns[k * b->n + i] = gsl_vector_get(values, k);
    }
    for (size_t k = 1; k < values->size; k++) add_column(b, columns + k * b->n);
    free(columns);
    gsl_vector_free(values);
    gsl_vector_free(breaks);
    gsl_bspline_free(work);
}

static void add_product(builder_t *b, const double *u, const double *v, const double *w, double *scratch)
{
    for (size_t i = 0; i < b->n; i++) scratch[i] = u[i] * v[i] * (w ? w[i] : 1);
    add_column(b, scratch);
}

static void add_products(builder_t *b, int products, double *scratch)
{
    for (size_t i = 0; i < b->n_x; i++)
        for (size_t j = 0; j < i; j++) {
            const double *u = b->z + i * b->n, *v = b->z + j * b->n;
            add_product(b, u, v, NULL, scratch);
            if (products < 2) continue;
            add_product(b, u, u, v, scratch);
            add_product(b, u, v, v, scratch);
            for (size_t k = 0; k < j; k++) add_product(b, u, v, b->z + k * b->n, scratch);
        }
}

static size_t count_terms(size_t n_x, candidate_t candidate)
{
    size_t pairs = n_x * (n_x - 1) / 2, triples = n_x < 3 ? 0 : n_x * (n_x - 1) * (n_x - 2) / 6;
    size_t products = candidate.products == 0 ? 0 : candidate.products == 1 ? pairs : 3 * pairs + triples;

    return 1 + n_x * (candidate.pieces + ORDER - 2) + products;
}

static void build(builder_t *b, candidate_t candidate, double *scratch)
{
    b->terms = 1;
    for (size_t i = 0; i < b->n; i++) b->design[i * b->room] = 1;
    for (size_t v = 0; v < b->n_x; v++) add_spline(b, v, candidate.pieces);
    if (candidate.products) add_products(b, candidate.products, scratch);
}

/* ---- fitting ---- */

void regression_gram(const gsl_matrix *design, gsl_matrix *gram)
{
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, design, 0, gram);
    for (size_t i = 0; i < gram->size1; i++) gsl_matrix_set(gram, i, i, gsl_matrix_get(gram, i, i) * (1 + 1e-9));
}

/* Least squares of every output; returns the sum over outputs of residual / total variance, infinite if it fails. */
static double fit(const builder_t *b, const double *y, size_t n_y, gsl_matrix *root, double *fitted)
{
    gsl_matrix_const_view x = gsl_matrix_const_view_array_with_tda(b->design, b->n, b->terms, b->room);
    gsl_vector *right = gsl_vector_alloc(b->terms), *coefficients = gsl_vector_alloc(b->terms);
    double score = 0;

    INVARIANT(right && coefficients, "no memory for %zu terms", b->terms);
    regression_gram(&x.matrix, root);
    gsl_linalg_cholesky_decomp1(root);
    for (size_t k = 0; k < n_y; k++) {
        gsl_vector_const_view target = gsl_vector_const_view_array_with_stride(y + k, n_y, b->n);
        gsl_vector_view fit = gsl_vector_view_array_with_stride(fitted + k, n_y, b->n);
        gsl_blas_dgemv(CblasTrans, 1, &x.matrix, &target.vector, 0, right);
        gsl_linalg_cholesky_solve(root, right, coefficients);
        gsl_blas_dgemv(CblasNoTrans, 1, &x.matrix, coefficients, 0, &fit.vector);
        double total = gsl_stats_variance(y + k, n_y, b->n), rest = 0;
        for (size_t i = 0; i < b->n; i++) rest += (y[i * n_y + k] - fitted[i * n_y + k]) * (y[i * n_y + k] - fitted[i * n_y + k]);
        if (total > 0) score += rest / (double)b->n / total;
    }
    gsl_vector_free(coefficients);
    gsl_vector_free(right);
    const double freedom = 1 - (double)b->terms / (double)b->n;
    return isfinite(score) ? score / (freedom * freedom) : INFINITY;
}

static void find_residual_root(const double *y, size_t n_y, regression_t *r)
{
    for (size_t j = 0; j < n_y; j++)
        for (size_t k = 0; k < n_y; k++) {
            double sum = 0;
            for (size_t i = 0; i < r->n; i++) sum += (y[i * n_y + j] - r->fitted[i * n_y + j]) * (y[i * n_y + k] - r->fitted[i * n_y + k]);
            r->residual_root[j * n_y + k] = sum / (double)(r->n - r->terms);
        }
    if (!matrix_root(r->residual_root, n_y)) memset(r->residual_root, 0, n_y * n_y * sizeof *r->residual_root);
}

static void standardise(const double *x, size_t n, size_t n_x, double *z, double *sorted)
{
    for (size_t v = 0; v < n_x; v++) {
        double mean = gsl_stats_mean(x + v, n_x, n), sd = gsl_stats_sd_m(x + v, n_x, n, mean);
        for (size_t i = 0; i < n; i++) z[v * n + i] = sorted[v * n + i] = sd > 0 ? (x[i * n_x + v] - mean) / sd : 0;
        gsl_sort(sorted + v * n, 1, n);
    }
}

/* Index of the best candidate among those that so many draws can carry. */
static size_t choose(builder_t *b, const double *y, size_t n_y, double *scratch, double *fitted)
{
    size_t best = 0;
    double least = INFINITY;

    for (size_t c = 0; c < sizeof CANDIDATES / sizeof *CANDIDATES; c++) {
        size_t most = count_terms(b->n_x, CANDIDATES[c]);
        if (most > MOST_TERMS || most > b->n / 5 || (CANDIDATES[c].products && b->n_x < 2)) continue;
        build(b, CANDIDATES[c], scratch);
        gsl_matrix *root = gsl_matrix_alloc(b->terms, b->terms);
        INVARIANT(root, "no memory for %zu terms", b->terms);
        double score = fit(b, y, n_y, root, fitted);
        gsl_matrix_free(root);
        if (score >= least) continue;
        least = score;
        best = c;
    }
    return best;
}

popgx_err_t regression_fit(const double *x, size_t n, size_t n_x, const double *y, size_t n_y, regression_t *out)
{
    builder_t b = {.n = n, .n_x = n_x, .room = MOST_TERMS};
    double *scratch = malloc((n + 1) * sizeof *scratch);
    popgx_err_t err = POPGX_OK;

    gsl_set_error_handler_off();    /* a matrix that cannot be decomposed is found by its result */
    *out = (regression_t){.n = n, .outputs = n_y};
    if (n < 5 * count_terms(n_x, CANDIDATES[0]))
        TRY(FAIL(INPUT, "%zu draws are too few to tell what %zu parameters are worth: %zu would do", n, n_x, 5 * count_terms(n_x, CANDIDATES[0])));
    if (count_terms(n_x, CANDIDATES[0]) > MOST_TERMS) TRY(FAIL(INPUT, "a group of %zu parameters is too large for regression", n_x));
    b.design = malloc(n * b.room * sizeof *b.design);
    b.z = malloc(n * n_x * sizeof *b.z);
    b.sorted = malloc(n * n_x * sizeof *b.sorted);
    out->fitted = malloc(n * n_y * sizeof *out->fitted);
    out->residual_root = malloc(n_y * n_y * sizeof *out->residual_root);
    if (!scratch || !b.design || !b.z || !b.sorted || !out->fitted || !out->residual_root) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", n));
    standardise(x, n, n_x, b.z, b.sorted);
    build(&b, CANDIDATES[choose(&b, y, n_y, scratch, out->fitted)], scratch);
    out->terms = b.terms;
    out->root = calloc(b.terms * b.terms, sizeof *out->root);
    out->design = malloc(n * b.terms * sizeof *out->design);
    if (!out->root || !out->design) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", n));
    gsl_matrix_view root = gsl_matrix_view_array(out->root, b.terms, b.terms);
    if (!isfinite(fit(&b, y, n_y, &root.matrix, out->fitted))) TRY(FAIL(RANGE, "net benefits cannot be fitted to these parameters"));
    for (size_t i = 0; i < n; i++) memcpy(out->design + i * b.terms, b.design + i * b.room, b.terms * sizeof *b.design);
    find_residual_root(y, n_y, out);
out:
    free(scratch);
    free(b.design);
    free(b.z);
    free(b.sorted);
    return err;
}

void regression_release(regression_t *regression)
{
    free(regression->design);
    free(regression->fitted);
    free(regression->root);
    free(regression->residual_root);
    *regression = (regression_t){0};
}
