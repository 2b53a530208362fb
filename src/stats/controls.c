/*
 * All columns that any candidate could want are made once, with their normal equations, of which each candidate takes its part; the one with
 * the smallest generalised cross-validation score is kept.
 */
#include "stats/controls.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/model.h"

enum { MOST_TERMS = 250, DRAWS_PER_TERM = 5, FEWEST_DRAWS = 100, MOST_LINES = 100, MOST_SPLINED = 16, MOST_PAIRED = 12, MOST_CUBED = 8 };

typedef enum { LINE, COARSE /* spline of one piece */, FINE /* of three */, PAIR, CUBE } kind_t;
static const size_t PIECES[] = {[COARSE] = 1, [FINE] = 3};

typedef struct {
    kind_t curve;               /* of each parameter */
    size_t paired, cubed;       /* so many of the most important parameters are in products of two, and of three factors */
} candidate_t;

static const candidate_t CANDIDATES[] = {
    {LINE, 0, 0},   {LINE, 5, 0},   {LINE, 8, 0},   {LINE, 12, 0},   {LINE, 12, 5},   {LINE, 12, 8},   {COARSE, 0, 0}, {COARSE, 5, 0}, {COARSE, 8, 0},
    {COARSE, 12, 0}, {COARSE, 12, 5}, {COARSE, 12, 8}, {FINE, 0, 0}, {FINE, 8, 0},    {FINE, 12, 0},   {FINE, 12, 5},  {FINE, 12, 8},
};

/* Which candidates want a column: kind, and the place of its least important parameter. */
typedef struct {
    kind_t kind;
    size_t place;
} tag_t;

typedef struct {
    basis_t all;
    tag_t *tags;                /* [all.room] */
    gsl_matrix *gram;           /* of all */
    gsl_matrix *right;          /* [terms][n_y] */
    double *square;             /* [n_y]: y' y */
    double *total;              /* [n_y]: variance of y */
} choice_t;

/* ---- all columns ---- */

static void tag(choice_t *choice, size_t before, kind_t kind, size_t place)
{
    for (size_t t = before; t < choice->all.terms; t++) choice->tags[t] = (tag_t){kind, place};
}

/* Importance: the sum over figures of the square of the correlation with the parameter, largest first. */
static void rank_parameters(const controls_t *c, const double *y, size_t n_y, size_t *ranked)
{
    double *importance = memory_zeroed(c->n_parameters + 1, sizeof *importance);

    for (size_t v = 0; v < c->n_parameters; v++) {
        for (size_t k = 0; k < n_y; k++) {
            double r = gsl_stats_correlation(c->variables.z + v * c->n, 1, y + k, n_y, c->n);
            if (isfinite(r)) importance[v] += r * r;
        }
        size_t at = v;
        for (; at > 0 && importance[ranked[at - 1]] < importance[v]; at--) ranked[at] = ranked[at - 1];
        ranked[at] = v;
    }
    free(importance);
}

static void add_products(choice_t *choice, const size_t *ranked, size_t n)
{
    basis_t *b = &choice->all;

    for (size_t i = 0; i < n && i < MOST_PAIRED; i++)
        for (size_t j = 0; j < i; j++) {
            size_t before = b->terms;
            basis_add_product(b, ranked[i], ranked[j], MODEL_NONE);
            tag(choice, before, PAIR, i);
            before = b->terms;
            if (i >= MOST_CUBED) continue;
            basis_add_product(b, ranked[i], ranked[i], (int32_t)ranked[j]);
            basis_add_product(b, ranked[i], ranked[j], (int32_t)ranked[j]);
            for (size_t k = 0; k < j; k++) basis_add_product(b, ranked[i], ranked[j], (int32_t)ranked[k]);
            tag(choice, before, CUBE, i);
        }
}

static size_t count_columns(size_t n)
{
    const size_t splined = n < MOST_SPLINED ? n : MOST_SPLINED, paired = n < MOST_PAIRED ? n : MOST_PAIRED, cubed = n < MOST_CUBED ? n : MOST_CUBED;

    return 1 + n + splined * (PIECES[COARSE] + PIECES[FINE] + 4) + paired * (paired + 1) / 2 + cubed * cubed + cubed * cubed * cubed / 6;
}

static popgx_err_t add_columns(const controls_t *c, const size_t *ranked, choice_t *choice)
{
    const size_t n = c->n_parameters < MOST_LINES ? c->n_parameters : MOST_LINES, room = count_columns(n);
    popgx_err_t err;

    choice->tags = calloc(room, sizeof *choice->tags);
    if (!choice->tags) TRY(FAIL(NOMEM, "no memory for %zu columns", room));
    TRY(basis_init(&choice->all, &c->variables, room));
    for (size_t i = 0; i < n; i++)
        for (kind_t kind = LINE; kind <= FINE; kind++) {
            size_t before = choice->all.terms;
            if (kind == LINE) basis_add_line(&choice->all, ranked[i]);
            else if (i < MOST_SPLINED) basis_add_spline(&choice->all, ranked[i], PIECES[kind]);
            tag(choice, before, kind, i);
        }
    add_products(choice, ranked, n);
out:
    return err;
}

