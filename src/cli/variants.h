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

enum { VARIANTS_PIECES = 8 };

/** A value of one parameter at which the two strategies have the same NMB. */
typedef struct {
    double value, se;           /* of the parameter, in its unit; the Monte Carlo standard error, by the slope of NMB there */
    double icer;                /* at the value: the willingness to pay, if all went well */
} variant_crossing_t;

typedef struct {
    variant_crossing_t crossings[VARIANTS_PIECES + 1]; /* ascending */
    size_t n;
    bool is_same;               /* NMB is the same everywhere that was looked */
    variant_result_t low, high; /* at the ends of the interval */
    int n_simulated;
} variant_roots_t;

/**
 * Collective. Looks at the ends of [low, high] and at equal steps between them, and solves wherever the sign differs from one to the next, by false position
 * (Illinois), which needs two steps where NMB is linear in the parameter. Two crossings within one step go unseen.
 */
MUST_USE popgx_err_t variants_solve(variants_t *v, const char *parameter, double low, double high, variant_roots_t *out);
#endif
