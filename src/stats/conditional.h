/*
 * Conditional net benefits: what each strategy is expected to bring once some parameters are known, as a regression of the draws on
 * those parameters. evppi.c and evsi.c derive the value of that knowledge from it.
 *
 * What the other parameters explain is taken off first (controls.h), and averages are over the law of the parameters, where it is known,
 * not over the draws that happened.
 */
#ifndef POPGX_STATS_CONDITIONAL_H
#define POPGX_STATS_CONDITIONAL_H

#include "stats/regression.h"
#include "stats/voi.h"

typedef struct {
    size_t n, outputs, terms;   /* draws; strategies but strategy 0, whose net benefit is 0; columns of the regression */
    variables_t variables;
    regression_t regression;
    double *y;                  /* [n][outputs]: what was regressed */
    double *coefficients;       /* [terms][outputs] */
    double *weight;             /* [n]: of each draw in averages over the law of the parameters; sum 1 */
    bool is_sampled;            /* the weights have an error of their own */
} conditional_t;

/**
 * @param which  [n_which]: columns of parameters [n_draws][n_parameters]
 * @param controls  NULL: no law is known, and nothing is taken off
 * @retval POPGX_E_INPUT  too few draws for so many parameters
 */
MUST_USE popgx_err_t conditional_fit(const voi_t *voi, const controls_t *controls, const double *parameters, size_t n_parameters,
                                     const size_t *which, size_t n_which, conditional_t *out);
void conditional_release(conditional_t *given);

/** What follows from coefficients [terms][outputs]. @param scratch  [n][outputs] */
typedef double conditional_value_t(const void *context, const double *coefficients, double *scratch);

/**
 * Mean and mean square of how far a value is from `value` over coefficients that the data might as well have given: residuals get another sign and size
 * in each draw of the parameters, so that their variance may differ between them (Wu, Ann Stat 1986; 14: 1261-1295).
 */
MUST_USE popgx_err_t conditional_spread(const conditional_t *given, conditional_value_t *value_of, const void *context, double value,
                                        double *mean, double *square);

/**
 * Variance of the mean gain from knowing the parameters, over the draws that happened: 0 if averages are exact; where the law is known, of what the
 * columns do not say about the gain.
 */
MUST_USE popgx_err_t conditional_sampling_variance(const conditional_t *given, double *out);

/** The highest of 0, g[0], ..., g[outputs - 1]. */
double conditional_most(const double *g, size_t outputs);

/** Index of the output with the highest weighted mean, `outputs` if none is above 0, and that mean. g [n][outputs] */
size_t conditional_best(const double *g, const double *weight, size_t n, size_t outputs, double *most);
#endif