static popgx_err_t find_equations(const double *y, size_t n_y, size_t n, choice_t *choice)
{
    const size_t terms = choice->all.terms;
    gsl_matrix_view x = basis_matrix(&choice->all);
    gsl_matrix_const_view target = gsl_matrix_const_view_array(y, n, n_y);

    choice->gram = gsl_matrix_calloc(terms, terms);
    choice->right = gsl_matrix_calloc(terms, n_y);
    choice->square = calloc(n_y, sizeof *choice->square);
    choice->total = calloc(n_y, sizeof *choice->total);
    if (!choice->gram || !choice->right || !choice->square || !choice->total) return FAIL(NOMEM, "no memory for %zu columns", terms);
    basis_gram(&x.matrix, choice->gram);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, &x.matrix, &target.matrix, 0, choice->right);
    for (size_t k = 0; k < n_y; k++) {
        choice->total[k] = gsl_stats_variance(y + k, n_y, n);
        for (size_t i = 0; i < n; i++) choice->square[k] += y[i * n_y + k] * y[i * n_y + k];
    }
    return POPGX_OK;
}

/* ---- choosing ---- */

static bool is_wanted(candidate_t candidate, size_t term, tag_t tag)
{
    if (term == 0) return true;
    switch (tag.kind) {
    case LINE: return candidate.curve == LINE || tag.place >= MOST_SPLINED;
    case PAIR: return tag.place < candidate.paired;
    case CUBE: return tag.place < candidate.cubed;
    default: return tag.kind == candidate.curve;
    }
}

static size_t select_columns(const choice_t *choice, candidate_t candidate, size_t *selected)
{
    size_t n = 0;

    for (size_t t = 0; t < choice->all.terms; t++)
        if (is_wanted(candidate, t, choice->tags[t])) selected[n++] = t;
    return n;
}

/* Generalised cross-validation, summed over figures as shares of their variance; infinite if there is no solution. */
static double score_of(const choice_t *choice, const size_t *selected, size_t terms, size_t n)
{
    gsl_matrix *root = gsl_matrix_alloc(terms, terms);
    gsl_vector *right = gsl_vector_alloc(terms), *solution = gsl_vector_alloc(terms);
    const double freedom = 1 - (double)terms / (double)n;
    double score = 0;

    INVARIANT(root && right && solution, "no memory for %zu columns", terms);
    for (size_t i = 0; i < terms; i++)
        for (size_t j = 0; j <= i; j++) gsl_matrix_set(root, i, j, gsl_matrix_get(choice->gram, selected[i], selected[j]));
    if (gsl_linalg_cholesky_decomp1(root) != GSL_SUCCESS) score = INFINITY;
    for (size_t k = 0; k < choice->right->size2 && isfinite(score); k++) {
        double explained;
        for (size_t i = 0; i < terms; i++) gsl_vector_set(right, i, gsl_matrix_get(choice->right, selected[i], k));
        gsl_linalg_cholesky_solve(root, right, solution);
        gsl_blas_ddot(right, solution, &explained);
        if (choice->total[k] > 0) score += fmax(choice->square[k] - explained, 0) / (double)n / choice->total[k];
    }
    gsl_vector_free(solution);
    gsl_vector_free(right);
    gsl_matrix_free(root);
    return score / (freedom * freedom);
}

/* The best columns to `selected`; how many, 0 if so few draws can carry none. */
static size_t choose(const choice_t *choice, size_t n, size_t *selected)
{
    size_t *trial = memory_zeroed(choice->all.terms, sizeof *trial), best = 0;
    double least = INFINITY;

    for (size_t c = 0; c < sizeof CANDIDATES / sizeof *CANDIDATES; c++) {
        size_t terms = select_columns(choice, CANDIDATES[c], trial);
        if (terms > MOST_TERMS || terms > n / DRAWS_PER_TERM) continue;
        double score = score_of(choice, trial, terms, n);
        if (!(score < least)) continue;
        least = score;
        best = terms;
        memcpy(selected, trial, terms * sizeof *selected);
    }
    free(trial);
    return best;
}

/* ---- making ---- */

