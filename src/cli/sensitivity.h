/*
 * `popgx sensitivity` in parts: cmd_sensitivity.c asks, sensitivity_parameters.c finds the parameters that are varied,
 * sensitivity_analyses.c simulates (variants.h) and prints.
 */
#ifndef POPGX_CLI_SENSITIVITY_H
#define POPGX_CLI_SENSITIVITY_H

#include "cli/variants.h"

typedef struct {
    const char *model_path, *parameters, *compare, *wtp, *between, *solve, *two_way, *scenarios;
    uint64_t patients, seed, threads, steps, min_cell;
    bool is_json, is_quiet;
} sensitivity_request_t;

typedef struct {
    const sensitivity_request_t *request;
    model_t model;
    spec_report_t report;       /* rank 0 only */
    model_input_t input;
    variants_t variants;
    variant_result_t base;
} sensitivity_t;

/* ---- sensitivity_parameters.c ---- */

/** A parameter that is varied. All ranks know its numbers; name and unit are rank 0's, "" elsewhere, and live as long as the report. */
typedef struct {
    const char *name, *unit;
    double number, low, high;   /* in the unit; low < high */
} varied_t;

/** A finite number that an option was given. @retval POPGX_E_INPUT  it is none */
MUST_USE popgx_err_t sensitivity_parse_real(const char *option, const char *text, double *out);
/** Two texts with a comma between them; name_list_release frees them, also after a failure. @retval POPGX_E_INPUT  they are not two */
MUST_USE popgx_err_t sensitivity_parse_pair(const char *option, const char *text, name_list_t *out);

/** On rank 0. @param between  "LOW,HIGH" instead of the parameter's own range, or NULL @retval POPGX_E_INPUT  unknown, or without a range */
MUST_USE popgx_err_t varied_find(const sensitivity_t *work, const char *name, const char *between, varied_t *out);

/** On rank 0: those that `request->parameters` names, or all with a range. The caller frees `*out`, also after a failure. @retval POPGX_E_INPUT  there is none */
MUST_USE popgx_err_t varied_list(const sensitivity_t *work, varied_t **out, size_t *n);

/** Collective. Rank 0's to all others. */
MUST_USE popgx_err_t varied_share(varied_t **varied, size_t *n);

/* ---- sensitivity_analyses.c: collective; rank 0 prints ---- */

/** Each parameter alone, at the ends of its range. */
MUST_USE popgx_err_t sensitivity_one_way(sensitivity_t *work);
/** A grid over the ranges of the two of `request->two_way`. */
MUST_USE popgx_err_t sensitivity_two_way(sensitivity_t *work);
/** The values of `request->solve` at which both strategies have the same net benefit. */
MUST_USE popgx_err_t sensitivity_solve(sensitivity_t *work);
/** The files of `request->scenarios`, each laid over the model. */
MUST_USE popgx_err_t sensitivity_scenarios(sensitivity_t *work);
#endif
