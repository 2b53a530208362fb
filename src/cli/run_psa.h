/* The probabilistic part of a run: draws of the parameters, planned, compiled, simulated and gathered. */
#ifndef POPGX_CLI_RUN_PSA_H
#define POPGX_CLI_RUN_PSA_H

#include "cli/model_input.h"
#include "cluster/models.h"
#include "cluster/psa.h"
#include "stats/psa.h"
#include "store/answer.h"

typedef struct {
    uint64_t draws;             /* of the whole analysis; 0: there is none */
    block_range_t range;        /* those that are simulated, from 1 on: all, or those of a part of the run */
    uint64_t patients;          /* of each draw; 0: chosen from a pilot */
    uint64_t seed, memory;      /* bytes that a rank may use for it */
    int threads;
    draw_design_t design;
    bool is_quiet;
    /* So that the draws can be interrupted: */
    const char *journal;        /* where they are kept meanwhile; NULL: nowhere */
    bool is_resumed;            /* go on with what is there */
    bool (*is_stop_wanted)(void *context); /* may be NULL */
    void *stop_context;
} psa_request_t;

typedef struct {
    psa_t psa;                  /* on rank 0; empty elsewhere */
    uint64_t n_parameters;
    char **names, **units;      /* [n_parameters], as in psa.parameters */
    uint64_t first_draw, all_draws; /* row 0 of psa is draw first_draw of so many */
    bool is_chosen;             /* the number of patients was */
    draw_design_t design;
    uint64_t n_fired;
    double seconds;
    char checksum[33];          /* of all draws */
    psa_figure_t figure;        /* scratch for whoever prints */
} psa_run_t;

/** Rank 0, before anything is simulated: whether there is something to draw from, and the memory for it. */
MUST_USE popgx_err_t psa_check(const psa_request_t *request, const model_t *model, const spec_report_t *report);

/**
 * Collective. `request->draws` >= 1, psa_check was content. psa_run_release frees it, also after a failure.
 *
 * @retval POPGX_E_STOPPED  is_stop_wanted said so: the message says how many draws are in the journal
 */
MUST_USE popgx_err_t psa_run(const psa_request_t *request, const model_t *model, const model_input_t *input, const spec_report_t *report,
                             psa_run_t *out);
void psa_run_release(psa_run_t *run);

/** The draws of a complete run take the place of new ones. Takes them out of `answer`. @retval POPGX_E_INPUT  they are not those that are asked for */
MUST_USE popgx_err_t psa_run_of_answer(const psa_request_t *request, answer_t *answer, psa_run_t *out);

/** "random", "latin" or "sobol". */
const char *psa_design_name(draw_design_t design);
MUST_USE popgx_err_t psa_design_parse(const char *text, draw_design_t *out);

/** The names in the order that draws_init wants. The caller frees the list, not the names. */
const char **psa_sorted_names(char *const *names, size_t n);
#endif
