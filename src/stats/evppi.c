/*
 * What it is worth to know some parameters, from a regression of net benefits on them. The fitted values stand for the expected net
 * benefit given the parameters. Drawing the coefficients from their sampling distribution tells how uncertain the value is, and by how much errors
 * of the fit raise it, since the best of several uncertain numbers is on average too high.
 */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"
#include "stats/regression.h"
#include "stats/voi.h"

enum { COEFFICIENT_DRAWS = 100 };

/* What is gained in each draw, and what it is averaged with. */
typedef struct {
    size_t n, outputs;
    double *weight;             /* [n]: of the law of the parameters */
    bool is_sampled;            /* the weights have an error of their own */
} average_t;

/* Index of the best on average, and how good; outputs: strategy 0. */
static size_t best_of(const average_t *a, const double *g, double *most)
{
    size_t best = a->outputs;

    *most = 0;
    for (size_t k = 0; k < a->outputs; k++) {
        double mean = 0;
        for (size_t i = 0; i < a->n; i++) mean += a->weight[i] * g[i * a->outputs + k];
        if (!(mean > *most)) continue;
        *most = mean;
        best = k;
    }
    return best;
}

static double most_of(const double *g, size_t outputs)
{
    double most = 0;

    for (size_t k = 0; k < outputs; k++) most = fmax(most, g[k]);
    return most;
}

/* Mean of max(0, g_1, ...) less max(0, mean g_1, ...): strategy 0 is 0. g [n][outputs] */
static double value_of(const average_t *a, const double *g)
{
    double sum = 0, best;

    best_of(a, g, &best);
    for (size_t i = 0; i < a->n; i++) sum += a->weight[i] * most_of(g + i * a->outputs, a->outputs);
    return sum - best;
}

/* ---- averaging ---- */

/* What weights of draws give the mean over the law of everything that the columns can say: design (design' design)^-1 e, since all columns but the
 * intercept have mean 0. */
static popgx_err_t weigh_by_fit(const regression_t *r, double *weight)
{
    double *solution = calloc(r->terms, sizeof *solution);

    if (!solution) return FAIL(NOMEM, "no memory for %zu terms", r->terms);
    gsl_matrix_const_view root = gsl_matrix_const_view_array(r->root, r->terms, r->terms);
    gsl_vector_view x = gsl_vector_view_array(solution, r->terms);
    solution[0] = 1;
    gsl_linalg_cholesky_svx(&root.matrix, &x.vector);
    regression_predict(r, solution, 1, weight);
    free(solution);
    return POPGX_OK;
}

static popgx_err_t weigh(const regression_t *r, average_t *a)
{
    const variables_t *variables = r->basis.variables;

    *a = (average_t){.n = r->n, .outputs = r->outputs, .weight = malloc(r->n * sizeof(double)), .is_sampled = variables->n_x > 1};
    if (!a->weight) return FAIL(NOMEM, "no memory for %zu draws", r->n);
    if (basis_is_known(&r->basis) && variables->n_x > 1) return weigh_by_fit(r, a->weight);
    a->is_sampled = !basis_is_known(&r->basis);
    if (!a->is_sampled) memcpy(a->weight, variables->weight, r->n * sizeof *a->weight);
    for (size_t i = 0; i < r->n && a->is_sampled; i++) a->weight[i] = 1 / (double)r->n;
    return POPGX_OK;
}

/* Variance of the mean gain over the draws that happened. Where the law is known, of what the columns do not say about it. */
static popgx_err_t sampling_variance(const regression_t *r, const average_t *a, double *out)
{
    double *gain = malloc(r->n * sizeof *gain), *fitted = calloc(r->n, sizeof *fitted), *coefficients = malloc(r->terms * sizeof *coefficients), mean = 0, unused;
    const size_t best = best_of(a, r->fitted, &unused);
    popgx_err_t err = POPGX_OK;

    *out = 0;
    if (!gain || !fitted || !coefficients) TRY(FAIL(NOMEM, "no memory for %zu draws", r->n));
    for (size_t i = 0; i < r->n; i++) {
        const double *g = r->fitted + i * r->outputs;
        gain[i] = most_of(g, r->outputs) - (best < r->outputs ? g[best] : 0);
        mean += gain[i] / (double)r->n;
    }
    for (size_t i = 0; i < r->n; i++) fitted[i] = mean;
    if (basis_is_known(&r->basis)) {
        regression_solve(r, gain, 1, coefficients);
        regression_predict(r, coefficients, 1, fitted);
    }
    for (size_t i = 0; i < r->n; i++) *out += (gain[i] - fitted[i]) * (gain[i] - fitted[i]) / (double)r->n / (double)(r->n - r->terms);
out:
    free(gain);
    free(fitted);
    free(coefficients);
    return err;
}

