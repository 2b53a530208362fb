/*
 * Columns are centred on their expectation where the law is known, else on their mean, and scaled, so that normal equations stay well
 * conditioned. The expectation of a function of one variable is the sum over its values, each weighted by the part of (0, 1) that is
 * nearest to its uniform number; that of a product of independent centred ones is 0.
 */
#include "stats/basis.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_bspline.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/model.h"

enum { ORDER = 4 /* cubic */ };

/* ---- variables ---- */

popgx_err_t variables_init(variables_t *v, size_t n, size_t n_x)
{
    *v = (variables_t){.n = n, .n_x = n_x, .z = malloc(n * n_x * sizeof(double) + 1), .sorted = malloc(n * n_x * sizeof(double) + 1),
                       .weight = malloc(n * n_x * sizeof(double) + 1), .is_known = calloc(n_x + 1, sizeof(bool))};
    return v->z && v->sorted && v->weight && v->is_known ? POPGX_OK : FAIL(NOMEM, "no memory for %zu variables of %zu draws", n_x, n);
}

void variables_release(variables_t *v)
{
    free(v->z);
    free(v->sorted);
    free(v->weight);
    free(v->is_known);
    *v = (variables_t){0};
}

static size_t *order_of(const double *u, size_t n, size_t stride)
{
    size_t *order = memory_resize(NULL, n + 1, sizeof *order);

    gsl_sort_index(order, u, stride, n);
    return order;
}

/* The part of (0, 1) that is nearer to each u than to any other. */
static void weigh(const double *u, size_t n, size_t stride, double *weight)
{
    size_t *order = order_of(u, n, stride);
    double low = 0;

    for (size_t i = 0; i < n; i++) {
        double high = i + 1 < n ? (u[order[i] * stride] + u[order[i + 1] * stride]) / 2 : 1;
        weight[order[i]] = high - low;
        low = high;
    }
    free(order);
}

void variables_set(variables_t *v, size_t which, const double *x, const double *u, size_t stride)
{
    double *z = v->z + which * v->n, *sorted = v->sorted + which * v->n, *weight = v->weight + which * v->n, mean = 0, square = 0;

    v->is_known[which] = u != NULL;
    if (u) weigh(u, v->n, stride, weight);
    for (size_t i = 0; i < v->n; i++) {
        if (!u) weight[i] = 1 / (double)v->n;
        mean += weight[i] * x[i * stride];
    }
    for (size_t i = 0; i < v->n; i++) square += weight[i] * (x[i * stride] - mean) * (x[i * stride] - mean);
    for (size_t i = 0; i < v->n; i++) z[i] = sorted[i] = square > 0 ? (x[i * stride] - mean) / sqrt(square) : 0;
    gsl_sort(sorted, 1, v->n);
}

void variables_copy(variables_t *v, size_t which, const variables_t *from, size_t of)
{
    const size_t n = v->n;

    memcpy(v->z + which * n, from->z + of * n, n * sizeof *v->z);
    memcpy(v->sorted + which * n, from->sorted + of * n, n * sizeof *v->sorted);
    memcpy(v->weight + which * n, from->weight + of * n, n * sizeof *v->weight);
    v->is_known[which] = from->is_known[of];
}

bool variables_is_quantile(const double *x, const double *u, size_t n, size_t stride)
{
    size_t *order = order_of(u, n, stride);
    bool is_quantile = true;

    for (size_t i = 1; i < n && is_quantile; i++) {
        double before = x[order[i - 1] * stride], after = x[order[i] * stride];
        is_quantile = after >= before - 1e-9 * fabs(before);
    }
    free(order);
    return is_quantile;
}

/* ---- columns ---- */

popgx_err_t basis_init(basis_t *b, const variables_t *variables, size_t room)
{
    *b = (basis_t){.variables = variables, .room = room, .terms = 1, .design = malloc(variables->n * room * sizeof(double)),
                   .of = malloc(room * sizeof *b->of)};
    if (!b->design || !b->of) return FAIL(NOMEM, "no memory for %zu columns of %zu draws", room, variables->n);
    for (size_t i = 0; i < variables->n; i++) b->design[i * room] = 1;
    for (int f = 0; f < BASIS_MOST_FACTORS; f++) b->of[0][f] = MODEL_NONE;
    return POPGX_OK;
}

