/* The probabilistic part of a run: draws of the parameters, planned, compiled, simulated and gathered. */
#ifndef POPGX_CLI_RUN_PSA_H
#define POPGX_CLI_RUN_PSA_H

#include "cli/model_input.h"
#include "cluster/models.h"
#include "cluster/psa.h"
#include "stats/psa.h"

typedef struct {
    uint64_t draws;             /* 0: no probabilistic analysis */
    uint64_t patients;          /* of each draw; 0: chosen from a pilot */
    uint64_t seed, memory;      /* bytes that a rank may use for it */
    int threads;
    draw_design_t design;
    bool is_quiet;
} psa_request_t;

typedef struct {
    psa_t psa;                  /* on rank 0; empty elsewhere */
    uint64_t n_parameters;
    char **names, **units;      /* [n_parameters], as in psa.parameters */
    bool is_chosen;             /* the number of patients was */
    draw_design_t design;
    uint64_t n_fired;
    double seconds;
    char checksum[33];          /* of all draws */
    psa_figure_t figure;        /* scratch for whoever prints */
} psa_run_t;

/** Collective. `request->draws` >= 1. psa_run_release frees it, also after a failure. */
MUST_USE popgx_err_t psa_run(const psa_request_t *request, const model_t *model, const model_input_t *input, const spec_report_t *report,
                             psa_run_t *out);
void psa_run_release(psa_run_t *run);

/** "random", "latin" or "sobol". */
const char *psa_design_name(draw_design_t design);
MUST_USE popgx_err_t psa_design_parse(const char *text, draw_design_t *out);
#endif
