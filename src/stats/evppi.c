/*
 * What it is worth to know some parameters. Drawing the coefficients of the regression from their sampling distribution tells how uncertain the
 * value is, and by how much errors of the fit raise it, since the best of several uncertain numbers is on average too high.
 */
#include <math.h>

#include "stats/conditional.h"

/* Mean of max(0, g_1, ...) less max(0, mean g_1, ...): strategy 0 is 0. g [n][outputs] */
static double value_of(const conditional_t *given, const double *g)
{
    double sum = 0, best;

    conditional_best(g, given->weight, given->n, given->outputs, &best);
    for (size_t i = 0; i < given->n; i++) sum += given->weight[i] * conditional_most(g + i * given->outputs, given->outputs);
    return sum - best;
}

static double value_with(const void *context, const double *coefficients, double *g)
{
    const conditional_t *given = context;

    regression_predict(&given->regression, coefficients, given->outputs, g);
    return value_of(given, g);
}

popgx_err_t voi_evppi(const voi_t *voi, const controls_t *controls, const double *parameters, size_t n_parameters, const size_t *which,
                      size_t n_which, evppi_t *out)
{
    conditional_t given = {0};
    double mean, of_fit, of_draws = 0;
    popgx_err_t err = POPGX_OK;

    *out = (evppi_t){0};
    if (voi->n < 2) return POPGX_OK;
    TRY(conditional_fit(voi, controls, parameters, n_parameters, which, n_which, &given));
    double value = value_of(&given, given.regression.fitted);
    TRY(conditional_spread(&given, value_with, &given, value, &mean, &of_fit));
    TRY(conditional_sampling_variance(&given, &of_draws));
    out->bias = fmax(mean, 0);
    out->value = fmax(value - out->bias, 0);
    out->se = sqrt(of_fit + of_draws);
    out->terms = (int32_t)given.terms;
out:
    conditional_release(&given);
    return err;
}
