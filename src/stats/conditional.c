/* Fits, weighs, and draws coefficients anew. Owns copies of the net benefits that it regresses. */
#include "stats/conditional.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"

enum { COEFFICIENT_DRAWS = 100 };

double conditional_most(const double *g, size_t outputs)
{
    double most = 0;

    for (size_t k = 0; k < outputs; k++) most = fmax(most, g[k]);
    return most;
}

size_t conditional_best(const double *g, const double *weight, size_t n, size_t outputs, double *most)
{
    size_t best = outputs;

    *most = 0;
    for (size_t k = 0; k < outputs; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) mean += weight[i] * g[i * outputs + k];
        if (!(mean > *most)) continue;
        *most = mean;
        best = k;
    }
    return best;
}

/* ---- weights ---- */

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

static popgx_err_t weigh(conditional_t *g)
{
    const bool is_known = basis_is_known(&g->regression.basis);

    g->is_sampled = !is_known || g->variables.n_x > 1;
    if (is_known && g->variables.n_x > 1) return weigh_by_fit(&g->regression, g->weight);
    for (size_t i = 0; i < g->n; i++) g->weight[i] = is_known ? g->variables.weight[i] : 1 / (double)g->n;
    return POPGX_OK;
}

/* ---- fitting ---- */

/* The parameters, with their laws if all of them are their own quantiles. */
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

popgx_err_t conditional_fit(const voi_t *voi, const controls_t *controls, const double *parameters, size_t n_parameters,
                            const size_t *which, size_t n_which, conditional_t *out)
{
    const size_t n = (size_t)voi->n_draws, outputs = (size_t)voi->n - 1;
    popgx_err_t err;

    *out = (conditional_t){.n = n, .outputs = outputs, .y = malloc(n * outputs * sizeof(double)), .weight = malloc(n * sizeof(double))};
    INVARIANT(outputs > 0, "one strategy has no net benefit against others");
    TRY(variables_init(&out->variables, n, n_which));
    if (!out->y || !out->weight) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", n));
    pick_variables(controls, parameters, n_parameters, which, &out->variables);
    TRY(pick_benefits(voi, controls, which, n_which, out->y));
    TRY(regression_fit(&out->variables, out->y, outputs, &out->regression));
    out->terms = out->regression.terms;
    out->coefficients = malloc(out->terms * outputs * sizeof *out->coefficients);
    if (!out->coefficients) TRY(FAIL(NOMEM, "no memory for %zu coefficients", out->terms * outputs));
    regression_solve(&out->regression, out->y, outputs, out->coefficients);
    TRY(weigh(out));
out:
    return err;
}

void conditional_release(conditional_t *g)
{
    regression_release(&g->regression);
    variables_release(&g->variables);
    free(g->y);
    free(g->coefficients);
    free(g->weight);
    *g = (conditional_t){0};
}

popgx_err_t conditional_sampling_variance(const conditional_t *given, double *out)
{
    const regression_t *r = &given->regression;
    const size_t n = given->n;
    double *gain = malloc(n * sizeof *gain), *fitted = calloc(n, sizeof *fitted), *coefficients = malloc(given->terms * sizeof *coefficients), mean = 0, unused;
    const size_t best = conditional_best(r->fitted, given->weight, n, given->outputs, &unused);
    popgx_err_t err = POPGX_OK;

    *out = 0;
    if (!given->is_sampled) goto out;
    if (!gain || !fitted || !coefficients) TRY(FAIL(NOMEM, "no memory for %zu draws", n));
    for (size_t i = 0; i < n; i++) {
        const double *g = r->fitted + i * given->outputs;
        gain[i] = conditional_most(g, given->outputs) - (best < given->outputs ? g[best] : 0);
        mean += gain[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) fitted[i] = mean;
    if (basis_is_known(&r->basis)) {
        regression_solve(r, gain, 1, coefficients);
        regression_predict(r, coefficients, 1, fitted);
    }
    for (size_t i = 0; i < n; i++) *out += (gain[i] - fitted[i]) * (gain[i] - fitted[i]) / (double)n / (double)(n - given->terms);
out:
    free(gain);
    free(fitted);
    free(coefficients);
    return err;
}

/* scratch [n][outputs], out [terms][outputs] */
static void draw_coefficients(const conditional_t *g, uint64_t number, double *scratch, double *out)
{
    const uint64_t key = rng_person_key(rng_run_key(0, number), 0), purpose = rng_purpose("coefficients of a regression");
    const double freedom = sqrt((double)g->n / (double)(g->n - g->terms));

    for (size_t i = 0; i < g->n; i++) {
        double size = freedom * gsl_cdf_ugaussian_Pinv(rng_uniform(key, purpose, i));
        for (size_t k = i * g->outputs; k < (i + 1) * g->outputs; k++) scratch[k] = size * (g->y[k] - g->regression.fitted[k]);
    }
    regression_solve(&g->regression, scratch, g->outputs, out);
    for (size_t t = 0; t < g->terms * g->outputs; t++) out[t] += g->coefficients[t];
}

popgx_err_t conditional_spread(const conditional_t *given, conditional_value_t *value_of, const void *context, double value,
                               double *mean, double *square)
{
    double *coefficients = malloc(given->terms * given->outputs * sizeof *coefficients), *scratch = malloc(given->n * given->outputs * sizeof *scratch);
    popgx_err_t err = POPGX_OK;

    *mean = *square = 0;
    if (!coefficients || !scratch) TRY(FAIL(NOMEM, "no memory for a regression on %zu draws", given->n));
    for (uint64_t draw = 1; draw <= COEFFICIENT_DRAWS; draw++) {
        draw_coefficients(given, draw, scratch, coefficients);
        double off = value_of(context, coefficients, scratch) - value;
        *mean += off / COEFFICIENT_DRAWS;
        *square += off * off / COEFFICIENT_DRAWS;
    }
out:
    free(coefficients);
    free(scratch);
    return err;
}