static void set_variables(controls_t *c, const double *x, const double *u)
{
    double *score = malloc((c->n + 1) * sizeof *score), *number = malloc((c->n + 1) * sizeof *number);

    INVARIANT(score && number, "no memory for %zu draws", c->n);
    for (size_t v = 0; v < c->n_parameters; v++) {
        c->is_own[v] = variables_is_quantile(x + v, u + v, c->n, c->n_parameters);
        for (size_t i = 0; i < c->n; i++) {
            number[i] = u[i * c->n_parameters + v];
            score[i] = c->is_own[v] ? x[i * c->n_parameters + v] : gsl_cdf_ugaussian_Pinv(number[i]);
        }
        variables_set(&c->variables, v, score, number, 1);
    }
    free(score);
    free(number);
}

static popgx_err_t keep_columns(controls_t *c, const basis_t *all, const size_t *selected, size_t terms)
{
    popgx_err_t err = basis_init(&c->basis, &c->variables, terms);

    for (size_t t = 0; t < terms && !err; t++) {
        memcpy(c->basis.of[t], all->of[selected[t]], sizeof c->basis.of[t]);
        for (size_t i = 0; i < c->n; i++) c->basis.design[i * terms + t] = all->design[i * all->room + selected[t]];
    }
    c->basis.terms = terms;
    return err;
}

static size_t first_of_fold(const controls_t *c, size_t fold) { return c->n * fold / CONTROL_FOLDS; }

/* Rows of one fold of a matrix with n rows. */
static gsl_matrix_view rows_of_fold(const controls_t *c, gsl_matrix *matrix, size_t fold)
{
    const size_t first = first_of_fold(c, fold);
    return gsl_matrix_submatrix(matrix, first, 0, first_of_fold(c, fold + 1) - first, matrix->size2);
}

/* Normal equations without each fold: those of all less the fold's. `*is_good`: all can be solved. */
static popgx_err_t decompose(controls_t *c, bool *is_good)
{
    const size_t terms = c->basis.terms;
    gsl_matrix_view x = basis_matrix(&c->basis);
    gsl_matrix *gram = gsl_matrix_calloc(terms, terms);

    *is_good = gram != NULL;
    if (gram) basis_gram(&x.matrix, gram);
    for (size_t fold = 0; fold < CONTROL_FOLDS && *is_good; fold++) {
        c->root[fold] = malloc(terms * terms * sizeof **c->root);
        if (!c->root[fold]) break;
        gsl_matrix_view root = gsl_matrix_view_array(c->root[fold], terms, terms), rows = rows_of_fold(c, &x.matrix, fold);
        gsl_matrix_memcpy(&root.matrix, gram);
        gsl_blas_dsyrk(CblasLower, CblasTrans, -1, &rows.matrix, 1, &root.matrix);
        *is_good = gsl_linalg_cholesky_decomp1(&root.matrix) == GSL_SUCCESS;
    }
    if (gram) gsl_matrix_free(gram);
    return gram && (!*is_good || c->root[CONTROL_FOLDS - 1]) ? POPGX_OK : FAIL(NOMEM, "no memory for %zu columns", terms);
}

static void release_choice(choice_t *choice)
{
    basis_release(&choice->all);
    free(choice->tags);
    if (choice->gram) gsl_matrix_free(choice->gram);
    if (choice->right) gsl_matrix_free(choice->right);
    free(choice->square);
    free(choice->total);
}

popgx_err_t controls_make(const double *x, const double *u, size_t n, size_t n_parameters, const double *y, size_t n_y, controls_t *out)
{
    size_t *ranked = calloc(n_parameters + 1, sizeof *ranked), *selected = NULL;
    choice_t choice = {0};
    bool is_good = true;
    popgx_err_t err;

    gsl_set_error_handler_off();
    *out = (controls_t){.n = n, .n_parameters = n_parameters, .is_own = calloc(n_parameters + 1, sizeof(bool))};
    if (!ranked || !out->is_own) TRY(FAIL(NOMEM, "no memory for %zu parameters", n_parameters));
    TRY(variables_init(&out->variables, n, n_parameters));
    set_variables(out, x, u);
    if (n < FEWEST_DRAWS || n_parameters == 0 || n_y == 0) goto out;
    rank_parameters(out, y, n_y, ranked);
    TRY(add_columns(out, ranked, &choice));
    TRY(find_equations(y, n_y, n, &choice));
    selected = calloc(choice.all.terms, sizeof *selected);
    if (!selected) TRY(FAIL(NOMEM, "no memory for %zu columns", choice.all.terms));
    size_t terms = choose(&choice, n, selected);
    if (terms == 0) goto out;
    TRY(keep_columns(out, &choice.all, selected, terms));
    TRY(decompose(out, &is_good));
    if (!is_good) basis_release(&out->basis);
out:
    release_choice(&choice);
    free(selected);
    free(ranked);
    return err;
}

