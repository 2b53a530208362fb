/*
 * Net benefits of draws with the help of what was fitted to the other draws: a guess at each draw, and something to take off means. Changes
 * `top`, `share` and `even` of a voi_t, and nothing else.
 */
#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/distribution.h"
#include "stats/voi.h"

/* Of the mean noise: no draw counts as having less. */
#define LEAST_NOISE 0.1

enum { LOOKS = 16 /* at what the benefits of a draw may be, each with both signs */ };

typedef struct {
    size_t n, k;                /* draws; strategies but strategy 0 */
    double *guess;              /* [n][k] */
    double *spread;             /* [k][k]: covariance of the benefits about the guess */
    double error;               /* standard error of its trace */
} guess_t;

/* ---- how good the guess is ---- */

/* The nearest matrix that is a covariance: negative variances become 0. Changes `matrix` [k][k]. */
static popgx_err_t make_covariance(double *matrix, size_t k)
{
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(k);
    gsl_matrix *copy = gsl_matrix_alloc(k, k), *vectors = gsl_matrix_alloc(k, k);
    gsl_vector *values = gsl_vector_alloc(k);
    popgx_err_t err = POPGX_OK;

    if (!work || !copy || !vectors || !values) TRY(FAIL(NOMEM, "no memory for %zu strategies", k));
    gsl_matrix_view all = gsl_matrix_view_array(matrix, k, k);
    gsl_matrix_memcpy(copy, &all.matrix);
    gsl_eigen_symmv(copy, values, vectors, work);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            double sum = 0;
            for (size_t e = 0; e < k; e++) sum += fmax(gsl_vector_get(values, e), 0) * gsl_matrix_get(vectors, i, e) * gsl_matrix_get(vectors, j, e);
            matrix[i * k + j] = sum;
        }
out:
    if (work) gsl_eigen_symmv_free(work);
    if (copy) gsl_matrix_free(copy);
    if (vectors) gsl_matrix_free(vectors);
    if (values) gsl_vector_free(values);
    return err;
}

/*
 * How much a draw counts for how good the guess is: the less noise it has, the more, by the inverse square of what the parameters say of its noise. Its own
 * noise would be the wrong measure: people who show little of it by chance also show other benefits.
 */
static popgx_err_t weigh(const voi_t *voi, const controls_t *controls, size_t k, double *weight)
{
    const size_t n = (size_t)voi->n_draws;
    double *noise = malloc(2 * n * sizeof *noise), *left = noise + n, mean = 0, mean_left = 0;
    popgx_err_t err = POPGX_OK;

    if (!noise) return FAIL(NOMEM, "no memory for the noise of %zu draws", n);
    for (size_t d = 0; d < n; d++) {
        noise[d] = 0;
        for (size_t i = 0; i < k; i++) noise[d] += voi->noise[d * k * k + i * (k + 1)];
        mean += noise[d] / (double)n;
    }
    TRY(controls_take_off(controls, noise, 1, NULL, 0, left));
    for (size_t d = 0; d < n; d++) mean_left += left[d] / (double)n;
    for (size_t d = 0; d < n; d++) {
        double predicted = fmax(noise[d] - left[d] + mean_left, mean * LEAST_NOISE);
        weight[d] = mean > 0 ? 1 / (predicted * predicted) : 1;
    }
out:
    free(noise);
    return err;
}

/* Covariance [k][k] of what is left of the draws [n][k] beyond people's noise; `*error`: standard error of its trace. */
static void find_spread(const voi_t *voi, const double *left, const double *mean, const double *weight, size_t k, double *spread, double *error)
{
    const size_t n = (size_t)voi->n_draws;
    double total = 0, trace = 0, squares = 0;

    memset(spread, 0, k * k * sizeof *spread);
    for (size_t d = 0; d < n; d++) total += weight[d];
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                spread[i * k + j] += weight[d] / total * ((left[d * k + i] - mean[i]) * (left[d * k + j] - mean[j]) - voi->noise[(d * k + i) * k + j]);
    for (size_t i = 0; i < k; i++) trace += spread[i * (k + 1)];
    for (size_t d = 0; d < n; d++) {
        double own = -trace;
        for (size_t i = 0; i < k; i++) own += (left[d * k + i] - mean[i]) * (left[d * k + i] - mean[i]) - voi->noise[d * k * k + i * (k + 1)];
        squares += weight[d] * weight[d] / total / total * own * own;
    }
    *error = sqrt(squares);
}

/* `*is_better`: the guess is closer to the benefits than what people show. */
static popgx_err_t make_guess(const voi_t *voi, const controls_t *controls, guess_t *g, bool *is_better)
{
    const size_t n = g->n, k = g->k;
    double *seen = calloc(n * k, sizeof *seen), *mean = calloc(k, sizeof *mean), *weight = malloc(n * sizeof *weight), of_guess = 0, of_people = 0;
    popgx_err_t err = POPGX_OK;

    *is_better = false;
    if (!seen || !mean || !weight) TRY(FAIL(NOMEM, "no memory for net benefits of %zu draws", n));
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0; i < k; i++) seen[d * k + i] = voi->seen[d * (k + 1) + i + 1];
    TRY(controls_take_off(controls, seen, k, NULL, 0, g->guess));       /* for now, what is left */
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0; i < k; i++) {
            mean[i] += g->guess[d * k + i] / (double)n;
            of_people += voi->noise[d * k * k + i * (k + 1)] / (double)n;
        }
    TRY(weigh(voi, controls, k, weight));
    find_spread(voi, g->guess, mean, weight, k, g->spread, &g->error);
    TRY(make_covariance(g->spread, k));
    for (size_t i = 0; i < k; i++) of_guess += g->spread[i * (k + 1)];
    *is_better = of_guess + g->error < of_people;
    for (size_t d = 0; d < n; d++)
        for (size_t i = 0; i < k; i++) g->guess[d * k + i] = seen[d * k + i] - g->guess[d * k + i] + mean[i];