void basis_release(basis_t *b)
{
    free(b->design);
    free(b->of);
    *b = (basis_t){0};
}

/* `centre`: its expectation. */
static void add_column(basis_t *b, const double *column, double centre, int32_t u, int32_t v, int32_t w)
{
    const size_t n = b->variables->n;
    double mean = gsl_stats_mean(column, 1, n), sd = n > 1 ? gsl_stats_sd_m(column, 1, n, mean) : 0;

    if (!(sd > 1e-12) || b->terms == b->room) return;
    for (size_t i = 0; i < n; i++) b->design[i * b->room + b->terms] = (column[i] - centre) / sd;
    b->of[b->terms][0] = u;
    b->of[b->terms][1] = v;
    b->of[b->terms][2] = w;
    b->terms++;
}

static double expected(const variables_t *variables, size_t v, const double *column)
{
    const double *weight = variables->weight + v * variables->n;
    double sum = 0;

    for (size_t i = 0; i < variables->n; i++) sum += weight[i] * column[i];
    return sum;
}

void basis_add_line(basis_t *b, size_t v) { add_column(b, b->variables->z + v * b->variables->n, 0, (int32_t)v, MODEL_NONE, MODEL_NONE); }

/* All B-splines but the first, since all of them sum to 1. Breakpoints are at quantiles, the first and the last at the ends. */
void basis_add_spline(basis_t *b, size_t v, size_t pieces)
{
    const size_t n = b->variables->n;
    const double *z = b->variables->z + v * n, *sorted = b->variables->sorted + v * n;
    gsl_bspline_workspace *work = gsl_bspline_alloc(ORDER, pieces + 1);
    gsl_vector *breaks = gsl_vector_alloc(pieces + 1), *values = gsl_vector_alloc(pieces + ORDER - 1);
    double *columns = malloc(n * (pieces + ORDER) * sizeof *columns);

    INVARIANT(work && breaks && values && columns, "no memory for splines of %zu draws", n);
    for (size_t k = 0; k <= pieces; k++) gsl_vector_set(breaks, k, sorted[(n - 1) * k / pieces]);
    gsl_bspline_knots(breaks, work);
    for (size_t i = 0; i < n; i++) {
        gsl_bspline_eval(z[i], values, work);
        for (size_t k = 0; k < values->size; k++) columns[k * n + i] = gsl_vector_get(values, k);
    }
    for (size_t k = 1; k < values->size; k++)
        add_column(b, columns + k * n, expected(b->variables, v, columns + k * n), (int32_t)v, MODEL_NONE, MODEL_NONE);
    free(columns);
    gsl_vector_free(values);
    gsl_vector_free(breaks);
    gsl_bspline_free(work);
}

void basis_add_product(basis_t *b, size_t u, size_t v, int32_t w)
{
    const variables_t *x = b->variables;
    const bool is_known = x->is_known[u] && x->is_known[v] && (w == MODEL_NONE || x->is_known[w]);
    double *column = memory_resize(NULL, x->n, sizeof *column);

    for (size_t i = 0; i < x->n; i++) {
        const double first = x->z[u * x->n + i], second = x->z[v * x->n + i], third = w == MODEL_NONE ? 1 : x->z[(size_t)w * x->n + i];
        column[i] = u == v ? (first * second - 1) * third : (int32_t)v == w ? first * (second * third - 1) : first * second * third;
    }
    add_column(b, column, is_known ? 0 : gsl_stats_mean(column, 1, x->n), (int32_t)u, (int32_t)v, w);
    free(column);
}

bool basis_is_known(const basis_t *b)
{
    for (size_t v = 0; v < b->variables->n_x; v++)
        if (!b->variables->is_known[v]) return false;
    return true;
}

gsl_matrix_view basis_matrix(const basis_t *b) { return gsl_matrix_view_array_with_tda(b->design, b->variables->n, b->terms, b->room); }

void basis_gram(const gsl_matrix *design, gsl_matrix *gram)
{
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, design, 0, gram);
    for (size_t i = 0; i < gram->size1; i++) gsl_matrix_set(gram, i, i, gsl_matrix_get(gram, i, i) * (1 + 1e-9));
}