void controls_release(controls_t *c)
{
    for (size_t fold = 0; fold < CONTROL_FOLDS; fold++) free(c->root[fold]);
    basis_release(&c->basis);
    variables_release(&c->variables);
    free(c->is_own);
    *c = (controls_t){0};
}

/* ---- taking off ---- */

static bool is_among(size_t v, const size_t *which, size_t n_which)
{
    for (size_t k = 0; k < n_which; k++)
        if (which[k] == v) return true;
    return false;
}

/* The intercept, and columns of nothing but parameters among `which`. */
static bool is_kept(const controls_t *c, size_t term, const size_t *which, size_t n_which)
{
    for (int f = 0; f < BASIS_MOST_FACTORS; f++) {
        int32_t v = c->basis.of[term][f];
        if (v != MODEL_NONE && !is_among((size_t)v, which, n_which)) return false;
    }
    return true;
}

/* From the tenth of the draws what the others say is explained. `right`: of all draws. */
static void take_off_fold(const controls_t *c, size_t fold, const gsl_matrix *right, const bool *is_kept_here, gsl_matrix *y, gsl_matrix *out,
                          gsl_matrix *solution)
{
    gsl_matrix_view x = basis_matrix(&c->basis), rows = rows_of_fold(c, &x.matrix, fold), figures = rows_of_fold(c, y, fold),
                    result = rows_of_fold(c, out, fold);
    gsl_matrix_const_view root = gsl_matrix_const_view_array(c->root[fold], c->basis.terms, c->basis.terms);

    gsl_matrix_memcpy(solution, right);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, -1, &rows.matrix, &figures.matrix, 1, solution);
    gsl_blas_dtrsm(CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, 1, &root.matrix, solution);
    gsl_blas_dtrsm(CblasLeft, CblasLower, CblasTrans, CblasNonUnit, 1, &root.matrix, solution);
    for (size_t t = 0; t < c->basis.terms; t++)
        for (size_t k = 0; k < y->size2 && is_kept_here[t]; k++) gsl_matrix_set(solution, t, k, 0);
    gsl_matrix_memcpy(&result.matrix, &figures.matrix);
    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, -1, &rows.matrix, solution, 1, &result.matrix);
}

/*
 * Between draws a law is known, and beyond the outermost ones it is not: expectations are off by about SD / n. So that standard errors say so where the
 * parameters explain everything, a part 1 / sqrt(n) of what is taken off stays, but for its mean.
 */
static void leave_a_little(const controls_t *c, const double *y, size_t n_y, double *out)
{
    const double part = 1 / sqrt((double)c->n);

    for (size_t k = 0; k < n_y; k++) {
        double mean = gsl_stats_mean(y + k, n_y, c->n) - gsl_stats_mean(out + k, n_y, c->n);
        for (size_t i = 0; i < c->n; i++) out[i * n_y + k] += part * (y[i * n_y + k] - out[i * n_y + k] - mean);
    }
}

popgx_err_t controls_take_off(const controls_t *c, const double *y, size_t n_y, const size_t *which, size_t n_which, double *out)
{
    const size_t terms = c->basis.terms;
    bool is_possible = terms > 0 && n_y > 0, *is_kept_here = NULL;
    double *copy = NULL;
    gsl_matrix *right = NULL, *solution = NULL;
    popgx_err_t err = POPGX_OK;

    for (size_t k = 0; k < n_which; k++) is_possible = is_possible && c->is_own[which[k]];
    memcpy(out, y, c->n * n_y * sizeof *out);
    if (!is_possible) return POPGX_OK;
    copy = malloc(c->n * n_y * sizeof *copy);
    is_kept_here = calloc(terms, sizeof *is_kept_here);
    right = gsl_matrix_calloc(terms, n_y);
    solution = gsl_matrix_calloc(terms, n_y);
    if (!copy || !is_kept_here || !right || !solution) TRY(FAIL(NOMEM, "no memory for figures of %zu draws", c->n));
    memcpy(copy, y, c->n * n_y * sizeof *copy);
    for (size_t t = 0; t < terms; t++) is_kept_here[t] = is_kept(c, t, which, n_which);
    gsl_matrix_view x = basis_matrix(&c->basis), figures = gsl_matrix_view_array(copy, c->n, n_y), result = gsl_matrix_view_array(out, c->n, n_y);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, &x.matrix, &figures.matrix, 0, right);
    for (size_t fold = 0; fold < CONTROL_FOLDS; fold++) take_off_fold(c, fold, right, is_kept_here, &figures.matrix, &result.matrix, solution);
    leave_a_little(c, y, n_y, out);
out:
    if (right) gsl_matrix_free(right);
    if (solution) gsl_matrix_free(solution);
    free(is_kept_here);
    free(copy);
    return err;
}