/* ---- fitting ---- */

/* Residuals with another sign and size in each draw of the coefficients, so that their variance may differ between draws of the parameters. */
static void draw_residuals(const regression_t *r, const double *y, uint64_t draw, double *residual)
{
    const uint64_t key = rng_person_key(rng_run_key(0, draw), 0), purpose = rng_purpose("coefficients of a regression");
    const double freedom = sqrt((double)r->n / (double)(r->n - r->terms));

    for (size_t i = 0; i < r->n; i++) {
        double size = freedom * gsl_cdf_ugaussian_Pinv(rng_uniform(key, purpose, i));
        for (size_t k = 0; k < r->outputs; k++) residual[i * r->outputs + k] = size * (y[i * r->outputs + k] - r->fitted[i * r->outputs + k]);
    }
}

/* Mean and mean square of how far the value is from `value` over draws of the coefficients. */
static popgx_err_t spread(const regression_t *r, const average_t *a, const double *y, double value, double *mean, double *square)
{
    const size_t n = r->n * r->outputs;
    double *change = malloc(r->terms * r->outputs * sizeof *change), *g = malloc(n * sizeof *g), *residual = malloc(n * sizeof *residual);
    popgx_err_t err = POPGX_OK;

    *mean = *square = 0;
    if (!change || !g || !residual) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", r->n));
    for (uint64_t draw = 1; draw <= COEFFICIENT_DRAWS; draw++) {
        draw_residuals(r, y, draw, residual);
        regression_solve(r, residual, r->outputs, change);
        regression_predict(r, change, r->outputs, g);
        for (size_t i = 0; i < n; i++) g[i] += r->fitted[i];
        double off = value_of(a, g) - value;
        *mean += off / COEFFICIENT_DRAWS;
        *square += off * off / COEFFICIENT_DRAWS;
    }
out:
    free(change);
    free(g);
    free(residual);
    return err;
}

/* The group's parameters, with their laws if all of them are their own quantiles. */
static void pick_variables(const controls_t *controls, const double *parameters, size_t n_parameters, const size_t *which, variables_t *out)
{
    bool is_own = controls != NULL;

    for (size_t k = 0; k < out->n_x; k++) is_own = is_own && controls->is_own[which[k]];
    for (size_t k = 0; k < out->n_x; k++) {
        if (is_own) variables_copy(out, k, &controls->variables, which[k]);
        else variables_set(out, k, parameters + which[k], NULL, n_parameters);
    }
}

static popgx_err_t pick_benefits(const voi_t *voi, const controls_t *controls, const size_t *which, size_t n_which, double *y)
{
    const size_t outputs = (size_t)voi->n - 1, n = (size_t)voi->n_draws;
    double *plain = controls ? malloc(n * outputs * sizeof *plain) : y;
    popgx_err_t err = POPGX_OK;

    if (!plain) return FAIL(NOMEM, "no memory for net benefits of %zu draws", n);
    for (size_t d = 0; d < n; d++)
        for (size_t k = 0; k < outputs; k++) plain[d * outputs + k] = voi->seen[d * (size_t)voi->n + k + 1];
    if (!controls) return POPGX_OK;
    err = controls_take_off(controls, plain, outputs, which, n_which, y);
    free(plain);
    return err;
}

popgx_err_t voi_evppi(const voi_t *voi, const controls_t *controls, const double *parameters, size_t n_parameters, const size_t *which,
                      size_t n_which, evppi_t *out)
{
    const size_t n = (size_t)voi->n_draws, outputs = (size_t)voi->n - 1;
    double *y = malloc((n * outputs + 1) * sizeof *y), mean, of_fit, of_draws;
    variables_t variables = {0};
    average_t average = {0};
    regression_t regression = {0};
    popgx_err_t err;

    *out = (evppi_t){0};
    TRY(variables_init(&variables, n, n_which));
    if (!y) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", n));
    if (outputs == 0) goto out;
    pick_variables(controls, parameters, n_parameters, which, &variables);
    TRY(pick_benefits(voi, controls, which, n_which, y));
    TRY(regression_fit(&variables, y, outputs, &regression));
    TRY(weigh(&regression, &average));
    double value = value_of(&average, regression.fitted);
    TRY(spread(&regression, &average, y, value, &mean, &of_fit));
    of_draws = 0;
    if (average.is_sampled) TRY(sampling_variance(&regression, &average, &of_draws));
    out->bias = fmax(mean, 0);
    out->value = fmax(value - out->bias, 0);
    out->se = sqrt(of_fit + of_draws);
    out->terms = (int32_t)regression.terms;
out:
    regression_release(&regression);
    variables_release(&variables);
    free(average.weight);
    free(y);
    return err;
}
