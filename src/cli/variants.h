/*
 * The results of variants of a model: parameters changed, scenarios laid over it. All variants have the same people and the same
 * luck (draw 0 of one seed), so that small effects show at small cost.
 */
#ifndef POPGX_CLI_VARIANTS_H
#define POPGX_CLI_VARIANTS_H

#include "cli/model_input.h"
#include "cli/progress.h"
#include "stats/results.h"

typedef struct {
    const model_input_t *input; /* rank 0's files */
    const model_t *base;
    uint64_t patients, seed;
    int threads;
    double wtp;                 /* currency per QALY */
    const char *strategy, *comparator;
    bool is_quiet;
    progress_t progress;
    uint64_t n_done, n_planned; /* variants, for the progress */
} variants_t;

/** One variant. Differences are strategy - comparator. */
typedef struct {
    estimate_t cost, qaly, nmb;
    double icer;
    int32_t best;               /* of all strategies, by NMB; index in the base model */
} variant_result_t;

/**
 * Collective. Simulates one variant (spec_compile_variant).
 *
 * @param[out] out  the same on all ranks
 * @retval POPGX_E_INPUT  the changes make no model; its mistakes were printed
 */
MUST_USE popgx_err_t variants_simulate(variants_t *v, const char *scenario, const spec_change_t *changes, size_t n_changes, variant_result_t *out);

/** A value of one parameter at which the two strategies have the same NMB. */
typedef struct {
    bool is_found;
    double value, se;           /* of the parameter, in its unit; the Monte Carlo standard error */
    variant_result_t low, high; /* at the ends of the interval */
    double icer;                /* at the value: the willingness to pay, if all went well */
    int n_simulated;
} variant_root_t;

/** Collective. Seeks it in [low, high] by false position (Illinois), which needs two steps where NMB is linear in the parameter. */
MUST_USE popgx_err_t variants_solve(variants_t *v, const char *parameter, double low, double high, variant_root_t *out);
#endif