out:
    free(seen);
    free(mean);
    free(weight);
    return err;
}

/* ---- what the guess says ---- */

/* Adds the best of one possible set of benefits of draw d: the guess and `sign` times `off` [k]. */
static void look(const guess_t *g, size_t d, const double *off, double sign, double *top, double *share)
{
    double most = 0;
    size_t best = 0;

    for (size_t i = 0; i < g->k; i++) {
        double value = g->guess[d * g->k + i] + sign * off[i];
        if (!(value > most)) continue;
        most = value;
        best = i + 1;
    }
    *top += most / (2 * LOOKS);
    share[best] += 1.0 / (2 * LOOKS);
}

/* The highest benefit of draw d as expected of the guess, and how likely each strategy has it. root [k][k], off [k] scratch */
static double expect(const guess_t *g, const double *root, size_t d, double *off, double *share)
{
    const uint64_t key = rng_person_key(rng_run_key(0, 0), d);
    double top = 0;

    memset(share, 0, (g->k + 1) * sizeof *share);
    for (uint64_t l = 0; l < LOOKS; l++) {
        for (size_t i = 0; i < g->k; i++) off[i] = normal_quantile(rng_uniform(key, rng_mix(l + 1), i));
        for (size_t i = g->k; i-- > 0;) {
            double sum = 0;
            for (size_t j = 0; j <= i; j++) sum += root[i * g->k + j] * off[j];
            off[i] = sum;
        }
        look(g, d, off, 1, &top, share);
        look(g, d, off, -1, &top, share);
    }
    return top;
}

/* The root of the spread, larger by its error. */
static void find_root(const guess_t *g, double error, double *root)
{
    const size_t k = g->k;

    memcpy(root, g->spread, k * k * sizeof *root);
    for (size_t i = 0; i < k; i++) root[i * (k + 1)] += error / (double)k;
    if (!matrix_root(root, k)) memset(root, 0, k * k * sizeof *root);
}

/*
 * What is expected of the guess; and since the guess has the noise of other draws' people in it, which draws have in common, what the draw's own people show
 * above it, as far as a strategy may be the best one. That is 0 on average, and what the value has its error from; beside it there is that of the spread.
 */
static popgx_err_t expect_of_guess(voi_t *voi, const guess_t *g)
{
    const size_t k = g->k;
    double *root = malloc((2 * k * k + 2 * k + 1) * sizeof *root), *wider = root + k * k, *off = wider + k * k, *unused = off + k;

    if (!root) return FAIL(NOMEM, "no memory for %zu strategies", k);
    find_root(g, 0, root);
    find_root(g, g->error, wider);
    voi->of_guess = 0;
    for (size_t d = 0; d < g->n; d++) {
        double *share = voi->share + d * (k + 1);
        voi->of_guess += expect(g, wider, d, off, unused) / (double)g->n;
        voi->top[d] = expect(g, root, d, off, share);
        voi->of_guess -= voi->top[d] / (double)g->n;
        for (size_t i = 0; i < k; i++) voi->top[d] += share[i + 1] * (voi->seen[d * (k + 1) + i + 1] - g->guess[d * k + i]);
    }
    free(root);
    return POPGX_OK;
}

static popgx_err_t take_off(voi_t *voi, const controls_t *controls)
{
    const size_t n = (size_t)voi->n_draws, n_s = (size_t)voi->n;
    double *plain = malloc(n * n_s * sizeof *plain);

    if (!plain) return FAIL(NOMEM, "no memory for net benefits of %zu draws", n);
    memcpy(plain, voi->seen, n * n_s * sizeof *plain);
    for (size_t d = 0; d < n; d++) plain[d * n_s] = voi->top[d];
    popgx_err_t err = controls_take_off(controls, plain, n_s, NULL, 0, voi->even);
    free(plain);
    return err;
}

popgx_err_t voi_control(voi_t *voi, const controls_t *controls)
{
    const size_t n = (size_t)voi->n_draws, k = (size_t)voi->n - 1;
    guess_t guess = {.n = n, .k = k, .guess = malloc(n * k * sizeof(double) + 1), .spread = malloc(k * k * sizeof(double) + 1)};
    bool is_better = false;
    popgx_err_t err = POPGX_OK;

    if (!guess.guess || !guess.spread) TRY(FAIL(NOMEM, "no memory for net benefits of %zu draws", n));
    if (controls->basis.terms > 0 && k > 0) TRY(make_guess(voi, controls, &guess, &is_better));
    if (is_better) TRY(expect_of_guess(voi, &guess));
    TRY(take_off(voi, controls));
out:
    free(guess.guess);
    free(guess.spread);
    return err;
}
